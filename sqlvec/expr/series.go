package expr

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// maxSeries is how many values a series may have that is made at once, as an array.
const maxSeries = 1 << 26

func init() {
	num, ts, tz, span := types.Numeric, types.Timestamp, types.TimestampTZ, types.Interval
	for _, t := range []types.ID{types.Int32, types.Int64, num} {
		register(
			rowFn("$series", ids(t, t), types.ArrayOf(t), seriesArray(t)),
			rowFn("$series", ids(t, t, t), types.ArrayOf(t), seriesArray(t)),
		)
	}
	for _, t := range []types.ID{ts, tz} {
		fn := rowFn("$series", ids(t, t, span), types.ArrayOf(t), seriesArray(t))
		fn.Volatility = Stable
		register(fn)
	}
}

// seriesArray makes the array of a series.
func seriesArray(id types.ID) rowFunc {
	return func(env *Env, args []types.Value) (types.Value, error) {
		step := types.IntValue(types.T(types.Int32), 1)
		if len(args) > 2 {
			step = args[2]
		}
		var list []types.Value
		s, err := NewSeries(args[0], args[1], step, env)
		if err != nil {
			return types.Value{}, err
		}
		err = s.Each(func(v types.Value) error {
			if list = append(list, v); len(list) > maxSeries {
				return dberr.Newf(dberr.ProgramLimitExceeded, "a series beside other set-returning functions has at most %d values", maxSeries)
			}
			return nil
		})
		if err != nil {
			return types.Value{}, err
		}
		return types.List(list).Value(types.T(types.ArrayOf(id)))
	}
}

// Series makes values of any type with + and <=, each from the one before.
type Series struct {
	first, stop, step types.Value
	down              bool
	env               *Env
}

// NewSeries returns the series from first to stop by step; none is NULL. A step of zero is an
// error.
func NewSeries(first, stop, step types.Value, env *Env) (*Series, error) {
	s := &Series{first: first, stop: stop, step: step, env: env}
	zero := types.SpanValue(types.IntervalValue{})
	if step.Type.ID != types.Interval {
		zero = types.IntValue(types.T(types.Int32), 0)
	}
	equal, err := s.compare("=", step, zero)
	if err != nil {
		return nil, err
	}
	if equal {
		return nil, dberr.New(dberr.InvalidParameterValue, "step size cannot equal zero")
	}
	s.down, err = s.compare("<", step, zero)
	return s, err
}

// Each calls fn for the values of the series, in order.
func (s *Series) Each(fn func(types.Value) error) error {
	behind := ">"
	if s.down {
		behind = "<"
	}
	for at := s.first; ; {
		over, err := s.compare(behind, at, s.stop)
		if err != nil || over {
			return err
		}
		if err := fn(at); err != nil {
			return err
		}
		if at, err = s.apply("+", at, s.step); err != nil {
			return err
		}
	}
}

// compare evaluates l op r.
func (s *Series) compare(op string, l, r types.Value) (bool, error) {
	v, err := s.apply(op, l, r)
	return v.Valid && v.I != 0, err
}

// apply evaluates l op r.
func (s *Series) apply(op string, l, r types.Value) (types.Value, error) {
	e, err := NewOp(0, op, &Const{Value: l}, &Const{Value: r})
	if err != nil {
		return types.Value{}, err
	}
	return EvalConst(e, s.env)
}
