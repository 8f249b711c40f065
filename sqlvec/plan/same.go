package plan

import (
	"slices"

	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
)

// Same reports whether two expressions are written alike: same operators over the same
// columns and constants. Volatile functions are never the same.
func Same(a, b expr.Expr) bool {
	if a == b && !hasVolatile(a) {
		return true
	}
	if !sameNode(a, b) {
		return false
	}
	x, y := expr.Children(a), expr.Children(b)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if !Same(x[i], y[i]) {
			return false
		}
	}
	return true
}

// sameNode compares two nodes without their operands.
func sameNode(a, b expr.Expr) bool {
	if a.Type() != b.Type() {
		return false
	}
	switch a := a.(type) {
	case *expr.Col:
		b, ok := b.(*expr.Col)
		return ok && a.Index == b.Index
	case *expr.Const:
		b, ok := b.(*expr.Const)
		return ok && sameValue(a.Value, b.Value)
	case *expr.Param:
		b, ok := b.(*expr.Param)
		return ok && a.N == b.N
	case *expr.Call:
		b, ok := b.(*expr.Call)
		return ok && a.Fn == b.Fn && a.Fn.Volatility != expr.Volatile
	case *expr.Cast:
		b, ok := b.(*expr.Cast)
		return ok && a.To == b.To && a.Explicit == b.Explicit && a.Try == b.Try
	}
	return sameForm(a, b)
}

// sameForm compares the forms that are not functions.
func sameForm(a, b expr.Expr) bool {
	switch a := a.(type) {
	case *expr.Case:
		b, ok := b.(*expr.Case)
		return ok && len(a.Whens) == len(b.Whens)
	case *expr.Logic:
		b, ok := b.(*expr.Logic)
		return ok && a.Op == b.Op
	case *expr.Not:
		_, ok := b.(*expr.Not)
		return ok
	case *expr.IsNull:
		b, ok := b.(*expr.IsNull)
		return ok && a.Not == b.Not
	case *expr.IsBool:
		b, ok := b.(*expr.IsBool)
		return ok && a.Not == b.Not && a.Which == b.Which
	case *expr.IsDistinct:
		b, ok := b.(*expr.IsDistinct)
		return ok && a.Not == b.Not && a.Eq == b.Eq
	case *expr.In:
		b, ok := b.(*expr.In)
		return ok && a.Not == b.Not && a.Eq == b.Eq
	case *expr.Coalesce:
		_, ok := b.(*expr.Coalesce)
		return ok
	case *expr.NullIf:
		b, ok := b.(*expr.NullIf)
		return ok && a.Eq == b.Eq
	case *expr.MinMax:
		b, ok := b.(*expr.MinMax)
		return ok && a.Least == b.Least
	}
	return false
}

func sameValue(a, b types.Value) bool {
	if a.Valid != b.Valid || a.Type != b.Type {
		return false
	}
	return !a.Valid || a == b
}

func hasVolatile(e expr.Expr) bool { return VolatilityOf(e) == expr.Volatile }

// VolatilityOf returns the weakest promise of the functions in e.
func VolatilityOf(e expr.Expr) expr.Volatility {
	v := expr.Immutable
	expr.Walk(e, func(x expr.Expr) bool {
		if c, ok := x.(*expr.Call); ok {
			v = max(v, c.Fn.Volatility)
		}
		return true
	})
	return v
}

// HasVolatile reports whether a plan, or a query inside its expressions, computes anything volatile.
func HasVolatile(node Node) bool {
	volatile := func(e *expr.Expr) (found bool) {
		expr.Walk(*e, func(x expr.Expr) bool {
			if q, ok := x.(*expr.Subquery); ok {
				if p, ok := q.Plan.(Node); ok && HasVolatile(p) {
					found = true
				}
			}
			return true
		})
		return found || VolatilityOf(*e) == expr.Volatile
	}
	return slices.ContainsFunc(Exprs(node), volatile) || slices.ContainsFunc(node.Children(), HasVolatile)
}
