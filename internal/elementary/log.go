package elementary

import "math"

// offset is 0.6875: a double is taken apart into 2^k and a value from there up to twice that.
const offset = 0x3fe6000000000000

// logEntry is for the values of one step. inverse has so few bits that its product with any of the values, less one,
// is a double.
type logEntry struct {
	inverse float64
	log     twofold // of 1/inverse; hi has bits to spare for the sum with a multiple of ln2Hi
}

var logs = func() (t [steps]logEntry) {
	for i := range t {
		lo := math.Float64frombits(offset + uint64(i)*toStep)
		hi := math.Float64frombits(offset + uint64(i+1)*toStep)
		unit := 256.0
		if lo < 1 {
			unit = 128
		}
		t[i].inverse = 1
		if lo != 1 && hi != 1 { // next to 1 the logarithm is that of 1 + r alone
			t[i].inverse = math.RoundToEven(unit*2/(lo+hi)) / unit
		}
		l := logOf(t[i].inverse)
		top := math.RoundToEven(l.hi*(1<<42)) / (1 << 42)
		t[i].log = twofold{-top, -((l.hi - top) + l.lo)}
	}
	return t
}()

// logOf returns the logarithm of x near 1 by the series of the inverse hyperbolic tangent.
func logOf(x float64) twofold {
	// (x-1)/(x+1), whose terms are exact
	q := (x - 1) / (x + 1)
	z := sum(q, math.FMA(-q, x+1, x-1)/(x+1))
	square, power, total := z.times(z), z, z
	for n := 3.0; n < 60; n += 2 {
		power = power.times(square)
		total = total.plus(power.over(n))
	}
	return twofold{2 * total.hi, 2 * total.lo}
}

// parts takes a positive finite x apart: its logarithm is k·ln 2 + e.log + log(1+r).
func parts(x float64) (k, r float64, e *logEntry) {
	bits := math.Float64bits(x)
	if bits < 1<<52 { // package math gives some subnormal numbers a wrong logarithm
		bits = math.Float64bits(x*0x1p54) - 54<<52
	}
	d := bits - offset
	e = &logs[d>>45&(steps-1)]
	z := math.Float64frombits(bits - d&(0xfff<<52))
	return float64(int64(d) >> 52), math.FMA(z, e.inverse, -1), e
}

// positive reports whether x is a positive finite double.
func positive(x float64) bool { return x > 0 && x <= math.MaxFloat64 }

// cube is what the series of log(1+r) has behind r - r²/2.
func cube(r float64) float64 {
	r2 := r * r
	return r * r2 * (1.0/3 - r*0.25 + r2*(0.2-r*(1.0/6)+r2*(1.0/7-r*0.125)))
}

// Log returns the natural logarithm of x.
func Log(x float64) float64 {
	if !positive(x) {
		return math.Log(x)
	}
	k, r, e := parts(x)
	w := k*ln2Hi + e.log.hi
	hi := w + r
	lo := (w - hi) + r + (k*ln2Lo + e.log.lo)
	return (lo + (cube(r) - 0.5*r*r)) + hi
}

// log returns the natural logarithm of a positive finite x with about 66 bits.
func log(x float64) twofold {
	k, r, e := parts(x)
	s := sum(k*ln2Hi+e.log.hi, r)
	half := -0.5 * r
	square := half * r
	t := sum(s.hi, square)
	rest := math.FMA(half, r, -square) + cube(r)
	return sum(t.hi, t.lo+(s.lo+(k*ln2Lo+e.log.lo))+rest)
}

var (
	perLn10 = twofold{0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57}
	perLn2  = twofold{0x1.71547652b82fep0, 0x1.777d0ffda0d24p-56}
)

// Log10 returns the common logarithm of x.
func Log10(x float64) float64 {
	if !positive(x) {
		return math.Log10(x)
	}
	return log(x).times(perLn10).hi
}

// Log2 returns the binary logarithm of x.
func Log2(x float64) float64 {
	if !positive(x) {
		return math.Log2(x)
	}
	return log(x).times(perLn2).hi
}
