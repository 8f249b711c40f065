package expr

// Children returns the direct operands of e, in order of evaluation.
func Children(e Expr) []Expr {
	switch e := e.(type) {
	case *Call:
		return e.Args
	case *Cast:
		return []Expr{e.Arg}
	case *Case:
		out := make([]Expr, 0, 2*len(e.Whens)+1)
		for _, w := range e.Whens {
			out = append(out, w.Cond, w.Then)
		}
		return append(out, e.Else)
	case *Logic:
		return e.Args
	case *Not:
		return []Expr{e.Arg}
	case *IsNull:
		return []Expr{e.Arg}
	case *IsBool:
		return []Expr{e.Arg}
	case *IsDistinct:
		return []Expr{e.L, e.R}
	case *In:
		return append([]Expr{e.Arg}, e.List...)
	case *Coalesce:
		return e.Args
	case *NullIf:
		return []Expr{e.Value, e.L, e.R}
	case *MinMax:
		return e.Args
	case *Subquery:
		if e.Arg != nil {
			return []Expr{e.Arg}
		}
	}
	return nil
}

// Walk calls fn for e and everything below it, parents first. It does not go below
// a node for which fn returns false.
func Walk(e Expr, fn func(Expr) bool) {
	if e == nil || !fn(e) {
		return
	}
	for _, c := range Children(e) {
		Walk(c, fn)
	}
}

// Rewrite returns e with fn applied to every node, children first. Nodes that do
// not change are shared with e; e itself is not changed.
func Rewrite(e Expr, fn func(Expr) Expr) Expr {
	if e == nil {
		return nil
	}
	kids := Children(e)
	changed := false
	out := make([]Expr, len(kids))
	for i, k := range kids {
		out[i] = Rewrite(k, fn)
		changed = changed || out[i] != k
	}
	if changed {
		e = withChildren(e, out)
	}
	return fn(e)
}

// withChildren returns a copy of e with the operands kids, in Children's order.
func withChildren(e Expr, kids []Expr) Expr {
	switch e := e.(type) {
	case *Call:
		c := *e
		c.Args = kids
		return &c
	case *Case:
		return caseWith(e, kids)
	case *Logic:
		c := *e
		c.Args = kids
		return &c
	case *In:
		c := *e
		c.Arg, c.List = kids[0], kids[1:]
		return &c
	case *Coalesce:
		c := *e
		c.Args = kids
		return &c
	case *MinMax:
		c := *e
		c.Args = kids
		return &c
	}
	return fixedWith(e, kids)
}

// caseWith is withChildren for a Case.
func caseWith(e *Case, kids []Expr) Expr {
	c := *e
	c.Whens = make([]When, len(e.Whens))
	for i := range c.Whens {
		c.Whens[i] = When{kids[2*i], kids[2*i+1]}
	}
	c.Else = kids[len(kids)-1]
	return &c
}

// fixedWith is withChildren for the nodes with a fixed number of operands.
func fixedWith(e Expr, kids []Expr) Expr {
	switch e := e.(type) {
	case *Cast:
		c := *e
		c.Arg = kids[0]
		return &c
	case *Not:
		c := *e
		c.Arg = kids[0]
		return &c
	case *IsNull:
		c := *e
		c.Arg = kids[0]
		return &c
	case *IsBool:
		c := *e
		c.Arg = kids[0]
		return &c
	case *IsDistinct:
		c := *e
		c.L, c.R = kids[0], kids[1]
		return &c
	case *NullIf:
		c := *e
		c.Value, c.L, c.R = kids[0], kids[1], kids[2]
		return &c
	case *Subquery:
		c := *e
		c.Arg = kids[0]
		return &c
	}
	return e
}

// Columns calls fn for the index of every Col in e, repeats included.
func Columns(e Expr, fn func(index int)) {
	Walk(e, func(x Expr) bool {
		if c, ok := x.(*Col); ok {
			fn(c.Index)
		}
		return true
	})
}

// Remap returns e with every column index i replaced by to(i).
func Remap(e Expr, to func(index int) int) Expr {
	return Rewrite(e, func(x Expr) Expr {
		c, ok := x.(*Col)
		if !ok {
			return x
		}
		n := *c
		n.Index = to(c.Index)
		return &n
	})
}
