package types

import (
	"encoding/hex"
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"driftdb/internal/dberr"
)

// Parse reads text as a value of type t, in UTC and without a clock: 'now' and
// 'today' are refused.
func Parse(text string, t Type) (Value, error) { return Context{}.Parse(text, t) }

// Parse reads text as a value of type t, as PostgreSQL's input functions do. Bytes
// types may alias text.
func (c Context) Parse(text string, t Type) (Value, error) {
	if t.IsArray() {
		return c.parseArray(text, t)
	}
	v, err := c.parse(text, t)
	if t.Prec > 0 && t.HasFraction() {
		v.Type = t
		v = v.rounded()
	}
	return v, err
}

// parse is Parse but for arrays and the digits of times.
func (c Context) parse(text string, t Type) (Value, error) {
	switch t.ID {
	case Bool:
		b, err := parseBool(text)
		return IntValue(t, b), err
	case Int16, Int32, Int64:
		i, err := parseInteger(text, t)
		return IntValue(t, i), err
	case Float32, Float64:
		f, err := parseFloatType(text, t)
		return FloatValue(t, f), err
	case Numeric:
		d, err := ParseDecimal(text)
		if err != nil {
			return Value{}, err
		}
		return NumericValue(t, d)
	case Interval:
		iv, err := ParseInterval(text)
		return SpanValue(iv), err
	case Time:
		i, err := c.parseClock(text)
		return IntValue(t, i), err
	case TimeTZ:
		i, err := c.parseTimeTZ(text)
		return IntValue(t, i), err
	case Date, Timestamp, TimestampTZ:
		i, err := c.ParseTime(text, t)
		return IntValue(t, i), err
	}
	return parseBytesClass(text, t)
}

// parseBytesClass reads text, byte strings and JSON.
func parseBytesClass(text string, t Type) (Value, error) {
	switch t.ID {
	case Bytea:
		b, err := parseBytea(text)
		return BytesValue(t, string(b)), err
	case Record:
		return Value{}, dberr.New(dberr.FeatureNotSupported, "input of anonymous composite types is not implemented")
	case JSON:
		if err := CheckJSON(text); err != nil {
			return Value{}, err
		}
	case JSONB:
		s, err := NormalJSON(text)
		return BytesValue(t, s), err
	case JSONPath:
		s, err := normalPath(text)
		return BytesValue(t, s), err
	case Enum:
		return parseEnum(text, t)
	case UUID:
		s, err := parseUUID(text)
		return BytesValue(t, s), err
	case Varchar:
		s, err := FitVarchar(text, t, false)
		return BytesValue(t, s), err
	case Bpchar:
		s, err := FitChar(text, t, false)
		return BytesValue(t, s), err
	}
	return BytesValue(t, text), nil
}

// FitChar returns the stored form of text as CHAR(n): without blanks at the end. What is longer
// is cut, silently when explicit. CHAR of no length keeps the text as it is.
func FitChar(text string, t Type, explicit bool) (string, error) {
	if t.Len == 0 {
		return text, nil
	}
	s, err := FitVarchar(text, t, explicit)
	return TrimChar(s), err
}

// TrimChar returns what of a CHAR counts: the text without the blanks at its end.
func TrimChar(s string) string { return strings.TrimRight(s, " ") }

// appendChar appends the text of a CHAR: with blanks up to its length.
func appendChar(dst []byte, s string, t Type) []byte {
	dst = append(dst, s...)
	for n := utf8.RuneCountInString(s); n < int(t.Len); n++ {
		dst = append(dst, ' ')
	}
	return dst
}

// FitVarchar cuts text to the length of t: always when explicit, otherwise only
// blanks.
func FitVarchar(text string, t Type, explicit bool) (string, error) {
	n := int(t.Len)
	if n == 0 || len(text) <= n || utf8.RuneCountInString(text) <= n {
		return text, nil
	}
	end := 0
	for range n {
		_, w := utf8.DecodeRuneInString(text[end:])
		end += w
	}
	if !explicit && strings.TrimLeft(text[end:], " ") != "" {
		return "", dberr.Newf(dberr.StringDataRightTruncation, "value too long for type %s", t)
	}
	return text[:end], nil
}

// trimSpace cuts the blanks that PostgreSQL's isspace knows.
func trimSpace(s string) string { return strings.Trim(s, " \t\n\v\f\r") }

// parseBool reads a BOOLEAN: any prefix of true, false, yes, no, and on, off, 1, 0.
func parseBool(text string) (int64, error) {
	s := strings.ToLower(trimSpace(text))
	switch {
	case s == "":
	case strings.HasPrefix("true", s), strings.HasPrefix("yes", s), s == "on", s == "1":
		return 1, nil
	case strings.HasPrefix("false", s), strings.HasPrefix("no", s), s == "of", s == "off", s == "0":
		return 0, nil
	}
	return 0, invalidSyntax(T(Bool), text)
}

// parseInteger reads an integer of type t.
func parseInteger(text string, t Type) (int64, error) {
	s := trimSpace(text)
	bits := map[ID]int{Int16: 16, Int32: 32, Int64: 64}[t.ID]
	if !isInteger(s) {
		return 0, notInteger(s, bits, t, text)
	}
	i, err := strconv.ParseInt(s, 10, bits)
	if lo, hi := IntRange(t); err != nil || i < lo || i > hi {
		return 0, textOutOfRange(t, text)
	}
	return i, nil
}

// notInteger returns the error of text that is not an integer: like PostgreSQL, out
// of range if the digits it begins with are too many already.
func notInteger(s string, bits int, t Type, text string) error {
	end := 0
	for end < len(s) && (isDigit(s[end]) || end == 0 && (s[0] == '-' || s[0] == '+')) {
		end++
	}
	if _, err := strconv.ParseInt(s[:end], 10, bits); errors.Is(err, strconv.ErrRange) {
		return textOutOfRange(t, text)
	}
	return invalidSyntax(t, text)
}

// isInteger reports whether s is an optional sign and digits.
func isInteger(s string) bool {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	return s != "" && allDigits(s)
}

// parseFloatType reads a REAL or DOUBLE PRECISION.
func parseFloatType(text string, t Type) (float64, error) {
	s := trimSpace(text)
	switch strings.ToLower(s) {
	case "nan":
		return math.NaN(), nil
	case "infinity", "inf", "+infinity", "+inf":
		return math.Inf(1), nil
	case "-infinity", "-inf":
		return math.Inf(-1), nil
	}
	bits := 64
	if t.ID == Float32 {
		bits = 32
	}
	if strings.ContainsAny(s, "_pPnN") || s == "" {
		return 0, invalidSyntax(t, text)
	}
	f, err := strconv.ParseFloat(s, bits)
	switch {
	case errors.Is(err, strconv.ErrRange), err == nil && f == 0 && nonZeroDigits(s):
		return 0, dberr.Newf(dberr.NumericValueOutOfRange, "\"%s\" is out of range for type %s", s, t.Base())
	case err != nil:
		return 0, invalidSyntax(t, text)
	}
	return f, nil
}

// nonZeroDigits reports whether the mantissa has a digit that is not zero.
func nonZeroDigits(s string) bool {
	mantissa, _, _ := strings.Cut(strings.ToLower(s), "e")
	return strings.ContainsAny(mantissa, "123456789")
}

// parseBytea reads the hex form \x… or the escape form with \\ and \ooo.
func parseBytea(text string) ([]byte, error) {
	if strings.HasPrefix(text, "\\x") {
		return parseHex(text[2:])
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '\\' {
			out = append(out, c)
			continue
		}
		switch rest := text[i+1:]; {
		case strings.HasPrefix(rest, "\\"):
			out = append(out, '\\')
			i++
		case len(rest) >= 3 && isOctal(rest[:3]):
			out = append(out, (rest[0]-'0')<<6|(rest[1]-'0')<<3|(rest[2]-'0'))
			i += 3
		default:
			return nil, dberr.Newf(dberr.InvalidTextRepresentation, "invalid input syntax for type %s", T(Bytea))
		}
	}
	return out, nil
}

// isOctal reports whether s is \000 to \377 without its backslash.
func isOctal(s string) bool {
	return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' && s[2] <= '7'
}

// parseHex reads pairs of hex digits, with blanks between pairs.
func parseHex(s string) ([]byte, error) {
	clean := strings.Map(func(r rune) rune {
		if r == ' ' || r == '\n' || r == '\t' || r == '\r' {
			return -1
		}
		return r
	}, s)
	out, err := hex.DecodeString(clean)
	var bad hex.InvalidByteError
	switch {
	case errors.As(err, &bad):
		i := strings.IndexFunc(clean, func(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF", r) })
		_, w := utf8.DecodeRuneInString(clean[i:])
		return nil, dberr.Newf(dberr.InvalidParameterValue, "invalid hexadecimal digit: \"%s\"", clean[i:i+w])
	case err != nil:
		return nil, dberr.New(dberr.InvalidParameterValue, "invalid hexadecimal data: odd number of digits")
	}
	return out, nil
}

// NumberLiteral returns the value of an unsigned number as it stands in SQL: the
// smallest of INTEGER, BIGINT and NUMERIC that holds it.
func NumberLiteral(text string) (Value, error) {
	if allDigits(text) && len(text) <= 19 {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			if i <= math.MaxInt32 {
				return IntValue(T(Int32), i), nil
			}
			return IntValue(T(Int64), i), nil
		}
	}
	d, err := ParseDecimal(text)
	if err != nil {
		return Value{}, err
	}
	return NumericValue(TightNumeric(d), d)
}

// TightNumeric returns the NUMERIC type of least precision that holds d: scaled
// where that is possible.
func TightNumeric(d Decimal) Type {
	if d.form != finite || d.scale > MaxScaledPrec {
		return T(Numeric)
	}
	i, ok := d.Scaled(int(d.scale))
	if !ok || i <= -pow10Table[MaxScaledPrec] || i >= pow10Table[MaxScaledPrec] {
		return T(Numeric)
	}
	prec := max(int(d.scale), 1)
	for prec < MaxScaledPrec && (i >= pow10Table[prec] || i <= -pow10Table[prec]) {
		prec++
	}
	return Dec(prec, int(d.scale))
}
