package expr

import (
	"math"
	"time"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// PointRange is what points of a table a statement may ask for: from the point at which
// the table came to be to the last there is. Both are event numbers, or times.
type PointRange struct {
	Table       string
	First, Last int64
}

// NewPointCheck returns arg, a BIGINT event number or a TIMESTAMPTZ, checked to be in
// the range. NULL stays NULL.
func NewPointCheck(arg Expr, r PointRange) Expr {
	t := arg.Type()
	fn := &Function{Name: "system_time", Params: ids(t.ID), Ret: t.ID, Volatility: Stable}
	fn.row = func(_ *Env, a []types.Value) (types.Value, error) {
		switch {
		case a[0].I > r.Last && t.ID == types.TimestampTZ:
			return a[0], dberr.Newf(dberr.UnclosedTime, "time %s is later than now", pointText(a[0].I))
		case a[0].I > r.Last || a[0].I < 0 && t.ID != types.TimestampTZ:
			return a[0], dberr.Newf(dberr.TemporalOutOfRange, "event @SEQ:%d does not exist, the last is %d", a[0].I, r.Last)
		case a[0].I < r.First:
			return a[0], dberr.Newf(dberr.BeforeHistory, "table \"%s\" did not exist at that point", r.Table)
		}
		return a[0], nil
	}
	return &Call{At: At(arg.Pos()), Fn: fn, Args: []Expr{arg}, Typ: t}
}

// NewEventOfCommit returns the last event of the commit with the number arg, a BIGINT.
func NewEventOfCommit(arg Expr) Expr {
	fn := &Function{Name: "system_time", Params: ids(types.Int64), Ret: types.Int64, Volatility: Stable}
	fn.row = func(env *Env, a []types.Value) (types.Value, error) {
		if env.History == nil {
			return a[0], unavailable("@TX")
		}
		seq, _, err := env.History.CommitAt(a[0].I)
		return types.IntValue(types.T(types.Int64), seq), err
	}
	return &Call{At: At(arg.Pos()), Fn: fn, Args: []Expr{arg}, Typ: types.T(types.Int64)}
}

func pointText(micros int64) string {
	if micros == math.MaxInt64 {
		return "infinity"
	}
	return time.UnixMicro(micros).UTC().Format("2006-01-02 15:04:05.999999+00")
}
