package part

import (
	"encoding/binary"
	"math"
	"math/bits"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// prefixBits is the most bits of a key prefix: beside it a row number (20 bits) fits into 64.
const prefixBits = 44

// keyColumn says how the values of one index column become bits of the key prefix. An
// ordinal is an integer that does not decrease when the value increases; the code is the
// ordinal less that of the least value, cut to its top bits if it must be. A NULL has the
// greatest code.
type keyColumn struct {
	pos   int // of the column in the part
	typ   types.Type
	skip  string // strings: what all values begin with, and is left out
	min   uint64 // ordinal of the least value
	span  uint64 // ordinal of the greatest value less min, plus one if there are NULLs
	shift uint8  // bits of the code that are cut off
	bits  uint8  // bits of the prefix that the code takes; 0: none, or all codes are equal
	exact bool   // equal codes mean equal values
	known bool   // min and span say where the column's values lie
}

// newKeyColumn plans a column with the given statistics.
func newKeyColumn(pos int, t types.Type, s Stats) keyColumn {
	k := keyColumn{pos: pos, typ: t}
	if s.Nulls == s.Rows {
		k.exact = true
		return k
	}
	if !s.Valid || t.Class() == types.Bytes && !bytewise(t) {
		return k // only NaN, long strings, or bytes in another order: leave it to comparisons
	}
	if t.Class() == types.Bytes {
		k.skip = commonPrefix(s.Min.S, s.Max.S)
	}
	k.known = true
	k.min = k.ordinal(&s.Min)
	top := k.ordinal(&s.Max)
	if s.HasNaN {
		top = floatOrdinal(math.NaN())
	}
	k.span = top - k.min
	k.exact = t.Class() != types.Bytes && t.Class() != types.Span
	if s.Nulls > 0 {
		if k.span == math.MaxUint64 {
			k.exact = false
		} else {
			k.span++
		}
	}
	return k
}

// commonPrefix returns what both strings begin with, at most 255 bytes.
func commonPrefix(a, b string) string {
	n := 0
	for n < min(len(a), len(b), math.MaxUint8) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// packColumns gives each column its bits, most significant first, until they are used up
// or a column is not exact. It returns the bits in use and whether the prefix is the key.
func packColumns(cols []keyColumn) (total int, exact bool) {
	exact = true
	for i := range cols {
		k := &cols[i]
		if !exact {
			k.bits, k.shift = 0, 0
			continue
		}
		n := bits.Len64(k.span)
		k.shift = uint8(max(0, total+n-prefixBits))
		k.bits = uint8(n) - k.shift
		total += int(k.bits)
		exact = k.exact && k.shift == 0
	}
	return total, exact
}

// ordinal returns the ordinal of a value that is not NULL.
func (k *keyColumn) ordinal(v *types.Value) uint64 {
	switch k.typ.Class() {
	case types.Bytes:
		return textOrdinal(stringBytes(v.S), len(k.skip))
	case types.F32, types.F64:
		return floatOrdinal(v.F)
	case types.Span:
		return spanOrdinal(v.Iv)
	}
	return intOrdinal(v.I)
}

func intOrdinal(v int64) uint64 { return uint64(v) ^ 1<<63 }

func spanOrdinal(v types.IntervalValue) uint64 {
	days, _ := spanParts(v)
	return intOrdinal(days)
}

// textOrdinal returns the eight bytes behind the first skip, padded with zeros, as a number.
func textOrdinal(b []byte, skip int) uint64 {
	if len(b) >= skip+8 {
		return binary.BigEndian.Uint64(b[skip:])
	}
	var buf [8]byte
	if len(b) > skip {
		copy(buf[:], b[skip:])
	}
	return binary.BigEndian.Uint64(buf[:])
}

// place says where a sought value lies among the values of the column.
type place int

const (
	below  place = iota - 1 // less than all values
	inside                  // between the least and the greatest
	above                   // greater than all values, or NULL
)

// codes returns the bounds of the codes between which a sought value belongs, and where it lies.
func (k *keyColumn) codes(v *types.Value) (lo, hi uint64, at place) {
	last := k.span >> k.shift
	lastValue := (k.span - min(k.span, 1)) >> k.shift // the greatest value's code, or less
	if !v.Valid {                                     // where the NULLs are, or would be
		return lastValue, last, above
	}
	if k.skip != "" {
		switch head := v.S[:min(len(v.S), len(k.skip))]; {
		case head < k.skip:
			return 0, 0, below
		case head > k.skip:
			return lastValue, last, above
		}
	}
	ord := k.ordinal(v)
	switch {
	case ord < k.min:
		return 0, 0, below
	case ord-k.min > k.span:
		return lastValue, last, above
	}
	c := (ord - k.min) >> k.shift
	return c, c, inside
}

// addCodes shifts the prefixes in dst left and adds the codes of the rows of v, in any form.
func (k *keyColumn) addCodes(dst []uint64, v *vec.Vec) {
	if k.bits == 0 {
		return
	}
	switch k.typ.Class() {
	case types.Bytes:
		k.addEach(dst, v, func(i int) uint64 { return textOrdinal(v.Bytes(i), len(k.skip)) })
	case types.F32, types.F64:
		k.addEach(dst, v, func(i int) uint64 { return floatOrdinal(v.Float(i)) })
	case types.Span:
		k.addEach(dst, v, func(i int) uint64 { return spanOrdinal(spanAt(v, i)) })
	case types.I64:
		if v.Form == vec.Flat && v.Valid == nil {
			addPlain(k, dst, vec.Of[int64](v))
			return
		}
		k.addInts(dst, v)
	default:
		k.addInts(dst, v)
	}
}

// addInts adds the codes of integers.
func (k *keyColumn) addInts(dst []uint64, v *vec.Vec) {
	if v.Form == vec.Narrow && v.Valid == nil {
		more := intOrdinal(v.Base) - k.min
		switch v.Width {
		case 1:
			addStored(k, dst, v.Data, more)
		case 2:
			addStored(k, dst, vec.Of[uint16](v), more)
		default:
			addStored(k, dst, vec.Of[uint32](v), more)
		}
		return
	}
	k.addEach(dst, v, func(i int) uint64 { return intOrdinal(v.Int(i)) })
}

func addStored[T code](k *keyColumn, dst []uint64, s []T, more uint64) {
	for i, v := range s {
		dst[i] = dst[i]<<k.bits | (uint64(v)+more)>>k.shift
	}
}

func addPlain[T signed](k *keyColumn, dst []uint64, s []T) {
	for i, v := range s {
		dst[i] = dst[i]<<k.bits | (intOrdinal(int64(v))-k.min)>>k.shift
	}
}

func (k *keyColumn) addEach(dst []uint64, v *vec.Vec, ordinal func(i int) uint64) {
	for i := range dst {
		c := k.span
		if !v.IsNull(i) {
			c = min(ordinal(i)-k.min, k.span)
		}
		dst[i] = dst[i]<<k.bits | c>>k.shift
	}
}
