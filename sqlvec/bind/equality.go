package bind

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
)

// checkGrouping returns an error unless rows can be told apart by values of a type. JSON
// has no equality. That of JSONB, in which 1.0 is 1, no hash table knows.
func checkGrouping(t types.Type, pos int) error {
	if t.IsArray() {
		return checkArrayGrouping(t, pos)
	}
	switch t.ID {
	case types.JSON:
		return dberr.New(dberr.UndefinedFunction, "could not identify an equality operator for type json").At(pos)
	case types.JSONB:
		return dberr.New(dberr.FeatureNotSupported, "grouping by type jsonb is not supported").At(pos).
			WithHint("Cast the value to text.")
	}
	return nil
}

// orderedBy returns what rows are sorted by where a query sorts by x.
func orderedBy(x expr.Expr, pos int) (expr.Expr, error) {
	if t := x.Type(); t.IsArray() {
		if t.ID.Elem() == types.JSON {
			return nil, dberr.New(dberr.UndefinedFunction, "could not identify an ordering operator for type json[]").At(pos).
				WithHint("Use an explicit ordering operator or modify the query.")
		}
		return expr.NewCall(pos, expr.ArrayKey, []expr.Expr{x})
	}
	switch x.Type().ID {
	case types.JSON:
		return nil, dberr.New(dberr.UndefinedFunction, "could not identify an ordering operator for type json").At(pos).
			WithHint("Use an explicit ordering operator or modify the query.")
	case types.JSONB:
		return expr.NewCall(pos, expr.JSONKey, []expr.Expr{x})
	}
	return x, nil
}

// checkArrayGrouping is checkGrouping for arrays: rows are told apart by their stored
// bytes, which equal elements of some types do not share.
func checkArrayGrouping(t types.Type, pos int) error {
	switch e := t.Elem(); {
	case e.ID == types.JSON:
		return dberr.New(dberr.UndefinedFunction, "could not identify an equality operator for type json[]").At(pos)
	case e.ID == types.Numeric && !e.IsScaled(), e.ID == types.Float32, e.ID == types.Float64, e.ID == types.Interval, e.ID == types.JSONB:
		return dberr.Newf(dberr.FeatureNotSupported, "grouping by type %s is not supported", types.T(t.ID)).At(pos).
			WithHint("Cast the value to text.")
	}
	return nil
}

// sortedBy returns the expression that orderedBy made x of.
func sortedBy(x expr.Expr) expr.Expr {
	if c, ok := x.(*expr.Call); ok && (c.Fn.Name == expr.ArrayKey || c.Fn.Name == expr.JSONKey) {
		return c.Args[0]
	}
	return x
}
