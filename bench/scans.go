package bench

import (
	"context"
	"fmt"
	"strconv"

	"driftdb/sqlvec"
)

// scan is a measured query over the table h; %s is the temporal clause or nothing.
type scan struct{ name, sql, area string }

// pastScans are measured now and as of the past.
var pastScans = []scan{
	{"filter", "SELECT count(*) FROM h%s WHERE v < 500000 AND grp > 10", areaFew},
	{"sum", "SELECT sum(v) FROM h%s", areaFew},
	{"filter and sum", "SELECT sum(v) FROM h%s WHERE grp < 50", areaFew},
	{"GROUP BY, 20 groups", "SELECT cat, count(*), sum(v) FROM h%s GROUP BY cat", areaFew},
	{"GROUP BY, 100 groups", "SELECT grp, sum(v), min(v), max(v) FROM h%s GROUP BY grp", areaFew},
}

// presentScans are measured now only.
var presentScans = []scan{
	{"GROUP BY of two columns, half of the rows", "SELECT grp, cat, sum(v) FROM h%s WHERE grp < 50 GROUP BY grp, cat", areaFew},
	{"GROUP BY of an expression, 1,000 groups", "SELECT v %% 1000, count(*) FROM h%s GROUP BY v %% 1000", areaFew},
	{"GROUP BY, a million groups, the first 10", "SELECT v, count(*) AS c FROM h%s GROUP BY v ORDER BY c DESC, v LIMIT 10", areaMany},
	{"count(DISTINCT) of a million values", "SELECT count(DISTINCT v) FROM h%s", areaMany},
	{"LIKE", "SELECT count(*) FROM h%s WHERE cat LIKE '%%ory 1%%'", areaFew},
	{"ORDER BY … LIMIT 10", "SELECT id, grp, cat, v FROM h%s ORDER BY v DESC, id LIMIT 10", areaWindow},
	{"join of the table with itself by id", "SELECT count(*), sum(a.v) FROM h%s a JOIN h b ON a.id = b.id", areaJoin},
}

const (
	scanTitle = "Scans"
	pastTitle = "AS OF against our own present"
)

// measureScans times every scan against DuckDB, and those of the past against our present.
func (r *run) measureScans(ctx context.Context, s *sqlvec.Session, peer *duckDB, loaded, last int64) error {
	var all sums
	for _, q := range append(pastScans[:len(pastScans):len(pastScans)], presentScans...) {
		all.add(r.pairRow(ctx, s, peer, Row{Workload: scanTitle, Area: q.area, Name: q.name}, fmt.Sprintf(q.sql, "")))
	}
	all.report(r, scanTitle)
	for _, q := range pastScans {
		for _, percent := range []int64{1, 50, 99} {
			if err := r.measurePast(ctx, s, q, loaded+(last-loaded)*percent/100, percent); err != nil {
				return err
			}
		}
	}
	return nil
}

// measurePast times one scan at points around one event: the first time, when nothing of
// that point is cached, and again, each beside a run of the present.
func (r *run) measurePast(ctx context.Context, s *sqlvec.Session, q scan, seq, percent int64) error {
	row := Row{Workload: pastTitle, Name: fmt.Sprintf("%s, after %d %% of the changes", q.name, percent), Unit: "ms", PeerName: "now"}
	fresh, again := row, row
	fresh.Name += ", a new point"
	again.Name += ", the same point again"
	for k := range r.Repeats {
		past := fmt.Sprintf(q.sql, " FOR SYSTEM_TIME AS OF @SEQ:"+strconv.FormatInt(seq-int64(k), 10))
		for _, m := range []struct {
			sql string
			to  []*Sample
		}{
			{fmt.Sprintf(q.sql, ""), []*Sample{&fresh.Peer, &again.Peer}},
			{past, []*Sample{&fresh.Ours}},
			{past, []*Sample{&again.Ours}},
		} {
			d, _, err := query(ctx, s, m.sql)
			if err != nil {
				return err
			}
			for _, sample := range m.to {
				*sample = append(*sample, millis(d))
			}
		}
	}
	r.row(fresh)
	r.row(again)
	return nil
}
