package opt

import (
	"slices"

	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// maxLeading is the most leading rows of a partition that are worth finding before the sort: more than fewLeading only where
// the partitions are expected to have leadingShare times as many.
const (
	maxLeading   = 256
	fewLeading   = 64
	leadingShare = 4
)

// leading tells the Window below a condition on row_number() or rank() how many leading rows
// of a partition can meet it, where no other function of the window sees the rows behind.
func (o *optimizer) leading(n *plan.Filter) {
	below, from := n.Input, func(id int) int { return id } // the window's column of one of the filter's
	for {
		p, ok := below.(*plan.Project)
		if !ok || slices.ContainsFunc(p.Exprs, func(e expr.Expr) bool { _, ok := e.(*expr.Col); return !ok }) {
			break
		}
		outer := from
		from = func(id int) int { return passedColumn(p, outer(id)) }
		below = p.Input
	}
	w, ok := below.(*plan.Window)
	if !ok || len(w.Order) == 0 {
		return
	}
	for _, k := range w.Order {
		if plan.VolatilityOf(k.Expr) == expr.Volatile {
			return
		}
	}
	for _, x := range w.Partition {
		if plan.VolatilityOf(x) == expr.Volatile {
			return
		}
	}
	places := map[int]bool{} // IDs of the columns that bound the place of a row
	for i, c := range w.Calls {
		switch c.Func {
		case plan.RowNumber, plan.Rank:
			places[w.Out[i].ID] = true
		case plan.DenseRank:
		default:
			return
		}
	}
	for _, p := range plan.Conjuncts(n.Predicate) {
		column, most, ok := mostPlace(p)
		if ok && places[from(column)] && o.worthLeading(w, most) && (w.Leading == 0 || most < w.Leading) {
			w.Leading = max(most, 1)
		}
	}
}

// worthLeading reports whether so many leading rows of each partition of w are found before the sort.
func (o *optimizer) worthLeading(w *plan.Window, most int64) bool {
	if most <= fewLeading || most > maxLeading {
		return most <= fewLeading
	}
	o.estimate(w.Input)
	rows := w.Input.Estimated().Rows
	return rows >= leadingShare*float64(most)*o.groups(w.Partition, rows)
}

// passedColumn returns the column that a projection of columns hands on as id, 0 for none.
func passedColumn(p *plan.Project, id int) int {
	for i, c := range p.Out {
		if c.ID == id {
			return p.Exprs[i].(*expr.Col).Index
		}
	}
	return 0
}

// mostPlace returns the column that p compares with a constant, and the greatest integer
// that meets it.
func mostPlace(p expr.Expr) (column int, most int64, ok bool) {
	c, isCall := p.(*expr.Call)
	if !isCall || len(c.Args) != 2 {
		return 0, 0, false
	}
	op, left, right := c.Fn.Name, c.Args[0], c.Args[1]
	if _, turned := left.(*expr.Const); turned {
		left, right = right, left
		op = map[string]string{">=": "<=", ">": "<", "=": "="}[op]
	}
	col, isCol := left.(*expr.Col)
	k, isConst := constInt(right)
	if !isCol || !isConst || !right.Type().IsInteger() {
		return 0, 0, false
	}
	switch op {
	case "=", "<=":
		return col.Index, k, true
	case "<":
		return col.Index, max(k, 1) - 1, true
	}
	return 0, 0, false
}
