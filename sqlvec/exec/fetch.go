package exec

import (
	"cmp"
	"slices"

	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// fetchStage is Fetch.
type fetchStage struct{ node *plan.Fetch }

func (s *fetchStage) open(w *worker, next pusher) (pusher, error) {
	row, err := expr.Compile(s.node.Row, w.ex.opts.Env)
	return &fetch{w: w, node: s.node, row: row, next: next}, err
}

type fetch struct {
	w    *worker
	node *plan.Fetch
	row  *expr.Program
	next pusher
	rows []fetchRow
}

// fetchRow is a row to be read: its place among those that are pushed, and its id.
type fetchRow struct {
	at  int32
	rid uint64
}

func (f *fetch) push(b *vec.Batch) error {
	a := f.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	row, err := f.row.Eval(b, a)
	if err != nil {
		return err
	}
	idx := setBits(f.selection(b), b.N, make([]int32, 0, b.N))
	f.rows = f.rows[:0]
	for at, i := range idx {
		if !row.IsNull(int(i)) {
			f.rows = append(f.rows, fetchRow{int32(at), uint64(row.Int(int(i)))})
		}
	}
	// Rows that are stored together are read together.
	slices.SortFunc(f.rows, func(x, y fetchRow) int { return cmp.Compare(x.rid, y.rid) })
	rids := make([]uint64, len(f.rows))
	from := make([]int32, len(idx)) // of each row the place of what is read, -1 for none
	for i := range from {
		from[i] = -1
	}
	for k, r := range f.rows {
		rids[k], from[r.at] = r.rid, int32(k)
	}
	made, err := f.node.Source.(plan.Fetcher).Fetch(rids, f.node.Stored)
	if err != nil {
		return err
	}
	out := takeBatch(b, idx, a)
	for c := range made {
		out.Cols = append(out.Cols, f.inPlace(&made[c], from))
	}
	return f.next.push(&out)
}

// selection returns the mask of the selected rows.
func (f *fetch) selection(b *vec.Batch) []uint64 {
	if b.Sel != nil {
		return b.Sel
	}
	return fullMask(b.N, f.w.scratch)
}

// inPlace returns element from[i] of v as element i, and NULL where that is negative.
func (f *fetch) inPlace(v *vec.Vec, from []int32) vec.Vec {
	if v.N == 0 {
		return nulls(v.Type, len(from))
	}
	idx := make([]int32, len(from))
	for i, k := range from {
		idx[i] = max(k, 0)
	}
	out := take(v, idx, f.w.scratch)
	if len(f.rows) == len(from) {
		return out
	}
	valid := fullMask(len(from), f.w.scratch)
	for i, k := range from {
		if k < 0 || out.IsNull(i) {
			valid[i>>6] &^= 1 << (uint(i) & 63)
		}
	}
	out.Valid = valid
	return out
}
