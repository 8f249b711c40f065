package expr

import (
	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// builder makes a Flat vector row by row in an arena.
type builder struct {
	a     *arena.Arena
	t     types.Type
	n     int // rows so far
	rows  int // rows in all
	data  []byte
	offs  []int32
	heap  []byte
	valid []uint64 // nil until the first NULL
	err   error
}

// maxHeap is the most bytes of one vector's strings.
const maxHeap = 1<<31 - 1

// newBuilder returns a builder for f's rows.
func newBuilder(f *frame, t types.Type) *builder {
	b := &builder{a: f.arena, t: t, rows: f.n}
	switch c := t.Class(); c {
	case types.Bits:
		b.data = f.arena.AllocZero(vec.Words(f.n) * 8)
	case types.Bytes:
		b.offs = arena.Make[int32](f.arena, f.n+1)
		b.heap = f.arena.Alloc(max(16*f.n, 64))[:0]
	default:
		b.data = f.arena.AllocZero(f.n * c.Size())
	}
	if b.offs != nil {
		b.offs[0] = 0
	}
	return b
}

// null appends a NULL.
func (b *builder) null() {
	if b.valid == nil {
		b.valid = arena.Make[uint64](b.a, vec.Words(b.rows))
		for i := range b.valid {
			b.valid[i] = ^uint64(0)
		}
	}
	b.valid[b.n>>6] &^= 1 << (uint(b.n) & 63)
	b.skip()
}

// skip appends a row whose value does not matter.
func (b *builder) skip() {
	b.n++
	if b.offs != nil {
		b.offs[b.n] = int32(len(b.heap))
	}
}

// room makes the heap able to take n more bytes.
func (b *builder) room(n int) {
	if len(b.heap)+n <= cap(b.heap) {
		return
	}
	size := max(2*cap(b.heap), len(b.heap)+n)
	grown := b.a.Alloc(size)[:len(b.heap)]
	copy(grown, b.heap)
	b.heap = grown
}

// bytes appends a row of the Bytes class.
func (b *builder) bytes(s []byte) { appendBytesRow(b, s) }

// str appends a row of the Bytes class.
func (b *builder) str(s string) { appendBytesRow(b, s) }

// appendBytesRow appends a row of the Bytes class. A vector that grows too large
// is an error, kept for finish.
func appendBytesRow[S []byte | string](b *builder, s S) {
	if len(b.heap)+len(s) > maxHeap {
		b.err = dberr.New(dberr.ProgramLimitExceeded, "result of expression is too large")
		b.skip()
		return
	}
	b.room(len(s))
	b.heap = append(b.heap, s...)
	b.skip()
}

// took appends a row of the Bytes class that was appended to heap, which was the builder's.
func (b *builder) took(heap []byte) {
	if len(heap) > maxHeap {
		b.err = dberr.New(dberr.ProgramLimitExceeded, "result of expression is too large")
		b.skip()
		return
	}
	b.heap = heap
	b.skip()
}

// value appends v.
func (b *builder) value(v types.Value) {
	if !v.Valid {
		b.null()
		return
	}
	switch b.t.Class() {
	case types.Bytes:
		b.str(v.S)
		return
	case types.Bits:
		b.data[b.n>>3] |= byte(v.I&1) << (uint(b.n) & 7)
	case types.I16:
		vec.Cast[int16](b.data)[b.n] = int16(v.I)
	case types.I32:
		vec.Cast[int32](b.data)[b.n] = int32(v.I)
	case types.I64:
		vec.Cast[int64](b.data)[b.n] = v.I
	case types.F32:
		vec.Cast[float32](b.data)[b.n] = float32(v.F)
	case types.F64:
		vec.Cast[float64](b.data)[b.n] = v.F
	case types.Span:
		vec.Cast[vec.Span](b.data)[b.n] = v.Iv
	}
	b.n++
}

// finish returns the vector.
func (b *builder) finish() (vec.Vec, error) {
	return vec.Vec{Type: b.t, N: b.n, Valid: b.valid, Data: b.data, Offs: b.offs, Heap: b.heap}, b.err
}
