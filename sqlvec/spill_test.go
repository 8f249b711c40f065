package sqlvec_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"driftdb/internal/dberr"
	"driftdb/sqlvec"
)

// TestSpill runs queries that need many times the memory they may have: they answer as
// they do without a limit, they say that they wrote temporary files, and none stays behind.
func TestSpill(t *testing.T) {
	db := open(t, sqlvec.Options{Threads: 2})
	s := db.Session()
	defer s.Close()
	must(t, s, `CREATE TABLE big AS SELECT g AS id, g % 200000 AS k, 'name ' || g % 150000 AS name FROM generate_series(1, 400000) g`)
	temp := t.TempDir()
	must(t, s, "SET temp_directory = '"+temp+"'")
	for _, c := range []struct{ node, sql string }{
		{"HashAggregate", "SELECT count(*), sum(c), sum(k), max(m) FROM (SELECT k, count(*) AS c, max(name) AS m FROM big GROUP BY k) x"},
		{"HashAggregate", "SELECT count(*), sum(n), min(name) FROM (SELECT name, sum(k) AS n FROM big GROUP BY name) x"},
		{"HashAggregate", "SELECT count(*), sum(n * s), sum(n * coalesce(key, -1)), max(m) FROM (SELECT CASE id % 3 WHEN 0 THEN NULL WHEN 1 THEN k % 10 ELSE id END AS key, count(*) AS n, sum(k) AS s, max(name) AS m FROM big GROUP BY 1) x"},
		{"Hash Join", "SELECT count(*), sum(a.id + b.k), max(b.name) FROM big a JOIN big b ON b.id = a.k"},
		{"Hash Left Join", "SELECT count(*), count(b.id), max(b.name) FROM big a LEFT JOIN big b ON b.name = a.name AND b.id < 150000"},
		{"Hash Full Join", "SELECT count(*), count(a.id), count(b.id), max(a.name || b.name) FROM (SELECT * FROM big WHERE id > 150000) a FULL JOIN (SELECT * FROM big WHERE id < 250000) b ON a.id = b.id"},
		{"Sort", "SELECT * FROM big ORDER BY name DESC, k, id LIMIT 20 OFFSET 300000"},
		{"WindowAgg", "SELECT sum(n * id), sum(s), max(l) FROM (SELECT id, row_number() OVER w AS n, sum(id) OVER w AS s, lag(name) OVER w AS l FROM big WINDOW w AS (PARTITION BY k ORDER BY name)) x"},
		{"Union", "SELECT count(*), min(name), sum(id) FROM (SELECT id, name FROM big UNION SELECT id + 1, name FROM big) x"},
		{"Intersect", "SELECT count(*), min(name), sum(id) FROM (SELECT id, name FROM big INTERSECT SELECT id, name FROM big WHERE k > 3000) x"},
		{"Except", "SELECT count(*), min(name), sum(id) FROM (SELECT id, name FROM big EXCEPT SELECT id, name FROM big WHERE k > 3000) x"},
		{"Intersect", "SELECT count(*), min(name), sum(k) FROM (SELECT k, name FROM big INTERSECT ALL SELECT k, name FROM big WHERE id > 3000) x"},
		{"Except", "SELECT count(*), min(name), sum(k) FROM (SELECT k, name FROM big EXCEPT ALL SELECT k, name FROM big WHERE id > 3000) x"},
		{"CTE", "WITH c AS MATERIALIZED (SELECT id, name FROM big) SELECT count(*), sum(a.id), max(b.name) FROM c a JOIN c b ON a.id = b.id + 250000"},
		{"Aggregate", "SELECT count(DISTINCT id), count(DISTINCT name), sum(DISTINCT k) FROM big"},
		{"Aggregate", "SELECT g, count(DISTINCT id), max(DISTINCT name), count(DISTINCT name) FROM (SELECT id % 7 AS g, id, name FROM big) x GROUP BY g ORDER BY g"},
		{"Aggregate", "SELECT md5(string_agg(left(name, 6), ',' ORDER BY name DESC, id)) FROM big WHERE id < 300000"},
		{"Nested Loop Left", "SELECT count(*), sum(a.id), max(b.m) FROM (SELECT * FROM big WHERE id % 100000 = 0) a LEFT JOIN (SELECT *, md5(name) AS m FROM big) b ON a.id * 2 < b.id OR a.name < b.m"},
	} {
		must(t, s, "SET memory_limit = '2GB'")
		want := must(t, s, c.sql)[0]
		must(t, s, "SET memory_limit = '20MB'")
		out, err := script(s, c.sql)
		if err != nil || out[0] != want {
			t.Errorf("%s\n got: %v %v\nwant: %s", c.sql, out, err, want)
			continue
		}
		plan := must(t, s, "EXPLAIN (ANALYZE, COSTS OFF) "+c.sql)[0]
		if !strings.Contains(plan, "Temporary Files: ") || !strings.Contains(plan, c.node) {
			t.Errorf("%s spills nothing:\n%s", c.sql, plan)
		}
		must(t, s, "SET temp_file_limit = '1MB'")
		if _, err := script(s, c.sql); dberr.CodeOf(err) != dberr.ConfigLimitExceeded {
			t.Errorf("%s: over temp_file_limit: %v", c.sql, err)
		}
		must(t, s, "SET temp_file_limit = -1")
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("temporary files stay: %v %v", left, err)
	}
}

// TestSpillRandom runs random queries over more rows than memory holds: they answer as they
// do without a limit.
func TestSpillRandom(t *testing.T) {
	db := open(t, sqlvec.Options{Threads: 2})
	s := db.Session()
	defer s.Close()
	must(t, s, `CREATE TABLE t AS SELECT g AS id, CASE WHEN g % 11 > 0 THEN g % 5003 END AS a, (g * 7919 % 100003)::NUMERIC / 8 AS b,
		CASE WHEN g % 7 > 0 THEN repeat('x', g % 23) || g * 31 % 20011 END AS c, g % 3 = 0 AS d, DATE '2020-01-01' + g % 1009 AS e,
		(g * 17 % 40009) * INTERVAL '1 hour' AS f, CASE WHEN g % 5 > 0 THEN (g * 13 % 50021)::FLOAT8 END AS h
		FROM generate_series(1, 250000) g`)
	n := 60
	if testing.Short() {
		n = 12
	}
	q := &spillQueries{rand.New(rand.NewPCG(20261125, 1))}
	spilled := 0
	for range n {
		sql := q.query()
		must(t, s, "SET memory_limit = '2GB'")
		want, err := script(s, sql)
		if err != nil {
			t.Fatalf("%s\n%v", sql, describe(err))
		}
		must(t, s, "SET memory_limit = '32MB'")
		if got, err := script(s, sql); err != nil || got[0] != want[0] {
			t.Errorf("%s\n got: %v %v\nwant: %s", sql, got, err, want[0])
			continue
		}
		if strings.Contains(must(t, s, "EXPLAIN (ANALYZE, COSTS OFF) "+sql)[0], "Temporary Files: ") {
			spilled++
		}
	}
	if spilled < n/2 {
		t.Errorf("only %d of %d queries spill", spilled, n)
	}
}

// spillQueries makes queries over the table of TestSpillRandom, whose answers are short and
// have one order.
type spillQueries struct{ *rand.Rand }

func (q *spillQueries) of(list ...string) string { return list[q.IntN(len(list))] }

// columns returns n different columns.
func (q *spillQueries) columns(n int) []string {
	list := []string{"a", "b", "c", "e", "f", "h"}
	q.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list[:n]
}

// order returns an order of all rows that begins with some of the columns.
func (q *spillQueries) order(n int) string {
	var keys []string
	for _, c := range q.columns(n) {
		keys = append(keys, c+q.of("", " DESC", " DESC NULLS LAST", " NULLS FIRST"))
	}
	return strings.Join(append(keys, "id"+q.of("", " DESC")), ", ")
}

func (q *spillQueries) query() string {
	switch q.IntN(6) {
	case 0:
		return "SELECT * FROM t ORDER BY repeat(c, 10), " + q.order(1) + " LIMIT 20 OFFSET 5000"
	case 1:
		return fmt.Sprintf("SELECT * FROM t ORDER BY %s LIMIT 30 OFFSET %d", q.order(1+q.IntN(3)), 70000+q.IntN(180000))
	case 2:
		op := q.of("UNION", "INTERSECT", "EXCEPT", "UNION ALL", "INTERSECT ALL", "EXCEPT ALL")
		list := strings.Join(q.columns(3), ", ")
		return fmt.Sprintf("SELECT * FROM (SELECT %[1]s FROM t WHERE id > %[3]d %[2]s SELECT %[1]s FROM t WHERE id < %[4]d) x ORDER BY %[1]s LIMIT 50 OFFSET %[5]d",
			list, op, q.IntN(50000), 200000+q.IntN(50000), q.IntN(20000))
	case 3:
		list := strings.Join(q.columns(2), ", ")
		return fmt.Sprintf("SELECT DISTINCT ON (%[1]s) %[1]s, id FROM t ORDER BY %[1]s, id LIMIT 30 OFFSET %[2]d", list, q.IntN(2000))
	case 4:
		list := strings.Join(q.columns(1+q.IntN(2)), ", ")
		return fmt.Sprintf("WITH x AS MATERIALIZED (SELECT * FROM t WHERE id > %d) SELECT * FROM (SELECT count(*), min(id) AS m, %[2]s FROM x GROUP BY %[2]s) y, (SELECT max(c) FROM x) z ORDER BY m LIMIT 20",
			q.IntN(10000), list)
	default:
		call := q.of("row_number()", "rank()", "dense_rank()", "ntile(7)", "cume_dist()", "sum(id)", "count(c)", "max(c)", "lag(c, 3)", "lead(b)", "first_value(h)", "last_value(f)")
		part := strings.Join(q.columns(1+q.IntN(2)), ", ")
		return fmt.Sprintf("SELECT * FROM (SELECT *, %s OVER (PARTITION BY %s ORDER BY %s) AS w FROM t) x ORDER BY id LIMIT 100 OFFSET %d",
			call, part, q.order(q.IntN(2)), q.IntN(240000))
	}
}
