package opt

import (
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// carry adds to the conditions of one side of a join those of the other side that follow from equal columns: of
// a.x = b.x AND a.x < 5 that b.x < 5. Scans are left out, which ask at run time for the keys that the other side has; groups,
// windows and set operations would compute rows first that no row of the other side can meet.
func (o *optimizer) carry(n *plan.Join, on, left, right []expr.Expr) (l, r []expr.Expr) {
	if n.NullAware {
		return left, right
	}
	toRight, toLeft := false, false
	switch n.Kind {
	case plan.Inner, plan.Semi:
		toRight, toLeft = blocks(n.Right), blocks(n.Left)
	case plan.Left, plan.Anti:
		toRight = blocks(n.Right)
	}
	l, r = left, right
	if toRight {
		r = o.carried(right, left, on, plan.IDs(n.Right))
	}
	if toLeft {
		l = o.carried(left, right, on, plan.IDs(n.Left))
	}
	return l, r
}

// blocks reports whether a plan reads rows before it knows which are asked for.
func blocks(node plan.Node) bool {
	switch node.(type) {
	case *plan.Aggregate, *plan.Distinct, *plan.Window, *plan.SetOp:
		return true
	}
	for _, k := range node.Children() {
		if blocks(k) {
			return true
		}
	}
	return false
}

// carried adds to the conditions to what conditions of the other side say of columns of the set ids by the
// equalities among on.
func (o *optimizer) carried(to, from, on []expr.Expr, ids map[int]bool) []expr.Expr {
	for _, eq := range on {
		a, b, ok := equalColumns(eq)
		if !ok || ids[a.Index] == ids[b.Index] {
			continue
		}
		if ids[a.Index] {
			a, b = b, a
		}
		for _, p := range from {
			if !compares(p, a.Index) {
				continue
			}
			q := expr.Remap(p, func(int) int { return b.Index })
			if !contains(to, q) && o.selectivity(q) <= worthAsking {
				to = append(to, q)
			}
		}
	}
	return to
}

// compares reports whether a condition does no more than compare a column with constants: what holds for one value then
// holds for those equal to it.
func compares(p expr.Expr, id int) bool {
	column := func(e expr.Expr) bool {
		c, ok := e.(*expr.Col)
		return ok && c.Index == id
	}
	switch p := p.(type) {
	case *expr.Logic:
		for _, a := range p.Args {
			if !compares(a, id) {
				return false
			}
		}
		return true
	case *expr.In:
		for _, e := range p.List {
			if !expr.IsConst(e) {
				return false
			}
		}
		return column(p.Arg)
	case *expr.Call:
		switch p.Fn.Name {
		case "=", "<>", "<", "<=", ">", ">=":
			return column(p.Args[0]) && expr.IsConst(p.Args[1]) || column(p.Args[1]) && expr.IsConst(p.Args[0])
		}
	}
	return false
}
