package exec

import (
	"slices"
	"sync"
	"sync/atomic"

	"driftdb/colstore"
	"driftdb/internal/vec"
	"driftdb/sqlvec/plan"
)

// scanSource reads a table: a morsel is a row group in which something may match.
type scanSource struct {
	scan   *plan.Scan
	groups atomic.Int64 // loaded
	rows   plan.Rows
	list   []int // the group of each morsel
	few    [2]int
	size   int // rows of all of them
	sieve  sieveStage

	arranged sync.Once // list and near
	// near is, by morsel under a limit, the orderWord of the first value there may be, flipped where the
	// order descends; 0 where it is not known. nil: the groups are read as they stand.
	near []uint64
}

func (s *scanSource) prepare(ex *execution) (int, error) {
	rows, err := s.scan.Source.Open(ex.ctx, s.scan.Spec)
	if err != nil {
		return 0, err
	}
	ex.onClose(rows)
	s.rows = rows
	s.list, s.size = s.list[:0], 0
	s.arranged, s.near = sync.Once{}, nil
	if rows.Groups() <= len(s.few) {
		s.list = s.few[:0]
	}
	for i := range rows.Groups() {
		if n := rows.GroupRows(i); n > 0 {
			s.list = append(s.list, i)
			s.size += n
		}
	}
	ex.moved.Total.Add(int64(s.size))
	return len(s.list), nil
}

func (s *scanSource) inputRows() int { return s.size }

func (s *scanSource) open(w *worker) (reader, error) {
	return &scanReader{s: s, w: w}, nil
}

type scanReader struct {
	s     *scanSource
	w     *worker
	group colstore.Group
	cols  []vec.Vec
}

func (r *scanReader) run(morsel int, next pusher) error {
	if stream, ok := r.s.rows.(plan.Streamer); ok {
		return r.stream(stream, r.s.list[morsel], next)
	}
	r.s.arranged.Do(func() { r.s.arrange(next) })
	if r.s.behind(morsel, next) {
		r.w.ex.moved.read(r.s.rows.GroupRows(r.s.list[morsel]), nil)
		return nil
	}
	if err := r.s.rows.Load(r.s.list[morsel], &r.group); err != nil {
		return err
	}
	r.s.groups.Add(1)
	r.w.ex.moved.read(r.group.N, r.group.Cols)
	all := vec.Batch{N: r.group.N, Sel: r.group.Live, Cols: r.group.Cols}
	r.w.lendFrom(&r.group)
	defer r.w.lendFrom(nil)
	if all.N <= r.w.ex.opts.BatchRows && (all.Sel == nil || !noBits(all.Sel)) {
		return r.pushAll(&all, next)
	}
	return pushWindows(r.w, &all, &r.cols, next)
}

// pushAll pushes a group that is no larger than a batch.
func (r *scanReader) pushAll(all *vec.Batch, next pusher) error {
	if err := r.w.ex.check(); err != nil {
		return err
	}
	defer r.w.scratch.Release(r.w.scratch.Mark())
	if r.w.ex.opts.BatchRows%64 != 0 {
		return pushWindows(r.w, all, &r.cols, next)
	}
	return next.push(all)
}

// stream pushes the rows of a group that comes in pieces.
func (r *scanReader) stream(from plan.Streamer, group int, next pusher) error {
	r.s.groups.Add(1)
	return from.Stream(group, func(g *colstore.Group) error {
		b := vec.Batch{N: g.N, Sel: g.Live, Cols: g.Cols}
		return pushWindows(r.w, &b, &r.cols, next)
	})
}

// pushWindows pushes the rows of b, which may be of any number, in batches of the wanted
// size, leaving out those without a selected row. cols is reused memory.
func pushWindows(w *worker, b *vec.Batch, cols *[]vec.Vec, next pusher) error {
	size := w.ex.opts.BatchRows
	if size%64 != 0 {
		defer w.scratch.Release(w.scratch.Mark())
		unpack(b.Cols, w.scratch)
	}
	var win vec.Batch
	for lo := 0; lo < b.N; lo += size {
		if err := w.ex.check(); err != nil {
			return err
		}
		hi := min(lo+size, b.N)
		mark := w.scratch.Mark()
		var ok bool
		if win, ok = windowOf(w, b, lo, hi, cols); !ok {
			continue
		}
		err := next.push(&win)
		w.scratch.Release(mark)
		if err != nil {
			return err
		}
	}
	return nil
}

// windowOf returns rows [lo, hi) of b; ok is false when none of them is selected.
func windowOf(w *worker, b *vec.Batch, lo, hi int, cols *[]vec.Vec) (win vec.Batch, ok bool) {
	if lo&63 != 0 || hi&63 != 0 && hi != b.N {
		return oddWindow(w, b, lo, hi)
	}
	win.N = hi - lo
	if b.Sel != nil {
		win.Sel = b.Sel[lo>>6 : vec.Words(hi)]
		if noBits(win.Sel) {
			return win, false
		}
	}
	*cols = slices.Grow((*cols)[:0], len(b.Cols))
	for c := range b.Cols {
		*cols = append(*cols, b.Cols[c].Slice(lo, hi))
	}
	win.Cols = *cols
	return win, true
}

// oddWindow is windowOf for windows that do not begin at a whole word: it copies.
func oddWindow(w *worker, b *vec.Batch, lo, hi int) (vec.Batch, bool) {
	var idx []int32
	for i := lo; i < hi; i++ {
		if b.Sel == nil || bit(b.Sel, i) == 1 {
			idx = append(idx, int32(i))
		}
	}
	if len(idx) == 0 {
		return vec.Batch{}, false
	}
	return takeBatch(b, idx, w.scratch), true
}

// noBits reports whether all words are zero.
func noBits(words []uint64) bool {
	for _, w := range words {
		if w != 0 {
			return false
		}
	}
	return true
}
