package bind

import (
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// declaredTypes are the types of the columns of a query as PostgreSQL has them: a NUMERIC has the
// digits that were declared, by a column or a cast, not those that its values are known to need.
func declaredTypes(node plan.Node) []types.Type {
	out := make([]types.Type, len(node.Columns()))
	for i, c := range node.Columns() {
		out[i] = declaredColumn(node, c)
	}
	return out
}

// declaredColumn is the declared type of one of the columns that node makes or hands on.
func declaredColumn(node plan.Node, c plan.Column) types.Type {
	if c.Type.ID != types.Numeric {
		return c.Type
	}
	switch n := node.(type) {
	case *plan.Scan:
		return c.Type
	case *plan.Project:
		for i, out := range n.Out {
			if out.ID == c.ID {
				return declaredExpr(n.Input, n.Exprs[i])
			}
		}
	case *plan.Aggregate:
		for i, key := range n.Keys {
			if n.Out[i].ID == c.ID {
				return declaredExpr(n.Input, key)
			}
		}
	case *plan.SetOp:
		for i, out := range n.Out {
			if out.ID == c.ID {
				return commonDeclared(declaredColumn(n.Left, n.Left.Columns()[i]), declaredColumn(n.Right, n.Right.Columns()[i]))
			}
		}
	case *plan.CTEScan:
		for i, out := range n.Out {
			if out.ID == c.ID {
				return declaredColumn(n.CTE.Plan, n.CTE.Plan.Columns()[i])
			}
		}
	case *plan.Filter, *plan.Sort, *plan.Limit, *plan.Distinct, *plan.Join, *plan.Window, *plan.Unroll, *plan.LockRows:
		for _, kid := range n.Children() {
			if hasID(kid.Columns(), c.ID) {
				return declaredColumn(kid, c)
			}
		}
	}
	return c.Type.Base()
}

// declaredExpr is the declared type of an expression over the columns of node.
func declaredExpr(node plan.Node, e expr.Expr) types.Type {
	t := e.Type()
	if t.ID != types.Numeric {
		return t
	}
	switch e := e.(type) {
	case *expr.Col:
		return declaredColumn(node, plan.Column{ID: e.Index, Type: t})
	case *expr.Const: // of a number as it is written, the digits are its own
		if !e.Value.Valid || int(t.Prec) > len(types.Format(e.Value)) {
			return t
		}
	case *expr.Cast:
		if e.Explicit {
			return t
		}
	case *expr.Case:
		list := []expr.Expr{e.Else}
		for _, w := range e.Whens {
			list = append(list, w.Then)
		}
		return declaredAll(node, list)
	case *expr.Coalesce:
		return declaredAll(node, e.Args)
	case *expr.MinMax:
		return declaredAll(node, e.Args)
	case *expr.NullIf:
		return declaredExpr(node, e.Value)
	}
	return t.Base()
}

// declaredAll is the declared type of a choice among expressions; NULLs have a say only alone.
func declaredAll(node plan.Node, list []expr.Expr) types.Type {
	var out types.Type
	for _, e := range list {
		if c, ok := e.(*expr.Const); ok && !c.Value.Valid {
			continue
		}
		if c, ok := e.(*expr.Cast); ok && !c.Explicit { // what made the branches alike
			e = c.Arg
		}
		if t := declaredExpr(node, e); out == (types.Type{}) {
			out = t
		} else {
			out = commonDeclared(out, t)
		}
	}
	if out == (types.Type{}) {
		return list[0].Type().Base()
	}
	return out
}

// commonDeclared is what two values in one place are declared as.
func commonDeclared(a, b types.Type) types.Type {
	switch {
	case a == b:
		return a
	case a.ID == types.Numeric:
		return a.Base()
	}
	return b.Base()
}
