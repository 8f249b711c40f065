package types

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"driftdb/internal/dberr"
)

// maxJSONDepth bounds how deeply objects and arrays may nest.
const maxJSONDepth = 6400

// CheckJSON returns an error unless text is one JSON value (RFC 8259).
func CheckJSON(text string) error {
	p := jsonChecker{s: text}
	p.space()
	if p.value(0, "JSON value"); !p.bad {
		if p.space(); p.i < len(p.s) {
			p.fail("end of input")
		}
	}
	switch {
	case p.deep:
		return dberr.New(dberr.StatementTooComplex, "JSON value is nested too deeply")
	case p.bad:
		return p.failure(text)
	case !utf8.ValidString(text):
		return dberr.New(dberr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\"")
	}
	return nil
}

// jsonChecker walks over a JSON text once. bad is sticky.
type jsonChecker struct {
	s    string
	i    int // byte offset
	bad  bool
	deep bool
	// want is what should stand where the walk stopped, in PostgreSQL's words; detail what is wrong with
	// the token there.
	want, detail string
}

// fail ends the walk where something else should stand.
func (p *jsonChecker) fail(want string) { p.bad, p.want = true, want }

// failToken ends the walk in a token.
func (p *jsonChecker) failToken(format string, args ...any) {
	if p.bad = true; p.detail == "" {
		p.detail = fmt.Sprintf(format, args...)
	}
}

// failure returns the error for the place where the walk stopped.
func (p *jsonChecker) failure(text string) error {
	e := dberr.New(dberr.InvalidTextRepresentation, "invalid input syntax for type json")
	if p.detail != "" {
		return e.WithDetail("%s", p.detail)
	}
	if p.i >= len(text) {
		return e.WithDetail("The input string ended unexpectedly.")
	}
	token := jsonChecker{s: text, i: p.i}
	if c := text[p.i]; strings.IndexByte("{}[],:", c) >= 0 {
		token.i++
	} else {
		token.value(0, "")
	}
	if token.bad {
		return e.WithDetail("%s", token.detail)
	}
	return e.WithDetail("Expected %s, but found \"%s\".", p.want, text[p.i:token.i])
}

// tokenAt is the token at an offset that is none of JSON's.
func (p *jsonChecker) tokenAt(start int) string {
	end := start + 1
	for end < len(p.s) && (word(p.s[start]) && word(p.s[end]) || !utf8.RuneStart(p.s[end])) {
		end++
	}
	return p.s[start:end]
}

// word reports whether c may be part of a name or number.
func word(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80
}

// space skips blanks.
func (p *jsonChecker) space() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

// peek returns the next byte, 0 at the end.
func (p *jsonChecker) peek() byte {
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

// value walks over one value, which is wanted there under a name.
func (p *jsonChecker) value(depth int, want string) {
	if depth > maxJSONDepth {
		p.bad, p.deep = true, true
		return
	}
	switch c := p.peek(); {
	case p.i == len(p.s) || strings.IndexByte("}],:", c) >= 0:
		p.fail(want)
	case c == '{':
		p.list('}', depth, true)
	case c == '[':
		p.list(']', depth, false)
	case c == '"':
		p.str()
	case c == '-' || c >= '0' && c <= '9':
		p.number()
	default:
		p.word()
	}
}

// word walks over true, false or null.
func (p *jsonChecker) word() {
	for _, w := range [...]string{"true", "false", "null"} {
		end := p.i + len(w)
		if end <= len(p.s) && p.s[p.i:end] == w && (end == len(p.s) || !word(p.s[end])) {
			p.i = end
			return
		}
	}
	p.failToken("Token \"%s\" is invalid.", p.tokenAt(p.i))
}

// list walks over an object or array up to its closing byte.
func (p *jsonChecker) list(end byte, depth int, object bool) {
	p.i++
	p.space()
	if p.peek() == end {
		p.i++
		return
	}
	key := "string or \"}\""
	for !p.bad {
		if object {
			p.key(key)
		}
		if p.bad {
			return
		}
		p.value(depth+1, "JSON value")
		if p.bad {
			return
		}
		p.space()
		switch p.peek() {
		case end:
			p.i++
			return
		case ',':
			p.i++
			p.space()
		default:
			p.fail("\",\" or \"" + string(end) + "\"")
		}
		key = "string"
	}
}

// key walks over a member's name and colon.
func (p *jsonChecker) key(want string) {
	if p.peek() != '"' {
		p.fail(want)
		return
	}
	if p.str(); p.bad {
		return
	}
	if p.space(); p.peek() != ':' {
		p.fail("\":\"")
		return
	}
	p.i++
	p.space()
}

// str walks over a string.
func (p *jsonChecker) str() {
	start := p.i
	for p.i++; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; {
		case c == '"':
			p.i++
			return
		case c < 0x20:
			p.failToken("Character with value 0x%02x must be escaped.", c)
			return
		case c == '\\' && !p.escape():
			if p.i < len(p.s) && p.detail == "" {
				p.failToken("Escape sequence \"\\%s\" is invalid.", p.tokenAt(p.i)[:runeLength(p.s[p.i:])])
			}
			p.failToken("Token \"%s\" is invalid.", p.s[start:])
			return
		}
	}
	p.failToken("Token \"%s\" is invalid.", p.s[start:])
}

// runeLength is the number of bytes of the first character of s.
func runeLength(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// escape walks over the rest of an escape, up to its last byte.
func (p *jsonChecker) escape() bool {
	p.i++
	switch p.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for range 4 {
			p.i++
			c := p.peek()
			if !(c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f') {
				if p.i < len(p.s) {
					p.failToken("\"\\u\" must be followed by four hexadecimal digits.")
				}
				return false
			}
		}
		return true
	}
	return false
}

// digits walks over digits and reports whether there was one.
func (p *jsonChecker) digits() bool {
	start := p.i
	for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
		p.i++
	}
	return p.i > start
}

// number walks over a number.
func (p *jsonChecker) number() {
	start := p.i
	if p.peek() == '-' {
		p.i++
	}
	ok := true
	if p.peek() == '0' {
		p.i++
	} else {
		ok = p.digits()
	}
	if ok && p.peek() == '.' {
		p.i++
		ok = p.digits()
	}
	if c := p.peek(); ok && c|0x20 == 'e' {
		p.i++
		if c := p.peek(); c == '+' || c == '-' {
			p.i++
		}
		ok = p.digits()
	}
	if !ok || p.i < len(p.s) && (word(p.s[p.i]) || p.s[p.i] == '.') {
		for p.i < len(p.s) && word(p.s[p.i]) {
			p.i++
		}
		p.failToken("Token \"%s\" is invalid.", p.s[start:p.i])
		p.i = start
	}
}
