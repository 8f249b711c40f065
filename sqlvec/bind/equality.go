package bind

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
)

// comparable reports whether a type has an equality and an order: JSON and paths have none.
func comparable(id types.ID) bool { return id != types.JSON && id != types.JSONPath }

// checkGrouping returns an error unless rows can be told apart by values of a type.
func checkGrouping(t types.Type, pos int) error {
	if !comparable(t.ID) || t.IsArray() && !comparable(t.ID.Elem()) {
		return dberr.Newf(dberr.UndefinedFunction, "could not identify an equality operator for type %s", t).At(pos)
	}
	return nil
}

// orderedBy returns what rows are sorted by where a query sorts by x.
func orderedBy(x expr.Expr, pos int) (expr.Expr, error) {
	if t := x.Type(); t.IsArray() {
		if !comparable(t.ID.Elem()) {
			return nil, dberr.Newf(dberr.UndefinedFunction, "could not identify an ordering operator for type %s", t).At(pos).
				WithHint("Use an explicit ordering operator or modify the query.")
		}
		return expr.NewCall(pos, expr.ArrayKey, []expr.Expr{x})
	}
	switch x.Type().ID {
	case types.JSON, types.JSONPath:
		return nil, dberr.Newf(dberr.UndefinedFunction, "could not identify an ordering operator for type %s", x.Type()).At(pos).
			WithHint("Use an explicit ordering operator or modify the query.")
	case types.JSONB:
		return expr.NewCall(pos, expr.JSONKey, []expr.Expr{x})
	case types.Record:
		return expr.NewCall(pos, expr.RecordKey, []expr.Expr{x})
	case types.Bpchar:
		if x.Type().KeepsBlanks() {
			return expr.NewCall(pos, expr.CharKey, []expr.Expr{x})
		}
	case types.Enum:
		return expr.NewCall(pos, expr.EnumRank, []expr.Expr{x})
	}
	return x, nil
}

// sortedBy returns the expression that orderedBy made x of.
func sortedBy(x expr.Expr) expr.Expr {
	if c, ok := x.(*expr.Call); ok && (c.Fn.Name == expr.ArrayKey || c.Fn.Name == expr.JSONKey || c.Fn.Name == expr.CharKey || c.Fn.Name == expr.RecordKey || c.Fn.Name == expr.EnumRank) {
		return c.Args[0]
	}
	return x
}
