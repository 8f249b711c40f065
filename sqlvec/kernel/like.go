package kernel

import (
	"bytes"
	"unicode/utf8"
)

// Like is a compiled LIKE pattern. It is immutable.
type Like struct {
	segments []segment // what stands between the % signs
	anchored bool      // the first segment stands at the start: no % before it
	tail     bool      // the last segment stands at the end: no % after it
	exact    []byte    // without % and _: the text itself
	isExact  bool
}

// segment is text in which _ stands for one character. wild is nil when there is
// none.
type segment struct {
	text []byte
	wild []bool // per byte of text: it is a _
}

// NewLike compiles a pattern. escape is the escape character, "" for none. ok is
// false when the pattern ends in an escape.
func NewLike(pattern, escape string) (l *Like, ok bool) {
	l = &Like{anchored: true}
	var seg segment
	wild, open := false, false
	flush := func() {
		if len(seg.text) > 0 {
			if !wild {
				seg.wild = nil
			}
			l.segments = append(l.segments, seg)
		}
		seg, wild = segment{}, false
	}
	for i := 0; i < len(pattern); {
		_, w := utf8.DecodeRuneInString(pattern[i:])
		char := pattern[i : i+w]
		i += w
		open = false
		switch {
		case escape != "" && char == escape:
			if i >= len(pattern) {
				return nil, false
			}
			_, w = utf8.DecodeRuneInString(pattern[i:])
			seg.add(pattern[i:i+w], false)
			i += w
		case char == "%":
			if len(l.segments) == 0 && len(seg.text) == 0 {
				l.anchored = false
			}
			flush()
			open = true
		case char == "_":
			seg.add(char, true)
			wild = true
		default:
			seg.add(char, false)
		}
	}
	flush()
	l.tail = !open
	if l.anchored && l.tail && len(l.segments) == 0 {
		l.isExact = true
	}
	if l.anchored && l.tail && len(l.segments) == 1 && l.segments[0].wild == nil {
		l.exact, l.isExact = l.segments[0].text, true
	}
	return l, true
}

// add appends a character.
func (s *segment) add(char string, wild bool) {
	for i := range len(char) {
		s.text = append(s.text, char[i])
		s.wild = append(s.wild, wild)
	}
}

// Exact returns the only text that matches, if there is one.
func (l *Like) Exact() ([]byte, bool) { return l.exact, l.isExact }

// Prefix returns the bytes that every match begins with.
func (l *Like) Prefix() []byte {
	if !l.anchored || len(l.segments) == 0 {
		return nil
	}
	s := l.segments[0]
	for i := range s.wild {
		if s.wild[i] {
			return s.text[:i]
		}
	}
	return s.text
}

// Contains returns the text of a pattern of the form %text%.
func (l *Like) Contains() ([]byte, bool) {
	if l.anchored || l.tail || len(l.segments) != 1 || l.segments[0].wild != nil {
		return nil, false
	}
	return l.segments[0].text, true
}

// Part returns the longest text that every match contains.
func (l *Like) Part() (part []byte) {
	for _, s := range l.segments {
		from := 0
		for i := 0; i <= len(s.text); i++ {
			if i == len(s.text) || s.wild != nil && s.wild[i] {
				if i-from > len(part) {
					part = s.text[from:i]
				}
				from = i + 1
			}
		}
	}
	return part
}

// Match reports whether the pattern matches all of text.
func (l *Like) Match(text []byte) bool {
	if l.isExact {
		return bytes.Equal(text, l.exact)
	}
	segs := l.segments
	if l.anchored {
		n, ok := segs[0].at(text)
		if !ok {
			return false
		}
		text, segs = text[n:], segs[1:]
		if len(segs) == 0 {
			return !l.tail || len(text) == 0
		}
	}
	if len(segs) == 0 {
		return true
	}
	last := len(segs) - 1
	if !l.tail {
		last++
	}
	for _, s := range segs[:last] {
		end := s.find(text)
		if end < 0 {
			return false
		}
		text = text[end:]
	}
	return !l.tail || segs[last].ends(text)
}

// at reports whether the segment stands at the start of text, and its length there.
func (s *segment) at(text []byte) (int, bool) {
	if s.wild == nil {
		return len(s.text), bytes.HasPrefix(text, s.text)
	}
	n := 0
	for i, c := range s.text {
		if n >= len(text) {
			return 0, false
		}
		if s.wild[i] {
			_, w := utf8.DecodeRune(text[n:])
			n += w
			continue
		}
		if text[n] != c {
			return 0, false
		}
		n++
	}
	return n, true
}

// find returns the end of the first place of the segment in text, -1 if none.
func (s *segment) find(text []byte) int {
	if s.wild == nil {
		i := bytes.Index(text, s.text)
		if i < 0 {
			return -1
		}
		return i + len(s.text)
	}
	for i := 0; i <= len(text); {
		if n, ok := s.at(text[i:]); ok {
			return i + n
		}
		if i == len(text) {
			break
		}
		_, w := utf8.DecodeRune(text[i:])
		i += w
	}
	return -1
}

// ends reports whether text ends with the segment.
func (s *segment) ends(text []byte) bool {
	if s.wild == nil {
		return bytes.HasSuffix(text, s.text)
	}
	chars := 0
	for i := 0; i < len(s.text); {
		_, w := utf8.DecodeRune(s.text[i:])
		i += w
		chars++
	}
	start := len(text)
	for range chars {
		if start == 0 {
			return false
		}
		_, w := utf8.DecodeLastRune(text[:start])
		start -= w
	}
	n, ok := s.at(text[start:])
	return ok && start+n == len(text)
}
