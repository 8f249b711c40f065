package opt

import (
	"slices"

	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// distinctShare is of how many rows one must be the first for DISTINCT ON to find it before the sort.
const distinctShare = 8

// groupedRows returns the rows of DISTINCT as groups by the expressions of a projection where these make better keys than
// their results.
func (o *optimizer) groupedRows(d *plan.Distinct) plan.Node {
	p, ok := d.Input.(*plan.Project)
	if !ok || !slices.ContainsFunc(p.Exprs, func(e expr.Expr) bool {
		_, choice := expr.NewFixedKey(e)
		_, fits := o.fixedType(e)
		return choice || fits
	}) {
		return d
	}
	return &plan.Aggregate{Input: p.Input, Keys: p.Exprs, Out: p.Out}
}

// distinctRows lets DISTINCT ON sort only the rows that are the first by the other keys of the order:
// they are the leading rows of a window.
func (o *optimizer) distinctRows(node plan.Node) plan.Node {
	return plan.Transform(node, func(n plan.Node) plan.Node {
		d, ok := n.(*plan.Distinct)
		switch {
		case !ok:
			return n
		case len(d.On) == 0:
			return o.groupedRows(d)
		}
		s, ok := d.Input.(*plan.Sort)
		if !ok || s.Limit > 0 {
			return n
		}
		order, ok := otherKeys(s.Keys, d.On)
		if !ok || len(order) == 0 {
			return n
		}
		o.estimate(s.Input)
		rows := s.Input.Estimated().Rows
		if rows < fewWindowRows || o.groups(d.On, rows) > rows/distinctShare {
			return n
		}
		if o.generic { // kept plans have no windows
			o.momentary = true
			return n
		}
		return o.firstRows(d, s, order)
	})
}

// otherKeys returns the keys that are not among on; ok is false where one of on is no key, or a key is volatile.
func otherKeys(keys []plan.SortKey, on []expr.Expr) (order []plan.SortKey, ok bool) {
	found := 0
	for _, k := range keys {
		if plan.VolatilityOf(k.Expr) == expr.Volatile {
			return nil, false
		}
		if slices.ContainsFunc(on, func(x expr.Expr) bool { return plan.Same(x, k.Expr) }) {
			found++
		} else {
			order = append(order, k)
		}
	}
	return order, found == len(on)
}

// firstRows returns the rows of d, whose input is s, in the order of s.
func (o *optimizer) firstRows(d *plan.Distinct, s *plan.Sort, order []plan.SortKey) plan.Node {
	cols := slices.Clone(d.Columns())
	number := o.fresh(plan.Column{Name: "row_number", Type: types.T(types.Int64)})
	first, err := expr.NewOp(0, "=", column(number), &expr.Const{Value: types.IntValue(number.Type, 1)})
	if err != nil {
		o.fail(err)
		return d
	}
	w := &plan.Window{Input: s.Input, Partition: d.On, Order: order, Out: []plan.Column{number}}
	w.Calls = []plan.WindowCall{{Func: plan.RowNumber, Frame: plan.Frame{End: plan.FrameBound{Kind: plan.CurrentRow}}}}
	return keepColumns(&plan.Sort{Input: &plan.Filter{Input: w, Predicate: first}, Keys: s.Keys}, cols)
}
