package bind

import (
	"slices"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// bindGroupBy binds the keys of GROUP BY.
func (s *selection) bindGroupBy() error {
	g := s.sel.GroupBy
	if g == nil {
		return nil
	}
	if g.All {
		return s.groupAll()
	}
	sets, err := s.groupingSets(g.Items)
	if err != nil {
		return err
	}
	s.useSets(sets, g.Distinct)
	return nil
}

// rowItems returns the columns of (a, b), or e itself.
func rowItems(e parse.Expr) []parse.Expr {
	if row, ok := e.(*parse.RowExpr); ok {
		return row.Elems
	}
	return []parse.Expr{e}
}

// groupAll groups by every item without an aggregate.
func (s *selection) groupAll() error {
	for _, x := range s.items {
		if s.usesAggregate(x) || s.windows.uses(x) || containsExpr(s.group, x) {
			continue
		}
		if err := s.applyBelow(x); err != nil {
			return err
		}
		s.group = append(s.group, x)
	}
	return nil
}

// applyBelow joins the subqueries of an item that is a key below the aggregation.
func (s *selection) applyBelow(x expr.Expr) error {
	uses := map[int]bool{}
	expr.Columns(x, func(id int) { uses[id] = true })
	var moved []*apply
	for i := len(s.post.list) - 1; i >= 0; i-- { // later ones may use earlier ones
		ap := s.post.list[i]
		if !uses[ap.mark.ID] {
			continue
		}
		free := plan.Free(ap.plan)
		for _, e := range (&applies{list: []*apply{ap}}).exprs() {
			expr.Columns(*e, func(id int) { free[id] = true })
		}
		for id := range free {
			if hasID(s.aggs.out, id) {
				return dberr.New(dberr.GroupingError, "aggregate functions are not allowed in GROUP BY").At(ap.pos)
			}
			uses[id] = true
		}
		s.post.list = slices.Delete(s.post.list, i, i+1)
		moved = append(moved, ap)
	}
	slices.Reverse(moved)
	s.aggs.pre.list = append(s.aggs.pre.list, moved...)
	return nil
}

// itemWritten returns the index of the item of the list that is written as e is, when e has
// a subquery: two of them are equal where their texts are. -1 for none.
func (s *selection) itemWritten(e parse.Expr) int {
	if len(s.sel.Items) != s.visible || !parse.HasSubquery(e) {
		return -1
	}
	text := parse.Format(e)
	return slices.IndexFunc(s.sel.Items, func(i parse.SelectItem) bool { return i.Expr != nil && parse.Format(i.Expr) == text })
}

func (s *selection) usesAggregate(x expr.Expr) bool {
	found := false
	expr.Columns(x, func(id int) {
		found = found || hasID(s.aggs.out, id) || slices.ContainsFunc(s.aggs.groupings, func(g *grouping) bool { return g.out.ID == id })
	})
	return found
}

// groupItem resolves one item: an ordinal, a column of FROM, the name of an output, or
// an expression.
func (s *selection) groupItem(e parse.Expr) (expr.Expr, error) {
	pos := int(e.Position())
	i, ok, err := ordinal(e, s.visible, "GROUP BY")
	if err != nil {
		return nil, err
	}
	if ref, isRef := e.(*parse.ColumnRef); isRef && len(ref.Parts) == 1 {
		col, ambiguous := s.scope.findHere("", "", ref.Parts[0])
		if ambiguous != nil {
			return nil, ambiguous.At(pos)
		}
		if col == nil {
			if i, err = s.itemNamed(ref.Parts[0], "GROUP BY", pos); err != nil {
				return nil, err
			}
			ok = i >= 0
		}
	}
	if !ok {
		if i = s.itemWritten(e); i >= 0 {
			ok = true
		}
	}
	if ok {
		if s.usesAggregate(s.items[i]) {
			return nil, dberr.New(dberr.GroupingError, "aggregate functions are not allowed in GROUP BY").At(pos)
		}
		if s.windows.uses(s.items[i]) {
			return nil, dberr.New(dberr.WindowingError, "window functions are not allowed in GROUP BY").At(s.items[i].Pos())
		}
		if s.items[i].Type().ID == types.Unknown { // the item is the key: one type for both
			if s.items[i], err = expr.Coerce(s.items[i], types.T(types.Text)); err != nil {
				return nil, err
			}
			s.out[i].Type = s.items[i].Type()
		}
		return s.items[i], s.applyBelow(s.items[i])
	}
	return s.b.bindExpr(e, &exprContext{scope: s.scope, clause: "GROUP BY", applies: s.aggs.pre, sets: s.rowSets})
}

// addKey adds a key, once.
func (s *selection) addKey(to *expr.Expr) error {
	x := *to
	if x.Type().ID == types.Unknown {
		c, err := expr.Coerce(x, types.T(types.Text))
		if err != nil {
			return err
		}
		x, *to = c, c
	}
	if err := checkGrouping(x.Type(), x.Pos()); err != nil {
		return err
	}
	if !containsExpr(s.group, x) {
		s.group = append(s.group, x)
	}
	return nil
}

// grouped reports whether the SELECT aggregates.
func (s *selection) grouped() bool {
	return s.sel.GroupBy != nil || s.sel.Having != nil || len(s.aggs.calls)+len(s.aggs.groupings) > 0
}

// aggregate puts the aggregation on top of FROM and WHERE, and makes everything above
// refer to its keys.
func (s *selection) aggregate() error {
	if !s.grouped() {
		return nil
	}
	input, err := s.b.attach(s.input, s.aggs.pre)
	if err != nil {
		return err
	}
	a := &plan.Aggregate{Input: input}
	for _, x := range s.group {
		a.Keys = append(a.Keys, x)
		c := s.b.newColumn(keyName(x), x.Type())
		if col, ok := x.(*expr.Col); ok && s.local(col.Index) && !hasID(a.Out, col.Index) {
			c.ID = col.Index
		}
		a.Out = append(a.Out, c)
	}
	if len(s.sets) == 0 {
		s.addDependent(a)
	}
	a.Aggs = s.aggs.calls
	a.Out = append(a.Out, s.aggs.out...)
	if err := s.regroup(a); err != nil {
		return err
	}
	s.expandSets(a)
	s.input, err = s.addGroupings(a)
	return err
}

func keyName(x expr.Expr) string {
	if c, ok := x.(*expr.Col); ok {
		return c.Name
	}
	return ""
}

// addDependent adds, as further keys, the columns that are used and depend on a
// primary key among the keys: they do not change the groups.
func (s *selection) addDependent(a *plan.Aggregate) {
	for _, scan := range scansOf(s.input) {
		if scan.Point != "" || len(scan.Table.PrimaryKey) == 0 || !s.hasPrimaryKey(a, scan) {
			continue
		}
		for _, c := range scan.Out {
			if s.uses(c.ID) && !hasID(a.Out, c.ID) {
				a.Keys, a.Out = append(a.Keys, colExpr(c)), append(a.Out, c)
			}
		}
	}
}

func (s *selection) hasPrimaryKey(a *plan.Aggregate, scan *plan.Scan) bool {
	for _, id := range scan.Table.PrimaryKey {
		found := false
		for i, cid := range scan.Spec.Columns {
			found = found || cid == id && hasID(a.Out, scan.Out[i].ID)
		}
		if !found {
			return false
		}
	}
	return true
}

// uses reports whether something above the aggregation uses a column.
func (s *selection) uses(id int) bool {
	found := false
	for _, x := range s.above() {
		expr.Columns(*x, func(i int) { found = found || i == id })
	}
	return found
}

// above returns the expressions that are computed after the aggregation.
func (s *selection) above() []*expr.Expr {
	var list []*expr.Expr
	for i := range s.items {
		list = append(list, &s.items[i])
	}
	for i := range s.order {
		list = append(list, &s.order[i].Expr)
	}
	for i := range s.on {
		list = append(list, &s.on[i])
	}
	if s.having != nil {
		list = append(list, &s.having)
	}
	if s.qualify != nil {
		list = append(list, &s.qualify)
	}
	list = append(list, s.rowSets.exprs()...)
	return append(append(list, s.windows.exprs()...), s.post.exprs()...)
}

// scansOf returns the table scans below node that no outer join may have emptied.
func scansOf(node plan.Node) []*plan.Scan {
	switch n := node.(type) {
	case *plan.Scan:
		return []*plan.Scan{n}
	case *plan.Filter:
		return scansOf(n.Input)
	case *plan.Join:
		switch n.Kind {
		case plan.Inner, plan.Left:
			return append(scansOf(n.Left), scansOf(n.Right)...)
		}
		return scansOf(n.Left)
	}
	return nil
}

// regroup replaces keys by their columns in everything above, and refuses other
// columns of the input.
func (s *selection) regroup(a *plan.Aggregate) error {
	replace := keyReplacer(a)
	input := s.input.Columns()
	for _, x := range s.above() {
		*x = replace(*x)
		if err := s.checkGrouped(*x, a, input); err != nil {
			return err
		}
	}
	for i, k := range s.ownKeys {
		s.items[i] = colExpr(a.Out[k])
	}
	if err := s.checkDirect(a, input); err != nil {
		return err
	}
	return s.checkSubplans(a, input)
}

// keyReplacer returns a rewrite that puts the columns of the keys where the keys are
// computed. A rewrite goes from the inside out, so a key inside another key may be
// replaced first: keys are therefore compared in both forms.
func keyReplacer(a *plan.Aggregate) func(expr.Expr) expr.Expr {
	inner := make([]expr.Expr, len(a.Keys))
	column := func(e expr.Expr, top int) expr.Expr {
		for i, key := range a.Keys {
			if i != top && (plan.Same(e, key) || inner[i] != nil && plan.Same(e, inner[i])) {
				c := colExpr(a.Out[i])
				c.At = expr.At(e.Pos())
				return c
			}
		}
		return e
	}
	for i, key := range a.Keys {
		inner[i] = expr.Rewrite(key, func(e expr.Expr) expr.Expr { return column(e, i) })
	}
	return func(x expr.Expr) expr.Expr {
		return expr.Rewrite(x, func(e expr.Expr) expr.Expr { return column(e, -1) })
	}
}

// checkGrouped refuses columns of the input that are neither keys nor aggregated.
func (s *selection) checkGrouped(x expr.Expr, a *plan.Aggregate, input []plan.Column) (err error) {
	expr.Walk(x, func(e expr.Expr) bool {
		c, ok := e.(*expr.Col)
		if ok && err == nil && hasID(input, c.Index) && !hasID(a.Out, c.Index) {
			err = dberr.Newf(dberr.GroupingError,
				"column \"%s\" must appear in the GROUP BY clause or be used in an aggregate function",
				s.b.fullName(c)).At(c.Pos())
		}
		return err == nil
	})
	return err
}

// checkSubplans does the same for what subqueries use of the input.
func (s *selection) checkSubplans(a *plan.Aggregate, input []plan.Column) error {
	for _, ap := range s.post.list {
		for id := range plan.Free(ap.plan) {
			if hasID(input, id) && !hasID(a.Out, id) {
				return dberr.Newf(dberr.GroupingError, "subquery uses ungrouped column \"%s\" from outer query",
					s.b.fullName(&expr.Col{Index: id})).At(ap.pos)
			}
		}
	}
	return nil
}

// fullName is the column's name as messages show it.
func (b *Binder) fullName(c *expr.Col) string {
	col, ok := b.columns[c.Index]
	switch {
	case !ok:
		return c.Name
	case col.table == "":
		return col.Name
	}
	return col.table + "." + col.Name
}
