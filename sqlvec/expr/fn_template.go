package expr

import (
	"strconv"
	"strings"
	"time"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// zoneAbbrev returns the abbreviation of the session's zone at a time.
func zoneAbbrev(env *Env, micros int64) string {
	name, _ := time.UnixMicro(micros).In(env.zone()).Zone()
	return name
}

// templateReader reads a text by a template.
type templateReader struct {
	s               string
	c               clockFace
	pm, am, bc      bool
	hour12          bool
	doy, week, dow  int64
	isoYear         int64
	hasYear, julian bool
	west            bool // the zone is west of Greenwich
	zoned           bool // TZH was there; c.offset has what it and TZM say
}

// parseTemplate reads a text by a template as wall clock time.
func parseTemplate(text, template string) (int64, error) {
	_, t, err := readTemplate(text, template)
	return t, err
}

// readTemplate is parseTemplate, and returns the reader with what else it read.
func readTemplate(text, template string) (*templateReader, int64, error) {
	r := &templateReader{s: text, c: clockFace{month: 1, day: 1}}
	parts := splitTemplate(template)
	for i, p := range parts {
		if p.word == "" {
			r.literal(p.text)
			continue
		}
		r.s = strings.TrimLeft(r.s, " \t\n")
		if r.s == "" {
			break // patterns without text keep their defaults
		}
		next := i+1 < len(parts) && parts[i+1].word != ""
		if err := r.word(p, next); err != nil {
			return r, 0, err
		}
	}
	t, err := r.value(text)
	return r, t, err
}

// literal skips one character of the template: a separator skips any separators.
func (r *templateReader) literal(text string) {
	for _, c := range text {
		switch {
		case c == ' ':
			r.s = strings.TrimLeft(r.s, " \t\n")
		case strings.ContainsRune("-/.,:;", c):
			t := strings.TrimLeft(r.s, " \t\n")
			if t != "" && strings.ContainsRune("-/.,:;", rune(t[0])) {
				r.s = t[1:]
			}
		default:
			_, w := firstRune(r.s)
			r.s = r.s[min(w, len(r.s)):]
		}
	}
}

// digits takes up to n digits; all there are when no pattern follows at once.
func (r *templateReader) digits(n int, word string) (int64, error) {
	end := 0
	if end < len(r.s) && (r.s[end] == '-' || r.s[end] == '+') {
		end++
	}
	start := end
	for end < len(r.s) && end-start < n && r.s[end] >= '0' && r.s[end] <= '9' {
		end++
	}
	if end == start {
		bad := r.s[:min(n, len(r.s))]
		return 0, dberr.Newf(dberr.InvalidDatetimeFormat, "invalid value \"%s\" for \"%s\"", bad, word).
			WithDetail("Value must be an integer.")
	}
	v, err := strconv.ParseInt(r.s[:end], 10, 64)
	r.s = r.s[end:]
	return v, err
}

// templateWidths are the digits of numeric patterns.
var templateWidths = map[string]int{"YYYY": 4, "YYY": 3, "YY": 2, "Y": 1, "MM": 2, "DD": 2, "DDD": 3, "HH24": 2, "HH12": 2, "HH": 2,
	"MI": 2, "SS": 2, "MS": 3, "US": 6, "SSSS": 5, "SSSSS": 5, "D": 1, "ID": 1, "IW": 2, "WW": 2, "W": 1, "Q": 1, "J": 7,
	"IYYY": 4, "CC": 2, "FF1": 1, "FF2": 2, "FF3": 3, "FF4": 4, "FF5": 5, "FF6": 6,
	"TZH": 2, "TZM": 2}

// word reads one pattern; adjacent says that another follows at once.
func (r *templateReader) word(p templatePart, adjacent bool) error {
	w := strings.ToUpper(p.word)
	width, numeric := templateWidths[w]
	if !numeric {
		return r.named(w)
	}
	if !adjacent && !strings.HasPrefix(w, "FF") && !strings.HasPrefix(w, "TZ") && w != "MS" && w != "US" {
		width = max(width, 9)
	}
	before := len(r.s)
	west := w == "TZH" && strings.HasPrefix(r.s, "-")
	n, err := r.digits(width, p.word)
	if err != nil {
		return err
	}
	if p.suffix != "" && len(r.s) >= 2 {
		r.s = r.s[2:]
	}
	if w == "TZH" || w == "TZM" {
		return r.setZone(w, n, west)
	}
	return r.set(w, n, before-len(r.s))
}

// setZone stores hours, or behind them minutes, from Greenwich.
func (r *templateReader) setZone(w string, n int64, west bool) error {
	switch {
	case w == "TZH":
		r.zoned, r.west, r.c.offset = true, west, n*3600
	case r.west:
		r.c.offset -= n * 60
	default:
		r.c.offset += n * 60
	}
	return nil
}

// set stores the number of a pattern; got is how many characters it had.
func (r *templateReader) set(w string, n int64, got int) error {
	switch w {
	case "YYYY":
		r.c.year, r.hasYear = n, true
		r.bc = r.bc || n < 0
		if n < 0 {
			r.c.year = -n
		}
	case "YYY", "YY", "Y":
		r.c.year, r.hasYear = shortYear(n, got), true
	case "MM":
		r.c.month = n
	case "DD":
		r.c.day = n
	case "DDD":
		r.doy = n
	case "HH24":
		r.c.hour = n
	case "HH", "HH12":
		r.c.hour, r.hour12 = n, true
		if n < 1 || n > 12 {
			return dberr.Newf(dberr.InvalidDatetimeFormat, "hour \"%d\" is invalid for the 12-hour clock", n).
				WithHint("Use the 24-hour clock, or give an hour between 1 and 12.")
		}
	case "MI":
		r.c.minute = n
	case "SS":
		r.c.second = n
	case "MS", "US", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
		r.c.micros = n * types.Pow10(6-min(got, 6))
	case "SSSS", "SSSSS":
		r.c.hour, r.c.minute, r.c.second = n/3600, n/60%60, n%60
	case "J":
		r.c.days, r.julian = n-2440588, true
	case "IYYY":
		r.isoYear = n
	case "IW":
		r.week = n
	case "ID":
		r.dow = n
	}
	return nil
}

// shortYear completes a year of fewer than four digits towards 2020.
func shortYear(n int64, got int) int64 {
	switch {
	case got >= 4 || n < 0:
		return n
	case n < 70:
		return n + 2000
	case n < 100:
		return n + 1900
	case n < 520:
		return n + 2000
	}
	return n + 1000
}

// named reads a pattern of letters.
func (r *templateReader) named(w string) error {
	low := strings.ToLower(r.s)
	switch w {
	case "MONTH", "MON":
		for i, name := range monthNames {
			for _, try := range []string{strings.ToLower(name), strings.ToLower(name[:3])} {
				if strings.HasPrefix(low, try) && (w == "MONTH" || len(try) == 3) {
					r.c.month, r.s = int64(i+1), r.s[len(try):]
					return nil
				}
			}
		}
		return r.badName(w)
	case "DAY", "DY":
		for _, name := range dayNames {
			for _, try := range []string{strings.ToLower(name), strings.ToLower(name[:3])} {
				if strings.HasPrefix(low, try) && (w == "DAY" || len(try) == 3) {
					r.s = r.s[len(try):]
					return nil
				}
			}
		}
		return r.badName(w)
	case "AM", "PM", "A.M.", "P.M.":
		return r.halfDay(low, len(w))
	case "BC", "AD", "B.C.", "A.D.":
		if len(low) >= len(w) {
			r.bc = low[0] == 'b'
			r.s = r.s[len(w):]
		}
		return nil
	}
	return dberr.Newf(dberr.FeatureNotSupported, "formatting field \"%s\" is only supported in to_char", w)
}

// badName is the error of a name that is not one.
func (r *templateReader) badName(w string) error {
	end := strings.IndexAny(r.s, " -/.,:;")
	if end < 0 {
		end = len(r.s)
	}
	return dberr.Newf(dberr.InvalidDatetimeFormat, "invalid value \"%s\" for \"%s\"", r.s[:end], w).
		WithDetail("The given value did not match any of the allowed values for this field.")
}

// halfDay reads am or pm.
func (r *templateReader) halfDay(low string, n int) error {
	if len(low) < n || low[0] != 'a' && low[0] != 'p' {
		return r.badName("AM")
	}
	r.pm, r.am = low[0] == 'p', low[0] == 'a'
	r.s = r.s[n:]
	return nil
}

// value returns what was read as microseconds.
func (r *templateReader) value(text string) (int64, error) {
	c := &r.c
	if r.hour12 || r.pm || r.am {
		c.hour %= 12
		if r.pm {
			c.hour += 12
		}
	}
	y := c.year
	if r.bc {
		y = 1 - y
	}
	if !r.hasYear {
		y = 0 // 1 BC, as in PostgreSQL
	}
	bad := dberr.Newf(dberr.DatetimeFieldOverflow, "date/time field value out of range: \"%s\"", text)
	if c.hour > 23 || c.minute > 59 || c.second > 59 || c.month < 1 || c.month > 12 {
		return 0, bad
	}
	days := types.DaysOf(y, c.month, c.day)
	switch {
	case r.julian:
		days = c.days
	case r.isoYear != 0:
		jan4 := types.DaysOf(r.isoYear, 1, 4)
		days = jan4 - (types.Weekday(jan4)+6)%7 + max(r.week-1, 0)*7 + max(r.dow-1, 0)
	case r.doy != 0:
		days = types.DaysOf(y, 1, 1) + r.doy - 1
	case c.day < 1 || c.day > types.DaysInMonth(y, c.month):
		return 0, bad
	}
	t := days*types.MicrosPerDay + c.hour*types.MicrosPerHour + c.minute*types.MicrosPerMinute + c.second*types.MicrosPerSecond + c.micros
	if days > 1e8 || days < -3e6 || !types.ValidTime(t) {
		return 0, tooFar(tsType)
	}
	return t, nil
}
