package bind

import (
	"slices"

	"driftdb/colstore"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// Referring binds what a foreign key does to the rows of its table that refer to changed keys:
// the source has the old keys in the order of f.RefColumns and, when updated is set, the new ones
// behind them. The plan has the row id, the row as it is to become, and the row as it is.
func (b *Binder) Referring(child *colstore.Table, f *colstore.ForeignKey, keys plan.Source, action colstore.RefAction, updated bool) (*Change, error) {
	s, err := b.bindTarget(&parse.TableRef{Name: NameOf(b.viewOf(child).Catalog(), child)})
	if err != nil {
		return nil, err
	}
	parent, ok := b.viewOf(child).Catalog().TableByID(f.Table)
	if !ok {
		return nil, undefinedTarget(child, f.Name, 0)
	}
	n := &plan.Scan{Table: parent, Alias: "changed", Source: keys}
	ids := f.RefColumns
	if updated {
		ids = append(slices.Clone(ids), ids...)
	}
	for i, id := range ids {
		c, _ := parent.Column(id)
		n.Out = append(n.Out, b.newColumn(c.Name, c.Type))
		n.Spec.Columns = append(n.Spec.Columns, uint32(i))
	}
	var on []expr.Expr
	for i, id := range f.Columns {
		eq, err := expr.NewOp(0, "=", colExpr(n.Out[i]), colExpr(s.cols[place(child, id)]))
		if err != nil {
			return nil, err
		}
		on = append(on, eq)
	}
	join := &plan.Join{Kind: plan.Inner, Left: s.node, Right: n, On: conjunction(on)}
	p := &plan.Project{Input: join, Exprs: []expr.Expr{colExpr(s.rid)}, Out: []plan.Column{s.rid}}
	for i := range child.Columns {
		x, err := b.referringValue(child, f, i, n.Out, s.cols[i], action, updated)
		if err != nil {
			return nil, err
		}
		p.Exprs, p.Out = append(p.Exprs, x), append(p.Out, b.newColumn(child.Columns[i].Name, child.Columns[i].Type))
	}
	for _, c := range s.cols {
		p.Exprs, p.Out = append(p.Exprs, colExpr(c)), append(p.Out, b.newColumn(c.Name, c.Type))
	}
	return &Change{Table: child, Plan: p}, nil
}

// place is the index of a column in its table.
func place(t *colstore.Table, id uint32) int {
	return slices.IndexFunc(t.Columns, func(c colstore.Column) bool { return c.ID == id })
}

// referringValue is what column i of a referring row becomes.
func (b *Binder) referringValue(child *colstore.Table, f *colstore.ForeignKey, i int, keys []plan.Column, now plan.Column, action colstore.RefAction, updated bool) (expr.Expr, error) {
	c := &child.Columns[i]
	k := slices.Index(f.Columns, c.ID)
	switch {
	case k < 0:
		return colExpr(now), nil
	case action == colstore.SetNull:
		return b.defaultOf(&colstore.Column{Type: c.Type})
	case action == colstore.SetDefault:
		return b.defaultOf(c)
	case updated:
		return expr.Assign(colExpr(keys[len(f.Columns)+k]), c.Type, c.Name)
	}
	return colExpr(now), nil
}
