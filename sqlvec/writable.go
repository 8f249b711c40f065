package sqlvec

import (
	"context"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/files"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// multi is a statement whose WITH clause writes. Its parts, the queries of WITH and the statement
// itself, all see the tables as they were when it began; what one tells another goes through
// RETURNING alone. They run in the order in which they are written, the statement itself last.
type multi struct {
	snapshot  *colstore.View
	temporary *colstore.View // of the session's temporary tables, nil for none
	done      map[*parse.CTE]*doneCTE
	actions   []func() error // of foreign keys, which wait for all parts
	live      bool           // and see what these have written
}

// doneCTE is the rows of a WITH query that has run. It implements bind.Source.
type doneCTE struct {
	cols []files.Column // nil for a statement without RETURNING
	rows *rowSet
}

// Columns implements bind.Source.
func (d *doneCTE) Columns() []files.Column { return d.cols }

// Open implements plan.Source.
func (d *doneCTE) Open(ctx context.Context, spec colstore.ScanSpec) (plan.Rows, error) {
	return d.rows.Open(ctx, spec)
}

// withOf is the WITH clause of a statement, nil for none.
func withOf(st parse.Stmt) *parse.With {
	switch st := st.(type) {
	case *parse.Query:
		return st.With
	case *parse.Insert:
		return st.With
	case *parse.Update:
		return st.With
	case *parse.Delete:
		return st.With
	case *parse.Merge:
		return st.With
	}
	return nil
}

// writesInWith reports whether the WITH clause of a statement has one that writes.
func writesInWith(st parse.Stmt) bool {
	w := withOf(st)
	if w == nil {
		return false
	}
	for _, c := range w.CTEs {
		if _, ok := c.Stmt.(*parse.Query); !ok {
			return true
		}
	}
	return false
}

// written says what has become of a WITH query. It implements bind.Env.Written.
func (r *run) written(c *parse.CTE) (src bind.Source, done bool) {
	if r.multi == nil {
		return nil, false
	}
	d, ok := r.multi.done[c]
	if !ok {
		return nil, false
	}
	if d.rows == nil {
		return nil, true
	}
	return d, true
}

// writeMulti runs a statement whose WITH clause writes.
func (r *run) writeMulti() error {
	w := withOf(r.stmt)
	if err := bind.CheckWith(w); err != nil {
		return err
	}
	r.multi = &multi{snapshot: r.s.tx.open.View(), temporary: r.s.temporaryView(), done: map[*parse.CTE]*doneCTE{}}
	for i, c := range w.CTEs {
		if _, ok := c.Stmt.(*parse.Query); ok && !r.usedByMany(w, c) {
			continue
		}
		seen := &parse.With{Pos: w.Pos, Recursive: w.Recursive, CTEs: w.CTEs[:i]}
		if w.Recursive {
			seen.CTEs = w.CTEs
		}
		if err := r.writePart(c, seen); err != nil {
			return err
		}
	}
	if err := r.writeOne(); err != nil {
		return err
	}
	r.multi.live = true
	for _, act := range r.multi.actions {
		if err := act(); err != nil {
			return err
		}
	}
	return r.s.endChecks(r.ctx)
}

// usedByMany reports whether several parts of a statement name a query of its WITH clause. It runs
// once for all of them then, so that they see the same rows whatever functions it calls.
func (r *run) usedByMany(w *parse.With, c *parse.CTE) bool {
	n := 0
	for _, other := range w.CTEs {
		if other != c && bind.RefersTo(other.Stmt, c.Name.Name) {
			n++
		}
	}
	main := r.stmt
	switch st := main.(type) {
	case *parse.Query:
		rest := *st
		rest.With, main = nil, &rest
	case *parse.Insert:
		rest := *st
		rest.With, main = nil, &rest
	case *parse.Update:
		rest := *st
		rest.With, main = nil, &rest
	case *parse.Delete:
		rest := *st
		rest.With, main = nil, &rest
	case *parse.Merge:
		rest := *st
		rest.With, main = nil, &rest
	}
	if bind.RefersTo(main, c.Name.Name) {
		n++
	}
	return n > 1
}

// writePart runs one statement of the WITH clause, which sees the others of with.
func (r *run) writePart(c *parse.CTE, with *parse.With) error {
	sub := &run{s: r.s, ctx: r.ctx, stmt: c.Stmt, params: r.params, result: &Result{}, env: r.env, trace: r.trace, multi: r.multi, with: with, restarts: r.restarts}
	defer func() { r.views = append(r.views, sub.views...) }()
	if q, ok := c.Stmt.(*parse.Query); ok {
		return sub.keepQuery(c, q)
	}
	if err := sub.writeOne(); err != nil {
		return err
	}
	d := &doneCTE{}
	r.multi.done[c] = d
	if !sub.result.HasRows() {
		return nil
	}
	d.cols = []files.Column{}
	for _, col := range sub.result.Columns {
		d.cols = append(d.cols, files.Column{Name: col.Name, Type: col.Type})
	}
	d.rows = newRowSet(typesOf(sub.result.Columns))
	return sub.result.each(d.rows.appendBatch)
}

// keepQuery runs a query of the WITH clause and keeps its rows.
func (r *run) keepQuery(c *parse.CTE, q *parse.Query) error {
	node, err := r.binder().WithQuery(c, r.with)
	if err != nil {
		return err
	}
	cols := resultColumns(node)
	d := &doneCTE{}
	for _, col := range cols {
		d.cols = append(d.cols, files.Column{Name: col.Name, Type: col.Type})
	}
	if d.rows, err = r.collect(node, typesOf(cols)); err != nil {
		return err
	}
	r.multi.done[c] = d
	return nil
}

// endWrites makes the checks at the end of a statement; those of a part wait for the whole.
func (r *run) endWrites() error {
	if r.multi != nil {
		return nil
	}
	return r.s.endChecks(r.ctx)
}

// once leaves out the rows of a change that another part of the statement has changed or deleted:
// as in PostgreSQL, one of the changes takes place.
func (r *run) once(t *colstore.Table, rids []uint64, rows *rowSet) ([]uint64, *rowSet, error) {
	if r.multi == nil {
		return rids, rows, nil
	}
	all := rows.batch()
	all.Sel = make([]uint64, (rows.n+63)/64)
	var kept []uint64
	for i, rid := range rids {
		if !r.s.txOf(t).Ended(t, rid) {
			kept = append(kept, rid)
			all.Sel[i>>6] |= 1 << (uint(i) & 63)
		}
	}
	if len(kept) == len(rids) {
		return rids, rows, nil
	}
	out := newRowSet(rows.types())
	return kept, out, out.appendBatch(all)
}

// errInWith refuses what a part of a WITH clause cannot do.
func (r *run) errInWith(what string) error {
	if r.multi == nil {
		return nil
	}
	return dberr.Newf(dberr.FeatureNotSupported, "%s with a data-modifying statement in WITH is not supported", what)
}
