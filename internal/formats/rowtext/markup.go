package rowtext

import (
	"bufio"
	"bytes"
	"strconv"
	"strings"

	"driftdb/internal/vec"
)

// marked is what the forms of markup have in common.
type marked struct {
	lines
	opts  Options
	names []string
	right []bool // columns of numbers
	rows  int64
}

func newMarked(w *bufio.Writer, o Options) marked {
	l := newLines(w, o)
	l.group = o.Group
	return marked{lines: l, opts: o}
}

// begin notes the columns.
func (m *marked) begin(cols []Column) {
	m.rows, m.names, m.right = 0, m.names[:0], m.right[:0]
	for _, c := range cols {
		m.names, m.right = append(m.names, c.Name), append(m.right, c.Type.IsNumber())
	}
}

// title is the title that is shown.
func (m *marked) title() string {
	if m.opts.Bare {
		return ""
	}
	return m.opts.Title
}

// footer reports whether the number of rows is shown.
func (m *marked) footer() bool { return !m.opts.Bare && !m.opts.NoFooter && !m.opts.Expanded }

// expand writes every row of b: record appends its beginning, and field a name and a value.
func (m *marked) expand(b *vec.Batch, record func(dst []byte) []byte, field func(dst []byte, c int, text []byte) []byte) error {
	var dst, text []byte
	return eachRow(b, func(row int) error {
		m.rows++
		dst = record(dst[:0])
		for c := range b.Cols {
			text = appendOr(text[:0], m.opts.Null, &m.lines, &b.Cols[c], row)
			dst = field(dst, c, text)
		}
		_, err := m.w.Write(dst)
		return err
	})
}

// recordNumber is what stands above a row of the expanded forms.
func (m *marked) recordNumber() string { return "Record " + strconv.FormatInt(m.rows, 10) }

func isBlank(text []byte) bool { return len(bytes.Trim(text, " \t")) == 0 }

// html writes psql's form of that name, a table of HTML.
type html struct{ marked }

func (h *html) Begin(cols []Column) error {
	h.begin(cols)
	dst := append([]byte("<table border=\""), strconv.Itoa(int(h.opts.Border)+1)...)
	dst = append(dst, '"')
	if h.opts.TableAttr != "" {
		dst = append(append(dst, ' '), h.opts.TableAttr...)
	}
	dst = append(dst, ">\n"...)
	if title := h.title(); title != "" {
		dst = append(appendHTML(append(dst, "  <caption>"...), []byte(title)), "</caption>\n"...)
	}
	if !h.opts.Bare && !h.opts.Expanded {
		dst = append(dst, "  <tr>\n"...)
		for _, name := range h.names {
			dst = append(dst, "    <th align=\"center\">"...)
			dst = append(appendHTML(dst, []byte(name)), "</th>\n"...)
		}
		dst = append(dst, "  </tr>\n"...)
	}
	_, err := h.w.Write(dst)
	return err
}

func (h *html) Write(b *vec.Batch) error {
	if h.opts.Expanded {
		return h.expand(b, h.record, func(dst []byte, c int, text []byte) []byte {
			dst = append(dst, "  <tr valign=\"top\">\n    <th>"...)
			dst = append(appendHTML(dst, []byte(h.names[c])), "</th>\n"...)
			return append(h.cell(dst, c, text), "  </tr>\n"...)
		})
	}
	h.rows += int64(b.Count())
	return h.each(b, func(dst []byte, row int) []byte {
		dst = append(dst, "  <tr valign=\"top\">\n"...)
		for c := range b.Cols {
			start := len(dst)
			rest, text := takeText(appendOr(dst, h.opts.Null, &h.lines, &b.Cols[c], row), start)
			dst = h.cell(rest, c, text)
		}
		return append(dst, "  </tr>\n"...)
	})
}

// record appends the row above a record.
func (h *html) record(dst []byte) []byte {
	if h.opts.Bare {
		return append(dst, "\n  <tr><td colspan=\"2\">&nbsp;</td></tr>\n"...)
	}
	return append(append(append(dst, "\n  <tr><td colspan=\"2\" align=\"center\">"...), h.recordNumber()...), "</td></tr>\n"...)
}

// cell appends a value of column c.
func (h *html) cell(dst []byte, c int, text []byte) []byte {
	align := "left"
	if h.right[c] {
		align = "right"
	}
	dst = append(append(append(dst, "    <td align=\""...), align...), "\">"...)
	if isBlank(text) {
		dst = append(dst, "&nbsp; "...)
	} else {
		dst = appendHTML(dst, text)
	}
	return append(dst, "</td>\n"...)
}

func (h *html) End() error {
	h.w.WriteString("</table>\n")
	if !h.footer() {
		return h.w.WriteByte('\n')
	}
	_, err := h.w.WriteString("<p>" + rowCount(h.rows) + "<br />\n</p>\n")
	return err
}

// appendHTML appends a text of HTML. Blanks at its beginning are kept.
func appendHTML(dst, text []byte) []byte {
	leading := true
	for _, c := range text {
		switch {
		case c == '&':
			dst = append(dst, "&amp;"...)
		case c == '<':
			dst = append(dst, "&lt;"...)
		case c == '>':
			dst = append(dst, "&gt;"...)
		case c == '"':
			dst = append(dst, "&quot;"...)
		case c == '\n':
			dst = append(dst, "<br />\n"...)
		case c == ' ' && leading:
			dst = append(dst, "&nbsp;"...)
		default:
			dst = append(dst, c)
		}
		leading = leading && c == ' '
	}
	return dst
}

// latex writes psql's form of that name, a tabular of LaTeX.
type latex struct{ marked }

// linesBetween is the border with which a line stands below every row.
const linesBetween = Around + 1

func (l *latex) Begin(cols []Column) error {
	l.begin(cols)
	if title := l.title(); title != "" {
		l.w.WriteString("\\begin{center}\n" + string(appendLaTeX(nil, []byte(title))) + "\n\\end{center}\n\n")
	}
	l.w.WriteString("\\begin{tabular}{" + l.columns() + "}\n")
	if l.opts.Expanded {
		return nil
	}
	if !l.opts.Bare {
		l.line(Around)
		for i, name := range l.names {
			if i > 0 {
				l.w.WriteString(" & ")
			}
			l.w.WriteString("\\textit{" + string(appendLaTeX(nil, []byte(name))) + "}")
		}
		l.w.WriteString(" \\\\\n\\hline\n")
	}
	return nil
}

// line writes a horizontal line with a border, or a greater one.
func (l *latex) line(with Border) {
	if l.opts.Border >= with {
		l.w.WriteString("\\hline\n")
	}
}

// columns is the form of the columns.
func (l *latex) columns() string {
	align, sep := []string{"c", "l"}, "|"
	if !l.opts.Expanded {
		align, sep = align[:0], " | "
		for _, right := range l.right {
			align = append(align, map[bool]string{true: "r", false: "l"}[right])
		}
	}
	if l.opts.Border == NoBorder {
		sep = ""
	}
	columns := strings.Join(align, sep)
	switch {
	case l.opts.Border < Around:
		return columns
	case l.opts.Expanded:
		return "|" + columns + "|"
	}
	return "| " + columns + " |"
}

func (l *latex) Write(b *vec.Batch) error {
	if l.opts.Expanded {
		return l.expand(b, l.record, func(dst []byte, c int, text []byte) []byte {
			dst = append(appendLaTeX(dst, []byte(l.names[c])), " & "...)
			return append(appendLaTeX(dst, text), " \\\\\n"...)
		})
	}
	l.rows += int64(b.Count())
	return l.each(b, func(dst []byte, row int) []byte {
		for c := range b.Cols {
			if c > 0 {
				dst = append(dst, " & "...)
			}
			start := len(dst)
			rest, text := takeText(appendOr(dst, l.opts.Null, &l.lines, &b.Cols[c], row), start)
			dst = appendLaTeX(rest, text)
		}
		dst = append(dst, " \\\\\n"...)
		if l.opts.Border >= linesBetween {
			dst = append(dst, "\\hline\n"...)
		}
		return dst
	})
}

// record appends what stands above a record.
func (l *latex) record(dst []byte) []byte {
	switch {
	case l.opts.Bare:
	case l.opts.Border >= Around:
		dst = append(append(append(dst, "\\hline\n\\multicolumn{2}{|c|}{\\textit{"...), l.recordNumber()...), "}} \\\\\n"...)
	default:
		dst = append(append(append(dst, "\\multicolumn{2}{c}{\\textit{"...), l.recordNumber()...), "}} \\\\\n"...)
	}
	if l.opts.Border >= Between {
		dst = append(dst, "\\hline\n"...)
	}
	return dst
}

func (l *latex) End() error {
	if l.opts.Border == Around || l.opts.Expanded {
		l.line(Around)
	}
	l.w.WriteString("\\end{tabular}\n\n\\noindent ")
	if l.footer() {
		l.w.WriteString(rowCount(l.rows) + " \\\\\n")
	}
	return l.w.WriteByte('\n')
}

// latexEscapes are the characters that LaTeX takes for something else.
var latexEscapes = map[byte]string{'#': `\#`, '$': `\$`, '%': `\%`, '&': `\&`, '<': `\textless{}`, '>': `\textgreater{}`, '\\': `\textbackslash{}`,
	'^': `\^{}`, '_': `\_`, '{': `\{`, '|': `\textbar{}`, '}': `\}`, '~': `\~{}`, '\n': `\\`}

func appendLaTeX(dst, text []byte) []byte {
	for _, c := range text {
		if s, ok := latexEscapes[c]; ok {
			dst = append(dst, s...)
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}
