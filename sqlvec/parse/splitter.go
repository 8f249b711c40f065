package parse

import (
	"bytes"
	"errors"
	"io"

	"driftdb/internal/dberr"
)

// Piece is one statement of a script.
type Piece struct {
	Text   string // without the semicolon, and without blanks and comments before it
	Line   int    // 1-based line of the script on which Text begins
	Offset int64  // byte offset of Text in the script
}

// Splitter cuts a script into statements at semicolons outside of quotes, dollar
// quotes, comments and JSON documents, while it is read. It holds one statement
// and a read buffer. Make one with NewSplitter; it belongs to one goroutine.
type Splitter struct {
	r    io.Reader
	eof  bool
	err  error  // of r, kept until what was read before it is used up
	buf  []byte // what was read and not given out
	base int64  // offset of buf[0] in the script
	line int    // line of buf[0], from 1

	off  int // what of buf has been scanned
	mode splitMode
	from int // in buf: where the quote, word or tag of mode began
	// depth counts open comments or brackets; escapes says that backslashes
	// escape in this quote, and resume that they would in its continuation.
	depth           int
	escapes, resume bool
	began           bool // a token of the statement has been seen
}

// splitMode is what the scanner is inside of.
type splitMode uint8

const (
	inCode splitMode = iota
	inWord
	inQuote
	inIdent // double quotes
	inLine  // line comment
	inBlock // block comment
	inDollar
	inJSON
	inJSONString
)

// readSize is how much a Splitter reads at a time, in bytes.
const readSize = 64 << 10

// NewSplitter returns a Splitter at the start of what r reads.
func NewSplitter(r io.Reader) *Splitter { return &Splitter{r: r, line: 1} }

// Next returns the next statement, io.EOF after the last. The last one needs no
// semicolon. Text with an open quote or comment at the end of the script comes
// back as it is, and Parse says what is wrong with it.
func (s *Splitter) Next() (Piece, error) {
	for {
		if end := s.scan(); end >= 0 {
			p, some := s.take(end, 1)
			if some {
				return p, nil
			}
			continue
		}
		if s.eof {
			break
		}
		if err := s.fill(); err != nil {
			return Piece{}, err
		}
	}
	if s.err != nil {
		return Piece{}, s.err
	}
	p, some := s.take(len(s.buf), 0)
	if !some {
		return Piece{}, io.EOF
	}
	return p, nil
}

// ReadLine returns the rest of the current line of the script, without its end:
// the data lines after COPY … FROM STDIN. It returns io.EOF at the end.
func (s *Splitter) ReadLine() (string, error) {
	for {
		if i := bytes.IndexByte(s.buf, '\n'); i >= 0 {
			line := string(bytes.TrimSuffix(s.buf[:i], []byte("\r")))
			s.advance(i + 1)
			return line, nil
		}
		if s.eof {
			break
		}
		if err := s.fill(); err != nil {
			return "", err
		}
	}
	if s.err != nil {
		return "", s.err
	}
	if len(s.buf) == 0 {
		return "", io.EOF
	}
	line := string(s.buf)
	s.advance(len(s.buf))
	return line, nil
}

// Pending reports whether an unfinished statement has been read: a shell asks for
// its next line then.
func (s *Splitter) Pending() bool { return s.began }

// fill reads more of the script.
func (s *Splitter) fill() error {
	if len(s.buf) > maxBytes {
		return dberr.Newf(dberr.ProgramLimitExceeded, "the statement that begins on line %d is longer than 1 GiB", s.line)
	}
	n := len(s.buf)
	if cap(s.buf)-n < readSize {
		grown := make([]byte, n, max(2*cap(s.buf), n+readSize))
		copy(grown, s.buf)
		s.buf = grown
	}
	m, err := s.r.Read(s.buf[n : n+readSize])
	s.buf = s.buf[:n+m]
	if err != nil {
		s.eof = true
		if !errors.Is(err, io.EOF) {
			s.err = dberr.IO("read script", err)
		}
	}
	return nil
}

// take gives out buf[:end] and drops skip bytes more. It reports false if there
// was nothing but blanks and comments.
func (s *Splitter) take(end, skip int) (Piece, bool) {
	l := lexer{sql: string(s.buf[:end])}
	_, closed := l.skipBlank()
	p := Piece{
		Text:   trimRight(l.sql[l.off:]),
		Line:   s.line + bytes.Count(s.buf[:l.off], []byte("\n")),
		Offset: s.base + int64(l.off),
	}
	s.advance(end + skip)
	return p, p.Text != "" || !closed
}

// advance drops n bytes and begins a new statement.
func (s *Splitter) advance(n int) {
	s.line += bytes.Count(s.buf[:n], []byte("\n"))
	s.base += int64(n)
	s.buf = s.buf[n:]
	s.off, s.mode, s.depth, s.from = 0, inCode, 0, 0
	s.began, s.resume = false, false
}

// trimRight cuts white space at the end.
func trimRight(s string) string {
	for len(s) > 0 && charClasses[s[len(s)-1]]&isSpace != 0 {
		s = s[:len(s)-1]
	}
	return s
}

// scan goes on to the semicolon that ends the statement and returns its offset in
// buf, -1 if more text is needed.
func (s *Splitter) scan() int {
	for s.off < len(s.buf) {
		c := s.buf[s.off]
		if s.mode == inCode && c == ';' {
			return s.off
		}
		n := s.step(c)
		if n == 0 {
			return -1 // the next byte decides
		}
		s.off += n
	}
	return -1
}

// ahead returns the byte after the one being looked at; ok is false if it has not
// been read yet.
func (s *Splitter) ahead() (c byte, ok bool) {
	if s.off+1 < len(s.buf) {
		return s.buf[s.off+1], true
	}
	return 0, s.eof
}

// step looks at byte c in the current mode and returns how many bytes it used, 0
// if it needs to see one more.
func (s *Splitter) step(c byte) int {
	switch s.mode {
	case inCode:
		return s.code(c)
	case inWord:
		return s.word(c)
	case inQuote:
		return s.quote(c)
	case inBlock:
		return s.block(c)
	case inDollar:
		s.dollar(c)
	case inIdent:
		s.leaveAt(c == '"')
	case inLine:
		s.leaveAt(c == '\n' || c == '\r')
	case inJSON:
		s.json(c)
	case inJSONString:
		if c == '\\' {
			if _, ok := s.ahead(); !ok {
				return 0
			}
			return 2
		}
		if c == '"' {
			s.mode = inJSON
		}
	}
	return 1
}

func (s *Splitter) leaveAt(end bool) {
	if end {
		s.mode = inCode
	}
}

// code looks at a byte outside of everything.
func (s *Splitter) code(c byte) int {
	if charClasses[c]&isSpace != 0 {
		return 1
	}
	if c == '-' || c == '/' {
		d, ok := s.ahead()
		switch {
		case !ok:
			return 0
		case c == '-' && d == '-':
			s.mode = inLine
			return 2
		case c == '/' && d == '*':
			s.mode, s.depth = inBlock, 1
			return 2
		}
	}
	s.began = true
	resume := s.resume
	s.resume = false
	s.from = s.off
	switch {
	case c == '\'':
		s.mode, s.escapes = inQuote, resume
	case c == '"':
		s.mode = inIdent
	case c == '{':
		s.mode, s.depth = inJSON, 1
	case c == '$':
		s.mode = inDollar
	case charClasses[c]&(isIdentStart|isDigit) != 0:
		s.mode = inWord
	}
	return 1
}

// word looks for the end of a name or number. E before a quote turns escapes on.
func (s *Splitter) word(c byte) int {
	if charClasses[c]&isIdentPart != 0 {
		return 1
	}
	s.mode = inCode
	if c == '\'' && s.off == s.from+1 && s.buf[s.from]|0x20 == 'e' {
		s.mode, s.escapes = inQuote, true
		return 1
	}
	if c == ';' {
		s.off-- // scan must see it in code
		return 1
	}
	return s.code(c)
}

// quote looks for the end of a string.
func (s *Splitter) quote(c byte) int {
	if c != '\'' && !(c == '\\' && s.escapes) {
		return 1
	}
	d, ok := s.ahead()
	switch {
	case !ok:
		return 0
	case c == '\\' || d == '\'':
		return 2
	}
	s.mode, s.resume = inCode, s.escapes
	return 1
}

// block looks for the end of a comment, which may hold others.
func (s *Splitter) block(c byte) int {
	if c != '*' && c != '/' {
		return 1
	}
	d, ok := s.ahead()
	switch {
	case !ok:
		return 0
	case c == '/' && d == '*':
		s.depth++
		return 2
	case c == '*' && d == '/':
		s.depth--
		s.leaveAt(s.depth == 0)
		return 2
	}
	return 1
}

// dollar reads the opening delimiter of a dollar quote, or finds out that it is
// none, and then looks for the same again.
func (s *Splitter) dollar(c byte) {
	if s.depth == 0 { // in the opening delimiter
		tag := s.buf[s.from : s.off+1]
		switch class := charClasses[c]; {
		case c == '$':
			s.depth = len(tag)
		case class&isIdentStart != 0, class&isDigit != 0 && len(tag) > 2:
		default:
			s.mode = inCode
			s.off-- // look again, outside
		}
		return
	}
	n, body := s.depth, s.from+s.depth
	if c == '$' && s.off+1-n >= body && bytes.Equal(s.buf[s.off+1-n:s.off+1], s.buf[s.from:body]) {
		s.mode, s.depth = inCode, 0
	}
}

// json counts brackets.
func (s *Splitter) json(c byte) {
	switch c {
	case '"':
		s.mode = inJSONString
	case '{', '[':
		s.depth++
	case '}', ']':
		s.depth--
		s.leaveAt(s.depth == 0)
	}
}
