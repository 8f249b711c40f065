package bind

import (
	"slices"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// targetScan is the scan of the table that an UPDATE or DELETE changes.
type targetScan struct {
	from
	table *colstore.Table
	cols  []plan.Column // the table's columns
	rid   plan.Column
	own   int // how many columns of the scope are the target's

	view *colstore.Table // that the table is changed through, nil for none
	base map[string]int  // its columns, as indexes of the table's; -1 for one that is computed
}

// bindTarget binds the table of an UPDATE or DELETE with its row ids.
func (b *Binder) bindTarget(ref *parse.TableRef) (*targetScan, error) {
	return b.bindTargetOf(ref, "change")
}

// bindTargetOf is bindTarget for a statement that messages call verb.
func (b *Binder) bindTargetOf(ref *parse.TableRef, verb string) (*targetScan, error) {
	if ref.SystemTime != nil {
		return nil, dberr.New(dberr.ReadOnlyTransaction, "the past cannot be changed").At(int(ref.SystemTime.Position()))
	}
	if ref.Sample != nil {
		return nil, dberr.New(dberr.SyntaxError, "TABLESAMPLE cannot be applied to the target of a change").At(int(ref.Position()))
	}
	if v := b.viewNamed(ref.Name); v != nil {
		return b.bindViewTarget(v, ref, verb)
	}
	t, err := b.target(ref.Name)
	if err != nil {
		return nil, err
	}
	return b.bindScan(t, ref.Alias)
}

// bindScan binds all rows of a table, with their row ids.
func (b *Binder) bindScan(t *colstore.Table, alias *parse.Alias) (*targetScan, error) {
	f, err := b.scan(tableAt{view: b.viewOf(t), table: t}, alias, nil)
	if err != nil {
		return nil, err
	}
	scan := f.node.(*plan.Scan)
	s := &targetScan{from: f, table: t, cols: scan.Out, own: len(f.scope.cols), rid: b.newColumn("rid", types.T(types.Int64))}
	scan.Spec.Columns = append(scan.Spec.Columns, colstore.ColRID)
	scan.Out = append(scan.Out[:len(scan.Out):len(scan.Out)], s.rid)
	return s, nil
}

// joinFrom adds the tables of FROM or USING. RETURNING, which is bound later, may use their rows.
func (b *Binder) joinFrom(s *targetScan, items []parse.TableExpr, returning []parse.SelectItem) error {
	b.allPresent = returning != nil && slices.ContainsFunc(items, hasOuterJoin)
	defer func() { b.allPresent = false }()
	for _, item := range items {
		right, err := b.bindTable(item, s.scope, nil)
		if err != nil {
			return err
		}
		if s.from, err = b.cross(s.from, right, plan.Inner, int(item.Position())); err != nil {
			return err
		}
	}
	return nil
}

// hasOuterJoin reports whether an item of FROM has rows that a join may leave out.
func hasOuterJoin(t parse.TableExpr) bool {
	j, ok := t.(*parse.Join)
	return ok && (j.Kind == parse.LeftJoin || j.Kind == parse.RightJoin || j.Kind == parse.FullJoin || hasOuterJoin(j.L) || hasOuterJoin(j.R))
}

// Update binds an UPDATE. Undeclared columns are as for Insert.
func (b *Binder) Update(st *parse.Update, undeclared bool) (*Change, error) {
	return b.changeWithPresence(func() (*Change, error) { return b.updateOnce(st, undeclared) })
}

func (b *Binder) updateOnce(st *parse.Update, undeclared bool) (*Change, error) {
	if err := b.declareCTEs(st.With, nil); err != nil {
		return nil, err
	}
	s, err := b.bindTargetOf(st.Table, "update")
	if err != nil {
		return nil, err
	}
	if err := b.joinFrom(s, st.From, st.Returning); err != nil {
		return nil, err
	}
	if s.node, err = b.bindWhere(s.node, s.scope, st.Where); err != nil {
		return nil, err
	}
	u := &updating{b: b, table: s.table, target: s, undeclared: undeclared && s.view == nil, values: make([]expr.Expr, len(s.table.Columns)), current: s.cols,
		context: &exprContext{scope: s.scope, clause: "UPDATE", applies: &applies{}}}
	for _, set := range st.Set {
		if err := u.assign(set); err != nil {
			return nil, err
		}
	}
	if len(u.missing) > 0 {
		return &Change{Table: s.table, Undeclared: u.missing}, nil
	}
	if s.node, err = b.attach(s.node, u.context.applies); err != nil {
		return nil, err
	}
	p := &plan.Project{Input: oneMatch(s, len(st.From) > 0), Exprs: []expr.Expr{colExpr(s.rid)}, Out: []plan.Column{s.rid}}
	for i, c := range s.table.Columns {
		x := u.values[i]
		if x == nil {
			x = colExpr(s.cols[i])
		}
		p.Exprs, p.Out = append(p.Exprs, x), append(p.Out, b.newColumn(c.Name, c.Type))
	}
	if len(s.table.ReferencedBy) > 0 {
		for _, c := range s.cols {
			p.Exprs, p.Out = append(p.Exprs, colExpr(c)), append(p.Out, b.newColumn(c.Name, c.Type))
		}
	}
	return b.withJoined(&Change{Table: s.table, Plan: p, Lock: updateLock(s.table, u.values)}, s, st.Returning != nil), nil
}

// updateLock is how an UPDATE locks the rows that it changes; values are nil for columns that stay. A
// generated column in a key may change with any other.
func updateLock(t *colstore.Table, values []expr.Expr) colstore.LockStrength {
	for _, key := range t.Keys() {
		for _, id := range key.Columns {
			if at := place(t, id); key.Unique && (values[at] != nil || t.Columns[at].Generated != "") {
				return colstore.LockUpdate
			}
		}
	}
	return colstore.LockNoKeyUpdate
}

// Joined is the columns of joined tables that a RETURNING list may name.
type Joined struct{ cols []column }

// Types are the types of the columns.
func (j *Joined) Types() []types.Type {
	if j == nil {
		return nil
	}
	list := make([]types.Type, len(j.cols))
	for i, c := range j.cols {
		list[i] = c.Type
	}
	return list
}

// withJoined adds the columns of joined tables to what a change answers.
func (b *Binder) withJoined(ch *Change, s *targetScan, wanted bool) *Change {
	own := s.own
	ch.View = s.view
	if !wanted || len(s.scope.cols) == own {
		return ch
	}
	p := ch.Plan.(*plan.Project)
	ch.Joined = &Joined{cols: s.scope.cols[own:]}
	for _, c := range ch.Joined.cols {
		p.Exprs, p.Out = append(p.Exprs, colExpr(c.Column)), append(p.Out, b.newColumn(c.Name, c.Type))
	}
	return ch
}

// oneMatch keeps one joined row of every target row.
func oneMatch(s *targetScan, joined bool) plan.Node {
	if !joined {
		return s.node
	}
	return &plan.Distinct{Input: s.node, On: []expr.Expr{colExpr(s.rid)}}
}

// updating is the SET list of an UPDATE while it is bound.
type updating struct {
	b          *Binder
	table      *colstore.Table
	target     *targetScan // of an UPDATE, nil for others
	context    *exprContext
	undeclared bool
	values     []expr.Expr   // by the index of the table's column; nil keeps the value
	current    []plan.Column // the values as they are, by the same index
	partly     map[int]bool  // columns of which only parts are assigned
	missing    []NewColumn
}

// index finds the column that a name of SET stands for, -1 for none.
func (u *updating) index(name string, pos int) (int, error) {
	if u.target == nil {
		return columnIndex(u.table, name), nil
	}
	return u.target.targetIndex(name, "update", pos)
}

// assign binds one item of SET.
func (u *updating) assign(set parse.SetClause) error {
	if !set.Multi {
		return u.assignOne(set.Targets[0], set.Value)
	}
	row, ok := set.Value.(*parse.RowExpr)
	if !ok {
		return u.assignQuery(set)
	}
	if len(row.Elems) != len(set.Targets) {
		return dberr.New(dberr.SyntaxError, "number of columns does not match number of values").At(int(row.Position()))
	}
	for i, t := range set.Targets {
		if err := u.assignOne(t, row.Elems[i]); err != nil {
			return err
		}
	}
	return nil
}

// assignQuery binds (a, b, …) = (SELECT …).
func (u *updating) assignQuery(set parse.SetClause) error {
	pos := int(set.Value.Position())
	q, ok := set.Value.(*parse.SubqueryExpr)
	if !ok {
		if len(set.Targets) == 1 {
			return u.assignOne(set.Targets[0], set.Value)
		}
		return dberr.New(dberr.FeatureNotSupported, "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression").At(pos)
	}
	node, err := u.b.subplan(q.Query, u.context)
	if err != nil {
		return err
	}
	if len(node.Columns()) != len(set.Targets) {
		return dberr.New(dberr.SyntaxError, "number of columns does not match number of values").At(pos)
	}
	node = u.b.renamed(node)
	u.context.add(&apply{kind: plan.Single, plan: node, mark: node.Columns()[0], pos: pos})
	for i, t := range set.Targets {
		if err := u.assignBound(t, colExpr(node.Columns()[i])); err != nil {
			return err
		}
	}
	return nil
}

// assignBound assigns a value that is bound already.
func (u *updating) assignBound(t parse.Target, x expr.Expr) error {
	pos := int(t.Position())
	i, err := u.index(t.Name, pos)
	if err != nil {
		return err
	}
	switch {
	case i < 0:
		return undefinedTarget(u.table, t.Name, pos)
	case len(t.Path) > 0:
		return u.assignPart(t, i, x)
	case u.values[i] != nil:
		return dberr.Newf(dberr.SyntaxError, "multiple assignments to same column \"%s\"", t.Name).At(pos)
	}
	u.values[i], err = expr.Assign(x, u.table.Columns[i].Type, u.table.Columns[i].Name)
	return err
}

func (u *updating) assignOne(t parse.Target, value parse.Expr) error {
	pos := int(t.Position())
	i, err := u.index(t.Name, pos)
	if err != nil {
		return err
	}
	switch {
	case i < 0 && len(t.Path) > 0:
		return undefinedTarget(u.table, t.Name, pos)
	case len(t.Path) > 0:
		x, err := u.b.bindExpr(value, u.context)
		if err != nil {
			return err
		}
		return u.assignPart(t, i, x)
	case i < 0:
		return u.assignNew(t, value)
	}
	if u.values[i] != nil {
		return dberr.Newf(dberr.SyntaxError, "multiple assignments to same column \"%s\"", t.Name).At(pos)
	}
	col := &u.table.Columns[i]
	if _, ok := value.(*parse.DefaultExpr); ok {
		x, err := u.b.defaultOf(col)
		u.values[i] = x
		return err
	}
	if col.Generated != "" || col.Identity == colstore.IdentityAlways {
		what := "an identity column defined as GENERATED ALWAYS"
		if col.Generated != "" {
			what = "a generated column"
		}
		return dberr.Newf(GeneratedAlways, "column \"%s\" can only be updated to DEFAULT", col.Name).
			WithDetail("Column \"%s\" is %s.", col.Name, what)
	}
	x, err := u.b.bindExpr(value, u.context)
	if err != nil {
		return err
	}
	u.values[i], err = expr.Assign(x, col.Type, col.Name)
	return err
}

// assignNew notes a column that does not exist yet.
func (u *updating) assignNew(t parse.Target, value parse.Expr) error {
	pos := int(t.Position())
	if !u.undeclared {
		return undefinedTarget(u.table, t.Name, pos)
	}
	x, err := u.b.bindExpr(value, u.context)
	if err != nil {
		return err
	}
	u.missing = append(u.missing, NewColumn{Name: t.Name, Type: undeclaredType(x.Type()), Pos: pos})
	return nil
}

// Delete binds a DELETE; with rows, or where foreign keys refer to the table, its plan has the
// old values too.
func (b *Binder) Delete(st *parse.Delete, rows bool) (*Change, error) {
	return b.changeWithPresence(func() (*Change, error) { return b.deleteOnce(st, rows) })
}

func (b *Binder) deleteOnce(st *parse.Delete, rows bool) (*Change, error) {
	if err := b.declareCTEs(st.With, nil); err != nil {
		return nil, err
	}
	s, err := b.bindTargetOf(st.Table, "delete from")
	if err != nil {
		return nil, err
	}
	if err := b.joinFrom(s, st.Using, st.Returning); err != nil {
		return nil, err
	}
	if s.node, err = b.bindWhere(s.node, s.scope, st.Where); err != nil {
		return nil, err
	}
	p := &plan.Project{Input: oneMatch(s, len(st.Using) > 0), Exprs: []expr.Expr{colExpr(s.rid)}, Out: []plan.Column{s.rid}}
	if rows || len(s.table.ReferencedBy) > 0 {
		for _, c := range s.cols {
			p.Exprs, p.Out = append(p.Exprs, colExpr(c)), append(p.Out, c)
		}
	}
	return b.withJoined(&Change{Table: s.table, Plan: p}, s, st.Returning != nil), nil
}

// rowsOf is the scan of rows that a statement has written: the columns of t, in order.
func (b *Binder) rowsOf(t *colstore.Table, name string, rows plan.Source) from {
	n := &plan.Scan{Table: t, Alias: name, Source: rows, Out: b.tableColumns(t)}
	sc := &scope{tables: []string{name}}
	for i, c := range n.Out {
		n.Spec.Columns = append(n.Spec.Columns, uint32(i))
		sc.cols = append(sc.cols, column{Column: c, table: name, hidden: t.Columns[i].Hidden()})
	}
	if name != t.Name {
		sc.renamed = []renamedTable{{t.Name, name}}
	}
	b.remember(sc)
	return from{n, sc}
}

// addJoined adds the columns of joined tables to a scan of written rows.
func (f *from) addJoined(b *Binder, joined *Joined) {
	if joined == nil {
		return
	}
	n := f.node.(*plan.Scan)
	for _, c := range joined.cols {
		n.Spec.Columns = append(n.Spec.Columns, uint32(len(n.Out)))
		c.Column = b.newColumn(c.Name, c.Type)
		n.Out = append(n.Out, c.Column)
		if c.table != "" && !f.scope.hasTableIn(c.schema, c.table) {
			f.scope.tables = append(f.scope.tables, c.table)
		}
		f.scope.cols = append(f.scope.cols, c)
	}
	b.remember(f.scope)
}

// Returning binds a RETURNING list over rows of t, which the source has in order, with the
// columns of joined tables behind them.
//
// A view is that which the rows were written through, nil for none.
func (b *Binder) Returning(items []parse.SelectItem, t, view *colstore.Table, alias string, rows plan.Source, joined *Joined) (plan.Node, error) {
	name := alias
	if name == "" {
		name = t.Name
	}
	f := b.rowsOf(t, name, rows)
	if alias == "" {
		f.scope.inSchema(SchemaOf(b.viewOf(t).Catalog(), t))
	}
	own := len(f.scope.cols)
	f.addJoined(b, joined)
	if view != nil {
		name = alias
		if alias == "" {
			name = view.Name
		}
		others := &scope{cols: f.scope.cols[own:], tables: f.scope.tables[1:]}
		over, err := b.throughViews(from{f.node, &scope{cols: f.scope.cols[:own:own]}}, t, view, name)
		if err != nil {
			return nil, err
		}
		if alias == "" {
			over.scope.inSchema(SchemaOf(b.viewOf(view).Catalog(), view))
		}
		f = from{over.node, over.scope.join(others)}
	}
	sel := &parse.Select{Items: items, From: []parse.TableExpr{&parse.TableRef{}}}
	s := &selection{b: b, sel: sel, scope: f.scope, input: f.node, aggs: nil, post: &applies{}}
	s.clause = "RETURNING"
	for _, step := range []func() error{s.bindItems, s.attachPost} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	node, err := s.finish()
	if err != nil {
		return nil, err
	}
	if node, err = b.resolveUnknown(node); err != nil {
		return nil, err
	}
	return b.recordsAsText(node)
}
