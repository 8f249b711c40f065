package bind

import (
	"slices"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

var setOpNames = [...]string{parse.Union: "UNION", parse.Intersect: "INTERSECT", parse.Except: "EXCEPT"}

// bindSetOp binds UNION, INTERSECT and EXCEPT.
func (b *Binder) bindSetOp(o *parse.SetOp, parent *scope) (plan.Node, error) {
	pos := int(o.Position())
	if err := b.enter(pos); err != nil {
		return nil, err
	}
	defer b.leave()
	name := setOpNames[o.Kind]
	l, r, err := b.bindOperands(o, parent)
	if err != nil {
		return nil, err
	}
	if o.ByName {
		if l, r, err = b.byName(l, r, pos); err != nil {
			return nil, err
		}
	}
	lc, rc := l.Columns(), r.Columns()
	if len(lc) != len(rc) {
		return nil, dberr.Newf(dberr.SyntaxError, "each %s query must have the same number of columns", name).At(columnPos(r, 0, int(o.R.Position())))
	}
	if len(lc) == 0 {
		return b.withoutColumns(o, l, r), nil
	}
	want := make([]types.Type, len(lc))
	n := &plan.SetOp{Kind: plan.SetOpKind(o.Kind), All: o.All}
	for i := range lc {
		t, _, err := expr.CommonType(name, []types.Type{lc[i].Type, rc[i].Type})
		if err != nil {
			return nil, at(err, columnPos(r, i, int(o.R.Position())))
		}
		if !(o.All && o.Kind == parse.Union) {
			if err := checkGrouping(t, pos); err != nil {
				return nil, err
			}
		}
		want[i] = t
		n.Out = append(n.Out, b.newColumn(lc[i].Name, t))
	}
	if n.Left, err = b.castColumns(l, want); err != nil {
		return nil, err
	}
	n.Right, err = b.castColumns(r, want)
	return n, err
}

// withoutColumns is a set operation of queries without columns, whose rows are all equal: it compares a constant.
func (b *Binder) withoutColumns(o *parse.SetOp, l, r plan.Node) plan.Node {
	truth := types.T(types.Bool)
	side := func(n plan.Node) plan.Node {
		return &plan.Project{Input: n, Exprs: []expr.Expr{&expr.Const{Value: types.BoolValue(true)}}, Out: []plan.Column{b.newColumn("", truth)}}
	}
	set := &plan.SetOp{Kind: plan.SetOpKind(o.Kind), All: o.All, Left: side(l), Right: side(r), Out: []plan.Column{b.newColumn("", truth)}}
	return &plan.Project{Input: set}
}

// byName gives both sides of UNION BY NAME the same columns: those of the left, then those that only
// the right has. What a side lacks is NULL.
func (b *Binder) byName(l, r plan.Node, pos int) (plan.Node, plan.Node, error) {
	var names []string
	places := [2]map[string]int{{}, {}}
	for side, n := range []plan.Node{l, r} {
		for i, c := range n.Columns() {
			if _, double := places[side][c.Name]; double {
				return nil, nil, dberr.Newf(dberr.AmbiguousColumn, "column \"%s\" appears more than once in a query of UNION BY NAME", c.Name).At(pos)
			}
			places[side][c.Name] = i
			if !slices.Contains(names, c.Name) {
				names = append(names, c.Name)
			}
		}
	}
	arrange := func(n plan.Node, at map[string]int) plan.Node {
		p := &plan.Project{Input: n}
		for _, name := range names {
			var x expr.Expr = &expr.Const{}
			if i, ok := at[name]; ok {
				x = sourceExpr(n, i)
			}
			p.Exprs, p.Out = append(p.Exprs, x), append(p.Out, b.newColumn(name, x.Type()))
		}
		return p
	}
	return arrange(l, places[0]), arrange(r, places[1]), nil
}

// bindOperands binds the two sides of a set operation. A recursive query must not name
// itself where a row that is there takes others away.
func (b *Binder) bindOperands(o *parse.SetOp, parent *scope) (l, r plan.Node, err error) {
	if l, err = b.bindBody(o.L, nil, parent); err != nil {
		return nil, nil, err
	}
	what := ""
	if o.Kind == parse.Except {
		what = "EXCEPT"
	}
	err = b.inside(what, func() error { r, err = b.bindBody(o.R, nil, parent); return err })
	return l, r, err
}

// columnPos is where output i of a plan was written, as far as that is known.
func columnPos(n plan.Node, i, otherwise int) int {
	if p, ok := n.(*plan.Project); ok && i < len(p.Exprs) && p.Exprs[i].Pos() > 0 {
		return p.Exprs[i].Pos()
	}
	return otherwise
}

// bindValues binds VALUES as a query. Its columns are column1, column2, ….
func (b *Binder) bindValues(v *parse.Values, parent *scope) (plan.Node, error) {
	c := &exprContext{scope: &scope{parent: parent}, clause: "VALUES", applies: &applies{}}
	rows, sub := make([][]expr.Expr, len(v.Rows)), rowApplies{}
	for i, row := range v.Rows {
		if len(row) != len(v.Rows[0]) {
			return nil, dberr.New(dberr.SyntaxError, "VALUES lists must all be the same length").At(int(row[0].Position()))
		}
		x, err := b.bindExprs(row, c)
		if err != nil {
			return nil, err
		}
		rows[i] = x
		sub.take(i, c)
	}
	n := &plan.Values{Rows: rows}
	for j := range rows[0] {
		t, err := unifyColumn(rows, j)
		if err != nil {
			return nil, err
		}
		n.Out = append(n.Out, b.newColumn("column"+itoa(j+1), t))
	}
	return b.valuesNode(n, sub)
}

// unifyColumn gives column j of all rows one type. Literals alone stay unknown.
func unifyColumn(rows [][]expr.Expr, j int) (types.Type, error) {
	list, known := make([]expr.Expr, len(rows)), false
	for i := range rows {
		list[i] = rows[i][j]
		known = known || list[i].Type().ID != types.Unknown
	}
	if !known {
		return types.Type{}, nil
	}
	out, t, err := expr.Unify("VALUES", list)
	if err != nil {
		return t, err
	}
	for i := range rows {
		rows[i][j] = out[i]
	}
	return t, nil
}

// rowApplies are the subqueries of rows, by the numbers of those that have some.
type rowApplies map[int]*applies

// take keeps the subqueries of row i, which was bound in c.
func (r rowApplies) take(i int, c *exprContext) {
	if len(c.applies.list) > 0 {
		r[i], c.applies = c.applies, &applies{}
	}
}

// valuesNode makes the operator. A row with subqueries, and a single one with columns of an outer query, is a
// projection of a row that has the values of its subqueries instead.
func (b *Binder) valuesNode(n *plan.Values, sub rowApplies) (plan.Node, error) {
	if len(sub) == 0 && (len(n.Rows) != 1 || len(plan.Free(n)) == 0) {
		return n, nil
	}
	if len(n.Rows) == 1 {
		return b.valuesRow(n.Rows[0], sub[0], n.Out)
	}
	var all plan.Node
	for from := 0; from < len(n.Rows); {
		to := from + 1
		for sub[from] == nil && to < len(n.Rows) && sub[to] == nil {
			to++
		}
		var arm plan.Node = &plan.Values{Rows: n.Rows[from:to], Out: b.likeColumns(n.Out)}
		if sub[from] != nil {
			var err error
			if arm, err = b.valuesRow(n.Rows[from], sub[from], b.likeColumns(n.Out)); err != nil {
				return nil, err
			}
		}
		if from = to; all == nil {
			all = arm
			continue
		}
		all = &plan.SetOp{Kind: plan.Union, All: true, Left: all, Right: arm, Out: b.likeColumns(n.Out)}
	}
	p := &plan.Project{Input: all, Out: n.Out}
	for _, c := range all.Columns() {
		p.Exprs = append(p.Exprs, colExpr(c))
	}
	return p, nil
}

// valuesRow computes one row, whose subqueries are sub; nil for none.
func (b *Binder) valuesRow(row []expr.Expr, sub *applies, out []plan.Column) (plan.Node, error) {
	if sub == nil {
		sub = &applies{}
	}
	input, err := b.attach(&plan.Values{Rows: [][]expr.Expr{{}}}, sub)
	if err != nil {
		return nil, err
	}
	return &plan.Project{Input: input, Exprs: row, Out: out}, nil
}

// likeColumns returns new columns of the names and types of others.
func (b *Binder) likeColumns(cols []plan.Column) []plan.Column {
	out := make([]plan.Column, len(cols))
	for i, c := range cols {
		out[i] = b.newColumn(c.Name, c.Type)
	}
	return out
}
