package exec

import (
	"slices"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/kernel"
	"driftdb/sqlvec/plan"
)

// aggEval computes an aggregate over frames. A frame that begins where the one before
// did is that one and some more rows. Frames of few rows are added up row by row, in
// their order; larger ones from a tree of states.
type aggEval struct {
	m     *windowMorselState
	c     *windowCall
	frame *frameEval
	kept  *keptRows
	grows bool // frames only ever grow: no exclusion, and the partition's first row begins them

	run      expr.States // of the rows [runLo, runHi) of a frame that grows
	runLo    int
	runHi    int
	tree     *stateTree
	rs, last []rowRange
	cols     []vec.Vec

	// ids are rows that wait to be added to the groups of to.
	ids []rowID
	to  []uint32

	// near are the arguments of the kept rows from nearLo on, up to 64; of the chunk at hand.
	near   []vec.Vec
	nearLo int
}

// fewFrameRows is how many rows a frame has that are added up one by one.
const fewFrameRows = 64

func (m *windowMorselState) newAggEval(c *windowCall) windowEval {
	var ok func(rowID) bool
	if c.filter >= 0 {
		ok = func(id rowID) bool {
			return !m.s.rows.isNull(c.filter, id) && m.s.rows.view[c.filter][id>>blockShift][id&(blockRows-1)] != 0
		}
	}
	if s := m.newSumEval(c, ok); s != nil {
		return s
	}
	if q := m.newQuantileEval(c, ok); q != nil {
		return q
	}
	if x := m.newExtremeEval(c, ok); x != nil {
		return x
	}
	if f := m.newFloatEval(c, ok); f != nil {
		return f
	}
	if r := m.newRunningEval(c, ok); r != nil {
		return r
	}
	return m.newStatesEval(c, ok)
}

// newStatesEval computes any aggregate of the rows for which ok holds.
func (m *windowMorselState) newStatesEval(c *windowCall, ok func(rowID) bool) *aggEval {
	e := &aggEval{m: m, c: c, frame: m.newFrameEval(c), kept: m.keep(ok), runLo: -1}
	e.grows = c.Frame.Exclude == plan.ExcludeNothing && c.Frame.Start.Kind == plan.UnboundedPreceding
	return e
}

func (e *aggEval) eval(c *windowChunk) (vec.Vec, error) {
	e.frame.fill(c)
	e.near = e.near[:0]
	out := e.c.Agg.New(e.c.types, e.m.a)
	out.Grow(c.n)
	codes := arena.Make[uint32](e.m.w.scratch, c.n)
	n := uint32(0)
	for i := range c.n {
		e.rs = e.places(c, i)
		if i > 0 && sameRanges(e.rs, e.last) {
			codes[i] = n - 1
			continue
		}
		if err := e.add(out, n); err != nil {
			return vec.Vec{}, err
		}
		e.last = append(e.last[:0], e.rs...)
		codes[i] = n
		n++
	}
	if err := e.flush(out); err != nil {
		return vec.Vec{}, err
	}
	v, err := out.Final(0, int(n), e.m.w.scratch)
	if err != nil || int(n) == c.n {
		return v, err
	}
	return spread(v, codes, e.m.w.scratch), nil
}

// places returns the ranges of row i as ranges of kept rows.
func (e *aggEval) places(c *windowChunk, i int) []rowRange {
	rs := e.frame.ranges(c, i, e.rs)
	for k := range rs {
		rs[k] = rowRange{e.kept.place(rs[k].lo), e.kept.place(rs[k].hi)}
	}
	return rs
}

func sameRanges(a, b []rowRange) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// add adds the frame at hand to group g of out.
func (e *aggEval) add(out expr.States, g uint32) error {
	if e.grows && len(e.rs) == 1 {
		return e.grow(out, g, e.rs[0])
	}
	for _, r := range e.rs {
		var err error
		if r.hi-r.lo <= fewFrameRows {
			err = e.wait(out, g, r)
		} else if err = e.flush(out); err == nil {
			if e.tree == nil {
				e.tree = &stateTree{e: e}
			}
			err = e.tree.add(out, g, r.lo, r.hi)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// wait adds kept rows to a group, together with those of other frames.
func (e *aggEval) wait(out expr.States, g uint32, r rowRange) error {
	if len(e.ids)+r.hi-r.lo > vec.BatchRows {
		if err := e.flush(out); err != nil {
			return err
		}
	}
	e.ids = append(e.ids, e.kept.ids[r.lo:r.hi]...)
	for range r.hi - r.lo {
		e.to = append(e.to, g)
	}
	return nil
}

// flush adds the rows that wait.
func (e *aggEval) flush(out expr.States) error {
	if len(e.ids) == 0 {
		return nil
	}
	a := e.m.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	e.cols = e.cols[:0]
	for _, c := range e.c.args {
		e.cols = append(e.cols, e.m.s.rows.gather(c, e.ids, false, a))
	}
	err := out.Update(e.to, e.cols, nil, len(e.ids))
	e.ids, e.to = e.ids[:0], e.to[:0]
	if err != nil {
		return err
	}
	return e.m.w.ex.check()
}

// grow adds a frame that continues the one before, if it does.
func (e *aggEval) grow(out expr.States, g uint32, r rowRange) error {
	if r.lo != e.runLo || r.hi < e.runHi {
		e.run = e.c.Agg.New(e.c.types, e.m.a)
		e.run.Grow(1)
		e.runLo, e.runHi = r.lo, r.lo
	}
	if err := e.feed(e.run, 0, e.runHi, r.hi); err != nil {
		return err
	}
	e.runHi = r.hi
	return out.Merge(e.run, []uint32{g})
}

// feed adds kept rows [lo, hi) to a group.
func (e *aggEval) feed(s expr.States, g uint32, lo, hi int) error {
	a := e.m.w.scratch
	if lo>>6 == (hi-1)>>6 && lo < hi && len(e.c.args) > 0 {
		return e.feedNear(s, g, lo, hi)
	}
	for lo < hi {
		mark := a.Mark()
		to := min(hi, lo+vec.BatchRows)
		e.cols = e.cols[:0]
		for _, c := range e.c.args {
			e.cols = append(e.cols, e.m.s.rows.gather(c, e.kept.ids[lo:to], false, a))
		}
		err := s.UpdateOne(g, e.cols, nil, to-lo)
		a.Release(mark)
		if err != nil {
			return err
		}
		if err := e.m.w.ex.check(); err != nil {
			return err
		}
		lo = to
	}
	return nil
}

// feedNear is feed for rows of which many of the neighbours will be fed, too.
func (e *aggEval) feedNear(s expr.States, g uint32, lo, hi int) error {
	from := lo &^ 63
	n := min(64, len(e.kept.ids)-from)
	if len(e.near) == 0 || e.nearLo != from {
		e.near, e.nearLo = e.near[:0], from
		for _, c := range e.c.args {
			e.near = append(e.near, e.m.s.rows.gather(c, e.kept.ids[from:from+n], false, e.m.w.scratch))
		}
	}
	rows := [1]uint64{^uint64(0) >> (64 - (hi - lo)) << (lo - from)}
	return s.UpdateOne(g, e.near, rows[:], n)
}

// spread returns the vector of v[codes[i]].
func spread(v vec.Vec, codes []uint32, a *arena.Arena) vec.Vec {
	valid := v.Valid
	if valid != nil {
		valid = arena.MakeZero[uint64](a, vec.Words(len(codes)))
		for i, c := range codes {
			if !v.IsNull(int(c)) {
				valid[i>>6] |= 1 << (uint(i) & 63)
			}
		}
	}
	if v.Type.Class() == types.Bits {
		words := arena.MakeZero[uint64](a, vec.Words(len(codes)))
		for i, c := range codes {
			words[i>>6] |= uint64(v.Int(int(c))) << (uint(i) & 63)
		}
		return vec.FromBits(len(codes), words, valid)
	}
	v.Valid = nil
	return vec.Vec{
		Type: v.Type, Form: vec.Dict, Width: 4, N: len(codes), Valid: valid,
		Data: vec.BytesOf(codes), Dict: &vec.Dictionary{Values: v},
	}
}

// stateTree holds the states of aligned runs of treeFan, treeFan², … kept rows, made when
// they are first needed. A frame is added from left to right, so that aggregates that
// depend on the order are right.
type stateTree struct {
	e      *aggEval
	levels [][]expr.States
}

// treeFan is the children of a node.
const treeFan = 16

// add adds rows [lo, hi) to group g of out.
func (t *stateTree) add(out expr.States, g uint32, lo, hi int) error {
	for lo < hi {
		level, size := -1, 1
		for next := size * treeFan; lo%next == 0 && lo+next <= hi; next *= treeFan {
			level, size = level+1, next
		}
		if level < 0 {
			to := min(hi, (lo/treeFan+1)*treeFan)
			if err := t.e.feed(out, g, lo, to); err != nil {
				return err
			}
			lo = to
			continue
		}
		node, err := t.node(level, lo/size)
		if err != nil {
			return err
		}
		if err := out.Merge(node, []uint32{g}); err != nil {
			return err
		}
		lo += size
	}
	return nil
}

// node returns the states of run i of a level.
func (t *stateTree) node(level, i int) (expr.States, error) {
	for len(t.levels) <= level {
		t.levels = append(t.levels, nil)
	}
	for len(t.levels[level]) <= i {
		t.levels[level] = append(t.levels[level], nil)
	}
	if s := t.levels[level][i]; s != nil {
		return s, nil
	}
	s := t.e.c.Agg.New(t.e.c.types, t.e.m.a)
	s.Grow(1)
	if level == 0 {
		if err := t.e.feed(s, 0, i*treeFan, (i+1)*treeFan); err != nil {
			return nil, err
		}
	}
	for k := i * treeFan; level > 0 && k < (i+1)*treeFan; k++ {
		child, err := t.node(level-1, k)
		if err != nil {
			return nil, err
		}
		if err := s.Merge(child, []uint32{0}); err != nil {
			return nil, err
		}
	}
	t.levels[level][i] = s
	return s, nil
}

// sumEval computes counts, and sums and averages of integers, as differences of running
// totals.
type sumEval struct {
	m      *windowMorselState
	frame  *frameEval
	sums   expr.IntSums
	sum    bool    // false: count alone
	count  []int64 // of the rows of the morsel before each, nil where all count
	lo     []int64 // and their sums: the lower words
	hi     []int64 // the upper ones, nil where those only repeat the sign
	chunkN []int64
	chunk  []kernel.Int128
	rs     []rowRange
}

// newSumEval returns nil for other aggregates.
func (m *windowMorselState) newSumEval(c *windowCall, ok func(rowID) bool) *sumEval {
	e := &sumEval{m: m}
	if c.Agg.Name != "count" || len(c.args) > 1 {
		if len(c.args) == 1 {
			e.sums, e.sum = expr.NewIntSums(c.Agg, c.types[0])
		}
		if !e.sum {
			return nil
		}
	}
	e.frame = m.newFrameEval(c)
	a, ids, rows := m.w.scratch, m.s.ids[m.lo:m.hi], m.s.rows
	counts := func(id rowID) bool {
		return (ok == nil || ok(id)) && (len(c.args) == 0 || !rows.isNull(c.args[0], id))
	}
	all := ok == nil && (len(c.args) == 0 || !rows.nulls[c.args[0]])
	if !all {
		e.count = arena.Make[int64](a, len(ids)+1)
		n := int64(0)
		for i, id := range ids {
			e.count[i] = n
			if counts(id) {
				n++
			}
		}
		e.count[len(ids)] = n
	}
	if !e.sum {
		return e
	}
	e.lo = arena.Make[int64](a, len(ids)+1)
	if rows.types[c.args[0]].Class() == types.I64 {
		e.hi = arena.Make[int64](a, len(ids)+1)
	}
	var total kernel.Int128
	for at := 0; at < len(ids); at += vec.BatchRows {
		mark := a.Mark()
		part := ids[at:min(at+vec.BatchRows, len(ids))]
		x := rows.gatherInts(c.args[0], part, a)
		for i := range x {
			if !all && !counts(part[i]) {
				x[i] = 0
			}
		}
		total = e.addUp(x, at, total)
		a.Release(mark)
	}
	e.put(len(ids), total)
	return e
}

// addUp writes the totals before the rows of x, which are rows at and following of the morsel, and
// returns the total behind.
func (e *sumEval) addUp(x []int64, at int, total kernel.Int128) kernel.Int128 {
	if e.hi != nil {
		for i, v := range x {
			e.put(at+i, total)
			total.Add(v)
		}
		return total
	}
	sum := int64(total.Lo) // fewer than 2^32 numbers of 32 bits
	for i, v := range x {
		e.lo[at+i] = sum
		sum += v
	}
	return kernel.Int128{Hi: sum >> 63, Lo: uint64(sum)}
}

// put sets the total before row i of the morsel.
func (e *sumEval) put(i int, total kernel.Int128) {
	e.lo[i] = int64(total.Lo)
	if e.hi != nil {
		e.hi[i] = total.Hi
	}
}

// gatherInts returns the values of a column of integers or scaled NUMERIC in a; those of NULLs are
// any.
func (s *store) gatherInts(c int, ids []rowID, a *arena.Arena) []int64 {
	out := arena.Make[int64](a, len(ids))
	blocks := s.view[c]
	switch s.types[c].Class() {
	case types.I16:
		for i, id := range ids {
			out[i] = int64(vec.Cast[int16](blocks[id>>blockShift])[id&(blockRows-1)])
		}
	case types.I32:
		for i, id := range ids {
			out[i] = int64(vec.Cast[int32](blocks[id>>blockShift])[id&(blockRows-1)])
		}
	default:
		for i, id := range ids {
			out[i] = vec.Cast[int64](blocks[id>>blockShift])[id&(blockRows-1)]
		}
	}
	return out
}

func (e *sumEval) eval(c *windowChunk) (vec.Vec, error) {
	e.frame.fill(c)
	counts := slices.Grow(e.chunkN[:0], c.n)[:c.n]
	sums := slices.Grow(e.chunk[:0], c.n)[:c.n]
	e.chunkN, e.chunk = counts, sums
	whole := e.frame.c.Frame.Exclude == plan.ExcludeNothing
	for i := range counts {
		counts[i], sums[i] = 0, kernel.Int128{}
		if lo, hi := e.frame.lo[i], e.frame.hi[i]; whole {
			if lo < hi {
				e.add(i, lo-e.m.lo, hi-e.m.lo)
			}
			continue
		}
		e.rs = e.frame.ranges(c, i, e.rs)
		for _, r := range e.rs {
			e.add(i, r.lo-e.m.lo, r.hi-e.m.lo)
		}
	}
	a := e.m.w.scratch
	if e.sum {
		return e.sums.Final(sums, counts, a)
	}
	out := arena.Make[int64](a, c.n)
	copy(out, counts)
	return vec.FromFixed(types.T(types.Int64), out, nil), nil
}

// add adds rows [lo, hi) of the morsel to the frame of row i of the chunk.
func (e *sumEval) add(i, lo, hi int) {
	if e.count == nil {
		e.chunkN[i] += int64(hi - lo)
	} else {
		e.chunkN[i] += e.count[hi] - e.count[lo]
	}
	switch {
	case e.hi != nil:
		e.chunk[i].Add128(kernel.Int128{Hi: e.hi[hi], Lo: uint64(e.lo[hi])})
		e.chunk[i].Add128(kernel.Int128{Hi: e.hi[lo], Lo: uint64(e.lo[lo])}.Neg())
	case e.sum:
		e.chunk[i].Add(e.lo[hi] - e.lo[lo])
	}
}
