package bench

import (
	"context"
	"path/filepath"

	"driftdb/sqlvec"
)

const everydayTitle = "Everyday questions"

// everydayQueries are what an analyst asks of TPC-H's tables from day to day: functions of dates and
// texts, conditions within aggregates, subtotals, windows. A cast stands where the systems' types differ.
var everydayQueries = []struct{ name, sql string }{
	{"orders' lines by year and month", "SELECT CAST(extract(year FROM l_shipdate) AS BIGINT) AS y, CAST(extract(month FROM l_shipdate) AS BIGINT) AS m, count(*) FROM lineitem GROUP BY y, m ORDER BY y, m"},
	{"revenue by month, date_trunc", "SELECT CAST(date_trunc('month', l_shipdate) AS DATE) AS m, sum(l_extendedprice) FROM lineitem GROUP BY m ORDER BY m"},
	{"orders by month as text, strftime", "SELECT strftime(o_orderdate, '%Y-%m') AS m, count(*), sum(o_totalprice) FROM orders GROUP BY m ORDER BY m"},
	{"a date and an interval compared", "SELECT count(*) FROM lineitem WHERE l_shipdate + INTERVAL '30 days' < l_receiptdate + INTERVAL '7 days'"},
	{"mean delay by mode, date - date", "SELECT l_shipmode, avg(l_receiptdate - l_shipdate), max(l_receiptdate - l_commitdate) FROM lineitem GROUP BY l_shipmode ORDER BY l_shipmode"},
	{"orders of the weekend", "SELECT count(*) FROM orders WHERE extract(dow FROM o_orderdate) IN (0, 6)"},
	{"groups of joined texts, ||", "SELECT l_shipmode || ', ' || l_shipinstruct AS k, count(*) FROM lineitem GROUP BY k ORDER BY k"},
	{"groups of a text and a number, concat", "SELECT concat(l_shipmode, '-', l_linenumber) AS k, count(*) FROM lineitem GROUP BY k ORDER BY k"},
	{"groups of CASE with three names", "SELECT CASE WHEN l_quantity < 10 THEN 'small' WHEN l_quantity < 40 THEN 'medium' ELSE 'large' END AS size, count(*), sum(l_extendedprice) FROM lineitem GROUP BY size ORDER BY size"},
	{"a number's digits LIKE", "SELECT count(*) FROM orders WHERE CAST(o_orderkey AS VARCHAR) LIKE '%77%'"},
	{"comment ILIKE", "SELECT count(*) FROM lineitem WHERE l_comment ILIKE '%FURIOUSLY%'"},
	{"position of a word", "SELECT count(*) FROM lineitem WHERE position('special' IN l_comment) > 0"},
	{"most frequent first words, split_part", "SELECT split_part(o_comment, ' ', 1) AS word, count(*) FROM orders GROUP BY word ORDER BY count(*) DESC, word LIMIT 10"},
	{"start of a type in capitals", "SELECT upper(substring(p_type, 1, 5)) AS k, count(*), avg(p_size) FROM part GROUP BY k ORDER BY k"},
	{"a text replaced in few values", "SELECT replace(c_mktsegment, 'HOUSEHOLD', 'HOME') AS segment, count(*) FROM customer GROUP BY segment ORDER BY segment"},
	{"country of a phone number, regexp_replace", `SELECT regexp_replace(c_phone, '^([0-9]+)-.*$', '\1') AS country, count(*), sum(c_acctbal) FROM customer GROUP BY country ORDER BY country`},
	{"comment by regular expression", "SELECT count(*) FROM orders WHERE o_comment ~ 'special.*requests'"},
	{"distinct md5 of comments", "SELECT count(DISTINCT md5(o_comment)) FROM orders"},
	{"sum and greatest of lengths", "SELECT sum(length(trim(l_comment))), max(length(l_comment)) FROM lineitem"},
	{"lower(comment) LIKE", "SELECT count(*) FROM lineitem WHERE lower(l_comment) LIKE '%carefully%'"},
	{"least and greatest comment of three groups", "SELECT l_returnflag, min(l_comment), max(l_comment) FROM lineitem GROUP BY l_returnflag ORDER BY l_returnflag"},
	{"least and greatest double of modes", "SELECT l_shipmode, min(CAST(l_extendedprice AS DOUBLE PRECISION)), max(CAST(l_extendedprice AS DOUBLE PRECISION)) FROM lineitem GROUP BY l_shipmode ORDER BY l_shipmode"},
	{"least and greatest price of suppliers", "SELECT l_suppkey, min(l_extendedprice), max(l_extendedprice) FROM lineitem GROUP BY l_suppkey ORDER BY 3 DESC, 1 LIMIT 20"},
	{"sum of quotients of decimals", "SELECT sum(l_extendedprice / l_quantity) FROM lineitem"},
	{"least and greatest price of a piece", "SELECT min(l_extendedprice / l_quantity), max(l_extendedprice / l_quantity) FROM lineitem"},
	{"deviation of quotients of decimals", "SELECT stddev(l_extendedprice / l_quantity) FROM lineitem"},
	{"dearest ten products of price and quantity", "SELECT l_orderkey, l_linenumber, l_extendedprice * l_quantity AS value FROM lineitem ORDER BY value DESC, 1, 2 LIMIT 10"},
	{"greatest share of a supplier's sum", "SELECT max(share) FROM (SELECT l_extendedprice / sum(l_extendedprice) OVER (PARTITION BY l_suppkey) AS share FROM lineitem) AS s"},
	{"most frequent CASE … ELSE 0 of decimals", "SELECT CASE WHEN l_discount > 0.05 THEN l_extendedprice ELSE 0 END AS price, count(*) FROM lineitem GROUP BY price ORDER BY 2 DESC, 1 LIMIT 5"},
	{"roots and logarithms of doubles", "SELECT sum(sqrt(CAST(l_quantity AS DOUBLE PRECISION)) * 1.5 + ln(CAST(l_extendedprice AS DOUBLE PRECISION))) FROM lineitem"},
	{"sums of CASE … ELSE 0", "SELECT sum(CASE WHEN l_shipmode = 'AIR' THEN l_extendedprice ELSE 0 END), sum(CASE WHEN l_returnflag = 'R' THEN 1 ELSE 0 END) FROM lineitem"},
	{"three aggregates with FILTER", "SELECT count(*) FILTER (WHERE l_quantity > 30), sum(l_quantity) FILTER (WHERE l_shipmode = 'RAIL'), avg(l_discount) FILTER (WHERE l_tax > 0.04) FROM lineitem"},
	{"groups of a rounded price", "SELECT round(l_extendedprice, -4) AS price, count(*) FROM lineitem GROUP BY price ORDER BY price"},
	{"ROLLUP of two texts", "SELECT l_returnflag, l_linestatus, sum(l_quantity) FROM lineitem GROUP BY ROLLUP (l_returnflag, l_linestatus) ORDER BY l_returnflag, l_linestatus"},
	{"CUBE of three texts", "SELECT l_returnflag, l_shipmode, l_shipinstruct, count(*) FROM lineitem GROUP BY CUBE (l_returnflag, l_shipmode, l_shipinstruct) ORDER BY 1, 2, 3"},
	{"distinct parts, suppliers and days", "SELECT count(DISTINCT l_partkey), count(DISTINCT l_suppkey), count(DISTINCT l_shipdate) FROM lineitem"},
	{"distinct suppliers of modes", "SELECT l_shipmode, count(DISTINCT l_suppkey) FROM lineitem GROUP BY l_shipmode ORDER BY l_shipmode"},
	{"segments of each nation, string_agg", "SELECT c_nationkey, string_agg(c_mktsegment, ',' ORDER BY c_custkey) FROM customer WHERE c_acctbal > 9000 GROUP BY c_nationkey ORDER BY c_nationkey"},
	{"most frequent quantity and mode", "SELECT mode() WITHIN GROUP (ORDER BY l_quantity), mode() WITHIN GROUP (ORDER BY l_shipmode) FROM lineitem"},
	{"median price of modes", "SELECT l_shipmode, percentile_cont(0.5) WITHIN GROUP (ORDER BY CAST(l_extendedprice AS DOUBLE PRECISION)) FROM lineitem GROUP BY l_shipmode ORDER BY l_shipmode"},
	{"deviation, variance and correlation", "SELECT stddev(l_quantity), variance(l_discount), corr(CAST(l_quantity AS DOUBLE PRECISION), CAST(l_extendedprice AS DOUBLE PRECISION)) FROM lineitem"},
	{"greatest order of each customer", "SELECT o_custkey, o_orderkey, o_totalprice FROM (SELECT o_custkey, o_orderkey, o_totalprice, row_number() OVER (PARTITION BY o_custkey ORDER BY o_totalprice DESC, o_orderkey) AS k FROM orders) AS t WHERE k = 1 ORDER BY o_totalprice DESC, o_orderkey LIMIT 20"},
	{"running sum by month, change", "SELECT m, revenue, sum(revenue) OVER (ORDER BY m) AS so_far, revenue - lag(revenue) OVER (ORDER BY m) AS change FROM (SELECT CAST(date_trunc('month', o_orderdate) AS DATE) AS m, sum(o_totalprice) AS revenue FROM orders GROUP BY 1) AS t ORDER BY m"},
	{"mean share of a customer's sum", "SELECT avg(part) FROM (SELECT CAST(o_totalprice AS DOUBLE PRECISION) / sum(CAST(o_totalprice AS DOUBLE PRECISION)) OVER (PARTITION BY o_custkey) AS part FROM orders) AS t"},
	{"longest pause between two orders", "SELECT count(*), max(days) FROM (SELECT o_orderdate - lag(o_orderdate) OVER (PARTITION BY o_custkey ORDER BY o_orderdate, o_orderkey) AS days FROM orders) AS t WHERE days > 365"},
	{"lines above the mean of their order", "SELECT count(*), sum(l_extendedprice) FROM (SELECT l_extendedprice, CAST(l_quantity AS DOUBLE PRECISION) AS q, avg(CAST(l_quantity AS DOUBLE PRECISION)) OVER (PARTITION BY l_orderkey) AS m FROM lineitem) AS t WHERE q > m"},
	{"lines counted by two texts, beside each", "SELECT l_orderkey, l_linenumber, count(*) OVER (PARTITION BY l_returnflag, l_shipmode) AS alike, count(*) OVER () AS all_lines FROM lineitem ORDER BY l_extendedprice DESC, l_orderkey, l_linenumber LIMIT 20"},
	{"dearest line of each order, QUALIFY", "SELECT l_orderkey, l_linenumber, l_extendedprice FROM lineitem QUALIFY row_number() OVER (PARTITION BY l_orderkey ORDER BY l_extendedprice DESC, l_linenumber) = 1 ORDER BY l_extendedprice DESC, l_orderkey LIMIT 20"},
	{"last five orders of each clerk", "SELECT count(*), sum(o_totalprice) FROM (SELECT o_totalprice, row_number() OVER (PARTITION BY o_clerk ORDER BY o_orderkey DESC) AS k FROM orders) AS t WHERE k <= 5"},
	{"last order of each customer, DISTINCT ON", "SELECT count(*), sum(o_orderkey % 1000) FROM (SELECT DISTINCT ON (o_custkey) o_custkey, o_orderkey FROM orders ORDER BY o_custkey, o_orderdate DESC, o_orderkey) AS t"},
	{"three windows of different partitions", "SELECT sum(a), sum(b), sum(c) FROM (SELECT row_number() OVER (PARTITION BY o_custkey ORDER BY o_orderdate, o_orderkey) AS a, rank() OVER (PARTITION BY o_orderpriority ORDER BY o_totalprice) AS b, count(*) OVER (PARTITION BY o_clerk) AS c FROM orders) AS t"},
	{"moving mean and greatest of ten", "SELECT round(sum(a)), sum(b) FROM (SELECT avg(CAST(o_totalprice AS DOUBLE PRECISION)) OVER w AS a, max(o_totalprice) OVER w AS b FROM orders WINDOW w AS (ORDER BY o_orderdate, o_orderkey ROWS BETWEEN 9 PRECEDING AND CURRENT ROW)) AS t"},
	{"sum of a customer's ninety days, RANGE", "SELECT count(*), sum(s) FROM (SELECT sum(o_totalprice) OVER (PARTITION BY o_custkey ORDER BY o_orderdate RANGE BETWEEN INTERVAL '90 days' PRECEDING AND CURRENT ROW) AS s FROM orders) AS t"},
	{"series of orders without a pause", "SELECT count(*), max(n) FROM (SELECT o_custkey, series, count(*) AS n FROM (SELECT o_custkey, sum(starts) OVER (PARTITION BY o_custkey ORDER BY o_orderdate, o_orderkey) AS series FROM (SELECT o_custkey, o_orderdate, o_orderkey, CASE WHEN o_orderdate - lag(o_orderdate) OVER (PARTITION BY o_custkey ORDER BY o_orderdate, o_orderkey) < 100 THEN 0 ELSE 1 END AS starts FROM orders) AS a) AS b GROUP BY o_custkey, series) AS c"},
	{"orders above the mean of their nation", "SELECT n_name, count(*) FROM (SELECT n_name, o_totalprice, avg(o_totalprice) OVER (PARTITION BY n_name) AS m FROM orders JOIN customer ON c_custkey = o_custkey JOIN nation ON n_nationkey = c_nationkey) AS t WHERE o_totalprice > m GROUP BY n_name ORDER BY n_name"},
	{"numbered rows", "SELECT sum(k * l_linenumber) FROM (SELECT row_number() OVER () AS k, l_linenumber FROM lineitem) AS t"},
	{"dearest ten lines", "SELECT l_orderkey, l_linenumber, l_extendedprice, l_comment FROM lineitem ORDER BY l_extendedprice DESC, l_orderkey, l_linenumber LIMIT 10"},
	{"orders without a late line", "SELECT o_orderpriority, count(*) FROM orders WHERE NOT EXISTS (SELECT 1 FROM lineitem WHERE l_orderkey = o_orderkey AND l_receiptdate > l_commitdate) GROUP BY o_orderpriority ORDER BY o_orderpriority"},
	{"IN, BETWEEN and a date", "SELECT count(*) FROM lineitem WHERE l_shipmode IN ('AIR', 'RAIL', 'SHIP') AND l_quantity BETWEEN 10 AND 20 AND l_shipdate >= DATE '1995-01-01'"},
	{"coalesce, greatest and abs", "SELECT coalesce(nullif(l_returnflag, 'N'), 'none') AS flag, sum(greatest(l_discount, l_tax)), sum(abs(l_discount - l_tax)) FROM lineitem GROUP BY flag ORDER BY flag"},
	{"groups of a remainder", "SELECT o_orderkey % 10 AS k, count(*), sum(o_totalprice) FROM orders GROUP BY k ORDER BY k"},
	{"last twenty orders by number", "SELECT o_orderkey, o_orderdate, o_totalprice FROM orders ORDER BY o_orderkey DESC LIMIT 20"},
	{"last lines with their orders", "SELECT l_orderkey, l_linenumber, o_orderdate FROM lineitem JOIN orders ON l_orderkey = o_orderkey ORDER BY l_orderkey DESC, l_linenumber LIMIT 20"},
	{"customers without an order, EXCEPT", "SELECT count(*) FROM (SELECT c_custkey FROM customer EXCEPT SELECT o_custkey FROM orders) AS t"},
	{"pairs of orders of one customer", "SELECT count(*) FROM orders a JOIN orders b ON a.o_custkey = b.o_custkey AND a.o_orderkey < b.o_orderkey"},
	{"days between order and delivery, date_diff", "SELECT date_diff('day', o_orderdate, l_shipdate) AS d, count(*) FROM orders JOIN lineitem ON o_orderkey = l_orderkey GROUP BY d ORDER BY d"},
	{"last part of each order, arg_max", "SELECT l_orderkey, arg_max(l_partkey, l_linenumber) AS part FROM lineitem GROUP BY l_orderkey ORDER BY l_orderkey LIMIT 100"},
	{"distinct pairs of part and supplier", "SELECT count(DISTINCT (l_partkey, l_suppkey)) FROM lineitem"},
	{"days until a receipt, date + days", "SELECT count(*) FROM lineitem WHERE l_shipdate + 10 > l_receiptdate"},
	{"orders above a customer's mean", "SELECT count(*) FROM orders o WHERE o_totalprice > (SELECT avg(o_totalprice) FROM orders p WHERE p.o_custkey = o.o_custkey)"},
	{"orders by customers' names", "SELECT c_name, count(*) FROM customer JOIN orders ON c_custkey = o_custkey GROUP BY c_name ORDER BY 2 DESC, 1 LIMIT 10"},
	{"exponentials, powers and sines", "SELECT sum(exp(CAST(l_tax AS DOUBLE PRECISION))), sum(power(CAST(l_quantity AS DOUBLE PRECISION), 1.7)), sum(sin(CAST(l_quantity AS DOUBLE PRECISION))) FROM lineitem"},
	{"kinds of orders by CASE", "SELECT CASE WHEN o_orderstatus = 'F' THEN 'done' ELSE 'open' END AS k, count(*), sum(o_totalprice) FROM orders GROUP BY k ORDER BY k"},
}

// everyday measures the questions over the tables of TPC-H.
func (r *run) everyday(ctx context.Context) error {
	dir, err := r.tpchDatabase(ctx)
	if dir == "" || err != nil {
		return err
	}
	if err := r.everydayWithPeer(ctx, dir); err != nil {
		return err
	}
	var queries []string
	for _, q := range everydayQueries {
		queries = append(queries, q.sql)
	}
	return r.queryMemory(ctx, everydayTitle, filepath.Join(dir, "db"), filepath.Join(dir, "peer.duckdb"), queries)
}

// everydayWithPeer asks both systems.
func (r *run) everydayWithPeer(ctx context.Context, dir string) error {
	peer, err := r.startPeer(dir)
	if err != nil {
		return err
	}
	if peer != nil {
		defer peer.close()
	}
	db, err := sqlvec.Open(filepath.Join(dir, "db"), sqlvec.Options{Threads: r.Threads})
	if err != nil {
		return err
	}
	defer db.Close()
	s := db.Session()
	defer s.Close()
	var all sums
	for _, q := range everydayQueries {
		all.add(r.pairRow(ctx, s, peer, Row{Workload: everydayTitle, Area: areaEveryday, Name: q.name}, q.sql))
	}
	all.report(r, everydayTitle)
	return nil
}
