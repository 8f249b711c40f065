package exec

import (
	"encoding/binary"
	"math"
	"math/bits"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// orderFloat returns a word that orders as the float does: NaN is above all, -0 equals 0.
func orderFloat(f float64) uint64 {
	w := floatWord(f)
	return w ^ (uint64(int64(w)>>63) | 1<<63) // all bits of a number below zero, or its sign
}

// orderInt returns a word that orders as the integer does.
func orderInt(x int64) uint64 { return uint64(x) ^ 1<<63 }

// orderPrefix returns the first eight bytes of s as a number, zeros behind its end.
func orderPrefix(s str) uint64 {
	var b [16]byte
	if s.len() > inlineBytes {
		return binary.BigEndian.Uint64(s.far())
	}
	s.appendTo(b[:0])
	return binary.BigEndian.Uint64(b[:])
}

// orderWords writes, for rows idx (nil: all) of v, words that are ascending where the
// values are. Values with different words differ; equal words of strings and intervals
// say nothing. NULLs get any word.
func orderWords(v *vec.Vec, idx []int32, dst []uint64, a *arena.Arena) {
	switch v.Type.Class() {
	case types.Bytes:
		strs := vec.Cast[str](vec.BytesOf(arena.Make[uint64](a, 2*len(dst))))
		strsInto(v, idx, strs)
		form := isForm(v.Type)
		for i, s := range strs {
			if form {
				var short [16]byte
				s = keyOfForm(s, short[:0])
			}
			dst[i] = orderPrefix(s)
		}
	case types.Span:
		spans := arena.MakeSpans(a, len(dst))
		valuesInto(v, idx, spans)
		for i, s := range spans {
			days, _ := spanWords(s)
			dst[i] = orderInt(days)
		}
	case types.F64:
		f := vec.Cast[float64](vec.BytesOf(dst))
		valuesInto(v, idx, f)
		for i, x := range f {
			dst[i] = orderFloat(x)
		}
	case types.F32:
		wordsInto(v, idx, dst, a)
		for i, w := range dst {
			dst[i] = orderFloat(math.Float64frombits(w))
		}
	default:
		wordsInto(v, idx, dst, a)
		for i, w := range dst {
			dst[i] = w ^ 1<<63
		}
	}
}

// segmentKind is how a segment reads its column.
type segmentKind uint8

const (
	nullSegment   segmentKind = iota // is the value NULL
	wordSegment                      // the whole value
	daysSegment                      // the days of an interval
	microsSegment                    // and the rest of it
	textSegment                      // seven bytes of a string and how many of them count
)

// textStep is how many bytes of a string one key holds.
const textStep = 7

// segment is a piece of a sort key: a number of bits from one column, ascending in the
// wanted order. NULLs have the number 0; a nullSegment stands before.
type segment struct {
	column int
	kind   segmentKind
	bits   uint
	base   uint64 // ascending: number = word - base; descending: base - word
	desc   bool
	null   uint64 // nullSegment: the bit of a NULL
}

// level is the segments whose numbers make one 64-bit key, the first the highest. A
// level of one text segment repeats for the next bytes of strings that are longer.
type level struct {
	segs []segment
	text bool
}

// levelsOf returns the keys by which the rows of s are sorted. The value range of each
// column, which is known exactly here, decides how many bits it takes.
func levelsOf(s *store, specs []orderSpec) []level {
	var segs []segment
	for _, spec := range specs {
		if s.nulls[spec.column] {
			n := segment{column: spec.column, kind: nullSegment, bits: 1}
			if !spec.nullsFirst {
				n.null = 1
			}
			segs = append(segs, n)
		}
		segs = append(segs, valueSegments(s, spec)...)
	}
	var levels []level
	used := uint(65)
	for _, g := range segs {
		if g.bits == 0 {
			continue
		}
		if used+g.bits > 64 {
			levels = append(levels, level{})
			used = 0
		}
		l := &levels[len(levels)-1]
		l.segs = append(l.segs, g)
		l.text = g.kind == textSegment && g.bits == 64
		used += g.bits
	}
	return levels
}

// valueSegments returns the segments of the values of a column that are not NULL.
func valueSegments(s *store, spec orderSpec) []segment {
	g := segment{column: spec.column, desc: spec.desc, kind: wordSegment}
	switch s.types[spec.column].Class() {
	case types.Bytes:
		g.kind = textSegment
		longest := s.longest(spec.column)
		g.bits = 64
		if longest <= textStep-1 {
			g.bits = uint(8*longest + 3)
		}
		return []segment{g}
	case types.Span:
		rest := g
		g.kind, rest.kind = daysSegment, microsSegment
		return []segment{s.ranged(g), s.ranged(rest)}
	}
	return []segment{s.ranged(g)}
}

// longest returns the length of the longest string of a column.
func (s *store) longest(c int) int {
	n := 0
	for _, b := range s.blocks {
		valid := b.cols[c].valid
		for i, x := range vec.Cast[str](b.cols[c].data)[:b.n] {
			if l := x.len(); l > n && (valid == nil || bit(valid, i) == 1) {
				n = l
			}
		}
	}
	return n
}

// ranged returns g with the base and bits that the column's values need.
func (s *store) ranged(g segment) segment {
	lo, hi := ^uint64(0), uint64(0)
	var words [1024]uint64
	for _, b := range s.blocks {
		valid := b.cols[g.column].valid
		for from := 0; from < b.n; from += len(words) {
			k := min(len(words), b.n-from)
			s.blockWords(b, g, from, words[:k])
			for i, w := range words[:k] {
				if valid == nil || bit(valid, from+i) == 1 {
					lo, hi = min(lo, w), max(hi, w)
				}
			}
		}
	}
	if lo > hi { // all NULL
		return g
	}
	g.bits = uint(bits.Len64(hi - lo))
	g.base = lo
	if g.desc {
		g.base = hi
	}
	return g
}

// blockWords writes the order words of rows [from, from+len(dst)) of a block.
func (s *store) blockWords(b *block, g segment, from int, dst []uint64) {
	col := &b.cols[g.column]
	switch s.types[g.column].Class() {
	case types.Bits:
		wordsOfInts(vec.Cast[int8](col.data)[from:], dst)
	case types.I16:
		wordsOfInts(vec.Cast[int16](col.data)[from:], dst)
	case types.I32:
		wordsOfInts(vec.Cast[int32](col.data)[from:], dst)
	case types.I64:
		wordsOfInts(vec.Cast[int64](col.data)[from:], dst)
	case types.F32:
		for i, x := range vec.Cast[float32](col.data)[from : from+len(dst)] {
			dst[i] = orderFloat(float64(x))
		}
	case types.F64:
		for i, x := range vec.Cast[float64](col.data)[from : from+len(dst)] {
			dst[i] = orderFloat(x)
		}
	default:
		for i, x := range vec.Cast[vec.Span](col.data)[from : from+len(dst)] {
			dst[i] = spanWord(x, g.kind)
		}
	}
}

func wordsOfInts[T int8 | int16 | int32 | int64](src []T, dst []uint64) {
	for i, x := range src[:len(dst)] {
		dst[i] = orderInt(int64(x))
	}
}

// spanWord returns the part of an interval that a segment wants, as an order word.
func spanWord(s vec.Span, kind segmentKind) uint64 {
	days, micros := spanWords(s)
	if kind == daysSegment {
		return orderInt(days)
	}
	return uint64(micros)
}
