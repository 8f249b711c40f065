package types

// Value is one SQL value outside a vector: a constant, a parameter, a bound, a key
// part. The zero value is a NULL of unknown type. Values are immutable; S may alias
// the memory it was made from, as its maker says.
type Value struct {
	Type  Type
	Valid bool    // false: NULL
	I     int64   // Bits (0 or 1), I16, I32, I64
	F     float64 // F32, F64
	S     string  // Bytes
	Iv    IntervalValue
}

// IntervalValue is an INTERVAL: the three parts do not convert into each other.
type IntervalValue struct {
	Months, Days int32
	Micros       int64
}

// NullOf returns the NULL of type t.
func NullOf(t Type) Value { return Value{Type: t} }

// IntValue returns a value of a Bits, I16, I32 or I64 type.
func IntValue(t Type, i int64) Value { return Value{Type: t, Valid: true, I: i} }

// BoolValue returns a BOOLEAN.
func BoolValue(b bool) Value {
	v := Value{Type: T(Bool), Valid: true}
	if b {
		v.I = 1
	}
	return v
}

// FloatValue returns a value of an F32 or F64 type.
func FloatValue(t Type, f float64) Value { return Value{Type: t, Valid: true, F: f} }

// BytesValue returns a value of a Bytes type; s is its stored form.
func BytesValue(t Type, s string) Value { return Value{Type: t, Valid: true, S: s} }

// SpanValue returns an INTERVAL.
func SpanValue(iv IntervalValue) Value {
	return Value{Type: T(Interval), Valid: true, Iv: iv}
}
