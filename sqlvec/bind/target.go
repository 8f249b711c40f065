package bind

import (
	"strconv"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// NewColumn is a column that a statement names and the table does not have.
type NewColumn struct {
	Name string
	Type types.Type
	Pos  int
}

// Change is a bound INSERT, UPDATE or DELETE: a query whose rows the session writes.
type Change struct {
	Table *colstore.Table
	// View is the view that the table is changed through, nil for none.
	View *colstore.Table
	// Plan's columns are, for INSERT, all columns of the table in order; for UPDATE the
	// row id, then the new values of all columns and, where foreign keys refer to the
	// table, the old ones; for DELETE the row id, then the old values of all columns if they
	// are wanted.
	Plan plan.Node
	// Lock is how an UPDATE locks the rows.
	Lock colstore.LockStrength
	// Planned says that Plan has been optimized.
	Planned bool
	// Joined are the columns of the tables of FROM or USING that stand behind the others in
	// Plan, for RETURNING; nil where there are none.
	Joined *Joined
	// Undeclared are the columns to add before binding again; Plan is then nil.
	Undeclared []NewColumn
}

// target finds the table that a statement changes.
func (b *Binder) target(n parse.Name) (*colstore.Table, error) {
	if b.findCTE(n) != nil {
		return nil, dberr.Newf(dberr.WrongObjectType, "relation \"%s\" cannot be the target of a modifying statement", n.Last()).At(int(n.Position()))
	}
	if ref, ok := b.temporary(n); ok {
		if ref.table.Kind != colstore.KindTable {
			return nil, dberr.Newf(dberr.WrongObjectType, "\"%s\" is not a table", ref.table.Name).At(int(n.Position()))
		}
		return ref.table, nil
	}
	if err := CheckDatabase(n); err != nil {
		return nil, err
	}
	t, err := b.env.Points.Present().Table(Name(b.path, n))
	if dberr.CodeOf(err) == dberr.UndefinedTable {
		err = b.notIndex(n, err)
	}
	if err == nil && t.Materialized() {
		return nil, dberr.Newf(dberr.WrongObjectType, "cannot change materialized view \"%s\"", t.Name)
	}
	return t, at(err, int(n.Position()))
}

// columnIndex finds a target column; -1 when there is none of that name.
func columnIndex(t *colstore.Table, name string) int {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return i
		}
	}
	return -1
}

func undefinedTarget(t *colstore.Table, name string, pos int) error {
	return dberr.Newf(dberr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", name, t.Name).At(pos)
}

// undeclaredType is the type of a new column that holds values of type t: the widest of
// its kind.
func undeclaredType(t types.Type) types.Type {
	switch {
	case t.IsInteger():
		return types.T(types.Int64)
	case t.ID == types.Numeric || t.ID == types.Float32:
		return types.T(types.Float64)
	case t.IsString():
		return types.T(types.Text)
	}
	return t.Base()
}

// defaultOf binds the DEFAULT of a column, NULL where there is none.
func (b *Binder) defaultOf(c *colstore.Column) (expr.Expr, error) {
	if c.Default == "" {
		return &expr.Const{Value: types.NullOf(c.Type)}, nil
	}
	x, err := b.StoredDefault(c.Default)
	if err != nil {
		return nil, err
	}
	return expr.Assign(x, c.Type, c.Name)
}

// StoredDefault binds the text of a DEFAULT.
func (b *Binder) StoredDefault(text string) (expr.Expr, error) {
	e, err := parse.ParseExpr(text)
	if err != nil {
		return nil, err
	}
	defer b.inDefinition()()
	return b.bindDefault(e)
}

// Default binds a new DEFAULT expression. Names in it get the schemas that they have in definitions.
func (b *Binder) Default(e parse.Expr) (x expr.Expr, err error) {
	err = b.defined(func() error { x, err = b.bindDefault(e); return err })
	return x, err
}

// bindDefault binds a DEFAULT expression, which sees no columns and no subqueries.
func (b *Binder) bindDefault(e parse.Expr) (expr.Expr, error) {
	x, err := b.bindExpr(e, &exprContext{scope: &scope{}, clause: "DEFAULT expressions"})
	if dberr.CodeOf(err) == dberr.UndefinedColumn && err != nil {
		return nil, dberr.New(dberr.FeatureNotSupported, "cannot use column reference in DEFAULT expression").At(int(e.Position()))
	}
	return x, err
}

// Insert binds an INSERT with a query, VALUES or DEFAULT VALUES as its source. With
// undeclared, columns that do not exist are reported in the Change, not as an error.
func (b *Binder) Insert(st *parse.Insert, undeclared bool) (*Change, error) {
	if err := b.declareCTEs(st.With, nil); err != nil {
		return nil, err
	}
	ins := &insertion{b: b, st: st, undeclared: undeclared}
	if v := b.viewNamed(st.Table); v != nil {
		s, err := b.bindViewTarget(v, &parse.TableRef{Pos: st.Table.Pos, Name: st.Table}, "insert into")
		if err != nil {
			return nil, err
		}
		if st.OnConflict != nil {
			return nil, dberr.Newf(dberr.FeatureNotSupported, "ON CONFLICT of view \"%s\" is not supported", v.Name).At(int(st.OnConflict.Position()))
		}
		ins.table, ins.target, ins.undeclared = s.table, s, false
	} else {
		t, err := b.target(st.Table)
		if err != nil {
			return nil, err
		}
		ins.table = t
	}
	if !st.ByName { // else they are known when the query is
		if err := ins.findTargets(); err != nil {
			return nil, err
		}
	}
	values, ok := bareValues(st.Query)
	var err error
	switch {
	case st.DefaultValues:
		err = ins.fromRows([][]parse.Expr{{}})
	case ok:
		err = ins.fromRows(values.Rows)
	default:
		err = ins.fromQuery()
	}
	if err != nil {
		return nil, err
	}
	ch := &Change{Table: ins.table, Plan: ins.plan, Undeclared: ins.missing}
	if ins.target != nil {
		ch.View = ins.target.view
	}
	return ch, nil
}

// insertion is an INSERT while it is bound.
type insertion struct {
	b          *Binder
	st         *parse.Insert
	table      *colstore.Table
	undeclared bool
	target     *targetScan    // of a view, nil for a table
	computed   map[int]string // values that would go to columns of the view that it computes
	// targets[i] is the index of the table's column that value i goes to; for a new
	// column it is -1-j, j being its index in missing.
	targets []int
	missing []NewColumn
	plan    plan.Node

	constants []expr.Const // memory for the next ones
}

// maxConstants is how many constants are made at once; the first time one is, and then twice as many.
const maxConstants = 64

// bareValues returns VALUES when it is the whole source.
func bareValues(q *parse.Query) (*parse.Values, bool) {
	if q == nil || q.With != nil || len(q.OrderBy) > 0 || q.Limit != nil || q.Offset != nil || q.SystemTime != nil {
		return nil, false
	}
	v, ok := q.Body.(*parse.Values)
	return v, ok
}

func (ins *insertion) findTargets() error {
	if ins.st.Columns == nil {
		ins.allTargets()
		return nil
	}
	seen := map[string]bool{} // whether all of the column is meant
	for _, c := range ins.st.Columns {
		pos := int(c.Position())
		if whole, again := seen[c.Name]; again && (whole || len(c.Path) == 0) {
			return dberr.Newf(dberr.DuplicateColumn, "column \"%s\" specified more than once", c.Name).At(pos)
		}
		seen[c.Name] = len(c.Path) == 0
		i, err := ins.index(c.Name, pos)
		if err != nil {
			return err
		}
		if i < 0 {
			if !ins.undeclared || len(c.Path) > 0 {
				return undefinedTarget(ins.table, c.Name, pos)
			}
			ins.missing = append(ins.missing, NewColumn{Name: c.Name, Pos: pos})
			i = -len(ins.missing)
		}
		ins.targets = append(ins.targets, i)
	}
	return nil
}

// index finds the column that a name stands for, -1 for none.
func (ins *insertion) index(name string, pos int) (int, error) {
	if ins.target == nil {
		return columnIndex(ins.table, name), nil
	}
	return ins.target.targetIndex(name, "insert into", pos)
}

// allTargets is the list of columns where none is given.
func (ins *insertion) allTargets() {
	if ins.target == nil {
		for i := range ins.table.Columns {
			if !ins.table.Columns[i].Hidden() {
				ins.targets = append(ins.targets, i)
			}
		}
		return
	}
	ins.computed = map[int]string{}
	for i, c := range ins.target.view.Columns {
		at := ins.target.base[c.Name]
		if at < 0 {
			ins.computed[i], at = c.Name, 0
		}
		ins.targets = append(ins.targets, at)
	}
}

// checkCount compares the number of values with that of the columns.
func (ins *insertion) checkCount(n, pos int) error {
	if n > len(ins.targets) {
		return dberr.New(dberr.SyntaxError, "INSERT has more expressions than target columns").At(pos)
	}
	if ins.st.Columns != nil && n < len(ins.targets) {
		return dberr.New(dberr.SyntaxError, "INSERT has more target columns than expressions").At(int(ins.st.Columns[n].Position()))
	}
	return nil
}

// noteType widens the type of a new column to hold a value of type t.
func (ins *insertion) noteType(target int, t types.Type) {
	m := &ins.missing[-1-target]
	t = undeclaredType(t)
	switch {
	case m.Type.ID == types.Unknown || m.Type == t:
		m.Type = t
	case m.Type.IsNumber() && t.IsNumber():
		m.Type = types.T(types.Float64)
	default:
		m.Type = types.T(types.Text)
	}
}

// fromRows binds VALUES. Values that are left out are the columns' defaults.
func (ins *insertion) fromRows(rows [][]parse.Expr) error {
	n := &plan.Values{}
	c, sub := &exprContext{scope: &scope{}, clause: "VALUES", applies: &applies{}}, rowApplies{}
	for i, row := range rows {
		pos := int(ins.st.Position())
		if len(row) > 0 {
			pos = int(row[min(len(row)-1, len(ins.targets))].Position())
		}
		if !ins.st.DefaultValues {
			if err := ins.checkCount(len(row), pos); err != nil {
				return err
			}
		}
		out, err := ins.bindRow(row, c)
		if err != nil {
			return err
		}
		n.Rows = append(n.Rows, out)
		sub.take(i, c)
	}
	if len(ins.missing) > 0 {
		return nil
	}
	n.Out = ins.b.tableColumns(ins.table)
	var err error
	ins.plan, err = ins.b.valuesNode(n, sub)
	return err
}

// bindRow binds one row and completes it to all columns of the table.
func (ins *insertion) bindRow(row []parse.Expr, c *exprContext) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(ins.table.Columns))
	for i, e := range row {
		if name, ok := ins.computed[i]; ok {
			return nil, notOfTable(ins.target.view, name, "insert into")
		}
		if _, ok := e.(*parse.DefaultExpr); ok {
			if ins.path(i) != nil {
				return nil, dberr.New(dberr.FeatureNotSupported, "cannot set an array element to DEFAULT").At(int(ins.st.Columns[i].Position()))
			}
			continue
		}
		if x := ins.literal(i, e); x != nil {
			out[ins.targets[i]] = x
			continue
		}
		x, err := ins.b.bindExpr(e, c)
		if err != nil {
			return nil, err
		}
		if ins.targets[i] < 0 {
			ins.noteType(ins.targets[i], x.Type())
			continue
		}
		col := &ins.table.Columns[ins.targets[i]]
		if skip, err := ins.refuses(col); skip || err != nil {
			if err != nil {
				return nil, err
			}
			continue
		}
		if err := ins.assign(out, i, x, c); err != nil {
			return nil, err
		}
	}
	return out, ins.fillDefaults(out)
}

// literal is value i where that is a literal which its column takes as it is, as most of long lists of
// VALUES are; nil for any other.
func (ins *insertion) literal(i int, e parse.Expr) expr.Expr {
	lit, ok := e.(*parse.Literal)
	if !ok || ins.targets[i] < 0 || ins.path(i) != nil {
		return nil
	}
	col := &ins.table.Columns[ins.targets[i]]
	if col.Generated != "" || col.Identity != colstore.NoIdentity {
		return nil
	}
	var v types.Value
	switch t := col.Type; {
	case lit.Kind == parse.LitString && (t.ID == types.Text || t.ID == types.Varchar && (t.Len == 0 || len(lit.Text) <= int(t.Len))):
		v = types.BytesValue(t, lit.Text)
	case lit.Kind == parse.LitInt && t == types.T(types.Int32):
		n, err := strconv.ParseInt(lit.Text, 10, 32)
		if err != nil {
			return nil
		}
		v = types.IntValue(t, n)
	default:
		return nil
	}
	if len(ins.constants) == cap(ins.constants) {
		ins.constants = make([]expr.Const, 0, max(1, min(2*cap(ins.constants), maxConstants)))
	}
	ins.constants = append(ins.constants, expr.Const{At: expr.At(lit.Position()), Value: v})
	return &ins.constants[len(ins.constants)-1]
}

// path are the steps into the column that value i goes to, nil where it is all of it.
func (ins *insertion) path(i int) []parse.PathStep {
	if ins.st.Columns == nil {
		return nil
	}
	return ins.st.Columns[i].Path
}

// assign gives value i to its column in row, or to a part of it, what is not given being NULL.
func (ins *insertion) assign(row []expr.Expr, i int, x expr.Expr, c *exprContext) (err error) {
	at := ins.targets[i]
	col := &ins.table.Columns[at]
	if ins.path(i) == nil {
		row[at], err = expr.Assign(x, col.Type, col.Name)
		return err
	}
	u := updating{b: ins.b, table: ins.table, context: c, values: row, partly: map[int]bool{at: true}}
	if row[at] == nil {
		row[at] = &expr.Const{Value: types.NullOf(col.Type)}
	}
	return u.assignPart(ins.st.Columns[i], at, x)
}

// GeneratedAlways is the error of a value for a column that makes its own.
const GeneratedAlways = "428C9"

// refuses reports whether a value for a column is left out, or is an error: generated columns
// and identities take none, unless OVERRIDING says so.
func (ins *insertion) refuses(c *colstore.Column) (skip bool, err error) {
	message := "cannot insert a non-DEFAULT value into column \"%s\""
	switch {
	case c.Generated != "":
		return false, dberr.Newf(GeneratedAlways, message, c.Name).WithDetail("Column \"%s\" is a generated column.", c.Name)
	case c.Identity == colstore.NoIdentity || ins.st.Overriding == parse.OverridingSystem:
		return false, nil
	case ins.st.Overriding == parse.OverridingUser:
		return true, nil
	case c.Identity == colstore.IdentityAlways:
		return false, dberr.Newf(GeneratedAlways, message, c.Name).
			WithDetail("Column \"%s\" is an identity column defined as GENERATED ALWAYS.", c.Name).
			WithHint("Use OVERRIDING SYSTEM VALUE to override.")
	}
	return false, nil
}

// fillDefaults puts the defaults where a row has no value.
func (ins *insertion) fillDefaults(row []expr.Expr) error {
	for i := range row {
		if row[i] != nil {
			continue
		}
		x, err := ins.b.defaultOf(&ins.table.Columns[i])
		if err != nil {
			return err
		}
		row[i] = x
	}
	return nil
}

// fromQuery binds INSERT … SELECT.
func (ins *insertion) fromQuery() error {
	node, err := ins.b.bindQuery(ins.st.Query, nil)
	if err != nil {
		return err
	}
	cols := node.Columns()
	if ins.st.ByName {
		named := *ins.st
		named.Columns = make([]parse.Target, len(cols))
		for i, c := range cols {
			named.Columns[i] = parse.Target{Pos: ins.st.Query.Pos, Name: c.Name}
		}
		ins.st = &named
		if err := ins.findTargets(); err != nil {
			return err
		}
	}
	if err := ins.checkCount(len(cols), int(ins.st.Query.Position())); err != nil {
		return err
	}
	p := &plan.Project{Input: node, Exprs: make([]expr.Expr, len(ins.table.Columns)), Out: ins.b.tableColumns(ins.table)}
	for i, c := range cols {
		if name, ok := ins.computed[i]; ok {
			return notOfTable(ins.target.view, name, "insert into")
		}
		if ins.targets[i] < 0 {
			ins.noteType(ins.targets[i], c.Type)
			continue
		}
		col := &ins.table.Columns[ins.targets[i]]
		if skip, err := ins.refuses(col); skip || err != nil {
			if err != nil {
				return err
			}
			continue
		}
		if err := ins.assign(p.Exprs, i, sourceExpr(node, i), &exprContext{scope: &scope{}, clause: "INSERT"}); err != nil {
			return err
		}
	}
	ins.plan = p
	if len(ins.missing) > 0 {
		return nil
	}
	return ins.fillDefaults(p.Exprs)
}

// sourceExpr is column i of a query; a quoted literal in a select list is given as it
// is, so that it can take the type of its target.
func sourceExpr(node plan.Node, i int) expr.Expr {
	c := colExpr(node.Columns()[i])
	p, ok := node.(*plan.Project)
	if !ok {
		return c
	}
	if lit, ok := p.Exprs[i].(*expr.Const); ok && lit.Value.Type.ID == types.Unknown {
		return lit
	}
	c.At = expr.At(p.Exprs[i].Pos())
	return c
}

// tableColumns are new columns like those of a table.
func (b *Binder) tableColumns(t *colstore.Table) []plan.Column {
	out := make([]plan.Column, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = b.newColumn(c.Name, c.Type)
	}
	return out
}
