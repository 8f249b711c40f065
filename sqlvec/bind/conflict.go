package bind

import (
	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// ConflictKey finds the unique key that ON CONFLICT names: its columns as indexes of
// the table's columns. Without a target it is the table's only unique key, and nil where
// there is none or are several.
func (b *Binder) ConflictKey(t *colstore.Table, oc *parse.OnConflict) ([]int, error) {
	pos := int(oc.Position())
	if oc.IndexWhere != nil {
		if _, err := b.bindCondition(oc.IndexWhere, &exprContext{scope: rowScope(t), clause: "index predicates"}); err != nil {
			return nil, err
		}
	}
	var unique []colstore.Index
	for _, k := range t.Keys() {
		if k.Unique {
			unique = append(unique, k)
		}
	}
	if oc.Replace {
		return replaceKey(t, unique, pos)
	}
	if err := b.conflictItems(t, oc); err != nil {
		return nil, err
	}
	for _, k := range unique {
		if oc.Constraint == k.Name || oc.Constraint == "" && oc.Items != nil && infers(t, &k, oc) {
			return keyIndexes(t, k), nil
		}
	}
	switch {
	case oc.Constraint != "":
		return nil, dberr.Newf(dberr.UndefinedObject, "constraint \"%s\" for table \"%s\" does not exist", oc.Constraint, t.Name).At(pos)
	case oc.Items != nil:
		return nil, dberr.New(dberr.InvalidColumnReference, "there is no unique or exclusion constraint matching the ON CONFLICT specification").At(pos)
	case oc.DoUpdate:
		return nil, dberr.New(dberr.SyntaxError, "ON CONFLICT DO UPDATE requires inference specification or constraint name").At(pos).
			WithHint("For example, ON CONFLICT (column_name).")
	case len(unique) == 1:
		return keyIndexes(t, unique[0]), nil
	}
	return nil, nil
}

// replaceKey is the key of INSERT OR REPLACE: the table's only one.
func replaceKey(t *colstore.Table, unique []colstore.Index, pos int) ([]int, error) {
	if len(unique) == 1 {
		return keyIndexes(t, unique[0]), nil
	}
	e := dberr.Newf(dberr.InvalidColumnReference, "INSERT OR REPLACE needs a table with one primary key or unique constraint, and \"%s\" has %d", t.Name, len(unique)).At(pos)
	return nil, e.WithHint("Use INSERT … ON CONFLICT (column) DO UPDATE SET.")
}

// Replacing writes INSERT OR REPLACE out as the ON CONFLICT DO UPDATE that it means.
func Replacing(t *colstore.Table, oc *parse.OnConflict) *parse.OnConflict {
	if !oc.Replace {
		return oc
	}
	out := *oc
	out.DoUpdate = true
	for _, c := range t.Columns {
		if c.Generated != "" {
			continue
		}
		out.Set = append(out.Set, parse.SetClause{Pos: oc.Pos, Targets: []parse.Target{{Pos: oc.Pos, Name: c.Name}},
			Value: &parse.ColumnRef{Pos: oc.Pos, Parts: []string{"excluded", c.Name}}})
	}
	return &out
}

// conflictItems checks the columns and expressions that ON CONFLICT names.
func (b *Binder) conflictItems(t *colstore.Table, oc *parse.OnConflict) error {
	for _, item := range oc.Items {
		ref, ok := item.Expr.(*parse.ColumnRef)
		if !ok || len(ref.Parts) != 1 {
			if _, err := b.IndexKey(t, item.Expr); err != nil {
				return err
			}
			continue
		}
		if _, ok := t.ColumnByName(ref.Parts[0]); !ok {
			return dberr.Newf(dberr.UndefinedColumn, "column \"%s\" does not exist", ref.Parts[0]).At(int(oc.Items[0].Position()) - 1)
		}
	}
	return nil
}

func keyIndexes(t *colstore.Table, k colstore.Index) []int {
	var list []int
	for _, id := range k.Columns {
		for i := range t.Columns {
			if t.Columns[i].ID == id {
				list = append(list, i)
			}
		}
	}
	return list
}

// Upsert binds what INSERT … ON CONFLICT does with rows, all columns of t in order. Its
// plan has, per row: the row id it conflicts with, NULL for none; whether it is to be
// written; the row as proposed; and for DO UPDATE the row as updated and as it was. values are those that
// the rows have in each column of the key, where they are few, so that the rows they conflict with are
// looked up; else nil.
func (b *Binder) Upsert(t *colstore.Table, alias string, oc *parse.OnConflict, key []int, rows plan.Source, values [][]types.Value) (plan.Node, error) {
	ref := &parse.TableRef{Pos: oc.Pos, Name: NameOf(b.viewOf(t).Catalog(), t)}
	if alias != "" {
		ref.Alias = &parse.Alias{Name: alias}
	}
	s, err := b.bindTarget(ref)
	if err != nil {
		return nil, err
	}
	proposed := b.rowsOf(t, "excluded", rows)
	newCols := proposed.node.Columns()
	var on []expr.Expr
	for _, i := range key {
		eq, err := expr.NewOp(0, "=", colExpr(newCols[i]), colExpr(s.cols[i]))
		if err != nil {
			return nil, err
		}
		on = append(on, eq)
	}
	if s.node, err = among(s, key, values); err != nil {
		return nil, err
	}
	join := &plan.Join{Kind: plan.Left, Left: proposed.node, Right: s.node, On: conjunction(on)}
	u := &updating{b: b, table: t, values: make([]expr.Expr, len(t.Columns)), current: s.cols,
		context: &exprContext{scope: s.scope.join(proposed.scope), clause: "UPDATE", applies: &applies{}}}
	for _, set := range oc.Set {
		if err := u.assign(set); err != nil {
			return nil, err
		}
	}
	var where expr.Expr = &expr.Const{Value: types.BoolValue(oc.DoUpdate)}
	if oc.UpdateWhere != nil {
		if where, err = b.bindCondition(oc.UpdateWhere, u.context); err != nil {
			return nil, err
		}
	}
	input, err := b.attach(join, u.context.applies)
	if err != nil {
		return nil, err
	}
	return b.upsertRows(input, s, newCols, where, u.values, oc.DoUpdate), nil
}

// among is the scan of a target's rows that have one of the values in each column of a key.
func among(s *targetScan, key []int, values [][]types.Value) (plan.Node, error) {
	if values == nil {
		return s.node, nil
	}
	var all []expr.Expr
	for k, i := range key {
		list := make([]expr.Expr, len(values[k]))
		for n, v := range values[k] {
			list[n] = &expr.Const{Value: v}
		}
		if len(list) == 0 { // all are NULL, which equal nothing
			return &plan.Filter{Input: s.node, Predicate: &expr.Const{Value: types.BoolValue(false)}}, nil
		}
		in, err := expr.NewIn(0, colExpr(s.cols[i]), list, false)
		if err != nil {
			return nil, err
		}
		all = append(all, in)
	}
	return &plan.Filter{Input: s.node, Predicate: conjunction(all)}, nil
}

func (b *Binder) upsertRows(input plan.Node, s *targetScan, proposed []plan.Column, where expr.Expr, values []expr.Expr, update bool) plan.Node {
	write := &expr.Logic{Op: expr.Or, Args: []expr.Expr{&expr.IsNull{Arg: colExpr(s.rid)}, where}}
	p := &plan.Project{Input: input, Exprs: []expr.Expr{colExpr(s.rid), write},
		Out: []plan.Column{s.rid, b.newColumn("write", types.T(types.Bool))}}
	for _, c := range proposed {
		p.Exprs, p.Out = append(p.Exprs, colExpr(c)), append(p.Out, c)
	}
	if !update {
		return p
	}
	for i, c := range s.table.Columns {
		x := values[i]
		if x == nil {
			x = colExpr(s.cols[i])
		}
		p.Exprs, p.Out = append(p.Exprs, x), append(p.Out, b.newColumn(c.Name, c.Type))
	}
	for _, c := range s.cols {
		p.Exprs, p.Out = append(p.Exprs, colExpr(c)), append(p.Out, b.newColumn(c.Name, c.Type))
	}
	return p
}
