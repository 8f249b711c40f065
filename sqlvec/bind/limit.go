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
	if n.Count, err = b.bindCount(q.Limit, "LIMIT", parent); err != nil {
		return nil, err
	}
	if n.Offset, err = b.bindCount(q.Offset, "OFFSET", parent); err != nil {
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
	var visible *plan.Project // leaves out the keys that are no outputs
	node := l.Input
	if p, ok := node.(*plan.Project); ok {
		visible, node = p, p.Input
	}
	below, sort := node, sortBelow(node)
	if sort == nil {
		return nil, dberr.Bug("ORDER BY of WITH TIES is not there")
	}
	if node == plan.Node(sort) {
		below = sort.Input
	}
	big := types.T(types.Int64)
	w := &plan.Window{Input: below, Order: slices.Clone(sort.Keys), Out: []plan.Column{b.newColumn("row", big), b.newColumn("rank", big)}}
	frame := plan.Frame{End: plan.FrameBound{Kind: plan.CurrentRow}}
	w.Calls = []plan.WindowCall{{Func: plan.RowNumber, Frame: frame}, {Func: plan.Rank, Frame: frame}}
	cond, err := expr.RowsWithin(colExpr(w.Out[0]), colExpr(w.Out[1]), l.Count, l.Offset)
	if err != nil {
		return nil, err
	}
	cols := node.Columns()
	var out plan.Node = &plan.Sort{Input: &plan.Filter{Input: w, Predicate: cond}, Keys: sort.Keys}
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
