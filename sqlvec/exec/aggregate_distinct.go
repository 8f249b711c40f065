package exec

import (
	"slices"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// distinctCall is what a DISTINCT call has of its rows: an aggregation of its own, without
// calls, by the keys of the groups, the arguments and what they are ordered by. So it goes to
// partitions and spills as any other. When the input has ended, its groups are the rows that the
// states are made of.
type distinctCall struct {
	rows *aggregation
	keys int   // columns that are keys of the groups; then come the arguments
	by   []int // the column of each key of the order

	written spillStats
}

// newDistinctCall returns what keeps the rows of c.
func newDistinctCall(c *aggCall, g *aggregation) *distinctCall {
	d := &distinctCall{keys: len(g.node.Keys)}
	values := slices.Concat(g.node.Keys, c.Args)
	for _, k := range c.OrderBy {
		at := slices.IndexFunc(values[d.keys:], func(e expr.Expr) bool { return plan.Same(e, k.Expr) })
		if at < 0 { // an argument in another type
			at = len(values) - d.keys
			values = append(values, k.Expr)
		}
		d.by = append(d.by, d.keys+at)
	}
	columns := make([]plan.Column, len(values))
	for i, e := range values {
		columns[i] = plan.Column{ID: i, Type: e.Type()}
	}
	input := &plan.Values{Estimate: *g.node.Input.Estimated(), Out: columns}
	stats := make([]plan.KeyStats, len(values))
	copy(stats, g.node.KeyStats)
	copy(stats[d.keys:], c.ArgStats)
	d.rows = newAggregation(&plan.Aggregate{Input: input, Keys: columnsOf(input), Out: columns, KeyStats: stats})
	if g.ordered() {
		d.rows.mode.Store(local) // which keeps them in the order in which they came
	}
	return d
}

// callShare returns the bytes that one of the calls that keep values may hold.
func (g *aggregation) callShare() int64 {
	n := int64(0)
	for _, c := range g.calls {
		if c.Distinct || len(c.OrderBy) > 0 {
			n++
		}
	}
	return g.spill.share / (2 * max(1, n))
}

// open returns the end of a worker.
func (d *distinctCall) open(g *aggregation, w *worker) (*aggEnd, error) {
	d.rows.spill.share, d.rows.spill.depth = g.callShare(), g.spill.depth
	end, err := d.rows.open(w)
	if err != nil {
		return nil, err
	}
	return end.(*aggEnd), nil
}

// addDistinct adds the arguments in cols of the selected rows of b.
func (c *callEnd) addDistinct(b *vec.Batch) (err error) {
	var keys []vec.Vec
	if c.call.distinct.keys > 0 {
		keys = c.e.keyCol
	}
	cols := slices.Concat(keys, c.cols)
	for i, at := range c.call.distinct.by {
		if at >= len(cols) {
			if cols, err = evalAll(c.by[i:i+1], b, c.e.w, cols); err != nil {
				return err
			}
		}
	}
	c.distinct.w = c.e.w
	return c.distinct.push(&vec.Batch{N: b.N, Sel: b.Sel, Cols: cols})
}

// leaveInts moves the distinct integers to the rows.
func (c *callEnd) leaveInts() error {
	if c.ints == nil {
		return nil
	}
	s := c.ints
	c.ints = nil
	err := s.each(c.e.w.scratch, func(v vec.Vec) error {
		return c.distinct.push(&vec.Batch{N: v.N, Cols: []vec.Vec{v}})
	})
	s.a.Free()
	return err
}

// maySpillInts gives up the distinct integers when they take too much memory.
func (c *callEnd) maySpillInts() error {
	w := c.e.w
	if !w.ex.crowded(2*c.ints.a.Size(), c.distinct.g.spill.share, c.distinct.g.spill.depth) {
		return nil
	}
	return c.leaveInts()
}

// finishDistinct makes the states, or the rows to be ordered, of the distinct rows. c is the end
// that the groups of gs belong to.
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
	d := c.call.distinct
	if err := d.rows.finish(w.ex); err != nil {
		return err
	}
	src := &groupSource{d.rows}
	defer src.release()
	d.written = d.rows.spilled()
	if c.rows == nil && !c.call.Agg.Ordered && d.rows.spill.to == nil && w.ex.opts.Workers > 1 && len(d.rows.spans) > 1 && gs.count() <= d.rows.groups()/4 {
		return c.finishTogether(gs, w)
	}
	morsels, err := src.prepare(w.ex)
	if err != nil {
		return err
	}
	r := &groupReader{g: d.rows, w: w}
	into := &distinctRows{c: c, gs: gs, w: w}
	for i := range morsels {
		if err := r.run(i, into); err != nil {
			return err
		}
	}
	return nil
}

// groups returns how many groups there are in memory.
func (g *aggregation) groups() (n int) {
	for _, gs := range g.tables {
		n += gs.count()
	}
	return n
}

// finishTogether feeds the distinct rows to states of each worker, and merges these.
func (c *callEnd) finishTogether(gs *groups, w *worker) error {
	ex, d := w.ex, c.call.distinct
	own := make([]*distinctRows, ex.opts.Workers)
	readers := make([]*groupReader, len(own))
	for i := range own {
		by := ex.newWorker(i)
		own[i] = &distinctRows{c: &callEnd{call: c.call, e: c.e, i: 0}, gs: c.ownGroups(gs, ex.newArena()), w: by}
		readers[i] = &groupReader{g: d.rows, w: by}
	}
	err := ex.tasks(len(d.rows.spans), func(worker, i int) error { return readers[worker].run(i, own[worker]) })
	if err != nil {
		return err
	}
	to := make([]uint32, max(1, gs.states[c.i].Groups()))
	for g := range to {
		to[g] = uint32(g)
	}
	for _, o := range own {
		if err := gs.states[c.i].Merge(o.gs.states[0], to); err != nil {
			return err
		}
	}
	return nil
}

// ownGroups returns groups like those of gs with states of the call alone.
func (c *callEnd) ownGroups(gs *groups, a *arena.Arena) *groups {
	own := &groups{states: []expr.States{c.call.Agg.New(c.call.types, a)}, shared: []bool{false}}
	if gs.table != nil {
		gs.table.settle() // which several workers cannot
		table := *gs.table
		table.codec, table.idx, table.memo = table.codec.owned(), nil, memo{}
		own.table = &table
	}
	own.states[0].Grow(gs.states[c.i].Groups())
	return own
}

// distinctRows feeds distinct rows to the states of a call, or to what orders them.
type distinctRows struct {
	c  *callEnd
	gs *groups
	w  *worker
}

func (r *distinctRows) push(b *vec.Batch) error {
	c, d := r.c, r.c.call.distinct
	a := r.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	var slot []uint32
	if r.gs.table != nil {
		slot = arena.Make[uint32](a, b.N)
		r.gs.table.findSlots(b.Cols[:d.keys], nil, slot, a) // the groups are there
	}
	c.cols = append(c.cols[:0], b.Cols[d.keys:d.keys+len(c.call.types)]...)
	if c.rows == nil {
		return c.feedBy(r.w, r.gs, slot, nil, b.N)
	}
	return c.collectRows(b.Cols, slot, b.N, r.w)
}

// collectRows keeps distinct rows for their order.
func (c *callEnd) collectRows(cols []vec.Vec, slot []uint32, n int, w *worker) error {
	if slot == nil {
		slot = onesOf(n, w)
	}
	kept := append([]vec.Vec{groupsOf(slot, w.scratch)}, c.cols...)
	for _, at := range c.call.distinct.by {
		kept = append(kept, cols[at])
	}
	c.rows.w = w
	c.rows.rows.add(nil, kept, n, nil)
	return c.rows.maySpill()
}

// onesOf returns n slots of the first group.
func onesOf(n int, w *worker) []uint32 {
	slot := arena.Make[uint32](w.scratch, n)
	for i := range slot {
		slot[i] = 1
	}
	return slot
}

// orderTypes returns the types of what a call with ORDER BY keeps: the group, the arguments, the keys.
func (c *aggCall) orderTypes() []types.Type {
	ts := append([]types.Type{types.T(types.Int64)}, c.types...)
	for _, k := range c.OrderBy {
		ts = append(ts, k.Expr.Type())
	}
	return ts
}
