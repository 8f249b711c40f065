package opt

import (
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// sharedDomain is a WITH query that uses outer columns: its plan for all values at once,
// and where the values are in its output.
type sharedDomain struct {
	cte *plan.CTE
	at  int // of the first of the domain's columns
}

// push returns a plan with the rows of n for every value of the domain, each beside its
// value. The columns of n stay.
func (d *domain) push(n plan.Node) (plan.Node, reps) {
	if !d.uses(n) {
		return d.beside(n)
	}
	switch n := n.(type) {
	case *plan.Scan:
		return d.pushScan(n)
	case *plan.Filter:
		input, r := d.push(n.Input)
		return &plan.Filter{Input: input, Predicate: d.at(n.Predicate, r)}, r
	case *plan.Project:
		input, r := d.push(n.Input)
		exprs := append(d.allAt(n.Exprs, r), references(r)...)
		return &plan.Project{Input: input, Exprs: exprs, Out: append(n.Out[:len(n.Out):len(n.Out)], r...)}, r
	case *plan.Aggregate:
		return d.pushAggregate(n)
	case *plan.Distinct:
		input, r := d.push(n.Input)
		out := &plan.Distinct{Input: input}
		if len(n.On) > 0 {
			out.On = append(d.allAt(n.On, r), references(r)...)
		}
		return out, r
	case *plan.Sort:
		input, r := d.push(n.Input)
		return &plan.Sort{Input: input, Keys: d.keysAt(n.Keys, r)}, r
	case *plan.Limit:
		return d.pushLimit(n, n.Input, nil, n.Count, n.Offset)
	case *plan.LimitBy:
		return d.pushLimit(n, n.Input, n.By, n.Count, n.Offset)
	case *plan.Join:
		return d.pushJoin(n)
	}
	return d.pushRest(n)
}

// elements is at for arrays.
func (d *domain) elements(e plan.Elements, r reps) plan.Elements {
	out := plan.Elements{Ordinality: e.Ordinality}
	for _, x := range e.Arrays {
		out.Arrays = append(out.Arrays, d.at(x, r))
	}
	return out
}

func (d *domain) pushRest(n plan.Node) (plan.Node, reps) {
	switch n := n.(type) {
	case *plan.SetOp:
		return d.pushSetOp(n)
	case *plan.Values:
		return d.pushValues(n)
	case *plan.GenerateSeries:
		input, r := d.scan()
		return &plan.Unroll{Input: input, Start: d.at(n.Start, r), Stop: d.at(n.Stop, r), Step: d.at(n.Step, r), Series: n.Out, Elements: d.elements(n.Elements, r)}, r
	case *plan.Unroll:
		input, r := d.push(n.Input)
		return &plan.Unroll{Input: input, Start: d.at(n.Start, r), Stop: d.at(n.Stop, r), Step: d.at(n.Step, r), Series: n.Series, Elements: d.elements(n.Elements, r)}, r
	case *plan.CTEScan:
		return d.pushCTE(n)
	case *plan.AsofJoin:
		return d.pushAsof(n)
	case *plan.Window:
		return d.pushWindow(n)
	case *plan.Expand:
		input, r := d.push(n.Input)
		return &plan.Expand{Input: input, Keys: d.allAt(n.Keys, r), Sets: n.Sets, Out: n.Out}, r
	case *plan.WorkScan:
		return d.pushWork(n)
	case *plan.LockRows:
		if n.Count != nil || n.Offset != nil {
			return d.unsupported("SKIP LOCKED with LIMIT")
		}
		input, r := d.push(n.Input)
		return &plan.LockRows{Input: input, Rows: d.allAt(n.Rows, r), Locks: n.Locks, Locker: n.Locker}, r
	}
	return d.unsupported("this part")
}

// beside joins every row of a plan without outer columns to every value.
func (d *domain) beside(n plan.Node) (plan.Node, reps) {
	values, r := d.scan()
	if v, ok := n.(*plan.Values); ok && len(v.Out) == 0 && len(v.Rows) == 1 {
		return values, r // SELECT without FROM
	}
	return &plan.Join{Kind: plan.Inner, Left: values, Right: n}, r
}

func (d *domain) keysAt(keys []plan.SortKey, r reps) []plan.SortKey {
	out := append([]plan.SortKey(nil), keys...)
	for i := range out {
		out[i].Expr = d.at(out[i].Expr, r)
	}
	return out
}

// pushScan takes conditions on outer columns out of a scan.
func (d *domain) pushScan(n *plan.Scan) (plan.Node, reps) {
	var stay, outer []expr.Expr
	for _, p := range plan.Conjuncts(n.Predicate) {
		if d.touches(p) {
			outer = append(outer, p)
		} else {
			stay = append(stay, p)
		}
	}
	scan := *n
	scan.Predicate = plan.Conjunction(stay)
	node, r := d.beside(&scan)
	return filtered(node, d.allAt(outer, r)), r
}

// pushAggregate groups by the values too. Without keys of its own an aggregation has a
// row for every value, rows or not.
func (d *domain) pushAggregate(n *plan.Aggregate) (plan.Node, reps) {
	input, r := d.push(n.Input)
	a := &plan.Aggregate{Input: input, Keys: append(d.allAt(n.Keys, r), references(r)...)}
	for _, c := range n.Aggs {
		c.Args, c.Filter, c.OrderBy = d.allAt(c.Args, r), d.at(c.Filter, r), d.keysAt(c.OrderBy, r)
		a.Aggs = append(a.Aggs, c)
	}
	keys := len(n.Keys)
	key := reps(d.o.freshAll(r))
	a.Out = append(append(append(a.Out, n.Out[:keys]...), key...), n.Out[keys:]...)
	if len(n.EmptySets) > 0 {
		return d.withEmptySets(a, n, key)
	}
	if keys > 0 {
		return a, key
	}
	return d.withEmptyGroups(a, key)
}

// withEmptyGroups adds the values that have no rows to an aggregation by value.
func (d *domain) withEmptyGroups(a *plan.Aggregate, key reps) (plan.Node, reps) {
	values, r := d.scan()
	out := &plan.Project{Exprs: references(r), Out: append([]plan.Column(nil), r...)}
	for i, call := range a.Aggs {
		c := &a.Out[len(key)+i]
		var x expr.Expr = column(*c)
		if call.Agg.Empty {
			in := d.o.fresh(*c)
			zero := &expr.Const{Value: types.IntValue(c.Type, 0)}
			x = &expr.Coalesce{Args: []expr.Expr{column(in), zero}, Typ: c.Type}
			out.Out = append(out.Out, *c)
			*c = in
		} else {
			out.Out = append(out.Out, *c)
		}
		out.Exprs = append(out.Exprs, x)
	}
	out.Input = &plan.Join{Kind: plan.Left, Left: values, Right: a, On: plan.Conjunction(d.equal(references(r), key))}
	return out, r
}

func (d *domain) pushLimit(n, input plan.Node, by []expr.Expr, count, offset expr.Expr) (plan.Node, reps) {
	if d.touches(count) || d.touches(offset) {
		return d.pushOwnLimit(input, by, count, offset)
	}
	node, r := d.push(input)
	keys := d.allAt(by, r)
	for _, c := range r {
		keys = append(keys, column(c))
	}
	return &plan.LimitBy{Input: node, By: keys, Count: count, Offset: offset}, r
}

// pushSetOp compares rows together with their values.
func (d *domain) pushSetOp(n *plan.SetOp) (plan.Node, reps) {
	out := &plan.SetOp{Kind: n.Kind, All: n.All}
	out.Left, out.Right = d.ordered(n.Left), d.ordered(n.Right)
	r := reps(d.o.freshAll(d.cols))
	out.Out = append(n.Out[:len(n.Out):len(n.Out)], r...)
	return out, r
}

// ordered is push with the columns of n, then the values, and no others.
func (d *domain) ordered(n plan.Node) plan.Node {
	cols := n.Columns()
	node, r := d.push(n)
	return keepColumns(node, append(cols[:len(cols):len(cols)], r...))
}

// pushValues makes each row a projection of the values.
func (d *domain) pushValues(n *plan.Values) (plan.Node, reps) {
	var all plan.Node
	var r reps
	for i, row := range n.Rows {
		input, in := d.scan()
		cols := n.Out
		if i > 0 {
			cols = d.o.freshAll(n.Out)
		}
		p := &plan.Project{Input: input, Exprs: append(d.allAt(row, in), references(in)...)}
		p.Out = append(cols[:len(cols):len(cols)], in...)
		if i == 0 {
			all, r = p, in
			continue
		}
		u := &plan.SetOp{Kind: plan.Union, All: true, Left: all, Right: p, Out: d.o.freshAll(p.Out)}
		all, r = u, u.Out[len(cols):]
	}
	return d.renamed(all, r, n.Out), r
}

// renamed gives the first columns of a plan the IDs of want.
func (d *domain) renamed(n plan.Node, r reps, want []plan.Column) plan.Node {
	cols := n.Columns()
	p := &plan.Project{Input: n, Exprs: references(cols[:len(want)]), Out: append([]plan.Column(nil), want...)}
	p.Exprs, p.Out = append(p.Exprs, references(r)...), append(p.Out, r...)
	return p
}

// pushCTE computes a WITH query of the subquery for all values at once.
func (d *domain) pushCTE(n *plan.CTEScan) (plan.Node, reps) {
	s := d.ctes[n.CTE]
	if s == nil {
		s = &sharedDomain{at: len(n.CTE.Plan.Columns())}
		c := *n.CTE
		s.cte = &c
		d.ctes[n.CTE] = s
		c.Plan = d.ordered(n.CTE.Plan)
		if rec := n.CTE.Recursion; rec != nil {
			c.Recursion = &plan.Recursion{Step: d.ordered(rec.Step), Distinct: rec.Distinct}
			d.o.estimate(c.Recursion.Step)
		}
		d.o.estimate(c.Plan)
	}
	r := reps(d.o.freshAll(d.cols))
	return &plan.CTEScan{CTE: s.cte, Out: append(n.Out[:len(n.Out):len(n.Out)], r...)}, r
}
