package bind

import (
	"strconv"

	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// outputName returns PostgreSQL's name for a select-list item without an alias.
func outputName(e parse.Expr) string {
	if name, _ := figureName(e); name != "" {
		return name
	}
	return "?column?"
}

// figureName returns a name and how good it is: 2 for a name of its own, 1 for one
// that a better one inside may replace, 0 for none.
func figureName(e parse.Expr) (string, int) {
	switch e := e.(type) {
	case *parse.ColumnRef:
		return e.Parts[len(e.Parts)-1], 2
	case *parse.FieldAccess:
		return e.Name, 2
	case *parse.Subscript:
		return figureName(e.X)
	case *parse.FuncCall:
		return e.Name.Last(), 2
	case *parse.Cast:
		if name, good := figureName(e.X); good > 1 {
			return name, good
		}
		return e.Type.Name.Last(), 1
	case *parse.CaseExpr:
		if e.Else != nil {
			if name, good := figureName(e.Else); good > 1 {
				return name, good
			}
		}
		return "case", 1
	case *parse.CollateExpr:
		return figureName(e.X)
	case *parse.AtTimeZone:
		return "timezone", 2
	case *parse.ExistsExpr:
		return "exists", 2
	case *parse.ArrayExpr:
		return "array", 2
	case *parse.RowExpr:
		return "row", 2
	case *parse.SubqueryExpr:
		return queryName(e.Query)
	case *parse.Literal:
		if e.Kind == parse.LitBool {
			return "bool", 1
		}
	}
	return "", 0
}

// queryName returns the name of the first column of a query used as a value.
func queryName(q *parse.Query) (string, int) {
	body := q.Body
	for {
		switch b := body.(type) {
		case *parse.Query:
			body = b.Body
			continue
		case *parse.SetOp:
			body = b.L
			continue
		case *parse.Select:
			if len(b.Items) == 0 {
				return "", 0
			}
			if a := b.Items[0].Alias; a != "" {
				return a, 2
			}
			return figureName(b.Items[0].Expr)
		case *parse.Values:
			return "column1", 2
		}
		return "", 0
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

// conjunction is the AND of parts, nil when there are none.
func conjunction(parts []expr.Expr) expr.Expr { return plan.Conjunction(parts) }

// typesOf returns the types of expressions.
func typesOf(list []expr.Expr) []types.Type {
	out := make([]types.Type, len(list))
	for i, e := range list {
		out[i] = e.Type()
	}
	return out
}

// typeList is the list of types as messages show it.
func typeList(list []expr.Expr) types.Types {
	ts := make(types.Types, len(list))
	for i, e := range list {
		ts[i] = e.Type().Base()
	}
	return ts
}
