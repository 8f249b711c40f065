package exec

import (
	"sync/atomic"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// sorting is the sink of an ORDER BY, and the source of its rows. Workers keep their rows
// in stores; finish sorts row ids. Rows with equal keys keep the order of the input.
type sorting struct {
	node  *plan.Sort
	specs []orderSpec
	extra []expr.Expr // keys that are not columns of the input, kept behind them
	types []types.Type
	ends  []*sortEnd
	spill sortSpill
	top   atomic.Pointer[lastRow] // the least threshold of the ends
	parts int                     // of sortOrder
	dead  []bool                  // columns that are not handed on; nil: none
	// placed says that the last column numbers the rows in the order of the input, which their places
	// in the stores do not follow.
	placed bool

	rows *store
	sortedRows
}

// orderSpec is one key of an order, as a column of a store.
type orderSpec struct {
	column           int
	desc, nullsFirst bool
}

func newSorting(node *plan.Sort) *sorting {
	s := &sorting{node: node, parts: -1, dead: node.Dead}
	for _, c := range node.Input.Columns() {
		s.types = append(s.types, c.Type)
	}
	for _, k := range node.Keys {
		s.specs = append(s.specs, orderSpec{column: s.column(k.Expr), desc: k.Desc, nullsFirst: k.NullsFirst})
	}
	return s
}

// width returns the number of columns that the sort hands on.
func (s *sorting) width() int {
	n := len(s.types) - len(s.extra)
	if s.placed {
		n--
	}
	return n
}

// sortEnd is a worker's end of a sort. With a limit it drops rows behind the limit's row
// now and then, and lets only rows in that lie before it.
type sortEnd struct {
	s     *sorting
	w     *worker
	rows  *store
	by    []*expr.Program
	cols  []vec.Vec
	top   *threshold // nil without a limit
	slack int64      // rows beyond twice the limit before the next prune

	morsel, passed int // of a sort that is placed: the last batch's, and rows of the morsel before the next
}

func (s *sorting) open(w *worker) (pusher, error) {
	by, err := compileAll(s.extra, w.ex.opts.Env)
	if err != nil {
		return nil, err
	}
	if s.spill.share == 0 {
		s.spill.share = w.ex.share()
	}
	e := &sortEnd{s: s, w: w, by: by, rows: newStore(s.types, w.ex.newArena())}
	e.rows.lender = w
	if s.node.Limit > 0 && s.node.Limit <= maxTop {
		e.slack = firstSlack
		e.top = newThreshold(s.specs, s.types, &s.top)
		loosen(by)
	}
	s.ends = append(s.ends, e)
	return e, nil
}

func (e *sortEnd) push(b *vec.Batch) error {
	a := e.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	if err := e.evaluate(b); err != nil {
		return err
	}
	sel := b.Sel
	if e.top != nil && e.top.set() {
		if sel = e.top.before(e.cols, len(e.top.specs), b.N, b.Sel, a); noBits(sel) {
			return nil
		}
	}
	e.rows.cut(e.w.morsel)
	n, idx := b.N, selected(&vec.Batch{N: b.N, Sel: sel}, a)
	if e.top != nil {
		n, idx = e.strict(n, idx)
	}
	e.rows.add(nil, e.cols, n, idx)
	if e.top != nil && int64(e.rows.rows) >= 2*e.s.node.Limit+e.slack {
		if err := e.prune(); err != nil {
			return err
		}
	}
	return e.maySpill()
}

// evaluate sets the columns of the rows of a batch.
func (e *sortEnd) evaluate(b *vec.Batch) (err error) {
	e.cols, err = evalAll(e.by, b, e.w, append(e.cols[:0], b.Cols...))
	if e.s.placed {
		e.cols = append(e.cols, e.places(b.N))
	}
	return err
}

// places numbers the n rows of the next batch of the morsel.
func (e *sortEnd) places(n int) vec.Vec {
	if e.morsel != e.w.morsel {
		e.morsel, e.passed = e.w.morsel, 0
	}
	place := arena.Make[int64](e.w.scratch, n)
	for i := range place {
		place[i] = int64(e.morsel)<<32 + int64(e.passed+i)
	}
	e.passed += n
	return vec.FromFixed(types.T(types.Int64), place, nil)
}

// strict gives the NUMERIC columns of rows idx (nil: all n) the form of their types, and returns the rows that are to be
// kept then: a sort with a limit takes them as they were computed.
func (e *sortEnd) strict(n int, idx []int32) (int, []int32) {
	a, few := e.w.scratch, false
	for c, t := range e.s.types {
		v := &e.cols[c]
		if !isForm(t) || !isLoose(v) {
			continue
		}
		if idx != nil && !few {
			b := takeBatch(&vec.Batch{N: n, Cols: e.cols}, idx, a)
			n, few = b.N, true
			e.cols = append(e.cols[:0], b.Cols...)
		}
		e.cols[c] = expr.Strict(e.cols[c], t, a)
	}
	if few {
		idx = nil
	}
	return n, idx
}

// isLoose reports whether v, NUMERIC of a type that is not scaled, has not the form of its type.
func isLoose(v *vec.Vec) bool { return v.Form == vec.Wide || v.Type.IsScaled() }

// loosen lets programs give NUMERIC as they compute it.
func loosen(progs []*expr.Program) {
	for _, p := range progs {
		if isForm(p.Type()) {
			p.Loose()
		}
	}
}

func (s *sorting) finish(ex *execution) error {
	if s.spill.file != nil {
		return s.endSpill(ex, ex.newWorker(0))
	}
	s.rows = newStore(s.types, ex.newArena())
	for _, e := range s.ends {
		s.rows.adopt(e.rows)
	}
	s.rows.inMorselOrder()
	s.rows.seal()
	var err error
	if s.sortedRows, err = sortStore(ex, s.rows, s.order(), s.rows.a); err != nil {
		return err
	}
	if n := s.node.Limit; n > 0 && n < int64(len(s.ids)) {
		s.ids = s.ids[:n]
	}
	return nil
}

// order is the order of the rows, of which all columns are read that are handed on.
func (s *sorting) order() sortOrder {
	o := sortOrder{specs: s.specs, parts: s.parts, read: make([]bool, s.width())}
	for c := range o.read {
		o.read[c] = !isDead(s.dead, c)
	}
	return o
}

// release implements releaser.
func (s *sorting) release() {
	for _, e := range s.ends {
		e.rows.a.Free()
	}
	if s.rows != nil {
		s.rows.a.Free()
	}
	if s.spill.file != nil {
		s.spill.file.close()
	}
}

// sortSource reads the rows of a sort: a morsel is a block's worth of them, or all that are
// merged from runs.
type sortSource struct{ s *sorting }

func (s *sortSource) prepare(*execution) (int, error) {
	if s.s.spill.file != nil {
		return 1, nil
	}
	return (len(s.s.ids) + blockRows - 1) / blockRows, nil
}

func (s *sortSource) release() { s.s.release() }

func (s *sortSource) open(w *worker) (reader, error) { return &sortReader{s: s.s, w: w}, nil }

type sortReader struct {
	s    *sorting
	w    *worker
	cols []vec.Vec
}

func (r *sortReader) run(morsel int, next pusher) error {
	if r.s.spill.file != nil {
		return r.s.mergeRuns(r.w, r.s.width(), func(cols []vec.Vec, n int) error {
			return next.push(&vec.Batch{N: n, Cols: cols})
		})
	}
	for lo, hi := morsel*blockRows, min((morsel+1)*blockRows, len(r.s.ids)); lo < hi; {
		k := min(hi-lo, r.w.ex.opts.BatchRows)
		if err := r.batch(lo, k, next); err != nil {
			return err
		}
		lo += k
	}
	return nil
}

// batch pushes n rows from row lo on.
func (r *sortReader) batch(lo, n int, next pusher) error {
	if err := r.w.ex.check(); err != nil {
		return err
	}
	a := r.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	r.cols = r.cols[:0]
	r.cols = r.s.columns(r.cols, lo, n, a)
	return next.push(&vec.Batch{N: n, Cols: r.cols})
}

// columns appends the columns of n sorted rows from row lo on to cols, without those that are dead.
func (s *sorting) columns(cols []vec.Vec, lo, n int, a *arena.Arena) []vec.Vec {
	for c := range s.width() {
		switch d, ok := s.decoders[c]; {
		case isDead(s.dead, c):
			cols = append(cols, absent(s.types[c], n))
		case ok:
			cols = append(cols, d.decode(s.keys[lo:lo+n], a))
		default:
			cols = append(cols, s.rows.gather(c, s.ids[lo:lo+n], false, a))
		}
	}
	return cols
}
