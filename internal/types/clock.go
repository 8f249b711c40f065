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
	if len(s) > 1 && (s[0] == 'T' || s[0] == 't') && s[1] >= '0' && s[1] <= '9' {
		s = s[1:]
	}
	m := moment{text: text, zone: c.zone()}
	if len(s) >= 4 && allDigits(s[:4]) && m.compactClock(s) {
		return m.clockValue()
	}
	m = moment{text: text, zone: c.zone()}
	if !m.scan(s) && !m.hasClock || !m.hasClock {
		if m.err != nil {
			return 0, m.err
		}
		return 0, badTime(T(Time), text)
	}
	return m.clockValue()
}

// TimeOfDay returns the clock of a finite TIMESTAMP.
func TimeOfDay(micros int64) int64 {
	_, rest := SplitDay(micros)
	return rest
}

// castClock converts to and from TIME.
func (c Context) castClock(v Value, t Type) (Value, error) {
	switch {
	case v.Type.ID == Time && t.ID == Interval:
		return SpanValue(IntervalValue{Micros: v.I}), nil
	case v.Type.ID == Interval && t.ID == Time:
		return IntValue(t, TimeOfDay(v.Iv.Micros)), nil
	case v.Type.ID == Timestamp || v.Type.ID == TimestampTZ:
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
