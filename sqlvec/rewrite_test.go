package sqlvec_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"driftdb/internal/dberr"
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
		"outer join whose padded rows the join above does not take": {
			sql:    "SELECT sale.id, back.note, days.year FROM sale LEFT JOIN back ON back.sale = sale.id JOIN days ON days.day = back.item",
			plain:  "SELECT id, note, year FROM (SELECT sale.id, back.note, back.item FROM sale LEFT JOIN back ON back.sale = sale.id OFFSET 0) q JOIN days ON days.day = item",
			hasNot: []string{"Left Join", "Right Join"},
		},
		"outer joins in both inputs": {
			sql: `SELECT a.id, b.id, x.note, y.note FROM (SELECT sale.id, back.item, note FROM sale FULL JOIN back ON back.sale = sale.id) AS x RIGHT JOIN sale a ON a.id = x.id
				JOIN (sale b LEFT JOIN back y ON y.sale = b.id) ON x.item = y.item AND b.v = 3 AND a.v = 4`,
			plain: `SELECT a, b, n, m FROM (SELECT a.id AS a, x.item, x.note AS n FROM (SELECT sale.id, back.item, note FROM sale FULL JOIN back ON back.sale = sale.id OFFSET 0) AS x RIGHT JOIN sale a ON a.id = x.id WHERE a.v = 4 OFFSET 0) p
				JOIN (SELECT b.id AS b, y.item, y.note AS m FROM sale b LEFT JOIN back y ON y.sale = b.id WHERE b.v = 3 OFFSET 0) q ON p.item = q.item`,
			hasNot: []string{"Left Join", "Right Join", "Full Join"},
		},
		"outer join whose padded rows are taken": {
			sql:   "SELECT sale.id, back.note, days.year FROM sale LEFT JOIN back ON back.sale = sale.id JOIN days ON days.day = coalesce(back.item, 7)",
			plain: "SELECT id, note, year FROM (SELECT sale.id, back.note, back.item FROM sale LEFT JOIN back ON back.sale = sale.id OFFSET 0) q JOIN days ON days.day = coalesce(item, 7)",
			has:   []string{"Left Join"},
		},
		"UNION of UNION": {
			sql:    "SELECT item, v FROM sale UNION SELECT item, sale FROM back UNION SELECT day, year FROM days UNION ALL SELECT 1, 1 FROM days WHERE day < 2",
			plain:  "SELECT * FROM (SELECT * FROM (SELECT item, v FROM sale UNION SELECT item, sale FROM back OFFSET 0) p UNION SELECT day, year FROM days OFFSET 0) q UNION ALL SELECT 1, 1 FROM days WHERE day < 2",
			has:    []string{"Union\n        ->  Union All\n"},
			hasNot: []string{"Union\n        ->  Union\n"},
		},
		"join below DISTINCT": {
			sql:    "SELECT DISTINCT back.note, back.item FROM back JOIN sale ON sale.id = back.sale JOIN days ON days.day = sale.day WHERE sale.v < 5",
			plain:  "SELECT DISTINCT note, item FROM (SELECT back.note, back.item FROM back JOIN sale ON sale.id = back.sale JOIN days ON days.day = sale.day WHERE sale.v < 5 OFFSET 0) q",
			has:    []string{"Semi Join"},
			hasNot: []string{"Hash Join"},
		},
		"join below calls that count rows": {
			sql:    "SELECT back.note, max(back.item), count(*) FROM back JOIN sale ON sale.id = back.sale GROUP BY back.note",
			plain:  "SELECT note, max(item), count(*) FROM (SELECT back.note, back.item FROM back JOIN sale ON sale.id = back.sale OFFSET 0) q GROUP BY note",
			hasNot: []string{"Semi Join"},
		},
		"join below calls that do not": {
			sql:   "SELECT back.note, max(back.item), count(DISTINCT back.sale) FROM back JOIN sale ON sale.item = back.item GROUP BY back.note",
			plain: "SELECT note, max(item), count(DISTINCT sale) FROM (SELECT back.note, back.item, back.sale FROM back JOIN sale ON sale.item = back.item OFFSET 0) q GROUP BY note",
			has:   []string{"Semi Join"},
		},
		"pairs that IN looks into": {
			sql: `WITH pairs AS (SELECT a.item, a.v AS v, b.v AS w FROM sale a JOIN sale b ON a.item = b.item AND a.v <> b.v)
				SELECT sale, note FROM back WHERE item IN (SELECT item FROM pairs) AND sale IN (SELECT p.item FROM pairs p JOIN days ON days.day = p.item)`,
			plain: `WITH pairs AS MATERIALIZED (SELECT a.item, a.v AS v, b.v AS w FROM sale a JOIN sale b ON a.item = b.item AND a.v <> b.v OFFSET 0)
				SELECT sale, note FROM back WHERE item IN (SELECT item FROM pairs OFFSET 0) AND sale IN (SELECT p.item FROM pairs p JOIN days ON days.day = p.item OFFSET 0)`,
			has:    []string{"Semi Join"},
			hasNot: []string{"->  Hash Join"},
		},
		"pairs that are counted elsewhere": {
			sql: `WITH pairs AS (SELECT a.item, a.v AS v, b.v AS w FROM sale a JOIN sale b ON a.item = b.item AND a.v <> b.v AND a.day = b.day)
				SELECT sale, note, (SELECT count(*) FROM pairs) FROM back WHERE item IN (SELECT item FROM pairs)`,
			plain: `WITH pairs AS MATERIALIZED (SELECT a.item, a.v AS v, b.v AS w FROM sale a JOIN sale b ON a.item = b.item AND a.v <> b.v AND a.day = b.day OFFSET 0)
				SELECT sale, note, (SELECT count(*) FROM pairs) FROM back WHERE item IN (SELECT item FROM pairs OFFSET 0)`,
			has: []string{"Hash Join"},
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

// TestNarrowQueries reads some columns of WITH queries that are computed once: the others are not kept, unless they might fail.
func TestNarrowQueries(t *testing.T) {
	s := session(t)
	must(t, s, `CREATE TABLE n (k int, v bigint, name text); INSERT INTO n SELECT i, i % 10, 'name ' || i FROM generate_series(1, 100) i; ANALYZE`)
	for _, c := range []struct {
		with, from, want string
		width            string // of the rows that are kept
	}{
		{"SELECT k, v, name FROM n", "a.k FROM c a JOIN c b ON a.k = b.k + 98", "99\n100", "width=4)"},
		{"SELECT k, v, name FROM n", "count(*) FROM c a, c b", "10000", "width=4)"},
		{"SELECT k, v, name FROM n UNION ALL SELECT v, k, 'x' FROM n", "count(*) FROM c a JOIN c b ON a.v = b.v + 98", "32", "width=8)"},
		{"SELECT k, v, name FROM n UNION SELECT k, v, name FROM n", "count(*) FROM c a JOIN c b ON a.v = b.v", "1000", "width=8)"},
		{"SELECT v, sum(k) AS s, count(*) AS n FROM n GROUP BY v", "a.s FROM c a JOIN c b ON a.s = b.s AND a.s > 545", "550", "width=16)"},
		{"SELECT v, sum(v) AS s, max(k) AS m FROM n GROUP BY v", "a.m FROM c a JOIN c b ON a.m = b.m AND a.m > 99", "100", "width=4)"},
		{"SELECT k, 100 / k AS q, v FROM n", "a.v FROM c a JOIN c b ON a.v = b.v + 9 AND a.k < 10", "9\n9\n9\n9\n9\n9\n9\n9\n9\n9", "width=16)"},
		{"SELECT k, row_number() OVER () AS r FROM n", "a.k FROM c a JOIN c b ON a.k = b.k + 98", "99\n100", "width=12)"},
		{"SELECT d.k, d.name FROM (SELECT k, v, name FROM n) d", "(SELECT max(c.k) FROM c) + (SELECT min(e.k) FROM e)", "101", "width=4)"},
	} {
		sql := "WITH c AS (" + c.with + "), e AS (SELECT k, v FROM n) SELECT " + c.from
		query(t, s, sql, c.want)
		plan := must(t, s, "EXPLAIN "+sql)[0]
		if _, scan, ok := strings.Cut(plan, "CTE Scan on c"); ok && !strings.Contains(strings.SplitN(scan, "\n", 2)[0], c.width) {
			t.Errorf("%s: no %s in\n%s", sql, c.width, plan)
		}
	}
	for sql, code := range map[string]string{
		"WITH c AS (SELECT 1 / (k - 1) AS q, k FROM n) SELECT count(*) FROM c a JOIN c b USING (k)":                                    dberr.DivisionByZero,
		"WITH c AS MATERIALIZED (SELECT k, sum(v + 9223372036854775800) AS q FROM n GROUP BY k) SELECT count(*) FROM c":                dberr.NumericValueOutOfRange,
		"WITH c AS (SELECT v, sum(v * 900000000000000000)::bigint AS q FROM n GROUP BY v) SELECT count(*) FROM c a JOIN c b USING (v)": dberr.NumericValueOutOfRange,
		"WITH c AS (SELECT k AS v, name::int AS q FROM n UNION ALL SELECT k, v FROM n) SELECT count(*) FROM c a JOIN c b USING (v)":    dberr.InvalidTextRepresentation,
	} {
		if _, err := script(s, sql); dberr.CodeOf(err) != code {
			t.Errorf("%s: %v, want %s", sql, err, code)
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
