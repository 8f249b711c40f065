package arrowio

import (
	"bytes"
	"unicode/utf8"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// readSame reads values whose layout is ours: the vector has the memory of the array. check, nil for
// none, is asked of every value that is not NULL.
func readSame[A arrow.Array, T any](values func(a A) []T, check func(T) error) convert {
	return func(in arrow.Array, _ types.Type) (vec.Vec, error) {
		data := values(in.(A))
		if check != nil {
			for i, x := range data {
				if in.IsNull(i) {
					continue
				}
				if err := check(x); err != nil {
					return vec.Vec{}, err
				}
			}
		}
		raw := vec.BytesOf(data)
		if len(raw) == 0 || uintptr(unsafe.Pointer(unsafe.SliceData(raw)))%8 != 0 {
			// The memory of no rows is safe to read too.
			raw = append(vec.BytesOf(make([]uint64, len(raw)/8+1))[:0], raw...)
		}
		return vec.Vec{Data: raw, Valid: validity(in)}, nil
	}
}

// wholeTexts is an array of strings of bytes that lie one behind the other.
type wholeTexts interface {
	ValueOffsets() []int32
	Data() arrow.ArrayData
}

// readWhole reads strings of bytes without a copy where all of them are what the type promises, and
// else by slow, which says what is wrong.
func readWhole(slow convert) convert {
	return func(in arrow.Array, t types.Type) (vec.Vec, error) {
		offs := in.(wholeTexts).ValueOffsets()
		heap := in.Data().Buffers()[2]
		if in.Len() == 0 || heap == nil || t.ID != types.Text && t.ID != types.Bytea || !ascending(offs, heap.Len()) || t.ID == types.Text && !allText(offs, heap.Bytes()) {
			return slow(in, t)
		}
		return vec.Vec{Offs: offs, Heap: heap.Bytes(), Valid: validity(in)}, nil
	}
}

// ascending reports whether offsets are such of size bytes.
func ascending(offs []int32, size int) bool {
	last := int32(0)
	bad := false
	for _, o := range offs {
		bad = bad || o < last
		last = o
	}
	return !bad && int(last) <= size
}

// allText reports whether the strings are UTF-8 without zero bytes, those behind NULLs too.
func allText(offs []int32, heap []byte) bool {
	used := heap[offs[0]:offs[len(offs)-1]]
	if !utf8.Valid(used) || bytes.IndexByte(used, 0) >= 0 {
		return false
	}
	for _, o := range offs {
		if int(o) < len(heap) && !utf8.RuneStart(heap[o]) {
			return false
		}
	}
	return true
}
