package opt

import (
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// Sifting is worth it where at most siftShare of the groups are asked for, and the table that
// says which has at most siftRows times the rows that are grouped: to read a row costs far less.
const (
	siftShare = 0.25
	siftRows  = 2
)

// sift makes aggregations on the right of a join group only the rows whose key the left side
// can have: where that key is a column of a filtered table, the rows are first looked up among
// the rows of that table, read once more. The column may stand for one that is equal to it.
func (o *optimizer) sift(node plan.Node) plan.Node {
	return plan.Transform(node, func(n plan.Node) plan.Node {
		if j, ok := n.(*plan.Join); ok && !j.NullAware && !j.Dependent && asksForGroups(j.Kind) {
			for _, p := range plan.Conjuncts(j.On) {
				o.siftBy(j, p)
			}
		}
		return n
	})
}

// asksForGroups reports whether right rows without a partner are of no use to a join.
func asksForGroups(k plan.JoinKind) bool {
	switch k {
	case plan.Inner, plan.Left, plan.Semi, plan.Anti, plan.Single:
		return true
	}
	return false
}

// siftBy sifts what the right side of j groups by the condition p, if it allows.
func (o *optimizer) siftBy(j *plan.Join, p expr.Expr) {
	a, b, ok := equiKey(p, plan.IDs(j.Left), plan.IDs(j.Right))
	if !ok {
		return
	}
	asked, ok1 := a.(*expr.Col)
	grouped, ok2 := b.(*expr.Col)
	if !ok1 || !ok2 {
		return
	}
	agg, key := groupedBy(j.Right, grouped.Index)
	if agg == nil {
		return
	}
	for _, id := range append([]int{asked.Index}, equalTo(j.Left, asked)...) {
		from, at := scanOf(j.Left, id)
		if from == nil || !o.siftable(agg, from, column(from.Out[at])) {
			continue
		}
		scan := o.again(from)
		on := substitute(p, []plan.Column{{ID: asked.Index}, {ID: grouped.Index}}, []expr.Expr{column(scan.Out[at]), key})
		agg.Input = &plan.Join{Kind: plan.Semi, Left: agg.Input, Right: scan, On: on}
		return
	}
}

// equalTo returns the columns of the same type that joins below n make equal to c, or c NULL.
func equalTo(n plan.Node, c *expr.Col) []int {
	var list []int
	switch n := n.(type) {
	case *plan.Join:
		list = append(equalTo(n.Left, c), equalTo(n.Right, c)...)
		if n.Kind != plan.Inner && n.Kind != plan.Semi {
			break
		}
		for _, p := range plan.Conjuncts(n.On) {
			a, b, ok := equiKey(p, plan.IDs(n.Left), plan.IDs(n.Right))
			l, ok1 := a.(*expr.Col)
			r, ok2 := b.(*expr.Col)
			switch {
			case !ok || !ok1 || !ok2 || l.Typ != r.Typ || l.Typ != c.Typ:
			case l.Index == c.Index:
				list = append(list, r.Index)
			case r.Index == c.Index:
				list = append(list, l.Index)
			}
		}
	case *plan.Filter, *plan.Sort, *plan.Project, *plan.Distinct:
		return equalTo(n.Children()[0], c)
	}
	return list
}

// siftable reports whether the rows of from are few enough to sift what agg groups.
func (o *optimizer) siftable(agg *plan.Aggregate, from *plan.Scan, key expr.Expr) bool {
	if from.Predicate == nil || from.Spec.Versions != nil || plan.VolatilityOf(from.Predicate) == expr.Volatile {
		return false
	}
	stats, ok := o.columnOf(key)
	if !ok || stats.Distinct == 0 {
		return false
	}
	o.estimate(agg.Input)
	o.estimate(from)
	return from.Rows <= siftShare*float64(stats.Distinct) && stats.rows <= siftRows*agg.Input.Estimated().Rows
}

// groupedBy returns the aggregation below n, with nothing between that makes or joins rows,
// one of whose keys is the column id of n, and that key.
func groupedBy(n plan.Node, id int) (*plan.Aggregate, expr.Expr) {
	switch n := n.(type) {
	case *plan.Filter:
		return groupedBy(n.Input, id)
	case *plan.Project:
		for i, out := range n.Out {
			if c, ok := n.Exprs[i].(*expr.Col); ok && out.ID == id {
				return groupedBy(n.Input, c.Index)
			}
		}
	case *plan.Aggregate:
		for i, key := range n.Keys {
			if n.Out[i].ID == id && len(n.EmptySets) == 0 {
				return n, key
			}
		}
	}
	return nil, nil
}

// scanOf returns the scan below n that reads the column that n makes as id, and the column's place,
// where every value in n is one of the scan's, or NULL.
func scanOf(n plan.Node, id int) (*plan.Scan, int) {
	switch n := n.(type) {
	case *plan.Scan:
		for i, c := range n.Out {
			if c.ID == id {
				return n, i
			}
		}
		return nil, 0
	case *plan.Project:
		for i, out := range n.Out {
			if c, ok := n.Exprs[i].(*expr.Col); ok && out.ID == id {
				return scanOf(n.Input, c.Index)
			}
		}
		return nil, 0
	case *plan.Filter, *plan.Join, *plan.Sort, *plan.Limit, *plan.Distinct:
	default:
		return nil, 0
	}
	for _, k := range n.Children() {
		if s, i := scanOf(k, id); s != nil {
			return s, i
		}
	}
	return nil, 0
}

// again returns a scan of the same rows with columns of its own.
func (o *optimizer) again(s *plan.Scan) *plan.Scan {
	scan := *s
	scan.Out = o.freshAll(s.Out)
	scan.Predicate = substitute(s.Predicate, s.Out, references(scan.Out))
	return &scan
}
