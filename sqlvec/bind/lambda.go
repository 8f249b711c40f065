package bind

import (
	"sync"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
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
	if len(e.Args) != 2 && !(kind == lambdaReduce && len(e.Args) == 3) {
		return nil, dberr.Newf(dberr.UndefinedFunction, "function %s takes a list and a lambda", name).At(pos)
	}
	l, ok := e.Args[1].(*parse.Lambda)
	if !ok {
		return nil, dberr.Newf(dberr.UndefinedFunction, "the second argument of %s must be a lambda", name).At(int(e.Args[1].Position())).
			WithHint("Write it as: lambda x: x + 1.")
	}
	if kind == lambdaReduce {
		return b.bindReduce(e, l, c)
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

// reductions are what list_reduce means, without and with a first value: $1 is the list, $2 what the lambda makes of
// the value so far and the next element, and $3 the first value, which is the first element where none is given.
var reductions = sync.OnceValue(func() (list [2]parse.Expr) {
	for i, first := range []string{"1, $3", "0, $3"} {
		var err error
		list[i], err = parse.ParseExpr(`CASE WHEN $1 IS NOT NULL THEN (WITH RECURSIVE "$reduced"("$n", "$so_far") AS (SELECT ` + first + `
			UNION ALL SELECT "$n" + 1, $2 FROM "$reduced" WHERE "$n" < cardinality($1)) SELECT "$so_far" FROM "$reduced" ORDER BY "$n" DESC LIMIT 1) END`)
		if err != nil {
			panic(err)
		}
	}
	return list
})

// bindReduce binds list_reduce(list, lambda [, first value]). The result has the type of the lambda.
func (b *Binder) bindReduce(e *parse.FuncCall, l *parse.Lambda, c *exprContext) (expr.Expr, error) {
	if n := len(l.Params); n != 2 && n != 3 {
		return nil, dberr.New(dberr.SyntaxError, "the lambda takes the value so far, an element, and its number where there is a third parameter").At(int(l.Pos))
	}
	if err := checkLambda(l); err != nil {
		return nil, err
	}
	t, err := b.reducedType(e, l, c)
	if err != nil {
		return nil, err
	}
	to, err := typeNamed(t)
	if err != nil {
		return nil, err
	}
	d := duckRewrite{e.Pos}
	next := &parse.BinaryExpr{Pos: e.Pos, Op: "+", L: &parse.ColumnRef{Pos: e.Pos, Parts: []string{"$reduced", "$n"}}, R: &parse.Literal{Pos: e.Pos, Kind: parse.LitInt, Text: "1"}}
	stands := []parse.Expr{&parse.ColumnRef{Pos: e.Pos, Parts: []string{"$reduced", "$so_far"}},
		&parse.Subscript{Pos: e.Pos, Apart: true, X: d.call("flatten", e.Args[0]), Lo: next}, next}
	body := parse.Replaced(l.Body, func(x parse.Expr) parse.Expr {
		if ref, ok := x.(*parse.ColumnRef); ok && len(ref.Parts) == 1 {
			for i, p := range l.Params {
				if p.Name == ref.Parts[0] {
					return stands[i]
				}
			}
		}
		return nil
	})
	cast := func(x parse.Expr) parse.Expr { return &parse.Cast{Pos: x.Position(), X: x, Type: to} }
	if len(e.Args) == 2 {
		first := d.call("$first_element", e.Args[0])
		return b.bindExpr(parse.Expand(reductions()[0], e.Pos, []parse.Expr{e.Args[0], cast(body), cast(first)}), c)
	}
	return b.bindExpr(parse.Expand(reductions()[1], e.Pos, []parse.Expr{e.Args[0], cast(body), cast(e.Args[2])}), c)
}

// reducedType is the type of a lambda of list_reduce, whose first parameter has that type, too.
func (b *Binder) reducedType(e *parse.FuncCall, l *parse.Lambda, c *exprContext) (types.Type, error) {
	trial := *c
	trial.applies = &applies{}
	list, err := b.bindExpr(e.Args[0], &trial)
	if err != nil {
		return types.Type{}, err
	}
	if !list.Type().IsArray() {
		return types.Type{}, noFunction(e.Name.Last(), []expr.Expr{list}).At(int(e.Pos))
	}
	t := list.Type().Elem()
	if len(e.Args) == 3 {
		first, err := b.bindExpr(e.Args[2], &trial)
		if err != nil {
			return types.Type{}, err
		}
		if t = first.Type(); t.ID == types.Unknown {
			t = list.Type().Elem()
		}
	}
	for range 2 { // what the value so far widens to, and what that makes of the result
		params := []types.Type{t, list.Type().Elem(), types.T(types.Int32)}
		sc := &scope{parent: c.scope, tables: []string{"$lambda"}}
		for i, p := range l.Params {
			sc.cols = append(sc.cols, column{Column: b.newColumn(p.Name, params[i]), table: "$lambda"})
		}
		trial.scope = sc
		x, err := b.bindExpr(l.Body, &trial)
		if err != nil {
			return types.Type{}, err
		}
		if t = x.Type().Base(); t.ID == types.Unknown {
			t = types.T(types.Text)
		}
	}
	return t, nil
}
