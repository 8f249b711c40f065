package vec

import (
	"math/bits"
	"slices"

	"driftdb/internal/types"
)

// AppendFixed appends the values of the rows of v that mask selects, all of them when it is nil,
// as T: v is of a class of fixed width other than Bits and Span, in any form. What it appends for
// a NULL is unspecified.
func AppendFixed[T Fixed](dst []T, v *Vec, mask []uint64) []T {
	switch v.Type.Class() {
	case types.I16:
		return appendAs[T, int16](dst, v, mask)
	case types.I32:
		return appendAs[T, int32](dst, v, mask)
	case types.F32:
		return appendAs[T, float32](dst, v, mask)
	case types.F64:
		return appendAs[T, float64](dst, v, mask)
	}
	return appendAs[T, int64](dst, v, mask)
}

// appendAs is AppendFixed for a vector whose flat values are of type S.
func appendAs[T, S Fixed](dst []T, v *Vec, mask []uint64) []T {
	n := selected(v.N, mask)
	dst = slices.Grow(dst, n)
	out := dst[len(dst) : len(dst)+n]
	switch v.Form {
	case Const:
		x := T(Of[S](v)[0])
		for i := range out {
			out[i] = x
		}
	case Narrow:
		switch v.Width {
		case 1:
			pickNarrow(out, Of[uint8](v), v.Base, mask)
		case 2:
			pickNarrow(out, Of[uint16](v), v.Base, mask)
		default:
			pickNarrow(out, Of[uint32](v), v.Base, mask)
		}
	case Dict:
		values := Of[S](&v.Dict.Values)
		pick(out, mask, func(i int) T { return T(values[v.stored(i)]) })
	default:
		pickFlat(out, Of[S](v), mask)
	}
	return dst[:len(dst)+n]
}

// selected returns how many of n rows mask selects, all of them when it is nil.
func selected(n int, mask []uint64) int {
	if mask == nil {
		return n
	}
	return CountBits(mask)
}

// pickFlat converts the selected values of src to out.
func pickFlat[T, S Fixed](out []T, src []S, mask []uint64) {
	if mask == nil {
		for i, x := range src[:len(out)] {
			out[i] = T(x)
		}
		return
	}
	k := 0
	for w, m := range mask {
		for ; m != 0; m &= m - 1 {
			out[k] = T(src[w<<6+bits.TrailingZeros64(m)])
			k++
		}
	}
}

// pickNarrow is pickFlat for integers that stand for base and more.
func pickNarrow[T Fixed, S uint8 | uint16 | uint32](out []T, src []S, base int64, mask []uint64) {
	if mask == nil {
		for i, x := range src[:len(out)] {
			out[i] = T(base + int64(x))
		}
		return
	}
	k := 0
	for w, m := range mask {
		for ; m != 0; m &= m - 1 {
			out[k] = T(base + int64(src[w<<6+bits.TrailingZeros64(m)]))
			k++
		}
	}
}

// pick sets out to the values of the selected rows.
func pick[T any](out []T, mask []uint64, value func(i int) T) {
	if mask == nil {
		for i := range out {
			out[i] = value(i)
		}
		return
	}
	k := 0
	for w, m := range mask {
		for ; m != 0; m &= m - 1 {
			out[k] = value(w<<6 + bits.TrailingZeros64(m))
			k++
		}
	}
}

// AppendBytes appends the values of the rows of v that mask selects, all of them when it is nil,
// to heap, and where each ends to offs: v is of the Bytes class, in any form. A NULL is nothing.
func AppendBytes[O int | int32](offs []O, heap []byte, v *Vec, mask []uint64) ([]O, []byte) {
	if v.Form == Flat && mask == nil && v.Valid == nil {
		base := v.Offs[0]
		shift := O(len(heap)) - O(base)
		heap = append(heap, v.Heap[base:v.Offs[v.N]]...)
		offs = slices.Grow(offs, v.N)
		for _, o := range v.Offs[1 : v.N+1] {
			offs = append(offs, O(o)+shift)
		}
		return offs, heap
	}
	offs = slices.Grow(offs, selected(v.N, mask))
	EachRow(v.N, mask, func(i int) error {
		if !v.IsNull(i) {
			heap = append(heap, v.Bytes(i)...)
		}
		offs = append(offs, O(len(heap)))
		return nil
	})
	return offs, heap
}

// EachRow calls fn with the rows among n that mask selects, all of them when it is nil, until it
// returns an error.
func EachRow(n int, mask []uint64, fn func(i int) error) error {
	if mask == nil {
		for i := range n {
			if err := fn(i); err != nil {
				return err
			}
		}
		return nil
	}
	for w, m := range mask {
		for ; m != 0; m &= m - 1 {
			if err := fn(w<<6 + bits.TrailingZeros64(m)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Present returns the rows of v that sel selects, all of them when it is nil, and that are not
// NULL. The result may be sel, or use the memory of buf; nil means all rows.
func (v *Vec) Present(sel, buf []uint64) []uint64 {
	switch {
	case v.Valid == nil, v.Form == Const && v.Valid[0]&1 == 1:
		return sel
	case v.Form == Const:
		return append(buf[:0], make([]uint64, Words(v.N))...)
	}
	buf = append(buf[:0], v.Valid[:Words(v.N)]...)
	if rest := uint(v.N) & 63; rest != 0 {
		buf[len(buf)-1] &= 1<<rest - 1
	}
	for i := range sel {
		buf[i] &= sel[i]
	}
	return buf
}
