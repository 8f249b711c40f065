package opt

import (
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// lowered moves a scalar subquery that reads nothing of the rows it is joined to below the inner joins that make these, to
// the relation that conditions compare it with, so that they filter this one. It is nil where there is no such condition, or
// the subquery is in its place.
func lowered(n *plan.Join, preds []expr.Expr) plan.Node {
	if n.Kind != plan.Single || n.On != nil || n.Dependent {
		return nil
	}
	columns := plan.IDs(n.Right)
	var with []expr.Expr // the conditions that compare the subquery
	for _, p := range preds {
		if plan.Touches(p, columns) && plan.VolatilityOf(p) != expr.Volatile {
			with = append(with, p)
		}
	}
	place := &n.Left
	for len(with) > 0 {
		below := inputWith(*place, with, columns)
		if below == nil {
			break
		}
		place = below
	}
	if place == &n.Left {
		return nil
	}
	top := n.Left
	*place = &plan.Join{Kind: plan.Single, Left: *place, Right: n.Right}
	return top
}

// inputWith returns the input of an inner join that has all columns of conditions but those of a subquery; nil where n is another
// operator or neither has.
func inputWith(n plan.Node, conditions []expr.Expr, subquery map[int]bool) *plan.Node {
	j, ok := n.(*plan.Join)
	if !ok || j.Kind != plan.Inner || j.Dependent {
		return nil
	}
	for _, side := range []*plan.Node{&j.Left, &j.Right} {
		ids := plan.IDs(*side)
		touched, within := false, true
		for _, p := range conditions {
			expr.Columns(p, func(id int) {
				touched = touched || ids[id]
				within = within && (ids[id] || subquery[id])
			})
		}
		if touched && within {
			return side
		}
	}
	return nil
}
