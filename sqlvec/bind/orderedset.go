package bind

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// bindWithinGroup binds a call with WITHIN GROUP that is no ordered-set aggregate, and
// refuses ordered-set aggregates without.
func (b *Binder) bindWithinGroup(e *parse.FuncCall, name string, c *exprContext) (x expr.Expr, done bool, err error) {
	pos, within := int(e.Position()), len(e.WithinGroup) > 0
	switch {
	case within && e.Distinct:
		err = dberr.New(dberr.SyntaxError, "cannot use DISTINCT with WITHIN GROUP").At(pos)
	case within && e.Variadic:
		err = dberr.New(dberr.SyntaxError, "cannot use VARIADIC with WITHIN GROUP").At(pos)
	case within && len(e.OrderBy) > 0:
		err = dberr.New(dberr.SyntaxError, "cannot use multiple ORDER BY clauses with WITHIN GROUP").At(pos)
	case within && isWindowFunction(name):
		x, err = b.bindHypothetical(e, name, c)
		return x, true, err
	case within && !expr.IsOrderedSet(name) && !b.resolves(e, name, c):
		err = b.unresolved(e, name, c)
	case !within && expr.IsOrderedSet(name) && len(e.Args) < 2 && name != "mode":
		err = b.unresolved(e, name, c)
	case within && !expr.IsAggregate(name):
		err = dberr.Newf(dberr.WrongObjectType, "WITHIN GROUP specified, but %s is not an aggregate function", name).At(pos)
	case within && !expr.IsOrderedSet(name):
		err = dberr.Newf(dberr.WrongObjectType, "%s is not an ordered-set aggregate, so it cannot have WITHIN GROUP", name).At(pos)
	case !within && expr.IsOrderedSet(name):
		err = dberr.Newf(dberr.WrongObjectType, "WITHIN GROUP is required for ordered-set aggregate %s", name).At(pos)
	}
	return nil, err != nil, err
}

// callArgs binds the arguments of a call, with those of WITHIN GROUP behind them.
func (b *Binder) callArgs(e *parse.FuncCall, c *exprContext) ([]expr.Expr, error) {
	args, err := b.bindExprs(e.Args, c)
	for _, o := range e.WithinGroup {
		if err != nil {
			break
		}
		var x expr.Expr
		x, err = b.bindExpr(o.Expr, c)
		args = append(args, x)
	}
	return args, err
}

// resolves reports whether there is a function or an aggregate for the arguments of a call.
func (b *Binder) resolves(e *parse.FuncCall, name string, c *exprContext) bool {
	args, err := b.callArgs(e, c)
	if err != nil {
		return true // which is told where they are bound again
	}
	if expr.IsAggregate(name) {
		_, _, err = expr.ResolveAggregate(name, typesOf(args))
	} else {
		_, err = expr.NewCall(int(e.Position()), name, args)
	}
	return dberr.CodeOf(err) != dberr.UndefinedFunction || err == nil
}

// unresolved is the error of a call that there is no function for.
func (b *Binder) unresolved(e *parse.FuncCall, name string, c *exprContext) error {
	args, err := b.callArgs(e, c)
	if err != nil {
		return err
	}
	return noFunction(name, args).At(int(e.Position()))
}

// orderedSetCall binds percentile_cont and its like: the value of WITHIN GROUP is the
// first argument, and the order of the call.
func (b *Binder) orderedSetCall(e *parse.FuncCall, name string, c *exprContext) (plan.AggCall, error) {
	pos := int(e.Position())
	direct := *c
	direct.inAgg = false
	args, err := b.bindExprs(e.Args, &direct)
	if err != nil {
		return plan.AggCall{}, err
	}
	for _, x := range args {
		if plan.Touches(x, plan.IDs(&plan.Values{Out: c.aggs.out})) {
			return plan.AggCall{}, dberr.New(dberr.FeatureNotSupported, "aggregates as direct arguments of an ordered-set aggregate are not supported").At(x.Pos())
		}
	}
	var call plan.AggCall
	for _, o := range e.WithinGroup {
		x, err := b.bindExpr(o.Expr, c)
		if err != nil {
			return call, err
		}
		args = append([]expr.Expr{x}, args...)
	}
	if len(e.WithinGroup) > 1 {
		return call, noFunction(name, args).At(pos)
	}
	if name == expr.Median || name == expr.QuantileCont {
		if name, args[0], err = continuous(name, args[0]); err != nil {
			return call, err
		}
	}
	if call.Agg, call.Args, err = expr.NewAggregate(pos, name, args); err != nil {
		return call, err
	}
	if err := knownType(&call.Args[0]); err != nil {
		return call, err
	}
	key, err := sortKey(call.Args[0], e.WithinGroup[0])
	call.OrderBy = []plan.SortKey{key}
	return call, err
}

// continuous is the aggregate that DuckDB's median or quantile_cont is of x, and x as that takes it: times have values
// between them, those of dates are timestamps; the median of texts and the like is one of them.
func continuous(name string, x expr.Expr) (string, expr.Expr, error) {
	switch t := x.Type(); {
	case t.ID == types.Date || t.ID == types.Timestamp || t.ID == types.TimestampTZ || t.ID == types.Time:
		x, err := dateAsTime(x)
		return expr.QuantileCont, x, err
	case name == expr.Median && t.ID != types.Unknown && (t.IsString() || t.ID == types.Bool || t.IsEnum()):
		return "percentile_disc", x, nil
	}
	return "percentile_cont", x, nil
}

// dateAsTime makes a timestamp of a date.
func dateAsTime(x expr.Expr) (expr.Expr, error) {
	if x.Type().ID != types.Date {
		return x, nil
	}
	return expr.NewCast(x.Pos(), x, types.T(types.Timestamp), false)
}

// checkDirect refuses direct arguments of ordered-set aggregates that use other columns than keys:
// such an argument has one value a group.
func (s *selection) checkDirect(a *plan.Aggregate, input []plan.Column) error {
	replace := keyReplacer(a)
	for _, call := range a.Aggs {
		if !call.Agg.OrderedSet {
			continue
		}
		for _, x := range call.Args[1:] {
			if len(s.sets) > 0 && plan.Touches(x, plan.IDs(&plan.Values{Out: input})) {
				return dberr.New(dberr.FeatureNotSupported, "columns as direct arguments of an ordered-set aggregate beside grouping sets are not supported").At(x.Pos())
			}
			if err := s.checkGrouped(replace(x), a, input); err != nil {
				if e, ok := err.(*dberr.Error); ok {
					return e.WithDetail("Direct arguments of an ordered-set aggregate must use only grouped columns.")
				}
				return err
			}
		}
	}
	return nil
}

// bindHypothetical binds rank(v) WITHIN GROUP (ORDER BY x) and its like: where v would
// stand. They are counts of the rows that sort before v.
func (b *Binder) bindHypothetical(e *parse.FuncCall, name string, c *exprContext) (expr.Expr, error) {
	pos := int(e.Position())
	if len(e.Args) != len(e.WithinGroup) {
		args, err := b.callArgs(e, c)
		if err != nil {
			return nil, err
		}
		return nil, dberr.Newf(dberr.UndefinedFunction, "function %s(%s) does not exist", name, typeList(args)).At(pos).
			WithHint("To use the hypothetical-set aggregate %s, the number of hypothetical direct arguments (here %d) must match the number of ordering columns (here %d).",
				name, len(e.Args), len(e.WithinGroup))
	}
	if len(e.Args) > 1 && name == "dense_rank" {
		return nil, dberr.New(dberr.FeatureNotSupported, "dense_rank of several columns as a hypothetical-set aggregate is not supported").At(pos)
	}
	if e.Over != nil {
		return nil, dberr.Newf(dberr.FeatureNotSupported, "OVER is not supported for ordered-set aggregate %s", name).At(pos)
	}
	h := newHypothetical(e)
	rows := h.count(h.filter)
	switch name {
	case "rank":
		return b.bindExpr(h.plus(h.count(h.before())), c)
	case "dense_rank":
		distinct := h.count(h.before())
		distinct.Distinct, distinct.Args = true, []parse.Expr{h.x}
		return b.bindExpr(h.plus(&parse.BinaryExpr{Pos: h.Pos, Op: "+", L: distinct, R: h.nullsBefore()}), c)
	case "percent_rank":
		share := &parse.BinaryExpr{Pos: h.Pos, Op: "/", L: h.float(h.count(h.before())), R: rows}
		none := &parse.BinaryExpr{Pos: h.Pos, Op: "=", L: rows, R: h.integer("0")}
		return b.bindExpr(&parse.CaseExpr{Pos: h.Pos, Whens: []parse.When{{Cond: none, Result: h.float(h.integer("0"))}}, Else: share}, c)
	case "cume_dist":
		return b.bindExpr(&parse.BinaryExpr{Pos: h.Pos, Op: "/", L: h.float(h.plus(h.count(h.notBehind()))), R: h.plus(rows)}, c)
	}
	return nil, dberr.Newf(dberr.UndefinedFunction, "function %s does not exist", name).At(pos)
}

// isHypothetical reports whether a window function is a hypothetical-set aggregate, too.
func isHypothetical(name string) bool {
	switch name {
	case "rank", "dense_rank", "percent_rank", "cume_dist":
		return true
	}
	return false
}

// hypothetical builds the expressions of a hypothetical-set aggregate: of its last key, with those
// before it.
type hypothetical struct {
	parse.Pos
	x, v       parse.Expr
	desc       bool
	nullsFirst bool
	filter     parse.Expr
	outer      *hypothetical // the key before it, nil for none
}

func newHypothetical(e *parse.FuncCall) (h *hypothetical) {
	for i, o := range e.WithinGroup {
		h = &hypothetical{Pos: e.Pos, x: o.Expr, v: e.Args[i], desc: o.Desc || o.Using == ">", filter: e.Filter, outer: h}
		h.nullsFirst = h.desc
		if o.Nulls != parse.NullsDefault {
			h.nullsFirst = o.Nulls == parse.NullsFirst
		}
	}
	return h
}

func (h *hypothetical) integer(text string) parse.Expr {
	return &parse.Literal{Pos: h.Pos, Kind: parse.LitInt, Text: text}
}

func (h *hypothetical) float(x parse.Expr) parse.Expr {
	return &parse.Cast{Pos: h.Pos, X: x, Type: &parse.TypeName{Pos: h.Pos, Name: parse.Name{Pos: h.Pos, Parts: []string{"float8"}}}}
}

func (h *hypothetical) plus(x parse.Expr) parse.Expr {
	return &parse.BinaryExpr{Pos: h.Pos, Op: "+", L: x, R: h.integer("1")}
}

// count counts the rows that meet a condition, nil for all.
func (h *hypothetical) count(cond parse.Expr) *parse.FuncCall {
	return &parse.FuncCall{Pos: h.Pos, Name: parse.Name{Pos: h.Pos, Parts: []string{"count"}}, Args: []parse.Expr{&parse.Star{Pos: h.Pos}}, Filter: cond}
}

func (h *hypothetical) isNull(x parse.Expr, not bool) parse.Expr {
	return &parse.IsExpr{Pos: h.Pos, X: x, Not: not}
}

// nullOrder is the condition that x and v, one of them NULL, come in this order.
func (h *hypothetical) nullOrder() parse.Expr {
	return &parse.BoolExpr{Pos: h.Pos, Args: []parse.Expr{h.isNull(h.x, !h.nullsFirst), h.isNull(h.v, h.nullsFirst)}}
}

// before is the condition that a row sorts before the hypothetical one.
func (h *hypothetical) before() parse.Expr { return h.filtered(h.sortsBefore()) }

// sortsBefore is before without the filter: by the keys before this one, or level in them and by it.
func (h *hypothetical) sortsBefore() parse.Expr {
	op := "<"
	if h.desc {
		op = ">"
	}
	var own parse.Expr = &parse.BoolExpr{Pos: h.Pos, Or: true, Args: []parse.Expr{
		&parse.BinaryExpr{Pos: h.Pos, Op: op, L: h.x, R: h.v}, h.nullOrder()}}
	if h.outer == nil {
		return own
	}
	own = &parse.BoolExpr{Pos: h.Pos, Args: []parse.Expr{h.outer.level(), own}}
	return &parse.BoolExpr{Pos: h.Pos, Or: true, Args: []parse.Expr{h.outer.sortsBefore(), own}}
}

// level is the condition that a row is level with the hypothetical one in this key and those before.
func (h *hypothetical) level() parse.Expr {
	var own parse.Expr = &parse.DistinctExpr{Pos: h.Pos, L: h.x, R: h.v, Not: true}
	if h.outer == nil {
		return own
	}
	return &parse.BoolExpr{Pos: h.Pos, Args: []parse.Expr{h.outer.level(), own}}
}

// notBehind is the condition that a row sorts before the hypothetical one or is its peer.
func (h *hypothetical) notBehind() parse.Expr {
	return h.filtered(&parse.BoolExpr{Pos: h.Pos, Or: true, Args: []parse.Expr{h.sortsBefore(), h.level()}})
}

func (h *hypothetical) filtered(cond parse.Expr) parse.Expr {
	if h.filter == nil {
		return cond
	}
	return &parse.BoolExpr{Pos: h.Pos, Args: []parse.Expr{cond, h.filter}}
}

// nullsBefore is 1 where NULLs, which count(DISTINCT x) leaves out, sort before v.
func (h *hypothetical) nullsBefore() parse.Expr {
	nulls := h.count(h.filtered(&parse.BoolExpr{Pos: h.Pos, Args: []parse.Expr{h.isNull(h.x, false), h.nullOrder()}}))
	some := &parse.BinaryExpr{Pos: h.Pos, Op: ">", L: nulls, R: h.integer("0")}
	return &parse.CaseExpr{Pos: h.Pos, Whens: []parse.When{{Cond: some, Result: h.integer("1")}}, Else: h.integer("0")}
}

// overQuantile writes median and the quantiles as the aggregates that take their rows in any order.
func overQuantile(named func(string) *parse.FuncCall, name string, args []parse.Expr, half parse.Expr) *parse.FuncCall {
	if name == "quantile" {
		name = "quantile_disc"
	}
	if name == "median" {
		name, args = "quantile_cont", []parse.Expr{args[0], half}
	}
	out := named(name)
	out.Args = args
	return out
}

// countsColumns reports whether the distinct values of e are those of its columns together: a row is not NULL, whatever
// its columns are.
func countsColumns(e parse.Expr) bool {
	row, ok := e.(*parse.RowExpr)
	if !ok || len(row.Elems) < 2 || len(row.Elems) > expr.MaxCountedColumns {
		return false
	}
	for _, x := range row.Elems {
		switch x.(type) {
		case *parse.Star, *parse.RowExpr:
			return false
		}
	}
	return true
}

// duckAggregate rewrites the aggregates that DuckDB has under names of its own; others
// come back as they are.
func duckAggregate(e *parse.FuncCall, name string) *parse.FuncCall {
	named := func(name string) *parse.FuncCall {
		out := *e
		out.Name = parse.Name{Pos: e.Pos, Parts: []string{name}}
		return &out
	}
	and := func(conds ...parse.Expr) parse.Expr {
		if e.Filter != nil {
			conds = append(conds, e.Filter)
		}
		if len(conds) == 1 {
			return conds[0]
		}
		return &parse.BoolExpr{Pos: e.Pos, Args: conds}
	}
	n := len(e.Args)
	if name == "count" && e.Distinct && n == 1 && countsColumns(e.Args[0]) {
		out := named(expr.CountRows)
		out.Args = e.Args[0].(*parse.RowExpr).Elems
		return out
	}
	switch {
	case (name == "count_if" || name == "countif") && n == 1:
		out := named("count")
		out.Args, out.Filter = []parse.Expr{&parse.Star{Pos: e.Pos}}, and(e.Args[0])
		return out
	case (name == "max_by" || name == "min_by") && n == 2:
		return named("arg_" + name[:3])
	case name == "median" && n == 1, (name == "quantile_cont" || name == "quantile_disc" || name == "quantile") && n == 2:
		half := &parse.Literal{Pos: e.Pos, Kind: parse.LitNumeric, Text: "0.5"}
		if e.Over != nil { // what is ordered cannot have it
			return overQuantile(named, name, e.Args, half)
		}
		out := named(expr.QuantileCont)
		switch name {
		case "median":
			out = named(expr.Median)
		case "quantile_disc", "quantile":
			out = named("percentile_disc")
		}
		out.WithinGroup = []parse.OrderItem{{Pos: e.Pos, Expr: e.Args[0]}}
		out.Args = []parse.Expr{half}
		if n == 2 {
			out.Args = e.Args[1:]
		}
		return out
	case (name == "group_concat" || name == "listagg") && (n == 1 || n == 2):
		out := named("string_agg")
		if n == 1 {
			out.Args = append(out.Args[:1:1], &parse.Literal{Pos: e.Pos, Kind: parse.LitString, Text: ","})
		}
		return out
	case (name == "argmax" || name == "argmin") && n == 2:
		return duckAggregate(named("arg_"+name[3:]), "arg_"+name[3:])
	case name == "histogram" && n == 1:
		return &parse.FuncCall{Pos: e.Pos, Name: parse.Name{Pos: e.Pos, Parts: []string{"$histogram"}}, Args: []parse.Expr{named("array_agg")}}
	case name == "arbitrary" && n == 1:
		return named("any_value")
	case name == "mode" && n == 1 && len(e.WithinGroup) == 0:
		out := named("mode")
		out.WithinGroup, out.Args = []parse.OrderItem{{Pos: e.Pos, Expr: e.Args[0]}}, nil
		return out
	}
	return e
}
