package textin

import (
	"bytes"
	"math/bits"
	"strings"

	"driftdb/internal/types"
)

// shape is the set of forms that the values of a column were seen in.
type shape uint16

const (
	sawInt     shape = 1 << iota // fits BIGINT
	sawWide                      // an integer that float64 does not hold exactly
	sawHuge                      // an integer beyond BIGINT
	sawDecimal                   // a number of at most 15 digits with a point or exponent
	sawExact                     // one with more digits
	sawBool
	sawDate
	sawTime // timestamp without zone
	sawTimeTZ
	sawClock   // time of day
	sawSpecial // NaN, inf
	sawEndless // infinity, which dates and timestamps are, too
	sawNested  // JSON object or array
	sawText
)

const sawNumber = sawInt | sawWide | sawHuge | sawDecimal | sawExact | sawSpecial | sawEndless

// exactFloat is the greatest integer below which float64 holds every integer.
const exactFloat = 1 << 53

// shapeOf returns the form of a field.
func shapeOf(data []byte, raw []byte, sp span, json bool) shape {
	text := sp.in(data)
	switch {
	case sp.null():
		return 0
	case sp.nested():
		return sawNested
	case sp.escaped(), len(text) == 0:
		return sawText
	case json && sp.quoted():
		return stringShape(text)
	}
	switch c := text[0]; {
	case isDigit(c) || c == '-' && len(text) > 1 && isDigit(text[1]):
		if last := text[len(text)-1]; last != ' ' {
			return numberShape(text, raw, sp)
		}
		fallthrough
	case c == ' ' && !json:
		return blankShape(data, raw, sp)
	}
	return wordShape(text)
}

// stringShape returns the form of a JSON string: dates and timestamps are written so, all else is text.
func stringShape(text []byte) shape {
	if len(text) >= len("2006-01-02") && isDigit(text[0]) && text[4] == '-' {
		return timeShape(text)
	}
	return sawText
}

// blankShape returns the form of a field that begins or ends with blanks: they mean something in text only.
func blankShape(data, raw []byte, sp span) shape {
	text := sp.in(data)
	inner := bytes.Trim(text, " ")
	if len(inner) == 0 {
		return sawText
	}
	start := sp.start + uint32(bytes.IndexByte(text, inner[0]))
	return shapeOf(data, raw, span{start, start + uint32(len(inner)) | sp.end&flagMask}, false)
}

// wordShape returns the form of a field that does not begin like a number.
func wordShape(text []byte) shape {
	if len(text) > len("-infinity") {
		return sawText
	}
	switch strings.ToLower(string(text)) {
	case "true", "false":
		return sawBool
	case "nan", "inf", "-inf":
		return sawSpecial
	case "infinity", "-infinity":
		return sawEndless
	}
	return sawText
}

// numberShape returns the form of a field that begins with a digit or minus sign.
func numberShape(text, raw []byte, sp span) shape {
	if !leadingZero(text) {
		if v, ok := parseInt(raw, sp.start, sp.end&^flagMask); ok {
			if v > exactFloat || v < -exactFloat {
				return sawInt | sawWide
			}
			return sawInt
		}
		if s := decimalShape(text); s != 0 {
			return s
		}
	}
	if isClock(text) {
		return sawClock
	}
	return timeShape(text)
}

// timeShape returns the form of a date or timestamp, that of text for others.
func timeShape(text []byte) shape {
	if _, ok := parseDate(text); ok {
		return sawDate
	}
	switch {
	case isTimestamp(text):
		return sawTime
	case isTimestampTZ(text):
		return sawTimeTZ
	}
	return sawText
}

// isTimestamp reports whether text is YYYY-MM-DD[ T]HH:MM[:SS[.fffffffff]].
func isTimestamp(text []byte) bool {
	if _, ok := parseTimestamp(text, false); ok {
		return true
	}
	if len(text) < 16 || text[10] != ' ' && text[10] != 'T' {
		return false
	}
	_, ok := parseDate(text[:10])
	return ok && isClock(text[11:])
}

// isClock reports whether text is HH:MM[:SS[.fffffffff]].
func isClock(text []byte) bool {
	if len(text) < 5 || text[2] != ':' || twoDigits(text) > 23 || twoDigits(text[3:]) > 59 {
		return false
	}
	if len(text) == 5 {
		return true
	}
	if len(text) < 8 || text[5] != ':' || twoDigits(text[6:]) > 59 || len(text) == 9 || len(text) > 18 {
		return false
	}
	return len(text) == 8 || text[8] == '.' && !bytes.ContainsFunc(text[9:], func(r rune) bool { return r < '0' || r > '9' })
}

// leadingZero reports whether text begins like a code: 007 or -01, but not 0 or 0.5.
func leadingZero(text []byte) bool {
	if text[0] == '-' {
		text = text[1:]
	}
	return len(text) > 1 && text[0] == '0' && isDigit(text[1])
}

// decimalShape returns the form of a number that is not a short integer, 0 when text is no number.
func decimalShape(text []byte) shape {
	digits, point, exp := 0, false, false
	for i, c := range text {
		switch {
		case isDigit(c):
			if !exp && (digits > 0 || c != '0') {
				digits++
			}
		case c == '-' && (i == 0 || text[i-1]|0x20 == 'e'), c == '+' && text[i-1]|0x20 == 'e':
		case c == '.' && !point && !exp && i > 0 && isDigit(text[i-1]):
			point = true
		case c|0x20 == 'e' && !exp && i > 0 && isDigit(text[i-1]):
			exp = true
		default:
			return 0
		}
	}
	switch last := text[len(text)-1]; {
	case !isDigit(last):
		return 0
	case !point && !exp:
		return integerShape(text)
	case digits > 15:
		return sawExact
	}
	return sawDecimal
}

// integerShape returns the form of an integer of 19 digits or more.
func integerShape(text []byte) shape {
	if _, err := (types.Context{}).Parse(string(text), types.T(types.Int64)); err == nil {
		return sawInt | sawWide
	}
	return sawHuge
}

// isTimestampTZ reports whether text is a timestamp followed by Z or an offset as ±HH, ±HHMM or ±HH:MM.
func isTimestampTZ(text []byte) bool {
	if at := len(text) - 1; text[at] == 'Z' {
		return isTimestamp(text[:at])
	}
	for _, n := range []int{3, 5, 6} {
		at := len(text) - n
		if at < 16 || text[at] != '+' && text[at] != '-' {
			continue
		}
		return isTimestamp(text[:at]) && twoDigits(text[at+1:]) < 24
	}
	return false
}

// typeOf returns the narrowest type that holds all values of the given forms without loss, but for what a second has
// behind its microseconds.
func (s shape) typeOf(json bool) types.Type {
	id := types.Text
	switch {
	case s == 0:
	case s&^sawNumber == 0:
		id = s.numberType()
	case s == sawBool:
		id = types.Bool
	case s&^(sawDate|sawEndless) == 0:
		id = types.Date
	case s&^(sawDate|sawTime|sawEndless) == 0:
		id = types.Timestamp
	case s&^(sawTimeTZ|sawEndless) == 0:
		id = types.TimestampTZ
	case s == sawClock:
		id = types.Time
	case s&sawNested != 0 && json:
		id = types.JSON
	}
	return types.T(id)
}

// isText reports whether typeOf of a CSV file is TEXT.
func (s shape) isText() bool { return s.typeOf(false).ID == types.Text }

func (s shape) numberType() types.ID {
	switch {
	case s&^(sawInt|sawWide) == 0:
		return types.Int64
	case s&(sawExact|sawHuge|sawWide) == 0:
		return types.Float64
	}
	return types.Numeric
}

// String lists the forms, for tests and messages.
func (s shape) String() string {
	names := []string{"int", "wide", "huge", "decimal", "exact", "bool", "date", "timestamp", "timestamptz", "time", "special", "infinity", "nested", "text"}
	var all []string
	for rest := uint16(s); rest != 0; rest &= rest - 1 {
		all = append(all, names[bits.TrailingZeros16(rest)])
	}
	return strings.Join(all, "|")
}

// shapes returns the forms of every column of a block.
func (b *block) shapes(g *grid, json bool, n *Notation) []shape {
	all := make([]shape, g.cols)
	for c := range all {
		all[c] = b.shapeOf(g, c, json, n)
	}
	return all
}

// shapeOf returns the forms of one column.
func (b *block) shapeOf(g *grid, col int, json bool, n *Notation) (all shape) {
	data := b.data()
	if !n.plain() {
		for k := col; k < len(g.spans); k += g.cols {
			all |= n.shapeOf(data, b.raw, g.spans[k], json)
		}
		return all
	}
	for k := col; k < len(g.spans); k += g.cols {
		all |= shapeOf(data, b.raw, g.spans[k], json)
	}
	return all
}
