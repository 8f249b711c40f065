package opt

import (
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
)

// foldExpr computes the parts of e that are constant during the statement. A part whose computation fails
// stays as it is, for constants to find, or where it is not immutable for the rows that reach it.
func (o *optimizer) foldExpr(e expr.Expr) expr.Expr {
	return expr.Rewrite(e, func(x expr.Expr) expr.Expr {
		if o.generic && expr.VolatilityOf(x) != expr.Immutable {
			return x
		}
		return foldNode(x, o.env)
	})
}

// foldNode is the value of an operator over constants, and any other expression itself.
func foldNode(x expr.Expr, env *expr.Env) expr.Expr {
	switch x := x.(type) {
	case *expr.Logic:
		return foldLogic(x, env)
	case *expr.Case:
		if taken := expr.FoldCase(x); taken != expr.Expr(x) {
			return taken
		}
	}
	if c, ok := x.(*expr.Call); ok {
		if null, ok := expr.NullOfNull(c, env); ok {
			return null
		}
	}
	if !foldable(x) {
		return x
	}
	v, err := expr.EvalConst(x, env)
	if err != nil {
		return x
	}
	v.Type = x.Type()
	return &expr.Const{At: expr.At(x.Pos()), Value: v}
}

func foldable(x expr.Expr) bool {
	switch x := x.(type) {
	case *expr.Col, *expr.Const, *expr.Param, *expr.OuterCol, *expr.Subquery:
		return false
	case *expr.Call:
		if x.Fn.Volatility == expr.Volatile {
			return false
		}
	}
	for _, k := range expr.Children(x) {
		if _, ok := k.(*expr.Const); !ok {
			return false
		}
	}
	return true
}

// foldLogic drops the arguments of AND and OR that decide nothing, and those behind one
// that decides all. A constant that fails before that is the whole, as in expr.Fold.
func foldLogic(l *expr.Logic, env *expr.Env) expr.Expr {
	decides := int64(0)
	if l.Op == expr.Or {
		decides = 1
	}
	var rest []expr.Expr
	for _, a := range l.Args {
		c, ok := a.(*expr.Const)
		switch {
		case !ok && expr.Fails(a, env):
			return a
		case !ok || !c.Value.Valid:
			rest = append(rest, a)
		case c.Value.I == decides:
			return a
		}
	}
	switch len(rest) {
	case 0:
		return &expr.Const{At: l.At, Value: types.BoolValue(l.Op == expr.And)}
	case 1:
		return rest[0]
	case len(l.Args):
		return l
	}
	return &expr.Logic{At: l.At, Op: l.Op, Args: rest}
}
