package bind

import (
	"slices"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// bindRow binds ROW(…) or (a, b, …) as a value.
func (b *Binder) bindRow(e *parse.RowExpr, c *exprContext) (expr.Expr, error) {
	var fields []expr.Expr
	for _, elem := range e.Elems {
		star, ok := elem.(*parse.Star)
		if !ok {
			x, err := b.bindExpr(elem, c)
			if err != nil {
				return nil, err
			}
			fields = append(fields, x)
			continue
		}
		x, err := b.bindStarRow(star, c)
		if err != nil {
			return nil, err
		}
		_, _, list, _ := expr.RowParts(x)
		fields = append(fields, list...)
	}
	return expr.NewRow(int(e.Position()), nil, nil, fields)
}

// bindStarRow binds t.* where a value stands: the row itself.
func (b *Binder) bindStarRow(e *parse.Star, c *exprContext) (expr.Expr, error) {
	pos := int(e.Position())
	switch {
	case e.Of != nil:
		x, err := b.bindExpr(e.Of, c)
		if err != nil {
			return nil, err
		}
		if _, _, _, ok := expr.RowParts(x); !ok {
			return nil, notComposite(x, "*", pos)
		}
		return x, nil
	case len(e.Table) == 0 || len(e.Exclude)+len(e.Replace) > 0:
		return nil, dberr.New(dberr.SyntaxError, "row expansion via \"*\" is not supported here").At(pos)
	}
	schema, table, err := splitTable(e.Table, e.Pos)
	if err != nil {
		return nil, err
	}
	x, err := b.wholeRow(schema, table, pos, c)
	if x == nil && err == nil {
		err = c.scope.missing(schema, table, pos)
	}
	return x, err
}

// wholeRow binds the name of a table, function or query of FROM as its row; nil where there is
// none of that name.
func (b *Binder) wholeRow(schema, table string, pos int, c *exprContext) (expr.Expr, error) {
	level := c.scope
	for level != nil && !level.hasTableIn(schema, table) {
		level = level.parent
	}
	if level == nil {
		return nil, nil
	}
	if err := level.ambiguous(schema, table); err != nil {
		return nil, err.At(pos)
	}
	var names []string
	var fields []expr.Expr
	var present expr.Expr
	nullable, exact := false, false
	for _, col := range level.star(schema, table) {
		if b.record != nil && col.relation != 0 {
			return nil, dberr.Newf(dberr.FeatureNotSupported, "the row of table \"%s\" as a value is not supported in a view", table).At(pos).
				WithHint("Name the columns: ROW(a, b), or a query in FROM.")
		}
		x := colExpr(col.Column)
		x.At = expr.At(pos)
		names, fields = append(names, col.Name), append(fields, x)
		nullable = nullable || col.nullable
		if col.promised && !exact {
			present, exact = expr.NewIsNull(pos, x, true), true
		}
	}
	if !nullable || len(fields) == 0 {
		return expr.NewRow(pos, names, nil, fields)
	}
	if there := level.presenceOf(table); there != nil && !exact {
		present, exact = expr.NewIsNull(pos, colExpr(there.Column), true), true
	}
	if !exact && b.mayAsk() {
		return nil, &needsPresence{table}
	}
	if !exact { // no column says so: a row is there where it has a value
		list := make([]expr.Expr, len(fields))
		for i, x := range fields {
			list[i] = expr.NewIsNull(pos, x, true)
		}
		var err error
		if present, err = expr.NewLogic(pos, expr.Or, list); err != nil {
			return nil, err
		}
	}
	return expr.NewRow(pos, names, present, fields)
}

// bindField binds (row).name.
func (b *Binder) bindField(e *parse.FieldAccess, c *exprContext) (expr.Expr, error) {
	x, err := b.bindExpr(e.X, c)
	if err != nil {
		return nil, err
	}
	pos := int(e.Position())
	names, _, fields, ok := expr.RowParts(x)
	if !ok {
		return nil, notComposite(x, e.Name, pos)
	}
	for i, name := range names {
		if name == e.Name {
			return fields[i], nil
		}
	}
	return nil, dberr.Newf(dberr.UndefinedColumn, "could not identify column \"%s\" in record data type", e.Name).At(pos)
}

// notComposite is the error of a field of what has no fields, or whose fields are not known.
func notComposite(x expr.Expr, name string, pos int) error {
	if x.Type().ID == types.Record {
		return dberr.Newf(dberr.FeatureNotSupported, "the fields of a row that a query handed on are not known: %s", name).At(pos).
			WithHint("Select the columns themselves, and make the row where it is used.")
	}
	if name == "*" {
		return dberr.Newf(dberr.WrongObjectType, "type %s is not composite", x.Type().Base()).At(pos)
	}
	return dberr.Newf(dberr.WrongObjectType, "column notation .%s applied to type %s, which is not a composite type", name, x.Type().Base()).At(pos)
}

// rowIsNull is row IS NULL: all fields are. With not it is IS NOT NULL: no field is.
func rowIsNull(pos int, x expr.Expr, not bool) (expr.Expr, bool, error) {
	_, _, fields, ok := expr.RowParts(x)
	if !ok {
		return nil, false, nil
	}
	list := make([]expr.Expr, len(fields))
	for i, f := range fields {
		list[i] = expr.NewIsNull(pos, f, not)
	}
	if len(list) == 0 {
		return &expr.Const{At: expr.At(pos), Value: types.BoolValue(true)}, true, nil
	}
	out, err := expr.NewLogic(pos, expr.And, list)
	return out, true, err
}

// rowsDistinct is l IS [NOT] DISTINCT FROM r of rows.
func rowsDistinct(pos int, l, r expr.Expr, not bool) (expr.Expr, bool, error) {
	_, there, x, ok := expr.RowParts(l)
	_, here, y, ok2 := expr.RowParts(r)
	if !ok || !ok2 || len(x) == 0 {
		return nil, false, nil
	}
	if len(x) != len(y) {
		return nil, true, dberr.New(dberr.DatatypeMismatch, "cannot compare record types with different numbers of columns").At(pos)
	}
	var list []expr.Expr
	add := func(a, b expr.Expr) error {
		e, err := expr.NewIsDistinct(pos, a, b, true)
		list = append(list, e)
		return err
	}
	if there != nil || here != nil {
		always := func(e expr.Expr) expr.Expr {
			if e == nil {
				return &expr.Const{At: expr.At(pos), Value: types.BoolValue(true)}
			}
			return e
		}
		if err := add(always(there), always(here)); err != nil {
			return nil, true, err
		}
	}
	for i := range x {
		if err := add(x[i], y[i]); err != nil {
			return nil, true, err
		}
	}
	same, err := expr.NewLogic(pos, expr.And, list)
	if err == nil && !not {
		same, err = expr.NewNot(pos, same)
	}
	return same, true, err
}

// compareRecords binds = and <> of two rows one of which at least is that of a table. NULLs are
// equal there, as in PostgreSQL; a row that is not there gives NULL.
func compareRecords(op string, l, r expr.Expr, pos int) (expr.Expr, bool, error) {
	_, there, a, ok := expr.RowParts(l)
	_, here, b, ok2 := expr.RowParts(r)
	if !ok || !ok2 {
		return nil, false, nil
	}
	switch op {
	case "=", "<>":
	default: // the others compare them as values
		return nil, false, nil
	}
	if !sameRowTypes(a, b) { // which is an error where it is met
		return nil, false, nil
	}
	x, ok, err := rowsDistinct(pos, l, r, op == "=")
	if !ok || err != nil {
		return x, ok, err
	}
	var known []expr.Expr
	for _, p := range []expr.Expr{there, here} {
		if p != nil {
			known = append(known, p)
		}
	}
	if len(known) == 0 {
		return x, true, nil
	}
	when, err := expr.NewLogic(pos, expr.And, known)
	if err != nil {
		return nil, true, err
	}
	x, err = expr.NewCase(pos, []expr.When{{Cond: when, Then: x}}, nil)
	return x, true, err
}

// sameRowTypes reports whether rows have the same types in the same places, constants aside.
func sameRowTypes(l, r []expr.Expr) bool {
	return slices.EqualFunc(l, r, func(x, y expr.Expr) bool {
		a, b := x.Type().ID, y.Type().ID
		return a == b || a == types.Unknown || b == types.Unknown
	})
}

// unlikeRows reports whether IS DISTINCT FROM compares rows of other types, of which one at least is no ROW(…):
// those are compared as values.
func unlikeRows(e *parse.DistinctExpr, bound []expr.Expr) bool {
	_, made := e.L.(*parse.RowExpr)
	_, madeToo := e.R.(*parse.RowExpr)
	_, _, l, ok := expr.RowParts(bound[0])
	_, _, r, ok2 := expr.RowParts(bound[1])
	return !(made && madeToo) && ok && ok2 && !sameRowTypes(l, r)
}

// countedRow is what count counts of a row: whether it is there.
func countedRow(x expr.Expr) (expr.Expr, error) {
	_, present, _, ok := expr.RowParts(x)
	switch {
	case !ok:
		return x, nil
	case present == nil:
		return &expr.Const{At: expr.At(x.Pos()), Value: types.BoolValue(true)}, nil
	}
	return expr.NewCall(x.Pos(), "nullif", []expr.Expr{present, &expr.Const{Value: types.BoolValue(false)}})
}

// recordsAsText makes text of the columns of a result that are rows.
func (b *Binder) recordsAsText(node plan.Node) (plan.Node, error) {
	if noRecords(node.Columns()) == nil {
		return node, nil
	}
	p := &plan.Project{Input: node}
	for _, c := range node.Columns() {
		var x expr.Expr = colExpr(c)
		out, to := c, types.T(types.Text)
		switch c.Type.ID {
		case types.ArrayOf(types.Record):
			to = to.Array()
			fallthrough
		case types.Record:
			var err error
			if x, err = expr.NewCast(0, x, to, false); err != nil {
				return nil, err
			}
			out = b.newColumn(c.Name, to)
		}
		p.Exprs, p.Out = append(p.Exprs, x), append(p.Out, out)
	}
	return p, nil
}

// noRecords refuses rows as columns of a table.
func noRecords(cols []plan.Column) error {
	for _, c := range cols {
		if c.Type.ID == types.Record || c.Type.ID == types.ArrayOf(types.Record) {
			return dberr.Newf(dberr.InvalidTableDefinition, "column \"%s\" has pseudo-type %s", c.Name, c.Type)
		}
	}
	return nil
}
