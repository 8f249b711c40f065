package opt

import (
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// manyPerKey is from how many right rows of a key on a range is searched rather than
// tested row by row.
const manyPerKey = 32

// bound is a condition that puts a left value on one side of a right one.
type bound struct {
	point, edge expr.Expr // of the left and the right input
	start       bool      // edge is below the point
	equal       bool      // or equal to it
}

// rangeJoin makes a RangeJoin of a join whose conditions rest, beside the keys of h, put a
// left value between two right ones; nil where they do not or it would not pay.
func (o *optimizer) rangeJoin(h *plan.HashJoin, rest []expr.Expr) plan.Node {
	if h.NullAware || h.NullSafe || h.Kind == plan.Right || h.Kind == plan.Full || !o.rangePays(h) {
		return nil
	}
	l, r := plan.IDs(h.Left), plan.IDs(h.Right)
	var start, end *bound
	var other []expr.Expr
	for _, p := range rest {
		b, ok := boundOf(p, l, r)
		switch {
		case ok && b.start && start == nil && (end == nil || plan.Same(end.point, b.point)):
			start = b
		case ok && !b.start && end == nil && (start == nil || plan.Same(start.point, b.point)):
			end = b
		default:
			other = append(other, p)
		}
	}
	if start == nil || end == nil {
		return nil
	}
	n := &plan.RangeJoin{
		Kind: h.Kind, Left: h.Left, LeftKeys: h.LeftKeys, RightKeys: h.RightKeys,
		Point: start.point, Start: start.edge, End: end.edge, OpenStart: !start.equal, ClosedEnd: end.equal,
		Residual: plan.Conjunction(other), Mark: h.Mark,
	}
	s := &plan.Sort{Input: h.Right}
	for _, k := range n.RightKeys {
		s.Keys = append(s.Keys, plan.SortKey{Expr: k})
	}
	s.Keys = append(s.Keys, plan.SortKey{Expr: n.Start})
	n.Right = s
	return n
}

// rangePays reports whether a key has so many right rows that a search among them pays.
func (o *optimizer) rangePays(h *plan.HashJoin) bool {
	if s, ok := h.Right.(*plan.Scan); ok && s.Spec.Versions != nil {
		return true // statistics count the rows that live, not all versions
	}
	o.estimate(h.Right)
	rows := h.Right.Estimated().Rows
	for _, k := range h.RightKeys {
		rows /= o.distinct(k, h.Right)
	}
	return rows >= manyPerKey
}

// boundOf reads an inequality between the inputs.
func boundOf(p expr.Expr, l, r map[int]bool) (*bound, bool) {
	c, ok := p.(*expr.Call)
	if !ok || len(c.Args) != 2 {
		return nil, false
	}
	b := &bound{point: c.Args[0], edge: c.Args[1]}
	switch c.Fn.Name {
	case ">":
		b.start = true
	case ">=":
		b.start, b.equal = true, true
	case "<":
	case "<=":
		b.equal = true
	default:
		return nil, false
	}
	if plan.Touches(b.point, r) {
		b.point, b.edge, b.start = b.edge, b.point, !b.start
	}
	if !plan.Touches(b.point, l) || !plan.Within(b.point, l) || !plan.Touches(b.edge, r) || !plan.Within(b.edge, r) {
		return nil, false
	}
	if b.point.Type() != b.edge.Type() {
		return nil, false
	}
	switch b.point.Type().Class() {
	case types.Bytes, types.Span, types.Bits:
		return nil, false
	}
	return b, true
}
