package rowtext

import (
	"bufio"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// style is how a form with a separator writes a line.
type style struct {
	open, sep, end string
	null           string
	rule           bool // markdown: a rule below the header
	// escape appends a cell's or a name's text, made safe for the form.
	escape func(dst, text []byte) []byte
}

var (
	csvStyle      = style{sep: ",", end: "\n", escape: escapeCSV}
	tsvStyle      = style{sep: "\t", end: "\n", null: `\N`, escape: escapeTSV}
	markdownStyle = style{open: "| ", sep: " | ", end: " |\n", rule: true, escape: escapeMarkdown}
)

// separated writes csv, tsv and markdown: a header, then a line a row.
type separated struct {
	w     *bufio.Writer
	ctx   types.Context
	style style
	plain []bool // columns whose text needs no escaping
	buf   []byte
	cell  []byte
}

func (s *separated) Begin(cols []Column) error {
	s.plain = s.plain[:0]
	dst := append(s.buf[:0], s.style.open...)
	for i, c := range cols {
		s.plain = append(s.plain, plainText(c.Type))
		if i > 0 {
			dst = append(dst, s.style.sep...)
		}
		dst = s.style.escape(dst, []byte(c.Name))
	}
	dst = append(dst, s.style.end...)
	if s.style.rule {
		dst = appendRule(dst, cols)
	}
	s.buf = dst
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
	return eachRow(b, func(row int) error {
		dst := append(s.buf[:0], s.style.open...)
		for c := range b.Cols {
			if c > 0 {
				dst = append(dst, s.style.sep...)
			}
			switch v := &b.Cols[c]; {
			case v.IsNull(row):
				dst = append(dst, s.style.null...)
			case s.plain[c]:
				dst = appendCell(dst, s.ctx, v, row)
			default:
				s.cell = appendCell(s.cell[:0], s.ctx, v, row)
				dst = s.style.escape(dst, s.cell)
			}
		}
		s.buf = append(dst, s.style.end...)
		_, err := s.w.Write(s.buf)
		return err
	})
}

func (s *separated) End() error { return nil }

// quotedCSV are the bytes for whose sake a field is quoted.
var quotedCSV = [256]bool{',': true, '"': true, '\r': true, '\n': true}

func escapeCSV(dst, text []byte) []byte {
	if len(text) > 0 && !hasAny(text, &quotedCSV) {
		return append(dst, text...)
	}
	dst = append(dst, '"')
	for _, c := range text {
		if c == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
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

func escapeTSV(dst, text []byte) []byte {
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

func escapeMarkdown(dst, text []byte) []byte {
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
