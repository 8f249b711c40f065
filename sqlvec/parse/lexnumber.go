package parse

import (
	"math/big"
	"strings"

	"driftdb/internal/dberr"
)

// number scans a decimal number, or an integer in base 16, 8 or 2. Underscores
// may stand between digits.
func (l *lexer) number() token {
	start := l.off
	if l.sql[start] == '0' {
		if base := radix(l.at(start + 1)); base != 0 {
			return l.radixInt(start, base)
		}
	}
	i := l.digits(start)
	kind := tokInt
	if l.at(i) == '.' && l.at(i+1) != '.' {
		kind = tokNumeric
		i = l.digits(i + 1)
	}
	if j := l.exponent(i); j > i {
		kind, i = tokNumeric, j
	}
	if l.is(i, isIdentPart) {
		return l.junk(start, i, "trailing junk after numeric literal")
	}
	text := strings.ReplaceAll(l.sql[start:i], "_", "")
	if kind == tokInt {
		text = trimZeros(text)
	}
	return l.make(kind, start, i, text)
}

// digits returns the end of the run of digits at i.
func (l *lexer) digits(i int) int {
	first := i
	for l.is(i, isDigit) || i > first && l.at(i) == '_' && l.is(i+1, isDigit) {
		i++
	}
	return i
}

// exponent returns the end of e[+-]digits at i, or i.
func (l *lexer) exponent(i int) int {
	if l.at(i)|0x20 != 'e' {
		return i
	}
	j := i + 1
	if c := l.at(j); c == '+' || c == '-' {
		j++
	}
	if !l.is(j, isDigit) {
		return i
	}
	return l.digits(j)
}

// junk refuses a literal with the rest of the word that clings to it.
func (l *lexer) junk(start, i int, message string) token {
	for l.is(i, isIdentPart) {
		i++
	}
	l.off = i
	return l.fail(start, dberr.SyntaxError, message)
}

func radix(c byte) int {
	switch c | 0x20 {
	case 'x':
		return 16
	case 'o':
		return 8
	case 'b':
		return 2
	}
	return 0
}

// radixInt scans 0x…, 0o… or 0b…. Its text is given in base 10.
func (l *lexer) radixInt(start, base int) token {
	i := start + 2
	for l.is(i, isIdentPart) {
		i++
	}
	digits := l.sql[start+2 : i]
	clean := strings.ReplaceAll(digits, "_", "")
	n, ok := new(big.Int).SetString(clean, base)
	if !ok || clean[0] == '-' || clean[0] == '+' || strings.HasSuffix(digits, "_") || strings.Contains(digits, "__") {
		names := map[int]string{16: "hexadecimal", 8: "octal", 2: "binary"}
		return l.junk(start, i, "invalid "+names[base]+" integer")
	}
	if n.BitLen() > 4096 {
		return l.junk(start, i, "integer out of range")
	}
	return l.make(tokInt, start, i, n.String())
}

// trimZeros drops leading zeros and keeps one digit.
func trimZeros(s string) string {
	s = strings.TrimLeft(s, "0")
	if s == "" {
		return "0"
	}
	return s
}

// dollar scans $1 or a dollar-quoted string.
func (l *lexer) dollar() token {
	start := l.off
	if l.is(start+1, isDigit) {
		i := l.digits(start + 1)
		if l.is(i, isIdentPart) {
			return l.junk(start, i, "trailing junk after parameter")
		}
		return l.make(tokParam, start, i, l.sql[start+1:i])
	}
	tag := dollarTag(l.sql[start:])
	if tag == "" {
		l.off++
		return l.fail(start, dberr.SyntaxError, "syntax error")
	}
	body := start + len(tag)
	n := strings.Index(l.sql[body:], tag)
	if n < 0 {
		return l.failToEnd(start, "unterminated dollar-quoted string")
	}
	return l.make(tokString, start, body+n+len(tag), l.sql[body:body+n])
}

// dollarTag returns the opening delimiter $tag$ that s begins with, or "".
func dollarTag(s string) string {
	for i := 1; i < len(s); i++ {
		c := s[i]
		switch class := charClasses[c]; {
		case c == '$':
			return s[:i+1]
		case class&isIdentStart != 0, i > 1 && class&isDigit != 0:
		default:
			return ""
		}
	}
	return ""
}
