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
	spec   int // number of the orderSpec
	kind   segmentKind
	bits   uint
	drop   uint   // the lowest bits of the number, which the next level has
	base   uint64 // ascending: number = word - base; descending: base - word
	desc   bool
	null   uint64 // nullSegment: the bit of a NULL

	from   int  // textSegment: the bytes before are the same in all strings
	packed bool // textSegment: only the bits are kept in which strings differ
	pieces []wordPiece
	prefix str    // packed: a string, which begins as all do
	always uint64 // packed: the bits that are one in all words
}

// level is the segments whose numbers make one 64-bit key, the first the highest. A
// level of one text segment repeats for the next bytes of strings that are longer.
type level struct {
	segs []segment
	text bool
}

// levelsOf returns the keys by which the rows of s are sorted. The value range of each
// column, which is known exactly here, decides how many bits it takes. ends is the level of the
// last bits of each spec or those before, -1 before the first.
func levelsOf(s *store, specs []orderSpec, do tasks) (levels []level, ends []int, err error) {
	used := uint(64)
	for i, spec := range specs {
		segs, err := segmentsOf(s, spec, do)
		if err != nil {
			return nil, nil, err
		}
		for _, g := range segs {
			g.spec = i
			for g.bits > 0 {
				if room := 64 - used; g.bits > room && !g.divides(room) {
					levels, used = append(levels, level{}), 0
				}
				part := g
				part.bits = min(g.bits, 64-used)
				part.drop = g.bits - part.bits
				l := &levels[len(levels)-1]
				l.segs = append(l.segs, part)
				l.text = g.kind == textSegment && !g.packed && g.bits == 64
				used += part.bits
				g.bits -= part.bits
			}
		}
		ends = append(ends, len(levels)-1)
	}
	return levels, ends, nil
}

// divides reports whether the highest bits of a segment may go to a level that has room for some,
// so that the next level is asked less often.
func (g *segment) divides(room uint) bool {
	return room > 0 && g.kind != nullSegment && (g.kind != textSegment || g.packed)
}

// segmentsOf returns the segments of a key.
func segmentsOf(s *store, spec orderSpec, do tasks) ([]segment, error) {
	var segs []segment
	if s.nulls[spec.column] {
		n := segment{column: spec.column, kind: nullSegment, bits: 1}
		if !spec.nullsFirst {
			n.null = 1
		}
		segs = append(segs, n)
	}
	g := segment{column: spec.column, desc: spec.desc, kind: wordSegment}
	var err error
	switch s.types[spec.column].Class() {
	case types.Bytes:
		g, err = s.texts(g, do)
	case types.Span:
		days := g
		days.kind, g.kind = daysSegment, microsSegment
		if days, err = s.ranged(days, do); err != nil {
			return nil, err
		}
		segs = append(segs, days)
		g, err = s.ranged(g, do)
	default:
		g, err = s.ranged(g, do)
	}
	return append(segs, g), err
}

// ranged returns g with the base and bits that the column's values need.
func (s *store) ranged(g segment, do tasks) (segment, error) {
	ranges, err := ofBlocks(s, do, func(b *block) [2]uint64 {
		lo, hi := s.rangeOf(b, g)
		return [2]uint64{lo, hi}
	})
	lo, hi := ^uint64(0), uint64(0)
	for _, r := range ranges {
		lo, hi = min(lo, r[0]), max(hi, r[1])
	}
	if lo > hi { // all NULL
		return g, err
	}
	g.bits = uint(bits.Len64(hi - lo))
	g.base = lo
	if g.desc {
		g.base = hi
	}
	return g, err
}

// ofBlocks returns what f returns for every block of s.
func ofBlocks[T any](s *store, do tasks, f func(b *block) T) ([]T, error) {
	list := make([]T, len(s.blocks))
	err := do(len(list), func(_, b int) error {
		list[b] = f(s.blocks[b])
		return nil
	})
	return list, err
}

// rangeOf returns the least and the greatest word of a block, lo above hi where all is NULL.
func (s *store) rangeOf(b *block, g segment) (lo, hi uint64) {
	lo = ^uint64(0)
	valid := b.cols[g.column].valid
	var words [1024]uint64
	for from := 0; from < b.n; from += len(words) {
		k := min(len(words), b.n-from)
		s.blockWords(b, g, from, words[:k])
		if valid == nil {
			for _, w := range words[:k] {
				lo, hi = min(lo, w), max(hi, w)
			}
			continue
		}
		for i, w := range words[:k] {
			if bit(valid, from+i) == 1 {
				lo, hi = min(lo, w), max(hi, w)
			}
		}
	}
	return lo, hi
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
