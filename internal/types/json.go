package types

import (
	"unicode/utf8"

	"driftdb/internal/dberr"
)

// maxJSONDepth bounds how deeply objects and arrays may nest.
const maxJSONDepth = 6400

// CheckJSON returns an error unless text is one JSON value (RFC 8259).
func CheckJSON(text string) error {
	p := jsonChecker{s: text}
	p.space()
	if p.value(0); !p.bad {
		p.space()
		p.bad = p.i < len(p.s)
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
}

// failure returns the error for the place where the walk stopped.
func (p *jsonChecker) failure(text string) error {
	e := dberr.New(dberr.InvalidTextRepresentation, "invalid input syntax for type json")
	if p.i >= len(text) {
		return e.WithDetail("The input string ended unexpectedly.")
	}
	end := p.i + 1
	if word(text[p.i]) {
		for end < len(text) && word(text[end]) {
			end++
		}
	}
	for end < len(text) && !utf8.RuneStart(text[end]) {
		end++
	}
	return e.WithDetail("Token \"%s\" is invalid.", text[p.i:end])
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

// value walks over one value.
func (p *jsonChecker) value(depth int) {
	if depth > maxJSONDepth {
		p.bad, p.deep = true, true
		return
	}
	switch c := p.peek(); {
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
	p.bad = true
}

// list walks over an object or array up to its closing byte.
func (p *jsonChecker) list(end byte, depth int, object bool) {
	p.i++
	p.space()
	if p.peek() == end {
		p.i++
		return
	}
	for !p.bad {
		if object {
			p.key()
		}
		if p.bad {
			return
		}
		p.value(depth + 1)
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
			p.bad = true
		}
	}
}

// key walks over a member's name and colon.
func (p *jsonChecker) key() {
	if p.peek() != '"' {
		p.bad = true
		return
	}
	p.str()
	p.space()
	if !p.bad && p.peek() != ':' {
		p.bad = true
		return
	}
	p.i++
	p.space()
}

// str walks over a string.
func (p *jsonChecker) str() {
	for p.i++; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; {
		case c == '"':
			p.i++
			return
		case c < 0x20:
			p.bad = true
			return
		case c == '\\' && !p.escape():
			p.bad = true
			return
		}
	}
	p.bad = true
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
		p.i, p.bad = start, true
	}
}
