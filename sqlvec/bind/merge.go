package bind

import (
	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// Merge is a bound MERGE. It runs in two steps: Plan says for every row of the source what is to be
// done with it, then Action computes what each WHEN clause writes.
type Merge struct {
	Table *colstore.Table
	// Plan's columns are the row id of the target, NULL where none matches, the number of the WHEN
	// clause that is taken, -1 for none, the columns of the target and those of the source.
	Plan plan.Node

	b      *Binder
	st     *parse.Merge
	target *targetScan
	source *scope
}

// Merge binds a MERGE.
func (b *Binder) Merge(st *parse.Merge) (*Merge, error) {
	if err := b.declareCTEs(st.With, nil); err != nil {
		return nil, err
	}
	if t, ok := b.relation(st.Table.Name); ok && (t.Materialized() || t.Kind == colstore.KindView) {
		kind := map[bool]string{true: "materialized views", false: "views"}[t.Materialized()]
		return nil, dberr.Newf(dberr.FeatureNotSupported, "cannot execute MERGE on relation \"%s\"", t.Name).
			WithDetail("This operation is not supported for %s.", kind).At(int(st.Table.Position()))
	}
	s, err := b.bindTarget(st.Table)
	if err != nil {
		return nil, err
	}
	src, err := b.bindTable(st.Using, nil, nil)
	if err != nil {
		return nil, err
	}
	for _, t := range src.scope.tables {
		if s.scope.hasTable(t) {
			return nil, dberr.Newf(dberr.DuplicateAlias, "name \"%s\" specified more than once", t).
				WithDetail("The name is used both as MERGE target table and data source.").At(int(st.Using.Position()))
		}
	}
	kind := plan.Inner
	for _, w := range st.Whens {
		if !w.Matched && w.Action == parse.MergeInsert {
			kind = plan.Left
		}
	}
	both := s.scope.join(src.scope)
	joined, err := b.joinOn(kind, src, s.from, both, st.On, int(st.On.Position()))
	if err != nil {
		return nil, err
	}
	m := &Merge{Table: s.table, b: b, st: st, target: s, source: src.scope}
	m.Plan, err = m.choose(joined.node, both)
	return m, err
}

// choose adds the number of the clause that is taken to the joined rows.
func (m *Merge) choose(node plan.Node, both *scope) (plan.Node, error) {
	sub := &applies{}
	matched, missing, err := m.clauses(both, sub)
	if err != nil {
		return nil, err
	}
	number := types.T(types.Int32)
	none := func() expr.Expr { return &expr.Const{Value: types.IntValue(number, -1)} }
	pick := func(whens []expr.When) (expr.Expr, error) {
		if len(whens) == 0 {
			return none(), nil
		}
		return expr.NewCase(0, whens, none())
	}
	yes, err := pick(matched)
	if err != nil {
		return nil, err
	}
	no, err := pick(missing)
	if err != nil {
		return nil, err
	}
	taken, err := expr.NewCase(0, []expr.When{{Cond: &expr.IsNull{Arg: colExpr(m.target.rid)}, Then: no}}, yes)
	if err != nil {
		return nil, err
	}
	if node, err = m.b.attach(node, sub); err != nil {
		return nil, err
	}
	p := &plan.Project{Input: node, Exprs: []expr.Expr{colExpr(m.target.rid), taken},
		Out: []plan.Column{m.target.rid, m.b.newColumn("action", number)}}
	for _, c := range both.cols {
		p.Exprs, p.Out = append(p.Exprs, colExpr(c.Column)), append(p.Out, m.b.newColumn(c.Name, c.Type))
	}
	return p, nil
}

// clauses binds the conditions of the WHEN clauses. One without is always true.
func (m *Merge) clauses(both *scope, sub *applies) (matched, missing []expr.When, err error) {
	for i, w := range m.st.Whens {
		sc := both
		if !w.Matched {
			sc = m.source
		}
		var cond expr.Expr = &expr.Const{Value: types.BoolValue(true)}
		if w.Cond != nil {
			if cond, err = m.b.bindCondition(w.Cond, &exprContext{scope: sc, clause: "MERGE WHEN conditions", applies: sub}); err != nil {
				return nil, nil, err
			}
		}
		when := expr.When{Cond: cond, Then: &expr.Const{Value: types.IntValue(types.T(types.Int32), int64(i))}}
		if w.Matched {
			matched = append(matched, when)
		} else {
			missing = append(missing, when)
		}
	}
	return matched, missing, nil
}

// Action binds what clause i does with its rows, which have the columns of Plan: a change as INSERT,
// UPDATE or DELETE make one, nil for DO NOTHING.
func (m *Merge) Action(i int, rows plan.Source) (*Change, error) {
	w := &m.st.Whens[i]
	n := &plan.Scan{Table: m.Table, Alias: "merged", Source: rows}
	for j, c := range m.Plan.Columns() {
		n.Spec.Columns = append(n.Spec.Columns, uint32(j))
		n.Out = append(n.Out, m.b.newColumn(c.Name, c.Type))
	}
	both := m.target.scope.join(m.source)
	both.cols = append([]column(nil), both.cols...)
	for j := range both.cols {
		both.cols[j].Column = n.Out[2+j]
	}
	own := len(m.target.scope.cols)
	switch w.Action {
	case parse.MergeUpdate:
		return m.updated(n, both, w)
	case parse.MergeDelete:
		p := &plan.Project{Input: n}
		m.addOld(p, n)
		return &Change{Table: m.Table, Plan: p}, nil
	case parse.MergeInsert:
		return m.inserted(n, &scope{cols: both.cols[own:], tables: m.source.tables}, w)
	}
	return nil, nil
}

// addOld adds the row id and the columns of the target as they are.
func (m *Merge) addOld(p *plan.Project, n *plan.Scan) {
	p.Exprs, p.Out = append(p.Exprs, colExpr(n.Out[0])), append(p.Out, n.Out[0])
	for _, c := range n.Out[2 : 2+len(m.Table.Columns)] {
		p.Exprs, p.Out = append(p.Exprs, colExpr(c)), append(p.Out, c)
	}
}

func (m *Merge) updated(n *plan.Scan, sc *scope, w *parse.MergeWhen) (*Change, error) {
	u := &updating{b: m.b, table: m.Table, values: make([]expr.Expr, len(m.Table.Columns)), current: n.Out[2 : 2+len(m.Table.Columns)],
		context: &exprContext{scope: sc, clause: "UPDATE", applies: &applies{}}}
	for _, set := range w.Set {
		if err := u.assign(set); err != nil {
			return nil, err
		}
	}
	node, err := m.b.attach(n, u.context.applies)
	if err != nil {
		return nil, err
	}
	old := &plan.Project{}
	m.addOld(old, n)
	p := &plan.Project{Input: node, Exprs: old.Exprs[:1:1], Out: old.Out[:1:1]}
	for i, c := range m.Table.Columns {
		x := u.values[i]
		if x == nil {
			x = colExpr(old.Out[1+i])
		}
		p.Exprs, p.Out = append(p.Exprs, x), append(p.Out, m.b.newColumn(c.Name, c.Type))
	}
	p.Exprs, p.Out = append(p.Exprs, old.Exprs[1:]...), append(p.Out, old.Out[1:]...)
	return &Change{Table: m.Table, Plan: p}, nil
}

func (m *Merge) inserted(n *plan.Scan, sc *scope, w *parse.MergeWhen) (*Change, error) {
	st := &parse.Insert{Pos: w.Pos, Columns: w.Columns, Overriding: w.Overriding, DefaultValues: w.Values == nil}
	ins := &insertion{b: m.b, st: st, table: m.Table}
	if err := ins.findTargets(); err != nil {
		return nil, err
	}
	if w.Values != nil {
		at := w.Values[min(len(w.Values)-1, len(ins.targets))]
		if err := ins.checkCount(len(w.Values), int(at.Position())); err != nil {
			return nil, err
		}
	}
	c := &exprContext{scope: sc, clause: "VALUES", applies: &applies{}}
	row, err := ins.bindRow(w.Values, c)
	if err != nil {
		return nil, err
	}
	node, err := m.b.attach(n, c.applies)
	if err != nil {
		return nil, err
	}
	return &Change{Table: m.Table, Plan: &plan.Project{Input: node, Exprs: row, Out: m.b.tableColumns(m.Table)}}, nil
}
