package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// cold measures a new process on a database of about a gigabyte: the time from exec to
// exit of one statement, with the files in the page cache.
func (r *run) cold(ctx context.Context) error {
	dir, err := r.scratch("cold")
	if err != nil {
		return err
	}
	db, peer := filepath.Join(dir, "db"), filepath.Join(dir, "peer.duckdb")
	if err := r.makeCold(ctx, db, peer); err != nil {
		return err
	}
	n, err := diskBytes(db)
	if err != nil {
		return err
	}
	disk := Row{Workload: "Cold process", Name: "bytes on disk", Unit: "MB", Ours: Sample{float64(n) / 1e6}, PeerName: "DuckDB"}
	if st, err := os.Stat(peer); err == nil {
		disk.Peer = Sample{float64(st.Size()) / 1e6}
	}
	r.row(disk)
	for _, q := range []struct{ name, sql string }{
		{"SELECT 1", "SELECT 1"},
		{"point lookup by primary key", fmt.Sprintf("SELECT * FROM big WHERE id = %d", r.Rows/2)},
		{"count(*)", "SELECT count(*) FROM big"},
		{"filter and sum like TPC-H Q6", "SELECT sum(a) FROM big WHERE b >= 1000000000000000 AND b < 2300000000000000 AND c < 4600000000000000 AND n BETWEEN 5 AND 7"},
	} {
		row := Row{Workload: "Cold process", Name: fmt.Sprintf("%s on %.0f MB", q.name, float64(n)/1e6), Unit: "ms", PeerName: "DuckDB CLI", Note: "from exec to exit, files in the page cache"}
		for range 2*r.Repeats + 1 {
			d, ours, err := timed(ctx, r.Binary, "sql", "--data", db, "--format", "csv", "-q", "-e", q.sql)
			if err != nil {
				return err
			}
			row.Ours = append(row.Ours, millis(d))
			if r.DuckDBCLI == "" {
				continue
			}
			d, theirs, err := timed(ctx, r.DuckDBCLI, "-readonly", "-csv", peer, "-c", q.sql)
			if err != nil {
				return err
			}
			row.Peer = append(row.Peer, millis(d))
			if err := sameOutput(ours, theirs); err != nil {
				r.fail(&row, err)
				break
			}
		}
		r.row(row)
	}
	return nil
}

// makeCold fills both databases with the same rows.
func (r *run) makeCold(ctx context.Context, db, peer string) error {
	const make = "CREATE TABLE big (id BIGINT PRIMARY KEY, a BIGINT, b BIGINT, c BIGINT, d BIGINT, n INTEGER, s VARCHAR)"
	fill := func(lo, hi int) string {
		return fmt.Sprintf(`INSERT INTO big SELECT i, (i * 1103515245) %% 2147483647 * 4294967, (i * 48271) %% 2147483647 * 4294967, (i * 69621) %% 2147483647 * 4294967,
			(i * 16807) %% 2147483647 * 4294967, CAST(i %% 11 AS INTEGER), 'row number ' || CAST(i AS VARCHAR) || ' with some text behind it'
			FROM generate_series(CAST(%d AS BIGINT), CAST(%d AS BIGINT)) AS g(i)`, lo, hi)
	}
	ours, err := r.create(db)
	if err != nil {
		return err
	}
	s := ours.Session()
	statements := []string{make}
	const step = 1 << 20
	for lo := 1; lo <= r.Rows; lo += step {
		statements = append(statements, fill(lo, min(lo+step-1, r.Rows)))
	}
	statements = append(statements, "CHECKPOINT")
	for _, q := range statements {
		if _, _, err := query(ctx, s, q); err != nil {
			return err
		}
		if r.DuckDBCLI != "" {
			if out, err := exec.CommandContext(ctx, r.DuckDBCLI, peer, "-c", q).CombinedOutput(); err != nil {
				return fmt.Errorf("DuckDB: %w\n%s", err, out)
			}
		}
	}
	s.Close()
	return ours.Close()
}

// timed runs a command and returns its wall time from start to exit, and what it printed.
func timed(ctx context.Context, name string, args ...string) (time.Duration, []byte, error) {
	start := time.Now()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return 0, nil, fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, out)
	}
	return time.Since(start), out, nil
}
