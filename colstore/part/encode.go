package part

import (
	"math"
	"math/bits"

	"driftdb/internal/bitpack"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// fillNulls overwrites the slots of NULLs with the first value that is not NULL, so that
// bounds and encodings need no look at validity and the stored bytes depend on the
// values alone. There is such a value.
func fillNulls[T any](s []T, valid []uint64) {
	if valid == nil {
		return
	}
	first := 0
	for !bit(valid, first) {
		first++
	}
	v := s[first]
	for i := range s {
		if !bit(valid, i) {
			s[i] = v
		}
	}
}

// widthFor returns the bytes that hold hi-lo: 0, 1, 2, 4 or 8.
func widthFor(lo, hi int64) int {
	switch n := bits.Len64(uint64(hi) - uint64(lo)); {
	case n == 0:
		return 0
	case n <= 8:
		return 1
	case n <= 16:
		return 2
	case n <= 32:
		return 4
	}
	return 8
}

// encodeInts narrows the staged integers by the group's own bounds.
func encodeInts[T signed](c *columnWriter, e *encoded) {
	s := vec.Cast[T](c.fixed)[:c.n]
	fillNulls(s, e.valid)
	lo, hi, sorted := boundsOf(s)
	e.stats.Valid, e.stats.Exact = true, true
	e.stats.Min = types.IntValue(c.spec.Type, int64(lo))
	e.stats.Max = types.IntValue(c.spec.Type, int64(hi))
	e.stats.Sorted = e.valid == nil && sorted
	if spread := uint64(int64(hi)) - uint64(int64(lo)); spread < uint64(min(maxTally, 4*len(s))) {
		e.stats.Distinct, e.unit = tallyInts(&c.seen, s, lo)
	} else {
		e.stats.Distinct, e.unit = sketchInts(&c.seen, s, spread), commonUnit(s, lo)
	}
	e.width = min(widthFor(int64(lo), int64(hi)), c.class.Size())
	if k := e.packing(); c.mayPack && 8*k.bits <= 5*e.width && k.bits > 0 {
		e.packed = true
		e.data = c.mem.alloc(bitpack.Size(len(s), k.bits))
		bitpack.Pack(e.data, s, uint64(k.least), k.unit, k.bits)
		return
	}
	if e.width < c.class.Size() {
		e.base = int64(lo)
	}
	e.data = storeInts(c.mem, s, e.width, e.base)
}

// storeInts returns s less base in width bytes each; a width of T's size means as they are.
func storeInts[T signed](mem *sharedArena, s []T, width int, base int64) []byte {
	if width == 0 {
		return nil
	}
	dst := mem.alloc(len(s) * width)
	switch {
	case base == 0 && width == len(vec.BytesOf(s))/len(s):
		copy(dst, vec.BytesOf(s))
	case width == 1:
		narrow(dst, s, base)
	case width == 2:
		narrow(vec.Cast[uint16](dst), s, base)
	case width == 4:
		narrow(vec.Cast[uint32](dst), s, base)
	}
	return dst
}

// loadInts sets dst to the values of a group of integers of class T. Behind it there is memory for a whole
// number of blocks.
func loadInts[T signed](dst []T, e *encoded) {
	var size = len(vec.BytesOf(dst)) / len(dst)
	switch {
	case e.packed:
		k := e.packing()
		bitpack.Unpack(vec.BytesOf(dst[:bitpack.Rounded(e.n)]), e.data, e.n, k.bits, size, k.unit, uint64(k.least))
	case e.data == nil:
		fill(dst, T(e.base))
	case e.width == size:
		copy(dst, vec.Cast[T](e.data))
	case e.width == 1:
		widen(dst, e.data, e.base)
	case e.width == 2:
		widen(dst, vec.Cast[uint16](e.data), e.base)
	case e.width == 4:
		widen(dst, vec.Cast[uint32](e.data), e.base)
	}
}

func (c *columnWriter) encodeBits(e *encoded) {
	words := vec.Cast[uint64](c.fixed)[:vec.Words(c.n)]
	trimBits(words, c.n)
	for i, w := range e.valid {
		words[i] &= w // a NULL is stored as false
	}
	ones, notNull := vec.CountBits(words), c.n-c.nulls
	least, most := types.BoolValue(ones == notNull), types.BoolValue(ones > 0)
	e.stats.Valid, e.stats.Exact, e.stats.Min, e.stats.Max = true, true, least, most
	e.stats.Distinct = int(most.I-least.I) + 1
	e.stats.Sorted = e.valid == nil && bitsAscending(words, c.n, ones)
	for b := least.I; b <= most.I; b++ {
		c.seen.add(hashInt(b))
	}
	e.data = c.mem.alloc(len(words) * 8)
	copy(e.data, vec.BytesOf(words))
}

// bitsAscending reports whether all zeros come before the given number of ones.
func bitsAscending(words []uint64, n, ones int) bool {
	return countOnes(words, n-ones) == 0
}

// encodeFloats keeps floats as they are; NaN is greater than all others, as in SQL order.
func encodeFloats[T float32 | float64](c *columnWriter, e *encoded) {
	s := vec.Cast[T](c.fixed)[:c.n]
	fillNulls(s, e.valid)
	lo, hi := T(math.Inf(1)), T(math.Inf(-1))
	for _, v := range s {
		if v < lo {
			lo = v
		}
		if v > hi {
			hi = v
		}
		if v != v {
			e.stats.HasNaN = true
		}
	}
	if lo <= hi {
		e.stats.Valid, e.stats.Exact = true, true
		e.stats.Min = types.FloatValue(c.spec.Type, float64(lo))
		e.stats.Max = types.FloatValue(c.spec.Type, float64(hi))
	}
	e.stats.Sorted = e.valid == nil && !e.stats.HasNaN && ascending(s)
	e.stats.Distinct = sketchFloats(&c.seen, s)
	e.data = c.mem.alloc(len(vec.BytesOf(s)))
	copy(e.data, vec.BytesOf(s))
}

func (c *columnWriter) encodeSpans(e *encoded) {
	s := vec.Cast[types.IntervalValue](c.fixed)[:c.n]
	fillNulls(s, e.valid)
	lo, hi, sorted := s[0], s[0], e.valid == nil
	var group sketch
	for i, v := range s {
		if types.CompareInterval(v, lo) < 0 {
			lo = v
		}
		if types.CompareInterval(v, hi) > 0 {
			hi = v
		}
		sorted = sorted && (i == 0 || types.CompareInterval(s[i-1], v) <= 0)
		group.add(hashSpan(v))
	}
	e.stats.Valid, e.stats.Exact, e.stats.Sorted = true, true, sorted
	e.stats.Min, e.stats.Max = types.SpanValue(lo), types.SpanValue(hi)
	e.stats.Distinct = min(group.estimate(), c.n)
	c.seen.merge(&group)
	e.data = c.mem.alloc(len(s) * 16)
	copy(e.data, vec.BytesOf(s))
}
