package opt

import (
	"math"
	"slices"

	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// shiftSums makes several sums of one column and constants, as in sum(x), sum(x + 1), sum(x - 7),
// of one sum and one count of the column, where its statistics say that no addition overflows.
func (o *optimizer) shiftSums(node plan.Node) plan.Node {
	return plan.Transform(node, func(n plan.Node) plan.Node {
		a, ok := n.(*plan.Aggregate)
		if !ok {
			return n
		}
		shifted, worth := make([]*shiftedSum, len(a.Aggs)), false
		first := map[int]int64{} // the constant of a column's first sum
		several := map[int]bool{}
		for i, call := range a.Aggs {
			s := o.shiftedSum(call)
			if shifted[i] = s; s == nil {
				continue
			}
			if by, ok := first[s.x.Index]; !ok {
				first[s.x.Index] = s.by
			} else if by != s.by {
				several[s.x.Index], worth = true, true
			}
		}
		for i, s := range shifted {
			if s != nil && !several[s.x.Index] {
				shifted[i] = nil
			}
		}
		if !worth {
			return n
		}
		return o.withShifts(a, shifted)
	})
}

// shiftedSum is sum(x + by).
type shiftedSum struct {
	x  *expr.Col
	by int64
}

// shiftedSum returns a call as the sum of a column and a constant, nil where it is none.
func (o *optimizer) shiftedSum(call plan.AggCall) *shiftedSum {
	if call.Agg.Name != "sum" || call.Agg.Ret != types.Int64 || call.Distinct || call.Filter != nil || len(call.OrderBy) > 0 || len(call.Args) != 1 {
		return nil
	}
	if x := widened(call.Args[0]); x != nil {
		return &shiftedSum{x: x}
	}
	op, ok := call.Args[0].(*expr.Call)
	if !ok || op.Fn.Name != "+" && op.Fn.Name != "-" || len(op.Args) != 2 {
		return nil
	}
	x := widened(op.Args[0])
	c, isConst := op.Args[1].(*expr.Const)
	if x == nil && op.Fn.Name == "+" {
		x = widened(op.Args[1])
		c, isConst = op.Args[0].(*expr.Const)
	}
	if x == nil || !isConst || !c.Value.Valid || !c.Value.Type.IsInteger() {
		return nil
	}
	by := c.Value.I
	if op.Fn.Name == "-" {
		by = -by
	}
	if !o.fits(x, by, op.Typ) {
		return nil
	}
	return &shiftedSum{x, by}
}

// widened returns the column of SMALLINT or INTEGER that e is, maybe in a wider type.
func widened(e expr.Expr) *expr.Col {
	for {
		c, ok := e.(*expr.Cast)
		if !ok || !c.To.IsInteger() || !c.Arg.Type().IsInteger() || c.To.ID < c.Arg.Type().ID {
			break
		}
		e = c.Arg
	}
	x, ok := e.(*expr.Col)
	if !ok || x.Typ.ID != types.Int16 && x.Typ.ID != types.Int32 {
		return nil
	}
	return x
}

// fits reports whether x + by is within type t for all values of a column. For a plan that is kept
// nobody knows: its statistics are those of the rows that were there when it was made. Such a plan is
// worse than one of the moment.
func (o *optimizer) fits(x *expr.Col, by int64, t types.Type) bool {
	if o.generic {
		o.momentary = true
		return false
	}
	s, ok := o.stats[x.Index]
	if !ok || !s.Min.Valid || !s.Max.Valid || by < math.MinInt32 || by > math.MaxInt32 {
		return false
	}
	most := int64(math.MaxInt32)
	if t.ID == types.Int16 {
		most = math.MaxInt16
	}
	return s.Min.I+by >= -most-1 && s.Max.I+by <= most
}

// withShifts returns a projection with the columns of a that computes the shifted sums of sums and counts.
func (o *optimizer) withShifts(a *plan.Aggregate, shifted []*shiftedSum) plan.Node {
	n, p := withoutCalls(a)
	keys := len(a.Keys)
	type parts struct{ sum, count expr.Expr }
	of := map[int]parts{}
	for i, call := range a.Aggs {
		c, s := a.Out[keys+i], shifted[i]
		if s == nil {
			n.Aggs, n.Out = append(n.Aggs, call), append(n.Out, c)
			p.Exprs = append(p.Exprs, column(c))
			continue
		}
		made, ok := of[s.x.Index]
		if !ok {
			made = parts{o.aggregate(n, "sum", s.x), o.aggregate(n, "count", s.x)}
			of[s.x.Index] = made
		}
		p.Exprs = append(p.Exprs, o.shift(made.sum, made.count, s.by))
	}
	if o.err != nil {
		return a
	}
	return p
}

// withoutCalls returns an aggregation by the keys of a, which has no calls yet, and a projection over it for
// the columns of a, which has those of the keys.
func withoutCalls(a *plan.Aggregate) (*plan.Aggregate, *plan.Project) {
	keys := len(a.Keys)
	n := &plan.Aggregate{Input: a.Input, Keys: a.Keys, EmptySets: a.EmptySets, Out: slices.Clone(a.Out[:keys])}
	p := &plan.Project{Input: n, Out: a.Out}
	for _, c := range n.Out {
		p.Exprs = append(p.Exprs, column(c))
	}
	return n, p
}

// aggregate adds an aggregate of x to n and returns its column.
func (o *optimizer) aggregate(n *plan.Aggregate, name string, x expr.Expr) expr.Expr {
	g, _, err := expr.ResolveAggregate(name, []types.Type{x.Type()})
	if err != nil {
		o.fail(err)
		return x
	}
	out := o.fresh(plan.Column{Name: name, Type: types.T(types.Int64)})
	n.Aggs, n.Out = append(n.Aggs, plan.AggCall{Agg: g, Args: []expr.Expr{x}}), append(n.Out, out)
	return column(out)
}

// shift returns sum + by * count.
func (o *optimizer) shift(sum, count expr.Expr, by int64) expr.Expr {
	if by == 0 {
		return sum
	}
	more, err := expr.NewOp(0, "*", &expr.Const{Value: types.IntValue(types.T(types.Int64), by)}, count)
	if err == nil {
		more, err = expr.NewOp(0, "+", sum, more)
	}
	if err != nil {
		o.fail(err)
	}
	return more
}
