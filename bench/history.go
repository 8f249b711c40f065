package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"driftdb/sqlvec"
)

// historyRounds is how many transactions of updates and deletes follow the load.
const historyRounds = 100

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
	return r.bothWith(ctx, dir, nil, func(s *sqlvec.Session, peer *duckDB) error {
		loaded, err := r.makeHistory(ctx, s, peer)
		if err != nil {
			return err
		}
		last, err := currentSeq(ctx, s)
		if err != nil {
			return err
		}
		r.say("events: %d by the load, %d by %d rounds of changes", loaded, last-loaded, historyRounds)
		if err := r.historyBytes(dir, loaded, last, peer); err != nil {
			return err
		}
		return r.measureScans(ctx, s, peer, loaded, last)
	})
}

// historyBytes reports the bytes on disk, history included.
func (r *run) historyBytes(dir string, loaded, last int64, peer *duckDB) error {
	n, err := diskBytes(filepath.Join(dir, "db"))
	if err != nil {
		return err
	}
	row := Row{Workload: scanTitle, Name: "bytes on disk", Unit: "MB", Ours: Sample{float64(n) / 1e6}, PeerName: "DuckDB",
		Note: fmt.Sprintf("ours with the history of %d changes and the log", last-loaded)}
	if peer != nil {
		if _, _, err := peer.sql("CHECKPOINT"); err != nil {
			return err
		}
		st, err := os.Stat(filepath.Join(dir, "peer.duckdb"))
		if err != nil {
			return err
		}
		row.Peer = Sample{float64(st.Size()) / 1e6}
	}
	r.row(row)
	return nil
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
