package jsonpath

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// method calls a method on v.
func (x *evaluation) method(n *node, v Item, unwrap bool, to emit) error {
	switch n.text {
	case "type":
		return x.next(n, Item{JSONTree: types.JSONTree{Kind: '"', Text: v.Type()}}, to)
	case "size":
		size := 1
		if v.Kind == '[' {
			size = len(v.Members)
		} else if x.strict {
			return x.misfit(dberr.SQLJSONArrayNotFound, "jsonpath item method .size() can only be applied to an array")
		}
		return x.next(n, number(types.DecimalFromInt(int64(size), 0)), to)
	}
	if unwrap && v.Kind == '[' {
		return x.each(n, v, to)
	}
	var r Item
	var err error
	switch n.text {
	case "keyvalue":
		return x.keyValues(n, v, to)
	case "double":
		r, err = double(&v)
	case "datetime":
		r, err = x.datetime(n, &v)
	default:
		r, err = rounded(n.text, &v)
	}
	if err != nil {
		return err
	}
	return x.next(n, r, to)
}

// rounded is abs, floor or ceiling.
func rounded(name string, v *Item) (Item, error) {
	if !v.isNumber() {
		return *v, dberr.Newf(dberr.NonNumericSQLJSONItem, "jsonpath item method .%s() can only be applied to a numeric value", name)
	}
	d, err := v.decimal()
	if err != nil {
		return *v, err
	}
	switch name {
	case "abs":
		d = d.Abs()
	case "floor":
		d = d.Floor()
	default:
		d = d.Ceil()
	}
	return number(d), nil
}

// double makes a number of a double-precision number or of its text.
func double(v *Item) (Item, error) {
	switch {
	case v.isNumber():
		f, err := strconv.ParseFloat(v.Text, 64)
		if err != nil || math.IsInf(f, 0) {
			return *v, dberr.New(dberr.NonNumericSQLJSONItem, "numeric argument of jsonpath item method .double() is out of range for type double precision")
		}
		return *v, nil
	case v.Kind != '"':
		return *v, dberr.New(dberr.NonNumericSQLJSONItem, "jsonpath item method .double() can only be applied to a string or numeric value")
	}
	f, err := types.Parse(strings.Trim(v.Text, " \t\n\r\f\v"), types.T(types.Float64))
	if err != nil {
		return *v, dberr.New(dberr.NonNumericSQLJSONItem, "string argument of jsonpath item method .double() is not a valid representation of a double precision number")
	}
	if math.IsInf(f.F, 0) || math.IsNaN(f.F) {
		return *v, dberr.New(dberr.NonNumericSQLJSONItem, "string argument of jsonpath item method .double() is not a valid representation of a double precision number")
	}
	d, err := types.ParseDecimal(strconv.FormatFloat(f.F, 'g', 15, 64))
	return number(d), err
}

// madeObjects is what the numbers of objects outside the document are multiples of.
const madeObjects = 10_000_000_000

// keyValues makes an object of every member of an object.
func (x *evaluation) keyValues(n *node, v Item, to emit) error {
	if v.Kind != '{' {
		return x.misfitObject()
	}
	at, ok := offsetOf(&x.root.JSONTree, &v.JSONTree)
	if !ok && len(v.Members) > 0 { // an object that the path has made, or a variable
		x.made++
		at = x.made * madeObjects
	}
	id := strconv.Itoa(at)
	for i, key := range v.Keys {
		m := types.JSONTree{Kind: '{', Keys: []string{"id", "key", "value"},
			Members: []types.JSONTree{{Text: id}, {Kind: '"', Text: key}, v.Members[i]}}
		if err := x.next(n, Item{JSONTree: m}, to); err != nil {
			return err
		}
	}
	return nil
}

// misfitObject is the error of .keyvalue(), which is one in lax mode, too.
func (x *evaluation) misfitObject() error {
	return dberr.New(dberr.SQLJSONObjectNotFound, "jsonpath item method .keyvalue() can only be applied to an object")
}

// timeKind is the type of a datetime.
type timeKind uint8

const (
	date timeKind = iota
	clock
	clockZone
	stamp
	stampZone
)

func (k timeKind) String() string {
	return [...]string{"date", "time without time zone", "time with time zone", "timestamp without time zone", "timestamp with time zone"}[k]
}

// short is the name that errors of conversions use.
func (k timeKind) short() string {
	return [...]string{"date", "time", "timetz", "timestamp", "timestamptz"}[k]
}

// datetime is a date, a time of day or a point in time.
type datetime struct {
	kind   timeKind
	micros int64 // on the clock that is shown
	offset int64 // seconds east, of the kinds with a zone
}

// Moment is what a template read: wall clock time in microseconds since 1970, and which parts
// of it the template had.
type Moment struct {
	Micros           int64
	Date, Time, Zone bool
	Offset           int64 // seconds east
}

// datetime reads a string as a date or time.
func (x *evaluation) datetime(n *node, v *Item) (Item, error) {
	if v.Kind != '"' {
		return *v, dberr.New(dberr.InvalidArgumentForSQLJSONDatetime, "jsonpath item method .datetime() can only be applied to a string")
	}
	if n.a != nil {
		m, err := x.opts.Template(v.Text, n.a.text)
		if err != nil {
			return *v, err
		}
		t := &datetime{micros: m.Micros, offset: m.Offset}
		switch {
		case m.Date && m.Time && m.Zone:
			t.kind = stampZone
		case m.Date && m.Time:
			t.kind = stamp
		case m.Date:
			t.kind = date
		case m.Zone:
			t.kind = clockZone
		default:
			t.kind = clock
		}
		return Item{time: t}, nil
	}
	t, ok := parseTime(v.Text)
	if !ok {
		return *v, dberr.Newf(dberr.InvalidArgumentForSQLJSONDatetime, "datetime format is not recognized: \"%s\"", v.Text).
			WithHint("Use a datetime template argument to specify the input data format.")
	}
	return Item{time: t}, nil
}

// parseTime reads an ISO date, time or both, with a zone or without.
func parseTime(s string) (*datetime, bool) {
	s = strings.TrimLeft(s, " ")
	var t datetime
	hasDate := false
	if y, m, d, rest, ok := parseDate(s); ok {
		if m < 1 || m > 12 || d < 1 || d > types.DaysInMonth(y, m) {
			return nil, false
		}
		hasDate, t.micros = true, types.DaysOf(y, m, d)*types.MicrosPerDay
		if rest == "" {
			return &t, true
		}
		if rest[0] != ' ' && rest[0] != 'T' {
			return nil, false
		}
		if s = rest[1:]; rest[0] == ' ' {
			s = strings.TrimLeft(s, " ")
		}
	}
	micros, rest, ok := parseClock(s)
	if !ok {
		return nil, false
	}
	t.micros += micros
	zoned := rest != ""
	if zoned {
		if t.offset, ok = parseOffset(rest); !ok {
			return nil, false
		}
	}
	switch {
	case hasDate && zoned:
		t.kind = stampZone
	case hasDate:
		t.kind = stamp
	case zoned:
		t.kind = clockZone
	default:
		t.kind = clock
	}
	return &t, true
}

// digits takes up to n digits.
func digits(s string, n int) (x int64, rest string, ok bool) {
	i := 0
	for i < len(s) && i < n && digit(s[i]) {
		x = x*10 + int64(s[i]-'0')
		i++
	}
	return x, s[i:], i > 0
}

func parseDate(s string) (y, m, d int64, rest string, ok bool) {
	if y, rest, ok = digits(s, 4); !ok || !strings.HasPrefix(rest, "-") {
		return 0, 0, 0, s, false
	}
	if m, rest, ok = digits(rest[1:], 2); !ok || !strings.HasPrefix(rest, "-") {
		return 0, 0, 0, s, false
	}
	d, rest, ok = digits(rest[1:], 2)
	return y, m, d, rest, ok
}

func parseClock(s string) (micros int64, rest string, ok bool) {
	var f [3]int64
	rest = s
	for i, most := range [3]int64{23, 59, 59} {
		if i > 0 {
			if !strings.HasPrefix(rest, ":") {
				return 0, s, false
			}
			rest = rest[1:]
		}
		if f[i], rest, ok = digits(rest, 2); !ok || f[i] > most {
			return 0, s, false
		}
	}
	return f[0]*types.MicrosPerHour + f[1]*types.MicrosPerMinute + f[2]*types.MicrosPerSecond, rest, true
}

func parseOffset(s string) (int64, bool) {
	s = strings.TrimLeft(s, " ")
	if s == "" || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	h, rest, ok := digits(s[1:], 2)
	if !ok || h > 15 {
		return 0, false
	}
	m := int64(0)
	if rest != "" {
		if rest[0] != ':' {
			return 0, false
		}
		if m, rest, ok = digits(rest[1:], 2); !ok || m > 59 || rest != "" {
			return 0, false
		}
	}
	if s[0] == '-' {
		h, m = -h, -m
	}
	return h*3600 + m*60, true
}

// String prints the value as ISO 8601 does.
func (t *datetime) String() string {
	days, rest := types.SplitDay(t.micros)
	var b []byte
	if t.kind == date || t.kind >= stamp {
		y, m, d := types.DateOf(days)
		b = fmt.Appendf(b, "%04d-%02d-%02d", y, m, d)
	}
	if t.kind >= stamp {
		b = append(b, 'T')
	}
	if t.kind != date {
		b = fmt.Appendf(b, "%02d:%02d:%02d", rest/types.MicrosPerHour, rest/types.MicrosPerMinute%60, rest/types.MicrosPerSecond%60)
		if f := rest % types.MicrosPerSecond; f != 0 {
			b = append(b, strings.TrimRight(fmt.Sprintf(".%06d", f), "0")...)
		}
	}
	if t.kind == clockZone || t.kind == stampZone {
		sign, o := byte('+'), t.offset
		if o < 0 {
			sign, o = '-', -o
		}
		b = fmt.Appendf(append(b, sign), "%02d:%02d", o/3600, o/60%60)
	}
	return string(b)
}

// orderTimes compares two dates or times; those of day with others not at all.
func (x *evaluation) orderTimes(a, b *datetime) (int, truth, error) {
	if (a.kind == clock || a.kind == clockZone) != (b.kind == clock || b.kind == clockZone) {
		return 0, unknown, nil
	}
	zoned := func(t *datetime) bool { return t.kind == clockZone || t.kind == stampZone }
	if zoned(a) == zoned(b) {
		c := cmp.Compare(a.utc(), b.utc())
		if c == 0 && a.kind == clockZone && b.kind == clockZone {
			c = cmp.Compare(-a.offset, -b.offset)
		}
		return c, yes, nil
	}
	plain, other := a, b
	if zoned(a) {
		plain, other = b, a
	}
	if !x.opts.Zones {
		return 0, unknown, hardError{dberr.Newf(dberr.FeatureNotSupported, "cannot convert value from %s to %s without time zone usage", plain.kind.short(), other.kind.short()).
			WithHint("Use *_tz() function for time zone support.")}
	}
	moved := *plain
	zone := x.opts.Zone
	if zone == nil {
		zone = time.UTC
	}
	if other.kind == clockZone {
		moved.offset = types.OffsetAt(zone, x.opts.Now)
	} else {
		moved.offset = (plain.micros - types.ToUTC(zone, plain.micros)) / types.MicrosPerSecond
	}
	c := cmp.Compare(moved.utc(), other.utc())
	if c == 0 && other.kind == clockZone {
		c = cmp.Compare(-moved.offset, -other.offset)
	}
	if plain == b {
		c = -c
	}
	return c, yes, nil
}

// utc returns the microseconds on the clock of Greenwich.
func (t *datetime) utc() int64 { return t.micros - t.offset*types.MicrosPerSecond }
