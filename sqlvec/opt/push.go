package opt

import (
	"slices"

	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// push returns node with the conditions preds applied, each as far down as it goes.
func (o *optimizer) push(node plan.Node, preds []expr.Expr) plan.Node {
	switch n := node.(type) {
	case *plan.Scan:
		list := plan.Conjuncts(n.Predicate)
		for _, p := range preds {
			if plan.VolatilityOf(p) == expr.Volatile || !contains(list, p) {
				list = append(list, p)
			}
		}
		n.Predicate = plan.Conjunction(list)
		return n
	case *plan.Filter:
		return o.push(n.Input, append(plan.Conjuncts(n.Predicate), preds...))
	case *plan.Project:
		return o.pushProject(n, preds)
	case *plan.Aggregate:
		return o.pushAggregate(n, preds)
	case *plan.Expand:
		n.Input = o.push(n.Input, nil)
		return filtered(n, preds)
	case *plan.Window:
		return o.pushWindow(n, preds)
	case *plan.Distinct:
		if len(n.On) > 0 {
			n.Input = o.push(n.Input, nil)
			return filtered(n, preds)
		}
		n.Input = o.push(n.Input, preds)
		return n
	case *plan.Sort:
		if n.Limit > 0 {
			n.Input = o.push(n.Input, nil)
			return filtered(n, preds)
		}
		n.Input = o.push(n.Input, preds)
		return n
	case *plan.Limit:
		n.Input = o.push(n.Input, nil)
		return filtered(n, preds)
	case *plan.LimitBy:
		n.Input = o.push(n.Input, nil)
		return filtered(n, preds)
	case *plan.LockRows:
		n.Input = o.push(n.Input, nil)
		return filtered(n, preds)
	case *plan.Unroll:
		return o.pushUnroll(n, preds)
	case *plan.SetOp:
		return o.pushSetOp(n, preds)
	case *plan.Join:
		return o.pushJoin(n, preds)
	case *plan.AsofJoin:
		return o.pushAsof(n, preds)
	}
	return filtered(node, preds)
}

// pushProject moves conditions below a projection by computing its outputs in them,
// unless that would compute a volatile or costly output twice.
func (o *optimizer) pushProject(n *plan.Project, preds []expr.Expr) plan.Node {
	var below, above []expr.Expr
	constants := slices.ContainsFunc(n.Exprs, expr.IsConst)
	for _, p := range preds {
		if o.movable(n, p) {
			p = substitute(p, n.Out, n.Exprs)
			if constants { // as those that tell the parts of a UNION ALL apart
				p = o.foldExpr(p)
			}
			below = append(below, plan.Conjuncts(p)...)
		} else {
			above = append(above, p)
		}
	}
	n.Input = o.push(n.Input, below)
	return filtered(n, above)
}

func (o *optimizer) movable(n *plan.Project, pred expr.Expr) bool {
	ok := true
	expr.Columns(pred, func(id int) {
		for i, c := range n.Out {
			if c.ID == id && plan.VolatilityOf(n.Exprs[i]) == expr.Volatile {
				ok = false
			}
		}
	})
	return ok && plan.VolatilityOf(pred) != expr.Volatile
}

// pushAggregate moves conditions on keys below the aggregation.
func (o *optimizer) pushAggregate(n *plan.Aggregate, preds []expr.Expr) plan.Node {
	keys := map[int]bool{}
	for i := range n.Keys {
		keys[n.Out[i].ID] = true
	}
	var below, above []expr.Expr
	for _, p := range preds {
		if len(n.Keys) == 0 || len(n.EmptySets) > 0 || plan.VolatilityOf(p) == expr.Volatile {
			above = append(above, p)
			continue
		}
		demanded := []expr.Expr{p}
		if !plan.Within(p, keys) {
			above, demanded = append(above, p), o.alone(nil, p, keys)
		}
		for _, d := range demanded {
			below = append(below, substitute(d, n.Out, n.Keys))
		}
	}
	n.Input = o.push(n.Input, below)
	return filtered(n, above)
}

// pushUnroll moves conditions on the input's columns below.
func (o *optimizer) pushUnroll(n *plan.Unroll, preds []expr.Expr) plan.Node {
	var below, above []expr.Expr
	in := plan.IDs(n.Input)
	for _, p := range preds {
		if plan.Within(p, in) && plan.VolatilityOf(p) != expr.Volatile {
			below = append(below, p)
		} else {
			above = append(above, p)
		}
	}
	n.Input = o.push(n.Input, below)
	return filtered(n, above)
}

// pushWindow moves conditions on columns that partition the rows below the window: they
// leave whole partitions out.
func (o *optimizer) pushWindow(n *plan.Window, preds []expr.Expr) plan.Node {
	keys := map[int]bool{}
	for _, x := range n.Partition {
		if c, ok := x.(*expr.Col); ok {
			keys[c.Index] = true
		}
	}
	var below, above []expr.Expr
	for _, p := range preds {
		if plan.Touches(p, keys) && plan.Within(p, keys) && plan.VolatilityOf(p) != expr.Volatile {
			below = append(below, p)
		} else {
			above = append(above, p)
		}
	}
	n.Input = o.push(n.Input, below)
	return filtered(n, above)
}

func (o *optimizer) pushSetOp(n *plan.SetOp, preds []expr.Expr) plan.Node {
	var below, above []expr.Expr
	for _, p := range preds {
		if plan.VolatilityOf(p) == expr.Volatile {
			above = append(above, p)
		} else {
			below = append(below, p)
		}
	}
	n.Left = o.push(n.Left, onInput(below, n.Out, n.Left))
	n.Right = o.push(n.Right, onInput(below, n.Out, n.Right))
	return filtered(n, above)
}

// onInput writes conditions on the outputs of a set operation for one input.
func onInput(preds []expr.Expr, out []plan.Column, input plan.Node) []expr.Expr {
	var exprs []expr.Expr
	for _, c := range input.Columns() {
		exprs = append(exprs, column(c))
	}
	list := make([]expr.Expr, len(preds))
	for i, p := range preds {
		list[i] = substitute(p, out, exprs)
	}
	return list
}

// pushJoin simplifies the join under the conditions, and moves what it can to its
// inputs.
func (o *optimizer) pushJoin(n *plan.Join, preds []expr.Expr) plan.Node {
	if n.Kind == plan.Right {
		n.Kind, n.Left, n.Right = plan.Left, n.Right, n.Left
	}
	rejectNulls(n, preds)
	if lower := lowered(n, preds); lower != nil {
		return o.push(lower, preds)
	}
	if i := asksUnmatched(n, preds); i >= 0 {
		return o.push(unmatched(n), slices.Delete(slices.Clone(preds), i, i+1))
	}
	preds = o.useMark(n, preds)
	var left, right, on, above []expr.Expr
	l, r := plan.IDs(n.Left), plan.IDs(n.Right)
	for _, p := range preds {
		switch {
		case plan.VolatilityOf(p) == expr.Volatile:
			above = append(above, p)
		case plan.Within(p, l) && n.Kind != plan.Full:
			left = append(left, p)
		case n.Kind == plan.Inner && plan.Within(p, r):
			right = append(right, p)
		case n.Kind == plan.Inner:
			on = append(on, p)
			left, right = o.alone(left, p, l), o.alone(right, p, r)
		default:
			above = append(above, p)
		}
	}
	for _, p := range plan.Conjuncts(n.On) {
		switch {
		case plan.VolatilityOf(p) == expr.Volatile:
			on = append(on, p)
		case n.Kind == plan.Inner && plan.Within(p, l):
			left = append(left, p)
		case plan.Within(p, r) && pushesRight(n, p):
			right = append(right, p)
		default:
			on = append(on, p)
			if n.Kind == plan.Inner {
				left, right = o.alone(left, p, l), o.alone(right, p, r)
			}
		}
	}
	n.On = plan.Conjunction(on)
	tightenInputs(n)
	left, right = o.carry(n, on, left, right)
	n.Left, n.Right = o.push(n.Left, left), o.push(n.Right, right)
	return filtered(n, above)
}

// asksUnmatched returns which condition above a left join asks for the rows that found no partner, -1 for none: that a column is
// NULL without which no row can be a partner.
func asksUnmatched(n *plan.Join, preds []expr.Expr) int {
	if n.Kind != plan.Left || n.Dependent {
		return -1
	}
	r := plan.IDs(n.Right)
	return slices.IndexFunc(preds, func(p expr.Expr) bool {
		null, ok := p.(*expr.IsNull)
		if !ok || null.Not {
			return false
		}
		c, ok := null.Arg.(*expr.Col)
		return ok && r[c.Index] && slices.ContainsFunc(plan.Conjuncts(n.On), func(on expr.Expr) bool {
			return rejects(on, map[int]bool{c.Index: true})
		})
	})
}

// unmatched returns the rows of a left join that found no partner.
func unmatched(n *plan.Join) plan.Node {
	p := &plan.Project{Out: n.Columns()}
	left := plan.IDs(n.Left)
	for _, c := range p.Out {
		if left[c.ID] {
			p.Exprs = append(p.Exprs, column(c))
		} else {
			p.Exprs = append(p.Exprs, &expr.Const{Value: types.NullOf(c.Type)})
		}
	}
	p.Input = &plan.Join{Kind: plan.Anti, Left: n.Left, Right: n.Right, On: n.On}
	return p
}

// pushesRight reports whether a condition of ON that only sees the right input may
// filter it. What IN compares may not: its NULLs count.
func pushesRight(n *plan.Join, p expr.Expr) bool {
	if n.Kind == plan.Full {
		return false
	}
	_, truth := p.(*expr.IsBool)
	return !n.NullAware || truth
}

// rejectNulls makes the join another kind under conditions that no row filled up with NULLs can meet.
func rejectNulls(n *plan.Join, preds []expr.Expr) {
	if n.Kind != plan.Left && n.Kind != plan.Full {
		return
	}
	l, r := plan.IDs(n.Left), plan.IDs(n.Right)
	needLeft, needRight := false, false
	for _, p := range preds {
		needLeft = needLeft || rejects(p, l)
		needRight = needRight || rejects(p, r)
	}
	switch {
	case n.Kind == plan.Left && needRight, needLeft && needRight:
		n.Kind = plan.Inner
	case n.Kind == plan.Full && needLeft:
		n.Kind = plan.Left
	case n.Kind == plan.Full && needRight:
		n.Kind, n.Left, n.Right = plan.Left, n.Right, n.Left
	}
}

// rejects reports whether the condition e is surely not true when the columns of the
// set are NULL.
func rejects(e expr.Expr, set map[int]bool) bool {
	switch e := e.(type) {
	case *expr.Logic:
		for _, a := range e.Args {
			if rejects(a, set) != (e.Op == expr.Or) {
				return e.Op == expr.And
			}
		}
		return e.Op == expr.Or
	case *expr.IsNull:
		return e.Not && strict(e.Arg, set)
	case *expr.IsBool:
		return e.Which == expr.True && !e.Not && rejects(e.Arg, set)
	}
	return strict(e, set)
}

// strict reports whether e is surely NULL when the columns of the set are.
func strict(e expr.Expr, set map[int]bool) bool {
	switch e := e.(type) {
	case *expr.Col:
		return set[e.Index]
	case *expr.Call:
		if e.Fn.NullCall {
			return false
		}
		for _, a := range e.Args {
			if strict(a, set) {
				return true
			}
		}
	case *expr.Cast:
		return strict(e.Arg, set)
	case *expr.Not:
		return strict(e.Arg, set)
	case *expr.In:
		return strict(e.Arg, set)
	}
	return false
}

// useMark turns a Mark join whose mark is only a condition into a Semi or Anti join.
func (o *optimizer) useMark(n *plan.Join, preds []expr.Expr) []expr.Expr {
	if n.Kind != plan.Mark || o.uses[n.Mark[0].ID] != 1 {
		return preds
	}
	id := n.Mark[0].ID
	for i, p := range preds {
		kind := plan.Semi
		if not, ok := p.(*expr.Not); ok {
			p, kind = not.Arg, plan.Anti
		}
		if c, ok := p.(*expr.Col); !ok || c.Index != id {
			continue
		}
		n.Kind, n.Mark = kind, nil
		if kind == plan.Semi || n.On == nil {
			n.NullAware = false
		}
		if !n.NullAware {
			n.On = withoutTruth(n.On)
		}
		return append(preds[:i:i], preds[i+1:]...)
	}
	return preds
}

// withoutTruth writes x IS TRUE as x where a condition only has to be true.
func withoutTruth(on expr.Expr) expr.Expr {
	var list []expr.Expr
	for _, p := range plan.Conjuncts(on) {
		if b, ok := p.(*expr.IsBool); ok && b.Which == expr.True && !b.Not {
			p = b.Arg
		}
		list = append(list, plan.Conjuncts(p)...)
	}
	return plan.Conjunction(list)
}
