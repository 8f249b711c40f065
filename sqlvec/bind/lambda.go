package bind

import (
	"driftdb/internal/dberr"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
)

// lambdaKind says what a function does with its lambda.
type lambdaKind uint8

const (
	lambdaTransform lambdaKind = 1 + iota
	lambdaFilter
	lambdaReduce
)

var lambdaFunctions = map[string]lambdaKind{
	"list_transform": lambdaTransform, "list_apply": lambdaTransform, "array_transform": lambdaTransform, "array_apply": lambdaTransform, "apply": lambdaTransform,
	"list_filter": lambdaFilter, "array_filter": lambdaFilter, "filter": lambdaFilter,
	"list_reduce": lambdaReduce, "array_reduce": lambdaReduce, "reduce": lambdaReduce,
}

// bindLambda binds a function of a list and a lambda as the query over the list's elements that it means.
func (b *Binder) bindLambda(e *parse.FuncCall, name string, c *exprContext) (expr.Expr, error) {
	pos := int(e.Position())
	if err := plainCall(e, name); err != nil {
		return nil, err
	}
	kind := lambdaFunctions[name]
	if kind == lambdaReduce {
		return nil, dberr.Newf(dberr.FeatureNotSupported, "%s is not supported", name).At(pos).
			WithHint("Use an aggregate over the elements: (SELECT sum(x) FROM unnest(list) AS x).")
	}
	if len(e.Args) != 2 {
		return nil, dberr.Newf(dberr.UndefinedFunction, "function %s takes a list and a lambda", name).At(pos)
	}
	l, ok := e.Args[1].(*parse.Lambda)
	if !ok {
		return nil, dberr.Newf(dberr.UndefinedFunction, "the second argument of %s must be a lambda", name).At(int(e.Args[1].Position())).
			WithHint("Write it as: lambda x: x + 1.")
	}
	if len(l.Params) > 2 || len(l.Params) == 2 && l.Params[0].Name == l.Params[1].Name {
		return nil, dberr.New(dberr.SyntaxError, "a lambda takes an element, and its number where there is a second parameter").At(int(l.Pos))
	}
	if err := checkLambda(l); err != nil {
		return nil, err
	}
	return b.bindExpr(overElements(e, l, kind), c)
}

// checkLambda refuses aggregates and window functions outside subqueries, which would be those of the query
// over the elements.
func checkLambda(l *parse.Lambda) (err error) {
	parse.Calls(l.Body, func(f *parse.FuncCall) {
		name := f.Name.Last()
		if err == nil && (f.Over != nil || expr.IsAggregate(name) || len(f.WithinGroup) > 0) {
			err = dberr.New(dberr.GroupingError, "aggregate and window functions are not allowed in a lambda").At(int(f.Position()))
		}
		if err == nil && returnsSet(name) {
			err = dberr.New(dberr.FeatureNotSupported, "set-returning functions are not allowed in a lambda").At(int(f.Position()))
		}
	})
	return err
}

// overElements writes CASE WHEN list IS NOT NULL THEN ARRAY(SELECT … FROM unnest(list) … ORDER BY number) END.
func overElements(e *parse.FuncCall, l *parse.Lambda, kind lambdaKind) parse.Expr {
	pos, list := e.Pos, e.Args[0]
	element, number := l.Params[0], parse.Ident{Pos: pos, Name: "$number"}
	if len(l.Params) == 2 {
		number = l.Params[1]
	}
	elements := &parse.FuncRef{Pos: pos, Ordinality: true,
		Calls: []*parse.FuncCall{{Pos: pos, Name: parse.Name{Pos: pos, Parts: []string{"unnest"}}, Args: []parse.Expr{list}}},
		Alias: &parse.Alias{Pos: pos, Name: "$elements", Columns: []parse.Ident{element, number}}}
	ref := func(id parse.Ident) parse.Expr {
		return &parse.ColumnRef{Pos: pos, Parts: []string{"$elements", id.Name}}
	}
	sel := &parse.Select{Pos: pos, From: []parse.TableExpr{elements}, Items: []parse.SelectItem{{Pos: pos, Expr: l.Body}}}
	if kind == lambdaFilter {
		sel.Items[0].Expr, sel.Where = ref(element), l.Body
	}
	query := &parse.Query{Pos: pos, Body: sel, OrderBy: []parse.OrderItem{{Pos: pos, Expr: ref(number)}}}
	made := &parse.ArrayExpr{Pos: pos, Query: query}
	if a, ok := list.(*parse.ArrayExpr); ok && a.Query == nil {
		return made
	}
	return &parse.CaseExpr{Pos: pos, Whens: []parse.When{{Pos: pos, Cond: &parse.IsExpr{Pos: pos, X: list, Test: parse.IsNull, Not: true}, Result: made}}}
}
