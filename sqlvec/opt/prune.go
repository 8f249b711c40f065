package opt

import (
	"maps"

	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// prune leaves out the columns of node that are not needed, and what only they need.
func (o *optimizer) prune(node plan.Node, need map[int]bool) plan.Node {
	switch n := node.(type) {
	case *plan.Scan:
		pruneScan(n, need)
	case *plan.Project:
		return o.pruneProject(n, need)
	case *plan.Aggregate:
		pruneAggs(n, need)
		absorb(n)
		n.Input = o.prune(n.Input, ownUses(n, nil))
	case *plan.Window:
		return o.pruneWindow(n, need)
	case *plan.Fetch:
		return o.pruneFetch(n, need)
	case *plan.Distinct:
		if len(n.On) == 0 {
			need = plan.IDs(n.Input)
		}
		n.Input = o.prune(n.Input, ownUses(n, need))
	case *plan.SetOp:
		if n.Kind == plan.Union && n.All {
			o.pruneUnion(n, need)
			break
		}
		// Rows are compared whole, and by position.
		n.Left = keepColumns(o.prune(n.Left, plan.IDs(n.Left)), n.Left.Columns())
		n.Right = keepColumns(o.prune(n.Right, plan.IDs(n.Right)), n.Right.Columns())
	case *plan.CTEScan:
		if o.reads != nil {
			o.reads.noteRead(n, need)
		}
	default:
		above := need
		need = ownUses(node, need)
		if j, ok := node.(*plan.Join); ok && j.Dependent {
			maps.Copy(need, plan.Free(j.Right))
		}
		kids := node.Children()
		for i, k := range kids {
			kids[i] = o.prune(k, need)
		}
		if len(kids) > 0 {
			plan.SetChildren(node, kids)
		}
		switch n := node.(type) {
		case *plan.HashJoin:
			n.Dead = dead(n.Columns(), above)
		case *plan.Sort:
			n.Dead = dead(n.Columns(), above)
		case *plan.Unroll:
			n.Dead = dead(n.Input.Columns(), above)
		}
	}
	return node
}

// pruneUnion leaves out the columns of UNION ALL that nobody reads.
func (o *optimizer) pruneUnion(n *plan.SetOp, need map[int]bool) {
	var kept []int
	for i, c := range n.Out {
		if need[c.ID] {
			kept = append(kept, i)
		}
	}
	if len(kept) == 0 && len(n.Out) > 0 {
		kept = append(kept, 0)
	}
	n.Out = pick(n.Out, kept)
	for _, side := range []*plan.Node{&n.Left, &n.Right} {
		columns := pick((*side).Columns(), kept)
		*side = keepColumns(o.prune(*side, idsOf(columns)), columns)
	}
}

// dead says which columns are not needed, nil where all are.
func dead(cols []plan.Column, need map[int]bool) []bool {
	list, some := make([]bool, len(cols)), false
	for i, c := range cols {
		list[i] = !need[c.ID]
		some = some || list[i]
	}
	if !some {
		return nil
	}
	return list
}

// ownUses is need with what the operator's own expressions use.
func ownUses(n plan.Node, need map[int]bool) map[int]bool {
	set := maps.Clone(need)
	if set == nil {
		set = map[int]bool{}
	}
	plan.Used(n, func(id int) { set[id] = true })
	return set
}

func pruneScan(n *plan.Scan, need map[int]bool) {
	need = ownUses(n, need)
	var ids []uint32
	var out []plan.Column
	for i, c := range n.Out {
		if need[c.ID] {
			ids, out = append(ids, n.Spec.Columns[i]), append(out, c)
		}
	}
	n.Spec.Columns, n.Out = ids, out
}

func pruneAggs(n *plan.Aggregate, need map[int]bool) {
	keys := len(n.Keys)
	out, aggs := n.Out[:keys:keys], []plan.AggCall(nil)
	for i, a := range n.Aggs {
		if need[n.Out[keys+i].ID] {
			out, aggs = append(out, n.Out[keys+i]), append(aggs, a)
		}
	}
	n.Out, n.Aggs = out, aggs
}

// pruneWindow drops calls that nobody reads, and the window when none is left.
func (o *optimizer) pruneWindow(n *plan.Window, need map[int]bool) plan.Node {
	var calls []plan.WindowCall
	var out []plan.Column
	for i, c := range n.Out {
		if need[c.ID] {
			calls, out = append(calls, n.Calls[i]), append(out, c)
		}
	}
	if len(calls) == 0 {
		return o.prune(n.Input, need)
	}
	n.Calls, n.Out = calls, out
	n.Input = o.prune(n.Input, ownUses(n, need))
	n.Dead = dead(n.Input.Columns(), need)
	return n
}

// pruneFetch drops columns that nobody reads, and the operator when none is left. Its input need not
// have the columns that it reads.
func (o *optimizer) pruneFetch(n *plan.Fetch, need map[int]bool) plan.Node {
	below := maps.Clone(need)
	var ids []uint32
	var made []plan.Column
	for i, c := range n.Made {
		if need[c.ID] {
			ids, made = append(ids, n.Stored[i]), append(made, c)
			delete(below, c.ID)
		}
	}
	if len(made) == 0 {
		return o.prune(n.Input, need)
	}
	n.Stored, n.Made = ids, made
	n.Input = o.prune(n.Input, ownUses(n, below))
	return n
}

// pruneProject drops outputs, and the projection itself when it changes nothing.
func (o *optimizer) pruneProject(n *plan.Project, need map[int]bool) plan.Node {
	p := &plan.Project{}
	used := map[int]bool{}
	for i, c := range n.Out {
		if need[c.ID] {
			p.Exprs, p.Out = append(p.Exprs, n.Exprs[i]), append(p.Out, c)
			expr.Columns(n.Exprs[i], func(id int) { used[id] = true })
		}
	}
	if inner, ok := n.Input.(*plan.Project); ok && single(plan.Exprs(p), inner) {
		for i, e := range p.Exprs {
			p.Exprs[i] = substitute(e, inner.Out, inner.Exprs)
		}
		p.Input = inner.Input
		return o.pruneProject(p, need)
	}
	p.Input = o.prune(n.Input, used)
	if identity(p) {
		return p.Input
	}
	return p
}

// single reports whether expressions use each output of a projection at most once, or for nothing, and
// none that is volatile.
func single(exprs []*expr.Expr, inner *plan.Project) bool {
	uses := map[int]int{}
	for _, e := range exprs {
		expr.Columns(*e, func(id int) { uses[id]++ })
	}
	for i, c := range inner.Out {
		switch inner.Exprs[i].(type) {
		case *expr.Col, *expr.Const:
			continue
		}
		if uses[c.ID] > 1 || plan.VolatilityOf(inner.Exprs[i]) == expr.Volatile {
			return false
		}
	}
	return true
}

// absorb lets an aggregation compute itself what a projection below it does, so that no result is made
// in the form in which operators hand values on.
func absorb(n *plan.Aggregate) {
	for {
		inner, ok := n.Input.(*plan.Project)
		if !ok || !single(plan.Exprs(n), inner) {
			return
		}
		for _, e := range plan.Exprs(n) {
			*e = substitute(*e, inner.Out, inner.Exprs)
		}
		n.Input = inner.Input
	}
}

func identity(p *plan.Project) bool {
	in := p.Input.Columns()
	if len(in) != len(p.Out) {
		return false
	}
	for i, e := range p.Exprs {
		c, ok := e.(*expr.Col)
		if !ok || c.Index != p.Out[i].ID || in[i].ID != c.Index {
			return false
		}
	}
	return true
}
