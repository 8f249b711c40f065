package bind

import (
	"math"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// rowTime is the point of a table reference that depends on another row: an event
// number or a TIMESTAMPTZ over the columns of the items before it, or of a query around.
type rowTime struct {
	value expr.Expr
	words string
}

// pendingTime is a checked point that the next join to its row computes.
type pendingTime struct {
	col   plan.Column
	value expr.Expr
}

// bindRowTime binds the point of a reference where it uses columns; nil where it does
// not, and a constant will do.
func (b *Binder) bindRowTime(clause *parse.SystemTime, left, parent *scope) (*rowTime, error) {
	if clause == nil || clause.Kind != parse.SystemTimeAsOf || left == nil && parent == nil {
		return nil, nil
	}
	e, commit := clause.From, false
	if lit, ok := e.(*parse.PointLit); ok {
		if lit.Value == nil {
			return nil, nil
		}
		e, commit = lit.Value, lit.Kind == parse.PointTx
	} else if _, ok := e.(*parse.SubqueryExpr); ok {
		return nil, nil
	}
	x, err := b.bindExpr(e, &exprContext{scope: leftScope(left, parent), clause: "FOR SYSTEM_TIME"})
	if err != nil {
		return nil, err
	}
	uses := false
	expr.Columns(x, func(int) { uses = true })
	if !uses {
		return nil, nil
	}
	pos := int(e.Position())
	_, counted := clause.From.(*parse.PointLit)
	switch {
	case x.Type().IsInteger():
		x, err = expr.NewCast(pos, x, types.T(types.Int64), false)
	case timeLike(x.Type()) && !counted:
		x, err = expr.NewCast(pos, x, types.T(types.TimestampTZ), false)
	case counted:
		return nil, dberr.Newf(dberr.DatatypeMismatch, "the number of FOR SYSTEM_TIME must be an integer, not type %s", x.Type()).At(pos)
	default:
		return nil, dberr.Newf(dberr.DatatypeMismatch, "the time of FOR SYSTEM_TIME must be a timestamp, not type %s", x.Type()).At(pos)
	}
	if err == nil && commit {
		x = expr.NewEventOfCommit(x)
	}
	return &rowTime{value: x, words: "AS OF " + parse.Format(clause.From)}, err
}

// scanAtRow reads all versions of a table and keeps, for each row of the other side, those
// that live at its point.
func (b *Binder) scanAtRow(rt *rowTime, t *parse.TableRef, left, parent *scope) (from, error) {
	if err := b.moment(); err != nil {
		return from{}, err
	}
	pos := int(t.Position())
	now := b.env.Expr.Statement
	view, err := b.env.Points.AtTime(now)
	if err != nil {
		return from{}, at(err, pos)
	}
	table, err := view.Relation(Name(b.path, t.Name))
	if err != nil {
		return from{}, at(err, pos)
	}
	if table.Kind != colstore.KindTable {
		return from{}, dberr.Newf(dberr.FeatureNotSupported, "the time of a view must not depend on the columns of another table").At(pos)
	}
	ref := tableAt{view: view, table: table, temporal: true, words: rt.words, versions: &colstore.VersionRange{To: math.MaxUint64}}
	f, err := b.scan(ref, t.Alias, parent)
	if err != nil {
		return f, err
	}
	limits, err := b.pointRange(table, view, now, rt.value.Type())
	if err != nil {
		return f, at(err, pos)
	}
	point := b.pointColumn(expr.NewPointCheck(rt.value, limits), left)
	cols := f.node.Columns()
	start, end := cols[len(cols)-4], cols[len(cols)-3]
	if rt.value.Type().ID == types.TimestampTZ {
		start, end = cols[len(cols)-2], cols[len(cols)-1]
	}
	born, err := expr.NewOp(pos, "<=", colExpr(start), point)
	if err != nil {
		return f, err
	}
	alive, err := expr.NewOp(pos, "<", point, colExpr(end))
	if err != nil {
		return f, err
	}
	f.node = &plan.Filter{Input: f.node, Predicate: conjunction([]expr.Expr{born, alive})}
	return f, nil
}

// pointColumn is the checked point as a column of the items before, which the join to
// them computes once a row; in a correlated subquery it is the expression itself.
func (b *Binder) pointColumn(x expr.Expr, left *scope) expr.Expr {
	if left == nil {
		return x
	}
	ids := map[int]bool{}
	for _, c := range left.cols {
		ids[c.ID] = true
	}
	if !plan.Within(x, ids) {
		return x
	}
	p := pendingTime{b.newColumn("point", x.Type()), x}
	b.times = append(b.times, p)
	return colExpr(p.col)
}

// withTimes adds to l the points that wait for its columns.
func (b *Binder) withTimes(l plan.Node) plan.Node {
	ids := plan.IDs(l)
	p := &plan.Project{Input: l}
	var rest []pendingTime
	for _, t := range b.times {
		if !plan.Within(t.value, ids) {
			rest = append(rest, t)
			continue
		}
		p.Exprs, p.Out = append(p.Exprs, t.value), append(p.Out, t.col)
	}
	if len(p.Out) == 0 {
		return l
	}
	b.times = rest
	for _, c := range l.Columns() {
		p.Exprs, p.Out = append(p.Exprs, colExpr(c)), append(p.Out, c)
	}
	return p
}

// pointRange is what points of a table can be asked for.
func (b *Binder) pointRange(t *colstore.Table, view *colstore.View, now int64, kind types.Type) (expr.PointRange, error) {
	r := expr.PointRange{Table: t.Name, Last: now}
	_, micros, err := b.env.Expr.History.CommitAt(int64(t.CreatedCSN))
	if err != nil {
		return r, err
	}
	if kind.ID == types.TimestampTZ {
		r.First = micros
		return r, nil
	}
	r.First, r.Last = 0, int64(view.Point().Seq)
	if t.CreatedCSN > 1 {
		if r.First, _, err = b.env.Expr.History.CommitAt(int64(t.CreatedCSN) - 1); err != nil {
			return r, err
		}
	}
	// At the last event before its commit the table is there if the commit has no events.
	v, err := b.env.Points.AtSeq(uint64(r.First))
	if err != nil {
		return r, err
	}
	if _, err := v.Relation(colstore.Name{Schema: view.Catalog().SchemaOf(t), Name: t.Name}); err != nil {
		r.First++
	}
	return r, nil
}
