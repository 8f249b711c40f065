package exec

import (
	"math/bits"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// intSet is the distinct integers of a DISTINCT aggregate without keys, as one bit for
// every integer of a window around them. Its owner gives it up for a hash table where the
// window becomes too wide for the rows seen.
type intSet struct {
	typ   types.Type
	a     *arena.Arena
	base  int64    // integer of the first bit, a multiple of 64
	words []uint64 // the window
	rows  int      // seen
	null  bool     // a NULL was seen
}

// The window may take windowBits bits a row, and at least leastWindow.
const (
	windowBits  = 32
	leastWindow = 1 << 22
	mostWindow  = 1 << 32
)

// newIntSet returns a set for values of type t, nil where they are not integers.
func newIntSet(t types.Type, a *arena.Arena) *intSet {
	switch t.Class() {
	case types.I16, types.I32, types.I64:
		return &intSet{typ: t, a: a}
	}
	return nil
}

// add adds the selected values of v. It reports false, having added none of them, where
// the window would become too wide.
func (s *intSet) add(v *vec.Vec, n int, sel []uint64, scratch *arena.Arena) bool {
	s.rows += n
	rows := sel
	if v.Valid != nil {
		rows = nullKeys([]vec.Vec{*v}, n, sel, scratch)
		s.null = s.null || missing(rows, sel, n)
	}
	x := arena.Make[int64](scratch, n)
	s.widen(v, x)
	if rows == nil {
		lo, hi := kernel.MinMax(x)
		if !s.reach(lo, hi) {
			return false
		}
		words, base := s.words, s.base
		for _, y := range x {
			at := uint64(y - base)
			words[at>>6] |= 1 << (at & 63)
		}
		return true
	}
	lo, hi, ok := kernel.MinMaxMask(x, rows)
	if !ok {
		return true
	}
	if !s.reach(lo, hi) {
		return false
	}
	for w, m := range rows {
		for ; m != 0; m &= m - 1 {
			at := uint64(x[w*64+bits.TrailingZeros64(m)] - s.base)
			s.words[at>>6] |= 1 << (at & 63)
		}
	}
	return true
}

// widen writes the values of v as 64-bit integers.
func (s *intSet) widen(v *vec.Vec, x []int64) {
	switch s.typ.Class() {
	case types.I16:
		y := make([]int16, len(x))
		intsInto(v, nil, y)
		kernel.Convert(x, y)
	case types.I32:
		y := make([]int32, len(x))
		intsInto(v, nil, y)
		kernel.Convert(x, y)
	default:
		intsInto(v, nil, x)
	}
}

// missing reports whether a row of sel is not in rows, which is within it.
func missing(rows, sel []uint64, n int) bool {
	if sel == nil {
		return kernel.Count(rows) < n
	}
	return kernel.Count(rows) < kernel.Count(sel)
}

// reach makes the window hold lo and hi. It reports false where that is too wide.
func (s *intSet) reach(lo, hi int64) bool {
	lo &^= 63
	if size := uint64(len(s.words)) * 64; size > 0 {
		if uint64(lo-s.base) < size && uint64(hi-s.base) < size && lo >= s.base {
			return true
		}
		lo, hi = min(lo, s.base), max(hi, s.base+int64(size-1))
	}
	span := uint64(hi) - uint64(lo) + 1
	if span == 0 || span > min(mostWindow, max(leastWindow, windowBits*uint64(s.rows))) {
		return false
	}
	size := uint64(1) << bits.Len64(max(span, 1<<12)-1)
	// Room is left at both ends as far as the type goes: values may come in any order.
	base := lo
	if room := int64((size - span) / 2 &^ 63); base-room <= base && s.words != nil && lo < s.base {
		base -= room
	}
	if base+int64(size-1) < base {
		return false
	}
	words := arena.MakeZero[uint64](s.a, int(size/64))
	if len(s.words) > 0 {
		copy(words[(s.base-base)>>6:], s.words)
	}
	s.base, s.words = base, words
	return true
}

// merge adds the values of o, another worker's. It reports false where the window would
// become too wide.
func (s *intSet) merge(o *intSet) bool {
	s.rows += o.rows
	s.null = s.null || o.null
	if len(o.words) == 0 {
		return true
	}
	if !s.reach(o.base, o.base+int64(len(o.words))*64-1) {
		return false
	}
	at := (o.base - s.base) >> 6
	kernel.Or(s.words[at:at+int64(len(o.words))], s.words[at:], o.words)
	return true
}

// each calls f with the distinct values as vectors of up to vec.BatchRows rows, ascending,
// the NULL last.
func (s *intSet) each(scratch *arena.Arena, f func(v vec.Vec) error) error {
	mark := scratch.Mark()
	defer scratch.Release(mark)
	x := arena.Make[int64](scratch, vec.BatchRows)
	n := 0
	flush := func() error {
		if n == 0 {
			return nil
		}
		inner := scratch.Mark()
		defer scratch.Release(inner)
		k := n
		n = 0
		return f(s.vector(x[:k], scratch))
	}
	for w, m := range s.words {
		if n+64 > len(x) {
			if err := flush(); err != nil {
				return err
			}
		}
		for ; m != 0; m &= m - 1 {
			x[n] = s.base + int64(w*64+bits.TrailingZeros64(m))
			n++
		}
	}
	if err := flush(); err != nil || !s.null {
		return err
	}
	return f(nulls(s.typ, 1))
}

// vector returns integers as values of the set's type.
func (s *intSet) vector(x []int64, a *arena.Arena) vec.Vec {
	switch s.typ.Class() {
	case types.I16:
		y := arena.Make[int16](a, len(x))
		kernel.Shrink(y, x)
		return vec.FromFixed(s.typ, y, nil)
	case types.I32:
		y := arena.Make[int32](a, len(x))
		kernel.Shrink(y, x)
		return vec.FromFixed(s.typ, y, nil)
	}
	return vec.FromFixed(s.typ, x, nil)
}
