package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// limitBy builds a LIMIT within every set of rows with equal keys.
func (b *builder) limitBy(n *plan.LimitBy) ([]*part, error) {
	bs, err := boundsOf(&plan.Limit{Count: n.Count, Offset: n.Offset}, b.ex.opts.Env)
	if err != nil {
		return nil, err
	}
	parts, err := b.streaming(n.Input, &limitByStage{first: newFirstOf(b.ex, &plan.Distinct{Input: n.Input, On: n.By}), bounds: bs})
	for _, p := range parts {
		p.serial = true
	}
	return parts, err
}

// limitByStage counts the rows of every set. It runs in a serial pipeline, so its one
// table serves all parts.
type limitByStage struct {
	first  *firstOf
	bounds bounds
	seen   []int64 // rows by set
}

func (s *limitByStage) open(w *worker, next pusher) (pusher, error) {
	progs, err := compileAll(s.first.on, w.ex.opts.Env)
	return &limitByEnd{s: s, w: w, progs: progs, next: next}, err
}

type limitByEnd struct {
	s     *limitByStage
	w     *worker
	progs []*expr.Program
	next  pusher
	keys  []vec.Vec
}

func (e *limitByEnd) push(b *vec.Batch) (err error) {
	a := e.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	if e.keys, err = evalAll(e.progs, b, e.w, e.keys[:0]); err != nil {
		return err
	}
	group := arena.Make[uint32](a, b.N)
	e.s.first.table.find(e.keys, b.N, b.Sel, group, a)
	for len(e.s.seen) < e.s.first.table.n {
		e.s.seen = append(e.s.seen, 0)
	}
	sel := arena.MakeZero[uint64](a, vec.Words(b.N))
	for i, g := range group {
		if b.Sel != nil && bit(b.Sel, i) == 0 {
			continue
		}
		rank := e.s.seen[g]
		e.s.seen[g]++
		if rank >= e.s.bounds.offset && rank-e.s.bounds.offset < e.s.bounds.limit {
			sel[i>>6] |= 1 << (uint(i) & 63)
		}
	}
	if noBits(sel) {
		return nil
	}
	return e.next.push(&vec.Batch{N: b.N, Sel: sel, Cols: b.Cols})
}
