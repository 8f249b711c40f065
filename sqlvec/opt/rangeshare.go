package opt

import (
	"math"

	"driftdb/sqlvec/expr"
)

// minRange is the least share of rows that a range of a column is expected to have.
const minRange = 0.005

// columnRange is the expected shares of the rows of a column from its least value wanted on and
// up to the greatest; 1 where any will do.
type columnRange struct {
	column      int
	least, most float64
}

// allOf is the expected share of rows that meet all conditions. They count as independent, but
// for a least and a greatest value of one column: the rows between are those that meet the
// one, less those that do not meet the other.
func (o *optimizer) allOf(list []expr.Expr) float64 {
	sel := 1.0
	var ranges []columnRange
	for _, p := range list {
		share := o.selectivity(p)
		id, least, ok := constantBound(p)
		if !ok {
			sel *= share
			continue
		}
		r := rangeOf(&ranges, id)
		if least {
			r.least = math.Min(r.least, share)
		} else {
			r.most = math.Min(r.most, share)
		}
	}
	for _, r := range ranges {
		if r.least == 1 || r.most == 1 {
			sel *= r.least * r.most
		} else {
			sel *= math.Max(r.least+r.most-1, minRange)
		}
	}
	return sel
}

// rangeOf returns the range of a column, which it adds where there is none.
func rangeOf(ranges *[]columnRange, column int) *columnRange {
	for i := range *ranges {
		if r := &(*ranges)[i]; r.column == column {
			return r
		}
	}
	*ranges = append(*ranges, columnRange{column, 1, 1})
	return &(*ranges)[len(*ranges)-1]
}

// constantBound returns the column that the condition p compares with a constant, and whether
// the constant is the least value that meets it rather than the greatest.
func constantBound(p expr.Expr) (column int, least, ok bool) {
	c, isCall := p.(*expr.Call)
	if !isCall || len(c.Args) != 2 || !isConstant(c.Args[1]) {
		return 0, false, false
	}
	arg := c.Args[0]
	if cast, isCast := arg.(*expr.Cast); isCast {
		arg = cast.Arg
	}
	col, isCol := arg.(*expr.Col)
	if !isCol {
		return 0, false, false
	}
	switch c.Fn.Name {
	case ">", ">=":
		return col.Index, true, true
	case "<", "<=":
		return col.Index, false, true
	}
	return 0, false, false
}
