package expr

import (
	"math"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// timeValue returns a TIME, wrapped around midnight.
func timeValue(micros int64) (types.Value, error) {
	return types.IntValue(types.T(types.Time), types.TimeOfDay(micros)), nil
}

// registerTimeOfDay adds the operators and functions of TIME.
func registerTimeOfDay() {
	tm, iv, d, ts := types.Time, types.Interval, types.Date, types.Timestamp
	shift := func(at, by int, sign int64) rowFunc {
		return func(_ *Env, a []types.Value) (types.Value, error) {
			return timeValue(a[at].I + sign*(a[by].Iv.Micros%types.MicrosPerDay))
		}
	}
	onDay := func(day, clock int) rowFunc {
		return func(_ *Env, a []types.Value) (types.Value, error) {
			micros, err := types.Context{}.DateToTime(a[day].I, types.T(ts))
			if err == nil && !types.IsInfTime(micros) {
				micros += a[clock].I
			}
			return types.IntValue(types.T(ts), micros), err
		}
	}
	register(
		rowFn("+", ids(tm, iv), tm, shift(0, 1, 1)), rowFn("+", ids(iv, tm), tm, shift(1, 0, 1)),
		rowFn("-", ids(tm, iv), tm, shift(0, 1, -1)),
		rowFn("-", ids(tm, tm), iv, func(_ *Env, a []types.Value) (types.Value, error) {
			return types.SpanValue(types.IntervalValue{Micros: a[0].I - a[1].I}), nil
		}),
		rowFn("+", ids(d, tm), ts, onDay(0, 1)), rowFn("+", ids(tm, d), ts, onDay(1, 0)),
		rowFn("make_time", ids(types.Int32, types.Int32, types.Float64), tm, makeTimeOfDay),
		&Function{Name: "localtime", Ret: tm, Volatility: Stable, row: func(env *Env, _ []types.Value) (types.Value, error) {
			return timeValue(types.ToLocal(env.zone(), env.Now))
		}},
	)
}

// makeTimeOfDay is make_time(hour, minute, second).
func makeTimeOfDay(_ *Env, a []types.Value) (types.Value, error) {
	h, m, s := a[0].I, a[1].I, a[2].F
	micros := math.RoundToEven(s * types.MicrosPerSecond)
	sum := h*types.MicrosPerHour + m*types.MicrosPerMinute + int64(micros)
	if h < 0 || m < 0 || m > 59 || !(s >= 0 && s <= 60) || h > 24 || sum > types.MicrosPerDay {
		return types.Value{}, dberr.Newf(dberr.DatetimeFieldOverflow, "time field value out of range: %d:%02d:%s", h, m,
			types.Format(types.FloatValue(types.T(types.Float64), s)))
	}
	return types.IntValue(types.T(types.Time), sum), nil
}
