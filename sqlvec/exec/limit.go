package exec

import (
	"math"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// bounds is how many rows to skip and how many to pass afterwards.
type bounds struct{ offset, limit int64 }

// noLimit is the limit of bounds without one.
const noLimit = math.MaxInt64

// boundsOf evaluates the clauses of l.
func boundsOf(l *plan.Limit, env *expr.Env) (bounds, error) {
	bs := bounds{limit: noLimit}
	if l.Offset != nil {
		v, err := expr.EvalConst(l.Offset, env)
		if err != nil {
			return bs, err
		}
		if v.Valid && v.I < 0 {
			return bs, dberr.New(dberr.InvalidRowCountInOffset, "OFFSET must not be negative").At(l.Offset.Pos())
		}
		if v.Valid {
			bs.offset = v.I
		}
	}
	if l.Count != nil {
		v, err := expr.EvalConst(l.Count, env)
		if err != nil {
			return bs, err
		}
		if v.Valid && v.I < 0 {
			return bs, dberr.New(dberr.InvalidRowCountInLimit, "LIMIT must not be negative").At(l.Count.Pos())
		}
		if v.Valid {
			bs.limit = v.I
		}
	}
	return bs, nil
}

// cut returns the mask of the rows of b that are within bs, which it moves on. ok is
// false where no row is; sel is nil where all rows of b are.
func (bs *bounds) cut(b *vec.Batch, a *arena.Arena) (sel []uint64, ok bool) {
	n := int64(b.Count())
	if bs.offset >= n {
		bs.offset -= n
		return nil, false
	}
	if bs.offset == 0 && bs.limit >= n {
		if bs.limit != noLimit {
			bs.limit -= n
		}
		return b.Sel, n > 0
	}
	mask := maskOf(a, b.N)
	if b.Sel == nil {
		fillMask(mask, b.N)
	} else {
		copy(mask, b.Sel)
	}
	passed := int64(0)
	for i := range b.N {
		if bit(mask, i) == 0 {
			continue
		}
		if bs.offset > 0 || passed == bs.limit {
			bs.offset = max(0, bs.offset-1)
			mask[i>>6] &^= 1 << (uint(i) & 63)
			continue
		}
		passed++
	}
	if bs.limit != noLimit {
		bs.limit -= passed
	}
	return mask, passed > 0
}

// limitStage is LIMIT and OFFSET below other operators. It runs in a serial pipeline,
// so its one instance counts for all parts.
type limitStage struct{ bs bounds }

func (l *limitStage) open(w *worker, next pusher) (pusher, error) {
	return &limit{w: w, stage: l, next: next}, nil
}

type limit struct {
	w     *worker
	stage *limitStage
	next  pusher
}

func (l *limit) push(b *vec.Batch) error {
	a := l.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	if l.stage.bs.limit == 0 {
		return errDone
	}
	sel, ok := l.stage.bs.cut(b, a)
	if ok {
		if err := l.next.push(&vec.Batch{N: b.N, Sel: sel, Cols: b.Cols}); err != nil {
			return err
		}
	}
	if l.stage.bs.limit == 0 {
		return errDone
	}
	return nil
}
