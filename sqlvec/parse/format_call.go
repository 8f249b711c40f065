package parse

import "strings"

// callName writes the name of a function. Some keywords are names of functions
// and need no quotes before a parenthesis.
func (f *formatter) callName(e *FuncCall) {
	if len(e.Name.Parts) != 1 || !readsBare(e.Name.Parts[0], e) {
		f.name(e.Name)
		return
	}
	f.w(e.Name.Parts[0])
}

// readsBare reports whether a call by the keyword name reads back without quotes.
func readsBare(name string, e *FuncCall) bool {
	switch name {
	case "left", "right":
		return true
	case "coalesce", "greatest", "least", "grouping":
		return len(e.Args) > 0 && isPlainCall(e)
	case "nullif":
		return len(e.Args) == 2 && isPlainCall(e)
	}
	return false
}

// isPlainCall reports whether a call is nothing but its name and expressions.
func isPlainCall(e *FuncCall) bool {
	for _, a := range e.Args {
		switch a := a.(type) {
		case *NamedArg:
			return false
		case *Star:
			if a.Table == nil && a.Of == nil {
				return false
			}
		}
	}
	return !e.Distinct && !e.Variadic && e.OrderBy == nil && e.WithinGroup == nil && e.Filter == nil && e.Over == nil &&
		e.Nulls == NullsUnspecified
}

func (f *formatter) call(e *FuncCall) {
	if e.Bare {
		f.w(strings.ToUpper(e.Name.Last()))
		if len(e.Args) > 0 {
			f.w("(")
			f.exprs(e.Args)
			f.w(")")
		}
		return
	}
	if field, ok := extractField(e); ok {
		f.w("extract(")
		f.ident(field)
		f.w(" FROM ")
		f.expr(e.Args[1], precOr)
		f.w(")")
		return
	}
	f.callName(e)
	f.w("(")
	f.arguments(e)
	f.w(")")
	f.afterCall(e)
}

// extractField returns the field of a call that is EXTRACT(field FROM x).
func extractField(e *FuncCall) (string, bool) {
	if len(e.Name.Parts) != 1 || e.Name.Parts[0] != "extract" || len(e.Args) != 2 || !isPlainCall(e) {
		return "", false
	}
	lit, ok := e.Args[0].(*Literal)
	if !ok || lit.Kind != LitString || !isPlain(lit.Text) {
		return "", false
	}
	return lit.Text, true
}

func (f *formatter) arguments(e *FuncCall) {
	f.opt(e.Distinct, "DISTINCT ")
	f.list(len(e.Args), func(i int) {
		f.opt(e.Variadic && i == len(e.Args)-1, "VARIADIC ")
		f.expr(e.Args[i], precOr)
	})
	f.orderBy(e.OrderBy)
}

func (f *formatter) afterCall(e *FuncCall) {
	if e.WithinGroup != nil {
		f.w(" WITHIN GROUP (ORDER BY ")
		f.orderItems(e.WithinGroup)
		f.w(")")
	}
	if e.Filter != nil {
		f.w(" FILTER (WHERE ")
		f.expr(e.Filter, precOr)
		f.w(")")
	}
	f.opt(e.Nulls == IgnoreNulls, " IGNORE NULLS")
	f.opt(e.Nulls == RespectNulls, " RESPECT NULLS")
	if e.Over == nil {
		return
	}
	f.w(" OVER ")
	if e.Over.Bare {
		f.ident(e.Over.Ref)
		return
	}
	f.window(e.Over)
}
