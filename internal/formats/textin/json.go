package textin

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"driftdb/internal/dberr"
)

// maxDepth is how deep arrays and objects may be nested in a value.
const maxDepth = 1000

// jsonScanner finds the members of NDJSON objects. Members that names does not know end the scan
// with an error (42703), unless learn is set: then they become columns.
type jsonScanner struct {
	names []string
	keys  []string // the names as JSON strings with a colon behind, "" for those that need escapes
	index map[string]int
	learn bool
	seen  []int // by column, the number of the last object that has it
	count int   // objects so far
	last  pattern
}

func newJSONScanner(names []string) *jsonScanner {
	s := &jsonScanner{index: make(map[string]int)}
	for _, n := range names {
		s.add(n)
	}
	return s
}

func (s *jsonScanner) add(name string) {
	s.index[name] = len(s.names)
	s.names = append(s.names, name)
	key := ""
	if plainRun([]byte(name)) == len(name) {
		key = `"` + name + `":`
	}
	s.keys = append(s.keys, key)
	s.seen = append(s.seen, 0)
}

func (s *jsonScanner) scan(b *block, g *grid) error {
	data := b.data()
	g.spans, g.rows, g.cols = g.spans[:0], 0, len(s.names)
	s.last.misses = 0
	for at := 0; at < len(data); {
		if next := s.scanAlike(data, at, g); next > 0 {
			at = next
			continue
		}
		end := len(data)
		if n := bytes.IndexByte(data[at:], '\n'); n >= 0 {
			end = at + n
		}
		c := jsonCursor{b: b, data: data[:end], at: at, line: at}
		c.space()
		if c.at < end {
			if err := s.scanObject(&c, g); err != nil {
				if !b.skip {
					return err
				}
				g.spans = g.spans[:g.rows*g.cols]
				b.reject(at, end, err)
			}
		}
		at = end + 1
	}
	return nil
}

// scanObject adds a row for the object at the cursor, which must fill its line.
func (s *jsonScanner) scanObject(c *jsonCursor, g *grid) error {
	first := len(g.spans)
	for range g.cols {
		g.spans = append(g.spans, span{start: uint32(c.line), end: uint32(c.line) | flagNull})
	}
	s.count++
	if !c.take('{') {
		return c.bad("a line must be a JSON object")
	}
	guess := 0 // members usually come in the order of the columns
	s.last.members = s.last.members[:0]
	before := c.line // where what stands before a value begins
	c.space()
	for more := !c.take('}'); more; {
		col, err := s.scanKey(c, guess)
		if err != nil {
			return err
		}
		if col >= g.cols {
			first = g.widen(col + 1)
		}
		if s.seen[col] == s.count {
			return c.bad("member %q appears twice", s.names[col])
		}
		s.seen[col] = s.count
		c.space()
		s.last.add(c.data[before:c.at], col)
		if g.spans[first+col], err = c.value(); err != nil {
			return err
		}
		before = c.at
		guess = col + 1
		if more, err = c.comma('}'); err != nil {
			return err
		}
	}
	c.space()
	if c.at < len(c.data) {
		return c.bad("text after the object")
	}
	s.last.end(c.data[before:])
	g.rows++
	return nil
}

// widen gives every row of g, the unfinished one too, cols columns, the new ones NULL. It returns
// where the unfinished row begins now.
func (g *grid) widen(cols int) int {
	if g.rows == 0 { // as in a single object of very many members
		for range cols - g.cols {
			g.spans = append(g.spans[:g.cols], span{end: flagNull})
			g.cols++
		}
		return 0
	}
	rows := g.rows + 1
	wide := make([]span, 0, rows*cols)
	for r := range rows {
		wide = append(wide, g.spans[r*g.cols:(r+1)*g.cols]...)
		for range cols - g.cols {
			wide = append(wide, span{end: flagNull})
		}
	}
	g.spans, g.cols = wide, cols
	return (rows - 1) * cols
}

// scanKey reads a member's name and colon and returns its column. guess is tried first.
func (s *jsonScanner) scanKey(c *jsonCursor, guess int) (int, error) {
	c.space()
	if guess < len(s.keys) {
		if key := s.keys[guess]; key != "" && len(c.data)-c.at >= len(key) && string(c.data[c.at:c.at+len(key)]) == key {
			c.at += len(key)
			return guess, nil
		}
	}
	start := c.at
	sp, err := c.str()
	if err != nil {
		return 0, err
	}
	c.space()
	if !c.take(':') {
		return 0, c.bad("expected a colon after the member's name")
	}
	name := sp.in(c.data)
	if sp.escaped() {
		name = unescapeJSON(nil, name)
	}
	if col, ok := s.index[string(name)]; ok {
		return col, nil
	}
	if !s.learn {
		return 0, c.b.errorf(start, string(name), dberr.UndefinedColumn, "column %q does not exist", name)
	}
	if !utf8.Valid(name) {
		return 0, c.bad("a member's name is not UTF-8")
	}
	s.add(string(name))
	return len(s.names) - 1, nil
}

// jsonCursor reads one line of JSON.
type jsonCursor struct {
	b    *block
	data []byte // the block's data up to the line's end
	at   int
	line int // offset of the line
}

func (c *jsonCursor) bad(format string, args ...any) *dberr.Error {
	e := c.b.errorf(c.line, "", dberr.InvalidTextRepresentation, "invalid JSON: "+format, args...)
	return e.WithDetail("At character %d of the line.", c.at-c.line+1)
}

func (c *jsonCursor) space() {
	for c.at < len(c.data) && c.data[c.at] <= ' ' && (c.data[c.at] == ' ' || c.data[c.at] == '\t' || c.data[c.at] == '\r') {
		c.at++
	}
}

func (c *jsonCursor) take(ch byte) bool {
	if c.at < len(c.data) && c.data[c.at] == ch {
		c.at++
		return true
	}
	return false
}

// comma reports whether another element follows, or reads the closing character.
func (c *jsonCursor) comma(closing byte) (bool, error) {
	c.space()
	if c.take(',') {
		return true, nil
	}
	if c.take(closing) {
		return false, nil
	}
	return false, c.bad("expected a comma or %q", closing)
}

// value reads a member's value.
func (c *jsonCursor) value() (span, error) {
	c.space()
	if c.at == len(c.data) {
		return span{}, c.bad("the line ends where a value should be")
	}
	start := c.at
	switch ch := c.data[c.at]; ch {
	case '"':
		return c.str()
	case '{', '[':
		if err := c.skip(0); err != nil {
			return span{}, err
		}
		return span{uint32(start), uint32(c.at) | flagNested}, nil
	case 'n':
		return span{uint32(start), uint32(start+len("null")) | flagNull}, c.word("null")
	case 't', 'f':
		err := c.skip(0)
		return span{uint32(start), uint32(c.at)}, err
	default:
		err := c.number()
		return span{uint32(start), uint32(c.at)}, err
	}
}

// str reads a string; its span is without the quotes.
func (c *jsonCursor) str() (span, error) {
	if !c.take('"') {
		return span{}, c.bad("expected a string")
	}
	start, flags := c.at, uint32(flagQuoted)
	for {
		c.at += plainRun(c.data[c.at:])
		if c.at == len(c.data) {
			break
		}
		switch c.data[c.at] {
		case '"':
			c.at++
			return span{uint32(start), uint32(c.at-1) | flags}, nil
		case '\\':
			flags |= flagEscaped
			if err := c.escape(); err != nil {
				return span{}, err
			}
		default:
			return span{}, c.bad("control character in a string")
		}
	}
	return span{}, c.bad("a string does not end on its line")
}

// plainRun returns how many bytes at the beginning of s are neither quotes, backslashes nor control
// characters.
func plainRun(s []byte) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		x := binary.LittleEndian.Uint64(s[i:])
		if m := equalBytes(x, '"'*ones) | equalBytes(x, '\\'*ones) | equalBytes(x&(0xe0*ones), 0); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for i < len(s) && s[i] >= ' ' && s[i] != '"' && s[i] != '\\' {
		i++
	}
	return i
}

func (c *jsonCursor) escape() error {
	rest := c.data[c.at+1:]
	if len(rest) > 0 && bytes.IndexByte([]byte(`"\/bfnrt`), rest[0]) >= 0 {
		c.at += 2
		return nil
	}
	if len(rest) < 5 || rest[0] != 'u' {
		return c.bad("unknown escape in a string")
	}
	code, err := strconv.ParseUint(string(rest[1:5]), 16, 32)
	if err != nil {
		return c.bad(`\u needs four hexadecimal digits`)
	}
	c.at += 6
	if code == 0 {
		return c.bad(`\u0000 cannot be stored in text`)
	}
	if !utf16.IsSurrogate(rune(code)) {
		return nil
	}
	rest = c.data[c.at:]
	if len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u' {
		low, err := strconv.ParseUint(string(rest[2:6]), 16, 32)
		if err == nil && utf16.DecodeRune(rune(code), rune(low)) != utf8.RuneError {
			c.at += 6
			return nil
		}
	}
	return c.bad("a Unicode surrogate stands without its other half")
}

// skip reads any value and checks its grammar.
func (c *jsonCursor) skip(depth int) error {
	if depth > maxDepth {
		return c.bad("nested deeper than %d levels", maxDepth)
	}
	c.space()
	if c.at == len(c.data) {
		return c.bad("the line ends where a value should be")
	}
	switch c.data[c.at] {
	case '"':
		_, err := c.str()
		return err
	case '[':
		return c.list(']', func() error { return c.skip(depth + 1) })
	case '{':
		return c.list('}', func() error { return c.member(depth) })
	case 't':
		return c.word("true")
	case 'f':
		return c.word("false")
	case 'n':
		return c.word("null")
	}
	return c.number()
}

// list reads the elements between the bracket at the cursor and the closing one.
func (c *jsonCursor) list(closing byte, element func() error) error {
	c.at++
	c.space()
	if c.take(closing) {
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		more, err := c.comma(closing)
		if err != nil || !more {
			return err
		}
	}
}

func (c *jsonCursor) member(depth int) error {
	c.space()
	if _, err := c.str(); err != nil {
		return err
	}
	c.space()
	if !c.take(':') {
		return c.bad("expected a colon after the member's name")
	}
	return c.skip(depth + 1)
}

func (c *jsonCursor) word(w string) error {
	if !bytes.HasPrefix(c.data[c.at:], []byte(w)) {
		return c.bad("expected a value")
	}
	c.at += len(w)
	return nil
}

func (c *jsonCursor) number() error {
	c.take('-')
	if c.take('0') {
		if c.at < len(c.data) && isDigit(c.data[c.at]) {
			return c.bad("a number begins with 0")
		}
	} else if c.digits() == 0 {
		return c.bad("expected a value")
	}
	if c.take('.') && c.digits() == 0 {
		return c.bad("expected digits after the point")
	}
	if c.take('e') || c.take('E') {
		if !c.take('+') {
			c.take('-')
		}
		if c.digits() == 0 {
			return c.bad("expected digits in the exponent")
		}
	}
	return nil
}

func (c *jsonCursor) digits() int {
	from := c.at
	for c.at < len(c.data) && isDigit(c.data[c.at]) {
		c.at++
	}
	return c.at - from
}

func isDigit(ch byte) bool { return ch >= '0' && ch <= '9' }

func (s *jsonScanner) unescape(dst, text []byte) []byte { return unescapeJSON(dst, text) }

var jsonEscapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unescapeJSON appends the text of a JSON string whose escapes have been checked.
func unescapeJSON(dst, text []byte) []byte {
	for {
		n := bytes.IndexByte(text, '\\')
		if n < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:n]...)
		if ch := text[n+1]; ch != 'u' {
			dst = append(dst, jsonEscapes[ch])
			text = text[n+2:]
			continue
		}
		r := rune(hex4(text[n+2:]))
		text = text[n+6:]
		if utf16.IsSurrogate(r) {
			r = utf16.DecodeRune(r, rune(hex4(text[2:])))
			text = text[6:]
		}
		dst = utf8.AppendRune(dst, r)
	}
}

func hex4(s []byte) uint64 {
	n, _ := strconv.ParseUint(string(s[:4]), 16, 32)
	return n
}
