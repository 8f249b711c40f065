package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// columnsOf returns an expression for every column of n.
func columnsOf(n plan.Node) []expr.Expr {
	var es []expr.Expr
	for i, c := range n.Columns() {
		es = append(es, &expr.Col{Index: i, Typ: c.Type, Name: c.Name})
	}
	return es
}

// firstOf passes the first row of every set of rows with equal keys (DISTINCT ON). It
// runs in a serial pipeline, so its one table serves all parts.
type firstOf struct {
	on    []expr.Expr
	table *groupTable
}

func newFirstOf(ex *execution, on []expr.Expr) *firstOf {
	var ts []types.Type
	for _, e := range on {
		ts = append(ts, e.Type())
	}
	return &firstOf{on: on, table: newGroupTable(groupCodec(ts), ex.newArena())}
}

func (f *firstOf) open(w *worker, next pusher) (pusher, error) {
	progs, err := compileAll(f.on, w.ex.opts.Env)
	if err != nil {
		return nil, err
	}
	return &firstOfEnd{f: f, w: w, progs: progs, next: next}, nil
}

type firstOfEnd struct {
	f     *firstOf
	w     *worker
	progs []*expr.Program
	next  pusher
	keys  []vec.Vec
}

func (e *firstOfEnd) push(b *vec.Batch) (err error) {
	a := e.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	if e.keys, err = evalAll(e.progs, b, e.w, e.keys[:0]); err != nil {
		return err
	}
	group := arena.Make[uint32](a, b.N)
	known := e.f.table.n
	e.f.table.find(e.keys, b.N, b.Sel, group, a)
	sel := newGroupsMask(group, known, b.Sel, b.N, e.w)
	if noBits(sel) {
		return nil
	}
	return e.next.push(&vec.Batch{N: b.N, Sel: sel, Cols: b.Cols})
}
