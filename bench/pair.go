package bench

import (
	"context"
	"fmt"

	"driftdb/sqlvec"
)

// pair times one query in ours and in DuckDB, in turn. The first runs warm both up and are
// compared: an answer that differs ends the benchmark.
func (r *run) pair(ctx context.Context, s *sqlvec.Session, peer *duckDB, row Row, sql string) (Row, error) {
	rows, n, err := answerOf(ctx, s, sql)
	if err != nil {
		return row, err
	}
	row.Unit, row.PeerName = "ms", "DuckDB"
	if peer != nil {
		answer, err := peer.ask(map[string]any{"op": "sql", "sql": sql})
		if err != nil {
			return row, err
		}
		if err := sameAnswer(rows, n, answer); err != nil {
			return row, fmt.Errorf("%s: %w", row.Name, err)
		}
	}
	for range r.Repeats {
		d, _, err := query(ctx, s, sql)
		if err != nil {
			return row, err
		}
		row.Ours = append(row.Ours, millis(d))
		if peer == nil {
			continue
		}
		if d, _, err = peer.sql(sql); err != nil {
			return row, err
		}
		row.Peer = append(row.Peer, millis(d))
	}
	return row, nil
}
