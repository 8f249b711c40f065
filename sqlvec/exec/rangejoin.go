package exec

import (
	"slices"
	"sort"

	"driftdb/internal/arena"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// rangeJoin keeps the sorted right input and streams the left one past it. Of the rows of
// a key, those that begin at or before the point are found by binary search; from there
// the search goes back as long as some row before may end behind the point.
func (b *builder) rangeJoin(n *plan.RangeJoin) ([]*part, error) {
	right := newSortedRight(n.Right, n.RightKeys, n.Start, n.End)
	if err := b.breaker(n, n.Right, right, true); err != nil {
		return nil, err
	}
	return b.streaming(n.Left, &rangeStage{n, right})
}

type rangeStage struct {
	node  *plan.RangeJoin
	right *sortedRight
}

func (s *rangeStage) open(w *worker, next pusher) (pusher, error) {
	n := s.node
	p := &rangeProbe{node: n, r: s.right, w: w, out: joinOutput{w: w, next: next, kind: n.Kind}}
	var err error
	if p.progs, err = compileAll(append(slices.Clone(n.LeftKeys), n.Point), w.ex.opts.Env); err != nil {
		return nil, err
	}
	if n.Residual != nil {
		p.residual, err = expr.Compile(n.Residual, w.ex.opts.Env)
	}
	return p, err
}

type rangeProbe struct {
	node     *plan.RangeJoin
	r        *sortedRight
	w        *worker
	progs    []*expr.Program
	residual *expr.Program
	out      joinOutput
	cols     []vec.Vec

	// rows and ids are the pairs that wait; found are the left rows with a partner.
	rows  []int32
	ids   []rowID
	found []uint64
}

func (p *rangeProbe) push(b *vec.Batch) (err error) {
	a := p.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	if p.cols, err = evalAll(p.progs, b, p.w, p.cols[:0]); err != nil {
		return err
	}
	p.found = arena.MakeZero[uint64](a, vec.Words(b.N))
	known := vec.Batch{N: b.N, Sel: nullKeys(p.cols, b.N, b.Sel, a)}
	if err := p.search(b, selected(&known, a)); err != nil {
		return err
	}
	if err := p.flush(b); err != nil {
		return err
	}
	if p.out.kind.LeftOnly() {
		return p.out.leftOnly(b, p.found, nil)
	}
	return p.out.unmatchedLeft(b, p.r.rows.types, p.found)
}

// search finds the right rows of rows idx (nil: all) of b.
func (p *rangeProbe) search(b *vec.Batch, idx []int32) error {
	if p.r.rows.rows == 0 {
		return nil
	}
	a, n := p.w.scratch, b.N
	if idx != nil {
		n = len(idx)
	}
	keys := len(p.cols) - 1
	first, points := arena.Make[rowID](a, n), arena.Make[uint64](a, n)
	p.r.groupsOf(p.cols[:keys], b.N, idx, first, a)
	orderWords(&p.cols[keys], idx, points, a)
	for k, id := range first {
		if id == noRow {
			continue
		}
		i := int32(k)
		if idx != nil {
			i = idx[k]
		}
		if err := p.row(b, i, id, points[k]); err != nil {
			return err
		}
	}
	return nil
}

// row finds the right rows of left row i among those of a group.
func (p *rangeProbe) row(b *vec.Batch, i int32, group rowID, point uint64) error {
	start, end := p.r.group(group)
	begun := sort.Search(end-start, func(k int) bool {
		w := p.r.flat[start+k]
		return w > point || p.node.OpenStart && w == point
	})
	for at := start + begun - 1; at >= start && p.alive(p.r.most[at], point); at-- {
		if !p.alive(p.r.last[at], point) {
			continue
		}
		p.rows, p.ids = append(p.rows, i), append(p.ids, p.r.ids[at])
		if len(p.rows) >= p.w.ex.opts.BatchRows {
			if err := p.flush(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// alive reports whether a range with that end has not ended before the point.
func (p *rangeProbe) alive(end, point uint64) bool {
	return point < end || p.node.ClosedEnd && point == end
}

// flush tests the pairs that wait and pushes those that remain.
func (p *rangeProbe) flush(b *vec.Batch) error {
	if err := p.w.ex.check(); err != nil || len(p.rows) == 0 {
		return err
	}
	a := p.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	rows, ids := p.rows, p.ids
	p.rows, p.ids = p.rows[:0], p.ids[:0]
	if p.residual != nil {
		pairs := p.out.pairBatch(b, p.r.rows, rows, ids, nil)
		mask := maskOf(a, pairs.N)
		if err := p.residual.EvalMask(&pairs, a, mask); err != nil {
			return err
		}
		keep := setBits(mask, pairs.N, arena.Make[int32](a, pairs.N)[:0])
		kept, keptIDs := arena.Make[int32](a, len(keep)), arena.Make[rowID](a, len(keep))
		takeInto(kept, rows, keep)
		takeInto(keptIDs, ids, keep)
		rows, ids = kept, keptIDs
	}
	for _, i := range rows {
		if p.out.kind == plan.Single && bit(p.found, int(i)) == 1 {
			return errManyRows()
		}
		p.found[i>>6] |= 1 << (uint(i) & 63)
	}
	if len(rows) == 0 || p.out.kind.LeftOnly() {
		return nil
	}
	return p.out.pairs(b, p.r.rows, rows, ids)
}
