package arrowio

import (
	"cmp"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"

	"driftdb/internal/dberr"
	"driftdb/internal/vec"
)

const (
	// recordRows is the number of rows of a record batch; the last one is shorter.
	recordRows = 65536
	// recordHeap is the bytes of text in one column that end a record batch early, well below
	// what int32 offsets can reach.
	recordHeap = 256 << 20
)

// sink is what both IPC writers of the library offer.
type sink interface {
	Write(rec arrow.Record) error
	Close() error
}

// Writer writes one result as an Arrow file or stream.
type Writer struct {
	schema *arrow.Schema
	out    sink
	base   *counter // what out writes to
	cols   []column
	rows   int
}

// NewFile returns a writer of the Arrow file format on w. Nothing else may be written to w before
// Close.
func NewFile(w io.Writer, cols []Column) (*Writer, error) {
	schema := Schema(cols)
	base := &counter{w: w}
	out, err := ipc.NewFileWriter(base, ipc.WithSchema(schema))
	if err != nil {
		return nil, base.failed("write the Arrow file", err)
	}
	return newWriter(schema, out, base, cols), nil
}

// NewStream returns a writer of the Arrow stream format on w.
func NewStream(w io.Writer, cols []Column) *Writer {
	schema := Schema(cols)
	base := &counter{w: w}
	return newWriter(schema, ipc.NewWriter(base, ipc.WithSchema(schema)), base, cols)
}

func newWriter(schema *arrow.Schema, out sink, base *counter, cols []Column) *Writer {
	w := &Writer{schema: schema, out: out, base: base, cols: make([]column, len(cols))}
	for i, c := range cols {
		w.cols[i].typ = c.Type
		w.cols[i].reset()
	}
	return w
}

// Write adds the selected rows of a batch. It copies them: the batch may be reused.
func (w *Writer) Write(b *vec.Batch) error {
	for lo := 0; lo < b.N; {
		hi := min(b.N, lo+(recordRows-w.rows)&^63)
		if hi == lo { // fewer than 64 rows of room, and slices begin at whole words
			if err := w.flush(); err != nil {
				return err
			}
			continue
		}
		if err := w.add(b, lo, hi); err != nil {
			return err
		}
		lo = hi
	}
	return nil
}

func (w *Writer) add(b *vec.Batch, lo, hi int) error {
	var sel []uint64
	n := hi - lo
	if b.Sel != nil {
		sel = b.Sel[lo>>6 : vec.Words(hi)]
		n = vec.CountBits(sel)
	}
	full := false
	for i := range w.cols {
		part := b.Cols[i].Slice(lo, hi)
		if err := w.cols[i].add(&part, sel, n); err != nil {
			return err
		}
		full = full || len(w.cols[i].heap) >= recordHeap
	}
	w.rows += n
	if full {
		return w.flush()
	}
	return nil
}

// flush writes the gathered rows as one record batch.
func (w *Writer) flush() error {
	if w.rows == 0 {
		return nil
	}
	arrays := make([]arrow.Array, len(w.cols))
	for i := range w.cols {
		arrays[i] = w.cols[i].array()
	}
	rec := array.NewRecord(w.schema, arrays, int64(w.rows))
	err := w.out.Write(rec)
	rec.Release()
	for i := range w.cols {
		arrays[i].Release()
		w.cols[i].reset()
	}
	w.rows = 0
	if err != nil {
		return w.base.failed("write an Arrow record batch", err)
	}
	return nil
}

// Close writes what is left and the end of the file or stream. It does not close the writer below.
func (w *Writer) Close() error {
	if err := w.flush(); err != nil {
		return err
	}
	if err := w.out.Close(); err != nil {
		return w.base.failed("finish the Arrow output", err)
	}
	return nil
}

// counter lets the library's file writer, which asks where it stands, write to a pipe, and keeps the error of the
// pipe, which the library wraps in several of its own.
type counter struct {
	w   io.Writer
	off int64
	err error
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.off += int64(n)
	c.err = cmp.Or(c.err, err)
	return n, err
}

// failed is the error of a step that the library says failed.
func (c *counter) failed(step string, err error) error { return dberr.IO(step, cmp.Or(c.err, err)) }

func (c *counter) Seek(offset int64, whence int) (int64, error) {
	if offset == 0 && whence == io.SeekCurrent {
		return c.off, nil
	}
	return 0, dberr.Bug("Arrow output sought to %d from %d", offset, whence)
}
