package opt

import (
	"slices"

	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
)

// harmless reports whether e never fails: a column, a wider type of it, sums and products of such that are NUMERIC, or their
// quotients by a constant; where choices are allowed, also comparisons, CASE and COALESCE of such. These may have a value where a
// column of them is NULL; the others have none.
func harmless(e expr.Expr, choices bool) bool {
	switch e := e.(type) {
	case *expr.Col, *expr.Const:
		return true
	case *expr.Cast:
		return widens(e.Arg.Type(), e.To) && harmless(e.Arg, choices)
	case *expr.Call:
		if !safeCall(e, choices) {
			return false
		}
	case *expr.Case, *expr.Logic, *expr.Not, *expr.IsNull, *expr.Coalesce:
		if !choices {
			return false
		}
	case *expr.In:
		if !choices || !scalarType(e.Arg.Type()) {
			return false
		}
	default:
		return false
	}
	return !slices.ContainsFunc(expr.Children(e), func(x expr.Expr) bool { return x != nil && !harmless(x, choices) })
}

// widens reports whether every value of a type is one of another.
func widens(from, to types.Type) bool {
	switch {
	case from.IsInteger() && to.IsInteger():
		return to.ID >= from.ID
	case exactNumber(from):
		return to.ID == types.Float64 && (from.IsInteger() || from.IsScaled()) || to == types.T(types.Numeric)
	}
	return from.IsString() && to == types.T(types.Text)
}

// safeCall reports whether a function fails for no arguments.
func safeCall(e *expr.Call, choices bool) bool {
	switch e.Fn.Name {
	case "+", "-", "*":
		return e.Typ.ID == types.Numeric
	case "/":
		by, ok := expr.Uncast(e.Args[1]).(*expr.Const)
		return ok && e.Typ.ID == types.Numeric && by.Value.Valid && number(by.Value) != 0
	case "=", "<>", "<", "<=", ">", ">=":
		return choices && len(e.Args) == 2 && scalarType(e.Args[0].Type()) && scalarType(e.Args[1].Type())
	}
	return false
}

// scalarType reports whether values of t can always be compared.
func scalarType(t types.Type) bool {
	return t.IsInteger() || exactNumber(t) || t.IsString() || t.ID == types.Date || t.ID == types.Float64
}
