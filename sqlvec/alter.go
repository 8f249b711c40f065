package sqlvec

import (
	"fmt"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// alterTable runs ALTER TABLE, action by action.
func (r *run) alterTable(st *parse.AlterTable) error {
	r.result.tag = "ALTER TABLE"
	if st.Object != parse.ObjectTable || r.onlyRenames(st) {
		return r.alterRelation(st)
	}
	t, err := r.table(st.Name)
	if dberr.CodeOf(err) == dberr.UndefinedTable && err != nil && st.IfExists {
		r.s.notice("NOTICE", "00000", fmt.Sprintf("relation \"%s\" does not exist, skipping", st.Name.Last()))
		return nil
	}
	if err != nil {
		return err
	}
	for i := range st.Actions {
		a := &st.Actions[i]
		next, err := r.alter(t, a)
		if err != nil {
			if e, ok := err.(*dberr.Error); ok {
				return e.At(int(a.Position()))
			}
			return err
		}
		t = next
	}
	return nil
}

// alter runs one action and returns the table as it is then.
func (r *run) alter(t *colstore.Table, a *parse.AlterAction) (*colstore.Table, error) {
	tx := r.s.tx.open
	switch a.Kind {
	case parse.AddColumn:
		return r.addColumn(t, a)
	case parse.RenameObject:
		return r.renameRelation(t, a.NewName.Name)
	case parse.AddConstraint:
		return r.addConstraint(t, a.Constraint)
	case parse.RenameConstraint, parse.ValidateConstraint, parse.SetSchema, parse.DropConstraint:
		return nil, notSupported(a, "this form of ALTER TABLE is")
	}
	c, ok := t.ColumnByName(a.Name.Name)
	if !ok {
		if a.Kind == parse.DropColumn && a.IfExists {
			r.s.notice("NOTICE", "00000", fmt.Sprintf("column \"%s\" of relation \"%s\" does not exist, skipping", a.Name.Name, t.Name))
			return t, nil
		}
		return nil, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", a.Name.Name, t.Name)
	}
	switch a.Kind {
	case parse.DropColumn:
		return r.dropColumn(t, c, a.Cascade)
	case parse.RenameColumn:
		return r.renameColumn(t, a.Name, a.NewName.Name)
	case parse.AlterColumnType:
		return r.alterType(t, c, a)
	case parse.AlterSetNotNull:
		return tx.SetNotNull(r.ctx, t, c.Name, true)
	case parse.AlterDropNotNull:
		return tx.SetNotNull(r.ctx, t, c.Name, false)
	case parse.AlterDropDefault:
		return tx.SetDefault(t, c.Name, "")
	case parse.AlterSetDefault:
		text, err := r.defaultText(a.Default, *c)
		if err != nil {
			return nil, err
		}
		return tx.SetDefault(t, c.Name, text)
	}
	return nil, notSupported(a, "this form of ALTER TABLE is")
}

// addColumn runs ADD COLUMN. Rows written before read as the DEFAULT, computed now.
func (r *run) addColumn(t *colstore.Table, a *parse.AlterAction) (*colstore.Table, error) {
	if _, ok := t.ColumnByName(a.Column.Name); ok && a.IfNotExist {
		r.s.notice("NOTICE", dberr.DuplicateColumn, fmt.Sprintf("column \"%s\" of relation \"%s\" already exists, skipping", a.Column.Name, t.Name))
		return t, nil
	}
	col, keys, err := r.columnOf(a.Column)
	if err != nil {
		return nil, err
	}
	if col.Default != "" {
		if col.Missing, err = r.missingValue(col, a); err != nil {
			return nil, err
		}
	}
	if col.NotNull && !col.Missing.Valid && r.Present().Stats(t).Rows > 0 {
		return nil, dberr.Newf(dberr.NotNullViolation, "column \"%s\" of relation \"%s\" contains null values", col.Name, t.Name)
	}
	t, err = r.s.tx.open.AddColumns(t, []colstore.Column{col})
	for _, k := range keys {
		if err != nil {
			return nil, err
		}
		named := *k
		named.Columns = []parse.Ident{{Pos: k.Pos, Name: col.Name}}
		t, err = r.addConstraint(t, &named)
	}
	return t, err
}

// missingValue is what existing rows have in a new column.
func (r *run) missingValue(col colstore.Column, a *parse.AlterAction) (types.Value, error) {
	x, err := r.binder().StoredDefault(col.Default)
	if err != nil {
		return types.Value{}, err
	}
	if plan.VolatilityOf(x) == expr.Volatile {
		return types.Value{}, notSupported(a, "adding a column whose DEFAULT differs between rows is")
	}
	if x, err = expr.Assign(x, col.Type, col.Name); err != nil {
		return types.Value{}, err
	}
	return expr.EvalConst(x, r.env)
}

// addConstraint adds a unique key as an index.
func (r *run) addConstraint(t *colstore.Table, k *parse.Constraint) (*colstore.Table, error) {
	if k.Kind != parse.ConstraintUnique || k.NullsNotDistinct || k.Deferrable || k.Deferred {
		return nil, notSupported(k, "constraints other than UNIQUE cannot be added: that is")
	}
	d := &definition{run: r, def: colstore.TableDef{Name: t.Name}}
	if err := d.constraint(k, names(k.Columns)); err != nil {
		return nil, err
	}
	for _, c := range k.Columns {
		if _, ok := t.ColumnByName(c.Name); !ok {
			return nil, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" named in key does not exist", c.Name).At(int(c.Pos))
		}
	}
	def := d.def.Indexes[0]
	if r.indexExists(def.Name) {
		return nil, dberr.Newf(dberr.DuplicateTable, "relation \"%s\" already exists", def.Name).At(int(k.Position()))
	}
	return r.s.tx.open.CreateIndex(r.ctx, t, def)
}

// alterType runs ALTER COLUMN TYPE, which may only widen.
func (r *run) alterType(t *colstore.Table, c *colstore.Column, a *parse.AlterAction) (*colstore.Table, error) {
	if a.Using != nil {
		return nil, notSupported(a.Using, "USING is")
	}
	if a.Collation != nil {
		return nil, notSupported(a.Collation, "collations are")
	}
	to, err := bind.TypeOf(a.Type)
	if err != nil || to == c.Type {
		return t, err
	}
	if err := r.refuseRetype(t, c); err != nil {
		return nil, err
	}
	return r.s.tx.open.WidenColumn(t, c.Name, to)
}
