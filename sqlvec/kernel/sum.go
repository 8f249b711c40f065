package kernel

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// Int128 is a signed 128-bit integer, Hi × 2^64 + Lo.
type Int128 struct {
	Hi int64
	Lo uint64
}

// Add adds x.
func (s *Int128) Add(x int64) {
	var carry uint64
	s.Lo, carry = bits.Add64(s.Lo, uint64(x), 0)
	s.Hi += x>>63 + int64(carry)
}

// Add128 adds t and reports whether the sum overflowed.
func (s *Int128) Add128(t Int128) bool {
	lo, carry := bits.Add64(s.Lo, t.Lo, 0)
	hi := s.Hi + t.Hi + int64(carry)
	over := (s.Hi^hi)&(t.Hi^hi) < 0
	s.Hi, s.Lo = hi, lo
	return over
}

// Sum128 adds integers of 128 bits, no sum of which overflows.
func Sum128(a []Int128) (s Int128) {
	for _, x := range a {
		var carry uint64
		s.Lo, carry = bits.Add64(s.Lo, x.Lo, 0)
		s.Hi += x.Hi + int64(carry)
	}
	return s
}

// SumSquares128 adds the squares of at most 64 integers of 125 bits. The lowest word is first.
func SumSquares128(a []Int128) (s [4]uint64) {
	var s0, s1, s2, s3 uint64
	for _, x := range a {
		sign := uint64(x.Hi >> 63)
		lo, borrow := bits.Sub64(x.Lo^sign, sign, 0)
		hi := (uint64(x.Hi) ^ sign) - sign - borrow
		midHi, midLo := bits.Mul64(2*hi, lo)
		top, low := bits.Mul64(lo, lo)
		high, third := bits.Mul64(hi, hi)
		top, carry := bits.Add64(top, midLo, 0)
		third, carry = bits.Add64(third, midHi, carry)
		high += carry
		s0, carry = bits.Add64(s0, low, 0)
		s1, carry = bits.Add64(s1, top, carry)
		s2, carry = bits.Add64(s2, third, carry)
		s3 += high + carry
	}
	return [4]uint64{s0, s1, s2, s3}
}

// Compare128 returns -1, 0 or 1 as x is less than y, equal to it or greater.
func Compare128(x, y Int128) int {
	_, less := bits.Sub64(x.Lo, y.Lo, 0)
	_, less = bits.Sub64(uint64(x.Hi)^1<<63, uint64(y.Hi)^1<<63, less)
	_, more := bits.Sub64(y.Lo, x.Lo, 0)
	_, more = bits.Sub64(uint64(y.Hi)^1<<63, uint64(x.Hi)^1<<63, more)
	return int(more) - int(less)
}

// Beyond reports whether x is above a limit, or below it.
func Beyond(x, limit Int128, above bool) bool {
	if !above {
		x, limit = limit, x
	}
	_, borrow := bits.Sub64(limit.Lo, x.Lo, 0)
	_, borrow = bits.Sub64(uint64(limit.Hi)^1<<63, uint64(x.Hi)^1<<63, borrow)
	return borrow != 0
}

// BeyondMask returns the bits of those of at most 64 integers that are above a limit, or below it.
func BeyondMask(a []Int128, limit Int128, above bool) (mask uint64) {
	top, low := uint64(limit.Hi)^1<<63, limit.Lo
	if above {
		for i, x := range a {
			_, borrow := bits.Sub64(low, x.Lo, 0)
			_, borrow = bits.Sub64(top, uint64(x.Hi)^1<<63, borrow)
			mask |= borrow << (uint(i) & 63)
		}
		return mask
	}
	for i, x := range a {
		_, borrow := bits.Sub64(x.Lo, low, 0)
		_, borrow = bits.Sub64(uint64(x.Hi)^1<<63, top, borrow)
		mask |= borrow << (uint(i) & 63)
	}
	return mask
}

// AnyBeyond reports whether one of the integers is above a limit, or below it.
func AnyBeyond(a []Int128, limit Int128, above bool) bool {
	top, low := uint64(limit.Hi)^1<<63, limit.Lo
	any := uint64(0)
	if above {
		for _, x := range a {
			_, borrow := bits.Sub64(low, x.Lo, 0)
			_, borrow = bits.Sub64(top, uint64(x.Hi)^1<<63, borrow)
			any |= borrow
		}
	} else {
		for _, x := range a {
			_, borrow := bits.Sub64(x.Lo, low, 0)
			_, borrow = bits.Sub64(uint64(x.Hi)^1<<63, top, borrow)
			any |= borrow
		}
	}
	return any != 0
}

// Neg returns -s.
func (s Int128) Neg() Int128 {
	lo, borrow := bits.Sub64(0, s.Lo, 0)
	return Int128{-s.Hi - int64(borrow), lo}
}

// MulWide returns x × y.
func MulWide(x, y int64) Int128 {
	hi, lo := bits.Mul64(uint64(x), uint64(y))
	return Int128{int64(hi) - x>>63&y - y>>63&x, lo}
}

// Sum adds all values.
func Sum[T Signed](a []T) Int128 {
	if s, ok := sumWide(a, nil); ok {
		return s
	}
	var z T
	if unsafe.Sizeof(z) < 8 { // 2^31 rows fit
		s0, s1, s2, s3 := int64(0), int64(0), int64(0), int64(0)
		for ; len(a) >= 4; a = a[4:] {
			x := (*[4]T)(a)
			s0, s1, s2, s3 = s0+int64(x[0]), s1+int64(x[1]), s2+int64(x[2]), s3+int64(x[3])
		}
		for _, x := range a {
			s0 += int64(x)
		}
		var s Int128
		s.Add(s0 + s1 + s2 + s3)
		return s
	}
	// Halves of 32 bits cannot overflow 64 bits in 2^31 rows.
	var hi, lo int64
	for _, x := range a {
		v := int64(x)
		hi += v >> 32
		lo += v & 0xFFFFFFFF
	}
	var s Int128
	s.Add(lo)
	s.Hi += hi >> 32
	var carry uint64
	s.Lo, carry = bits.Add64(s.Lo, uint64(hi)<<32, 0)
	s.Hi += int64(carry)
	return s
}

// SumMask adds the values whose bit is set, and returns how many there are.
func SumMask[T Signed](a []T, mask []uint64) (s Int128, n int) {
	if s, ok := sumWide(a, mask); ok {
		return s, Count(mask)
	}
	for w, m := range mask {
		switch {
		case m == 0:
			continue
		case m == ^uint64(0):
			t := Sum(a[w*64 : w*64+64])
			s.Add128(t)
			n += 64
			continue
		}
		var hi, lo int64
		x := a[w*64 : min(w*64+64, len(a))]
		rest := m
		for _, y := range x {
			v := int64(y) & -int64(rest&1)
			rest >>= 1
			hi += v >> 32
			lo += v & 0xFFFFFFFF
		}
		var t Int128
		t.Add(hi)
		t.Hi = t.Hi<<32 | int64(t.Lo>>32)
		t.Lo <<= 32
		s.Add128(t)
		s.Add(lo)
		n += bits.OnesCount64(m)
	}
	return s, n
}

// SumNarrow adds unsigned codes: the values of a narrow vector less their base.
func SumNarrow[T ~uint8 | ~uint16 | ~uint32](a []T) uint64 {
	s, ok := sumNarrowWide(a, nil)
	if ok {
		return s
	}
	var z T
	switch unsafe.Sizeof(z) {
	case 1:
		s = sumBytes(as[uint8](a))
		a = a[len(a)&^7:]
	case 2:
		s = sumPairs(unsafe.Slice((*uint8)(unsafe.Pointer(unsafe.SliceData(a))), 2*len(a)))
		a = a[len(a)&^3:]
	}
	for ; len(a) >= 8; a = a[8:] {
		x := (*[8]T)(a)
		s += uint64(x[0]) + uint64(x[1]) + uint64(x[2]) + uint64(x[3]) + (uint64(x[4]) + uint64(x[5]) + uint64(x[6]) + uint64(x[7]))
	}
	for _, x := range a {
		s += uint64(x)
	}
	return s
}

// sumBytes adds the bytes of the whole words of a, eight at a time in lanes of 16 bits.
func sumBytes(a []uint8) (s uint64) {
	const lanes = 0x00FF00FF00FF00FF
	for len(a) >= 8 {
		acc := uint64(0)
		for n := 0; len(a) >= 8 && n < 1<<7; a, n = a[8:], n+1 { // a lane takes 257 sums of two bytes
			w := binary.NativeEndian.Uint64(a)
			acc += w&lanes + w>>8&lanes
		}
		s += acc&0xFFFF + acc>>16&0xFFFF + acc>>32&0xFFFF + acc>>48
	}
	return s
}

// sumPairs adds the integers of 16 bits of the whole words of a, four at a time in lanes of 32 bits.
func sumPairs(a []uint8) (s uint64) {
	const lanes = 0x0000FFFF0000FFFF
	for len(a) >= 8 {
		acc := uint64(0)
		for n := 0; len(a) >= 8 && n < 1<<15; a, n = a[8:], n+1 {
			w := binary.NativeEndian.Uint64(a)
			acc += w&lanes + w>>16&lanes
		}
		s += acc&0xFFFFFFFF + acc>>32
	}
	return s
}

// minMaxBytes is MinMax of bytes.
func minMaxBytes(a []uint8) (lo, hi uint8) {
	var seen [256]bool
	for _, x := range a {
		seen[x] = true
	}
	for !seen[lo] {
		lo++
	}
	for hi = 255; !seen[hi]; hi-- {
	}
	return lo, hi
}

// fewBits is the most bits of a word that are taken one by one.
const fewBits = 16

// SumNarrowMask is SumNarrow over the rows whose bit is set.
func SumNarrowMask[T ~uint8 | ~uint16 | ~uint32](a []T, mask []uint64) (s uint64, n int) {
	if s, ok := sumNarrowWide(a, mask); ok {
		return s, Count(mask)
	}
	for w, m := range mask {
		x := a[w*64 : min(w*64+64, len(a))]
		ones := bits.OnesCount64(m)
		n += ones
		switch {
		case ones <= fewBits:
			for ; m != 0; m &= m - 1 {
				s += uint64(x[bits.TrailingZeros64(m)])
			}
		case ones >= 64-fewBits:
			s += SumNarrow(x)
			for rest := ^m & TailMask(len(x)); rest != 0; rest &= rest - 1 {
				s -= uint64(x[bits.TrailingZeros64(rest)])
			}
		default:
			for _, y := range x {
				s += uint64(y) & -(m & 1)
				m >>= 1
			}
		}
	}
	return s, n
}

// MinMax returns the least and greatest value of a, which is not empty.
func MinMax[T Int](a []T) (lo, hi T) {
	if lo, hi, ok := minMaxWide(a); ok {
		return lo, hi
	}
	if hi--; unsafe.Sizeof(hi) == 1 && hi > 0 && len(a) >= 256 { // unsigned: 0 - 1 is the greatest
		l, h := minMaxBytes(as[uint8](a))
		return T(l), T(h)
	}
	lo, hi = a[0], a[0]
	lo1, hi1, lo2, hi2, lo3, hi3 := lo, hi, lo, hi, lo, hi // four in turn, none of which waits for the others
	for ; len(a) >= 4; a = a[4:] {
		x := (*[4]T)(a)
		lo, hi, lo1, hi1 = min(lo, x[0]), max(hi, x[0]), min(lo1, x[1]), max(hi1, x[1])
		lo2, hi2, lo3, hi3 = min(lo2, x[2]), max(hi2, x[2]), min(lo3, x[3]), max(hi3, x[3])
	}
	for _, x := range a {
		lo, hi = min(lo, x), max(hi, x)
	}
	return min(lo, lo1, lo2, lo3), max(hi, hi1, hi2, hi3)
}

// MinMaxMask is MinMax over the rows whose bit is set; ok is false when none is.
func MinMaxMask[T Int](a []T, mask []uint64) (lo, hi T, ok bool) {
	for w, m := range mask {
		if m == ^uint64(0) {
			least, most := MinMax(a[w*64 : w*64+64])
			if !ok {
				lo, hi, ok = least, most, true
			}
			lo, hi = min(lo, least), max(hi, most)
			continue
		}
		for ; m != 0; m &= m - 1 {
			x := a[w*64+bits.TrailingZeros64(m)]
			if !ok {
				lo, hi, ok = x, x, true
			}
			lo, hi = min(lo, x), max(hi, x)
		}
	}
	return lo, hi, ok
}
