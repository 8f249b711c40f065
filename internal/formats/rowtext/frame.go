package rowtext

// Double says which lines of a table with box characters are doubled.
type Double struct{ Border, Column, Header bool }

// rule is what a horizontal line is drawn with: its ends, its stroke, and where a column's line meets it.
type rule struct{ left, stroke, cross, right string }

// frame is what the lines of a table are drawn with.
type frame struct {
	top, middle, bottom rule
	bar, side           string // between columns, and at the sides
	more                string // a value goes on below, behind a line break
	wrap                string // at both ends where a line of a value goes on below
}

var asciiFrame = frame{
	top: rule{"+", "-", "+", "+"}, middle: rule{"+", "-", "+", "+"}, bottom: rule{"+", "-", "+", "+"},
	bar: "|", side: "|", more: "+", wrap: ".",
}

// pick returns the character of a junction of two lines: neither, the first, the second, or both doubled.
func pick(characters string, first, second bool) string {
	at := 0
	if first {
		at++
	}
	if second {
		at += 2
	}
	return string([]rune(characters)[at])
}

// frameOf returns the frame of the options.
func frameOf(o Options) frame {
	if !o.Lines {
		return asciiFrame
	}
	d := o.Double
	outer, inner := pick("─═", d.Border, false), pick("─═", d.Header, false)
	return frame{
		top:    rule{pick("┌╔", d.Border, false), outer, pick("┬╥╤╦", d.Column, d.Border), pick("┐╗", d.Border, false)},
		middle: rule{pick("├╞╟╠", d.Header, d.Border), inner, pick("┼╫╪╬", d.Column, d.Header), pick("┤╡╢╣", d.Header, d.Border)},
		bottom: rule{pick("└╚", d.Border, false), outer, pick("┴╨╧╩", d.Column, d.Border), pick("┘╝", d.Border, false)},
		bar:    pick("│║", d.Column, false),
		side:   pick("│║", d.Border, false),
		more:   "↵",
		wrap:   "…",
	}
}

// append appends a horizontal line above, between or below columns of the given widths.
func (r rule) append(dst []byte, widths []int, b Border) []byte {
	if b == Around {
		dst = append(dst, r.left...)
	}
	for i, w := range widths {
		switch {
		case i == 0:
		case b == NoBorder:
			dst = append(dst, ' ')
		default:
			dst = append(dst, r.cross...)
		}
		if b != NoBorder {
			w += 2
		}
		dst = appendStrokes(dst, r.stroke, w)
	}
	if b == Around {
		dst = append(dst, r.right...)
	}
	return append(dst, '\n')
}

func appendStrokes(dst []byte, stroke string, n int) []byte {
	for ; n > 0; n-- {
		dst = append(dst, stroke...)
	}
	return dst
}

// appendTitle appends the title above lines of the given width, in their middle where it is narrower.
func appendTitle(dst []byte, title string, over int) []byte {
	return append(append(appendRepeat(dst, ' ', (over-width([]byte(title)))/2), title...), '\n')
}

// groupDigits puts commas between the thousands of the number that stands in dst behind start.
func groupDigits(dst []byte, start int) []byte {
	if start < len(dst) && dst[start] == '-' {
		start++
	}
	end := start
	for end < len(dst) && dst[end] >= '0' && dst[end] <= '9' {
		end++
	}
	commas := (end - start - 1) / 3
	if end == start || commas == 0 {
		return dst
	}
	dst = append(dst, make([]byte, commas)...)
	copy(dst[end+commas:], dst[end:len(dst)-commas])
	for from, to, n := end-1, end+commas-1, 0; to > from; from, to, n = from-1, to-1, n+1 {
		if n > 0 && n%3 == 0 {
			dst[to] = ','
			to--
		}
		dst[to] = dst[from]
	}
	return dst
}
