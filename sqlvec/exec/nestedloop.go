package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// loopStage streams the left input of a nested loop past the right one, which is kept.
type loopStage struct {
	node  *plan.NestedLoop
	right *loopRight
}

// loopRight is the sink of the right input: stored, with a bit for every row that has
// found a partner.
type loopRight struct {
	*stored
	matched [][]uint32 // nil but for RIGHT and FULL
	outer   bool
}

func (r *loopRight) finish(ex *execution) error {
	if err := r.stored.finish(ex); err != nil {
		return err
	}
	if r.outer {
		for _, b := range r.rows.blocks {
			r.matched = append(r.matched, make([]uint32, (b.n+31)/32))
		}
	}
	return nil
}

func (s *loopStage) open(w *worker, next pusher) (pusher, error) {
	l := &loop{node: s.node, right: s.right, w: w}
	l.out = joinOutput{w: w, next: next, kind: s.node.Kind}
	var err error
	if s.node.Predicate != nil {
		l.pred, err = expr.Compile(s.node.Predicate, w.ex.opts.Env)
	}
	return l, err
}

// loop is a worker's end of the left input.
type loop struct {
	node  *plan.NestedLoop
	right *loopRight
	w     *worker
	pred  *expr.Program
	out   joinOutput
	cols  []vec.Vec

	found, unknown []uint64 // left rows of the batch with a partner, with a NULL predicate
}

func (l *loop) push(b *vec.Batch) error {
	a := l.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	l.found, l.unknown = maskOf(a, b.N), nil
	clear(l.found)
	if l.node.NullAware {
		l.unknown = maskOf(a, b.N)
		clear(l.unknown)
	}
	run := l.leftByLeft
	switch {
	case l.right.rows == nil:
		run = l.pageByPage
	case l.right.n < b.Count():
		run = l.rightByRight
	}
	if err := run(b); err != nil {
		return err
	}
	if l.out.kind.LeftOnly() {
		return l.out.leftOnly(b, l.found, l.unknown)
	}
	return l.out.unmatchedLeft(b, l.right.types, l.found)
}

// leftByLeft holds each left row against batches of right rows.
func (l *loop) leftByLeft(b *vec.Batch) error {
	a := l.w.scratch
	rows := l.right.rows
	for i := range b.N {
		if b.Sel != nil && bit(b.Sel, i) == 0 {
			continue
		}
		mark := a.Mark()
		left := constRow(b, i, a)
		err := l.eachRight(func(block, lo, hi int) error {
			at := a.Mark()
			defer a.Release(at)
			l.cols = append(l.cols[:0], left...)
			for c := range left {
				l.cols[c].N = hi - lo
			}
			l.cols = append(l.cols, make([]vec.Vec, len(rows.types))...)
			rows.window(block, lo, hi, l.cols[len(left):], false, a)
			return l.leftRow(&vec.Batch{N: hi - lo, Cols: l.cols}, i, block, lo)
		})
		a.Release(mark)
		if err != nil {
			return err
		}
	}
	return nil
}

// pageByPage holds each batch of right rows, which are read from a file, against each left
// row.
func (l *loop) pageByPage(b *vec.Batch) error {
	a := l.w.scratch
	idx := selected(b, a)
	n := b.Count()
	var cols []vec.Vec
	return l.right.each(l.w, &cols, pushFunc(func(right *vec.Batch) error {
		for k := range n {
			i := k
			if idx != nil {
				i = int(idx[k])
			}
			mark := a.Mark()
			l.cols = append(l.cols[:0], constRow(b, i, a)...)
			for c := range l.cols {
				l.cols[c].N = right.N
			}
			l.cols = append(l.cols, right.Cols...)
			err := l.leftRow(&vec.Batch{N: right.N, Sel: right.Sel, Cols: l.cols}, i, 0, 0)
			a.Release(mark)
			if err != nil {
				return err
			}
		}
		return l.w.ex.check()
	}))
}

// eachRight calls f for batches of right rows.
func (l *loop) eachRight(f func(block, lo, hi int) error) error {
	size := max(64, l.w.ex.opts.BatchRows)
	size -= size & 63
	for n, b := range l.right.rows.blocks {
		for lo := 0; lo < b.n; lo += size {
			if err := l.w.ex.check(); err != nil {
				return err
			}
			if err := f(n, lo, min(lo+size, b.n)); err != nil {
				return err
			}
		}
	}
	return nil
}

// leftRow takes the pairs of left row i and the right rows from lo on.
func (l *loop) leftRow(pairs *vec.Batch, i, block, lo int) error {
	mask, nulls, err := l.test(pairs)
	if err != nil {
		return err
	}
	w, m := i>>6, uint64(1)<<(uint(i)&63)
	if l.unknown != nil && nulls != nil && !noBits(nulls) {
		l.unknown[w] |= m
	}
	n := vec.CountBits(mask)
	if n == 0 {
		return nil
	}
	if l.out.kind == plan.Single && (n > 1 || l.found[w]&m != 0) {
		return errManyRows()
	}
	l.found[w] |= m
	if l.right.matched != nil {
		for _, r := range setBits(mask, pairs.N, nil) {
			setMatched(l.right.matched, rowID(block)<<blockShift|rowID(lo+int(r)))
		}
	}
	return l.emit(pairs, mask, n)
}

// rightByRight holds each right row against the whole left batch: better where the right
// side is small.
func (l *loop) rightByRight(b *vec.Batch) error {
	a := l.w.scratch
	rows := l.right.rows
	for n, blk := range rows.blocks {
		for r := range blk.n {
			if err := l.w.ex.check(); err != nil {
				return err
			}
			mark := a.Mark()
			id := rowID(n)<<blockShift | rowID(r)
			l.cols = append(l.cols[:0], b.Cols...)
			for c := range rows.types {
				v := rows.gather(c, []rowID{id}, false, a)
				v.Form, v.N = vec.Const, b.N
				l.cols = append(l.cols, v)
			}
			err := l.rightRow(&vec.Batch{N: b.N, Sel: b.Sel, Cols: l.cols}, id)
			a.Release(mark)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// rightRow takes the pairs of the left batch and one right row.
func (l *loop) rightRow(pairs *vec.Batch, id rowID) error {
	mask, nulls, err := l.test(pairs)
	if err != nil {
		return err
	}
	if l.unknown != nil && nulls != nil {
		for i := range nulls {
			l.unknown[i] |= nulls[i]
		}
	}
	n := vec.CountBits(mask)
	if n == 0 {
		return nil
	}
	for i, m := range mask {
		if l.out.kind == plan.Single && l.found[i]&m != 0 {
			return errManyRows()
		}
		l.found[i] |= m
	}
	if l.right.matched != nil {
		setMatched(l.right.matched, id)
	}
	return l.emit(pairs, mask, n)
}

// test returns the mask of the pairs that the predicate accepts, and, where the join wants
// to know, of those for which it is NULL.
func (l *loop) test(pairs *vec.Batch) (mask, nulls []uint64, err error) {
	a := l.w.scratch
	if l.pred == nil {
		mask = maskOf(a, pairs.N)
		fillMask(mask, pairs.N)
		if pairs.Sel != nil {
			copy(mask, pairs.Sel)
		}
		return mask, nil, nil
	}
	if l.unknown == nil {
		mask = maskOf(a, pairs.N)
		return mask, nil, l.pred.EvalMask(pairs, a, mask)
	}
	return evalTruth(l.pred, pairs, a)
}

// evalTruth returns the masks of the rows of b for which a condition is true, and NULL.
func evalTruth(cond *expr.Program, b *vec.Batch, a *arena.Arena) (mask, nulls []uint64, err error) {
	v, err := cond.Eval(b, a)
	if err != nil {
		return nil, nil, err
	}
	bytes := a.Alloc(b.N)
	boolsInto(&v, nil, bytes)
	mask, nulls = arena.MakeZero[uint64](a, vec.Words(b.N)), arena.MakeZero[uint64](a, vec.Words(b.N))
	for i, x := range bytes {
		if b.Sel != nil && bit(b.Sel, i) == 0 {
			continue
		}
		if v.IsNull(i) {
			nulls[i>>6] |= 1 << (uint(i) & 63)
		} else {
			mask[i>>6] |= uint64(x&1) << (uint(i) & 63)
		}
	}
	return mask, nulls, nil
}

// emit pushes the n pairs in mask, for the kinds of joins that make pairs.
func (l *loop) emit(pairs *vec.Batch, mask []uint64, n int) error {
	if l.out.kind.LeftOnly() {
		return nil
	}
	if n*sparse < pairs.N {
		few := takeBatch(pairs, setBits(mask, pairs.N, make([]int32, 0, n)), l.w.scratch)
		return l.out.next.push(&few)
	}
	return l.out.next.push(&vec.Batch{N: pairs.N, Sel: mask, Cols: pairs.Cols})
}

// constRow returns the columns of row i of b as constants.
func constRow(b *vec.Batch, i int, a *arena.Arena) []vec.Vec {
	out := make([]vec.Vec, len(b.Cols))
	at := []int32{int32(i)}
	for c := range b.Cols {
		v := &b.Cols[c]
		if v.Form == vec.Const {
			out[c] = *v
			continue
		}
		one := take(v, at, a)
		if v.Form != vec.Flat {
			one = vecOf(v.Type, []types.Value{v.Value(i)}, a)
		}
		one.Form = vec.Const
		out[c] = one
	}
	return out
}
