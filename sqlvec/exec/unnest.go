package exec

import (
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// longArray is how many elements make the rows of one input row a batch of their own, in
// which the input's columns, the array among them, are constants instead of copies.
const longArray = 64

// elementRows are rows made of the elements of arrays that wait to be pushed.
type elementRows struct {
	out   []plan.Column
	dead  []bool // input columns that nobody reads; nil: none
	ord   bool
	env   *expr.Env
	rows  []int32         // of the input
	cols  []elementColumn // a column for each array, and one for the number of the row
	lists []types.Elements
}

func newElementRows(out []plan.Column, e plan.Elements, env *expr.Env) elementRows {
	r := elementRows{out: out, ord: e.Ordinality, env: env, lists: make([]types.Elements, len(e.Arrays))}
	for _, c := range out {
		r.cols = append(r.cols, newElementColumn(c.Type))
	}
	return r
}

// add makes the rows of one input row; flush is called whenever limit of them wait.
func (r *elementRows) add(row int32, arrays []types.Value, limit int, flush func() error) error {
	n := 0
	for k, v := range arrays {
		if v.Type.ID == types.Record {
			return r.addSeries(row, arrays, limit, flush)
		}
		if r.lists[k] = (types.Elements{}); !v.Valid {
			continue
		}
		var err error
		if r.lists[k], err = types.ReadElements(v.S); err != nil {
			return err
		}
		n = max(n, r.lists[k].Left())
	}
	if n >= longArray {
		if err := flush(); err != nil {
			return err
		}
	}
	for i := 0; i < n; {
		piece := min(n-i, limit-len(r.rows))
		if err := r.take(row, i, piece); err != nil {
			return err
		}
		if i += piece; len(r.rows) < limit {
			continue
		}
		if err := flush(); err != nil {
			return err
		}
	}
	if n >= longArray {
		return flush()
	}
	return nil
}

// take makes n rows of an input row, from its row i on.
func (r *elementRows) take(row int32, i, n int) error {
	for range n {
		r.rows = append(r.rows, row)
	}
	for k := range r.lists {
		list := &r.lists[k]
		some := min(n, list.Left())
		if r.cols[k].read(list, some); list.Err() != nil {
			return list.Err()
		}
		for range n - some {
			r.cols[k].add(types.NullOf(r.out[k].Type))
		}
	}
	if r.ord {
		for at := range n {
			r.cols[len(r.cols)-1].add(types.IntValue(types.T(types.Int64), int64(i+at)+1))
		}
	}
	return nil
}

// push pushes what waits, behind the columns of the input.
func (r *elementRows) push(w *worker, in *vec.Batch, next pusher) error {
	if err := w.ex.check(); err != nil || len(r.rows) == 0 {
		return err
	}
	a := w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	var cols []vec.Vec
	if r.rows[0] == r.rows[len(r.rows)-1] && len(r.rows) > 1 {
		cols = append(cols, constRow(in, int(r.rows[0]), a)...)
		for c := range cols {
			cols[c].N = len(r.rows)
		}
	} else {
		for c := range in.Cols {
			if r.dead != nil && r.dead[c] {
				cols = append(cols, expr.ConstVec(types.NullOf(in.Cols[c].Type), len(r.rows)))
				continue
			}
			cols = append(cols, take(&in.Cols[c], r.rows, a))
		}
	}
	for k := range r.cols {
		cols = append(cols, r.cols[k].vec(a))
	}
	out := vec.Batch{N: len(r.rows), Cols: cols}
	r.rows = r.rows[:0]
	err := next.push(&out)
	for k := range r.cols {
		r.cols[k].reset()
	}
	return err
}

// elementSource makes rows of the elements of arrays that depend on no row. It is one
// morsel.
type elementSource struct{ node *plan.GenerateSeries }

func (s *elementSource) prepare(*execution) (int, error) { return 1, nil }

func (s *elementSource) open(w *worker) (reader, error) { return &elementReader{s.node, w}, nil }

type elementReader struct {
	node *plan.GenerateSeries
	w    *worker
}

func (r *elementReader) run(_ int, next pusher) error {
	arrays := make([]types.Value, len(r.node.Arrays))
	for i, e := range r.node.Arrays {
		v, err := expr.EvalConst(e, r.w.ex.opts.Env)
		if err != nil {
			return err
		}
		arrays[i] = v
	}
	rows, none := newElementRows(r.node.Out, r.node.Elements, r.w.ex.opts.Env), &vec.Batch{}
	flush := func() error { return rows.push(r.w, none, next) }
	if err := rows.add(0, arrays, r.w.ex.opts.BatchRows, flush); err != nil {
		return err
	}
	return flush()
}

// unnestStage joins each row to the elements of its own arrays.
type unnestStage struct{ node *plan.Unroll }

func (s *unnestStage) open(w *worker, next pusher) (pusher, error) {
	u := &unnest{w: w, next: next, rows: newElementRows(s.node.Series, s.node.Elements, w.ex.opts.Env)}
	u.rows.dead = s.node.Dead
	var err error
	u.progs, err = compileAll(s.node.Arrays, w.ex.opts.Env)
	return u, err
}

type unnest struct {
	w     *worker
	next  pusher
	progs []*expr.Program
	args  []vec.Vec
	rows  elementRows
}

func (u *unnest) push(b *vec.Batch) (err error) {
	a := u.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	if u.args, err = evalAll(u.progs, b, u.w, u.args[:0]); err != nil {
		return err
	}
	flush := func() error { return u.rows.push(u.w, b, u.next) }
	arrays := make([]types.Value, len(u.args))
	for i := range b.N {
		if b.Sel != nil && bit(b.Sel, i) == 0 {
			continue
		}
		for k := range u.args {
			arrays[k] = expr.RowValue(&u.args[k], i)
		}
		if err := u.rows.add(int32(i), arrays, u.w.ex.opts.BatchRows, flush); err != nil {
			return err
		}
	}
	return flush()
}
