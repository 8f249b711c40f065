package exec

import (
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// stored is a sink that keeps its rows in the order of the input: a CTE, the inner side
// of a nested loop.
type stored struct {
	types []types.Type
	ends  []*storedEnd
	rows  *store
}

func newStored(ts []types.Type) *stored { return &stored{types: ts} }

type storedEnd struct {
	w    *worker
	rows *store
}

func (s *stored) open(w *worker) (pusher, error) {
	e := &storedEnd{w: w, rows: newStore(s.types, w.ex.newArena())}
	s.ends = append(s.ends, e)
	return e, nil
}

func (e *storedEnd) push(b *vec.Batch) error {
	mark := e.w.scratch.Mark()
	defer e.w.scratch.Release(mark)
	e.rows.cut(e.w.morsel)
	e.rows.add(nil, b.Cols, b.N, selected(b, e.w.scratch))
	return nil
}

func (s *stored) finish(ex *execution) error {
	s.rows = newStore(s.types, ex.newArena())
	for _, e := range s.ends {
		s.rows.adopt(e.rows)
	}
	s.rows.inMorselOrder()
	s.rows.seal()
	return nil
}

// storedSource reads the rows of a stored: a morsel is a block.
type storedSource struct{ s *stored }

func (r *storedSource) prepare(*execution) (int, error) { return len(r.s.rows.blocks), nil }

func (r *storedSource) open(w *worker) (reader, error) {
	return &storedReader{s: r.s.rows, w: w}, nil
}

type storedReader struct {
	s    *store
	w    *worker
	cols []vec.Vec
}

func (r *storedReader) run(morsel int, next pusher) error {
	return r.s.each(r.w, morsel, &r.cols, next)
}

// each pushes the rows of one block of a sealed store.
func (s *store) each(w *worker, block int, cols *[]vec.Vec, next pusher) error {
	n := s.blocks[block].n
	size := vec.BatchRows
	*cols = append((*cols)[:0], make([]vec.Vec, len(s.types))...)
	for lo := 0; lo < n; lo += size {
		mark := w.scratch.Mark()
		hi := min(lo+size, n)
		s.window(block, lo, hi, *cols, w.scratch)
		part := vec.Batch{N: hi - lo, Cols: *cols}
		var err error
		if w.ex.opts.BatchRows == size {
			if err = w.ex.check(); err == nil {
				err = next.push(&part)
			}
		} else {
			var odd []vec.Vec
			err = pushWindows(w, &part, &odd, next)
		}
		w.scratch.Release(mark)
		if err != nil {
			return err
		}
	}
	return nil
}
