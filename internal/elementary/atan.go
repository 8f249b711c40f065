package elementary

import "math"

// atans are the arc tangents of i/turns.
var atans = func() (t [turns + 1]twofold) {
	for i := 1; i <= turns; i++ {
		// from one to the next: (c-b)/(1+bc)
		b, c := float64(i-1)/turns, float64(i)/turns
		u := twofold{c - b, 0}.divided(sum(1, b*c))
		square, power, total, sign := u.times(u), u, u, 1.0
		for n := 3.0; n < 40; n += 2 {
			power, sign = power.times(square), -sign
			total = total.plus(power.over(sign * n))
		}
		t[i] = t[i-1].plus(total)
	}
	return t
}()

// angle returns the arc tangent of y/x for positive finite y and x that are neither tiny nor huge.
func angle(y, x twofold) twofold {
	steep := y.hi > x.hi
	if steep {
		y, x = x, y
	}
	i := math.RoundToEven(y.hi / x.hi * turns)
	c := i / turns
	p, q := c*x.hi, c*y.hi // the angle less that of c is that of (y - cx) / (x + cy)
	num, den := sum(y.hi, -p), sum(x.hi, q)
	num.lo += y.lo - (math.FMA(c, x.hi, -p) + c*x.lo)
	den.lo += x.lo + (math.FMA(c, y.hi, -q) + c*y.lo)
	u := num.hi / den.hi
	rest := (math.FMA(-u, den.hi, num.hi) + (num.lo - u*den.lo)) / den.hi
	u2 := u * u
	bend := u * u2 * (-1.0/3 + u2*(0.2+u2*(-1.0/7+u2*(1.0/9))))
	t := &atans[int(i)]
	s := sum(t.hi, u)
	s.lo += t.lo + (rest + bend)
	if !steep {
		return sum(s.hi, s.lo)
	}
	r := sum(halfPi[0], -s.hi)
	return sum(r.hi, r.lo+(halfPi[1]-s.lo))
}

// moderate reports whether x is a number whose products and quotients are normal doubles.
func moderate(x float64) bool { return math.Abs(x) > 0x1p-400 && math.Abs(x) < 0x1p400 }

// Atan returns the arc tangent of x.
func Atan(x float64) float64 {
	if !(math.Abs(x) > 0x1p-30 && math.Abs(x) < 0x1p400) {
		return math.Atan(x)
	}
	return math.Copysign(angle(twofold{math.Abs(x), 0}, twofold{1, 0}).hi, x)
}

// Atan2 returns the angle of the point (x, y).
func Atan2(y, x float64) float64 {
	if !moderate(x) || !moderate(y) || math.Abs(y/x) < 0x1p-200 {
		return math.Atan2(y, x)
	}
	a := angle(twofold{math.Abs(y), 0}, twofold{math.Abs(x), 0})
	if x < 0 {
		a = twofold{2 * halfPi[0], 2 * halfPi[1]}.minus(a)
	}
	return math.Copysign(a.hi, y)
}

// across returns the root of 1 - x².
func across(x float64) twofold { return sum(1, -x).times(sum(1, x)).root() }

// Asin returns the arc sine of x.
func Asin(x float64) float64 {
	a := math.Abs(x)
	if !(a > 0x1p-26 && a < 1) {
		return math.Asin(x)
	}
	return math.Copysign(angle(twofold{a, 0}, across(a)).hi, x)
}

// Acos returns the arc cosine of x.
func Acos(x float64) float64 {
	a := math.Abs(x)
	if !(a > 0x1p-26 && a < 1) {
		return math.Acos(x)
	}
	r := angle(across(a), twofold{a, 0})
	if x < 0 {
		r = twofold{2 * halfPi[0], 2 * halfPi[1]}.minus(r)
	}
	return r.hi
}
