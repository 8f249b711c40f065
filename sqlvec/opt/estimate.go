package opt

import (
	"math"
	"slices"

	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// Costs, in PostgreSQL's units.
const (
	tupleCost    = 0.01
	operatorCost = 0.0025
	pageCost     = 1.0
	pageBytes    = 8192
)

// workRows is the rows of a step of a recursion, as far as anyone knows. They are many, so
// that joins build tables of what stays the same, and stream the step past it.
const workRows = 1e6

// estimate fills in the estimates of node and everything below it.
func (o *optimizer) estimate(node plan.Node) {
	for _, k := range node.Children() {
		o.estimate(k)
	}
	e := node.Estimated()
	e.Width = width(node.Columns())
	switch n := node.(type) {
	case *plan.Scan:
		o.estimateScan(n)
		o.noteValues(n)
	case *plan.Values:
		e.Rows, e.Total = float64(len(n.Rows)), tupleCost*float64(len(n.Rows))
	case *plan.GenerateSeries:
		e.Rows, e.Total = seriesRows(n), tupleCost*seriesRows(n)
	case *plan.CTEScan:
		c := n.CTE.Plan.Estimated()
		e.Rows, e.Total = c.Rows, c.Rows*tupleCost
		for i, col := range n.CTE.Plan.Columns() {
			o.passStats(column(col), n.Out[i], e.Rows)
		}
	case *plan.WorkScan:
		e.Rows, e.Total = workRows, workRows*tupleCost
	case *plan.Filter:
		o.derive(e, n.Input, n.Input.Estimated().Rows*o.selectivity(n.Predicate), operatorCost)
	case *plan.Project:
		o.derive(e, n.Input, n.Input.Estimated().Rows, operatorCost*float64(len(n.Exprs)))
		for i, x := range n.Exprs {
			o.passStats(x, n.Out[i], e.Rows)
		}
	case *plan.Sort:
		o.estimateSort(n)
	case *plan.Limit:
		o.estimateLimit(n)
	case *plan.LimitBy, *plan.LockRows, *plan.Fetch:
		input := node.Children()[0]
		o.derive(e, input, input.Estimated().Rows, operatorCost)
	case *plan.Unroll:
		o.derive(e, n.Input, 10*n.Input.Estimated().Rows, tupleCost)
	default:
		o.estimateSets(node, e)
	}
}

func (o *optimizer) estimateSets(node plan.Node, e *plan.Estimate) {
	switch n := node.(type) {
	case *plan.Aggregate:
		o.blocking(e, n.Input, o.groups(n.Keys, n.Input.Estimated().Rows))
		n.KeyStats = o.keyStats(n.Keys)
		for i, k := range n.Keys {
			o.passStats(k, n.Out[i], e.Rows)
		}
		for i := range n.Aggs {
			if c := &n.Aggs[i]; c.Distinct {
				c.ArgStats = o.keyStats(c.Args)
			}
		}
	case *plan.Expand:
		o.derive(e, n.Input, n.Input.Estimated().Rows*float64(len(n.Sets)), operatorCost*float64(len(n.Sets)))
	case *plan.Window:
		o.blocking(e, n.Input, n.Input.Estimated().Rows)
	case *plan.Distinct:
		var keys []expr.Expr
		for _, c := range n.Columns() {
			keys = append(keys, column(c))
		}
		if len(n.On) > 0 {
			keys = n.On
		} else {
			n.KeyStats = o.keyStats(keys)
		}
		o.blocking(e, n.Input, o.groups(keys, n.Input.Estimated().Rows))
	case *plan.SetOp:
		l, r := n.Left.Estimated(), n.Right.Estimated()
		e.Rows = l.Rows + r.Rows
		if n.Kind != plan.Union {
			e.Rows = l.Rows
		}
		e.Total = l.Total + r.Total + tupleCost*(l.Rows+r.Rows)
		o.unionStats(n)
	case *plan.Join:
		w := e.Width
		*e = o.joinEstimate(n.Kind, n.Left, n.Right, plan.Conjuncts(n.On))
		e.Width = w
		o.noteJoined(n.Kind, n.Left, n.Right, plan.Conjuncts(n.On))
	case *plan.NestedLoop:
		w := e.Width
		*e = o.joinEstimate(n.Kind, n.Left, n.Right, plan.Conjuncts(n.Predicate))
		e.Total += operatorCost * n.Left.Estimated().Rows * n.Right.Estimated().Rows
		e.Width = w
	case *plan.HashJoin:
		o.estimateHashJoin(n)
	case *plan.RangeJoin:
		l, r := n.Left.Estimated(), n.Right.Estimated()
		e.Rows = joinRows(n.Kind, l.Rows, r.Rows, l.Rows)
		e.Startup = r.Total + tupleCost*r.Rows
		e.Total = e.Startup + l.Total + 2*tupleCost*(l.Rows+e.Rows)
	case *plan.AsofJoin:
		l, r := n.Left.Estimated(), n.Right.Estimated()
		e.Rows, e.Startup = l.Rows, r.Total+tupleCost*r.Rows
		e.Total = e.Startup + l.Total + 2*tupleCost*l.Rows
	}
}

// passStats notes what is known of column out, which has the values of x among so many rows.
func (o *optimizer) passStats(x expr.Expr, out plan.Column, rows float64) {
	c, ok := x.(*expr.Col)
	if !ok {
		return
	}
	if s, ok := o.stats[c.Index]; ok && c.Index != out.ID {
		s.Distinct = min(s.Distinct, int64(atLeastOne(math.Min(rows, 1<<62))))
		o.stats[out.ID] = s
		if few, ok := o.found.values[c.Index]; ok {
			o.found.values[out.ID] = few
		}
		if t := o.found.tables[c.Index]; t != nil {
			o.found.tables[out.ID] = t
		}
	}
}

// derive is the estimate of an operator that passes rows on as they come.
func (o *optimizer) derive(e *plan.Estimate, input plan.Node, rows, perRow float64) {
	in := input.Estimated()
	e.Rows, e.Startup = atLeastOne(rows), in.Startup
	e.Total = in.Total + perRow*in.Rows
}

// blocking is the estimate of an operator that reads all its input first.
func (o *optimizer) blocking(e *plan.Estimate, input plan.Node, rows float64) {
	in := input.Estimated()
	e.Rows = rows
	e.Startup = in.Total + tupleCost*in.Rows
	e.Total = e.Startup + tupleCost*rows
}

func (o *optimizer) estimateScan(n *plan.Scan) {
	rows := 0.0
	if src, ok := n.Source.(statsSource); ok {
		rows = float64(src.Stats().Rows)
	}
	e := &n.Estimate
	e.Startup = 0
	e.Total = rows*tupleCost + rows*float64(e.Width)/pageBytes*pageCost
	if n.Predicate != nil {
		e.Total += rows * operatorCost
		rows = atLeastOne(rows * o.selectivity(n.Predicate))
	}
	e.Rows = rows
}

func (o *optimizer) estimateSort(n *plan.Sort) {
	in := n.Input.Estimated()
	n.Rows = in.Rows
	n.Startup = in.Total + 2*operatorCost*in.Rows*math.Log2(math.Max(in.Rows, 2))
	if n.Limit > 0 {
		n.Rows = math.Min(n.Rows, float64(n.Limit))
		n.Startup = in.Total + 2*operatorCost*in.Rows*math.Log2(math.Max(float64(n.Limit), 2))
	}
	n.Total = n.Startup + operatorCost*n.Rows
}

func (o *optimizer) estimateLimit(n *plan.Limit) {
	in := n.Input.Estimated()
	n.Rows, n.Startup, n.Total = in.Rows, in.Startup, in.Total
	if count, ok := constInt(n.Count); ok && float64(count) < in.Rows && count >= 0 {
		n.Total = in.Startup + (in.Total-in.Startup)*float64(count)/in.Rows
		n.Rows = float64(count)
	}
}

func (o *optimizer) estimateHashJoin(n *plan.HashJoin) {
	on := plan.Conjuncts(n.Residual)
	sel := o.keySelectivity(n.Left, n.Right, n.LeftKeys, n.RightKeys)
	l, r, w := n.Left.Estimated(), n.Right.Estimated(), n.Width
	n.Estimate = o.joinEstimate(n.Kind, n.Left, n.Right, on)
	inner := l.Rows * r.Rows * sel * o.allOf(on)
	n.Rows = joinRows(n.Kind, l.Rows, r.Rows, inner)
	switch {
	case n.Kind == plan.Semi && slices.ContainsFunc(n.RightKeys, o.likelyUnique):
		n.Rows = atLeastOne(math.Min(l.Rows, inner))
	case n.Kind == plan.RightSemi && slices.ContainsFunc(n.LeftKeys, o.likelyUnique):
		n.Rows = atLeastOne(math.Min(r.Rows, inner))
	}
	n.Startup = r.Total + tupleCost*r.Rows
	n.Total = n.Startup + l.Total + tupleCost*(l.Rows+n.Rows)
	n.Width = w
}

// joinEstimate is the estimate of a join on the conditions on.
func (o *optimizer) joinEstimate(kind plan.JoinKind, left, right plan.Node, on []expr.Expr) plan.Estimate {
	if len(on) == 0 {
		return o.joinEstimateOf(kind, left, right, nil, nil, nil)
	}
	return o.joinEstimateOf(kind, left, right, on, plan.IDs(left), plan.IDs(right))
}

// joinEstimateOf is joinEstimate where it is known which columns of on are the left side's, and which the right side's.
func (o *optimizer) joinEstimateOf(kind plan.JoinKind, left, right plan.Node, on []expr.Expr, li, ri map[int]bool) plan.Estimate {
	l, r := left.Estimated(), right.Estimated()
	sel := o.joinSelectivity(left, right, on, li, ri)
	inner := l.Rows * r.Rows * sel
	rows := joinRows(kind, l.Rows, r.Rows, inner)
	if kind == plan.Semi && o.uniqueRight(on, li, ri) {
		rows = atLeastOne(math.Min(l.Rows, inner))
	}
	return plan.Estimate{Rows: rows, Startup: r.Total, Total: l.Total + r.Total + tupleCost*(l.Rows+r.Rows+rows)}
}

func joinRows(kind plan.JoinKind, l, r, inner float64) float64 {
	switch kind {
	case plan.Left:
		inner = math.Max(inner, l)
	case plan.Right:
		inner = math.Max(inner, r)
	case plan.Full:
		inner = math.Max(inner, l+r)
	case plan.Mark, plan.Single:
		return l
	case plan.Semi:
		return atLeastOne(math.Min(l, inner) / 2)
	case plan.RightSemi:
		return atLeastOne(math.Min(r, inner) / 2)
	case plan.Anti:
		return atLeastOne(l - math.Min(l, inner)/2)
	case plan.RightAnti:
		return atLeastOne(r - math.Min(r, inner)/2)
	}
	return atLeastOne(inner)
}

func atLeastOne(rows float64) float64 { return math.Max(1, math.Round(rows)) }

// keyStats is what is known of the columns among keys.
func (o *optimizer) keyStats(keys []expr.Expr) []plan.KeyStats {
	out := make([]plan.KeyStats, len(keys))
	for i, k := range keys {
		c, ok := k.(*expr.Col)
		if !ok {
			continue
		}
		s := o.stats[c.Index]
		out[i].Distinct = s.Distinct
		if s.Min.Valid && s.Max.Valid && s.Min.Type == c.Typ && s.Max.Type == c.Typ && c.Typ.ID != types.Numeric {
			class := c.Typ.Class()
			out[i].Bounded, out[i].Min, out[i].Max = class >= types.I16 && class <= types.I64, s.Min.I, s.Max.I
		}
	}
	return out
}

func (o *optimizer) columnOf(e expr.Expr) (columnStats, bool) {
	c, ok := expr.Uncast(e).(*expr.Col)
	if !ok {
		return columnStats{}, false
	}
	s, ok := o.stats[c.Index]
	return s, ok
}

// selectivity is the expected share of rows that meet a condition.
func (o *optimizer) selectivity(e expr.Expr) float64 {
	switch e := e.(type) {
	case *expr.Logic:
		if e.Op == expr.And {
			return o.allOf(e.Args)
		}
		sel := 1.0
		for _, a := range e.Args {
			sel *= 1 - o.selectivity(a)
		}
		return 1 - sel
	case *expr.Not:
		return 1 - o.selectivity(e.Arg)
	case *expr.Const:
		return float64(e.Value.I)
	case *expr.IsNull:
		return o.nullShare(e)
	case *expr.In:
		sel := math.Min(1, float64(len(e.List))*o.equalShare(e.Arg))
		if e.Not {
			return 1 - sel
		}
		return sel
	case *expr.Call:
		return o.compareShare(e)
	}
	return 0.5
}

func (o *optimizer) nullShare(e *expr.IsNull) float64 {
	share := 0.01
	if s, ok := o.columnOf(e.Arg); ok && s.rows > 0 {
		share = math.Min(1, float64(s.Nulls)/s.rows)
	}
	if e.Not {
		return 1 - share
	}
	return share
}

func (o *optimizer) equalShare(e expr.Expr) float64 {
	if s, ok := o.columnOf(e); ok && s.Distinct > 0 {
		return 1 / float64(s.Distinct)
	}
	return 0.005
}

// equalSides is the expected share of rows with a = b. A constant says nothing of its own.
func (o *optimizer) equalSides(a, b expr.Expr) float64 {
	if isConstant(a) {
		return o.equalShare(b)
	}
	if isConstant(b) {
		return o.equalShare(a)
	}
	return math.Min(o.equalShare(a), o.equalShare(b))
}

// isConstant reports whether e is a constant, or one in another type.
func isConstant(e expr.Expr) bool { return expr.IsConst(expr.Uncast(e)) }

func (o *optimizer) compareShare(c *expr.Call) float64 {
	if len(c.Args) != 2 {
		return 0.5
	}
	switch c.Fn.Name {
	case "=":
		return o.equalSides(c.Args[0], c.Args[1])
	case "<>":
		return 1 - o.equalSides(c.Args[0], c.Args[1])
	case "<", "<=":
		return o.below(c.Args[0], c.Args[1])
	case ">", ">=":
		return 1 - o.below(c.Args[0], c.Args[1])
	case "~~", "~~*", "~", "~*":
		return 0.1
	}
	return 0.33
}

// below is the expected share of rows with a < b, from the bounds of a column.
func (o *optimizer) below(a, b expr.Expr) float64 {
	s, ok := o.columnOf(a)
	c, isConst := b.(*expr.Const)
	if !ok || !isConst || !c.Value.Valid || !s.Min.Valid || !s.Max.Valid {
		return 0.33
	}
	lo, hi, v := number(s.Min), number(s.Max), number(c.Value)
	alike := c.Value.Type.Class() == s.Min.Type.Class() || exactNumber(c.Value.Type) && exactNumber(s.Min.Type)
	if !alike || !(hi > lo) {
		return 0.33
	}
	return math.Min(0.99, math.Max(0.01, (v-lo)/(hi-lo)))
}

// number is about the value of v, so far as it has one.
func number(v types.Value) float64 {
	if v.Type.ID == types.Numeric {
		f, err := types.Cast(v, types.T(types.Float64), true)
		if err != nil {
			return 0
		}
		return f.F
	}
	switch v.Type.Class() {
	case types.F32, types.F64:
		return v.F
	case types.I16, types.I32, types.I64:
		return float64(v.I)
	}
	return 0
}

func seriesRows(n *plan.GenerateSeries) float64 {
	if len(n.Arrays) > 0 {
		return 10
	}
	a, ok := constInt(n.Start)
	b, ok2 := constInt(n.Stop)
	step, ok3 := constInt(n.Step)
	if n.Step == nil {
		step, ok3 = 1, true
	}
	if !ok || !ok2 || !ok3 || step == 0 || !n.Out[0].Type.IsInteger() {
		return 1000
	}
	return math.Max(0, math.Floor(float64(b-a)/float64(step))+1)
}

// width is the expected size of a row in bytes.
func width(cols []plan.Column) int {
	w := 0
	for _, c := range cols {
		if s := c.Type.Class().Size(); s > 0 {
			w += s
		} else if c.Type.Class() == types.Bytes {
			w += 32
		} else {
			w++
		}
	}
	return w
}
