package expr

import "unicode/utf8"

// globMatch reports whether a text fits a pattern of DuckDB's GLOB: * is any text, ? any character, [a-z] and [!a-z]
// one of some or none of them, and \ takes the next character as it is. A pattern that is not complete fits nothing.
func globMatch(text, pattern string) bool {
	star, from := -1, 0 // the last *, and where what is behind it was tried
	t, p := 0, 0
	for t < len(text) {
		if p < len(pattern) && pattern[p] == '*' {
			star, from = p, t
			p++
			continue
		}
		if nt, np, ok := globStep(text, pattern, t, p); ok {
			t, p = nt, np
			continue
		}
		if star < 0 {
			return false
		}
		_, size := utf8.DecodeRuneInString(text[from:])
		from += size
		t, p = from, star+1
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// globStep matches one character: it returns where text and pattern go on.
func globStep(text, pattern string, t, p int) (nt, np int, ok bool) {
	if p == len(pattern) {
		return 0, 0, false
	}
	c, size := utf8.DecodeRuneInString(text[t:])
	want, n := utf8.DecodeRuneInString(pattern[p:])
	switch want {
	case '?':
		return t + size, p + 1, true
	case '[':
		end, ok := globSet(c, pattern, p+1)
		return t + size, end, ok
	case '\\':
		if p++; p == len(pattern) {
			return 0, 0, false
		}
		want, n = utf8.DecodeRuneInString(pattern[p:])
	}
	return t + size, p + n, c == want
}

// globSet reports whether a character is in the set that begins at p, and where the set ends. A ] at its beginning is
// one of its characters.
func globSet(c rune, pattern string, p int) (end int, ok bool) {
	not := p < len(pattern) && pattern[p] == '!'
	if not {
		p++
	}
	found := false
	for first := true; p < len(pattern); first = false {
		if pattern[p] == ']' && !first {
			return p + 1, found != not
		}
		low, n := utf8.DecodeRuneInString(pattern[p:])
		p += n
		high := low
		if p+1 < len(pattern) && pattern[p] == '-' && pattern[p+1] != ']' {
			high, n = utf8.DecodeRuneInString(pattern[p+1:])
			p += 1 + n
		}
		found = found || low <= c && c <= high
	}
	return 0, false
}
