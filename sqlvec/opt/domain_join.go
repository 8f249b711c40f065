package opt

import (
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// pushJoin takes the values to the sides that need them. Where both sides have them, only
// rows of the same value meet.
func (d *domain) pushJoin(n *plan.Join) (plan.Node, reps) {
	j := &plan.Join{Kind: n.Kind, Left: n.Left, Right: n.Right, On: n.On, NullAware: n.NullAware, Mark: n.Mark, Dependent: n.Dependent}
	switch {
	case n.Dependent:
		return d.pushDependent(j)
	case n.Kind == plan.Full:
		return d.pushFull(j)
	}
	left, right := d.uses(n.Left), d.uses(n.Right)
	if !left && !right { // only the condition does
		left, right = n.Kind != plan.Right, n.Kind == plan.Right
	}
	// The side whose rows are kept has to be there for every value.
	left = left || n.Kind != plan.Inner && n.Kind != plan.Right
	right = right || n.Kind == plan.Right
	var r, other reps
	switch {
	case left && right:
		j.Left, r = d.push(n.Left)
		j.Right, other = d.push(n.Right)
		if n.Kind == plan.Right {
			r, other = other, r
		}
		j.On = plan.Conjunction(append(plan.Conjuncts(d.at(n.On, r)), d.equal(references(r), other)...))
		return j, r
	case left:
		j.Left, r = d.push(n.Left)
	default:
		j.Right, r = d.push(n.Right)
	}
	j.On = d.at(n.On, r)
	return j, r
}

// pushDependent gives the values to the left side; the right side sees them as columns of
// it.
func (d *domain) pushDependent(j *plan.Join) (plan.Node, reps) {
	var r reps
	j.Left, r = d.push(j.Left)
	d.everywhere(j.Right, r, map[*plan.CTE]bool{})
	j.On = d.at(j.On, r)
	return j, r
}

// everywhere replaces the outer columns in a whole plan.
func (d *domain) everywhere(n plan.Node, r reps, seen map[*plan.CTE]bool) {
	for _, e := range plan.Exprs(n) {
		*e = d.at(*e, r)
	}
	if s, ok := n.(*plan.CTEScan); ok && !seen[s.CTE] {
		seen[s.CTE] = true
		d.everywhere(s.CTE.Plan, r, seen)
	}
	for _, k := range n.Children() {
		d.everywhere(k, r, seen)
	}
}

// pushFull has the values on both sides; a row without a partner has only its own.
func (d *domain) pushFull(j *plan.Join) (plan.Node, reps) {
	cols := j.Columns()
	var l, r reps
	j.Left, l = d.push(j.Left)
	j.Right, r = d.push(j.Right)
	// The condition sees both sides of a pair, so either copy of the values will do.
	j.On = plan.Conjunction(append(plan.Conjuncts(d.at(j.On, l)), d.equal(references(l), r)...))
	p := &plan.Project{Input: j, Exprs: references(cols), Out: append([]plan.Column(nil), cols...)}
	out := reps(d.o.freshAll(d.cols))
	for i := range out {
		both := []expr.Expr{column(l[i]), column(r[i])}
		p.Exprs, p.Out = append(p.Exprs, &expr.Coalesce{Args: both, Typ: out[i].Type}), append(p.Out, out[i])
	}
	return p, out
}
