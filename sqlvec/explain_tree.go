package sqlvec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"driftdb/colstore"
	"driftdb/sqlvec/exec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// explainer makes the tree of a plan, and prints it.
type explainer struct {
	opts                explainOptions
	stats               *exec.Stats // nil when the plan did not run
	plans               []plan.Node // what a writing statement ran
	planning, execution time.Duration
	seen                map[*plan.CTE]bool
	schemaOf            func(*plan.Scan) string // the schema that VERBOSE names, "" for none
	// target is the schema and the name of the table that a statement writes to.
	target func(parse.Name) (schema, table string)
}

// explainedNode is one operator as EXPLAIN prints it.
type explainedNode struct {
	title    string         // of the text form
	kind     string         // "Node Type" of JSON
	fields   []explainField // what belongs to the title: JSON only
	estimate *plan.Estimate // nil: none
	ran      bool           // rows and nanos say what happened
	rows     int64
	nanos    int64
	details  []explainField
	cte      string // the name of the CTE that this subtree computes
	children []*explainedNode
}

// explainField is one property: a string, an integer or a list of strings.
type explainField struct {
	name  string
	value any
}

// tree explains an operator and what is below.
func (x *explainer) tree(node plan.Node) *explainedNode {
	title := nodeTitle(node)
	out := &explainedNode{title: title, kind: title, estimate: node.Estimated(), details: nodeDetails(node)}
	if s, ok := node.(*plan.Scan); ok {
		out.kind = "Seq Scan"
		out.fields = []explainField{{"Relation Name", s.Table.Name}, {"Alias", s.Alias}}
		if schema := x.schemaOf(s); x.opts.verbose && schema != "" {
			out.title = strings.Replace(title, " on "+s.Table.Name, " on "+quoted(schema)+"."+quoted(s.Table.Name), 1)
			out.fields = slices.Insert(out.fields, 1, explainField{"Schema", schema})
		}
		if x, ok := orderOf(s); ok {
			direction := "Forward"
			if s.Spec.Order.Desc {
				direction = "Backward"
			}
			out.kind = "Index Scan"
			out.fields = append(out.fields, explainField{"Scan Direction", direction}, explainField{"Index Name", x.Name})
		}
		if s.Point != "" {
			out.fields = append(out.fields, explainField{"System Time", s.Point})
		}
	}
	if x.opts.verbose {
		out.details = append([]explainField{{"Output", nodeOutput(node)}}, out.details...)
	}
	if x.stats != nil {
		if st := x.stats.Of(node); st != nil {
			out.ran, out.rows, out.nanos = true, st.Rows, st.Nanos
			out.details = append(out.details, ranDetails(node, st)...)
		}
	}
	if s, ok := node.(*plan.CTEScan); ok && !x.seen[s.CTE] {
		if x.seen == nil {
			x.seen = map[*plan.CTE]bool{}
		}
		x.seen[s.CTE] = true
		for _, p := range s.CTE.Plans() {
			k := x.tree(p)
			k.cte = s.CTE.Name
			out.children = append(out.children, k)
		}
	}
	for _, k := range node.Children() {
		out.children = append(out.children, x.tree(k))
	}
	return out
}

// change explains a statement that writes: the operator that writes, above the query of
// what it writes. ran is nil where it did not run.
func (x *explainer) change(st parse.Stmt, node plan.Node, ran *exec.OpStats) *explainedNode {
	var out explainedNode
	var op, alias string
	var target parse.Name
	switch st := st.(type) {
	case *parse.Insert:
		op, target, alias = "Insert", st.Table, st.Alias
		if st.OnConflict != nil {
			action := "NOTHING"
			if len(st.OnConflict.Set) > 0 || st.OnConflict.Replace {
				action = "UPDATE"
			}
			out.details = []explainField{{"Conflict Resolution", action}}
		}
	case *parse.Update:
		op, target, alias = "Update", st.Table.Name, aliasOf(st.Table)
	case *parse.Delete:
		op, target, alias = "Delete", st.Table.Name, aliasOf(st.Table)
	case *parse.Merge:
		op, target, alias = "Merge", st.Table.Name, aliasOf(st.Table)
	case *parse.CreateTable:
		return x.tree(node)
	}
	schema, table := x.target(target)
	out.title = op + " on " + quoted(table)
	out.kind = "ModifyTable"
	out.fields = []explainField{{"Operation", op}, {"Relation Name", table}}
	if x.opts.verbose && schema != "" {
		out.title = op + " on " + quoted(schema) + "." + quoted(table)
		out.fields = append(out.fields, explainField{"Schema", schema})
	}
	if alias != "" && alias != table && alias != target.Last() {
		out.title += " " + quoted(alias)
	}
	if node != nil {
		e := *node.Estimated()
		e.Rows, e.Width = 0, 0
		out.estimate = &e
		out.children = []*explainedNode{x.tree(node)}
	}
	if ran != nil {
		out.ran, out.rows, out.nanos = true, ran.Rows, ran.Nanos
	}
	return &out
}

// ranDetails says what an operator that ran has read.
func ranDetails(node plan.Node, st *exec.OpStats) []explainField {
	s, ok := node.(*plan.Scan)
	if !ok {
		if st.SpilledBytes == 0 {
			return nil
		}
		return []explainField{{"Temporary Files", spilledText(st)}}
	}
	out := []explainField{{"Row Groups", fmt.Sprintf("%d of %d read", st.GroupsRead, st.Groups)}}
	if st.Removed > 0 {
		out = append(out, explainField{"Rows Removed by Join Keys", strconv.FormatInt(st.Removed, 10)})
	}
	if e := st.Scan; e != nil {
		if s.Point != "" {
			out = append(out, explainField{"Point", fmt.Sprintf("@TX:%d @SEQ:%d", e.Point.CSN, e.Point.Seq)},
				explainField{"Snapshot", fmt.Sprintf("@SEQ:%d, events replayed: %d", e.Snapshot, e.EventsReplayed)})
		}
		if e.Index != "" {
			out = append(out, explainField{"Index", e.Index})
		}
	}
	return out
}

// spilledText says what an operator wrote to temporary files.
func spilledText(st *exec.OpStats) string {
	size := fmt.Sprintf("%d kB", (st.SpilledBytes+1023)/1024)
	n, unit := st.SpilledParts, "partition"
	if st.SpilledRuns > 0 {
		n, unit = st.SpilledRuns, "run"
	}
	switch n {
	case 0:
		return size
	case 1:
		return size + " in 1 " + unit
	}
	return fmt.Sprintf("%s in %d %ss", size, n, unit)
}

// nodeOutput names what an operator hands on.
func nodeOutput(node plan.Node) []string {
	out := outputs(node)
	for i, text := range out {
		out[i] = strings.ReplaceAll(text, colstore.KeyPrefix, "")
	}
	return out
}

func outputs(node plan.Node) []string {
	switch n := node.(type) {
	case *plan.Project:
		return formatAll(n.Exprs)
	case *plan.Aggregate:
		out := formatAll(n.Keys)
		for i := range n.Aggs {
			out = append(out, plan.FormatAggregate(&n.Aggs[i]))
		}
		return out
	}
	out := []string{}
	for _, c := range node.Columns() {
		out = append(out, c.Name)
	}
	return out
}

// orderOf returns the index in whose order a scan reads; ok is false for none.
func orderOf(s *plan.Scan) (x colstore.Index, ok bool) {
	if s.Spec.Order == nil {
		return x, false
	}
	list := s.Table.Keys()
	i := slices.IndexFunc(list, func(x colstore.Index) bool { return x.ID == s.Spec.Order.Index })
	if i < 0 {
		return x, false
	}
	return list[i], true
}

// scanName is the name of a table and, where it is another, that by which the statement calls it.
func scanName(t *colstore.Table, alias string) string {
	if alias == t.Name {
		return t.Name
	}
	return t.Name + " " + alias
}

func nodeTitle(node plan.Node) string {
	switch n := node.(type) {
	case *plan.Scan:
		title := "Seq Scan on "
		if x, ok := orderOf(n); ok {
			backward := ""
			if n.Spec.Order.Desc {
				backward = "Backward "
			}
			title = "Index Scan " + backward + "using " + x.Name + " on "
		}
		title += scanName(n.Table, n.Alias)
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
	case *plan.LockRows:
		return "LockRows"
	case *plan.Fetch:
		return "Fetch from " + scanName(n.Table, n.Alias)
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

// nodeDetails are what there is to say of an operator.
func nodeDetails(node plan.Node) []explainField {
	switch n := node.(type) {
	case *plan.Scan:
		if n.Predicate != nil {
			return []explainField{{"Filter", plan.Format(n.Predicate)}}
		}
	case *plan.Filter:
		return []explainField{{"Filter", plan.Format(n.Predicate)}}
	case *plan.Aggregate:
		if len(n.Keys) > 0 {
			return []explainField{{"Group Key", formatAll(n.Keys)}}
		}
	case *plan.Window:
		return windowDetails(n)
	case *plan.Distinct:
		if len(n.On) > 0 {
			return []explainField{{"Key", formatAll(n.On)}}
		}
	case *plan.LimitBy:
		return []explainField{{"Key", formatAll(n.By)}}
	case *plan.Sort:
		return []explainField{{"Sort Key", formatKeys(n.Keys)}}
	case *plan.Fetch:
		names := make([]string, len(n.Made))
		for i, c := range n.Made {
			names[i] = c.Name
		}
		return []explainField{{"Columns", strings.Join(names, ", ")}}
	case *plan.HashJoin:
		out := []explainField{{"Hash Cond", hashCond(n.LeftKeys, n.RightKeys)}}
		if n.Residual != nil {
			out = append(out, explainField{"Join Filter", plan.Format(n.Residual)})
		}
		return out
	case *plan.RangeJoin:
		return rangeDetails(n)
	case *plan.AsofJoin:
		cond := "(" + plan.Format(n.LeftValue) + " " + n.Op + " " + plan.Format(n.RightValue) + ")"
		if len(n.LeftKeys) == 0 {
			return []explainField{{"Asof Cond", cond}}
		}
		return []explainField{{"Asof Cond", hashCond(n.LeftKeys, n.RightKeys) + " AND " + cond}}
	case *plan.NestedLoop:
		if n.Predicate != nil {
			return []explainField{{"Join Filter", plan.Format(n.Predicate)}}
		}
	}
	return nil
}

func rangeDetails(n *plan.RangeJoin) []explainField {
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
	out := []explainField{{"Range Cond", cond}}
	if n.Residual != nil {
		out = append(out, explainField{"Join Filter", plan.Format(n.Residual)})
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
func windowDetails(n *plan.Window) []explainField {
	var out []explainField
	if len(n.Partition) > 0 {
		out = append(out, explainField{"Partition Key", formatAll(n.Partition)})
	}
	if len(n.Order) > 0 {
		out = append(out, explainField{"Sort Key", formatKeys(n.Order)})
	}
	if n.Leading > 0 {
		out = append(out, explainField{"Leading Rows", n.Leading})
	}
	return out
}

func formatKeys(keys []plan.SortKey) []string {
	s := make([]string, len(keys))
	for i, k := range keys {
		s[i] = plan.FormatKey(k)
	}
	return s
}

func formatAll(list []expr.Expr) []string {
	s := make([]string, len(list))
	for i, e := range list {
		s[i] = plan.Format(e)
	}
	return s
}
