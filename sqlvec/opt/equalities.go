package opt

import (
	"slices"

	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// equalities are what a chain of inner joins says to be equal: sets of columns that are equal in
// every row of the result. Two relations are joined by one equality of every set that has columns
// of both, be it written or follow from others; so the columns that a relation has of a set are equal.
type equalities []equalSet

// equalSet is one set, with the conditions that say so.
type equalSet struct {
	columns []*expr.Col
	said    []expr.Expr
}

// equalitiesOf takes the equalities between columns of different relations from preds and returns
// the other conditions, with those of columns of one relation that follow.
func equalitiesOf(rels []plan.Node, preds []expr.Expr) (sets equalities, rest []expr.Expr) {
	of := map[int]int{} // the relation of a column
	for i, r := range rels {
		for id := range plan.IDs(r) {
			of[id] = i
		}
	}
	for _, p := range preds {
		a, b, ok := equalColumns(p)
		if ok {
			i, known := of[a.Index]
			j, known2 := of[b.Index]
			ok = known && known2 && i != j
		}
		if !ok {
			rest = append(rest, p)
			continue
		}
		sets = sets.add(a, b, p)
	}
	for _, s := range sets {
		first := map[int]*expr.Col{} // of each relation
		for _, c := range s.columns {
			if f := first[of[c.Index]]; f == nil {
				first[of[c.Index]] = c
			} else if p := equality(f, c); p != nil {
				rest = append(rest, p)
			}
		}
	}
	return sets, rest
}

// equality returns the condition that two columns of an equalSet are equal.
func equality(a, b *expr.Col) expr.Expr {
	p, err := expr.NewOp(a.Pos(), "=", a, b)
	if err != nil {
		return nil // unreachable: columns of their type have been compared
	}
	return p
}

// equalColumns returns the sides of a condition that says that two columns are equal, of a type whose
// equal values are the same.
func equalColumns(p expr.Expr) (a, b *expr.Col, ok bool) {
	c, ok := p.(*expr.Call)
	if !ok || c.Fn.Name != "=" || len(c.Args) != 2 {
		return nil, nil, false
	}
	a, ok1 := c.Args[0].(*expr.Col)
	b, ok2 := c.Args[1].(*expr.Col)
	return a, b, ok1 && ok2 && a.Typ == b.Typ && plainType(a.Typ)
}

// add adds that p says a and b to be equal.
func (e equalities) add(a, b *expr.Col, p expr.Expr) equalities {
	set := equalSet{columns: []*expr.Col{a, b}, said: []expr.Expr{p}}
	rest := e[:0:0]
	for _, s := range e {
		if !s.has(a) && !s.has(b) {
			rest = append(rest, s)
			continue
		}
		for _, c := range s.columns {
			if !set.has(c) {
				set.columns = append(set.columns, c)
			}
		}
		set.said = append(s.said, set.said...)
	}
	return append(rest, set)
}

func (s *equalSet) has(c *expr.Col) bool {
	return slices.ContainsFunc(s.columns, func(o *expr.Col) bool { return o.Index == c.Index })
}

// between returns the conditions that join two relations with these columns.
func (e equalities) between(left, right func(id int) bool) []expr.Expr {
	var on []expr.Expr
	for i := range e {
		if p := e[i].between(left, right); p != nil {
			on = append(on, p)
		}
	}
	return on
}

// between returns the condition of the set, one that was written if there is one, nil where a side has
// none of its columns.
func (s *equalSet) between(left, right func(id int) bool) expr.Expr {
	for _, p := range s.said {
		if a, b, _ := equalColumns(p); left(a.Index) && right(b.Index) || left(b.Index) && right(a.Index) {
			return p
		}
	}
	in := func(side func(id int) bool) *expr.Col {
		i := slices.IndexFunc(s.columns, func(c *expr.Col) bool { return side(c.Index) })
		if i < 0 {
			return nil
		}
		return s.columns[i]
	}
	l, r := in(left), in(right)
	if l == nil || r == nil {
		return nil
	}
	return equality(l, r)
}
