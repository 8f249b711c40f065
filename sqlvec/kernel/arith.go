package kernel

import (
	"math"
	"math/bits"
	"unsafe"
)

// Add sets dst = a + b and reports whether a row overflowed.
func Add[T Signed](dst, a, b []T) bool {
	a, b = a[:len(dst)], b[:len(dst)]
	var over T
	for i := range dst {
		x, y := a[i], b[i]
		r := x + y
		dst[i] = r
		over |= (x ^ r) & (y ^ r)
	}
	return over < 0
}

// AddConst sets dst = a + c and reports whether a row overflowed.
func AddConst[T Signed](dst, a []T, c T) bool {
	a = a[:len(dst)]
	var over T
	for i := range dst {
		x := a[i]
		r := x + c
		dst[i] = r
		over |= (x ^ r) & (c ^ r)
	}
	return over < 0
}

// Sub sets dst = a - b and reports whether a row overflowed.
func Sub[T Signed](dst, a, b []T) bool {
	a, b = a[:len(dst)], b[:len(dst)]
	var over T
	for i := range dst {
		x, y := a[i], b[i]
		r := x - y
		dst[i] = r
		over |= (x ^ y) & (x ^ r)
	}
	return over < 0
}

// Distances sets dst = a - b + d, where no result overflows.
func Distances[T ~uint16 | ~int32](dst []int32, a, b []T, d int32) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := distancesWide(dst, a, b, d); i < len(dst); i++ {
		dst[i] = int32(a[i]) - int32(b[i]) + d
	}
}

// SubFrom sets dst = c - a and reports whether a row overflowed.
func SubFrom[T Signed](dst []T, c T, a []T) bool {
	a = a[:len(dst)]
	var over T
	for i := range dst {
		y := a[i]
		r := c - y
		dst[i] = r
		over |= (c ^ y) & (c ^ r)
	}
	return over < 0
}

// mulHigh returns the upper 64 bits of the signed product.
func mulHigh(x, y int64) int64 {
	h, _ := bits.Mul64(uint64(x), uint64(y))
	return int64(h) - x>>63&y - y>>63&x
}

// magnitude returns the OR of the magnitudes of a, in one's complement: the bits that
// some value needs beside its sign.
func magnitude[T Signed](a []T) uint64 {
	if m, ok := magnitudeWide(a); ok {
		return m
	}
	// Two sums of their own, so that one need not wait for the other.
	var even, odd T
	for ; len(a) >= 8; a = a[8:] {
		x := (*[8]T)(a)
		even |= (x[0] ^ sign(x[0])) | (x[2] ^ sign(x[2])) | (x[4] ^ sign(x[4])) | (x[6] ^ sign(x[6]))
		odd |= (x[1] ^ sign(x[1])) | (x[3] ^ sign(x[3])) | (x[5] ^ sign(x[5])) | (x[7] ^ sign(x[7]))
	}
	for _, x := range a {
		even |= x ^ sign(x)
	}
	return uint64(even | odd)
}

// sign returns -1 for a negative number, else 0.
func sign[T Signed](x T) T { return T(int64(x) >> 63) }

// Mul sets dst = a × b and reports whether a row overflowed. No value of a exceeds mostA in size, none of b
// mostB, neither of which is 0. Where they rule overflow out, which is the usual case, the products are not checked.
func Mul[T Signed](dst, a, b []T, mostA, mostB uint64) bool {
	a, b = a[:len(dst)], b[:len(dst)]
	if ProductFits[T](mostA, mostB) {
		if !productsWide(dst, a, b) {
			for i := range dst {
				dst[i] = a[i] * b[i]
			}
		}
		return false
	}
	var over int64
	for i := range dst {
		x, y := int64(a[i]), int64(b[i])
		p := x * y
		r := T(p)
		dst[i] = r
		over |= (mulHigh(x, y) ^ p>>63) | (int64(r) ^ p)
	}
	return over != 0
}

// ProductFits reports whether the product of two numbers of at most these sizes, neither of which is 0, is a T.
func ProductFits[T Signed](mostA, mostB uint64) bool {
	return bits.Len64(mostA-1)+bits.Len64(mostB-1) < widthOf[T]()
}

// MulCodes sets dst = (base + codes) × b, which fits.
func MulCodes[T Signed, C ~uint8 | ~uint16 | ~uint32](dst []T, base T, codes []C, b []T) {
	codes, b = codes[:len(dst)], b[:len(dst)]
	for i := mulCodesWide(dst, base, codes, b); i < len(dst); i++ {
		dst[i] = (base + T(codes[i])) * b[i]
	}
}

// MulNarrow sets dst = (baseA + a) × (baseB + b), which fits.
func MulNarrow[T Signed, C, D ~uint8 | ~uint16 | ~uint32](dst []T, baseA T, a []C, baseB T, b []D) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := mulNarrowWide(dst, baseA, a, baseB, b); i < len(dst); i++ {
		dst[i] = (baseA + T(a[i])) * (baseB + T(b[i]))
	}
}

// widthOf returns the bits of T without its sign.
func widthOf[T Signed]() int {
	var z T
	return int(unsafe.Sizeof(z))*8 - 1
}

// MulConst sets dst = a × c and reports whether a row overflowed.
func MulConst[T Signed](dst, a []T, c T) bool {
	a = a[:len(dst)]
	if bits.Len64(magnitude(a))+bits.Len64(uint64(c^sign(c))) < widthOf[T]() {
		MulUnchecked(dst, a, c)
		return false
	}
	var over int64
	y := int64(c)
	for i := range dst {
		x := int64(a[i])
		p := x * y
		r := T(p)
		dst[i] = r
		over |= (mulHigh(x, y) ^ p>>63) | (int64(r) ^ p)
	}
	return over != 0
}

// MulUnchecked sets dst = a × c where the product is known to fit.
func MulUnchecked[T Signed](dst, a []T, c T) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = a[i] * c
	}
}

// AddOverflows reports whether x + y overflows.
func AddOverflows[T Signed](x, y T) bool { r := x + y; return (x^r)&(y^r) < 0 }

// SubOverflows reports whether x - y overflows.
func SubOverflows[T Signed](x, y T) bool { r := x - y; return (x^y)&(x^r) < 0 }

// MulOverflows reports whether x × y overflows.
func MulOverflows[T Signed](x, y T) bool {
	p := int64(x) * int64(y)
	return mulHigh(int64(x), int64(y)) != p>>63 || int64(T(p)) != p
}

// Div sets dst = a / b cut towards zero, 0 where that cannot be computed, and
// reports whether there was such a row: a division by zero or an overflow.
func Div[T Signed](dst, a, b []T) bool {
	a, b = a[:len(dst)], b[:len(dst)]
	bad := false
	for i := range dst {
		x, y := a[i], b[i]
		if y == 0 || y == -1 && x == -x && x != 0 {
			dst[i], bad = 0, true
			continue
		}
		dst[i] = x / y
	}
	return bad
}

// Mod sets dst = a mod b with the sign of a, 0 where b is zero, and reports whether
// there was such a row.
func Mod[T Signed](dst, a, b []T) bool {
	a, b = a[:len(dst)], b[:len(dst)]
	bad := false
	for i := range dst {
		y := b[i]
		switch y {
		case 0:
			dst[i], bad = 0, true
		case -1:
			dst[i] = 0
		default:
			dst[i] = a[i] % y
		}
	}
	return bad
}

// reciprocal returns m such that, for 0 <= x < 2^32 and 2 <= c < 2^32, the upper half of m × x is x / c, and
// that of the lower half times c is x mod c (Lemire, Kaser, Kurz: Faster remainder by direct computation, 2019).
func reciprocal(c uint64) (m uint64, ok bool) {
	if c < 2 || c >= 1<<32 {
		return 0, false
	}
	return ^uint64(0)/c + 1, true
}

// DivConst sets dst = a / c cut towards zero. c is neither 0 nor -1.
func DivConst[T Signed](dst, a []T, c T) {
	a = a[:len(dst)]
	done := divConstWide(dst, a, c, false)
	dst, a = dst[done:], a[done:]
	m, ok := reciprocal(uint64(c))
	for i, x := range a {
		if y := uint64(x); ok && y < 1<<32 {
			q, _ := bits.Mul64(m, y)
			dst[i] = T(q)
			continue
		}
		dst[i] = x / c
	}
}

// ModConst sets dst = a mod c with the sign of a. c is neither 0 nor -1.
func ModConst[T Signed](dst, a []T, c T) {
	a = a[:len(dst)]
	done := divConstWide(dst, a, c, true)
	dst, a = dst[done:], a[done:]
	m, ok := reciprocal(uint64(c))
	for i, x := range a {
		if y := uint64(x); ok && y < 1<<32 {
			r, _ := bits.Mul64(m*y, uint64(c))
			dst[i] = T(r)
			continue
		}
		dst[i] = x % c
	}
}

// AddFloat sets dst = a + b and reports whether a result is not finite.
func AddFloat[T Float](dst, a, b []T) bool {
	a, b = a[:len(dst)], b[:len(dst)]
	done, look := floatsWide('+', dst, a, b)
	dst, a, b = dst[done:], a[done:], b[done:]
	var z T
	for i := range dst {
		r := a[i] + b[i]
		dst[i] = r
		z += r - r // NaN once r is not finite
	}
	return look || z != z
}

// SubFloat sets dst = a - b and reports whether a result is not finite.
func SubFloat[T Float](dst, a, b []T) bool {
	a, b = a[:len(dst)], b[:len(dst)]
	done, look := floatsWide('-', dst, a, b)
	dst, a, b = dst[done:], a[done:], b[done:]
	var z T
	for i := range dst {
		r := a[i] - b[i]
		dst[i] = r
		z += r - r
	}
	return look || z != z
}

// MulFloat sets dst = a × b and reports whether a result is not finite, or zero
// without a zero operand.
func MulFloat[T Float](dst, a, b []T) bool {
	a, b = a[:len(dst)], b[:len(dst)]
	done, look := floatsWide('*', dst, a, b)
	dst, a, b = dst[done:], a[done:], b[done:]
	var z T
	var under uint64
	for i := range dst {
		x, y := a[i], b[i]
		r := x * y
		dst[i] = r
		z += r - r
		under |= bit(r == 0) & bit(x != 0) & bit(y != 0)
	}
	return look || z != z || under != 0
}

// DivFloat sets dst = a / b and reports whether a result is not finite, or zero
// without a being zero.
func DivFloat[T Float](dst, a, b []T) bool {
	a, b = a[:len(dst)], b[:len(dst)]
	done, look := floatsWide('/', dst, a, b)
	dst, a, b = dst[done:], a[done:], b[done:]
	var z T
	var under uint64
	for i := range dst {
		x := a[i]
		r := x / b[i]
		dst[i] = r
		z += r - r
		under |= bit(r == 0) & bit(x != 0)
	}
	return look || z != z || under != 0
}

// Convert sets dst = a, where every value fits.
func Convert[D, S Int](dst []D, a []S) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = D(a[i])
	}
}

// ToFloat sets dst = a.
func ToFloat[D Float, S Int | Float](dst []D, a []S) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = D(a[i])
	}
}

// Doubles sets dst = (base + a) / by, where by is 1 or more.
func Doubles[S Int](dst []float64, a []S, base int64, by float64) {
	a = a[:len(dst)]
	done := doublesWide(dst, a, base, by)
	dst, a = dst[done:], a[done:]
	if by == 1 {
		for i := range dst {
			dst[i] = float64(base + int64(a[i]))
		}
		return
	}
	for i := range dst {
		dst[i] = float64(base+int64(a[i])) / by
	}
}

// Sqrt sets dst to the roots of a and reports whether one is not finite, or a is negative.
func Sqrt(dst, a []float64) bool {
	a = a[:len(dst)]
	done, odd := sqrtWide(dst, a)
	z := 0.0
	for i := done; i < len(dst); i++ {
		r := math.Sqrt(a[i])
		dst[i] = r
		z += r - r // NaN once r is not finite
	}
	return odd || z != z
}

// Shrink sets dst = a and reports whether a value did not fit.
func Shrink[D, S Signed](dst []D, a []S) bool {
	a = a[:len(dst)]
	var diff S
	for i := range dst {
		r := D(a[i])
		dst[i] = r
		diff |= S(r) ^ a[i]
	}
	return diff != 0
}

// Widen sets dst = base + a, the values of a narrow vector.
func Widen[D Signed, S Int](dst []D, a []S, base int64) {
	a = a[:len(dst)]
	done := widenWide(dst, a, base)
	dst, a = dst[done:], a[done:]
	b := D(base)
	for i := range dst {
		dst[i] = b + D(a[i])
	}
}

// Gather sets dst[i] = values[codes[i]]. Codes outside values (of NULL rows) read
// as the first value; values is not empty.
func Gather[T any, C Int](dst []T, values []T, codes []C) {
	codes = codes[:len(dst)]
	for i := range dst {
		c := uint64(codes[i])
		if c >= uint64(len(values)) {
			c = 0
		}
		dst[i] = values[c]
	}
}

// Select sets dst[i] = a[i] where the bit of mask is set.
func Select[T any](dst, a []T, mask []uint64) {
	for w, m := range mask {
		if m == ^uint64(0) {
			copy(dst[w*64:w*64+64], a[w*64:w*64+64])
			continue
		}
		for ; m != 0; m &= m - 1 {
			i := w*64 + bits.TrailingZeros64(m)
			dst[i] = a[i]
		}
	}
}

// IsInf reports whether f is infinite.
func IsInf[T Float](f T) bool { return math.IsInf(float64(f), 0) }
