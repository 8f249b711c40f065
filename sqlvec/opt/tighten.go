package opt

import (
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// tightenInputs makes inner joins of outer ones in the inputs of a join from which it takes no row that was filled up with NULLs:
// its condition is not true of such a row.
func tightenInputs(n *plan.Join) {
	on := plan.Conjuncts(n.On)
	if len(on) == 0 {
		return
	}
	switch n.Kind {
	case plan.Inner, plan.Semi:
		tighten(n.Left, on)
		tighten(n.Right, on)
	case plan.Left, plan.Anti:
		if !n.NullAware {
			tighten(n.Right, on)
		}
	}
}

// tighten makes inner joins of outer ones in n, of whose rows only those are wanted of which conditions are true.
func tighten(n plan.Node, conditions []expr.Expr) {
	switch n := n.(type) {
	case *plan.Filter:
		tighten(n.Input, conditions)
	case *plan.Project:
		below := make([]expr.Expr, len(conditions))
		for i, p := range conditions {
			below[i] = substitute(p, n.Out, n.Exprs)
		}
		tighten(n.Input, below)
	case *plan.Join:
		if n.Kind == plan.Right {
			n.Kind, n.Left, n.Right = plan.Left, n.Right, n.Left
		}
		rejectNulls(n, conditions)
		switch n.Kind {
		case plan.Inner:
			tighten(n.Left, conditions)
			tighten(n.Right, conditions)
		case plan.Left, plan.Semi, plan.Anti, plan.Mark, plan.Single:
			tighten(n.Left, conditions)
		}
	}
}
