package opt

import (
	"slices"

	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// cteReads is what is read of WITH queries.
type cteReads struct {
	plans map[*plan.CTE]int             // how many plans read a query and are not looked at yet
	scans map[*plan.CTE][]*plan.CTEScan // in those that were
	used  map[*plan.CTE]map[int]bool    // the places of the columns that they use
	whole map[*plan.CTE]bool            // of these all columns are used
}

// narrowCTEs leaves out the columns of WITH queries that none of their readers uses, unless they could fail: those of a
// query that is computed once are computed for all its rows. root are the columns that node answers.
func (o *optimizer) narrowCTEs(node plan.Node, root []plan.Column) plan.Node {
	if len(o.readers) == 0 || o.generic {
		return node
	}
	o.reads = &cteReads{plans: map[*plan.CTE]int{}, scans: map[*plan.CTE][]*plan.CTEScan{}, used: map[*plan.CTE]map[int]bool{}, whole: map[*plan.CTE]bool{}}
	defer func() { o.reads = nil }()
	count := func(p plan.Node) {
		for c := range setOf(ctesOf(p)) {
			o.reads.plans[c]++
		}
	}
	count(node)
	for c := range o.readers {
		for _, p := range c.Plans() {
			count(p)
		}
	}
	node = keepColumns(o.prune(node, idsOf(root)), root)
	o.narrowReadBy(node)
	return node
}

// setOf is the set of the members of a list.
func setOf[T comparable](list []T) map[T]bool {
	set := map[T]bool{}
	for _, x := range list {
		set[x] = true
	}
	return set
}

// narrowReadBy narrows the WITH queries of which p was the last reader that was not pruned.
func (o *optimizer) narrowReadBy(p plan.Node) {
	for c := range setOf(ctesOf(p)) {
		if o.reads.plans[c]--; o.reads.plans[c] == 0 {
			o.narrow(c)
		}
	}
}

// noteRead notes which columns of a WITH query a reader uses.
func (r *cteReads) noteRead(s *plan.CTEScan, need map[int]bool) {
	if r.used[s.CTE] == nil {
		r.used[s.CTE] = map[int]bool{}
	}
	for i, c := range s.Out {
		if need[c.ID] {
			r.used[s.CTE][i] = true
		}
	}
	r.scans[s.CTE] = append(r.scans[s.CTE], s)
}

// narrow leaves out the columns of c that are not used.
func (o *optimizer) narrow(c *plan.CTE) {
	columns := c.Plan.Columns()
	if c.Recursion != nil {
		for _, p := range c.Plans() {
			for d := range setOf(ctesOf(p)) {
				o.reads.whole[d] = true
			}
			o.narrowReadBy(p)
		}
		return
	}
	var kept []int
	for i, col := range columns {
		if c.Always || o.reads.whole[c] || o.reads.used[c][i] || !droppable(c.Plan, col.ID) {
			kept = append(kept, i)
		}
	}
	if len(kept) == 0 && len(columns) > 0 {
		kept = append(kept, 0)
	}
	columns = pick(columns, kept)
	c.Plan = keepColumns(o.prune(c.Plan, idsOf(columns)), columns)
	for _, s := range o.reads.scans[c] {
		s.Out = pick(s.Out, kept)
	}
	o.narrowReadBy(c.Plan)
}

// pick returns the members of list at some places.
func pick[T any](list []T, places []int) []T {
	out := make([]T, len(places))
	for i, p := range places {
		out[i] = list[p]
	}
	return out
}

// droppable reports whether no row of n can raise an error for its column id alone.
func droppable(n plan.Node, id int) bool {
	switch n := n.(type) {
	case *plan.Scan, *plan.CTEScan, *plan.Values:
		return true
	case *plan.Filter, *plan.Sort, *plan.Limit, *plan.LimitBy, *plan.Distinct:
		return droppable(n.Children()[0], id)
	case *plan.Project:
		i := place(n.Out, id)
		return i >= 0 && allDroppable(n.Input, n.Exprs[i])
	case *plan.Aggregate:
		i := place(n.Out, id) - len(n.Keys)
		return i < 0 || len(n.Aggs[i].OrderBy) == 0 && n.Aggs[i].Filter == nil && partial(n.Aggs[i]) && n.Out[i+len(n.Keys)].Type.ID != types.Int64 &&
			!slices.ContainsFunc(n.Aggs[i].Args, func(x expr.Expr) bool { return !allDroppable(n.Input, x) })
	case *plan.SetOp:
		i := place(n.Out, id)
		return i >= 0 && droppable(n.Left, n.Left.Columns()[i].ID) && droppable(n.Right, n.Right.Columns()[i].ID)
	case *plan.Join:
		for _, side := range n.Children() {
			if place(side.Columns(), id) >= 0 {
				return droppable(side, id)
			}
		}
	}
	return false
}

// place returns which of the columns has an ID, -1 for none.
func place(columns []plan.Column, id int) int {
	return slices.IndexFunc(columns, func(c plan.Column) bool { return c.ID == id })
}

// allDroppable reports whether e, of the rows of n, and all that it reads raise no error.
func allDroppable(n plan.Node, e expr.Expr) bool {
	ok := harmless(e, true)
	expr.Columns(e, func(id int) { ok = ok && droppable(n, id) })
	return ok
}
