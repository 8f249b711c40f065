package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/plan"
)

// numbering is the sink of a Window that only numbers all rows as they come, and the source of its rows.
// They are kept, since only then it is known how many there are before those of a morsel.
type numbering struct {
	*stored
	node   *plan.Window
	starts []int64 // rows before each morsel
}

// numbers reports whether a window only numbers all rows as they come.
func numbers(n *plan.Window) bool {
	for _, c := range n.Calls {
		if c.Func != plan.RowNumber {
			return false
		}
	}
	return len(n.Partition) == 0 && len(n.Order) == 0
}

// prepare implements source.
func (n *numbering) prepare(*execution) (int, error) {
	at := int64(0)
	for m := range n.morsels() {
		n.starts = append(n.starts, at)
		if n.rows != nil {
			at += int64(n.rows.blocks[m].n)
			continue
		}
		for _, x := range n.spill.morsels[m] {
			at += int64(x.rows)
		}
	}
	return n.morsels(), nil
}

// numberingSource reads the rows with their numbers.
type numberingSource struct{ n *numbering }

func (s *numberingSource) prepare(ex *execution) (int, error) { return s.n.prepare(ex) }

func (s *numberingSource) open(w *worker) (reader, error) { return &numberingReader{n: s.n, w: w}, nil }

// release implements releaser.
func (s *numberingSource) release() {
	for _, e := range s.n.ends {
		e.rows.a.Free()
	}
	if s.n.spill.file != nil {
		s.n.spill.file.close()
	}
}

// numberingReader is a worker's reader, and what numbers the batches that it reads.
type numberingReader struct {
	n    *numbering
	w    *worker
	at   int64
	next pusher
	cols []vec.Vec
	out  []vec.Vec
}

func (r *numberingReader) run(morsel int, next pusher) error {
	r.at, r.next = r.n.starts[morsel], next
	return r.n.run(r.w, morsel, &r.cols, r)
}

// push numbers the rows of a batch, which are all selected.
func (r *numberingReader) push(b *vec.Batch) error {
	a := r.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	number := arena.Make[int64](a, b.N)
	for i := range number {
		r.at++
		number[i] = r.at
	}
	v := vec.FromFixed(types.T(types.Int64), number, nil)
	r.out = append(r.out[:0], b.Cols...)
	for range r.n.node.Calls {
		r.out = append(r.out, v)
	}
	return r.next.push(&vec.Batch{N: b.N, Cols: r.out})
}
