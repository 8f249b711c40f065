package bind

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// apply is a subquery that waits to be joined to the operator below its expression.
type apply struct {
	kind      plan.JoinKind // Single or Mark
	plan      plan.Node
	on        expr.Expr   // Mark: the comparison, nil for EXISTS
	mark      plan.Column // Mark: the result; Single: the column that stands for it
	nullAware bool
	// guard are conditions without which nobody looks at the result: the branch of CASE
	// that the subquery stands in. Rows that do not meet them must not raise its errors.
	guard []expr.Expr
	pos   int
}

// add registers a subquery of the expressions that c binds.
func (c *exprContext) add(ap *apply) {
	ap.guard = append(ap.guard, c.guard...)
	c.applies.list = append(c.applies.list, ap)
}

// guarded is c for an expression that is evaluated only where cond is true (or, with not,
// is not true).
func (c *exprContext) guarded(cond expr.Expr, not bool) *exprContext {
	inner := *c.withoutSets("set-returning functions are not allowed in CASE")
	inner.guard = append(c.guard[:len(c.guard):len(c.guard)], &expr.IsBool{At: expr.At(cond.Pos()), Arg: cond, Which: expr.True, Not: not})
	return &inner
}

// applies collects the subqueries of the expressions of one clause.
type applies struct{ list []*apply }

// exprs are the places of the conditions, for those who rewrite expressions.
func (a *applies) exprs() []*expr.Expr {
	var list []*expr.Expr
	for _, ap := range a.list {
		if ap.on != nil {
			list = append(list, &ap.on)
		}
		for i := range ap.guard {
			list = append(list, &ap.guard[i])
		}
	}
	return list
}

// bindQueryExpr binds a subquery in an expression, and IN with a list.
func (b *Binder) bindQueryExpr(e parse.Expr, c *exprContext) (expr.Expr, error) {
	pos := int(e.Position())
	if in, ok := e.(*parse.InExpr); ok && in.Query == nil {
		return b.bindInList(in, c)
	}
	if q, ok := e.(*parse.QuantifiedExpr); ok && q.Query == nil {
		return b.bindQuantifiedArray(q, c)
	}
	if c.applies == nil {
		return nil, dberr.Newf(dberr.FeatureNotSupported, "cannot use subquery in %s", c.clause).At(pos)
	}
	var x expr.Expr
	err := b.inside("a subquery", func() (err error) {
		x, err = b.bindSublink(e, c)
		return err
	})
	return x, err
}

func (b *Binder) bindSublink(e parse.Expr, c *exprContext) (expr.Expr, error) {
	pos := int(e.Position())
	switch e := e.(type) {
	case *parse.SubqueryExpr:
		return b.bindScalar(e, c)
	case *parse.ExistsExpr:
		return b.bindExists(e, c)
	case *parse.InExpr:
		return b.bindQuantified(e.X, "=", e.Query, false, e.Not, pos, c)
	case *parse.QuantifiedExpr:
		return b.bindQuantified(e.X, e.Op, e.Query, e.All, false, pos, c)
	}
	return nil, dberr.Bug("unknown subquery %T", e)
}

func (b *Binder) bindInList(in *parse.InExpr, c *exprContext) (expr.Expr, error) {
	pos := int(in.Position())
	if row, ok := in.X.(*parse.RowExpr); ok && len(row.Elems) > 1 {
		return b.bindRowIn(in, row, c)
	}
	x, err := b.bindExpr(in.X, c)
	if err != nil {
		return nil, err
	}
	list, err := b.bindExprs(in.List, c)
	if err != nil {
		return nil, err
	}
	for i, e := range in.List {
		if list[i], err = b.compareWithOID(e, list[i], x, c); err != nil {
			return nil, err
		}
	}
	return expr.NewIn(pos, x, list, in.Not)
}

// bindRowIn binds (a, b) IN ((1, 2), …) as a chain of comparisons.
func (b *Binder) bindRowIn(in *parse.InExpr, row *parse.RowExpr, c *exprContext) (expr.Expr, error) {
	pos := int(in.Position())
	var alternatives []expr.Expr
	for _, item := range in.List {
		x, ok, err := b.bindRowCompare(&parse.BinaryExpr{Pos: in.Pos, Op: "=", L: row, R: item}, c)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, dberr.New(dberr.SyntaxError, "unequal number of entries in row expressions").At(int(item.Position()))
		}
		alternatives = append(alternatives, x)
	}
	x, err := expr.NewLogic(pos, expr.Or, alternatives)
	if err == nil && in.Not {
		x, err = expr.NewNot(pos, x)
	}
	return x, err
}

// bindScalar binds (SELECT …) as a value.
func (b *Binder) bindScalar(e *parse.SubqueryExpr, c *exprContext) (expr.Expr, error) {
	pos := int(e.Position())
	node, err := b.subplan(e.Query, c)
	if err != nil {
		return nil, err
	}
	if len(node.Columns()) != 1 {
		return nil, dberr.New(dberr.SyntaxError, "subquery must return only one column").At(pos)
	}
	if p, ok := node.(*plan.Project); ok && oneEmptyRow(p.Input) && !(plan.HasVolatile(p) && len(plan.Free(p)) == 0) {
		return p.Exprs[0], nil // SELECT without FROM
	}
	// The value needs an ID of its own: the subquery may pass on a column of the
	// query around it.
	in := node.Columns()[0]
	out := b.newColumn(in.Name, in.Type)
	node = &plan.Project{Input: node, Exprs: []expr.Expr{colExpr(in)}, Out: []plan.Column{out}}
	c.add(&apply{kind: plan.Single, plan: node, mark: out, pos: pos})
	x := colExpr(out)
	x.At = expr.At(pos)
	return x, nil
}

// bindRowQuery binds (a, b) op (SELECT …): a comparison with the one row of a query.
func (b *Binder) bindRowQuery(e *parse.BinaryExpr, row *parse.RowExpr, q *parse.SubqueryExpr, c *exprContext) (expr.Expr, error) {
	pos := int(e.Position())
	if c.applies == nil {
		return nil, dberr.Newf(dberr.FeatureNotSupported, "cannot use subquery in %s", c.clause).At(int(q.Position()))
	}
	left, err := b.bindExprs(starless(row, c).Elems, c)
	if err != nil {
		return nil, err
	}
	var node plan.Node
	err = b.inside("a subquery", func() error { node, err = b.subplan(q.Query, c); return err })
	if err != nil {
		return nil, err
	}
	if err := sameWidth(len(left), len(node.Columns()), pos); err != nil {
		return nil, err
	}
	node = b.renamed(node)
	right := make([]expr.Expr, len(left))
	for i, col := range node.Columns() {
		right[i] = colExpr(col)
	}
	c.add(&apply{kind: plan.Single, plan: node, mark: node.Columns()[0], pos: pos})
	return compareRows(e.Op, left, right, pos)
}

// sameWidth refuses a row of n values beside a subquery of m columns.
func sameWidth(n, m, pos int) error {
	switch {
	case m < n:
		return dberr.New(dberr.SyntaxError, "subquery has too few columns").At(pos)
	case m > n:
		return dberr.New(dberr.SyntaxError, "subquery has too many columns").At(pos)
	}
	return nil
}

// oneEmptyRow reports whether a plan is the single row of a SELECT without FROM.
func oneEmptyRow(n plan.Node) bool {
	v, ok := n.(*plan.Values)
	return ok && len(v.Rows) == 1 && len(v.Out) == 0
}

// subplan binds the query of a subquery; its outputs have types.
func (b *Binder) subplan(q *parse.Query, c *exprContext) (plan.Node, error) {
	node, err := b.subquery(q, c)
	if err != nil {
		return nil, err
	}
	return b.resolveUnknown(node)
}

func (b *Binder) bindExists(e *parse.ExistsExpr, c *exprContext) (expr.Expr, error) {
	node, err := b.subquery(e.Query, c)
	if err != nil {
		return nil, err
	}
	return b.markColumn(&apply{kind: plan.Mark, plan: node, pos: int(e.Position())}, c), nil
}

// markColumn registers a Mark join and returns its column.
func (b *Binder) markColumn(ap *apply, c *exprContext) expr.Expr {
	ap.mark = b.newColumn("mark", types.T(types.Bool))
	c.add(ap)
	x := colExpr(ap.mark)
	x.At = expr.At(ap.pos)
	return x
}

// negated operators turn x op ALL into NOT (x nop ANY).
var negated = map[string]string{"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}

// bindQuantified binds x op ANY|ALL (query). IN is = ANY; NOT IN its negation.
func (b *Binder) bindQuantified(x parse.Expr, op string, q *parse.Query, all, not bool, pos int, c *exprContext) (expr.Expr, error) {
	if all {
		n, ok := negated[op]
		if !ok {
			return nil, dberr.Newf(dberr.FeatureNotSupported, "%s ALL (query) is not supported", op).At(pos)
		}
		op = n
	}
	left, err := b.quantifiedLeft(x, c)
	if err != nil {
		return nil, err
	}
	if c.returnsSets(left) {
		return nil, dberr.New(dberr.DatatypeMismatch, "row comparison operator must not return a set").At(pos)
	}
	node, err := b.subplan(q, c)
	if err != nil {
		return nil, err
	}
	node = b.renamed(node)
	on, err := compareRow(left, node.Columns(), op, pos)
	if err != nil {
		return nil, err
	}
	mark := b.markColumn(&apply{kind: plan.Mark, plan: node, on: on, nullAware: true, pos: pos}, c)
	if all != not {
		return expr.NewNot(pos, mark)
	}
	return mark, nil
}

// quantifiedLeft binds the left side, which may be a row.
func (b *Binder) quantifiedLeft(x parse.Expr, c *exprContext) ([]expr.Expr, error) {
	if row, ok := x.(*parse.RowExpr); ok {
		return b.bindExprs(row.Elems, c)
	}
	return b.bindExprs([]parse.Expr{x}, c)
}

// renamed gives the outputs of a subquery IDs of their own.
func (b *Binder) renamed(node plan.Node) plan.Node {
	p := &plan.Project{Input: node}
	for _, c := range node.Columns() {
		p.Exprs = append(p.Exprs, colExpr(c))
		p.Out = append(p.Out, b.newColumn(c.Name, c.Type))
	}
	return p
}

// compareRow compares a row with the columns of a subquery.
func compareRow(left []expr.Expr, cols []plan.Column, op string, pos int) (expr.Expr, error) {
	if err := sameWidth(len(left), len(cols), pos); err != nil {
		return nil, err
	}
	if len(left) > 1 && op != "=" {
		right := make([]expr.Expr, len(cols))
		for i, c := range cols {
			right[i] = colExpr(c)
		}
		return compareRows(op, left, right, pos)
	}
	parts := make([]expr.Expr, len(left))
	for i := range left {
		x, err := expr.NewOp(pos, op, left[i], colExpr(cols[i]))
		if err != nil {
			return nil, err
		}
		parts[i] = x
	}
	return expr.NewLogic(pos, expr.And, parts)
}

// attach joins the collected subqueries to the operator node.
func (b *Binder) attach(node plan.Node, a *applies) (plan.Node, error) {
	for _, ap := range a.list {
		var err error
		if node, err = b.attachOne(node, ap); err != nil {
			return nil, at(err, ap.pos)
		}
	}
	return node, nil
}

func (b *Binder) attachOne(node plan.Node, ap *apply) (plan.Node, error) {
	d, err := b.decorrelate(ap.plan, ap.kind, ap.kind == plan.Mark && ap.on == nil)
	if err != nil {
		on := append(plan.Conjuncts(ap.on), ap.guard...)
		j := &plan.Join{Kind: ap.kind, Left: node, Right: ap.plan, On: conjunction(on), NullAware: ap.nullAware, Dependent: true}
		if ap.kind == plan.Mark {
			j.Mark = []plan.Column{ap.mark}
		}
		return j, nil
	}
	if ap.kind == plan.Mark {
		return &plan.Join{Kind: plan.Mark, Left: node, Right: d.node, On: markCondition(ap, d), NullAware: ap.nullAware, Mark: []plan.Column{ap.mark}}, nil
	}
	join := &plan.Join{Kind: plan.Single, Left: node, Right: d.node, On: conjunction(append(d.pulled, ap.guard...))}
	if d.empty == nil {
		return join, nil
	}
	if len(ap.plan.Columns()) > 1 {
		return &plan.Join{Kind: ap.kind, Left: node, Right: ap.plan, On: conjunction(ap.guard), Dependent: true}, nil
	}
	return b.withEmpty(join, node, ap, d), nil
}

// markCondition joins what IN compares with the conditions pulled out of the subquery.
// Those only say which rows the subquery has, so they are never NULL.
func markCondition(ap *apply, d decorrelated) expr.Expr {
	parts := d.pulled
	if ap.on != nil && len(parts) > 0 {
		parts = nil
		for _, p := range d.pulled {
			parts = append(parts, &expr.IsBool{At: expr.At(p.Pos()), Arg: p, Which: expr.True})
		}
	}
	return conjunction(append(plan.Conjuncts(ap.on), parts...))
}

// withEmpty gives outer rows without a group the value that the aggregates of the
// subquery have over no rows.
func (b *Binder) withEmpty(join *plan.Join, outer plan.Node, ap *apply, d decorrelated) plan.Node {
	p := &plan.Project{Input: join}
	for _, c := range outer.Columns() {
		p.Exprs, p.Out = append(p.Exprs, colExpr(c)), append(p.Out, c)
	}
	value := b.newColumn(ap.mark.Name, ap.mark.Type)
	value.ID, ap.mark.ID = ap.mark.ID, value.ID
	renameOutput(d.node, value.ID, ap.mark.ID)
	p.Exprs = append(p.Exprs, &expr.Case{
		Whens: []expr.When{{Cond: &expr.IsNull{Arg: colExpr(d.matched)}, Then: d.empty}},
		Else:  colExpr(ap.mark), Typ: value.Type,
	})
	p.Out = append(p.Out, value)
	return p
}

// renameOutput changes the ID of an output of the projection on top of a subquery.
func renameOutput(node plan.Node, old, id int) {
	p, ok := node.(*plan.Project)
	if !ok {
		return
	}
	for i := range p.Out {
		if p.Out[i].ID == old {
			p.Out[i].ID = id
		}
	}
}
