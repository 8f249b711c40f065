package opt

import (
	"slices"

	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// semiJoins makes semi joins of inner joins where it does not matter how often a row is there, as below DISTINCT and in what IN and
// EXISTS look into, and one side has no column that is needed. need are the columns of n that are, and once says that
// for n, too, it does not matter.
func (o *optimizer) semiJoins(n plan.Node, need map[int]bool, once bool) plan.Node {
	if j, ok := n.(*plan.Join); ok && once && j.Kind == plan.Inner && o.becomesSemi(j) {
		switch {
		case !anyOf(j.Right.Columns(), need):
			j.Kind = plan.Semi
		case !anyOf(j.Left.Columns(), need):
			j.Kind, j.Left, j.Right = plan.Semi, j.Right, j.Left
		}
	}
	kids := n.Children()
	for i, k := range kids {
		if u, ok := k.(*plan.SetOp); ok && looksForEqual(n) && u.Kind == plan.Union {
			u.All = true // n finds the rows that are there twice
		}
		kids[i] = o.semiJoins(k, needOf(n, k, need), onceBelow(n, i, once))
	}
	if len(kids) > 0 {
		plan.SetChildren(n, kids)
	}
	return n
}

// looksForEqual reports whether n is DISTINCT or UNION: of equal rows of its inputs it takes one.
func looksForEqual(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Distinct:
		return len(n.On) == 0
	case *plan.SetOp:
		return n.Kind == plan.Union && !n.All
	}
	return false
}

// needOf is what n needs of its input k.
func needOf(n, k plan.Node, need map[int]bool) map[int]bool {
	switch n.(type) {
	case *plan.Project, *plan.Aggregate:
		need = nil
	case *plan.Filter, *plan.Join, *plan.Sort, *plan.Limit:
	default:
		need = plan.IDs(k)
	}
	return ownUses(n, need)
}

// becomesSemi reports whether a join may look at fewer pairs: none can raise an error, and it has a key.
func (o *optimizer) becomesSemi(j *plan.Join) bool {
	if j.Dependent || j.On == nil || !harmless(j.On, true) {
		return false
	}
	l, r := plan.IDs(j.Left), plan.IDs(j.Right)
	return slices.ContainsFunc(plan.Conjuncts(j.On), func(p expr.Expr) bool {
		_, _, ok := equiKey(p, l, r)
		return ok
	})
}

// anyOf reports whether one of the columns is in the set.
func anyOf(columns []plan.Column, set map[int]bool) bool {
	return slices.ContainsFunc(columns, func(c plan.Column) bool { return set[c.ID] })
}

// onceBelow reports whether it does not matter how often a row of the input i of n is there, where once says so of the
// rows of n.
func onceBelow(n plan.Node, i int, once bool) bool {
	switch n := n.(type) {
	case *plan.Distinct:
		return len(n.On) == 0
	case *plan.Aggregate:
		return !slices.ContainsFunc(n.Aggs, counts) && !slices.ContainsFunc(plan.Exprs(n), volatile)
	case *plan.SetOp:
		return !n.All || n.Kind == plan.Union && once
	case *plan.Join:
		if slices.ContainsFunc(plan.Exprs(n), volatile) {
			return false
		}
		switch n.Kind {
		case plan.Semi, plan.Anti, plan.Mark:
			return once || i == 1
		case plan.Single:
			return once && i == 0
		}
		return once
	case *plan.Sort:
		return once && n.Limit == 0
	case *plan.Project, *plan.Filter, *plan.Expand:
		return once && !slices.ContainsFunc(plan.Exprs(n), volatile)
	}
	return false
}

// counts reports whether the result of a call depends on how often a row is there.
func counts(c plan.AggCall) bool {
	switch c.Agg.Name {
	case "min", "max", "bool_and", "bool_or", "every", "bit_and", "bit_or":
		return len(c.OrderBy) > 0
	}
	return !c.Agg.IsKept() && (!c.Distinct || len(c.OrderBy) > 0)
}

// readOnce notes in set the WITH queries for none of whose readers in n it matters how often a row is there: true, or false of
// those that have another.
func readOnce(n plan.Node, once bool, set map[*plan.CTE]bool) {
	if s, ok := n.(*plan.CTEScan); ok {
		known, seen := set[s.CTE]
		set[s.CTE] = once && (known || !seen)
		if !seen {
			for _, p := range s.CTE.Plans() {
				readOnce(p, false, set)
			}
		}
	}
	for i, k := range n.Children() {
		readOnce(k, onceBelow(n, i, once), set)
	}
}
