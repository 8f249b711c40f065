package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/vec"
	"driftdb/sqlvec/plan"
)

// steadyStep is the step of a recursion that only filters and computes the rows of the one before, when these are one
// batch: its operators are opened once, and the rows go back and forth between two arenas. It takes the batch that
// its operators make.
type steadyStep struct {
	r      *recursiveReader
	head   pusher
	arenas [2]*arena.Arena
	at     int // the arena of the rows that the step is at
	got    vec.Batch
}

// rowwise reports whether a step only filters and computes the rows of the one before: there are no more of them then.
func rowwise(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.WorkScan:
		return true
	case *plan.Filter:
		return rowwise(n.Input)
	case *plan.Project:
		return rowwise(n.Input)
	}
	return false
}

// steadyStep opens the step for rows that are one batch. ok is false where it cannot go on so.
func (r *recursiveReader) steadyStep(rows *stored) (s *steadyStep, ok bool, err error) {
	ex := r.w.ex
	if ex.stats != nil || ex.opts.BatchRows != vec.BatchRows || rows.n > vec.BatchRows || rows.rows == nil || rows.morsels() != 1 || !rowwise(r.cte.Recursion.Step) {
		return nil, false, nil
	}
	b := &builder{ex: ex, work: map[*plan.CTE]*stored{r.cte: rows}, outer: r}
	parts, err := b.build(r.cte.Recursion.Step)
	if err != nil || len(parts) != 1 {
		return nil, false, err
	}
	s = &steadyStep{r: r, arenas: [2]*arena.Arena{ex.newArena(), ex.newArena()}}
	s.head = s
	for i := len(parts[0].stages) - 1; i >= 0; i-- {
		if s.head, err = parts[0].stages[i].open(r.w, s.head); err != nil {
			return nil, false, err
		}
	}
	return s, true, rows.each(r.w, &r.cols, pushFunc(s.keep))
}

// push takes what the operators make of a batch.
func (s *steadyStep) push(b *vec.Batch) error {
	if seen := s.r.seen; seen != nil {
		a := s.r.w.scratch
		mark := a.Mark()
		defer a.Release(mark)
		group, known := arena.Make[uint32](a, b.N), seen.n
		seen.find(b.Cols, b.N, b.Sel, group, a)
		return s.keep(&vec.Batch{N: b.N, Sel: newGroupsMask(group, known, b.Sel, b.N, s.r.w), Cols: b.Cols})
	}
	return s.keep(b)
}

// keep copies a batch to the other arena.
func (s *steadyStep) keep(b *vec.Batch) error {
	a := s.r.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	to := s.arenas[1-s.at]
	idx := selected(b, a)
	s.got.N, s.got.Cols = b.Count(), s.got.Cols[:0]
	for c := range b.Cols {
		s.got.Cols = append(s.got.Cols, keepVec(&b.Cols[c], idx, to))
	}
	return nil
}

// run makes step after step until one has no rows, and hands on those of each.
func (s *steadyStep) run(next pusher) error {
	var cols []vec.Vec
	for {
		if err := s.r.w.ex.check(); err != nil {
			return err
		}
		s.at = 1 - s.at
		s.arenas[1-s.at].Reset()
		cols = append(cols[:0], s.got.Cols...)
		rows := vec.Batch{N: s.got.N, Cols: cols}
		s.got.N = 0
		if err := s.head.push(&rows); err != nil || s.got.N == 0 {
			return err
		}
		if err := next.push(&vec.Batch{N: s.got.N, Cols: s.got.Cols}); err != nil {
			return err
		}
	}
}
