package sqlvec

import (
	"driftdb/colstore"
	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/vec"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/expr"
)

// checkOptions are the conditions of views that rows written through one of them must meet. Nil
// options pass every row.
type checkOptions struct {
	table *colstore.Table
	arena *arena.Arena
	views []string
	progs []*expr.Program
}

// writeThrough notes the view that a statement writes through, and what its rows must meet.
func (r *run) writeThrough(change *bind.Change) error {
	if r.through = change.View; r.through == nil {
		return nil
	}
	list, err := r.binder().ViewChecks(change.Table, change.View)
	if err != nil || len(list) == 0 {
		return err
	}
	o := &checkOptions{table: change.Table, arena: arena.New(nil)}
	for _, c := range list {
		prog, err := expr.Compile(c.Cond, r.env)
		if err != nil {
			return err
		}
		o.views, o.progs = append(o.views, c.View), append(o.progs, prog)
	}
	r.options = o
	return nil
}

// check refuses the first row that does not meet a condition: NULL does not.
func (o *checkOptions) check(t *colstore.Table, b *vec.Batch) error {
	if o == nil || o.table.ID != t.ID {
		return nil
	}
	o.arena.Reset()
	first, view := b.N, ""
	for k, prog := range o.progs {
		v, err := prog.Eval(b, o.arena)
		if err != nil {
			return err
		}
		for i := range first {
			selected := b.Sel == nil || b.Sel[i>>6]&(1<<(uint(i)&63)) != 0
			if selected && (v.IsNull(i) || v.Int(i) == 0) {
				first, view = i, o.views[k]
				break
			}
		}
	}
	if view == "" {
		return nil
	}
	return dberr.Newf(dberr.WithCheckOptionViolation, "new row violates check option for view \"%s\"", view).
		WithDetail("Failing row contains (%s).", failingRow(t, b, first))
}
