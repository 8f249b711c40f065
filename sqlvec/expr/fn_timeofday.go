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
	)
	clockNow("localtime", tm, func(env *Env) (int64, int64) { return types.ToLocal(env.zone(), env.Now), 0 })
	registerTimeTZ()
}

// clockNow adds a function that reads the clock: what it shows, and the seconds east of Greenwich.
// An argument is the digits of the fraction of seconds.
func clockNow(name string, ret types.ID, read func(*Env) (micros, east int64)) {
	row := func(env *Env, a []types.Value) (types.Value, error) {
		t := types.T(ret)
		if len(a) > 0 {
			if a[0].I < 0 {
				return types.Value{}, dberr.Newf(dberr.InvalidParameterValue, "TIME(%d) precision must not be negative", a[0].I)
			}
			t = t.WithFraction(int(min(a[0].I, 6)))
		}
		micros, east := read(env)
		micros = types.TimeOfDay(micros)
		if ret == types.TimeTZ {
			micros = types.MakeTimeTZ(micros, east)
		}
		return types.Cast(types.IntValue(types.T(ret), micros), t, true)
	}
	register(&Function{Name: name, Ret: ret, Volatility: Stable, row: row},
		&Function{Name: name, Params: ids(types.Int32), Ret: ret, Volatility: Stable, row: row})
}

// registerTimeTZ adds the operators and functions of TIMETZ.
func registerTimeTZ() {
	tz, iv, d := types.TimeTZ, types.Interval, types.Date
	value := func(i int64) (types.Value, error) { return types.IntValue(types.T(tz), i), nil }
	shift := func(at, by int, sign int64) rowFunc {
		return func(_ *Env, a []types.Value) (types.Value, error) {
			clock, east := types.SplitTimeTZ(a[at].I)
			return value(types.MakeTimeTZ(types.TimeOfDay(clock+sign*(a[by].Iv.Micros%types.MicrosPerDay)), east))
		}
	}
	onDay := func(day, clock int) rowFunc {
		return func(_ *Env, a []types.Value) (types.Value, error) {
			micros, err := types.Context{}.DateToTime(a[day].I, types.T(types.TimestampTZ))
			if err == nil && !types.IsInfTime(micros) {
				at, east := types.SplitTimeTZ(a[clock].I)
				micros += at - east*types.MicrosPerSecond
			}
			return types.IntValue(tzType, micros), err
		}
	}
	register(
		rowFn("+", ids(tz, iv), tz, shift(0, 1, 1)), rowFn("+", ids(iv, tz), tz, shift(1, 0, 1)),
		rowFn("-", ids(tz, iv), tz, shift(0, 1, -1)),
		rowFn("+", ids(d, tz), types.TimestampTZ, onDay(0, 1)), rowFn("+", ids(tz, d), types.TimestampTZ, onDay(1, 0)),
		&Function{Name: "timezone", Params: ids(types.Text, tz), Ret: tz, Volatility: Stable, row: func(env *Env, a []types.Value) (types.Value, error) {
			zone, err := types.LoadZone(a[0].S, false)
			if err != nil {
				return a[1], err
			}
			return value(types.ShiftTimeTZ(a[1].I, types.OffsetAt(zone, env.Now)))
		}},
		rowFn("timezone", ids(iv, tz), tz, func(_ *Env, a []types.Value) (types.Value, error) {
			if a[0].Iv.Months != 0 || a[0].Iv.Days != 0 {
				return a[1], dberr.Newf(dberr.InvalidParameterValue, "interval time zone \"%s\" must not include months or days", types.Format(a[0]))
			}
			return value(types.ShiftTimeTZ(a[1].I, a[0].Iv.Micros/types.MicrosPerSecond))
		}),
	)
	clockNow("current_time", tz, func(env *Env) (int64, int64) {
		return types.ToLocal(env.zone(), env.Now), types.OffsetAt(env.zone(), env.Now)
	})
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
