package types

import (
	"strings"
	"time"
)

// A TIMETZ is a clock and an offset from Greenwich. Its word orders as PostgreSQL orders them,
// by the moment and then from east to west:
//
//	bits     what
//	17..63   microseconds since midnight in Greenwich: negative on the day before
//	0..16    seconds west of Greenwich plus 2^16
const (
	zoneBits = 17
	zoneBase = 1 << (zoneBits - 1)
)

// MakeTimeTZ returns the TIMETZ of a clock, in microseconds since midnight, and the seconds east of
// Greenwich, both as ParseTime bounds them.
func MakeTimeTZ(clock, east int64) int64 {
	return (clock-east*MicrosPerSecond)<<zoneBits | (zoneBase - east)
}

// SplitTimeTZ returns the clock and the seconds east of Greenwich of a TIMETZ.
func SplitTimeTZ(v int64) (clock, east int64) {
	east = zoneBase - v&(1<<zoneBits-1)
	return v>>zoneBits + east*MicrosPerSecond, east
}

// ShiftTimeTZ returns the TIMETZ of the same moment at another offset, wrapped around midnight.
func ShiftTimeTZ(v, east int64) int64 {
	return MakeTimeTZ(TimeOfDay(v>>zoneBits+east*MicrosPerSecond), east)
}

func appendTimeTZ(dst []byte, v int64) []byte {
	clock, east := SplitTimeTZ(v)
	return appendOffset(appendClock(dst, clock), east)
}

// parseTimeTZ reads a TIMETZ: a clock and a zone, the session's where there is none.
func (c Context) parseTimeTZ(text string) (int64, error) {
	s := trimSpace(text)
	if IsRelativeTime(s) {
		now, err := c.ParseTime(s, T(TimestampTZ))
		return c.clockAt(now), err
	}
	m, clock, err := c.scanClock(text, T(TimeTZ))
	switch {
	case err != nil:
		return 0, err
	case m.hasOffset:
		return MakeTimeTZ(clock, m.offset), nil
	}
	zone := m.zone
	if m.named != nil {
		zone = m.named
	}
	days := TimeToDate(ToLocal(zone, c.Now))
	if m.hasDate {
		if days, err = m.days(); err != nil {
			return 0, err
		}
	}
	local := days*MicrosPerDay + clock
	return MakeTimeTZ(clock, (local-ToUTC(zone, local))/MicrosPerSecond), nil
}

// oneOffset reports whether a zone of the database never changes its offset.
func oneOffset(zone *time.Location) bool {
	return zone == time.UTC || strings.HasPrefix(zone.String(), "Etc/")
}

// clockAt returns what the clock of the session's zone shows at a time, with its offset.
func (c Context) clockAt(micros int64) int64 {
	return MakeTimeTZ(TimeOfDay(ToLocal(c.zone(), micros)), OffsetAt(c.zone(), micros))
}

// withZone returns a TIME with the offset of the session's zone today.
func (c Context) withZone(clock int64) int64 {
	local := TimeToDate(ToLocal(c.zone(), c.Now))*MicrosPerDay + clock
	return MakeTimeTZ(clock, (local-ToUTC(c.zone(), local))/MicrosPerSecond)
}
