package exec

import (
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
	shared []*argument // by argument; nil for those that are computed for the call alone
	filter *expr.Program
	cols   []vec.Vec

	// distinct takes the rows of a DISTINCT call; the states are made of them in the end.
	distinct *aggEnd
	// ints takes the place of distinct while it is not nil.
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
	e.shareArguments(ce)
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
		if ce.distinct, err = c.distinct.open(g, e.w); err != nil {
			return nil, err
		}
		if len(g.node.Keys) == 0 && len(c.types) == 1 && len(c.OrderBy) == 0 {
			ce.ints = newIntSet(c.types[0], e.w.ex.newArena())
		}
	}
	if len(c.OrderBy) > 0 {
		for _, k := range c.OrderBy {
			p, err := expr.Compile(k.Expr, env)
			if err != nil {
				return nil, err
			}
			ce.by = append(ce.by, p)
		}
		ce.rows = ce.newRows(c.orderTypes(), g)
	}
	return ce, nil
}

// loose lets the arguments be scaled integers, once they need not wait in columns.
func (c *callEnd) loose() {
	if c.distinct == nil && c.rows == nil {
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
	if s, ok := c.e.own.states[c.i].(expr.Pieced); ok && c.call.hasPieces() && c.args[0].IsLoose() {
		return c.updatePieces(s, &in, slot)
	}
	if c.cols, err = c.appendArgs(&in, c.cols[:0]); err != nil {
		return err
	}
	if c.ints != nil {
		if c.ints.add(&c.cols[0], in.N, in.Sel, w.scratch) {
			return c.maySpillInts()
		}
		if err := c.leaveInts(); err != nil {
			return err
		}
	}
	if c.distinct != nil {
		return c.addDistinct(&in)
	}
	if c.rows != nil {
		return c.collect(&in, slot)
	}
	return c.feed(c.e.own, slot, in.Sel, b.N)
}

// updatePieces is update with values that come in several vectors.
func (c *callEnd) updatePieces(s expr.Pieced, b *vec.Batch, slot []uint32) error {
	a := c.e.w.scratch
	return c.args[0].EvalPieces(b, a, func(v vec.Vec, rows []uint64) error {
		c.cols = append(c.cols[:0], v)
		if slot == nil {
			return s.UpdateOne(0, c.cols, rows, b.N)
		}
		taken := arena.Make[uint32](a, b.N)
		kernel.MaskSlots(taken, slot, rows)
		return s.UpdateSlots(taken, c.cols)
	})
}

// feed adds the arguments in cols to the states in gs. Where sel selects less than slot,
// the states do not share the counts of rows.
func (c *callEnd) feed(gs *groups, slot []uint32, sel []uint64, n int) error {
	return c.feedBy(c.e.w, gs, slot, sel, n)
}

// feedBy is feed by a worker.
func (c *callEnd) feedBy(w *worker, gs *groups, slot []uint32, sel []uint64, n int) error {
	s := gs.states[c.i]
	if slot == nil {
		return s.UpdateOne(0, c.cols, sel, n)
	}
	slotted, ok := s.(expr.Slotted)
	if ok && gs.shared[c.i] {
		return slotted.UpdateSlots(slot, c.cols)
	}
	a := w.scratch
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
		slot = onesOf(b.N, w)
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

// adopt takes over what another worker's end of the call has.
func (c *callEnd) adopt(o *callEnd) error {
	if c.ints != nil && o.ints != nil && c.ints.merge(o.ints) {
		return nil
	}
	if err := c.leaveInts(); err != nil {
		return err
	}
	return o.leaveInts()
}

// finish makes the states of a call with DISTINCT or ORDER BY from what was kept.
func (c *callEnd) finish(gs *groups, w *worker) error {
	if c.distinct != nil {
		if err := c.finishDistinct(gs, w); err != nil {
			return err
		}
	}
	if c.rows != nil {
		return c.finishOrdered(gs, w)
	}
	return nil
}
