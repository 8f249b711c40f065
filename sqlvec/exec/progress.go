package exec

import (
	"context"
	"sync/atomic"

	"driftdb/internal/vec"
)

// Progress counts what the scans of a statement have read. Its counters may be read while the
// statement runs. The zero value is ready.
type Progress struct {
	Rows  atomic.Int64 // read so far
	Total atomic.Int64 // to be read by all scans that have begun
	Bytes atomic.Int64 // of the columns read so far
}

type progressKey struct{}

// WithProgress returns a context in which statements count into p.
func WithProgress(ctx context.Context, p *Progress) context.Context {
	return context.WithValue(ctx, progressKey{}, p)
}

// progressOf returns the counters of a context, nil when it has none.
func progressOf(ctx context.Context) *Progress {
	p, _ := ctx.Value(progressKey{}).(*Progress)
	return p
}

// read counts a row group.
func (p *Progress) read(n int, cols []vec.Vec) {
	bytes := 0
	for i := range cols {
		bytes += len(cols[i].Data) + len(cols[i].Heap)
	}
	p.Rows.Add(int64(n))
	p.Bytes.Add(int64(bytes))
}
