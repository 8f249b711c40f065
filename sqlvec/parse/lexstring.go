package parse

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"driftdb/internal/dberr"
)

// prefixedQuote scans E'…', B'…', X'…', N'…', U&'…' and U&"…" when the letter c
// at the lexer's place begins one.
func (l *lexer) prefixedQuote(c byte) (token, bool) {
	start := l.off
	d := l.at(start + 1)
	switch c | 0x20 {
	case 'e':
		if d == '\'' {
			return l.quoted(start, start+1, true), true
		}
	case 'n':
		if d == '\'' {
			return l.quoted(start, start+1, false), true
		}
	case 'b', 'x':
		if d == '\'' {
			return l.bits(start, c|0x20), true
		}
	case 'u':
		if d == '&' && l.at(start+2) == '\'' {
			return l.unicodeQuoted(l.quoted(start, start+2, false)), true
		}
		if d == '&' && l.at(start+2) == '"' {
			return l.unicodeQuoted(l.quotedIdent(start, start+2)), true
		}
	}
	return token{}, false
}

// quoted scans a string whose opening quote is at open, and the pieces that
// continue it after a newline.
func (l *lexer) quoted(start, open int, escapes bool) token {
	var b []byte
	piece, single := "", true
	for {
		end, clean := l.quoteEnd(open+1, escapes)
		if end < 0 {
			return l.failToEnd(start, "unterminated quoted string")
		}
		piece = l.sql[open+1 : end]
		if !clean {
			var err *dberr.Error
			piece, err = unquote(piece, escapes, open+1)
			if err != nil {
				l.off = end + 1
				return l.refuse(start, err)
			}
		}
		l.off = end + 1
		next := l.continuation()
		if next < 0 {
			break
		}
		b, single, open = append(b, piece...), false, next
	}
	if !single {
		piece = string(append(b, piece...))
	}
	return l.make(tokString, start, l.off, piece)
}

// refuse makes an error token of err.
func (l *lexer) refuse(start int, err *dberr.Error) token {
	if l.err == nil {
		l.err = err
	}
	return token{kind: tokError, start: int32(start), end: int32(l.off)}
}

// quoteEnd finds the quote that closes a string whose text begins at i, -1 if
// none does. clean says that the text stands for itself.
func (l *lexer) quoteEnd(i int, escapes bool) (end int, clean bool) {
	clean = true
	for ; i < len(l.sql); i++ {
		switch c := l.sql[i]; {
		case c == '\'':
			if l.at(i+1) != '\'' {
				return i, clean
			}
			clean = false
			i++
		case c == '\\' && escapes:
			clean = false
			i++
		}
	}
	return -1, false
}

// continuation returns the offset of the quote of a string that continues the
// one just read (only blanks with a newline between them), or -1 and does not
// move.
func (l *lexer) continuation() int {
	back := l.off
	newline, ok := l.skipBlank()
	if ok && newline && l.at(l.off) == '\'' {
		return l.off
	}
	l.off = back
	return -1
}

// unquote resolves doubled quotes and, with escapes, backslashes. base is the
// offset of s in the text.
func unquote(s string, escapes bool, base int) (string, *dberr.Error) {
	if !escapes {
		return strings.ReplaceAll(s, "''", "'"), nil
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		switch {
		case s[i] == '\'':
			b = append(b, '\'')
			i += 2
		case s[i] == '\\':
			var n int
			var err *dberr.Error
			b, n, err = appendEscape(b, s[i+1:], base+i)
			if err != nil {
				return "", err
			}
			i += 1 + n
		default:
			b = append(b, s[i])
			i++
		}
	}
	if !utf8.Valid(b) || strings.IndexByte(string(b), 0) >= 0 {
		return "", invalidEncoding(string(b)).At(base + 1)
	}
	return string(b), nil
}

// appendEscape appends what the escape s (after its backslash, at offset at)
// stands for, and returns how many bytes of s it took.
func appendEscape(b []byte, s string, at int) ([]byte, int, *dberr.Error) {
	const letters, values = "bfnrt", "\b\f\n\r\t"
	if k := strings.IndexByte(letters, s[0]); k >= 0 {
		return append(b, values[k]), 1, nil
	}
	switch c := s[0]; {
	case c == 'x' && hexRun(s[1:], 2) > 0:
		n := hexRun(s[1:], 2)
		v, _ := strconv.ParseUint(s[1:1+n], 16, 8)
		return append(b, byte(v)), 1 + n, nil
	case c >= '0' && c <= '7':
		n := 1
		for n < 3 && n < len(s) && s[n] >= '0' && s[n] <= '7' {
			n++
		}
		v, _ := strconv.ParseUint(s[:n], 8, 16)
		return append(b, byte(v)), n, nil
	case c == 'u' || c == 'U':
		return appendUnicodeEscape(b, s, at)
	}
	_, n := utf8.DecodeRuneInString(s)
	return append(b, s[:n]...), n, nil
}

// appendUnicodeEscape resolves uXXXX, UXXXXXXXX and a pair of surrogates.
func appendUnicodeEscape(b []byte, s string, at int) ([]byte, int, *dberr.Error) {
	n := 4
	if s[0] == 'U' {
		n = 8
	}
	if hexRun(s[1:], n) < n {
		return b, 0, dberr.New(dberr.InvalidEscapeSequence, "invalid Unicode escape").
			WithHint(`Unicode escapes must be \uXXXX or \UXXXXXXXX.`).At(at + 1)
	}
	r := parseHex(s[1 : 1+n])
	used := 1 + n
	if isHighSurrogate(r) && len(s) >= used+6 && s[used] == '\\' && s[used+1] == 'u' && hexRun(s[used+2:], 4) == 4 {
		if low := parseHex(s[used+2 : used+6]); isLowSurrogate(low) {
			r = joinSurrogates(r, low)
			used += 6
		}
	}
	if err := checkRune(r, at); err != nil {
		return b, 0, err
	}
	return utf8.AppendRune(b, r), used, nil
}

// hexRun counts the hexadecimal digits at the start of s, at most limit.
func hexRun(s string, limit int) int {
	n := 0
	for n < limit && n < len(s) && isHexDigit(s[n]) {
		n++
	}
	return n
}

func isHexDigit(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// parseHex reads at most eight digits; a value no rune can have becomes -1.
func parseHex(s string) rune {
	v, _ := strconv.ParseUint(s, 16, 32)
	if v > utf8.MaxRune {
		return -1
	}
	return rune(v)
}

func isHighSurrogate(r rune) bool { return r >= 0xD800 && r < 0xDC00 }
func isLowSurrogate(r rune) bool  { return r >= 0xDC00 && r < 0xE000 }

func joinSurrogates(high, low rune) rune { return 0x10000 + (high-0xD800)<<10 + (low - 0xDC00) }

// checkRune refuses what is no character of a string.
func checkRune(r rune, at int) *dberr.Error {
	switch {
	case r <= 0:
		return dberr.New(dberr.SyntaxError, "invalid Unicode escape value").At(at + 1)
	case isHighSurrogate(r), isLowSurrogate(r):
		return dberr.New(dberr.SyntaxError, "invalid Unicode surrogate pair").At(at + 1)
	}
	return nil
}

// invalidEncoding is the error for s, which is not UTF-8 or holds a zero byte.
// Its position is to be added.
func invalidEncoding(s string) *dberr.Error {
	_, bad := invalidByte(s)
	return dberr.Newf(dberr.CharacterNotInRepertoire, `invalid byte sequence for encoding "UTF8": 0x%02x`, bad)
}

// invalidByte returns the offset and value of the first byte that is not UTF-8,
// or is zero; -1 if there is none.
func invalidByte(s string) (int, byte) {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n <= 1 || r == 0 {
			return i, s[i]
		}
		i += n
	}
	return -1, 0
}

// quotedIdent scans "name" whose opening quote is at open.
func (l *lexer) quotedIdent(start, open int) token {
	i, clean := open+1, true
	for ; ; i++ {
		if i >= len(l.sql) {
			return l.failToEnd(start, "unterminated quoted identifier")
		}
		if l.sql[i] != '"' {
			continue
		}
		if l.at(i+1) != '"' {
			break
		}
		clean = false
		i++
	}
	l.off = i + 1
	if i == open+1 {
		return l.fail(start, dberr.SyntaxError, "zero-length delimited identifier")
	}
	text := l.sql[open+1 : i]
	if !clean {
		text = strings.ReplaceAll(text, `""`, `"`)
	}
	return l.make(tokQuoted, start, i+1, text)
}

// bits scans B'…' or X'…'.
func (l *lexer) bits(start int, kind byte) token {
	t := l.quoted(start, start+1, false)
	what, digits, tk := "binary", "01", tokBits
	if kind == 'x' {
		what, digits, tk = "hexadecimal", "0123456789abcdefABCDEF", tokHexBits
	}
	if t.kind == tokError {
		return t
	}
	for i, r := range t.text {
		if !strings.ContainsRune(digits, r) {
			return l.refuse(start, dberr.Newf(dberr.InvalidTextRepresentation,
				`"%s" is not a valid %s digit`, string(r), what).At(start+3+i))
		}
	}
	t.kind = tk
	return t
}

// unicodeQuoted resolves the escapes of U&'…' or U&"…", with the escape
// character of a UESCAPE that follows.
func (l *lexer) unicodeQuoted(t token) token {
	if t.kind == tokError {
		return t
	}
	escape := byte('\\')
	back := l.off
	if w := l.next(); w.kind == tokKeyword && w.text == "uescape" {
		e := l.next()
		if e.kind != tokString || len(e.text) != 1 || strings.ContainsAny(e.text, "+'\" \t\r\n0123456789abcdefABCDEF") {
			return l.refuse(int(e.start), dberr.New(dberr.SyntaxError, "invalid Unicode escape character").At(int(e.start)+1))
		}
		escape, t.end = e.text[0], e.end
	} else {
		l.off, l.err = back, nil
	}
	text, err := resolveUnicode(t.text, escape, int(t.start)+len("U&'"))
	if err != nil {
		return l.refuse(int(t.start), err)
	}
	t.text = text
	return t
}

// resolveUnicode replaces \XXXX, \+XXXXXX and \\, for the given escape character.
// at is the offset of s in the text.
func resolveUnicode(s string, escape byte, at int) (string, *dberr.Error) {
	var b []byte
	for i := 0; i < len(s); {
		if s[i] != escape {
			b = append(b, s[i])
			i++
			continue
		}
		place := at + i
		if i+1 < len(s) && s[i+1] == escape {
			b = append(b, escape)
			i += 2
			continue
		}
		r, n := unicodeUnit(s[i+1:])
		if n == 0 {
			return "", dberr.New(dberr.SyntaxError, "invalid Unicode escape").
				WithHint(`Unicode escapes must be \XXXX or \+XXXXXX.`).At(place + 1)
		}
		i += 1 + n
		if isHighSurrogate(r) && i < len(s) && s[i] == escape {
			if low, m := unicodeUnit(s[i+1:]); isLowSurrogate(low) {
				r = joinSurrogates(r, low)
				i += 1 + m
			}
		}
		if err := checkRune(r, place); err != nil {
			return "", err
		}
		b = utf8.AppendRune(b, r)
	}
	return string(b), nil
}

// unicodeUnit reads XXXX or +XXXXXX and returns how long it is, 0 if malformed.
func unicodeUnit(s string) (rune, int) {
	switch {
	case hexRun(s, 4) == 4:
		return parseHex(s[:4]), 4
	case len(s) > 6 && s[0] == '+' && hexRun(s[1:], 6) == 6:
		return parseHex(s[1:7]), 7
	}
	return 0, 0
}
