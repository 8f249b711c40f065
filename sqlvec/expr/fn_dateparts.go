package expr

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// The parts of dates and times that DuckDB's functions give and count, over whole vectors. Infinite times have none:
// their results are NULL.

// partFunctions are the functions that give one part of a time as BIGINT, and the part.
var partFunctions = map[string]string{"year": "year", "month": "month", "day": "day", "dayofmonth": "day", "quarter": "quarter",
	"week": "week", "weekofyear": "week", "dayofweek": "dow", "weekday": "dow", "isodow": "isodow", "dayofyear": "doy", "isoyear": "isoyear",
	"decade": "decade", "century": "century", "millennium": "millennium", "hour": "hour", "minute": "minute", "second": "second",
	"millisecond": "milliseconds", "microsecond": "microseconds"}

// partUnits are the microseconds that the parts of a minute are counted in.
var partUnits = map[string]int64{"second": types.MicrosPerSecond, "milliseconds": 1000, "microseconds": 1}

// finiteTimes returns which of the selected rows of times or dates x are finite; nil means all.
func finiteTimes(f *frame, t types.Type, x []int64, sel []uint64) []uint64 {
	infinite := types.IsInfTime
	switch {
	case isClock(t):
		return nil
	case t.ID == types.Date:
		infinite = types.IsInfDate
	}
	if len(x) > 0 {
		if lo, hi := kernel.MinMax(x); !infinite(lo) && !infinite(hi) { // which would be the least and the greatest
			return nil
		}
	}
	first := firstRow(f.n, sel, func(i int) bool { return infinite(x[i]) })
	if first < 0 {
		return nil
	}
	w := f.words()
	clear(w)
	for i, t := range x {
		if !infinite(t) {
			w[i>>6] |= 1 << (uint(i) & 63)
		}
	}
	return w
}

// wallTimes returns dates and times as wall clock time, microseconds, and which of the selected rows are finite; nil
// means all.
func wallTimes(f *frame, v *vec.Vec, sel []uint64) (t []int64, finite []uint64) {
	x := int64s(f, v)
	finite = finiteTimes(f, v.Type, x, sel)
	if v.Type.ID == types.Timestamp {
		return x, finite
	}
	_, t = fixed[int64](f, tsType)
	if v.Type.ID == types.Date {
		for i, days := range x {
			t[i] = days * types.MicrosPerDay
		}
		return t, finite
	}
	zone := f.env.zone()
	for i, utc := range x {
		t[i] = 0
		if has(sel, i) && has(finite, i) {
			t[i] = types.ToLocal(zone, utc)
		}
	}
	return t, finite
}

// partOf makes a function that gives one part of a time, whole.
func partOf(field string) evalFunc {
	return func(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
		v := &args[0]
		out, dst := fixed[int64](f, c.Typ)
		x := int64s(f, v)
		out.Valid = finiteTimes(f, v.Type, x, sel)
		if v.Type.ID == types.Date && isTimeField(field) {
			clear(dst)
			return out, nil
		}
		get, ok := fieldOfType(f.env, field, v.Type)
		if !ok {
			return out, badField(field, v.Type)
		}
		for i, t := range x {
			dst[i] = 0
			if has(sel, i) && has(out.Valid, i) {
				dst[i] = get(t)
			}
		}
		if unit := partUnits[field]; unit > 1 {
			for i := range dst {
				dst[i] /= unit
			}
		}
		return out, nil
	}
}

// epochIn makes a function that gives the time since 1970 in units of div microseconds, or in mul parts of one.
func epochIn(div, mul int64) evalFunc {
	return func(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
		v := &args[0]
		out, dst := fixed[int64](f, c.Typ)
		x := int64s(f, v)
		out.Valid = finiteTimes(f, v.Type, x, sel)
		unit := int64(1)
		if v.Type.ID == types.Date {
			unit = types.MicrosPerDay
		}
		for i, t := range x {
			dst[i] = 0
			if !has(sel, i) || !has(out.Valid, i) {
				continue
			}
			units := floorDiv(t*unit, div)
			if dst[i] = units * mul; dst[i]/mul != units {
				return out, dberr.New(dberr.NumericValueOutOfRange, "bigint out of range")
			}
		}
		return out, nil
	}
}

// epochSeconds gives the seconds since 1970.
func epochSeconds(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
	v := args[0]
	out, err := datePartEval(f, c, []vec.Vec{vec.Repeat(textValue("epoch"), f.n), v}, sel)
	out.Valid = bothValid(f, out.Valid, finiteTimes(f, v.Type, int64s(f, &v), sel))
	return out, err
}

// datePartEval is extract in double precision. A date is the start of its day.
func datePartEval(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
	if args[1].Type.ID == types.Date {
		valid := args[1].Valid
		t, err := castTimes(f, &args[1], tsType, active(f, sel, spread(f, &args[1])), false)
		if err != nil {
			return t, err
		}
		t.Valid = valid
		args = []vec.Vec{args[0], t}
	}
	scaled := *c
	scaled.Typ = types.T(types.Numeric)
	v, err := extractEval(f, &scaled, args, sel)
	if err != nil {
		return v, err
	}
	if v.Type.IsScaled() {
		out := castToFloat(f, &v, c.Typ)
		out.Valid = v.Valid
		secondsAsDoubles(f, args, &v, &out)
		return out, nil
	}
	return eachRow(f, datePart, c.Typ, args, sel)
}

// secondsAsDoubles makes seconds and milliseconds what PostgreSQL adds up in doubles: whole seconds and the rest. v has
// the microseconds of the minute.
func secondsAsDoubles(f *frame, args []vec.Vec, v, out *vec.Vec) {
	if args[0].Form != vec.Const {
		return
	}
	unit := 0.0 // of a second
	switch fieldName(string(args[0].Bytes(0))) {
	case "second":
		unit = 1
	case "milliseconds":
		unit = 1000
	default:
		return
	}
	dst := vec.Of[float64](out)
	for i, micros := range values[int64](f, v) {
		seconds := micros / types.MicrosPerSecond
		dst[i] = float64(seconds)*unit + float64(micros-seconds*types.MicrosPerSecond)/(types.MicrosPerSecond/unit)
	}
}

// partCounter returns what counts the named part between two times, false for a name that is none.
type partCounter func(part string) (count func(from, to int64) int64, ok bool)

// partsBetween makes a function of the name of a part and two times.
func partsBetween(counter partCounter) evalFunc {
	return func(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
		out, dst := fixed[int64](f, c.Typ)
		if args[0].Form == vec.Const && args[1].Type.ID == types.Date && countedPart(string(args[0].Bytes(0))) == "day" {
			from, to := int64s(f, &args[1]), int64s(f, &args[2])
			out.Valid = bothValid(f, finiteTimes(f, args[1].Type, from, sel), finiteTimes(f, args[2].Type, to, sel))
			for i := range dst {
				dst[i] = to[i] - from[i]
			}
			return out, nil
		}
		from, finite := wallTimes(f, &args[1], sel)
		to, finite2 := wallTimes(f, &args[2], sel)
		out.Valid = bothValid(f, finite, finite2)
		var count func(from, to int64) int64
		name := ""
		for i := range dst {
			dst[i] = 0
			if !has(sel, i) || !has(out.Valid, i) {
				continue
			}
			if count == nil || args[0].Form != vec.Const && name != string(args[0].Bytes(i)) {
				var ok bool
				name = string(args[0].Bytes(i))
				if count, ok = counter(countedPart(name)); !ok {
					return out, badUnit(fieldName(name), args[1].Type)
				}
			}
			dst[i] = count(from[i], to[i])
		}
		return out, nil
	}
}

// countedPart returns the unit of time that the name of a part counts.
func countedPart(name string) string {
	switch name = fieldName(name); name {
	case "dow", "isodow", "doy", "dayofweek", "weekday", "dayofyear", "dayofmonth":
		return "day"
	case "yearweek", "weekofyear":
		return "week"
	case "epoch":
		return "second"
	}
	return name
}

// boundaries counts the starts of a part between two times. Weeks are seven days, whatever day they begin with.
func boundaries(part string) (func(from, to int64) int64, bool) {
	if part == "week" {
		return func(from, to int64) int64 { return (dayOf(to) - dayOf(from)) / 7 }, true
	}
	number, ok := partNumber(part)
	return func(from, to int64) int64 { return number(to) - number(from) }, ok
}

// dayOf returns the day of a wall clock time.
func dayOf(t int64) int64 {
	days, _ := types.SplitDay(t)
	return days
}

// monthOf numbers the months of wall clock times.
func monthOf(t int64) int64 {
	y, m, _ := types.DateOf(dayOf(t))
	return y*12 + m - 1
}

// partNumber returns what numbers the parts of time: the years, the hours, and so on.
func partNumber(part string) (func(t int64) int64, bool) {
	if n, ok := truncMicros(part); ok {
		return func(t int64) int64 { return floorDiv(t, n) }, true
	}
	switch part {
	case "day":
		return dayOf, true
	case "isoyear":
		return func(t int64) int64 { y, _ := types.ISOWeek(dayOf(t)); return y }, true
	}
	n, ok := partMonths(part)
	return func(t int64) int64 { return floorDiv(monthOf(t), n) }, ok
}

// partMonths returns the months of a part of a month or longer.
func partMonths(part string) (int64, bool) {
	n, ok := map[string]int64{"month": 1, "quarter": 3, "year": 12, "isoyear": 12, "decade": 120, "century": 1200, "millennium": 12000}[part]
	return n, ok
}

// wholeParts counts the whole parts that pass from one time to another.
func wholeParts(part string) (func(from, to int64) int64, bool) {
	n, ok := truncMicros(part)
	switch part {
	case "day":
		n, ok = types.MicrosPerDay, true
	case "week":
		n, ok = 7*types.MicrosPerDay, true
	}
	if ok {
		return func(from, to int64) int64 { return (to - from) / n }, true
	}
	n, ok = partMonths(part)
	return func(from, to int64) int64 { return wholeMonths(from, to) / n }, ok
}

// wholeMonths returns the most months that can be added to from without passing to.
func wholeMonths(from, to int64) int64 {
	days, rest := types.SplitDay(from)
	after := func(months int64) int64 { return addMonths(days, months)*types.MicrosPerDay + rest }
	switch n := monthOf(to) - monthOf(from); {
	case n > 0 && after(n) > to:
		return n - 1
	case n < 0 && after(n) < to:
		return n + 1
	default:
		return n
	}
}
