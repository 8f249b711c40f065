package exec

import (
	"math"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/plan"
)

// hasWords reports whether an end of RANGE frames is found by words of the keys, which it makes for all
// rows of the morsel when it is first asked.
func (f *frameEval) hasWords(b *boundCursor) bool {
	s, key := f.m.s, f.c.key
	switch s.types[key].Class() {
	case types.I64:
	case types.F64:
		if math.IsInf(b.off.f, 1) {
			return false // see beforeLimit
		}
	default:
		return false
	}
	if f.words == nil {
		f.words = arena.Make[uint64](f.m.a, f.m.hi-f.m.lo)
		all := &keptRows{ids: s.ids[f.m.lo:f.m.hi]}
		all.eachBatch(f.m, key, func(v *vec.Vec, lo, hi int) { f.orderedWords(v, f.words[lo:hi]) })
	}
	return true
}

// orderedWords writes the words of values of the key's type: they ascend in the order of the window.
func (f *frameEval) orderedWords(v *vec.Vec, words []uint64) {
	orderWords(v, nil, words, f.m.w.scratch)
	if f.m.s.node.Order[0].Desc {
		for i := range words {
			words[i] = ^words[i]
		}
	}
}

// byWords finds one end of the frames of a chunk.
func (f *frameEval) byWords(b *boundCursor, c *windowChunk, out []int) {
	a, s, key := f.m.w.scratch, f.m.s, f.c.key
	mark := a.Mark()
	defer a.Release(mark)
	limit := arena.Make[uint64](a, c.n)
	f.limits(b, c, limit)
	side := uint64(0)
	if b.endSide {
		side = 1
	}
	nulls := s.rows.nulls[key]
	for i := range c.n {
		f.enter(b, c, i)
		if nulls && s.rows.isNull(key, c.ids[i]) {
			out[i] = c.peerLo[i]
			if b.endSide {
				out[i] = c.peerHi[i]
			}
			continue
		}
		words, end := f.words[b.at-f.m.lo:b.nonHi-f.m.lo], limit[i]
		n := 0
		for n < len(words) && (words[n] < end || side == 1 && words[n] == end) {
			n++
		}
		b.at += n
		out[i] = b.at
	}
}

// limits writes the words of the ends of the frames of a chunk.
func (f *frameEval) limits(b *boundCursor, c *windowChunk, limit []uint64) {
	a, s := f.m.w.scratch, f.m.s
	column := f.c.key
	if b.col >= 0 {
		column = b.col
	}
	v := s.rows.gather(column, c.ids, false, a)
	if b.col < 0 {
		sub := (b.bound.Kind == plan.Preceding) != s.node.Order[0].Desc
		if v.Type.Class() == types.I64 {
			x := vec.Of[int64](&v)
			for i := range x {
				x[i] = saturated(x[i], b.off.i, sub)
			}
		} else {
			off := b.off.f
			if sub {
				off = -off
			}
			x := vec.Of[float64](&v)
			for i := range x {
				x[i] += off
			}
		}
	}
	f.orderedWords(&v, limit)
}
