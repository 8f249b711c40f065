package eventlog

import (
	"encoding/binary"
	"math"

	"driftdb/internal/binfmt"
)

// RowBuf collects encoded rows for a run. What the bytes of a row mean is the business of the
// caller. The zero value is empty and ready. It may be reused after Reset.
type RowBuf struct {
	ends []uint32 // end of row i in data
	data []byte
}

// Append adds a row; the bytes are copied.
func (b *RowBuf) Append(row []byte) {
	b.data = append(b.data, row...)
	b.ends = append(b.ends, uint32(len(b.data)))
}

// Extend adds a row by letting fn append its bytes to the buffer, which spares a copy.
func (b *RowBuf) Extend(fn func(dst []byte) []byte) {
	b.data = fn(b.data)
	b.ends = append(b.ends, uint32(len(b.data)))
}

// Len is the number of rows.
func (b *RowBuf) Len() int { return len(b.ends) }

// Size is the number of bytes the rows will take in a frame.
func (b *RowBuf) Size() int { return binfmt.AlignUp(4*len(b.ends), 8) + len(b.data) }

// Row returns row i; it is valid until the next change.
func (b *RowBuf) Row(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = b.ends[i-1]
	}
	return b.data[start:b.ends[i]]
}

// Truncate keeps the first n rows.
func (b *RowBuf) Truncate(n int) {
	b.ends = b.ends[:n]
	end := uint32(0)
	if n > 0 {
		end = b.ends[n-1]
	}
	b.data = b.data[:end]
}

// Reset empties the buffer and keeps its memory.
func (b *RowBuf) Reset() { b.ends, b.data = b.ends[:0], b.data[:0] }

func (b *RowBuf) appendTo(w *binfmt.Writer) {
	for _, end := range b.ends {
		w.U32(end)
	}
	w.Align(8)
	w.Bytes(b.data)
}

// Rows are the encoded rows of a run, read in place. The zero value has none.
type Rows struct {
	ends []byte // u32 each, ascending
	data []byte
}

// Len is the number of rows.
func (r Rows) Len() int { return len(r.ends) / 4 }

// Bytes is the number of bytes of all rows.
func (r Rows) Bytes() int { return len(r.data) }

// Row returns row i in place, 0 <= i < Len.
func (r Rows) Row(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = binary.LittleEndian.Uint32(r.ends[4*i-4:])
	}
	end := binary.LittleEndian.Uint32(r.ends[4*i:])
	return r.data[start:end:end]
}

// readRows takes n rows and fails unless the ends ascend, so that Row cannot go wrong.
func readRows(r *binfmt.Reader, n uint32) Rows {
	ends := r.Array(uint64(n), 4)
	r.Align(8)
	last := uint32(0)
	for i := 0; i+4 <= len(ends); i += 4 {
		end := binary.LittleEndian.Uint32(ends[i:])
		if end < last || end > math.MaxInt32 {
			r.Fail("row %d ends at %d, before it starts at %d", i/4, end, last)
			return Rows{}
		}
		last = end
	}
	data := r.Bytes(int(last))
	if r.Err() != nil {
		return Rows{}
	}
	return Rows{ends: ends, data: data}
}
