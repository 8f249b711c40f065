package expr

import (
	"fmt"
	"strconv"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// The functions of dates and times that DuckDB has and PostgreSQL has not, with DuckDB's
// results. A TIMESTAMPTZ is read on the clock of the session's zone.

func init() {
	part := types.Text
	for _, id := range ids(types.Date, types.Timestamp, types.TimestampTZ) {
		vol := Immutable
		if id == types.TimestampTZ {
			vol = Stable
		}
		add := func(name string, ret types.ID, fn rowFunc, params ...types.ID) {
			register(&Function{Name: name, Params: params, Ret: ret, Volatility: vol, row: fn})
		}
		over := func(name string, ret types.ID, eval evalFunc, params ...types.ID) {
			register(&Function{Name: name, Params: params, Ret: ret, Volatility: vol, eval: eval, costly: true})
		}
		for _, name := range []string{"date_diff", "datediff"} {
			over(name, types.Int64, partsBetween(boundaries), part, id, id)
		}
		for _, name := range []string{"date_sub", "datesub"} {
			over(name, types.Int64, partsBetween(wholeParts), part, id, id)
		}
		for at, fn := range []*Function{
			appending("strftime", ids(id, types.Text), func(env *Env, dst []byte, a []types.Value) ([]byte, error) { return strftime(env, dst, a[0], a[1].S) }),
			appending("strftime", ids(types.Text, id), func(env *Env, dst []byte, a []types.Value) ([]byte, error) { return strftime(env, dst, a[1], a[0].S) }),
		} {
			fn.Volatility, fn.coarse = vol, formatUnit(at, 1-at)
			register(fn)
		}
		add("dayname", types.Text, clockText(func(c *clockFace) string { return dayNames[types.Weekday(c.days)] }), id)
		add("monthname", types.Text, clockText(func(c *clockFace) string { return monthNames[c.month-1] }), id)
		add("last_day", types.Date, lastDay, id)
		over("epoch_ms", types.Int64, epochIn(1000, 1), id)
		over("epoch_us", types.Int64, epochIn(1, 1), id)
		over("epoch_ns", types.Int64, epochIn(1, 1000), id)
		over("epoch", types.Float64, epochSeconds, id)
		for name, field := range partFunctions {
			over(name, types.Int64, partOf(field), id)
		}
	}
	for _, name := range []string{"hour", "minute", "second", "millisecond", "microsecond"} {
		register(&Function{Name: name, Params: ids(types.Time), Ret: types.Int64, eval: partOf(partFunctions[name]), costly: true})
	}
	register(
		rowFn("strptime", ids(types.Text, types.Text), types.Timestamp, func(_ *Env, a []types.Value) (types.Value, error) {
			t, err := strptime(a[0].S, a[1].S)
			return types.IntValue(tsType, t), err
		}),
		rowFn("try_strptime", ids(types.Text, types.Text), types.Timestamp, func(_ *Env, a []types.Value) (types.Value, error) {
			t, err := strptime(a[0].S, a[1].S)
			if dberr.CodeOf(err) == dberr.InvalidDatetimeFormat {
				return types.NullOf(tsType), nil
			}
			return types.IntValue(tsType, t), err
		}),
		rowFn("time_bucket", ids(types.Interval, types.Date), types.Date, dayBucket),
		binFn("time_bucket", ids(types.Interval, types.Timestamp), timeBucket),
		binFn("time_bucket", ids(types.Interval, types.TimestampTZ), timeBucket),
		rowFn("make_timestamp", ids(types.Int64), types.Timestamp, func(_ *Env, a []types.Value) (types.Value, error) {
			if !types.ValidTime(a[0].I) {
				return a[0], tooFar(tsType)
			}
			return types.IntValue(tsType, a[0].I), nil
		}),
	)
	for name, iv := range map[string]types.IntervalValue{"to_years": {Months: 12}, "to_months": {Months: 1}, "to_weeks": {Days: 7}, "to_days": {Days: 1},
		"to_quarters": {Months: 3}, "to_decades": {Months: 120}, "to_centuries": {Months: 1200}, "to_millennia": {Months: 12000}} {
		register(rowFn(name, ids(types.Int32), types.Interval, func(_ *Env, a []types.Value) (types.Value, error) {
			months, days := int64(iv.Months)*a[0].I, int64(iv.Days)*a[0].I
			if months != int64(int32(months)) || days != int64(int32(days)) {
				return a[0], intervalOutOfRange()
			}
			return types.SpanValue(types.IntervalValue{Months: int32(months), Days: int32(days)}), nil
		}))
	}
	for name, n := range map[string]float64{"to_hours": types.MicrosPerHour, "to_minutes": types.MicrosPerMinute, "to_seconds": types.MicrosPerSecond,
		"to_milliseconds": 1000, "to_microseconds": 1} {
		register(rowFn(name, ids(types.Float64), types.Interval, func(_ *Env, a []types.Value) (types.Value, error) {
			return spanResult(scaleInterval(types.IntervalValue{Micros: int64(n)}, a[0].F, 0))
		}))
	}
}

// wallTime returns a DATE, TIMESTAMP or TIMESTAMPTZ as wall clock time, microseconds; ok is
// false when it is infinite.
func wallTime(env *Env, v types.Value) (t int64, ok bool) {
	switch v.Type.ID {
	case types.Date:
		return v.I * types.MicrosPerDay, !types.IsInfDate(v.I)
	case types.TimestampTZ:
		if types.IsInfTime(v.I) {
			return 0, false
		}
		return types.ToLocal(env.zone(), v.I), true
	}
	return v.I, !types.IsInfTime(v.I)
}

// clockText makes a function that gives a text of a time, NULL of an infinite one.
func clockText(fn func(*clockFace) string) rowFunc {
	return func(env *Env, a []types.Value) (types.Value, error) {
		t, ok := wallTime(env, a[0])
		if !ok {
			return types.NullOf(types.T(types.Text)), nil
		}
		c := newClock(env, types.IntValue(tsType, t))
		return textValue(fn(&c)), nil
	}
}

// lastDay returns the last day of the month.
func lastDay(env *Env, a []types.Value) (types.Value, error) {
	t, ok := wallTime(env, a[0])
	if !ok {
		return types.NullOf(dateType), nil
	}
	days, _ := types.SplitDay(t)
	y, m, _ := types.DateOf(days)
	return types.IntValue(dateType, types.DaysOf(y, m, types.DaysInMonth(y, m))), nil
}

// badSpecifier is the error of a format that strftime and strptime do not know.
func badSpecifier(spec string) error {
	return dberr.Newf(dberr.InvalidParameterValue, "unrecognized format for strftime or strptime: \"%s\"", spec)
}

// formatPart is a specifier of strftime and strptime, or a literal byte.
type formatPart struct {
	spec byte // 0: lit
	bare bool // -: no zeros in front
	lit  byte
}

// splitFormat takes a format of strftime apart. The forms %c, %x and %X stand for others.
func splitFormat(format string) ([]formatPart, error) {
	format = strings.NewReplacer("%%", "%%", "%c", "%Y-%m-%d %H:%M:%S", "%x", "%Y-%m-%d", "%X", "%H:%M:%S").Replace(format)
	var parts []formatPart
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			parts = append(parts, formatPart{lit: format[i]})
			continue
		}
		p, start := formatPart{}, i
		if i++; i < len(format) && format[i] == '-' {
			p.bare = true
			i++
		}
		if i == len(format) || !strings.ContainsRune("aAbBdfgGHIjmMnpSuUVwWyYzZ%", rune(format[i])) || p.bare && !strings.ContainsRune("dHIjmMSy", rune(format[i])) {
			return nil, badSpecifier(format[start:min(i+1, len(format))])
		}
		if p.spec = format[i]; p.spec == '%' {
			p = formatPart{lit: '%'}
		}
		parts = append(parts, p)
	}
	return parts, nil
}

var keptFormats keptTemplates[[]formatPart]

// strftime appends a time by a format of C; an infinite one as it is.
func strftime(env *Env, dst []byte, v types.Value, format string) ([]byte, error) {
	parts, err := keptFormats.get(format, splitFormat)
	if err != nil {
		return dst, err
	}
	if _, ok := wallTime(env, v); !ok {
		return types.Context{}.Append(dst, v), nil
	}
	if v.Type.ID == types.Date {
		v = types.IntValue(tsType, v.I*types.MicrosPerDay)
	}
	c := newClock(env, v)
	for _, p := range parts {
		if p.spec == 0 {
			dst = append(dst, p.lit)
			continue
		}
		dst = c.appendPart(dst, p)
	}
	return dst, nil
}

// appendPadded appends n with zeros in front, width characters at least.
func appendPadded(b []byte, n int64, width int) []byte {
	if width == 2 && uint64(n) < 100 {
		return append(b, byte('0'+n/10), byte('0'+n%10))
	}
	if n < 0 {
		b, n, width = append(b, '-'), -n, width-1
	}
	for ; width > 1 && n < types.Pow10(width-1); width-- {
		b = append(b, '0')
	}
	return strconv.AppendInt(b, n, 10)
}

// appendPart appends what a specifier prints.
func (c *clockFace) appendPart(b []byte, p formatPart) []byte {
	if n, width, ok := c.specNumber(p.spec); ok {
		if p.bare {
			return strconv.AppendInt(b, n, 10)
		}
		return appendPadded(b, n, width)
	}
	switch p.spec {
	case 'a':
		return append(b, dayNames[types.Weekday(c.days)][:3]...)
	case 'A':
		return append(b, dayNames[types.Weekday(c.days)]...)
	case 'b':
		return append(b, monthNames[c.month-1][:3]...)
	case 'B':
		return append(b, monthNames[c.month-1]...)
	case 'p':
		return append(b, [...]string{"AM", "PM"}[c.hour/12]...)
	case 'z':
		return appendOffset(b, c.offset)
	}
	return append(b, c.zone...) // Z
}

// appendOffset appends an offset from Greenwich: hours, and minutes where there are any.
func appendOffset(b []byte, offset int64) []byte {
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	b = fmt.Appendf(append(b, sign), "%02d", offset/3600)
	if m := offset / 60 % 60; m != 0 {
		b = fmt.Appendf(b, ":%02d", m)
	}
	return b
}

// specNumber returns the number of a specifier that prints one, and its digits.
func (c *clockFace) specNumber(spec byte) (n int64, width int, ok bool) {
	switch spec {
	case 'd':
		return c.day, 2, true
	case 'm':
		return c.month, 2, true
	case 'Y':
		return c.year, 4, true
	case 'y':
		return c.year - floorDiv(c.year, 100)*100, 2, true
	case 'H':
		return c.hour, 2, true
	case 'I':
		return (c.hour+11)%12 + 1, 2, true
	case 'M':
		return c.minute, 2, true
	case 'S':
		return c.second, 2, true
	case 'f':
		return c.micros, 6, true
	case 'g':
		return c.micros / 1000, 3, true
	case 'n':
		return c.micros * 1000, 9, true
	}
	return c.specDay(spec)
}

// specDay is specNumber for the numbers of days and weeks.
func (c *clockFace) specDay(spec byte) (n int64, width int, ok bool) {
	first := types.DaysOf(c.year, 1, 1)
	doy, dow := c.days-first, types.Weekday(c.days)
	switch spec {
	case 'j':
		return doy + 1, 3, true
	case 'w':
		return dow, 1, true
	case 'u':
		return (dow+6)%7 + 1, 1, true
	case 'U':
		return (doy + 7 - dow) / 7, 2, true
	case 'W':
		return (doy + 7 - (dow+6)%7) / 7, 2, true
	case 'V':
		_, w := types.ISOWeek(c.days)
		return w, 2, true
	case 'G':
		y, _ := types.ISOWeek(c.days)
		return y, 4, true
	}
	return 0, 0, false
}

// strptimeReader reads a text by a format.
type strptimeReader struct {
	c      clockFace
	pm     int   // 1 AM, 2 PM
	doy    int64 // day of the year, 0 when not given
	offset int64 // seconds east
}

// strptime reads wall clock time by a format of C.
func strptime(text, format string) (int64, error) {
	parts, err := splitFormat(format)
	if err != nil {
		return 0, err
	}
	return readTime(text, format, parts)
}

// TimeFormat returns what reads times of a format of strptime, as microseconds since 1970.
func TimeFormat(format string) (func(text string) (int64, bool), error) {
	parts, err := splitFormat(format)
	if err != nil {
		return nil, err
	}
	return func(text string) (int64, bool) {
		t, err := readTime(text, format, parts)
		return t, err == nil
	}, nil
}

func readTime(text, format string, parts []formatPart) (int64, error) {
	r, s := strptimeReader{c: clockFace{year: 1900, month: 1, day: 1}}, text
	bad := func() error {
		return dberr.Newf(dberr.InvalidDatetimeFormat, "could not parse string \"%s\" according to format specifier \"%s\"", text, format)
	}
	for _, p := range parts {
		var ok bool
		switch {
		case p.spec == 0 && p.lit == ' ':
			s = strings.TrimLeft(s, " ")
			ok = true
		case p.spec == 0:
			if ok = s != "" && s[0] == p.lit; ok {
				s = s[1:]
			}
		default:
			s, ok = r.read(p.spec, s)
		}
		if !ok {
			return 0, bad()
		}
	}
	if strings.Trim(s, " ") != "" {
		return 0, bad()
	}
	t, ok := r.value()
	if !ok {
		return 0, bad()
	}
	return t, nil
}

// read takes what a specifier reads from s and returns the rest.
func (r *strptimeReader) read(spec byte, s string) (rest string, ok bool) {
	switch spec {
	case 'a', 'A', 'w', 'u':
		if spec == 'w' || spec == 'u' {
			_, rest, ok = leadingNumber(s, 1)
			return rest, ok
		}
		_, rest, ok = leadingName(s, dayNames, spec == 'a')
		return rest, ok
	case 'b', 'B':
		i, rest, ok := leadingName(s, monthNames, spec == 'b')
		r.c.month = int64(i) + 1
		return rest, ok
	case 'p':
		if len(s) < 2 {
			return s, false
		}
		r.pm = map[string]int{"AM": 1, "PM": 2}[strings.ToUpper(s[:2])]
		return s[2:], r.pm > 0
	case 'z':
		return r.readOffset(s)
	case 'Z':
		i := 0
		for i < len(s) && (s[i] >= 'A' && s[i] <= 'Z' || s[i] >= 'a' && s[i] <= 'z' || s[i] == '/' || s[i] == '_') {
			i++
		}
		zone, err := types.LoadZone(s[:i], true)
		if err != nil {
			return s, false
		}
		r.offset = types.OffsetAt(zone, 0)
		return s[i:], true
	}
	return r.readNumber(spec, s)
}

// readNumber reads a specifier of digits.
func (r *strptimeReader) readNumber(spec byte, s string) (rest string, ok bool) {
	width := map[byte]int{'Y': 4, 'j': 3, 'f': 6, 'g': 3, 'n': 9}[spec]
	if width == 0 {
		width = 2
	}
	n, rest, ok := leadingNumber(s, width)
	if !ok {
		return s, false
	}
	within := func(lo, hi int64) bool { return n >= lo && n <= hi }
	switch spec {
	case 'Y':
		r.c.year = n
	case 'y':
		if r.c.year = 1900 + n; n < 69 {
			r.c.year += 100
		}
	case 'm':
		r.c.month, ok = n, within(1, 12)
	case 'd':
		r.c.day, ok = n, within(1, 31)
	case 'j':
		r.doy, ok = n, within(1, 366)
	case 'H':
		r.c.hour, ok = n, within(0, 23)
	case 'I':
		r.c.hour, ok = n%12, within(1, 12)
	case 'M':
		r.c.minute, ok = n, within(0, 59)
	case 'S':
		r.c.second, ok = n, within(0, 59)
	case 'f', 'g', 'n': // a fraction of a second: digits that lack are zeros
		r.c.micros = n * types.Pow10(9-(len(s)-len(rest))) / 1000
		if spec == 'g' {
			r.c.micros = n * 1000
		}
	default:
		return s, false // weeks do not say which day
	}
	return rest, ok
}

// readOffset reads an offset from Greenwich: Z, or hours with minutes or without.
func (r *strptimeReader) readOffset(s string) (rest string, ok bool) {
	if strings.HasPrefix(s, "Z") {
		return s[1:], true
	}
	if s == "" || s[0] != '+' && s[0] != '-' {
		return s, false
	}
	h, rest, ok := leadingNumber(s[1:], 2)
	if !ok {
		return s, false
	}
	m, after, hasMinutes := leadingNumber(strings.TrimPrefix(rest, ":"), 2)
	if hasMinutes {
		rest = after
	}
	if r.offset = h*3600 + m*60; s[0] == '-' {
		r.offset = -r.offset
	}
	return rest, h <= 15 && m < 60
}

// value returns the time that was read.
func (r *strptimeReader) value() (int64, bool) {
	c := &r.c
	if r.pm == 2 && c.hour < 12 {
		c.hour += 12
	} else if r.pm == 1 && c.hour == 12 {
		c.hour = 0
	}
	days, err := makeDate(c.year, c.month, c.day)
	if err != nil {
		return 0, false
	}
	if r.doy > 0 {
		if days = types.DaysOf(c.year, 1, 1) + r.doy - 1; days >= types.DaysOf(c.year+1, 1, 1) {
			return 0, false
		}
	}
	t := days*types.MicrosPerDay + c.hour*types.MicrosPerHour + c.minute*types.MicrosPerMinute + (c.second-r.offset)*types.MicrosPerSecond + c.micros
	return t, types.ValidTime(t)
}

// leadingNumber takes up to width digits.
func leadingNumber(s string, width int) (n int64, rest string, ok bool) {
	i := 0
	for i < len(s) && i < width && s[i] >= '0' && s[i] <= '9' {
		n = n*10 + int64(s[i]-'0')
		i++
	}
	return n, s[i:], i > 0
}

// leadingName takes a name, of three letters if short, whatever its case.
func leadingName(s string, names []string, short bool) (i int, rest string, ok bool) {
	for i, name := range names {
		if short {
			name = name[:3]
		}
		if len(s) >= len(name) && strings.EqualFold(s[:len(name)], name) {
			return i, s[len(name):], true
		}
	}
	return 0, s, false
}

// timeBucket is time_bucket(width, time): where the bucket begins that a time lies in. Buckets of months are counted from
// January 2000, all others from Monday, 3 January 2000.
func timeBucket(_ *Env, a []types.Value) (types.Value, error) {
	width, t := a[0].Iv, a[1].I
	if types.IsInfTime(t) {
		return a[1], nil
	}
	if width.Months == 0 {
		return dateBin(nil, []types.Value{a[0], a[1], types.IntValue(a[1].Type, types.DaysOf(2000, 1, 3)*types.MicrosPerDay)})
	}
	if width.Months < 0 || width.Days != 0 || width.Micros != 0 {
		return a[0], dberr.New(dberr.InvalidParameterValue, "the width of a bucket must be more than zero, and either months or days and time")
	}
	day, _ := types.SplitDay(t)
	year, month, _ := types.DateOf(day)
	months := floorDiv((year-2000)*12+month-1, int64(width.Months)) * int64(width.Months)
	r := types.DaysOf(2000+floorDiv(months, 12), months-floorDiv(months, 12)*12+1, 1) * types.MicrosPerDay
	if !types.ValidTime(r) {
		return a[0], tooFar(tsType)
	}
	return types.IntValue(a[1].Type, r), nil
}

// dayBucket is time_bucket of a date.
func dayBucket(env *Env, a []types.Value) (types.Value, error) {
	if types.IsInfDate(a[1].I) {
		return a[1], nil
	}
	t, err := timeBucket(env, []types.Value{a[0], types.IntValue(tsType, a[1].I*types.MicrosPerDay)})
	if err != nil {
		return t, err
	}
	day, _ := types.SplitDay(t.I)
	return types.IntValue(a[1].Type, day), nil
}
