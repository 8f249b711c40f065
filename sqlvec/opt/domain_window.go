package opt

import (
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// pushWindow makes the values part of what partitions the rows.
func (d *domain) pushWindow(n *plan.Window) (plan.Node, reps) {
	input, r := d.push(n.Input)
	w := &plan.Window{Input: input, Order: d.keysAt(n.Order, r), Out: n.Out}
	w.Partition = append(d.allAt(n.Partition, r), references(r)...)
	for _, c := range n.Calls {
		c.Args, c.Filter = d.allAt(c.Args, r), d.at(c.Filter, r)
		f := &c.Frame
		for _, x := range []*expr.Expr{&f.Key, &f.Start.Limit, &f.End.Limit} {
			*x = d.at(*x, r)
		}
		w.Calls = append(w.Calls, c)
	}
	return w, r
}
