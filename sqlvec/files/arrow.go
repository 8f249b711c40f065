package files

import (
	"context"

	"driftdb/colstore"
	"driftdb/internal/formats/arrowio"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/internal/vfs"
)

// arrowReader reads an Arrow file or stream: the whole of it is one unit.
type arrowReader struct {
	file vfs.File
	size int64
	cols []Column
}

func openArrow(f vfs.File, size int64) (reader, error) {
	in, err := arrowio.Open(f, size)
	if err != nil {
		return nil, err
	}
	r := &arrowReader{file: f, size: size}
	for _, c := range in.Columns() {
		r.cols = append(r.cols, Column(c))
	}
	return r, nil
}

func (r *arrowReader) columns() []Column { return r.cols }

func (r *arrowReader) units() int { return 1 }

func (r *arrowReader) rows(int) int64 { return -1 }

func (r *arrowReader) excludes(int, []colstore.Filter) bool { return false }

func (r *arrowReader) close() { r.file.Close() }

func (r *arrowReader) read(_ context.Context, _ int, cols []int, _ []types.Type) (batches, error) {
	in, err := arrowio.Open(r.file, r.size)
	if err != nil {
		return nil, err
	}
	return &arrowRows{in: in, cols: cols}, nil
}

// arrowRows hands out record batches.
type arrowRows struct {
	in   *arrowio.Reader
	cols []int
}

func (r *arrowRows) next() (*vec.Batch, error) { return r.in.Next(r.cols) }

func (r *arrowRows) close() {}
