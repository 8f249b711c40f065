package opt

import (
	"slices"

	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// rollUpShare is the share of the rows for all sets that two aggregations may look at.
const rollUpShare = 0.8

// rollUp makes two aggregations of one by grouping sets, where statistics say that both look at fewer rows: the lower one
// makes groups by all keys, and the upper one puts them together for every set. So no row is repeated, only what was
// made of many.
func (o *optimizer) rollUp(node plan.Node) plan.Node {
	return plan.Transform(node, func(n plan.Node) plan.Node {
		a, ok := n.(*plan.Aggregate)
		if !ok {
			return n
		}
		sets, ok := a.Input.(*plan.Expand)
		if !ok || len(a.Keys) != len(sets.Out) || !togetherable(a, sets) {
			return n
		}
		o.estimate(sets.Input)
		rows, times := sets.Input.Estimated().Rows, float64(len(sets.Sets))
		if rows+times*met(o.groups(sets.Keys, rows), rows) > rollUpShare*times*rows {
			return n
		}
		r := &rolledUp{o: o, below: &plan.Aggregate{Input: sets.Input, Keys: sets.Keys}}
		o.loose(r.below)
		return r.over(a, sets)
	})
}

// togetherable reports whether the groups of a can be put together of smaller ones.
func togetherable(a *plan.Aggregate, sets *plan.Expand) bool {
	for i, k := range a.Keys {
		if c, ok := k.(*expr.Col); !ok || c.Index != sets.Out[i].ID {
			return false
		}
	}
	made := idsOf(sets.Out)
	for _, call := range a.Aggs {
		if !partial(call) {
			return false
		}
		for _, x := range append(slices.Clone(call.Args), call.Filter) {
			if x == nil {
				continue
			}
			reads := false
			expr.Columns(x, func(id int) { reads = reads || made[id] })
			if reads || plan.VolatilityOf(x) == expr.Volatile {
				return false
			}
		}
	}
	return true
}

// partial reports whether the result of a call over all rows follows from its results over parts of them.
func partial(c plan.AggCall) bool {
	if c.Distinct || len(c.OrderBy) > 0 || c.Agg.OrderedSet {
		return false
	}
	switch c.Agg.Name {
	case "count", "min", "max", "bool_and", "bool_or", "every", "bit_and", "bit_or", "bit_xor":
		return len(c.Args) <= 1
	case "sum", "avg":
		t := c.Args[0].Type()
		return len(c.Args) == 1 && (exactNumber(t) || t.ID == types.Float64)
	}
	return false
}

// rolledUp is one such pair of aggregations in the making.
type rolledUp struct {
	o     *optimizer
	below *plan.Aggregate
}

// over returns a plan for a, whose input are sets.
func (r *rolledUp) over(a *plan.Aggregate, sets *plan.Expand) plan.Node {
	repeated := &plan.Expand{Input: r.below, Sets: sets.Sets, Out: sets.Out}
	for i, k := range sets.Keys {
		c := plan.Column{Name: sets.Out[i].Name, Type: k.Type()}
		if col, ok := k.(*expr.Col); ok {
			c.ID = col.Index
		}
		c = r.o.fresh(c)
		r.below.Out = append(r.below.Out, c)
		repeated.Keys = append(repeated.Keys, column(c))
	}
	above, p := withoutCalls(a)
	above.Input = repeated
	for i, call := range a.Aggs {
		e, err := r.whole(above, call, len(a.EmptySets) > 0)
		if err != nil {
			r.o.fail(err)
			return a
		}
		p.Exprs = append(p.Exprs, relabeled(e, a.Out[len(a.Keys)+i].Type))
	}
	if r.o.err != nil {
		return a
	}
	return p
}

// whole adds to above what puts a call together, and returns its result. empty says that there are groups
// without rows.
func (r *rolledUp) whole(above *plan.Aggregate, call plan.AggCall, empty bool) (expr.Expr, error) {
	switch call.Agg.Name {
	case "count":
		return r.count(above, r.part("count", call), empty), nil
	case "avg":
		sum, count := r.together(above, "sum", r.part("sum", call)), r.count(above, r.part("count", call), false)
		if call.Args[0].Type().ID == types.Float64 {
			return expr.NewOp(0, "/", sum, relabeled(count, types.T(types.Float64)))
		}
		return expr.NewOp(0, "/", numeric(sum), numeric(count))
	}
	return r.together(above, call.Agg.Name, r.part(call.Agg.Name, call)), nil
}

// part adds a call to those below, with the arguments and the filter of call, and returns its column.
func (r *rolledUp) part(name string, call plan.AggCall) expr.Expr {
	var args []types.Type
	for _, x := range call.Args {
		args = append(args, x.Type())
	}
	for i, c := range r.below.Aggs {
		if c.Agg.Name == name && slices.EqualFunc(c.Args, call.Args, plan.Same) && sameFilter(c.Filter, call.Filter) {
			return column(r.below.Out[len(r.below.Keys)+i])
		}
	}
	g, _, err := expr.ResolveAggregate(name, args)
	if err != nil {
		r.o.fail(err)
		return call.Args[0]
	}
	out := r.o.fresh(plan.Column{Name: name, Type: g.ReturnType(args)})
	r.below.Aggs = append(r.below.Aggs, plan.AggCall{Agg: g, Args: slices.Clone(call.Args), Filter: call.Filter})
	r.below.Out = append(r.below.Out, out)
	return column(out)
}

// sameFilter reports whether two calls take the same rows.
func sameFilter(a, b expr.Expr) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return plan.Same(a, b)
}

// together adds an aggregate of the parts to above, unless it is there, and returns its column.
func (r *rolledUp) together(above *plan.Aggregate, name string, part expr.Expr) expr.Expr {
	for i, c := range above.Aggs {
		if c.Agg.Name == name && plan.Same(c.Args[0], part) {
			return column(above.Out[len(above.Keys)+i])
		}
	}
	args := []types.Type{part.Type()}
	g, _, err := expr.ResolveAggregate(name, args)
	if err != nil {
		r.o.fail(err)
		return part
	}
	out := r.o.fresh(plan.Column{Name: name, Type: g.ReturnType(args)})
	above.Aggs, above.Out = append(above.Aggs, plan.AggCall{Agg: g, Args: []expr.Expr{part}}), append(above.Out, out)
	return column(out)
}

// count returns the sum of counts, which is a count: 0 where there are no parts, if empty asks for that.
func (r *rolledUp) count(above *plan.Aggregate, part expr.Expr, empty bool) expr.Expr {
	n := relabeled(r.together(above, "sum", part), types.T(types.Int64))
	if !empty {
		return n
	}
	return coalesced(n, 0)
}

// coalesced is e, or n where e is NULL.
func coalesced(e expr.Expr, n int64) expr.Expr {
	return &expr.Coalesce{Args: []expr.Expr{e, &expr.Const{Value: types.IntValue(types.T(types.Int64), n)}}, Typ: types.T(types.Int64)}
}
