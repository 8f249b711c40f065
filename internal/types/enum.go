package types

import (
	"slices"
	"strings"
	"sync"

	"driftdb/internal/dberr"
)

// MaxLabelBytes is the longest label of an enumeration, as in PostgreSQL.
const MaxLabelBytes = 63

// Enumeration is an ENUM type as it was defined at some time. Definitions that are equal are
// one object, so types with it are compared by ==. It is immutable.
//
// A value is stored as its label.
type Enumeration struct {
	ID     uint32 // that of the type in its catalog; it outlives changes of name and labels
	Name   string
	Labels []string // in order

	rank map[string]int
}

// enumerations holds every definition that the process has met.
var enumerations sync.Map // string -> *Enumeration

// EnumOf returns the type of an enumeration.
func EnumOf(id uint32, name string, labels []string) Type {
	var key strings.Builder
	key.WriteString(string([]byte{byte(id), byte(id >> 8), byte(id >> 16), byte(id >> 24)}))
	key.WriteString(name)
	for _, l := range labels {
		key.WriteByte(0) // no text holds one
		key.WriteString(l)
	}
	k := key.String()
	known, ok := enumerations.Load(k)
	if !ok {
		e := &Enumeration{ID: id, Name: strings.Clone(name), rank: make(map[string]int, len(labels))}
		for i, l := range labels {
			e.Labels = append(e.Labels, strings.Clone(l))
			e.rank[e.Labels[i]] = i
		}
		known, _ = enumerations.LoadOrStore(k, e)
	}
	return Type{ID: Enum, Len: int32(id), Enum: known.(*Enumeration)}
}

// Rank returns the place of a label, from 0, and whether it is one.
func (e *Enumeration) Rank(label string) (int, bool) {
	if e == nil {
		return 0, false
	}
	r, ok := e.rank[label]
	return r, ok
}

// IsEnum reports whether t is an enumeration.
func (t Type) IsEnum() bool { return t.ID == Enum }

// SameEnum reports whether two types of an enumeration, or of its arrays, are one, perhaps as
// it was at different times.
func SameEnum(a, b Type) bool { return a.Enum != nil && b.Enum != nil && a.Enum.ID == b.Enum.ID }

// NewerEnum returns that of two definitions of one enumeration which has more labels.
func NewerEnum(a, b Type) Type {
	if len(b.Enum.Labels) > len(a.Enum.Labels) {
		return b
	}
	return a
}

// parseEnum reads a label.
func parseEnum(text string, t Type) (Value, error) {
	if _, ok := t.Enum.Rank(text); !ok {
		if t.Enum == nil {
			return Value{}, dberr.Newf(dberr.InvalidTextRepresentation, "invalid input value for enum: \"%s\"", text)
		}
		return Value{}, dberr.Newf(dberr.InvalidTextRepresentation, "invalid input value for enum %s: \"%s\"", t, text)
	}
	return BytesValue(t, text), nil
}

// compareEnums orders labels as they were declared. Those that a definition does not know,
// since they were renamed, are the least.
func compareEnums(a, b Value) int {
	e := a.Type.Enum
	if e == nil {
		e = b.Type.Enum
	}
	ra, okA := e.Rank(a.S)
	rb, okB := e.Rank(b.S)
	switch {
	case okA && okB:
		return ra - rb
	case okA != okB:
		return btoi(okA) - btoi(okB)
	}
	return strings.Compare(a.S, b.S)
}

// Relative implements dberr.Named: the name of an enumeration depends on the session.
func (t Type) Relative() bool { return t.Enum != nil }

// NameFor implements dberr.Named.
func (t Type) NameFor(name func(id uint32) string) string {
	if t.Enum == nil {
		return t.String()
	}
	n := name(t.Enum.ID)
	switch {
	case n == "":
		return t.String()
	case t.IsArray():
		return n + "[]"
	}
	return n
}

// Types are types as messages list them.
type Types []Type

// String implements dberr.Named.
func (l Types) String() string { return l.NameFor(func(uint32) string { return "" }) }

// Relative implements dberr.Named.
func (l Types) Relative() bool { return slices.ContainsFunc(l, Type.Relative) }

// NameFor implements dberr.Named.
func (l Types) NameFor(name func(id uint32) string) string {
	names := make([]string, len(l))
	for i, t := range l {
		names[i] = t.NameFor(name)
	}
	return strings.Join(names, ", ")
}

// quoteName writes a name as SQL does.
func quoteName(name string) string {
	for i := range len(name) {
		c := name[i]
		if c >= 'a' && c <= 'z' || c == '_' || i > 0 && (c >= '0' && c <= '9' || c == '$') {
			continue
		}
		return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	return name
}
