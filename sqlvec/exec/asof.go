package exec

import (
	"slices"
	"sort"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// asofJoin keeps the sorted right input and streams the left one past it: a hash table
// finds the rows of a key, which lie together, and a binary search the nearest of them.
func (b *builder) asofJoin(n *plan.AsofJoin) ([]*part, error) {
	right := newSortedRight(n.Right, n.RightKeys, n.RightValue, nil)
	if err := b.breaker(n, n.Right, right, true); err != nil {
		return nil, err
	}
	return b.streaming(n.Left, &asofStage{n, right})
}

// nearest returns the row for a value among those from start to end. behind reports, for
// a row, whether its value is greater than the left one, or, with orEqual, not less.
func (p *asofProbe) nearest(start, end int, behind func(row int, orEqual bool) bool) rowID {
	after := p.op == "<" || p.op == "<="
	orEqual := p.op == ">" || p.op == "<="
	at := start + sort.Search(end-start, func(i int) bool { return behind(start+i, orEqual) })
	if !after {
		at--
	}
	if at < start || at >= end {
		return noRow
	}
	return p.r.ids[at]
}

// asofStage streams the left input.
type asofStage struct {
	node  *plan.AsofJoin
	right *sortedRight
}

func (s *asofStage) open(w *worker, next pusher) (pusher, error) {
	n := s.node
	p := &asofProbe{r: s.right, op: n.Op, w: w, out: joinOutput{w: w, next: next, kind: n.Kind}}
	var err error
	p.progs, err = compileAll(append(slices.Clone(n.LeftKeys), n.LeftValue), w.ex.opts.Env)
	return p, err
}

type asofProbe struct {
	r     *sortedRight
	op    string
	w     *worker
	progs []*expr.Program
	out   joinOutput
	cols  []vec.Vec
}

func (p *asofProbe) push(b *vec.Batch) (err error) {
	a := p.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	if p.cols, err = evalAll(p.progs, b, p.w, p.cols[:0]); err != nil {
		return err
	}
	ids := arena.Make[rowID](a, b.N)
	for i := range ids {
		ids[i] = noRow
	}
	known := vec.Batch{N: b.N, Sel: nullKeys(p.cols, b.N, b.Sel, a)}
	p.find(b.N, selected(&known, a), ids)
	if p.out.kind == plan.Left {
		return p.out.beside(b, p.r.rows, b.Sel, ids, true)
	}
	sel := arena.MakeZero[uint64](a, vec.Words(b.N))
	for i, id := range ids {
		if id == noRow {
			ids[i] = 0 // any row: the mask leaves it out
		} else {
			sel[i>>6] |= 1 << (uint(i) & 63)
		}
	}
	if noBits(sel) {
		return nil
	}
	return p.out.beside(b, p.r.rows, sel, ids, false)
}

// find writes the nearest right row of rows idx (nil: all n) to ids.
func (p *asofProbe) find(n int, idx []int32, ids []rowID) {
	if p.r.rows.rows == 0 {
		return
	}
	if idx != nil {
		n = len(idx)
	}
	a := p.w.scratch
	first := arena.Make[rowID](a, n)
	p.r.groupsOf(p.cols[:len(p.cols)-1], len(ids), idx, first, a)
	v := &p.cols[len(p.cols)-1]
	var words []uint64
	var vals []types.Value
	if wordless(v.Type) {
		vals = appendValues(nil, v, n, idx)
	} else {
		words = arena.Make[uint64](a, n)
		orderWords(v, idx, words, a)
	}
	for k, id := range first {
		if id == noRow {
			continue
		}
		i := k
		if idx != nil {
			i = int(idx[k])
		}
		start, end := p.r.group(id)
		ids[i] = p.nearest(start, end, func(row int, orEqual bool) bool {
			var c int
			if words != nil {
				c = compareWords(p.r.flat[row], words[k])
			} else {
				c = types.Compare(p.r.vals[row], vals[k])
			}
			return c > 0 || orEqual && c == 0
		})
	}
}

func compareWords(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
