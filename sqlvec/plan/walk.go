package plan

import "driftdb/sqlvec/expr"

// Exprs returns the places of all expressions that an operator itself evaluates, so
// that they can be read and replaced. Nil expressions are left out.
func Exprs(n Node) []*expr.Expr {
	var list []*expr.Expr
	add := func(places ...*expr.Expr) {
		for _, p := range places {
			if *p != nil {
				list = append(list, p)
			}
		}
	}
	addAll := func(s []expr.Expr) {
		for i := range s {
			add(&s[i])
		}
	}
	switch n := n.(type) {
	case *Scan:
		add(&n.Predicate)
	case *Values:
		list = make([]*expr.Expr, 0, len(n.Rows)*len(n.Out))
		for _, row := range n.Rows {
			addAll(row)
		}
	case *GenerateSeries:
		add(&n.Start, &n.Stop, &n.Step)
		addAll(n.Arrays)
	case *Filter:
		add(&n.Predicate)
	case *Project:
		addAll(n.Exprs)
	case *Aggregate:
		addAll(n.Keys)
		for i := range n.Aggs {
			addAll(n.Aggs[i].Args)
			add(&n.Aggs[i].Filter)
			list = append(list, keyExprs(n.Aggs[i].OrderBy)...)
		}
	case *Expand:
		addAll(n.Keys)
	case *Window:
		addAll(n.Partition)
		list = append(list, keyExprs(n.Order)...)
		for i := range n.Calls {
			add(n.Calls[i].exprs()...)
		}
	case *Distinct:
		addAll(n.On)
	case *Sort:
		list = append(list, keyExprs(n.Keys)...)
	case *Limit:
		add(&n.Count, &n.Offset)
	case *LimitBy:
		addAll(n.By)
		add(&n.Count, &n.Offset)
	case *Fetch:
		add(&n.Row)
	case *LockRows:
		addAll(n.Rows)
		add(&n.Count, &n.Offset)
	case *Unroll:
		add(&n.Start, &n.Stop, &n.Step)
		addAll(n.Arrays)
	case *Join:
		add(&n.On)
	case *HashJoin:
		addAll(n.LeftKeys)
		addAll(n.RightKeys)
		add(&n.Residual)
	case *NestedLoop:
		add(&n.Predicate)
	case *AsofJoin:
		addAll(n.LeftKeys)
		addAll(n.RightKeys)
		add(&n.LeftValue, &n.RightValue)
	case *RangeJoin:
		addAll(n.LeftKeys)
		addAll(n.RightKeys)
		add(&n.Point, &n.Start, &n.End, &n.Residual)
	}
	return list
}

func keyExprs(keys []SortKey) []*expr.Expr {
	list := make([]*expr.Expr, len(keys))
	for i := range keys {
		list[i] = &keys[i].Expr
	}
	return list
}

// SetChildren replaces the inputs of an operator, in the order of Children.
func SetChildren(n Node, kids []Node) {
	switch n := n.(type) {
	case *Filter:
		n.Input = kids[0]
	case *Project:
		n.Input = kids[0]
	case *Aggregate:
		n.Input = kids[0]
	case *Window:
		n.Input = kids[0]
	case *Expand:
		n.Input = kids[0]
	case *Distinct:
		n.Input = kids[0]
	case *Sort:
		n.Input = kids[0]
	case *Limit:
		n.Input = kids[0]
	case *LimitBy:
		n.Input = kids[0]
	case *LockRows:
		n.Input = kids[0]
	case *Fetch:
		n.Input = kids[0]
	case *Unroll:
		n.Input = kids[0]
	case *Join:
		n.Left, n.Right = kids[0], kids[1]
	case *HashJoin:
		n.Left, n.Right = kids[0], kids[1]
	case *NestedLoop:
		n.Left, n.Right = kids[0], kids[1]
	case *AsofJoin:
		n.Left, n.Right = kids[0], kids[1]
	case *RangeJoin:
		n.Left, n.Right = kids[0], kids[1]
	case *SetOp:
		n.Left, n.Right = kids[0], kids[1]
	}
}

// Used calls fn for the ID of every column that the operator's own expressions use.
func Used(n Node, fn func(id int)) {
	for _, e := range Exprs(n) {
		expr.Columns(*e, fn)
	}
}

// Free returns the IDs of the columns that a plan uses and does not make: those of the
// query around it.
func Free(n Node) map[int]bool {
	used, made := map[int]bool{}, map[int]bool{}
	collect(n, used, made, map[*CTE]bool{})
	for id := range made {
		delete(used, id)
	}
	return used
}

// Needed returns the IDs of the columns that a plan's expressions use or that it answers.
func Needed(n Node) map[int]bool {
	used := map[int]bool{}
	collect(n, used, map[int]bool{}, map[*CTE]bool{})
	for _, c := range n.Columns() {
		used[c.ID] = true
	}
	return used
}

func collect(n Node, used, made map[int]bool, seen map[*CTE]bool) {
	Used(n, func(id int) { used[id] = true })
	for _, c := range n.Columns() {
		made[c.ID] = true
	}
	if s, ok := n.(*CTEScan); ok && !seen[s.CTE] {
		seen[s.CTE] = true
		for _, p := range s.CTE.Plans() {
			collect(p, used, made, seen)
		}
	}
	for _, k := range n.Children() {
		collect(k, used, made, seen)
	}
}

// IDs returns the set of the columns of an operator.
func IDs(n Node) map[int]bool {
	set := map[int]bool{}
	for _, c := range n.Columns() {
		set[c.ID] = true
	}
	return set
}

// Within reports whether e uses only columns of the set.
func Within(e expr.Expr, set map[int]bool) bool {
	ok := true
	expr.Columns(e, func(id int) { ok = ok && set[id] })
	return ok
}

// Touches reports whether e uses a column of the set.
func Touches(e expr.Expr, set map[int]bool) bool {
	hit := false
	expr.Columns(e, func(id int) { hit = hit || set[id] })
	return hit
}

// Conjuncts returns the parts of a chain of ANDs; nil has none.
func Conjuncts(e expr.Expr) []expr.Expr {
	if e == nil {
		return nil
	}
	l, ok := e.(*expr.Logic)
	if !ok || l.Op != expr.And {
		return []expr.Expr{e}
	}
	var out []expr.Expr
	for _, a := range l.Args {
		out = append(out, Conjuncts(a)...)
	}
	return out
}

// Conjunction is the AND of parts, nil when there are none.
func Conjunction(parts []expr.Expr) expr.Expr {
	switch len(parts) {
	case 0:
		return nil
	case 1:
		return parts[0]
	}
	return &expr.Logic{At: expr.At(parts[0].Pos()), Op: expr.And, Args: parts}
}

// Transform rebuilds a plan from the leaves up: fn gets each operator with its inputs
// already transformed.
func Transform(n Node, fn func(Node) Node) Node {
	kids := n.Children()
	for i, k := range kids {
		kids[i] = Transform(k, fn)
	}
	if len(kids) > 0 {
		SetChildren(n, kids)
	}
	return fn(n)
}
