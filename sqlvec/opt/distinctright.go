package opt

import (
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// repeatedShare is how many rows must have the same keys, in the mean, for the right rows of a join that only asks
// whether there is one to be made distinct before they are laid out.
const repeatedShare = 4

// repeats reports whether rows have each combination of several keys often. One key is left alone: where it is an
// integer, the table of the join is a set of its values.
func (o *optimizer) repeats(keys []expr.Expr, n plan.Node) bool {
	if len(keys) < 2 {
		return false
	}
	o.estimate(n)
	rows := n.Estimated().Rows
	return rows >= fewWindowRows && o.groups(keys, rows) <= rows/repeatedShare
}

// distinctRight makes the right rows of INTERSECT and EXCEPT distinct where most of them are repeated.
func (o *optimizer) distinctRight(n *plan.SetOp) {
	if n.All || n.Kind == plan.Union {
		return
	}
	var keys []expr.Expr
	for _, c := range n.Right.Columns() {
		keys = append(keys, column(c))
	}
	if o.repeats(keys, n.Right) {
		n.Right = &plan.Distinct{Input: n.Right}
	}
}

// distinctKeys makes groups of the right rows of a join that only asks whether there is one with the keys of the
// left row, where most of them are repeated.
func (o *optimizer) distinctKeys(h *plan.HashJoin) {
	if h.Kind != plan.Semi && h.Kind != plan.Anti || h.Residual != nil || h.Compared || !o.repeats(h.RightKeys, h.Right) {
		return
	}
	groups := &plan.Aggregate{Input: h.Right, Keys: h.RightKeys}
	h.RightKeys = nil
	for _, k := range groups.Keys {
		c := plan.Column{Name: "key", Type: k.Type()}
		if x, ok := k.(*expr.Col); ok {
			c.Name = x.Name
		}
		c = o.fresh(c)
		groups.Out, h.RightKeys = append(groups.Out, c), append(h.RightKeys, column(c))
	}
	h.Right = groups
	o.estimate(groups)
}
