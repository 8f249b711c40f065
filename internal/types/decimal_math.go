package types

import (
	"math"

	"github.com/cockroachdb/apd/v3"

	"driftdb/internal/dberr"
)

// The least digits a quotient, root or logarithm shows, and the most digits after
// the point such a result gets. They are PostgreSQL's.
const (
	minSigDigits    = 16
	maxDisplayScale = 1000
	groupDigits     = 4 // PostgreSQL counts weights in groups of four digits
)

// special returns the result of an operation on operands of which one is NaN, or
// false when both are not.
func special(d, e Decimal) (Decimal, bool) {
	if d.form == nan || e.form == nan {
		return NaN, true
	}
	return Decimal{}, false
}

// Add returns d + e.
func (d Decimal) Add(e Decimal) Decimal {
	if d.form != finite || e.form != finite {
		return addSpecial(d, e)
	}
	switch {
	case d.scale < e.scale:
		d = d.rescale(e.scale)
	case d.scale > e.scale:
		e = e.rescale(d.scale)
	}
	out := Decimal{scale: d.scale}
	out.coeff.Add(&d.coeff, &e.coeff)
	return out
}

// addSpecial is Add with an operand that is not finite.
func addSpecial(d, e Decimal) Decimal {
	if n, ok := special(d, e); ok {
		return n
	}
	switch {
	case d.form == finite:
		return e
	case e.form == finite || d.form == e.form:
		return d
	}
	return NaN
}

// Sub returns d - e.
func (d Decimal) Sub(e Decimal) Decimal { return d.Add(e.Neg()) }

// Mul returns d × e, exact unless it has more than MaxScale digits after the point.
func (d Decimal) Mul(e Decimal) Decimal {
	if n, ok := special(d, e); ok {
		return n
	}
	if d.form != finite || e.form != finite {
		switch d.Sign() * e.Sign() {
		case 1:
			return Infinity
		case -1:
			return NegInfinity
		}
		return NaN
	}
	out := Decimal{scale: d.scale + e.scale}
	out.coeff.Mul(&d.coeff, &e.coeff)
	if out.scale > MaxScale {
		return out.rescale(MaxScale)
	}
	return out
}

// DivisionByZero is the error of a division by zero.
func DivisionByZero() *dberr.Error { return dberr.New(dberr.DivisionByZero, "division by zero") }

// Div returns d / e, rounded to the scale that PostgreSQL chooses: at least 16
// significant digits, and no fewer digits after the point than either operand.
func (d Decimal) Div(e Decimal) (Decimal, error) {
	if n, ok, err := divEdge(d, e); ok {
		return n, err
	}
	return d.quotient(e, divScale(d, e)), nil
}

// quotient returns d / e rounded to the scale; e is not zero.
func (d Decimal) quotient(e Decimal, scale int) Decimal {
	// Fresh numbers: the coefficients may share memory with other Decimals.
	var num, den apd.BigInt
	num.Set(&d.coeff)
	den.Set(&e.coeff)
	if shift := scale + int(e.scale) - int(d.scale); shift >= 0 {
		num.Mul(&d.coeff, pow10(shift))
	} else {
		den.Mul(&e.coeff, pow10(-shift))
	}
	if den.Sign() < 0 {
		num, den = negated(&num), negated(&den)
	}
	return Decimal{coeff: divRound(&num, &den), scale: int32(scale)}
}

// divEdge decides a division that is no computation: by zero, or with a NaN or infinite
// operand. ok is false for all others.
func divEdge(d, e Decimal) (n Decimal, ok bool, err error) {
	if n, ok := special(d, e); ok {
		return n, true, nil
	}
	if e.form == finite && e.coeff.Sign() == 0 {
		return Decimal{}, true, DivisionByZero()
	}
	if d.form != finite || e.form != finite {
		return divSpecial(d, e), true, nil
	}
	return Decimal{}, false, nil
}

// divSpecial is Div with an infinite operand.
func divSpecial(d, e Decimal) Decimal {
	if e.form != finite {
		if d.form != finite {
			return NaN
		}
		return Decimal{}
	}
	if d.Sign()*e.Sign() < 0 {
		return NegInfinity
	}
	return Infinity
}

// groupWeight returns the power of 10^4 of the first group of four digits of d, and
// that group; 0, 0 for zero.
func (d Decimal) groupWeight() (weight, first int) {
	if d.coeff.Sign() == 0 {
		return 0, 0
	}
	var a apd.BigInt
	a.Abs(&d.coeff)
	digits := a.Append(nil, 10)
	exp := len(digits) - 1 - int(d.scale)
	weight = floorDiv(exp, groupDigits)
	for i := range exp - weight*groupDigits + 1 {
		first *= 10
		if i < len(digits) {
			first += int(digits[i] - '0')
		}
	}
	return weight, first
}

// floorDiv returns the quotient rounded down.
func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// divScale chooses the scale of d / e.
func divScale(d, e Decimal) int {
	w1, f1 := d.groupWeight()
	w2, f2 := e.groupWeight()
	qweight := w1 - w2
	if f1 <= f2 {
		qweight--
	}
	return displayScale(minSigDigits-qweight*groupDigits, d, e)
}

// displayScale keeps a chosen scale within what is shown of the operands.
func displayScale(scale int, operands ...Decimal) int {
	for _, d := range operands {
		scale = max(scale, int(d.scale))
	}
	return min(max(scale, 0), maxDisplayScale)
}

// Quo returns d / e cut to a whole number.
func (d Decimal) Quo(e Decimal) (Decimal, error) {
	if n, ok, err := divEdge(d, e); ok {
		return n, err
	}
	r, err := d.Mod(e)
	if err != nil {
		return r, err
	}
	return d.Sub(r).quotient(e, 0), nil
}

// Mod returns the remainder of d / e, with the sign of d.
func (d Decimal) Mod(e Decimal) (Decimal, error) {
	if n, ok := special(d, e); ok {
		return n, nil
	}
	switch {
	case e.form == finite && e.coeff.Sign() == 0:
		return Decimal{}, DivisionByZero()
	case d.form != finite:
		return NaN, nil
	case e.form != finite:
		return d, nil
	}
	scale := max(d.scale, e.scale)
	d, e = d.rescale(scale), e.rescale(scale)
	out := Decimal{scale: scale}
	out.coeff.Rem(&d.coeff, &e.coeff)
	return out, nil
}

// apd returns d for apd's functions.
func (d Decimal) apd() *apd.Decimal {
	a := &apd.Decimal{Exponent: -d.scale, Negative: d.coeff.Sign() < 0}
	a.Coeff.Abs(&d.coeff)
	return a
}

// approximate computes fn to scale digits after the point. size is the decimal
// exponent that the result has at most.
func approximate(scale, size int, fn func(*apd.Context, *apd.Decimal) error) (Decimal, error) {
	c := apd.BaseContext.WithPrecision(uint32(max(scale+size, 1) + 12))
	var r apd.Decimal
	if err := fn(c, &r); err != nil {
		return Decimal{}, dberr.New(dberr.NumericValueOutOfRange, "value overflows numeric format")
	}
	out := Decimal{coeff: r.Coeff}
	if r.Negative {
		out.coeff = negated(&r.Coeff)
	}
	if r.Exponent > 0 {
		out.coeff.Mul(&out.coeff, pow10(int(r.Exponent)))
	} else {
		out.scale = -r.Exponent
	}
	return out.rescale(int32(scale)), nil
}

// Sqrt returns the square root.
func (d Decimal) Sqrt() (Decimal, error) {
	switch {
	case d.form == nan || d.form == posInf:
		return d, nil
	case d.Sign() < 0:
		return d, dberr.New(dberr.InvalidArgumentForPower, "cannot take square root of a negative number")
	}
	w, _ := d.groupWeight()
	return d.SqrtTo(rootScale(w, int(d.scale))), nil
}

// rootScale is the scale of the square root of a number of a weight and a scale.
func rootScale(weight, scale int) int {
	size := weight*groupDigits/2 + 1
	if weight < 0 {
		size = 1 - (1-weight*groupDigits)/2
	}
	return min(max(minSigDigits-size, scale, 0), maxDisplayScale)
}

// SqrtTo returns the square root of a finite number that is not negative, with scale digits behind
// the point.
func (d Decimal) SqrtTo(scale int) Decimal {
	// The root of coeff × 10^(2·extra - scale) is exact integer work.
	extra := 2*(scale+1) - int(d.scale)
	var x apd.BigInt
	if extra >= 0 {
		x.Mul(&d.coeff, pow10(extra))
	} else {
		x.Quo(&d.coeff, pow10(-extra))
	}
	out := Decimal{scale: int32(scale + 1)}
	integerRoot(&out.coeff, &x)
	return out.rescale(int32(scale))
}

// integerRoot sets r to the square root of x, which is not negative, without what is behind the point. The steps of Newton's
// method from above end with it; the first begins with a root that has 50 right bits.
func integerRoot(r, x *apd.BigInt) {
	shift := (x.BitLen() - 62) &^ 1
	if shift < 48 {
		r.Sqrt(x)
		return
	}
	var top, next apd.BigInt
	top.Rsh(x, uint(shift))
	r.SetUint64(uint64(math.Sqrt(float64(top.Uint64())+1)*(1<<21)) + 2)
	r.Lsh(r, uint(shift/2-21))
	for {
		next.Quo(x, r)
		next.Add(&next, r)
		next.Rsh(&next, 1)
		if next.Cmp(r) >= 0 {
			return
		}
		r.Set(&next)
	}
}

// log10e is log10(e).
const log10e = 0.434294481903252

// Exp returns e^d.
func (d Decimal) Exp() (Decimal, error) {
	switch d.form {
	case nan, posInf:
		return d, nil
	case negInf:
		return Decimal{}, nil
	}
	val := min(max(d.Float()*log10e, -2000), 200000)
	if val > maxIntDigits {
		return Decimal{}, dberr.New(dberr.NumericValueOutOfRange, "value overflows numeric format")
	}
	scale := displayScale(minSigDigits-int(min(val, 2000)), d)
	return approximate(scale, int(max(val, 0))+1, func(c *apd.Context, r *apd.Decimal) error {
		_, err := c.Exp(r, d.apd())
		return err
	})
}

// lnWeight estimates the decimal exponent of ln(d), d > 0.
func lnWeight(d Decimal) int {
	x := d.Sub(DecimalFromInt(1, 0))
	if x.Abs().Cmp(DecimalFromInt(1, 1)) <= 0 {
		if x.Sign() == 0 {
			return 0
		}
		return x.exponent10()
	}
	exp := d.exponent10()
	mant := Decimal{coeff: d.coeff, scale: int32(int(d.scale) + exp)}
	ln := math.Log(mant.Float()) + float64(exp)*math.Ln10
	return int(math.Log10(math.Abs(ln)))
}

// logarithmDomain refuses what has no logarithm.
func logarithmDomain(d Decimal) error {
	switch {
	case d.form == nan:
		return nil
	case d.Sign() == 0:
		return dberr.New(dberr.InvalidArgumentForLog, "cannot take logarithm of zero")
	case d.Sign() < 0:
		return dberr.New(dberr.InvalidArgumentForLog, "cannot take logarithm of a negative number")
	}
	return nil
}

// Ln returns the natural logarithm.
func (d Decimal) Ln() (Decimal, error) {
	if err := logarithmDomain(d); err != nil || d.form != finite {
		return d, err
	}
	return d.ln(displayScale(minSigDigits-lnWeight(d), d))
}

// ln returns the natural logarithm to scale digits.
func (d Decimal) ln(scale int) (Decimal, error) {
	return approximate(scale, 7, func(c *apd.Context, r *apd.Decimal) error {
		_, err := c.Ln(r, d.apd())
		return err
	})
}

// Log returns the logarithm of d to the base.
func (d Decimal) Log(base Decimal) (Decimal, error) {
	if n, ok := special(d, base); ok {
		return n, nil
	}
	for _, x := range []Decimal{base, d} {
		if err := logarithmDomain(x); err != nil {
			return d, err
		}
	}
	if d.form != finite || base.form != finite {
		switch {
		case base.form == finite:
			return Infinity, nil
		case d.form == finite:
			return Decimal{}, nil
		}
		return NaN, nil
	}
	scale := displayScale(minSigDigits-(lnWeight(d)-lnWeight(base)), base, d)
	lb, err := base.ln(scale + 20)
	if err != nil {
		return d, err
	}
	ld, err := d.ln(scale + 20)
	if err != nil {
		return d, err
	}
	if lb.Sign() == 0 {
		return d, DivisionByZero()
	}
	return ld.quotient(lb, scale), nil
}

// Pow returns d to the power e.
func (d Decimal) Pow(e Decimal) (Decimal, error) {
	if d.form != finite || e.form != finite {
		return powSpecial(d, e)
	}
	switch {
	case d.Sign() == 0 && e.Sign() < 0:
		return d, dberr.New(dberr.InvalidArgumentForPower, "zero raised to a negative power is undefined")
	case d.Sign() < 0 && !e.IsInteger():
		return d, dberr.New(dberr.InvalidArgumentForPower, "a negative number raised to a non-integer power yields a complex result")
	case d.Sign() == 0 && e.Sign() > 0 && !e.IsInteger():
		return Decimal{scale: minSigDigits}, nil
	}
	if n, ok := e.Scaled(0); ok && n >= math.MinInt32 && n <= math.MaxInt32 {
		return d.powInt(n, displayScale(minSigDigits, d))
	}
	return d.powReal(e)
}

// powInt returns d^n to scale digits.
func (d Decimal) powInt(n int64, scale int) (Decimal, error) {
	if d.Sign() == 0 {
		if n == 0 {
			return DecimalFromInt(1, 0).rescale(int32(scale)), nil
		}
		return Decimal{scale: int32(scale)}, nil
	}
	size := int(math.Ceil((math.Log10(math.Abs(d.mantissa())) + float64(d.exponent10())) * float64(n)))
	if size > maxIntDigits {
		return d, dberr.New(dberr.NumericValueOutOfRange, "value overflows numeric format")
	}
	if size < -scale-2 {
		return Decimal{scale: int32(scale)}, nil
	}
	prec := uint32(max(size+scale, 1) + 24)
	return approximate(scale, size+24, func(c *apd.Context, r *apd.Decimal) error {
		return powBySquares(c.WithPrecision(prec), r, d.apd(), n)
	})
}

// powBySquares sets r to x^n.
func powBySquares(c *apd.Context, r, x *apd.Decimal, n int64) error {
	m := uint64(n)
	if n < 0 {
		m = -m
	}
	r.SetInt64(1)
	base := new(apd.Decimal).Set(x)
	for ; m > 0; m >>= 1 {
		if m&1 != 0 {
			if _, err := c.Mul(r, r, base); err != nil {
				return err
			}
		}
		if m > 1 {
			if _, err := c.Mul(base, base, base); err != nil {
				return err
			}
		}
	}
	if n < 0 {
		_, err := c.Quo(r, apd.New(1, 0), r)
		return err
	}
	return nil
}

// mantissa returns d × 10^-exponent10, in [1, 10) up to its sign.
func (d Decimal) mantissa() float64 {
	return Decimal{coeff: d.coeff, scale: int32(int(d.scale) + d.exponent10())}.Float()
}

// powReal returns d^e for d > 0 by exp(e × ln d).
func (d Decimal) powReal(e Decimal) (Decimal, error) {
	rough, err := d.ln(displayScale(8 - lnWeight(d)))
	if err != nil {
		return d, err
	}
	val := rough.Float() * e.Float() * log10e
	if math.Abs(val) > maxIntDigits {
		if val > 0 {
			return d, dberr.New(dberr.NumericValueOutOfRange, "value overflows numeric format")
		}
		return Decimal{scale: maxDisplayScale}, nil
	}
	scale := displayScale(minSigDigits-int(val), d, e)
	ln, err := d.ln(scale + int(math.Abs(val)) + max(e.exponentOrZero(), 0) + 20)
	if err != nil {
		return d, err
	}
	x := ln.Mul(e)
	return approximate(scale, int(max(val, 0))+1, func(c *apd.Context, r *apd.Decimal) error {
		_, err := c.Exp(r, x.apd())
		return err
	})
}

// exponentOrZero is exponent10, 0 for zero.
func (d Decimal) exponentOrZero() int {
	if d.coeff.Sign() == 0 {
		return 0
	}
	return d.exponent10()
}

// powSpecial is Pow with an operand that is not finite.
func powSpecial(d, e Decimal) (Decimal, error) {
	one := DecimalFromInt(1, 0)
	switch {
	case e.form == finite && e.Sign() == 0, d.form == finite && d.Cmp(one) == 0:
		return one, nil
	case d.form == nan || e.form == nan:
		return NaN, nil
	case e.form != finite:
		c := d.Abs().Cmp(one)
		switch {
		case c == 0:
			return one, nil
		case (c > 0) == (e.form == posInf):
			return Infinity, nil
		}
		return Decimal{}, nil
	case e.Sign() < 0:
		return Decimal{}, nil
	case d.form == posInf:
		return Infinity, nil
	}
	if half, err := e.Mod(DecimalFromInt(2, 0)); err == nil && half.Sign() != 0 {
		return NegInfinity, nil
	}
	return Infinity, nil
}

// StoredSize is the bytes of d in PostgreSQL: its header and two for each group of four digits.
func (d Decimal) StoredSize() int {
	const short, long = 6, 8
	if d.form != finite || d.coeff.Sign() == 0 {
		return short
	}
	weight, _ := d.groupWeight()
	var a apd.BigInt
	digits := a.Abs(&d.coeff).Append(nil, 10)
	last := int(d.scale) // the place of the last digit that is not zero, behind the point
	for i := len(digits) - 1; digits[i] == '0'; i-- {
		last--
	}
	groups := weight - floorDiv(-last, groupDigits) + 1
	if weight < -64 || weight > 63 || d.scale > 63 {
		return long + 2*groups
	}
	return short + 2*groups
}
