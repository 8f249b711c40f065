package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"

	"driftdb/sqlvec"
)

// ycsbRun holds the systems that a mix is measured in.
type ycsbRun struct {
	r      *run
	files  *ycsbFiles
	db     *sqlvec.DB
	newest atomic.Int64 // number of our newest record
	sqlite *process     // nil without Python
	pg     *postgres    // nil where it is not installed
}

// startYCSB opens and loads all systems.
func (r *run) startYCSB(ctx context.Context, files *ycsbFiles) (_ *ycsbRun, err error) {
	y := &ycsbRun{r: r, files: files}
	defer func() {
		if err != nil {
			y.close()
		}
	}()
	if y.db, err = r.create(filepath.Join(files.dir, "db")); err != nil {
		return nil, err
	}
	s := y.db.Session()
	defer s.Close()
	for _, q := range []string{ycsbTable, fmt.Sprintf("COPY usertable FROM '%s' (FORMAT csv)", files.csv()), "CHECKPOINT"} {
		if _, _, err = query(ctx, s, q); err != nil {
			return nil, err
		}
	}
	y.newest.Store(int64(files.records - 1))
	if r.Python != "" {
		if y.sqlite, err = r.sqliteYCSB(files); err != nil {
			return nil, err
		}
	}
	if y.pg, err = r.postgresPeer(ctx); err != nil || y.pg == nil {
		return y, err
	}
	return y, y.loadPostgres(ctx, s)
}

// sqliteYCSB starts and loads SQLite.
func (r *run) sqliteYCSB(files *ycsbFiles) (*process, error) {
	p, err := startProcess(r.Python, files.dir, "ycsb_sqlite.py", ycsbSQLite)
	if err != nil {
		return nil, err
	}
	a, err := p.ask(map[string]any{"op": "load", "path": filepath.Join(files.dir, "peer.sqlite"), "table": ycsbTable, "csv": files.csv(), "payloads": filepath.Join(files.dir, "payloads"), "first": ycsbFirst})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("SQLite peer: %w", err), p.close())
	}
	r.version("SQLite %s", a.Version)
	return p, nil
}

// close ends the systems.
func (y *ycsbRun) close() {
	if y.pg != nil {
		y.pg.close()
	}
	if y.sqlite != nil {
		y.sqlite.close()
	}
	if y.db != nil {
		y.db.Close()
	}
}

// compareAll runs the first operations of every mix in ours and in SQLite, one after another and
// before anything is timed, and returns how each mix's answers differ.
func (y *ycsbRun) compareAll(ctx context.Context) ([]error, error) {
	differ := make([]error, len(ycsbMixes))
	if y.sqlite == nil {
		return differ, nil
	}
	c, err := y.client(ctx, false)
	if err != nil {
		return nil, err
	}
	defer c.s.Close()
	for i := range ycsbMixes {
		streams, files, err := y.files.streams(&ycsbMixes[i], 1)
		if err != nil {
			return nil, err
		}
		ops := streams[0][:500]
		a, err := y.sqlite.ask(map[string]any{"op": "verify", "stream": files[0], "count": len(ops), "latest": ycsbMixes[i].latest})
		if err != nil {
			return nil, fmt.Errorf("SQLite: %w", err)
		}
		ours, err := c.verify(ctx, ops, ycsbMixes[i].latest)
		if err != nil {
			return nil, err
		}
		if ours != a.Digest {
			differ[i] = fmt.Errorf("after %d operations the sums over what was read and over the table are %s, SQLite's %s", len(ops), ours, a.Digest)
		}
	}
	return differ, nil
}

// measure times one mix. Its answers were compared: differ says how they differ.
func (y *ycsbRun) measure(ctx context.Context, m *ycsbMix, clients int, differ error) error {
	streams, files, err := y.files.streams(m, clients)
	if err != nil {
		return err
	}
	title := fmt.Sprintf("%s (%s), %d clients", m.name, m.what, clients)
	sqlite := Row{Workload: "YCSB", Name: title, Unit: "operations/s", PeerName: "SQLite", More: true, Note: "ours in process, EXECUTE as text; SQLite in Python's process, WAL, synchronous=FULL"}
	pg := Row{Workload: "YCSB", Name: title + ", beside a server", Unit: "operations/s", PeerName: "PostgreSQL", More: true, Note: "PostgreSQL: pgbench over a unix socket, prepared"}
	var failed error // of PostgreSQL
	for range y.r.few() {
		rate, err := y.ours(ctx, m, streams)
		if err != nil {
			return err
		}
		sqlite.Ours, pg.Ours = append(sqlite.Ours, rate), append(pg.Ours, rate)
		if y.sqlite != nil {
			a, err := y.sqlite.ask(map[string]any{"op": "run", "streams": files, "seconds": y.r.Duration.Seconds(), "latest": m.latest})
			if err != nil {
				return fmt.Errorf("SQLite: %w", err)
			}
			sqlite.Peer = append(sqlite.Peer, float64(a.Count)/a.Seconds)
		}
		if y.pg != nil && failed == nil {
			rate, failed = y.pg.ycsb(ctx, m, y.files.records, clients, y.r.Duration)
			pg.Peer = append(pg.Peer, rate)
		}
	}
	if failed != nil {
		y.r.fail(&pg, failed)
	}
	if differ != nil {
		y.r.fail(&sqlite, differ)
	}
	y.r.row(sqlite)
	if y.pg != nil {
		y.r.row(pg)
	}
	return nil
}

// ours runs the clients for Duration and returns the operations a second.
func (y *ycsbRun) ours(ctx context.Context, m *ycsbMix, streams [][]ycsbOp) (float64, error) {
	return rate(len(streams), y.r.Duration, func(k int, more func() bool) (n int64, err error) {
		c, err := y.client(ctx, m.latest)
		if err != nil {
			return 0, err
		}
		defer c.s.Close()
		for ; more(); n++ {
			if err := c.do(ctx, streams[k][n%int64(len(streams[k]))]); err != nil {
				return n, err
			}
		}
		return n, nil
	})
}
