package rowtext

import (
	"bufio"
	"math"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// chartRows is the greatest number of rows a chart is drawn of: more would say less.
const chartRows = 100_000

// barRows is up to how many rows a chart has a bar for each.
const barRows = 40

// chart draws the first column, the labels, against the second, numbers: a bar a row, or for many
// rows one curve.
type chart struct {
	w      *bufio.Writer
	opts   Options
	names  [2]string
	labels []string
	values []float64 // NaN for NULL
	texts  []string
}

func (c *chart) Begin(cols []Column) error {
	c.labels, c.values, c.texts = nil, nil, nil
	if len(cols) != 2 || !cols[1].Type.IsNumber() {
		return dberr.New(dberr.FeatureNotSupported, "a chart needs two columns: labels, and numbers").
			WithHint("Write a query such as SELECT month, sum(amount) FROM sales GROUP BY month ORDER BY month.")
	}
	c.names = [2]string{cols[0].Name, cols[1].Name}
	return nil
}

func (c *chart) Write(b *vec.Batch) error {
	return eachRow(b, func(row int) error {
		if len(c.values) == chartRows {
			return dberr.Newf(dberr.ProgramLimitExceeded, "a chart can have at most %d rows", chartRows)
		}
		label, text, value := []byte(c.opts.Null), []byte(nil), math.NaN()
		if !b.Cols[0].IsNull(row) {
			label = appendCell(nil, c.opts.Types, &b.Cols[0], row)
		}
		if v := &b.Cols[1]; !v.IsNull(row) {
			text = appendCell(nil, c.opts.Types, v, row)
			if f, err := (types.Context{}).Parse(string(text), types.T(types.Float64)); err == nil {
				value = f.F
			}
		}
		safe, _ := appendLines(nil, nil, label)
		c.labels = append(c.labels, string(safe))
		c.values, c.texts = append(c.values, value), append(c.texts, string(text))
		return nil
	})
}

func (c *chart) End() error {
	low, high := c.bounds()
	var err error
	switch {
	case len(c.values) == 0:
		_, err = c.w.WriteString("(0 rows)\n\n")
	case len(c.values) <= barRows:
		err = c.bars(min(low, 0), max(high, 0))
	default:
		err = c.curve(low, high)
	}
	return err
}

// bounds are the least and the greatest finite value, 0 and 0 when there is none.
func (c *chart) bounds() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range c.values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			low, high = min(low, v), max(high, v)
		}
	}
	if low > high {
		return 0, 0
	}
	return low, high
}

// span is how many columns of the terminal a drawing gets, beside text of the given width.
func (c *chart) span(beside int) int {
	total := c.opts.Width
	if total <= 0 {
		total = 80
	}
	return max(10, total-beside)
}

// bars draws one bar a row. Bars of negative values run to the left of zero.
func (c *chart) bars(low, high float64) error {
	wide, texts := len(c.names[0]), 0
	for i, l := range c.labels {
		wide, texts = max(wide, width([]byte(l))), max(texts, len(c.texts[i]))
	}
	wide = min(wide, 30)
	span := float64(c.span(wide + texts + 6))
	scale := 0.0
	if high > low {
		scale = span / (high - low)
	}
	head := " " + padTo(c.names[0], wide) + " │ " + c.names[1] + "\n"
	if _, err := c.w.WriteString(head); err != nil {
		return err
	}
	for i, v := range c.values {
		line := " " + padTo(c.labels[i], wide) + " │ "
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			left, right := min(v, 0), max(v, 0)
			line += strings.Repeat(" ", within((left-low)*scale+0.5, int(span))) + bar(min((right-left)*scale, span))
		}
		if _, err := c.w.WriteString(strings.TrimRight(line+" "+c.texts[i], " ") + "\n"); err != nil {
			return err
		}
	}
	return c.w.WriteByte('\n')
}

// eighths are bars of one to eight eighths of a column, to the right and upwards.
var (
	eighths = []string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"}
	risers  = []string{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}
)

// bar is a bar of the given length in columns; what is not nothing is seen.
func bar(length float64) string {
	n := within(length*8+0.5, math.MaxInt32)
	if n == 0 && length > 0 {
		n = 1
	}
	return strings.Repeat("█", n/8) + eighths[n%8]
}

// within is f as an integer from 0 to most; what is no number, as ranges beyond those of floats give, is 0.
func within(f float64, most int) int {
	if math.IsNaN(f) || f < 0 {
		return 0
	}
	return int(min(f, float64(most)))
}

// padTo fills or cuts text to a width.
func padTo(text string, wide int) string {
	t := table{opts: Options{Width: 1}, widths: []int{wide}, right: []bool{false}}
	cut := t.fitted([]byte(text), 0)
	return string(appendRepeat(append([]byte(nil), cut...), ' ', wide-width(cut)))
}

// curveHeight is the height of a curve in lines.
const curveHeight = 12

// curve draws the rows from left to right, several in one column as their mean.
func (c *chart) curve(low, high float64) error {
	top, bottom := number(high), number(low)
	beside := max(len(top), len(bottom))
	means := c.columns(c.span(beside + 3))
	if high == low {
		high = low + 1
	}
	if _, err := c.w.WriteString(" " + c.names[1] + " by " + c.names[0] + "\n"); err != nil {
		return err
	}
	for row := curveHeight - 1; row >= 0; row-- {
		label := ""
		switch row {
		case curveHeight - 1:
			label = top
		case 0:
			label = bottom
		}
		line := strings.Repeat(" ", beside-len(label)+1) + label + " │"
		for _, m := range means {
			line += riser(m, low, high, row)
		}
		if _, err := c.w.WriteString(strings.TrimRight(line, " ") + "\n"); err != nil {
			return err
		}
	}
	first, last := c.labels[0], c.labels[len(c.labels)-1]
	space := max(1, len(means)-width([]byte(first))-width([]byte(last)))
	_, err := c.w.WriteString(strings.Repeat(" ", beside+3) + first + strings.Repeat(" ", space) + last + "\n\n")
	return err
}

// columns are the means of the values in each of at most n equal shares of the rows.
func (c *chart) columns(n int) []float64 {
	n = min(n, len(c.values))
	means := make([]float64, n)
	for i := range means {
		sum, count := 0.0, 0
		for _, v := range c.values[i*len(c.values)/n : (i+1)*len(c.values)/n] {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				sum, count = sum+v, count+1
			}
		}
		means[i] = sum / float64(count) // NaN without a value
	}
	return means
}

// riser is the character of one value in one line of a curve.
func riser(v, low, high float64, row int) string {
	if math.IsNaN(v) {
		return " "
	}
	steps := 1 + within((v-low)/(high-low)*float64(curveHeight*8-1)+0.5, curveHeight*8-1) - row*8
	return risers[max(0, min(8, steps))]
}

// number writes a bound of the axis in short.
func number(f float64) string {
	v := types.FloatValue(types.T(types.Float64), math.Round(f*1000)/1000)
	if math.Abs(f) < 1 {
		v = types.FloatValue(types.T(types.Float64), f)
	}
	return types.Format(v)
}
