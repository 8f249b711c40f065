package sqlvec_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestRewrites looks for what the optimizer makes of queries in their plans, and compares their rows with those of a form that it leaves as it is.
func TestRewrites(t *testing.T) {
	s := session(t)
	must(t, s, `CREATE TABLE sale (id int, item int, day int, v int);
		INSERT INTO sale SELECT i, i % 50, i % 300, CASE WHEN i % 7 > 0 THEN i % 13 END FROM generate_series(1, 6000) i;
		CREATE TABLE back (sale int, item int, note text);
		INSERT INTO back SELECT i * 3, CASE WHEN i % 11 > 0 THEN i % 50 END, 'n' || i % 5 FROM generate_series(1, 900) i;
		CREATE TABLE days (day int PRIMARY KEY, year int);
		INSERT INTO days SELECT i, 2000 + i / 100 FROM generate_series(0, 299) i; ANALYZE`)
	for name, c := range map[string]struct {
		sql, plain  string
		has, hasNot []string
	}{
		"anti join": {
			sql:    "SELECT sale.id FROM sale LEFT JOIN back ON back.sale = sale.id WHERE back.sale IS NULL AND sale.day < 20",
			plain:  "SELECT id FROM (SELECT sale.id, sale.day, back.sale FROM sale LEFT JOIN back ON back.sale = sale.id OFFSET 0) q WHERE sale IS NULL AND day < 20",
			has:    []string{"Anti Join"},
			hasNot: []string{"Left Join", "Right Join"},
		},
		"no anti join by a column that may be NULL in a partner": {
			sql:    "SELECT sale.id FROM sale LEFT JOIN back ON back.sale = sale.id WHERE back.item IS NULL",
			plain:  "SELECT id FROM (SELECT sale.id, back.item FROM sale LEFT JOIN back ON back.sale = sale.id OFFSET 0) q WHERE item IS NULL",
			hasNot: []string{"Anti Join"},
		},
		"WITH query filtered by its readers": {
			sql: `WITH y AS (SELECT year, item, sum(v) AS s FROM sale JOIN days USING (day) GROUP BY year, item)
				SELECT a.item, a.s, b.s FROM y a JOIN y b ON a.item = b.item WHERE a.year = 2000 AND b.year = 2001 AND b.s > 0`,
			plain: `WITH y AS (SELECT year, item, sum(v) AS s FROM sale JOIN days USING (day) GROUP BY year, item OFFSET 0)
				SELECT a.item, a.s, b.s FROM y a JOIN y b ON a.item = b.item WHERE a.year = 2000 AND b.year = 2001 AND b.s > 0`,
			has: []string{"(days.year = 2000) OR (days.year = 2001)"},
		},
		"WITH query of which one reader asks for all": {
			sql: `WITH y AS (SELECT year, count(*) AS n FROM sale JOIN days USING (day) GROUP BY year)
				SELECT a.n, (SELECT sum(n) FROM y) FROM y a WHERE a.year >= 2001`,
			plain: `WITH y AS (SELECT year, count(*) AS n FROM sale JOIN days USING (day) GROUP BY year OFFSET 0)
				SELECT a.n, (SELECT sum(n) FROM y) FROM y a WHERE a.year >= 2001`,
			hasNot: []string{"days.year >= 2001"},
		},
		"condition carried into the groups of the other side": {
			sql: `SELECT a.item, a.n, b.n FROM (SELECT item, day, count(*) AS n FROM sale GROUP BY item, day) a
				LEFT JOIN (SELECT item, count(*) AS n FROM back GROUP BY item) b ON a.item = b.item WHERE a.item IN (3, 4) AND a.day < 100`,
			plain: `SELECT a.item, a.n, b.n FROM (SELECT item, day, count(*) AS n FROM sale GROUP BY item, day) a
				LEFT JOIN (SELECT item, count(*) AS n FROM back GROUP BY item OFFSET 0) b ON a.item = b.item WHERE a.item IN (3, 4) AND a.day < 100`,
			has: []string{"Filter: (item IN (3, 4))"},
		},
		"subquery that one table is compared with": {
			sql:   "SELECT sale.id, days.year FROM sale JOIN days ON days.day = sale.day JOIN back ON back.sale = sale.id WHERE days.year = (SELECT DISTINCT year FROM days WHERE day < 60)",
			plain: "SELECT id, year FROM (SELECT sale.id, days.year, (SELECT DISTINCT year FROM days WHERE day < 60) AS first FROM sale JOIN days ON days.day = sale.day JOIN back ON back.sale = sale.id OFFSET 0) q WHERE year = first",
			has:   []string{"Filter: (days.year = year)", "Single Join\n                          ->  Seq Scan on days\n"},
		},
		"subquery that two tables are compared with": {
			sql:   "SELECT sale.id, back.note FROM sale JOIN days ON days.day = sale.day JOIN back ON back.sale = sale.id WHERE days.year + back.item > (SELECT min(year) + 20 FROM days) AND sale.v < 5",
			plain: "SELECT id, note FROM (SELECT sale.id, back.note, sale.v, days.year + back.item AS sum, (SELECT min(year) + 20 FROM days) AS least FROM sale JOIN days ON days.day = sale.day JOIN back ON back.sale = sale.id OFFSET 0) q WHERE sum > least AND v < 5",
			has:   []string{"Single Join"},
		},
		"field of UNION ALL that tells its parts apart": {
			sql: `WITH u AS (SELECT 's' AS kind, item, v FROM sale UNION ALL SELECT 'b', item, length(note) FROM back)
				SELECT x.item, count(*) FROM u x JOIN u y ON x.item = y.item WHERE x.kind = 's' AND x.v = 5 AND y.kind = 'b' AND y.item < 5 GROUP BY 1`,
			plain: `WITH u AS (SELECT 's' AS kind, item, v FROM sale UNION ALL SELECT 'b', item, length(note) FROM back OFFSET 0)
				SELECT x.item, count(*) FROM u x JOIN u y ON x.item = y.item WHERE x.kind = 's' AND x.v = 5 AND y.kind = 'b' AND y.item < 5 GROUP BY 1`,
			has: []string{"Filter: (v = 5)", "Filter: (item < 5)"},
		},
	} {
		plan := strings.Join(must(t, s, "EXPLAIN (COSTS OFF) "+c.sql), "\n")
		for _, part := range c.has {
			if !strings.Contains(plan, part) {
				t.Errorf("%s: no %q in\n%s", name, part, plan)
			}
		}
		for _, part := range c.hasNot {
			if strings.Contains(plan, part) {
				t.Errorf("%s: %q in\n%s", name, part, plan)
			}
		}
		got, want := strings.Split(must(t, s, c.sql)[0], "\n"), strings.Split(must(t, s, c.plain)[0], "\n")
		slices.Sort(got)
		slices.Sort(want)
		if len(want) < 2 || !slices.Equal(got, want) {
			t.Errorf("%s: %d rows, want %d:\n%s", name, len(got), len(want), plan)
		}
	}
}

// TestLongJoins joins more tables than all orders are looked at of, with conditions of every kind.
func TestLongJoins(t *testing.T) {
	s := session(t)
	must(t, s, "CREATE TABLE n (k int, v int); INSERT INTO n SELECT i, i * 7 % 10 FROM generate_series(0, 9) i; ANALYZE")
	for _, tables := range []int{9, 10, 16, 66} {
		from, where := []string{"n t0"}, []string{"t0.k < 4"}
		for i := 1; i < tables; i++ {
			from = append(from, "n t"+strconv.Itoa(i))
			where = append(where, "t"+strconv.Itoa(i)+".k = t"+strconv.Itoa(i-1)+".v")
		}
		where = append(where, "t3.k + t8.v <> t1.k * 100")
		query(t, s, "SELECT count(*), sum(t"+strconv.Itoa(tables-1)+".k) >= 0 FROM "+strings.Join(from, ", ")+" WHERE "+strings.Join(where, " AND "), "3|t")
	}
}
