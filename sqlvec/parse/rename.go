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

// Visit calls fn with every pointer in a tree, those of subqueries included.
func Visit(n Node, fn func(any)) { visitAll(reflect.ValueOf(n), fn) }

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

// Calls calls fn for every call in an expression, but for those in subqueries.
func Calls(e Expr, fn func(*FuncCall)) { visitCalls(reflect.ValueOf(e), fn) }

func visitCalls(v reflect.Value, fn func(*FuncCall)) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		switch n := v.Interface().(type) {
		case *Query:
			return
		case *FuncCall:
			fn(n)
		}
		visitCalls(v.Elem(), fn)
	case reflect.Struct:
		for i := range v.NumField() {
			visitCalls(v.Field(i), fn)
		}
	case reflect.Slice:
		for i := range v.Len() {
			visitCalls(v.Index(i), fn)
		}
	}
}

// Replaced returns a copy of an expression in which what fn gives for an expression stands in its
// place; nil leaves it.
func Replaced(e Expr, fn func(Expr) Expr) Expr {
	out := reflect.New(reflect.TypeFor[Expr]()).Elem()
	copyTree(out, reflect.ValueOf(&e).Elem(), fn, nil)
	return out.Interface().(Expr)
}

// Expand returns a copy of an expression at the place pos, with args for its parameters.
func Expand(e Expr, pos Pos, args []Expr) Expr {
	out := reflect.New(reflect.TypeFor[Expr]()).Elem()
	copyTree(out, reflect.ValueOf(&e).Elem(), func(x Expr) Expr {
		if p, ok := x.(*Param); ok {
			return args[p.N-1]
		}
		return nil
	}, &pos)
	return out.Interface().(Expr)
}

// Placed returns a copy of a statement all of whose parts stand at pos.
func Placed(s Stmt, pos Pos) Stmt {
	out := reflect.New(reflect.TypeFor[Stmt]()).Elem()
	copyTree(out, reflect.ValueOf(&s).Elem(), func(Expr) Expr { return nil }, &pos)
	return out.Interface().(Stmt)
}

// copyTree copies from to to, which is of the same type and settable; pos is the place of all nodes, nil for their own.
func copyTree(to, from reflect.Value, fn func(Expr) Expr, pos *Pos) {
	switch from.Kind() {
	case reflect.Interface:
		if from.IsNil() {
			return
		}
		if e, ok := from.Interface().(Expr); ok {
			if other := fn(e); other != nil {
				to.Set(reflect.ValueOf(other))
				return
			}
		}
		inner := reflect.New(from.Elem().Type()).Elem()
		copyTree(inner, from.Elem(), fn, pos)
		to.Set(inner)
	case reflect.Pointer:
		if from.IsNil() {
			return
		}
		to.Set(reflect.New(from.Type().Elem()))
		copyTree(to.Elem(), from.Elem(), fn, pos)
	case reflect.Struct:
		for i := range from.NumField() {
			copyTree(to.Field(i), from.Field(i), fn, pos)
		}
	case reflect.Slice:
		if from.IsNil() {
			return
		}
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			copyTree(to.Index(i), from.Index(i), fn, pos)
		}
	default:
		to.Set(from)
		if p, ok := to.Addr().Interface().(*Pos); ok && pos != nil {
			*p = *pos
		}
	}
}
