package textin

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"driftdb/internal/dberr"
)

// csvScanner finds the fields of CSV and TSV.
type csvScanner struct {
	delim byte
	quote byte     // 0 for none
	null  []byte   // a field of this text is NULL, when it is not quoted
	nulls [][]byte // and of these
	names []string

	escapes  bool // TSV: backslashes begin escapes
	comments bool // lines may be comments, as withoutComments leaves them
	padding  bool // fields that a record lacks at its end are NULL
	most     int  // bytes of a record, 0 for any

	copy *CopyRules // nil for our own rules
	ends lineEnds   // of the lines, with copy
}

const (
	lows  = 0x7f7f7f7f7f7f7f7f
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// equalBytes returns a word whose byte k is 0x80 where byte k of x is that of pattern, else 0.
func equalBytes(x, pattern uint64) uint64 {
	y := x ^ pattern
	return ^((y&lows + lows) | y | lows)
}

func (s *csvScanner) scan(b *block, g *grid) error {
	data := b.data()
	g.cols = len(s.names)
	quoted := s.quote != 0 && bytes.IndexByte(data, s.quote) >= 0
	if s.copy != nil {
		return s.scanCopy(b, g, quoted)
	}
	plain := !s.comments && s.most == 0 && (!quoted && s.scanPlain(data, g) || quoted && s.scanQuotes(data, g))
	if !plain {
		if err := s.scanSlow(b, g); err != nil {
			return err
		}
	}
	if s.escapes && bytes.IndexByte(data, '\\') >= 0 {
		markEscapes(data, g)
	}
	if !plain || len(s.null) > 0 || len(s.nulls) > 0 {
		s.markNulls(data, g)
	}
	return nil
}

// scanPlain finds the fields of data without quotes, 64 bytes at a time. It reports false when
// a line has another number of fields than the file has columns.
func (s *csvScanner) scanPlain(data []byte, g *grid) bool {
	spans, k, rows, start := g.spans[:cap(g.spans)], 0, 0, 0
	empty := uint32(0) // flags of a field without characters
	if len(s.null) == 0 {
		empty = flagNull
	}
	for i := 0; i < len(data); i += 64 {
		if k+65 > len(spans) {
			spans = append(spans, make([]span, len(spans)+1024)...)
		}
		delims, breaks := marksOf(data[i:], s.delim)
		for m := delims | breaks; m != 0; m &= m - 1 {
			p := i + bits.TrailingZeros64(m)
			spans[k] = span{uint32(start), uint32(p)}
			if start == p {
				spans[k].end |= empty
			}
			k++
			start = p + 1
			if breaks&m&-m != 0 {
				rows++
				if k != rows*g.cols {
					g.spans = spans
					return false
				}
			}
		}
	}
	if len(data) > 0 && data[len(data)-1] != '\n' {
		spans[k] = span{uint32(start), uint32(len(data))}
		if start == len(data) {
			spans[k].end |= empty
		}
		k++
		rows++
	}
	g.spans, g.rows = spans[:k], rows
	if k != rows*g.cols {
		return false
	}
	trimReturns(data, g, empty)
	return true
}

// loadTail loads the eight bytes at i, with zeros for those behind the end.
func loadTail(data []byte, i int) uint64 {
	if i+8 <= len(data) {
		return binary.LittleEndian.Uint64(data[i:])
	}
	var last [8]byte
	copy(last[:], data[i:])
	return binary.LittleEndian.Uint64(last[:])
}

// trimReturns takes the \r of \r\n off the last field of every row. What is empty then gets the flags empty.
func trimReturns(data []byte, g *grid, empty uint32) {
	if bytes.IndexByte(data, '\r') < 0 {
		return
	}
	for k := g.cols - 1; k < len(g.spans); k += g.cols {
		if sp := &g.spans[k]; !sp.null() && sp.end > sp.start && data[sp.end-1] == '\r' {
			if sp.end--; sp.end == sp.start {
				sp.end |= empty
			}
		}
	}
}

// scanSlow finds the fields of data with quotes, empty lines or irregular lines, and says what is
// wrong with the last.
func (s *csvScanner) scanSlow(b *block, g *grid) error {
	data := b.data()
	g.spans, g.rows = g.spans[:0], 0
	for at := 0; at < len(data); {
		if n := emptyLine(data[at:]); n > 0 && g.cols > 1 {
			at += n
			continue
		}
		if n := commentEnd(data[at:]); n > 0 && s.comments {
			at += n
			continue
		}
		known := len(g.spans)
		next, err := s.scanRecord(b, at, g)
		if err != nil {
			if !b.skip {
				return err
			}
			if next == 0 { // where the record ends is not known: its line is left out
				next = lineEnd(data, at)
			}
			g.spans = g.spans[:known]
			b.reject(at, next, err)
		}
		at = next
	}
	return nil
}

// emptyLine returns the length of the line break that data begin with, or 0.
func emptyLine(data []byte) int {
	switch {
	case data[0] == '\n':
		return 1
	case data[0] == '\r' && (len(data) == 1 || data[1] == '\n'):
		return min(2, len(data))
	}
	return 0
}

// lineEnd returns the offset behind the line of offset at.
func lineEnd(data []byte, at int) int {
	if n := bytes.IndexByte(data[at:], '\n'); n >= 0 {
		return at + n + 1
	}
	return len(data)
}

// scanRecord adds the record at offset from and returns where the next one begins, 0 with an error
// after which that is not known.
func (s *csvScanner) scanRecord(b *block, from int, g *grid) (int, error) {
	data := b.data()
	first := len(g.spans)
	for at := from; ; at++ {
		sp, err := s.scanField(b, from, at, len(g.spans)-first)
		if err != nil {
			return 0, err
		}
		g.spans = append(g.spans, sp)
		at = int(sp.end &^ flagMask)
		if sp.quoted() {
			at++
		}
		if at < len(data) && data[at] == s.delim {
			continue
		}
		end := at
		if end < len(data) && data[end] == '\r' {
			end++
		}
		if s.most > 0 && end-from > s.most {
			return end + 1, b.errorf(from, "", dberr.ProgramLimitExceeded, "the record has %d bytes, max_line_size is %d", end-from, s.most)
		}
		for s.padding && len(g.spans)-first < g.cols {
			g.spans = append(g.spans, span{uint32(at), uint32(at) | flagNull})
		}
		if n := len(g.spans) - first; n != g.cols {
			return end + 1, s.wrongCount(b, from, n)
		}
		g.rows++
		return end + 1, nil
	}
}

// scanField returns the field at offset at, field number k of the record that begins at from.
func (s *csvScanner) scanField(b *block, from, at, k int) (span, error) {
	data := b.data()
	if s.quote != 0 && at < len(data) && data[at] == s.quote {
		return s.scanQuoted(b, from, at+1, k)
	}
	end := at
	for end < len(data) && data[end] != s.delim && data[end] != '\n' {
		end++
	}
	stop := end
	if end > at && data[end-1] == '\r' && (end == len(data) || data[end] == '\n') {
		stop--
	}
	return span{uint32(at), uint32(stop)}, nil
}

// scanQuoted returns the quoted field whose text begins at offset at.
func (s *csvScanner) scanQuoted(b *block, from, at, k int) (span, error) {
	data, end, flags := b.data(), at, uint32(flagQuoted)
	for {
		n := bytes.IndexByte(data[end:], s.quote)
		if n < 0 {
			return span{}, b.errorf(from, s.name(k), dberr.BadCopyFileFormat, "unterminated CSV quoted field")
		}
		end += n
		if end+1 >= len(data) || data[end+1] != s.quote {
			break
		}
		flags |= flagEscaped
		end += 2
	}
	if next := end + 1; next < len(data) && data[next] != s.delim && emptyLine(data[next:]) == 0 {
		return span{}, b.errorf(from, s.name(k), dberr.BadCopyFileFormat, "character %q after the closing quote", data[next])
	}
	return span{uint32(at), uint32(end) | flags}, nil
}

func (s *csvScanner) name(k int) string {
	if k < len(s.names) {
		return s.names[k]
	}
	return ""
}

func (s *csvScanner) wrongCount(b *block, from, n int) error {
	if n > len(s.names) {
		return b.errorf(from, "", dberr.BadCopyFileFormat, "extra data after last expected column").
			WithDetail("The line has %d fields, the file has %d columns.", n, len(s.names))
	}
	return b.errorf(from, s.names[n], dberr.BadCopyFileFormat, "missing data for column %q", s.names[n]).
		WithDetail("The line has %d fields, the file has %d columns.", n, len(s.names))
}

// markNulls flags the fields that are NULL.
func (s *csvScanner) markNulls(data []byte, g *grid) {
	for _, null := range s.nulls {
		s.markNull(data, g, null)
	}
	if len(s.null) == 0 {
		for k := range g.spans {
			if sp := &g.spans[k]; sp.start == sp.end {
				sp.end |= flagNull
			}
		}
		return
	}
	s.markNull(data, g, s.null)
}

// markNull flags the fields of a text.
func (s *csvScanner) markNull(data []byte, g *grid, null []byte) {
	for k := range g.spans {
		sp := &g.spans[k]
		if !sp.quoted() && bytes.Equal(sp.in(data), null) {
			sp.end |= flagNull
		}
	}
}

// markEscapes flags the fields of TSV that have a backslash.
func markEscapes(data []byte, g *grid) {
	for k := range g.spans {
		if sp := &g.spans[k]; !sp.null() && bytes.IndexByte(sp.in(data), '\\') >= 0 {
			sp.end |= flagEscaped
		}
	}
}

func (s *csvScanner) unescape(dst, text []byte) []byte {
	if s.escapes {
		return unescapeTSV(dst, text)
	}
	if s.copy != nil {
		return s.plainField(dst, text)
	}
	for {
		n := bytes.IndexByte(text, s.quote)
		if n < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:n+1]...)
		text = text[n+2:]
	}
}

var tsvEscapes = map[byte]byte{'t': '\t', 'n': '\n', 'r': '\r', '\\': '\\'}

func unescapeTSV(dst, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			if c, ok := tsvEscapes[text[i+1]]; ok {
				dst = append(dst, c)
				i++
				continue
			}
		}
		dst = append(dst, text[i])
	}
	return dst
}

// record reads the first record of b, with any number of fields, and returns where the next one
// begins. A file without anything has no columns.
func (s *csvScanner) record(b *block) (fields []string, next int, err error) {
	data := b.data()
	at := 0
	for at < len(data) {
		n := emptyLine(data[at:])
		if s.comments {
			n = max(n, commentEnd(data[at:]))
		}
		if n == 0 {
			break
		}
		at += n
	}
	for from := at; at < len(data); at++ {
		sp, err := s.scanField(b, from, at, len(fields))
		if err != nil {
			return nil, 0, err
		}
		text := sp.in(data)
		if sp.escaped() || s.escapes {
			text = s.unescape(nil, text)
		}
		fields = append(fields, string(text))
		at = int(sp.end &^ flagMask)
		if sp.quoted() {
			at++
		}
		if at >= len(data) || data[at] != s.delim {
			if at < len(data) && data[at] == '\r' {
				at++
			}
			return fields, min(at+1, len(data)), nil
		}
	}
	if len(fields) > 0 { // the file ends in a delimiter
		return append(fields, ""), len(data), nil
	}
	return nil, len(data), nil
}
