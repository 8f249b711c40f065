package elementary

import "math"

// maxExactPower is the largest exponent that is computed by multiplication.
const maxExactPower = 64

// Pow returns x^y.
func Pow(x, y float64) float64 {
	if y == 2 {
		return x * x
	}
	whole := math.Trunc(y)
	half := math.Abs(y - whole)
	if math.Abs(y) <= maxExactPower && (half == 0 && x != 0 || half == 0.5 && x > 0) {
		if r := multiplied(x, whole, half != 0, y < 0); math.Abs(r) > 1e-290 && math.Abs(r) < 1e290 {
			return r
		}
	}
	sign := 1.0
	a := math.Abs(x)
	if x < 0 {
		if half != 0 {
			return math.Pow(x, y)
		}
		if math.Abs(whole) < 1<<53 && int64(whole)&1 != 0 {
			sign = -1
		}
	}
	if !positive(a) {
		return math.Pow(x, y)
	}
	l := log(a)
	e := y * l.hi
	if !(e > -708 && e < 709) {
		return math.Pow(x, y)
	}
	return sign * exp(e, math.FMA(y, l.hi, -e)+y*l.lo, 0)
}

// multiplied returns the whole power of x, times its root if half, or one divided by that.
func multiplied(x, whole float64, half, inverse bool) float64 {
	acc, base := twofold{1, 0}, twofold{x, 0}
	for n := uint(math.Abs(whole)); n > 0; n >>= 1 {
		if n&1 != 0 {
			acc = acc.times(base)
		}
		if n > 1 {
			base = base.times(base)
		}
	}
	if half {
		acc = acc.times(twofold{x, 0}.root())
	}
	if !inverse {
		return acc.hi
	}
	q := 1 / acc.hi
	return q - q*math.FMA(q, acc.hi, -1) - q*q*acc.lo
}

// Cbrt returns the cube root of x.
func Cbrt(x float64) float64 {
	c := math.Cbrt(x)
	if a := math.Abs(c); !(a > 0x1p-300 && a < 0x1p300) {
		return c
	}
	cubed := twofold{c, 0}.times(twofold{c, 0}).times(twofold{c, 0})
	return c - ((cubed.hi-x)+cubed.lo)/(3*c*c)
}
