package bind

import (
	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// Retype binds what ALTER COLUMN TYPE makes of the rows of a table: using is the expression of
// USING, nil for a plain cast. The plan has the row id and the new row.
func (b *Binder) Retype(t *colstore.Table, col *colstore.Column, to types.Type, using parse.Expr) (*Change, error) {
	s, err := b.bindTarget(&parse.TableRef{Name: NameOf(b.viewOf(t).Catalog(), t)})
	if err != nil {
		return nil, err
	}
	value, err := b.retyped(s, col, to, using)
	if err != nil {
		return nil, err
	}
	p := &plan.Project{Input: s.node, Exprs: []expr.Expr{colExpr(s.rid)}, Out: []plan.Column{s.rid}}
	for i, c := range s.cols {
		x, typ := expr.Expr(colExpr(c)), c.Type
		if t.Columns[i].ID == col.ID {
			x, typ = value, to
		}
		p.Exprs, p.Out = append(p.Exprs, x), append(p.Out, b.newColumn(c.Name, typ))
	}
	return &Change{Table: t, Plan: p}, nil
}

// retyped is the new value of the column.
func (b *Binder) retyped(s *targetScan, col *colstore.Column, to types.Type, using parse.Expr) (expr.Expr, error) {
	e := using
	if e == nil {
		e = &parse.ColumnRef{Parts: []string{col.Name}}
	}
	x, err := b.bindExpr(e, &exprContext{scope: s.scope, clause: "transform expressions"})
	if err != nil {
		return nil, inConstraint(err, "transform expression")
	}
	if from := x.Type(); from.ID != types.Unknown {
		if from.IsNumber() && to.IsNumber() || from.IsString() && to.IsString() {
			return expr.Assign(x, to, col.Name)
		}
	}
	if x, err = expr.Assign(x, to, col.Name); err == nil || dberr.CodeOf(err) != dberr.DatatypeMismatch {
		return x, err
	}
	if using != nil {
		return nil, dberr.Newf(dberr.DatatypeMismatch, "result of USING clause for column \"%s\" cannot be cast automatically to type %s", col.Name, to).
			WithHint("You might need to add an explicit cast.")
	}
	return nil, dberr.Newf(dberr.DatatypeMismatch, "column \"%s\" cannot be cast automatically to type %s", col.Name, to).
		WithHint("You might need to specify \"USING %s::%s\".", col.Name, to)
}
