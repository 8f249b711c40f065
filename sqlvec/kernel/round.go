package kernel

import "math"

// Rounding says which integer a number becomes.
type Rounding uint8

// The roundings.
const (
	RoundFloor Rounding = iota
	RoundCeil
	RoundTrunc
	RoundEven // the nearest, of two the even one
)

// RoundFloats sets dst to the integers that x become.
func RoundFloats(how Rounding, dst, x []float64) {
	x = x[:len(dst)]
	done := roundWide(how, dst, x)
	dst, x = dst[done:], x[done:]
	switch how {
	case RoundFloor:
		for i, v := range x {
			dst[i] = math.Floor(v)
		}
	case RoundCeil:
		for i, v := range x {
			dst[i] = math.Ceil(v)
		}
	case RoundTrunc:
		for i, v := range x {
			dst[i] = math.Trunc(v)
		}
	default:
		for i, v := range x {
			dst[i] = math.RoundToEven(v)
		}
	}
}

// AbsFloats sets dst to x without signs.
func AbsFloats(dst, x []float64) {
	x = x[:len(dst)]
	for i, v := range x {
		dst[i] = math.Float64frombits(math.Float64bits(v) &^ (1 << 63))
	}
}

// SignFloats sets dst to 1, -1 or, of zero and of NaN, 0.
func SignFloats(dst, x []float64) {
	x = x[:len(dst)]
	for i, v := range x {
		up, down := uint64(0), uint64(0)
		if v > 0 {
			up = 1
		}
		if v < 0 {
			down = 1
		}
		dst[i] = math.Float64frombits((up|down)*(0x3ff<<52) | down<<63)
	}
}

// Abs sets dst to the values of x without signs, and reports whether one is the least of T, which has none.
func Abs[T Signed](dst, x []T) (least bool) {
	x = x[:len(dst)]
	var all T
	for i, v := range x {
		m := T(0)
		if v < 0 {
			m = -1
		}
		v = (v ^ m) - m
		dst[i] = v
		all |= v
	}
	return all < 0
}

// BitOp sets dst = a op b, where op is &, | or #, which is exclusive or.
func BitOp[T Signed](op byte, dst, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	switch op {
	case '&':
		for i, x := range a {
			dst[i] = x & b[i]
		}
	case '|':
		for i, x := range a {
			dst[i] = x | b[i]
		}
	default:
		for i, x := range a {
			dst[i] = x ^ b[i]
		}
	}
}

// Shift sets dst to a shifted by n bits, of which only those of mask count, to the left or to the right.
func Shift[T Signed](left bool, dst, a []T, n []int32, mask int32) {
	a, n = a[:len(dst)], n[:len(dst)]
	if left {
		for i, x := range a {
			dst[i] = x << uint32(n[i]&mask)
		}
		return
	}
	for i, x := range a {
		dst[i] = x >> uint32(n[i]&mask)
	}
}
