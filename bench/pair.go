package bench

import (
	"context"
	"fmt"

	"driftdb/sqlvec"
)

// differs is the error of an answer that is not the peer's.
type differs struct{ error }

// pair times one query in ours and in DuckDB, in turn. The first runs warm both up and are
// compared.
func (r *run) pair(ctx context.Context, s *sqlvec.Session, peer *duckDB, row Row, sql string) (Row, error) {
	rows, err := answerOf(ctx, s, sql)
	if err != nil {
		return row, err
	}
	row.Unit, row.PeerName = "ms", "DuckDB"
	if peer != nil {
		answer, err := peer.rows(sql)
		if err != nil {
			return row, err
		}
		if err := sameAnswer(rows, answer); err != nil {
			return row, differs{fmt.Errorf("%s: %w", row.Name, err)}
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

// pairRow is pair, and adds the figure to the report, failed or not.
func (r *run) pairRow(ctx context.Context, s *sqlvec.Session, peer *duckDB, row Row, sql string) Row {
	row, err := r.pair(ctx, s, peer, row, sql)
	if err != nil {
		r.fail(&row, err)
	}
	r.row(row)
	return row
}
