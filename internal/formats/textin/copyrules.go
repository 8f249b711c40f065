package textin

import (
	"bytes"
	"unicode/utf8"

	"driftdb/internal/dberr"
)

// CopyRules are those of PostgreSQL's COPY FROM in the formats csv and text, as far as a file keeps to its usual forms. For what
// does not (an empty line, \. on a line of its own, ends of lines that are not alike, another number of fields) and
// for values that cannot be read there is an error that says little: who reads goes on behind the rows that came
// before, by the rules themselves. Quotes may stand anywhere in a field. What begins a file is data, and no mark.
type CopyRules struct {
	// Names are the columns, in order.
	Names []string
	// Header leaves out the first record.
	Header bool
	// ForceNull and NotNull are, by column, whether quoted fields may be NULL and unquoted ones never are; nil is for none.
	ForceNull, NotNull []bool
	// Unescape appends a field of format text, its escapes resolved; nil reads format csv.
	Unescape func(dst, text []byte) []byte
}

// lineEnds is how the lines of a file end.
type lineEnds uint8

const (
	unknownEnds lineEnds = iota
	lineFeedEnds
	bothEnds // a carriage return and a line feed
)

// beginCopy reads the first block and finds its fields.
func (f *File) beginCopy() error {
	rules := f.opts.Copy
	f.names, f.csv.names = rules.Names, rules.Names
	if err := f.cut.next(f.first); err != nil { // io.EOF too: there is nothing to guess from
		f.first.raw = make([]byte, pad)
	}
	data := f.first.data()
	end := f.firstRecord(data)
	if end > 1 && data[end-2] == '\r' {
		f.csv.ends = bothEnds
	} else if end > 0 {
		f.csv.ends = lineFeedEnds
	}
	if !rules.Header {
		return nil
	}
	if end == 0 {
		end = len(data)
	}
	quoted := f.csv.quote != 0
	if quoted && bytes.Count(data[:end], []byte{f.csv.quote})&1 == 1 || !quoted && bytes.IndexByte(data[:end], '\\') >= 0 {
		return unusual(f.first)
	}
	if !f.csv.endsAlike(data[:end], quoted) || string(bytes.TrimRight(data[:end], "\r\n")) == `\.` {
		return unusual(f.first)
	}
	f.first.line += bytes.Count(data[:end], []byte{'\n'})
	f.first.raw = append(f.first.raw[:pad], data[end:]...)
	return nil
}

// firstRecord returns the offset behind the line break of the first record, 0 where there is none.
func (f *File) firstRecord(data []byte) int {
	inside := false
	for i, c := range data {
		switch {
		case c == f.csv.quote && c != 0:
			inside = !inside
		case c == '\n' && !inside:
			return i + 1
		}
	}
	return 0
}

// unusual is the error of data that CopyRules do not cover.
func unusual(b *block) error {
	return b.errorf(0, "", dberr.BadCopyFileFormat, "not in the usual form of CSV")
}

// scanCopy is scan by the rules of COPY.
func (s *csvScanner) scanCopy(b *block, g *grid, quoted bool) error {
	data := b.data()
	plain := s.endsAlike(data, quoted) && (g.cols > 1 || !bytes.Contains(data, []byte(`\.`)))
	if plain = plain && (!quoted && s.scanPlain(data, g) || quoted && s.scanQuotes(data, g)); !plain {
		return unusual(b)
	}
	if len(s.null) > 0 {
		s.markNull(data, g, s.null)
	}
	if s.copy.Unescape != nil && bytes.IndexByte(data, '\\') >= 0 {
		if !s.usualEscapes(data) {
			return unusual(b)
		}
		markEscapes(data, g)
	}
	for c, on := range s.copy.NotNull {
		for k := c; on && k < len(g.spans); k += g.cols {
			g.spans[k].end &^= flagNull
		}
	}
	for c, on := range s.copy.ForceNull {
		if on {
			s.forceNull(data, g, c)
		}
	}
	return nil
}

// usualEscapes reports whether no backslash stands before what would end a field or a line, and the text is valid
// before its escapes are resolved.
func (s *csvScanner) usualEscapes(data []byte) bool {
	if !utf8.Valid(data) {
		return false
	}
	for rest := data; ; rest = rest[2:] {
		n := bytes.IndexByte(rest, '\\')
		if n < 0 {
			return true
		}
		if rest = rest[n:]; len(rest) < 2 || rest[1] == s.delim || rest[1] == '\n' || rest[1] == '\r' || rest[1] == '.' {
			return false
		}
	}
}

// forceNull flags the quoted fields of a column that have the text of a NULL.
func (s *csvScanner) forceNull(data []byte, g *grid, c int) {
	var own []byte
	for k := c; k < len(g.spans); k += g.cols {
		sp := &g.spans[k]
		if !sp.quoted() {
			continue
		}
		text := sp.in(data)
		if sp.escaped() {
			own = s.unquote(own[:0], text)
			text = own
		}
		if bytes.Equal(text, s.null) {
			sp.end |= flagNull
		}
	}
}

// endsAlike reports whether all lines end as the first of the file does, and no carriage return stands elsewhere
// outside quotes.
func (s *csvScanner) endsAlike(data []byte, quoted bool) bool {
	if s.ends != bothEnds && bytes.IndexByte(data, '\r') < 0 {
		return true
	}
	inside := false
	for len(data) > 0 {
		n := bytes.IndexByte(data, '\n')
		if n < 0 {
			n = len(data)
		}
		line, ended := data[:n], n < len(data)
		data = data[min(n+1, len(data)):]
		returns, last := 0, byte(0)
		if quoted && (inside || bytes.IndexByte(line, s.quote) >= 0) {
			for _, c := range line {
				if last = c; c == s.quote {
					inside = !inside
				} else if c == '\r' && !inside {
					returns++
				}
			}
		} else if returns = bytes.Count(line, []byte{'\r'}); n > 0 {
			last = line[n-1]
		}
		switch {
		case inside || !ended:
			if returns > 0 {
				return false
			}
		case s.ends == bothEnds && (returns != 1 || last != '\r'), s.ends != bothEnds && returns > 0:
			return false
		}
	}
	return true
}

// plainField appends a field as it stands, by the rules of its format.
func (s *csvScanner) plainField(dst, text []byte) []byte {
	if s.copy.Unescape != nil {
		return s.copy.Unescape(dst, text)
	}
	return s.unquote(dst, text)
}

// unquote appends a field as it stands, with the text that is between quotes and outside of them. Between quotes two of
// them are one.
func (s *csvScanner) unquote(dst, text []byte) []byte {
	inside := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c != s.quote:
			dst = append(dst, c)
		case inside && i+1 < len(text) && text[i+1] == s.quote:
			dst = append(dst, c)
			i++
		default:
			inside = !inside
		}
	}
	return dst
}
