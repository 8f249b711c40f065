package exec

import (
	"slices"
	"sync/atomic"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// Of many groups a sort with a LIMIT may want only those whose keys come first. Once so many different keys have been
// seen, rows behind the last of them make no group that is wanted: they are left out before anything is computed of
// them, and scans leave out row groups that hold nothing else.

// firstGroups says which groups of an aggregation are wanted: those of the first n values of a key.
type firstGroups struct {
	key  int // number of the key
	spec orderSpec
	n    int
	all  atomic.Pointer[lastRow] // the least threshold of all workers
}

// maxFirst bounds the groups whose keys come first.
const maxFirst = 1 << 12

// wantFirst makes the aggregation look for the groups of the first n values of column c of its output, if that
// is a key whose words say all of it or begin it, and nothing that could fail is left out.
func (g *aggregation) wantFirst(c int, key plan.SortKey, n int) {
	if c >= len(g.source.Keys) || len(g.source.EmptySets) > 0 || g.fixed[c] != nil || !steady(g.source.Keys) {
		return
	}
	switch t := g.source.Keys[c].Type(); {
	case t.ID == types.Text, t.ID == types.Varchar:
	case t.Class() == types.I16, t.Class() == types.I32, t.Class() == types.I64:
	default:
		return
	}
	if g.source.Estimated().Rows < max(leastFirst, 4*float64(n)) {
		return
	}
	for _, call := range g.calls {
		list := call.Args
		if call.Filter != nil {
			list = append(slices.Clone(list), call.Filter)
		}
		for _, k := range call.OrderBy {
			list = append(slices.Clone(list), k.Expr)
		}
		for _, e := range list {
			if !total(e) || plan.VolatilityOf(e) == expr.Volatile {
				return
			}
		}
	}
	g.first = &firstGroups{key: c, spec: orderSpec{column: c, desc: key.Desc, nullsFirst: key.NullsFirst}, n: n}
}

// leadingKeys is a worker's firstGroups: seen are words of keys that do not lie behind the threshold.
type leadingKeys struct {
	of   *firstGroups
	top  *threshold
	seen []uint64
	rows int // looked at without a threshold
	// recent are words that have been kept, by their hashes, so that few are kept twice.
	recent [1 << recentBits]uint64
	slack  int  // words beyond twice the wanted keys that are kept before the next look at them
	idle   bool // too few different keys come
	// inOrder is top by the column of the input that is the key; nil where it is none.
	inOrder *threshold
	column  int
}

const (
	recentBits = 8
	firstSeen  = 1 << 12 // the greatest slack
	leastFirst = 1 << 13 // fewer groups are made in less time than rows are left out in
	firstTrial = 1 << 14 // rows, or eight for each wanted key, after which a worker gives up without a threshold
)

// newLeadingKeys returns what a worker keeps of the first keys; nil if all groups are wanted.
func (g *aggregation) newLeadingKeys() *leadingKeys {
	if g.first == nil {
		return nil
	}
	k := g.source.Keys[g.first.key]
	f := &leadingKeys{of: g.first, slack: firstSeen / 32, top: &threshold{specs: []orderSpec{g.first.spec}, first: k.Type(), all: &g.first.all}}
	if col, ok := k.(*expr.Col); ok {
		spec := g.first.spec
		spec.column, f.column = col.Index, col.Index
		f.inOrder = &threshold{specs: []orderSpec{spec}, first: k.Type(), all: &g.first.all}
	}
	return f
}

// bound implements bounder.
func (e *aggEnd) bound() (column int, t *threshold) {
	if e.first == nil || e.first.inOrder == nil {
		return 0, nil
	}
	return e.first.column, e.first.inOrder
}

// sift returns the selected rows of a batch whose keys do not lie behind the threshold.
func (f *leadingKeys) sift(keys []vec.Vec, b *vec.Batch, a *arena.Arena) []uint64 {
	if f.idle {
		return b.Sel
	}
	sel := b.Sel
	if f.top.set() {
		if sel = f.top.firstBefore(&keys[f.of.key], b.N, b.Sel, a); noBits(sel) {
			return sel
		}
	} else if f.rows += b.N; f.rows > max(firstTrial, 8*f.of.n) {
		f.idle, f.seen = true, nil
		return sel
	}
	f.note(&keys[f.of.key], b.N, sel, a)
	return sel
}

// note keeps the words of the selected rows of v, and raises the threshold when there are enough.
func (f *leadingKeys) note(v *vec.Vec, n int, sel []uint64, a *arena.Arena) {
	m := a.Mark()
	defer a.Release(m)
	idx := selected(&vec.Batch{N: n, Sel: sel}, a)
	if v.Valid != nil || v.Form == vec.Const {
		idx = f.notNull(v, n, idx, a)
	}
	count := n
	if idx != nil {
		count = len(idx)
	}
	words := arena.Make[uint64](a, count)
	orderWords(v, idx, words, a)
	flip := uint64(0)
	if f.of.spec.desc {
		flip = ^uint64(0)
	}
	for _, w := range words {
		w ^= flip
		if r := &f.recent[w*0x9E3779B97F4A7C15>>(64-recentBits)]; *r != w || len(f.seen) == 0 {
			*r = w
			f.seen = append(f.seen, w)
		}
	}
	if len(f.seen) < 2*f.of.n+f.slack {
		return
	}
	f.slack = min(2*f.slack, firstSeen)
	slices.Sort(f.seen)
	f.seen = slices.Compact(f.seen)
	if len(f.seen) < f.of.n {
		return
	}
	f.seen = f.seen[:f.of.n]
	f.top.offer(lastRow{f.seen[f.of.n-1]})
}

// notNull returns those of the rows idx, nil for all, that are not NULL in v.
func (f *leadingKeys) notNull(v *vec.Vec, n int, idx []int32, a *arena.Arena) []int32 {
	out := arena.Make[int32](a, n)[:0]
	if idx == nil {
		for i := range n {
			if !v.IsNull(i) {
				out = append(out, int32(i))
			}
		}
		return out
	}
	for _, i := range idx {
		if !v.IsNull(int(i)) {
			out = append(out, i)
		}
	}
	return out
}
