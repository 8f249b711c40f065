package exec

import (
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// expandStage pushes every batch once for every grouping set. Nothing is copied: keys
// that a set leaves out are constants.
type expandStage struct{ node *plan.Expand }

func (s *expandStage) open(w *worker, next pusher) (pusher, error) {
	keys, err := compileAll(s.node.Keys, w.ex.opts.Env)
	return &expand{node: s.node, w: w, next: next, keys: keys}, err
}

type expand struct {
	node *plan.Expand
	w    *worker
	next pusher
	keys []*expr.Program
	vals []vec.Vec
	cols []vec.Vec
}

func (e *expand) push(b *vec.Batch) (err error) {
	a := e.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	if e.vals, err = evalAll(e.keys, b, e.w, e.vals[:0]); err != nil {
		return err
	}
	for i, set := range e.node.Sets {
		e.cols = append(e.cols[:0], b.Cols...)
		for k, has := range set {
			if has {
				e.cols = append(e.cols, e.vals[k])
			} else {
				e.cols = append(e.cols, nulls(e.node.Out[k].Type, b.N))
			}
		}
		e.cols = append(e.cols, constInt32(int32(i), b.N))
		if err := e.next.push(&vec.Batch{N: b.N, Sel: b.Sel, Cols: e.cols}); err != nil {
			return err
		}
	}
	return nil
}

// constInt32 is n times x.
func constInt32(x int32, n int) vec.Vec {
	return vec.Vec{Type: types.T(types.Int32), Form: vec.Const, N: n, Data: vec.BytesOf([]int32{x, 0})[:4]}
}

// addEmptySets makes the groups of grouping sets without keys where no row came: they are
// there as an aggregate without GROUP BY is.
func (g *aggregation) addEmptySets(ex *execution) {
	for _, gs := range g.tables {
		if gs.table == nil || gs.table.n > 0 {
			return
		}
	}
	w, first := ex.newWorker(0), g.tables[0]
	for _, set := range g.node.EmptySets {
		keys := g.node.Keys
		cols := make([]vec.Vec, len(keys))
		for i, k := range keys {
			cols[i] = nulls(k.Type(), 1)
		}
		cols[len(keys)-1] = constInt32(set, 1)
		var group [1]uint32
		first.table.find(cols, 1, nil, group[:], w.scratch)
	}
}
