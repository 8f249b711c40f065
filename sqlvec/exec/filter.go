package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
)

// sparse is the share of selected rows, as a divisor, below which a filter moves the rows
// that are left together: later operators work on all rows of a batch.
const sparse = 8

// filterStage keeps the rows for which a predicate is true.
type filterStage struct {
	pred expr.Expr
	// types are those of the columns where their NUMERIC values may come as scaled integers, which
	// those that are kept are no more; nil where none do.
	types []types.Type
}

func (f *filterStage) open(w *worker, next pusher) (pusher, error) {
	prog, err := expr.Compile(f.pred, w.ex.opts.Env)
	if err != nil {
		return nil, err
	}
	return &filter{w: w, prog: prog, reads: columnsIn(f.pred), types: f.types, next: next}, nil
}

type filter struct {
	w     *worker
	prog  *expr.Program
	reads []int        // columns
	types []types.Type // see filterStage
	next  pusher
	out   vec.Batch // the batch being pushed
}

func (f *filter) push(b *vec.Batch) error {
	a := f.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	mask := maskOf(a, b.N)
	unpackSome(b.Cols, f.reads, a)
	if err := f.prog.EvalMask(b, a, mask); err != nil {
		return err
	}
	n := vec.CountBits(mask)
	switch {
	case n == 0:
		return nil
	case n*sparse < b.N:
		f.out = takeBatch(b, setBits(mask, b.N, arena.Make[int32](a, n)[:0]), a)
	case n == b.N:
		unpack(b.Cols, a)
		f.out = vec.Batch{N: b.N, Cols: b.Cols}
	default:
		unpack(b.Cols, a)
		f.out = vec.Batch{N: b.N, Sel: mask, Cols: b.Cols}
	}
	for c, t := range f.types {
		f.out.Cols[c] = expr.Strict(f.out.Cols[c], t, a)
	}
	return f.next.push(&f.out)
}
