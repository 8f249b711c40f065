package files

import (
	"context"

	"driftdb/colstore"
	"driftdb/internal/formats/arrowio"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/internal/vfs"
)

// arrowReader reads an Arrow file or stream. A record batch of a file is a unit where it can be read
// apart, else the whole is one.
type arrowReader struct {
	file vfs.File
	size int64
	in   *arrowio.Reader
	cols []Column
}

func openArrow(f vfs.File, size int64) (reader, error) {
	in, err := arrowio.Open(f, size)
	if err != nil {
		return nil, err
	}
	r := &arrowReader{file: f, size: size, in: in}
	for _, c := range in.Columns() {
		r.cols = append(r.cols, Column(c))
	}
	return r, nil
}

func (r *arrowReader) columns() []Column { return r.cols }

func (r *arrowReader) units() int { return max(1, r.in.Records()) }

func (r *arrowReader) rows(int) int64 { return -1 }

func (r *arrowReader) excludes(int, []colstore.Filter) bool { return false }

func (r *arrowReader) close() { r.file.Close() }

func (r *arrowReader) read(_ context.Context, unit int, cols []int, _ []types.Type) (batches, error) {
	in, err := r.open(unit)
	if err != nil {
		return nil, err
	}
	return &arrowRows{in: in, cols: cols}, nil
}

func (r *arrowReader) open(unit int) (*arrowio.Reader, error) {
	if r.in.Records() > 0 {
		return r.in.Record(unit)
	}
	return arrowio.Open(r.file, r.size)
}

// arrowRows hands out record batches.
type arrowRows struct {
	in   *arrowio.Reader
	cols []int
}

func (r *arrowRows) next() (*vec.Batch, error) { return r.in.Next(r.cols) }

func (r *arrowRows) close() { r.in.Close() }
