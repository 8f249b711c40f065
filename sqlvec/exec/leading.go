package exec

import (
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
// by which its leading rows are ordered; count says how many.
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
		l.idle, l.table, l.count, l.best = true, nil, nil, nil
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
		l.count = append(l.count, 0)
	}
	if need := n * l.s.n; need > len(l.best) {
		bigger := make([]uint64, max(need, 2*len(l.best)))
		copy(bigger, l.best)
		l.best = bigger
	}
}

// sift returns the mask of the rows that may be leading ones; group has their partitions.
func (l *leading) sift(v *vec.Vec, b *vec.Batch, group []uint32) []uint64 {
	a := l.w.scratch
	words := l.words(v, b.N)
	sel := maskOf(a, b.N)
	if b.Sel == nil {
		fillMask(sel, b.N)
	} else {
		copy(sel, b.Sel)
	}
	n := l.s.n
	for i, w := range words {
		if bit(sel, i) == 0 {
			continue
		}
		g := int(group[i])
		best := l.best[g*n : (g+1)*n]
		k := int(l.count[g])
		if k == n {
			if w >= best[n-1] {
				if w > best[n-1] {
					sel[i>>6] &^= 1 << (uint(i) & 63)
				}
				continue
			}
			k--
		} else {
			l.count[g]++
		}
		for ; k > 0 && best[k-1] > w; k-- {
			best[k] = best[k-1]
		}
		best[k] = w
	}
	return sel
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
