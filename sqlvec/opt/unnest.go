package opt

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// unnest replaces dependent joins by plain ones. The method is that of Neumann and Kemper
// ("Unnesting Arbitrary Queries", BTW 2015): the distinct values of the columns that the
// right side uses, its domain, are joined to the right side's innermost uses of them;
// what is above carries them along, so that each operator works for all values at once;
// at the top the left side meets the rows made for its own values. Joins are taken from the
// outside in, so that an inner join's own right side sees the outer values as columns
// of its left side.
func (o *optimizer) unnest(node plan.Node) plan.Node {
	if j, ok := node.(*plan.Join); ok && j.Dependent {
		node = o.unnestJoin(j)
	}
	kids := node.Children()
	for i, k := range kids {
		kids[i] = o.unnest(k)
	}
	if len(kids) > 0 {
		plan.SetChildren(node, kids)
	}
	return node
}

// dependent reports whether a plan has a dependent join.
func dependent(node plan.Node) bool {
	if j, ok := node.(*plan.Join); ok && j.Dependent {
		return true
	}
	for _, k := range node.Children() {
		if dependent(k) {
			return true
		}
	}
	return false
}

// unnestJoin makes one dependent join plain.
func (o *optimizer) unnestJoin(j *plan.Join) plan.Node {
	j.Dependent = false
	free := plan.Free(j.Right)
	d := &domain{o: o, ctes: map[*plan.CTE]*sharedDomain{}}
	for i, c := range j.Left.Columns() {
		if free[c.ID] {
			d.cols, d.index = append(d.cols, c), append(d.index, i)
		}
	}
	if len(d.cols) == 0 {
		return j
	}
	out := j.Columns()
	if d.numbered = plan.HasVolatile(j.Right); d.numbered {
		d.number(j)
	}
	d.identify(j)
	var source plan.Node
	j.Left, source = o.share(j.Left)
	d.values = d.distinct(asked(j, source))
	right, rep := d.push(j.Right)
	if d.err != nil {
		o.fail(d.err)
		return j
	}
	j.Right = right
	j.On = plan.Conjunction(append(plan.Conjuncts(j.On), d.equal(d.outer(), rep)...))
	if d.values.Uses == 1 {
		j.Right = inlineCTEs(j.Right, map[*plan.CTE]bool{})
	}
	return keepColumns(j, out)
}

// asked leaves out of the left side's copy the rows for which the right side need not be
// asked: those that the join's condition rules out by themselves.
func asked(j *plan.Join, source plan.Node) plan.Node {
	left := plan.IDs(j.Left)
	var preds []expr.Expr
	for _, p := range plan.Conjuncts(j.On) {
		if plan.Within(p, left) && plan.VolatilityOf(p) != expr.Volatile && neverNull(p) {
			preds = append(preds, substitute(p, j.Left.Columns(), references(source.Columns())))
		}
	}
	return filtered(source, preds)
}

// fail keeps the first error of a rewrite that cannot go on.
func (o *optimizer) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

// fresh returns a column under a new ID, with what is known of it.
func (o *optimizer) fresh(c plan.Column) plan.Column {
	old := c.ID
	o.nextID++
	c.ID = o.nextID
	if s, ok := o.stats[old]; ok {
		o.stats[c.ID] = s
	}
	return c
}

// share returns a plan that may be read twice, as two plans: the first with the columns
// as they are, the second under new IDs in the same order. A table is scanned twice;
// anything else is computed once and kept.
func (o *optimizer) share(node plan.Node) (first, second plan.Node) {
	if s, ok := node.(*plan.Scan); ok && (s.Predicate == nil || plan.VolatilityOf(s.Predicate) != expr.Volatile) {
		again := *s
		again.Out = o.freshAll(s.Out)
		again.Spec.Columns = append([]uint32(nil), s.Spec.Columns...)
		if s.Predicate != nil {
			again.Predicate = substitute(s.Predicate, s.Out, references(again.Out))
		}
		return s, &again
	}
	o.estimate(node)
	cols := append([]plan.Column(nil), node.Columns()...)
	c := &plan.CTE{Name: "outer", Plan: node, Uses: 2, Always: true}
	return &plan.CTEScan{CTE: c, Out: cols}, &plan.CTEScan{CTE: c, Out: o.freshAll(cols)}
}

func (o *optimizer) freshAll(cols []plan.Column) []plan.Column {
	out := make([]plan.Column, len(cols))
	for i, c := range cols {
		out[i] = o.fresh(c)
	}
	return out
}

func references(cols []plan.Column) []expr.Expr {
	list := make([]expr.Expr, len(cols))
	for i, c := range cols {
		list[i] = column(c)
	}
	return list
}

// domain is the distinct values of the outer columns that a right side uses.
type domain struct {
	o      *optimizer
	cols   []plan.Column // the outer columns
	index  []int         // their places in the left side
	values *plan.CTE     // one column for each of cols
	ctes   map[*plan.CTE]*sharedDomain
	err    error
	// numbered says that each row of the left side is a value of its own, as the right side has volatile
	// functions: those are computed for every row. The number of the row is the last of cols.
	numbered bool
}

// number adds the number of each row to the left side, and to the domain.
func (d *domain) number(j *plan.Join) {
	number := d.o.fresh(plan.Column{Name: "row", Type: types.T(types.Int64)})
	d.cols, d.index = append(d.cols, number), append(d.index, len(j.Left.Columns()))
	call := plan.WindowCall{Func: plan.RowNumber, Frame: plan.Frame{End: plan.FrameBound{Kind: plan.CurrentRow}}}
	j.Left = &plan.Window{Input: j.Left, Calls: []plan.WindowCall{call}, Out: []plan.Column{number}}
}

// reps are the columns of a plan that stand for the outer ones, in the order of
// domain.cols.
type reps []plan.Column

// distinct makes the domain's values from source, whose columns are those of the left
// side in order.
func (d *domain) distinct(source plan.Node) *plan.CTE {
	var left []plan.Column
	for _, i := range d.index {
		left = append(left, source.Columns()[i])
	}
	out := d.o.freshAll(d.cols)
	c := &plan.CTE{Name: "domain", Plan: &plan.Aggregate{Input: source, Keys: references(left), Out: out}}
	if d.numbered {
		c.Plan = &plan.Project{Input: source, Exprs: references(left), Out: out}
	}
	d.o.estimate(c.Plan)
	return c
}

// identify adds to the left side the texts of outer columns whose equal values a subquery
// could tell apart: that of 1.0 is not that of 1.00. They are part of the domain and stand
// for those columns where values are compared.
func (d *domain) identify(j *plan.Join) {
	cols := j.Left.Columns()
	p := &plan.Project{Input: j.Left, Exprs: references(cols), Out: append([]plan.Column(nil), cols...)}
	for _, c := range d.cols {
		if exact(c.Type) {
			continue
		}
		text := d.o.fresh(plan.Column{Name: c.Name, Type: types.T(types.Text)})
		p.Exprs = append(p.Exprs, &expr.Cast{Arg: column(c), To: text.Type, Explicit: true})
		d.cols, d.index = append(d.cols, text), append(d.index, len(p.Out))
		p.Out = append(p.Out, text)
	}
	if len(p.Out) > len(cols) {
		j.Left = p
	}
}

// exact reports whether equal values of a type are the same in every way.
func exact(t types.Type) bool {
	if t.IsArray() {
		t = t.Elem()
	}
	switch t.ID {
	case types.JSON, types.JSONB, types.Record, types.Float32, types.Float64, types.Interval:
		return false
	case types.Bpchar:
		return !t.KeepsBlanks()
	case types.Numeric:
		return t.IsScaled()
	}
	return true
}

// scan reads the domain once more.
func (d *domain) scan() (plan.Node, reps) {
	d.values.Uses++
	r := reps(d.o.freshAll(d.values.Plan.Columns()))
	return &plan.CTEScan{CTE: d.values, Out: r}, r
}

// outer are the outer columns as expressions.
func (d *domain) outer() []expr.Expr { return references(d.cols) }

// equal are the conditions that two copies of the domain's values are the same.
func (d *domain) equal(l []expr.Expr, r reps) []expr.Expr {
	var list []expr.Expr
	for i, x := range l {
		if !exact(x.Type()) {
			continue // identify has added its text
		}
		eq, err := expr.NewIsDistinct(0, x, column(r[i]), true)
		if err != nil {
			d.fail(err)
			return nil
		}
		list = append(list, eq)
	}
	return list
}

func (d *domain) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// at writes an expression for an operator whose input has the columns r.
func (d *domain) at(e expr.Expr, r reps) expr.Expr {
	if e == nil {
		return nil
	}
	return substitute(e, d.cols, references(r))
}

func (d *domain) allAt(list []expr.Expr, r reps) []expr.Expr {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		out[i] = d.at(e, r)
	}
	return out
}

// uses reports whether a plan uses the outer columns.
func (d *domain) uses(n plan.Node) bool {
	free := plan.Free(n)
	for _, c := range d.cols {
		if free[c.ID] {
			return true
		}
	}
	return d.numbered && plan.HasVolatile(n) || d.continues(n)
}

// touches reports whether an expression uses the outer columns, or is to be computed for each row of them.
func (d *domain) touches(e expr.Expr) bool {
	if e == nil {
		return false
	}
	hit := d.numbered && plan.VolatilityOf(e) == expr.Volatile
	expr.Columns(e, func(id int) {
		for _, c := range d.cols {
			hit = hit || c.ID == id
		}
	})
	return hit
}

func (d *domain) unsupported(what string) (plan.Node, reps) {
	d.fail(dberr.Newf(dberr.FeatureNotSupported, "outer columns in %s of a subquery are not supported", what))
	return d.scan()
}
