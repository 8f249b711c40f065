package bind

import (
	"slices"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

var joinKinds = map[parse.JoinKind]plan.JoinKind{
	parse.InnerJoin: plan.Inner, parse.CrossJoin: plan.Inner, parse.LeftJoin: plan.Left,
	parse.RightJoin: plan.Right, parse.FullJoin: plan.Full,
}

// bindJoin binds L JOIN R.
func (b *Binder) bindJoin(j *parse.Join, left, parent *scope) (from, error) {
	pos := int(j.Position())
	var l, r from
	err := b.inside(outerSide(j.Kind, parse.RightJoin), func() (err error) {
		l, err = b.bindTable(j.L, left, parent)
		return err
	})
	if err != nil {
		return from{}, err
	}
	before := l.scope
	if left != nil {
		before = left.join(l.scope)
	}
	err = b.inside(outerSide(j.Kind, parse.LeftJoin), func() (err error) {
		r, err = b.bindTable(j.R, before, parent)
		return err
	})
	if err != nil {
		return from{}, err
	}
	if err := distinctTables(l.scope, r.scope, int(j.R.Position())); err != nil {
		return from{}, err
	}
	if j.Kind == parse.SemiJoin || j.Kind == parse.AntiJoin {
		return b.bindSemi(j, l, r)
	}
	kind := joinKinds[j.Kind]
	sc := nullable(kind, l.scope, r.scope)
	using := j.Using
	if j.Natural {
		using = commonNames(l.scope, r.scope)
		b.record.natural(j, using)
	}
	var out from
	switch {
	case j.Positional:
		out, err = b.joinPlaces(l, r, sc, pos)
	case j.Asof:
		out, err = b.bindAsof(kind, l, r, sc, j)
	case len(using) > 0:
		out, err = b.joinUsing(kind, l, r, sc, using, pos)
	case j.On != nil:
		out, err = b.joinOn(kind, l, r, sc, j.On, pos)
	default:
		out.node, err = b.lateral(kind, l.node, r.node, nil, pos)
		out.scope = sc
	}
	if err != nil {
		return out, err
	}
	if j.UsingAlias != "" {
		if err := out.scope.nameMerged(j.UsingAlias, len(using), pos); err != nil {
			return out, err
		}
	}
	if j.Alias == nil {
		return out, nil
	}
	return b.aliasJoin(out, j.Alias, parent)
}

// joinPlaces binds L POSITIONAL JOIN R: the first row of one with the first of the other, and so on.
func (b *Binder) joinPlaces(l, r from, sc *scope, pos int) (from, error) {
	if plan.Touches(freeExpr(r.node), plan.IDs(l.node)) {
		return from{}, dberr.New(dberr.FeatureNotSupported, "POSITIONAL JOIN with a LATERAL item is not supported").At(pos)
	}
	ln, rn := b.numbered(l.node), b.numbered(r.node)
	places := []expr.Expr{colExpr(ln.Out[0]), colExpr(rn.Out[0])}
	on, err := expr.NewOp(pos, "=", places[0], places[1])
	if err != nil {
		return from{}, err
	}
	join := &plan.Join{Kind: plan.Full, Left: ln, Right: rn, On: on}
	place := &expr.Coalesce{Args: places, Typ: ln.Out[0].Type}
	return from{&plan.Sort{Input: join, Keys: []plan.SortKey{{Expr: place}}}, sc}, nil
}

// numbered adds the number of each row to the rows of a plan.
func (b *Binder) numbered(node plan.Node) *plan.Window {
	call := plan.WindowCall{Func: plan.RowNumber, Frame: plan.Frame{End: plan.FrameBound{Kind: plan.CurrentRow}}}
	return &plan.Window{Input: node, Calls: []plan.WindowCall{call}, Out: []plan.Column{b.newColumn("row", types.T(types.Int64))}}
}

// bindSemi binds L SEMI JOIN R and L ANTI JOIN R, whose columns are those of L alone.
func (b *Binder) bindSemi(j *parse.Join, l, r from) (from, error) {
	pos := int(j.Position())
	if plan.Touches(freeExpr(r.node), plan.IDs(l.node)) {
		return from{}, dberr.New(dberr.FeatureNotSupported, "SEMI JOIN and ANTI JOIN with a LATERAL item are not supported").At(pos)
	}
	n := &plan.Join{Kind: plan.Semi, Left: l.node, Right: r.node}
	if j.Kind == parse.AntiJoin {
		n.Kind = plan.Anti
	}
	sc := l.scope.join(r.scope)
	if len(j.Using) > 0 {
		conds, _, err := b.usingConditions(plan.Inner, l, r, sc, j.Using, pos)
		if err != nil {
			return from{}, err
		}
		n.On = conjunction(conds)
		return from{n, l.scope}, nil
	}
	var err error
	n.On, err = b.bindCondition(j.On, &exprContext{scope: sc, clause: "JOIN conditions"})
	return from{n, l.scope}, err
}

// outerSide says that a side of a join may be missing: that of the kind given, or both.
func outerSide(kind, of parse.JoinKind) string {
	if kind == of || kind == parse.FullJoin {
		return "an outer join"
	}
	return ""
}

// nullable is the scope of a join, where an outer join may put NULLs.
func nullable(kind plan.JoinKind, l, r *scope) *scope {
	sc := l.join(r)
	sc.cols = append([]column(nil), sc.cols...)
	for i := range sc.cols {
		isLeft := i < len(l.cols)
		if kind == plan.Full || kind == plan.Left && !isLeft || kind == plan.Right && isLeft {
			sc.cols[i].notNull, sc.cols[i].nullable = false, true
		}
	}
	return sc
}

func (b *Binder) joinOn(kind plan.JoinKind, l, r from, sc *scope, on parse.Expr, pos int) (from, error) {
	c := &exprContext{scope: sc, clause: "JOIN conditions", applies: &applies{}}
	cond, err := b.bindCondition(on, c)
	if err != nil {
		return from{}, err
	}
	if len(c.applies.list) == 0 {
		node, err := b.lateral(kind, l.node, r.node, cond, pos)
		return from{node, sc}, err
	}
	if kind != plan.Inner {
		node, err := b.outerJoinOn(kind, l.node, r.node, cond, c.applies, pos)
		return from{node, sc}, err
	}
	node, err := b.lateral(kind, l.node, r.node, nil, pos)
	if err != nil {
		return from{}, err
	}
	if node, err = b.attach(node, c.applies); err != nil {
		return from{}, err
	}
	return from{&plan.Filter{Input: node, Predicate: cond}, sc}, nil
}

// outerJoinOn joins under a condition with subqueries, which filters the side that may
// be missing: that side is asked anew for every row of the other.
func (b *Binder) outerJoinOn(kind plan.JoinKind, l, r plan.Node, cond expr.Expr, sub *applies, pos int) (plan.Node, error) {
	if kind == plan.Full {
		return nil, dberr.New(dberr.FeatureNotSupported, "subqueries in the condition of a FULL JOIN are not supported").At(pos)
	}
	cols := append(l.Columns()[:len(l.Columns()):len(l.Columns())], r.Columns()...)
	kept, missing := l, r
	if kind == plan.Right {
		kept, missing = r, l
	}
	inner, err := b.attach(missing, sub)
	if err != nil {
		return nil, err
	}
	inner = strip(&plan.Filter{Input: inner, Predicate: cond}, missing.Columns())
	node, err := b.lateral(plan.Left, kept, inner, nil, pos)
	if err != nil {
		return nil, err
	}
	return ordered(node, cols), nil
}

// ordered is node with the columns cols, in that order.
func ordered(node plan.Node, cols []plan.Column) plan.Node {
	p := &plan.Project{Input: node, Out: cols}
	for _, c := range cols {
		p.Exprs = append(p.Exprs, colExpr(c))
	}
	return p
}

// commonNames are the columns that NATURAL joins on.
func commonNames(l, r *scope) []parse.Ident {
	var out []parse.Ident
	for _, c := range l.star("", "") {
		for _, d := range r.star("", "") {
			if c.Name == d.Name {
				out = append(out, parse.Ident{Name: c.Name})
				break
			}
		}
	}
	return out
}

// joinUsing joins on columns of the same name and merges each pair into one column.
func (b *Binder) joinUsing(kind plan.JoinKind, l, r from, sc *scope, using []parse.Ident, pos int) (from, error) {
	conds, merge, err := b.usingConditions(kind, l, r, sc, using, pos)
	if err != nil {
		return from{}, err
	}
	node, err := b.lateral(kind, l.node, r.node, conjunction(conds), pos)
	if err != nil {
		return from{}, err
	}
	return merge(node), nil
}

// usingConditions makes the conditions of USING, and returns what puts the merged columns
// on top of the join.
func (b *Binder) usingConditions(kind plan.JoinKind, l, r from, sc *scope, using []parse.Ident, pos int) ([]expr.Expr, func(plan.Node) from, error) {
	var conds []expr.Expr
	var merged []column
	var computed []expr.Expr
	for i, id := range using {
		if slices.ContainsFunc(using[:i], func(o parse.Ident) bool { return o.Name == id.Name }) {
			return nil, nil, dberr.Newf(dberr.DuplicateColumn, "column name \"%s\" appears more than once in USING clause", id.Name).At(pos)
		}
		lc, err := usingColumn(l.scope, id, "left", pos)
		if err != nil {
			return nil, nil, err
		}
		rc, err := usingColumn(r.scope, id, "right", pos)
		if err != nil {
			return nil, nil, err
		}
		eq, err := expr.NewOp(pos, "=", colExpr(lc.Column), colExpr(rc.Column))
		if err != nil {
			return nil, nil, err
		}
		conds = append(conds, eq)
		col, x, err := b.mergeColumn(kind, lc, rc, pos)
		if err != nil {
			return nil, nil, err
		}
		merged, computed = append(merged, col), append(computed, x)
		hideMerged(sc, id.Name)
	}
	sc.cols = append(merged, sc.cols...)
	b.remember(sc)
	return conds, func(node plan.Node) from { return from{b.appendColumns(node, merged, computed), sc} }, nil
}

func usingColumn(s *scope, id parse.Ident, side string, pos int) (column, error) {
	if id.Pos != 0 {
		pos = int(id.Pos)
	}
	c, err := s.findHere("", "", id.Name)
	if err != nil {
		return column{}, dberr.Newf(dberr.AmbiguousColumn, "common column name \"%s\" appears more than once in %s table", id.Name, side).At(pos)
	}
	if c == nil {
		return column{}, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" specified in USING clause does not exist in %s table", id.Name, side).At(pos)
	}
	return *c, nil
}

// mergeColumn makes the one column that stands for a pair of USING, whose type is that of both; the expression is
// nil where it is one of the two as it stands.
func (b *Binder) mergeColumn(kind plan.JoinKind, l, r column, pos int) (column, expr.Expr, error) {
	both, _, err := expr.Unify("JOIN/USING", []expr.Expr{colExpr(l.Column), colExpr(r.Column)})
	if err != nil {
		return column{}, nil, err
	}
	_, leftAsIs := both[0].(*expr.Col)
	_, rightAsIs := both[1].(*expr.Col)
	one, x := l, both[0]
	switch {
	case kind == plan.Full:
		if x, err = expr.NewCall(pos, "coalesce", both); err != nil {
			return column{}, nil, err
		}
		one.notNull = false
	case kind == plan.Right, kind == plan.Inner && rightAsIs && !leftAsIs:
		one, x = r, both[1]
	}
	if _, asIs := x.(*expr.Col); asIs {
		return column{Column: one.Column, notNull: one.notNull}, nil, nil
	}
	return column{Column: b.newColumn(l.Name, x.Type()), notNull: one.notNull}, x, nil
}

// nameMerged makes a table of the n columns that USING merged, the first of the scope, which only its
// name finds.
func (s *scope) nameMerged(alias string, n, pos int) error {
	if s.hasTable(alias) {
		return dberr.Newf(dberr.DuplicateAlias, "table name \"%s\" specified more than once", alias).At(pos)
	}
	for _, c := range s.cols[:n] {
		c.table, c.merged = alias, true
		s.cols = append(s.cols, c)
	}
	s.tables = append(s.tables, alias)
	return nil
}

// hideMerged leaves the pair behind a merged column to qualified names.
func hideMerged(sc *scope, name string) {
	for i := range sc.cols {
		if sc.cols[i].Name == name && !sc.cols[i].hidden {
			sc.cols[i].merged = true
		}
	}
}

// appendColumns computes further columns beside those of node.
func (b *Binder) appendColumns(node plan.Node, cols []column, computed []expr.Expr) plan.Node {
	p := &plan.Project{Input: node}
	for i, x := range computed {
		if x != nil {
			p.Exprs, p.Out = append(p.Exprs, x), append(p.Out, cols[i].Column)
		}
	}
	if len(p.Exprs) == 0 {
		return node
	}
	for _, c := range node.Columns() {
		p.Exprs, p.Out = append(p.Exprs, colExpr(c)), append(p.Out, c)
	}
	return p
}

// aliasJoin applies the alias of (a JOIN b) AS alias.
func (b *Binder) aliasJoin(f from, alias *parse.Alias, parent *scope) (from, error) {
	sc := &scope{tables: []string{alias.Name}, parent: parent}
	for _, c := range f.scope.star("", "") {
		c.table, c.merged, c.scalar = alias.Name, false, false
		sc.cols = append(sc.cols, c)
	}
	return from{f.node, sc}, renameColumns(sc, alias)
}
