package expr

import "driftdb/internal/types"

func init() {
	for _, id := range ids(types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ) {
		for _, first := range ids(id, types.Interval) {
			for _, second := range ids(id, types.Interval) {
				vol := Immutable
				if id == types.TimestampTZ && (first != id || second != id) {
					vol = Stable
				}
				register(&Function{Name: "overlaps", Params: ids(id, first, id, second), Ret: types.Bool, Volatility: vol, NullCall: true, row: overlaps})
			}
		}
	}
}

// overlaps is (a, b) OVERLAPS (c, d): whether two periods, each of two ends in either order or of a
// beginning and a length, have a moment in common. A period without length is its one moment, and
// otherwise the later end is outside. One end may be NULL where the others decide.
func overlaps(env *Env, a []types.Value) (types.Value, error) {
	start1, end1, err := period(env, a[0], a[1])
	if err != nil {
		return a[0], err
	}
	start2, end2, err := period(env, a[2], a[3])
	if err != nil {
		return a[0], err
	}
	unknown := types.NullOf(boolean)
	if !start1.Valid || !start2.Valid {
		return unknown, nil
	}
	if types.Compare(start1, start2) > 0 {
		start1, end1, start2, end2 = start2, end2, start1, end1
	}
	switch {
	case start1.I == start2.I:
		if !end1.Valid || !end2.Valid {
			return unknown, nil
		}
		return types.BoolValue(true), nil
	case !end1.Valid:
		return unknown, nil
	case types.Compare(start2, end1) < 0:
		return types.BoolValue(true), nil
	case !end2.Valid:
		return unknown, nil
	}
	return types.BoolValue(false), nil
}

// period returns the ends of a period, the earlier one first. Of one that is NULL the other is the start.
func period(env *Env, start, end types.Value) (from, to types.Value, err error) {
	if end.Type.ID == types.Interval {
		if end, err = plusInterval(env, start, end); err != nil {
			return start, end, err
		}
	}
	if !start.Valid || end.Valid && types.Compare(start, end) > 0 {
		return end, start, nil
	}
	return start, end, nil
}

// plusInterval is t + length.
func plusInterval(env *Env, t, length types.Value) (types.Value, error) {
	if !t.Valid || !length.Valid {
		return types.NullOf(t.Type), nil
	}
	e, err := NewOp(0, "+", &Const{Value: t}, &Const{Value: length})
	if err != nil {
		return t, err
	}
	return EvalConst(e, env)
}
