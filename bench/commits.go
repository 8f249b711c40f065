package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"driftdb/sqlvec"
)

// commits measures durable single-row commits a second: every writer inserts one row a
// transaction and waits until it is durable. Ours goes through SQL text and a session a
// writer; the peer is SQLite.
func (r *run) commits(ctx context.Context) error {
	dir, err := r.scratch("commits")
	if err != nil {
		return err
	}
	var disk Sample
	for range r.Repeats {
		rate, err := syncRate(dir, r.Duration)
		if err != nil {
			return err
		}
		disk = append(disk, rate)
	}
	r.row(Row{Workload: "Durable commits", Name: "the disk's own pwrite + fdatasync", Unit: "1/s", Ours: disk, More: true, Note: "the ceiling of one writer"})
	for _, writers := range []int{1, 8, 64} {
		if err := r.commitsOf(ctx, dir, writers); err != nil {
			return err
		}
	}
	return nil
}

// commitsOf measures one number of writers.
func (r *run) commitsOf(ctx context.Context, dir string, writers int) error {
	row := Row{Workload: "Durable commits", Name: fmt.Sprintf("%d writers", writers), Unit: "commits/s", PeerName: "SQLite", More: true,
		Note: "SQLite: WAL, synchronous=FULL"}
	for k := range r.Repeats {
		rate, err := r.ourCommits(ctx, filepath.Join(dir, fmt.Sprintf("db-%d-%d", writers, k)), writers)
		if err != nil {
			return err
		}
		row.Ours = append(row.Ours, rate)
		if r.Python == "" {
			continue
		}
		rate, version, err := sqliteCommits(r.Python, dir, writers, r.Duration)
		if err != nil {
			return err
		}
		r.version("SQLite %s", version)
		row.Peer = append(row.Peer, rate)
	}
	r.row(row)
	return nil
}

// ourCommits runs the writers on a new database for Duration.
func (r *run) ourCommits(ctx context.Context, dir string, writers int) (float64, error) {
	db, err := r.create(dir)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	s := db.Session()
	if _, _, err := query(ctx, s, "CREATE TABLE t (id BIGINT PRIMARY KEY, payload TEXT)"); err != nil {
		return 0, err
	}
	s.Close()
	var total atomic.Int64
	errs := make(chan error, writers)
	var group sync.WaitGroup
	start := time.Now()
	for k := range writers {
		group.Go(func() {
			n, err := insertUntil(ctx, db, int64(k)<<40, start.Add(r.Duration))
			total.Add(n)
			if err != nil {
				errs <- err
			}
		})
	}
	group.Wait()
	took := time.Since(start)
	select {
	case err := <-errs:
		return 0, err
	default:
	}
	return float64(total.Load()) / took.Seconds(), nil
}

// insertUntil inserts rows with keys above key, one a transaction, until the time stop.
func insertUntil(ctx context.Context, db *sqlvec.DB, key int64, stop time.Time) (int64, error) {
	s := db.Session()
	defer s.Close()
	payload := strings.Repeat("x", 150)
	var n int64
	for time.Now().Before(stop) {
		key++
		if _, _, err := query(ctx, s, fmt.Sprintf("INSERT INTO t VALUES (%d, '%s')", key, payload)); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
