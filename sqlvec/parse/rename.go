package parse

import "reflect"

// ColumnRefs calls fn for every column reference in an expression, those in subqueries
// included.
func ColumnRefs(e Expr, fn func(*ColumnRef)) { visitRefs(reflect.ValueOf(e), fn) }

// ParamCount returns the number of the greatest parameter of a statement, 0 for none.
func ParamCount(s Stmt) (n int) {
	visitAll(reflect.ValueOf(s), func(v any) {
		if p, ok := v.(*Param); ok {
			n = max(n, p.N)
		}
	})
	return n
}

// visitAll calls fn with every pointer in a tree.
func visitAll(v reflect.Value, fn func(any)) {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			visitAll(v.Elem(), fn)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			fn(v.Interface())
			visitAll(v.Elem(), fn)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			visitAll(v.Field(i), fn)
		}
	case reflect.Slice:
		for i := range v.Len() {
			visitAll(v.Index(i), fn)
		}
	}
}

// visitRefs goes through the exported fields of a tree, which has no cycles.
func visitRefs(v reflect.Value, fn func(*ColumnRef)) {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			visitRefs(v.Elem(), fn)
		}
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if ref, ok := v.Interface().(*ColumnRef); ok {
			fn(ref)
			return
		}
		visitRefs(v.Elem(), fn)
	case reflect.Struct:
		for i := range v.NumField() {
			visitRefs(v.Field(i), fn)
		}
	case reflect.Slice:
		for i := range v.Len() {
			visitRefs(v.Index(i), fn)
		}
	}
}

// HasSubquery reports whether an expression has a query in it.
func HasSubquery(e Expr) bool {
	found := false
	visitAll(reflect.ValueOf(e), func(n any) {
		if _, ok := n.(*Query); ok {
			found = true
		}
	})
	return found
}
