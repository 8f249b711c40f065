package exec

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
)

// quantileEval computes quantile_cont and quantile_disc over frames. The values of a morsel are sorted once; a tree
// of counts by their places (Fenwick, 1994) says which of them are in the frame, so that a row that enters or
// leaves it, and the search for a value, take logarithmic time.
type quantileEval struct {
	m     *windowMorselState
	c     *windowCall
	frame *frameEval
	kept  *keptRows // those that FILTER keeps and whose value is not NULL
	cont  bool
	order []int32 // kept rows in the order of their values
	place []int32 // of each kept row in order
	tree  []int32 // tree[i] counts the rows of the frame at the places (i - i&-i, i]
	n     int     // rows in the frame
	now   []rowRange
	rs    []rowRange
}

// newQuantileEval returns nil for other aggregates.
func (m *windowMorselState) newQuantileEval(c *windowCall, ok func(rowID) bool) *quantileEval {
	if c.Agg.Name != "quantile_cont" && c.Agg.Name != "quantile_disc" {
		return nil
	}
	rows := m.s.rows
	e := &quantileEval{m: m, c: c, frame: m.newFrameEval(c), cont: c.Agg.Name == "quantile_cont"}
	e.kept = m.keep(func(id rowID) bool { return (ok == nil || ok(id)) && !rows.isNull(c.args[0], id) })
	e.sort()
	return e
}

// sort puts the kept rows in order.
func (e *quantileEval) sort() {
	a, n := e.m.w.scratch, len(e.kept.ids)
	e.order, e.place, e.tree = arena.Make[int32](a, n), arena.Make[int32](a, n), arena.MakeZero[int32](a, n+1)
	for i := range e.order {
		e.order[i] = int32(i)
	}
	mark := a.Mark()
	switch t := e.c.types[0]; {
	case t.Class() == types.F64 || t.Class() == types.F32:
		keys := arena.Make[float64](a, n)
		e.keys(func(i int, v *vec.Vec, r int) { keys[i] = v.Float(r) })
		slices.SortFunc(e.order, func(i, j int32) int { return compareFloats(keys[i], keys[j]) })
	case t.IsInteger() || t.ID == types.Date || t.ID == types.Time || t.ID == types.TimeTZ || t.ID == types.Timestamp || t.ID == types.TimestampTZ || t.ID == types.Bool:
		keys := arena.Make[int64](a, n)
		e.keys(func(i int, v *vec.Vec, r int) { keys[i] = v.Int(r) })
		slices.SortFunc(e.order, func(i, j int32) int { return cmp.Compare(keys[i], keys[j]) })
	default:
		keys := make([]types.Value, n)
		e.keys(func(i int, v *vec.Vec, r int) {
			keys[i] = v.Value(r)
			keys[i].S = string(append([]byte(nil), keys[i].S...))
		})
		slices.SortFunc(e.order, func(i, j int32) int { return types.Compare(keys[i], keys[j]) })
	}
	a.Release(mark)
	for at, i := range e.order {
		e.place[i] = int32(at)
	}
}

// keys calls fn with every kept row and its value, row r of v.
func (e *quantileEval) keys(fn func(i int, v *vec.Vec, r int)) {
	a, ids := e.m.w.scratch, e.kept.ids
	for lo := 0; lo < len(ids); lo += vec.BatchRows {
		mark := a.Mark()
		part := ids[lo:min(lo+vec.BatchRows, len(ids))]
		v := e.m.s.rows.gather(e.c.args[0], part, false, a)
		for r := range part {
			fn(lo+r, &v, r)
		}
		a.Release(mark)
	}
}

func (e *quantileEval) eval(c *windowChunk) (vec.Vec, error) {
	e.frame.fill(c)
	a := e.m.w.scratch
	fractions := e.m.s.rows.gather(e.c.args[1], c.ids, false, a)
	below, above := arena.Make[rowID](a, c.n), arena.Make[rowID](a, c.n)
	part, valid := arena.Make[float64](a, c.n), arena.MakeZero[uint64](a, vec.Words(c.n))
	for i := range c.n {
		if i&1023 == 0 {
			if err := e.m.w.ex.check(); err != nil {
				return vec.Vec{}, err
			}
		}
		e.move(c, i)
		below[i], above[i], part[i] = c.ids[i], c.ids[i], 0
		if e.n == 0 || fractions.IsNull(i) {
			continue
		}
		f := fractions.Float(i)
		if !(f >= 0 && f <= 1) {
			return vec.Vec{}, dberr.Newf(dberr.NumericValueOutOfRange, "percentile value %g is not between 0 and 1", f)
		}
		valid[i>>6] |= 1 << (uint(i) & 63)
		lo, hi := max(0, int(math.Ceil(f*float64(e.n)))-1), 0
		if e.cont {
			at := f * float64(e.n-1)
			lo, hi = int(math.Floor(at)), int(math.Ceil(at))
			part[i] = at - float64(lo)
		}
		below[i] = e.row(lo)
		if above[i] = below[i]; hi > lo {
			above[i] = e.row(hi)
		}
	}
	return e.values(below, above, part, valid), nil
}

// values are the values of the rows below, or between those and the rows above.
func (e *quantileEval) values(below, above []rowID, part []float64, valid []uint64) vec.Vec {
	a, rows := e.m.w.scratch, e.m.s.rows
	v := rows.gather(e.c.args[0], below, false, a)
	if !e.cont {
		v.Valid = valid
		return v
	}
	w := rows.gather(e.c.args[0], above, false, a)
	if t := e.c.types[0]; t.ID != types.Float64 {
		out := arena.Make[int64](a, len(below))
		for i := range out {
			if out[i] = v.Int(i); below[i] != above[i] {
				out[i] = expr.TimeBetween(out[i], w.Int(i), part[i])
			}
		}
		return vec.FromFixed(t, out, valid)
	}
	out := arena.Make[float64](a, len(below))
	for i := range out {
		out[i] = v.Float(i)
		if below[i] != above[i] {
			out[i] += part[i] * (w.Float(i) - out[i])
		}
	}
	return vec.FromFixed(types.T(types.Float64), out, valid)
}

// move makes the frame that of row i of the chunk.
func (e *quantileEval) move(c *windowChunk, i int) {
	e.rs = e.frame.ranges(c, i, e.rs)
	for k := range e.rs {
		e.rs[k] = rowRange{e.kept.place(e.rs[k].lo), e.kept.place(e.rs[k].hi)}
	}
	if sameRanges(e.rs, e.now) {
		return
	}
	if len(e.rs) == 1 && len(e.now) == 1 && e.rs[0].lo < e.now[0].hi && e.now[0].lo < e.rs[0].hi {
		from, to := e.now[0], e.rs[0]
		e.count(from.lo, to.lo, -1)
		e.count(to.lo, from.lo, 1)
		e.count(from.hi, to.hi, 1)
		e.count(to.hi, from.hi, -1)
	} else {
		for _, r := range e.now {
			e.count(r.lo, r.hi, -1)
		}
		for _, r := range e.rs {
			e.count(r.lo, r.hi, 1)
		}
	}
	e.now = append(e.now[:0], e.rs...)
}

// count adds d to the counts of the kept rows [lo, hi).
func (e *quantileEval) count(lo, hi int, d int32) {
	for ; lo < hi; lo++ {
		for i := int(e.place[lo]) + 1; i < len(e.tree); i += i & -i {
			e.tree[i] += d
		}
		e.n += int(d)
	}
}

// row returns the k-th row of the frame, in the order of values.
func (e *quantileEval) row(k int) rowID {
	at, left := 0, int32(k)
	for step := 1 << (bits.Len(uint(len(e.tree))) - 1); step > 0; step >>= 1 {
		if next := at + step; next < len(e.tree) && e.tree[next] <= left {
			at = next
			left -= e.tree[next]
		}
	}
	return e.kept.ids[e.order[at]]
}
