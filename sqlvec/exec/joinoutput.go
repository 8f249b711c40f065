package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// joinOutput pushes the rows of a join.
type joinOutput struct {
	w    *worker
	next pusher
	kind plan.JoinKind
	dead []bool // columns that are not read: they are NULL; nil: none
	cols []vec.Vec
}

// isDead reports whether column c is among dead, which may be nil.
func isDead(dead []bool, c int) bool { return dead != nil && dead[c] }

// deadBut returns which of n columns e does not use.
func deadBut(e expr.Expr, n int) []bool {
	dead := make([]bool, n)
	for i := range dead {
		dead[i] = true
	}
	expr.Columns(e, func(c int) { dead[c] = false })
	return dead
}

// pairBatch returns left rows beside the right rows ids, without the columns that are dead.
func (o *joinOutput) pairBatch(b *vec.Batch, right *store, rows []int32, ids []rowID, dead []bool) vec.Batch {
	o.cols = o.cols[:0]
	for c := range b.Cols {
		if isDead(dead, c) {
			o.cols = append(o.cols, absent(b.Cols[c].Type, len(rows)))
		} else {
			o.cols = append(o.cols, take(&b.Cols[c], rows, o.w.scratch))
		}
	}
	o.gatherRight(right, len(b.Cols), ids, false, dead)
	return vec.Batch{N: len(rows), Cols: o.cols}
}

// gatherRight appends the columns of the right rows ids, which are columns from left on of the
// output, to o.cols.
func (o *joinOutput) gatherRight(right *store, left int, ids []rowID, holes bool, dead []bool) {
	none := false
	if holes {
		n := rowsAmong(ids)
		none, holes = n == 0, n < len(ids)
	}
	for c, t := range right.types {
		switch {
		case isDead(dead, left+c):
			o.cols = append(o.cols, absent(t, len(ids)))
		case none:
			o.cols = append(o.cols, nulls(t, len(ids)))
		default:
			o.cols = append(o.cols, right.gatherAny(c, ids, holes, o.w.scratch))
		}
	}
}

// rowsAmong returns how many of ids are rows.
func rowsAmong(ids []rowID) (n int) {
	for _, id := range ids {
		if id != noRow {
			n++
		}
	}
	return n
}

// absent stands for n values that nobody reads.
func absent(t types.Type, n int) vec.Vec {
	return vec.Vec{Type: t, Form: vec.Const, N: n, Valid: noValid, Data: noData, Offs: noOffs}
}

var (
	noValid = []uint64{0}
	noData  = vec.BytesOf(make([]uint64, 2))
	noOffs  = []int32{0, 0}
)

// pairs pushes left rows beside the right rows ids.
func (o *joinOutput) pairs(b *vec.Batch, right *store, rows []int32, ids []rowID) error {
	out := o.pairBatch(b, right, rows, ids, o.dead)
	return o.next.push(&out)
}

// beside pushes the rows sel of b beside the right rows ids, one for every row of b.
func (o *joinOutput) beside(b *vec.Batch, right *store, sel []uint64, ids []rowID, holes bool) error {
	o.cols = append(o.cols[:0], b.Cols...)
	o.gatherRight(right, len(b.Cols), ids, holes, o.dead)
	return o.next.push(&vec.Batch{N: b.N, Sel: sel, Cols: o.cols})
}

// leftOnly pushes the result of a semi, anti or mark join over b: found are the rows with
// a partner, unknown (nil: none) those of the rest for which that cannot be said.
func (o *joinOutput) leftOnly(b *vec.Batch, found, unknown []uint64) error {
	if o.kind == plan.Mark {
		return o.marked(b, found, unknown)
	}
	sel := maskOf(o.w.scratch, b.N)
	fillMask(sel, b.N)
	for i := range sel {
		if b.Sel != nil {
			sel[i] &= b.Sel[i]
		}
		switch {
		case o.kind == plan.Semi:
			sel[i] &= found[i]
		case unknown != nil:
			sel[i] &^= found[i] | unknown[i]
		default:
			sel[i] &^= found[i]
		}
	}
	switch n := vec.CountBits(sel); {
	case n == 0:
		return nil
	case n*sparse < b.N:
		few := takeBatch(b, setBits(sel, b.N, arena.Make[int32](o.w.scratch, n)[:0]), o.w.scratch)
		return o.next.push(&few)
	}
	return o.next.push(&vec.Batch{N: b.N, Sel: sel, Cols: b.Cols})
}

// marked pushes b with a column that says which rows have a partner.
func (o *joinOutput) marked(b *vec.Batch, found, unknown []uint64) error {
	var valid []uint64
	if unknown != nil {
		valid = maskOf(o.w.scratch, b.N)
		for i := range valid {
			valid[i] = found[i] | ^unknown[i]
		}
	}
	o.cols = append(append(o.cols[:0], b.Cols...), vec.FromBits(b.N, found, valid))
	return o.next.push(&vec.Batch{N: b.N, Sel: b.Sel, Cols: o.cols})
}

// unmatchedLeft pushes the rows of b that are not in found beside NULLs, for the kinds of
// joins that keep them.
func (o *joinOutput) unmatchedLeft(b *vec.Batch, right []types.Type, found []uint64) error {
	if o.kind != plan.Left && o.kind != plan.Full && o.kind != plan.Single {
		return nil
	}
	sel := maskOf(o.w.scratch, b.N)
	fillMask(sel, b.N)
	for i := range sel {
		if b.Sel != nil {
			sel[i] &= b.Sel[i]
		}
		sel[i] &^= found[i]
	}
	if noBits(sel) {
		return nil
	}
	o.cols = append(o.cols[:0], b.Cols...)
	for _, t := range right {
		o.cols = append(o.cols, nulls(t, b.N))
	}
	return o.next.push(&vec.Batch{N: b.N, Sel: sel, Cols: o.cols})
}
