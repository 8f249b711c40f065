package sqlvec

import (
	"fmt"
	"strings"
	"time"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/exec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// explainOptions are the options of EXPLAIN.
type explainOptions struct {
	analyze, costs, timing, verbose bool
}

// explain runs EXPLAIN: the plan as a tree of lines.
func (r *run) explain(st *parse.Explain) error {
	o, err := readExplainOptions(st)
	if err != nil {
		return err
	}
	node, err := r.plannedNode(st.Stmt, o.analyze)
	if err != nil {
		return err
	}
	start := time.Now()
	if node, err = r.optimized(node); err != nil {
		return err
	}
	planning := time.Since(start)
	x := &explainer{opts: o}
	start = time.Now()
	if o.analyze {
		x.stats = &exec.Stats{}
		opts := r.execOptions()
		opts.Stats = x.stats
		if err := exec.Run(r.ctx, node, opts, func(*vec.Batch) error { return nil }); err != nil {
			return err
		}
	}
	took := time.Since(start)
	x.tree(node, 0, map[*plan.CTE]bool{})
	if o.analyze {
		if o.timing {
			x.line("Planning Time: %.3f ms", planning.Seconds()*1e3)
			x.line("Execution Time: %.3f ms", took.Seconds()*1e3)
		}
	}
	set := newRowSet([]types.Type{text})
	for _, l := range x.lines {
		if err := set.appendValues([]types.Value{str(l)}); err != nil {
			return err
		}
	}
	r.result.tag = "EXPLAIN"
	r.answerRows([]Column{{"QUERY PLAN", text}}, set)
	return r.answer()
}

func readExplainOptions(st *parse.Explain) (explainOptions, error) {
	o := explainOptions{costs: true, timing: true}
	fields := map[string]*bool{"analyze": &o.analyze, "costs": &o.costs, "timing": &o.timing, "verbose": &o.verbose}
	for _, opt := range st.Options {
		name := strings.ToLower(opt.Name)
		f, ok := fields[name]
		if !ok {
			return o, dberr.Newf(dberr.FeatureNotSupported, "EXPLAIN option \"%s\" is not supported", name).At(int(opt.Position()))
		}
		*f = true
		if opt.Value != nil {
			v, err := settingValue(opt.Value)
			if err != nil {
				return o, err
			}
			*f = v != "off" && v != "false" && v != "0"
		}
	}
	return o, nil
}

// plannedNode binds the statement that EXPLAIN is about.
func (r *run) plannedNode(st parse.Stmt, analyze bool) (plan.Node, error) {
	b := r.binder()
	if q, ok := st.(*parse.Query); ok {
		return b.Query(q)
	}
	if analyze {
		return nil, notSupported(st, "EXPLAIN ANALYZE of a statement that writes is")
	}
	switch st := st.(type) {
	case *parse.Insert:
		if len(st.Docs) == 0 {
			c, err := b.Insert(st, false)
			if err != nil {
				return nil, err
			}
			return c.Plan, nil
		}
	case *parse.Update:
		c, err := b.Update(st, false)
		if err != nil {
			return nil, err
		}
		return c.Plan, nil
	case *parse.Delete:
		c, err := b.Delete(st, false)
		if err != nil {
			return nil, err
		}
		return c.Plan, nil
	}
	return nil, notSupported(st, "EXPLAIN of this statement is")
}

// explainer prints a plan.
type explainer struct {
	opts  explainOptions
	stats *exec.Stats
	lines []string
}

func (x *explainer) line(format string, args ...any) {
	x.lines = append(x.lines, fmt.Sprintf(format, args...))
}

// tree prints node at a depth: PostgreSQL's layout, an arrow before each input.
func (x *explainer) tree(node plan.Node, depth int, seen map[*plan.CTE]bool) {
	lead, pad := "", "  "
	if depth > 0 {
		lead = strings.Repeat(" ", 6*depth-4) + "->  "
		pad = strings.Repeat(" ", 6*depth) + "  "
	}
	x.line("%s%s%s%s", lead, nodeTitle(node), x.costs(node), x.actual(node))
	for _, d := range nodeDetails(node) {
		x.line("%s%s", pad, d)
	}
	x.scanDetails(node, pad)
	if s, ok := node.(*plan.CTEScan); ok && !seen[s.CTE] {
		seen[s.CTE] = true
		x.line("%sCTE %s", pad, s.CTE.Name)
		for _, p := range s.CTE.Plans() {
			x.tree(p, depth+1, seen)
		}
	}
	for _, k := range node.Children() {
		x.tree(k, depth+1, seen)
	}
}

func (x *explainer) costs(node plan.Node) string {
	if !x.opts.costs {
		return ""
	}
	e := node.Estimated()
	return fmt.Sprintf("  (cost=%.2f..%.2f rows=%.0f width=%d)", e.Startup, e.Total, e.Rows, e.Width)
}

func (x *explainer) actual(node plan.Node) string {
	if x.stats == nil {
		return ""
	}
	st := x.stats.Of(node)
	if st == nil {
		return " (never executed)"
	}
	if !x.opts.timing {
		return fmt.Sprintf(" (actual rows=%d)", st.Rows)
	}
	return fmt.Sprintf(" (actual time=%.3f rows=%d)", float64(st.Nanos)/1e6, st.Rows)
}

// scanDetails says what a scan that ran has read.
func (x *explainer) scanDetails(node plan.Node, pad string) {
	s, ok := node.(*plan.Scan)
	if !ok || x.stats == nil {
		return
	}
	st := x.stats.Of(node)
	if st == nil {
		return
	}
	x.line("%sRow Groups: %d of %d read", pad, st.GroupsRead, st.Groups)
	if e := st.Scan; e != nil {
		if s.Point != "" {
			x.line("%sPoint: @TX:%d @SEQ:%d", pad, e.Point.CSN, e.Point.Seq)
			x.line("%sSnapshot: @SEQ:%d, events replayed: %d", pad, e.Snapshot, e.EventsReplayed)
		}
		if e.Index != "" {
			x.line("%sIndex: %s", pad, e.Index)
		}
	}
}

func nodeTitle(node plan.Node) string {
	switch n := node.(type) {
	case *plan.Scan:
		title := "Seq Scan on " + n.Table.Name
		if n.Alias != n.Table.Name {
			title += " " + n.Alias
		}
		if n.Point != "" {
			title += " FOR SYSTEM_TIME " + n.Point
		}
		return title
	case *plan.Values:
		if len(n.Out) == 0 {
			return "Result"
		}
		return "Values"
	case *plan.GenerateSeries:
		if len(n.Arrays) > 0 {
			return "Function Scan on unnest"
		}
		return "Function Scan on generate_series"
	case *plan.WorkScan:
		return "WorkTable Scan on " + n.CTE.Name
	case *plan.CTEScan:
		return "CTE Scan on " + n.CTE.Name
	case *plan.Project:
		return "Project"
	case *plan.Filter:
		return "Filter"
	case *plan.Aggregate:
		if len(n.Keys) > 0 {
			return "HashAggregate"
		}
		return "Aggregate"
	case *plan.Expand:
		return fmt.Sprintf("Grouping Sets (%d)", len(n.Sets))
	case *plan.Window:
		return "WindowAgg"
	case *plan.Distinct:
		if len(n.On) > 0 {
			return "Distinct On"
		}
		return "Distinct"
	case *plan.Sort:
		if n.Limit > 0 {
			return fmt.Sprintf("Top-%d Sort", n.Limit)
		}
		return "Sort"
	case *plan.Limit, *plan.LimitBy:
		return "Limit"
	case *plan.Unroll:
		if len(n.Arrays) > 0 {
			return "Unroll unnest"
		}
		return "Unroll generate_series"
	}
	return joinTitle(node)
}

func joinTitle(node plan.Node) string {
	kindOf := func(name string, k plan.JoinKind) string {
		if k == plan.Inner {
			return name
		}
		return strings.Replace(name, "Join", k.String()+" Join", 1)
	}
	switch n := node.(type) {
	case *plan.HashJoin:
		return kindOf("Hash Join", n.Kind)
	case *plan.AsofJoin:
		return kindOf("Asof Join", n.Kind)
	case *plan.RangeJoin:
		return kindOf("Range Join", n.Kind)
	case *plan.NestedLoop:
		if n.Kind == plan.Inner {
			return "Nested Loop"
		}
		return "Nested Loop " + n.Kind.String() + " Join"
	case *plan.SetOp:
		name := [...]string{"Union", "Intersect", "Except"}[n.Kind]
		if n.All {
			return name + " All"
		}
		return name
	}
	return fmt.Sprintf("%T", node)
}

// nodeDetails are the lines below an operator.
func nodeDetails(node plan.Node) []string {
	switch n := node.(type) {
	case *plan.Scan:
		if n.Predicate != nil {
			return []string{"Filter: " + plan.Format(n.Predicate)}
		}
	case *plan.Filter:
		return []string{"Filter: " + plan.Format(n.Predicate)}
	case *plan.Aggregate:
		if len(n.Keys) > 0 {
			return []string{"Group Key: " + formatList(n.Keys)}
		}
	case *plan.Window:
		return windowDetails(n)
	case *plan.Distinct:
		if len(n.On) > 0 {
			return []string{"Key: " + formatList(n.On)}
		}
	case *plan.LimitBy:
		return []string{"Key: " + formatList(n.By)}
	case *plan.Sort:
		return []string{"Sort Key: " + formatKeys(n.Keys)}
	case *plan.HashJoin:
		out := []string{"Hash Cond: " + hashCond(n.LeftKeys, n.RightKeys)}
		if n.Residual != nil {
			out = append(out, "Join Filter: "+plan.Format(n.Residual))
		}
		return out
	case *plan.RangeJoin:
		return rangeDetails(n)
	case *plan.AsofJoin:
		cond := "(" + plan.Format(n.LeftValue) + " " + n.Op + " " + plan.Format(n.RightValue) + ")"
		if len(n.LeftKeys) == 0 {
			return []string{"Asof Cond: " + cond}
		}
		return []string{"Asof Cond: " + hashCond(n.LeftKeys, n.RightKeys) + " AND " + cond}
	case *plan.NestedLoop:
		if n.Predicate != nil {
			return []string{"Join Filter: " + plan.Format(n.Predicate)}
		}
	}
	return nil
}

func rangeDetails(n *plan.RangeJoin) []string {
	below, above := " <= ", " < "
	if n.OpenStart {
		below = " < "
	}
	if n.ClosedEnd {
		above = " <= "
	}
	point := plan.Format(n.Point)
	cond := "(" + plan.Format(n.Start) + below + point + ") AND (" + point + above + plan.Format(n.End) + ")"
	if len(n.LeftKeys) > 0 {
		cond = hashCond(n.LeftKeys, n.RightKeys) + " AND " + cond
	}
	out := []string{"Range Cond: " + cond}
	if n.Residual != nil {
		out = append(out, "Join Filter: "+plan.Format(n.Residual))
	}
	return out
}

func hashCond(left, right []expr.Expr) string {
	conds := make([]string, len(left))
	for i := range left {
		conds[i] = "(" + plan.Format(left[i]) + " = " + plan.Format(right[i]) + ")"
	}
	return strings.Join(conds, " AND ")
}

// windowDetails are the lines below a WindowAgg.
func windowDetails(n *plan.Window) []string {
	var out []string
	if len(n.Partition) > 0 {
		out = append(out, "Partition Key: "+formatList(n.Partition))
	}
	if len(n.Order) > 0 {
		out = append(out, "Sort Key: "+formatKeys(n.Order))
	}
	return out
}

func formatKeys(keys []plan.SortKey) string {
	s := make([]string, len(keys))
	for i, k := range keys {
		s[i] = plan.FormatKey(k)
	}
	return strings.Join(s, ", ")
}

func formatList(list []expr.Expr) string {
	s := make([]string, len(list))
	for i, e := range list {
		s[i] = plan.Format(e)
	}
	return strings.Join(s, ", ")
}
