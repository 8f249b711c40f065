package expr

import (
	"strings"
	"unsafe"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// A plain text is one that is read at once: a few digits, or a date or time as it is printed. Any other, and
// every error, is left to the conversion of types.

// plainReader returns what reads plain texts of a type as values of another; nil where there is nothing of the kind.
func plainReader(from, to types.Type) func(s string) (types.Value, bool) {
	switch {
	case !from.IsString():
		return nil
	case to.IsInteger():
		least, most := types.IntRange(to)
		return func(s string) (types.Value, bool) {
			i, ok := digits(s)
			return types.IntValue(to, i), ok && i >= least && i <= most
		}
	case to.ID == types.Float64:
		return func(s string) (types.Value, bool) {
			x, ok := shortDecimal(s)
			return types.FloatValue(to, x), ok
		}
	case to == types.T(types.Date):
		return func(s string) (types.Value, bool) {
			d, ok := plainDate(s)
			return types.IntValue(to, d), ok
		}
	case to == types.T(types.Timestamp):
		return func(s string) (types.Value, bool) {
			t, ok := plainTimestamp(s)
			return types.IntValue(to, t), ok
		}
	}
	return nil
}

// readRows converts texts: plain ones by read, others by fn.
func readRows(f *frame, v *vec.Vec, to types.Type, rows []uint64, read func(s string) (types.Value, bool), fn rowFunc) (vec.Vec, error) {
	b := newBuilder(f, to)
	work := 0
	row := make([]types.Value, 1)
	for i := range f.n {
		if !has(rows, i) {
			b.skip()
			continue
		}
		text := v.Bytes(i)
		s := unsafe.String(unsafe.SliceData(text), len(text))
		x, ok := read(s)
		if !ok {
			row[0] = types.BytesValue(v.Type, s)
			var err error
			if x, err = fn(f.env, row); err != nil {
				return vec.Vec{}, err
			}
		}
		b.value(x)
		if work += len(s); work >= rowsPause {
			work = 0
			if err := f.env.ended(); err != nil {
				return vec.Vec{}, err
			}
		}
	}
	return b.finish()
}

// digits reads a whole number of a few digits; ok is false for any other text.
func digits(s string) (i int64, ok bool) {
	text := strings.TrimPrefix(s, "-")
	if len(text) == 0 || len(text) > 18 {
		return 0, false
	}
	for k := range len(text) {
		d := text[k] - '0'
		if d > 9 {
			return 0, false
		}
		i = 10*i + int64(d)
	}
	if len(text) < len(s) {
		i = -i
	}
	return i, true
}

// exactTens are the powers of ten that are doubles.
var exactTens = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// shortDecimal reads a number of at most 15 digits with or without a point: the digits and the power of ten are
// doubles, so that their quotient is the nearest one.
func shortDecimal(s string) (x float64, ok bool) {
	text := strings.TrimPrefix(s, "-")
	if len(text) == 0 || len(text) > 16 {
		return 0, false
	}
	whole, point := int64(0), -1
	for k := range len(text) {
		d := text[k] - '0'
		if d > 9 {
			if text[k] != '.' || point >= 0 {
				return 0, false
			}
			point = k
			continue
		}
		whole = 10*whole + int64(d)
	}
	n := len(text)
	if point >= 0 {
		n--
	}
	if n == 0 || n > 15 {
		return 0, false
	}
	x = float64(whole)
	if point >= 0 {
		x /= exactTens[len(text)-1-point]
	}
	if len(text) < len(s) {
		x = -x
	}
	return x, true
}

// twoDigits reads s[i:i+2]; it is negative for anything but digits.
func twoDigits(s string, i int) int64 {
	a, b := s[i]-'0', s[i+1]-'0'
	if a > 9 || b > 9 {
		return -1 << 16
	}
	return int64(a)*10 + int64(b)
}

// plainDate reads YYYY-MM-DD of the years 1 to 9999.
func plainDate(s string) (days int64, ok bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	y, m, d := twoDigits(s, 0)*100+twoDigits(s, 2), twoDigits(s, 5), twoDigits(s, 8)
	if y < 1 || m < 1 || m > 12 || d < 1 || d > types.DaysInMonth(y, m) {
		return 0, false
	}
	return types.DaysOf(y, m, d), true
}

// plainTimestamp reads a date, or one with HH:MM:SS behind a blank.
func plainTimestamp(s string) (micros int64, ok bool) {
	if len(s) == 10 {
		days, ok := plainDate(s)
		return days * types.MicrosPerDay, ok
	}
	if len(s) != 19 || s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	days, ok := plainDate(s[:10])
	h, m, sec := twoDigits(s, 11), twoDigits(s, 14), twoDigits(s, 17)
	if !ok || h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 59 {
		return 0, false
	}
	return days*types.MicrosPerDay + h*types.MicrosPerHour + m*types.MicrosPerMinute + sec*types.MicrosPerSecond, true
}
