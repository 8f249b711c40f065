package expr

import (
	"math"
	"strings"
	"time"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

var (
	dateType = types.T(types.Date)
	tsType   = types.T(types.Timestamp)
	tzType   = types.T(types.TimestampTZ)
)

// tooFar is the error of a time that leaves the range.
func tooFar(t types.Type) error {
	name := "timestamp"
	if t.ID == types.Date {
		name = "date"
	}
	return dberr.Newf(dberr.DatetimeFieldOverflow, "%s out of range", name)
}

// addMonths moves a day by months; a day past the end of its month becomes the last.
func addMonths(days, months int64) int64 {
	y, m, d := types.DateOf(days)
	m += months - 1
	y += floorDiv(m, 12)
	m = m - floorDiv(m, 12)*12 + 1
	return types.DaysOf(y, m, min(d, types.DaysInMonth(y, m)))
}

// floorDiv returns the quotient rounded down.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// addInterval adds an interval to a wall clock time: months, then days, then time.
func addInterval(micros int64, iv types.IntervalValue) (int64, error) {
	if types.IsInfTime(micros) {
		return micros, nil
	}
	days, rest := types.SplitDay(micros)
	if iv.Months != 0 {
		days = addMonths(days, int64(iv.Months))
	}
	days += int64(iv.Days)
	if days < -3e6 || days > 1.1e8 {
		return 0, tooFar(tsType)
	}
	r := days*types.MicrosPerDay + rest
	if sum := r + iv.Micros; (r^sum)&(iv.Micros^sum) >= 0 && types.ValidTime(sum) {
		return sum, nil
	}
	return 0, tooFar(tsType)
}

// addIntervalTZ adds an interval to a point in time: months and days on the clock
// of the zone, the time in UTC.
func addIntervalTZ(zone *time.Location, micros int64, iv types.IntervalValue) (int64, error) {
	if types.IsInfTime(micros) {
		return micros, nil
	}
	if iv.Months != 0 || iv.Days != 0 {
		local, err := addInterval(types.ToLocal(zone, micros), types.IntervalValue{Months: iv.Months, Days: iv.Days})
		if err != nil {
			return 0, err
		}
		micros = types.ToUTC(zone, local)
	}
	return addInterval(micros, types.IntervalValue{Micros: iv.Micros})
}

// timeEval makes the evaluation of a function of a time and an interval that gives
// a time, over whole vectors.
func timeEval(fn func(env *Env, micros int64, iv types.IntervalValue) (int64, error), swap bool) evalFunc {
	return func(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
		a, b := &args[0], &args[1]
		if swap {
			a, b = b, a
		}
		out, dst := fixed[int64](f, c.Typ)
		x := int64s(f, a)
		spans := flatten(f, b)
		iv := vec.Of[vec.Span](&spans)
		for i := range dst {
			dst[i] = 0
			if !has(sel, i) {
				continue
			}
			t := x[i]
			if a.Type.ID == types.Date {
				var err error
				if t, err = f.env.context().DateToTime(t, tsType); err != nil {
					return out, err
				}
			}
			r, err := fn(f.env, t, iv[i])
			if err != nil {
				return out, err
			}
			dst[i] = r
		}
		return out, nil
	}
}

func init() {
	plus := func(_ *Env, t int64, iv types.IntervalValue) (int64, error) { return addInterval(t, iv) }
	plusTZ := func(env *Env, t int64, iv types.IntervalValue) (int64, error) {
		return addIntervalTZ(env.zone(), t, iv)
	}
	minus := func(fn func(*Env, int64, types.IntervalValue) (int64, error)) func(*Env, int64, types.IntervalValue) (int64, error) {
		return func(env *Env, t int64, iv types.IntervalValue) (int64, error) {
			n, err := negateInterval(iv)
			if err != nil {
				return 0, err
			}
			return fn(env, t, n)
		}
	}
	for _, in := range ids(types.Date, types.Timestamp, types.TimestampTZ) {
		ret, fn, vol := types.Timestamp, plus, Immutable
		if in == types.TimestampTZ {
			ret, fn, vol = in, plusTZ, Stable
		}
		register(
			&Function{Name: "+", Params: ids(in, types.Interval), Ret: ret, Volatility: vol, eval: timeEval(fn, false), costly: true},
			&Function{Name: "date_add", Params: ids(in, types.Interval), Ret: ret, Volatility: vol, eval: timeEval(fn, false), costly: true},
			&Function{Name: "+", Params: ids(types.Interval, in), Ret: ret, Volatility: vol, eval: timeEval(fn, true), costly: true},
			&Function{Name: "-", Params: ids(in, types.Interval), Ret: ret, Volatility: vol, eval: timeEval(minus(fn), false), costly: true},
		)
	}
	register(
		&Function{Name: "+", Params: ids(types.Date, types.Int32), Ret: types.Date, eval: dateShift(1, false)},
		&Function{Name: "+", Params: ids(types.Int32, types.Date), Ret: types.Date, eval: dateShift(1, true)},
		&Function{Name: "-", Params: ids(types.Date, types.Int32), Ret: types.Date, eval: dateShift(-1, false)},
		&Function{Name: "-", Params: ids(types.Date, types.Date), Ret: types.Int32, eval: dateDiff},
		rowFn("-", ids(types.Timestamp, types.Timestamp), types.Interval, timeDiff),
		rowFn("-", ids(types.TimestampTZ, types.TimestampTZ), types.Interval, timeDiff),
		span2("+", addIntervals),
		span2("-", func(a, b types.IntervalValue) (types.IntervalValue, error) {
			n, err := negateInterval(b)
			if err != nil {
				return a, err
			}
			return addIntervals(a, n)
		}),
		spanFn("-", func(_ *Env, iv types.IntervalValue) (types.IntervalValue, error) { return negateInterval(iv) }),
		spanFn("+", func(_ *Env, iv types.IntervalValue) (types.IntervalValue, error) { return iv, nil }),
		rowFn("*", ids(types.Interval, types.Float64), types.Interval, func(_ *Env, a []types.Value) (types.Value, error) {
			return spanResult(scaleInterval(a[0].Iv, a[1].F, 0))
		}),
		rowFn("*", ids(types.Float64, types.Interval), types.Interval, func(_ *Env, a []types.Value) (types.Value, error) {
			return spanResult(scaleInterval(a[1].Iv, a[0].F, 0))
		}),
		rowFn("/", ids(types.Interval, types.Float64), types.Interval, func(_ *Env, a []types.Value) (types.Value, error) {
			if a[1].F == 0 {
				return a[0], types.DivisionByZero()
			}
			return spanResult(scaleInterval(a[0].Iv, 0, a[1].F))
		}),
		spanFn("justify_days", justifyDays), spanFn("justify_hours", justifyHours), spanFn("justify_interval", justifyInterval),
	)
	registerClock()
	registerMakers()
	registerTimeOfDay()
}

// spanResult returns an INTERVAL.
func spanResult(iv types.IntervalValue, err error) (types.Value, error) {
	return types.SpanValue(iv), err
}

// spanFn makes a function from INTERVAL to INTERVAL.
func spanFn(name string, fn func(*Env, types.IntervalValue) (types.IntervalValue, error)) *Function {
	return rowFn(name, ids(types.Interval), types.Interval, func(env *Env, a []types.Value) (types.Value, error) {
		return spanResult(fn(env, a[0].Iv))
	})
}

// span2 makes an operator on two intervals.
func span2(name string, fn func(a, b types.IntervalValue) (types.IntervalValue, error)) *Function {
	return rowFn(name, ids(types.Interval, types.Interval), types.Interval, func(_ *Env, a []types.Value) (types.Value, error) {
		return spanResult(fn(a[0].Iv, a[1].Iv))
	})
}

// dateShift returns the evaluation of date ± days.
func dateShift(sign int64, swap bool) evalFunc {
	return func(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
		a, b := &args[0], &args[1]
		if swap {
			a, b = b, a
		}
		if out, ok := shiftAll(f, a, b, sign); ok {
			return out, nil
		}
		out, dst := fixed[int32](f, c.Typ)
		x, y := values[int32](f, a), values[int32](f, b)
		bad := false
		for i := range dst {
			r := int64(x[i]) + sign*int64(y[i])
			if types.IsInfDate(int64(x[i])) {
				r = int64(x[i])
			} else if !types.ValidDate(r) {
				bad = bad || has(sel, i)
			}
			dst[i] = int32(r)
		}
		if bad {
			return out, tooFar(dateType)
		}
		return out, nil
	}
}

// shiftAll is dateShift by a constant number of days, where all dates are valid before and after.
func shiftAll(f *frame, a, b *vec.Vec, sign int64) (vec.Vec, bool) {
	if b.Form != vec.Const {
		return vec.Vec{}, false
	}
	days := sign * b.Int(0)
	lo, hi, some, ok := integersOf(a)
	if !ok || !some || !types.ValidDate(lo) || !types.ValidDate(hi) || !types.ValidDate(lo+days) || !types.ValidDate(hi+days) {
		return vec.Vec{}, false
	}
	if a.Form == vec.Narrow {
		out := *a
		out.Base += days
		return out, true
	}
	out, dst := fixed[int32](f, a.Type)
	for i, x := range values[int32](f, a) {
		dst[i] = x + int32(days)
	}
	return out, true
}

// dateDiff is the number of days between two dates.
func dateDiff(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
	out, dst := fixed[int32](f, c.Typ)
	a, b := &args[0], &args[1]
	if a.Form == vec.Narrow && b.Form == vec.Narrow && a.Width == 2 && b.Width == 2 && allFinite(a) && allFinite(b) {
		kernel.Distances(dst, vec.Of[uint16](a), vec.Of[uint16](b), int32(a.Base-b.Base))
		return out, nil
	}
	x, y := values[int32](f, a), values[int32](f, b)
	kernel.Distances(dst, x, y, 0)
	if allFinite(a) && allFinite(b) {
		return out, nil
	}
	infinite := func(i int) bool { return types.IsInfDate(int64(x[i])) || types.IsInfDate(int64(y[i])) }
	if firstRow(f.n, sel, infinite) >= 0 {
		return out, dberr.New(dberr.DatetimeFieldOverflow, "cannot subtract infinite dates")
	}
	return out, nil
}

// allFinite reports whether no row of dates is infinite, without a look at every row if it can.
func allFinite(v *vec.Vec) bool {
	least, most := types.DateRange()
	if v.Form == vec.Const {
		return types.ValidDate(v.Int(0))
	}
	flat := *v
	if v.Form == vec.Dict {
		flat = v.Dict.Values
	}
	lo, hi, _, _ := integersOf(&flat)
	return lo >= least && hi <= most
}

// timeDiff is the interval between two times, in days and time.
func timeDiff(_ *Env, a []types.Value) (types.Value, error) {
	if types.IsInfTime(a[0].I) || types.IsInfTime(a[1].I) {
		return a[0], dberr.New(dberr.DatetimeFieldOverflow, "cannot subtract infinite timestamps")
	}
	d := a[0].I - a[1].I
	if (a[0].I^a[1].I)&(a[0].I^d) < 0 {
		return a[0], intervalOutOfRange()
	}
	return spanResult(justifyHours(nil, types.IntervalValue{Micros: d}))
}

// justifyHours turns 24 hours into days.
func justifyHours(_ *Env, iv types.IntervalValue) (types.IntervalValue, error) {
	days := int64(iv.Days) + iv.Micros/types.MicrosPerDay
	micros := iv.Micros % types.MicrosPerDay
	switch {
	case days > 0 && micros < 0:
		micros += types.MicrosPerDay
		days--
	case days < 0 && micros > 0:
		micros -= types.MicrosPerDay
		days++
	}
	if days != int64(int32(days)) {
		return iv, intervalOutOfRange()
	}
	return types.IntervalValue{Months: iv.Months, Days: int32(days), Micros: micros}, nil
}

// justifyDays turns 30 days into months.
func justifyDays(_ *Env, iv types.IntervalValue) (types.IntervalValue, error) {
	months := int64(iv.Months) + int64(iv.Days)/30
	days := iv.Days % 30
	switch {
	case months > 0 && days < 0:
		days += 30
		months--
	case months < 0 && days > 0:
		days -= 30
		months++
	}
	if months != int64(int32(months)) {
		return iv, intervalOutOfRange()
	}
	return types.IntervalValue{Months: int32(months), Days: days, Micros: iv.Micros}, nil
}

// justifyInterval does both, and makes all parts of one sign.
func justifyInterval(_ *Env, iv types.IntervalValue) (types.IntervalValue, error) {
	days := int64(iv.Days) + iv.Micros/types.MicrosPerDay
	micros := iv.Micros % types.MicrosPerDay
	months := int64(iv.Months) + days/30
	days %= 30
	if months > 0 && (days < 0 || days == 0 && micros < 0) {
		days += 30
		months--
	} else if months < 0 && (days > 0 || days == 0 && micros > 0) {
		days -= 30
		months++
	}
	if days > 0 && micros < 0 {
		micros += types.MicrosPerDay
		days--
	} else if days < 0 && micros > 0 {
		micros -= types.MicrosPerDay
		days++
	}
	if months != int64(int32(months)) {
		return iv, intervalOutOfRange()
	}
	return types.IntervalValue{Months: int32(months), Days: int32(days), Micros: micros}, nil
}

// registerClock adds the functions that read the clock.
func registerClock() {
	clock := func(name string, ret types.ID, vol Volatility, fn func(*Env) int64) {
		row := func(env *Env, _ []types.Value) (types.Value, error) {
			return types.IntValue(types.T(ret), fn(env)), nil
		}
		register(&Function{Name: name, Ret: ret, Volatility: vol, row: row})
		if name == "current_timestamp" || name == "localtimestamp" {
			register(&Function{Name: name, Params: ids(types.Int32), Ret: ret, Volatility: vol, row: func(env *Env, a []types.Value) (types.Value, error) {
				p := types.Pow10(int(min(max(6-a[0].I, 0), 6)))
				return types.IntValue(types.T(ret), floorDiv(fn(env)+p/2, p)*p), nil
			}})
		}
	}
	now := func(env *Env) int64 { return env.Now }
	for _, name := range []string{"now", "current_timestamp", "transaction_timestamp"} {
		clock(name, types.TimestampTZ, Stable, now)
	}
	clock("statement_timestamp", types.TimestampTZ, Stable, func(env *Env) int64 {
		if env.Statement != 0 {
			return env.Statement
		}
		return env.Now
	})
	clock("clock_timestamp", types.TimestampTZ, Volatile, func(env *Env) int64 {
		if env.Clock != nil {
			return env.Clock()
		}
		return env.Now
	})
	clock("localtimestamp", types.Timestamp, Stable, func(env *Env) int64 { return types.ToLocal(env.zone(), env.Now) })
	clock("current_date", types.Date, Stable, func(env *Env) int64 {
		return types.TimeToDate(types.ToLocal(env.zone(), env.Now))
	})
}

// finite reports whether f is a number.
func isFinite(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) }

// makeDate checks year, month and day; year -1 is 1 BC.
func makeDate(y, m, d int64) (int64, error) {
	year := y
	if y < 0 {
		year = y + 1
	}
	if y == 0 || m < 1 || m > 12 || d < 1 || y > 6000000 || y < -5000 || d > types.DaysInMonth(year, m) {
		return 0, dberr.Newf(dberr.DatetimeFieldOverflow, "date field value out of range: %d-%02d-%02d", y, m, d)
	}
	days := types.DaysOf(year, m, d)
	if !types.ValidDate(days) {
		return 0, dberr.Newf(dberr.DatetimeFieldOverflow, "date out of range: %d-%02d-%02d", y, m, d)
	}
	return days, nil
}

// makeTime checks the arguments of make_timestamp and returns wall clock time.
func makeTime(a []types.Value) (int64, error) {
	days, err := makeDate(a[0].I, a[1].I, a[2].I)
	if err != nil {
		return 0, err
	}
	h, m, s := a[3].I, a[4].I, a[5].F
	if h < 0 || h > 24 || m < 0 || m > 59 || !(s >= 0 && s <= 60) || h == 24 && (m > 0 || s > 0) {
		return 0, dberr.Newf(dberr.DatetimeFieldOverflow, "time field value out of range: %d:%02d:%s", h, m, secondsText(s))
	}
	t := days*types.MicrosPerDay + h*types.MicrosPerHour + m*types.MicrosPerMinute + int64(math.RoundToEven(s*types.MicrosPerSecond))
	if days > 1.1e8 || !types.ValidTime(t) {
		return 0, tooFar(tsType)
	}
	return t, nil
}

// secondsText prints seconds with two digits before the point.
func secondsText(s float64) string {
	text := string(types.AppendFloat(nil, s, false))
	if whole, _, _ := strings.Cut(text, "."); len(whole) < 2 {
		text = "0" + text
	}
	return text
}

// registerMakers adds make_date and its kin, and the conversions of zones.
func registerMakers() {
	i, f := types.Int32, types.Float64
	register(
		rowFn("make_date", ids(i, i, i), types.Date, func(_ *Env, a []types.Value) (types.Value, error) {
			d, err := makeDate(a[0].I, a[1].I, a[2].I)
			return types.IntValue(dateType, d), err
		}),
		rowFn("make_timestamp", ids(i, i, i, i, i, f), types.Timestamp, func(_ *Env, a []types.Value) (types.Value, error) {
			t, err := makeTime(a)
			return types.IntValue(tsType, t), err
		}),
		&Function{Name: "make_timestamptz", Params: ids(i, i, i, i, i, f), Ret: types.TimestampTZ, Volatility: Stable, row: func(env *Env, a []types.Value) (types.Value, error) {
			t, err := makeTime(a)
			return types.IntValue(tzType, types.ToUTC(env.zone(), t)), err
		}},
		stableFn("make_timestamptz", ids(i, i, i, i, i, f, types.Text), types.TimestampTZ, func(_ *Env, a []types.Value) (types.Value, error) {
			t, err := makeTime(a)
			if err != nil {
				return a[0], err
			}
			zone, err := types.LoadZone(a[6].S, true)
			return types.IntValue(tzType, types.ToUTC(zone, t)), err
		}),
		rowFn("to_timestamp", ids(f), types.TimestampTZ, epochToTime),
		rowFn("timezone", ids(types.Text, types.Timestamp), types.TimestampTZ, func(_ *Env, a []types.Value) (types.Value, error) {
			zone, err := types.LoadZone(a[0].S, false)
			return types.IntValue(tzType, types.ToUTC(zone, a[1].I)), err
		}),
		rowFn("timezone", ids(types.Text, types.TimestampTZ), types.Timestamp, func(_ *Env, a []types.Value) (types.Value, error) {
			zone, err := types.LoadZone(a[0].S, false)
			return types.IntValue(tsType, types.ToLocal(zone, a[1].I)), err
		}),
		rowFn("timezone", ids(types.Interval, types.Timestamp), types.TimestampTZ, func(_ *Env, a []types.Value) (types.Value, error) {
			return types.IntValue(tzType, a[1].I-a[0].Iv.Micros), nil
		}),
		rowFn("timezone", ids(types.Interval, types.TimestampTZ), types.Timestamp, func(_ *Env, a []types.Value) (types.Value, error) {
			return types.IntValue(tsType, a[1].I+a[0].Iv.Micros), nil
		}),
		&Function{Name: "timezone", Params: ids(types.Timestamp), Ret: types.TimestampTZ, Volatility: Stable, row: func(env *Env, a []types.Value) (types.Value, error) {
			return types.IntValue(tzType, types.ToUTC(env.zone(), a[0].I)), nil
		}},
		&Function{Name: "timezone", Params: ids(types.TimestampTZ), Ret: types.Timestamp, Volatility: Stable, row: func(env *Env, a []types.Value) (types.Value, error) {
			return types.IntValue(tsType, types.ToLocal(env.zone(), a[0].I)), nil
		}},
		testFn("isfinite", types.Date, func(d int32) bool { return !types.IsInfDate(int64(d)) }),
	)
	for _, id := range ids(types.Timestamp, types.TimestampTZ) {
		register(testFn("isfinite", id, func(t int64) bool { return !types.IsInfTime(t) }))
	}
	register(rowFn("isfinite", ids(types.Interval), types.Bool, func(*Env, []types.Value) (types.Value, error) {
		return types.BoolValue(true), nil
	}))
	for n := 0; n <= 7; n++ {
		p := ids(i, i, i, i, i, i, f)[:n]
		register(rowFn("make_interval", p, types.Interval, makeInterval))
	}
}

// epochToTime is to_timestamp(seconds).
func epochToTime(_ *Env, a []types.Value) (types.Value, error) {
	s := a[0].F
	switch {
	case math.IsNaN(s):
		return a[0], dberr.New(dberr.DatetimeFieldOverflow, "timestamp cannot be NaN")
	case math.IsInf(s, 1):
		return types.IntValue(tzType, types.PosInfTime), nil
	case math.IsInf(s, -1):
		return types.IntValue(tzType, types.NegInfTime), nil
	}
	micros := math.RoundToEven(s * types.MicrosPerSecond)
	if !(math.Abs(micros) < 9.2e18) || !types.ValidTime(int64(micros)) {
		return a[0], dberr.Newf(dberr.DatetimeFieldOverflow, "timestamp out of range: \"%s\"", types.AppendFloat(nil, s, false))
	}
	return types.IntValue(tzType, int64(micros)), nil
}

// makeInterval is make_interval(years, months, weeks, days, hours, mins, secs).
func makeInterval(_ *Env, a []types.Value) (types.Value, error) {
	var n [6]int64
	for i := range min(len(a), 6) {
		n[i] = a[i].I
	}
	secs := 0.0
	if len(a) > 6 {
		secs = a[6].F
	}
	months, days := n[0]*12+n[1], n[2]*7+n[3]
	micros := math.RoundToEven(secs * types.MicrosPerSecond)
	if months != int64(int32(months)) || days != int64(int32(days)) || !isFinite(secs) || math.Abs(micros) > 9e18 {
		return a[0], intervalOutOfRange()
	}
	return types.SpanValue(types.IntervalValue{Months: int32(months), Days: int32(days),
		Micros: n[4]*types.MicrosPerHour + n[5]*types.MicrosPerMinute + int64(micros)}), nil
}
