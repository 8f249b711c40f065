package types

import (
	"bytes"
	"cmp"
	"math"
	"math/bits"
	"strings"
)

// Compare orders two values of one type that are not NULL: -1, 0 or 1. NaN equals
// itself and is the greatest number, text orders bytewise, numbers of different
// display scale may be equal. Types may differ in their modifiers.
func Compare(a, b Value) int {
	switch a.Type.Class() {
	case F32, F64:
		return CompareFloat(a.F, b.F)
	case Span:
		return CompareInterval(a.Iv, b.Iv)
	}
	if a.Type.ID == Numeric {
		return compareNumeric(a, b)
	}
	if a.Type.ID == JSONB {
		return bytes.Compare(JSONKey(nil, a.S), JSONKey(nil, b.S))
	}
	if a.Type.ID == Enum {
		return compareEnums(a, b)
	}
	if a.Type.IsArray() {
		return bytes.Compare(ArrayKey(nil, a.Type, a.S), ArrayKey(nil, b.Type, b.S))
	}
	if a.Type.ID == Record {
		return bytes.Compare(RecordKey(nil, a.S), RecordKey(nil, b.S))
	}
	if a.Type.ID == Bpchar {
		return strings.Compare(TrimChar(a.S), TrimChar(b.S))
	}
	if a.Type.Class() == Bytes {
		return strings.Compare(a.S, b.S)
	}
	return cmp.Compare(a.I, b.I)
}

// CompareStored orders values as storage does, below the catalog: labels of an ENUM as texts.
func CompareStored(a, b Value) int {
	a.Type.Enum, b.Type.Enum = nil, nil
	return Compare(a, b)
}

// compareNumeric orders NUMERIC values of any memory form.
func compareNumeric(a, b Value) int {
	sa, sb := a.Type.IsScaled(), b.Type.IsScaled()
	switch {
	case sa && sb && a.Type.Scale == b.Type.Scale:
		return cmp.Compare(a.I, b.I)
	case !sa && !sb:
		return CompareDecimalForms([]byte(a.S), []byte(b.S))
	}
	x, errX := a.Decimal()
	y, errY := b.Decimal()
	if errX != nil || errY != nil {
		// Damaged forms still need one order: what cannot be read is the least.
		return cmp.Compare(btoi(errX == nil), btoi(errY == nil))
	}
	return x.Cmp(y)
}

// CompareDecimalForms orders binary forms by the numbers' values.
func CompareDecimalForms(a, b []byte) int { return bytes.Compare(DecimalKey(a), DecimalKey(b)) }

// CompareFloat orders floats: NaN equals itself and is the greatest, -0 equals 0.
func CompareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	}
	return cmp.Compare(btoi(math.IsNaN(a)), btoi(math.IsNaN(b)))
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// CompareInterval orders intervals, a month counting 30 days and a day 24 hours.
func CompareInterval(a, b IntervalValue) int {
	ahi, alo := a.wide()
	bhi, blo := b.wide()
	if c := cmp.Compare(ahi, bhi); c != 0 {
		return c
	}
	return cmp.Compare(alo, blo)
}

// wide returns the interval in microseconds as a 128-bit number.
func (iv IntervalValue) wide() (hi int64, lo uint64) {
	days := int64(iv.Months)*30 + int64(iv.Days)
	h, l := bits.Mul64(uint64(abs64(days)), MicrosPerDay)
	hi, lo = int64(h), l
	if days < 0 {
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi = -hi - int64(borrow)
	}
	lo, carry := bits.Add64(lo, uint64(iv.Micros), 0)
	return hi + iv.Micros>>63 + int64(carry), lo
}

// Normal returns the interval with the same length in which equal intervals are
// identical: for hashing and grouping.
func (iv IntervalValue) Normal() (hi int64, lo uint64) { return iv.wide() }

// Equal reports whether two values of one type are both NULL or equal.
func Equal(a, b Value) bool {
	if !a.Valid || !b.Valid {
		return a.Valid == b.Valid
	}
	return Compare(a, b) == 0
}
