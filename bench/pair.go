package bench

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"driftdb/sqlvec"
)

// differs is the error of an answer that is not the peer's.
type differs struct{ error }

// pair times one query in ours and in DuckDB so many times, in turn. The first runs warm both up and
// are compared.
func pair(ctx context.Context, s *sqlvec.Session, peer *duckDB, repeats int, row Row, sql string) (Row, error) {
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
	for range repeats {
		used := processorTime()
		d, _, err := query(ctx, s, sql)
		if err != nil {
			return row, err
		}
		row.Ours, row.OursCPU = append(row.Ours, millis(d)), append(row.OursCPU, millis(processorTime()-used))
		if peer == nil {
			continue
		}
		a, err := peer.ask(map[string]any{"op": "run", "sql": sql})
		if err != nil {
			return row, err
		}
		row.Peer, row.PeerCPU = append(row.Peer, 1e3*a.Seconds), append(row.PeerCPU, 1e3*a.CPU)
	}
	return row, nil
}

// processorTime returns the processor time that this process has used.
func processorTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// sums adds up the processor time of queries.
type sums struct {
	ours, peer         float64 // milliseconds, of the medians
	queries, withPeers int
}

// add takes the figures of a query.
func (s *sums) add(row Row) {
	if len(row.Ours) > 0 {
		s.ours, s.queries = s.ours+row.OursCPU.Median(), s.queries+1
	}
	if len(row.Peer) > 0 {
		s.peer, s.withPeers = s.peer+row.PeerCPU.Median(), s.withPeers+1
	}
}

// report adds the row of a workload. Sums over different queries are not reported beside one another.
func (s *sums) report(r *run, title string) {
	used := Row{Workload: title, Name: "processor time of all of them", Unit: "ms", PeerName: "DuckDB", Ours: Sample{s.ours}, Note: fmt.Sprintf("sum of the medians of %d queries", s.queries)}
	if s.withPeers == s.queries {
		used.Peer = Sample{s.peer}
	}
	r.row(used)
}

// pairRow is pair, and adds the figure to the report, failed or not.
func (r *run) pairRow(ctx context.Context, s *sqlvec.Session, peer *duckDB, row Row, sql string) Row {
	row, err := pair(ctx, s, peer, r.Repeats, row, sql)
	if err != nil {
		r.fail(&row, err)
	}
	r.row(row)
	return row
}
