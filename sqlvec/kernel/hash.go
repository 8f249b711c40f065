package kernel

import (
	"math"
	"math/bits"

	"github.com/zeebo/xxh3"
)

// NullHash is the hash of a NULL.
const NullHash = 0x9E3779B97F4A7C15

// Mix hashes 64 bits: the folded 128-bit product spreads every input bit over the
// whole word.
func Mix(x uint64) uint64 {
	hi, lo := bits.Mul64(x^0xA0761D6478BD642F, 0xE7037ED1A0B428DB)
	return hi ^ lo
}

// Combine adds the hash x to h; order matters.
func Combine(h, x uint64) uint64 {
	hi, lo := bits.Mul64(h^0x8EBC6AF09C88C6E3, x^0x589965CC75374CC3)
	return hi ^ lo
}

// Hash sets out to the hashes of integers. Equal values of different widths have
// equal hashes.
func Hash[T Int](out []uint64, a []T) {
	a = a[:len(out)]
	for i := range out {
		out[i] = Mix(uint64(int64(a[i])))
	}
}

// HashFloat sets out to the hashes of floats: all NaNs are equal, and 0 and -0.
func HashFloat[T Float](out []uint64, a []T) {
	a = a[:len(out)]
	for i := range out {
		out[i] = Mix(FloatKey(float64(a[i])))
	}
}

// FloatKey returns bits that are equal exactly for floats that SQL calls equal.
func FloatKey(f float64) uint64 {
	if f != f {
		return 0x7FF8000000000001
	}
	return math.Float64bits(f + 0) // -0 + 0 is 0
}

// HashBytes hashes a byte string.
func HashBytes(b []byte) uint64 { return xxh3.Hash(b) }
