package opt

import (
	"math"
	"slices"

	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// joinSelectivity is the expected share of the pairs of rows that meet the conditions on.
func (o *optimizer) joinSelectivity(left, right plan.Node, on []expr.Expr, li, ri map[int]bool) float64 {
	var rest, ls, rs []expr.Expr
	for _, p := range on {
		a, b, _, ok := joinKey(p, li, ri)
		if !ok {
			rest = append(rest, p)
			continue
		}
		ls, rs = append(ls, a), append(rs, b)
	}
	return o.keySelectivity(left, right, ls, rs) * o.allOf(rest)
}

// keySelectivity is the expected share of the pairs of rows with equal keys. Where the keys of
// one side are unique, a row of the other has one partner. The shares of several keys are
// seldom independent (the parts of a foreign key never are): the smallest counts in full, the
// next by its square root, and so on.
func (o *optimizer) keySelectivity(left, right plan.Node, ls, rs []expr.Expr) float64 {
	if len(ls) > 1 {
		for _, rows := range []float64{o.uniqueRows(left, ls), o.uniqueRows(right, rs)} {
			if rows > 0 {
				return 1 / rows
			}
		}
	}
	shares := make([]float64, len(ls))
	for i := range ls {
		shares[i] = 1 / math.Max(o.distinct(ls[i], left), o.distinct(rs[i], right))
	}
	slices.Sort(shares)
	sel, power := 1.0, 1.0
	for _, s := range shares {
		sel *= math.Pow(s, power)
		power /= 2
	}
	return sel
}

// uniqueRows returns the rows of a table that n scans, also below joins and filters, if the
// columns among keys hold a unique key of it, 0 otherwise. Whatever n keeps or repeats of the table, a row
// of the other side has its partners among the rows that n makes of one of the table's.
func (o *optimizer) uniqueRows(n plan.Node, keys []expr.Expr) float64 {
	switch n.(type) {
	case *plan.Filter, *plan.Join, *plan.HashJoin:
		for _, k := range n.Children() {
			if rows := o.uniqueRows(k, keys); rows > 0 {
				return rows
			}
		}
	}
	scan, ok := n.(*plan.Scan)
	if !ok || scan.Table == nil {
		return 0
	}
	ids, rows := map[uint32]bool{}, 0.0
	for _, k := range keys {
		c, ok := k.(*expr.Col)
		if !ok {
			continue
		}
		for i, out := range scan.Out {
			if out.ID == c.Index {
				ids[scan.Spec.Columns[i]] = true
			}
		}
		if s, ok := o.columnOf(k); ok {
			rows = math.Max(rows, s.rows)
		}
	}
	for _, x := range scan.Table.Keys() {
		if x.Unique && !slices.ContainsFunc(x.Columns, func(id uint32) bool { return !ids[id] }) {
			return rows
		}
	}
	return 0
}
