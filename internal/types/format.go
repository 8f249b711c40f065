package types

import (
	"encoding/hex"
	"math"
	"math/bits"
	"strconv"
	"time"
)

// Context is what reading, printing and converting values depends on beside the
// value: the session. The zero value is UTC, without a clock. It is immutable.
type Context struct {
	Zone   *time.Location // nil: UTC
	Now    int64          // what 'now' and 'today' mean, µs since 1970 UTC
	HasNow bool           // 'now' and 'today' are allowed
}

// zone returns the time zone.
func (c Context) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

// Format returns the text of v as PostgreSQL prints it, in UTC; "" for NULL.
func Format(v Value) string { return Context{}.Format(v) }

// Format returns the text of v as PostgreSQL prints it; "" for NULL.
func (c Context) Format(v Value) string { return string(c.Append(nil, v)) }

// Append appends the text of v as PostgreSQL prints it; nothing for NULL.
func (c Context) Append(dst []byte, v Value) []byte {
	if !v.Valid {
		return dst
	}
	switch v.Type.Class() {
	case Span:
		return AppendInterval(dst, v.Iv)
	case F32, F64:
		return AppendFloat(dst, v.F, v.Type.ID == Float32)
	case Bytes:
		if v.Type.IsArray() {
			return c.appendArray(dst, v)
		}
		if v.Type.ID == Record {
			return c.appendRow(dst, v)
		}
		return appendBytesClass(dst, v.Type, v.S)
	}
	return c.AppendInt(dst, v.Type, v.I)
}

// AppendInt appends the text of a value of a Bits, I16, I32 or I64 type.
func (c Context) AppendInt(dst []byte, t Type, i int64) []byte {
	switch t.ID {
	case Bool:
		if i != 0 {
			return append(dst, 't')
		}
		return append(dst, 'f')
	case Date:
		return AppendDate(dst, i)
	case Time:
		return appendClock(dst, i)
	case TimeTZ:
		return appendTimeTZ(dst, i)
	case Timestamp:
		return AppendTimestamp(dst, i)
	case TimestampTZ:
		return AppendTimestampTZ(dst, i, c.zone())
	case Numeric:
		return appendScaled(dst, i, int(t.Scale))
	}
	return strconv.AppendInt(dst, i, 10)
}

// appendBytesClass appends the text of a stored form of the Bytes class.
func appendBytesClass(dst []byte, t Type, s string) []byte {
	switch t.ID {
	case Bytea:
		dst = append(dst, '\\', 'x')
		return hex.AppendEncode(dst, []byte(s))
	case UUID:
		return appendUUID(dst, s)
	case Bpchar:
		return appendChar(dst, s, t)
	case Numeric:
		d, err := DecodeDecimal([]byte(s))
		if err != nil {
			return append(dst, "(damaged)"...)
		}
		return d.Append(dst)
	}
	return append(dst, s...)
}

// AppendFloat appends the shortest text that reads back as f.
func AppendFloat(dst []byte, f float64, single bool) []byte {
	size := 64
	if single {
		size = 32
	}
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	case f == 0:
		if math.Signbit(f) {
			dst = append(dst, '-')
		}
		return append(dst, '0')
	}
	if x := math.Abs(f); x >= 1e-4 && x < 1e6 {
		return strconv.AppendFloat(dst, f, 'f', -1, size)
	}
	// PostgreSQL prints an exponent below 1e-4 and from 1e15 (1e6 for REAL) on.
	start := len(dst)
	dst = appendShortest(dst, f, size)
	limit := 15
	if single {
		limit = 6
	}
	if exp := floatExponent(dst[start:]); exp >= -4 && exp < limit {
		return strconv.AppendFloat(dst[:start], f, 'f', -1, size)
	}
	return dst
}

// appendShortest appends the shortest d.ddde±xx that is nearer to f than to any other number.
// Package strconv also takes what is as near to another one and reads as f because that is even.
func appendShortest(dst []byte, f float64, size int) []byte {
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'e', -1, size)
	if math.Abs(f) < 1<<24 { // no tie has as few digits as these
		return dst
	}
	for digits, tie := floatTie(dst[start:], size); tie; digits, tie = floatTie(dst[start:], size) {
		dst = strconv.AppendFloat(dst[:start], f, 'e', digits, size)
	}
	return dst
}

// floatTie reports whether d.ddde±xx is exactly between two numbers: whether it is a whole number
// whose odd part has one bit more than theirs. It counts the digits, too.
func floatTie(text []byte, size int) (digits int, tie bool) {
	odd := uint64(0)
	for _, c := range text {
		if c == 'e' {
			break
		}
		if c >= '0' && c <= '9' {
			odd = odd*10 + uint64(c-'0')
			digits++
		}
	}
	precision := 53
	if size == 32 {
		precision = 24
	}
	zeros := floatExponent(text) - (digits - 1)
	if zeros < 0 || odd == 0 {
		return digits, false
	}
	odd >>= bits.TrailingZeros64(odd)
	for ; zeros > 0 && bits.Len64(odd) <= precision+1; zeros-- { // 10 is 5 with a bit of zero
		odd *= 5
	}
	return digits, zeros == 0 && bits.Len64(odd) == precision+1
}

// floatExponent returns the exponent of d.ddde±xx.
func floatExponent(b []byte) int {
	i := len(b) - 1
	for b[i] != 'e' {
		i--
	}
	exp, _ := strconv.Atoi(string(b[i+1:]))
	return exp
}

// appendPadded appends n with at least width digits.
func appendPadded(dst []byte, n int64, width int) []byte {
	u := uint64(n)
	switch { // the parts of a date or time
	case width == 2 && u < 100:
		return append(dst, byte('0'+u/10), byte('0'+u%10))
	case width == 4 && u < 10_000:
		return append(dst, byte('0'+u/1000), byte('0'+u/100%10), byte('0'+u/10%10), byte('0'+u%10))
	}
	var buf [20]byte
	s := strconv.AppendInt(buf[:0], n, 10)
	for i := len(s); i < width; i++ {
		dst = append(dst, '0')
	}
	return append(dst, s...)
}

// appendYMD appends YYYY-MM-DD and reports whether the year is before Christ.
func appendYMD(dst []byte, days int64) ([]byte, bool) {
	y, m, d := DateOf(days)
	bc := y <= 0
	if bc {
		y = 1 - y
	}
	dst = append(appendPadded(dst, y, 4), '-')
	dst = append(appendPadded(dst, m, 2), '-')
	return appendPadded(dst, d, 2), bc
}

// AppendDate appends a DATE.
func AppendDate(dst []byte, days int64) []byte {
	switch days {
	case PosInfDate:
		return append(dst, "infinity"...)
	case NegInfDate:
		return append(dst, "-infinity"...)
	}
	dst, bc := appendYMD(dst, days)
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst
}

// appendClock appends HH:MM:SS[.ffffff] without trailing zeros of the fraction.
func appendClock(dst []byte, micros int64) []byte {
	dst = append(appendPadded(dst, micros/MicrosPerHour, 2), ':')
	dst = append(appendPadded(dst, micros/MicrosPerMinute%60, 2), ':')
	dst = appendPadded(dst, micros/MicrosPerSecond%60, 2)
	return appendFraction(dst, micros%MicrosPerSecond)
}

// appendFraction appends .ffffff without trailing zeros, nothing for 0.
func appendFraction(dst []byte, micros int64) []byte {
	if micros == 0 {
		return dst
	}
	dst = appendPadded(append(dst, '.'), micros, 6)
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// AppendTimestamp appends a TIMESTAMP.
func AppendTimestamp(dst []byte, micros int64) []byte {
	dst, bc := appendMoment(dst, micros)
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst
}

// appendMoment appends a TIMESTAMP without its BC.
func appendMoment(dst []byte, micros int64) ([]byte, bool) {
	switch micros {
	case PosInfTime:
		return append(dst, "infinity"...), false
	case NegInfTime:
		return append(dst, "-infinity"...), false
	}
	days, rest := SplitDay(micros)
	y, m, d := DateOf(days)
	if y <= 0 || y > 9999 {
		dst, bc := appendYMD(dst, days)
		return appendClock(append(dst, ' '), rest), bc
	}
	seconds := uint32(rest / MicrosPerSecond)
	h, min, sec := seconds/3600, seconds/60%60, seconds%60
	century, year := uint32(y)/100, uint32(y)%100
	dst = append(dst, digit(century/10), digit(century), digit(year/10), digit(year), '-', digit(uint32(m)/10), digit(uint32(m)), '-', digit(uint32(d)/10), digit(uint32(d)), ' ',
		digit(h/10), digit(h), ':', digit(min/10), digit(min), ':', digit(sec/10), digit(sec))
	return appendFraction(dst, rest%MicrosPerSecond), false
}

// digit is the last digit of n.
func digit(n uint32) byte { return byte('0' + n%10) }

// AppendTimestampTZ appends a TIMESTAMPTZ as the clock of the zone shows it.
func AppendTimestampTZ(dst []byte, micros int64, zone *time.Location) []byte {
	if IsInfTime(micros) {
		return AppendTimestamp(dst, micros)
	}
	dst, bc := appendMoment(dst, ToLocal(zone, micros))
	dst = appendOffset(dst, OffsetAt(zone, micros))
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst
}

// appendOffset appends ±HH[:MM[:SS]].
func appendOffset(dst []byte, seconds int64) []byte {
	sign := byte('+')
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	dst = appendPadded(append(dst, sign), seconds/3600, 2)
	if seconds%3600 != 0 {
		dst = appendPadded(append(dst, ':'), seconds/60%60, 2)
	}
	if seconds%60 != 0 {
		dst = appendPadded(append(dst, ':'), seconds%60, 2)
	}
	return dst
}

// AppendInterval appends an INTERVAL in PostgreSQL's own style.
func AppendInterval(dst []byte, iv IntervalValue) []byte {
	start := len(dst)
	before := false // a negative part stands before: positive ones get a plus
	part := func(n int64, unit string) {
		if n == 0 {
			return
		}
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		if before && n > 0 {
			dst = append(dst, '+')
		}
		dst = strconv.AppendInt(dst, n, 10)
		dst = append(append(dst, ' '), unit...)
		if n != 1 {
			dst = append(dst, 's')
		}
		before = n < 0
	}
	part(int64(iv.Months)/12, "year")
	part(int64(iv.Months)%12, "mon")
	part(int64(iv.Days), "day")
	if iv.Micros == 0 && len(dst) > start {
		return dst
	}
	if len(dst) > start {
		dst = append(dst, ' ')
	}
	return appendSignedClock(dst, iv.Micros, before)
}

// appendSignedClock appends the time part of an interval.
func appendSignedClock(dst []byte, micros int64, plus bool) []byte {
	u := uint64(micros)
	switch {
	case micros < 0:
		dst, u = append(dst, '-'), -u
	case plus:
		dst = append(dst, '+')
	}
	dst = append(appendPadded(dst, int64(u/MicrosPerHour), 2), ':')
	dst = append(appendPadded(dst, int64(u/MicrosPerMinute%60), 2), ':')
	dst = appendPadded(dst, int64(u/MicrosPerSecond%60), 2)
	return appendFraction(dst, int64(u%MicrosPerSecond))
}
