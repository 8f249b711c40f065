package opt

import (
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// distinctFirst makes two aggregations of one whose calls are all DISTINCT over the same argument:
// the lower one groups by the argument, too, and the upper one has no need of DISTINCT. So no row
// is looked up among the groups, only what is distinct of them.
func (o *optimizer) distinctFirst(node plan.Node) plan.Node {
	return plan.Transform(node, func(n plan.Node) plan.Node {
		a, ok := n.(*plan.Aggregate)
		if !ok || len(a.Keys) == 0 || len(a.EmptySets) > 0 {
			return n
		}
		arg := distinctArgument(a.Aggs)
		if arg == nil {
			return n
		}
		return o.overDistinct(a, arg)
	})
}

// distinctArgument returns the argument of calls that are DISTINCT over one, beside values that groups
// keep; nil where they are not such.
func distinctArgument(calls []plan.AggCall) (arg expr.Expr) {
	for _, c := range calls {
		switch {
		case c.Agg.IsKept() && c.Filter == nil:
			continue
		case !c.Distinct || len(c.Args) != 1 || c.Filter != nil || len(c.OrderBy) > 0 || c.Agg.Ordered:
			return nil
		case arg != nil && !plan.Same(arg, c.Args[0]), plan.VolatilityOf(c.Args[0]) == expr.Volatile:
			return nil
		}
		arg = c.Args[0]
	}
	return arg
}

// overDistinct returns a over an aggregation that groups by arg, too.
func (o *optimizer) overDistinct(a *plan.Aggregate, arg expr.Expr) plan.Node {
	below := &plan.Aggregate{Input: a.Input}
	above := &plan.Aggregate{Input: below, Out: a.Out}
	made := func(e expr.Expr, c plan.Column) expr.Expr {
		c.ID, c.Type = 0, e.Type()
		if col, ok := e.(*expr.Col); ok {
			c.ID = col.Index
		}
		c = o.fresh(c)
		below.Out = append(below.Out, c)
		return column(c)
	}
	for i, k := range a.Keys {
		below.Keys = append(below.Keys, k)
		above.Keys = append(above.Keys, made(k, a.Out[i]))
	}
	below.Keys = append(below.Keys, arg)
	value := made(arg, plan.Column{Name: "value"})
	for i, c := range a.Aggs {
		if c.Agg.IsKept() {
			below.Aggs = append(below.Aggs, c)
			c.Args = []expr.Expr{made(c.Args[0], a.Out[len(a.Keys)+i])}
		} else {
			c.Args, c.Distinct = []expr.Expr{value}, false
		}
		above.Aggs = append(above.Aggs, c)
	}
	return above
}
