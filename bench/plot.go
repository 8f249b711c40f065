package bench

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// WritePlot writes an SVG of the ratios of one workload: a bar each on a logarithmic axis, to the
// left of the line where both are equal when ours is better. ok is false, and nothing written, for a
// workload without ratios.
func (r *Report) WritePlot(w io.Writer, workload string) (ok bool, err error) {
	var bars []bar
	for _, row := range r.Rows {
		if ratio := row.Ratio(); row.Workload == workload && ratio > 0 {
			if row.More {
				ratio = 1 / ratio
			}
			bars = append(bars, bar{row.Name, row.PeerName, ratio})
		}
	}
	if len(bars) == 0 {
		return false, nil
	}
	_, err = io.WriteString(w, plot(workload, bars))
	return true, err
}

// Workloads returns the workloads of the report, in order.
func (r *Report) Workloads() []string {
	var list []string
	for _, row := range r.Rows {
		if !slices.Contains(list, row.Workload) {
			list = append(list, row.Workload)
		}
	}
	return list
}

// bar is one ratio: below 1 ours is better.
type bar struct {
	name, peer string
	ratio      float64
}

// plot draws the bars. Colours are for a light and a dark page alike.
func plot(title string, bars []bar) string {
	const left, width, line, top = 330, 420, 20, 46
	limit := 2.0
	for _, b := range bars {
		limit = max(limit, b.ratio, 1/b.ratio)
	}
	limit = math.Pow(2, math.Ceil(math.Log2(limit)))
	at := func(ratio float64) float64 { return left + width*(math.Log(ratio)/math.Log(limit)+1)/2 }
	height := top + line*len(bars) + 26
	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">
<style>text{fill:#444}line{stroke:#999}@media(prefers-color-scheme:dark){text{fill:#ccc}}</style>
<text x="10" y="18" font-size="15">%s: time of DriftDB / time of the peer</text>
`, left+width+110, height, escape(title))
	for k := -math.Log2(limit); k <= math.Log2(limit); k++ {
		x := at(math.Pow(2, k))
		weight := 0.5
		if k == 0 {
			weight = 2
		}
		fmt.Fprintf(&s, `<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke-width="%.1f"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>
`, x, x, top-6, height-22, weight, x, height-8, number(math.Pow(2, k)))
	}
	for i, b := range bars {
		y := top + line*i
		from, to := min(at(b.ratio), at(1)), max(at(b.ratio), at(1))
		colour := "#2a9d5c"
		if b.ratio > 1 {
			colour = "#d1603d"
		}
		fmt.Fprintf(&s, `<text x="%d" y="%d" text-anchor="end">%s</text><rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/><text x="%d" y="%d">%s %s</text>
`, left-8, y+12, escape(shorten(b.name, 48)), from, y+1, to-from, line-6, colour, left+width+6, y+12, number(b.ratio), escape(shorten(b.peer, 8)))
	}
	s.WriteString("</svg>\n")
	return s.String()
}

// shorten cuts a text to n characters.
func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// escape makes text fit for XML.
func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // writing to a Builder cannot fail
	return b.String()
}

// PlotName is the name of the file of a workload's plot.
func PlotName(workload string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return '-'
	}, workload)
	return name + ".svg"
}
