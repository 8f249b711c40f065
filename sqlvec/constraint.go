package sqlvec

import (
	"fmt"
	"slices"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/parse"
)

// definition is a table while its definition is read.
type definition struct {
	run       *run
	def       colstore.TableDef
	seen      map[string]bool
	keys      []*parse.Constraint // those with columns to be looked for
	checks    []pendingCheck
	foreign   []pendingKey
	sequences []pendingSequence
}

// pendingCheck is a CHECK that waits until all columns are known.
type pendingCheck struct {
	at     *parse.Constraint
	column string // "" for a table constraint
}

// pendingKey is a foreign key that waits until the table is there.
type pendingKey struct {
	at   *parse.Constraint
	cols []string
}

// pendingSequence is the sequence of a serial or identity column.
type pendingSequence struct {
	at     *parse.Constraint // an identity or a serial column
	column string
}

// createPlainTable creates a table with its constraints and sequences.
func (r *run) createPlainTable(st *parse.CreateTable, schema uint32) error {
	r.creating = st.Name.Last()
	d := &definition{run: r, def: colstore.TableDef{Schema: schema, Name: st.Name.Last()}, seen: map[string]bool{}}
	for _, like := range st.Likes {
		if err := d.like(like); err != nil {
			return err
		}
	}
	for _, c := range st.Columns {
		if err := d.column(c); err != nil {
			return err
		}
	}
	for _, k := range st.Constraints {
		if err := d.constraint(k, names(k.Columns), ""); err != nil {
			return err
		}
	}
	if err := d.checkKeys(st); err != nil {
		return err
	}
	if err := d.bindRows(); err != nil {
		return err
	}
	if err := r.replaceTable(st, schema); err != nil {
		return err
	}
	t, err := r.txFor(st.Temp).CreateTable(d.def)
	if err != nil {
		return err
	}
	r.created(t, st)
	return d.complete(t)
}

// complete adds what needs the table to be there.
func (d *definition) complete(t *colstore.Table) (err error) {
	for _, s := range d.sequences {
		if t, err = d.run.ownSequence(t, s.column, s.at); err != nil {
			return err
		}
	}
	for _, f := range d.foreign {
		at := *f.at
		at.NotValid = false // there are no rows yet
		if t, err = d.run.addForeignKey(t, &at, f.cols); err != nil {
			return err
		}
	}
	return nil
}

// column adds a column with its constraints.
func (d *definition) column(c *parse.ColumnDef) error {
	if d.seen[c.Name] {
		return dberr.Newf(dberr.DuplicateColumn, "column \"%s\" specified more than once", c.Name).At(int(c.Position()))
	}
	d.seen[c.Name] = true
	col, keys, err := d.run.columnOf(c)
	if err != nil {
		return err
	}
	d.def.Columns = append(d.def.Columns, col)
	for _, k := range keys {
		if err := d.constraint(k, []string{c.Name}, c.Name); err != nil {
			return err
		}
	}
	return nil
}

// constraint adds a constraint or refuses what is not supported. column is the column that it
// stands at, "" for a table constraint.
func (d *definition) constraint(k *parse.Constraint, cols []string, column string) error {
	pos := int(k.Position())
	if err := checkMarks(k); err != nil {
		return err
	}
	switch k.Kind {
	case parse.ConstraintPrimaryKey:
		if d.def.PrimaryKey != nil {
			return dberr.Newf(dberr.InvalidTableDefinition, "multiple primary keys for table \"%s\" are not allowed", d.def.Name).At(pos)
		}
		if len(k.Include) > 0 {
			return notSupported(k, "INCLUDE is")
		}
		d.def.PrimaryKey, d.def.PrimaryIdx = cols, k.Name
	case parse.ConstraintUnique, parse.ConstraintIndex:
		switch {
		case k.NullsNotDistinct:
			return notSupported(k, "NULLS NOT DISTINCT is")
		case len(k.Include) > 0:
			return notSupported(k, "INCLUDE is")
		}
		unique := k.Kind == parse.ConstraintUnique
		d.def.Indexes = append(d.def.Indexes, colstore.IndexDef{Name: k.Name, Columns: cols, Unique: unique, Constraint: unique})
	case parse.ConstraintCheck:
		d.checks = append(d.checks, pendingCheck{k, column})
		return nil
	case parse.ConstraintForeignKey:
		d.foreign = append(d.foreign, pendingKey{k, cols})
	case parse.ConstraintIdentity, parse.ConstraintSerial:
		d.sequences = append(d.sequences, pendingSequence{k, column})
		return nil
	}
	d.keys = append(d.keys, k)
	return nil
}

// checkMarks refuses marks that a constraint cannot have.
func checkMarks(k *parse.Constraint) error {
	word := map[parse.ConstraintKind]string{parse.ConstraintCheck: "CHECK", parse.ConstraintUnique: "UNIQUE", parse.ConstraintPrimaryKey: "PRIMARY KEY"}[k.Kind]
	switch {
	case k.Deferrable && k.Kind == parse.ConstraintCheck:
		return dberr.New(dberr.FeatureNotSupported, "CHECK constraints cannot be marked DEFERRABLE").At(int(k.Position()))
	case k.Deferrable && k.Kind != parse.ConstraintForeignKey:
		return notSupported(k, "deferrable unique constraints are")
	case k.NotValid && (k.Kind == parse.ConstraintUnique || k.Kind == parse.ConstraintPrimaryKey):
		return dberr.Newf(dberr.FeatureNotSupported, "%s constraints cannot be marked NOT VALID", word).At(int(k.Position()))
	}
	return nil
}

// checkKeys looks for the columns of keys.
func (d *definition) checkKeys(st *parse.CreateTable) error {
	for _, k := range d.keys {
		seen := map[string]bool{}
		for _, c := range k.Columns {
			if !d.seen[c.Name] {
				if k.Kind == parse.ConstraintForeignKey {
					return dberr.Newf(dberr.UndefinedColumn, "column \"%s\" referenced in foreign key constraint does not exist", c.Name)
				}
				return dberr.Newf(dberr.UndefinedColumn, "column \"%s\" named in key does not exist", c.Name).At(int(k.Position()))
			}
			if seen[c.Name] && k.Kind != parse.ConstraintForeignKey {
				what := "primary key"
				if k.Kind == parse.ConstraintUnique {
					what = "unique"
				}
				return dberr.Newf(dberr.DuplicateColumn, "column \"%s\" appears twice in %s constraint", c.Name, what).At(int(k.Position()))
			}
			seen[c.Name] = true
		}
	}
	if len(d.def.Columns) == 0 {
		return notSupported(st, "tables without columns are")
	}
	return nil
}

// bindRows binds generated columns and CHECK constraints, which see all columns.
func (d *definition) bindRows() error {
	t := &colstore.Table{Name: d.def.Name, Columns: slices.Clone(d.def.Columns)}
	for i := range t.Columns {
		t.Columns[i].ID = uint32(i + 1)
	}
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Generated == "" {
			continue
		}
		e := d.run.generated[c.Name]
		if _, err := d.run.binder().Generated(t, c, e); err != nil {
			return err
		}
		d.def.Columns[i].Generated = parse.Format(e)
	}
	for _, pending := range d.checks {
		c, err := d.run.bindCheck(t, pending)
		if err != nil {
			return err
		}
		t.Checks = append(t.Checks, c)
	}
	d.def.Checks = append(d.def.Checks, t.Checks...)
	return nil
}

// bindCheck binds a CHECK constraint and gives it a name.
func (r *run) bindCheck(t *colstore.Table, p pendingCheck) (colstore.Check, error) {
	if p.at.NoInherit {
		return colstore.Check{}, notSupported(p.at, "NO INHERIT is")
	}
	_, used, err := r.binder().Check(t, p.at.Expr)
	if err != nil {
		return colstore.Check{}, err
	}
	c := colstore.Check{Name: p.at.Name, SQL: parse.Format(p.at.Expr), Columns: used}
	taken := t.ConstraintNames()
	if c.Name == "" {
		base := t.Name + "_check"
		switch {
		case p.column != "":
			base = t.Name + "_" + p.column + "_check"
		case len(used) == 1:
			only, _ := t.Column(used[0])
			base = t.Name + "_" + only.Name + "_check"
		}
		c.Name = freeName(base, taken)
	} else if slices.Contains(taken, c.Name) {
		return c, duplicateConstraint(t, c.Name)
	}
	return c, nil
}

func duplicateConstraint(t *colstore.Table, name string) error {
	return dberr.Newf(dberr.DuplicateObject, "constraint \"%s\" for relation \"%s\" already exists", name, t.Name)
}

// freeName is base, with the least number behind it that makes it new.
func freeName(base string, taken []string) string {
	name := base
	for n := 1; slices.Contains(taken, name); n++ {
		name = fmt.Sprintf("%s%d", base, n)
	}
	return name
}

// addConstraint runs ALTER TABLE … ADD constraint.
func (r *run) addConstraint(t *colstore.Table, k *parse.Constraint, column string) (*colstore.Table, error) {
	cols := names(k.Columns)
	d := &definition{run: r, def: colstore.TableDef{Name: t.Name}}
	if len(t.PrimaryKey) > 0 {
		d.def.PrimaryKey = []string{""}
	}
	if err := d.constraint(k, cols, column); err != nil {
		return nil, err
	}
	if k.Kind != parse.ConstraintCheck && !takesNumbers(k) {
		for _, c := range k.Columns {
			if _, ok := t.ColumnByName(c.Name); !ok {
				if k.Kind == parse.ConstraintForeignKey {
					return nil, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" referenced in foreign key constraint does not exist", c.Name)
				}
				return nil, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" named in key does not exist", c.Name).At(int(k.Position()))
			}
		}
	}
	if k.Name != "" && slices.Contains(t.ConstraintNames(), k.Name) && k.Kind != parse.ConstraintUnique && k.Kind != parse.ConstraintPrimaryKey {
		return nil, duplicateConstraint(t, k.Name)
	}
	switch k.Kind {
	case parse.ConstraintCheck:
		return r.addCheck(t, d.checks[0])
	case parse.ConstraintForeignKey:
		return r.addForeignKey(t, k, cols)
	case parse.ConstraintPrimaryKey:
		return r.s.txOf(t).AddPrimaryKey(r.ctx, t, k.Name, cols)
	case parse.ConstraintIdentity, parse.ConstraintSerial:
		return r.ownSequence(t, column, k)
	}
	return r.s.txOf(t).CreateIndex(r.ctx, t, d.def.Indexes[0])
}

// addCheck adds a CHECK constraint, after it has looked at the rows that are there.
func (r *run) addCheck(t *colstore.Table, p pendingCheck) (*colstore.Table, error) {
	c, err := r.bindCheck(t, p)
	if err != nil {
		return nil, err
	}
	if c.NotValid = p.at.NotValid; !c.NotValid {
		if err := r.holdsForAll(t, c); err != nil {
			return nil, err
		}
	}
	return r.s.txOf(t).AddCheck(t, c)
}

// holdsForAll looks for a row that violates a CHECK constraint.
func (r *run) holdsForAll(t *colstore.Table, c colstore.Check) error {
	violated, err := r.anyRow(t, "NOT ("+c.SQL+")")
	if err != nil || !violated {
		return err
	}
	e := dberr.Newf(dberr.CheckViolation, "check constraint \"%s\" of relation \"%s\" is violated by some row", c.Name, t.Name)
	e.Table, e.Constraint = t.Name, c.Name
	return e
}

// validateConstraint runs ALTER TABLE … VALIDATE CONSTRAINT.
func (r *run) validateConstraint(t *colstore.Table, name string) (*colstore.Table, error) {
	for _, c := range t.Checks {
		if c.Name != name {
			continue
		}
		if c.NotValid {
			if err := r.holdsForAll(t, c); err != nil {
				return nil, err
			}
		}
		return r.s.txOf(t).ValidateConstraint(t, name)
	}
	for i := range t.ForeignKeys {
		f := &t.ForeignKeys[i]
		if f.Name != name {
			continue
		}
		if f.NotValid {
			if err := r.s.txOf(t).CheckForeignKey(r.ctx, t, f); err != nil {
				return nil, err
			}
		}
		return r.s.txOf(t).ValidateConstraint(t, name)
	}
	if slices.Contains(t.ConstraintNames(), name) {
		return nil, dberr.Newf(dberr.WrongObjectType, "constraint \"%s\" of relation \"%s\" is not a foreign key or check constraint", name, t.Name)
	}
	return nil, dberr.Newf(dberr.UndefinedObject, "constraint \"%s\" of relation \"%s\" does not exist", name, t.Name)
}

// setConstraints runs SET CONSTRAINTS.
func (r *run) setConstraints(st *parse.SetConstraints) error {
	r.result.tag = "SET CONSTRAINTS"
	tx := r.s.tx.open
	if !r.s.tx.explicit {
		r.s.notice("WARNING", dberr.NoActiveTransaction, "SET CONSTRAINTS can only be used in transaction blocks")
	}
	if len(st.Names) == 0 {
		if temp := r.s.tx.temp; temp != nil {
			if err := temp.SetDeferred(r.ctx, nil, "", st.Deferred); err != nil {
				return err
			}
		}
		return tx.SetDeferred(r.ctx, nil, "", st.Deferred)
	}
	for _, n := range st.Names {
		found := false
		tables := tx.Catalog().Tables()
		if temp := r.s.tx.temp; temp != nil {
			tables = append(temp.Catalog().Tables(), tables...)
		}
		for _, t := range tables {
			for i := range t.ForeignKeys {
				f := &t.ForeignKeys[i]
				if f.Name != n.Last() {
					continue
				}
				found = true
				if !f.Deferrable {
					return dberr.Newf(dberr.WrongObjectType, "constraint \"%s\" is not deferrable", n.Last())
				}
				if err := r.s.txOf(t).SetDeferred(r.ctx, t, f.Name, st.Deferred); err != nil {
					return err
				}
			}
			if !found && slices.Contains(t.ConstraintNames(), n.Last()) {
				return dberr.Newf(dberr.WrongObjectType, "constraint \"%s\" is not deferrable", n.Last())
			}
		}
		if !found {
			return dberr.Newf(dberr.UndefinedObject, "constraint \"%s\" does not exist", n.Last())
		}
	}
	return nil
}

// anyRow reports whether a condition holds for a row of a table.
func (r *run) anyRow(t *colstore.Table, condition string) (bool, error) {
	where, err := parse.ParseExpr(condition)
	if err != nil {
		return false, err
	}
	one := &parse.Literal{Kind: parse.LitInt, Text: "1"}
	node, err := r.binder().Query(&parse.Query{Limit: one, Body: &parse.Select{
		Items: []parse.SelectItem{{Expr: one}}, Where: where,
		From: []parse.TableExpr{&parse.TableRef{Name: bind.NameOf(r.catalogOf(t), t)}},
	}})
	if err != nil {
		return false, err
	}
	set, err := r.collect(node, typesOf(resultColumns(node)))
	return err == nil && set.n > 0, err
}

// dropConstraint runs ALTER TABLE … DROP CONSTRAINT.
func (r *run) dropConstraint(t *colstore.Table, a *parse.AlterAction) (*colstore.Table, error) {
	name := a.Name.Name
	if !slices.Contains(t.ConstraintNames(), name) {
		if a.IfExists {
			r.s.notice("NOTICE", "00000", fmt.Sprintf("constraint \"%s\" of relation \"%s\" does not exist, skipping", name, t.Name))
			return t, nil
		}
		return nil, dberr.Newf(dberr.UndefinedObject, "constraint \"%s\" of relation \"%s\" does not exist", name, t.Name)
	}
	for _, x := range t.Keys() {
		if x.Constraint && x.Name == name {
			if err := r.releaseKey(t, &x, fmt.Sprintf("constraint %s on table %s", name, r.display(t)), a.Cascade); err != nil {
				return nil, err
			}
		}
	}
	return r.s.txOf(t).DropConstraint(t, name)
}

var refActions = map[parse.RefAction]colstore.RefAction{
	parse.NoAction: colstore.NoAction, parse.Restrict: colstore.Restrict, parse.Cascade: colstore.Cascade,
	parse.SetNull: colstore.SetNull, parse.SetDefault: colstore.SetDefault,
}

// addForeignKey adds a foreign key and checks the rows that are there.
func (r *run) addForeignKey(t *colstore.Table, k *parse.Constraint, cols []string) (*colstore.Table, error) {
	ref := k.Ref
	if ref.Match == "partial" {
		return nil, dberr.New(dberr.FeatureNotSupported, "MATCH PARTIAL not yet implemented").At(int(ref.Position()))
	}
	to, err := r.table(ref.Table)
	if err != nil {
		if e, ok := err.(*dberr.Error); ok {
			moved := *e
			moved.Pos = 0
			if e.Code == dberr.WrongObjectType {
				moved.Message = fmt.Sprintf("referenced relation \"%s\" is not a table", ref.Table.Last())
			}
			return nil, &moved
		}
		return nil, err
	}
	switch {
	case isTemporary(t) && !isTemporary(to):
		return nil, dberr.New(dberr.InvalidTableDefinition, "constraints on temporary tables may reference only temporary tables")
	case !isTemporary(t) && isTemporary(to):
		return nil, dberr.New(dberr.InvalidTableDefinition, "constraints on permanent tables may reference only permanent tables")
	}
	f := colstore.ForeignKey{Name: k.Name, Table: to.ID, OnDelete: refActions[ref.OnDelete], OnUpdate: refActions[ref.OnUpdate],
		NotValid: k.NotValid, MatchFull: ref.Match == "full", Deferrable: k.Deferrable, Deferred: k.Deferred}
	for _, name := range cols {
		c, _ := t.ColumnByName(name)
		f.Columns = append(f.Columns, c.ID)
	}
	if f.RefColumns, err = referencedColumns(to, ref); err != nil {
		return nil, err
	}
	if f.Name == "" {
		f.Name = freeName(t.Name+"_"+strings.Join(cols, "_")+"_fkey", t.ConstraintNames())
	}
	if err := checkForeignTypes(t, to, &f); err != nil {
		return nil, err
	}
	n, err := r.s.txOf(t).AddForeignKey(t, f)
	if err != nil {
		return nil, err
	}
	if f.NotValid {
		return n, nil
	}
	return n, r.s.txOf(n).CheckForeignKey(r.ctx, n, &f)
}

// referencedColumns finds the columns of REFERENCES, which must have a unique key.
func referencedColumns(to *colstore.Table, ref *parse.Reference) ([]uint32, error) {
	if ref.Columns == nil {
		if to.PrimaryKey == nil {
			return nil, dberr.Newf(dberr.UndefinedObject, "there is no primary key for referenced table \"%s\"", to.Name)
		}
		return to.PrimaryKey, nil
	}
	var ids []uint32
	for _, c := range ref.Columns {
		col, ok := to.ColumnByName(c.Name)
		if !ok {
			return nil, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" referenced in foreign key constraint does not exist", c.Name)
		}
		ids = append(ids, col.ID)
	}
	for _, x := range to.Keys() {
		if x.Unique && sameColumns(x.Columns, ids) {
			return ids, nil
		}
	}
	return nil, dberr.Newf("42830", "there is no unique constraint matching given keys for referenced table \"%s\"", to.Name)
}

// checkForeignTypes refuses columns that cannot be compared.
func checkForeignTypes(t, to *colstore.Table, f *colstore.ForeignKey) error {
	if len(f.Columns) != len(f.RefColumns) {
		return dberr.New("42830", "number of referencing and referenced columns for foreign key disagree")
	}
	for i := range f.Columns {
		a, _ := t.Column(f.Columns[i])
		b, _ := to.Column(f.RefColumns[i])
		same := a.Type.ID == b.Type.ID || a.Type.IsNumber() && b.Type.IsNumber() || a.Type.IsString() && b.Type.IsString()
		if !same {
			return dberr.Newf(dberr.DatatypeMismatch, "foreign key constraint \"%s\" cannot be implemented", f.Name).
				WithDetail("Key columns \"%s\" and \"%s\" are of incompatible types: %s and %s.", a.Name, b.Name, a.Type, b.Type)
		}
	}
	return nil
}
