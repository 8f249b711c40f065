package arrowio

import (
	"errors"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Reader reads an Arrow file or stream, record batch after record batch. The footer of a file says
// what its schema is and where its messages are. It belongs to one goroutine.
type Reader struct {
	msgs *messages
	in   *ipc.Reader
	cols []Column
	read []convert // nil for a column that cannot be read
	n    int       // record batches read

	schema  []byte  // the message of the schema, of a file whose record batches can be read apart
	records []int64 // where those begin
}

// Open reads the schema. The source has size bytes and is not closed by the Reader.
func Open(src io.ReaderAt, size int64) (*Reader, error) {
	r := &Reader{msgs: &messages{src: src, size: size}}
	err := guard(func() (err error) {
		if err := r.msgs.skipMagic(); err != nil {
			return err
		}
		if r.msgs.dictionaries == 0 {
			r.schema, r.records = r.msgs.schema, r.msgs.blocks
		}
		if r.in, err = ipc.NewReaderFromMessageReader(r.msgs, ipc.WithAllocator(newBudget(size))); err != nil {
			return err
		}
		for _, f := range r.in.Schema().Fields() {
			if err := checkText([]byte(f.Name)); err != nil {
				return err
			}
			t, c := readAs(f)
			r.cols, r.read = append(r.cols, Column{f.Name, t}), append(r.read, c)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// Records returns the number of record batches that Record reads apart; 0 for a stream, and for a
// file whose record batches need its dictionaries.
func (r *Reader) Records() int { return len(r.records) }

// Record returns a reader of record batch k alone, which ends with Close. It may be called by many goroutines.
func (r *Reader) Record(k int) (*Reader, error) {
	one := &Reader{msgs: &messages{src: r.msgs.src, size: r.msgs.size, schema: r.schema, blocks: r.records[k : k+1], mem: arena.New(nil)}, cols: r.cols, read: r.read, n: k}
	err := guard(func() (err error) {
		limits := newBudget(one.msgs.size)
		limits.mem = one.msgs.mem
		one.in, err = ipc.NewReaderFromMessageReader(one.msgs, ipc.WithAllocator(limits))
		return err
	})
	if err != nil {
		one.Close()
		return nil, err
	}
	return one, nil
}

// Close ends the life of the batch of a reader that Record returned.
func (r *Reader) Close() {
	if r.msgs.mem != nil {
		r.msgs.mem.Free()
	}
}

// guard runs fn: what the library panics with on damaged input becomes an error.
func guard(fn func() error) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case arena.Exhausted:
			err = p.Err
		default:
			err = damaged("%v", p)
		}
	}()
	err = fn()
	var known *dberr.Error
	if err == nil || err == io.EOF || errors.As(err, &known) {
		return err
	}
	return damaged("%v", err)
}

// damaged is the error of a file that is not what it says.
func damaged(format string, args ...any) *dberr.Error {
	return dberr.Newf(dberr.BadCopyFileFormat, "not a valid Arrow file: "+format, args...)
}

// Columns are the file's columns. Those of nested types have the zero type: they cannot be read.
func (r *Reader) Columns() []Column { return r.cols }

// Next returns the columns of the given numbers of the next record batch, or io.EOF after the last.
// The batch and its memory belong to the caller; those of a reader that Record returned until Close.
func (r *Reader) Next(cols []int) (*vec.Batch, error) {
	var b *vec.Batch
	err := guard(func() error {
		rec, err := r.in.Read()
		if err != nil {
			return err
		}
		r.n++
		b = &vec.Batch{N: int(rec.NumRows())}
		if rec.NumRows() < 0 || rec.NumRows() > maxRows {
			return damaged("record batch %d declares %d rows", r.n, rec.NumRows())
		}
		for _, c := range cols {
			v, err := r.column(rec, c)
			if err != nil {
				return err
			}
			b.Cols = append(b.Cols, v)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

// maxRows is the most rows of a record batch.
const maxRows = 1 << 28

func (r *Reader) column(rec arrow.Record, c int) (v vec.Vec, err error) {
	if r.read[c] == nil {
		return v, dberr.Newf(dberr.FeatureNotSupported, "column \"%s\" of the Arrow file is of type %s, which is not supported", r.cols[c].Name, rec.Schema().Field(c).Type)
	}
	err = guard(func() error {
		if rec.Column(c).Len() != int(rec.NumRows()) {
			return damaged("%d values in %d rows", rec.Column(c).Len(), rec.NumRows())
		}
		v, err = r.read[c](rec.Column(c), r.cols[c].Type)
		return err
	})
	var e *dberr.Error
	if errors.As(err, &e) {
		at := dberr.Newf(e.Code, "record batch %d, column %s: %s", r.n, r.cols[c].Name, e.Message)
		at.Column = r.cols[c].Name
		return v, at
	}
	if err != nil {
		return v, err
	}
	v.Type, v.N = r.cols[c].Type, int(rec.NumRows())
	return v, nil
}

// NestedError is the error of a column with the zero type.
func (r *Reader) NestedError(c int) error {
	if r.cols[c].Type != (types.Type{}) {
		return nil
	}
	return dberr.Newf(dberr.FeatureNotSupported, "column \"%s\" of the Arrow file is of a type that is not supported", r.cols[c].Name)
}
