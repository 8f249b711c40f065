package opt

import (
	"fmt"
	"slices"

	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// fewWindowRows is how many rows are sorted by their partitions rather than grouped by them: there
// is little to gain, and the answer comes in the order of the partitions.
const fewWindowRows = 1 << 11

// wholes makes groups of windows whose functions see whole partitions: the groups' results are
// joined to the rows, which need not be sorted then. root are the columns that the plan answers.
type wholes struct {
	o    *optimizer
	made map[plan.Node]bool // the joins, and the projections of their columns
}

// wholeWindows groups such windows in a plan.
func (o *optimizer) wholeWindows(node plan.Node, root []plan.Column) plan.Node {
	if o.generic || !hasWhole(node) || locks(node) {
		return node
	}
	node = o.prune(node, idsOf(root))
	w := &wholes{o: o, made: map[plan.Node]bool{}}
	return plan.Transform(node, func(n plan.Node) plan.Node {
		if n, ok := n.(*plan.Window); ok && isWhole(n) {
			return w.window(n)
		}
		return n
	})
}

// hasWhole reports whether a window of the plan sees whole partitions.
func hasWhole(n plan.Node) bool {
	w, ok := n.(*plan.Window)
	return ok && isWhole(w) || slices.ContainsFunc(n.Children(), hasWhole)
}

// isWhole reports whether all calls of a window are aggregates of whole partitions whose order does
// not matter, and nothing of it is volatile.
func isWhole(w *plan.Window) bool {
	for i, c := range w.Calls {
		t := w.Out[i].Type
		if c.Func != plan.WindowAgg || c.Agg.Ordered || t.IsArray() || !wholeFrame(&c.Frame, len(w.Order) > 0) {
			return false
		}
	}
	return !slices.ContainsFunc(plan.Exprs(w), func(e *expr.Expr) bool { return plan.VolatilityOf(*e) == expr.Volatile })
}

// wholeFrame reports whether a frame has all rows of the partition, which are peers of each other if
// they are not ordered.
func wholeFrame(f *plan.Frame, ordered bool) bool {
	peers := !ordered && f.Mode != plan.FrameRows
	start := f.Start.Kind == plan.UnboundedPreceding || peers && f.Start.Kind == plan.CurrentRow
	end := f.End.Kind == plan.UnboundedFollowing || peers && f.End.Kind == plan.CurrentRow
	return start && end && f.Exclude == plan.ExcludeNothing
}

// window returns what stands for a window. The join goes to the rows below other windows, unless
// these make what the groups are made of.
func (w *wholes) window(n *plan.Window) plan.Node {
	o, cols := w.o, slices.Clone(n.Columns())
	used := map[int]bool{}
	plan.Used(n, func(id int) { used[id] = true })
	place, ordered := &n.Input, (*plan.Window)(nil)
	for {
		below, ok := w.below(*place, used)
		if !ok {
			break
		}
		if x, ok := (*place).(*plan.Window); ok && samePartition(x, n) {
			ordered = x
		}
		place = below
	}
	base := *place
	o.estimate(base)
	rows := base.Estimated().Rows
	if rows < fewWindowRows || o.groups(n.Partition, rows) > rows/2 || readsWork(base) || len(plan.Free(base)) > 0 {
		return n
	}
	source, ids, ok := w.again(base)
	switch {
	case ok:
	case ordered != nil:
		return w.keep(w.merge(n, ordered), cols)
	default:
		*place, source, ids = w.kept(base)
	}
	*place = w.join(n, *place, source, ids)
	w.pass(n.Input, *place, n.Out)
	return w.keep(n.Input, cols)
}

// keep returns the columns that a window had of what stands for it.
func (w *wholes) keep(n plan.Node, cols []plan.Column) plan.Node {
	out := keepColumns(n, cols)
	w.made[out] = w.made[out] || out != n
	return out
}

// below returns the place of the rows that a window, or a join made of one, adds columns to, unless
// these are among used.
func (w *wholes) below(n plan.Node, used map[int]bool) (*plan.Node, bool) {
	switch n := n.(type) {
	case *plan.Window:
		if !slices.ContainsFunc(n.Out, func(c plan.Column) bool { return used[c.ID] }) {
			return &n.Input, true
		}
	case *plan.Project:
		if w.made[n] {
			return w.below(n.Input, used)
		}
	case *plan.HashJoin:
		if w.made[n] && !slices.ContainsFunc(n.Right.Columns(), func(c plan.Column) bool { return used[c.ID] }) {
			return &n.Left, true
		}
	case *plan.NestedLoop:
		if w.made[n] && !slices.ContainsFunc(n.Right.Columns(), func(c plan.Column) bool { return used[c.ID] }) {
			return &n.Left, true
		}
	}
	return nil, false
}

// pass makes the projections between n and a join below it hand on the columns that the join adds.
func (w *wholes) pass(n, join plan.Node, added []plan.Column) {
	for n != join {
		switch x := n.(type) {
		case *plan.Window:
			n = x.Input
		case *plan.Project:
			for _, c := range added {
				x.Out, x.Exprs = append(x.Out, c), append(x.Exprs, column(c))
			}
			n = x.Input
		case *plan.HashJoin:
			n = x.Left
		case *plan.NestedLoop:
			n = x.Left
		default:
			return
		}
	}
}

// samePartition reports whether two windows partition the rows alike.
func samePartition(a, b *plan.Window) bool {
	in := func(list []expr.Expr, x expr.Expr) bool {
		return slices.ContainsFunc(list, func(y expr.Expr) bool { return plan.Same(x, y) })
	}
	for _, x := range a.Partition {
		if !in(b.Partition, x) {
			return false
		}
	}
	for _, x := range b.Partition {
		if !in(a.Partition, x) {
			return false
		}
	}
	return true
}

// merge moves the calls of n to a window below that partitions the rows alike, and returns what is
// left of n.
func (w *wholes) merge(n, to *plan.Window) plan.Node {
	for _, c := range n.Calls {
		c.Frame = plan.Frame{Mode: plan.FrameRows, End: plan.FrameBound{Kind: plan.UnboundedFollowing}}
		to.Calls = append(to.Calls, c)
	}
	to.Out = append(to.Out, n.Out...)
	return n.Input
}

// join returns the rows of left with the results of n over source, a twin of them: ids are its columns
// by those of n's rows.
func (w *wholes) join(n *plan.Window, left, source plan.Node, ids map[int]int) plan.Node {
	to := func(e expr.Expr) expr.Expr {
		if e == nil {
			return nil
		}
		return expr.Remap(e, func(id int) int { return ids[id] })
	}
	a := &plan.Aggregate{Input: source}
	for _, x := range n.Partition {
		a.Keys = append(a.Keys, to(x))
		c := plan.Column{Name: "key", Type: x.Type()}
		if col, ok := x.(*expr.Col); ok {
			c.ID, c.Name = col.Index, col.Name
		}
		a.Out = append(a.Out, w.o.fresh(c))
	}
	for i, c := range n.Calls {
		call := plan.AggCall{Agg: c.Agg, Filter: to(c.Filter)}
		for _, x := range c.Args {
			call.Args = append(call.Args, to(x))
		}
		a.Aggs, a.Out = append(a.Aggs, call), append(a.Out, n.Out[i])
	}
	var out plan.Node
	if len(a.Keys) == 0 {
		out = &plan.NestedLoop{Kind: plan.Inner, Left: left, Right: a}
	} else {
		out = &plan.HashJoin{Kind: plan.Inner, NullSafe: true, Left: left, Right: a, LeftKeys: n.Partition, RightKeys: references(a.Out[:len(a.Keys)])}
	}
	w.made[out] = true
	return out
}

// again returns a plan that makes the rows of n anew, and its columns by those of n. ok is false
// where that is not possible, or costs more than to keep the rows.
func (w *wholes) again(n plan.Node) (out plan.Node, ids map[int]int, ok bool) {
	if s, ok := n.(*plan.CTEScan); ok {
		s.CTE.Uses++
		again := &plan.CTEScan{CTE: s.CTE, Out: w.o.freshAll(s.Out)}
		return again, pairs(s.Out, again.Out), true
	}
	e := n.Estimated()
	if keep := e.Rows * (keepCost + 2*float64(e.Width)/pageBytes*pageCost); keep*2 < scanCost(n) {
		return nil, nil, false
	}
	ids = map[int]int{}
	out = w.copy(n, ids)
	return out, ids, out != nil
}

// copy returns a copy of a scan and what filters and projects its rows, nil for other plans, and adds
// its columns to ids.
func (w *wholes) copy(n plan.Node, ids map[int]int) plan.Node {
	if !shareable(n) {
		return nil
	}
	to := func(e expr.Expr) expr.Expr { return expr.Remap(e, func(id int) int { return ids[id] }) }
	switch n := n.(type) {
	case *plan.Scan:
		_, again := w.o.share(n)
		addPairs(ids, n.Out, again.Columns())
		return again
	case *plan.Filter:
		if in := w.copy(n.Input, ids); in != nil {
			return &plan.Filter{Input: in, Predicate: to(n.Predicate)}
		}
	case *plan.Project:
		in := w.copy(n.Input, ids)
		if in == nil {
			return nil
		}
		p := &plan.Project{Input: in, Out: w.o.freshAll(n.Out)}
		for _, e := range n.Exprs {
			p.Exprs = append(p.Exprs, to(e))
		}
		addPairs(ids, n.Out, p.Out)
		return p
	}
	return nil
}

// kept makes the rows of n once for two readers.
func (w *wholes) kept(n plan.Node) (first, second plan.Node, ids map[int]int) {
	o := w.o
	cols := slices.Clone(n.Columns())
	o.commons++
	c := &plan.CTE{Name: fmt.Sprintf("common_%d", o.commons), Plan: n, Uses: 2, Always: true}
	a, b := &plan.CTEScan{CTE: c, Out: cols}, &plan.CTEScan{CTE: c, Out: o.freshAll(cols)}
	return a, b, pairs(a.Out, b.Out)
}

// pairs returns the IDs of columns b by those of a.
func pairs(a, b []plan.Column) map[int]int {
	ids := map[int]int{}
	addPairs(ids, a, b)
	return ids
}

func addPairs(ids map[int]int, a, b []plan.Column) {
	for i := range a {
		ids[a[i].ID] = b[i].ID
	}
}

// readsWork reports whether a plan reads the rows that a recursion is at.
func readsWork(n plan.Node) bool {
	_, ok := n.(*plan.WorkScan)
	return ok || slices.ContainsFunc(n.Children(), readsWork)
}
