package expr

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// zoneAbbrev returns the abbreviation of the session's zone at a time.
func zoneAbbrev(env *Env, micros int64) string {
	name, _ := time.UnixMicro(micros).In(env.zone()).Zone()
	return name
}

// templateWord is a pattern of templates for dates and times.
type templateWord struct {
	text     string // as it is written
	name     string // in upper case
	digits   bool   // it is a number without a sign
	calendar bool   // intervals have nothing for it
	mode     dateMode
}

// dateMode is how a date is told.
type dateMode byte

const (
	anyDate   dateMode = iota
	gregorian          // by month, day or day of the year
	isoWeek            // by week
)

// templateWords are the patterns by their first letter, longer ones first. They are written in upper
// or in lower case, some also as Month.
var templateWords = func() map[byte][]*templateWord {
	all := make(map[byte][]*templateWord)
	add := func(list string, w templateWord) {
		for _, w.name = range strings.Fields(list) {
			w.text = w.name
			for _, text := range []string{w.name, strings.ToLower(w.name), w.name[:1] + strings.ToLower(w.name[1:])} {
				if title := text != w.name && text != strings.ToLower(text); title && !strings.Contains("MONTH MON DAY DY", w.name) {
					continue
				}
				word := w
				word.text = text
				all[text[0]] = append(all[text[0]], &word)
			}
		}
	}
	add("HH24 HH12 HH MI SS SSSS SSSSS MS US FF1 FF2 FF3 FF4 FF5 FF6 CC J Q", templateWord{digits: true})
	add("FX AM PM A.M. P.M.", templateWord{})
	add("AD BC A.D. B.C. DAY DY TZ TZH OF", templateWord{calendar: true})
	add("TZM", templateWord{calendar: true, digits: true})
	add("MONTH MON", templateWord{calendar: true, mode: gregorian})
	add("RM", templateWord{mode: gregorian})
	add("YYYY YYY YY Y Y,YYY MM DD DDD WW W", templateWord{digits: true, mode: gregorian})
	add("D", templateWord{digits: true, calendar: true, mode: gregorian})
	add("IYYY IYY IY I IDDD IW", templateWord{digits: true, mode: isoWeek})
	add("ID", templateWord{digits: true, calendar: true, mode: isoWeek})
	for _, words := range all {
		slices.SortStableFunc(words, func(a, b *templateWord) int { return cmp.Compare(len(b.text), len(a.text)) })
	}
	return all
}()

// templatePart is a pattern with its modifiers, or a character that stands for itself.
type templatePart struct {
	word    *templateWord
	text    string // of a character
	parts   bool   // the character is a blank or a separator, and not quoted
	fill    bool   // FM
	local   bool   // TM
	ordinal string // TH or th
}

// keptTemplates are templates that were read lately, at a place that their length says.
type keptTemplates[T any] [8]atomic.Pointer[keptTemplate[T]]

type keptTemplate[T any] struct {
	text string
	read T
}

// get returns what read makes of a template. It is shared: nobody changes it.
func (k *keptTemplates[T]) get(text string, read func(string) (T, error)) (T, error) {
	place := &k[len(text)%len(k)]
	if kept := place.Load(); kept != nil && kept.text == text {
		return kept.read, nil
	}
	t, err := read(text)
	if err == nil {
		place.Store(&keptTemplate[T]{strings.Clone(text), t})
	}
	return t, err
}

var keptTimeTemplates keptTemplates[[]templatePart]

// timeTemplate returns the parts of a template that is not strict.
func timeTemplate(s string) ([]templatePart, error) {
	return keptTimeTemplates.get(s, func(s string) ([]templatePart, error) { return splitTemplate(strings.Clone(s), false) })
}

// splitTemplate cuts a template into parts. strict is SQL's own form, which has few separators.
func splitTemplate(s string, strict bool) ([]templatePart, error) {
	var out []templatePart
	quoted := false
	for s != "" {
		p := templatePart{}
		if !quoted {
			if prefix := strings.ToUpper(s[:min(2, len(s))]); (prefix == "FM" || prefix == "TM") && (s[:2] == prefix || s[:2] == strings.ToLower(prefix)) {
				p.fill, p.local = prefix == "FM", prefix == "TM"
				s = s[2:]
			}
			if p.word = leadingWord(s); p.word != nil {
				s = p.suffix(s[len(p.word.text):])
				out = append(out, p)
				continue
			}
			if s == "" {
				break
			}
		}
		if s[0] == '"' {
			quoted = !quoted
			s = s[1:]
			continue
		}
		if strict && !quoted && !strings.Contains("-./,':; ", s[:1]) {
			_, n := utf8.DecodeRuneInString(s)
			return nil, dberr.Newf(dberr.InvalidDatetimeFormat, "invalid datetime format separator: \"%s\"", s[:n])
		}
		if s[0] == '\\' && len(s) > 1 && (quoted || s[1] == '"') {
			s = s[1:]
		}
		_, n := utf8.DecodeRuneInString(s)
		out = append(out, templatePart{text: s[:n], parts: !quoted && (isBlank(s[0]) || isSeparator(s[0]))})
		s = s[n:]
	}
	return out, nil
}

// suffix takes the modifier behind a pattern.
func (p *templatePart) suffix(s string) string {
	switch {
	case strings.HasPrefix(s, "TH"), strings.HasPrefix(s, "th"):
		p.ordinal = s[:2]
		return s[2:]
	case strings.HasPrefix(s, "SP"), strings.HasPrefix(s, "sp"): // spelled out: says nothing
		return s[2:]
	}
	return s
}

// leadingWord returns the pattern that s begins with, nil for none.
func leadingWord(s string) *templateWord {
	if s == "" {
		return nil
	}
	for _, w := range templateWords[s[0]] {
		if strings.HasPrefix(s, w.text) {
			return w
		}
	}
	return nil
}

// isBlank reports whether c is white space.
func isBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isSeparator reports whether c is printed and neither letter nor digit.
func isSeparator(c byte) bool {
	return c > ' ' && c < 0x7f && !isDigit(c) && !(c|0x20 >= 'a' && c|0x20 <= 'z')
}

// templateReader reads a text by a template, by PostgreSQL's rules.
type templateReader struct {
	text   string
	s      string // what is left of it
	strict bool
	extra  int // blanks passed over that the template does not have
	mode   dateMode

	// What was read; 0 is also what was not there.
	hour, minute, second, seconds int64
	millis, micros                int64
	pm, bc                        int64
	year, yearDigits, century     int64
	month, day, weekday           int64
	yearDay, week, monthWeek      int64
	julian                        int64
	zoneSign, zoneHour, zoneMin   int64
	hour12                        bool

	// What they say together.
	y, m, d int64
	clock   int64 // microseconds of the day
	zoned   bool
	offset  int64 // seconds east of Greenwich
}

// readTemplate reads a text by a template. strict is SQL's own form, which leaves nothing over.
func readTemplate(text, template string, strict bool) (*templateReader, error) {
	r := &templateReader{text: text, s: text, strict: strict}
	split := timeTemplate
	if strict {
		split = func(s string) ([]templatePart, error) { return splitTemplate(s, true) }
	}
	parts, err := split(template)
	if err != nil {
		return nil, err
	}
	if err := r.read(parts); err != nil {
		return nil, err
	}
	return r, r.put()
}

// bad is the error of a text or template that is not right.
func badTemplate(format string, args ...any) *dberr.Error {
	return dberr.Newf(dberr.InvalidDatetimeFormat, format, args...)
}

// read reads the parts.
func (r *templateReader) read(parts []templatePart) error {
	fixed, i := r.strict, 0
	for ; i < len(parts) && r.s != ""; i++ {
		p := &parts[i]
		if !fixed && (p.word != nil && p.word.name != "FX" || p.word == nil && i == 0) {
			r.blanks()
		}
		switch {
		case p.word == nil:
			if err := r.character(p, fixed); err != nil {
				return err
			}
			continue
		case p.word.name == "FX":
			fixed = true
		}
		if err := r.word(p, endsBehind(parts, i)); err != nil {
			return err
		}
		if !fixed {
			r.extra = 0
			r.blanks()
		}
	}
	if !r.strict {
		return nil
	}
	if i < len(parts) {
		return badTemplate("input string is too short for datetime format")
	}
	if r.blanks(); r.s != "" {
		return badTemplate("trailing characters remain in input string after datetime format")
	}
	return nil
}

// blanks passes over white space.
func (r *templateReader) blanks() {
	for r.s != "" && isBlank(r.s[0]) {
		r.s = r.s[1:]
		r.extra++
	}
}

// skip passes over a character.
func (r *templateReader) skip() {
	_, n := utf8.DecodeRuneInString(r.s)
	r.s = r.s[n:]
}

// character reads what a character of the template stands for: itself where it is strict, else any.
func (r *templateReader) character(p *templatePart, fixed bool) error {
	switch {
	case r.s == "":
	case r.strict && !strings.HasPrefix(r.s, p.text):
		if p.parts {
			return badTemplate("unmatched format separator \"%s\"", p.text)
		}
		return badTemplate("unmatched format character \"%s\"", p.text)
	case fixed:
		r.skip()
	case p.parts: // one separator, or none
		r.extra--
		if isBlank(r.s[0]) || isSeparator(r.s[0]) {
			r.skip()
			r.extra++
		}
	case r.extra > 0: // it may belong to the next field
		r.extra--
	default:
		r.skip()
	}
	return nil
}

// endsBehind reports whether what follows part i cannot be a digit, so that its number has any
// number of digits.
func endsBehind(parts []templatePart, i int) bool {
	if parts[i].ordinal != "" || i+1 == len(parts) {
		return true
	}
	next := parts[i+1]
	if next.word != nil {
		return !next.word.digits
	}
	return !isDigit(next.text[0])
}

// word reads a pattern.
func (r *templateReader) word(p *templatePart, ends bool) error {
	if mode := p.word.mode; mode != anyDate {
		if r.mode != anyDate && r.mode != mode {
			return badTemplate("invalid combination of date conventions").
				WithHint("Do not mix Gregorian and ISO week date conventions in a formatting template.")
		}
		r.mode = mode
	}
	if done, err := r.named(p); done || err != nil {
		return err
	}
	var err error
	switch p.word.name {
	case "FX":
		return nil
	case "TZ", "OF":
		return dberr.Newf(dberr.FeatureNotSupported, "formatting field \"%s\" is only supported in to_char", p.word.text)
	case "TZH":
		r.zoneHours()
		_, err = r.number(p, &r.zoneHour, 2, ends)
		return err
	case "TZM":
		if r.zoneSign == 0 {
			r.zoneSign = 1
		}
		_, err = r.number(p, &r.zoneMin, 2, ends)
		return err
	case "Y,YYY":
		err = r.millennia(p)
	default:
		err = r.numeric(p, ends)
	}
	if p.ordinal != "" {
		r.skip()
		r.skip()
	}
	return err
}

// named reads a pattern of letters.
func (r *templateReader) named(p *templatePart) (done bool, err error) {
	switch w := p.word.name; w {
	case "AM", "PM", "A.M.", "P.M.":
		r.hour12 = true
		return true, r.oneOf(p, &r.pm, 0, dotted(w, "am", "pm"))
	case "AD", "BC", "A.D.", "B.C.":
		return true, r.oneOf(p, &r.bc, 0, dotted(w, "ad", "bc"))
	case "MONTH":
		return true, r.oneOf(p, &r.month, 1, monthNames)
	case "MON":
		return true, r.oneOf(p, &r.month, 1, shortNames(monthNames))
	case "DAY":
		return true, r.dayOf(p, dayNames)
	case "DY":
		return true, r.dayOf(p, shortNames(dayNames))
	case "RM":
		var back int64
		list := slices.Clone(romans)
		slices.Reverse(list) // longer ones first
		if err := r.oneOf(p, &back, 0, list); err != nil {
			return true, err
		}
		return true, r.set(p, &r.month, 12-back)
	}
	return false, nil
}

// dayOf reads a day of the week. One that was read before is compared from 0 on, as in PostgreSQL.
func (r *templateReader) dayOf(p *templatePart, names []string) error {
	err := r.oneOf(p, &r.weekday, 0, names)
	r.weekday++
	return err
}

// dotted returns two names with dots where the pattern has them.
func dotted(word string, names ...string) []string {
	if len(word) == 4 {
		for i, s := range names {
			names[i] = s[:1] + "." + s[1:] + "."
		}
	}
	return names
}

// shortNames cuts names to three letters.
func shortNames(names []string) []string {
	out := make([]string, len(names))
	for i, s := range names {
		out[i] = s[:3]
	}
	return out
}

// oneOf reads one of the names, in any case, and sets to to its number, the first being base.
func (r *templateReader) oneOf(p *templatePart, to *int64, base int64, names []string) error {
	for i, name := range names {
		if len(r.s) >= len(name) && strings.EqualFold(r.s[:len(name)], name) {
			r.s = r.s[len(name):]
			return r.set(p, to, int64(i)+base)
		}
	}
	word := r.s
	if end := strings.IndexFunc(word, func(c rune) bool { return c < 0x80 && isBlank(byte(c)) }); end >= 0 {
		word = word[:end]
	}
	return badTemplate("invalid value \"%s\" for \"%s\"", word, p.word.text).
		WithDetail("The given value did not match any of the allowed values for this field.")
}

// set stores a value, which none before may contradict.
func (r *templateReader) set(p *templatePart, to *int64, v int64) error {
	if *to != 0 && *to != v {
		return badTemplate("conflicting values for \"%s\" field in formatting string", p.word.text).
			WithDetail("This value contradicts a previous setting for the same field type.")
	}
	*to = v
	return nil
}

// number reads an integer of n digits, or of any number where none can follow, and returns how many
// characters it had.
func (r *templateReader) number(p *templatePart, to *int64, n int, ends bool) (int, error) {
	before := len(r.s)
	trimmed := strings.TrimLeft(r.s, " \t\n\v\f\r")
	field := trimmed[:min(n, len(trimmed))]
	free := p.fill || ends
	if !free && len(trimmed) < n {
		return 0, badTemplate("source string too short for \"%s\" formatting field", p.word.text).
			WithDetail("Field requires %d characters, but only %d remain.", n, len(trimmed)).
			WithHint("If your source string is not fixed-width, try using the \"FM\" modifier.")
	}
	from := field
	if free {
		from = trimmed
	}
	v, used, fits := leadingInteger(from)
	if !free && used > 0 && used < n {
		return 0, badTemplate("invalid value \"%s\" for \"%s\"", field, p.word.text).
			WithDetail("Field requires %d characters, but only %d could be parsed.", n, used).
			WithHint("If your source string is not fixed-width, try using the \"FM\" modifier.")
	}
	switch {
	case used > 0:
		r.s = trimmed[used:]
	case !free:
		r.s = trimmed
	}
	if len(r.s) == before {
		return 0, badTemplate("invalid value \"%s\" for \"%s\"", field, p.word.text).WithDetail("Value must be an integer.")
	}
	if !fits {
		return 0, dberr.Newf(dberr.DatetimeFieldOverflow, "value for \"%s\" in source string is out of range", p.word.text).
			WithDetail("Value must be in the range %d to %d.", math.MinInt32, math.MaxInt32)
	}
	return before - len(r.s), r.set(p, to, v)
}

// leadingInteger returns the integer that s begins with, behind blanks, how many characters it has,
// and whether it has at most 32 bits.
func leadingInteger(s string) (v int64, used int, fits bool) {
	i := 0
	for i < len(s) && isBlank(s[i]) {
		i++
	}
	neg := i < len(s) && s[i] == '-'
	if neg || i < len(s) && s[i] == '+' {
		i++
	}
	start := i
	fits = true
	for ; i < len(s) && isDigit(s[i]); i++ {
		if v = v*10 + int64(s[i]-'0'); v > math.MaxInt32+1 {
			v, fits = math.MaxInt32+1, false
		}
	}
	if i == start {
		return 0, 0, true
	}
	if neg {
		v = -v
	}
	return v, i, fits && v <= math.MaxInt32
}

// numeric reads a pattern of digits.
func (r *templateReader) numeric(p *templatePart, ends bool) error {
	width := len(p.word.name)
	var to *int64
	switch w := p.word.name; w {
	case "HH", "HH12":
		r.hour12 = true
		to, width = &r.hour, 2
	case "HH24":
		to, width = &r.hour, 2
	case "MI":
		to = &r.minute
	case "SS":
		to = &r.second
	case "SSSS", "SSSSS":
		to = &r.seconds
	case "MS":
		return r.fraction(p, &r.millis, 3, 3, ends)
	case "US":
		return r.fraction(p, &r.micros, 6, 6, ends)
	case "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
		return r.fraction(p, &r.micros, int(w[2]-'0'), 6, ends)
	case "MM":
		to = &r.month
	case "DD":
		to = &r.day
	case "DDD":
		to = &r.yearDay
	case "IDDD":
		to, width = &r.yearDay, 3
	case "D":
		to = &r.weekday
	case "ID": // 1 is Monday, of D Sunday
		if _, err := r.number(p, &r.weekday, 1, ends); err != nil {
			return err
		}
		if r.weekday++; r.weekday > 7 {
			r.weekday = 1
		}
		return nil
	case "WW", "IW":
		to = &r.week
	case "W":
		to = &r.monthWeek
	case "J":
		to = &r.julian
	case "CC":
		to = &r.century
	case "Q": // no one day of it is meant
		to = new(int64)
	default:
		return r.yearOf(p, ends)
	}
	_, err := r.number(p, to, width, ends)
	return err
}

// fraction reads digits behind the point of seconds: of n digits one stands for a tenth of what the
// first stands for.
func (r *templateReader) fraction(p *templatePart, to *int64, n, unit int, ends bool) error {
	used, err := r.number(p, to, n, ends)
	if err == nil {
		*to *= types.Pow10(max(0, unit-used))
	}
	return err
}

// yearOf reads a year; one of few digits is near 2020.
func (r *templateReader) yearOf(p *templatePart, ends bool) error {
	w := strings.TrimPrefix(p.word.name, "I")
	digits := len(p.word.name)
	used, err := r.number(p, &r.year, digits, ends)
	if err != nil {
		return err
	}
	r.yearDigits = int64(max(1, len(w)))
	if p.word.name[0] == 'I' {
		r.yearDigits = int64(digits)
	}
	if r.yearDigits < 4 && used < 4 {
		r.year = nearYear(r.year)
	}
	return nil
}

// nearYear completes a year of fewer than four digits towards 2020.
func nearYear(n int64) int64 {
	switch {
	case n < 70:
		return n + 2000
	case n < 100:
		return n + 1900
	case n < 520:
		return n + 2000
	case n < 1000:
		return n + 1000
	}
	return n
}

// millennia reads a year with a comma.
func (r *templateReader) millennia(p *templatePart) error {
	thousands, used, _ := leadingInteger(r.s)
	rest, ok := strings.CutPrefix(r.s[used:], ",")
	if used > 0 && ok {
		field := rest
		for i := range field {
			if !isBlank(field[i]) { // three characters at most, behind blanks
				field = field[:min(len(field), i+3)]
				break
			}
		}
		if n, digits, _ := leadingInteger(field); digits > 0 {
			r.s = rest[digits:]
			r.yearDigits = 4
			return r.set(p, &r.year, n+thousands*1000)
		}
	}
	return badTemplate("invalid input string for \"%s\"", "Y,YYY")
}

// zoneHours reads the sign of TZH, which may have passed for a separator.
func (r *templateReader) zoneHours() {
	r.zoneSign = 1
	switch c := (r.s + "\x00")[0]; {
	case c == '+' || c == '-' || c == ' ':
		r.s = r.s[1:]
		if c == '-' {
			r.zoneSign = -1
		}
	case r.extra > 0 && r.text[len(r.text)-len(r.s)-1] == '-':
		r.zoneSign = -1
	}
}
