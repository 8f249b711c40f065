package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/vec"
	"driftdb/sqlvec/plan"
)

// extremeEval computes min and max of values of fixed width over frames. The candidates are the rows
// of the frame that no later one is as good as: the first of them is the answer, as long as it is in
// the frame, and a row that enters ends those that are not better than it.
type extremeEval struct {
	m     *windowMorselState
	c     *windowCall
	frame *frameEval
	kept  *keptRows // those that FILTER keeps and whose value is not NULL
	words []uint64  // of the kept rows: the least is the best
	// candidates are places of kept rows, ascending, from which on head is the first in the frame at
	// hand, which is the kept rows [lo, hi).
	candidates []int32
	head       int
	lo, hi     int
}

// newExtremeEval returns nil for other aggregates.
func (m *windowMorselState) newExtremeEval(c *windowCall, ok func(rowID) bool) *extremeEval {
	if !c.isExtreme() {
		return nil
	}
	e := &extremeEval{m: m, c: c, frame: m.newFrameEval(c), kept: m.keepValues(c, ok)}
	e.words = arena.Make[uint64](m.w.scratch, len(e.kept.ids))
	e.kept.eachBatch(m, c.args[0], func(v *vec.Vec, lo, hi int) {
		orderWords(v, nil, e.words[lo:hi], m.w.scratch)
	})
	if c.Agg.Name == "max" {
		for i := range e.words {
			e.words[i] = ^e.words[i]
		}
	}
	return e
}

// isExtreme reports whether an extremeEval computes the call.
func (c *windowCall) isExtreme() bool {
	if c.Func != plan.WindowAgg || c.Agg.Name != "min" && c.Agg.Name != "max" || len(c.args) != 1 || c.Frame.Exclude != plan.ExcludeNothing {
		return false
	}
	t := c.types[0]
	return exactWord(t) && c.Agg.ReturnType(c.types) == t
}

// keepValues keeps the rows for which ok holds (nil: all) and whose first argument is not NULL.
func (m *windowMorselState) keepValues(c *windowCall, ok func(rowID) bool) *keptRows {
	rows, arg := m.s.rows, c.args[0]
	if !rows.nulls[arg] {
		return m.keep(ok)
	}
	return m.keep(func(id rowID) bool { return (ok == nil || ok(id)) && !rows.isNull(arg, id) })
}

// eachBatch calls fn with a column of the kept rows [lo, hi), batch by batch.
func (k *keptRows) eachBatch(m *windowMorselState, column int, fn func(v *vec.Vec, lo, hi int)) {
	a := m.w.scratch
	for lo := 0; lo < len(k.ids); lo += vec.BatchRows {
		mark := a.Mark()
		hi := min(lo+vec.BatchRows, len(k.ids))
		v := m.s.rows.gather(column, k.ids[lo:hi], false, a)
		fn(&v, lo, hi)
		a.Release(mark)
	}
}

func (e *extremeEval) eval(c *windowChunk) (vec.Vec, error) {
	e.frame.fill(c)
	a := e.m.w.scratch
	picks := arena.Make[rowID](a, c.n)
	for i := range picks {
		picks[i] = noRow
		if e.frame.lo[i] >= e.frame.hi[i] {
			continue
		}
		if lo, hi := e.kept.place(e.frame.lo[i]), e.kept.place(e.frame.hi[i]); lo < hi {
			picks[i] = e.kept.ids[e.best(lo, hi)]
		}
	}
	return e.m.s.rows.gather(e.c.args[0], picks, true, a), nil
}

// best returns the best of the kept rows [lo, hi).
func (e *extremeEval) best(lo, hi int) int32 {
	list, head := e.candidates, e.head
	if lo < e.lo || hi < e.hi {
		list, head, e.hi = list[:0], 0, lo
	}
	for head < len(list) && int(list[head]) < lo {
		head++
	}
	if head > len(list)/2 {
		list, head = list[:copy(list, list[head:])], 0
	}
	for j := max(lo, e.hi); j < hi; j++ {
		for w := e.words[j]; len(list) > head && e.words[list[len(list)-1]] >= w; {
			list = list[:len(list)-1]
		}
		list = append(list, int32(j))
	}
	e.candidates, e.head, e.lo, e.hi = list, head, lo, hi
	return list[head]
}
