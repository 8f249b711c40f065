package opt

import (
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// inlineCTEs puts WITH queries in the place where they are read, when that is one
// place, or when NOT MATERIALIZED was written and the query may be read anew.
func inlineCTEs(node plan.Node) plan.Node {
	return plan.Transform(node, func(n plan.Node) plan.Node {
		s, ok := n.(*plan.CTEScan)
		if !ok || s.CTE.Always || s.CTE.Uses != 1 || s.CTE.Recursion != nil {
			return n
		}
		p := &plan.Project{Input: inlineCTEs(s.CTE.Plan), Out: s.Out}
		for _, c := range s.CTE.Plan.Columns() {
			p.Exprs = append(p.Exprs, column(c))
		}
		return p
	})
}

// ctesOf returns the WITH queries that a plan reads.
func ctesOf(node plan.Node) []*plan.CTE {
	var list []*plan.CTE
	if s, ok := node.(*plan.CTEScan); ok {
		list = append(list, s.CTE)
	}
	for _, k := range node.Children() {
		list = append(list, ctesOf(k)...)
	}
	return list
}

// substitute replaces the columns of out by the expressions that compute them.
func substitute(e expr.Expr, out []plan.Column, exprs []expr.Expr) expr.Expr {
	return expr.Rewrite(e, func(x expr.Expr) expr.Expr {
		c, ok := x.(*expr.Col)
		if !ok {
			return x
		}
		for i := range out {
			if out[i].ID == c.Index && i < len(exprs) {
				return exprs[i]
			}
		}
		return x
	})
}
