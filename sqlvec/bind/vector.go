package bind

import (
	"slices"

	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
)

// vectorColumns are the columns of pg_index that PostgreSQL has as int2vector and oidvector. Here they are the texts
// that it shows of them, and where an array is wanted, arrays.
var vectorColumns = []string{"indkey", "indclass", "indcollation", "indoption"}

// vectorFunctions take an array first, which may be such a column.
var vectorFunctions = []string{"array_length", "array_lower", "array_upper", "array_ndims", "array_dims", "array_position", "array_positions", "array_to_string", "cardinality", "unnest"}

// vector is e as an array, where it is such a column by its name; one of another type stays what it is.
func vector(e parse.Expr) parse.Expr {
	ref, ok := e.(*parse.ColumnRef)
	if !ok || len(ref.Parts) == 0 || !slices.Contains(vectorColumns, ref.Parts[len(ref.Parts)-1]) {
		return e
	}
	return duckRewrite{ref.Pos}.call(expr.Vector, e)
}

// withVector is a call whose first argument is an array where it may be such a column.
func withVector(e *parse.FuncCall, name string) *parse.FuncCall {
	if len(e.Args) == 0 || !slices.Contains(vectorFunctions, name) {
		return e
	}
	first := vector(e.Args[0])
	if first == e.Args[0] {
		return e
	}
	out := *e
	out.Args = append([]parse.Expr{first}, e.Args[1:]...)
	return &out
}
