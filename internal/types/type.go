// Package types defines the SQL types of DriftDB, their values and how values lie
// in memory. It is a leaf: storage and executor share it.
//
// A Type says what a value means; its Class says how the value is laid out. All
// layouts are little-endian Arrow layouts:
//
//	class     bytes   types
//	Bits      1/8     BOOLEAN, least significant bit first
//	I16       2       SMALLINT
//	I32       4       INTEGER, DATE (days since 1970-01-01)
//	I64       8       BIGINT, TIMESTAMP and TIMESTAMPTZ (µs since 1970-01-01 UTC),
//	                  TIME (µs since midnight, 24:00:00 included), TIMETZ (see MakeTimeTZ),
//	                  NUMERIC(p,s) with 0 <= s <= p <= 18 (value × 10^s)
//	F32, F64  4, 8    REAL, DOUBLE PRECISION
//	Span      16      INTERVAL: months int32, days int32, micros int64
//	Bytes     any     TEXT, VARCHAR, BYTEA, JSON, all other NUMERIC
//	                  (Decimal's binary form), UUID (16 bytes), JSONB
//	                  (its one text, see NormalJSON), ENUM (the label), the unknown
//	                  type, arrays (see Array.Value), CHAR(n) (without the blanks at the
//	                  end, which its text has up to n characters) and CHAR of no length
//	                  (with them: they do not count when it is compared)
package types

import (
	"fmt"
	"strings"
)

// ID names a type. IDs are stored on disk and never change. That of an array is the ID of
// its elements with a bit of its own.
type ID uint8

// The type IDs.
const (
	Unknown     ID = 0 // a bare NULL or a quoted literal whose type is not decided yet
	Bool        ID = 1
	Int16       ID = 2
	Int32       ID = 3
	Int64       ID = 4
	Float32     ID = 5
	Float64     ID = 6
	Numeric     ID = 7
	Text        ID = 8
	Varchar     ID = 9
	Bytea       ID = 10
	Date        ID = 11
	Timestamp   ID = 12
	TimestampTZ ID = 13
	Interval    ID = 14
	JSON        ID = 15
	Time        ID = 16
	UUID        ID = 17
	JSONB       ID = 18
	Enum        ID = 19
	JSONPath    ID = 20
	Bpchar      ID = 21
	TimeTZ      ID = 22

	LastID = TimeTZ // the greatest ID there is, but for those of arrays, see ArrayOf
)

// Type is a SQL type with its modifiers. Types are comparable with ==; the zero
// value is the unknown type.
type Type struct {
	ID    ID
	Prec  int16 // NUMERIC: digits in all, 0 when unconstrained; times: see Fraction; integers: see Narrow
	Scale int16 // NUMERIC: digits after the point; negative: zeros before it
	Len   int32 // VARCHAR(n), CHAR(n): most characters, 0 when unlimited; ENUM: its id
	// Enum is the definition of an ENUM, or of the elements of its arrays; nil in storage below
	// the catalog, which has only the id.
	Enum *Enumeration
}

// Class is how the values of a type lie in memory.
type Class uint8

// The classes.
const (
	Bits Class = iota
	I16
	I32
	I64
	F32
	F64
	Span
	Bytes
)

// MaxScaledPrec is the largest precision whose NUMERIC is stored as a scaled int64.
const MaxScaledPrec = 18

// T returns the type with no modifiers.
func T(id ID) Type { return Type{ID: id} }

// Base returns the type without modifiers. An ENUM stays what it is.
func (t Type) Base() Type {
	if t.Enum != nil {
		return t
	}
	return Type{ID: t.ID}
}

// Dec returns NUMERIC(prec, scale).
func Dec(prec, scale int) Type {
	return Type{ID: Numeric, Prec: int16(prec), Scale: int16(scale)}
}

// Class returns how values of t lie in memory.
func (t Type) Class() Class {
	switch t.ID {
	case Bool:
		return Bits
	case Int16:
		return I16
	case Int32, Date:
		return I32
	case Int64, Timestamp, TimestampTZ, Time, TimeTZ:
		return I64
	case Float32:
		return F32
	case Float64:
		return F64
	case Interval:
		return Span
	case Numeric:
		if t.Prec >= 1 && t.Prec <= MaxScaledPrec && t.Scale >= 0 && t.Scale <= t.Prec {
			return I64
		}
	}
	return Bytes
}

// Size returns the bytes of one value of the class: 0 for Bits and Bytes.
func (c Class) Size() int {
	switch c {
	case I16:
		return 2
	case I32, F32:
		return 4
	case I64, F64:
		return 8
	case Span:
		return 16
	}
	return 0
}

// IsInteger reports whether t is SMALLINT, INTEGER or BIGINT.
func (t Type) IsInteger() bool { return t.ID == Int16 || t.ID == Int32 || t.ID == Int64 }

// IsNumber reports whether t is an integer, NUMERIC or a float.
func (t Type) IsNumber() bool { return t.ID >= Int16 && t.ID <= Numeric }

// IsString reports whether t is TEXT, VARCHAR, CHAR or unknown.
func (t Type) IsString() bool {
	return t.ID == Text || t.ID == Varchar || t.ID == Bpchar || t.ID == Unknown
}

// KeepsBlanks reports whether t is CHAR of no length, whose values may end in blanks that do not
// count when they are compared.
func (t Type) KeepsBlanks() bool { return t.ID == Bpchar && t.Len == 0 }

// IsScaled reports whether t is a NUMERIC stored as a scaled int64.
func (t Type) IsScaled() bool { return t.ID == Numeric && t.Class() == I64 }

var names = map[ID]string{
	Unknown: "unknown", Bool: "boolean", Int16: "smallint", Int32: "integer", Int64: "bigint",
	Float32: "real", Float64: "double precision", Numeric: "numeric", Text: "text",
	Varchar: "character varying", Bytea: "bytea", Date: "date",
	Timestamp: "timestamp without time zone", TimestampTZ: "timestamp with time zone",
	Interval: "interval", JSON: "json", Time: "time without time zone", UUID: "uuid", JSONB: "jsonb", JSONPath: "jsonpath", Bpchar: "character", TimeTZ: "time with time zone", Enum: "anyenum", Record: "record",
}

// Definition returns the name that makes a column of the type: String, but for CHAR without a
// length, since CHARACTER alone is CHARACTER(1).
func (t Type) Definition() string {
	switch {
	case t.ID.Elem() != Bpchar || t.Len > 0:
		return t.String()
	case t.IsArray():
		return "bpchar[]"
	}
	return "bpchar"
}

// String returns PostgreSQL's name of the type, with modifiers.
func (t Type) String() string {
	if t.IsArray() {
		return t.Elem().String() + "[]"
	}
	if t.Enum != nil {
		return quoteName(t.Enum.Name)
	}
	s, ok := names[t.ID]
	if !ok {
		return fmt.Sprintf("type %d", t.ID)
	}
	if narrow, ok := narrowNames[t]; ok {
		return narrow
	}
	if digits, ok := t.Fraction(); ok {
		word, rest, _ := strings.Cut(s, " ")
		return strings.TrimSpace(fmt.Sprintf("%s(%d) %s", word, digits, rest))
	}
	switch {
	case t.ID == Numeric && t.Prec > 0:
		return fmt.Sprintf("numeric(%d,%d)", t.Prec, t.Scale)
	case t.ID == Varchar && t.Len > 0:
		return fmt.Sprintf("character varying(%d)", t.Len)
	case t.ID == Bpchar && t.Len > 0:
		return fmt.Sprintf("character(%d)", t.Len)
	}
	return s
}
