package exec

import (
	"math/bits"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// leadingStage leaves rows out of a window of which only the leading rows of each partition
// are wanted: those whose first key of the order lies behind that of enough rows of their
// partition. Each worker compares the rows that it has seen itself.
type leadingStage struct {
	partition []expr.Expr
	key       plan.SortKey
	n         int
	codec     *keyCodec // nil without a partition
}

func newLeadingStage(w *plan.Window) *leadingStage {
	s := &leadingStage{partition: w.Partition, key: w.Order[0], n: int(w.Leading)}
	var ts []types.Type
	for _, x := range w.Partition {
		ts = append(ts, x.Type())
	}
	if len(ts) > 0 {
		s.codec = groupCodec(ts)
	}
	return s
}

func (s *leadingStage) open(w *worker, next pusher) (pusher, error) {
	l := &leading{s: s, w: w, next: next, a: w.ex.newArena()}
	var err error
	if l.keys, err = compileAll(s.partition, w.ex.opts.Env); err != nil {
		return nil, err
	}
	if l.key, err = expr.Compile(s.key.Expr, w.ex.opts.Env); err != nil {
		return nil, err
	}
	if s.codec != nil {
		l.table = newGroupTable(s.codec, l.a)
	}
	return l, nil
}

// leading is a worker's leadingStage. best has for every partition up to n words, ascending,
// by which its leading rows are ordered; count says how many. last is the greatest of n words,
// and more than any word while there are fewer.
type leading struct {
	s     *leadingStage
	w     *worker
	next  pusher
	a     *arena.Arena // of table; freed when the stage gives up
	keys  []*expr.Program
	key   *expr.Program
	table *groupTable
	count []uint32
	best  []uint64
	last  []uint64
	cols  []vec.Vec
	seen  int
	idle  bool // most partitions have no rows to leave out
	out   vec.Batch
}

// A worker gives up after leadingTrial rows if it has kept a word for most, and whenever it
// has more than maxLeadingWords.
const (
	leadingTrial    = 1 << 18
	maxLeadingWords = 1 << 22
)

func (l *leading) push(b *vec.Batch) (err error) {
	if l.idle {
		return l.next.push(b)
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
	sel := l.sift(&l.cols[0], b, group)
	l.seen += b.N
	if l.seen >= leadingTrial && len(l.best) > l.seen || len(l.best) > maxLeadingWords {
		l.idle, l.table, l.count, l.best, l.last = true, nil, nil, nil, nil
		l.a.Free()
	}
	switch k := vec.CountBits(sel); {
	case k == 0:
		return nil
	case k*sparse < b.N:
		l.out = takeBatch(b, setBits(sel, b.N, arena.Make[int32](a, k)[:0]), a)
	default:
		l.out = vec.Batch{N: b.N, Sel: sel, Cols: b.Cols}
	}
	return l.next.push(&l.out)
}

// grow makes room for the words of n partitions.
func (l *leading) grow(n int) {
	for len(l.count) < n {
		l.count, l.last = append(l.count, 0), append(l.last, ^uint64(0))
	}
	if need := n * l.s.n; need > len(l.best) {
		bigger := make([]uint64, max(need, 2*len(l.best)))
		copy(bigger, l.best)
		l.best = bigger
	}
}

// sift returns the mask of the rows that may be leading ones; group has their partitions.
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
			if g := int(group[i]); words[i] > l.last[g] {
				m &^= rest & -rest
			} else {
				l.take(g, words[i])
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

// take puts a word among those of a partition, unless there are n that are not greater.
func (l *leading) take(g int, w uint64) {
	n, k := l.s.n, int(l.count[g])
	best := l.best[g*n : (g+1)*n]
	if k == n {
		if w == best[n-1] {
			return
		}
		k--
	} else {
		l.count[g]++
	}
	for ; k > 0 && best[k-1] > w; k-- {
		best[k] = best[k-1]
	}
	best[k] = w
	if int(l.count[g]) == n {
		l.last[g] = best[n-1]
	}
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
