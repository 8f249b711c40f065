// Package vec defines the vectors and batches that storage hands to the executor
// and operators hand to each other.
//
// A vector is up to a few thousand values of one type over Arrow-layout memory, in
// one of six forms. The form says how to read Data; the type's class says how wide
// a flat value is.
//
//	form    Data                                   other fields
//	Flat    N values of the class; bits for Bits;  Bytes class: Offs (N+1) into Heap
//	Narrow  N unsigned integers of Width bytes     value = Base + integer (I16, I32, I64 classes)
//	Dict    N codes of Width bytes                 Dict.Values holds the distinct values
//	Const   one value, as Flat with N = 1          stands for N equal values
//	Packed  integers or codes of Pack.Bits bits    what Unpack makes of it: Dict where there is a dictionary,
//	                                               Flat where Width is that of the class, else Narrow
//	        lengths of strings, Bytes class only   Flat: Heap holds the strings, Offs where those of each
//	                                               block of 64 rows begin in it
//	Wide    N integers of 128 bits, upper word     NUMERIC of the Bytes class: value = integer × 10^-scale; Heap
//	        first, of at most 36 digits            holds the scale of each row, a byte
//
// Only what storage hands out is Packed: a scan unpacks what it pushes, window by window, and operators and
// kernels meet the other forms alone. Only expressions make Wide vectors, and only aggregates take them.
//
// Validity is one bit a row, set when the value is not NULL; nil Valid means no
// NULLs. For Const, bit 0 speaks for all rows. The bits of rows past N are
// unspecified. A NULL row's value is unspecified but safe to read.
//
// Memory is owned by whoever made the vector: mapped parts (until the scan is
// closed), or an arena (until it is reset). A vector is read-only for everyone
// but its maker. Vectors are not synchronised.
package vec

import (
	"math/bits"
	"unsafe"

	"driftdb/internal/bitpack"
	"driftdb/internal/types"
)

// Form is how a vector's values are stored.
type Form uint8

// The forms.
const (
	Flat Form = iota
	Narrow
	Dict
	Const
	Packed
	Wide
)

// BatchRows is the most rows of a batch in the executor. It is a multiple of 64, so
// that masks and validity of consecutive batches begin at whole words.
const BatchRows = 2048

// Vec is a column of N values. See the package comment for its forms.
type Vec struct {
	Type  types.Type
	Form  Form
	Width uint8 // Narrow, Dict: bytes of one stored integer: 1, 2 or 4; Packed: of an unpacked one, also 8
	N     int
	Base  int64       // Narrow
	Valid []uint64    // nil: no NULLs
	Data  []byte      // 8-byte aligned
	Offs  []int32     // Flat and Const of the Bytes class: N+1 (or 2) ascending offsets into Heap; Packed: see above
	Heap  []byte      // Flat, Const and Packed of the Bytes class
	Dict  *Dictionary // Dict
	Pack  *Packing    // Packed
}

// Packing says how the integers of a Packed vector are stored: as x in blocks of package bitpack, which
// stand for Add + Mul·x.
type Packing struct {
	Bits     int
	Mul, Add uint64
}

// Dictionary is the distinct values that Dict vectors point into. It is immutable.
type Dictionary struct {
	ID     uint64 // equal IDs mean the same dictionary; 0 means unknown
	Values Vec    // Flat, no NULLs
}

// Fixed are the Go types of the fixed-width classes, and of codes and mask words.
type Fixed interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

// Cast views the bytes b as values of type T. len(b) must be a multiple of T's size
// and b must be aligned for T.
func Cast[T any](b []byte) []T {
	var z T
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(z)))
}

// BytesOf views s as bytes.
func BytesOf[T any](s []T) []byte {
	var z T
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(z)))
}

// Of returns the stored values of v as T: the values of a Flat or Const vector, the
// integers of a Narrow one, the codes of a Dict one.
func Of[T any](v *Vec) []T { return Cast[T](v.Data) }

// Span is the memory form of an INTERVAL.
type Span = types.IntervalValue

// FromFixed returns a Flat vector over s, which it aliases.
func FromFixed[T any](t types.Type, s []T, valid []uint64) Vec {
	return Vec{Type: t, N: len(s), Data: BytesOf(s), Valid: valid}
}

// Repeat returns v as a Const vector of n rows. Its memory is in the Go heap.
func Repeat(v types.Value, n int) Vec {
	out := Vec{Type: v.Type, Form: Const, N: n}
	if !v.Valid {
		out.Valid = []uint64{0}
	}
	switch c := v.Type.Class(); c {
	case types.Bits:
		out.Data = BytesOf([]uint64{uint64(v.I)})
	case types.I16:
		out.Data = BytesOf([]int16{int16(v.I)})
	case types.I32:
		out.Data = BytesOf([]int32{int32(v.I)})
	case types.I64:
		out.Data = BytesOf([]int64{v.I})
	case types.F32:
		out.Data = BytesOf([]float32{float32(v.F)})
	case types.F64:
		out.Data = BytesOf([]float64{v.F})
	case types.Span:
		out.Data = BytesOf([]Span{v.Iv})
	default:
		out.Heap = []byte(v.S)
		out.Offs = []int32{0, int32(len(v.S))}
	}
	return out
}

// FromBits returns a Flat BOOLEAN vector of n rows over words, which it aliases.
func FromBits(n int, words, valid []uint64) Vec {
	return Vec{Type: types.T(types.Bool), N: n, Data: BytesOf(words), Valid: valid}
}

// FromBytes returns a Flat vector of the Bytes class with len(offs)-1 rows.
func FromBytes(t types.Type, offs []int32, heap []byte, valid []uint64) Vec {
	return Vec{Type: t, N: len(offs) - 1, Offs: offs, Heap: heap, Valid: valid}
}

// IsNull reports whether row i is NULL.
func (v *Vec) IsNull(i int) bool {
	if v.Valid == nil {
		return false
	}
	if v.Form == Const {
		i = 0
	}
	return v.Valid[i>>6]&(1<<(uint(i)&63)) == 0
}

// Bytes returns the bytes of row i of a vector of the Bytes class, in any form. The
// slice aliases the vector, unless that is Wide. It is for row-at-a-time edges (results, keys), not kernels.
func (v *Vec) Bytes(i int) []byte {
	switch v.Form {
	case Const:
		i = 0
	case Packed:
		if v.Dict == nil {
			lo, hi := v.HeapRange(i)
			return v.Heap[lo:hi]
		}
		return v.Dict.Values.Bytes(int(v.stored(i)))
	case Dict:
		return v.Dict.Values.Bytes(int(v.stored(i)))
	case Wide:
		w := Cast[[2]uint64](v.Data)[i]
		form, _ := types.AppendDecimal128(nil, int64(w[0]), w[1], int(v.Heap[i]))
		return form
	}
	return v.Heap[v.Offs[i]:v.Offs[i+1]]
}

// Int returns row i of a vector of the Bits, I16, I32 or I64 class, in any form. It is
// for row-at-a-time edges, not kernels.
func (v *Vec) Int(i int) int64 {
	switch v.Form {
	case Const:
		i = 0
	case Narrow:
		return v.Base + int64(v.stored(i))
	case Dict:
		return v.Dict.Values.Int(int(v.stored(i)))
	case Packed:
		return v.Base + int64(v.unpacked(i))
	}
	switch v.Type.Class() {
	case types.Bits:
		return int64(v.Data[i>>3]>>(uint(i)&7)) & 1
	case types.I16:
		return int64(Of[int16](v)[i])
	case types.I32:
		return int64(Of[int32](v)[i])
	}
	return Of[int64](v)[i]
}

// Float returns row i of a vector of the F32 or F64 class, in any form. It is for
// row-at-a-time edges, not kernels.
func (v *Vec) Float(i int) float64 {
	switch v.Form {
	case Const:
		i = 0
	case Dict:
		return v.Dict.Values.Float(int(v.stored(i)))
	}
	if v.Type.Class() == types.F32 {
		return float64(Of[float32](v)[i])
	}
	return Of[float64](v)[i]
}

// stored returns the unsigned integer that a Narrow, Dict or Packed vector stores for row i.
func (v *Vec) stored(i int) uint32 {
	if v.Form == Packed {
		return uint32(v.unpacked(i))
	}
	switch v.Width {
	case 1:
		return uint32(v.Data[i])
	case 2:
		return uint32(Of[uint16](v)[i])
	}
	return Of[uint32](v)[i]
}

// Value returns row i. Its string aliases the vector's memory only if the caller
// keeps the vector: Value copies bytes.
func (v *Vec) Value(i int) types.Value {
	if v.IsNull(i) {
		return types.NullOf(v.Type)
	}
	switch v.Type.Class() {
	case types.Bytes:
		return types.BytesValue(v.Type, string(v.Bytes(i)))
	case types.F32, types.F64:
		return types.FloatValue(v.Type, v.Float(i))
	case types.Span:
		if v.Form == Const {
			i = 0
		}
		if v.Form == Dict {
			return v.Dict.Values.Value(int(v.stored(i)))
		}
		return types.SpanValue(Of[Span](v)[i])
	}
	return types.IntValue(v.Type, v.Int(i))
}

// Slice returns rows [lo, hi) of v without copying. lo must be a multiple of 64
// unless v is Const.
func (v *Vec) Slice(lo, hi int) Vec {
	s := *v
	s.N = hi - lo
	if v.Form == Const {
		return s
	}
	if v.Valid != nil {
		s.Valid = v.Valid[lo>>6 : Words(hi)]
	}
	switch {
	case v.Form == Packed:
		s.Data = v.Data[min(lo/bitpack.BlockRows*v.Pack.Bits*8, len(v.Data)):]
		if v.IsPackedText() {
			s.Offs = v.Offs[min(lo/bitpack.BlockRows, len(v.Offs)):]
		}
	case v.Form == Narrow || v.Form == Dict:
		s.Data = v.Data[lo*int(v.Width) : hi*int(v.Width)]
	case v.Form == Wide:
		s.Data, s.Heap = v.Data[lo*16:hi*16], v.Heap[lo:hi]
	case v.Type.Class() == types.Bits:
		s.Data = v.Data[lo>>3 : min(len(v.Data), Words(hi)*8)]
	case v.Type.Class() == types.Bytes:
		s.Offs = v.Offs[lo : hi+1]
	default:
		size := v.Type.Class().Size()
		s.Data = v.Data[lo*size : hi*size]
	}
	return s
}

// Batch is N rows of several columns. Sel is the selection mask, one bit a row, nil
// when every row is selected; bits past N are zero.
type Batch struct {
	N    int
	Sel  []uint64
	Cols []Vec
}

// Count returns the number of selected rows.
func (b *Batch) Count() int {
	if b.Sel == nil {
		return b.N
	}
	return CountBits(b.Sel)
}

// Words returns the number of 64-bit words that hold n bits.
func Words(n int) int { return (n + 63) >> 6 }

// CountBits returns the number of set bits.
func CountBits(words []uint64) int {
	n := 0
	for _, w := range words {
		n += bits.OnesCount64(w)
	}
	return n
}

// Lies reports whether b, if it has bytes, is a piece of whole: of the same memory.
func Lies(b, whole []byte) bool {
	lo, at := uintptr(unsafe.Pointer(unsafe.SliceData(whole))), uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	return len(b) > 0 && at >= lo && at < lo+uintptr(len(whole))
}
