package expr

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// Series makes values of any type with + and <=, each from the one before.
type Series struct {
	next, stop, step types.Value
	down, done       bool
	env              *Env
}

// NewSeries returns the series from first to stop by step; none is NULL. A step of zero is an
// error.
func NewSeries(first, stop, step types.Value, env *Env) (*Series, error) {
	s := &Series{next: first, stop: stop, step: step, env: env}
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

// Next returns the next value; ok is false behind the last.
func (s *Series) Next() (v types.Value, ok bool, err error) {
	if s.done {
		return v, false, nil
	}
	if s.next.Type.IsInteger() {
		return s.nextInt()
	}
	behind := ">"
	if s.down {
		behind = "<"
	}
	if s.done, err = s.compare(behind, s.next, s.stop); s.done || err != nil {
		return v, false, err
	}
	v = s.next
	s.next, err = s.apply("+", v, s.step)
	return v, true, err
}

// nextInt is Next for integers; one that would not fit its type ends the series.
func (s *Series) nextInt() (v types.Value, ok bool, err error) {
	v = s.next
	if s.done = v.I > s.stop.I && !s.down || v.I < s.stop.I && s.down; s.done {
		return v, false, nil
	}
	sum := v.I + s.step.I
	s.done = sum < v.I != s.down
	s.next.I = sum
	return v, true, nil
}

// Each calls fn for the values of the series that are left, in order.
func (s *Series) Each(fn func(types.Value) error) error {
	for {
		v, ok, err := s.Next()
		if err != nil || !ok {
			return err
		}
		if err := fn(v); err != nil {
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
