package expr

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// put puts together what was read.
func (r *templateReader) put() error {
	hour, minute, second := r.seconds/3600, r.seconds/60%60, r.seconds%60
	for _, f := range []struct{ to, from *int64 }{{&hour, &r.hour}, {&minute, &r.minute}, {&second, &r.second}} {
		if *f.from != 0 {
			*f.to = *f.from
		}
	}
	if r.hour12 {
		if hour < 1 || hour > 12 {
			return badTemplate("hour \"%d\" is invalid for the 12-hour clock", hour).
				WithHint("Use the 24-hour clock, or give an hour between 1 and 12.")
		}
		if hour %= 12; r.pm != 0 {
			hour += 12
		}
	}
	known, err := r.putDate()
	if err != nil {
		return err
	}
	micros := r.millis*1000 + r.micros
	if !r.validDate(known) || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || micros < 0 || micros >= types.MicrosPerSecond {
		return dberr.Newf(dberr.DatetimeFieldOverflow, "date/time field value out of range: \"%s\"", r.text)
	}
	r.clock = hour*types.MicrosPerHour + minute*types.MicrosPerMinute + second*types.MicrosPerSecond + micros
	if r.zoneSign != 0 {
		if r.zoneHour < 0 || r.zoneHour > 15 || r.zoneMin < 0 || r.zoneMin > 59 {
			return dberr.Newf(dberr.InvalidTimeZoneDisplacement, "time zone displacement out of range: \"%s\"", r.text)
		}
		r.zoned, r.offset = true, r.zoneSign*(r.zoneHour*3600+r.zoneMin*60)
	}
	return nil
}

// knownParts says which parts of a date a text gives.
type knownParts struct{ year, month, day bool }

var wholeDate = knownParts{true, true, true}

// putDate finds year, month and day. What is not said of them is 1 BC, January and the first.
func (r *templateReader) putDate() (known knownParts, err error) {
	r.m, r.d = 1, 1
	known.year = r.putYear()
	if r.julian != 0 {
		r.setDays(r.julian - julianEpoch)
		known = wholeDate
	}
	yearDay, day := r.yearDay, r.day
	if r.week != 0 {
		if r.mode == isoWeek {
			monday := isoMonday(r.y, r.week)
			switch {
			case r.weekday > 1:
				monday += r.weekday - 2
			case r.weekday == 1:
				monday += 6
			}
			r.setDays(monday)
			known = wholeDate
		} else {
			yearDay = (r.week-1)*7 + 1
		}
	}
	if r.monthWeek != 0 {
		day = (r.monthWeek-1)*7 + 1
	}
	if day != 0 {
		r.d, known.day = day, true
	}
	if r.month != 0 {
		r.m, known.month = r.month, true
	}
	if yearDay != 0 && (r.m <= 1 || r.d <= 1) {
		if r.y == 0 && r.bc == 0 {
			return known, badTemplate("cannot calculate day of year without year information")
		}
		if r.mode == isoWeek {
			r.setDays(isoMonday(r.y, 1) - 1 + yearDay)
			return wholeDate, nil
		}
		r.putYearDay(yearDay)
		known.month, known.day = true, true
	}
	return known, nil
}

// putYear finds the year, and reports whether the text says it.
func (r *templateReader) putYear() bool {
	century := r.century
	if r.bc != 0 {
		century = -century
	}
	switch {
	case r.year != 0 && century != 0 && r.yearDigits <= 2: // the year within the century
		r.y = r.year % 100
		switch {
		case r.y != 0 && century >= 0:
			r.y += (century - 1) * 100
		case r.y != 0:
			r.y = (century+1)*100 - r.y + 1
		case century >= 0:
			r.y = century * 100
		default:
			r.y = century*100 + 1
		}
	case r.year != 0:
		if r.y = r.year; r.bc != 0 {
			r.y = -r.y
		}
		if r.y < 0 {
			r.y++
		}
	case century > 0:
		r.y = (century-1)*100 + 1
	case century < 0:
		r.y = century*100 + 1
	default:
		return false
	}
	return true
}

// putYearDay finds month and day by the day of the year, where they are not known.
func (r *templateReader) putYearDay(n int64) {
	month := int64(1)
	for ; month <= 12 && n > types.DaysInMonth(r.y, month); month++ {
		n -= types.DaysInMonth(r.y, month)
	}
	if r.m <= 1 {
		r.m = month
	}
	if r.d <= 1 {
		r.d = n
	}
}

func (r *templateReader) setDays(days int64) { r.y, r.m, r.d = types.DateOf(days) }

// isoMonday returns the day on which a week of ISO 8601 begins.
func isoMonday(year, week int64) int64 {
	jan4 := types.DaysOf(year, 1, 4)
	return jan4 - (types.Weekday(jan4)+6)%7 + (week-1)*7
}

// validDate reports whether there is a day of which the known parts are true.
func (r *templateReader) validDate(known knownParts) bool {
	switch {
	case known.month && (r.m < 1 || r.m > 12), known.day && (r.d < 1 || r.d > 31):
		return false
	}
	return known != wholeDate || r.d <= types.DaysInMonth(r.y, r.m)
}

// date returns the day number of what was read.
func (r *templateReader) date() (int64, error) {
	days := types.DaysOf(r.y, r.m, r.d)
	if r.y < -4714 || r.y > 5874898 || !types.ValidDate(days) {
		return 0, dberr.Newf(dberr.DatetimeFieldOverflow, "date out of range: \"%s\"", r.text)
	}
	return days, nil
}

// time returns what was read as microseconds, in its zone.
func (r *templateReader) time() (int64, error) {
	if r.y < -4714 || r.y > 300000 {
		return 0, tooFar(tsType)
	}
	t := types.DaysOf(r.y, r.m, r.d)*types.MicrosPerDay + r.clock
	if !types.ValidTime(t) {
		return 0, tooFar(tsType)
	}
	return t, nil
}
