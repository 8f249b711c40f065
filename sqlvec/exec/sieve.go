package exec

import (
	"sync/atomic"
	"time"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
)

// sieveStage leaves out rows of a scan: those that its predicate does not keep, and those that
// find no partner in a hash join above, whose keys are looked up in the sets of keys that the
// joins' right inputs have. Between the scan and the joins there may be other joins, filters
// and projections, which then have fewer rows.
type sieveStage struct {
	pred    expr.Expr // nil for none
	tests   []keyTest
	removed atomic.Int64 // rows, by their keys
}

func (s *sieveStage) open(w *worker, next pusher) (pusher, error) {
	v := &sieve{stage: s, w: w, next: next}
	for _, t := range s.tests {
		if set := t.build.sets[t.key]; set != nil {
			v.tests, v.reads = append(v.tests, setTest{column: t.column, set: set}), append(v.reads, t.column)
		}
	}
	if s.pred == nil {
		if len(v.tests) == 0 {
			return &unpacker{w, next}, nil
		}
		return v, nil
	}
	pred, err := (&filterStage{pred: s.pred}).open(w, next)
	if err != nil || len(v.tests) == 0 {
		return pred, err
	}
	v.pred = pred.(*filter).prog
	v.reads = append(v.reads, pred.(*filter).reads...)
	if v.order.fixed = !total(s.pred); !v.order.fixed {
		v.cols = pred.(*filter).reads
	}
	return v, nil
}

// sieve is a worker's sieveStage.
type sieve struct {
	stage *sieveStage
	w     *worker
	next  pusher
	pred  *expr.Program // nil for none
	cols  []int         // that pred reads
	reads []int         // columns that pred and tests read
	tests []setTest
	order trial
	out   vec.Batch // the batch being pushed
}

func (v *sieve) push(b *vec.Batch) error {
	a := v.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	mask := maskOf(a, b.N)
	if b.Sel == nil {
		fillMask(mask, b.N)
	} else {
		copy(mask, b.Sel)
	}
	unpackSome(b.Cols, v.reads, a)
	n, err := v.sift(b, mask)
	switch {
	case err != nil || n == 0:
		return err
	case n*sparse < b.N:
		v.out = takeBatch(b, setBits(mask, b.N, arena.Make[int32](a, n)[:0]), a)
		return v.next.push(&v.out)
	}
	unpack(b.Cols, a)
	if v.out = (vec.Batch{N: b.N, Sel: mask, Cols: b.Cols}); n == b.N {
		v.out.Sel = nil
	}
	return v.next.push(&v.out)
}

// sift clears the bits of mask of the rows that are left out and returns how many are left.
func (v *sieve) sift(b *vec.Batch, mask []uint64) (n int, err error) {
	if v.pred == nil {
		return v.byKeys(b, mask, vec.CountBits(mask)), nil
	}
	keysFirst := v.order.second()
	start := time.Now()
	n = vec.CountBits(mask)
	if keysFirst {
		if n = v.byKeys(b, mask, n); n > 0 {
			n, err = v.byPredicate(b, mask, n)
		}
	} else if n, err = v.byPredicate(b, mask, n); err == nil && n > 0 {
		n = v.byKeys(b, mask, n)
	}
	v.order.took(keysFirst, time.Since(start), b.N)
	return n, err
}

// byKeys tests the keys of the n rows of mask.
func (v *sieve) byKeys(b *vec.Batch, mask []uint64, n int) int {
	before := n
	for i := range v.tests {
		if n > 0 {
			n = v.tests[i].apply(b, mask, n, v.w.scratch)
		}
	}
	v.stage.removed.Add(int64(before - n))
	return n
}

// byPredicate computes the predicate of the n rows of mask. Few are moved together first.
func (v *sieve) byPredicate(b *vec.Batch, mask []uint64, n int) (int, error) {
	a := v.w.scratch
	m := a.Mark()
	defer a.Release(m)
	if v.cols == nil || n*sparse >= b.N {
		in := vec.Batch{N: b.N, Sel: mask, Cols: b.Cols}
		if n == b.N {
			in.Sel = nil
		}
		kept := maskOf(a, b.N) // the selection is read while it is written
		err := v.pred.EvalMask(&in, a, kept)
		copy(mask, kept)
		return vec.CountBits(mask), err
	}
	idx := setBits(mask, b.N, arena.Make[int32](a, n)[:0])
	in := vec.Batch{N: n, Cols: make([]vec.Vec, len(b.Cols))}
	for _, c := range v.cols {
		in.Cols[c] = take(&b.Cols[c], idx, a)
	}
	kept := maskOf(a, n)
	if err := v.pred.EvalMask(&in, a, kept); err != nil {
		return 0, err
	}
	for i, row := range idx {
		if bit(kept, i) == 0 {
			mask[row>>6] &^= 1 << (uint(row) & 63)
			n--
		}
	}
	return n, nil
}

// trial finds out which of two orders of the same work takes less time: it takes turns at the
// first batches, goes on with the better one, and tries again after many.
type trial struct {
	fixed bool // only the first order is right
	n     int  // batches since the trial began
	best  [2]float64
}

const (
	trialBatches = 4    // of each order
	trialPause   = 1024 // batches from one trial to the next
)

// second reports whether the next batch takes the second order.
func (t *trial) second() bool {
	switch {
	case t.fixed:
		return false
	case t.n < 2*trialBatches:
		return t.n >= trialBatches
	}
	return t.best[1] < t.best[0]
}

// took notes what a batch of rows took.
func (t *trial) took(second bool, d time.Duration, rows int) {
	i := 0
	if second {
		i = 1
	}
	per := float64(d) / float64(rows)
	if t.n < 2*trialBatches && (t.n%trialBatches == 0 || per < t.best[i]) {
		t.best[i] = per
	}
	if t.n++; t.n == trialPause {
		t.n = 0
	}
}

// total reports whether e has a value for every row: computing it raises no error, so that it
// does not matter which other rows are left out before.
func total(e expr.Expr) bool {
	switch e := e.(type) {
	case *expr.Col, *expr.Const:
		return true
	case *expr.Logic, *expr.Not, *expr.IsNull, *expr.IsBool, *expr.In:
	case *expr.Cast:
		if _, ok := integerColumn(e); !ok {
			return false
		}
	case *expr.Call:
		switch e.Fn.Name {
		case "=", "<>", "<", "<=", ">", ">=":
		default:
			return false
		}
		for _, x := range e.Args {
			if t := x.Type(); t.Class() == types.Bytes && t.ID != types.Text && t.ID != types.Varchar {
				return false
			}
		}
	default:
		return false
	}
	for _, x := range expr.Children(e) {
		if !total(x) {
			return false
		}
	}
	return true
}
