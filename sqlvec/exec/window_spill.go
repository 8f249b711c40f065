package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/vec"
)

// A window whose rows do not fit memory sorts them as any sort does. The merged rows are
// taken up until they hold whole partitions, and those are computed as they always are. So
// what must fit memory is one partition at a time.

// windowFeed takes up merged rows.
type windowFeed struct {
	r    *windowReader
	next pusher
	rows *store
	idle *arena.Arena // memory for the rows that stay when the others have been handed on
	want int          // rows from which on the feed looks for whole partitions
	cols []vec.Vec
}

// runSpilled computes all rows from the runs.
func (r *windowReader) runSpilled(next pusher) error {
	kept, idle := arena.New(r.w.ex.budget), arena.New(r.w.ex.budget)
	defer kept.Free()
	defer idle.Free()
	f := &windowFeed{r: r, next: next, rows: newStore(r.s.types, kept), idle: idle}
	f.want = f.least()
	if err := r.s.mergeRuns(r.w, len(r.s.types), f.push); err != nil {
		return err
	}
	return f.flush(true)
}

// feedBytes is how many bytes of rows a feed takes up before it looks for whole partitions.
const feedBytes = 2 << 20

// least returns how many rows the feed takes up.
func (f *windowFeed) least() int {
	if f.r.w.ex.opts.SpillAlways {
		return 1
	}
	width := 0
	for _, t := range f.r.s.types {
		width += keptSize(t)
	}
	return min(windowMorsel, feedBytes/max(width, 1))
}

func (f *windowFeed) push(cols []vec.Vec, n int) error {
	f.rows.add(nil, cols, n, nil)
	if f.rows.rows < f.want {
		return nil
	}
	return f.flush(false)
}

// flush computes and hands on the partitions that are complete: all of them at the end.
func (f *windowFeed) flush(end bool) error {
	n := f.rows.rows
	if n == 0 {
		return nil
	}
	f.rows.seal()
	w := f.r.s.over(f.rows, f.r.w)
	cut := n
	if !end {
		cut = w.part.last(n - 1)
	}
	if cut == 0 { // one partition: more of it must come
		f.want = 2 * n
		return nil
	}
	w.eachRange(func(lo, hi int) { w.markPeers(f.r.w, lo, hi) })
	r := &windowReader{s: w, w: f.r.w, a: f.r.a}
	if err := r.rows(w.whole(0, cut), f.next); err != nil {
		return err
	}
	f.want = f.least()
	return f.keep(w.ids[cut:])
}

// keep begins anew with the rows ids.
func (f *windowFeed) keep(ids []rowID) error {
	old, a := f.rows, f.r.w.scratch
	f.rows = newStore(old.types, f.idle)
	for len(ids) > 0 {
		mark := a.Mark()
		k := min(len(ids), vec.BatchRows)
		f.cols = f.cols[:0]
		for c := range old.types {
			f.cols = append(f.cols, old.gather(c, ids[:k], false, a))
		}
		f.rows.add(nil, f.cols, k, nil)
		a.Release(mark)
		ids = ids[k:]
	}
	old.a.Reset()
	f.idle = old.a
	return nil
}

// over returns a windowing of the rows of a sealed store, which are sorted, with the starts
// of its partitions.
func (w *windowing) over(rows *store, by *worker) *windowing {
	s := &sorting{node: w.sorting.node, specs: w.specs, types: w.types, extra: w.extra, rows: rows, parts: -1, dead: w.dead, placed: w.placed}
	s.ids = make([]rowID, 0, rows.rows)
	for b, blk := range rows.blocks {
		for r := range blk.n {
			s.ids = append(s.ids, rowID(b)<<blockShift|rowID(r))
		}
	}
	sub := &windowing{sorting: s, node: w.node, calls: w.calls}
	words := vec.Words(rows.rows)
	sub.part, sub.peer = make(startMask, words), make(startMask, words)
	sub.eachRange(func(lo, hi int) { sub.markParts(by, lo, hi) })
	return sub
}

// eachRange calls fn for the ranges of a batch's rows, one after another.
func (w *windowing) eachRange(fn func(lo, hi int)) {
	for lo := 0; lo < len(w.ids); lo += vec.BatchRows {
		fn(lo, min(lo+vec.BatchRows, len(w.ids)))
	}
}
