package types

import (
	"strconv"
	"strings"
	"time"
)

// moment is a date and time as far as its text has been read.
type moment struct {
	text             string
	zone             *time.Location
	year, month, day int64
	hasDate          bool
	clock            int64 // µs of the day
	hasClock         bool
	offset           int64 // seconds east of Greenwich
	hasOffset        bool
	named            *time.Location // a zone given by its full name
	shortYear        bool           // year was written with two digits and completed
	bc, am, pm       bool
	err              error // why the text was refused, when that is not its syntax
	julian           bool  // the date is already a day number, in day
}

// IsRelativeTime reports whether the text means a time relative to the clock.
func IsRelativeTime(text string) bool {
	switch strings.ToLower(trimSpace(text)) {
	case "now", "today", "tomorrow", "yesterday":
		return true
	}
	return false
}

// ParseTime reads a DATE (days), TIMESTAMP or TIMESTAMPTZ (microseconds). It takes
// ISO 8601 and the styles PostgreSQL takes with DateStyle ISO, MDY.
func (c Context) ParseTime(text string, t Type) (int64, error) {
	s := trimSpace(text)
	if i, ok := parseISO(s, t); ok {
		return c.place(i, t)
	}
	if i, ok, err := c.specialTime(s, t, text); ok || err != nil {
		return i, err
	}
	m := moment{text: text, zone: c.zone()}
	if !m.scan(s) || !m.hasDate {
		if m.err != nil {
			return 0, m.err
		}
		return 0, badTime(t, text)
	}
	return m.value(t)
}

// place turns a wall clock time read by parseISO into a value of t.
func (c Context) place(local int64, t Type) (int64, error) {
	if t.ID == TimestampTZ {
		return ToUTC(c.zone(), local), nil
	}
	return local, nil
}

// parseISO reads YYYY-MM-DD, with HH:MM:SS[.ffffff] for times, quickly and nothing
// else.
func parseISO(s string, t Type) (int64, bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	y, ok1 := digits4(s[:4])
	m, ok2 := digits2(s[5:7])
	d, ok3 := digits2(s[8:10])
	if !ok1 || !ok2 || !ok3 || y == 0 || m < 1 || m > 12 || d < 1 || d > DaysInMonth(y, m) {
		return 0, false
	}
	days := DaysOf(y, m, d)
	if len(s) == 10 {
		if t.ID == Date {
			return days, true
		}
		return days * MicrosPerDay, true
	}
	clock, ok := isoClock(s[10:])
	if !ok {
		return 0, false
	}
	if t.ID == Date {
		return days, true
	}
	return days*MicrosPerDay + clock, true
}

// isoClock reads " HH:MM:SS[.ffffff]" or with T.
func isoClock(s string) (int64, bool) {
	if len(s) < 9 || s[0] != ' ' && s[0] != 'T' || s[3] != ':' || s[6] != ':' {
		return 0, false
	}
	h, ok1 := digits2(s[1:3])
	m, ok2 := digits2(s[4:6])
	sec, ok3 := digits2(s[7:9])
	if !ok1 || !ok2 || !ok3 || h > 23 || m > 59 || sec > 59 {
		return 0, false
	}
	micros := h*MicrosPerHour + m*MicrosPerMinute + sec*MicrosPerSecond
	if len(s) == 9 {
		return micros, true
	}
	f := s[10:]
	if s[9] != '.' || len(f) == 0 || len(f) > 6 || !allDigits(f) {
		return 0, false
	}
	n, _ := strconv.ParseInt(f, 10, 64)
	return micros + n*pow10Table[6-len(f)], true
}

// digits2 reads two digits.
func digits2(s string) (int64, bool) {
	a, b := s[0]-'0', s[1]-'0'
	return int64(a)*10 + int64(b), a <= 9 && b <= 9
}

// digits4 reads four digits.
func digits4(s string) (int64, bool) {
	a, ok1 := digits2(s[:2])
	b, ok2 := digits2(s[2:])
	return a*100 + b, ok1 && ok2
}

// specialTime reads the words that stand alone.
func (c Context) specialTime(s string, t Type, text string) (int64, bool, error) {
	inf := map[bool][2]int64{false: {PosInfTime, NegInfTime}, true: {PosInfDate, NegInfDate}}[t.ID == Date]
	switch strings.ToLower(s) {
	case "infinity", "+infinity", "inf", "+inf":
		return inf[0], true, nil
	case "-infinity", "-inf":
		return inf[1], true, nil
	case "epoch":
		return 0, true, nil
	}
	if !IsRelativeTime(s) {
		return 0, false, nil
	}
	if !c.HasNow {
		return 0, false, badTime(t, text)
	}
	now := c.Now
	local := ToLocal(c.zone(), now)
	days, _ := SplitDay(local)
	switch strings.ToLower(s) {
	case "now":
		switch t.ID {
		case Date:
			return days, true, nil
		case Timestamp:
			return local, true, nil
		}
		return now, true, nil
	case "tomorrow":
		days++
	case "yesterday":
		days--
	}
	if t.ID == Date {
		return days, true, nil
	}
	i, err := c.place(days*MicrosPerDay, t)
	return i, true, err
}

// value checks the fields and returns the value of type t.
func (m *moment) value(t Type) (int64, error) {
	days, err := m.days()
	if err != nil {
		return 0, err
	}
	clock, err := m.clockValue()
	if err != nil {
		return 0, err
	}
	if t.ID == Date {
		if !ValidDate(days) {
			return 0, outOfRangeText(t, m.text)
		}
		return days, nil
	}
	if days < minDate-1 || days > maxTimestamp/MicrosPerDay+1 {
		return 0, outOfRangeText(t, m.text)
	}
	micros := days*MicrosPerDay + clock
	if t.ID == TimestampTZ {
		switch {
		case m.named != nil:
			micros = ToUTC(m.named, micros)
		case m.hasOffset:
			micros -= m.offset * MicrosPerSecond
		default:
			micros = ToUTC(m.zone, micros)
		}
	}
	if !ValidTime(micros) {
		return 0, outOfRangeText(t, m.text)
	}
	return micros, nil
}

// outOfRangeText is timeOutOfRange with the text.
func outOfRangeText(t Type, text string) error {
	e := timeOutOfRange(t)
	name := "timestamp"
	if t.ID == Date {
		name = "date"
	}
	e.Message = name + " out of range: \"" + text + "\""
	return e
}

// days returns the day number of the date.
func (m *moment) days() (int64, error) {
	if m.julian {
		return m.day, nil
	}
	y := m.year
	if m.bc && m.shortYear {
		y %= 100
	}
	if m.bc {
		if y <= 0 {
			return 0, badTimeField(m.text)
		}
		y = 1 - y
	} else if y == 0 {
		return 0, badTimeField(m.text)
	}
	if m.month < 1 || m.month > 12 || m.day < 1 || y > 6000000 {
		return 0, badDateField(m)
	}
	if m.day > DaysInMonth(y, m.month) {
		return 0, badDateField(m)
	}
	return DaysOf(y, m.month, m.day), nil
}

// badDateField is badTimeField, with PostgreSQL's hint where month and day may have
// been confused.
func badDateField(m *moment) error {
	e := badTimeField(m.text)
	if m.month > 12 && m.day <= 31 {
		return e.WithHint("Perhaps you need a different \"datestyle\" setting.")
	}
	return e
}

// clockValue returns the microseconds of the day.
func (m *moment) clockValue() (int64, error) {
	c := m.clock
	if m.am || m.pm {
		h := c / MicrosPerHour
		if h > 12 {
			return 0, badTimeField(m.text)
		}
		if h == 12 {
			c -= 12 * MicrosPerHour
		}
		if m.pm {
			c += 12 * MicrosPerHour
		}
	}
	if c > MicrosPerDay {
		return 0, badTimeField(m.text)
	}
	return c, nil
}
