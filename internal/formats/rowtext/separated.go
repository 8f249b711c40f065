package rowtext

import (
	"bytes"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// style is how a form with a separator writes a line.
type style struct {
	open, sep, end string
	null           string
	rule           bool // markdown: a rule below the header
	// escape makes the text behind start, a cell's or a name's, safe for the form.
	escape func(dst []byte, start int) []byte
}

var (
	csvStyle      = style{sep: ",", end: "\n", escape: escapeCSV}
	tsvStyle      = style{sep: "\t", end: "\n", null: `\N`, escape: escapeTSV}
	markdownStyle = style{open: "| ", sep: " | ", end: " |\n", rule: true, escape: escapeMarkdown}
)

// csvOf is the style of CSV with another separator than a comma; 0 is a comma.
func csvOf(comma byte) style {
	if comma == 0 || comma == ',' {
		return csvStyle
	}
	quoted := quotedCSV
	quoted[','], quoted[comma] = false, true
	return style{sep: string(rune(comma)), end: "\n", escape: func(dst []byte, start int) []byte { return quoteCSV(dst, start, &quoted) }}
}

// separated writes csv, tsv and markdown: a header, then a line a row.
type separated struct {
	lines
	style style
	plain []bool // columns whose text needs no escaping
	names [][]byte

	bare     bool // no header
	expanded bool // a line a column: its name and its value
}

func (s *separated) Begin(cols []Column) error {
	s.plain, s.names = s.plain[:0], s.names[:0]
	dst := append([]byte(nil), s.style.open...)
	for i, c := range cols {
		s.plain = append(s.plain, plainText(c.Type) && !s.group)
		s.names = append(s.names, s.style.escape([]byte(c.Name), 0))
		if i > 0 {
			dst = append(dst, s.style.sep...)
		}
		start := len(dst)
		dst = s.style.escape(append(dst, c.Name...), start)
	}
	dst = append(dst, s.style.end...)
	if s.style.rule {
		dst = appendRule(dst, cols)
	}
	if s.bare || s.expanded {
		return nil
	}
	_, err := s.w.Write(dst)
	return err
}

// plainText reports whether no value of t has a character that any form escapes.
func plainText(t types.Type) bool {
	return t.IsNumber() || t.ID == types.Bool || t.ID == types.Date
}

func appendRule(dst []byte, cols []Column) []byte {
	for _, c := range cols {
		if c.Type.IsNumber() {
			dst = append(dst, "| ---: "...)
		} else {
			dst = append(dst, "| --- "...)
		}
	}
	return append(dst, "|\n"...)
}

func (s *separated) Write(b *vec.Batch) error {
	return s.each(b, func(dst []byte, row int) []byte {
		dst = append(dst, s.style.open...)
		for c := range b.Cols {
			switch {
			case s.expanded && c > 0:
				dst = append(dst, s.style.end...)
				fallthrough
			case s.expanded:
				dst = append(append(dst, s.names[c]...), s.style.sep...)
			case c > 0:
				dst = append(dst, s.style.sep...)
			}
			switch v := &b.Cols[c]; {
			case v.IsNull(row):
				dst = append(dst, s.style.null...)
			case s.plain[c]:
				dst = appendCell(dst, s.ctx, v, row)
			default:
				start := len(dst)
				dst = s.style.escape(s.appendCell(dst, v, row), start)
			}
		}
		return append(dst, s.style.end...)
	})
}

func (s *separated) End() error { return nil }

// quotedCSV are the bytes for whose sake a field is quoted.
var quotedCSV = [256]bool{',': true, '"': true, '\r': true, '\n': true}

func escapeCSV(dst []byte, start int) []byte { return quoteCSV(dst, start, &quotedCSV) }

// quoteCSV quotes a field that is empty or has one of some bytes.
func quoteCSV(dst []byte, start int, quoted *[256]bool) []byte {
	if len(dst) > start && !hasAny(dst[start:], quoted) {
		return dst
	}
	dst, text := takeText(dst, start)
	dst = append(dst, '"')
	for _, c := range text {
		if c == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}

// takeText returns dst up to start, and a copy of what is behind it.
func takeText(dst []byte, start int) (rest, text []byte) {
	return dst[:start], bytes.Clone(dst[start:])
}

// hasAny reports whether text has one of the bytes.
func hasAny(text []byte, which *[256]bool) bool {
	for _, c := range text {
		if which[c] {
			return true
		}
	}
	return false
}

// escapedTSV are the bytes that TSV writes behind a backslash.
var escapedTSV = [256]bool{'\t': true, '\n': true, '\r': true, '\\': true}

func escapeTSV(dst []byte, start int) []byte {
	if !hasAny(dst[start:], &escapedTSV) {
		return dst
	}
	dst, text := takeText(dst, start)
	for _, c := range text {
		switch c {
		case '\t':
			dst = append(dst, `\t`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\\':
			dst = append(dst, `\\`...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

func escapeMarkdown(dst []byte, start int) []byte {
	dst, text := takeText(dst, start)
	for i, c := range text {
		switch {
		case c == '|' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, "<br>"...)
		case c == '\r' && i+1 < len(text) && text[i+1] == '\n':
		case c < 0x20 || c == 0x7f:
			dst = append(dst, ' ')
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
