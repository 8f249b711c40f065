package rowtext

import (
	"bufio"
	"fmt"

	"driftdb/internal/vec"
)

// unaligned writes psql's form of that name: fields and records with separators between them, and nothing escaped.
type unaligned struct {
	lines
	opts    Options
	rows    int64
	started bool // a record is written
	names   []string
}

func newUnaligned(w *bufio.Writer, o Options) *unaligned {
	if o.Field == "" {
		o.Field = "|"
	}
	if o.Record == "" {
		o.Record = "\n"
	}
	l := newLines(w, o)
	l.group = o.Group
	return &unaligned{lines: l, opts: o}
}

func (u *unaligned) Begin(cols []Column) error {
	u.rows, u.started, u.names = 0, !u.opts.Bare, u.names[:0]
	for _, c := range cols {
		u.names = append(u.names, c.Name)
	}
	if u.opts.Bare {
		return nil
	}
	dst := []byte(u.opts.Title)
	if u.opts.Expanded {
		u.started = len(dst) > 0
		_, err := u.w.Write(dst)
		return err
	}
	if len(dst) > 0 {
		dst = append(dst, u.opts.Record...)
	}
	for i, c := range cols {
		if i > 0 {
			dst = append(dst, u.opts.Field...)
		}
		dst = append(dst, c.Name...)
	}
	_, err := u.w.Write(dst)
	return err
}

func (u *unaligned) Write(b *vec.Batch) error {
	if u.opts.Expanded {
		return u.writeExpanded(b)
	}
	first := -1 // the row that no separator stands before
	if !u.started {
		first = firstRow(b)
		u.started = first >= 0
	}
	u.rows += int64(b.Count())
	return u.each(b, func(dst []byte, row int) []byte {
		if row != first {
			dst = append(dst, u.opts.Record...)
		}
		for c := range b.Cols {
			if c > 0 {
				dst = append(dst, u.opts.Field...)
			}
			dst = appendOr(dst, u.opts.Null, &u.lines, &b.Cols[c], row)
		}
		return dst
	})
}

// writeExpanded writes a record of names and values for every row, with an empty record between them.
func (u *unaligned) writeExpanded(b *vec.Batch) error {
	var dst []byte
	return eachRow(b, func(row int) error {
		dst = dst[:0]
		if u.started {
			dst = append(append(dst, u.opts.Record...), u.opts.Record...)
		}
		u.started = true
		for c := range b.Cols {
			if c > 0 {
				dst = append(dst, u.opts.Record...)
			}
			dst = append(append(dst, u.names[c]...), u.opts.Field...)
			dst = appendOr(dst, u.opts.Null, &u.lines, &b.Cols[c], row)
		}
		_, err := u.w.Write(dst)
		return err
	})
}

// appendOr appends a cell, or null.
func appendOr(dst []byte, null string, l *lines, v *vec.Vec, row int) []byte {
	if v.IsNull(row) {
		return append(dst, null...)
	}
	return l.appendCell(dst, v, row)
}

// appendCell appends the text of row i of v, which is not NULL.
func (l *lines) appendCell(dst []byte, v *vec.Vec, i int) []byte {
	start := len(dst)
	if dst = appendCell(dst, l.ctx, v, i); l.group && v.Type.IsNumber() {
		dst = groupDigits(dst, start)
	}
	return dst
}

// Cutter is a Writer whose lines end when the next one begins.
type Cutter interface {
	// Cut ends the line of a result that stops before its end.
	Cut()
}

func (u *unaligned) Cut() {
	if u.started {
		u.w.WriteByte('\n')
	}
}

func (u *unaligned) End() error {
	if !u.opts.Bare && !u.opts.NoFooter && !u.opts.Expanded {
		if u.started {
			u.w.WriteString(u.opts.Record)
		}
		u.w.WriteString(rowCount(u.rows))
		u.started = true
	}
	switch {
	case !u.started:
		return nil
	case u.opts.Record == "\x00":
		return u.w.WriteByte(0)
	}
	return u.w.WriteByte('\n')
}

// rowCount is what psql writes below a result.
func rowCount(n int64) string {
	if n == 1 {
		return "(1 row)"
	}
	return fmt.Sprintf("(%d rows)", n)
}
