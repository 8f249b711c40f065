package opt

import (
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// pushAsof moves conditions on the left side below. Those on the right side stay: they
// are about the row that was found, not about which rows there are to find.
func (o *optimizer) pushAsof(n *plan.AsofJoin, preds []expr.Expr) plan.Node {
	var below, above []expr.Expr
	l, r := plan.IDs(n.Left), plan.IDs(n.Right)
	for _, p := range preds {
		if plan.Within(p, l) && plan.VolatilityOf(p) != expr.Volatile {
			below = append(below, p)
		} else {
			above = append(above, p)
		}
		if n.Kind == plan.Left && rejects(p, r) {
			n.Kind = plan.Inner
		}
	}
	n.Left, n.Right = o.push(n.Left, below), o.push(n.Right, nil)
	return filtered(n, above)
}

// sortAsof brings keys and values into one type and sorts the right side by them.
func sortAsof(n *plan.AsofJoin) {
	s := &plan.Sort{Input: n.Right}
	for i := range n.LeftKeys {
		if l, r, ok := sameType(n.LeftKeys[i], n.RightKeys[i]); ok {
			n.LeftKeys[i], n.RightKeys[i] = l, r
		}
		s.Keys = append(s.Keys, plan.SortKey{Expr: n.RightKeys[i]})
	}
	if l, r, ok := sameType(n.LeftValue, n.RightValue); ok {
		n.LeftValue, n.RightValue = l, r
	}
	s.Keys = append(s.Keys, plan.SortKey{Expr: n.RightValue})
	n.Right = s
}

// pushAsof gives the values to the left side. A right side of every outer row's own is
// not supported.
func (d *domain) pushAsof(n *plan.AsofJoin) (plan.Node, reps) {
	if d.uses(n.Right) {
		return d.unsupported("the right side of an ASOF JOIN")
	}
	left, r := d.push(n.Left)
	for _, e := range append(append([]expr.Expr(nil), n.RightKeys...), n.RightValue) {
		if d.touches(e) {
			return d.unsupported("the condition of an ASOF JOIN")
		}
	}
	return &plan.AsofJoin{
		Kind: n.Kind, Left: left, Right: n.Right, LeftKeys: d.allAt(n.LeftKeys, r), RightKeys: n.RightKeys,
		LeftValue: d.at(n.LeftValue, r), RightValue: n.RightValue, Op: n.Op,
	}, r
}
