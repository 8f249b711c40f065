package sqlvec

import (
	"fmt"
	"slices"

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
	switch st.Object {
	case parse.ObjectType, parse.ObjectDomain:
		return r.renameType(st)
	case parse.ObjectSchema:
		return r.alterSchema(st)
	}
	if st.Object != parse.ObjectTable || r.onlyRenames(st) {
		return r.alterRelation(st)
	}
	if _, _, isIndex := r.index(st.Name); isIndex && st.Actions[0].Kind == parse.RenameObject {
		return r.alterIndex(st)
	}
	t, err := r.table(st.Name)
	if code := dberr.CodeOf(err); st.IfExists && (code == dberr.UndefinedTable || code == dberr.UndefinedSchema) {
		r.missing("relation", st.Name)
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
	tx := r.s.txOf(t)
	switch a.Kind {
	case parse.AddColumn:
		return r.addColumn(t, a)
	case parse.RenameObject:
		return r.renameRelation(t, a.NewName.Name)
	case parse.SetSchema:
		return r.setSchema(t, a.NewName)
	case parse.SetOwner:
		return t, r.checkOwner(a.NewName, a.IsUser)
	case parse.AddConstraint:
		return r.addConstraint(t, a.Constraint, "")
	case parse.DropConstraint:
		return r.dropConstraint(t, a)
	case parse.RenameConstraint:
		return tx.RenameConstraint(t, a.Name.Name, a.NewName.Name)
	case parse.ValidateConstraint:
		return r.validateConstraint(t, a.Name.Name)
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
	case parse.AlterAddIdentity, parse.AlterSetIdentity, parse.AlterDropIdentity, parse.AlterDropExpression:
		return r.alterIdentity(t, c, a)
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
	if col.Generated != "" {
		if err := r.generatedIn(t, &col); err != nil {
			return nil, err
		}
	}
	fill := col.Generated != "" || hasSequence(keys) || r.constrained(&col)
	if col.Default != "" {
		var volatile bool
		if col.Missing, volatile, err = r.missingValue(col); err != nil {
			return nil, err
		}
		fill = fill || volatile
	}
	if fill {
		return r.addFilled(t, col, keys)
	}
	st := r.viewOf(t).Stats(t)
	if st.Err != nil {
		return nil, st.Err
	}
	if col.NotNull && !col.Missing.Valid && st.Rows > 0 {
		return nil, dberr.Newf(dberr.NotNullViolation, "column \"%s\" of relation \"%s\" contains null values", col.Name, t.Name)
	}
	if t, err = r.s.txOf(t).AddColumns(t, []colstore.Column{col}); err != nil {
		return nil, err
	}
	return r.addConstraints(t, col.Name, keys)
}

// addConstraints adds the constraints that stand at a new column.
func (r *run) addConstraints(t *colstore.Table, column string, keys []*parse.Constraint) (*colstore.Table, error) {
	var err error
	for _, k := range keys {
		named := *k
		named.Columns = []parse.Ident{{Pos: k.Pos, Name: column}}
		if t, err = r.addConstraint(t, &named, column); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// takesNumbers reports whether a constraint gives its column a sequence.
func takesNumbers(k *parse.Constraint) bool {
	return k.Kind == parse.ConstraintIdentity || k.Kind == parse.ConstraintSerial
}

func hasSequence(keys []*parse.Constraint) bool {
	return slices.ContainsFunc(keys, takesNumbers)
}

// generatedIn checks a generated column that is to be added to a table.
func (r *run) generatedIn(t *colstore.Table, col *colstore.Column) error {
	with := &colstore.Table{Name: t.Name, Columns: append(slices.Clone(t.Columns), *col)}
	c := &with.Columns[len(t.Columns)]
	c.ID = t.NextColumn
	e := r.generated[c.Name]
	_, err := r.binder().Generated(with, c, e)
	col.Generated = parse.Format(e)
	return err
}

// addFilled adds a column that has another value in every row: the rows are written anew.
func (r *run) addFilled(t *colstore.Table, col colstore.Column, keys []*parse.Constraint) (*colstore.Table, error) {
	notNull := col.NotNull
	col.NotNull, col.Missing = false, types.NullOf(col.Type)
	t, err := r.s.txOf(t).AddColumns(t, []colstore.Column{col})
	if err != nil {
		return nil, err
	}
	var later []*parse.Constraint
	for _, k := range keys {
		if !takesNumbers(k) {
			later = append(later, k)
			continue
		}
		if t, err = r.ownSequence(t, col.Name, k); err != nil {
			return nil, err
		}
	}
	if err := r.fillColumns(t, col.Name); err != nil {
		return nil, err
	}
	if notNull {
		if t, err = r.s.txOf(t).SetNotNull(r.ctx, t, col.Name, true); err != nil {
			return nil, err
		}
	}
	return r.addConstraints(t, col.Name, later)
}

// fillColumns gives every row the defaults of columns.
func (r *run) fillColumns(t *colstore.Table, columns ...string) error {
	inner := &run{s: r.s, ctx: r.ctx, env: r.env, result: &Result{}}
	defer inner.releaseViews()
	st := &parse.Update{Table: &parse.TableRef{Name: bind.NameOf(r.catalogOf(t), t)}}
	for _, column := range columns {
		st.Set = append(st.Set, parse.SetClause{Targets: []parse.Target{{Name: column}}, Value: &parse.DefaultExpr{}})
	}
	inner.stmt = st
	return inner.update(st)
}

// missingValue is what existing rows have in a new column. A volatile default has no such value.
func (r *run) missingValue(col colstore.Column) (v types.Value, volatile bool, err error) {
	x, err := r.binder().StoredDefault(col.Default)
	if err != nil {
		return v, false, err
	}
	if plan.VolatilityOf(x) == expr.Volatile {
		return types.NullOf(col.Type), true, nil
	}
	if x, err = expr.Assign(x, col.Type, col.Name); err != nil {
		return v, false, err
	}
	v, err = expr.EvalConst(x, r.env)
	return v, false, err
}
