package exec

import (
	"math/bits"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// windowMorsel is how many rows a morsel of a window has at least, unless they end: it is
// whole partitions, so that each is computed by one worker, or a piece of one (windowPiece).
const windowMorsel = 1 << 14

// windowing is the sink of a Window and the source of its rows. The input is sorted by
// partition and order, once for all calls; each morsel is then some partitions, and the
// calls are computed batch by batch as the rows are handed on.
type windowing struct {
	*sorting
	node    *plan.Window
	calls   []*windowCall
	leading *leadingRows // nil: all rows are wanted

	morsels []windowRows
}

// windowRows is rows [lo, hi) that are computed together: whole partitions, or a piece of one.
type windowRows struct {
	lo, hi int
	first  windowPlace // of row lo
	// from and to are the first of the rows that the calls look at, and the first behind.
	from, to int
}

// windowPlace is the partition of a row and its peers.
type windowPlace struct{ partLo, partHi, peerLo, peerHi int }

// windowCall is one function with its expressions as columns of the store.
type windowCall struct {
	*plan.WindowCall
	types    []types.Type
	args     []int
	filter   int // -1: none; as the following
	key      int
	startLim int
	endLim   int
	start    offset
	end      offset
}

func newWindowing(n *plan.Window) *windowing {
	s := &sorting{node: &plan.Sort{}}
	for _, c := range n.Input.Columns() {
		s.types = append(s.types, c.Type)
	}
	w := &windowing{sorting: s, node: n}
	s.parts, s.dead = len(n.Partition), n.Dead
	for _, x := range n.Partition {
		s.specs = append(s.specs, orderSpec{column: s.column(x)})
	}
	for _, k := range n.Order {
		s.specs = append(s.specs, orderSpec{column: s.column(k.Expr), desc: k.Desc, nullsFirst: k.NullsFirst})
	}
	for _, k := range s.specs {
		if hasKey(s.types[k.column]) {
			s.parts = -1 // equal values may differ in their bytes
		}
	}
	for i := range n.Calls {
		c := &windowCall{WindowCall: &n.Calls[i]}
		for _, x := range c.Args {
			c.types = append(c.types, x.Type())
			c.args = append(c.args, s.column(kept(x, c.Filter)))
		}
		c.filter = s.optional(c.Filter)
		c.key = s.optional(c.Frame.Key)
		c.startLim, c.endLim = s.optional(c.Frame.Start.Limit), s.optional(c.Frame.End.Limit)
		w.calls = append(w.calls, c)
	}
	if n.Leading > 0 {
		w.leading = newLeadingRows(n)
		s.placed, s.parts = true, -1
		s.specs = append(s.specs, orderSpec{column: len(s.types)})
		s.types = append(s.types, types.T(types.Int64))
	}
	return w
}

// kept is an argument that is computed only for the rows that FILTER keeps: the others are not looked at, and it
// may be an error for them.
func kept(x, filter expr.Expr) expr.Expr {
	switch x.(type) {
	case *expr.Col, *expr.Const:
		return x
	}
	if filter == nil {
		return x
	}
	return &expr.Case{Whens: []expr.When{{Cond: filter, Then: x}}, Else: &expr.Const{Value: types.NullOf(x.Type())}, Typ: x.Type()}
}

func (w *windowing) open(by *worker) (pusher, error) {
	end, err := w.sorting.open(by)
	if err != nil || w.leading == nil {
		return end, err
	}
	return w.leading.open(end.(*sortEnd))
}

// column returns the column of the store that holds x, which is computed behind the
// input's unless it is one of those.
func (s *sorting) column(x expr.Expr) int {
	if col, ok := x.(*expr.Col); ok {
		return col.Index
	}
	s.extra = append(s.extra, x)
	s.types = append(s.types, x.Type())
	return len(s.types) - 1
}

func (s *sorting) optional(x expr.Expr) int {
	if x == nil {
		return -1
	}
	return s.column(x)
}

// prepare finds the partitions and the peers, and deals the partitions into morsels.
func (w *windowing) prepare(ex *execution) (int, error) {
	n := len(w.ids)
	for _, c := range w.calls {
		if err := c.evalOffsets(ex.opts.Env); err != nil {
			return 0, err
		}
	}
	if w.spill.file != nil {
		return 1, nil
	}
	if n == 0 {
		return 0, nil
	}
	if w.part == nil {
		w.part, w.peer = make(startMask, vec.Words(n)), make(startMask, vec.Words(n))
		if err := w.markStarts(ex); err != nil {
			return 0, err
		}
	}
	before, after, ok := w.margins()
	for at := 0; at < n; {
		hi := w.part.next(at+windowMorsel-1, n)
		if ok && hi-at >= 2*windowPiece && w.part.next(at, n) == hi {
			w.addPieces(at, hi, before, after)
		} else {
			w.morsels = append(w.morsels, w.whole(at, hi))
		}
		at = hi
	}
	return len(w.morsels), nil
}

// whole returns rows [lo, hi), which are whole partitions.
func (w *windowing) whole(lo, hi int) windowRows {
	first := windowPlace{lo, w.part.next(lo, hi), lo, w.peer.next(lo, hi)}
	return windowRows{lo: lo, hi: hi, first: first, from: lo, to: hi}
}

// markStarts marks where partitions and groups of peers begin.
func (w *windowing) markStarts(ex *execution) error {
	for i := range ex.opts.Workers {
		ex.newWorker(i)
	}
	n := len(w.ids)
	return ex.tasks((n+vec.BatchRows-1)/vec.BatchRows, func(worker, i int) error {
		lo, by := i*vec.BatchRows, ex.workers[worker]
		hi := min(lo+vec.BatchRows, n)
		w.markParts(by, lo, hi)
		w.markPeers(by, lo, hi)
		return nil
	})
}

// markParts sets the bits of those of the rows [lo, hi) that begin a partition. lo is a
// multiple of 64.
func (w *windowing) markParts(by *worker, lo, hi int) {
	if lo == 0 {
		w.part[0] |= 1
	}
	for _, s := range w.specs[:len(w.node.Partition)] {
		w.markColumn(by, s.column, w.part, lo, hi)
	}
}

// markPeers is markParts for groups of peers, once the partitions are marked.
func (w *windowing) markPeers(by *worker, lo, hi int) {
	copy(w.peer[lo>>6:vec.Words(hi)], w.part[lo>>6:vec.Words(hi)])
	parts := len(w.node.Partition)
	for _, s := range w.specs[parts : parts+len(w.node.Order)] {
		w.markColumn(by, s.column, w.peer, lo, hi)
	}
}

// markColumn sets the bits of those of the rows [lo, hi) that differ in a column from the
// row before.
func (w *windowing) markColumn(by *worker, column int, mask startMask, lo, hi int) {
	a := by.scratch
	mark := a.Mark()
	defer a.Release(mark)
	from := max(0, lo-1)
	v := w.rows.gather(column, w.ids[from:hi], false, a)
	codec := newKeyCodec([]types.Type{w.types[column]}, false, true)
	rows, stride := codec.encode([]vec.Vec{v}, hi-from, nil, a), codec.stride
	for i := 1; i < hi-from; i++ {
		same := false
		switch {
		case v.Valid != nil && (v.IsNull(i-1) || v.IsNull(i)):
			same = v.IsNull(i-1) == v.IsNull(i)
		case codec.single:
			same = rows[i-1] == rows[i]
		default:
			same = codec.equal(rows[(i-1)*stride:i*stride], rows[i*stride:(i+1)*stride])
		}
		if !same {
			mask[(from+i)>>6] |= 1 << (uint(from+i) & 63)
		}
	}
}

// startMask has a bit set for every row that begins something.
type startMask []uint64

// next returns the first start behind row i, n when there is none below n.
func (m startMask) next(i, n int) int {
	for i++; i < n; i = (i | 63) + 1 {
		if w := m[i>>6] >> (uint(i) & 63); w != 0 {
			return min(n, i+bits.TrailingZeros64(w))
		}
	}
	return n
}

// last returns the last start at or before row i; row 0 is one.
func (m startMask) last(i int) int {
	w := m[i>>6] << (63 - uint(i)&63)
	if w != 0 {
		return i - bits.LeadingZeros64(w)
	}
	k := i>>6 - 1
	for m[k] == 0 {
		k--
	}
	return k<<6 + 63 - bits.LeadingZeros64(m[k])
}

// windowSource reads the rows with the results of the calls.
type windowSource struct{ w *windowing }

func (s *windowSource) prepare(ex *execution) (int, error) { return s.w.prepare(ex) }

func (s *windowSource) release() { s.w.release() }

func (s *windowSource) open(w *worker) (reader, error) {
	return &windowReader{s: s.w, w: w, a: w.ex.newArena()}, nil
}

type windowReader struct {
	s    *windowing
	w    *worker
	a    *arena.Arena // of the states of a morsel
	cols []vec.Vec
}

// windowChunk is the rows of one batch, [lo, lo+n) in the sorted order, and for each of
// them its partition and its peers.
type windowChunk struct {
	lo, n          int
	ids            []rowID
	partLo, partHi []int
	peerLo, peerHi []int
	group          []int // number of the peers' group within the morsel
}

// windowEval computes one call of a morsel, chunk after chunk. The vector lives until the
// chunk's scratch memory is released.
type windowEval interface {
	eval(c *windowChunk) (vec.Vec, error)
}

func (r *windowReader) run(morsel int, next pusher) error {
	if r.s.spill.file != nil {
		return r.runSpilled(next)
	}
	return r.rows(r.s.morsels[morsel], next)
}

// rows computes the rows of a morsel.
func (r *windowReader) rows(rows windowRows, next pusher) error {
	a := r.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	m := &windowMorselState{s: r.s, w: r.w, lo: rows.from, hi: rows.to, a: r.a}
	defer r.a.Reset()
	evals := make([]windowEval, len(r.s.calls))
	for i, c := range r.s.calls {
		var err error
		if evals[i], err = m.newEval(c); err != nil {
			return err
		}
	}
	c := newWindowChunk(r.w.ex.opts.BatchRows)
	for at := rows.lo; at < rows.hi; at += c.n {
		r.s.fill(c, at, min(at+r.w.ex.opts.BatchRows, rows.hi), rows.first)
		if err := r.batch(c, evals, next); err != nil {
			return err
		}
	}
	return nil
}

func newWindowChunk(n int) *windowChunk {
	return &windowChunk{
		partLo: make([]int, n), partHi: make([]int, n), peerLo: make([]int, n), peerHi: make([]int, n), group: make([]int, n),
	}
}

// fill moves the chunk to rows [lo, hi). It must be moved in order; first is the place of the
// first row that it is moved to.
func (w *windowing) fill(c *windowChunk, lo, hi int, first windowPlace) {
	partLo, partHi, peerLo, peerHi, group := first.partLo, first.partHi, first.peerLo, first.peerHi, 0
	if c.n > 0 {
		k := c.n - 1
		partLo, partHi, peerLo, peerHi, group = c.partLo[k], c.partHi[k], c.peerLo[k], c.peerHi[k], c.group[k]
	}
	c.lo, c.n, c.ids = lo, hi-lo, w.ids[lo:hi]
	for i := lo; i < hi; i++ {
		if i == partHi {
			partLo, partHi = i, w.part.next(i, len(w.ids))
		}
		if i == peerHi {
			peerLo, peerHi = i, w.peer.next(i, len(w.ids))
			group++
		}
		k := i - lo
		c.partLo[k], c.partHi[k], c.peerLo[k], c.peerHi[k], c.group[k] = partLo, partHi, peerLo, peerHi, group
	}
}

// batch pushes one chunk.
func (r *windowReader) batch(c *windowChunk, evals []windowEval, next pusher) error {
	if err := r.w.ex.check(); err != nil {
		return err
	}
	a := r.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	r.cols = r.cols[:0]
	r.cols = r.s.columns(r.cols, c.lo, c.n, a)
	for _, e := range evals {
		v, err := e.eval(c)
		if err != nil {
			return err
		}
		r.cols = append(r.cols, v)
	}
	return next.push(&vec.Batch{N: c.n, Cols: r.cols})
}

// windowMorselState is what the calls of a morsel share; rows [lo, hi) are all that they look at.
type windowMorselState struct {
	s      *windowing
	w      *worker
	lo, hi int
	a      *arena.Arena // of the states; the worker's scratch memory has the rest
}

// newEval chooses how a call is computed.
func (m *windowMorselState) newEval(c *windowCall) (windowEval, error) {
	switch c.Func {
	case plan.WindowAgg:
		return m.newAggEval(c), nil
	case plan.RowNumber, plan.Rank, plan.DenseRank, plan.PercentRank, plan.CumeDist, plan.Ntile:
		return &rankEval{m: m, c: c}, nil
	}
	return m.newPickEval(c), nil
}
