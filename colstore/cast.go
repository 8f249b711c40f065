package colstore

import (
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// castVec returns v as type t. Columns only ever widen, so a value that does not fit is a bug.
func castVec(v *vec.Vec, t types.Type) (vec.Vec, error) {
	if sameStorage(v.Type, t) {
		return *retyped(v, t), nil
	}
	if v.Form == vec.Const {
		val, err := castValue(valueAt(v, 0), t)
		return constant(val, t, v.N), err
	}
	out := newColumn(t, v.N)
	for i := range v.N {
		if v.IsNull(i) {
			out.setNull(i, v.N)
			continue
		}
		val, err := castValue(valueAt(v, i), t)
		if err != nil {
			return vec.Vec{}, err
		}
		out.set(i, val)
	}
	return out.vector(v.N), nil
}

// sameStorage reports whether every value of type a has the same bytes in type b.
func sameStorage(a, b types.Type) bool {
	if a.Class() != b.Class() {
		return false
	}
	switch {
	case a.ID == types.Numeric && b.ID == types.Numeric && b.Len > 0 && a != b:
		return false
	case a.ID == types.Numeric && b.ID == types.Numeric:
		return a.Scale == b.Scale || b.Prec == 0 && a.Class() == types.Bytes
	case a.IsString() && b.IsString():
		return a.ID != types.Bpchar || !a.KeepsBlanks() && !b.KeepsBlanks()
	case a.ID == types.JSON && b.ID == types.Text:
		return true
	}
	if _, rounds := b.Fraction(); (rounds || b.IsInteger()) && !canWiden(a, b) {
		return false
	}
	return a.ID == b.ID
}

// canWiden reports whether a column of type a may become type b: every value of a is one of b.
func canWiden(a, b types.Type) bool {
	switch {
	case a == b || b.ID == types.Text:
		return true
	case b.ID == types.Bpchar:
		return a.ID == types.Bpchar && a.Len > 0 && a.Len <= b.Len
	case b.ID == types.Varchar:
		return a.IsString() && (b.Len == 0 || (a.ID == types.Varchar || a.ID == types.Bpchar) && a.Len > 0 && a.Len <= b.Len)
	case a.ID == b.ID && a.Class() != types.Bytes && !a.IsNumber(): // times of more digits
		from, _ := a.Fraction()
		to, _ := b.Fraction()
		return from <= to
	case a.IsInteger() && b.IsInteger():
		lo, hi := types.IntRange(a)
		least, greatest := types.IntRange(b)
		return a.ID <= b.ID && least <= lo && hi <= greatest
	case b.ID == types.Numeric && b.Len > 0: // an UBIGINT
		return false
	case a.IsInteger() && b.ID == types.Numeric:
		return b.Prec == 0 || int(b.Prec-b.Scale) >= integerDigits(a)
	case a.ID == types.Numeric && b.ID == types.Numeric:
		return b.Prec == 0 || a.Prec > 0 && b.Scale >= a.Scale && b.Prec-b.Scale >= a.Prec-a.Scale
	case a.IsInteger() && b.ID == types.Float64:
		return true // the caller made sure that all values are exact
	case a.ID == types.Float32 && b.ID == types.Float64:
		return true
	case (a.ID == types.Float64 || a.ID == types.Float32) && b.ID == types.Numeric && b.Prec == 0:
		return true
	}
	return false
}

func integerDigits(t types.Type) int {
	return map[types.ID]int{types.Int16: 5, types.Int32: 10, types.Int64: 19}[t.ID]
}

// castValue converts a value that is not NULL to a wider type.
func castValue(v types.Value, t types.Type) (types.Value, error) {
	if !v.Valid {
		return types.NullOf(t), nil
	}
	return types.Cast(v, t, true)
}
