package opt

import (
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// algorithm makes a hash join where there are equalities, else a nested loop.
func (o *optimizer) algorithm(n *plan.Join) plan.Node {
	h := &plan.HashJoin{Kind: n.Kind, Left: n.Left, Right: n.Right, NullAware: n.NullAware, Mark: n.Mark}
	rest := o.takeKeys(h, n)
	if r := o.rangeJoin(h, rest); r != nil {
		return r
	}
	if n.Kind == plan.Inner {
		turned := &plan.HashJoin{Left: h.Right, Right: h.Left, LeftKeys: h.RightKeys, RightKeys: h.LeftKeys, NullSafe: h.NullSafe}
		if r := o.rangeJoin(turned, rest); r != nil {
			return r
		}
	}
	exact := !h.NullAware || h.Compared || len(h.LeftKeys) == 1 && len(rest) == 0
	if len(h.LeftKeys) == 0 || !exact {
		return &plan.NestedLoop{Kind: n.Kind, Left: n.Left, Right: n.Right, Predicate: n.On, NullAware: n.NullAware, Mark: n.Mark}
	}
	h.Residual = plan.Conjunction(rest)
	o.estimate(h.Left)
	o.estimate(h.Right)
	o.distinctKeys(h)
	if kind, ok := exchanged(h); ok && h.Right.Estimated().Rows > 2*h.Left.Estimated().Rows {
		h.Kind = kind
		h.Left, h.Right, h.LeftKeys, h.RightKeys = h.Right, h.Left, h.RightKeys, h.LeftKeys
	}
	return h
}

// exchanged returns the kind of a join that becomes h by exchanging its sides.
func exchanged(h *plan.HashJoin) (plan.JoinKind, bool) {
	switch {
	case h.Kind == plan.Left:
		return plan.Right, true
	case h.Kind == plan.Semi && !h.NullAware:
		return plan.RightSemi, true
	case h.Kind == plan.Anti && !h.NullAware:
		return plan.RightAnti, true
	}
	return 0, false
}

// takeKeys makes keys of the equalities of a join and returns the other conditions. The
// keys of IN with further conditions are only those that are never NULL: they say which
// rows the subquery has.
func (o *optimizer) takeKeys(h *plan.HashJoin, n *plan.Join) (rest []expr.Expr) {
	parts := plan.Conjuncts(n.On)
	l, r := plan.IDs(n.Left), plan.IDs(n.Right)
	if n.NullAware {
		for _, p := range parts {
			_, _, _, ok := joinKey(p, l, r)
			h.Compared = h.Compared || ok && neverNull(p)
		}
	}
	var plain []int
	for _, p := range parts {
		a, b, nullSafe, ok := joinKey(p, l, r)
		if !ok || h.Compared && !neverNull(p) {
			rest = append(rest, p)
			continue
		}
		if h.NullSafe = h.NullSafe || nullSafe; !nullSafe {
			plain = append(plain, len(h.LeftKeys))
		}
		h.LeftKeys, h.RightKeys = append(h.LeftKeys, a), append(h.RightKeys, b)
	}
	if h.Compared && len(rest) == 0 {
		h.NullAware, h.Compared = false, false // nothing can be NULL
	}
	if h.NullSafe {
		for _, i := range plain {
			known := &expr.IsNull{Arg: h.LeftKeys[i], Not: true}
			rest = append(rest, known)
		}
	}
	return rest
}

// neverNull reports whether a condition is true or false, whatever it is given.
func neverNull(p expr.Expr) bool {
	switch p.(type) {
	case *expr.IsDistinct, *expr.IsBool:
		return true
	}
	return false
}

// joinKey returns the two sides of an equality between the inputs of a join, and whether
// NULLs are equal in it.
func joinKey(p expr.Expr, l, r map[int]bool) (a, b expr.Expr, nullSafe, ok bool) {
	switch e := p.(type) {
	case *expr.IsDistinct:
		if e.Not {
			a, b, ok = sides(e.L, e.R, l, r)
		}
		return a, b, true, ok
	case *expr.IsBool:
		if e.Which == expr.True && !e.Not {
			a, b, ok = equiKey(e.Arg, l, r)
		}
		return a, b, false, ok
	}
	a, b, ok = equiKey(p, l, r)
	return a, b, false, ok
}

// equiKey returns the two sides of a = b between the inputs of a join.
func equiKey(p expr.Expr, l, r map[int]bool) (a, b expr.Expr, ok bool) {
	c, isCall := p.(*expr.Call)
	if !isCall || c.Fn.Name != "=" || len(c.Args) != 2 {
		return nil, nil, false
	}
	return sides(c.Args[0], c.Args[1], l, r)
}

// sides puts two expressions into the order of the inputs they use, in one type.
func sides(a, b expr.Expr, l, r map[int]bool) (expr.Expr, expr.Expr, bool) {
	if plan.Touches(a, r) {
		a, b = b, a
	}
	if !plan.Touches(a, l) || !plan.Within(a, l) || !plan.Touches(b, r) || !plan.Within(b, r) {
		return nil, nil, false
	}
	return sameType(a, b)
}
