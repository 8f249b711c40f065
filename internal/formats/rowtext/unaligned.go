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
}

func newUnaligned(w *bufio.Writer, o Options) *unaligned {
	if o.Field == "" {
		o.Field = "|"
	}
	if o.Record == "" {
		o.Record = "\n"
	}
	return &unaligned{lines: newLines(w, o), opts: o}
}

func (u *unaligned) Begin(cols []Column) error {
	u.rows, u.started = 0, !u.opts.Bare
	if u.opts.Bare {
		return nil
	}
	var dst []byte
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

// appendOr appends a cell, or null.
func appendOr(dst []byte, null string, l *lines, v *vec.Vec, row int) []byte {
	if v.IsNull(row) {
		return append(dst, null...)
	}
	return appendCell(dst, l.ctx, v, row)
}

func (u *unaligned) End() error {
	if !u.opts.Bare && !u.opts.NoFooter {
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
