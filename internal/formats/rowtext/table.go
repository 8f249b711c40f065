package rowtext

import (
	"bufio"
	"fmt"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// sampleRows is how many rows the table form keeps to find the widths of its columns.
const sampleRows = 1000

// table writes psql's aligned form.
type table struct {
	w       *bufio.Writer
	opts    Options
	cut     bool      // some text was cut to fit
	tall    *vertical // writes the rows instead, when they do not fit
	cols    []Column
	right   []bool // numbers stand right
	widths  []int
	rows    int64
	pending cells // rows kept until the widths are known
	started bool  // the header is written
	line    []byte
	frame   frame
	wrap    *wrapped // writes the rows in its own way; nil for cut text
}

// cells are rows of printable cells, each of one or more lines.
type cells struct {
	text  []byte
	lines []int // end offset in text of each line
	cells []int // end index in lines of each cell
	raw   []byte
	ctx   types.Context
	null  string
	group bool // commas between thousands
}

func newTable(w *bufio.Writer, o Options) *table {
	o.Border = min(o.Border, Around)
	return &table{w: w, opts: o, frame: frameOf(o), pending: newCells(o)}
}

func newCells(o Options) cells { return cells{ctx: o.Types, null: o.Null, group: o.Group} }

func (c *cells) reset() {
	c.text, c.lines, c.cells = c.text[:0], c.lines[:0], c.cells[:0]
}

func (c *cells) add(v *vec.Vec, row int) {
	c.raw = c.raw[:0]
	if !v.IsNull(row) {
		if c.raw = appendCell(c.raw, c.ctx, v, row); c.group && v.Type.IsNumber() {
			c.raw = groupDigits(c.raw, 0)
		}
	} else {
		c.raw = append(c.raw, c.null...)
	}
	c.addText(c.raw)
}

func (c *cells) addText(text []byte) {
	c.text, c.lines = appendLines(c.text, c.lines, text)
	c.cells = append(c.cells, len(c.lines))
}

// count returns how many lines cell i has.
func (c *cells) count(i int) int {
	if i == 0 {
		return c.cells[0]
	}
	return c.cells[i] - c.cells[i-1]
}

// line returns line k of cell i.
func (c *cells) line(i, k int) []byte {
	n := c.cells[i] - c.count(i) + k
	from := 0
	if n > 0 {
		from = c.lines[n-1]
	}
	return c.text[from:c.lines[n]]
}

// widest returns the width of the widest line of cell i.
func (c *cells) widest(i int) int {
	w := 0
	for k := range c.count(i) {
		w = max(w, width(c.line(i, k)))
	}
	return w
}

func (t *table) Begin(cols []Column) error {
	t.cols, t.rows, t.started, t.cut, t.tall = cols, 0, false, false, nil
	t.right, t.widths = make([]bool, len(cols)), make([]int, len(cols))
	t.pending.reset()
	for i, c := range cols {
		t.right[i] = c.Type.IsNumber()
		t.pending.addText([]byte(c.Name))
	}
	return nil
}

func (t *table) Write(b *vec.Batch) error {
	if t.tall != nil {
		return t.tall.Write(b)
	}
	return eachRow(b, func(row int) error {
		for c := range b.Cols {
			t.pending.add(&b.Cols[c], row)
		}
		t.rows++
		if t.started || t.rows >= sampleRows {
			return t.flush()
		}
		return nil
	})
}

func (t *table) End() error {
	if err := t.flush(); err != nil {
		return err
	}
	if t.tall != nil {
		return t.tall.End()
	}
	if t.opts.Border == Around && len(t.cols) > 0 {
		t.line = t.frame.bottom.append(t.line[:0], t.widths, t.opts.Border)
		t.w.Write(t.line)
	}
	if t.opts.Bare || t.opts.NoFooter {
		return t.w.WriteByte('\n')
	}
	noun, more := "rows", ""
	if t.rows == 1 {
		noun = "row"
	}
	if t.cut {
		more = `; what ends in … is cut to fit, \x shows it whole`
	}
	_, err := fmt.Fprintf(t.w, "(%d %s%s)\n\n", t.rows, noun, more)
	return err
}

// flush writes what is pending, the header first.
func (t *table) flush() error {
	from := 0
	if !t.started {
		t.started = true
		t.measure()
		if t.wrap != nil {
			t.wrap.narrow()
		} else if !t.fit() {
			return t.turn()
		}
		if err := t.header(); err != nil {
			return err
		}
		from = len(t.cols)
	}
	if t.tall != nil {
		return nil
	}
	for ; from < len(t.pending.cells); from += len(t.cols) {
		write := t.row
		if t.wrap != nil {
			write = t.wrap.row
		}
		if err := write(from); err != nil {
			return err
		}
	}
	t.pending.reset()
	return nil
}

func (t *table) measure() {
	for i := range t.pending.cells {
		c := i % len(t.cols)
		t.widths[c] = max(t.widths[c], t.pending.widest(i))
	}
}

// header writes the title, the names and the line below them.
func (t *table) header() error {
	if t.opts.Bare {
		return nil
	}
	dst := t.line[:0]
	if t.opts.Title != "" {
		over := t.lineWidth()
		if t.opts.Border == NoBorder {
			over++ // a blank that ends the line
		}
		dst = appendTitle(dst, t.opts.Title, over)
	}
	if len(t.cols) == 0 {
		_, err := t.w.Write(append(dst, "--\n"...))
		return err
	}
	if t.opts.Border == Around {
		dst = t.frame.top.append(dst, t.widths, t.opts.Border)
	}
	for i := range t.cols {
		dst = t.open(dst, i)
		name := t.pending.line(i, 0)
		if t.wrap == nil {
			name = t.fitted(name, i)
		}
		space := t.widths[i] - width(name)
		dst = appendRepeat(dst, ' ', space/2)
		if t.opts.Bold {
			name = append(append([]byte("\x1b[1m"), name...), "\x1b[0m"...)
		}
		dst = appendRepeat(append(dst, name...), ' ', space-space/2+1)
	}
	t.line = t.frame.middle.append(t.end(dst), t.widths, t.opts.Border)
	_, err := t.w.Write(t.line)
	return err
}

// lineWidth is how many columns of a terminal a line takes.
func (t *table) lineWidth() int {
	n := len(t.cols) - 1
	if t.opts.Border != NoBorder {
		n += 2 * len(t.cols)
	}
	if t.opts.Border == Around {
		n += 2
	}
	for _, w := range t.widths {
		n += w
	}
	return n
}

// open appends what stands before the text of column c.
func (t *table) open(dst []byte, c int) []byte {
	switch {
	case t.opts.Border == NoBorder:
		return dst
	case c > 0:
		dst = append(dst, t.frame.bar...)
	case t.opts.Border == Around:
		dst = append(dst, t.frame.side...)
	}
	return append(dst, ' ')
}

// end appends what stands at the end of a line.
func (t *table) end(dst []byte) []byte {
	if t.opts.Border == Around {
		dst = append(dst, t.frame.side...)
	}
	return append(dst, '\n')
}

// row writes the row whose first cell is pending cell first: as many lines as its tallest cell.
func (t *table) row(first int) error {
	tall := 1
	for i := range t.cols {
		tall = max(tall, t.pending.count(first+i))
	}
	for k := range tall {
		dst := t.line[:0]
		for i := range t.cols {
			dst = t.appendLine(dst, first+i, i, k)
		}
		t.line = t.end(dst)
		if _, err := t.w.Write(t.line); err != nil {
			return err
		}
	}
	return nil
}

// appendLine appends line k of a cell of column c. A + says that the cell goes on below; the last
// column gets no spaces at its end unless one follows.
func (t *table) appendLine(dst []byte, cell, c, k int) []byte {
	var text []byte
	n := t.pending.count(cell)
	if k < n {
		text = t.fitted(t.pending.line(cell, k), c)
	}
	space, more, last := t.widths[c]-width(text), k+1 < n, c == len(t.cols)-1 && t.opts.Border != Around
	dst = t.open(dst, c)
	if t.right[c] {
		dst = append(appendRepeat(dst, ' ', space), text...)
	} else {
		dst = append(dst, text...)
		if !last || more {
			dst = appendRepeat(dst, ' ', space)
		}
	}
	switch {
	case more:
		dst = append(dst, t.frame.more...)
	case !last:
		dst = append(dst, ' ')
	}
	return dst
}
