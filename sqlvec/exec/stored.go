package exec

import (
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// stored is a sink that keeps its rows in the order of the input: a CTE, the inner side
// of a nested loop. What does not fit memory is written to a temporary file, all of it.
type stored struct {
	types []types.Type
	ends  []*storedEnd
	n     int    // rows, when the input has ended
	rows  *store // nil when the rows were written
	spill storedSpill
	// again says that the rows are read more than once.
	again bool
}

func newStored(ts []types.Type) *stored { return &stored{types: ts} }

type storedEnd struct {
	s      *stored
	w      *worker
	rows   *store
	pieces []piece
}

func (s *stored) open(w *worker) (pusher, error) {
	if s.spill.share == 0 {
		s.spill.share = w.ex.share()
	}
	e := &storedEnd{s: s, w: w, rows: newStore(s.types, w.ex.newArena())}
	e.rows.lender = w
	s.ends = append(s.ends, e)
	return e, nil
}

func (e *storedEnd) push(b *vec.Batch) error {
	mark := e.w.scratch.Mark()
	defer e.w.scratch.Release(mark)
	e.rows.cut(e.w.morsel)
	e.rows.add(nil, b.Cols, b.N, selected(b, e.w.scratch))
	return e.maySpill()
}

func (s *stored) finish(ex *execution) error {
	if s.spill.file != nil {
		return s.endSpill(ex)
	}
	s.rows = newStore(s.types, ex.newArena())
	for _, e := range s.ends {
		s.rows.adopt(e.rows)
	}
	s.rows.inMorselOrder()
	s.rows.seal()
	if s.again {
		s.rows.encodeTexts()
	}
	s.n = s.rows.rows
	return nil
}

// morsels returns the number of morsels of the rows.
func (s *stored) morsels() int {
	if s.rows == nil {
		return len(s.spill.morsels)
	}
	return len(s.rows.blocks)
}

// run pushes the rows of a morsel.
func (s *stored) run(w *worker, morsel int, cols *[]vec.Vec, next pusher) error {
	if s.rows == nil {
		return s.spill.file.replay(s.spill.morsels[morsel], s.types, w, next)
	}
	return s.rows.each(w, morsel, cols, next)
}

// each pushes all rows.
func (s *stored) each(w *worker, cols *[]vec.Vec, next pusher) error {
	for m := range s.morsels() {
		if err := s.run(w, m, cols, next); err != nil {
			return err
		}
	}
	return nil
}

// storedSource reads the rows of a stored: a morsel is a block, or extents of about as many
// rows.
type storedSource struct{ s *stored }

func (r *storedSource) prepare(*execution) (int, error) { return r.s.morsels(), nil }

func (r *storedSource) open(w *worker) (reader, error) {
	return &storedReader{s: r.s, w: w}, nil
}

type storedReader struct {
	s    *stored
	w    *worker
	cols []vec.Vec
}

func (r *storedReader) run(morsel int, next pusher) error {
	return r.s.run(r.w, morsel, &r.cols, next)
}

// each pushes the rows of one block of a sealed store.
func (s *store) each(w *worker, block int, cols *[]vec.Vec, next pusher) error {
	n := s.blocks[block].n
	size := vec.BatchRows
	*cols = append((*cols)[:0], make([]vec.Vec, len(s.types))...)
	for lo := 0; lo < n; lo += size {
		mark := w.scratch.Mark()
		hi := min(lo+size, n)
		s.window(block, lo, hi, *cols, true, w.scratch)
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
