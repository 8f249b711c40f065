package expr

import (
	"math"
	"strconv"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// numberTemplate is a parsed template of to_char for numbers.
type numberTemplate struct {
	whole    string // 0, 9, and the separators before the point, in order
	frac     string // 0 and 9 after the point
	point    bool
	fill     bool // FM
	sign     byte // 0: a minus before; 'S' before, 's' behind, 'M' MI, 'P' PL, 'G' SG, '<' PR
	signLast bool
	exponent bool
	suffix   string // TH
	prefix   string // literal text and $ before the digits
	between  []numberText
	trailing string
}

// numberText is literal text between the digits.
type numberText struct {
	frac bool // behind the point
	at   int  // what it stands before, in whole or frac
	text string
}

// parseNumberTemplate reads a template.
func parseNumberTemplate(s string) (numberTemplate, error) {
	var t numberTemplate
	for i := 0; i < len(s); {
		rest := s[i:]
		up := strings.ToUpper(rest)
		digits := t.whole != "" || t.point
		switch {
		case strings.HasPrefix(up, "FM"):
			t.fill = true
			i += 2
		case strings.HasPrefix(up, "EEEE"):
			t.exponent = true
			i += 4
		case strings.HasPrefix(up, "MI"), strings.HasPrefix(up, "PL"), strings.HasPrefix(up, "SG"), strings.HasPrefix(up, "PR"):
			t.sign, t.signLast = map[string]byte{"MI": 'M', "PL": 'P', "SG": 'G', "PR": '<'}[up[:2]], digits
			i += 2
		case strings.HasPrefix(up, "TH"):
			t.suffix = rest[:2]
			i += 2
		case up[0] == 'S':
			t.sign, t.signLast = 'S', digits
			i++
		case up[0] == 'V' || strings.HasPrefix(up, "RN"):
			return t, dberr.Newf(dberr.FeatureNotSupported, "number template \"%s\" is not supported", s)
		case rest[0] == '.' || up[0] == 'D':
			if t.point {
				return t, dberr.New(dberr.SyntaxError, "multiple decimal points")
			}
			t.point = true
			i++
		case rest[0] == '0' || rest[0] == '9':
			if t.point {
				t.frac += rest[:1]
			} else {
				t.whole += rest[:1]
			}
			i++
		case (rest[0] == ',' || up[0] == 'G') && !t.point:
			t.whole += ","
			i++
		case rest[0] == '"':
			end := strings.IndexByte(rest[1:], '"')
			if end < 0 {
				end = len(rest) - 1
			}
			t.literal(rest[1:1+end], digits)
			i += min(end+2, len(rest))
		case up[0] == 'L':
			t.literal(" ", digits) // the currency sign of the locale C
			i++
		default:
			t.literal(rest[:1], digits)
			i++
		}
	}
	t.takeTrailing()
	return t, nil
}

// literal adds text that stands for itself.
func (t *numberTemplate) literal(s string, after bool) {
	switch {
	case !after:
		t.prefix += s
	case t.point:
		t.between = append(t.between, numberText{true, len(t.frac), s})
	default:
		t.between = append(t.between, numberText{false, len(t.whole), s})
	}
}

// takeTrailing makes the text behind the last digit the trailing one.
func (t *numberTemplate) takeTrailing() {
	last := numberText{false, len(t.whole), ""}
	if t.point {
		last = numberText{true, len(t.frac), ""}
	}
	n := len(t.between)
	for n > 0 && t.between[n-1].frac == last.frac && t.between[n-1].at == last.at {
		n--
		t.trailing = t.between[n].text + t.trailing
	}
	t.between = t.between[:n]
}

// textAt returns the literal text at a place.
func (t *numberTemplate) textAt(frac bool, at int) string {
	s := ""
	for _, b := range t.between {
		if b.frac == frac && b.at == at {
			s += b.text
		}
	}
	return s
}

// toCharNumber is to_char(number, template).
func toCharNumber(_ *Env, a []types.Value) (types.Value, error) {
	t, err := parseNumberTemplate(a[1].S)
	if err != nil {
		return a[0], err
	}
	d, err := asDecimal(a[0])
	if err != nil {
		return a[0], err
	}
	if t.exponent {
		return textValue(t.scientific(a[0])), nil
	}
	return textValue(t.format(d)), nil
}

// asDecimal converts any number.
func asDecimal(v types.Value) (types.Decimal, error) {
	switch v.Type.ID {
	case types.Float32:
		return types.FloatToDecimal(v.F, 6)
	case types.Float64:
		return types.FloatToDecimal(v.F, 15)
	}
	return v.Decimal()
}

// scientific prints d.ddde±xx.
func (t *numberTemplate) scientific(v types.Value) string {
	f := v.F
	if v.Type.ID != types.Float32 && v.Type.ID != types.Float64 {
		if d, err := v.Decimal(); err == nil {
			f = d.Float()
		}
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return " " + strings.Repeat("#", len(t.whole)+len(t.frac)+5)
	}
	s := formatExponent(f, len(t.frac))
	if f >= 0 && !t.fill {
		s = " " + s
	}
	return s
}

// format prints d.
func (t *numberTemplate) format(d types.Decimal) string {
	if !d.IsFinite() {
		return d.String()
	}
	neg := d.Sign() < 0
	whole, frac, _ := strings.Cut(d.Round(len(t.frac)).Abs().String(), ".")
	if d.Round(len(t.frac)).Sign() == 0 {
		neg = false
	}
	width := strings.Count(t.whole, "0") + strings.Count(t.whole, "9")
	if len(whole) > width && !(whole == "0") {
		whole, frac = strings.Repeat("#", width), strings.Repeat("#", len(t.frac))
	}
	pad, digits := t.group(whole, width, t.point && len(t.frac) > 0)
	tail := ""
	if t.point {
		tail = "." + t.fraction(frac)
		if tail == "." && digits == "" {
			digits = "0" // PostgreSQL leaves no point alone
		}
	}
	num := digits + tail
	if t.suffix != "" && !neg && !t.point && !strings.HasPrefix(whole, "#") {
		num += ordinalOf(whole, t.suffix == "TH")
	}
	return t.place(pad, num+t.trailing, neg)
}

// fraction lays the digits behind the point into the template, without the zeros that FM leaves out.
func (t *numberTemplate) fraction(frac string) string {
	end := len(frac)
	for t.fill && end > 0 && frac[end-1] == '0' && t.frac[end-1] == '9' && !strings.Contains(t.frac[end-1:], "0") {
		end--
	}
	var b strings.Builder
	for i := range len(t.frac) {
		b.WriteString(t.textAt(true, i))
		if i < end {
			b.WriteByte(frac[i])
		}
	}
	return b.String()
}

// group lays the digits of the whole part into the template: blanks for leading 9s, and what stands
// between those, are its padding, which FM leaves the texts of.
func (t *numberTemplate) group(whole string, width int, point bool) (string, string) {
	first := strings.IndexByte(t.whole, '0') // from here on zeros are printed
	digits := strings.Repeat("\x00", max(0, width-len(whole))) + whole
	if whole == "0" && width > 0 {
		keep := "0"
		if point && first < 0 {
			keep = "\x00" // .99 of a number below one
		}
		digits = strings.Repeat("\x00", width-1) + keep
	}
	var pad, b strings.Builder
	blank := func() {
		if !t.fill {
			pad.WriteByte(' ')
		}
	}
	k, out := 0, &pad
	for i := range len(t.whole) {
		out.WriteString(t.textAt(false, i))
		if t.whole[i] == ',' {
			if out == &b {
				b.WriteByte(',')
			} else {
				blank()
			}
			continue
		}
		ch := digits[k]
		if k++; ch == 0 && first >= 0 && i >= first {
			ch = '0'
		}
		if ch == 0 {
			blank()
			continue
		}
		out = &b
		b.WriteByte(ch)
	}
	out.WriteString(t.textAt(false, len(t.whole)))
	return pad.String(), b.String()
}

// ordinalOf returns the ordinal suffix of the last digits.
func ordinalOf(whole string, upper bool) string {
	n := int64(0)
	for _, c := range whole {
		n = (n*10 + int64(c-'0')) % 100
	}
	return ordinal(n, upper)
}

// place puts the sign where the template wants it.
func (t *numberTemplate) place(pad, num string, neg bool) string {
	blank := " "
	if t.fill {
		blank = ""
	}
	sign := func(minus, plus string) string {
		if neg {
			return minus
		}
		return plus
	}
	switch {
	case t.sign == '<':
		if neg {
			return pad + t.prefix + "<" + num + ">"
		}
		return pad + blank + t.prefix + num + blank
	case t.sign == 'S' && t.signLast:
		return pad + t.prefix + num + sign("-", "+")
	case t.sign == 'S':
		return pad + sign("-", "+") + t.prefix + num
	case t.sign == 'M' && t.signLast:
		return pad + t.prefix + num + sign("-", blank)
	case t.sign == 'M':
		return sign("-", blank) + pad + t.prefix + num
	case t.sign == 'P' && t.signLast:
		return pad + sign("-", blank) + t.prefix + num + sign(blank, "+")
	case t.sign == 'P':
		return sign(blank, "+") + pad + sign("-", blank) + t.prefix + num
	case t.sign == 'G' && t.signLast:
		return pad + t.prefix + num + sign("-", "+")
	case t.sign == 'G':
		return sign("-", "+") + pad + t.prefix + num
	}
	if t.prefix != "" {
		return t.prefix + pad + sign("-", blank) + num
	}
	return pad + sign("-", blank) + num
}

// formatExponent prints f with digits after the point and an exponent of two digits.
func formatExponent(f float64, digits int) string {
	s := strconv.FormatFloat(f, 'e', digits, 64)
	if d, err := types.FloatToDecimal(f, 15); err == nil && d.Sign() != 0 {
		// Half is rounded away from zero, on the decimal digits.
		exp := int(math.Floor(math.Log10(math.Abs(f))))
		if r := d.Round(digits - exp); r.Sign() != 0 {
			s = strconv.FormatFloat(r.Float(), 'e', digits, 64)
		}
	}
	return s
}

// toNumber reads a number by a template: the digits, point and sign it holds.
func toNumber(_ *Env, a []types.Value) (types.Value, error) {
	var b strings.Builder
	neg, point := false, false
	for _, c := range a[0].S {
		switch {
		case c >= '0' && c <= '9':
			b.WriteRune(c)
		case c == '.' && !point && strings.ContainsAny(a[1].S, ".Dd"):
			b.WriteRune(c)
			point = true
		case c == '-' || c == '<':
			neg = true
		}
	}
	d, err := types.ParseDecimal(b.String())
	if err != nil {
		return a[0], dberr.Newf(dberr.InvalidTextRepresentation, "invalid input syntax for type numeric: \"%s\"", a[0].S)
	}
	if neg {
		d = d.Neg()
	}
	return decimalResult(d, nil)
}
