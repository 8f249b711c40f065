package opt

import (
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// worthAsking is the share of rows above which a condition that says less than another one is
// not looked at.
const worthAsking = 0.75

// alone adds to preds what the condition p, an OR over both inputs of a join, demands of one of
// them alone, whose columns are set: of (a.x = 1 AND b.y = 2) OR (a.x = 3 AND b.y = 4) the
// input a has to meet a.x = 1 OR a.x = 3. The join still looks at p.
func (o *optimizer) alone(preds []expr.Expr, p expr.Expr, set map[int]bool) []expr.Expr {
	or, ok := p.(*expr.Logic)
	if !ok || or.Op != expr.Or || plan.VolatilityOf(p) == expr.Volatile {
		return preds
	}
	part := demanded(or, set)
	if part == nil || contains(preds, part) || o.selectivity(part) > worthAsking {
		return preds
	}
	return append(preds, part)
}

// demanded returns what every alternative of an OR demands of columns of a set, nil where one
// of them demands nothing.
func demanded(or *expr.Logic, set map[int]bool) expr.Expr {
	out := &expr.Logic{At: or.At, Op: expr.Or}
	for _, alternative := range or.Args {
		var parts []expr.Expr
		for _, c := range plan.Conjuncts(alternative) {
			inner, ok := c.(*expr.Logic)
			switch {
			case plan.Touches(c, set) && plan.Within(c, set):
				parts = append(parts, expr.Remap(c, func(id int) int { return id }))
			case ok && inner.Op == expr.Or:
				if part := demanded(inner, set); part != nil {
					parts = append(parts, part)
				}
			}
		}
		if len(parts) == 0 {
			return nil
		}
		out.Args = append(out.Args, plan.Conjunction(parts))
	}
	return out
}
