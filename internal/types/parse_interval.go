package types

import (
	"math"
	"math/bits"
	"slices"
	"strings"

	"driftdb/internal/dberr"
)

// intervalUnit is what one of a unit is worth.
type intervalUnit struct {
	months, days, micros int64
}

var intervalUnits = map[string]intervalUnit{
	"us": {micros: 1}, "usec": {micros: 1}, "usecs": {micros: 1}, "microsecond": {micros: 1}, "microseconds": {micros: 1},
	"ms": {micros: 1000}, "msec": {micros: 1000}, "msecs": {micros: 1000}, "millisecond": {micros: 1000}, "milliseconds": {micros: 1000},
	"s": {micros: MicrosPerSecond}, "sec": {micros: MicrosPerSecond}, "secs": {micros: MicrosPerSecond},
	"second": {micros: MicrosPerSecond}, "seconds": {micros: MicrosPerSecond},
	"m": {micros: MicrosPerMinute}, "min": {micros: MicrosPerMinute}, "mins": {micros: MicrosPerMinute},
	"minute": {micros: MicrosPerMinute}, "minutes": {micros: MicrosPerMinute},
	"h": {micros: MicrosPerHour}, "hr": {micros: MicrosPerHour}, "hrs": {micros: MicrosPerHour},
	"hour": {micros: MicrosPerHour}, "hours": {micros: MicrosPerHour},
	"d": {days: 1}, "day": {days: 1}, "days": {days: 1},
	"w": {days: 7}, "week": {days: 7}, "weeks": {days: 7},
	"mon": {months: 1}, "mons": {months: 1}, "month": {months: 1}, "months": {months: 1},
	"y": {months: 12}, "yr": {months: 12}, "yrs": {months: 12}, "year": {months: 12}, "years": {months: 12},
	"dec": {months: 120}, "decs": {months: 120}, "decade": {months: 120}, "decades": {months: 120},
	"c": {months: 1200}, "cent": {months: 1200}, "century": {months: 1200}, "centuries": {months: 1200},
	"mil": {months: 12000}, "mils": {months: 12000}, "millennium": {months: 12000}, "millennia": {months: 12000},
}

// span sums the parts of an interval with wide numbers. bad is sticky.
type span struct {
	months, days, micros int64
	over                 bool
	seen                 []intervalUnit // the units so far, each of which may come once
}

// add adds n + frac of a unit; fractions flow down to days and microseconds as in
// PostgreSQL: a month has 30 days.
func (s *span) add(n int64, frac float64, u intervalUnit) {
	s.months = s.sum(s.months, n, u.months)
	s.days = s.sum(s.days, n, u.days)
	s.micros = s.sum(s.micros, n, u.micros)
	if frac == 0 {
		return
	}
	switch {
	case u.months == 1:
		s.fractionOfDays(frac * 30)
	case u.months > 1:
		s.months = s.sum(s.months, int64(math.RoundToEven(frac*float64(u.months))), 1)
	case u.days > 0:
		s.fractionOfDays(frac * float64(u.days))
	default:
		s.micros = s.sum(s.micros, int64(math.RoundToEven(frac*float64(u.micros))), 1)
	}
}

// fractionOfDays adds days with a fraction.
func (s *span) fractionOfDays(days float64) {
	whole := math.Trunc(days)
	s.days += int64(whole)
	s.micros = s.sum(s.micros, int64(math.RoundToEven((days-whole)*MicrosPerDay)), 1)
}

// sum returns acc + n × unit and notes an overflow.
func (s *span) sum(acc, n, unit int64) int64 {
	hi, lo := bits.Mul64(uint64(abs64(n)), uint64(unit))
	if hi != 0 || lo > math.MaxInt64 {
		s.over = true
		return acc
	}
	p := int64(lo)
	if n < 0 {
		p = -p
	}
	r := acc + p
	if (acc^r)&(p^r) < 0 {
		s.over = true
	}
	return r
}

func abs64(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

// value returns the interval.
func (s *span) value(text string) (IntervalValue, error) {
	if s.over || s.months != int64(int32(s.months)) || s.days != int64(int32(s.days)) {
		return IntervalValue{}, dberr.Newf(dberr.IntervalFieldOverflow, "interval field value out of range: \"%s\"", text)
	}
	return IntervalValue{Months: int32(s.months), Days: int32(s.days), Micros: s.micros}, nil
}

// ParseInterval reads an INTERVAL in the styles PostgreSQL reads: "1 year 2 mons",
// "1-2 3 4:05:06", ISO 8601's P forms, and the verbose style with @ and ago.
func ParseInterval(text string) (IntervalValue, error) {
	s := trimSpace(text)
	var sp span
	var ok bool
	if strings.HasPrefix(s, "P") || strings.HasPrefix(s, "p") {
		ok = sp.iso(s[1:])
	} else {
		ok = sp.traditional(strings.ToLower(s))
	}
	if !ok {
		return IntervalValue{}, badTime(T(Interval), text)
	}
	return sp.value(text)
}

// quantity is a number of an interval: sign, whole part and fraction, both signed.
type quantity struct {
	whole int64
	frac  float64
	neg   bool
}

// readQuantity reads [sign] digits [. digits] at the start of s.
func readQuantity(s string) (q quantity, rest string, ok bool) {
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		q.neg = s[i] == '-'
		i++
	}
	start := i
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	whole := s[start:i]
	if i < len(s) && s[i] == '.' {
		j := i + 1
		for j < len(s) && isDigit(s[j]) {
			j++
		}
		q.frac = parseFloat("0." + s[i+1:j] + "0")
		ok = j > i+1
		i = j
	}
	if len(whole) > 18 || len(whole) == 0 && !ok {
		return q, s, false
	}
	for _, c := range []byte(whole) {
		q.whole = q.whole*10 + int64(c-'0')
	}
	if q.neg {
		q.whole, q.frac = -q.whole, -q.frac
	}
	return q, s[i:], true
}

// traditional reads everything but ISO 8601; s is in lower case.
func (s *span) traditional(text string) bool {
	text = strings.TrimPrefix(text, "@")
	ago := false
	if t := strings.TrimSuffix(text, "ago"); t != text && t != "" {
		text, ago = t, true
	}
	rest := strings.TrimLeft(text, " \t\n,")
	if rest == "" {
		return false
	}
	neg := false // an SQL-standard leading sign rules the fields after it
	for rest != "" {
		next, ok := s.field(rest, &neg)
		if !ok {
			return false
		}
		rest = strings.TrimLeft(next, " \t\n,")
	}
	if ago {
		s.months, s.days, s.micros = -s.months, -s.days, -s.micros
	}
	return true
}

// field reads one number with its unit, a clock, or years-months.
func (s *span) field(text string, neg *bool) (rest string, ok bool) {
	q, rest, ok := readQuantity(text)
	if !ok {
		return "", false
	}
	if strings.HasPrefix(rest, ":") {
		return s.clock(q, rest, *neg)
	}
	if len(rest) > 1 && rest[0] == '-' && isDigit(rest[1]) && q.frac == 0 {
		return s.yearMonth(q, rest[1:], neg)
	}
	rest = strings.TrimLeft(rest, " \t\n")
	end := 0
	for end < len(rest) && isAlpha(rest[end]) {
		end++
	}
	if end == 0 {
		return s.bare(q, rest)
	}
	u, ok := intervalUnits[rest[:end]]
	if !ok || slices.Contains(s.seen, u) {
		return "", false
	}
	s.seen = append(s.seen, u)
	s.add(q.whole, q.frac, u)
	return rest[end:], true
}

// bare reads a number without a unit: days before a clock, otherwise seconds.
func (s *span) bare(q quantity, rest string) (string, bool) {
	if n := strings.TrimLeft(rest, " \t\n"); n != "" {
		_, after, ok := readQuantity(n)
		if !ok || !strings.HasPrefix(after, ":") {
			return "", false
		}
		s.add(q.whole, q.frac, intervalUnit{days: 1})
		return rest, true
	}
	s.add(q.whole, q.frac, intervalUnit{micros: MicrosPerSecond})
	return rest, true
}

// yearMonth reads the months of Y-M.
func (s *span) yearMonth(q quantity, text string, neg *bool) (string, bool) {
	m, rest, ok := readQuantity(text)
	if !ok || m.frac != 0 || m.whole > 11 || rest != "" && !strings.ContainsAny(rest[:1], " \t\n,") {
		return "", false
	}
	if q.neg {
		m.whole, *neg = -m.whole, true
	}
	s.add(q.whole, 0, intervalUnit{months: 12})
	s.add(m.whole, 0, intervalUnit{months: 1})
	return rest, true
}

// clock reads :MM[:SS[.ffffff]] after the hours.
func (s *span) clock(hours quantity, rest string, neg bool) (string, bool) {
	if hours.frac != 0 {
		return "", false
	}
	mins, rest, ok := readQuantity(rest[1:])
	if !ok || mins.neg {
		return "", false
	}
	s.over = s.over || mins.whole > 59
	var secs quantity
	var micros int64
	switch {
	case strings.HasPrefix(rest, ":"):
		secs, rest, ok = readQuantity(rest[1:])
		if !ok || secs.neg {
			return "", false
		}
		s.over = s.over || secs.whole > 60
		micros = mins.whole*MicrosPerMinute + secs.whole*MicrosPerSecond
	case mins.frac != 0: // MM:SS.fff
		micros = 0
		s.add(abs64(hours.whole), 0, intervalUnit{})
		secs = quantity{whole: mins.whole, frac: mins.frac}
		micros = abs64(hours.whole)*MicrosPerMinute + secs.whole*MicrosPerSecond
		hours.whole = 0
	default:
		micros = mins.whole * MicrosPerMinute
	}
	micros += int64(math.RoundToEven(secs.frac * MicrosPerSecond))
	if hours.neg || neg {
		micros = -micros
	}
	s.micros = s.sum(s.micros, hours.whole, MicrosPerHour)
	s.micros = s.sum(s.micros, micros, 1)
	return rest, true
}

// iso reads an ISO 8601 duration without its P: with designators, or P[Y-M-D]T[h:m:s].
func (s *span) iso(text string) bool {
	text = strings.ToUpper(text)
	if text == "" {
		return false
	}
	date, clock, timed := strings.Cut(text, "T")
	if strings.Count(date, "-") == 2 && !strings.ContainsAny(date, "YMWD") {
		return s.isoAlternative(date, clock, timed)
	}
	units := map[byte]intervalUnit{'Y': {months: 12}, 'M': {months: 1}, 'W': {days: 7}, 'D': {days: 1}}
	if !s.designated(date, units) {
		return false
	}
	if !timed {
		return true
	}
	if strings.Contains(clock, ":") {
		return s.isoClock(clock)
	}
	return clock != "" && s.designated(clock, map[byte]intervalUnit{
		'H': {micros: MicrosPerHour}, 'M': {micros: MicrosPerMinute}, 'S': {micros: MicrosPerSecond}})
}

// designated reads numbers each followed by one of the letters.
func (s *span) designated(text string, units map[byte]intervalUnit) bool {
	for text != "" {
		q, rest, ok := readQuantity(text)
		if !ok || rest == "" {
			return false
		}
		u, ok := units[rest[0]]
		if !ok {
			return false
		}
		s.add(q.whole, q.frac, u)
		text = rest[1:]
	}
	return true
}

// isoAlternative reads YYYY-MM-DD and the clock of the alternative format.
func (s *span) isoAlternative(date, clock string, timed bool) bool {
	parts := strings.Split(date, "-")
	for i, u := range []intervalUnit{{months: 12}, {months: 1}, {days: 1}} {
		q, rest, ok := readQuantity(parts[i])
		if !ok || rest != "" {
			return false
		}
		s.add(q.whole, q.frac, u)
	}
	return !timed || s.isoClock(clock)
}

// isoClock reads h:m:s.
func (s *span) isoClock(text string) bool {
	q, rest, ok := readQuantity(text)
	if !ok || !strings.HasPrefix(rest, ":") {
		return false
	}
	rest, ok = s.clock(q, rest, false)
	return ok && rest == ""
}
