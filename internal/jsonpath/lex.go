package jsonpath

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"driftdb/internal/dberr"
)

// token is a word of a path.
type token struct {
	kind tokenKind
	text string // of a name or string, unescaped; of a number or sign, as written
	raw  string // as written
}

type tokenKind uint8

const (
	tEnd tokenKind = iota
	tName
	tString
	tNumber
	tInt
	tVar
	tSign
)

// lexer reads the words of a path.
type lexer struct {
	s string
	i int
}

// special are the characters that end a name.
const special = "?%$.[]{}()|&!=<>@#,*:-+/ \t\n\r\f\"\\"

// signs are the signs of more than one character, and the others.
var signs = []string{"&&", "||", "==", "<>", "!=", "<=", ">=", "**"}

// syntaxError is the error of a word that cannot stand where it does.
func syntaxError(what string) error {
	return dberr.Newf(dberr.SyntaxError, "%s of jsonpath input", what)
}

// near is the error of a place in the text.
func near(what, word string) error {
	return syntaxError(fmt.Sprintf("%s at or near \"%s\"", what, word))
}

// space skips blanks and comments.
func (l *lexer) space() error {
	for l.i < len(l.s) {
		switch {
		case strings.IndexByte(" \t\n\r\f", l.s[l.i]) >= 0:
			l.i++
		case strings.HasPrefix(l.s[l.i:], "/*"):
			end := strings.Index(l.s[l.i+2:], "*/")
			if end < 0 {
				l.i = len(l.s)
				return syntaxError("unexpected end of comment at end")
			}
			l.i += end + 4
		default:
			return nil
		}
	}
	return nil
}

// next returns the next word.
func (l *lexer) next() (t token, err error) {
	if err := l.space(); err != nil {
		return t, err
	}
	if l.i == len(l.s) {
		return token{}, nil
	}
	start := l.i
	defer func() { t.raw = l.s[start:l.i] }()
	switch c := l.s[l.i]; {
	case c == '"':
		text, err := l.quoted()
		return token{kind: tString, text: text}, err
	case c == '$':
		return l.variable()
	case c >= '0' && c <= '9', c == '.' && l.i+1 < len(l.s) && digit(l.s[l.i+1]):
		return l.number()
	case strings.IndexByte(special, c) < 0 || c == '\\':
		text, err := l.name()
		return token{kind: tName, text: text}, err
	}
	for _, s := range signs {
		if strings.HasPrefix(l.s[l.i:], s) {
			l.i += len(s)
			return token{kind: tSign, text: s}, nil
		}
	}
	l.i++
	return token{kind: tSign, text: l.s[start:l.i]}, nil
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// variable reads $ or a variable.
func (l *lexer) variable() (token, error) {
	l.i++
	switch {
	case l.i < len(l.s) && l.s[l.i] == '"':
		text, err := l.quoted()
		return token{kind: tVar, text: text}, err
	case l.i < len(l.s) && (strings.IndexByte(special, l.s[l.i]) < 0 || l.s[l.i] == '\\'):
		text, err := l.name()
		return token{kind: tVar, text: text}, err
	}
	return token{kind: tSign, text: "$"}, nil
}

// number reads an integer or a number with a point or an exponent.
func (l *lexer) number() (token, error) {
	start, kind := l.i, tInt
	digits := func() bool {
		from := l.i
		for l.i < len(l.s) && digit(l.s[l.i]) {
			l.i++
		}
		return l.i > from
	}
	leading := l.s[l.i] == '0'
	digits()
	if leading && l.i-start > 1 {
		return token{}, near("trailing junk after numeric literal", l.s[start:start+2])
	}
	if l.i < len(l.s) && l.s[l.i] == '.' {
		kind = tNumber
		l.i++
		digits()
	}
	if l.i < len(l.s) && l.s[l.i]|0x20 == 'e' {
		mark := l.i
		l.i++
		if l.i < len(l.s) && (l.s[l.i] == '+' || l.s[l.i] == '-') {
			l.i++
		}
		if !digits() {
			l.i = min(mark+1, len(l.s))
			return token{}, near("trailing junk after numeric literal", l.s[start:l.i])
		}
		kind = tNumber
	}
	if l.i < len(l.s) && (strings.IndexByte(special, l.s[l.i]) < 0 || l.s[l.i] == '\\') {
		_, n := utf8.DecodeRuneInString(l.s[l.i:])
		return token{}, near("trailing junk after numeric literal", l.s[start:l.i+n])
	}
	return token{kind: kind, text: l.s[start:l.i]}, nil
}

// name reads a name without quotes.
func (l *lexer) name() (string, error) {
	var b strings.Builder
	for l.i < len(l.s) {
		switch c := l.s[l.i]; {
		case c == '\\':
			if err := l.escape(&b); err != nil {
				return "", err
			}
		case strings.IndexByte(special, c) >= 0:
			return b.String(), nil
		default:
			b.WriteByte(c)
			l.i++
		}
	}
	return b.String(), nil
}

// quoted reads a string in quotes.
func (l *lexer) quoted() (string, error) {
	var b strings.Builder
	l.i++
	for l.i < len(l.s) {
		switch c := l.s[l.i]; c {
		case '"':
			l.i++
			return b.String(), nil
		case '\\':
			if err := l.escape(&b); err != nil {
				return "", err
			}
		default:
			b.WriteByte(c)
			l.i++
		}
	}
	return "", syntaxError("unexpected end of quoted string at end")
}

// escape reads an escape of a string or name.
func (l *lexer) escape(b *strings.Builder) error {
	l.i++
	if l.i == len(l.s) {
		return syntaxError("unexpected end after backslash at end")
	}
	c := l.s[l.i]
	l.i++
	switch c {
	case 'b', 'f', 'n', 'r', 't', 'v':
		b.WriteByte("\b\f\n\r\t\v"[strings.IndexByte("bfnrtv", c)])
	case 'x':
		n, err := l.hex(2, `\x`)
		if err != nil {
			return near("invalid hexadecimal character sequence", l.rest(2))
		}
		return l.char(b, n)
	case 'u':
		n, err := l.unicode()
		if err != nil {
			return err
		}
		return l.char(b, n)
	default:
		b.WriteByte(c)
	}
	return nil
}

// rest is what an error says stands at a bad escape.
func (l *lexer) rest(back int) string { return l.s[max(0, l.i-back):min(len(l.s), l.i)] }

// hex reads n digits.
func (l *lexer) hex(n int, _ string) (rune, error) {
	if l.i+n > len(l.s) {
		return 0, syntaxError("invalid escape")
	}
	x, err := strconv.ParseUint(l.s[l.i:l.i+n], 16, 32)
	if err != nil {
		return 0, err
	}
	l.i += n
	return rune(x), nil
}

// unicode reads \uXXXX, \u{X…} or a pair of surrogates, behind \u.
func (l *lexer) unicode() (rune, error) {
	bad := func() error { return near("invalid Unicode escape sequence", l.rest(2)) }
	if l.i < len(l.s) && l.s[l.i] == '{' {
		end := strings.IndexByte(l.s[l.i:], '}')
		if end < 2 || end > 7 {
			return 0, bad()
		}
		x, err := strconv.ParseUint(l.s[l.i+1:l.i+end], 16, 32)
		if err != nil {
			return 0, bad()
		}
		l.i += end + 1
		return rune(x), nil
	}
	r, err := l.hex(4, `\u`)
	if err != nil {
		return 0, bad()
	}
	if r >= 0xdc00 && r < 0xe000 {
		return 0, dberr.New(dberr.InvalidTextRepresentation, "invalid input syntax for type jsonpath").
			WithDetail("Unicode low surrogate must follow a high surrogate.")
	}
	if r < 0xd800 || r >= 0xdc00 {
		return r, nil
	}
	if strings.HasPrefix(l.s[l.i:], `\u`) {
		l.i += 2
		if low, err := l.hex(4, `\u`); err == nil && low >= 0xdc00 && low < 0xe000 {
			return 0x10000 + (r-0xd800)<<10 + low - 0xdc00, nil
		}
	}
	return 0, dberr.New(dberr.InvalidTextRepresentation, "invalid input syntax for type jsonpath").
		WithDetail("Unicode low surrogate must follow a high surrogate.")
}

// char appends a character that an escape names.
func (l *lexer) char(b *strings.Builder, r rune) error {
	if r == 0 {
		return dberr.New(dberr.UntranslatableCharacter, "unsupported Unicode escape sequence").WithDetail("\\u0000 cannot be converted to text.")
	}
	if !utf8.ValidRune(r) {
		return near("invalid Unicode escape sequence", l.rest(2))
	}
	b.WriteRune(r)
	return nil
}
