package elementary

import "math"

// halfPi is π/2 in three doubles.
var halfPi = [3]float64{0x1.921fb54442d18p0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110}

const (
	turns   = 64      // entries of the tables of angles a unit
	maxTurn = 1 << 20 // angles above it are left to package math
)

// sine is the sine and cosine of an angle.
type sine struct{ sin, cos twofold }

// sines are those of i/turns up to a little more than π/4.
var sines = func() (t [turns*4/5 + 2]sine) {
	for i := range t {
		x, term := twofold{float64(i) / turns, 0}, twofold{1, 0}
		var sum [2]twofold // of the even terms and of the odd ones
		for n := range 30 {
			sign := float64(1 - n/2%2*2)
			sum[n%2] = sum[n%2].plus(twofold{sign * term.hi, sign * term.lo})
			term = term.times(x).over(float64(n + 1))
		}
		t[i] = sine{sum[1], sum[0]}
	}
	return t
}()

// quarterTurns are the first bits of π/2: their products with numbers of 20 bits are doubles; and the rest.
var quarterTurns = [3]float64{0x1.921fb544p0, 0x1.0b4611a6p-34, 0x1.3198a2e037073p-69}

// reduced returns x less k quarter turns, for |x| up to maxTurn.
func reduced(x float64) (r twofold, k int64) {
	n := x*(1/halfPi[0]) + shifter
	k = int64(math.Float64bits(n)) << 12 >> 12
	n -= shifter
	s := sum(x-n*quarterTurns[0], -n*quarterTurns[1])
	if math.Abs(s.hi) < 0x1p-20 { // much of what is left lies in the rest
		p := n * quarterTurns[2]
		return s.minus(twofold{p, math.FMA(n, quarterTurns[2], -p)}), k
	}
	return sum(s.hi, s.lo-n*quarterTurns[2]), k
}

// sinAhead returns the sine of r, between -π/4 and π/4, k quarter turns on.
func sinAhead(r twofold, k int64) twofold {
	sign := 1.0
	if r.hi < 0 {
		sign, r = -1, twofold{-r.hi, -r.lo}
	}
	n := r.hi*turns + shifter
	i := int64(math.Float64bits(n)) & (1<<12 - 1)
	n -= shifter
	t := &sines[i]
	d := sum(r.hi-n*(1.0/turns), r.lo)
	x, x2 := d.hi, d.hi*d.hi
	bend := d.lo + x*x2*(-1.0/6+x2*(1.0/120-x2*(1.0/5040))) // sin d - d.hi
	less := x2*(-0.5+x2*(1.0/24-x2*(1.0/720))) - x*d.lo     // cos d - 1
	var s twofold
	if k&1 == 0 {
		s = shifted(t.sin, t.cos, x, bend, less)
	} else {
		s, sign = shifted(t.cos, twofold{-t.sin.hi, -t.sin.lo}, x, bend, less), 1
	}
	if k&2 != 0 {
		sign = -sign
	}
	return twofold{sign * s.hi, sign * s.lo}
}

// shifted returns a·cos d + b·sin d, where sin d is x + bend and cos d is 1 + less.
func shifted(a, b twofold, x, bend, less float64) twofold {
	p := b.hi * x
	s := sum(a.hi, p)
	return sum(s.hi, s.lo+(math.FMA(b.hi, x, -p)+(a.lo+b.lo*x+(b.hi*bend+a.hi*less))))
}

// turned reports whether the angle x is reduced here; others are left to package math.
func turned(x float64) bool { return math.Abs(x) < maxTurn && math.Abs(x) > 0x1p-400 }

// Sin returns the sine of x.
func Sin(x float64) float64 {
	if !turned(x) {
		return math.Sin(x)
	}
	r, k := reduced(x)
	return sinAhead(r, k).hi
}

// Cos returns the cosine of x.
func Cos(x float64) float64 {
	if !turned(x) {
		return math.Cos(x)
	}
	r, k := reduced(x)
	return sinAhead(r, k+1).hi
}

// Tan returns the tangent of x.
func Tan(x float64) float64 {
	if !turned(x) {
		return math.Tan(x)
	}
	r, k := reduced(x)
	return sinAhead(r, k).divided(sinAhead(r, k+1)).hi
}
