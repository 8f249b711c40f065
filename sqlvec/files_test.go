package sqlvec_test

import (
	"context"
	"path/filepath"
	"testing"

	"driftdb/colstore"
	"driftdb/internal/logictest"
	"driftdb/internal/vec"
	"driftdb/sqlvec"
)

// engine runs SQL files on a database of ours. It implements logictest.Engine.
type engine struct {
	dir  string
	opts sqlvec.Options
	db   *sqlvec.DB

	prepared bool
}

func newEngine(t *testing.T, c logictest.Config) logictest.Engine {
	t.Helper()
	e := &engine{dir: filepath.Join(t.TempDir(), "db"), prepared: c.Prepared}
	e.opts.BatchRows, e.opts.Threads, e.opts.CheckpointEach = c.BatchRows, c.Threads, c.CheckpointEach
	e.opts.SpillAlways, e.opts.KeepAtOnce = c.SpillAlways, c.Kept
	e.opts.Store.SegmentMin, e.opts.Store.SegmentMax = 64<<10, 1<<20
	if err := colstore.Init(e.dir, e.opts.Store); err != nil {
		t.Fatal(err)
	}
	if err := e.open(); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *engine) open() (err error) {
	e.db, err = sqlvec.Open(e.dir, e.opts)
	return err
}

func (e *engine) Name() string { return "driftdb" }

func (e *engine) Connect(context.Context) (logictest.Conn, error) {
	if e.prepared {
		return &preparingConn{conn{e.db.Session()}}, nil
	}
	return &conn{e.db.Session()}, nil
}

func (e *engine) Reopen() error {
	if err := e.db.Close(); err != nil {
		return err
	}
	return e.open()
}

func (e *engine) Close() error { return e.db.Close() }

// conn is one session of an engine.
type conn struct{ s *sqlvec.Session }

func (c *conn) Close() error { return c.s.Close() }

func (c *conn) Exec(ctx context.Context, sql string) ([]logictest.Result, error) {
	var out []logictest.Result
	err := c.s.Run(ctx, sql, func(r *sqlvec.Result) error {
		var res logictest.Result
		if r.HasRows() {
			res.Columns, res.Types = []string{}, []string{}
		}
		for _, col := range r.Columns {
			res.Columns, res.Types = append(res.Columns, col.Name), append(res.Types, col.Type.String())
		}
		err := r.Each(func(b *vec.Batch) error {
			c.appendRows(&res, b)
			return nil
		})
		res.Tag = r.Tag()
		out = append(out, res)
		return err
	})
	return out, err
}

func (c *conn) appendRows(res *logictest.Result, b *vec.Batch) {
	ctx := c.s.Zone()
	for i := 0; i < b.N; i++ {
		if b.Sel != nil && b.Sel[i>>6]&(1<<(uint(i)&63)) == 0 {
			continue
		}
		vals, nulls := make([]string, len(b.Cols)), make([]bool, len(b.Cols))
		for k := range b.Cols {
			v := b.Cols[k].Value(i)
			nulls[k] = !v.Valid
			if v.Valid {
				vals[k] = ctx.Format(v)
			}
		}
		res.Rows, res.Nulls = append(res.Rows, vals), append(res.Nulls, nulls)
	}
}

// TestFiles runs the SQL files under every configuration. The folder more/ asks for what
// PostgreSQL has and DriftDB has not yet.
func TestFiles(t *testing.T) {
	logictest.Run(t, "../testdata/sql/*.slt", newEngine)
}
