package exec

import (
	"math/bits"
	"sort"
	"sync/atomic"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// leadingRows says how the sink of a window of which only the leading rows of each partition are wanted
// finds them: it leaves out rows whose first key of the order lies behind that of enough rows of their
// partition, and puts a row in the place of one that has become such. Each worker compares the rows that
// it has seen itself.
type leadingRows struct {
	partition []expr.Expr
	key       plan.SortKey
	n         int
	codec     *keyCodec // nil without a partition
	firsts    bool      // of rows with equal first keys, those that came first are enough
	// inOrder lets a scan read first what is likely to lead. It never leaves anything out.
	inOrder *threshold
}

func newLeadingRows(w *plan.Window) *leadingRows {
	s := &leadingRows{partition: w.Partition, key: w.Order[0], n: int(w.Leading)}
	var ts []types.Type
	for _, x := range w.Partition {
		ts = append(ts, x.Type())
	}
	if len(ts) > 0 {
		s.codec = groupCodec(ts)
	}
	if col, ok := s.key.Expr.(*expr.Col); ok {
		specs := []orderSpec{{column: col.Index, desc: s.key.Desc, nullsFirst: s.key.NullsFirst}}
		s.inOrder = &threshold{specs: specs, first: col.Type(), all: new(atomic.Pointer[lastRow])}
	}
	s.firsts = len(w.Order) == 1 && exactWord(s.key.Expr.Type())
	for _, c := range w.Calls {
		s.firsts = s.firsts && c.Func == plan.RowNumber
	}
	return s
}

// open returns what a worker pushes to in the place of end.
func (s *leadingRows) open(end *sortEnd) (pusher, error) {
	env := end.w.ex.opts.Env
	l := &leading{s: s, w: end.w, end: end, a: end.w.ex.newArena(), slots: rowSlots{same: make([]bool, len(end.s.types))}}
	for i, x := range s.partition {
		l.slots.same[end.s.specs[i].column] = sameBytes(x.Type())
	}
	var err error
	if l.keys, err = compileAll(s.partition, env); err != nil {
		return nil, err
	}
	if l.key, err = expr.Compile(s.key.Expr, env); err != nil {
		return nil, err
	}
	if s.codec != nil {
		l.table = newGroupTable(s.codec, l.a)
	}
	return l, nil
}

// sameBytes reports whether equal values of type t are stored alike.
func sameBytes(t types.Type) bool {
	switch t.Class() {
	case types.Bytes:
		return !isForm(t) && !hasKey(t)
	case types.F32, types.F64, types.Span:
		return false
	}
	return true
}

// leadingRow is a row by a word by which the rows of its partition are ordered.
type leadingRow struct {
	word uint64
	slot uint32
}

// leading is a worker's leadingRows. best has for every partition up to n rows, their words ascending;
// count says how many. last is the greatest of n words, and more than any word while there are fewer.
type leading struct {
	s     *leadingRows
	w     *worker
	end   *sortEnd
	a     *arena.Arena // of table; freed when the worker gives up
	keys  []*expr.Program
	key   *expr.Program
	table *groupTable
	count []uint32
	best  []leadingRow
	last  []uint64
	cols  []vec.Vec
	seen  int
	taken int  // of seen, the rows that were among the leading ones
	idle  bool // most partitions have no rows to leave out
	slots rowSlots
}

// A worker gives up after leadingTrial rows if it has kept a word for most, and whenever it
// has more than maxLeadingWords; of partitions of which many rows lead, as soon as most of manyTrial rows did.
const (
	leadingTrial    = 1 << 18
	manyLeading     = 64
	manyTrial       = 1 << 14
	maxLeadingWords = 1 << 22
)

// bound implements bounder, with a threshold that is never set.
func (l *leading) bound() (column int, t *threshold) {
	if l.s.inOrder == nil {
		return 0, nil
	}
	return l.s.inOrder.specs[0].column, l.s.inOrder
}

func (l *leading) push(b *vec.Batch) (err error) {
	if l.idle {
		return l.end.push(b)
	}
	a := l.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	if l.cols, err = evalAll(l.keys, b, l.w, l.cols[:0]); err != nil {
		return err
	}
	group := arena.MakeZero[uint32](a, b.N)
	n := 1
	if l.table != nil {
		l.table.find(l.cols, b.N, b.Sel, group, a)
		n = l.table.n
	}
	l.grow(n)
	if l.cols, err = evalAll([]*expr.Program{l.key}, b, l.w, l.cols[:0]); err != nil {
		return err
	}
	l.slots.begin(l.end.rows)
	sel := l.sift(&l.cols[0], b, group)
	l.seen += b.N
	for _, m := range sel {
		l.taken += bits.OnesCount64(m)
	}
	if l.seen >= leadingTrial && len(l.best) > l.seen || len(l.best) > maxLeadingWords || l.s.n > manyLeading && l.seen >= manyTrial && 2*l.taken > l.seen {
		l.idle, l.table, l.count, l.best, l.last = true, nil, nil, nil, nil
		l.a.Free()
	}
	if noBits(sel) {
		return nil
	}
	if err := l.end.evaluate(&vec.Batch{N: b.N, Sel: sel, Cols: b.Cols}); err != nil {
		return err
	}
	l.slots.put(l.end.rows, l.end.cols, b.N, a)
	return l.end.maySpill()
}

// grow makes room for the words of n partitions.
func (l *leading) grow(n int) {
	for len(l.count) < n {
		l.count, l.last = append(l.count, 0), append(l.last, ^uint64(0))
	}
	if need := n * l.s.n; need > len(l.best) {
		bigger := make([]leadingRow, max(need, 2*len(l.best)))
		copy(bigger, l.best)
		l.best = bigger
	}
}

// sift returns the mask of the rows that may be leading ones, and gives them slots; group has their
// partitions.
func (l *leading) sift(v *vec.Vec, b *vec.Batch, group []uint32) []uint64 {
	words, sel := l.words(v, b.N), maskOf(l.w.scratch, b.N)
	if b.Sel != nil {
		copy(sel, b.Sel)
	} else {
		l.ahead(words, group, sel)
	}
	for k, m := range sel {
		for rest := m; rest != 0; rest &= rest - 1 {
			i := k<<6 + bits.TrailingZeros64(rest)
			if g := int(group[i]); words[i] > l.last[g] || !l.take(g, words[i], int32(i)) {
				m &^= rest & -rest
			}
		}
		sel[k] = m
	}
	return sel
}

// ahead writes the mask of the rows that do not lie behind the last words of their partitions.
func (l *leading) ahead(words []uint64, group []uint32, sel []uint64) {
	for k := range sel {
		lo, hi := k<<6, min(k<<6+64, len(words))
		m, of := uint64(0), group[lo:hi]
		for j, w := range words[lo:hi] {
			_, behind := bits.Sub64(l.last[of[j]], w, 0)
			m |= (behind ^ 1) << (uint(j) & 63)
		}
		sel[k] = m
	}
}

// take puts the word of row i, which is not greater than the last, among those of a partition, unless
// it has n that are not greater. It reports whether the row is wanted.
func (l *leading) take(g int, w uint64, i int32) bool {
	n, k := l.s.n, int(l.count[g])
	best := l.best[g*n : (g+1)*n]
	free := noSlot
	switch {
	case k < n:
		l.count[g]++
	case w == best[n-1].word:
		if l.s.firsts && w != 0 && w != ^uint64(0) { // which may be NULLs' as well
			return false
		}
		l.slots.add(i, noSlot)
		return true
	default:
		// The last row is not wanted any more, but for one that is as good as the new last.
		if k--; n == 1 || best[n-2].word != best[n-1].word {
			free = best[n-1].slot
		}
	}
	at := 0
	if k > 0 && w >= best[0].word { // not as in rows that ascend, where the greatest are wanted
		at = sort.Search(k, func(i int) bool { return best[i].word > w })
	}
	copy(best[at+1:k+1], best[at:k])
	best[at] = leadingRow{w, l.slots.add(i, free)}
	if int(l.count[g]) == n {
		l.last[g] = best[n-1].word
	}
	return true
}

// words returns words that are ascending in the order; the NULLs have the least or the
// greatest.
func (l *leading) words(v *vec.Vec, n int) []uint64 {
	a := l.w.scratch
	words := arena.Make[uint64](a, n)
	orderWords(v, nil, words, a)
	if l.s.key.Desc {
		for i := range words {
			words[i] = ^words[i]
		}
	}
	if v.Valid == nil {
		return words
	}
	null := ^uint64(0)
	if l.s.key.NullsFirst {
		null = 0
	}
	for i := range words {
		if v.IsNull(i) {
			words[i] = null
		}
	}
	return words
}
