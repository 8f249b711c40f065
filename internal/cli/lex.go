package cli

import (
	"strings"
	"unicode/utf8"
)

// tokenKind is what a piece of a statement is to the shell.
type tokenKind uint8

const (
	tokBlank tokenKind = iota
	tokWord
	tokNumber
	tokString // and dollar quotes
	tokIdent  // in double quotes
	tokComment
	tokVariable // :name, :'name', :"name" or :{?name}
	tokCommand  // a backslash and the rest of its line
	tokEnd      // a semicolon
	tokOther
)

// token is a piece of text. Its bytes are text[from:to].
type token struct {
	kind     tokenKind
	from, to int
	// open is the character that psql's prompt shows when the text ends inside the token, else 0.
	open byte
}

// lexer cuts what a person types into tokens. It never fails: what is wrong is the parser's to say.
type lexer struct {
	text  string
	at    int
	depth int // open braces: a JSON document
	paren int // open parentheses
}

// next returns the next token; ok is false at the end.
func (l *lexer) next() (t token, ok bool) {
	if l.at >= len(l.text) {
		return token{}, false
	}
	from := l.at
	kind, open := l.scan()
	return token{kind, from, l.at, open}, true
}

// scan moves behind the next token.
func (l *lexer) scan() (tokenKind, byte) {
	rest := l.text[l.at:]
	c := rest[0]
	switch {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		l.at++
		return tokBlank, 0
	case strings.HasPrefix(rest, "--"):
		return l.until("\n", 0, tokComment)
	case strings.HasPrefix(rest, "/*"):
		return l.comment()
	case c == '\'':
		return l.quoted('\'', false)
	case c == '"':
		return l.quoted('"', l.depth > 0)
	case (c == 'e' || c == 'E') && len(rest) > 1 && rest[1] == '\'':
		l.at++
		return l.quoted('\'', true)
	case c == '$':
		return l.dollar()
	case c == '\\' && l.depth == 0:
		return l.until("\n", 0, tokCommand)
	case c == ':' && l.depth == 0:
		return l.colon()
	case c >= '0' && c <= '9' || c == '.' && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9':
		return l.while(func(c byte) bool { return isWordByte(c) || c == '.' }), 0
	case isWordByte(c):
		l.while(isWordByte)
		return tokWord, 0
	}
	return l.sign(c)
}

// sign is a character that stands for itself.
func (l *lexer) sign(c byte) (tokenKind, byte) {
	l.at++
	switch c {
	case '{':
		l.depth++
	case '}':
		l.depth = max(0, l.depth-1)
	case '(':
		l.paren++
	case ')':
		l.paren = max(0, l.paren-1)
	case ';':
		if l.depth == 0 {
			l.paren = 0
			return tokEnd, 0
		}
	}
	return tokOther, 0
}

func isWordByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= utf8.RuneSelf
}

func (l *lexer) while(in func(byte) bool) tokenKind {
	for l.at++; l.at < len(l.text) && in(l.text[l.at]); l.at++ {
	}
	return tokNumber
}

// until goes to the first end after the token's beginning, which it does not take.
func (l *lexer) until(end string, open byte, kind tokenKind) (tokenKind, byte) {
	if n := strings.Index(l.text[l.at:], end); n >= 0 {
		l.at += n
		return kind, 0
	}
	l.at = len(l.text)
	return kind, open
}

func (l *lexer) comment() (tokenKind, byte) {
	depth := 0
	for l.at < len(l.text) {
		switch rest := l.text[l.at:]; {
		case strings.HasPrefix(rest, "/*"):
			depth++
			l.at += 2
		case strings.HasPrefix(rest, "*/"):
			depth--
			l.at += 2
			if depth == 0 {
				return tokComment, 0
			}
		default:
			l.at++
		}
	}
	return tokComment, '*'
}

// quoted is text between quotes, in which a doubled quote, or a backslash, takes one in.
func (l *lexer) quoted(quote byte, escapes bool) (tokenKind, byte) {
	kind := tokString
	if quote == '"' && !escapes {
		kind = tokIdent
	}
	for l.at++; l.at < len(l.text); l.at++ {
		switch c := l.text[l.at]; {
		case escapes && c == '\\':
			l.at++
		case c == quote && l.at+1 < len(l.text) && l.text[l.at+1] == quote:
			l.at++
		case c == quote:
			l.at++
			return kind, 0
		}
	}
	l.at = len(l.text)
	return kind, quote
}

// dollar is a dollar quote or a parameter.
func (l *lexer) dollar() (tokenKind, byte) {
	end := l.at + 1
	for end < len(l.text) && isWordByte(l.text[end]) {
		end++
	}
	if end >= len(l.text) || l.text[end] != '$' || end > l.at+1 && l.text[l.at+1] >= '0' && l.text[l.at+1] <= '9' {
		l.at = end
		return tokOther, 0
	}
	tag := l.text[l.at : end+1]
	n := strings.Index(l.text[end+1:], tag)
	if n < 0 {
		l.at = len(l.text)
		return tokString, '$'
	}
	l.at = end + 1 + n + len(tag)
	return tokString, 0
}

// colon is a variable, a cast or a mere colon.
func (l *lexer) colon() (tokenKind, byte) {
	rest := l.text[l.at+1:]
	if rest == "" {
		l.at++
		return tokOther, 0
	}
	switch c := rest[0]; {
	case c == ':':
		l.at += 2
		return tokOther, 0
	case c == '\'' || c == '"':
		if n := strings.IndexByte(rest[1:], c); n > 0 && isName(rest[1:1+n]) {
			l.at += n + 3
			return tokVariable, 0
		}
	case isWordByte(c):
		l.while(isWordByte)
		return tokVariable, 0
	case strings.HasPrefix(rest, "{?"):
		if n := strings.IndexByte(rest, '}'); n > 0 && isName(rest[2:n]) {
			l.at += n + 2
			return tokVariable, 0
		}
	}
	l.at++
	return tokOther, 0
}

// isName reports whether s can name a variable.
func isName(s string) bool {
	for i := range len(s) {
		if !isWordByte(s[i]) {
			return false
		}
	}
	return s != ""
}

// typedPart is the first statement or command of what was typed.
type typedPart struct {
	sql     string // before the semicolon or the backslash
	command string // after the backslash
	rest    string // what comes after
}

// between is text[from:to], nothing when there is no from.
func between(text string, from, to int) string {
	if from < 0 {
		return ""
	}
	return text[from:to]
}

// cutTyped cuts the first statement or command off text. ok is false when there is none yet; prompt
// is then the character that the next prompt shows: what is open, '-' in a statement, '=' outside.
func cutTyped(text string) (part typedPart, prompt byte, ok bool) {
	l := lexer{text: text}
	prompt = '='
	begin := -1
	for t, more := l.next(); more; t, more = l.next() {
		switch t.kind {
		case tokEnd:
			return typedPart{sql: between(text, begin, t.from), rest: text[t.to:]}, 0, true
		case tokCommand:
			return typedPart{sql: between(text, begin, t.from), command: strings.TrimSpace(text[t.from+1 : t.to]), rest: text[t.to:]}, 0, true
		case tokBlank, tokComment:
		default:
			if begin < 0 && isDotLine(text[t.from:]) {
				end := strings.IndexByte(text[t.from:]+"\n", '\n') + t.from
				return typedPart{command: strings.TrimSpace(text[t.from:end]), rest: text[end:]}, 0, true
			}
			if begin < 0 {
				begin = t.from
			}
			prompt = '-'
		}
		if t.open != 0 {
			return typedPart{}, t.open, false
		}
	}
	if prompt == '-' && l.paren > 0 {
		prompt = '('
	}
	return typedPart{}, prompt, false
}
