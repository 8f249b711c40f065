package bench

import (
	"context"
	"fmt"
	"time"

	"driftdb/sqlvec"
)

// points measures statements on one row by its primary key, from one session: SELECT as
// text and prepared, and durable UPDATE. The table has a tenth of Rows.
func (r *run) points(ctx context.Context) error {
	dir, err := r.scratch("points")
	if err != nil {
		return err
	}
	keys := max(r.Rows/10, 1)
	fill := []string{
		"CREATE TABLE p (id BIGINT PRIMARY KEY, a BIGINT, s VARCHAR)",
		fmt.Sprintf("INSERT INTO p SELECT i, i * 7, 'row ' || CAST(i AS VARCHAR) FROM generate_series(CAST(1 AS BIGINT), CAST(%d AS BIGINT)) AS g(i)", keys),
		"CHECKPOINT",
	}
	return r.bothWith(ctx, dir, fill, func(s *sqlvec.Session, peer *duckDB) error {
		const byKey = "SELECT id, a, s FROM p WHERE id = "
		if _, _, err := query(ctx, s, "PREPARE point (BIGINT) AS "+byKey+"$1"); err != nil {
			return err
		}
		for _, m := range []struct {
			name, peerSQL string
			one           func(key int64) error
		}{
			{"SELECT by key, as text", byKey + "?", func(key int64) error {
				_, _, err := query(ctx, s, fmt.Sprint(byKey, key))
				return err
			}},
			{"SELECT by key, prepared", byKey + "?", func(key int64) error {
				_, _, err := query(ctx, s, fmt.Sprintf("EXECUTE point (%d)", key))
				return err
			}},
			{"durable UPDATE by key, as text", "UPDATE p SET a = a + 1 WHERE id = ?", func(key int64) error {
				_, _, err := query(ctx, s, fmt.Sprint("UPDATE p SET a = a + 1 WHERE id = ", key))
				return err
			}},
		} {
			row := Row{Workload: "One row by its primary key", Name: m.name, Unit: "1/s", PeerName: "DuckDB", More: true, Note: "one session; DuckDB: prepared, from Python"}
			if err := r.measurePoints(&row, peer, keys, m.peerSQL, m.one); err != nil {
				return err
			}
			r.row(row)
		}
		return nil
	})
}

// measurePoints runs one statement again and again, in ours and in the peer.
func (r *run) measurePoints(row *Row, peer *duckDB, keys int, peerSQL string, one func(key int64) error) error {
	for range r.Repeats {
		n, key, start := 0, 0, time.Now()
		for time.Since(start) < r.Duration {
			key = (key + 7919) % keys
			if err := one(int64(key + 1)); err != nil {
				return err
			}
			n++
		}
		row.Ours = append(row.Ours, float64(n)/time.Since(start).Seconds())
		if peer == nil {
			continue
		}
		a, err := peer.ask(map[string]any{"op": "points", "sql": peerSQL, "keys": keys, "seconds": r.Duration.Seconds()})
		if err != nil {
			return err
		}
		row.Peer = append(row.Peer, float64(a.Count)/a.Seconds)
	}
	return nil
}
