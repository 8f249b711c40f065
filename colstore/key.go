package colstore

import (
	"unsafe"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// alias views b as a string, which is valid as long as b is not changed.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// valueAt returns row i of v in any form; a string aliases the vector.
func valueAt(v *vec.Vec, i int) types.Value {
	if v.Type.Class() != types.Bytes || v.IsNull(i) {
		return v.Value(i)
	}
	return types.BytesValue(v.Type, alias(v.Bytes(i)))
}

func hasNull(key []types.Value) bool {
	for i := range key {
		if !key[i].Valid {
			return true
		}
	}
	return false
}

// equalKeys compares two keys that have no NULL.
func equalKeys(a, b []types.Value) bool {
	for i := range a {
		if !a[i].Valid || !b[i].Valid || types.CompareStored(a[i], b[i]) != 0 {
			return false
		}
	}
	return true
}
