package sqlvec

import (
	"context"
	"errors"
	"io"
	"runtime/debug"
	"slices"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
)

// Load inserts the batches that next yields into a table of the present, until io.EOF, as one
// INSERT in the session's transaction, or in one of its own. columns name the batches' vectors,
// which have the columns' types; other columns get their defaults. A batch and its memory are used
// until next is called again. It returns the number of rows; after an error none is there.
func (s *Session) Load(ctx context.Context, table colstore.Name, columns []string, next func() (*vec.Batch, error)) (rows int64, err error) {
	r := &run{s: s, ctx: ctx, stmt: &parse.Insert{}, result: &Result{}}
	s.notices = nil
	defer func() {
		if p := recover(); p != nil {
			s.db.opts.Logger.Error("panic in a load", "panic", p, "table", table, "stack", string(debug.Stack()))
			err = dberr.Bug("internal error: %v", p)
		}
		err = s.finishStatement(r, err)
	}()
	return r.load(table, columns, next)
}

func (r *run) load(table colstore.Name, columns []string, next func() (*vec.Batch, error)) (int64, error) {
	s := r.s
	if s.tx.failed {
		return 0, dberr.New(dberr.InFailedTransaction, "current transaction is aborted, commands ignored until end of transaction block")
	}
	if err := s.ensureTransaction(); err != nil {
		return 0, err
	}
	if err := s.newStatement(r.ctx); err != nil {
		return 0, err
	}
	r.env = s.newEnv(r)
	if err := r.mayWrite(); err != nil {
		return 0, err
	}
	l, err := r.newLoad(table, columns)
	if err != nil {
		return 0, err
	}
	rows, err := l.insertAll(next)
	if err != nil {
		return 0, err
	}
	if err := s.endChecks(r.ctx); err != nil {
		return 0, err
	}
	return rows, s.endStatement(r.ctx, true)
}

// tableLoad is a Load at work.
type tableLoad struct {
	run      *run
	table    *colstore.Table
	ids      []uint32           // columns of the batches, then those with defaults
	defaults []*colstore.Column // not given, but with a default
}

func (r *run) newLoad(table colstore.Name, columns []string) (*tableLoad, error) {
	t, err := r.Present().Table(table)
	if err == nil && t.Materialized() {
		err = dberr.Newf(dberr.WrongObjectType, "\"%s\" is not a table", t.Name)
	}
	if err != nil {
		return nil, err
	}
	l := &tableLoad{run: r, table: t}
	for _, name := range columns {
		c, ok := t.ColumnByName(name)
		if !ok {
			return nil, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", name, t.Name)
		}
		if c.Generated != "" {
			return nil, dberr.Newf(dberr.InvalidColumnReference, "column \"%s\" is a generated column", name).
				WithDetail("Generated columns cannot be used in COPY.")
		}
		if slices.Contains(l.ids, c.ID) {
			return nil, dberr.Newf(dberr.DuplicateColumn, "column \"%s\" specified more than once", name)
		}
		l.ids = append(l.ids, c.ID)
	}
	given := l.ids
	for i := range t.Columns {
		if c := &t.Columns[i]; c.Default != "" && !slices.Contains(given, c.ID) {
			l.ids = append(l.ids, c.ID)
			l.defaults = append(l.defaults, c)
		}
	}
	return l, nil
}

func (l *tableLoad) insertAll(next func() (*vec.Batch, error)) (rows int64, err error) {
	for {
		if l.run.ctx.Err() != nil {
			return 0, expr.Canceled(l.run.ctx)
		}
		b, err := next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return 0, err
		}
		if b, err = l.withDefaults(b); err != nil {
			return 0, err
		}
		n, err := l.insert(b)
		if err != nil {
			return 0, err
		}
		rows += int64(n)
	}
}

// withDefaults adds the columns that have defaults, evaluated for every row.
func (l *tableLoad) withDefaults(b *vec.Batch) (*vec.Batch, error) {
	if len(l.defaults) == 0 {
		return b, nil
	}
	all := *b
	all.Cols = slices.Clone(b.Cols)
	for _, c := range l.defaults {
		set := newRowSet([]types.Type{c.Type})
		for range b.N {
			v, err := l.run.defaultValue(c)
			if err != nil {
				return nil, err
			}
			if err := set.appendValues([]types.Value{v}); err != nil {
				return nil, err
			}
		}
		all.Cols = append(all.Cols, set.cols[0].vector(b.N))
	}
	return &all, nil
}

// insert writes rows. Where the table has rules they need all columns, in order.
func (l *tableLoad) insert(b *vec.Batch) (int, error) {
	u, err := l.run.rulesOf(l.table)
	if err != nil {
		return 0, err
	}
	if u == nil {
		return l.run.s.txOf(l.table).Insert(l.run.ctx, l.table, l.ids, b)
	}
	all := &vec.Batch{N: b.N, Sel: b.Sel, Cols: make([]vec.Vec, len(l.table.Columns))}
	for i := range l.table.Columns {
		c := &l.table.Columns[i]
		if at := slices.Index(l.ids, c.ID); at >= 0 {
			all.Cols[i] = b.Cols[at]
			continue
		}
		set := newRowSet([]types.Type{c.Type})
		for range b.N {
			if err := set.appendValues([]types.Value{types.NullOf(c.Type)}); err != nil {
				return 0, err
			}
		}
		all.Cols[i] = set.cols[0].vector(b.N)
	}
	_, n, err := l.run.insertBatch(l.table, all)
	return n, err
}
