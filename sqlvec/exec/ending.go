package exec

import (
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// endingSource reads the right rows that a left row has met, or those that none has: the end
// of RIGHT, FULL and right semi and anti joins. It runs a phase after the left input.
type endingSource struct {
	left   []types.Type // of the columns that are NULL beside them
	met    bool
	stores func() (rows, nulls *store, matched [][]uint32)
}

func (s *endingSource) prepare(*execution) (int, error) {
	rows, nulls, _ := s.stores()
	return len(rows.blocks) + len(nulls.blocks), nil
}

func (s *endingSource) open(w *worker) (reader, error) {
	return &endingReader{s: s, w: w}, nil
}

type endingReader struct {
	s    *endingSource
	w    *worker
	cols []vec.Vec
	ids  []rowID
}

func (r *endingReader) run(morsel int, next pusher) error {
	rows, nullRows, matched := r.s.stores()
	if n := len(rows.blocks); morsel >= n {
		rows, matched, morsel = nullRows, nil, morsel-n
	}
	r.ids = r.ids[:0]
	for i := range rows.blocks[morsel].n {
		met := matched != nil && matched[morsel][i>>5]>>(uint(i)&31)&1 == 1
		if met == r.s.met {
			r.ids = append(r.ids, rowID(morsel)<<blockShift|rowID(i))
		}
		if len(r.ids) == r.w.ex.opts.BatchRows {
			if err := r.batch(rows, next); err != nil {
				return err
			}
		}
	}
	return r.batch(rows, next)
}

// batch pushes the gathered rows.
func (r *endingReader) batch(rows *store, next pusher) error {
	if err := r.w.ex.check(); err != nil || len(r.ids) == 0 {
		return err
	}
	a := r.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	r.cols = r.cols[:0]
	for _, t := range r.s.left {
		r.cols = append(r.cols, nulls(t, len(r.ids)))
	}
	for c := range rows.types {
		r.cols = append(r.cols, rows.gather(c, r.ids, false, a))
	}
	n := len(r.ids)
	r.ids = r.ids[:0]
	return next.push(&vec.Batch{N: n, Cols: r.cols})
}
