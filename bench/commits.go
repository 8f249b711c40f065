package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"driftdb/sqlvec"
)

// commits measures durable single-row commits a second: every writer inserts one row a
// transaction and waits until it is durable. Ours goes through SQL text and a session a
// writer; the peers are SQLite and, where it is installed, PostgreSQL.
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
	pg, err := r.postgresPeer(ctx)
	if err != nil {
		return err
	}
	if pg != nil {
		defer pg.close()
	}
	for _, writers := range []int{1, 8, 64} {
		if err := r.commitsOf(ctx, dir, writers); err != nil {
			return err
		}
		if pg == nil {
			continue
		}
		if err := r.commitsAgainstPostgres(ctx, dir, pg, writers); err != nil {
			return err
		}
	}
	return nil
}

// postgresPeer starts PostgreSQL, or says that it is left out and returns nil.
func (r *run) postgresPeer(ctx context.Context) (*postgres, error) {
	if r.Postgres == "" {
		return nil, nil
	}
	pg, err := startPostgres(ctx, r.Postgres, r.Dir)
	if err != nil {
		r.say("PostgreSQL is left out: %v", err)
		return nil, nil
	}
	if pg == nil {
		r.say("PostgreSQL is left out: there is no server in %s", r.Postgres)
		return nil, nil
	}
	r.version("PostgreSQL %s", pg.Version)
	return pg, nil
}

// commitsAgainstPostgres measures one number of writers in pairs with PostgreSQL. Ours is a
// library in this process, a server has a round trip for every commit.
func (r *run) commitsAgainstPostgres(ctx context.Context, dir string, pg *postgres, writers int) error {
	row := Row{Workload: "Durable commits", Name: fmt.Sprintf("%d writers, beside a server", writers), Unit: "commits/s", PeerName: "PostgreSQL", More: true,
		Note: "PostgreSQL: pgbench over a unix socket, prepared; ours in process, SQL as text"}
	for k := range r.Repeats {
		rate, err := r.ourCommits(ctx, filepath.Join(dir, fmt.Sprintf("pg-%d-%d", writers, k)), writers)
		if err != nil {
			return err
		}
		row.Ours = append(row.Ours, rate)
		if rate, err = pg.commits(ctx, writers, r.Duration); err != nil {
			r.fail(&row, err)
			break
		}
		row.Peer = append(row.Peer, rate)
	}
	r.row(row)
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
	return rate(writers, r.Duration, func(k int, more func() bool) (int64, error) {
		return insertWhile(ctx, db, int64(k)<<40, more)
	})
}

// insertWhile inserts rows with keys above key, one a transaction.
func insertWhile(ctx context.Context, db *sqlvec.DB, key int64, more func() bool) (int64, error) {
	s := db.Session()
	defer s.Close()
	payload := strings.Repeat("x", 150)
	var n int64
	for more() {
		key++
		if _, _, err := query(ctx, s, fmt.Sprintf("INSERT INTO t VALUES (%d, '%s')", key, payload)); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
