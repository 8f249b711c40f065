package rowtext

import (
	"bufio"
	"strconv"

	"driftdb/internal/vec"
)

// vertical writes psql's expanded form: a line a column, a heading a row. It keeps the first rows to find the width of
// the values, as table does.
type vertical struct {
	w       *bufio.Writer
	opts    Options
	frame   frame
	names   [][]byte
	wide    int // columns of the widest name
	widest  int // columns of the widest value
	rows    int64
	written int64
	pending cells
	line    []byte
}

func newVertical(w *bufio.Writer, o Options) *vertical {
	o.Border = min(o.Border, Around)
	return &vertical{w: w, opts: o, frame: frameOf(o), pending: newCells(o)}
}

func (v *vertical) Begin(cols []Column) error {
	v.names, v.wide, v.widest, v.rows, v.written = nil, 0, 0, 0, 0
	v.pending.reset()
	for _, c := range cols {
		name, _ := appendLines(nil, nil, []byte(c.Name))
		v.names = append(v.names, name)
		v.wide = max(v.wide, width(name))
	}
	return nil
}

func (v *vertical) Write(b *vec.Batch) error {
	return eachRow(b, func(row int) error {
		v.rows++
		for c := range b.Cols {
			v.pending.add(&b.Cols[c], row)
		}
		if v.rows >= sampleRows {
			return v.flush()
		}
		return nil
	})
}

// addRows takes over rows that a table has collected, from a cell on.
func (v *vertical) addRows(c *cells, from int) error {
	for ; from < len(c.cells); from++ {
		for k := range c.count(from) {
			v.pending.text = append(v.pending.text, c.line(from, k)...)
			v.pending.lines = append(v.pending.lines, len(v.pending.text))
		}
		v.pending.cells = append(v.pending.cells, len(v.pending.lines))
	}
	v.rows += int64(len(v.pending.cells) / len(v.names))
	return nil
}

// flush writes the rows that are pending.
func (v *vertical) flush() error {
	if v.written == 0 {
		for i := range v.pending.cells {
			v.widest = max(v.widest, v.pending.widest(i))
		}
		if v.opts.Title != "" && !v.opts.Bare {
			v.w.WriteString(v.opts.Title + "\n")
		}
	}
	for from := 0; from < len(v.pending.cells); from += len(v.names) {
		v.written++
		dst := v.line[:0]
		if v.written > 1 || !v.opts.Bare || v.opts.Border == Around {
			dst = v.heading(dst)
		}
		for c := range v.names {
			dst = v.appendField(dst, from+c, c)
		}
		v.line = dst
		if _, err := v.w.Write(dst); err != nil {
			return err
		}
	}
	v.pending.reset()
	return nil
}

// heading appends the line above a row: its number, and then strokes as far as the names and the values go.
func (v *vertical) heading(dst []byte) []byte {
	rule, text := v.frame.middle, ""
	if v.written == 1 {
		rule = v.frame.top
	}
	if !v.opts.Bare {
		text = "[ RECORD " + strconv.FormatInt(v.written, 10) + " ]"
	}
	if v.opts.Border == NoBorder {
		if !v.opts.Bare {
			text = "* Record " + strconv.FormatInt(v.written, 10)
		}
		return append(appendRepeat(append(dst, text...), ' ', v.wide+v.widest-len(text)), '\n')
	}
	cross := v.wide + 1 // strokes before the line between names and values
	if v.opts.Border == Around {
		dst = append(dst, rule.left...)
		cross++
	}
	dst = append(append(dst, rule.stroke...), text...)
	for n := 1 + len(text); n < cross+2+v.shownWidth(); n++ {
		if n == cross {
			dst = append(dst, rule.cross...)
		} else {
			dst = append(dst, rule.stroke...)
		}
	}
	if v.opts.Border == Around {
		dst = append(append(dst, rule.stroke...), rule.right...)
	}
	return append(dst, '\n')
}

// shownWidth is the width of the values, as far as the screen shows it.
func (v *vertical) shownWidth() int {
	if v.opts.Width > 0 && v.opts.Border == Between {
		return min(v.widest, max(0, v.opts.Width-v.wide-3))
	}
	return v.widest
}

// appendField appends the name and the value of column c, which is a pending cell.
func (v *vertical) appendField(dst []byte, cell, c int) []byte {
	n := v.pending.count(cell)
	for k := range n {
		name := v.names[c]
		if k > 0 {
			name = nil
		}
		if v.opts.Border == Around {
			dst = append(append(dst, v.frame.side...), ' ')
		}
		dst = append(appendRepeat(append(dst, name...), ' ', v.wide-width(name)), ' ')
		if v.opts.Border != NoBorder {
			dst = append(append(dst, v.frame.bar...), ' ')
		}
		text := v.pending.line(cell, k)
		dst = append(dst, text...)
		more := k+1 < n
		if more || v.opts.Border == Around {
			dst = appendRepeat(dst, ' ', v.widest-width(text))
		}
		switch {
		case more:
			dst = append(dst, v.frame.more...)
		case v.opts.Border == Around:
			dst = append(dst, ' ')
		}
		if v.opts.Border == Around {
			dst = append(dst, v.frame.side...)
		}
		dst = append(dst, '\n')
	}
	return dst
}

func (v *vertical) End() error {
	if v.rows == 0 {
		if !v.opts.Bare && !v.opts.NoFooter {
			v.w.WriteString("(0 rows)\n")
		}
		return v.w.WriteByte('\n')
	}
	if err := v.flush(); err != nil {
		return err
	}
	if v.opts.Border == Around {
		v.line = v.frame.bottom.append(v.line[:0], []int{v.wide, v.widest}, Around)
		v.w.Write(v.line)
	}
	return v.w.WriteByte('\n')
}
