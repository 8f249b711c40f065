package bind

import (
	"errors"
	"slices"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// rowScope is the columns of a table, whose IDs are their places in a row.
func rowScope(t *colstore.Table) *scope {
	sc := &scope{tables: []string{t.Name}}
	for i, c := range t.Columns {
		sc.cols = append(sc.cols, column{Column: plan.Column{ID: i, Name: c.Name, Type: c.Type}, table: t.Name, hidden: c.Hidden()})
	}
	return sc
}

// Check binds the condition of a CHECK constraint over the columns of a table: its columns
// stand for their places in a row. used are the ids of the columns it reads, ascending.
func (b *Binder) Check(t *colstore.Table, e parse.Expr) (x expr.Expr, used []uint32, err error) {
	c := &exprContext{scope: rowScope(t), clause: "check constraints"}
	if err = b.defined(func() error { x, err = b.bindExpr(e, c); return err }); err != nil {
		return nil, nil, inConstraint(err, "check constraint")
	}
	if x, err = expr.Boolean(x, "CHECK"); err != nil {
		return nil, nil, err
	}
	return x, columnsOf(t, x), nil
}

// Generated binds the expression of a generated column.
func (b *Binder) Generated(t *colstore.Table, col *colstore.Column, e parse.Expr) (expr.Expr, error) {
	c := &exprContext{scope: rowScope(t), clause: "column generation expressions"}
	var x expr.Expr
	err := b.defined(func() (err error) { x, err = b.bindExpr(e, c); return err })
	if err != nil {
		return nil, inConstraint(err, "column generation expression")
	}
	for _, id := range columnsOf(t, x) {
		if other, _ := t.Column(id); other.Generated != "" || id == col.ID && col.ID != 0 {
			return nil, dberr.Newf(dberr.InvalidObjectDefinition, "cannot use generated column \"%s\" in column generation expression", other.Name).
				WithDetail("A generated column cannot reference another generated column.").At(int(placeOf(e, other.Name)))
		}
	}
	if plan.VolatilityOf(x) != expr.Immutable {
		return nil, dberr.New(dberr.InvalidObjectDefinition, "generation expression is not immutable").At(int(e.Position()))
	}
	return expr.Assign(x, col.Type, col.Name)
}

// placeOf is where an expression names a column.
func placeOf(e parse.Expr, name string) parse.Pos {
	pos := e.Position()
	parse.ColumnRefs(e, func(ref *parse.ColumnRef) {
		if ref.Parts[len(ref.Parts)-1] == name {
			pos = ref.Pos
		}
	})
	return pos
}

// inConstraint words the errors of subqueries in a constraint as PostgreSQL does.
func inConstraint(err error, what string) error {
	e, ok := errors.AsType[*dberr.Error](err)
	if ok && e.Code == dberr.FeatureNotSupported && len(e.Message) > 20 && e.Message[:20] == "cannot use subquery " {
		return dberr.Newf(dberr.FeatureNotSupported, "cannot use subquery in %s", what).At(e.Pos)
	}
	return err
}

// columnsOf returns the ids of the columns that a row's expression reads, ascending.
func columnsOf(t *colstore.Table, x expr.Expr) (ids []uint32) {
	expr.Columns(x, func(i int) {
		if id := t.Columns[i].ID; !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	})
	slices.Sort(ids)
	return ids
}

// StoredCheck binds the text of a CHECK constraint.
func (b *Binder) StoredCheck(t *colstore.Table, text string) (expr.Expr, error) {
	e, err := parse.ParseExpr(text)
	if err != nil {
		return nil, err
	}
	defer b.inDefinition()()
	x, _, err := b.Check(t, e)
	return x, err
}

// StoredGenerated binds the text of a generated column.
func (b *Binder) StoredGenerated(t *colstore.Table, col *colstore.Column) (expr.Expr, error) {
	e, err := parse.ParseExpr(col.Generated)
	if err != nil {
		return nil, err
	}
	defer b.inDefinition()()
	return b.Generated(t, col, e)
}
