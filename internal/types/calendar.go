package types

import "math"

// Times are microseconds, and dates days, since 1970-01-01 in the proleptic
// Gregorian calendar; the ends of the range mean infinity.
const (
	PosInfTime = math.MaxInt64
	NegInfTime = math.MinInt64
	PosInfDate = math.MaxInt32
	NegInfDate = math.MinInt32
)

// Microseconds of the units.
const (
	MicrosPerSecond = 1_000_000
	MicrosPerMinute = 60 * MicrosPerSecond
	MicrosPerHour   = 60 * MicrosPerMinute
	MicrosPerDay    = 24 * MicrosPerHour
)

// The range of TIMESTAMP is 4713-11-24 BC to 294246-12-31 (PostgreSQL, which counts
// from the year 2000, goes 30 years further), that of DATE goes
// to 5874897-12-31.
var (
	minDate      = DaysOf(-4713, 11, 24)
	maxDate      = DaysOf(5874897, 12, 31)
	minTimestamp = minDate * MicrosPerDay
	maxTimestamp = DaysOf(294247, 1, 1)*MicrosPerDay - 1
)

// ValidTime reports whether micros is a finite TIMESTAMP.
func ValidTime(micros int64) bool { return micros >= minTimestamp && micros <= maxTimestamp }

// ValidDate reports whether days is a finite DATE.
func ValidDate(days int64) bool { return days >= minDate && days <= maxDate }

// TimeRange returns the least and the greatest finite TIMESTAMP.
func TimeRange() (least, most int64) { return minTimestamp, maxTimestamp }

// DateRange returns the least and the greatest finite DATE.
func DateRange() (least, most int64) { return minDate, maxDate }

// IsInfTime reports whether micros means infinity or -infinity.
func IsInfTime(micros int64) bool { return micros == PosInfTime || micros == NegInfTime }

// IsInfDate reports whether days means infinity or -infinity.
func IsInfDate(days int64) bool { return days == PosInfDate || days == NegInfDate }

// DaysOf returns the day number of a date; year 0 is 1 BC. Months outside 1 to 12
// and days outside the month are carried over.
func DaysOf(year, month, day int64) int64 {
	month--
	year += floorDiv64(month, 12)
	month -= floorDiv64(month, 12) * 12
	// Years begin in March, so that the leap day is the last of its year.
	y, m := year, month-2
	if m < 0 {
		m += 12
		y--
	}
	era := floorDiv64(y, 400)
	yoe := y - era*400
	doy := (153*m+2)/5 + day - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 719468
}

// DateOf returns year (0 is 1 BC), month and day of a day number.
func DateOf(days int64) (year, month, day int64) {
	z := days + 719468
	era := floorDiv64(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = doy - (153*mp+2)/5 + 1
	month = mp + 3
	year = yoe + era*400
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

// floorDiv64 returns the quotient rounded down.
func floorDiv64(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// SplitDay returns the day number and the microseconds into it of a time.
func SplitDay(micros int64) (days, rest int64) {
	days = floorDiv64(micros, MicrosPerDay)
	return days, micros - days*MicrosPerDay
}

// IsLeap reports whether the year has a 29 February.
func IsLeap(year int64) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// DaysInMonth returns the number of days of a month 1 to 12.
func DaysInMonth(year, month int64) int64 {
	if month == 2 {
		if IsLeap(year) {
			return 29
		}
		return 28
	}
	return 30 + (month+month>>3)&1
}

// Weekday returns the day of the week, 0 for Sunday.
func Weekday(days int64) int64 { return ((days+4)%7 + 7) % 7 }

// ISOWeek returns the ISO 8601 year and week of a day.
func ISOWeek(days int64) (year, week int64) {
	// The week belongs to the year of its Thursday.
	thursday := days - (Weekday(days)+6)%7 + 3
	year, _, _ = DateOf(thursday)
	return year, (thursday-DaysOf(year, 1, 1))/7 + 1
}
