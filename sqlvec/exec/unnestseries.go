package exec

import (
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
)

// sideSource makes the values of one column of functions that run side by side: the elements
// of an array, or a series.
type sideSource struct {
	list   []types.Value
	series *expr.Series
}

func newSideSource(v types.Value, env *expr.Env) (s sideSource, err error) {
	switch {
	case !v.Valid:
		return s, nil
	case v.Type.ID != types.Record:
		a, err := v.Array()
		return sideSource{list: a.Elems}, err
	}
	row, err := v.Row()
	if err != nil {
		return s, err
	}
	step := types.IntValue(types.T(types.Int32), 1)
	for i, f := range row.Fields {
		if !f.Valid {
			return s, nil
		}
		if i == 2 {
			step = f
		}
	}
	s.series, err = expr.NewSeries(row.Fields[0], row.Fields[1], step, env)
	return s, err
}

// next returns the next value; ok is false behind the last.
func (s *sideSource) next() (v types.Value, ok bool, err error) {
	if s.series != nil {
		return s.series.Next()
	}
	if len(s.list) == 0 {
		return v, false, nil
	}
	v, s.list = s.list[0], s.list[1:]
	return v, true, nil
}

// addSeries is add where some of the arrays are series, whose lengths are not known.
func (r *elementRows) addSeries(row int32, arrays []types.Value, limit int, flush func() error) error {
	if err := flush(); err != nil {
		return err
	}
	sources := make([]sideSource, len(arrays))
	for k, v := range arrays {
		var err error
		if sources[k], err = newSideSource(v, r.env); err != nil {
			return err
		}
	}
	vals := make([]types.Value, len(arrays))
	for {
		more := false
		for k := range sources {
			v, ok, err := sources[k].next()
			if err != nil {
				return err
			}
			if vals[k] = v; !ok {
				vals[k] = types.NullOf(r.out[k].Type)
			}
			more = more || ok
		}
		if !more {
			return flush()
		}
		for k, v := range vals {
			v.Type = r.out[k].Type
			r.cols[k].add(v)
		}
		if r.rows = append(r.rows, row); len(r.rows) >= limit {
			if err := flush(); err != nil {
				return err
			}
		}
	}
}
