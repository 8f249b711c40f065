package textin

import (
	"encoding/binary"

	"driftdb/internal/types"
)

const (
	secondMicros = 1_000_000
	dayMicros    = 86400 * secondMicros
)

// monthStarts are the days from 1970 to the first of every month of the years from firstYear on.
var monthStarts = func() (days [lastYear - firstYear + 1]([13]int32)) {
	for y := range days {
		for m := range days[y] {
			days[y][m] = int32(types.DaysOf(int64(firstYear+y+m/12), int64(m%12+1), 1))
		}
	}
	return days
}()

const firstYear, lastYear = 1900, 2100

// twoDigits reads two digits; a value above 99 means that they are none.
func twoDigits(s []byte) int {
	a, b := s[0]-'0', s[1]-'0'
	if a > 9 || b > 9 {
		return 1000
	}
	return int(a)*10 + int(b)
}

// parseDate reads YYYY-MM-DD as days since 1970-01-01. ok is false for anything else.
func parseDate(s []byte) (days int32, ok bool) {
	if len(s) != 10 || s[4] != '-' {
		return 0, false
	}
	// What follows the century is a word: less the characters that must be there, each byte is a digit, or
	// nothing for a hyphen. Then each is ten times itself and its neighbour.
	const hyphens, room = 0x30302d30302d3030, 0x76767f76767f7676
	z := binary.LittleEndian.Uint64(s[2:]) ^ hyphens
	century := twoDigits(s)
	if ((z&lows+room)|z)&highs != 0 || century > 99 {
		return 0, false
	}
	z = z*10 + z>>8
	y, m, d := century*100+int(uint8(z)), int(uint8(z>>24)), int(uint8(z>>48))
	if y == 0 || m < 1 || m > 12 || d < 1 {
		return 0, false
	}
	if y >= firstYear && y <= lastYear {
		starts := &monthStarts[y-firstYear]
		days = starts[m-1] + int32(d) - 1
		return days, days < starts[m]
	}
	if d > 28 && int64(d) > types.DaysInMonth(int64(y), int64(m)) {
		return 0, false
	}
	return int32(types.DaysOf(int64(y), int64(m), int64(d))), true
}

// parseTimestamp reads YYYY-MM-DD[ T]HH:MM:SS[.ffffff], then Z where zone says so, as microseconds
// since 1970 in UTC. ok is false for anything else.
func parseTimestamp(s []byte, zone bool) (micros int64, ok bool) {
	if zone {
		if len(s) == 0 || s[len(s)-1] != 'Z' {
			return 0, false
		}
		s = s[:len(s)-1]
	}
	if len(s) < 19 || s[10] != ' ' && s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	days, ok := parseDate(s[:10])
	h, m, sec := twoDigits(s[11:]), twoDigits(s[14:]), twoDigits(s[17:])
	if !ok || h > 23 || m > 59 || sec > 59 {
		return 0, false
	}
	micros = int64(days)*dayMicros + int64(h*3600+m*60+sec)*secondMicros
	if len(s) == 19 {
		return micros, true
	}
	fraction, ok := parseFraction(s[19:])
	return micros + fraction, ok
}

// parseFraction reads a point and one to six digits as microseconds.
func parseFraction(s []byte) (int64, bool) {
	if s[0] != '.' || len(s) < 2 || len(s) > 7 {
		return 0, false
	}
	v := int64(0)
	for i := 1; i < 7; i++ {
		v *= 10
		if i < len(s) {
			if !isDigit(s[i]) {
				return 0, false
			}
			v += int64(s[i] - '0')
		}
	}
	return v, true
}
