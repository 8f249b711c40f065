package types

import (
	"encoding/binary"
	"strings"

	"driftdb/internal/dberr"
)

// The binary form of a Decimal, for NUMERIC types of the Bytes class:
//
//	offset  size  field
//	0       1     kind: 0x10 -Infinity, 0x20 below zero, 0x30 zero, 0x40 above zero,
//	              0x50 Infinity, 0x60 NaN
//	1       2     exponent e + 0x8000, big-endian; only for numbers other than zero
//	3       n     base-100 digits d1 d2 … dn of 0.d1d2… × 100^e, each plus one; d1 and
//	              dn are not zero
//	3+n     1     0x00, ends the digits
//	last 2  2     display scale, big-endian
//
// In a number below zero the bytes from 1 to the end of the digits, 0x00 included,
// are complemented. So the forms order bytewise as the numbers do, numbers of equal
// value by display scale, and two numbers are equal when all but the last two bytes are.
const (
	kindNegInf = 0x10
	kindNeg    = 0x20
	kindZero   = 0x30
	kindPos    = 0x40
	kindPosInf = 0x50
	kindNaN    = 0x60
)

// scaleBytes is the size of the display scale at the end of the form.
const scaleBytes = 2

// DecimalKey returns the part of the binary form that is equal for equal numbers.
func DecimalKey(form []byte) []byte { return form[:max(0, len(form)-scaleBytes)] }

// PrefixBounds returns two numbers between which all lie whose binary form, without its scale, begins with the eight
// bytes of a word, the first the highest. ok is false but for zero and above.
func PrefixBounds(word uint64) (lo, hi Decimal, ok bool) {
	var form [8]byte
	binary.BigEndian.PutUint64(form[:], word)
	if form[0] == kindZero {
		return lo, hi, true
	}
	if form[0] != kindPos {
		return lo, hi, false
	}
	exp := (int(form[1])<<8 | int(form[2])) - 0x8000
	if exp < -maxPrefixPairs || exp > maxPrefixPairs {
		return lo, hi, false
	}
	u, pairs := int64(0), form[3:]
	for _, p := range pairs { // those behind the end of the digits are 0
		u = 100*u + int64(max(p, 1)) - 1
	}
	scale := 2 * (len(pairs) - exp)
	lo, hi = DecimalFromInt(u, 0), DecimalFromInt(u+1, 0)
	if scale < 0 {
		times := Decimal{coeff: *pow10(-scale)}
		return lo.Mul(times), hi.Mul(times), true
	}
	lo.scale, hi.scale = int32(scale), int32(scale)
	return lo, hi, true
}

// maxPrefixPairs is the most pairs of digits between the point and those of PrefixBounds.
const maxPrefixPairs = 32

// Encode returns the binary form.
func (d Decimal) Encode() string { return string(d.AppendEncoded(nil)) }

// AppendEncoded appends the binary form.
func (d Decimal) AppendEncoded(dst []byte) []byte {
	switch {
	case d.form == negInf:
		return append(dst, kindNegInf, 0, 0)
	case d.form == posInf:
		return append(dst, kindPosInf, 0, 0)
	case d.form == nan:
		return append(dst, kindNaN, 0, 0)
	case d.coeff.Sign() == 0:
		return binary.BigEndian.AppendUint16(append(dst, kindZero), uint16(d.scale))
	}
	var buf [40]byte
	digits := d.coeff.Append(buf[:0], 10)
	neg := digits[0] == '-'
	if neg {
		digits = digits[1:]
	}
	kind := byte(kindPos)
	if neg {
		kind = kindNeg
	}
	dst = append(dst, kind)
	start := len(dst)
	dst = appendDigits(dst, digits, int(d.scale))
	if neg {
		for i := start; i < len(dst); i++ {
			dst[i] = ^dst[i]
		}
	}
	return binary.BigEndian.AppendUint16(dst, uint16(d.scale))
}

// appendDigits appends exponent, base-100 digits and end of digits × 10^-scale.
func appendDigits(dst, digits []byte, scale int) []byte {
	point := len(digits) - scale // decimal digits before the point, may be negative
	exp := (point + 1) >> 1      // pairs before the point
	lead := 2*exp - point        // 1 when the first pair begins with a missing zero
	for len(digits) > 0 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(exp+0x8000))
	at := func(i int) byte {
		if i < 0 || i >= len(digits) {
			return 0
		}
		return digits[i] - '0'
	}
	for i := -lead; i < len(digits); i += 2 {
		dst = append(dst, at(i)*10+at(i+1)+1)
	}
	return append(dst, 0)
}

// DecodeDecimal reads a binary form. A damaged one is an error.
func DecodeDecimal(b []byte) (Decimal, error) {
	if len(b) < 1+scaleBytes {
		return Decimal{}, badForm()
	}
	scale := int32(binary.BigEndian.Uint16(b[len(b)-scaleBytes:]))
	body := b[1 : len(b)-scaleBytes]
	if scale > MaxScale {
		return Decimal{}, badForm()
	}
	switch b[0] {
	case kindNegInf:
		return NegInfinity, nil
	case kindPosInf:
		return Infinity, nil
	case kindNaN:
		return NaN, nil
	case kindZero:
		return Decimal{scale: scale}, nil
	case kindPos:
		return decodeDigits(body, 0, scale)
	case kindNeg:
		return decodeDigits(body, 0xFF, scale)
	}
	return Decimal{}, badForm()
}

// decodeDigits reads exponent and digits, each byte xored with flip.
func decodeDigits(body []byte, flip byte, scale int32) (Decimal, error) {
	if len(body) < 4 || body[len(body)-1] != flip {
		return Decimal{}, badForm()
	}
	exp := (int(body[0]^flip)<<8 | int(body[1]^flip)) - 0x8000
	pairs := body[2 : len(body)-1]
	if 2*exp > maxIntDigits+1 {
		return Decimal{}, badForm()
	}
	var d Decimal
	if len(pairs) <= 9 {
		var u int64
		for _, p := range pairs {
			v := (p ^ flip) - 1
			if v > 99 {
				return Decimal{}, badForm()
			}
			u = u*100 + int64(v)
		}
		d.coeff.SetInt64(u)
	} else if !d.setPairs(pairs, flip) {
		return Decimal{}, badForm()
	}
	if flip != 0 {
		d.coeff = negated(&d.coeff)
	}
	d.scale = int32(2 * (len(pairs) - exp))
	if d.scale-1 > scale {
		return Decimal{}, badForm()
	}
	return d.rescale(scale), nil
}

// setPairs sets the coefficient from many base-100 digits.
func (d *Decimal) setPairs(pairs []byte, flip byte) bool {
	var s strings.Builder
	s.Grow(2 * len(pairs))
	for _, p := range pairs {
		v := (p ^ flip) - 1
		if v > 99 {
			return false
		}
		s.WriteByte('0' + v/10)
		s.WriteByte('0' + v%10)
	}
	_, ok := d.coeff.SetString(s.String(), 10)
	return ok
}

// badForm is the error of a damaged binary form; who reads a file adds its name.
func badForm() error {
	return dberr.New(dberr.DataCorrupted, "damaged numeric value")
}

// Decimal returns the number of a NUMERIC or integer value that is not NULL.
func (v Value) Decimal() (Decimal, error) {
	switch {
	case v.Type.IsInteger():
		return DecimalFromInt(v.I, 0), nil
	case v.Type.IsScaled():
		return DecimalFromInt(v.I, int(v.Type.Scale)), nil
	}
	return DecodeDecimal([]byte(v.S))
}

// NumericValue returns d as a value of the NUMERIC type t, rounded to its scale.
func NumericValue(t Type, d Decimal) (Value, error) {
	r, err := d.Fit(t)
	if err == nil {
		err = checkUnsigned(t, r)
	}
	if err != nil {
		return Value{}, err
	}
	if !t.IsScaled() {
		return BytesValue(t, r.Encode()), nil
	}
	i, ok := r.Scaled(int(t.Scale))
	if !ok { // NaN has no scaled form
		return Value{}, fieldOverflow(t).WithDetail("A field with precision %d, scale %d cannot hold %s.", t.Prec, t.Scale, d)
	}
	return IntValue(t, i), nil
}
