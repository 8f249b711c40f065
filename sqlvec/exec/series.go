package exec

import (
	"errors"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// newSeries returns the source of generate_series: integers are counted, other types step
// from value to value.
func newSeries(n *plan.GenerateSeries, env *expr.Env) (source, error) {
	var args [3]types.Value
	for i, e := range []expr.Expr{n.Start, n.Stop, n.Step} {
		if e == nil {
			continue
		}
		v, err := expr.EvalConst(e, env)
		if err != nil {
			return nil, err
		}
		if !v.Valid {
			return &intSeries{}, nil
		}
		args[i] = v
	}
	return seriesOf(args, n, env)
}

// seriesOf returns the series of given arguments, none of which is NULL.
func seriesOf(args [3]types.Value, n *plan.GenerateSeries, env *expr.Env) (source, error) {
	t := n.Out[0].Type
	if t.IsInteger() {
		return newIntSeries(t, args, n.Step)
	}
	if n.Step == nil {
		args[2] = types.IntValue(types.T(types.Int32), 1)
	}
	return newStepSeries(t, args, n, env)
}

// errZeroStep is the error of a series that would not end.
func errZeroStep(step expr.Expr) error {
	return dberr.New(dberr.InvalidParameterValue, "step size cannot equal zero").At(step.Pos())
}

// intSeries makes integers start + i*step for i below count. A morsel is a block's worth.
type intSeries struct {
	typ         types.Type
	start, step int64
	count       uint64
}

func newIntSeries(t types.Type, args [3]types.Value, stepExpr expr.Expr) (source, error) {
	s := &intSeries{typ: t, start: args[0].I, step: 1}
	stop := args[1].I
	if stepExpr != nil {
		s.step = args[2].I
	}
	switch {
	case s.step == 0:
		return nil, errZeroStep(stepExpr)
	case s.step > 0 && s.start <= stop:
		s.count = (uint64(stop)-uint64(s.start))/uint64(s.step) + 1
	case s.step < 0 && s.start >= stop:
		s.count = (uint64(s.start)-uint64(stop))/(-uint64(s.step)) + 1
	}
	return s, nil
}

func (s *intSeries) prepare(*execution) (int, error) {
	return int((s.count + blockRows - 1) >> blockShift), nil
}

func (s *intSeries) open(w *worker) (reader, error) { return &intSeriesReader{s: s, w: w}, nil }

type intSeriesReader struct {
	s *intSeries
	w *worker
}

func (r *intSeriesReader) run(morsel int, next pusher) error {
	from := uint64(morsel) << blockShift
	to := min(from+blockRows, r.s.count)
	for from < to {
		n := min(to-from, uint64(r.w.ex.opts.BatchRows))
		if err := r.batch(from, int(n), next); err != nil {
			return err
		}
		from += n
	}
	return nil
}

// batch pushes values from … from+n-1.
func (r *intSeriesReader) batch(from uint64, n int, next pusher) error {
	if err := r.w.ex.check(); err != nil {
		return err
	}
	a := r.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	first := r.s.start + int64(from)*r.s.step
	v := vec.Vec{Type: r.s.typ, N: n}
	switch r.s.typ.Class() {
	case types.I16:
		v.Data = countUp[int16](first, r.s.step, n, a)
	case types.I32:
		v.Data = countUp[int32](first, r.s.step, n, a)
	default:
		v.Data = countUp[int64](first, r.s.step, n, a)
	}
	return next.push(&vec.Batch{N: n, Cols: []vec.Vec{v}})
}

// countUp returns n values from first by step.
func countUp[T int16 | int32 | int64](first, step int64, n int, a *arena.Arena) []byte {
	out := arena.Make[T](a, n)
	for i := range out {
		out[i] = T(first)
		first += step
	}
	return vec.BytesOf(out)
}

// stepSeries makes the values of a series that is not counted. It is one morsel.
type stepSeries struct {
	typ types.Type
	*expr.Series
}

func newStepSeries(t types.Type, args [3]types.Value, n *plan.GenerateSeries, env *expr.Env) (source, error) {
	s, err := expr.NewSeries(args[0], args[1], args[2], env)
	if e, ok := errors.AsType[*dberr.Error](err); ok && n.Step != nil {
		return nil, e.At(n.Step.Pos())
	}
	return &stepSeries{t, s}, err
}

func (s *stepSeries) prepare(*execution) (int, error) { return 1, nil }

func (s *stepSeries) open(w *worker) (reader, error) { return &stepReader{s: s, w: w}, nil }

type stepReader struct {
	s *stepSeries
	w *worker
}

func (r *stepReader) run(_ int, next pusher) error {
	vals := make([]types.Value, 0, r.w.ex.opts.BatchRows)
	err := r.s.Each(func(v types.Value) error {
		vals = append(vals, v)
		if len(vals) < cap(vals) {
			return nil
		}
		err := r.flush(vals, next)
		vals = vals[:0]
		return err
	})
	if err != nil {
		return err
	}
	return r.flush(vals, next)
}

// flush pushes the values.
func (r *stepReader) flush(vals []types.Value, next pusher) error {
	if err := r.w.ex.check(); err != nil || len(vals) == 0 {
		return err
	}
	a := r.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	return next.push(&vec.Batch{N: len(vals), Cols: []vec.Vec{vecOf(r.s.typ, vals, a)}})
}
