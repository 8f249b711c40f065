package sqlvec_test

import (
	"errors"
	"testing"

	"driftdb/internal/dberr"
)

// wrong is a statement and the error it must give.
type wrong struct {
	sql, code string
	pos       int
	message   string
}

func TestBinderErrors(t *testing.T) {
	s := session(t)
	must(t, s, `CREATE TABLE t (id int PRIMARY KEY, a int, b text); SET allow_undeclared_columns = off`)
	for _, w := range []wrong{
		{`SELECT nope FROM t`, "42703", 8, `column "nope" does not exist`},
		{`SELECT t.nope FROM t`, "42703", 8, `column t.nope does not exist`},
		{`SELECT x.id FROM t`, "42P01", 8, `missing FROM-clause entry for table "x"`},
		{`SELECT 1 FROM nope`, "42P01", 15, `relation "nope" does not exist`},
		{`SELECT id FROM t x, t y`, "42702", 8, `column reference "id" is ambiguous`},
		{`SELECT 1 FROM t, t`, "42712", 18, `table name "t" specified more than once`},
		{`SELECT a, count(*) FROM t`, "42803", 8, `column "t.a" must appear in the GROUP BY clause or be used in an aggregate function`},
		{`SELECT (SELECT max(x.id) FROM t x WHERE x.a = t.a) FROM t GROUP BY b`, "42803", 8, `subquery uses ungrouped column "t.a" from outer query`},
		{`SELECT sum(count(*)) FROM t`, "42803", 12, `aggregate function calls cannot be nested`},
		{`SELECT 1 FROM t WHERE count(*) > 0`, "42803", 23, `aggregate functions are not allowed in WHERE`},
		{`SELECT 1 ORDER BY 2`, "42P10", 19, `ORDER BY position 2 is not in select list`},
		{`SELECT DISTINCT a FROM t ORDER BY b`, "42P10", 35, `for SELECT DISTINCT, ORDER BY expressions must appear in select list`},
		{`SELECT DISTINCT ON (a) a FROM t ORDER BY b`, "42P10", 42, `SELECT DISTINCT ON expressions must match initial ORDER BY expressions`},
		{`SELECT 1 WHERE 2`, "42804", 16, `argument of WHERE must be type boolean, not type integer`},
		{`SELECT 1 UNION SELECT 1, 2`, "42601", 23, `each UNION query must have the same number of columns`},
		{`SELECT (SELECT 1, 2)`, "42601", 8, `subquery must return only one column`},
		{`SELECT 1 LIMIT a`, "42703", 16, `column "a" does not exist`},
		{`SELECT id FROM t LIMIT id`, "42P10", 24, `argument of LIMIT must not contain variables`},
		{`INSERT INTO t (id, x) VALUES (1, 2)`, "42703", 20, `column "x" of relation "t" does not exist`},
		{`INSERT INTO t (id) VALUES (1, 2)`, "42601", 31, `INSERT has more expressions than target columns`},
		{`UPDATE t SET a = true`, "42804", 18, `column "a" is of type integer but expression is of type boolean`},
		{`UPDATE t FOR SYSTEM_TIME AS OF @SEQ:0 SET a = 1`, "", 0, ``},
		{`CREATE TABLE c (x int CHECK (x))`, "42804", 30, `argument of CHECK must be type boolean, not type integer`},
		{`SELECT 1 FROM t FOR SYSTEM_TIME AS OF true`, "42804", 39, `the time of FOR SYSTEM_TIME must be a timestamp, not type boolean`},
		{`SELECT 1 FROM t FOR SYSTEM_TIME AS OF @SEQ:7`, "22H01", 17, `event @SEQ:7 does not exist, the last is 0`},
	} {
		_, err := script(s, w.sql)
		var e *dberr.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v, want an error", w.sql, err)
			continue
		}
		if w.code == "" {
			continue // any error: the past cannot be changed
		}
		if e.Code != w.code || e.Pos != w.pos || e.Message != w.message {
			t.Errorf("%s\n got: %s at %d: %s\nwant: %s at %d: %s", w.sql, e.Code, e.Pos, e.Message, w.code, w.pos, w.message)
		}
	}
}

func TestHintOfASimilarColumn(t *testing.T) {
	s := session(t)
	must(t, s, `CREATE TABLE people (name text, email text)`)
	_, err := script(s, `SELECT nmae FROM people`)
	var e *dberr.Error
	if !errors.As(err, &e) || e.Hint != `Perhaps you meant to reference the column "people.name".` {
		t.Errorf("hint %+v", err)
	}
}

func TestSubqueriesAreDecorrelated(t *testing.T) {
	s := session(t)
	must(t, s, `CREATE TABLE t (id int PRIMARY KEY, a int, b text);
		INSERT INTO t VALUES (1, 10, 'x'), (2, 20, 'y'), (3, NULL, 'z'), (4, 10, NULL)`)
	for sql, want := range map[string]string{
		`SELECT id, (SELECT y.b FROM t y WHERE y.a = x.a ORDER BY y.id DESC LIMIT 1) FROM t x ORDER BY id`:                      "1|∅\n2|y\n3|∅\n4|∅",
		`SELECT id, (SELECT count(*) + 1 FROM t y WHERE y.a = x.a) FROM t x ORDER BY id`:                                        "1|3\n2|2\n3|1\n4|3",
		`SELECT id FROM t x WHERE a NOT IN (SELECT a FROM t y WHERE y.id <> x.id AND y.b = x.b) ORDER BY id`:                    "1\n2\n3\n4",
		`SELECT id FROM t x WHERE EXISTS (SELECT 1 FROM t y WHERE y.a = x.a AND y.id > x.id) ORDER BY id`:                       "1",
		`SELECT x.id, l.n FROM t x LEFT JOIN LATERAL (SELECT count(*) AS n FROM t y WHERE y.a = x.a) l ON true ORDER BY x.id`:   "1|2\n2|1\n3|0\n4|2",
		`SELECT x.id FROM t x, LATERAL (SELECT 1 FROM t y WHERE y.a = x.a AND y.id <> x.id) l ORDER BY 1`:                       "1\n4",
		`SELECT id, id IN (SELECT 1), id = ALL (SELECT 2), EXISTS (SELECT 1 WHERE false) FROM t WHERE id < 3 ORDER BY id`:       "1|t|f|f\n2|f|t|f",
		`SELECT a, (SELECT max(id) FROM t y WHERE y.a = t.a) FROM t WHERE a IS NOT NULL GROUP BY a ORDER BY a`:                  "10|4\n20|2",
		`SELECT id FROM t WHERE (SELECT count(*) FROM t y WHERE y.a = t.a) = 0`:                                                 "3",
		`WITH w AS (SELECT a, count(*) n FROM t GROUP BY a) SELECT w1.n, w2.n FROM w w1 JOIN w w2 ON w1.a = w2.a ORDER BY w1.a`: "2|2\n1|1",
	} {
		query(t, s, sql, want)
	}
}

func TestPlans(t *testing.T) {
	s := session(t)
	must(t, s, `CREATE TABLE t (id int PRIMARY KEY, a int, b text); CREATE TABLE u (id int, t_id int);
		INSERT INTO t SELECT g, g % 7, 'b' FROM generate_series(1, 100) g; INSERT INTO u SELECT g, g FROM generate_series(1, 5) g`)
	for sql, want := range map[string]string{
		// Conditions reach the scans, the smaller input is hashed.
		`SELECT t.b FROM u JOIN t ON u.t_id = t.id WHERE t.a > 0 AND u.id > 1`: "Project\n" +
			"  ->  Hash Join\n        Hash Cond: (t.id = u.t_id)\n        ->  Seq Scan on t\n              Filter: (t.a > 0)\n" +
			"        ->  Seq Scan on u\n              Filter: (u.id > 1)",
		// A condition on the nullable side makes an outer join an inner one.
		`SELECT 1 FROM t LEFT JOIN u ON u.t_id = t.id WHERE u.id = 4`: "Project\n" +
			"  ->  Hash Join\n        Hash Cond: (t.id = u.t_id)\n        ->  Seq Scan on t\n" +
			"        ->  Seq Scan on u\n              Filter: (u.id = 4)",
		`SELECT id FROM t WHERE id IN (SELECT t_id FROM u)`: "Hash Semi Join\n  Hash Cond: (id = t_id)\n  ->  Seq Scan on t\n  ->  Project\n        ->  Seq Scan on u",
		`SELECT count(*) FROM t`:                            "Values",
		`SELECT id FROM t ORDER BY a DESC LIMIT 3`:          "Limit\n  ->  Project\n        ->  Top-3 Sort\n              Sort Key: a DESC\n              ->  Seq Scan on t",
		`SELECT a, n FROM (SELECT a, count(*) n FROM t GROUP BY a) x WHERE a = 2 AND n > 1`: "Filter\n  Filter: (count > 1)\n" +
			"  ->  HashAggregate\n        Group Key: a\n        ->  Seq Scan on t\n              Filter: (a = 2)",
	} {
		out := must(t, s, "EXPLAIN (COSTS OFF) "+sql)
		if out[0] != want {
			t.Errorf("%s\n got:\n%s\nwant:\n%s", sql, out[0], want)
		}
	}
}
