package kernel

import (
	"math/bits"
	"unsafe"
)

// The comparisons with a constant, as Go alone does them: a word holds several small integers, its lanes,
// which are compared at once.

// unsigned are the integers that lanes hold.
type unsigned interface {
	~uint8 | ~uint16 | ~uint32 | ~uint64
}

// atMost sets bit i of out where a[i]^flip <= k. All comparisons with a constant are of this form: see
// CompareConst.
func atMost[T unsigned](a []T, flip, k T, out []uint64) {
	if k == ^T(0) {
		Fill(out, len(a))
		return
	}
	limitedBy(a, []limit[T]{limitOf(flip, k)}, 0, out)
}

// limit is a comparison of lanes with a constant: whether x^flip is at most k, or not.
type limit[T unsigned] struct {
	flip, k T
	not     uint64 // all bits, or none
}

// limitOf returns x^flip <= k for a k that is not the greatest integer. In the limit it has not the highest
// bit: what is at most k is, all bits flipped, not less than k flipped.
func limitOf[T unsigned](flip, k T) limit[T] {
	if k>>(8*unsafe.Sizeof(k)-1) != 0 {
		return limit[T]{^flip, ^k - 1, ^uint64(0)}
	}
	return limit[T]{flip, k, 0}
}

// limitedBy sets bit i of out to not where an even number of the limits holds for a[i], else to its opposite.
func limitedBy[T unsigned](a []T, limits []limit[T], not uint64, out []uint64) {
	n := len(a)
	for w := 0; len(a) > 0; w++ {
		var last [64]T
		rows := &last
		if len(a) >= 64 {
			rows, a = (*[64]T)(a), a[64:]
		} else {
			copy(last[:], a)
			a = nil
		}
		m := not
		for i := range limits {
			m ^= limits[i].holds(rows)
		}
		out[w] = m
	}
	Trim(out, n)
}

// holds returns the bits of the rows for which the limit holds.
func (l *limit[T]) holds(a *[64]T) uint64 {
	lane := 8 * uint(unsafe.Sizeof(l.k))
	each := ^uint64(0) / (^uint64(0) >> (64 - lane)) // the lowest bit of every lane
	// A lane is above k when it has its highest bit, or the lower ones with what those of k lack to be all
	// set have a carry.
	x, lack := uint64(l.flip)*each, each<<(lane-1)-each-uint64(l.k)*each
	var m uint64
	switch p := unsafe.Pointer(a); lane {
	case 8:
		m = above8((*[8]uint64)(p), x, lack)
	case 16:
		m = above16((*[16]uint64)(p), x, lack)
	case 32:
		m = above32((*[32]uint64)(p), x, lack)
	default:
		m = above64((*[64]uint64)(p), x, uint64(l.k))
	}
	return m ^ ^l.not
}

// mostLimits is the most limits of lookupEdges. More take longer than to look up the codes.
const mostLimits = 2

// lookupEdges is Lookup by comparisons of the codes with the ends of the runs of set bits: a code is in one
// when an odd number of ends is above it. It returns false where runs are many, or codes wide.
func lookupEdges[T Int](codes []T, table []uint64, out []uint64) bool {
	var z T
	switch {
	case len(codes) < 64:
	case unsafe.Sizeof(z) == 1 && len(table) <= 4:
		return lookupBy(as[uint8](codes), table, out)
	case unsafe.Sizeof(z) == 2 && len(table) <= 64:
		return lookupBy(as[uint16](codes), table, out)
	}
	return false
}

// lookupBy is lookupEdges for unsigned codes.
func lookupBy[T unsigned](codes []T, table []uint64, out []uint64) bool {
	var mem [mostLimits + 1]limit[T]
	limits, not := mem[:0], uint64(0)
	end := len(table) * 64 // no code is there
	for lo := nextBit(table, 0, 0); lo < end; {
		hi := nextBit(table, lo, ^uint64(0))
		switch {
		case hi-lo == 1:
			limits = append(limits, limitOf(T(lo), 0))
		default:
			if lo > 0 {
				limits = append(limits, limitOf(0, T(lo-1)))
			}
			if hi < end {
				limits = append(limits, limitOf(0, T(hi-1)))
			} else {
				not = ^uint64(0)
			}
		}
		if len(limits) > mostLimits {
			return false
		}
		lo = nextBit(table, hi, 0)
	}
	limitedBy(codes, limits, not, out)
	return true
}

// lookupBytes is Lookup for codes of a byte, by a table of bytes.
func lookupBytes[T Int](codes []T, table []uint64, out []uint64) bool {
	var z T
	if unsafe.Sizeof(z) != 1 || len(table) > 4 || len(codes) < 256 {
		return false
	}
	var set [256]uint8
	for w, m := range table {
		for ; m != 0; m &= m - 1 {
			set[w*64+bits.TrailingZeros64(m)] = 1
		}
	}
	a := as[uint8](codes)
	w := 0
	for ; len(a) >= 64; a = a[64:] {
		x, m := (*[64]uint8)(a), uint64(0)
		for j := 0; j < 64; j += 4 {
			m = m>>4 | uint64(set[x[j]]|set[x[j+1]]<<1|set[x[j+2]]<<2|set[x[j+3]]<<3)<<60
		}
		out[w] = m
		w++
	}
	if len(a) > 0 {
		out[w] = 0
		for j, x := range a {
			out[w] |= uint64(set[x]) << (uint(j) & 63)
		}
	}
	return true
}

// nextBit returns the first bit of table from i on that is set or, with flip of all ones, clear; none is the
// number of all bits.
func nextBit(table []uint64, i int, flip uint64) int {
	for w := i >> 6; w < len(table); w++ {
		m := table[w] ^ flip
		if w == i>>6 {
			m &= ^uint64(0) << (uint(i) & 63)
		}
		if m != 0 {
			return w*64 + bits.TrailingZeros64(m)
		}
	}
	return len(table) * 64
}

// The highest bits of lanes of one, two and four bytes.
const (
	high8  = 0x8080808080808080
	high16 = 0x8000800080008000
	high32 = 0x8000000080000000
)

// over returns the highest bits of the lanes that, flipped by x, are above what lacks so much.
func over(y, x, lack, high uint64) uint64 {
	y ^= x
	return (y&^high + lack | y) & high
}

// above8 returns the bits of the lanes of a byte that are above.
func above8(a *[8]uint64, x, lack uint64) uint64 {
	m := over(a[0], x, lack, high8)>>7 | over(a[1], x, lack, high8)>>6 | over(a[2], x, lack, high8)>>5 | over(a[3], x, lack, high8)>>4 |
		over(a[4], x, lack, high8)>>3 | over(a[5], x, lack, high8)>>2 | over(a[6], x, lack, high8)>>1 | over(a[7], x, lack, high8)
	// Bit 8i + k of m is that of lane i of word k: it is a matrix to be transposed.
	t := (m ^ m>>7) & 0x00AA00AA00AA00AA
	m ^= t ^ t<<7
	t = (m ^ m>>14) & 0x0000CCCC0000CCCC
	m ^= t ^ t<<14
	t = (m ^ m>>28) & 0x00000000F0F0F0F0
	return m ^ t ^ t<<28
}

// above16 is above8 for lanes of two bytes.
func above16(a *[16]uint64, x, lack uint64) (m uint64) {
	for j := 0; j < 16; j += 4 {
		y := over(a[j], x, lack, high16)>>15 | over(a[j+1], x, lack, high16)>>11 | over(a[j+2], x, lack, high16)>>7 | over(a[j+3], x, lack, high16)>>3
		y |= y >> 15
		m = m>>16 | (y|y>>30)<<48
	}
	return m
}

// above32 is above8 for lanes of four bytes.
func above32(a *[32]uint64, x, lack uint64) (m uint64) {
	for j := 0; j < 32; j += 4 {
		y := over(a[j], x, lack, high32)>>31 | over(a[j+1], x, lack, high32)>>29 | over(a[j+2], x, lack, high32)>>27 | over(a[j+3], x, lack, high32)>>25
		m = m>>8 | (y|y>>31)<<56
	}
	return m
}

// above64 returns the bits of the numbers that are, flipped by x, above k.
func above64(a *[64]uint64, x, k uint64) (m uint64) {
	for j := 0; j < 64; j += 4 {
		y := bit(a[j]^x > k) | bit(a[j+1]^x > k)<<1 | bit(a[j+2]^x > k)<<2 | bit(a[j+3]^x > k)<<3
		m = m>>4 | y<<60
	}
	return m
}
