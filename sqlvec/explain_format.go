package sqlvec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// asText prints a plan in PostgreSQL's layout, an arrow before each input.
func (x *explainer) asText(root *explainedNode) []string {
	lines := x.textNode(nil, root, 0)
	if !x.opts.summary {
		return lines
	}
	lines = append(lines, fmt.Sprintf("Planning Time: %.3f ms", millis(x.planning)))
	if x.opts.analyze {
		lines = append(lines, fmt.Sprintf("Peak Memory: %d kB", x.stats.MemoryBytes/1024),
			fmt.Sprintf("Execution Time: %.3f ms", millis(x.execution)))
	}
	return lines
}

func millis(d time.Duration) float64 { return math.Round(d.Seconds()*1e6) / 1e3 }

func (x *explainer) textNode(lines []string, n *explainedNode, depth int) []string {
	lead, pad := "", "  "
	if depth > 0 {
		lead = strings.Repeat(" ", 6*depth-4) + "->  "
		pad = strings.Repeat(" ", 6*depth) + "  "
	}
	lines = append(lines, lead+n.title+x.costs(n)+x.actual(n))
	for _, d := range n.details {
		v := d.value
		if list, ok := v.([]string); ok {
			v = strings.Join(list, ", ")
		}
		lines = append(lines, fmt.Sprintf("%s%s: %v", pad, d.name, v))
	}
	cte := ""
	for _, k := range n.children {
		if k.cte != "" && k.cte != cte {
			lines = append(lines, pad+"CTE "+k.cte)
		}
		cte = k.cte
		lines = x.textNode(lines, k, depth+1)
	}
	return lines
}

func (x *explainer) costs(n *explainedNode) string {
	e := n.estimate
	if !x.opts.costs || e == nil {
		return ""
	}
	return fmt.Sprintf("  (cost=%.2f..%.2f rows=%.0f width=%d)", e.Startup, e.Total, e.Rows, e.Width)
}

func (x *explainer) actual(n *explainedNode) string {
	switch {
	case !x.opts.analyze:
		return ""
	case !n.ran:
		return " (never executed)"
	case !x.opts.timing:
		return fmt.Sprintf(" (actual rows=%d)", n.rows)
	}
	return fmt.Sprintf(" (actual time=%.3f rows=%d)", float64(n.nanos)/1e6, n.rows)
}

// asJSON prints a plan as a JSON document with PostgreSQL's names.
func (x *explainer) asJSON(root *explainedNode) string {
	doc := jsonObject{{"Plan", x.jsonNode(root)}}
	if x.opts.summary {
		doc = append(doc, explainField{"Planning Time", millis(x.planning)})
		if x.opts.analyze {
			doc = append(doc, explainField{"Peak Memory", x.stats.MemoryBytes / 1024}, explainField{"Execution Time", millis(x.execution)})
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode([]any{doc}); err != nil {
		panic(err) // strings, numbers and lists of them can be encoded
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (x *explainer) jsonNode(n *explainedNode) jsonObject {
	o := jsonObject{{"Node Type", n.kind}}
	o = append(o, n.fields...)
	if n.cte != "" {
		o = append(o, explainField{"Subplan Name", "CTE " + n.cte})
	}
	if e := n.estimate; e != nil && x.opts.costs {
		o = append(o, explainField{"Startup Cost", finite(e.Startup)}, explainField{"Total Cost", finite(e.Total)},
			explainField{"Plan Rows", finite(e.Rows)}, explainField{"Plan Width", e.Width})
	}
	if x.opts.analyze && n.ran {
		if x.opts.timing {
			o = append(o, explainField{"Actual Time", float64(n.nanos) / 1e6})
		}
		o = append(o, explainField{"Actual Rows", n.rows})
	}
	if o = append(o, n.details...); len(n.children) > 0 {
		plans := make([]jsonObject, len(n.children))
		for i, k := range n.children {
			plans[i] = x.jsonNode(k)
		}
		o = append(o, explainField{"Plans", plans})
	}
	return o
}

// finite rounds an estimate to what JSON can hold.
func finite(f float64) float64 {
	return math.Round(min(f, math.MaxInt64)*100) / 100
}

// jsonObject is a JSON object whose members keep their order.
type jsonObject []explainField

// MarshalJSON implements json.Marshaler.
func (o jsonObject) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, f := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := e.Encode(f.name); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := e.Encode(f.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
