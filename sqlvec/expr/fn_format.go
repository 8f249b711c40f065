package expr

import (
	"fmt"
	"strconv"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

func init() {
	t := types.Text
	for _, id := range ids(types.Timestamp, types.TimestampTZ) {
		register(&Function{Name: "to_char", Params: ids(id, t), Ret: t, Volatility: Stable, coarse: templateUnit, row: func(env *Env, a []types.Value) (types.Value, error) {
			if types.IsInfTime(a[0].I) {
				return nullText, nil
			}
			s, err := formatClock(newClock(env, a[0]), a[1].S)
			return textValue(s), err
		}})
	}
	register(&Function{Name: "to_char", Params: ids(types.Interval, t), Ret: t, Volatility: Stable, row: func(env *Env, a []types.Value) (types.Value, error) {
		s, err := formatClock(newClockOf(a[0].Iv), a[1].S)
		return textValue(s), err
	}})
	for _, id := range ids(types.Int32, types.Int64, types.Float32, types.Float64, types.Numeric) {
		register(stableFn("to_char", ids(id, t), t, toCharNumber))
	}
	register(
		stableFn("to_date", ids(t, t), types.Date, func(_ *Env, a []types.Value) (types.Value, error) {
			r, err := readTemplate(a[0].S, a[1].S, false)
			if err != nil {
				return a[0], err
			}
			days, err := r.date()
			return types.IntValue(dateType, days), err
		}),
		&Function{Name: "to_timestamp", Params: ids(t, t), Ret: types.TimestampTZ, Volatility: Stable, row: func(env *Env, a []types.Value) (types.Value, error) {
			r, err := readTemplate(a[0].S, a[1].S, false)
			if err != nil {
				return a[0], err
			}
			t, err := r.time()
			if err != nil {
				return a[0], err
			}
			if r.zoned {
				t -= r.offset * types.MicrosPerSecond
			} else {
				t = types.ToUTC(env.zone(), t)
			}
			if !types.ValidTime(t) {
				return a[0], tooFar(tzType)
			}
			return types.IntValue(tzType, t), nil
		}},
		stableFn("to_number", ids(t, t), types.Numeric, toNumber),
	)
}

// clockFace is a time broken into what templates print.
type clockFace struct {
	year, month, day     int64
	hour, minute, second int64
	micros               int64
	days                 int64 // the day number
	interval             bool
	zone                 string
	offset               int64 // seconds east of Greenwich
}

// newClock breaks a time up.
func newClock(env *Env, v types.Value) clockFace {
	c := clockFace{}
	t := v.I
	if v.Type.ID == types.TimestampTZ {
		c.offset = types.OffsetAt(env.zone(), t)
		c.zone = zoneAbbrev(env, t)
		t += c.offset * types.MicrosPerSecond
	}
	days, rest := types.SplitDay(t)
	c.days = days
	c.year, c.month, c.day = types.DateOf(days)
	c.setTime(rest)
	return c
}

// setTime sets the time of day.
func (c *clockFace) setTime(micros int64) {
	c.hour, c.minute = micros/types.MicrosPerHour, micros/types.MicrosPerMinute%60
	c.second, c.micros = micros/types.MicrosPerSecond%60, micros%types.MicrosPerSecond
}

// newClockOf breaks an interval up. All of its parts have its sign.
func newClockOf(iv types.IntervalValue) clockFace {
	c := clockFace{interval: true, year: int64(iv.Months / 12), month: int64(iv.Months % 12), day: int64(iv.Days)}
	c.days = types.DaysOf(c.year, c.month, c.day)
	c.setTime(iv.Micros)
	c.hour = iv.Micros / types.MicrosPerHour
	return c
}

// formatClock prints a broken-up time by a template.
func formatClock(c clockFace, template string) (string, error) {
	parts, err := timeTemplate(template)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for i := range parts {
		p := &parts[i]
		if p.word == nil {
			b.WriteString(p.text)
			continue
		}
		s, number, err := c.print(p)
		if err != nil {
			return "", err
		}
		b.WriteString(s)
		if number && p.ordinal != "" {
			b.WriteString(ordinalOf(s, p.ordinal == "TH"))
		}
	}
	return b.String(), nil
}

var monthNames = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
var dayNames = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
var romans = []string{"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"}

// ordinalOf returns the ordinal suffix of a number by its last digits.
func ordinalOf(number string, upper bool) string {
	n, _ := strconv.ParseInt(strings.TrimLeft(number[max(0, len(number)-2):], "-"), 10, 64)
	return ordinal(n, upper)
}

// ordinal returns st, nd, rd or th.
func ordinal(n int64, upper bool) string {
	s := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			s = "st"
		case 2:
			s = "nd"
		case 3:
			s = "rd"
		}
	}
	if upper {
		return strings.ToUpper(s)
	}
	return s
}

// number prints n in so many digits, fewer with FM.
func (p *templatePart) number(n int64, width int) string {
	if p.fill {
		return strconv.FormatInt(n, 10)
	}
	return string(appendPadded(nil, n, width))
}

// places is how many characters a number of so many digits has, its sign included.
func places(n int64, width int) int {
	if n < 0 {
		width++
	}
	return width
}

// cased returns s in the case that the pattern is written in.
func (p *templatePart) cased(s string) string {
	switch w := p.word.text; {
	case w == strings.ToUpper(w):
		return strings.ToUpper(s)
	case w == strings.ToLower(w):
		return strings.ToLower(s)
	}
	return s
}

// name prints a name in the case of the pattern, padded to width unless FM or TM is there.
func (p *templatePart) name(full string, width int) string {
	if full = p.cased(full); p.fill || p.local {
		return full
	}
	return fmt.Sprintf("%-*s", width, full)
}

// print prints one pattern, and reports whether it is a number that may have an ordinal suffix.
func (c *clockFace) print(p *templatePart) (s string, number bool, err error) {
	if n, width, ok := c.clockNumber(p.word.name); ok {
		return p.number(n, width), true, nil
	}
	if n, width, ok := c.fraction(p.word.name); ok { // FM does not shorten it
		return fmt.Sprintf("%0*d", width, n), true, nil
	}
	if c.interval && p.word.calendar {
		return "", false, dberr.New(dberr.InvalidDatetimeFormat, "invalid format specification for an interval value").
			WithHint("Intervals are not tied to specific calendar dates.")
	}
	if n, width, ok := c.dateNumber(p.word.name); ok {
		return p.number(n, width), true, nil
	}
	if p.word.name == "Y,YYY" {
		y := c.shownYear(c.year)
		return fmt.Sprintf("%d,%03d", y/1000, y%1000), true, nil
	}
	return c.text(p), false, nil
}

// clockNumber returns the number of a pattern of the time of day, and its digits.
func (c *clockFace) clockNumber(w string) (n int64, width int, ok bool) {
	switch w {
	case "HH", "HH12":
		if n = c.hour % 12; n == 0 {
			n = 12
		}
		return n, places(c.hour, 2), true
	case "HH24":
		return c.hour, places(c.hour, 2), true
	case "MI":
		return c.minute, places(c.minute, 2), true
	case "SS":
		return c.second, places(c.second, 2), true
	case "SSSS", "SSSSS":
		return c.hour*3600 + c.minute*60 + c.second, 1, true
	}
	return 0, 0, false
}

// fraction returns the number of a pattern of the fraction of a second, and its digits.
func (c *clockFace) fraction(w string) (n int64, width int, ok bool) {
	switch w {
	case "MS":
		return c.micros / 1000, 3, true
	case "US":
		return c.micros, 6, true
	case "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
		width = int(w[2] - '0')
		return c.micros / types.Pow10(6-width), width, true
	}
	return 0, 0, false
}

// shownYear is a year as it is counted before Christ.
func (c *clockFace) shownYear(y int64) int64 {
	if y <= 0 && !c.interval {
		return 1 - y
	}
	return y
}

// yearDay is the day of the year, of an interval its days.
func (c *clockFace) yearDay() int64 {
	if c.interval {
		return (c.year*12+c.month)*30 + c.day
	}
	return c.days - types.DaysOf(c.year, 1, 1) + 1
}

// century is the century of a time, of an interval its hundreds of years.
func (c *clockFace) century() int64 {
	switch {
	case c.interval:
		return c.year / 100
	case c.year > 0:
		return (c.year-1)/100 + 1
	}
	return c.year/100 - 1
}

// dateNumber returns the number of a pattern of a date, and its digits.
func (c *clockFace) dateNumber(w string) (n int64, width int, ok bool) {
	isoYear, week := types.ISOWeek(c.days)
	weekday := types.Weekday(c.days)
	year, isoYear := c.shownYear(c.year), c.shownYear(isoYear)
	switch w {
	case "YYYY":
		return year, places(year, 4), true
	case "YYY":
		return year % 1000, places(year, 3), true
	case "YY":
		return year % 100, places(year, 2), true
	case "Y":
		return year % 10, places(year, 1), true
	case "IYYY":
		return isoYear, places(year, 4), true
	case "IYY":
		return isoYear % 1000, places(year, 3), true
	case "IY":
		return isoYear % 100, places(year, 2), true
	case "I":
		return isoYear % 10, places(year, 1), true
	case "CC":
		return c.century(), places(c.century(), 2), true
	case "MM":
		return c.month, places(c.month, 2), true
	case "DD":
		return c.day, 2, true
	case "DDD":
		return c.yearDay(), 3, true
	case "IDDD":
		return (week-1)*7 + (weekday+6)%7 + 1, 3, true
	case "D":
		return weekday + 1, 1, true
	case "ID":
		return (weekday+6)%7 + 1, 1, true
	case "WW":
		return (c.yearDay()-1)/7 + 1, 2, true
	case "IW":
		return week, 2, true
	case "W":
		return (c.day-1)/7 + 1, 1, true
	case "J":
		return c.days + julianEpoch, 1, true
	case "Q":
		if c.month != 0 {
			return (c.month-1)/3 + 1, 1, true
		}
	}
	return 0, 0, false
}

// julianEpoch is the Julian day of day 0, 1970-01-01.
const julianEpoch = 2440588

// text prints a pattern that is no number.
func (c *clockFace) text(p *templatePart) string {
	switch p.word.name {
	case "AM", "PM", "A.M.", "P.M.":
		return p.half("AM", "PM", c.hour%24 >= 12)
	case "AD", "BC", "A.D.", "B.C.":
		return p.half("AD", "BC", c.year <= 0)
	case "MONTH":
		return p.name(monthNames[c.month-1], 9)
	case "MON":
		return p.cased(monthNames[c.month-1][:3])
	case "DAY":
		return p.name(dayNames[types.Weekday(c.days)], 9)
	case "DY":
		return p.cased(dayNames[types.Weekday(c.days)][:3])
	case "RM":
		return c.romanMonth(p)
	case "TZ":
		if p.word.text == "tz" {
			return strings.ToLower(c.zone)
		}
		return c.zone
	}
	return c.offsetText(p)
}

// half prints one of two, in the style of the pattern.
func (p *templatePart) half(first, second string, isSecond bool) string {
	if isSecond {
		first = second
	}
	if len(p.word.text) == 4 {
		first = first[:1] + "." + first[1:] + "."
	}
	return p.cased(first)
}

// romanMonth prints the month; the months of whole years are the twelfth, of years back the first.
func (c *clockFace) romanMonth(p *templatePart) string {
	month := c.month
	switch {
	case month == 0 && c.year == 0:
		return ""
	case month == 0 && c.year > 0:
		month = 12
	case month == 0:
		month = 1
	case month < 0:
		month += 13
	}
	s := p.cased(romans[month-1])
	if p.fill {
		return s
	}
	return fmt.Sprintf("%-4s", s)
}

// offsetText prints the offset from Greenwich.
func (c *clockFace) offsetText(p *templatePart) string {
	sign, off := "+", c.offset
	if off < 0 {
		sign, off = "-", -off
	}
	switch p.word.name {
	case "TZH":
		return fmt.Sprintf("%s%02d", sign, off/3600)
	case "TZM":
		return fmt.Sprintf("%02d", off/60%60)
	case "OF":
		s := sign + p.number(off/3600, 2)
		if off%3600 != 0 {
			s += fmt.Sprintf(":%02d", off/60%60)
		}
		return s
	}
	return "" // FX, and Q of no month
}
