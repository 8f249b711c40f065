package opt

import (
	"slices"

	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// determine leaves keys out of aggregations that other keys determine: a primary key
// determines the other columns of its table, and a column those that a join makes equal to
// it. Such a key becomes a value that every group keeps of its first row. A key that is an
// expression of other keys is computed of each group instead.
func (o *optimizer) determine(node plan.Node) plan.Node {
	return plan.Transform(node, func(n plan.Node) plan.Node {
		a, ok := n.(*plan.Aggregate)
		if !ok || len(a.Keys) < 2 || len(a.EmptySets) > 0 {
			return n
		}
		var facts dependencies
		facts.of(a.Input, false)
		computed := computedKeys(a.Keys)
		if !slices.ContainsFunc(computed, func(e expr.Expr) bool { return e != nil }) {
			return withoutKeys(a, facts.needless(a.Keys))
		}
		p := withComputed(a, computed)
		a = p.Input.(*plan.Aggregate)
		p.Input = withoutKeys(a, facts.needless(a.Keys))
		return p
	})
}

// computedKeys returns the keys that are expressions of the columns that are keys, and nil for the others.
func computedKeys(keys []expr.Expr) []expr.Expr {
	columns := map[int]bool{}
	for _, k := range keys {
		if c, ok := k.(*expr.Col); ok {
			columns[c.Index] = true
		}
	}
	out := make([]expr.Expr, len(keys))
	for i, k := range keys {
		if _, ok := k.(*expr.Col); !ok && len(columns) > 0 && plan.Within(k, columns) && plan.VolatilityOf(k) != expr.Volatile && !dependentTypes(k) {
			out[i] = k
		}
	}
	return out
}

// withComputed returns a projection with the columns of a that computes these keys of the others.
func withComputed(a *plan.Aggregate, computed []expr.Expr) *plan.Project {
	n := &plan.Aggregate{Input: a.Input, Aggs: a.Aggs}
	made := map[int]int{} // the output of the key that is a column
	for i, k := range a.Keys {
		if computed[i] != nil {
			continue
		}
		n.Keys, n.Out = append(n.Keys, k), append(n.Out, a.Out[i])
		if c, ok := k.(*expr.Col); ok {
			made[c.Index] = a.Out[i].ID
		}
	}
	n.Out = append(n.Out, a.Out[len(a.Keys):]...)
	p := &plan.Project{Input: n, Out: a.Out}
	for i, c := range a.Out {
		e := column(c)
		if i < len(a.Keys) && computed[i] != nil {
			e = expr.Remap(computed[i], func(id int) int { return made[id] })
		}
		p.Exprs = append(p.Exprs, e)
	}
	return p
}

// withoutKeys returns a without the keys that are needless, under a projection that has its
// columns in their order.
func withoutKeys(a *plan.Aggregate, needless []bool) plan.Node {
	if !slices.Contains(needless, true) {
		return a
	}
	n := &plan.Aggregate{Input: a.Input, Aggs: a.Aggs}
	rest := a.Out[len(a.Keys):]
	var kept []plan.Column
	for i, k := range a.Keys {
		if !needless[i] {
			n.Keys, n.Out = append(n.Keys, k), append(n.Out, a.Out[i])
			continue
		}
		n.Aggs = append(n.Aggs, plan.AggCall{Agg: expr.Kept(k.Type()), Args: []expr.Expr{k}})
		kept = append(kept, a.Out[i])
	}
	n.Out = append(append(n.Out, rest...), kept...)
	p := &plan.Project{Input: n, Out: a.Out}
	for _, c := range a.Out {
		p.Exprs = append(p.Exprs, column(c))
	}
	return p
}

// dependency says that rows with equal columns from, NULLs being equal, have an equal column to.
type dependency struct {
	from []int
	to   int
}

// dependencies are what is known of the rows of an operator.
type dependencies []dependency

// of adds what holds in the rows of n. Where these may be followed by rows of NULLs alone, as
// those of the inner side of an outer join are (padded), what takes a NULL for a value is left out.
func (d *dependencies) of(n plan.Node, padded bool) {
	switch n := n.(type) {
	case *plan.Scan:
		d.ofScan(n)
	case *plan.Filter, *plan.Sort, *plan.Limit, *plan.LimitBy, *plan.Distinct, *plan.Window, *plan.Unroll:
		d.of(n.Children()[0], padded)
	case *plan.Project:
		d.ofProject(n, padded)
	case *plan.Aggregate:
		d.ofAggregate(n, padded)
	case *plan.Join:
		d.ofJoin(n, padded)
	}
}

// keyedSource is a plan.Source that knows whether the keys of its table hold in its rows.
type keyedSource interface{ Keyed() bool }

// ofScan adds that the primary key determines all columns.
func (d *dependencies) ofScan(n *plan.Scan) {
	src, ok := n.Source.(keyedSource)
	if !ok || !src.Keyed() || n.Table == nil || len(n.Table.PrimaryKey) == 0 || n.Spec.Versions != nil {
		return
	}
	var from []int
	for _, id := range n.Table.PrimaryKey {
		i := slices.Index(n.Spec.Columns, id)
		if i < 0 {
			return
		}
		from = append(from, n.Out[i].ID)
	}
	for _, c := range n.Out {
		*d = append(*d, dependency{from, c.ID})
	}
}

// ofProject adds that what an expression reads determines its value.
func (d *dependencies) ofProject(n *plan.Project, padded bool) {
	d.of(n.Input, padded)
	for i, e := range n.Exprs {
		if c, ok := e.(*expr.Col); ok {
			d.equal(c.Index, n.Out[i].ID)
			continue
		}
		if padded || plan.VolatilityOf(e) == expr.Volatile || dependentTypes(e) {
			continue
		}
		var from []int
		expr.Columns(e, func(id int) { from = append(from, id) })
		*d = append(*d, dependency{from, n.Out[i].ID})
	}
}

// dependentTypes reports whether e reads columns of types whose equal values may be told apart:
// then equal columns need not give equal results.
func dependentTypes(e expr.Expr) bool {
	if c, ok := e.(*expr.Col); ok {
		return !plainType(c.Typ)
	}
	return slices.ContainsFunc(expr.Children(e), dependentTypes)
}

// plainType reports whether equal values of t are the same in every way.
func plainType(t types.Type) bool {
	switch t.ID {
	case types.Float32, types.Float64, types.Interval, types.JSONB, types.Record:
		return false
	case types.Bpchar:
		return !t.KeepsBlanks()
	case types.Numeric:
		return t.IsScaled()
	}
	return !t.IsArray()
}

// ofAggregate adds that the keys determine the results.
func (d *dependencies) ofAggregate(n *plan.Aggregate, padded bool) {
	if padded || len(n.EmptySets) > 0 {
		return
	}
	var from []int
	for i := range n.Keys {
		from = append(from, n.Out[i].ID)
	}
	for _, c := range n.Out[len(n.Keys):] {
		*d = append(*d, dependency{from, c.ID})
	}
}

// ofJoin adds what holds in the inputs, and that columns are equal where an inner join says so.
func (d *dependencies) ofJoin(n *plan.Join, padded bool) {
	if n.Dependent {
		return
	}
	switch n.Kind {
	case plan.Inner:
		d.of(n.Left, padded)
		d.of(n.Right, padded)
		for _, p := range plan.Conjuncts(n.On) {
			a, b, ok := equiKey(p, plan.IDs(n.Left), plan.IDs(n.Right))
			l, ok1 := a.(*expr.Col)
			r, ok2 := b.(*expr.Col)
			if ok && ok1 && ok2 && l.Typ == r.Typ {
				d.equal(l.Index, r.Index)
			}
		}
	case plan.Left, plan.Single:
		d.of(n.Left, padded)
		d.of(n.Right, true)
	case plan.Right:
		d.of(n.Left, true)
		d.of(n.Right, padded)
	case plan.Full:
		d.of(n.Left, true)
		d.of(n.Right, true)
	case plan.Semi, plan.Anti:
		d.of(n.Left, padded)
	}
}

// equal adds that two columns are equal.
func (d *dependencies) equal(a, b int) {
	*d = append(*d, dependency{[]int{a}, b}, dependency{[]int{b}, a})
}

// closure returns the columns that ids determine, themselves included.
func (d dependencies) closure(ids []int) map[int]bool {
	set := map[int]bool{}
	for _, id := range ids {
		set[id] = true
	}
	for grown := true; grown; {
		grown = false
		for _, f := range d {
			if !set[f.to] && !slices.ContainsFunc(f.from, func(id int) bool { return !set[id] }) {
				set[f.to], grown = true, true
			}
		}
	}
	return set
}

// needless says of each key whether the others determine it, those being left out first that
// cost most: strings, and then the last.
func (d dependencies) needless(keys []expr.Expr) []bool {
	out := make([]bool, len(keys))
	left := len(keys) // one stays, even if all are constant: without keys there is a group of no rows
	for _, strings := range []bool{true, false} {
		for i := len(keys) - 1; i >= 0; i-- {
			c, ok := keys[i].(*expr.Col)
			if !ok || left == 1 || (c.Typ.Class() == types.Bytes) != strings {
				continue
			}
			var others []int
			for k, key := range keys {
				if o, ok := key.(*expr.Col); ok && k != i && !out[k] {
					others = append(others, o.Index)
				}
			}
			if out[i] = d.closure(others)[c.Index]; out[i] {
				left--
			}
		}
	}
	return out
}
