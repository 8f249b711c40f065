package types

import (
	"cmp"
	"math"
	"math/big"

	"github.com/cockroachdb/apd/v3"
)

// form is what kind of number a Decimal is. Forms are in sort order but for finite
// numbers, which lie between the infinities.
type form int8

const (
	finite form = iota
	negInf
	posInf
	nan
)

// MaxScale is the most digits after the point of a NUMERIC, maxIntDigits the most
// before it: what the exponent of the binary form can say. (PostgreSQL allows twice
// as many before the point.)
const (
	MaxScale     = 16383
	maxIntDigits = 65534
)

// Decimal is an exact decimal number: a NUMERIC value. It has a display scale, the
// number of digits shown after the point, which does not take part in comparison.
// The zero value is 0 of scale 0. Decimals are immutable and may be copied.
type Decimal struct {
	coeff apd.BigInt // value × 10^scale
	scale int32
	form  form
}

// The values that are not numbers.
var (
	NaN         = Decimal{form: nan}
	Infinity    = Decimal{form: posInf}
	NegInfinity = Decimal{form: negInf}
)

// DecimalFromInt returns i × 10^-scale, with that scale.
func DecimalFromInt(i int64, scale int) Decimal {
	d := Decimal{scale: int32(scale)}
	d.coeff.SetInt64(i)
	return d
}

// DecimalFromInt128 returns (hi × 2^64 + lo) × 10^-scale.
func DecimalFromInt128(hi int64, lo uint64, scale int) Decimal {
	d := Decimal{scale: int32(scale)}
	if hi == int64(lo)>>63 {
		d.coeff.SetInt64(int64(lo))
		return d
	}
	var low apd.BigInt
	d.coeff.SetInt64(hi)
	d.coeff.Lsh(&d.coeff, 64)
	low.SetUint64(lo)
	d.coeff.Add(&d.coeff, &low)
	return d
}

// DecimalFromWords returns the unsigned integer of these words, the lowest first, times 10^-scale.
func DecimalFromWords(words [4]uint64, scale int) Decimal {
	d := Decimal{scale: int32(scale)}
	var word apd.BigInt
	for i := len(words) - 1; i >= 0; i-- {
		d.coeff.Lsh(&d.coeff, 64)
		d.coeff.Add(&d.coeff, word.SetUint64(words[i]))
	}
	return d
}

// Scale returns the number of digits shown after the point.
func (d Decimal) Scale() int { return int(d.scale) }

// IsFinite reports whether d is a number, and not an infinity or NaN.
func (d Decimal) IsFinite() bool { return d.form == finite }

// IsNaN reports whether d is NaN.
func (d Decimal) IsNaN() bool { return d.form == nan }

// Sign returns -1, 0 or 1; 0 for NaN.
func (d Decimal) Sign() int {
	switch d.form {
	case negInf:
		return -1
	case posInf:
		return 1
	case nan:
		return 0
	}
	return d.coeff.Sign()
}

// IsInteger reports whether d is a whole number.
func (d Decimal) IsInteger() bool {
	return d.form == finite && d.Trunc(0).Cmp(d) == 0
}

// Scaled returns d × 10^scale when that is a whole number of 64 bits.
func (d Decimal) Scaled(scale int) (int64, bool) {
	if d.form != finite {
		return 0, false
	}
	if int(d.scale) != scale {
		r := d.rescale(int32(scale))
		if int(d.scale) > scale && r.Cmp(d) != 0 {
			return 0, false
		}
		d = r
	}
	if !d.coeff.IsInt64() {
		return 0, false
	}
	return d.coeff.Int64(), true
}

// pow10Table holds the powers of ten of 64 bits.
var pow10Table = func() (t [19]int64) {
	t[0] = 1
	for i := 1; i < len(t); i++ {
		t[i] = t[i-1] * 10
	}
	return t
}()

// Pow10 returns 10^n for 0 <= n <= 18.
func Pow10(n int) int64 { return pow10Table[n] }

// bigPow10 are the powers of ten that most numbers take.
var bigPow10 = func() (powers [64]apd.BigInt) {
	powers[0].SetInt64(1)
	ten := apd.NewBigInt(10)
	for i := 1; i < len(powers); i++ {
		powers[i].Mul(&powers[i-1], ten)
	}
	return powers
}()

// pow10 returns 10^n, which is not to be changed.
func pow10(n int) *apd.BigInt {
	if n < len(bigPow10) {
		return &bigPow10[n]
	}
	var p, ten, e apd.BigInt
	ten.SetInt64(10)
	e.SetInt64(int64(n))
	p.Exp(&ten, &e, nil)
	return &p
}

// rescale returns d with the scale, rounded half away from zero.
func (d Decimal) rescale(scale int32) Decimal {
	out := Decimal{scale: scale}
	switch diff := int(scale) - int(d.scale); {
	case d.form != finite:
		return d
	case diff == 0:
		return d
	case diff > 0:
		if d.coeff.Sign() != 0 {
			out.coeff.Mul(&d.coeff, pow10(diff))
		}
	default:
		out.coeff = divRound(&d.coeff, pow10(-diff))
	}
	return out
}

// divRound returns a / b rounded half away from zero; b > 0.
func divRound(a, b *apd.BigInt) apd.BigInt {
	var q, r apd.BigInt
	q.QuoRem(a, b, &r)
	r.Abs(&r)
	r.Lsh(&r, 1)
	if r.Cmp(b) >= 0 {
		var one apd.BigInt
		one.SetInt64(int64(a.Sign()))
		q.Add(&q, &one)
	}
	return q
}

// Round returns d rounded half away from zero to scale digits after the point, or
// to a power of ten when scale is negative.
func (d Decimal) Round(scale int) Decimal {
	scale = min(max(scale, -maxIntDigits), MaxScale)
	r := d.rescale(int32(scale))
	if scale < 0 {
		return r.rescale(0)
	}
	return r
}

// Trunc is Round towards zero.
func (d Decimal) Trunc(scale int) Decimal {
	scale = min(max(scale, -maxIntDigits), MaxScale)
	if d.form != finite || scale >= int(d.scale) {
		return d.rescale(max(int32(scale), 0))
	}
	out := Decimal{scale: int32(scale)}
	out.coeff.Quo(&d.coeff, pow10(int(d.scale)-scale))
	if scale < 0 {
		return out.rescale(0)
	}
	return out
}

// Floor returns the largest whole number that is not above d.
func (d Decimal) Floor() Decimal {
	t := d.Trunc(0)
	if t.Cmp(d) > 0 {
		t = t.Sub(DecimalFromInt(1, 0))
	}
	return t
}

// Ceil returns the smallest whole number that is not below d.
func (d Decimal) Ceil() Decimal {
	t := d.Trunc(0)
	if t.Cmp(d) < 0 {
		t = t.Add(DecimalFromInt(1, 0))
	}
	return t
}

// negated returns -x. apd's Neg makes a zero that claims to be negative.
func negated(x *apd.BigInt) apd.BigInt {
	var r apd.BigInt
	if x.Sign() != 0 {
		r.Neg(x)
	}
	return r
}

// Neg returns -d.
func (d Decimal) Neg() Decimal {
	switch d.form {
	case negInf:
		return Infinity
	case posInf:
		return NegInfinity
	case nan:
		return d
	}
	out := Decimal{scale: d.scale}
	out.coeff = negated(&d.coeff)
	return out
}

// Abs returns |d|.
func (d Decimal) Abs() Decimal {
	if d.Sign() < 0 {
		return d.Neg()
	}
	return d
}

// rank orders the forms for comparison.
func (f form) rank() int {
	return [...]int{finite: 1, negInf: 0, posInf: 2, nan: 3}[f]
}

// Cmp compares values: -1, 0 or 1. NaN equals itself and is the greatest.
func (d Decimal) Cmp(e Decimal) int {
	if d.form != finite || e.form != finite {
		return cmp.Compare(d.form.rank(), e.form.rank())
	}
	switch {
	case d.scale < e.scale:
		d = d.rescale(e.scale)
	case d.scale > e.scale:
		e = e.rescale(d.scale)
	}
	return d.coeff.Cmp(&e.coeff)
}

// Float returns the nearest double.
func (d Decimal) Float() float64 {
	switch d.form {
	case negInf:
		return math.Inf(-1)
	case posInf:
		return math.Inf(1)
	case nan:
		return math.NaN()
	}
	return parseFloat(d.String())
}

// Big returns the coefficient: value × 10^Scale.
func (d Decimal) Big() *big.Int { return d.coeff.MathBigInt() }

// WholeDigits returns how many digits d has before the point, 0 where it is below 1.
func (d Decimal) WholeDigits() int {
	if d.coeff.Sign() == 0 {
		return 0
	}
	return max(d.exponent10()+1, 0)
}

// exponent10 returns the decimal exponent of the first digit: floor(log10 |d|). d
// must not be zero.
func (d Decimal) exponent10() int {
	var a apd.BigInt
	a.Abs(&d.coeff)
	return len(a.Append(nil, 10)) - 1 - int(d.scale)
}
