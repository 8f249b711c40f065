package rowtext

import (
	"bufio"
	"strconv"

	"driftdb/internal/vec"
)

// vertical writes psql's expanded form: a line a column, a heading a row.
type vertical struct {
	w     *bufio.Writer
	names [][]byte
	wide  int // columns of the widest name
	rows  int64
	cells cells
	line  []byte
}

func newVertical(w *bufio.Writer, o Options) *vertical {
	return &vertical{w: w, cells: cells{ctx: o.Types, null: o.Null}}
}

func (v *vertical) Begin(cols []Column) error {
	v.names, v.wide, v.rows = nil, 0, 0
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
		v.cells.reset()
		widest := 0
		for c := range b.Cols {
			v.cells.add(&b.Cols[c], row)
			widest = max(widest, v.cells.widest(c))
		}
		return v.writeRow(widest)
	})
}

// addRows writes rows that a table has collected.
func (v *vertical) addRows(c *cells, from int) error {
	for ; from < len(c.cells); from += len(v.names) {
		v.rows++
		v.cells.reset()
		widest := 0
		for i := range v.names {
			for k := range c.count(from + i) {
				v.cells.text = append(v.cells.text, c.line(from+i, k)...)
				v.cells.lines = append(v.cells.lines, len(v.cells.text))
			}
			v.cells.cells = append(v.cells.cells, len(v.cells.lines))
			widest = max(widest, v.cells.widest(i))
		}
		if err := v.writeRow(widest); err != nil {
			return err
		}
	}
	return nil
}

// writeRow writes the row in cells.
func (v *vertical) writeRow(widest int) error {
	dst := v.heading(v.line[:0], widest)
	for c := range v.names {
		dst = v.appendField(dst, c)
	}
	v.line = dst
	_, err := v.w.Write(dst)
	return err
}

// heading appends the line above a row, as wide as the row.
func (v *vertical) heading(dst []byte, widest int) []byte {
	start := len(dst)
	dst = append(dst, "-[ RECORD "...)
	dst = strconv.AppendInt(dst, v.rows, 10)
	dst = append(dst, " ]"...)
	for n := len(dst) - start; n < v.wide+widest+3; n++ {
		if n == v.wide+1 {
			dst = append(dst, '+')
		} else {
			dst = append(dst, '-')
		}
	}
	return append(dst, '\n')
}

func (v *vertical) appendField(dst []byte, c int) []byte {
	for k := range v.cells.count(c) {
		name := v.names[c]
		if k > 0 {
			name = nil
		}
		dst = append(appendRepeat(append(dst, name...), ' ', v.wide-width(name)), " | "...)
		dst = append(append(dst, v.cells.line(c, k)...), '\n')
	}
	return dst
}

func (v *vertical) End() error {
	if v.rows == 0 {
		_, err := v.w.WriteString("(0 rows)\n")
		return err
	}
	return v.w.WriteByte('\n')
}
