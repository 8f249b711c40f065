package rowtext

import (
	"bytes"
	"strings"

	"driftdb/internal/vec"
)

// html writes psql's form of that name, a table of HTML.
type html struct {
	lines
	opts  Options
	align []string
	rows  int64
}

func (h *html) Begin(cols []Column) error {
	h.rows, h.align = 0, h.align[:0]
	dst := []byte("<table border=\"1\">\n")
	if !h.opts.Bare {
		dst = append(dst, "  <tr>\n"...)
	}
	for _, c := range cols {
		align := "left"
		if c.Type.IsNumber() {
			align = "right"
		}
		h.align = append(h.align, align)
		if !h.opts.Bare {
			dst = append(dst, "    <th align=\"center\">"...)
			dst = append(appendHTML(dst, []byte(c.Name)), "</th>\n"...)
		}
	}
	if !h.opts.Bare {
		dst = append(dst, "  </tr>\n"...)
	}
	_, err := h.w.Write(dst)
	return err
}

func (h *html) Write(b *vec.Batch) error {
	h.rows += int64(b.Count())
	return h.each(b, func(dst []byte, row int) []byte {
		dst = append(dst, "  <tr valign=\"top\">\n"...)
		for c := range b.Cols {
			dst = append(append(append(dst, "    <td align=\""...), h.align[c]...), "\">"...)
			start := len(dst)
			rest, text := takeText(appendOr(dst, h.opts.Null, &h.lines, &b.Cols[c], row), start)
			if len(bytes.Trim(text, " \t")) == 0 {
				dst = append(rest, "&nbsp; "...)
			} else {
				dst = appendHTML(rest, text)
			}
			dst = append(dst, "</td>\n"...)
		}
		return append(dst, "  </tr>\n"...)
	})
}

func (h *html) End() error {
	h.w.WriteString("</table>\n")
	if h.opts.Bare || h.opts.NoFooter {
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
type latex struct {
	lines
	opts Options
	rows int64
}

func (l *latex) Begin(cols []Column) error {
	l.rows = 0
	align := make([]string, len(cols))
	names := make([]string, len(cols))
	for i, c := range cols {
		align[i] = "l"
		if c.Type.IsNumber() {
			align[i] = "r"
		}
		names[i] = "\\textit{" + string(appendLaTeX(nil, []byte(c.Name))) + "}"
	}
	l.w.WriteString("\\begin{tabular}{" + strings.Join(align, " | ") + "}\n")
	if l.opts.Bare {
		return nil
	}
	_, err := l.w.WriteString(strings.Join(names, " & ") + " \\\\\n\\hline\n")
	return err
}

func (l *latex) Write(b *vec.Batch) error {
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
		return append(dst, " \\\\\n"...)
	})
}

func (l *latex) End() error {
	l.w.WriteString("\\end{tabular}\n\n\\noindent ")
	if !l.opts.Bare && !l.opts.NoFooter {
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
