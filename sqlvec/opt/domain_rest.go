package opt

import (
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// continues reports whether a plan is, or reads, the step of a recursion that carries the values.
func (d *domain) continues(n plan.Node) bool {
	if w, ok := n.(*plan.WorkScan); ok {
		return d.ctes[w.CTE] != nil
	}
	if s, ok := n.(*plan.CTEScan); ok {
		for _, p := range s.CTE.Plans() {
			if d.ctes[s.CTE] == nil && d.continues(p) {
				return true
			}
		}
	}
	for _, k := range n.Children() {
		if d.continues(k) {
			return true
		}
	}
	return false
}

// pushWork reads the rows that a recursion is at, which have the values beside them.
func (d *domain) pushWork(n *plan.WorkScan) (plan.Node, reps) {
	s := d.ctes[n.CTE]
	if s == nil {
		return d.unsupported("a recursive query around")
	}
	r := reps(d.o.freshAll(d.cols))
	return &plan.WorkScan{CTE: s.cte, Out: append(n.Out[:len(n.Out):len(n.Out)], r...)}, r
}

// pushOwnLimit is pushLimit where each value has a count or an offset of its own: rows are numbered,
// in the order of the ORDER BY below.
func (d *domain) pushOwnLimit(input plan.Node, by []expr.Expr, count, offset expr.Expr) (plan.Node, reps) {
	if p, ok := input.(*plan.Project); ok {
		return d.push(&plan.Project{Input: limitOf(p.Input, by, count, offset), Exprs: p.Exprs, Out: p.Out})
	}
	var keys []plan.SortKey
	if s, ok := input.(*plan.Sort); ok {
		input, keys = s.Input, s.Keys
	}
	node, r := d.push(input)
	order := d.keysAt(keys, r)
	number := d.o.fresh(plan.Column{Name: "row", Type: types.T(types.Int64)})
	w := &plan.Window{Input: node, Order: order, Out: []plan.Column{number}, Partition: d.allAt(by, r)}
	for _, c := range r {
		w.Partition = append(w.Partition, column(c))
	}
	w.Calls = []plan.WindowCall{{Func: plan.RowNumber, Frame: plan.Frame{End: plan.FrameBound{Kind: plan.CurrentRow}}}}
	cond, err := expr.RowsWithin(column(number), column(number), d.at(count, r), d.at(offset, r))
	if err != nil {
		d.fail(err)
		return node, r
	}
	var out plan.Node = &plan.Filter{Input: w, Predicate: cond}
	if len(order) > 0 {
		out = &plan.Sort{Input: out, Keys: d.keysAt(keys, r)}
	}
	return out, r
}

func limitOf(input plan.Node, by []expr.Expr, count, offset expr.Expr) plan.Node {
	if by == nil {
		return &plan.Limit{Input: input, Count: count, Offset: offset}
	}
	return &plan.LimitBy{Input: input, By: by, Count: count, Offset: offset}
}

// withEmptySets adds, to an aggregation by grouping sets and value, the rows of the sets without
// keys for the values that have no rows: a is the aggregation without them, n the original.
func (d *domain) withEmptySets(a *plan.Aggregate, n *plan.Aggregate, key reps) (plan.Node, reps) {
	rows, again := d.o.share(a)
	keys := len(n.Keys)
	set := keys - 1 // the number of the set is the last key
	values, r := d.scan()
	number := d.o.fresh(n.Out[set])
	numbers := &plan.Values{Out: []plan.Column{number}}
	for _, i := range n.EmptySets {
		numbers.Rows = append(numbers.Rows, []expr.Expr{&expr.Const{Value: types.IntValue(number.Type, int64(i))}})
	}
	there := again.Columns()
	same, err := expr.NewOp(0, "=", column(number), column(there[set]))
	if err != nil {
		d.fail(err)
		return rows, key
	}
	on := append(d.equal(references(r), reps(there[keys:keys+len(key)])), same)
	missing := &plan.Join{Kind: plan.Anti, Left: &plan.Join{Kind: plan.Inner, Left: values, Right: numbers}, Right: again, On: plan.Conjunction(on)}
	p := &plan.Project{Input: missing, Out: d.o.freshAll(a.Out)}
	for i, c := range a.Out {
		switch {
		case i == set:
			p.Exprs = append(p.Exprs, column(number))
		case i < keys:
			p.Exprs = append(p.Exprs, &expr.Const{Value: types.NullOf(c.Type)})
		case i < keys+len(key):
			p.Exprs = append(p.Exprs, column(r[i-keys]))
		case a.Aggs[i-keys-len(key)].Agg.Empty:
			p.Exprs = append(p.Exprs, &expr.Const{Value: types.IntValue(c.Type, 0)})
		default:
			p.Exprs = append(p.Exprs, &expr.Const{Value: types.NullOf(c.Type)})
		}
	}
	u := &plan.SetOp{Kind: plan.Union, All: true, Left: rows, Right: p, Out: d.o.freshAll(a.Out)}
	out := &plan.Project{Input: u, Exprs: references(u.Out), Out: append([]plan.Column(nil), a.Out...)}
	return out, key
}
