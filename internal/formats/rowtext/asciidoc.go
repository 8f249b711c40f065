package rowtext

import "driftdb/internal/vec"

// asciidoc writes psql's form of that name, a table of AsciiDoc.
type asciidoc struct{ marked }

// asciiDocFrames are the frames of a table by its border.
var asciiDocFrames = map[Border]string{NoBorder: `,frame="none",grid="none"`, Between: `,frame="none"`, Around: `,frame="all",grid="all"`}

func (a *asciidoc) Begin(cols []Column) error {
	a.begin(cols)
	dst := []byte("\n")
	if title := a.title(); title != "" {
		dst = append(append(append(dst, '.'), title...), '\n')
	}
	dst = append(dst, '[')
	if !a.opts.Bare && !a.opts.Expanded {
		dst = append(dst, `options="header",`...)
	}
	dst = append(dst, `cols="`...)
	for i := range cols {
		switch {
		case a.opts.Expanded:
			continue
		case i > 0:
			dst = append(dst, ',')
		}
		dst = append(dst, a.align(i)...)
	}
	if a.opts.Expanded {
		dst = append(dst, "h,l"...)
	}
	dst = append(append(append(dst, '"'), asciiDocFrames[a.opts.Border]...), "]\n|====\n"...)
	if !a.opts.Bare && !a.opts.Expanded {
		for i, name := range a.names {
			if i > 0 {
				dst = append(dst, ' ')
			}
			dst = appendAsciiDoc(append(dst, "^l|"...), []byte(name))
		}
		dst = append(dst, '\n')
	}
	_, err := a.w.Write(dst)
	return err
}

// align is where the values of column c stand.
func (a *asciidoc) align(c int) string {
	if a.right[c] {
		return ">l"
	}
	return "<l"
}

func (a *asciidoc) Write(b *vec.Batch) error {
	if a.opts.Expanded {
		return a.expand(b, a.record, a.field)
	}
	a.rows += int64(b.Count())
	return a.each(b, func(dst []byte, row int) []byte {
		for c := range b.Cols {
			dst = append(dst, '|')
			last := c == len(b.Cols)-1
			start := len(dst)
			rest, text := takeText(appendOr(dst, a.opts.Null, &a.lines, &b.Cols[c], row), start)
			switch {
			case !isBlank(text):
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

// record appends the line above a record.
func (a *asciidoc) record(dst []byte) []byte {
	if a.opts.Bare {
		return append(dst, "2+|\n"...)
	}
	return append(append(append(dst, "2+^|"...), a.recordNumber()...), '\n')
}

// field appends the name and the value of column c.
func (a *asciidoc) field(dst []byte, c int, text []byte) []byte {
	dst = append(appendAsciiDoc(append(dst, "<l|"...), []byte(a.names[c])), ' ')
	dst = append(append(dst, a.align(c)...), '|')
	if isBlank(text) {
		dst = append(dst, ' ')
	} else {
		dst = appendAsciiDoc(dst, text)
	}
	return append(dst, '\n')
}

func (a *asciidoc) End() error {
	a.w.WriteString("|====\n")
	if !a.footer() {
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
