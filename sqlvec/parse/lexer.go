package parse

import (
	"strings"
	"unicode/utf8"

	"driftdb/internal/dberr"
)

// lexer turns SQL text into tokens, one statement at a time. It never fails
// itself: what it refuses becomes a tokError, so that an earlier syntax error is
// reported first.
type lexer struct {
	sql string
	off int // byte offset of the next token
	err *dberr.Error
}

// charClass flags bytes for the inner loops.
type charClass uint8

const (
	isSpace charClass = 1 << iota
	isDigit
	isIdentStart
	isIdentPart
	isOpChar
	isSelf
)

var charClasses = makeCharClasses()

func makeCharClasses() (t [256]charClass) {
	for _, c := range " \t\n\r\f\v" {
		t[c] |= isSpace
	}
	for c := '0'; c <= '9'; c++ {
		t[c] |= isDigit | isIdentPart
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c] |= isIdentStart | isIdentPart
		t[c-32] |= isIdentStart | isIdentPart
	}
	for c := 0x80; c < 0x100; c++ {
		t[c] |= isIdentStart | isIdentPart
	}
	t['_'] |= isIdentStart | isIdentPart
	t['$'] |= isIdentPart
	for _, c := range "~!@#^&|`?+-*/%<>=" {
		t[c] |= isOpChar
	}
	for _, c := range ",()[].;:" {
		t[c] |= isSelf
	}
	return t
}

// at returns the byte at offset i, 0 beyond the end.
func (l *lexer) at(i int) byte {
	if i < len(l.sql) {
		return l.sql[i]
	}
	return 0
}

func (l *lexer) is(i int, c charClass) bool { return i < len(l.sql) && charClasses[l.sql[i]]&c != 0 }

// statement appends the tokens up to and including the next semicolon, or the
// end of the text, to toks. A tokEOF always ends them.
func (l *lexer) statement(toks []token) []token {
	for {
		t := l.next()
		if t.kind == tokOp && t.text == ";" {
			t.kind = tokEOF
		}
		toks = append(toks, t)
		if t.kind == tokEOF || t.kind == tokError {
			return toks
		}
	}
}

// skipBlank moves over white space and comments. It reports whether there was a
// newline, and false for ok when a comment does not end.
func (l *lexer) skipBlank() (newline, ok bool) {
	for l.off < len(l.sql) {
		c := l.sql[l.off]
		switch {
		case charClasses[c]&isSpace != 0:
			newline = newline || c == '\n' || c == '\r'
			l.off++
		case c == '-' && l.at(l.off+1) == '-':
			l.skipLine()
		case c == '/' && l.at(l.off+1) == '*':
			if !l.skipComment() {
				return newline, false
			}
		default:
			return newline, true
		}
	}
	return newline, true
}

func (l *lexer) skipLine() {
	n := strings.IndexAny(l.sql[l.off:], "\r\n")
	if n < 0 {
		l.off = len(l.sql)
		return
	}
	l.off += n
}

// skipComment moves over a block comment, which may nest, and leaves l.off at its
// start when it does not end.
func (l *lexer) skipComment() bool {
	depth := 0
	for i := l.off; i < len(l.sql); i++ {
		switch {
		case l.sql[i] == '/' && l.at(i+1) == '*':
			depth++
			i++
		case l.sql[i] == '*' && l.at(i+1) == '/':
			depth--
			i++
			if depth == 0 {
				l.off = i + 1
				return true
			}
		}
	}
	return false
}

// fail makes an error token from start to the lexer's place.
func (l *lexer) fail(start int, code, message string) token {
	if l.err == nil {
		l.err = dberr.New(code, message+near(l.sql, start, l.off)).At(start + 1)
	}
	return token{kind: tokError, start: int32(start), end: int32(l.off)}
}

// near says where an error is, the way PostgreSQL does.
func near(sql string, start, end int) string {
	if start >= len(sql) {
		return " at end of input"
	}
	return ` at or near "` + sql[start:end] + `"`
}

func (l *lexer) failToEnd(start int, message string) token {
	l.off = len(l.sql)
	return l.fail(start, dberr.SyntaxError, message)
}

// next returns the next token.
func (l *lexer) next() token {
	if _, ok := l.skipBlank(); !ok {
		return l.failToEnd(l.off, "unterminated /* comment")
	}
	start := l.off
	if start >= len(l.sql) {
		return token{kind: tokEOF, start: int32(start), end: int32(start)}
	}
	c := l.sql[start]
	class := charClasses[c]
	switch {
	case class&isIdentStart != 0:
		if t, ok := l.prefixedQuote(c); ok {
			return t
		}
		return l.word()
	case class&isDigit != 0, c == '.' && l.is(start+1, isDigit):
		return l.number()
	case c == '\'':
		return l.quoted(start, start, false)
	case c == '"':
		return l.quotedIdent(start, start)
	case c == '$':
		return l.dollar()
	case class&isSelf != 0:
		return l.punctuation(c)
	case c == '@' && l.pointEnd(start) > 0:
		return l.point()
	case class&isOpChar != 0:
		return l.operator()
	case c == '{':
		return l.document()
	}
	_, n := utf8.DecodeRuneInString(l.sql[start:])
	l.off += n
	return l.fail(start, dberr.SyntaxError, "syntax error")
}

// make returns a token from start to end and moves behind it.
func (l *lexer) make(kind tokKind, start, end int, text string) token {
	l.off = end
	return token{kind: kind, start: int32(start), end: int32(end), text: text}
}

// word scans a name or keyword and folds ASCII letters to lower case.
func (l *lexer) word() token {
	start, i, upper := l.off, l.off, false
	for l.is(i, isIdentPart) {
		c := l.sql[i]
		upper = upper || c >= 'A' && c <= 'Z'
		i++
	}
	raw := l.sql[start:i]
	if len(raw) <= maxKeyword {
		if kw, ok := lookupKeyword(raw); ok {
			t := l.make(tokKeyword, start, i, kw.text)
			t.class = kw.class
			return t
		}
	}
	if upper {
		raw = foldASCII(raw)
	}
	return l.make(tokIdent, start, i, raw)
}

// lookupKeyword finds a keyword of at most maxKeyword bytes without allocating.
func lookupKeyword(raw string) (keyword, bool) {
	var buf [maxKeyword]byte
	for i := range len(raw) {
		c := raw[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		buf[i] = c
	}
	kw, ok := keywords[string(buf[:len(raw)])]
	return kw, ok
}

// foldASCII lowers A to Z and leaves every other character alone, so that names
// do not depend on a locale.
func foldASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// punctuation scans , ( ) [ ] . ; : and the pairs :: := and ...
func (l *lexer) punctuation(c byte) token {
	start, d := l.off, l.at(l.off+1)
	n := 1
	if c == ':' && (d == ':' || d == '=') || c == '.' && d == '.' {
		n = 2
	}
	return l.make(tokOp, start, start+n, l.sql[start:start+n])
}

// operator scans the longest operator, cut before a comment or a point, and
// without trailing signs unless it holds a character that no SQL-standard
// operator has (so that a=-1 is a = -1).
func (l *lexer) operator() token {
	start, end := l.off, l.off
	for l.is(end, isOpChar) && !l.commentAt(end) && (end == start || l.pointEnd(end) == 0) {
		end++
	}
	if end-start > 1 && !strings.ContainsAny(l.sql[start:end], "~!@#%^&|`?") {
		for end-start > 1 && (l.sql[end-1] == '+' || l.sql[end-1] == '-') {
			end--
		}
	}
	op := l.sql[start:end]
	if op == "!=" {
		op = "<>"
	}
	return l.make(tokOp, start, end, op)
}

func (l *lexer) commentAt(i int) bool {
	c, d := l.sql[i], l.at(i+1)
	return c == '-' && d == '-' || c == '/' && d == '*'
}

// pointEnd returns where the digits of @SEQ:N or @TX:N at offset i end, 0 if
// there is no such token. The token ends behind the colon where a column, a parameter or
// a parenthesis follows.
func (l *lexer) pointEnd(i int) int {
	if l.at(i) != '@' {
		return 0
	}
	rest := l.sql[i+1:]
	switch {
	case len(rest) > 4 && strings.EqualFold(rest[:4], "seq:"):
		i += 5
	case len(rest) > 3 && strings.EqualFold(rest[:3], "tx:"):
		i += 4
	default:
		return 0
	}
	if c := l.at(i); c == '(' || c == '"' || c == '$' || isNameStart(c) {
		return i
	}
	if !l.is(i, isDigit) {
		return 0
	}
	for l.is(i, isDigit) {
		i++
	}
	return i
}

func isNameStart(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80 }

func (l *lexer) point() token {
	start, end := l.off, l.pointEnd(l.off)
	kind := tokSeq
	if l.sql[start+1]|0x20 == 't' {
		kind = tokTx
	}
	colon := start + strings.IndexByte(l.sql[start:end], ':')
	return l.make(kind, start, end, l.sql[colon+1:end])
}

// document scans a JSON object: braces and brackets outside of strings must
// balance. What is between them is checked by whoever stores it.
func (l *lexer) document() token {
	start, depth := l.off, 0
	for i := start; i < len(l.sql); i++ {
		switch l.sql[i] {
		case '"':
			i = jsonStringEnd(l.sql, i)
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				return l.make(tokJSON, start, i+1, l.sql[start:i+1])
			}
		}
	}
	return l.failToEnd(start, "unterminated JSON document")
}

// jsonStringEnd returns the offset of the quote that ends the string at i, or the
// end of the text.
func jsonStringEnd(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(s)
}
