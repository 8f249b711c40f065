package exec

import (
	"slices"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/kernel"
)

// callEnd is one aggregate of one worker.
type callEnd struct {
	call   *aggCall
	e      *aggEnd
	i      int // number among the calls
	args   []*expr.Program
	filter *expr.Program
	cols   []vec.Vec

	// set holds the distinct (arguments, group) of a DISTINCT call; the states are made
	// of them when the workers' sets have been merged.
	set *distinctSet
	// ints takes the place of set while it is not nil.
	ints *intSet
	// rows holds (group, arguments, keys of the order) of a call with ORDER BY.
	rows *sortEnd
	by   []*expr.Program
}

func newCallEnd(c *aggCall, g *aggregation, e *aggEnd) (*callEnd, error) {
	env := e.w.ex.opts.Env
	ce := &callEnd{call: c, e: e, i: len(e.calls)}
	var err error
	if ce.args, err = compileAll(c.Args, env); err != nil {
		return nil, err
	}
	if c.Filter != nil {
		if ce.filter, err = expr.Compile(c.Filter, env); err != nil {
			return nil, err
		}
	}
	strict := g.mode.Load() == undecided
	for _, arg := range ce.args {
		if !strict && !c.Distinct && len(c.OrderBy) == 0 {
			arg.Loose()
		}
	}
	if c.Distinct {
		ce.set = newDistinctSet(e.w.ex, c.types, len(g.node.Keys) > 0, g.spill.depth, g.callShare())
		if len(c.OrderBy) > 0 {
			ce.set.share = 0 // their order is that of the rows
		}
		if len(g.node.Keys) == 0 && len(c.types) == 1 && len(c.OrderBy) == 0 {
			ce.ints = newIntSet(c.types[0], ce.set.table.a)
		}
	}
	if len(c.OrderBy) > 0 {
		ts := append([]types.Type{types.T(types.Int64)}, c.types...)
		for _, k := range c.OrderBy {
			p, err := expr.Compile(k.Expr, env)
			if err != nil {
				return nil, err
			}
			ce.by = append(ce.by, p)
			ts = append(ts, k.Expr.Type())
		}
		ce.rows = ce.newRows(ts, g)
	}
	return ce, nil
}

// loose lets the arguments be scaled integers, once they need not wait in columns.
func (c *callEnd) loose() {
	if c.set == nil && c.rows == nil {
		for _, arg := range c.args {
			arg.Loose()
		}
	}
}

// update adds the selected rows of a batch. slot is the group plus one of each of them
// and 0 elsewhere, or nil without keys.
func (c *callEnd) update(b *vec.Batch, slot []uint32) (err error) {
	w := c.e.w
	in := *b
	if c.filter != nil {
		in.Sel = maskOf(w.scratch, b.N)
		if err := c.filter.EvalMask(b, w.scratch, in.Sel); err != nil {
			return err
		}
		if noBits(in.Sel) {
			return nil
		}
	}
	if c.cols, err = evalAll(c.args, &in, w, c.cols[:0]); err != nil {
		return err
	}
	if c.ints != nil {
		if c.ints.add(&c.cols[0], in.N, in.Sel, w.scratch) {
			return c.maySpillInts()
		}
		c.leaveInts()
	}
	if c.set != nil {
		in.Sel = c.firstSeen(&in, slot)
		if c.rows == nil {
			return c.set.maySpill(w)
		}
		if noBits(in.Sel) {
			return nil
		}
	}
	if c.rows != nil {
		return c.collect(&in, slot)
	}
	return c.feed(c.e.own, slot, in.Sel, b.N)
}

// feed adds the arguments in cols to the states in gs. Where sel selects less than slot,
// the states do not share the counts of rows.
func (c *callEnd) feed(gs *groups, slot []uint32, sel []uint64, n int) error {
	s := gs.states[c.i]
	if slot == nil {
		return s.UpdateOne(0, c.cols, sel, n)
	}
	slotted, ok := s.(expr.Slotted)
	if ok && gs.shared[c.i] {
		return slotted.UpdateSlots(slot, c.cols)
	}
	a := c.e.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	other := arena.Make[uint32](a, n)
	if ok {
		copy(other, slot)
		if sel != nil {
			kernel.MaskSlots(other, slot, sel)
		}
		return slotted.UpdateSlots(other, c.cols)
	}
	for i, k := range slot {
		other[i] = k - 1
	}
	return s.Update(other, c.cols, sel, n)
}

// firstSeen adds the rows to the set and returns the mask of those that were not in it.
func (c *callEnd) firstSeen(b *vec.Batch, slot []uint32) []uint64 {
	w := c.e.w
	cols := c.cols
	if slot != nil {
		cols = append(slices.Clip(cols), groupsOf(slot, w.scratch))
	}
	group := arena.Make[uint32](w.scratch, b.N)
	known := c.set.table.n
	c.set.table.find(cols, b.N, b.Sel, group, w.scratch)
	return newGroupsMask(group, known, b.Sel, b.N, w)
}

// groupsOf returns the groups of slots as a column of BIGINT; those of rows that are not
// selected are unspecified.
func groupsOf(slot []uint32, a *arena.Arena) vec.Vec {
	number := arena.Make[int64](a, len(slot))
	for i, k := range slot {
		number[i] = int64(k) - 1
	}
	return vec.FromFixed(types.T(types.Int64), number, nil)
}

// newGroupsMask returns the mask of the first rows of groups at or above known: groups
// are numbered in the order of their first rows.
func newGroupsMask(group []uint32, known int, sel []uint64, n int, w *worker) []uint64 {
	mask := maskOf(w.scratch, n)
	clear(mask)
	for i := range n {
		if (sel == nil || bit(sel, i) == 1) && int(group[i]) == known {
			mask[i>>6] |= 1 << (uint(i) & 63)
			known++
		}
	}
	return mask
}

// collect keeps the rows of a call with ORDER BY.
func (c *callEnd) collect(b *vec.Batch, slot []uint32) error {
	w := c.e.w
	if slot == nil {
		slot = arena.Make[uint32](w.scratch, b.N)
		for i := range slot {
			slot[i] = 1
		}
	}
	cols := append([]vec.Vec{groupsOf(slot, w.scratch)}, c.cols...)
	cols, err := evalAll(c.by, b, w, cols)
	if err != nil {
		return err
	}
	c.rows.w = w
	c.rows.rows.add(nil, cols, b.N, selected(b, w.scratch))
	return c.rows.maySpill()
}

// adopt takes over the set of another worker's end of the call, whose groups are numbered
// to here.
func (c *callEnd) adopt(o *callEnd, to []uint32) error {
	if c.set == nil {
		return nil
	}
	if c.ints != nil && o.ints != nil && c.ints.merge(o.ints) {
		return nil
	}
	c.leaveInts()
	o.leaveInts()
	if c.e.own.table != nil {
		if o.set.spill == nil {
			o.set.table.renumber(len(o.call.types), to)
		}
	}
	return c.set.adopt(o.set, to, c.e.w)
}

// leaveInts moves the distinct integers to the table.
func (c *callEnd) leaveInts() {
	if c.ints == nil {
		return
	}
	s := c.ints
	c.ints = nil
	group := make([]uint32, vec.BatchRows)
	_ = s.each(c.e.w.scratch, func(v vec.Vec) error { // finding groups cannot fail
		c.set.table.find([]vec.Vec{v}, v.N, nil, group[:v.N], c.e.w.scratch)
		return nil
	})
}

// finish makes the states of a call with DISTINCT or ORDER BY from what was kept.
func (c *callEnd) finish(gs *groups, w *worker) error {
	switch {
	case c.rows != nil:
		return c.finishOrdered(gs, w)
	case c.set != nil:
		return c.finishDistinct(gs, w)
	}
	return nil
}

// finishDistinct feeds the set to the states.
func (c *callEnd) finishDistinct(gs *groups, w *worker) error {
	gs.grow()
	if c.ints != nil {
		return c.ints.each(w.scratch, func(v vec.Vec) error {
			if err := w.ex.check(); err != nil {
				return err
			}
			c.cols = append(c.cols[:0], v)
			return c.feed(gs, nil, nil, v.N)
		})
	}
	n := len(c.call.types)
	slot := make([]uint32, vec.BatchRows)
	return c.set.each(w, func(cols []vec.Vec, rows int) error {
		c.cols = cols[:n]
		var of []uint32
		if gs.table != nil {
			of = slot[:rows]
			for i, g := range vec.Of[int64](&cols[n]) {
				of[i] = uint32(g) + 1
			}
		}
		return c.feed(gs, of, nil, rows)
	})
}
