package sqlvec

import (
	"slices"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/parse"
)

// alterType runs ALTER COLUMN TYPE. Indexes of expressions or with a condition that read the column are
// made anew.
func (r *run) alterType(t *colstore.Table, c *colstore.Column, a *parse.AlterAction) (*colstore.Table, error) {
	x := keyReading(t, c.Name)
	if x == nil {
		return r.retype(t, c, a)
	}
	index, comment := indexDef(r.catalogOf(t), t, x), t.Comment(0, x.Name)
	n, err := r.s.txOf(t).DropIndex(colstore.Name{Schema: r.catalogOf(t).SchemaOf(t), Name: x.Name})
	if err != nil {
		return nil, err
	}
	if n, err = r.alterType(n, c, a); err != nil {
		return nil, err
	}
	list, err := parse.Parse(index)
	if err != nil {
		return nil, err
	}
	tag := r.result.tag
	defer func() { r.result.tag = tag }()
	if err := r.createIndex(list[0].Stmt.(*parse.CreateIndex)); err != nil {
		return nil, err
	}
	n, _ = r.catalogOf(n).TableByID(n.ID)
	if comment == "" {
		return n, nil
	}
	return r.s.txOf(n).SetComment(n, 0, x.Name, comment)
}

// retype changes the type of a column. Where every value stays what it is only the definition
// changes; otherwise the rows are written anew.
func (r *run) retype(t *colstore.Table, c *colstore.Column, a *parse.AlterAction) (*colstore.Table, error) {
	if a.Collation != nil {
		return nil, notSupported(a.Collation, "collations are")
	}
	to, err := bind.TypeOf(a.Type, r.Present().Catalog(), r.names().Path)
	if err != nil {
		return t, err
	}
	if c.Domain != 0 {
		if t, err = r.s.txOf(t).SetDomain(t, c.Name, 0); err != nil {
			return nil, err
		}
		c, _ = t.ColumnByName(c.Name)
	}
	if to == c.Type && a.Using == nil {
		return t, nil
	}
	if err := r.refuseRetype(t, c); err != nil {
		return nil, err
	}
	if c.Identity != colstore.NoIdentity && !to.IsInteger() {
		return nil, dberr.New(dberr.InvalidParameterValue, "identity column type must be smallint, integer, or bigint")
	}
	if c.Generated == "" && usedInGenerated(t, c.Name) {
		return nil, dberr.New(dberr.FeatureNotSupported, "cannot alter type of a column used by a generated column").
			WithDetail("Column \"%s\" is used by a generated column.", c.Name)
	}
	text, err := r.retypedDefault(c, to)
	if err != nil {
		return nil, err
	}
	if a.Using == nil && colstore.Widens(c.Type, to) {
		n, err := r.s.txOf(t).WidenColumn(t, c.Name, to)
		if err == nil {
			return n, r.bindChecks(n)
		}
		if dberr.CodeOf(err) != dberr.NumericValueOutOfRange {
			return nil, err
		}
	}
	return r.rewriteColumn(t, c, to, a.Using, text)
}

// bindChecks makes sure that the conditions of a table suit the types of its columns.
func (r *run) bindChecks(t *colstore.Table) error {
	for _, check := range t.Checks {
		if _, err := r.binder().StoredCheck(t, check.SQL); err != nil {
			return err
		}
	}
	return nil
}

// usedInGenerated reports whether a generated column reads a column.
func usedInGenerated(t *colstore.Table, name string) bool {
	for i := range t.Columns {
		if generatedReads(&t.Columns[i], name) {
			return true
		}
	}
	return false
}

// generatedReads reports whether a column is computed of one with a name.
func generatedReads(c *colstore.Column, name string) (used bool) {
	e, err := parse.ParseExpr(c.Generated)
	if c.Generated == "" || err != nil {
		return false
	}
	parse.ColumnRefs(e, func(ref *parse.ColumnRef) { used = used || ref.Parts[len(ref.Parts)-1] == name })
	return used
}

// rewriteColumn puts a new column in the place of an old one, computed for every row.
func (r *run) rewriteColumn(t *colstore.Table, c *colstore.Column, to types.Type, using parse.Expr, defaultSQL string) (*colstore.Table, error) {
	if len(t.ReferencedBy) > 0 && isKey(t, c.ID) || inForeignKey(t, c.ID) {
		return nil, dberr.New(dberr.FeatureNotSupported, "cannot rewrite a column of a foreign key")
	}
	change, err := r.binder().Retype(t, c, to, using)
	if err != nil {
		return nil, err
	}
	rids, rows, err := r.changedRows(change)
	if err != nil {
		return nil, err
	}
	if t, err = r.s.txOf(t).ReplaceColumn(t, c.Name, to, defaultSQL); err != nil {
		return nil, err
	}
	if err := r.bindChecks(t); err != nil {
		return nil, err
	}
	if len(rids) == 0 {
		return t, nil
	}
	if _, err := r.updateBatch(t, rids, colstore.LockUpdate, rows.batch()); err != nil {
		return nil, err
	}
	return t, r.s.endChecks(r.ctx)
}

func isKey(t *colstore.Table, id uint32) bool {
	return slices.ContainsFunc(t.Keys(), func(x colstore.Index) bool { return x.Unique && slices.Contains(x.Columns, id) })
}

func inForeignKey(t *colstore.Table, id uint32) bool {
	return slices.ContainsFunc(t.ForeignKeys, func(f colstore.ForeignKey) bool { return slices.Contains(f.Columns, id) })
}

// retypedDefault checks that the default of a column suits its new type.
func (r *run) retypedDefault(c *colstore.Column, to types.Type) (string, error) {
	if c.Default == "" {
		return "", nil
	}
	e, err := parse.ParseExpr(c.Default)
	if err != nil {
		return "", err
	}
	// A literal was given the old type when the default was set.
	x, err := r.binder().StoredDefault(c.Default)
	if err != nil {
		return "", err
	}
	automatic := x.Type().ID != types.Unknown || c.Type.IsString() == to.IsString()
	text, err := r.defaultText(e, colstore.Column{Name: c.Name, Type: to})
	if !automatic || dberr.CodeOf(err) == dberr.DatatypeMismatch && err != nil {
		return "", dberr.Newf(dberr.DatatypeMismatch, "default for column \"%s\" cannot be cast automatically to type %s", c.Name, to)
	}
	return text, err
}
