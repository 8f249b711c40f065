package part

import (
	"bytes"
	"cmp"
	"math"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// spanParts returns an interval as whole days and the microseconds left, 0 <= micros < one
// day: SQL compares intervals with months of 30 days and days of 24 hours.
func spanParts(v types.IntervalValue) (days, micros int64) {
	days, micros = v.Micros/types.MicrosPerDay, v.Micros%types.MicrosPerDay
	if micros < 0 {
		days, micros = days-1, micros+types.MicrosPerDay
	}
	return days + int64(v.Months)*30 + int64(v.Days), micros
}

func bool2int(b bool) int {
	if b {
		return 1
	}
	return 0
}

// cuttable reports whether a prefix of a stored value of the Bytes class is a value too.
func cuttable(t types.Type) bool {
	return t.ID != types.Numeric && t.ID != types.Bpchar && t.ID != types.JSONB && t.ID != types.UUID && !t.IsArray()
}

// bytewise reports whether values of the Bytes class of type t are in the order of their bytes.
func bytewise(t types.Type) bool {
	return t.ID != types.Numeric && t.ID != types.JSONB && !t.KeepsBlanks() && !t.IsArray()
}

// keyBytes returns the bytes of a stored value that are equal for equal values.
func keyBytes(t types.Type, b []byte) []byte {
	t.Enum = nil // storage orders labels as texts
	if t.IsArray() {
		return types.ArrayKey(nil, t, string(b))
	}
	switch t.ID {
	case types.Numeric:
		return types.DecimalKey(b)
	case types.JSONB:
		return types.JSONKey(nil, string(b))
	case types.Bpchar:
		return bytes.TrimRight(b, " ")
	}
	return b
}

// compareBytes orders stored values of a type of the Bytes class.
func compareBytes(t types.Type, a, b []byte) int {
	return bytes.Compare(keyBytes(t, a), keyBytes(t, b))
}

// bytesOrder returns compareBytes for a type, of which most compare the bytes as they are.
func bytesOrder(t types.Type) func(a, b []byte) int {
	if bytewise(t) {
		return bytes.Compare
	}
	return func(a, b []byte) int { return compareBytes(t, a, b) }
}

// compareRows orders row i of a and row j of b, two vectors of one type; a NULL is greater
// than all values and equal to a NULL.
func compareRows(a *vec.Vec, i int, b *vec.Vec, j int) int {
	aNull, bNull := a.IsNull(i), b.IsNull(j)
	if aNull || bNull {
		return cmp.Compare(bool2int(aNull), bool2int(bNull))
	}
	switch a.Type.Class() {
	case types.Bytes:
		return compareBytes(a.Type, a.Bytes(i), b.Bytes(j))
	case types.F32, types.F64:
		return types.CompareFloat(a.Float(i), b.Float(j))
	case types.Span:
		return types.CompareInterval(spanAt(a, i), spanAt(b, j))
	}
	return cmp.Compare(a.Int(i), b.Int(j))
}

// compareRow orders a value and row i of v in the same way.
func compareRow(key *types.Value, v *vec.Vec, i int) int {
	null := v.IsNull(i)
	if null || !key.Valid {
		return cmp.Compare(bool2int(!key.Valid), bool2int(null))
	}
	switch v.Type.Class() {
	case types.Bytes:
		return compareBytes(v.Type, stringBytes(key.S), v.Bytes(i))
	case types.F32, types.F64:
		return types.CompareFloat(key.F, v.Float(i))
	case types.Span:
		return types.CompareInterval(key.Iv, spanAt(v, i))
	}
	return cmp.Compare(key.I, v.Int(i))
}

func spanAt(v *vec.Vec, i int) types.IntervalValue {
	if v.Form == vec.Const {
		i = 0
	}
	return vec.Of[types.IntervalValue](v)[i]
}

// floatOrdinal maps floats to integers in SQL order; values that are equal map alike.
func floatOrdinal(f float64) uint64 {
	switch {
	case f == 0:
		return 1 << 63
	case f != f:
		return math.MaxUint64
	}
	b := math.Float64bits(f)
	if b>>63 != 0 {
		return ^b
	}
	return b | 1<<63
}
