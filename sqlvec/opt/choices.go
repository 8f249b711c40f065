package opt

import (
	"slices"

	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// Sums of choices are made of sums of what is chosen where there are at least leastChoices of them, the columns that
// decide have at most fewChoices combinations, and the rows are choiceShare times the groups by these and the keys.
const (
	leastChoices = 3
	fewChoices   = 100
	choiceShare  = 16
)

// choices groups by the columns that the conditions of several CASE look at, too, where these have few values:
// sum(CASE WHEN day = 'Sunday' THEN price END), and the same for six more days, becomes one sum of price for each day, of
// which the CASE are computed, and summed, for a few groups, not for every row.
func (o *optimizer) choices(node plan.Node) plan.Node {
	return plan.Transform(node, func(n plan.Node) plan.Node {
		a, ok := n.(*plan.Aggregate)
		if !ok || len(a.EmptySets) > 0 || len(a.Aggs) < leastChoices || slices.ContainsFunc(plan.Exprs(a), volatile) {
			return n
		}
		c := &choiceSums{rolledUp: rolledUp{o: o}, a: a}
		if !c.fits() {
			return n
		}
		o.estimate(a.Input)
		rows := a.Input.Estimated().Rows
		if o.groups(c.deciding, rows) > fewChoices || o.groups(slices.Concat(a.Keys, c.deciding), rows) > rows/choiceShare {
			return n
		}
		return c.plan()
	})
}

// choiceSums is one such rewrite in the making.
type choiceSums struct {
	rolledUp
	a        *plan.Aggregate
	deciding []expr.Expr // the columns that conditions look at and that are no keys
	above    *plan.Aggregate
	made     map[int]int // the columns of the groups below by those of the input
}

// fits reports whether the results follow from those over groups by the deciding columns: each call is a choice, or
// is put together of parts.
func (c *choiceSums) fits() bool {
	n := 0
	parts := []expr.Expr{} // that are summed below
	for _, call := range c.a.Aggs {
		if !partial(call) {
			return false
		}
		choice := choiceOf(call)
		if choice == nil {
			continue
		}
		n++
		for _, x := range eligible(choice) {
			if !slices.ContainsFunc(parts, func(p expr.Expr) bool { return plan.Same(p, x) }) {
				parts = append(parts, x)
			}
		}
		if !c.decides(choice) {
			return false
		}
	}
	return n >= leastChoices && 2*len(parts) <= n
}

// choiceOf returns the CASE that a call sums or counts, or that its FILTER is as good as, each of whose results never fails; nil
// for other calls.
func choiceOf(call plan.AggCall) *expr.Case {
	if call.Agg.Name != "sum" && call.Agg.Name != "count" {
		return nil
	}
	var e *expr.Case
	if len(call.Args) == 1 {
		e, _ = call.Args[0].(*expr.Case)
	}
	if call.Filter != nil {
		var x expr.Expr = &expr.Const{Value: types.IntValue(types.T(types.Int64), 1)}
		if len(call.Args) == 1 {
			x = call.Args[0]
		}
		e = &expr.Case{Whens: []expr.When{{Cond: call.Filter, Then: x}}, Else: &expr.Const{Value: types.NullOf(x.Type())}, Typ: x.Type()}
	}
	if e == nil || slices.ContainsFunc(results(e), func(x expr.Expr) bool { return !harmless(x, true) }) {
		return nil
	}
	return e
}

// results are what e may choose.
func results(e *expr.Case) []expr.Expr {
	var list []expr.Expr
	for _, w := range e.Whens {
		list = append(list, w.Then)
	}
	return append(list, e.Else)
}

// eligible are the results of e that are neither NULL nor zero.
func eligible(e *expr.Case) []expr.Expr {
	return slices.DeleteFunc(results(e), func(x expr.Expr) bool { return isNull(x) || isZero(x) })
}

// isZero reports whether e is the constant 0.
func isZero(e expr.Expr) bool {
	c, ok := expr.Uncast(e).(*expr.Const)
	return ok && c.Value.Valid && exactNumber(c.Value.Type) && number(c.Value) == 0
}

// isNull reports whether e is the constant NULL.
func isNull(e expr.Expr) bool {
	c, ok := expr.Uncast(e).(*expr.Const)
	return e == nil || ok && !c.Value.Valid
}

// decides adds the columns that the conditions of e look at; false where equal values of one may be told apart.
func (c *choiceSums) decides(e *expr.Case) bool {
	ok, ids := true, plan.IDs(c.a.Input)
	for _, w := range e.Whens {
		ok = ok && plan.Within(w.Cond, ids)
		expr.Walk(w.Cond, func(x expr.Expr) bool {
			col, isColumn := x.(*expr.Col)
			if !isColumn {
				return true
			}
			ok = ok && plainType(col.Typ)
			same := func(k expr.Expr) bool { return plan.Same(k, col) }
			if !slices.ContainsFunc(c.a.Keys, same) && !slices.ContainsFunc(c.deciding, same) {
				c.deciding = append(c.deciding, col)
			}
			return true
		})
	}
	return ok
}

// plan returns the two aggregations.
func (c *choiceSums) plan() plan.Node {
	c.below, c.made = &plan.Aggregate{Input: c.a.Input}, map[int]int{}
	c.o.loose(c.below)
	above, p := withoutCalls(c.a)
	c.above, above.Input, above.Keys = above, c.below, nil
	for i, k := range slices.Concat(c.a.Keys, c.deciding) {
		out := plan.Column{Name: "value", Type: k.Type()}
		if i < len(c.a.Keys) {
			out.Name = c.a.Out[i].Name
		}
		col, isColumn := k.(*expr.Col)
		if isColumn {
			out.ID, out.Name = col.Index, col.Name
		}
		out = c.o.fresh(out)
		if isColumn {
			c.made[col.Index] = out.ID
		}
		c.below.Keys, c.below.Out = append(c.below.Keys, k), append(c.below.Out, out)
		if i < len(c.a.Keys) {
			above.Keys = append(above.Keys, column(out))
		}
	}
	for i, call := range c.a.Aggs {
		p.Exprs = append(p.Exprs, relabeled(c.whole(call), c.a.Out[len(c.a.Keys)+i].Type))
	}
	if c.o.err != nil {
		return c.a
	}
	return p
}

// whole adds to the upper aggregation what puts a call together, and returns its result.
func (c *choiceSums) whole(call plan.AggCall) expr.Expr {
	choice := choiceOf(call)
	if choice == nil {
		e, err := c.rolledUp.whole(c.above, call, len(c.above.Keys) == 0)
		if err != nil {
			c.o.fail(err)
		}
		return e
	}
	name := call.Agg.Name
	e := &expr.Case{At: choice.At, Typ: call.Agg.ReturnType([]types.Type{choice.Typ})}
	for _, w := range choice.Whens {
		e.Whens = append(e.Whens, expr.When{Cond: c.remapped(w.Cond), Then: c.summed(name, w.Then, e.Typ)})
	}
	e.Else = c.summed(name, choice.Else, e.Typ)
	if name == "count" {
		return c.count(c.above, e, len(c.above.Keys) == 0)
	}
	return c.together(c.above, name, e)
}

// summed is the sum or the count of x over a group below, in type t.
func (c *choiceSums) summed(name string, x expr.Expr, t types.Type) expr.Expr {
	switch {
	case isNull(x) && name == "count":
		return &expr.Const{Value: types.IntValue(t, 0)}
	case isNull(x):
		return &expr.Const{Value: types.NullOf(t)}
	case isZero(x) && name == "sum":
		return relabeled(x, t)
	}
	return relabeled(c.part(name, plan.AggCall{Args: []expr.Expr{x}}), t)
}

// remapped is a condition over the columns of the groups below.
func (c *choiceSums) remapped(e expr.Expr) expr.Expr {
	return expr.Remap(e, func(id int) int { return c.made[id] })
}
