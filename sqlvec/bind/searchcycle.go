package bind

import (
	"slices"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// tracing is what SEARCH and CYCLE add to a recursive query: columns behind its own, which both of its
// terms compute over their rows.
type tracing struct {
	b      *Binder
	c      *cte
	search *parse.Search
	cycle  *parse.Cycle
	// value and other are the marks of rows that are, and are not, on the path to them already.
	value, other expr.Expr
}

// newTracing returns the SEARCH and CYCLE clauses of a query, nil for none.
func (b *Binder) newTracing(c *cte, op *parse.SetOp) (*tracing, error) {
	if c.def.Search == nil && c.def.Cycle == nil {
		return nil, nil
	}
	if !isSelect(op.L) || !isSelect(op.R) {
		code, side := dberr.FeatureNotSupported, "left"
		if isSelect(op.L) {
			code, side = dberr.SyntaxError, "right"
		}
		return nil, dberr.Newf(code, "with a SEARCH or CYCLE clause, the %s side of the UNION must be a SELECT", side)
	}
	t := &tracing{b: b, c: c, search: c.def.Search, cycle: c.def.Cycle}
	return t, t.bindMarks()
}

func isSelect(body parse.QueryBody) bool {
	switch body.(type) {
	case *parse.Select, *parse.Values:
		return true
	}
	return false
}

func (t *tracing) bindMarks() error {
	if t.cycle == nil {
		return nil
	}
	list, err := t.b.bindExprs([]parse.Expr{t.cycle.Value, t.cycle.Default}, &exprContext{scope: &scope{}, clause: "CYCLE"})
	if err != nil {
		return err
	}
	if list, _, err = expr.Unify("CYCLE", list); err != nil {
		return err
	}
	t.value, t.other = list[0], list[1]
	return nil
}

// names are those of the columns that the clauses add.
func (t *tracing) names() (list []parse.Ident) {
	if t.search != nil {
		list = append(list, t.search.Set)
	}
	if t.cycle != nil {
		list = append(list, t.cycle.Mark, t.cycle.Path)
	}
	return list
}

// check refuses columns that are not there, and names that are taken. cols are the query's own.
func (t *tracing) check(cols []plan.Column) error {
	if s := t.search; s != nil {
		if err := checkTraced("search", s.By, cols, int(s.Pos)); err != nil {
			return err
		}
	}
	y := t.cycle
	if y == nil {
		return nil
	}
	if err := checkTraced("cycle", y.Columns, cols, int(y.Pos)); err != nil {
		return err
	}
	same := func(a, b string, pos parse.Pos) error {
		return dberr.Newf(dberr.SyntaxError, "%s and %s are the same", a, b).At(int(pos))
	}
	switch {
	case y.Mark.Name == y.Path.Name:
		return same("cycle mark column name", "cycle path column name", y.Pos)
	case t.search != nil && t.search.Set.Name == y.Mark.Name:
		return same("search sequence column name", "cycle mark column name", t.search.Pos)
	case t.search != nil && t.search.Set.Name == y.Path.Name:
		return same("search sequence column name", "cycle path column name", t.search.Pos)
	}
	return nil
}

func checkTraced(what string, names []parse.Ident, cols []plan.Column, pos int) error {
	for i, n := range names {
		if !slices.ContainsFunc(cols, func(c plan.Column) bool { return c.Name == n.Name }) {
			return dberr.Newf(dberr.SyntaxError, "%s column \"%s\" not in WITH query column list", what, n.Name).At(pos)
		}
		if slices.ContainsFunc(names[:i], func(o parse.Ident) bool { return o.Name == n.Name }) {
			return dberr.Newf(dberr.DuplicateColumn, "%s column \"%s\" specified more than once", what, n.Name).At(pos)
		}
	}
	return nil
}

// terms makes both terms ready: the first has the columns, the other hands on those of the row before.
func (t *tracing) terms(base plan.Node, body parse.QueryBody) (plan.Node, parse.QueryBody, error) {
	cols := t.named(base)
	if err := t.check(cols); err != nil {
		return nil, nil, err
	}
	base, err := t.base(base)
	if err != nil {
		return nil, nil, err
	}
	body, err = t.recursiveTerm(body)
	return base, body, err
}

// base adds the columns to the rows of the non-recursive term.
func (t *tracing) base(node plan.Node) (plan.Node, error) {
	p, err := t.own(node, len(node.Columns()))
	if err != nil {
		return nil, err
	}
	if t.search != nil {
		var depth []expr.Expr
		if t.search.Breadth {
			depth = []expr.Expr{&expr.Const{Value: types.IntValue(types.T(types.Int64), 0)}}
		}
		row, err := t.rowOf(node, t.search.By, depth)
		if err == nil && !t.search.Breadth {
			row, err = expr.NewArray(0, []expr.Expr{row})
		}
		if err != nil {
			return nil, err
		}
		t.add(p, row, t.search.Set)
	}
	if t.cycle != nil {
		row, err := t.rowOf(node, t.cycle.Columns, nil)
		if err != nil {
			return nil, err
		}
		path, err := expr.NewArray(0, []expr.Expr{row})
		if err != nil {
			return nil, err
		}
		t.add(p, t.other, t.cycle.Mark)
		t.add(p, path, t.cycle.Path)
	}
	return p, nil
}

// recursiveTerm is the recursive term with the columns of the row that it goes on from behind its own.
func (t *tracing) recursiveTerm(body parse.QueryBody) (parse.QueryBody, error) {
	sel, ok := body.(*parse.Select)
	name := ""
	if ok {
		for _, item := range sel.From {
			name = selfName(item, t.c.def.Name.Name, name)
		}
	}
	if name == "" {
		return nil, dberr.Newf(dberr.FeatureNotSupported,
			"with a SEARCH or CYCLE clause, the recursive reference to WITH query \"%s\" must be at the top level of its right-hand SELECT", t.c.def.Name.Name)
	}
	longer := *sel
	longer.Items = slices.Clone(sel.Items)
	for _, n := range t.names() {
		longer.Items = append(longer.Items, parse.SelectItem{Pos: sel.Pos, Expr: &parse.ColumnRef{Pos: sel.Pos, Parts: []string{name, n.Name}}})
	}
	return &longer, nil
}

// selfName is what a FROM item calls the query that it is a part of, otherwise where it does not read it.
func selfName(item parse.TableExpr, cte, otherwise string) string {
	switch item := item.(type) {
	case *parse.TableRef:
		if len(item.Name.Parts) == 1 && item.Name.Last() == cte {
			if item.Alias != nil && item.Alias.Name != "" {
				return item.Alias.Name
			}
			return cte
		}
	case *parse.Join:
		return selfName(item.R, cte, selfName(item.L, cte, otherwise))
	}
	return otherwise
}

// step makes the columns of the rows of the recursive term from those that they come from, which are the
// last of node, and leaves out rows that come from one on a cycle.
func (t *tracing) step(node plan.Node) (plan.Node, error) {
	cols := node.Columns()
	n := len(cols) - len(t.names())
	last := cols[n:]
	p, err := t.own(node, n)
	if err != nil {
		return nil, err
	}
	if t.search != nil {
		order, err := t.stepOrder(node, last[0])
		if err != nil {
			return nil, err
		}
		t.add(p, order, t.search.Set)
		last = last[1:]
	}
	if t.cycle == nil {
		return p, nil
	}
	return p, t.stepCycle(p, node, last[0], last[1])
}

// stepOrder is the value to sort by, made from that of the row before.
func (t *tracing) stepOrder(node plan.Node, before plan.Column) (expr.Expr, error) {
	if !t.search.Breadth {
		row, err := t.rowOf(node, t.search.By, nil)
		if err != nil {
			return nil, err
		}
		return expr.NewOp(0, "||", colExpr(before), row)
	}
	depth, err := expr.NewCall(0, "$deeper", []expr.Expr{colExpr(before)})
	if err != nil {
		return nil, err
	}
	return t.rowOf(node, t.search.By, []expr.Expr{depth})
}

// stepCycle adds the mark and the path, and a condition on the mark before.
func (t *tracing) stepCycle(p *plan.Project, node plan.Node, mark, path plan.Column) error {
	row, err := t.rowOf(node, t.cycle.Columns, nil)
	if err != nil {
		return err
	}
	met, err := expr.NewQuantified(0, "=", row, colExpr(path), false)
	if err != nil {
		return err
	}
	marked, err := expr.NewCase(0, []expr.When{{Cond: met, Then: t.value}}, t.other)
	if err != nil {
		return err
	}
	longer, err := expr.NewOp(0, "||", colExpr(path), row)
	if err != nil {
		return err
	}
	goesOn, err := expr.NewOp(int(t.cycle.Pos), "<>", colExpr(mark), t.value)
	if err != nil {
		return err
	}
	t.add(p, marked, t.cycle.Mark)
	t.add(p, longer, t.cycle.Path)
	p.Input = &plan.Filter{Input: p.Input, Predicate: goesOn}
	return nil
}

// own projects the first n columns of node, under the names of the query.
func (t *tracing) own(node plan.Node, n int) (*plan.Project, error) {
	if len(t.c.def.Columns) > n {
		return nil, dberr.Newf(dberr.InvalidColumnReference, "WITH query \"%s\" has %d columns available but %d columns specified",
			t.c.def.Name.Name, n, len(t.c.def.Columns)).At(int(t.c.def.Position()))
	}
	p := &plan.Project{Input: node}
	for i, c := range t.named(node)[:n] {
		x := colExpr(c)
		x.At = expr.At(columnPos(node, i, 0))
		p.Exprs, p.Out = append(p.Exprs, x), append(p.Out, t.b.newColumn(c.Name, c.Type))
	}
	return p, nil
}

// named are the columns of a term under the names of the query: those of its list, then those of its
// non-recursive term.
func (t *tracing) named(node plan.Node) []plan.Column {
	cols := slices.Clone(node.Columns())
	for i := range cols {
		switch {
		case i < len(t.c.def.Columns):
			cols[i].Name = t.c.def.Columns[i].Name
		case i < len(t.c.cols):
			cols[i].Name = t.c.cols[i].Name
		}
	}
	return cols
}

func (t *tracing) add(p *plan.Project, x expr.Expr, name parse.Ident) {
	p.Exprs, p.Out = append(p.Exprs, x), append(p.Out, t.b.newColumn(name.Name, x.Type()))
}

// rowOf is a row of some values and then the columns that a clause names.
func (t *tracing) rowOf(node plan.Node, names []parse.Ident, fields []expr.Expr) (expr.Expr, error) {
	cols := t.named(node)
	for _, n := range names {
		i := slices.IndexFunc(cols, func(c plan.Column) bool { return c.Name == n.Name })
		fields = append(fields, colExpr(cols[i]))
	}
	return expr.NewRow(0, nil, nil, fields)
}
