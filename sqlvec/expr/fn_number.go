package expr

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// numberPatterns are the patterns of templates for numbers, in upper or lower case.
var numberPatterns = []string{"EEEE", "FM", "MI", "PL", "PR", "RN", "SG", "SP", "TH", ",", ".", "0", "9", "B", "C", "D", "G", "L", "S", "V"}

// numberItem is a pattern of a template, or a character that stands for itself.
type numberItem struct {
	pattern string // in upper case
	lower   bool   // RN and TH: written in lower case
	char    string // where pattern is ""
}

// numberTemplate is a parsed template of to_char and to_number. It is read, printed and parsed by
// PostgreSQL's rules, the odd ones too: a place is counted where a pattern stands.
type numberTemplate struct {
	items []numberItem

	pre, post int // digits before and after the point
	shift     int // digits behind V

	decimal, fill, zero, blank bool // D or ., FM, 0, B
	bracket, minus, plus       bool // PR, MI or SG, PL or SG
	roman, multi, exponent     bool // RN, V, EEEE
	zeroStart, zeroEnd         int  // places of the first 0, and behind the last
	sign                       byte // of S: '<' before the number, '>' behind it, 0 for none
	signPre                    int  // digits before S
}

var keptNumberTemplates keptTemplates[*numberTemplate]

// numberTemplateOf returns a template to change.
func numberTemplateOf(s string) (*numberTemplate, error) {
	t, err := keptNumberTemplates.get(s, parseNumberTemplate)
	if err != nil {
		return nil, err
	}
	own := *t
	return &own, nil
}

// parseNumberTemplate reads a template.
func parseNumberTemplate(s string) (*numberTemplate, error) {
	s = strings.Clone(s)
	t := &numberTemplate{}
	quoted := false
	for s != "" {
		if item, ok := leadingNumberPattern(s); ok && !quoted {
			if err := t.add(item.pattern); err != nil {
				return nil, err
			}
			t.items = append(t.items, item)
			s = s[len(item.pattern):]
			continue
		}
		if s[0] == '"' {
			quoted = !quoted
			s = s[1:]
			continue
		}
		if s[0] == '\\' && len(s) > 1 && (quoted || s[1] == '"') {
			s = s[1:]
		}
		_, n := utf8.DecodeRuneInString(s)
		t.items = append(t.items, numberItem{char: s[:n]})
		s = s[n:]
	}
	return t, nil
}

// leadingNumberPattern returns the pattern that s begins with.
func leadingNumberPattern(s string) (numberItem, bool) {
	for _, p := range numberPatterns {
		switch {
		case strings.HasPrefix(s, p):
			return numberItem{pattern: p}, true
		case strings.HasPrefix(s, strings.ToLower(p)):
			return numberItem{pattern: p, lower: true}, true
		}
	}
	return numberItem{}, false
}

// add notes what a pattern says about the whole.
func (t *numberTemplate) add(pattern string) error {
	wrong := func(format string, args ...any) error { return dberr.Newf(dberr.SyntaxError, format, args...) }
	if t.exponent && pattern != "EEEE" {
		return wrong("\"EEEE\" must be the last pattern used")
	}
	switch pattern {
	case "9", "0":
		return t.addDigit(pattern)
	case "B":
		t.blank = t.blank || t.pre == 0 && t.post == 0 && !t.zero
	case "D", ".":
		if t.decimal {
			return wrong("multiple decimal points")
		}
		if t.multi {
			return wrong("cannot use \"V\" and decimal point together")
		}
		t.decimal = true
	case "FM":
		t.fill = true
	case "S":
		if t.sign != 0 {
			return wrong("cannot use \"S\" twice")
		}
		if t.plus || t.minus || t.bracket {
			return wrong("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together")
		}
		t.sign, t.signPre = '<', t.pre
		if t.decimal {
			t.sign = '>'
		}
	case "MI", "PL", "SG":
		if t.sign != 0 {
			return wrong("cannot use \"S\" and \"%s\" together", pattern)
		}
		t.minus = t.minus || pattern != "PL"
		t.plus = t.plus || pattern != "MI"
	case "PR":
		if t.sign != 0 || t.plus || t.minus {
			return wrong("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together")
		}
		t.bracket = true
	case "RN":
		t.roman = true
	case "V":
		if t.decimal {
			return wrong("cannot use \"V\" and decimal point together")
		}
		t.multi = true
	case "EEEE":
		if t.exponent {
			return wrong("cannot use \"EEEE\" twice")
		}
		if t.blank || t.fill || t.sign != 0 || t.bracket || t.minus || t.plus || t.roman || t.multi {
			return dberr.New(dberr.SyntaxError, "\"EEEE\" is incompatible with other formats").
				WithDetail("\"EEEE\" may only be used together with digit and decimal point patterns.")
		}
		t.exponent = true
	}
	return nil
}

func (t *numberTemplate) addDigit(pattern string) error {
	if t.bracket {
		return dberr.Newf(dberr.SyntaxError, "\"%s\" must be ahead of \"PR\"", pattern)
	}
	if pattern == "9" && t.multi {
		t.shift++
		return nil
	}
	if pattern == "0" && !t.zero && !t.decimal {
		t.zero, t.zeroStart = true, t.pre
	}
	if t.decimal {
		t.post++
	} else {
		t.pre++
	}
	if pattern == "0" {
		t.zeroEnd = t.pre + t.post
	}
	return nil
}

// toCharNumber is to_char(number, template).
func toCharNumber(_ *Env, a []types.Value) (types.Value, error) {
	t, err := numberTemplateOf(a[1].S)
	if err != nil {
		return a[0], err
	}
	if a[1].S == "" {
		return textValue(""), nil
	}
	switch {
	case t.roman:
		n, err := types.Cast(a[0], types.T(types.Int32), false)
		if id := a[0].Type.ID; err != nil && id != types.Float32 && id != types.Float64 { // of those the number is 0 then
			return a[0], err
		}
		roman := &numberTemplate{items: t.items, fill: t.fill, roman: true} // the rest of the template says nothing
		s, err := roman.print(romanNumber(n.I), 0, 0)
		return textValue(s), err
	case t.exponent:
		s, err := t.scientific(a[0])
		return textValue(s), err
	}
	s, err := t.digits(a[0])
	if err != nil {
		return a[0], err
	}
	number, sign := s, byte('+')
	if s[0] == '-' {
		number, sign = s[1:], '-'
	}
	whole, _, _ := strings.Cut(number, ".")
	blanks := 0
	if len(whole) < t.pre {
		blanks = t.pre - len(whole)
	} else if len(whole) > t.pre {
		number = strings.Repeat("#", t.pre) + "." + strings.Repeat("#", t.post)
	}
	s, err = t.print(number, blanks, sign)
	return textValue(s), err
}

// digits returns v with as many digits behind the point as the template wants, or as the type has.
// It counts the digits behind V to those before the point.
func (t *numberTemplate) digits(v types.Value) (string, error) {
	if id := v.Type.ID; id == types.Float32 || id == types.Float64 {
		return t.floatDigits(v), nil
	}
	d, err := v.Decimal()
	if err != nil {
		return "", err
	}
	if t.multi {
		power, err := powerOfTen(t.shift)
		if err != nil {
			return "", err
		}
		d = d.Mul(power)
		t.pre += t.shift
		if v.Type.ID == types.Int64 {
			if _, err := types.Cast(types.BytesValue(types.T(types.Numeric), d.Encode()), v.Type, false); err != nil {
				return "", err
			}
		}
	}
	return d.Round(t.post).String(), nil
}

// powerOfTen returns 10^n.
func powerOfTen(n int) (types.Decimal, error) {
	return types.DecimalFromInt(10, 0).Pow(types.DecimalFromInt(int64(n), 0))
}

func (t *numberTemplate) floatDigits(v types.Value) string {
	f, exact := v.F, 15
	if v.Type.ID == types.Float32 {
		exact = 6
	}
	if t.multi {
		f *= math.Pow10(t.shift)
		if v.Type.ID == types.Float32 {
			f = float64(float32(f))
		}
		t.pre += t.shift
	}
	if n := len(floatText(math.Abs(f), 0)); n >= exact {
		t.post = 0
	} else {
		t.post = min(t.post, exact-n)
	}
	return floatText(f, t.post)
}

// floatText prints f with so many digits behind the point.
func floatText(f float64, post int) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return strconv.FormatFloat(f, 'f', post, 64)
}

// scientific prints d.ddde±xx.
func (t *numberTemplate) scientific(v types.Value) (string, error) {
	s := ""
	switch v.Type.ID {
	case types.Int32:
		s = strconv.FormatFloat(float64(v.I), 'e', t.post, 64)
	case types.Float32, types.Float64:
		if !math.IsNaN(v.F) && !math.IsInf(v.F, 0) {
			s = strconv.FormatFloat(v.F, 'e', t.post, 64)
		}
	default:
		d, err := v.Decimal()
		if err != nil {
			return "", err
		}
		if d.IsFinite() {
			if s, err = scientificDecimal(d, t.post); err != nil {
				return "", err
			}
		}
	}
	if s == "" {
		b := []byte(" " + strings.Repeat("#", t.pre+t.post+5))
		b[t.pre+1] = '.'
		return string(b), nil
	}
	if s[0] != '-' {
		s = " " + s
	}
	return s, nil
}

// scientificDecimal prints d with so many digits behind the point.
func scientificDecimal(d types.Decimal, post int) (string, error) {
	whole, frac, _ := strings.Cut(d.Abs().String(), ".")
	digits, exp := strings.TrimLeft(whole+frac, "0"), 0
	if digits == "" {
		digits = "0"
	} else {
		exp = len(digits) - len(frac) - 1
	}
	m, err := types.ParseDecimal(digits[:1] + "." + digits[1:])
	if err != nil {
		return "", err
	}
	if d.Sign() < 0 {
		m = m.Neg()
	}
	return fmt.Sprintf("%se%+03d", m.Round(post), exp), nil
}

// romanWidth is what a Roman number takes.
const romanWidth = 15

// romanNumber writes n in Roman digits.
func romanNumber(n int64) string {
	if n < 1 || n > 3999 {
		return strings.Repeat("#", romanWidth)
	}
	var b strings.Builder
	for _, r := range []struct {
		n    int64
		text string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for ; n >= r.n; n -= r.n {
			b.WriteString(r.text)
		}
	}
	return b.String()
}

// numberPrinter lays the digits of a number into a template.
type numberPrinter struct {
	*numberTemplate
	out    []byte
	number string // without its sign; "#" where it does not fit
	at     int    // the next of its characters
	sign   byte

	signed   bool // the sign is written, or is not to be
	begun    bool // a digit stands before
	blanks   int  // places before the first digit
	place    int  // of the pattern among those of digits
	count    int  // the last place
	last     int  // the last character of the number that FM keeps; -1 keeps all
	lead     bool // S stands before the number
	brackets bool // PR writes brackets

	err error
}

// print lays a number into the template. blanks is how many more digits the template has before the
// point than the number.
func (t *numberTemplate) print(number string, blanks int, sign byte) (string, error) {
	p := &numberPrinter{numberTemplate: t, number: number, sign: sign, blanks: blanks, last: -1, lead: t.sign == '<' && t.pre != t.signPre, brackets: t.bracket}
	if t.plus || t.minus {
		p.signed = t.minus
	} else {
		p.brackets = t.bracket && (sign == '-' || !t.fill)
		p.signed = sign == '+' && t.fill && t.sign == 0
	}
	p.count = t.post + t.pre - 1
	if t.fill && t.decimal {
		p.findLast()
	}
	if !p.signed && blanks == 0 {
		p.count++
	}
	for _, item := range t.items {
		p.item(item)
	}
	if end := strings.IndexByte(string(p.out), 0); end >= 0 {
		p.out = p.out[:end] // the type has no more digits
	}
	return string(p.out), p.err
}

// findLast finds the last character that FM keeps.
func (p *numberPrinter) findLast() {
	point := strings.IndexByte(p.number, '.')
	if point < 0 {
		return
	}
	p.last = max(point, len(strings.TrimRight(p.number, "0"))-1)
	if p.zeroEnd > p.blanks {
		p.last = max(p.last, min(len(p.number)-1, p.zeroEnd-p.blanks))
	}
}

// write writes c, or a blank in its place that FM leaves out.
func (p *numberPrinter) write(c byte, really bool) {
	if really {
		p.out = append(p.out, c)
	} else if !p.fill {
		p.out = append(p.out, ' ')
	}
}

func (p *numberPrinter) item(item numberItem) {
	switch item.pattern {
	case "":
		p.out = append(p.out, item.char...)
	case "9", "0", ".", "D":
		if !p.roman {
			p.digit(item.pattern)
		}
	case ",", "G":
		p.write(',', p.begun)
	case "L":
		p.out = append(p.out, ' ') // the currency sign of the locale C
	case "RN":
		s := p.number
		if !p.fill {
			s = fmt.Sprintf("%*s", romanWidth, s)
		}
		if item.lower {
			s = strings.ToLower(s)
		}
		p.out = append(p.out, s...)
	case "TH":
		if !p.roman && p.number[0] != '#' && p.sign != '-' && !p.decimal {
			p.ordinal(!item.lower)
		}
	case "MI":
		p.write('-', p.sign == '-')
	case "PL":
		p.write('+', p.sign == '+')
	case "SG":
		p.out = append(p.out, p.sign)
	}
}

// char returns the next character of the number, 0 behind its end.
func (p *numberPrinter) char() byte {
	if p.at < len(p.number) {
		return p.number[p.at]
	}
	return 0
}

// endsInPoint reports whether FM leaves no digit behind the point.
func (p *numberPrinter) endsInPoint() bool { return p.last >= 0 && p.number[p.last] == '.' }

// noZero reports whether the next digit is a 0 before the point that is not written: .5.
func (p *numberPrinter) noZero() bool {
	return !p.zero && p.at == 0 && p.number[0] == '0' && p.post != 0
}

// digit prints a place of a digit or the point.
func (p *numberPrinter) digit(pattern string) {
	p.begun = false
	if !p.signed && (p.place >= p.blanks || p.zero && p.zeroStart == p.place) && (!p.noZero() || p.endsInPoint()) {
		p.leadingSign()
	}
	switch {
	case p.place < p.blanks && (!p.zero || p.zeroStart > p.place):
		p.write(0, false)
	case p.place < p.blanks:
		p.out, p.begun = append(p.out, '0'), true
	default:
		p.character(pattern)
	}
	end := p.count
	if p.blanks > 0 {
		end++
	}
	if p.decimal {
		end++
	}
	if p.last >= 0 && p.last == p.at {
		end = p.place
	}
	if p.place+1 == end {
		p.trailingSign()
	}
	p.place++
}

// character prints the next character of the number, or leaves it out.
func (p *numberPrinter) character(pattern string) {
	switch c := p.char(); {
	case c == '.':
		if !p.endsInPoint() || p.fill {
			p.out = append(p.out, '.')
		}
	case p.last >= 0 && p.at > p.last && pattern != "0":
	case p.noZero():
		if !p.fill {
			p.out = append(p.out, ' ')
		} else if p.endsInPoint() {
			p.out = append(p.out, '0')
		}
	default:
		p.out, p.begun = append(p.out, c), true
	}
	if p.at < len(p.number) {
		p.at++
	}
}

func (p *numberPrinter) leadingSign() {
	switch {
	case p.numberTemplate.sign != 0:
		if !p.lead {
			return
		}
		p.out = append(p.out, p.sign)
	case p.brackets:
		p.out = append(p.out, map[bool]byte{true: ' ', false: '<'}[p.sign == '+'])
	case p.sign == '-':
		p.out = append(p.out, '-')
	default:
		p.write(0, false)
	}
	p.signed = true
}

func (p *numberPrinter) trailingSign() {
	switch {
	case p.signed && p.brackets:
		p.out = append(p.out, map[bool]byte{true: ' ', false: '>'}[p.sign == '+'])
	case p.numberTemplate.sign != 0 && !p.lead:
		p.out = append(p.out, p.sign)
	}
}

// ordinal prints the ordinal suffix of the number.
func (p *numberPrinter) ordinal(upper bool) {
	if !isDigit(p.number[len(p.number)-1]) {
		p.err = dberr.Newf(dberr.InvalidTextRepresentation, "\"%s\" is not a number", p.number)
		return
	}
	p.out = append(p.out, ordinalOf(p.number, upper)...)
}

// numberReader reads a number by a template.
type numberReader struct {
	*numberTemplate
	in            string
	at            int
	sign          byte // ' ' while none is read
	number        []byte
	before, after int // digits read
	point         bool
}

// toNumber is to_number(text, template).
func toNumber(_ *Env, a []types.Value) (types.Value, error) {
	t, err := numberTemplateOf(a[1].S)
	switch {
	case err != nil:
		return a[0], err
	case a[1].S == "":
		return types.NullOf(types.T(types.Numeric)), nil
	case t.exponent:
		return a[0], dberr.New(dberr.FeatureNotSupported, "\"EEEE\" not supported for input")
	case t.roman:
		return a[0], dberr.New(dberr.FeatureNotSupported, "\"RN\" not supported for input")
	}
	r := &numberReader{numberTemplate: t, in: a[0].S, sign: ' '}
	for _, item := range t.items {
		if r.over() {
			break
		}
		r.item(item)
	}
	s := string(r.sign) + strings.TrimSuffix(string(r.number), ".")
	if len(s) == 1 {
		return a[0], dberr.Newf(dberr.InvalidTextRepresentation, "invalid input syntax for type numeric: \"%s\"", s)
	}
	d, err := types.ParseDecimal(strings.TrimSpace(s))
	if err != nil {
		return a[0], err
	}
	fits := types.T(types.Numeric)
	if fits.Prec, fits.Scale = int16(t.pre+t.shift+r.after), int16(r.after); fits.Prec > 0 {
		d, err = d.Fit(fits)
	} else if d.Sign() != 0 {
		err = dberr.New(dberr.NumericValueOutOfRange, "numeric field overflow").
			WithDetail("A field with precision 0, scale 0 must round to an absolute value less than 1.")
	}
	if err != nil {
		return a[0], err
	}
	if t.multi {
		power, err := powerOfTen(-t.shift)
		if err != nil {
			return a[0], err
		}
		d = d.Mul(power)
	}
	return decimalResult(d, nil)
}

// over reports whether nothing is left to read.
func (r *numberReader) over() bool { return r.at >= len(r.in) }

// ahead reports whether c is next.
func (r *numberReader) ahead(c byte) bool { return !r.over() && r.in[r.at] == c }

// skip passes over n characters that are no part of numbers.
func (r *numberReader) skip(n int) {
	for ; n > 0 && !r.over() && !strings.ContainsRune("0123456789.,+-", rune(r.in[r.at])); n-- {
		r.next()
	}
}

// next passes over a character.
func (r *numberReader) next() {
	_, n := utf8.DecodeRuneInString(r.in[r.at:])
	r.at += n
}

func (r *numberReader) item(item numberItem) {
	switch item.pattern {
	case "":
		r.next()
	case "9", "0", ".", "D":
		r.digit(item.pattern)
		r.at++
	case ",", "G":
		if r.ahead(',') && !r.fill { // no digit counts as read before it, as in PostgreSQL
			r.at++
		}
	case "L":
		r.skip(1)
	case "TH":
		if !r.decimal {
			r.skip(2)
		}
	case "MI", "PL", "SG":
		switch c := r.in[r.at]; {
		case c == '-' && item.pattern != "PL", c == '+' && item.pattern != "MI":
			r.sign = c
			r.at++
		default:
			r.skip(1)
		}
	}
}

// digit reads a digit or the point, and the signs beside.
func (r *numberReader) digit(pattern string) {
	if r.ahead(' ') {
		r.at++
	}
	if r.over() {
		return
	}
	if r.sign == ' ' && (pattern == "0" || pattern == "9") && r.before+r.after == 0 {
		r.leadingSign()
	}
	if r.over() {
		return
	}
	read := false
	switch c := r.in[r.at]; {
	case c >= '0' && c <= '9':
		if r.point && r.after == r.post {
			return
		}
		r.number = append(r.number, c)
		if r.point {
			r.after++
		} else {
			r.before++
		}
		read = true
	case c == '.' && r.decimal && !r.point:
		r.number = append(r.number, '.')
		r.point, read = true, true
	}
	if r.sign != ' ' || r.before+r.after == 0 {
		return
	}
	switch {
	case r.numberTemplate.sign != 0 && read && r.at+1 < len(r.in):
		if c := r.in[r.at+1]; c == '-' || c == '+' {
			r.sign = c
			r.at++
		}
	case !read && r.numberTemplate.sign == 0 && (r.plus || r.minus):
		if c := r.in[r.at]; c == '-' || c == '+' {
			r.sign = c
		}
	}
}

func (r *numberReader) leadingSign() {
	switch c := r.in[r.at]; {
	case r.numberTemplate.sign == '<':
		if c == '-' || c == '+' {
			r.sign = c
			r.at++
		}
	case c == '-', r.bracket && c == '<':
		r.sign = '-'
		r.at++
	case c == '+':
		r.sign = '+'
		r.at++
	}
}
