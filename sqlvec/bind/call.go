package bind

import (
	"slices"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// aggs collects the aggregates of one SELECT while its expressions are bound.
type aggs struct {
	calls []plan.AggCall
	out   []plan.Column
	pre   *applies // subqueries inside arguments are joined below the aggregation
	first int      // where the first of them stands

	groupings []*grouping
}

// bindCall binds a function or aggregate.
func (b *Binder) bindCall(e *parse.FuncCall, c *exprContext) (expr.Expr, error) {
	pos, name := int(e.Position()), e.Name.Last()
	if s := e.Name.Schema(); s != "" && s != CatalogSchema {
		if m, ok := b.columnMethod(e, c); ok {
			return b.bindCall(m, c)
		}
		return nil, b.noFunctionIn(s, e, c)
	}
	if err := otherWords(name, pos); err != nil {
		return nil, err
	}
	e, err := b.positional(e, c)
	if err != nil {
		return nil, err
	}
	if x, ok := duckMacro(e, name); ok {
		return b.bindExpr(x, c)
	}
	if e = duckAggregate(e, name); e.Name.Last() != name {
		name = e.Name.Last()
	}
	if e.Variadic && len(e.WithinGroup) == 0 && (expr.IsAggregate(name) || isWindowFunction(name) || returnsSet(name)) {
		return nil, dberr.Newf(dberr.UndefinedFunction, "function %s takes no VARIADIC argument", name).At(pos)
	}
	if e.Over != nil {
		return b.bindWindowCall(e, name, c)
	}
	if isHypothetical(name) && len(e.WithinGroup) == 0 && len(e.Args) > 0 {
		return nil, dberr.Newf(dberr.WrongObjectType, "WITHIN GROUP is required for ordered-set aggregate %s", name).At(pos)
	}
	if isWindowFunction(name) && len(e.WithinGroup) == 0 {
		return nil, dberr.Newf(dberr.WrongObjectType, "window function %s requires an OVER clause", name).At(pos)
	}
	if x, done, err := b.bindWithinGroup(e, name, c); done {
		return x, err
	}
	if lambdaFunctions[name] != 0 {
		return b.bindLambda(e, name, c)
	}
	if name == "columns" {
		return nil, dberr.New(dberr.FeatureNotSupported, "COLUMNS stands only in the list of a SELECT, with one argument").At(pos)
	}
	if name == "grouping" || name == "grouping_id" { // the second is DuckDB's
		return b.bindGrouping(e, c)
	}
	if expr.IsAggregate(name) {
		return b.bindAggregate(e, name, c)
	}
	if err := plainCall(e, name); err != nil {
		return nil, err
	}
	if x, ok := duckCall(e, name); ok {
		return b.bindExpr(x, c)
	}
	if x, ok := b.castCall(e, name); ok {
		return b.bindExpr(x, c)
	}
	if returnsSet(name) {
		return b.bindSetCall(e, c)
	}
	if name == "getvariable" && len(e.Args) == 1 {
		return b.variable(e, c)
	}
	if name == "coalesce" { // nothing conditional holds a set
		c = c.withoutSets("set-returning functions are not allowed in COALESCE")
	}
	plain, err := b.sequenceArgs(withVector(e, name), name)
	if err != nil {
		return nil, err
	}
	args, err := b.bindExprs(plain, c)
	if err != nil {
		return nil, err
	}
	if err := b.oidArguments(name, plain, args, c); err != nil {
		return nil, err
	}
	if name == "pg_typeof" && len(args) == 1 && isUndecided(args[0]) {
		return &expr.Const{At: expr.At(pos), Value: types.BytesValue(types.T(types.Text), "unknown")}, nil
	}
	if len(args) == 0 && (name == "coalesce" || name == "greatest" || name == "least") {
		return nil, dberr.New(dberr.SyntaxError, "syntax error at or near \")\"").At(pos + len(name) + 1)
	}
	if e.Variadic {
		return expr.NewVariadic(pos, name, args)
	}
	return expr.NewCall(pos, duckOverload(name, args), args)
}

// noFunctionIn is the error of a function of a schema other than the catalog's: there are none.
func (b *Binder) noFunctionIn(schema string, e *parse.FuncCall, c *exprContext) error {
	if b.env.Points != nil {
		if err := (Lookup{Catalog: b.env.Points.Present().Catalog()}).CheckSchema(e.Name); err != nil {
			return at(err, int(e.Position()))
		}
	}
	args, err := b.bindExprs(e.Args, c)
	if err != nil {
		return err
	}
	return noFunction(schema+"."+e.Name.Last(), args).At(int(e.Position()))
}

// isUndecided reports whether x is a literal in quotes, or NULL, that nothing has given a type.
func isUndecided(x expr.Expr) bool {
	c, ok := x.(*expr.Const)
	return ok && c.Value.Type.ID == types.Unknown
}

// columnMethod writes DuckDB's column.f(…) as f(column, …); ok is false where there is no such column.
func (b *Binder) columnMethod(e *parse.FuncCall, c *exprContext) (*parse.FuncCall, bool) {
	parts := e.Name.Parts
	column := &parse.ColumnRef{Pos: e.Pos, Parts: parts[:len(parts)-1]}
	if _, err := b.bindExpr(column, c); err != nil {
		return nil, false
	}
	call := *e
	call.Name = parse.Name{Pos: e.Pos, Parts: parts[len(parts)-1:]}
	call.Args = append([]parse.Expr{column}, e.Args...)
	return &call, true
}

// variable binds getvariable: the value that the variable has now, NULL where there is none.
func (b *Binder) variable(e *parse.FuncCall, c *exprContext) (expr.Expr, error) {
	if err := b.moment(); err != nil {
		return nil, err
	}
	name, err := b.bindExpr(e.Args[0], c)
	if err != nil {
		return nil, err
	}
	if !expr.IsConst(name) {
		return nil, dberr.New(dberr.FeatureNotSupported, "the name of a variable must be a constant").At(int(e.Args[0].Position()))
	}
	v, err := b.constant(name)
	if err != nil || b.env.Variable == nil {
		return nil, err
	}
	value, ok := b.env.Variable(strings.ToLower(v.S))
	if !ok || !v.Valid {
		value = types.NullOf(types.Type{})
	}
	return &expr.Const{At: expr.At(int(e.Position())), Value: value}, nil
}

// castCall writes the call of a type's name with one argument as the cast that it means, where there is no
// function of that name: date(x).
func (b *Binder) castCall(e *parse.FuncCall, name string) (parse.Expr, bool) {
	if len(e.Args) != 1 || e.Variadic || expr.IsFunction(name) || returnsSet(name) {
		return nil, false
	}
	t := &parse.TypeName{Pos: e.Pos, Name: e.Name}
	if _, err := b.typeOf(t); err != nil && !systemType[name] {
		return nil, false
	}
	return &parse.Cast{Pos: e.Pos, X: e.Args[0], Type: t}, true
}

// plainCall refuses what only aggregates may have.
func plainCall(e *parse.FuncCall, name string) error {
	pos := int(e.Position())
	what := ""
	switch {
	case e.Distinct:
		what = "DISTINCT"
	case len(e.OrderBy) > 0:
		what = "ORDER BY"
	case e.Filter != nil:
		what = "FILTER"
	case len(e.Args) == 1 && isStar(e.Args[0]):
		return noFunction(name, nil).At(pos)
	default:
		return nil
	}
	return dberr.Newf(dberr.WrongObjectType, "%s specified, but %s is not an aggregate function", what, name).At(pos)
}

func isStar(e parse.Expr) bool {
	star, ok := e.(*parse.Star)
	return ok && len(star.Table) == 0 && star.Of == nil
}

// bindAggregate registers an aggregate; the column of its result stands for it.
func (b *Binder) bindAggregate(e *parse.FuncCall, name string, c *exprContext) (expr.Expr, error) {
	pos := int(e.Position())
	c, err := b.ownerOf(e, c)
	if err != nil {
		return nil, err
	}
	switch {
	case c.inAgg:
		return nil, dberr.New(dberr.GroupingError, "aggregate function calls cannot be nested").At(pos)
	case c.aggs == nil:
		return nil, dberr.Newf(dberr.GroupingError, "aggregate functions are not allowed in %s", c.clause).At(pos)
	}
	inner := &exprContext{scope: c.scope, clause: c.clause, inAgg: true, aggs: c.aggs, applies: c.aggs.pre, aliases: c.aliases,
		noSets: "aggregate function calls cannot contain set-returning function calls"}
	call, err := b.aggregateCall(e, name, inner)
	if err != nil {
		return nil, err
	}
	out := b.newColumn(name, call.Agg.ReturnType(typesOf(call.Args)))
	for i, other := range c.aggs.calls {
		if sameCall(other, call) {
			out = c.aggs.out[i]
			return &expr.Col{At: expr.At(pos), Index: out.ID, Typ: out.Type, Name: out.Name}, nil
		}
	}
	if len(c.aggs.calls) == 0 {
		c.aggs.first = pos
	}
	c.aggs.calls, c.aggs.out = append(c.aggs.calls, call), append(c.aggs.out, out)
	return &expr.Col{At: expr.At(pos), Index: out.ID, Typ: out.Type, Name: out.Name}, nil
}

func (b *Binder) aggregateCall(e *parse.FuncCall, name string, c *exprContext) (plan.AggCall, error) {
	pos := int(e.Position())
	if len(e.WithinGroup) > 0 {
		call, err := b.orderedSetCall(e, name, c)
		if err == nil {
			call.Filter, err = b.aggregateFilter(e, c)
		}
		return call, err
	}
	var args []expr.Expr
	var err error
	if len(e.Args) == 1 && isStar(e.Args[0]) {
		if name != "count" {
			return plan.AggCall{}, dberr.Newf(dberr.UndefinedFunction, "function %s() does not exist", name).At(pos).
				WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
		}
	} else if args, err = b.bindExprs(e.Args, c); err != nil {
		return plan.AggCall{}, err
	} else if len(args) == 0 && name == "count" {
		return plan.AggCall{}, dberr.New(dberr.WrongObjectType, "count(*) must be used to call a parameterless aggregate function").At(pos)
	}
	if name == "count" && len(args) == 1 && !e.Distinct {
		if args[0], err = countedRow(args[0]); err != nil {
			return plan.AggCall{}, err
		}
	}
	if name == "quantile_cont" && len(args) == 2 {
		if args[0], err = dateAsTime(args[0]); err != nil {
			return plan.AggCall{}, err
		}
	}
	call := plan.AggCall{Distinct: e.Distinct}
	if call.Agg, call.Args, err = expr.NewAggregate(pos, name, args); err != nil {
		return call, err
	}
	for _, x := range call.Args {
		if err := checkGrouping(x.Type(), x.Pos()); err != nil && call.Distinct {
			return call, err
		}
	}
	if call.Filter, err = b.aggregateFilter(e, c); err != nil {
		return call, err
	}
	call.OrderBy, err = b.aggregateOrder(e, call, c)
	return call, err
}

// aggregateFilter binds FILTER, nil for none.
func (b *Binder) aggregateFilter(e *parse.FuncCall, c *exprContext) (expr.Expr, error) {
	if e.Filter == nil {
		return nil, nil
	}
	fc := *c
	fc.clause, fc.aggs, fc.inAgg, fc.inWindow = "FILTER", nil, false, false
	return b.bindCondition(e.Filter, &fc)
}

// aggregateOrder binds ORDER BY inside an aggregate. With DISTINCT, all arguments are keys of the
// order, the ones that it names before the others: as PostgreSQL, which sorts to find equal values.
func (b *Binder) aggregateOrder(e *parse.FuncCall, call plan.AggCall, c *exprContext) ([]plan.SortKey, error) {
	var keys []plan.SortKey
	for _, o := range e.OrderBy {
		x, err := b.bindExpr(o.Expr, c)
		if err != nil {
			return nil, err
		}
		key, err := sortKey(x, o)
		if err != nil {
			return nil, err
		}
		if call.Distinct && !containsExpr(call.Args, x) {
			return nil, dberr.New(dberr.InvalidColumnReference,
				"in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list").At(int(o.Position()))
		}
		keys = append(keys, key)
	}
	if !call.Distinct || !call.Agg.Ordered {
		return keys, nil
	}
	for _, x := range call.Args {
		known := func(k plan.SortKey) bool { return plan.Same(sortedBy(k.Expr), x) }
		if _, constant := x.(*expr.Const); constant || slices.ContainsFunc(keys, known) {
			continue
		}
		key, err := orderedBy(x, x.Pos())
		if err != nil {
			return nil, err
		}
		keys = append(keys, plan.SortKey{Expr: key})
	}
	return keys, nil
}

// sameCall reports whether two aggregates always have the same result.
func sameCall(a, b plan.AggCall) bool {
	if a.Agg != b.Agg || a.Distinct != b.Distinct || len(a.Args) != len(b.Args) || len(a.OrderBy)+len(b.OrderBy) > 0 {
		return false
	}
	if (a.Filter == nil) != (b.Filter == nil) || a.Filter != nil && !plan.Same(a.Filter, b.Filter) {
		return false
	}
	for i := range a.Args {
		if !plan.Same(a.Args[i], b.Args[i]) {
			return false
		}
	}
	return true
}

func containsExpr(list []expr.Expr, e expr.Expr) bool {
	for _, x := range list {
		if plan.Same(x, e) {
			return true
		}
	}
	return false
}
