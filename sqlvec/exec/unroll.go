package exec

import (
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// unrollStage joins each row to the series that its own arguments make.
type unrollStage struct{ node *plan.Unroll }

func (s *unrollStage) open(w *worker, next pusher) (pusher, error) {
	n := s.node
	u := &unroll{w: w, next: next, series: &plan.GenerateSeries{Step: n.Step, Out: n.Series}}
	args := []expr.Expr{n.Start, n.Stop}
	if n.Step != nil {
		args = append(args, n.Step)
	}
	var err error
	u.progs, err = compileAll(args, w.ex.opts.Env)
	return u, err
}

type unroll struct {
	w      *worker
	next   pusher
	series *plan.GenerateSeries
	progs  []*expr.Program
	args   []vec.Vec

	// rows and vals are the output that waits: rows of the input, values of the series.
	rows []int32
	vals []types.Value
}

func (u *unroll) push(b *vec.Batch) (err error) {
	a := u.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	if u.args, err = evalAll(u.progs, b, u.w, u.args[:0]); err != nil {
		return err
	}
	for i := range b.N {
		if b.Sel != nil && bit(b.Sel, i) == 0 {
			continue
		}
		if err := u.row(b, i); err != nil {
			return err
		}
	}
	return u.flush(b)
}

// row makes the series of row i.
func (u *unroll) row(b *vec.Batch, i int) error {
	var args [3]types.Value
	for k := range u.args {
		if u.args[k].IsNull(i) {
			return nil
		}
		args[k] = u.args[k].Value(i)
	}
	src, err := seriesOf(args, u.series, u.w.ex.opts.Env)
	if err != nil {
		return err
	}
	emit := func(v types.Value) error {
		u.rows, u.vals = append(u.rows, int32(i)), append(u.vals, v)
		if len(u.rows) < u.w.ex.opts.BatchRows {
			return nil
		}
		return u.flush(b)
	}
	if s, ok := src.(*intSeries); ok {
		for k := range s.count {
			if err := emit(types.IntValue(s.typ, s.start+int64(k)*s.step)); err != nil {
				return err
			}
		}
		return nil
	}
	return src.(*stepSeries).Each(emit)
}

// flush pushes what waits.
func (u *unroll) flush(b *vec.Batch) error {
	if err := u.w.ex.check(); err != nil || len(u.rows) == 0 {
		return err
	}
	a := u.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	cols := make([]vec.Vec, 0, len(b.Cols)+1)
	for c := range b.Cols {
		cols = append(cols, take(&b.Cols[c], u.rows, a))
	}
	cols = append(cols, vecOf(u.series.Out[0].Type, u.vals, a))
	out := vec.Batch{N: len(u.rows), Cols: cols}
	u.rows, u.vals = u.rows[:0], u.vals[:0]
	return u.next.push(&out)
}
