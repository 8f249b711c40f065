package opt

import (
	"maps"

	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// order puts chains of inner joins into a cheap order.
func (o *optimizer) order(node plan.Node) plan.Node {
	j, ok := node.(*plan.Join)
	if !ok || j.Kind != plan.Inner {
		kids := node.Children()
		for i, k := range kids {
			kids[i] = o.order(k)
		}
		if len(kids) > 0 {
			plan.SetChildren(node, kids)
		}
		return node
	}
	var rels []plan.Node
	var preds []expr.Expr
	o.flatten(j, &rels, &preds)
	equal, preds := equalitiesOf(rels, preds)
	if len(rels) > mostOrdered {
		return o.greedy(rels, preds, equal)
	}
	return o.ordered(rels, preds, equal)
}

// flatten takes a chain of inner joins apart. Filters between them join the conditions.
func (o *optimizer) flatten(node plan.Node, rels *[]plan.Node, preds *[]expr.Expr) {
	switch n := node.(type) {
	case *plan.Join:
		if n.Kind == plan.Inner {
			*preds = append(*preds, plan.Conjuncts(n.On)...)
			o.flatten(n.Left, rels, preds)
			o.flatten(n.Right, rels, preds)
			return
		}
	case *plan.Filter:
		if j, ok := n.Input.(*plan.Join); ok && j.Kind == plan.Inner && plan.VolatilityOf(n.Predicate) != expr.Volatile {
			*preds = append(*preds, plan.Conjuncts(n.Predicate)...)
			o.flatten(j, rels, preds)
			return
		}
	}
	node = o.order(node)
	o.estimate(node)
	*rels = append(*rels, node)
}

// greedy joins, again and again, the two relations with the smallest result; a pair
// without a condition comes last.
func (o *optimizer) greedy(rels []plan.Node, preds []expr.Expr, equal equalities) plan.Node {
	for len(rels) > 1 {
		best, bi, bj := plan.Node(nil), 0, 0
		bestRows, bestLinked := 0.0, false
		for i := range rels {
			for j := i + 1; j < len(rels); j++ {
				cand, linked := o.joined(rels[i], rels[j], preds, equal)
				rows := cand.Estimated().Rows
				if best == nil || linked && !bestLinked || linked == bestLinked && rows < bestRows {
					best, bi, bj, bestRows, bestLinked = cand, i, j, rows, linked
				}
			}
		}
		preds = without(preds, best.(*plan.Join).On)
		rels[bi] = best
		rels = append(rels[:bj], rels[bj+1:]...)
	}
	return filtered(rels[0], preds)
}

// joined is the join of two relations on the conditions that both together can answer.
// The smaller one is on the right, where it is hashed.
func (o *optimizer) joined(l, r plan.Node, preds []expr.Expr, equal equalities) (n *plan.Join, linked bool) {
	if l.Estimated().Rows < r.Estimated().Rows {
		l, r = r, l
	}
	both, right := plan.IDs(l), plan.IDs(r)
	on := equal.between(func(id int) bool { return both[id] }, func(id int) bool { return right[id] })
	maps.Copy(both, right)
	for _, p := range preds {
		if plan.Within(p, both) {
			on = append(on, p)
		}
	}
	n = &plan.Join{Kind: plan.Inner, Left: l, Right: r, On: plan.Conjunction(on)}
	n.Estimate = o.joinEstimate(n.Kind, l, r, on)
	return n, len(on) > 0
}

// without removes the parts of on from preds.
func without(preds []expr.Expr, on expr.Expr) []expr.Expr {
	used := map[expr.Expr]bool{}
	for _, p := range plan.Conjuncts(on) {
		used[p] = true
	}
	var rest []expr.Expr
	for _, p := range preds {
		if !used[p] {
			rest = append(rest, p)
		}
	}
	return rest
}
