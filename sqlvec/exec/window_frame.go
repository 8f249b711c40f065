package exec

import (
	"math"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// offset is the value of a bound's offset: an integer, or a float for a float key.
type offset struct {
	i int64
	f float64
}

// evalOffsets computes the offsets of the frame, once for all rows.
func (c *windowCall) evalOffsets(env *expr.Env) (err error) {
	if c.start, err = evalOffset(c.Frame.Start, "starting", c.Frame.Mode, env); err == nil {
		c.end, err = evalOffset(c.Frame.End, "ending", c.Frame.Mode, env)
	}
	return err
}

func evalOffset(b plan.FrameBound, name string, mode plan.FrameMode, env *expr.Env) (offset, error) {
	if b.Offset == nil {
		return offset{}, nil
	}
	v, err := expr.EvalConst(b.Offset, env)
	if err != nil {
		return offset{}, err
	}
	if !v.Valid {
		return offset{}, dberr.Newf(dberr.NullValueNotAllowed, "frame %s offset must not be null", name)
	}
	if mode == plan.FrameRange {
		if types.Compare(v, zeroOf(v.Type)) < 0 || v.F != v.F {
			return offset{}, dberr.New(dberr.InvalidPrecedingSize, "invalid preceding or following size in window function")
		}
		return offset{v.I, v.F}, nil
	}
	if v.I < 0 {
		return offset{}, dberr.Newf(dberr.InvalidPrecedingSize, "frame %s offset must not be negative", name)
	}
	return offset{i: v.I}, nil
}

// zeroOf returns the zero of a type of offsets.
func zeroOf(t types.Type) types.Value {
	switch t.ID {
	case types.Float64:
		return types.FloatValue(t, 0)
	case types.Numeric:
		if v, err := types.NumericValue(t, types.DecimalFromInt(0, 0)); err == nil {
			return v
		}
	case types.Interval:
		return types.SpanValue(types.IntervalValue{})
	}
	return types.IntValue(t, 0)
}

// frameEval computes the frames of one call. Their ends only move forward within a
// partition, so each is followed by a cursor.
type frameEval struct {
	m          *windowMorselState
	c          *windowCall
	start, end boundCursor
	lo, hi     []int // of the chunk's rows
	// words are those of the keys of RANGE, from the morsel's first row on, which ascend but for NULLs;
	// nil where the keys have none.
	words []uint64
}

// boundCursor follows one end of the frame through a partition.
type boundCursor struct {
	part         int // the first row of the partition, -1 before the first
	at           int
	group        int // GROUPS: the group that begins at at
	nonLo, nonHi int // RANGE: the rows whose key is not NULL
	endSide      bool
	col          int // RANGE: the column of the limits, -1: key and offset
	off          offset
	bound        plan.FrameBound
}

func (m *windowMorselState) newFrameEval(c *windowCall) *frameEval {
	n := m.w.ex.opts.BatchRows
	f := &frameEval{m: m, c: c, lo: make([]int, n), hi: make([]int, n)}
	f.start = boundCursor{part: -1, bound: c.Frame.Start, off: c.start, col: c.startLim}
	f.end = boundCursor{part: -1, bound: c.Frame.End, off: c.end, col: c.endLim, endSide: true}
	return f
}

// fill computes lo and hi, which may cross: such frames are empty.
func (f *frameEval) fill(c *windowChunk) {
	f.side(&f.start, c, f.lo)
	f.side(&f.end, c, f.hi)
}

// side computes one end of the frames.
func (f *frameEval) side(b *boundCursor, c *windowChunk, out []int) {
	switch {
	case b.bound.Kind == plan.UnboundedPreceding:
		copy(out, c.partLo[:c.n])
	case b.bound.Kind == plan.UnboundedFollowing:
		copy(out, c.partHi[:c.n])
	case f.c.Frame.Mode == plan.FrameRows && b.bound.Kind != plan.CurrentRow:
		for i := range c.n {
			out[i] = b.rows(c, i)
		}
	case b.bound.Kind != plan.CurrentRow && f.c.Frame.Mode == plan.FrameRange && f.hasWords(b):
		f.byWords(b, c, out)
	default:
		for i := range c.n {
			out[i] = f.place(b, c, i)
		}
	}
}

// place returns one end of the frame of row i: the first row in it, or the first behind.
func (f *frameEval) place(b *boundCursor, c *windowChunk, i int) int {
	if b.bound.Kind == plan.CurrentRow {
		switch {
		case f.c.Frame.Mode == plan.FrameRows && b.endSide:
			return c.lo + i + 1
		case f.c.Frame.Mode == plan.FrameRows:
			return c.lo + i
		case b.endSide:
			return c.peerHi[i]
		}
		return c.peerLo[i]
	}
	if f.c.Frame.Mode == plan.FrameGroups {
		return f.groups(b, c, i)
	}
	return f.keys(b, c, i)
}

// rows counts rows from row i.
func (b *boundCursor) rows(c *windowChunk, i int) int {
	at, side := c.lo+i, 0
	if b.endSide {
		side = 1
	}
	if b.bound.Kind == plan.Preceding {
		if b.off.i > int64(at+side-c.partLo[i]) {
			return c.partLo[i]
		}
		return at + side - int(b.off.i)
	}
	if b.off.i > int64(c.partHi[i]-at-side) {
		return c.partHi[i]
	}
	return at + side + int(b.off.i)
}

// groups counts groups of peers from that of row i.
func (f *frameEval) groups(b *boundCursor, c *windowChunk, i int) int {
	if b.part != c.partLo[i] {
		b.part, b.at, b.group = c.partLo[i], c.partLo[i], c.group[i]
	}
	want := int64(c.group[i])
	if b.endSide {
		want++
	}
	if b.bound.Kind == plan.Preceding {
		want -= b.off.i
	} else if want += b.off.i; want < b.off.i {
		want = math.MaxInt64
	}
	for int64(b.group) < want && b.at < c.partHi[i] {
		b.at = f.m.s.peer.next(b.at, c.partHi[i])
		b.group++
	}
	return b.at
}

// keys finds the end of a RANGE with an offset. Rows whose key is NULL only have each
// other in such a frame.
func (f *frameEval) keys(b *boundCursor, c *windowChunk, i int) int {
	s := f.m.s
	f.enter(b, c, i)
	if s.rows.isNull(f.c.key, c.ids[i]) {
		if b.endSide {
			return c.peerHi[i]
		}
		return c.peerLo[i]
	}
	before := f.beforeLimit(b, c.ids[i])
	for b.at < b.nonHi && before(s.ids[b.at]) {
		b.at++
	}
	return b.at
}

// enter moves a cursor of RANGE to the partition of row i, if it is in another.
func (f *frameEval) enter(b *boundCursor, c *windowChunk, i int) {
	s := f.m.s
	if b.part == c.partLo[i] {
		return
	}
	b.part, b.nonLo, b.nonHi = c.partLo[i], c.partLo[i], c.partHi[i]
	if s.rows.isNull(f.c.key, s.ids[b.nonLo]) {
		b.nonLo = s.peer.next(b.nonLo, b.nonHi)
	} else if s.rows.isNull(f.c.key, s.ids[b.nonHi-1]) {
		b.nonHi = s.peer.last(b.nonHi - 1)
	}
	b.at = b.nonLo
}

// beforeLimit returns whether a row lies before the end of the frame of row id.
func (f *frameEval) beforeLimit(b *boundCursor, id rowID) func(rowID) bool {
	s, key := f.m.s, f.c.key
	desc := s.node.Order[0].Desc
	sub := (b.bound.Kind == plan.Preceding) != desc
	switch s.types[key].Class() {
	case types.I64:
		limit := int64(0)
		if b.col >= 0 {
			limit = intAt(s.rows, b.col, id)
		} else {
			limit = saturated(intAt(s.rows, key, id), b.off.i, sub)
		}
		return func(r rowID) bool { return isBefore(compareInts(intAt(s.rows, key, r), limit), desc, b.endSide) }
	case types.F64:
		base, inf := floatAt(s.rows, key, id), math.IsInf(b.off.f, 1)
		limit := base + b.off.f
		if sub {
			limit = base - b.off.f
		}
		if inf && math.IsInf(base, 0) && (base > 0) == sub {
			// As PostgreSQL has it: all numbers are as near as infinity is to itself.
			return func(r rowID) bool {
				nan := floatAt(s.rows, key, r)
				return (nan == nan || b.endSide == desc) == b.endSide
			}
		}
		return func(r rowID) bool {
			return isBefore(compareFloats(floatAt(s.rows, key, r), limit), desc, b.endSide)
		}
	}
	limit := f.valueAt(b.col, id)
	return func(r rowID) bool { return isBefore(types.Compare(f.valueAt(key, r), limit), desc, b.endSide) }
}

// isBefore reports whether a key that compares to the limit as cmp says lies before the
// first row of the frame, or, on the end side, is not yet behind the last.
func isBefore(cmp int, desc, endSide bool) bool {
	if desc {
		cmp = -cmp
	}
	return cmp < 0 || cmp == 0 && endSide
}

// saturated returns a + b or a - b, or the end of the range where that overflows.
func saturated(a, b int64, sub bool) int64 {
	switch {
	case sub && a < math.MinInt64+b:
		return math.MinInt64
	case sub:
		return a - b
	case a > math.MaxInt64-b:
		return math.MaxInt64
	}
	return a + b
}

func compareInts(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// compareFloats orders NaN above all.
func compareFloats(a, b float64) int {
	x, y := orderFloat(a), orderFloat(b)
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// isNull reports whether a value of a sealed store is NULL.
func (s *store) isNull(c int, id rowID) bool {
	w := s.valid[c][id>>blockShift]
	return w != nil && bit(w, int(id&(blockRows-1))) == 0
}

// intAt returns a value of a column of the I64 class.
func intAt(s *store, c int, id rowID) int64 {
	return vec.Cast[int64](s.view[c][id>>blockShift])[id&(blockRows-1)]
}

// floatAt returns a value of a column of the F64 class.
func floatAt(s *store, c int, id rowID) float64 {
	return vec.Cast[float64](s.view[c][id>>blockShift])[id&(blockRows-1)]
}

// valueAt returns any value.
func (f *frameEval) valueAt(c int, id rowID) types.Value {
	a := f.m.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	v := f.m.s.rows.gather(c, []rowID{id}, false, a)
	return v.Value(0)
}

// rowRange is rows [lo, hi).
type rowRange struct{ lo, hi int }

// ranges returns the rows of the frame of row i of the chunk, in order, as up to three
// ranges that are not empty.
func (f *frameEval) ranges(c *windowChunk, i int, out []rowRange) []rowRange {
	out = out[:0]
	lo, hi, at := f.lo[i], f.hi[i], c.lo+i
	add := func(l, h int) {
		if l, h = max(l, lo), min(h, hi); l < h {
			out = append(out, rowRange{l, h})
		}
	}
	switch f.c.Frame.Exclude {
	case plan.ExcludeNothing:
		add(lo, hi)
	case plan.ExcludeCurrentRow:
		add(lo, at)
		add(at+1, hi)
	case plan.ExcludeGroup:
		add(lo, c.peerLo[i])
		add(c.peerHi[i], hi)
	case plan.ExcludeTies:
		add(lo, c.peerLo[i])
		add(at, at+1)
		add(c.peerHi[i], hi)
	}
	return out
}
