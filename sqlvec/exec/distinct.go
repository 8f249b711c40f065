package exec

import (
	"maps"

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
	// sorted says that rows with equal keys follow one another: the table then forgets all
	// keys but the last when it holds many.
	sorted bool
	spill  firstSpill
}

// newFirstOf returns the stage of n.
func newFirstOf(ex *execution, n *plan.Distinct) *firstOf {
	var ts []types.Type
	for _, e := range n.On {
		ts = append(ts, e.Type())
	}
	f := &firstOf{on: n.On, sorted: sortedBy(n.Input, n.On)}
	f.table = newGroupTable(groupCodec(ts), ex.newArena())
	_, ordered := n.Input.(*plan.Sort) // whose order the result has
	f.spill = firstSpill{input: n.Input, able: !ordered && steady(n.On), share: ex.share()}
	return f
}

// sortedBy reports whether equal values of on follow one another in the rows of n.
func sortedBy(n plan.Node, on []expr.Expr) bool {
	s, ok := n.(*plan.Sort)
	if !ok {
		return false
	}
	want, first := map[int]bool{}, map[int]bool{}
	for _, e := range on {
		col, ok := e.(*expr.Col)
		if !ok || hasKey(col.Typ) {
			return false
		}
		want[col.Index] = true
	}
	for _, k := range s.Keys {
		col, ok := k.Expr.(*expr.Col)
		if !ok || len(first) == len(want) {
			break
		}
		first[col.Index] = true
	}
	return maps.Equal(want, first)
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
	if e.f.spill.out != nil {
		return e.spillNew(b)
	}
	group := arena.Make[uint32](a, b.N)
	known := e.f.table.n
	e.f.table.find(e.keys, b.N, b.Sel, group, a)
	sel := newGroupsMask(group, known, b.Sel, b.N, e.w)
	if err := e.bound(b); err != nil || noBits(sel) {
		return err
	}
	return e.next.push(&vec.Batch{N: b.N, Sel: sel, Cols: b.Cols})
}
