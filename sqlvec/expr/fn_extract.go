package expr

import (
	"strings"
	"time"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// fieldScale is the digits after the point that extract gives for a field.
func fieldScale(field string) int {
	switch field {
	case "second", "epoch":
		return 6
	case "milliseconds":
		return 3
	}
	return 0
}

// fieldNames maps the spellings of fields to one.
var fieldNames = map[string]string{
	"years": "year", "yr": "year", "yrs": "year", "y": "year", "months": "month", "mon": "month", "mons": "month",
	"days": "day", "d": "day", "hours": "hour", "hr": "hour", "hrs": "hour", "h": "hour",
	"minutes": "minute", "min": "minute", "mins": "minute", "m": "minute",
	"seconds": "second", "sec": "second", "secs": "second", "s": "second",
	"msec": "milliseconds", "msecs": "milliseconds", "ms": "milliseconds", "millisecond": "milliseconds",
	"usec": "microseconds", "usecs": "microseconds", "us": "microseconds", "microsecond": "microseconds",
	"weeks": "week", "w": "week", "quarters": "quarter", "qtr": "quarter", "decades": "decade", "dec": "decade",
	"centuries": "century", "cent": "century", "c": "century", "millennia": "millennium", "mil": "millennium", "mils": "millennium",
}

// fieldName returns the canonical name of a field.
func fieldName(s string) string {
	s = strings.ToLower(s)
	if n, ok := fieldNames[s]; ok {
		return n
	}
	return s
}

func init() {
	for _, id := range ids(types.Date, types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ, types.Interval) {
		vol := Immutable
		if id == types.TimestampTZ {
			vol = Stable
		}
		register(
			&Function{Name: "extract", Params: ids(types.Text, id), Ret: types.Numeric, Volatility: vol, refine: extractType, eval: extractEval, costly: true},
			&Function{Name: "date_part", Params: ids(types.Text, id), Ret: types.Float64, Volatility: vol, eval: datePartEval, costly: true},
		)
	}
	register(
		&Function{Name: "date_trunc", Params: ids(types.Text, types.Timestamp), Ret: types.Timestamp, eval: truncEval, costly: true},
		&Function{Name: "date_trunc", Params: ids(types.Text, types.TimestampTZ), Ret: types.TimestampTZ, Volatility: Stable, eval: truncEval, costly: true},
		rowFn("date_trunc", ids(types.Text, types.TimestampTZ, types.Text), types.TimestampTZ, truncInZone),
		rowFn("date_trunc", ids(types.Text, types.Interval), types.Interval, truncInterval),
		binFn("date_bin", ids(types.Interval, types.Timestamp, types.Timestamp), dateBin),
		binFn("date_bin", ids(types.Interval, types.TimestampTZ, types.TimestampTZ), dateBin),
		&Function{Name: "age", Params: ids(types.Timestamp, types.Timestamp), Ret: types.Interval, eval: ageEval, costly: true},
		&Function{Name: "age", Params: ids(types.TimestampTZ, types.TimestampTZ), Ret: types.Interval, Volatility: Stable, row: func(env *Env, a []types.Value) (types.Value, error) {
			return age(types.ToLocal(env.zone(), a[0].I), types.ToLocal(env.zone(), a[1].I))
		}},
		&Function{Name: "age", Params: ids(types.Timestamp), Ret: types.Interval, Volatility: Stable, row: func(env *Env, a []types.Value) (types.Value, error) {
			return age(midnight(env), a[0].I)
		}},
		&Function{Name: "age", Params: ids(types.TimestampTZ), Ret: types.Interval, Volatility: Stable, row: func(env *Env, a []types.Value) (types.Value, error) {
			return age(midnight(env), types.ToLocal(env.zone(), a[0].I))
		}},
	)
}

// midnight returns the start of the current day on the session's clock.
func midnight(env *Env) int64 {
	return types.TimeToDate(types.ToLocal(env.zone(), env.Now)) * types.MicrosPerDay
}

// extractType returns the type of extract: its scale follows from the field.
func extractType(c *Call) types.Type {
	f, ok := c.Args[0].(*Const)
	if !ok || !f.Value.Valid {
		return types.T(types.Numeric)
	}
	name := fieldName(f.Value.S)
	if _, ok := fieldOf(name, types.IntervalValue{}); !ok && name != "epoch" && !plainField(name) {
		return types.T(types.Numeric)
	}
	if id := c.Args[1].Type().ID; unboundedField(name) && id != types.Interval && id != types.Time && id != types.TimeTZ {
		return types.T(types.Numeric) // infinity has such fields, and they are infinite
	}
	return types.Dec(types.MaxScaledPrec, fieldScale(name))
}

// unboundedField reports whether a field grows without bound, so that infinity's is
// infinite. The other fields of infinity are NULL.
func unboundedField(name string) bool {
	switch name {
	case "year", "decade", "century", "millennium", "julian", "isoyear", "epoch":
		return true
	}
	return false
}

// plainField reports whether a field exists for times but not for intervals.
func plainField(name string) bool {
	switch name {
	case "week", "dow", "isodow", "doy", "isoyear", "timezone", "timezone_hour", "timezone_minute":
		return true
	}
	return false
}

// extractEval computes extract over a vector.
func extractEval(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
	if args[0].Form == vec.Const && args[1].Type.Class() == types.Span {
		if out, ok := intervalFields(f, fieldName(string(args[0].Bytes(0))), &args[1]); ok {
			return out, nil
		}
	}
	if args[0].Form != vec.Const || args[1].Type.Class() == types.Span {
		return eachRow(f, extractRow(c.Typ), c.Typ, args, sel)
	}
	name := fieldName(string(args[0].Bytes(0)))
	if name == "julian" && args[1].Type.ID != types.Time {
		return eachRow(f, extractRow(c.Typ), c.Typ, args, sel)
	}
	date := args[1].Type.ID == types.Date
	scale := fieldScale(name)
	if date && name == "epoch" {
		scale = 0
	}
	out, dst := fixed[int64](f, types.Dec(types.MaxScaledPrec, scale))
	x := int64s(f, &args[1])
	if finiteTimes(f, args[1].Type, x, sel) != nil {
		return eachRow(f, extractRow(c.Typ), c.Typ, args, sel)
	}
	get, ok := fieldOfType(f.env, name, args[1].Type)
	if !ok {
		return out, badField(name, args[1].Type)
	}
	for i, t := range x {
		dst[i] = 0
		if has(sel, i) {
			dst[i] = get(t)
		}
	}
	return out, nil
}

// intervalFields is extractEval for fields of intervals that are whole numbers.
func intervalFields(f *frame, name string, v *vec.Vec) (out vec.Vec, ok bool) {
	if _, ok := fieldOf(name, types.IntervalValue{}); !ok || fieldScale(name) > 0 {
		return out, false
	}
	out, dst := fixed[int64](f, types.Dec(types.MaxScaledPrec, 0))
	flat := flatten(f, v)
	for i, iv := range vec.Of[vec.Span](&flat)[:f.n] {
		dst[i], _ = fieldOf(name, iv)
	}
	return out, true
}

// badField is the error of a field that the type does not have.
func badField(name string, t types.Type) error {
	switch {
	case name == "timezone" || name == "timezone_hour" || name == "timezone_minute" || plainField(name) || t.ID == types.Date && isTimeField(name), isClock(t) && knownField(name):
		return dberr.Newf(dberr.FeatureNotSupported, "unit \"%s\" not supported for type %s", name, t)
	}
	return dberr.Newf(dberr.InvalidParameterValue, "unit \"%s\" not recognized for type %s", name, t)
}

// knownField reports whether a field exists for some type.
func knownField(name string) bool {
	_, ok := fieldOf(name, types.IntervalValue{})
	return ok || plainField(name) || unboundedField(name)
}

// isTimeField reports whether a field is part of the time of day.
func isTimeField(name string) bool {
	switch name {
	case "hour", "minute", "second", "milliseconds", "microseconds":
		return true
	}
	return false
}

// extractRow computes extract for one row; the result is of type typ.
func extractRow(typ types.Type) rowFunc {
	return func(env *Env, a []types.Value) (types.Value, error) {
		d, null, err := extractDecimal(env, fieldName(a[0].S), a[1])
		if err != nil || null {
			return types.NullOf(typ), err
		}
		return types.NumericValue(typ, d)
	}
}

// extractDecimal computes a field of any time or interval.
func extractDecimal(env *Env, name string, v types.Value) (d types.Decimal, null bool, err error) {
	scale := fieldScale(name)
	switch {
	case v.Type.ID == types.Interval:
		i, ok := fieldOf(name, v.Iv)
		if name == "epoch" {
			return intervalEpoch(v.Iv), false, nil
		}
		if !ok {
			return d, false, badField(name, v.Type)
		}
		return types.DecimalFromInt(i, scale), false, nil
	case v.Type.ID == types.Date && types.IsInfDate(v.I), v.Type.ID != types.Date && !isClock(v.Type) && types.IsInfTime(v.I):
		return infiniteField(name, v)
	case name == "julian" && !isClock(v.Type):
		return julian(env, v), false, nil
	case v.Type.ID == types.Date && name == "epoch":
		scale = 0
	}
	i, ok := fieldOfTime(env, name, v.Type, v.I)
	if !ok {
		return d, false, badField(name, v.Type)
	}
	return types.DecimalFromInt(i, scale), false, nil
}

// infiniteField is a field of infinity: infinite where it grows without bound,
// otherwise NULL.
func infiniteField(name string, v types.Value) (types.Decimal, bool, error) {
	if unboundedField(name) {
		if v.I > 0 {
			return types.Infinity, false, nil
		}
		return types.NegInfinity, false, nil
	}
	if _, ok := fieldOfTime(&Env{}, name, v.Type, 0); !ok {
		return types.Decimal{}, false, badField(name, v.Type)
	}
	return types.Decimal{}, true, nil
}

// julian is the Julian day, with the time as a fraction.
func julian(env *Env, v types.Value) types.Decimal {
	if v.Type.ID == types.Date {
		return types.DecimalFromInt(v.I+2440588, 0)
	}
	t := v.I
	if v.Type.ID == types.TimestampTZ {
		t = types.ToLocal(env.zone(), t)
	}
	days, rest := types.SplitDay(t)
	day := types.DecimalFromInt(days+2440588, 0)
	q, err := types.DecimalFromInt(rest, 0).Div(types.DecimalFromInt(types.MicrosPerDay, 0))
	if err != nil {
		return day
	}
	return day.Add(q)
}

// fieldOfTime returns a field of a DATE, TIMESTAMP or TIMESTAMPTZ × 10^fieldScale.
func fieldOfTime(env *Env, name string, t types.Type, v int64) (int64, bool) {
	get, ok := fieldOfType(env, name, t)
	if !ok {
		return 0, false
	}
	return get(v), true
}

// fieldOfType returns what gives a field of finite values of a type × 10^fieldScale, false for a field that the type
// does not have.
func fieldOfType(env *Env, name string, t types.Type) (get func(v int64) int64, ok bool) {
	switch t.ID {
	case types.Date:
		if name == "epoch" {
			return func(v int64) int64 { return v * 86400 }, true
		}
		return fieldOfDay(name)
	case types.Time:
		if name == "epoch" {
			return func(v int64) int64 { return v }, true
		}
		return fieldOfClock(name)
	case types.TimeTZ:
		return fieldOfTimeTZ(name)
	case types.TimestampTZ:
		zone := env.zone()
		if get := fieldOfOffset(name); get != nil {
			return func(v int64) int64 { return get(types.OffsetAt(zone, v)) }, true
		}
		if of, ok := fieldOfType(env, name, tsType); ok && name != "epoch" {
			return func(v int64) int64 { return of(types.ToLocal(zone, v)) }, true
		}
	}
	if name == "epoch" {
		return func(v int64) int64 { return v }, true
	}
	if of, ok := fieldOfClock(name); ok {
		return func(v int64) int64 {
			_, rest := types.SplitDay(v)
			return of(rest)
		}, true
	}
	of, ok := fieldOfDay(name)
	return func(v int64) int64 {
		days, _ := types.SplitDay(v)
		return of(days)
	}, ok
}

// fieldOfOffset returns what gives a field of the seconds east of Greenwich, nil for other fields.
func fieldOfOffset(name string) func(offset int64) int64 {
	switch name {
	case "timezone":
		return func(offset int64) int64 { return offset }
	case "timezone_hour":
		return func(offset int64) int64 { return offset / 3600 }
	case "timezone_minute":
		return func(offset int64) int64 { return offset / 60 % 60 }
	}
	return nil
}

// fieldOfTimeTZ returns what gives a field of a TIMETZ × 10^fieldScale.
func fieldOfTimeTZ(name string) (func(v int64) int64, bool) {
	if name == "epoch" {
		return func(v int64) int64 {
			clock, east := types.SplitTimeTZ(v)
			return clock - east*types.MicrosPerSecond
		}, true
	}
	if get := fieldOfOffset(name); get != nil {
		return func(v int64) int64 {
			_, east := types.SplitTimeTZ(v)
			return get(east)
		}, true
	}
	get, ok := fieldOfClock(name)
	return func(v int64) int64 {
		clock, _ := types.SplitTimeTZ(v)
		return get(clock)
	}, ok
}

// fieldOfClock returns what gives a field of a time of day.
func fieldOfClock(name string) (func(micros int64) int64, bool) {
	switch name {
	case "hour":
		return func(micros int64) int64 { return micros / types.MicrosPerHour }, true
	case "minute":
		return func(micros int64) int64 { return micros / types.MicrosPerMinute % 60 }, true
	}
	return func(micros int64) int64 { return micros % types.MicrosPerMinute }, isTimeField(name) // seconds, scaled to a whole number
}

// fieldOfDay returns what gives a field of a date.
func fieldOfDay(name string) (func(days int64) int64, bool) {
	switch name {
	case "dow":
		return types.Weekday, true
	case "isodow":
		return func(days int64) int64 { return (types.Weekday(days)+6)%7 + 1 }, true
	case "week":
		return func(days int64) int64 { _, w := types.ISOWeek(days); return w }, true
	case "isoyear":
		return func(days int64) int64 { y, _ := types.ISOWeek(days); return shownYear(y) }, true
	case "doy":
		return func(days int64) int64 { y, _, _ := types.DateOf(days); return days - types.DaysOf(y, 1, 1) + 1 }, true
	}
	of, ok := fieldOfDate(name)
	return func(days int64) int64 { return of(types.DateOf(days)) }, ok
}

// fieldOfDate returns what gives a field of year, month and day.
func fieldOfDate(name string) (func(y, m, d int64) int64, bool) {
	switch name {
	case "year":
		return func(y, _, _ int64) int64 { return shownYear(y) }, true
	case "month":
		return func(_, m, _ int64) int64 { return m }, true
	case "day":
		return func(_, _, d int64) int64 { return d }, true
	case "quarter":
		return func(_, m, _ int64) int64 { return (m-1)/3 + 1 }, true
	case "decade":
		return func(y, _, _ int64) int64 { return floorDiv(y, 10) }, true
	case "century":
		return func(y, _, _ int64) int64 { return eraOf(y, 100) }, true
	case "millennium":
		return func(y, _, _ int64) int64 { return eraOf(y, 1000) }, true
	}
	return nil, false
}

// shownYear turns year 0, which is 1 BC, into -1.
func shownYear(y int64) int64 {
	if y <= 0 {
		return y - 1
	}
	return y
}

// eraOf returns the century or millennium of a year; there is no zeroth.
func eraOf(y, n int64) int64 {
	if y > 0 {
		return (y + n - 1) / n
	}
	return -((n - 1 - (y - 1)) / n)
}

// fieldOf returns a field of an interval × 10^fieldScale.
func fieldOf(name string, iv types.IntervalValue) (int64, bool) {
	years, months := int64(iv.Months)/12, int64(iv.Months)%12
	switch name {
	case "millennium":
		return years / 1000, true
	case "century":
		return years / 100, true
	case "decade":
		return years / 10, true
	case "year":
		return years, true
	case "quarter":
		return months/3 + 1, true
	case "month":
		return months, true
	case "day":
		return int64(iv.Days), true
	case "hour":
		return iv.Micros / types.MicrosPerHour, true
	case "minute":
		return iv.Micros / types.MicrosPerMinute % 60, true
	case "second", "milliseconds", "microseconds":
		return iv.Micros % types.MicrosPerMinute, true
	}
	return 0, false
}

// intervalEpoch is the length in seconds: a year has 365.25 days, a month 30.
func intervalEpoch(iv types.IntervalValue) types.Decimal {
	years, months := int64(iv.Months)/12, int64(iv.Months)%12
	quarterDays := years*1461 + months*120 + int64(iv.Days)*4 // in quarters of a day
	secs := types.DecimalFromInt(quarterDays*21600, 0)
	return secs.Add(types.DecimalFromInt(iv.Micros, 6))
}

// datePart is extract in double precision.
func datePart(env *Env, a []types.Value) (types.Value, error) {
	t := types.T(types.Float64)
	d, null, err := extractDecimal(env, fieldName(a[0].S), a[1])
	if err != nil || null {
		return types.NullOf(t), err
	}
	return types.FloatValue(t, d.Float()), nil
}

// truncDays cuts a day number to the start of a unit of days or longer.
func truncDays(unit string, days int64) (int64, bool) {
	y, m, _ := types.DateOf(days)
	switch unit {
	case "day":
		return days, true
	case "week":
		return days - (types.Weekday(days)+6)%7, true
	case "month":
		return types.DaysOf(y, m, 1), true
	case "quarter":
		return types.DaysOf(y, (m-1)/3*3+1, 1), true
	case "year":
		return types.DaysOf(y, 1, 1), true
	case "decade":
		return types.DaysOf(floorDiv(y, 10)*10, 1, 1), true
	case "century":
		return types.DaysOf(floorDiv(y-1, 100)*100+1, 1, 1), true
	case "millennium":
		return types.DaysOf(floorDiv(y-1, 1000)*1000+1, 1, 1), true
	}
	return 0, false
}

// truncMicros returns the length of a unit of less than a day.
func truncMicros(unit string) (int64, bool) {
	switch unit {
	case "hour":
		return types.MicrosPerHour, true
	case "minute":
		return types.MicrosPerMinute, true
	case "second":
		return types.MicrosPerSecond, true
	case "milliseconds":
		return 1000, true
	case "microseconds":
		return 1, true
	}
	return 0, false
}

// truncTime cuts a wall clock time to the start of a unit.
func truncTime(unit string, t int64) (int64, bool) {
	if types.IsInfTime(t) {
		return t, true
	}
	if n, ok := truncMicros(unit); ok {
		return floorDiv(t, n) * n, true
	}
	days, _ := types.SplitDay(t)
	d, ok := truncDays(unit, days)
	return d * types.MicrosPerDay, ok
}

// truncTZ cuts a time to the start of a unit on the clock of a zone.
func truncTZ(zone *time.Location, unit string, t int64) (int64, bool) {
	if zone == time.UTC || types.IsInfTime(t) {
		return truncTime(unit, t)
	}
	local := types.ToLocal(zone, t)
	r, ok := truncTime(unit, local)
	if _, short := truncMicros(unit); short {
		return t - (local - r), ok // the offset stays within the hour
	}
	return types.ToUTC(zone, r), ok
}

// truncEval is date_trunc over a vector.
func truncEval(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
	out, dst := fixed[int64](f, c.Typ)
	x := values[int64](f, &args[1])
	zone := time.UTC
	if c.Typ.ID == types.TimestampTZ {
		zone = f.env.zone()
	}
	if args[0].Form == vec.Const && zone == time.UTC && truncAll(dst, x, fieldName(string(args[0].Bytes(0)))) {
		return out, nil
	}
	unit := ""
	for i, t := range x {
		if !has(sel, i) {
			dst[i] = 0
			continue
		}
		if args[0].Form != vec.Const || unit == "" {
			unit = fieldName(string(args[0].Bytes(i)))
		}
		r, ok := truncTZ(zone, unit, t)
		if !ok {
			return out, badUnit(unit, c.Typ)
		}
		dst[i] = r
	}
	return out, nil
}

// truncAll cuts times to the start of a unit of at most a day, if it is one.
func truncAll(dst, x []int64, unit string) bool {
	n, ok := truncMicros(unit)
	if unit == "day" {
		n, ok = types.MicrosPerDay, true
	}
	if !ok {
		return false
	}
	kernel.ModConst(dst, x, n)
	for i, t := range x {
		rest := dst[i]
		rest += rest >> 63 & n
		if types.IsInfTime(t) {
			rest = 0
		}
		dst[i] = t - rest
	}
	return true
}

// badUnit is the error of a unit that date_trunc does not know.
func badUnit(unit string, t types.Type) error {
	if unit == "week" || strings.HasPrefix(unit, "timezone") {
		return dberr.Newf(dberr.FeatureNotSupported, "unit \"%s\" not supported for type %s", unit, t)
	}
	return dberr.Newf(dberr.InvalidParameterValue, "unit \"%s\" not recognized for type %s", unit, t)
}

// truncInZone is date_trunc with a zone.
func truncInZone(_ *Env, a []types.Value) (types.Value, error) {
	zone, err := types.LoadZone(a[2].S, false)
	if err != nil {
		return a[0], err
	}
	unit := fieldName(a[0].S)
	r, ok := truncTZ(zone, unit, a[1].I)
	if !ok {
		return a[0], badUnit(unit, tzType)
	}
	return types.IntValue(tzType, r), nil
}

// truncInterval cuts an interval to a unit.
func truncInterval(_ *Env, a []types.Value) (types.Value, error) {
	unit, iv := fieldName(a[0].S), a[1].Iv
	months := map[string]int32{"millennium": 12000, "century": 1200, "decade": 120, "year": 12, "quarter": 3, "month": 1}
	if n, ok := months[unit]; ok {
		return types.SpanValue(types.IntervalValue{Months: iv.Months / n * n}), nil
	}
	if unit == "day" {
		return types.SpanValue(types.IntervalValue{Months: iv.Months, Days: iv.Days}), nil
	}
	n, ok := truncMicros(unit)
	if !ok {
		return a[0], badUnit(unit, types.T(types.Interval))
	}
	iv.Micros = iv.Micros / n * n
	return types.SpanValue(iv), nil
}
