package sqlvec

import (
	"context"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/plan"
)

// rowSet is rows in Go memory, as flat columns: what a statement keeps between reading
// and writing, and the results of commands. The zero value has no columns; make one
// with newRowSet.
type rowSet struct {
	cols []columnBuilder
	n    int
}

// columnBuilder is one growing flat column. The slice of the type's class is used.
type columnBuilder struct {
	typ   types.Type
	bits  []uint64
	valid []uint64
	nulls int
	i16   []int16
	i32   []int32
	i64   []int64
	f32   []float32
	f64   []float64
	spans []vec.Span
	offs  []int32
	heap  []byte
}

func newRowSet(ts []types.Type) *rowSet {
	r := &rowSet{cols: make([]columnBuilder, len(ts))}
	for i, t := range ts {
		r.cols[i] = columnBuilder{typ: t, offs: []int32{0}}
	}
	return r
}

// maxHeap is the most bytes of one column: offsets are 32 bits.
const maxHeap = 1<<31 - 1

// appendBatch copies the selected rows of b.
func (r *rowSet) appendBatch(b *vec.Batch) error {
	for i := 0; i < b.N; i++ {
		if b.Sel != nil && b.Sel[i>>6]&(1<<(uint(i)&63)) == 0 {
			continue
		}
		for c := range r.cols {
			if err := r.cols[c].appendFrom(&b.Cols[c], i, r.n); err != nil {
				return err
			}
		}
		r.n++
	}
	return nil
}

// appendValues adds one row of values, which have the columns' types.
func (r *rowSet) appendValues(vals []types.Value) error {
	for c := range r.cols {
		if err := r.cols[c].append(vals[c], r.n); err != nil {
			return err
		}
	}
	r.n++
	return nil
}

// appendFrom appends row i of v as row n. Fixed-width values go without a types.Value.
func (c *columnBuilder) appendFrom(v *vec.Vec, i, n int) error {
	if v.IsNull(i) {
		return c.append(types.NullOf(c.typ), n)
	}
	switch c.typ.Class() {
	case types.Bytes:
		return c.appendText(v.Bytes(i), n)
	case types.F32, types.F64, types.Span:
		return c.append(v.Value(i), n)
	}
	c.setValid(n, true)
	c.appendInt(v.Int(i), n)
	return nil
}

func (c *columnBuilder) append(v types.Value, n int) error {
	c.setValid(n, v.Valid)
	switch c.typ.Class() {
	case types.F32:
		c.f32 = append(c.f32, float32(v.F))
	case types.F64:
		c.f64 = append(c.f64, v.F)
	case types.Span:
		c.spans = append(c.spans, v.Iv)
	case types.Bytes:
		return c.appendHeap([]byte(v.S))
	default:
		c.appendInt(v.I, n)
	}
	return nil
}

func (c *columnBuilder) appendText(b []byte, n int) error {
	c.setValid(n, true)
	return c.appendHeap(b)
}

func (c *columnBuilder) appendHeap(b []byte) error {
	if len(c.heap)+len(b) > maxHeap {
		return dberr.New(dberr.ProgramLimitExceeded, "the rows of one statement hold more than 2 GiB of text in a column")
	}
	c.heap = append(c.heap, b...)
	c.offs = append(c.offs, int32(len(c.heap)))
	return nil
}

func (c *columnBuilder) appendInt(i int64, n int) {
	switch c.typ.Class() {
	case types.Bits:
		if n>>6 == len(c.bits) {
			c.bits = append(c.bits, 0)
		}
		c.bits[n>>6] |= uint64(i&1) << (uint(n) & 63)
	case types.I16:
		c.i16 = append(c.i16, int16(i))
	case types.I32:
		c.i32 = append(c.i32, int32(i))
	default:
		c.i64 = append(c.i64, i)
	}
}

func (c *columnBuilder) setValid(n int, ok bool) {
	if n>>6 == len(c.valid) {
		c.valid = append(c.valid, 0)
	}
	if ok {
		c.valid[n>>6] |= 1 << (uint(n) & 63)
	} else {
		c.nulls++
	}
}

// vector returns the column as a vector over the builder's memory.
func (c *columnBuilder) vector(n int) vec.Vec {
	valid := c.valid
	if c.nulls == 0 {
		valid = nil
	}
	switch c.typ.Class() {
	case types.Bits:
		return vec.FromBits(n, c.bits, valid)
	case types.I16:
		return vec.FromFixed(c.typ, c.i16, valid)
	case types.I32:
		return vec.FromFixed(c.typ, c.i32, valid)
	case types.F32:
		return vec.FromFixed(c.typ, c.f32, valid)
	case types.F64:
		return vec.FromFixed(c.typ, c.f64, valid)
	case types.Span:
		return vec.FromFixed(c.typ, c.spans, valid)
	case types.Bytes:
		return vec.FromBytes(c.typ, c.offs, c.heap, valid)
	}
	return vec.FromFixed(c.typ, c.i64, valid)
}

// types are the types of the columns.
func (r *rowSet) types() []types.Type {
	list := make([]types.Type, len(r.cols))
	for i := range r.cols {
		list[i] = r.cols[i].typ
	}
	return list
}

// batch returns all rows as one batch over the set's memory.
func (r *rowSet) batch() *vec.Batch {
	b := &vec.Batch{N: r.n, Cols: make([]vec.Vec, len(r.cols))}
	for i := range r.cols {
		b.Cols[i] = r.cols[i].vector(r.n)
	}
	return b
}

// each runs fn on all rows in batches of the executor's size.
func (r *rowSet) each(fn func(*vec.Batch) error) error {
	all := r.batch()
	for lo := 0; lo < r.n; lo += vec.BatchRows {
		if err := fn(slice(all, lo, min(lo+vec.BatchRows, r.n))); err != nil {
			return err
		}
	}
	return nil
}

func slice(b *vec.Batch, lo, hi int) *vec.Batch {
	out := &vec.Batch{N: hi - lo, Cols: make([]vec.Vec, len(b.Cols))}
	for i := range b.Cols {
		out.Cols[i] = b.Cols[i].Slice(lo, hi)
	}
	return out
}

// groupRows is how many rows of a rowSet make one group of a scan.
const groupRows = 64 << 10

// Open implements plan.Source: spec.Columns are indexes of the set's columns.
func (r *rowSet) Open(_ context.Context, spec colstore.ScanSpec) (plan.Rows, error) {
	all := r.batch()
	b := &vec.Batch{N: r.n}
	for _, id := range spec.Columns {
		b.Cols = append(b.Cols, all.Cols[id])
	}
	return &rowSetScan{b}, nil
}

// rowSetScan implements plan.Rows.
type rowSetScan struct{ all *vec.Batch }

// Groups implements plan.Rows.
func (s *rowSetScan) Groups() int { return (s.all.N + groupRows - 1) / groupRows }

// GroupRows implements plan.Rows.
func (s *rowSetScan) GroupRows(i int) int { return min(groupRows, s.all.N-i*groupRows) }

// Load implements plan.Rows.
func (s *rowSetScan) Load(i int, g *colstore.Group) error {
	lo := i * groupRows
	b := slice(s.all, lo, lo+s.GroupRows(i))
	*g = colstore.Group{N: b.N, Cols: b.Cols}
	return nil
}

// Close implements plan.Rows.
func (s *rowSetScan) Close() {}

// batchSource is rows in memory that a statement reads as a table.
type batchSource struct{ all *vec.Batch }

// Open implements plan.Source: spec.Columns are indexes of the batch's columns.
func (s *batchSource) Open(_ context.Context, spec colstore.ScanSpec) (plan.Rows, error) {
	b := &vec.Batch{N: s.all.N}
	for _, id := range spec.Columns {
		b.Cols = append(b.Cols, s.all.Cols[id])
	}
	return &rowSetScan{b}, nil
}
