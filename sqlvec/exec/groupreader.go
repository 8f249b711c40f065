package exec

import (
	"math/bits"

	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
)

// groupReader pushes the groups of a finished aggregation. What the operators above need not see is
// not made: the results of groups behind the rows that a LIMIT lets through, and the NUMERIC form of
// sums that HAVING compares.
type groupReader struct {
	g    *aggregation
	w    *worker
	cols []vec.Vec
}

// chooser is a pusher that can tell by a few columns that it has no use for some rows of a batch.
type chooser interface {
	// deciding returns these columns, none where it cannot tell.
	deciding() []int
	// choose returns the rows of b that it may use, nil for all; b has the first n of the deciding columns only.
	choose(b *vec.Batch, n int) []uint64
}

func (r *groupReader) run(morsel int, next pusher) error {
	switch spill := &r.g.spill; {
	case spill.apart:
		return r.g.emitPart(morsel, r.w, next)
	case spill.to != nil:
		return r.g.emitSpilled(r.w, next)
	}
	sp := r.g.spans[morsel]
	size := r.w.ex.opts.BatchRows
	for lo := sp.lo; lo < sp.hi; lo += size {
		if err := r.batch(sp.gs, lo, min(lo+size, sp.hi), next); err != nil {
			return err
		}
	}
	return nil
}

// batch pushes groups [lo, hi).
func (r *groupReader) batch(gs *groups, lo, hi int, next pusher) error {
	if err := r.w.ex.check(); err != nil {
		return err
	}
	a := r.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	lo, hi, err := r.wanted(gs, lo, hi, next)
	if err != nil || lo == hi {
		return err
	}
	loose := takesLoose(next)
	r.cols = r.cols[:0]
	for c := range gs.width() {
		v, err := gs.column(c, lo, hi, loose, r.w)
		if err != nil {
			return err
		}
		r.cols = append(r.cols, v)
	}
	return next.push(&vec.Batch{N: hi - lo, Cols: r.cols})
}

// takesLoose reports whether p takes the NUMERIC values of aggregates as scaled integers: a filter does, also behind
// nested loops, whose output has the columns of the left input as they are.
func takesLoose(p pusher) bool {
	switch p := p.(type) {
	case *filter:
		return p.types != nil
	case *loop:
		return !p.node.Kind.LeftOnly() && takesLoose(p.out.next)
	}
	return false
}

// wanted cuts groups [lo, hi) at both sides to those that next may use.
func (r *groupReader) wanted(gs *groups, lo, hi int, next pusher) (int, int, error) {
	choose, ok := next.(chooser)
	if !ok || !gs.late() {
		return lo, hi, nil
	}
	b := vec.Batch{N: hi - lo, Cols: make([]vec.Vec, gs.width())}
	var mask []uint64
	first := -1
	for i, c := range choose.deciding() {
		var err error
		if b.Cols[c], err = gs.column(c, lo, hi, i == 0, r.w); err != nil {
			return lo, hi, err
		}
		if first < 0 {
			first = c
		} else if v := &b.Cols[first]; isForm(gs.of.source.Out[first].Type) && isLoose(v) { // rows are told apart by its form
			*v = expr.Strict(*v, types.T(types.Numeric), r.w.scratch)
		}
		if mask = choose.choose(&b, i+1); mask == nil || noBits(mask) {
			break
		}
	}
	if mask == nil {
		return lo, hi, nil
	}
	from, to := ends(mask)
	return lo + from, lo + to, nil
}

// ends returns the first set bit of a mask and the one behind the last, twice 0 where none is set.
func ends(mask []uint64) (first, behind int) {
	lo, hi := 0, len(mask)
	for lo < hi && mask[lo] == 0 {
		lo++
	}
	for hi > lo && mask[hi-1] == 0 {
		hi--
	}
	if lo == hi {
		return 0, 0
	}
	return lo<<6 + bits.TrailingZeros64(mask[lo]), hi<<6 - bits.LeadingZeros64(mask[hi-1])
}

// width returns the number of columns: the keys, then the results.
func (gs *groups) width() int { return gs.keyCount() + len(gs.of.source.Aggs) }

// keyCount returns the number of keys.
func (gs *groups) keyCount() int {
	if gs.table == nil {
		return 0
	}
	return len(gs.table.codec.types)
}

// late reports whether no result raises an error, so that none need be made.
func (gs *groups) late() bool {
	for _, s := range gs.states {
		if l, ok := s.(expr.LateFinal); !ok || !l.Late() {
			return false
		}
	}
	return true
}

// column returns a key or result of groups [lo, hi) in w's scratch memory. loose allows sums to be
// scaled integers.
func (gs *groups) column(c, lo, hi int, loose bool, w *worker) (vec.Vec, error) {
	keys := gs.keyCount()
	if c < keys {
		return gs.key(c, lo, hi, loose, w)
	}
	s := gs.states[c-keys]
	if l, ok := s.(expr.LooseFinal); ok && loose {
		return l.FinalLoose(lo, hi, w.scratch)
	}
	return s.Final(lo, hi, w.scratch)
}
