package opt

import (
	"math"

	"driftdb/colstore"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// physical chooses algorithms from the leaves up.
func (o *optimizer) physical(node plan.Node) plan.Node {
	return plan.Transform(node, func(n plan.Node) plan.Node {
		switch n := n.(type) {
		case *plan.Scan:
			n.Spec.Filters = hints(n, n.Predicate)
		case *plan.Join:
			return o.algorithm(n)
		case *plan.AsofJoin:
			sortAsof(n)
		case *plan.SetOp:
			o.distinctRight(n)
		case *plan.Limit:
			topN(n)
		case *plan.Filter:
			o.leading(n)
		case *plan.Aggregate:
			if !o.generic {
				return countOnly(n)
			}
		}
		return n
	})
}

// sameType gives both sides of a key one type, in which they are equal when they were.
func sameType(a, b expr.Expr) (expr.Expr, expr.Expr, bool) {
	ta, tb := a.Type(), b.Type()
	switch {
	case ta == tb:
		return a, b, ta.ID != types.JSON
	case ta.IsEnum() && tb.IsEnum():
		return a, b, true // at different times, perhaps
	case ta.IsString() && tb.IsString():
		return relabeled(a, types.T(types.Text)), relabeled(b, types.T(types.Text)), true
	case ta.ID == tb.ID && ta.ID != types.Numeric:
		return relabeled(a, ta.Base()), relabeled(b, ta.Base()), true
	case ta.IsInteger() && tb.IsInteger():
		return relabeled(a, types.T(types.Int64)), relabeled(b, types.T(types.Int64)), true
	case exactNumber(ta) && exactNumber(tb):
		return relabeled(a, types.T(types.Numeric)), relabeled(b, types.T(types.Numeric)), true
	}
	return nil, nil, false
}

func exactNumber(t types.Type) bool { return t.IsInteger() || t.ID == types.Numeric }

func relabeled(e expr.Expr, t types.Type) expr.Expr {
	if e.Type() == t {
		return e
	}
	return &expr.Cast{At: expr.At(e.Pos()), Arg: e, To: t, Explicit: true}
}

// topN tells the Sort below a LIMIT how many rows are wanted.
func topN(n *plan.Limit) {
	count, ok := constInt(n.Count)
	offset, ok2 := constInt(n.Offset)
	if n.Offset == nil {
		offset, ok2 = 0, true
	}
	if !ok || !ok2 || count < 0 || offset < 0 || count > math.MaxInt64-offset {
		return
	}
	below := n.Input
	for {
		p, ok := below.(*plan.Project)
		if !ok {
			break
		}
		below = p.Input
	}
	if s, ok := below.(*plan.Sort); ok && count+offset > 0 {
		s.Limit = count + offset
	}
}

func constInt(e expr.Expr) (int64, bool) {
	c, ok := e.(*expr.Const)
	if !ok || !c.Value.Valid {
		return 0, false
	}
	return c.Value.I, true
}

// countSource is a plan.Source that counts its rows.
type countSource interface{ CountRows() (int64, error) }

// countOnly answers count(*) over a whole table from storage, which knows the number
// of visible rows exactly.
func countOnly(n *plan.Aggregate) plan.Node {
	s, ok := n.Input.(*plan.Scan)
	if !ok || len(n.Keys) > 0 || s.Predicate != nil || s.Spec.Versions != nil {
		return n
	}
	src, ok := s.Source.(countSource)
	if !ok {
		return n
	}
	for _, a := range n.Aggs {
		if a.Agg.Name != "count" || len(a.Args) > 0 || a.Filter != nil || a.Distinct {
			return n
		}
	}
	rows, err := src.CountRows()
	if err != nil {
		return n // the scan will say it
	}
	values := make([]expr.Expr, len(n.Aggs))
	for i := range values {
		values[i] = &expr.Const{Value: types.IntValue(n.Out[i].Type, rows)}
	}
	return &plan.Values{Rows: [][]expr.Expr{values}, Out: n.Out}
}

var filterOps = map[string]colstore.FilterOp{
	"=": colstore.Eq, "<>": colstore.Ne, "<": colstore.Lt, "<=": colstore.Le, ">": colstore.Gt, ">=": colstore.Ge,
}

var mirrored = map[colstore.FilterOp]colstore.FilterOp{
	colstore.Eq: colstore.Eq, colstore.Ne: colstore.Ne, colstore.Lt: colstore.Gt, colstore.Le: colstore.Ge,
	colstore.Gt: colstore.Lt, colstore.Ge: colstore.Le,
}

// hints are the conditions of a scan that storage understands, of those in pred, whose columns
// are known by their IDs.
func hints(s *plan.Scan, pred expr.Expr) []colstore.Filter {
	var list []colstore.Filter
	for _, p := range plan.Conjuncts(pred) {
		if f, ok := hint(s, p); ok {
			list = append(list, f)
		}
	}
	return list
}

func hint(s *plan.Scan, p expr.Expr) (colstore.Filter, bool) {
	switch p := p.(type) {
	case *expr.Call:
		op, ok := filterOps[p.Fn.Name]
		if !ok || len(p.Args) != 2 {
			return colstore.Filter{}, false
		}
		if f, ok := compareHint(s, p.Args[0], p.Args[1], op); ok {
			return f, true
		}
		return compareHint(s, p.Args[1], p.Args[0], mirrored[op])
	case *expr.In:
		return inHint(s, p)
	case *expr.IsNull:
		id, _, ok := storedColumn(s, p.Arg)
		op := colstore.IsNull
		if p.Not {
			op = colstore.IsNotNull
		}
		return colstore.Filter{Column: id, Op: op}, ok
	case *expr.Col:
		id, t, ok := storedColumn(s, p)
		return colstore.Filter{Column: id, Op: colstore.Eq, Values: []types.Value{types.BoolValue(true)}}, ok && t.ID == types.Bool
	}
	return colstore.Filter{}, false
}

func compareHint(s *plan.Scan, col, value expr.Expr, op colstore.FilterOp) (colstore.Filter, bool) {
	id, t, ok := storedColumn(s, col)
	if !ok {
		return colstore.Filter{}, false
	}
	if t.IsEnum() && op != colstore.Eq && op != colstore.Ne {
		return colstore.Filter{}, false // storage orders labels as texts
	}
	v, ok := storedValue(value, t)
	return colstore.Filter{Column: id, Op: op, Values: []types.Value{v}}, ok
}

func inHint(s *plan.Scan, p *expr.In) (colstore.Filter, bool) {
	id, t, ok := storedColumn(s, p.Arg)
	if !ok || p.Not {
		return colstore.Filter{}, false
	}
	f := colstore.Filter{Column: id, Op: colstore.In}
	for _, x := range p.List {
		if c, ok := x.(*expr.Const); ok && !c.Value.Valid {
			continue // NULL equals nothing
		}
		v, ok := storedValue(x, t)
		if !ok {
			return f, false
		}
		f.Values = append(f.Values, v)
	}
	return f, true
}

// storedColumn returns the stored column that e is, seen through casts that keep every
// value and its order.
func storedColumn(s *plan.Scan, e expr.Expr) (uint32, types.Type, bool) {
	for {
		c, ok := e.(*expr.Cast)
		if !ok || !keepsOrder(c.Arg.Type(), c.To) {
			break
		}
		e = c.Arg
	}
	col, ok := e.(*expr.Col)
	if !ok {
		return 0, types.Type{}, false
	}
	for i, out := range s.Out {
		if out.ID == col.Index {
			return s.Spec.Columns[i], out.Type, true
		}
	}
	return 0, types.Type{}, false
}

func keepsOrder(from, to types.Type) bool {
	switch {
	case from.IsString() && to.IsString():
		return to.Len == 0 && !from.KeepsBlanks() && to.ID != types.Bpchar
	case from.IsInteger() && to.IsInteger():
		return to.ID >= from.ID
	}
	return exactNumber(from) && to.ID == types.Numeric && to.Prec == 0
}

// storedValue is the constant e as a value of the column's type, if it is exactly one.
func storedValue(e expr.Expr, t types.Type) (types.Value, bool) {
	c, ok := e.(*expr.Const)
	if !ok || !c.Value.Valid {
		return types.Value{}, false
	}
	v := c.Value
	if v.Type == t || t.IsEnum() && types.SameEnum(v.Type, t) {
		return v, true
	}
	same := v.Type.IsString() && t.IsString() || exactNumber(v.Type) && exactNumber(t) || v.Type.Base() == t.Base()
	if !same {
		return types.Value{}, false
	}
	out, err := types.Cast(v, t, false)
	if err != nil {
		return types.Value{}, false
	}
	back, err := types.Cast(out, v.Type, false)
	return out, err == nil && types.Equal(back, v)
}
