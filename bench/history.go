package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"driftdb/sqlvec"
)

// historyRounds is how many transactions of updates and deletes follow the load.
const historyRounds = 100

// scans are the measured queries; %s is the temporal clause or nothing.
var scans = []struct{ name, sql string }{
	{"filter", "SELECT count(*) FROM h%s WHERE v < 500000 AND grp > 10"},
	{"sum", "SELECT sum(v) FROM h%s"},
	{"filter and sum", "SELECT sum(v) FROM h%s WHERE grp < 50"},
	{"GROUP BY, 20 groups", "SELECT cat, count(*), sum(v) FROM h%s GROUP BY cat"},
	{"GROUP BY, 100 groups", "SELECT grp, sum(v), min(v), max(v) FROM h%s GROUP BY grp"},
}

// loadSQL makes rows lo to hi of the table h; the same text serves both systems.
func loadSQL(lo, hi int) string {
	return fmt.Sprintf(`INSERT INTO h SELECT i, CAST((i * 7919) %% 100 AS INTEGER), 'category ' || CAST(i %% 20 AS VARCHAR), (i * 48271) %% 1000003
		FROM generate_series(CAST(%d AS BIGINT), CAST(%d AS BIGINT)) AS g(i)`, lo, hi)
}

// history measures scans over Rows rows now, and as of points of the history that the
// updates and deletes after the load made, against DuckDB's present.
func (r *run) history(ctx context.Context) error {
	dir, err := r.scratch("history")
	if err != nil {
		return err
	}
	db, err := r.create(filepath.Join(dir, "db"))
	if err != nil {
		return err
	}
	defer db.Close()
	s := db.Session()
	defer s.Close()
	var peer *duckDB
	if r.Python != "" {
		if peer, err = startDuckDB(r.Python, dir, filepath.Join(dir, "peer.duckdb"), r.Threads); err != nil {
			return err
		}
		defer peer.close()
		r.version("DuckDB %s", peer.Version)
	}
	loaded, err := r.makeHistory(ctx, s, peer)
	if err != nil {
		return err
	}
	last, err := currentSeq(ctx, s)
	if err != nil {
		return err
	}
	r.say("events: %d by the load, %d by %d rounds of changes", loaded, last-loaded, historyRounds)
	return r.measureScans(ctx, s, peer, loaded, last)
}

// makeHistory loads the table and changes it in rounds, in both systems. It returns the
// event number of the end of the load.
func (r *run) makeHistory(ctx context.Context, s *sqlvec.Session, peer *duckDB) (int64, error) {
	both := func(q string) error {
		if _, _, err := query(ctx, s, q); err != nil {
			return err
		}
		if peer != nil {
			_, _, err := peer.sql(q)
			return err
		}
		return nil
	}
	if err := both("CREATE TABLE h (id BIGINT, grp INTEGER, cat VARCHAR, v BIGINT)"); err != nil {
		return 0, err
	}
	const step = 1 << 20
	for lo := 1; lo <= r.Rows; lo += step {
		if err := both(loadSQL(lo, min(lo+step-1, r.Rows))); err != nil {
			return 0, err
		}
	}
	loaded, err := currentSeq(ctx, s)
	if err != nil {
		return 0, err
	}
	for k := range historyRounds {
		if err := both(fmt.Sprintf("UPDATE h SET v = v + 1 WHERE id %% 1000 = %d", k)); err != nil {
			return 0, err
		}
		if err := both(fmt.Sprintf("DELETE FROM h WHERE id %% 10000 = %d", 5000+k)); err != nil {
			return 0, err
		}
	}
	_, _, err = query(ctx, s, "CHECKPOINT")
	return loaded, err
}

// measureScans times every scan now and in the past.
func (r *run) measureScans(ctx context.Context, s *sqlvec.Session, peer *duckDB, loaded, last int64) error {
	for _, scan := range scans {
		now := Row{Workload: "Scans now and in the past", Name: scan.name + ", now", Unit: "ms", PeerName: "DuckDB"}
		for k := range r.Repeats + 1 { // the first pair warms both up
			d, _, err := query(ctx, s, fmt.Sprintf(scan.sql, ""))
			if err != nil {
				return err
			}
			if k > 0 {
				now.Ours = append(now.Ours, millis(d))
			}
			if peer == nil {
				continue
			}
			if d, _, err = peer.sql(fmt.Sprintf(scan.sql, "")); err != nil {
				return err
			}
			if k > 0 {
				now.Peer = append(now.Peer, millis(d))
			}
		}
		r.row(now)
		for _, percent := range []int64{1, 50, 99} {
			if err := r.measurePast(ctx, s, scan.name, scan.sql, now.Ours, loaded+(last-loaded)*percent/100, percent); err != nil {
				return err
			}
		}
	}
	return nil
}

// measurePast times one scan at one event: the first time, when nothing of that point is
// cached, and again. The comparison is our own present.
func (r *run) measurePast(ctx context.Context, s *sqlvec.Session, name, sql string, now Sample, seq, percent int64) error {
	fresh := Row{Workload: "Scans now and in the past", Name: fmt.Sprintf("%s, AS OF %d %%, new point", name, percent), Unit: "ms",
		PeerName: "our present", Peer: now}
	again := fresh
	again.Name = fmt.Sprintf("%s, AS OF %d %%, same point again", name, percent)
	for k := range r.Repeats {
		clause := " FOR SYSTEM_TIME AS OF @SEQ:" + strconv.FormatInt(seq-int64(k), 10)
		d, _, err := query(ctx, s, fmt.Sprintf(sql, clause))
		if err != nil {
			return err
		}
		fresh.Ours = append(fresh.Ours, millis(d))
		if d, _, err = query(ctx, s, fmt.Sprintf(sql, clause)); err != nil {
			return err
		}
		again.Ours = append(again.Ours, millis(d))
	}
	r.row(fresh)
	r.row(again)
	return nil
}

// currentSeq returns the database's newest event number.
func currentSeq(ctx context.Context, s *sqlvec.Session) (int64, error) {
	text, err := firstRow(ctx, s, "SELECT current_seq()")
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}

// millis returns d in milliseconds.
func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
