package types

import (
	"math"
	"strconv"
	"strings"

	"driftdb/internal/dberr"
)

// monthNumber returns 1 to 12 for the name or abbreviation of a month, else 0.
func monthNumber(word string) int64 {
	const names = "jan feb mar apr may jun jul aug sep oct nov dec"
	full := [...]string{"january", "february", "march", "april", "may", "june", "july",
		"august", "september", "october", "november", "december"}
	for i, f := range full {
		if word == f || word == names[4*i:4*i+3] || word == "sept" && i == 8 {
			return int64(i + 1)
		}
	}
	return 0
}

// isWeekday reports whether the word names a day of the week.
func isWeekday(word string) bool {
	switch word {
	case "sun", "sunday", "mon", "monday", "tue", "tues", "tuesday", "wed", "weds", "wednesday",
		"thu", "thur", "thurs", "thursday", "fri", "friday", "sat", "saturday":
		return true
	}
	return false
}

// timeField is a run of characters of one kind in the text of a time.
type timeField struct {
	kind byte // 'n' number with . - / : inside, 'w' word, 's' sign and number
	text string
}

// splitTime cuts the text into fields: numbers (with the delimiters inside them),
// words (zone names with their / and _), and signed numbers (offsets).
func splitTime(s string) ([]timeField, bool) {
	var out []timeField
	for i := 0; i < len(s); {
		c := s[i]
		start := i
		switch {
		case c == ' ' || c == ',' || c == '\t' || c == '\n':
			i++
			continue
		case isDigit(c):
			i = numberEnd(s, i)
			out = append(out, timeField{'n', s[start:i]})
		case isAlpha(c):
			i = wordEnd(s, i)
			out = append(out, timeField{'w', s[start:i]})
		case c == '+' || c == '-':
			i++
			for i < len(s) && (isDigit(s[i]) || s[i] == ':') {
				i++
			}
			if i == start+1 {
				return nil, false
			}
			out = append(out, timeField{'s', s[start:i]})
		default:
			return nil, false
		}
		if len(out) > 12 {
			return nil, false
		}
	}
	return out, true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// numberEnd returns the end of a number with its delimiters. A time ends at a sign,
// a date takes the name of a month.
func numberEnd(s string, i int) int {
	clock := false
	for start := i; i < len(s); i++ {
		switch c := s[i]; {
		case isDigit(c):
		case c == ':':
			clock = true
		case c == '.' && (clock || i+1 < len(s) && isDigit(s[i+1])):
		case (c == '-' || c == '/') && !clock && i+1 < len(s) && (!compact(s[start:i]) || dateFollows(s[i:])):
			if isAlpha(s[i+1]) {
				j := wordEnd(s, i+1)
				if monthNumber(strings.ToLower(s[i+1:j])) == 0 {
					return i
				}
				i = j - 1
			} else if !isDigit(s[i+1]) {
				return i
			}
		default:
			return i
		}
	}
	return i
}

// compact reports whether digits are a date or time without delimiters, so that a
// sign after them begins an offset.
func compact(s string) bool { return len(s) >= 6 && allDigits(s) }

// dateFollows reports whether s begins as -MM-DD does, so that a long number before
// it is a year.
func dateFollows(s string) bool {
	i := 1
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i > 1 && i <= 3 && i+1 < len(s) && s[i] == s[0] && isDigit(s[i+1])
}

// wordEnd returns the end of a word or zone name. A month's name stops at a dash.
func wordEnd(s string, i int) int {
	start := i
	for i < len(s) && (isAlpha(s[i]) || s[i] == '_' || s[i] == '/' && i+1 < len(s) && isAlpha(s[i+1])) {
		i++
	}
	if i+1 < len(s) && (s[i] == '-' || s[i] == '+') && isDigit(s[i+1]) && strings.EqualFold(s[start:i], "etc/gmt") {
		for i++; i < len(s) && isDigit(s[i]); i++ {
		}
		return i
	}
	if i+1 < len(s) && s[i] == '-' && isAlpha(s[i+1]) && strings.Contains(s[start:i], "/") {
		return wordEnd(s, i+1)
	}
	return i
}

// scan reads all fields of the text.
func (m *moment) scan(s string) bool {
	loose, ok := m.scanFields(s)
	return ok && m.settle(loose)
}

// scanFields reads the fields of the text and returns the numbers that stand alone: day and year
// of "Jan 8, 1999".
func (m *moment) scanFields(s string) (loose []int64, ok bool) {
	fields, ok := splitTime(s)
	if !ok || len(fields) == 0 {
		return nil, false
	}
	for i, f := range fields {
		switch f.kind {
		case 'w':
			ok = m.word(strings.ToLower(f.text), f.text, i+1 < len(fields))
		case 's':
			ok = m.signed(f.text)
		default:
			ok = m.number(f.text, &loose)
		}
		if !ok {
			return nil, false
		}
	}
	return loose, true
}

// word reads a word.
func (m *moment) word(low, raw string, more bool) bool {
	switch low {
	case "t":
		return m.hasDate && more
	case "at", "on", "of":
		return true
	case "j", "jd", "julian":
		return more && !m.hasDate && m.startJulian()
	case "am", "pm":
		if !m.hasClock || m.am || m.pm {
			return false
		}
		m.am, m.pm = low == "am", low == "pm"
		return true
	case "bc", "ad":
		m.bc = low == "bc"
		return true
	case "dst":
		m.offset += 3600
		return m.hasOffset
	case "allballs":
		m.hasClock, m.hasOffset = true, true
		return true
	}
	if n := monthNumber(low); n > 0 {
		ok := m.month == 0
		m.month = n
		return ok
	}
	if isWeekday(low) {
		return true
	}
	return m.zoneWord(low, raw)
}

// startJulian makes the next number a Julian day.
func (m *moment) startJulian() bool {
	m.julian = true
	return true
}

// zoneWord reads the name of a zone.
func (m *moment) zoneWord(low, raw string) bool {
	if m.hasOffset || m.named != nil {
		return false
	}
	if off, ok := zoneAbbrevs[low]; ok {
		m.offset, m.hasOffset = int64(off), true
		return true
	}
	m.named = loadNamed(raw)
	if m.named == nil && strings.Contains(raw, "/") {
		m.err = dberr.Newf(dberr.InvalidParameterValue, "time zone \"%s\" not recognized", low)
	}
	return m.named != nil
}

// signed reads an offset from Greenwich, or the year of "Jan-08-1999" written
// with dashes.
func (m *moment) signed(s string) bool {
	if !m.hasClock {
		if s[0] == '-' && m.month > 0 && !m.hasDate && allDigits(s[1:]) {
			return m.dashed(s[1:])
		}
		if !m.hasDate {
			return false
		}
	}
	if m.hasOffset && m.offset != 0 {
		return false
	}
	off, ok := parseOffset(s)
	m.offset, m.hasOffset = int64(off), true
	if !ok {
		m.err = dberr.Newf(dberr.InvalidTimeZoneDisplacement, "time zone displacement out of range: \"%s\"", m.text)
	}
	return ok
}

// dashed takes day, then year, of Mon-DD-YYYY.
func (m *moment) dashed(digits string) bool {
	n, ok := number(digits)
	if m.day == 0 {
		m.day = n
		return ok
	}
	m.setYear(digits, n)
	m.hasDate = true
	return ok
}

// number reads a field that begins with a digit.
func (m *moment) number(s string, loose *[]int64) bool {
	switch {
	case m.julian && !m.hasDate:
		return m.julianDay(s)
	case strings.Contains(s, ":"):
		return m.readClock(s)
	case strings.ContainsAny(s, "-/") || strings.Count(s, ".") == 2:
		return !m.hasDate && m.readDate(s)
	case m.hasDate && !m.hasClock && len(s) >= 4 && (len(s) == 4 || len(s) == 6 || strings.Contains(s, ".")):
		return m.compactClock(s)
	case !m.hasDate && len(s) == 8 && allDigits(s):
		return m.ymd(s[:4], s[4:6], s[6:])
	case !m.hasDate && len(s) == 6 && allDigits(s) && m.month == 0:
		return m.ymd(s[:2], s[2:4], s[4:])
	case !m.hasDate && strings.Contains(s, "."):
		return m.yearDay(s)
	}
	n, ok := number(s)
	if !ok {
		return false
	}
	if len(s) >= 3 && !m.hasDate {
		m.year = n
		*loose = append(*loose, -1) // a year that needs no guessing
		return true
	}
	*loose = append(*loose, n)
	return true
}

// number reads digits.
func number(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && allDigits(s) && n <= math.MaxInt32
}

// setYear takes a year; one of two digits gets its century.
func (m *moment) setYear(digits string, n int64) {
	m.year, m.shortYear = n, len(digits) <= 2
	switch {
	case !m.shortYear:
	case n < 70:
		m.year += 2000
	default:
		m.year += 1900
	}
}

// ymd sets the date from digits.
func (m *moment) ymd(y, mo, d string) bool {
	year, ok1 := number(y)
	month, ok2 := number(mo)
	day, ok3 := number(d)
	m.setYear(y, year)
	m.month, m.day, m.hasDate = month, day, true
	return ok1 && ok2 && ok3
}

// readDate reads a date of three parts with delimiters: year first when it has
// three digits or more, otherwise month first; or with the name of a month.
func (m *moment) readDate(s string) bool {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '-' || r == '/' || r == '.' })
	if len(parts) == 2 && m.month > 0 {
		return m.namedDate(parts[0], parts[1])
	}
	if len(parts) != 3 {
		return false
	}
	if n := monthNumber(strings.ToLower(parts[1])); n > 0 {
		m.month = n
		return m.namedDate(parts[0], parts[2])
	}
	if len(parts[0]) >= 3 {
		return m.ymd(parts[0], parts[1], parts[2])
	}
	return m.ymd(parts[2], parts[0], parts[1])
}

// namedDate takes day and year, in either order, of a month that is known.
func (m *moment) namedDate(a, b string) bool {
	if len(a) >= 3 {
		a, b = b, a
	}
	day, ok1 := number(a)
	year, ok2 := number(b)
	m.setYear(b, year)
	m.day, m.hasDate = day, true
	return ok1 && ok2
}

// yearDay reads YYYY.DDD.
func (m *moment) yearDay(s string) bool {
	y, d, _ := strings.Cut(s, ".")
	year, ok1 := number(y)
	day, ok2 := number(d)
	if !ok1 || !ok2 || len(y) != 4 || len(d) != 3 || day < 1 || day > 366 {
		return false
	}
	_, m.month, m.day = DateOf(DaysOf(year, 1, day))
	m.year, m.hasDate = year, true
	return true
}

// julianDay reads the number of a Julian day, with a fraction as the time.
func (m *moment) julianDay(s string) bool {
	whole, frac, _ := strings.Cut(s, ".")
	n, ok := number(whole)
	m.day, m.hasDate = n-2440588, true
	if frac != "" {
		m.clock = int64(math.Round(parseFloat("0."+frac) * MicrosPerDay))
		m.hasClock = true
	}
	return ok && allDigits(frac)
}

// settle gives the numbers that stood alone their meaning.
func (m *moment) settle(loose []int64) bool {
	if m.hasDate {
		return len(loose) == 0
	}
	known := 0 // how many of the numbers are a year already
	for _, n := range loose {
		switch {
		case n == -1:
			known++
		case m.day == 0:
			m.day = n
		case known == 0 && m.year == 0:
			m.setYear(strconv.FormatInt(n, 10), n)
			known++
		default:
			return false
		}
	}
	m.hasDate = m.month > 0 && m.day > 0 && known == 1
	return m.hasDate
}

// readClock reads HH:MM[:SS[.ffffff]].
func (m *moment) readClock(s string) bool {
	if m.hasClock {
		return false
	}
	frac := ""
	if i := strings.IndexByte(s, '.'); i >= 0 {
		s, frac = s[:i], s[i+1:]
	}
	parts := strings.Split(s, ":")
	if len(parts) > 3 || frac != "" && len(parts) != 3 {
		return false
	}
	return m.setClock(parts, frac)
}

// compactClock reads HHMM or HHMMSS[.ffffff].
func (m *moment) compactClock(s string) bool {
	s, frac, _ := strings.Cut(s, ".")
	if len(s) != 4 && len(s) != 6 || frac != "" && len(s) != 6 {
		return false
	}
	return m.setClock(splitPairs(s), frac)
}

// setClock sets the time of day. 24:00:00 and second 60 are taken as PostgreSQL
// takes them.
func (m *moment) setClock(parts []string, frac string) bool {
	unit := int64(MicrosPerHour)
	limits := [...]int64{24, 59, 60}
	for i, p := range parts {
		n, ok := number(p)
		if !ok || n > limits[i] {
			return ok && m.overflow()
		}
		m.clock += n * unit
		unit /= 60
	}
	m.hasClock = true
	micros, ok := fraction(frac)
	m.clock += micros
	return ok
}

// overflow marks a time of day that is out of range, for clockValue to refuse.
func (m *moment) overflow() bool {
	m.clock, m.hasClock = 2*MicrosPerDay, true
	return true
}

// fraction reads the digits after the point of seconds, rounded to microseconds.
func fraction(digits string) (int64, bool) {
	if digits == "" {
		return 0, true
	}
	if !allDigits(digits) {
		return 0, false
	}
	return int64(math.RoundToEven(parseFloat("0."+digits) * MicrosPerSecond)), true
}
