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
		register(&Function{Name: "to_char", Params: ids(id, t), Ret: t, Volatility: Stable, row: func(env *Env, a []types.Value) (types.Value, error) {
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
		register(rowFn("to_char", ids(id, t), t, toCharNumber))
	}
	register(
		rowFn("to_date", ids(t, t), types.Date, func(_ *Env, a []types.Value) (types.Value, error) {
			m, err := parseTemplate(a[0].S, a[1].S)
			return types.IntValue(dateType, types.TimeToDate(m)), err
		}),
		&Function{Name: "to_timestamp", Params: ids(t, t), Ret: types.TimestampTZ, Volatility: Stable, row: func(env *Env, a []types.Value) (types.Value, error) {
			r, m, err := readTemplate(a[0].S, a[1].S)
			if r.zoned {
				return types.IntValue(tzType, m-r.c.offset*types.MicrosPerSecond), err
			}
			return types.IntValue(tzType, types.ToUTC(env.zone(), m)), err
		}},
		rowFn("to_number", ids(t, t), types.Numeric, toNumber),
	)
}

// clockFace is a time broken into what templates print.
type clockFace struct {
	year, month, day     int64
	hour, minute, second int64
	micros               int64
	days                 int64 // the day number
	interval, neg        bool
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

// newClockOf breaks an interval up.
func newClockOf(iv types.IntervalValue) clockFace {
	c := clockFace{interval: true, year: int64(iv.Months / 12), month: int64(iv.Months % 12), day: int64(iv.Days)}
	micros := iv.Micros
	if micros < 0 {
		c.neg, micros = true, -micros
	}
	c.setTime(micros)
	if c.neg {
		c.hour, c.minute, c.second = -c.hour, -c.minute, -c.second
	}
	return c
}

// templateWords are the patterns of templates, longest first among those with a
// common beginning.
var templateWords = []string{"SSSSS", "SSSS", "Y,YYY", "YYYY", "YYY", "YY", "Y", "IYYY", "IYY", "IY", "IDDD", "ID", "IW", "I",
	"HH24", "HH12", "HH", "MI", "MONTH", "Month", "month", "MON", "Mon", "mon", "MM", "MS", "SS", "US", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6",
	"A.M.", "P.M.", "a.m.", "p.m.", "AM", "PM", "am", "pm", "DAY", "Day", "day", "DY", "Dy", "dy", "DDD", "DD", "D",
	"B.C.", "A.D.", "b.c.", "a.d.", "BC", "AD", "bc", "ad", "CC", "J", "Q", "RM", "rm", "TZH", "TZM", "TZ", "tz", "OF", "WW", "W"}

// templatePart is a pattern with its modifiers, or literal text.
type templatePart struct {
	word   string
	text   string // literal when word is ""
	fill   bool   // FM: no padding
	suffix string // TH or th
}

// splitTemplate cuts a template into parts.
func splitTemplate(s string) []templatePart {
	var out []templatePart
	for s != "" {
		if s[0] == '"' {
			end := strings.IndexByte(s[1:], '"')
			if end < 0 {
				return append(out, templatePart{text: s[1:]})
			}
			out = append(out, templatePart{text: s[1 : end+1]})
			s = s[end+2:]
			continue
		}
		p := templatePart{}
		rest := s
		for strings.HasPrefix(rest, "FM") || strings.HasPrefix(rest, "fm") || strings.HasPrefix(rest, "TM") || strings.HasPrefix(rest, "FX") {
			p.fill = p.fill || rest[0] == 'F' && rest[1] == 'M' || rest[0] == 'f'
			rest = rest[2:]
		}
		p.word = leadingWord(rest)
		if p.word == "" {
			_, w := firstRune(s)
			out = append(out, templatePart{text: s[:w]})
			s = s[w:]
			continue
		}
		rest = rest[len(p.word):]
		if strings.HasPrefix(rest, "TH") || strings.HasPrefix(rest, "th") {
			p.suffix, rest = rest[:2], rest[2:]
		}
		out = append(out, p)
		s = rest
	}
	return out
}

// firstRune returns the first character and its width.
func firstRune(s string) (rune, int) {
	for _, r := range s {
		return r, len(string(r))
	}
	return 0, 1
}

// leadingWord returns the pattern that s begins with, numbers in any case.
func leadingWord(s string) string {
	for _, w := range templateWords {
		if strings.HasPrefix(s, w) {
			return w
		}
	}
	for _, w := range templateWords {
		if len(s) >= len(w) && strings.EqualFold(s[:len(w)], w) {
			return s[:len(w)]
		}
	}
	return ""
}

// formatClock prints a broken-up time by a template.
func formatClock(c clockFace, template string) (string, error) {
	var b strings.Builder
	for _, p := range splitTemplate(template) {
		if p.word == "" {
			b.WriteString(p.text)
			continue
		}
		text, err := c.word(p)
		if err != nil {
			return "", err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

var monthNames = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
var dayNames = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
var romans = []string{"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"}

// number prints n with a pattern's padding and ordinal suffix.
func (p *templatePart) number(n int64, width int) string {
	s := strconv.FormatInt(n, 10)
	if !p.fill {
		s = fmt.Sprintf("%0*d", width, n)
		if n < 0 {
			s = fmt.Sprintf("%0*d", width+1, n)
		}
	}
	if p.suffix == "" {
		return s
	}
	return s + ordinal(n, p.suffix == "TH")
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

// name prints a name in the case of the pattern, padded to nine characters if full.
func (p *templatePart) name(full string, short bool) string {
	if short {
		full = full[:3]
	}
	switch {
	case p.word == strings.ToUpper(p.word):
		full = strings.ToUpper(full)
	case p.word == strings.ToLower(p.word):
		full = strings.ToLower(full)
	}
	if short || p.fill {
		return full
	}
	return fmt.Sprintf("%-9s", full)
}

// word prints one pattern.
func (c *clockFace) word(p templatePart) (string, error) {
	upper := strings.ToUpper(p.word)
	if s, ok := c.timeWord(upper, &p); ok {
		return s, nil
	}
	if s, ok := c.yearWord(upper, &p); ok {
		return s, nil
	}
	if c.interval {
		switch upper {
		case "MM":
			return p.number(c.month, 2), nil
		case "DD":
			if c.day < 0 {
				return strconv.FormatInt(c.day, 10), nil
			}
			return p.number(c.day, 2), nil
		}
		return "", dberr.New(dberr.InvalidDatetimeFormat, "invalid format specification for an interval value").
			WithHint("Intervals are not tied to specific calendar dates.")
	}
	return c.dayWord(upper, &p), nil
}

// timeWord prints the patterns of the time of day.
func (c *clockFace) timeWord(w string, p *templatePart) (string, bool) {
	switch w {
	case "HH24":
		return p.number(c.hour, 2), true
	case "HH", "HH12":
		h := c.hour % 12
		if h == 0 {
			h = 12
		}
		return p.number(h, 2), true
	case "MI":
		return p.number(c.minute, 2), true
	case "SS":
		return p.number(c.second, 2), true
	case "SSSS", "SSSSS":
		return p.number(c.hour*3600+c.minute*60+c.second, 1), true
	case "MS":
		return p.number(c.micros/1000, 3), true
	case "US":
		return p.number(c.micros, 6), true
	case "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
		n := int(w[2] - '0')
		return p.number(c.micros/types.Pow10(6-n), n), true
	case "AM", "PM", "A.M.", "P.M.":
		return c.half(p.word), true
	}
	return "", false
}

// half prints before or after noon, in the style of the pattern.
func (c *clockFace) half(word string) string {
	s := "AM"
	if c.hour%24 >= 12 {
		s = "PM"
	}
	if len(word) == 4 {
		s = s[:1] + "." + s[1:] + "."
	}
	if word == strings.ToLower(word) {
		return strings.ToLower(s)
	}
	return s
}

// yearWord prints the patterns of years.
func (c *clockFace) yearWord(w string, p *templatePart) (string, bool) {
	y := c.year
	if !c.interval && y <= 0 {
		y = 1 - y
	}
	switch w {
	case "YYYY":
		return p.number(y, 4), true
	case "Y,YYY":
		return fmt.Sprintf("%d,%03d", y/1000, y%1000), true
	case "YYY":
		return p.number(y%1000, 3), true
	case "YY":
		return p.number(y%100, 2), true
	case "Y":
		return p.number(y%10, 1), true
	case "CC":
		if c.interval {
			return p.number(y/100, 2), true
		}
		return p.number(eraOf(c.year, 100), 2), true
	}
	return "", false
}

// dayWord prints the patterns of dates.
func (c *clockFace) dayWord(w string, p *templatePart) string {
	isoYear, week := types.ISOWeek(c.days)
	doy := c.days - types.DaysOf(c.year, 1, 1) + 1
	switch w {
	case "MM":
		return p.number(c.month, 2)
	case "MONTH":
		return p.name(monthNames[c.month-1], false)
	case "MON":
		return p.name(monthNames[c.month-1], true)
	case "RM":
		s := romans[c.month-1]
		if p.word == "rm" {
			s = strings.ToLower(s)
		}
		if p.fill {
			return s
		}
		return fmt.Sprintf("%-4s", s)
	case "DAY":
		return p.name(dayNames[types.Weekday(c.days)], false)
	case "DY":
		return p.name(dayNames[types.Weekday(c.days)], true)
	case "DDD":
		return p.number(doy, 3)
	case "DD":
		return p.number(c.day, 2)
	case "D":
		return p.number(types.Weekday(c.days)+1, 1)
	case "ID":
		return p.number((types.Weekday(c.days)+6)%7+1, 1)
	case "IDDD":
		return p.number((week-1)*7+(types.Weekday(c.days)+6)%7+1, 3)
	case "WW":
		return p.number((doy-1)/7+1, 2)
	case "W":
		return p.number((c.day-1)/7+1, 1)
	case "IW":
		return p.number(week, 2)
	case "IYYY":
		return p.number(isoYear, 4)
	case "IYY":
		return p.number(isoYear%1000, 3)
	case "IY":
		return p.number(isoYear%100, 2)
	case "I":
		return p.number(isoYear%10, 1)
	case "Q":
		return p.number((c.month-1)/3+1, 1)
	case "J":
		return p.number(c.days+2440588, 1)
	case "BC", "AD", "B.C.", "A.D.":
		return c.era(p.word)
	}
	return c.zoneWord(w, p)
}

// era prints before or after Christ, in the style of the pattern.
func (c *clockFace) era(word string) string {
	s := "AD"
	if c.year <= 0 {
		s = "BC"
	}
	if len(word) == 4 {
		s = s[:1] + "." + s[1:] + "."
	}
	if word == strings.ToLower(word) {
		return strings.ToLower(s)
	}
	return s
}

// zoneWord prints the patterns of zones.
func (c *clockFace) zoneWord(w string, p *templatePart) string {
	sign, off := "+", c.offset
	if off < 0 {
		sign, off = "-", -off
	}
	switch w {
	case "TZ":
		if p.word == "tz" {
			return strings.ToLower(c.zone)
		}
		return c.zone
	case "TZH":
		return fmt.Sprintf("%s%02d", sign, off/3600)
	case "TZM":
		return fmt.Sprintf("%02d", off/60%60)
	}
	s := fmt.Sprintf("%s%02d", sign, off/3600)
	if off%3600 != 0 {
		s += fmt.Sprintf(":%02d", off/60%60)
	}
	return s
}
