package rowtext

import (
	"bytes"

	"driftdb/internal/vec"
)

// asciidoc writes psql's form of that name, a table of AsciiDoc.
type asciidoc struct {
	lines
	opts Options
	rows int64
}

func (a *asciidoc) Begin(cols []Column) error {
	a.rows = 0
	dst := []byte("\n[")
	if !a.opts.Bare {
		dst = append(dst, `options="header",`...)
	}
	dst = append(dst, `cols="`...)
	for i, c := range cols {
		if i > 0 {
			dst = append(dst, ',')
		}
		align := "<l"
		if c.Type.IsNumber() {
			align = ">l"
		}
		dst = append(dst, align...)
	}
	dst = append(dst, "\",frame=\"none\"]\n|====\n"...)
	for i, c := range cols {
		if a.opts.Bare {
			break
		}
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = appendAsciiDoc(append(dst, "^l|"...), []byte(c.Name))
	}
	if !a.opts.Bare {
		dst = append(dst, '\n')
	}
	_, err := a.w.Write(dst)
	return err
}

func (a *asciidoc) Write(b *vec.Batch) error {
	a.rows += int64(b.Count())
	return a.each(b, func(dst []byte, row int) []byte {
		for c := range b.Cols {
			dst = append(dst, '|')
			last := c == len(b.Cols)-1
			start := len(dst)
			rest, text := takeText(appendOr(dst, a.opts.Null, &a.lines, &b.Cols[c], row), start)
			switch blank := len(bytes.Trim(text, " \t")) == 0; {
			case !blank:
				dst = appendAsciiDoc(rest, text)
			case !last:
				dst = append(rest, ' ')
			default:
				dst = rest
			}
			if !last {
				dst = append(dst, ' ')
			}
		}
		return append(dst, '\n')
	})
}

func (a *asciidoc) End() error {
	a.w.WriteString("|====\n")
	if a.opts.Bare || a.opts.NoFooter {
		return nil
	}
	_, err := a.w.WriteString("\n....\n" + rowCount(a.rows) + "\n....\n")
	return err
}

// appendAsciiDoc appends a text of AsciiDoc.
func appendAsciiDoc(dst, text []byte) []byte {
	for _, c := range text {
		if c == '|' {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return dst
}
