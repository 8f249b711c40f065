package rowtext

import "github.com/mattn/go-runewidth"

// leastWidth is the width below which cut text says nothing any more.
const leastWidth = 6

// fit makes the widths of text columns so small that a line fits into opts.Width, if it can. Numbers
// are never cut: half a number is a wrong number.
func (t *table) fit() bool {
	over := t.lineWidth() - t.opts.Width
	switch {
	case t.opts.Width <= 0, over <= 0:
		return true
	case t.opts.Tall:
		return false
	}
	limit, ok := t.limit(over)
	if !ok {
		return false
	}
	for i, w := range t.widths {
		if !t.right[i] {
			t.widths[i] = min(w, limit)
		}
	}
	return true
}

// limit is the greatest width of text columns that saves over columns of the terminal.
func (t *table) limit(over int) (int, bool) {
	widest := 0
	for i, w := range t.widths {
		if !t.right[i] {
			widest = max(widest, w)
		}
	}
	for limit := widest - 1; limit >= leastWidth; limit-- {
		saved := 0
		for i, w := range t.widths {
			if !t.right[i] {
				saved += max(0, w-limit)
			}
		}
		if saved >= over {
			return limit, true
		}
	}
	return 0, false
}

// fitted is text cut to the width of column c, when lines must fit.
func (t *table) fitted(text []byte, c int) []byte {
	if t.opts.Width <= 0 || t.right[c] || width(text) <= t.widths[c] {
		return text
	}
	t.cut = true
	return []byte(runewidth.Truncate(string(text), t.widths[c], "…"))
}

// turn writes what is pending, and all that follows, as vertical.
func (t *table) turn() error {
	t.tall = newVertical(t.w, t.opts)
	if err := t.tall.Begin(t.cols); err != nil {
		return err
	}
	if err := t.tall.addRows(&t.pending, len(t.cols)); err != nil {
		return err
	}
	t.pending.reset()
	return nil
}
