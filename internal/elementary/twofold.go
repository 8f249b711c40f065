package elementary

import "math"

// twofold is an unevaluated sum of two doubles, hi the nearer to the value: about 106 bits (Dekker 1971).
type twofold struct{ hi, lo float64 }

// sum returns a + b exactly.
func sum(a, b float64) twofold {
	s := a + b
	c := s - a
	return twofold{s, (a - (s - c)) + (b - c)}
}

// plus returns the sum, exact to about 2^-104.
func (a twofold) plus(b twofold) twofold {
	s := sum(a.hi, b.hi)
	return sum(s.hi, s.lo+(a.lo+b.lo))
}

// times returns the product, exact to about 2^-104.
func (a twofold) times(b twofold) twofold {
	p := a.hi * b.hi
	e := math.FMA(a.hi, b.hi, -p) + (a.hi*b.lo + a.lo*b.hi)
	s := p + e
	return twofold{s, e - (s - p)}
}

// over returns the quotient by a double.
func (a twofold) over(d float64) twofold {
	q := a.hi / d
	return sum(q, (math.FMA(-q, d, a.hi)+a.lo)/d)
}

// root returns the square root.
func (a twofold) root() twofold {
	r := math.Sqrt(a.hi)
	return twofold{r, (math.FMA(-r, r, a.hi) + a.lo) / (2 * r)}
}

// minus returns the difference, exact to about 2^-104.
func (a twofold) minus(b twofold) twofold { return a.plus(twofold{-b.hi, -b.lo}) }

// divided returns the quotient, exact to about 2^-103.
func (a twofold) divided(b twofold) twofold {
	q := a.hi / b.hi
	rest := a.minus(b.times(twofold{q, 0}))
	return sum(q, (rest.hi+rest.lo)/b.hi)
}
