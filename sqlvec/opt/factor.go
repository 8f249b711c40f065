package opt

import (
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// factor writes the conditions of a plan so that what every alternative of an OR demands
// stands beside the OR: (a AND b) OR (a AND c) is a AND (b OR c). A join condition that is
// part of every alternative becomes a key that way.
func factor(node plan.Node) {
	switch n := node.(type) {
	case *plan.Filter:
		n.Predicate = factored(n.Predicate)
	case *plan.Join:
		if n.On != nil {
			n.On = factored(n.On)
		}
	}
	for _, k := range node.Children() {
		factor(k)
	}
}

func factored(cond expr.Expr) expr.Expr {
	var out []expr.Expr
	for _, c := range plan.Conjuncts(cond) {
		if or, ok := c.(*expr.Logic); ok && or.Op == expr.Or {
			out = append(out, factorOr(or)...)
		} else {
			out = append(out, c)
		}
	}
	return plan.Conjunction(out)
}

// factorOr returns conditions that are together the same as or.
func factorOr(or *expr.Logic) []expr.Expr {
	first := plan.Conjuncts(or.Args[0])
	var common []expr.Expr
	for _, c := range first {
		if everywhere(c, or.Args[1:]) {
			common = append(common, c)
		}
	}
	if len(common) == 0 {
		return []expr.Expr{or}
	}
	rest := make([]expr.Expr, len(or.Args))
	for i, a := range or.Args {
		var parts []expr.Expr
		for _, c := range plan.Conjuncts(a) {
			if !contains(common, c) {
				parts = append(parts, c)
			}
		}
		if len(parts) == 0 {
			return common // this alternative demands no more
		}
		rest[i] = plan.Conjunction(parts)
	}
	return append(common, &expr.Logic{At: or.At, Op: expr.Or, Args: rest})
}

// everywhere reports whether each of the alternatives demands c.
func everywhere(c expr.Expr, alternatives []expr.Expr) bool {
	for _, a := range alternatives {
		if !contains(plan.Conjuncts(a), c) {
			return false
		}
	}
	return true
}

func contains(list []expr.Expr, e expr.Expr) bool {
	for _, x := range list {
		if plan.Same(x, e) {
			return true
		}
	}
	return false
}
