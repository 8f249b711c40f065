// Package elementary has the elementary functions of doubles as the C libraries of today have them: their errors are
// little more than half a unit in the last place, where those of package math may be one or two. So results print as
// PostgreSQL prints them. The methods are those of table lookup and a short polynomial (P. T. P. Tang, 1989 and 1990),
// with tables of about 106 bits that are made when the program starts. All functions are safe for concurrent use.
package elementary

import "math"

const (
	steps  = 128     // entries of the tables of exp and log
	toStep = 1 << 45 // of the bits of a double: from one of 128 values between two powers of two to the next

	shifter = 0x1.8p52 // added to a double of moderate size, it leaves its nearest integer in the low bits

	invLn2 = 0x1.71547652b82fep0
	ln2Hi  = 0x1.62e42fefa3800p-1 // ln 2 with eleven bits to spare
	ln2Lo  = 0x1.ef35793c76730p-45
)

// powers are 2^(i/steps): its double, and what is left of it, divided by the double.
var powers = func() (t [steps]twofold) {
	step := twofold{2, 0}
	for range 7 {
		step = step.root()
	}
	p := twofold{1, 0}
	for i := range t {
		t[i] = twofold{p.hi, p.lo / p.hi}
		p = p.times(step)
	}
	return t
}()

// Exp returns e^x.
func Exp(x float64) float64 {
	switch {
	case x > -708 && x < 709:
		return exp(x, 0, 0)
	case x >= 709 && x < 710: // the power of two may be one too many, the result is not
		return exp(x, 0, 1) * 2
	}
	return math.Exp(x) // infinities, NaN, subnormal results
}

// Sinh returns the hyperbolic sine.
func Sinh(x float64) float64 {
	if math.Abs(x) < hyperbolic {
		return math.Sinh(x)
	}
	return math.Copysign(halfExp(math.Abs(x)), x)
}

// Cosh returns the hyperbolic cosine.
func Cosh(x float64) float64 {
	if math.Abs(x) < hyperbolic {
		return math.Cosh(x)
	}
	return halfExp(math.Abs(x))
}

// hyperbolic is from where on half of e^x is the hyperbolic sine and cosine.
const hyperbolic = 22

// halfExp returns half of e^x for an x of at least hyperbolic, also where e^x is too large.
func halfExp(x float64) float64 {
	if x < 709 {
		return Exp(x) / 2
	}
	root := Exp(x / 2)
	return root / 2 * root
}

// exp returns e^(x+tail), divided by 2^down, for a tail much smaller than x. The result is a normal double for x between
// -708 and 709 where down is 0.
func exp(x, tail float64, down int64) float64 {
	k := x*(steps*invLn2) + shifter
	i := int64(math.Float64bits(k)) << 12 >> 12 // the low bits as a number with a sign
	k -= shifter
	r := math.FMA(-k, ln2Lo/steps, math.FMA(-k, ln2Hi/steps, x)) + tail
	p := &powers[i&(steps-1)]
	r2 := r * r
	rest := p.lo + r + r2*(0.5+r*(1.0/6)) + r2*r2*(1.0/24+r*(1.0/120))
	scale := math.Float64frombits(math.Float64bits(p.hi) + uint64(i>>7-down)<<52)
	return math.FMA(scale, rest, scale)
}
