package opt

import (
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
