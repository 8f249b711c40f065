package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"driftdb/sqlvec"
)

// The questions that ClickBench asks of a wide table of page views, over a table that is made: 32
// columns, a few sites, users and phrases much more frequent than the others, most phrases empty.

const hitsTitle = "ClickBench's questions"

const hitsTable = `CREATE TABLE hits (watch_id BIGINT, title VARCHAR, good_event SMALLINT, event_time TIMESTAMP, event_date DATE, counter_id INTEGER,
	client_ip INTEGER, region_id INTEGER, user_id BIGINT, url VARCHAR, referer VARCHAR, is_refresh SMALLINT, resolution_width SMALLINT,
	resolution_height SMALLINT, user_agent SMALLINT, is_mobile SMALLINT, phone SMALLINT, phone_model VARCHAR, search_engine SMALLINT, search_phrase VARCHAR,
	adv_engine SMALLINT, traffic_source SMALLINT, is_link SMALLINT, is_download SMALLINT, dont_count SMALLINT, window_width SMALLINT, window_height SMALLINT,
	url_hash BIGINT, referer_hash BIGINT, age SMALLINT, os SMALLINT, hit_color VARCHAR)`

// hitsSQL makes rows lo to hi; the same text serves both systems. What is drawn evenly is a product
// modulo a prime, and its square, shifted back, prefers small numbers.
func hitsSQL(lo, hi, rows int) string {
	even := func(factor int) string { return fmt.Sprintf("(i * %d %% 2147483647)", factor) }
	below := func(factor, n int) string { return fmt.Sprintf("(%s * %d >> 31)", even(factor), n) }
	skewed := func(factor, n int) string {
		e := even(factor)
		return fmt.Sprintf("((%s * %s >> 31) * %d >> 31)", e, e, n)
	}
	text := func(s string) string { return "CAST(" + s + " AS VARCHAR)" }
	small := func(s string) string { return "CAST(" + s + " AS SMALLINT)" }
	some := func(factor, percent int, value, other string) string {
		return fmt.Sprintf("CASE WHEN %s < %d THEN %s ELSE %s END", below(factor, 100), percent, value, other)
	}
	address := func(factor, pages int) string {
		return fmt.Sprintf("'http://' || %s || 'site' || %s || '.example/' || %s || '/page?id=' || %s",
			some(factor+2, 20, "'www.'", "''"), text(skewed(factor, 200)), some(factor+4, 3, "'google-ads'", "'section-' || "+text(skewed(factor+6, 40))), text(skewed(factor+8, pages)))
	}
	const at = "TIMESTAMP '2013-07-01 00:00:00' + CAST(i * 48271 % 2147483647 % 2678400 AS INTEGER) * INTERVAL '1 second'"
	pages, users := max(rows/10, 1), max(rows/6, 1)
	columns := []string{
		"i * 1000003 + 7", "'Title of page ' || " + text(skewed(69621, max(rows/50, 1))), small("1"), at, "CAST(" + at + " AS DATE)", "CAST(" + skewed(16807, 6000) + " AS INTEGER)",
		"CAST(" + skewed(39373, max(rows/4, 1)) + " AS INTEGER)", "CAST(" + skewed(40692, 9000) + " AS INTEGER)", skewed(45991, users) + " * 7919", address(51749, pages), some(56167, 30, "''", address(62089, pages)),
		small(below(30323, 2)), small(some(30323, 40, "1366", "1024 + "+below(30341, 900))), small("768 + " + below(30347, 400)), small(skewed(30367, 80)), small(below(30389, 10) + " >> 3"), small(skewed(30391, 90)), some(30403, 94, "''", "'model ' || "+text(skewed(30427, 160))),
		small(some(30431, 85, "0", "1 + "+skewed(30449, 90))), some(30431, 85, "''", "'search phrase ' || "+text(skewed(30467, max(rows/30, 1)))),
		small(some(30469, 97, "0", "1 + "+skewed(30491, 18))), small(skewed(30493, 8) + " - 1"), small(some(30497, 90, "0", "1")), small(some(30509, 99, "0", "1")), small(some(30517, 95, "0", "1")), small("600 + " + below(30529, 1400)), small("300 + " + below(30539, 900)),
		skewed(51757, pages) + " * 1048583", skewed(62095, pages) + " * 1048583", small(below(30553, 70)), small(skewed(30557, 200)), "'c' || " + text(below(30559, 5)),
	}
	return fmt.Sprintf("INSERT INTO hits SELECT %s FROM generate_series(CAST(%d AS BIGINT), CAST(%d AS BIGINT)) AS g(i)", strings.Join(columns, ", "), lo, hi)
}

// hitsQueries are the questions. Ties are broken by the groups' keys, so that the first ten are the same.
var hitsQueries = []struct{ name, sql string }{
	{"rows with an advertisement", "SELECT count(*) FROM hits WHERE adv_engine <> 0"},
	{"sum, count and mean of columns", "SELECT sum(adv_engine), count(*), avg(resolution_width) FROM hits"},
	{"mean of users' numbers", "SELECT avg(user_id) FROM hits"},
	{"distinct users", "SELECT count(DISTINCT user_id) FROM hits"},
	{"distinct phrases", "SELECT count(DISTINCT search_phrase) FROM hits"},
	{"first and last day", "SELECT min(event_date), max(event_date) FROM hits"},
	{"groups of a few rows by small integer", "SELECT adv_engine, count(*) AS c FROM hits WHERE adv_engine <> 0 GROUP BY adv_engine ORDER BY c DESC, 1"},
	{"distinct users of regions", "SELECT region_id, count(DISTINCT user_id) AS u FROM hits GROUP BY region_id ORDER BY u DESC, 1 LIMIT 10"},
	{"four aggregates of regions", "SELECT region_id, sum(adv_engine), count(*) AS c, avg(resolution_width), count(DISTINCT user_id) FROM hits GROUP BY region_id ORDER BY c DESC, 1 LIMIT 10"},
	{"distinct users of phones", "SELECT phone, phone_model, count(DISTINCT user_id) AS u FROM hits WHERE phone_model <> '' GROUP BY phone, phone_model ORDER BY u DESC, 1, 2 LIMIT 10"},
	{"top phrases", "SELECT search_phrase, count(*) AS c FROM hits WHERE search_phrase <> '' GROUP BY search_phrase ORDER BY c DESC, 1 LIMIT 10"},
	{"top phrases by distinct users", "SELECT search_phrase, count(DISTINCT user_id) AS u FROM hits WHERE search_phrase <> '' GROUP BY search_phrase ORDER BY u DESC, 1 LIMIT 10"},
	{"top pairs of engine and phrase", "SELECT search_engine, search_phrase, count(*) AS c FROM hits WHERE search_phrase <> '' GROUP BY search_engine, search_phrase ORDER BY c DESC, 1, 2 LIMIT 10"},
	{"top users", "SELECT user_id, count(*) AS c FROM hits GROUP BY user_id ORDER BY c DESC, 1 LIMIT 10"},
	{"top users, minutes and phrases", "SELECT user_id, extract(minute FROM event_time) AS m, search_phrase, count(*) AS c FROM hits GROUP BY user_id, m, search_phrase ORDER BY c DESC, 1, 2, 3 LIMIT 10"},
	{"rows of one user", "SELECT user_id FROM hits WHERE user_id = 7919"},
	{"addresses LIKE", "SELECT count(*) FROM hits WHERE url LIKE '%google%'"},
	{"phrases of addresses LIKE", "SELECT search_phrase, min(url), count(*) AS c FROM hits WHERE url LIKE '%google%' AND search_phrase <> '' GROUP BY search_phrase ORDER BY c DESC, 1 LIMIT 10"},
	{"all columns of the first ten LIKE", "SELECT * FROM hits WHERE url LIKE '%google%' ORDER BY event_time, watch_id LIMIT 10"},
	{"first phrases by time", "SELECT search_phrase FROM hits WHERE search_phrase <> '' ORDER BY event_time, search_phrase LIMIT 10"},
	{"mean length of addresses, HAVING", "SELECT counter_id, avg(length(url)) AS l, count(*) AS c FROM hits WHERE url <> '' GROUP BY counter_id HAVING count(*) > 100 ORDER BY l DESC, 1 LIMIT 25"},
	{"hosts by regular expression", `SELECT regexp_replace(referer, '^https?://(?:www\.)?([^/]+)/.*$', '\1') AS k, avg(length(referer)) AS l, count(*) AS c, min(referer) FROM hits WHERE referer <> '' GROUP BY k HAVING count(*) > 100 ORDER BY l DESC, 1 LIMIT 25`},
	{"thirty sums of one column", "SELECT " + thirtySums() + " FROM hits"},
	{"nearly as many groups as rows", "SELECT watch_id, client_ip, count(*) AS c, sum(is_refresh), avg(resolution_width) FROM hits GROUP BY watch_id, client_ip ORDER BY c DESC, 1, 2 LIMIT 10"},
	{"top addresses", "SELECT url, count(*) AS c FROM hits GROUP BY url ORDER BY c DESC, 1 LIMIT 10"},
	{"groups of expressions of one column", "SELECT client_ip, client_ip - 1, client_ip - 2, client_ip - 3, count(*) AS c FROM hits GROUP BY client_ip, client_ip - 1, client_ip - 2, client_ip - 3 ORDER BY c DESC, 1 LIMIT 10"},
	{"titles of one counter in two weeks", "SELECT title, count(*) AS c FROM hits WHERE counter_id = 62 AND event_date BETWEEN DATE '2013-07-01' AND DATE '2013-07-15' AND dont_count = 0 AND is_refresh = 0 AND title <> '' GROUP BY title ORDER BY c DESC, 1 LIMIT 10"},
	{"sources and targets, OFFSET", "SELECT traffic_source, search_engine, adv_engine, CASE WHEN search_engine = 0 AND adv_engine = 0 THEN referer ELSE '' END AS src, url AS dst, count(*) AS c FROM hits WHERE counter_id < 62 AND is_refresh = 0 GROUP BY traffic_source, search_engine, adv_engine, src, dst ORDER BY c DESC, 1, 2, 3, 4, 5 LIMIT 10 OFFSET 1000"},
	{"minutes of two days, OFFSET", "SELECT date_trunc('minute', event_time) AS m, count(*) AS c FROM hits WHERE event_date BETWEEN DATE '2013-07-14' AND DATE '2013-07-15' AND is_refresh = 0 AND dont_count = 0 GROUP BY m ORDER BY m LIMIT 10 OFFSET 1000"},
}

// thirtySums are sums of the widths, each a little wider.
func thirtySums() string {
	var list []string
	for i := range 30 {
		list = append(list, fmt.Sprintf("sum(resolution_width + %d)", i))
	}
	return strings.Join(list, ", ")
}

// hits measures the questions over half of Rows rows.
func (r *run) hits(ctx context.Context) error {
	dir, err := r.scratch("hits")
	if err != nil {
		return err
	}
	statements, rows := []string{hitsTable}, max(r.Rows/2, 1)
	const step = 1 << 20
	for lo := 1; lo <= rows; lo += step {
		statements = append(statements, hitsSQL(lo, min(lo+step-1, rows), rows))
	}
	err = r.bothWith(ctx, dir, append(statements, "ANALYZE", "CHECKPOINT"), func(s *sqlvec.Session, peer *duckDB) error {
		var all sums
		for _, q := range hitsQueries {
			all.add(r.pairRow(ctx, s, peer, Row{Workload: hitsTitle, Area: areaWide, Name: q.name}, q.sql))
		}
		all.report(r, hitsTitle)
		return nil
	})
	if err != nil {
		return err
	}
	var queries []string
	for _, q := range hitsQueries {
		queries = append(queries, q.sql)
	}
	return r.queryMemory(ctx, hitsTitle, filepath.Join(dir, "db"), filepath.Join(dir, "peer.duckdb"), queries)
}
