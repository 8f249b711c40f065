package bind

import (
	"slices"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// bindLimit adds LIMIT and OFFSET, which see the queries around but not their own.
func (b *Binder) bindLimit(node plan.Node, q *parse.Query, parent *scope) (plan.Node, error) {
	if q.Limit == nil && q.Offset == nil {
		return node, nil
	}
	n := &plan.Limit{Input: node}
	var err error
	if n.Offset, err = b.bindCount(q.Offset, "OFFSET", parent); err != nil {
		return nil, err
	}
	if q.Percent {
		return b.percentLimit(n, q)
	}
	if n.Count, err = b.bindCount(q.Limit, "LIMIT", parent); err != nil {
		return nil, err
	}
	if !q.WithTies {
		return n, nil
	}
	if lit, ok := q.Limit.(*parse.Literal); ok && lit.Kind == parse.LitNull {
		return nil, dberr.New(dberr.InvalidRowCountInLimit, "row count cannot be null in FETCH FIRST ... WITH TIES clause")
	}
	return b.withTies(n, q)
}

func (b *Binder) bindCount(e parse.Expr, clause string, parent *scope) (expr.Expr, error) {
	if e == nil {
		return nil, nil
	}
	c := &exprContext{scope: &scope{parent: parent}, clause: clause, applies: &applies{}}
	x, err := b.bindExpr(e, c)
	if err != nil {
		if code := dberr.CodeOf(err); code == dberr.UndefinedColumn {
			return nil, b.noVariables(e, clause, err)
		}
		return nil, err
	}
	if t := x.Type(); !t.IsNumber() && t.ID != types.Unknown {
		return nil, dberr.Newf(dberr.DatatypeMismatch, "argument of %s must be type bigint, not type %s", clause, t).At(int(e.Position()))
	}
	if x, err = expr.Assign(x, types.T(types.Int64), clause); err != nil {
		return nil, err
	}
	if len(c.applies.list) > 0 {
		if x, err = b.countOfQuery(x, c.applies); err != nil {
			return nil, err
		}
	}
	if hasColumns(x) || plan.VolatilityOf(x) == expr.Volatile {
		return x, nil
	}
	if b.env.Generic != nil && expr.VolatilityOf(x) != expr.Immutable {
		return x, nil
	}
	v, err := expr.EvalConst(x, b.env.Expr)
	if err != nil {
		return nil, err
	}
	return &expr.Const{At: expr.At(e.Position()), Value: v}, nil
}

// noVariables is the error of a name in LIMIT that is none around the query. A column of the query
// itself cannot be used there.
func (b *Binder) noVariables(e parse.Expr, clause string, err error) error {
	for _, c := range b.columns {
		if ref, ok := e.(*parse.ColumnRef); ok && c.Name == ref.Parts[len(ref.Parts)-1] {
			return dberr.Newf(dberr.InvalidColumnReference, "argument of %s must not contain variables", clause).At(int(e.Position()))
		}
	}
	return err
}

func hasColumns(x expr.Expr) bool {
	found := false
	expr.Columns(x, func(int) { found = true })
	return found
}

// countOfQuery runs the subqueries of a count, which use no columns.
func (b *Binder) countOfQuery(x expr.Expr, sub *applies) (expr.Expr, error) {
	node, err := b.attach(&plan.Values{Rows: [][]expr.Expr{{}}}, sub)
	if err != nil {
		return nil, err
	}
	if b.env.Scalar == nil || len(plan.Free(node)) > 0 {
		return nil, dberr.New(dberr.FeatureNotSupported, "outer columns in a subquery of LIMIT and OFFSET are not supported").At(x.Pos())
	}
	out := b.newColumn("count", x.Type())
	v, err := b.env.Scalar(&plan.Project{Input: node, Exprs: []expr.Expr{x}, Out: []plan.Column{out}})
	if err != nil {
		return nil, err
	}
	return &expr.Const{At: expr.At(x.Pos()), Value: v}, nil
}

// withTies makes FETCH FIRST … WITH TIES of a limit: the rows whose rank is within it.
func (b *Binder) withTies(l *plan.Limit, q *parse.Query) (plan.Node, error) {
	if len(q.OrderBy) == 0 {
		return nil, dberr.New(dberr.SyntaxError, "WITH TIES cannot be specified without ORDER BY clause")
	}
	frame := plan.Frame{End: plan.FrameBound{Kind: plan.CurrentRow}}
	return b.limitBy(l, plan.WindowCall{Func: plan.Rank, Frame: frame}, func(row, rank expr.Expr) (expr.Expr, error) {
		return expr.RowsWithin(row, rank, l.Count, l.Offset)
	})
}

// percentLimit makes LIMIT n% of a limit without a count: that part of all rows, rounded down.
func (b *Binder) percentLimit(l *plan.Limit, q *parse.Query) (plan.Node, error) {
	if err := b.moment(); err != nil {
		return nil, err
	}
	x, err := b.bindExpr(q.Limit, &exprContext{scope: &scope{}, clause: "LIMIT"})
	if err == nil {
		x, err = expr.Assign(x, types.T(types.Float64), "LIMIT")
	}
	if err != nil {
		return nil, err
	}
	share, err := b.constant(x)
	switch {
	case err != nil:
		return nil, err
	case !share.Valid && l.Offset == nil:
		return l.Input, nil
	case !share.Valid:
		return l, nil
	case !(share.F >= 0 && share.F <= 100):
		return nil, dberr.New(dberr.InvalidRowCountInLimit, "LIMIT must be between 0% and 100%").At(int(q.Limit.Position()))
	}
	count, _, err := expr.NewAggregate(0, "count", nil)
	if err != nil {
		return nil, err
	}
	frame := plan.Frame{End: plan.FrameBound{Kind: plan.UnboundedFollowing}}
	return b.limitBy(l, plan.WindowCall{Agg: count, Frame: frame}, func(row, rows expr.Expr) (expr.Expr, error) {
		wanted, err := expr.NewCall(0, expr.PercentOf, []expr.Expr{rows, &expr.Const{Value: share}})
		if err != nil {
			return nil, err
		}
		return expr.RowsWithin(row, row, wanted, l.Offset)
	})
}

// limitBy keeps the rows of a limit's input for which a condition holds that sees the place of each row
// in the order and the result of a window function over them.
func (b *Binder) limitBy(l *plan.Limit, call plan.WindowCall, condition func(row, result expr.Expr) (expr.Expr, error)) (plan.Node, error) {
	var visible *plan.Project // leaves out the keys that are no outputs
	node := l.Input
	if p, ok := node.(*plan.Project); ok {
		visible, node = p, p.Input
	}
	below, sort := node, sortBelow(node)
	if node == plan.Node(sort) {
		below = sort.Input
	}
	w := b.numbered(below)
	if sort != nil {
		w.Order = slices.Clone(sort.Keys)
	}
	w.Calls, w.Out = append(w.Calls, call), append(w.Out, b.newColumn("result", types.T(types.Int64)))
	cond, err := condition(colExpr(w.Out[0]), colExpr(w.Out[1]))
	if err != nil {
		return nil, err
	}
	cols := node.Columns()
	var out plan.Node = &plan.Filter{Input: w, Predicate: cond}
	if sort != nil {
		out = &plan.Sort{Input: out, Keys: sort.Keys}
	}
	if visible == nil {
		return ordered(out, cols), nil
	}
	return &plan.Project{Input: out, Exprs: visible.Exprs, Out: visible.Out}, nil
}

// sortBelow finds the ORDER BY of a query, below DISTINCT ON.
func sortBelow(node plan.Node) *plan.Sort {
	switch n := node.(type) {
	case *plan.Sort:
		return n
	case *plan.Distinct:
		return sortBelow(n.Input)
	}
	return nil
}
