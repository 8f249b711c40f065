package part

import (
	"math/bits"

	"driftdb/internal/vec"
)

// span is an INTERVAL as it is moved: 16 bytes.
type span = [2]uint64

type cell interface {
	uint8 | uint16 | uint32 | uint64 | span
}

type signed interface{ int16 | int32 | int64 }

type code interface{ uint8 | uint16 | uint32 }

// rows names rows of a vector: those of idx, or n from lo on when idx is nil.
type rows struct {
	lo, n int
	idx   []int32
}

// split returns the first n rows of r and the rest.
func (r rows) split(n int) (head, tail rows) {
	if r.idx != nil {
		return rows{n: n, idx: r.idx[:n]}, rows{n: r.n - n, idx: r.idx[n:]}
	}
	return rows{lo: r.lo, n: n}, rows{lo: r.lo + n, n: r.n - n}
}

// copyRows sets dst to the given rows of src.
func copyRows[T cell](dst, src []T, r rows) {
	if r.idx == nil {
		copy(dst, src[r.lo:r.lo+r.n])
		return
	}
	for i, j := range r.idx {
		dst[i] = src[j]
	}
}

// widenRows sets dst to base plus the given rows of src.
func widenRows[D signed, S code](dst []D, src []S, base int64, r rows) {
	dst = dst[:r.n]
	if r.idx == nil {
		for i, v := range src[r.lo : r.lo+r.n] {
			dst[i] = D(base + int64(v))
		}
		return
	}
	for i, j := range r.idx {
		dst[i] = D(base + int64(src[j]))
	}
}

// lookupRows sets dst to the values that the given rows of codes name.
func lookupRows[T cell, S code](dst, values []T, codes []S, r rows) {
	dst = dst[:r.n]
	if r.idx == nil {
		for i, c := range codes[r.lo : r.lo+r.n] {
			dst[i] = values[c]
		}
		return
	}
	for i, j := range r.idx {
		dst[i] = values[codes[j]]
	}
}

func fill[T any](dst []T, v T) {
	for i := range dst {
		dst[i] = v
	}
}

// widen sets dst to base plus src.
func widen[D signed, S code](dst []D, src []S, base int64) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = D(base + int64(v))
	}
}

// narrow sets dst to src less base, which must fit.
func narrow[D code, S signed](dst []D, src []S, base int64) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = D(int64(v) - base)
	}
}

// boundsOf returns the bounds of s, which is not empty, and whether no value is less than the one before.
func boundsOf[T signed](s []T) (lo, hi T, sorted bool) {
	lo, hi = s[0], s[0]
	for _, v := range s {
		lo, hi = min(lo, v), max(hi, v)
	}
	return lo, hi, ascending(s)
}

// ascending reports whether no value of s is less than the one before.
func ascending[T signed | float32 | float64](s []T) bool {
	for i := 1; i < len(s); i++ {
		if s[i] < s[i-1] {
			return false
		}
	}
	return true
}

// copyBits copies n bits from bit srcAt of src to bit dstAt of dst. The bits of dst behind
// them in the last word are unspecified.
func copyBits(dst []uint64, dstAt int, src []uint64, srcAt, n int) {
	for n > 0 {
		k := min(n, 64-dstAt&63)
		w := loadBits(src, srcAt, k) << (uint(dstAt) & 63)
		keep := dst[dstAt>>6] & (1<<(uint(dstAt)&63) - 1)
		dst[dstAt>>6] = keep | w
		dstAt, srcAt, n = dstAt+k, srcAt+k, n-k
	}
}

// loadBits returns n <= 64 bits of src from bit at on.
func loadBits(src []uint64, at, n int) uint64 {
	off := uint(at) & 63
	w := src[at>>6] >> off
	if off != 0 && int(64-off) < n {
		w |= src[at>>6+1] << (64 - off)
	}
	if n < 64 {
		w &= 1<<uint(n) - 1
	}
	return w
}

// setBits sets n bits of dst from bit at on. The bits behind them in the last word are unspecified.
func setBits(dst []uint64, at, n int) {
	for n > 0 {
		k := min(n, 64-at&63)
		dst[at>>6] |= ^uint64(0) << (uint(at) & 63)
		at, n = at+k, n-k
	}
}

func bit(words []uint64, i int) bool { return words[i>>6]>>(uint(i)&63)&1 != 0 }

// putBit stores bit i; the bits behind it in the word must not matter yet.
func putBit(words []uint64, i int, b uint64) {
	mask := uint64(1) << (uint(i) & 63)
	words[i>>6] = words[i>>6]&^mask | b<<(uint(i)&63)
}

// countOnes counts the set bits among the first n.
func countOnes(words []uint64, n int) int {
	count := vec.CountBits(words[:n>>6])
	if rest := uint(n) & 63; rest != 0 {
		count += bits.OnesCount64(words[n>>6] & (1<<rest - 1))
	}
	return count
}

// trimBits clears the bits behind the first n in the last of their words.
func trimBits(words []uint64, n int) {
	if rest := uint(n) & 63; rest != 0 {
		words[n>>6] &= 1<<rest - 1
	}
}

// selected appends the positions of the set bits among the first n of sel to dst.
func selected(dst []int32, sel []uint64, n int) []int32 {
	for w, word := range sel[:vec.Words(n)] {
		if end := n - w*64; end < 64 {
			word &= 1<<uint(end) - 1
		}
		for ; word != 0; word &= word - 1 {
			dst = append(dst, int32(w*64+bits.TrailingZeros64(word)))
		}
	}
	return dst
}
