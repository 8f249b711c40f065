package types

import "driftdb/internal/dberr"

// parseClock reads a TIME: a clock, alone or after a date. A zone is read and ignored.
func (c Context) parseClock(text string) (int64, error) {
	s := trimSpace(text)
	if len(s) >= 8 {
		if micros, ok := isoClock(" " + s); ok {
			return micros, nil
		}
	}
	if IsRelativeTime(s) {
		now, err := c.ParseTime(s, T(Timestamp))
		return TimeOfDay(now), err
	}
	_, clock, err := c.scanClock(text, T(Time))
	return clock, err
}

// scanClock reads the text of a TIME or TIMETZ. A clock without colons may begin it.
// A zone that has more than one offset needs a date.
func (c Context) scanClock(text string, t Type) (moment, int64, error) {
	s := trimSpace(text)
	if len(s) > 1 && (s[0] == 'T' || s[0] == 't') && s[1] >= '0' && s[1] <= '9' {
		s = s[1:]
	}
	m := moment{text: text, zone: c.zone()}
	if !m.scanCompact(s) {
		m = moment{text: text, zone: c.zone()}
		if loose, ok := m.scanFields(s); !ok || m.hasDateParts(loose) && !m.settle(loose) {
			m.hasClock = false
		}
	}
	if !m.hasClock || m.named != nil && !m.hasDate && !oneOffset(m.named) {
		if m.err != nil {
			return m, 0, m.err
		}
		return m, 0, badTime(t, text)
	}
	clock, err := m.clockValue()
	return m, clock, err
}

// hasDateParts reports whether there is a date, or something that may belong to one.
func (m *moment) hasDateParts(loose []int64) bool { return m.hasDate || m.month > 0 || len(loose) > 0 }

// scanCompact reads HHMM or HHMMSS[.ffffff], and a zone after it.
func (m *moment) scanCompact(s string) bool {
	end := 0
	for end < len(s) && (isDigit(s[end]) || s[end] == '.') {
		end++
	}
	if end < 4 || !allDigits(s[:4]) || !m.compactClock(s[:end]) {
		return false
	}
	if end == len(s) {
		return true
	}
	loose, ok := m.scanFields(s[end:])
	return ok && !m.hasDateParts(loose)
}

// TimeOfDay returns the clock of a finite TIMESTAMP.
func TimeOfDay(micros int64) int64 {
	_, rest := SplitDay(micros)
	return rest
}

// castClock converts to and from TIME and TIMETZ.
func (c Context) castClock(v Value, t Type) (Value, error) {
	switch {
	case v.Type.ID == Time && t.ID == TimeTZ:
		return IntValue(t, c.withZone(v.I)), nil
	case v.Type.ID == TimeTZ && t.ID == Time:
		clock, _ := SplitTimeTZ(v.I)
		return IntValue(t, clock), nil
	case v.Type.ID == TimestampTZ && t.ID == TimeTZ && !IsInfTime(v.I):
		return IntValue(t, c.clockAt(v.I)), nil
	case v.Type.ID == Time && t.ID == Interval:
		return SpanValue(IntervalValue{Micros: v.I}), nil
	case v.Type.ID == Interval && t.ID == Time:
		return IntValue(t, TimeOfDay(v.Iv.Micros)), nil
	case v.Type.ID == Timestamp && t.ID == Time || v.Type.ID == TimestampTZ:
		if IsInfTime(v.I) {
			return NullOf(t), nil
		}
		micros := v.I
		if v.Type.ID == TimestampTZ {
			micros = ToLocal(c.zone(), micros)
		}
		return IntValue(t, TimeOfDay(micros)), nil
	}
	return Value{}, dberr.Newf(dberr.CannotCoerce, "cannot cast type %s to %s", v.Type.Base(), t.Base())
}
