package bind

import (
	"reflect"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// A view of one table, or of one such view, is written through: a change of it is one of the table
// below. Its columns are those of the table where they are no more than that.

// layer is a view on the way from a change to its table.
type layer struct {
	view *colstore.Table
	sel  *parse.Select
	from *parse.TableRef
}

// layerOf takes a view apart, or says why it cannot be written through.
func layerOf(v *colstore.Table) (*layer, string, error) {
	q, err := parseQuery(v.Query)
	if err != nil {
		return nil, "", err
	}
	if why := whyNotUpdatable(q); why != "" {
		return nil, why, nil
	}
	sel := q.Body.(*parse.Select)
	return &layer{view: v, sel: sel, from: sel.From[0].(*parse.TableRef)}, "", nil
}

// whyNotUpdatable says, with PostgreSQL's words, why a view of a query cannot be written through.
func whyNotUpdatable(q *parse.Query) string {
	sel, ok := q.Body.(*parse.Select)
	calls := callsOf(sel)
	switch {
	case ok && (sel.Distinct || len(sel.DistinctOn) > 0):
		return "Views containing DISTINCT are not automatically updatable."
	case ok && sel.GroupBy != nil:
		return "Views containing GROUP BY are not automatically updatable."
	case ok && sel.Having != nil:
		return "Views containing HAVING are not automatically updatable."
	case q.With != nil:
		return "Views containing WITH are not automatically updatable."
	case q.Limit != nil || q.Offset != nil:
		return "Views containing LIMIT or OFFSET are not automatically updatable."
	case !ok:
		return "Views containing UNION, INTERSECT, or EXCEPT are not automatically updatable."
	case calls.aggregate:
		return "Views that return aggregate functions are not automatically updatable."
	case calls.window || sel.Qualify != nil:
		return "Views that return window functions are not automatically updatable."
	case calls.set:
		return "Views that return set-returning functions are not automatically updatable."
	}
	const single = "Views that do not select from a single table or view are not automatically updatable."
	if len(sel.From) != 1 {
		return single
	}
	ref, ok := sel.From[0].(*parse.TableRef)
	switch {
	case !ok || q.SystemTime != nil || ref.SystemTime != nil:
		return single
	case ref.Sample != nil:
		return "Views containing TABLESAMPLE are not automatically updatable."
	}
	return ""
}

// calls are the functions in a select list that keep a view from being written through.
type calls struct{ aggregate, window, set bool }

func callsOf(sel *parse.Select) (c calls) {
	if sel != nil {
		for i := range sel.Items {
			c.visit(reflect.ValueOf(sel.Items[i].Expr))
		}
	}
	return c
}

// visit goes through an expression, but not into its subqueries.
func (c *calls) visit(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		switch f := v.Interface().(type) {
		case *parse.Query:
			return
		case *parse.FuncCall:
			name := f.Name.Last()
			c.window = c.window || f.Over != nil || isWindowFunction(name)
			c.aggregate = c.aggregate || f.Over == nil && expr.IsAggregate(name)
			c.set = c.set || returnsSet(name)
		}
		c.visit(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			c.visit(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.visit(v.Index(i))
		}
	}
}

// cannotChange is the error of a view that is not written through; verb is what a statement does.
func cannotChange(v *colstore.Table, verb, why string, pos int) error {
	return dberr.Newf(dberr.ObjectNotInPrerequisite, "cannot %s view \"%s\"", verb, v.Name).WithDetail("%s", why).At(pos)
}

// viewNamed finds a view that a statement is to change, nil for anything else.
func (b *Binder) viewNamed(n parse.Name) *colstore.Table {
	if b.findCTE(n) != nil {
		return nil
	}
	t, ok := b.relation(n)
	if !ok || t.Kind != colstore.KindView {
		return nil
	}
	return t
}

// bindViewTarget binds a view that is written through.
func (b *Binder) bindViewTarget(v *colstore.Table, ref *parse.TableRef, verb string) (*targetScan, error) {
	l, why, err := layerOf(v)
	if err != nil {
		return nil, err
	}
	if why != "" {
		return nil, cannotChange(v, verb, why, int(ref.Position()))
	}
	ctes, time, record := b.ctes, b.time, b.record
	b.ctes, b.time, b.record = nil, nil, nil
	defer func() { b.ctes, b.time, b.record = ctes, time, record }()
	defer b.inDefinition()()
	s, err := b.bindTargetOf(l.from, verb)
	if err != nil {
		return nil, err
	}
	if s.node, err = b.bindWhere(s.node, s.scope, l.sel.Where); err != nil {
		return nil, err
	}
	if s.from, err = b.overLayer(s.from, l, aliasName(ref.Alias, v.Name)); err != nil {
		return nil, err
	}
	if err := renameColumns(s.scope, ref.Alias); err != nil {
		return nil, err
	}
	s.view, s.own = v, len(s.scope.cols)
	s.base = map[string]int{}
	for i := range s.scope.cols {
		s.base[v.Columns[i].Name] = -1
		for k, c := range s.cols {
			if c.ID == s.scope.cols[i].ID {
				s.base[v.Columns[i].Name] = k
			}
		}
	}
	return s, nil
}

func aliasName(a *parse.Alias, name string) string {
	if a != nil && a.Name != "" {
		return a.Name
	}
	return name
}

// overLayer makes the columns of a view from those below it: what is more than a column is computed
// beside them.
func (b *Binder) overLayer(below from, l *layer, name string) (from, error) {
	sc := &scope{tables: []string{name}}
	sub := &applies{}
	p := &plan.Project{}
	for i, item := range l.sel.Items {
		if i == len(l.view.Columns) {
			break
		}
		x, err := b.bindExpr(item.Expr, &exprContext{scope: below.scope, clause: "SELECT", applies: sub})
		if err != nil {
			return from{}, err
		}
		want := l.view.Columns[i]
		if x.Type() != want.Type {
			if x, err = expr.Coerce(x, want.Type); err != nil {
				return from{}, err
			}
		}
		c := column{Column: b.newColumn(want.Name, want.Type), table: name}
		if col, ok := x.(*expr.Col); ok {
			c.ID = col.Index
		} else {
			p.Exprs, p.Out = append(p.Exprs, x), append(p.Out, c.Column)
		}
		sc.cols = append(sc.cols, c)
	}
	b.remember(sc)
	node, err := b.attach(below.node, sub)
	if err != nil || len(p.Exprs) == 0 {
		return from{node, sc}, err
	}
	p.Input = node
	for _, c := range node.Columns() {
		p.Exprs, p.Out = append(p.Exprs, colExpr(c)), append(p.Out, c)
	}
	return from{p, sc}, nil
}

// throughViews makes the columns of a view, of the name given, from rows of the table below it.
func (b *Binder) throughViews(rows from, t, v *colstore.Table, name string) (from, error) {
	l, _, err := layerOf(v)
	if err != nil {
		return from{}, err
	}
	defer b.inDefinition()()
	below, _ := b.relation(l.from.Name)
	inner := aliasName(l.from.Alias, l.from.Name.Last())
	if below != nil && below.Kind == colstore.KindView {
		if rows, err = b.throughViews(rows, t, below, inner); err != nil {
			return from{}, err
		}
	} else {
		rows.scope.tables = []string{inner}
		for i := range rows.scope.cols {
			rows.scope.cols[i].table = inner
		}
	}
	if err := renameColumns(rows.scope, l.from.Alias); err != nil {
		return from{}, err
	}
	return b.overLayer(rows, l, name)
}

// ViewCheck is a condition of a view WITH CHECK OPTION over rows of the table below it.
type ViewCheck struct {
	View string
	Cond expr.Expr // over the columns of the table by their places
}

// ViewChecks binds the conditions that rows written through a view must meet, innermost first.
func (b *Binder) ViewChecks(t, v *colstore.Table) ([]ViewCheck, error) {
	rows := b.rowsOf(t, t.Name, nil)
	list, f, err := b.viewChecks(rows, v, v.Name, false)
	if err != nil {
		return nil, err
	}
	place := map[int]int{}
	for i, c := range rows.node.Columns() {
		place[c.ID] = i
	}
	computed := map[int]expr.Expr{}
	for node := f.node; ; {
		p, ok := node.(*plan.Project)
		if !ok {
			break
		}
		for i, c := range p.Out {
			if col, same := p.Exprs[i].(*expr.Col); !same || col.Index != c.ID {
				computed[c.ID] = p.Exprs[i]
			}
		}
		node = p.Input
	}
	for i := range list {
		list[i].Cond = placed(list[i].Cond, computed, place)
	}
	return list, nil
}

// placed writes a condition over the places of a row.
func placed(x expr.Expr, computed map[int]expr.Expr, place map[int]int) expr.Expr {
	return expr.Rewrite(x, func(e expr.Expr) expr.Expr {
		c, ok := e.(*expr.Col)
		if !ok {
			return e
		}
		if y, ok := computed[c.Index]; ok {
			return placed(y, computed, place)
		}
		at := *c
		at.Index = place[c.Index]
		return &at
	})
}

// viewChecks collects the conditions of a view and those below it. With cascaded set the views
// above want all of them.
func (b *Binder) viewChecks(rows from, v *colstore.Table, name string, cascaded bool) (list []ViewCheck, f from, err error) {
	l, why, err := layerOf(v)
	if err != nil {
		return nil, f, err
	}
	if why != "" {
		return nil, f, cannotChange(v, "insert into", why, 0)
	}
	own := cascaded || v.CheckOption != colstore.NoCheckOption
	cascaded = cascaded || v.CheckOption == colstore.CheckCascaded
	defer b.inDefinition()()
	inner := aliasName(l.from.Alias, l.from.Name.Last())
	if below := b.viewNamed(l.from.Name); below != nil {
		if list, rows, err = b.viewChecks(rows, below, inner, cascaded); err != nil {
			return nil, f, err
		}
	} else {
		rows.scope = &scope{cols: append([]column(nil), rows.scope.cols...), tables: []string{inner}}
		for i := range rows.scope.cols {
			rows.scope.cols[i].table = inner
		}
	}
	if err := renameColumns(rows.scope, l.from.Alias); err != nil {
		return nil, f, err
	}
	if own && l.sel.Where != nil {
		c := &exprContext{scope: rows.scope, clause: "WHERE", applies: &applies{}}
		x, err := b.bindCondition(l.sel.Where, c)
		if err != nil {
			return nil, f, err
		}
		if len(c.applies.list) > 0 {
			return nil, f, dberr.Newf(dberr.FeatureNotSupported, "the check option of view \"%s\", whose condition has a subquery, is not supported", v.Name)
		}
		list = append(list, ViewCheck{v.Name, x})
	}
	f, err = b.overLayer(rows, l, name)
	return list, f, err
}

// BaseTable is the table that a relation is written through to, nil where it is not.
func (l Lookup) BaseTable(t *colstore.Table) *colstore.Table {
	l.Path = definitionPath
	for t.Kind == colstore.KindView {
		top, why, err := layerOf(t)
		if err != nil || why != "" {
			return nil
		}
		below, ok := l.Relation(top.from.Name)
		if !ok {
			return nil
		}
		t = below
	}
	return t
}

// Updatable says why a view cannot be written through, "" where it can be.
func Updatable(v *colstore.Table, l Lookup) string {
	top, why, err := layerOf(v)
	if err != nil || why != "" {
		return why
	}
	l.Path = definitionPath
	below, ok := l.Relation(top.from.Name)
	switch {
	case !ok || below.Kind == colstore.KindSequence || below.Materialized():
		return "Views that do not select from a single table or view are not automatically updatable."
	case below.Kind == colstore.KindView:
		return Updatable(below, l)
	}
	return ""
}

// targetIndex is the column of the table below that a column of a view stands for; -1 for none.
func (s *targetScan) targetIndex(name, verb string, pos int) (int, error) {
	if s.view == nil {
		return columnIndex(s.table, name), nil
	}
	i, ok := s.base[name]
	if !ok {
		return 0, undefinedTarget(s.view, name, pos)
	}
	if i < 0 {
		return 0, notOfTable(s.view, name, verb)
	}
	return i, nil
}

// notOfTable is the error of a column of a view that is computed.
func notOfTable(v *colstore.Table, name, verb string) error {
	return dberr.Newf(dberr.FeatureNotSupported, "cannot %s column \"%s\" of view \"%s\"", verb, name, v.Name).
		WithDetail("View columns that are not columns of their base relation are not updatable.")
}
