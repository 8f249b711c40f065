package kernel

import "math/bits"

// Words returns the number of words of a mask of n rows.
func Words(n int) int { return (n + 63) >> 6 }

// TailMask returns the bits of the last word of a mask of n > 0 rows that stand for
// rows.
func TailMask(n int) uint64 { return ^uint64(0) >> (-uint(n) & 63) }

// Fill sets the first n bits of dst.
func Fill(dst []uint64, n int) {
	for i := range dst {
		dst[i] = ^uint64(0)
	}
	Trim(dst, n)
}

// Trim clears the bits of dst from n on.
func Trim(dst []uint64, n int) {
	w := n >> 6
	if w >= len(dst) {
		return
	}
	dst[w] &= 1<<(uint(n)&63) - 1
	clear(dst[w+1:])
}

// And sets dst = a & b.
func And(dst, a, b []uint64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] & b[i]
	}
}

// Or sets dst = a | b.
func Or(dst, a, b []uint64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] | b[i]
	}
}

// AndNot sets dst = a &^ b.
func AndNot(dst, a, b []uint64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] &^ b[i]
	}
}

// OrNot sets dst = a | ^b.
func OrNot(dst, a, b []uint64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] | ^b[i]
	}
}

// Xor sets dst = a ^ b.
func Xor(dst, a, b []uint64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] ^ b[i]
	}
}

// Not sets dst = ^a.
func Not(dst, a []uint64) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = ^a[i]
	}
}

// Any reports whether a bit of a is set.
func Any(a []uint64) bool {
	var or uint64
	for _, w := range a {
		or |= w
	}
	return or != 0
}

// Count returns the number of set bits.
func Count(a []uint64) int {
	n := 0
	for _, w := range a {
		n += bits.OnesCount64(w)
	}
	return n
}

// Indexes writes the rows of the set bits to dst, ascending, and returns how many
// there are. dst has room for them all.
func Indexes(dst []uint32, mask []uint64) int {
	k := 0
	for i, w := range mask {
		base := uint32(i) << 6
		if w == ^uint64(0) {
			d := dst[k : k+64]
			for j := range d {
				d[j] = base + uint32(j)
			}
			k += 64
			continue
		}
		for ; w != 0; w &= w - 1 {
			dst[k] = base + uint32(bits.TrailingZeros64(w))
			k++
		}
	}
	return k
}
