package opt

import (
	"math"

	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// selective is the share of rows below which a semi join comes before any other join.
const selective = 0.1

// sink moves semi and anti joins below the inner joins on their left, to the relation whose
// columns they look at, where that costs no more rows to look at or leaves few of them.
func (o *optimizer) sink(node plan.Node) plan.Node {
	return plan.Transform(node, func(n plan.Node) plan.Node {
		j, ok := n.(*plan.Join)
		if !ok || j.On == nil || j.Kind != plan.Semi && j.Kind != plan.Anti || plan.VolatilityOf(j.On) == expr.Volatile {
			return n
		}
		o.estimate(j)
		return o.sinkJoin(j)
	})
}

// sinkJoin returns j, or the join on its left with j below.
func (o *optimizer) sinkJoin(j *plan.Join) plan.Node {
	top, ok := j.Left.(*plan.Join)
	if !ok || top.Kind != plan.Inner {
		return j
	}
	right := plan.IDs(j.Right)
	for _, side := range []*plan.Node{&top.Left, &top.Right} {
		both := plan.IDs(*side)
		if !plan.Touches(j.On, both) {
			continue
		}
		for id := range right {
			both[id] = true
		}
		if !plan.Within(j.On, both) || !o.worthSinking(j, *side) {
			return j
		}
		j.Left = *side
		*side = o.sinkJoin(j)
		return top
	}
	return j
}

// worthSinking reports whether j should be moved to the input to of the join on its left.
func (o *optimizer) worthSinking(j *plan.Join, to plan.Node) bool {
	if to.Estimated().Rows <= j.Left.Estimated().Rows {
		return true
	}
	if j.Kind == plan.Anti {
		return false
	}
	l, r := plan.IDs(j.Left), plan.IDs(j.Right)
	for _, p := range plan.Conjuncts(j.On) {
		a, _, ok := equiKey(p, l, r)
		if s, known := o.columnOf(a); ok && known && j.Right.Estimated().Rows <= selective*math.Max(1, float64(s.Distinct)) {
			return true
		}
	}
	return false
}
