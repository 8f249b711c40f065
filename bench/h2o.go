package bench

import (
	"context"
	"fmt"
	"path/filepath"

	"driftdb/sqlvec"
)

// The questions of the group-by and join benchmark that H2O.ai made of data frames, and questions
// for windows and the first rows, over one table of Rows rows.

// h2oSQL makes rows lo to hi of the table x; the same text serves both systems. Columns are
// spread by multiplications modulo a prime, so that no two go together.
func h2oSQL(lo, hi, rows int) string {
	spread := func(factor, groups int) string { return fmt.Sprintf("(i * %d %% 2147483647) %% %d", factor, groups) }
	return fmt.Sprintf(`INSERT INTO x SELECT i, 'id' || CAST(%s + 1 AS VARCHAR), 'id' || CAST(%s + 1 AS VARCHAR), 'id' || CAST(%s + 1 AS VARCHAR),
		CAST(%s + 1 AS INTEGER), CAST(%s + 1 AS INTEGER), CAST(%s + 1 AS INTEGER), CAST(%s + 1 AS INTEGER), CAST(%s + 1 AS INTEGER), CAST(%s AS DOUBLE PRECISION) / 10000
		FROM generate_series(CAST(%d AS BIGINT), CAST(%d AS BIGINT)) AS g(i)`,
		spread(48271, 100), spread(69621, 100), spread(16807, max(rows/100, 1)), spread(39373, 100), spread(40692, 100), spread(45991, max(rows/100, 1)),
		spread(51749, 5), spread(56167, 15), spread(62089, 1000000), lo, hi)
}

const h2oTable = `CREATE TABLE x (n BIGINT, id1 VARCHAR, id2 VARCHAR, id3 VARCHAR, id4 INTEGER, id5 INTEGER, id6 INTEGER, v1 INTEGER, v2 INTEGER, v3 DOUBLE PRECISION)`

// h2oQueries are the questions, and the area of the targets that each belongs to.
var h2oQueries = []struct{ area, name, sql string }{
	{areaFew, "group 1: sum by 100 texts", "SELECT id1, sum(v1) AS v1 FROM x GROUP BY id1"},
	{areaFew, "group 2: sum by 10,000 pairs of texts", "SELECT id1, id2, sum(v1) AS v1 FROM x GROUP BY id1, id2"},
	{areaMany, "group 3: sum and mean by N/100 texts", "SELECT id3, sum(v1) AS v1, avg(v3) AS v3 FROM x GROUP BY id3"},
	{areaFew, "group 4: means by 100 integers", "SELECT id4, avg(v1) AS v1, avg(v2) AS v2, avg(v3) AS v3 FROM x GROUP BY id4"},
	{areaMany, "group 5: sums by N/100 integers", "SELECT id6, sum(v1) AS v1, sum(v2) AS v2, sum(v3) AS v3 FROM x GROUP BY id6"},
	{areaMany, "group 6: median and deviation by 10,000 pairs", "SELECT id4, id5, percentile_cont(0.5) WITHIN GROUP (ORDER BY v3) AS m, stddev(v3) AS sd FROM x GROUP BY id4, id5"},
	{areaMany, "group 7: range by N/100 texts", "SELECT id3, max(v1) - min(v2) AS r FROM x GROUP BY id3"},
	{areaWindow, "group 8: two greatest of each of N/100", "SELECT id6, v3 FROM (SELECT id6, v3, row_number() OVER (PARTITION BY id6 ORDER BY v3 DESC) AS k FROM x) AS t WHERE k <= 2"},
	{areaMany, "group 9: correlation by 10,000 pairs", "SELECT id2, id4, CASE WHEN min(v1) < max(v1) AND min(v2) < max(v2) THEN power(corr(v1, v2), 2) END AS r2 FROM x GROUP BY id2, id4"},
	{areaMany, "group 10: sum and count by six columns", "SELECT id1, id2, id3, id4, id5, id6, sum(v3) AS v3, count(*) AS c FROM x GROUP BY id1, id2, id3, id4, id5, id6"},
	{areaJoin, "join 1: a small table by integer", "SELECT count(*), sum(x.v3), sum(s.v) FROM x JOIN small s ON x.id4 = s.id4"},
	{areaJoin, "join 2: a medium table by integer", "SELECT count(*), sum(x.v3), sum(m.v) FROM x JOIN medium m ON x.id6 = m.id6"},
	{areaJoin, "join 3: outer, a medium table by integer", "SELECT count(*), sum(x.v3), sum(m.v) FROM x LEFT JOIN medium m ON x.id6 = m.id6 * 2"},
	{areaJoin, "join 4: a medium table by text", "SELECT count(*), sum(x.v3), sum(m.v) FROM x JOIN medium m ON x.id3 = m.id3"},
	{areaJoin, "join 5: a table of the same size", "SELECT count(*), sum(x.v3), sum(b.v) FROM x JOIN big b ON x.n = b.n"},
	{areaWindow, "window: running sum of 100 partitions", "SELECT sum(s), count(*) FROM (SELECT sum(v1) OVER (PARTITION BY id4 ORDER BY n) AS s FROM x) AS t"},
	{areaWindow, "window: rank of N/100 partitions", "SELECT sum(r), count(*) FROM (SELECT rank() OVER (PARTITION BY id6 ORDER BY v3) AS r FROM x) AS t"},
	{areaWindow, "window: row before, moving mean", "SELECT count(a), sum(b) FROM (SELECT lag(v1) OVER (ORDER BY n) AS a, avg(v2) OVER (ORDER BY n ROWS BETWEEN 9 PRECEDING AND CURRENT ROW) AS b FROM x) AS t"},
	{areaWindow, "first 100 of all", "SELECT n, id3, v3 FROM x ORDER BY v3 DESC, n LIMIT 100"},
	{areaWindow, "rows 100,000 to 100,100 of all", "SELECT n, id3, v3 FROM x ORDER BY v3, n LIMIT 100 OFFSET 100000"},
	{areaMany, "sort all by text and number", "SELECT id3, n FROM x ORDER BY id3, n DESC"},
	{areaMany, "distinct texts and integers", "SELECT count(*) FROM (SELECT DISTINCT id3, id6 FROM x) AS t"},
}

const h2oTitle = "H2O.ai and windows"

// h2o measures the questions over Rows rows.
func (r *run) h2o(ctx context.Context) error {
	err := r.h2oRows(ctx, "h2o", r.Rows, func(s *sqlvec.Session, peer *duckDB) error {
		var all sums
		for _, q := range h2oQueries {
			row := r.pairRow(ctx, s, peer, Row{Workload: h2oTitle, Area: q.area, Name: q.name}, q.sql)
			r.asked = append(r.asked, row)
			all.add(row)
		}
		all.report(r, h2oTitle)
		return nil
	})
	if err != nil {
		return err
	}
	var queries []string
	for _, q := range h2oQueries {
		queries = append(queries, q.sql)
	}
	dir := filepath.Join(r.Dir, "h2o")
	return r.queryMemory(ctx, h2oTitle, filepath.Join(dir, "db"), filepath.Join(dir, "peer.duckdb"), queries)
}

// h2oRows makes the tables with the given number of rows in both systems and calls fn.
func (r *run) h2oRows(ctx context.Context, name string, rows int, fn func(*sqlvec.Session, *duckDB) error) error {
	dir, err := r.scratch(name)
	if err != nil {
		return err
	}
	statements := []string{h2oTable}
	const step = 1 << 20
	for lo := 1; lo <= rows; lo += step {
		statements = append(statements, h2oSQL(lo, min(lo+step-1, rows), rows))
	}
	statements = append(statements,
		"CREATE TABLE small AS SELECT CAST(i AS INTEGER) AS id4, i * 3 AS v FROM generate_series(1, 90) AS g(i)",
		fmt.Sprintf("CREATE TABLE medium AS SELECT CAST(i AS INTEGER) AS id6, 'id' || CAST(i AS VARCHAR) AS id3, i * 3 AS v FROM generate_series(1, %d) AS g(i)", max(rows*9/1000, 1)),
		fmt.Sprintf("CREATE TABLE big AS SELECT i + %d AS n, i %% 1000 AS v FROM generate_series(CAST(1 AS BIGINT), CAST(%d AS BIGINT)) AS g(i)", rows/10, rows*9/10),
		"ANALYZE", "CHECKPOINT")
	return r.bothWith(ctx, dir, statements, fn)
}
