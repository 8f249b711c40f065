package parse

import "reflect"

// ColumnRefs calls fn for every column reference in an expression, those in subqueries
// included.
func ColumnRefs(e Expr, fn func(*ColumnRef)) { visit(reflect.ValueOf(e), fn) }

// visit goes through the exported fields of a tree, which has no cycles.
func visit(v reflect.Value, fn func(*ColumnRef)) {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			visit(v.Elem(), fn)
		}
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if ref, ok := v.Interface().(*ColumnRef); ok {
			fn(ref)
			return
		}
		visit(v.Elem(), fn)
	case reflect.Struct:
		for i := range v.NumField() {
			visit(v.Field(i), fn)
		}
	case reflect.Slice:
		for i := range v.Len() {
			visit(v.Index(i), fn)
		}
	}
}
