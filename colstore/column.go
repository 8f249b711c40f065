package colstore

import (
	"encoding/binary"
	"math"
	"sync/atomic"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// column is one column of a chunk. One goroutine appends; readers that know how many rows
// are published read the values in place. Bits share words between rows, so bits are written
// and read with atomics, and readers get copies of them.
type column struct {
	typ   types.Type
	class types.Class
	data  []byte                   // fixed-width values, by row
	bits  []uint64                 // BOOLEAN values
	nulls atomic.Pointer[[]uint64] // set bit: NULL; nil while there is none
	offs  []int32                  // Bytes class: ends in heap, offs[0] = 0
	heap  atomic.Pointer[[]byte]   // Bytes class; replaced when it grows
}

func newColumn(t types.Type, rows int) *column {
	c := &column{typ: t, class: t.Class()}
	switch c.class {
	case types.Bits:
		c.bits = make([]uint64, vec.Words(rows))
	case types.Bytes:
		c.offs = make([]int32, rows+1)
		c.heap.Store(new([]byte))
	default:
		c.data = vec.BytesOf(make([]uint64, (rows*c.class.Size()+7)/8))
	}
	return c
}

func setBit(words []uint64, i int) { atomic.OrUint64(&words[i>>6], 1<<(uint(i)&63)) }

func (c *column) setNull(i, rows int) {
	nulls := c.nulls.Load()
	if nulls == nil {
		words := make([]uint64, vec.Words(rows))
		nulls = &words
		c.nulls.Store(nulls)
	}
	setBit(*nulls, i)
	if c.class == types.Bytes {
		c.offs[i+1] = c.offs[i]
	}
}

// appendBytes sets row i, the next one, of a Bytes column.
func (c *column) appendBytes(i int, b []byte) {
	heap := *c.heap.Load()
	used := int(c.offs[i])
	if used+len(b) > len(heap) {
		bigger := make([]byte, max(2*len(heap), used+len(b), 64))
		copy(bigger, heap[:used])
		c.heap.Store(&bigger)
		heap = bigger
	}
	copy(heap[used:], b)
	c.offs[i+1] = int32(used + len(b))
}

// setSlot sets row i from the slot of an encoded row.
func (c *column) setSlot(i int, slot []byte) {
	if c.class == types.Bits {
		if slot[0] != 0 {
			setBit(c.bits, i)
		}
		return
	}
	size := c.class.Size()
	copy(c.data[i*size:(i+1)*size], slot[:size])
}

// setFrom sets row i from row j of a vector of the same class.
func (c *column) setFrom(i, rows int, v *vec.Vec, j int) {
	if v.IsNull(j) {
		c.setNull(i, rows)
		return
	}
	le := binary.LittleEndian
	switch c.class {
	case types.Bytes:
		c.appendBytes(i, v.Bytes(j))
	case types.Bits:
		if v.Int(j) != 0 {
			setBit(c.bits, i)
		}
	case types.I16:
		le.PutUint16(c.data[i*2:], uint16(v.Int(j)))
	case types.I32:
		le.PutUint32(c.data[i*4:], uint32(v.Int(j)))
	case types.I64:
		le.PutUint64(c.data[i*8:], uint64(v.Int(j)))
	default:
		putSlot(c.data[i*c.class.Size():], c.class, v, j)
	}
}

// set sets row i to a value of the column's type that is not NULL.
func (c *column) set(i int, val types.Value) {
	le := binary.LittleEndian
	switch c.class {
	case types.Bytes:
		c.appendBytes(i, []byte(val.S))
	case types.Bits:
		if val.I != 0 {
			setBit(c.bits, i)
		}
	case types.I16:
		le.PutUint16(c.data[i*2:], uint16(val.I))
	case types.I32:
		le.PutUint32(c.data[i*4:], uint32(val.I))
	case types.I64:
		le.PutUint64(c.data[i*8:], uint64(val.I))
	case types.F32:
		le.PutUint32(c.data[i*4:], math.Float32bits(float32(val.F)))
	case types.F64:
		le.PutUint64(c.data[i*8:], math.Float64bits(val.F))
	case types.Span:
		le.PutUint32(c.data[i*16:], uint32(val.Iv.Months))
		le.PutUint32(c.data[i*16+4:], uint32(val.Iv.Days))
		le.PutUint64(c.data[i*16+8:], uint64(val.Iv.Micros))
	}
}

// vector returns the first n rows. Values are shared, bits copied.
func (c *column) vector(n int) vec.Vec {
	v := vec.Vec{Type: c.typ, N: n}
	if nulls := c.nulls.Load(); nulls != nil {
		v.Valid = copyBits(*nulls, n)
		for i := range v.Valid {
			v.Valid[i] = ^v.Valid[i]
		}
	}
	switch c.class {
	case types.Bits:
		v.Data = vec.BytesOf(copyBits(c.bits, n))
	case types.Bytes:
		v.Offs = c.offs[:n+1]
		v.Heap = (*c.heap.Load())[:c.offs[n]]
	default:
		v.Data = c.data[:n*c.class.Size()]
	}
	return v
}

// rowsFrom returns n rows from row on. Bits are copied, so row need not be a multiple of 64.
func (c *column) rowsFrom(row, n int) vec.Vec {
	v := c.vector(row + n)
	if row == 0 {
		return v
	}
	v.N = n
	v.Valid = shiftBits(v.Valid, row, n)
	switch c.class {
	case types.Bits:
		v.Data = vec.BytesOf(shiftBits(vec.Cast[uint64](v.Data), row, n))
	case types.Bytes:
		v.Offs = v.Offs[row:]
	default:
		v.Data = v.Data[row*c.class.Size():]
	}
	return v
}

// shiftBits returns the bits [from, from+n).
func shiftBits(words []uint64, from, n int) []uint64 {
	if words == nil {
		return nil
	}
	out := make([]uint64, vec.Words(n))
	for i := range n {
		at := from + i
		out[i>>6] |= words[at>>6] >> (uint(at) & 63) & 1 << (uint(i) & 63)
	}
	return out
}

func copyBits(words []uint64, n int) []uint64 {
	out := make([]uint64, vec.Words(n))
	for i := range out {
		out[i] = atomic.LoadUint64(&words[i])
	}
	return out
}

// isNull reports whether a published row is NULL.
func (c *column) isNull(i int) bool {
	nulls := c.nulls.Load()
	return nulls != nil && atomic.LoadUint64(&(*nulls)[i>>6])&(1<<(uint(i)&63)) != 0
}

// value returns row i. Strings alias the column.
func (c *column) value(i int) types.Value {
	if c.isNull(i) {
		return types.NullOf(c.typ)
	}
	switch c.class {
	case types.Bits:
		return types.IntValue(c.typ, int64(atomic.LoadUint64(&c.bits[i>>6])>>(uint(i)&63)&1))
	case types.Bytes:
		return types.BytesValue(c.typ, alias((*c.heap.Load())[c.offs[i]:c.offs[i+1]]))
	}
	v := vec.Vec{Type: c.typ, N: i + 1, Data: c.data}
	return v.Value(i)
}

// truncate keeps the first n of rows. There must be no reader.
func (c *column) truncate(n, rows int) {
	clearBits(c.bits, n, rows)
	if nulls := c.nulls.Load(); nulls != nil {
		clearBits(*nulls, n, rows)
	}
}

func clearBits(words []uint64, from, to int) {
	for i := from; i < to && i>>6 < len(words); i++ {
		words[i>>6] &^= 1 << (uint(i) & 63)
	}
}
