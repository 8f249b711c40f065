package bind

import (
	"cmp"
	"slices"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// bindRelation binds a reference to what is no table: a view or a sequence.
func (b *Binder) bindRelation(ref tableAt, t *parse.TableRef, parent *scope) (from, error) {
	pos := int(t.Position())
	if ref.ranged {
		return from{}, dberr.Newf(dberr.FeatureNotSupported, "the row versions of \"%s\", which is not a table, cannot be asked for", ref.table.Name).At(pos)
	}
	if ref.table.Kind == colstore.KindSequence {
		if err := b.unlockable(t, "sequence"); err != nil {
			return from{}, err
		}
		return b.bindSequence(ref, t, parent)
	}
	node, err := b.viewQuery(ref, t)
	if err != nil {
		if e, ok := err.(*dberr.Error); ok { // its place is one in the view's text
			moved := *e
			moved.Pos = pos
			return from{}, &moved
		}
		return from{}, err
	}
	alias := t.Alias
	if alias == nil {
		alias = &parse.Alias{Pos: t.Pos, Name: ref.table.Name}
	}
	f, err := b.named(node, alias, parent)
	if err == nil {
		if t.Alias == nil {
			f.scope.inSchema(SchemaOf(ref.catalog(), ref.table))
		}
		b.record.note(ref.table, f.scope.cols)
		for i := range f.scope.cols {
			if ref.period == nil && i < len(ref.table.Columns) {
				f.scope.cols[i].relation, f.scope.cols[i].attribute = ref.table.ID, ref.table.Columns[i].ID
			}
		}
	}
	return f, err
}

// viewQuery binds the query of a view. Its tables are read at the point at which the view is,
// unless they have a clause of their own; its columns are those that it was made with. What t, the
// reference to it, locks are its tables.
func (b *Binder) viewQuery(ref tableAt, t *parse.TableRef) (plan.Node, error) {
	v := ref.table
	if b.views[v.ID] {
		return nil, dberr.Newf(dberr.InvalidObjectDefinition, "infinite recursion detected in rules for relation \"%s\"", v.Name)
	}
	if b.views == nil {
		b.views = map[uint32]bool{}
	}
	b.views[v.ID] = true
	ctes, time, record := b.ctes, b.time, b.record
	b.ctes, b.record = nil, nil
	if ref.period != nil {
		b.time = &Point{clause: ref.period}
	}
	defer func() {
		b.ctes, b.time, b.record = ctes, time, record
		delete(b.views, v.ID)
	}()
	q, err := parseQuery(v.Query)
	if err != nil {
		return nil, err
	}
	defer b.inDefinition()()
	if v.ID >= colstore.FirstTemporary {
		b.record = &viewRecord{stars: map[*parse.Select]map[*parse.Star][]parse.SelectItem{}}
	}
	b.lockRelation(t, q)
	node, err := b.bindQuery(q, nil)
	if err != nil {
		return nil, err
	}
	if b.record != nil && !b.record.readsAgain(v) {
		return nil, dberr.Newf(dberr.ObjectNotInPrerequisite, "temporary view \"%s\" names tables that are not those of when it was made", v.Name).
			WithHint("Another session has renamed, dropped or moved them. Create the view again.")
	}
	return b.viewColumns(v, node)
}

// readsAgain reports whether what was read is what a view was made to read. Another session, which does not see
// a temporary view, may have given its names to other tables.
func (r *viewRecord) readsAgain(v *colstore.Table) bool {
	return slices.EqualFunc(r.depends(nil), v.Depends, func(a, b colstore.Dependency) bool { return a.Table == b.Table })
}

// Refresh binds the query of a materialized view as it is now: rows with the view's columns.
func (b *Binder) Refresh(v *colstore.Table) (plan.Node, error) {
	return b.viewQuery(tableAt{view: b.env.Points.Present(), table: v}, nil)
}

// Rows binds all rows of a table, behind their row ids.
func (b *Binder) Rows(t *colstore.Table) (plan.Node, error) {
	s, err := b.bindScan(t, nil)
	if err != nil {
		return nil, err
	}
	p := &plan.Project{Input: s.node, Exprs: []expr.Expr{colExpr(s.rid)}, Out: []plan.Column{s.rid}}
	for _, c := range s.cols {
		p.Exprs, p.Out = append(p.Exprs, colExpr(c)), append(p.Out, c)
	}
	return p, nil
}

// viewColumns gives the outputs of a view's query the names and types of the view.
func (b *Binder) viewColumns(v *colstore.Table, node plan.Node) (plan.Node, error) {
	if len(node.Columns()) < len(v.Columns) {
		return nil, dberr.Bug("view \"%s\" has %d columns, its query %d", v.Name, len(v.Columns), len(node.Columns()))
	}
	p := &plan.Project{Input: node}
	want := make([]types.Type, len(v.Columns))
	for i, c := range v.Columns {
		in := node.Columns()[i]
		p.Exprs, p.Out = append(p.Exprs, colExpr(in)), append(p.Out, b.newColumn(c.Name, in.Type))
		if want[i] = c.Type; c.Type == types.T(types.Numeric) && in.Type.ID == types.Numeric {
			want[i] = in.Type // with the digits that its values are known to need
		}
	}
	return b.castColumns(p, want)
}

func parseQuery(text string) (*parse.Query, error) {
	list, err := parse.Parse(text)
	if err != nil {
		return nil, err
	}
	if len(list) == 1 {
		if q, ok := list[0].Stmt.(*parse.Query); ok {
			return q, nil
		}
	}
	return nil, dberr.Bug("the text of a view is no query")
}

// View binds the query of CREATE VIEW and returns the view's definition: columns that stay
// whatever becomes of the tables below, the query with every * written out, and what it reads.
func (b *Binder) View(q *parse.Query) (colstore.ViewDef, error) {
	if _, err := b.TableQuery(q); err != nil {
		return colstore.ViewDef{}, err
	}
	own, err := parseQuery(parse.Format(q)) // a tree that may be changed
	if err != nil {
		return colstore.ViewDef{}, err
	}
	second := New(b.env)
	second.record = &viewRecord{stars: map[*parse.Select]map[*parse.Star][]parse.SelectItem{}, names: newNameRecord()}
	node, err := second.Query(own)
	if err != nil {
		return colstore.ViewDef{}, err
	}
	second.record.names.qualify(second)
	def := colstore.ViewDef{Query: parse.Format(own), Depends: second.record.depends(plan.Needed(node))}
	declared := declaredTypes(node)
	for i, c := range node.Columns() {
		t := declared[i]
		def.Columns = append(def.Columns, colstore.Column{Name: c.Name, Type: t, Missing: types.NullOf(t)})
	}
	return def, nil
}

// viewRecord notes what a view reads, and what its stars stand for, while it is defined. A nil
// record notes nothing.
type viewRecord struct {
	read  []relationRead
	stars map[*parse.Select]map[*parse.Star][]parse.SelectItem
	names *nameRecord
}

// relationRead is one reference to a relation: its columns by their IDs in the plan.
type relationRead struct {
	table *colstore.Table
	ids   map[int]uint32
}

func (r *viewRecord) note(t *colstore.Table, cols []column) {
	if r == nil {
		return
	}
	read := relationRead{t, map[int]uint32{}}
	for i, c := range cols {
		if i < len(t.Columns) {
			read.ids[c.ID] = t.Columns[i].ID
		}
	}
	r.read = append(r.read, read)
}

// star notes the columns of a scope that a * stands for.
func (r *viewRecord) star(sel *parse.Select, star *parse.Star, cols []column, sc *scope) {
	if r == nil {
		return
	}
	var items []parse.SelectItem
	for _, c := range cols {
		item := parse.SelectItem{Pos: star.Pos, Expr: &parse.ColumnRef{Pos: star.Pos, Parts: []string{c.Name}}}
		if c.table != "" {
			item.Expr = &parse.ColumnRef{Pos: star.Pos, Parts: []string{c.table, c.Name}}
		}
		if c.schema != "" && sc.count(c.table) > 1 {
			item.Expr = &parse.ColumnRef{Pos: star.Pos, Parts: []string{c.schema, c.table, c.Name}}
		}
		for _, with := range star.Rename {
			if with.Expr.(*parse.ColumnRef).Parts[0] == c.Name {
				item.Alias = with.Alias
			}
		}
		for _, with := range star.Replace {
			if with.Alias == c.Name {
				item = with
			}
		}
		items = append(items, item)
	}
	if r.stars[sel] == nil {
		r.stars[sel] = map[*parse.Star][]parse.SelectItem{}
	}
	r.stars[sel][star] = items
}

// natural writes out what a natural join of a view compares, so that no later column joins it.
func (r *viewRecord) natural(j *parse.Join, using []parse.Ident) {
	if r == nil {
		return
	}
	j.Natural, j.Using = false, using
	if len(using) == 0 {
		j.On = &parse.Literal{Pos: j.Pos, Kind: parse.LitBool, Bool: true}
	}
}

// finish writes the stars of a SELECT out, when its list has been bound.
func (r *viewRecord) finish(sel *parse.Select) {
	if r == nil || r.stars[sel] == nil {
		return
	}
	var items []parse.SelectItem
	for _, item := range sel.Items {
		if star, ok := item.Expr.(*parse.Star); ok {
			items = append(items, r.stars[sel][star]...)
		} else {
			items = append(items, item)
		}
	}
	sel.Items = items
	delete(r.stars, sel)
}

// depends lists the relations read and the columns of them that are needed.
func (r *viewRecord) depends(needed map[int]bool) []colstore.Dependency {
	cols := map[uint32][]uint32{}
	for _, read := range r.read {
		list := cols[read.table.ID]
		for id, column := range read.ids {
			if needed[id] && !slices.Contains(list, column) {
				list = append(list, column)
			}
		}
		slices.Sort(list)
		cols[read.table.ID] = list
	}
	var out []colstore.Dependency
	for id, list := range cols {
		out = append(out, colstore.Dependency{Table: id, Columns: list})
	}
	slices.SortFunc(out, func(a, b colstore.Dependency) int { return cmp.Compare(a.Table, b.Table) })
	return out
}

// bindSequence binds FROM sequence: the one row that says where it stands.
func (b *Binder) bindSequence(ref tableAt, t *parse.TableRef, parent *scope) (from, error) {
	if ref.temporal || b.env.Sequence == nil {
		return from{}, dberr.Newf(dberr.FeatureNotSupported, "the past of sequence \"%s\" is not kept", ref.table.Name).At(int(t.Position()))
	}
	if err := b.moment(); err != nil {
		return from{}, err
	}
	at := b.env.Sequence(ref.table)
	big, boolean := types.T(types.Int64), types.T(types.Bool)
	n := &plan.Values{Rows: [][]expr.Expr{{
		&expr.Const{Value: types.IntValue(big, at.Last)},
		&expr.Const{Value: types.IntValue(big, 0)},
		&expr.Const{Value: types.BoolValue(at.Called)},
	}}}
	n.Out = []plan.Column{b.newColumn("last_value", big), b.newColumn("log_cnt", big), b.newColumn("is_called", boolean)}
	alias := t.Alias
	if alias == nil {
		alias = &parse.Alias{Pos: t.Pos, Name: ref.table.Name}
	}
	return b.named(n, alias, parent)
}
