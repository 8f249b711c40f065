package exec

import (
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/plan"
)

// newRows returns what keeps the rows of a call with ORDER BY: a sort of one worker.
func (c *callEnd) newRows(ts []types.Type, g *aggregation) *sortEnd {
	s := &sorting{node: &plan.Sort{}, types: ts}
	first := 1 + len(c.call.types)
	for i, k := range c.call.OrderBy {
		s.specs = append(s.specs, orderSpec{column: first + i, desc: k.Desc, nullsFirst: k.NullsFirst})
	}
	s.spill.share = g.callShare()
	e := &sortEnd{s: s, w: c.e.w, rows: newStore(ts, c.e.w.ex.newArena())}
	s.ends = []*sortEnd{e}
	return e
}

// finishOrdered feeds the kept rows to the states in their order.
func (c *callEnd) finishOrdered(gs *groups, w *worker) error {
	gs.grow()
	s := c.rows.s
	c.rows.w = w
	if s.spill.file == nil {
		return c.finishSorted(gs, w)
	}
	if err := s.endSpill(w.ex, w); err != nil {
		return err
	}
	group := make([]uint32, vec.BatchRows)
	return s.mergeRuns(w, 1+len(c.call.types), func(cols []vec.Vec, n int) error {
		return c.feedSorted(gs, group[:n], cols, n)
	})
}

// finishSorted is finishOrdered for rows in memory.
func (c *callEnd) finishSorted(gs *groups, w *worker) error {
	rows, a := c.rows.rows, w.scratch
	rows.seal()
	sorted, err := sortStore(w.ex, rows, orderBy(c.rows.s.specs), rows.a)
	if err != nil {
		return err
	}
	ids, group := sorted.ids, make([]uint32, vec.BatchRows)
	cols := make([]vec.Vec, 1+len(c.call.types))
	for lo := 0; lo < len(ids); lo += vec.BatchRows {
		if err := w.ex.check(); err != nil {
			return err
		}
		mark := a.Mark()
		part := ids[lo:min(lo+vec.BatchRows, len(ids))]
		for k := range cols {
			cols[k] = rows.gather(k, part, false, a)
		}
		err := c.feedSorted(gs, group[:len(part)], cols, len(part))
		a.Release(mark)
		if err != nil {
			return err
		}
	}
	return nil
}

// feedSorted adds n rows, whose groups are the first column.
func (c *callEnd) feedSorted(gs *groups, group []uint32, cols []vec.Vec, n int) error {
	for i, g := range vec.Of[int64](&cols[0])[:n] {
		group[i] = uint32(g)
	}
	return gs.states[c.i].Update(group, cols[1:], nil, n)
}

// release gives the memory back that the call has kept.
func (c *callEnd) release() {
	if c.rows != nil {
		c.rows.s.release()
	}
}

// written returns what the call has spilled.
func (c *callEnd) written() spillStats {
	var out spillStats
	if c.distinct != nil {
		out = c.call.distinct.written
	}
	if c.rows != nil {
		more := c.rows.s.spilled()
		out.bytes, out.runs = out.bytes+more.bytes, more.runs
	}
	return out
}
