package types

import (
	"strconv"
	"strings"

	"driftdb/internal/dberr"
)

// parseFloat reads a number that is known to be well formed.
func parseFloat(s string) float64 {
	f, _ := strconv.ParseFloat(s, 64)
	return f
}

// String returns d as PostgreSQL prints it: never with an exponent.
func (d Decimal) String() string { return string(d.Append(nil)) }

// Append appends the text of d.
func (d Decimal) Append(dst []byte) []byte {
	switch d.form {
	case negInf:
		return append(dst, "-Infinity"...)
	case posInf:
		return append(dst, "Infinity"...)
	case nan:
		return append(dst, "NaN"...)
	}
	if d.coeff.IsInt64() {
		return appendScaled(dst, d.coeff.Int64(), int(d.scale))
	}
	digits := d.coeff.Append(nil, 10)
	if digits[0] == '-' {
		dst, digits = append(dst, '-'), digits[1:]
	}
	return appendPoint(dst, digits, int(d.scale))
}

// appendScaled appends i × 10^-scale.
func appendScaled(dst []byte, i int64, scale int) []byte {
	if scale == 0 {
		return strconv.AppendInt(dst, i, 10)
	}
	u := uint64(i)
	if i < 0 {
		dst, u = append(dst, '-'), -u
	}
	if scale < len(pow10Table) {
		unit := uint64(pow10Table[scale])
		dst = append(strconv.AppendUint(dst, u/unit, 10), '.')
		at := len(dst)
		dst = append(dst, "0000000000000000000"[:scale]...)
		digits := dst[at:]
		for u %= unit; u > 0; u /= 10 {
			scale--
			digits[scale] = byte('0' + u%10)
		}
		return dst
	}
	var buf [20]byte
	return appendPoint(dst, strconv.AppendUint(buf[:0], u, 10), scale)
}

// appendPoint appends digits with scale of them after the point.
func appendPoint(dst, digits []byte, scale int) []byte {
	whole := len(digits) - scale
	if whole <= 0 {
		dst = append(dst, '0')
	} else {
		dst = append(dst, digits[:whole]...)
	}
	if scale == 0 {
		return dst
	}
	dst = append(dst, '.')
	for ; whole < 0; whole++ {
		dst = append(dst, '0')
	}
	return append(dst, digits[whole:]...)
}

// ParseDecimal reads a NUMERIC: digits with an optional point and exponent, NaN or
// Infinity, with blanks around.
func ParseDecimal(text string) (Decimal, error) {
	s := trimSpace(text)
	switch strings.ToLower(s) {
	case "nan":
		return NaN, nil
	case "infinity", "inf", "+infinity", "+inf":
		return Infinity, nil
	case "-infinity", "-inf":
		return NegInfinity, nil
	}
	d, ok := parseDigits(s)
	if !ok {
		return Decimal{}, invalidSyntax(T(Numeric), text)
	}
	return d, d.Check()
}

// parseDigits reads [sign] digits [. digits] [e exponent].
func parseDigits(s string) (Decimal, bool) {
	mantissa, exp, ok := splitExponent(s)
	if !ok {
		return Decimal{}, false
	}
	neg := false
	if mantissa != "" && (mantissa[0] == '-' || mantissa[0] == '+') {
		neg, mantissa = mantissa[0] == '-', mantissa[1:]
	}
	whole, frac, _ := strings.Cut(mantissa, ".")
	if len(whole)+len(frac) == 0 || !allDigits(whole) || !allDigits(frac) {
		return Decimal{}, false
	}
	if len(whole)+len(frac) > 2*maxIntDigits {
		return Decimal{form: finite, scale: MaxScale + 1}, true
	}
	d := Decimal{scale: int32(len(frac))}
	if len(whole)+len(frac) <= 18 {
		i, _ := strconv.ParseInt(whole+frac, 10, 64)
		d.coeff.SetInt64(i)
	} else {
		d.coeff.SetString(whole+frac, 10)
	}
	if neg {
		d.coeff = negated(&d.coeff)
	}
	return d.shift(exp), true
}

// splitExponent cuts an exponent off a number.
func splitExponent(s string) (mantissa string, exp int, ok bool) {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s, 0, true
	}
	e := s[i+1:]
	digits := strings.TrimLeft(e, "+-")
	if digits == "" || len(e)-len(digits) > 1 || !allDigits(digits) {
		return "", 0, false
	}
	n, err := strconv.Atoi(e)
	if err != nil || n > 1<<20 || n < -(1<<20) {
		n = 1 << 20
		if e[0] == '-' {
			n = -n
		}
	}
	return s[:i], n, true
}

// shift returns d × 10^exp, with the digits that need showing. A number that
// cannot be held has a scale above MaxScale.
func (d Decimal) shift(exp int) Decimal {
	scale := int(d.scale) - exp
	switch {
	case d.coeff.Sign() == 0:
		scale = min(max(scale, 0), MaxScale)
	case scale < -2*maxIntDigits:
		return Decimal{scale: MaxScale + 1}
	case scale > MaxScale:
		if scale > MaxScale+2*maxIntDigits {
			return Decimal{scale: MaxScale}
		}
		return Decimal{coeff: d.coeff, scale: int32(scale)}.rescale(MaxScale)
	}
	out := Decimal{coeff: d.coeff, scale: int32(scale)}
	if scale < 0 {
		return out.rescale(0)
	}
	return out
}

// Check returns an error if d has more digits than a NUMERIC may have.
func (d Decimal) Check() error {
	if d.form != finite {
		return nil
	}
	if d.scale > MaxScale || d.coeff.BitLen() > 3*maxIntDigits && d.exponent10() >= maxIntDigits {
		return dberr.New(dberr.NumericValueOutOfRange, "value overflows numeric format")
	}
	return nil
}

// Fit rounds d to the scale of NUMERIC(p,s) type t, and refuses what does not fit
// its precision.
func (d Decimal) Fit(t Type) (Decimal, error) {
	if t.Prec == 0 || d.form == nan {
		return d, d.Check()
	}
	if d.form != finite {
		return d, fieldOverflow(t).WithDetail("A field with precision %d, scale %d cannot hold an infinite value.", t.Prec, t.Scale)
	}
	r := d.rescale(int32(t.Scale))
	if r.coeff.Sign() != 0 && r.exponent10() >= int(t.Prec-t.Scale) {
		limit := "1"
		if n := t.Prec - t.Scale; n != 0 {
			limit = "10^" + strconv.Itoa(int(n))
		}
		return r, fieldOverflow(t).WithDetail("A field with precision %d, scale %d must round to an absolute value less than %s.",
			t.Prec, t.Scale, limit)
	}
	if t.Scale < 0 {
		return r.rescale(0), nil
	}
	return r, nil
}

// fieldOverflow is the error of a number too large for NUMERIC(p,s).
func fieldOverflow(Type) *dberr.Error {
	return dberr.New(dberr.NumericValueOutOfRange, "numeric field overflow")
}

// allDigits reports whether s holds only the digits 0 to 9.
func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
