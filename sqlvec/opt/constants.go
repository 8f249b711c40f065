package opt

import (
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// constants looks for constant parts of a plan that have no value. As in PostgreSQL they are errors of the
// statement, whether a row reaches them or not: only the branches of CASE, AND, OR and COALESCE that constants
// decide against are not looked at, and outputs that nobody uses.
type constants struct {
	env    *expr.Env
	needed map[int]bool // columns that what is above uses
}

// check looks at node and at what is below it.
func (c *constants) check(node plan.Node) error {
	switch n := node.(type) {
	case *plan.Project:
		for i := range n.Exprs {
			if c.needed[n.Out[i].ID] {
				if err := c.use(&n.Exprs[i]); err != nil {
					return err
				}
			}
		}
	case *plan.Aggregate:
		if err := c.aggregate(n); err != nil {
			return err
		}
	case *plan.Filter, *plan.Join, *plan.Sort, *plan.Limit, *plan.Window:
		for _, e := range plan.Exprs(node) {
			if err := c.use(e); err != nil {
				return err
			}
		}
		plan.Used(node, func(id int) { c.needed[id] = true })
	default:
		for _, e := range plan.Exprs(node) {
			if err := c.use(e); err != nil {
				return err
			}
		}
		for _, k := range node.Children() {
			for _, col := range k.Columns() {
				c.needed[col.ID] = true
			}
		}
	}
	for _, k := range node.Children() {
		if err := c.check(k); err != nil {
			return err
		}
	}
	return nil
}

// aggregate looks at the keys and at those aggregates that are used.
func (c *constants) aggregate(n *plan.Aggregate) error {
	used := *n
	used.Aggs = nil
	for i, a := range n.Aggs {
		if c.needed[n.Out[len(n.Keys)+i].ID] {
			used.Aggs = append(used.Aggs, a)
		}
	}
	for _, e := range plan.Exprs(&used) {
		if err := c.use(e); err != nil {
			return err
		}
	}
	plan.Used(&used, func(id int) { c.needed[id] = true })
	return nil
}

// use notes the columns of an expression that is evaluated.
func (c *constants) use(e *expr.Expr) error {
	switch (*e).(type) {
	case *expr.Const:
		return nil
	case *expr.Col:
	default:
		folded := expr.Fold(*e, c.env)
		if err := c.fails(folded); err != nil {
			return err
		}
		if expr.IsConst(folded) && folded.Type() == (*e).Type() {
			*e = folded // it need not be computed again
		}
	}
	expr.Columns(*e, func(id int) { c.needed[id] = true })
	return nil
}

// fails is the error of the first constant part of e, which has been folded, that has no value.
func (c *constants) fails(e expr.Expr) error {
	switch e := e.(type) {
	case *expr.Const, *expr.Col:
		return nil
	case *expr.Coalesce:
		for _, a := range e.Args {
			if err := c.fails(a); err != nil {
				return err
			}
			if k, ok := a.(*expr.Const); ok && k.Value.Valid {
				break
			}
		}
		return nil
	}
	for _, k := range expr.Children(e) {
		if err := c.fails(k); err != nil {
			return err
		}
	}
	if !foldable(e) || expr.VolatilityOf(e) != expr.Immutable {
		return nil
	}
	_, err := expr.EvalConst(e, c.env)
	return err
}
