package expr

import "math"

// twofold is an unevaluated sum of two doubles, hi the nearer to the value: about
// 106 bits (Dekker 1971).
type twofold struct{ hi, lo float64 }

// times returns the product, exact to about 2^-104.
func (a twofold) times(b twofold) twofold {
	p := a.hi * b.hi
	e := math.FMA(a.hi, b.hi, -p) + (a.hi*b.lo + a.lo*b.hi)
	s := p + e
	return twofold{s, e - (s - p)}
}

// root returns the square root of x.
func root(x float64) twofold {
	r := math.Sqrt(x)
	return twofold{r, math.FMA(-r, r, x) / (2 * r)}
}

// maxExactPower is the largest exponent computed by multiplication.
const maxExactPower = 1024

// power is math.Pow, but rounded correctly for small whole and half exponents, where
// math.Pow may be off by several units in the last place.
func power(x, y float64) float64 {
	whole := math.Trunc(y)
	half := math.Abs(y - whole)
	if math.Abs(y) <= maxExactPower && (half == 0 && x != 0 || half == 0.5 && x > 0) {
		if r := exactPower(x, whole, half != 0, y < 0); math.Abs(r) > 1e-290 && math.Abs(r) < 1e290 {
			return r
		}
	}
	return math.Pow(x, y)
}

// exactPower returns the whole power of x, times its root if half, or one divided by that.
func exactPower(x, whole float64, half, inverse bool) float64 {
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
		acc = acc.times(root(x))
	}
	if !inverse {
		return acc.hi
	}
	q := 1 / acc.hi
	return q - q*math.FMA(q, acc.hi, -1) - q*q*acc.lo
}
