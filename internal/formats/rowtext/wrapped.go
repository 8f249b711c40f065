package rowtext

import (
	"bufio"

	"github.com/mattn/go-runewidth"
)

// wrapped writes psql's wrapped form: the aligned one, whose lines fit into Width because text, and numbers too, goes on
// in the lines below. The widths are chosen as psql does, by the first rows.
type wrapped struct {
	*table
	parts []cellPart // where the cells of the row that is written have come to
}

// cellPart is where a cell has come to.
type cellPart struct {
	line int // of the cell
	off  int // bytes of the line that are written
}

func newWrapped(w *bufio.Writer, o Options) *wrapped {
	x := &wrapped{table: newTable(w, o)}
	x.table.wrap = x
	return x
}

// narrow makes columns narrower, those first whose widest value is wide beside their mean, none than its name.
func (x *wrapped) narrow() {
	t := x.table
	n, over := len(t.cols), t.lineWidth()-t.opts.Width
	if t.opts.Border == NoBorder {
		over++ // psql counts a blank behind the last column
	}
	names, most, sums := make([]int, n), make([]int, n), make([]int, n)
	for i := range t.pending.cells {
		w := t.pending.widest(i)
		if i < n {
			names[i] = w
		} else {
			sums[i%n] += w
		}
		most[i%n] = max(most[i%n], w)
	}
	rows := len(t.pending.cells)/max(n, 1) - 1
	named := t.lineWidth()
	for i := range names {
		named += names[i] - most[i]
	}
	if t.opts.Width <= 0 || rows < 1 || named > t.opts.Width {
		return
	}
	for ; over > 0; over-- {
		worst, highest := -1, 0.0
		for i := range n {
			mean := sums[i] / rows
			if mean == 0 || t.widths[i] <= names[i] {
				continue
			}
			if ratio := float64(t.widths[i])/float64(mean) + float64(most[i])*0.01; ratio > highest {
				worst, highest = i, ratio
			}
		}
		if worst < 0 {
			return
		}
		t.widths[worst]--
	}
}

// row writes the row whose first cell is pending cell first.
func (x *wrapped) row(first int) error {
	t := x.table
	x.parts = append(x.parts[:0], make([]cellPart, len(t.cols))...)
	for more := true; more; {
		more = false
		dst := t.line[:0]
		for i := range t.cols {
			dst = x.appendPart(dst, first+i, i)
			more = more || x.parts[i].line < t.pending.count(first+i)
		}
		t.line = t.end(dst)
		if _, err := t.w.Write(t.line); err != nil {
			return err
		}
	}
	return nil
}

// appendPart appends the next part of a cell of column c, between marks of what goes on.
func (x *wrapped) appendPart(dst []byte, cell, c int) []byte {
	t, at := x.table, &x.parts[c]
	dst = t.open(dst, c)
	if at.off > 0 && t.opts.Border != NoBorder {
		dst = append(dst[:len(dst)-1], t.frame.wrap...) // instead of the blank
	}
	var text []byte
	goesOn := at.line < t.pending.count(cell)
	if goesOn {
		line := t.pending.line(cell, at.line)
		text = firstWidth(line[at.off:], t.widths[c])
		if at.off += len(text); at.off == len(line) {
			*at = cellPart{line: at.line + 1}
		}
	}
	mark, last := "", c == len(t.cols)-1 && t.opts.Border != Around
	switch {
	case at.line == t.pending.count(cell):
	case at.off > 0:
		mark = t.frame.wrap
	case at.line > 0:
		mark = t.frame.more
	}
	space := t.widths[c] - width(text)
	if t.right[c] && goesOn {
		dst = append(appendRepeat(dst, ' ', space), text...)
	} else if dst = append(dst, text...); !last || mark != "" {
		dst = appendRepeat(dst, ' ', space)
	}
	if mark == "" && !last {
		mark = " "
	}
	return append(dst, mark...)
}

// firstWidth is as much of text as takes at most the given width, one character at least.
func firstWidth(text []byte, most int) []byte {
	w := 0
	for i, r := range string(text) {
		if w += runewidth.RuneWidth(r); w > most && i > 0 {
			return text[:i]
		}
	}
	return text
}
