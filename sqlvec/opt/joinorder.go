package opt

import (
	"math/bits"

	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// The order of a chain of inner joins is the cheapest of all that join relations with a condition
// between them, found for ever larger sets of relations (Selinger et al., SIGMOD 1979; bushy
// trees, too), or for longer chains what a greedy search finds.

// mostOrdered is how many relations are put into the best order: a search looks at up to 3^n/2 pairs of sets.
const mostOrdered = 9

// What a row costs: one that is looked up costs little, as scans test the keys of the tables above
// them, one that is kept in a table costs its copy and its place there.
const (
	probeCost = 0.1
	buildCost = 1.5
	matchCost = 1.0
)

// relations is a set of relations of a chain.
type relations uint32

// within reports whether all of s are among o.
func (s relations) within(o relations) bool { return s&^o == 0 }

// condition is a condition of a chain, and the relations whose columns it has.
type condition struct {
	expr expr.Expr
	of   relations
}

// joinTree is the cheapest join of a set of relations that is known.
type joinTree struct {
	node plan.Node
	cost float64
}

// joinOrder is the search for the order of one chain.
type joinOrder struct {
	o     *optimizer
	of    map[int]relations // the relation of a column
	conds []condition
	equal equalities
	best  []joinTree // by the set of relations
}

// ordered joins the relations in the cheapest order, and filters by the conditions that no join has.
func (o *optimizer) ordered(rels []plan.Node, preds []expr.Expr, equal equalities) plan.Node {
	s := &joinOrder{o: o, of: map[int]relations{}, equal: equal, best: make([]joinTree, 1<<len(rels))}
	for i, r := range rels {
		for _, c := range r.Columns() {
			s.of[c.ID] = 1 << i
		}
		s.best[1<<i] = joinTree{node: r}
	}
	var rest []expr.Expr
	for _, p := range preds {
		if of, ok := s.relationsOf(p); ok {
			s.conds = append(s.conds, condition{p, of})
		} else {
			rest = append(rest, p)
		}
	}
	all := relations(1)<<len(rels) - 1
	for _, patient := range []bool{true, false} {
		for set := relations(3); set <= all && s.best[all].node == nil; set++ {
			if set&(set-1) != 0 {
				s.join(set, all, patient)
			}
		}
	}
	return filtered(s.best[all].node, rest)
}

// relationsOf returns the relations whose columns e has, if it has some and no others.
func (s *joinOrder) relationsOf(e expr.Expr) (of relations, ok bool) {
	ok = true
	expr.Columns(e, func(id int) {
		r, known := s.of[id]
		of, ok = of|r, ok && known
	})
	return of, ok && of != 0
}

// join finds the cheapest join of a set: one by a key, else one with another condition, else one without.
// A patient search leaves out a set that only something worse joins, where something better joins it with
// other relations. It finds none for all relations where a condition has columns of three that nothing else joins.
func (s *joinOrder) join(set, all relations, patient bool) {
	low := set & -set
	for kind := byKey; kind <= byNothing; kind++ {
		for l := (set - 1) & set; l != 0; l = (l - 1) & set {
			r := set &^ l
			if l&low == 0 || s.best[l].node == nil || s.best[r].node == nil {
				continue
			}
			if on := s.between(l, r); s.kindOf(l, on) == kind {
				s.consider(l, r, on)
			}
		}
		if s.best[set].node != nil || patient && set != all && s.kindOf(set, s.between(set, all&^set)) <= kind {
			return
		}
	}
}

// What joins two sets.
const (
	byKey   = iota // an equality between them
	byOther        // other conditions
	byNothing
)

// kindOf says what joins l with another set on some conditions.
func (s *joinOrder) kindOf(l relations, on []expr.Expr) int {
	if len(on) == 0 {
		return byNothing
	}
	for _, p := range on {
		c, ok := p.(*expr.Call)
		if !ok || c.Fn.Name != "=" || len(c.Args) != 2 {
			continue
		}
		a, ok1 := s.relationsOf(c.Args[0])
		b, ok2 := s.relationsOf(c.Args[1])
		if ok1 && ok2 && (a.within(l) && b&l == 0 || b.within(l) && a&l == 0) {
			return byKey
		}
	}
	return byOther
}

// consider keeps the join of two sets on some conditions if it is the cheapest for both together.
func (s *joinOrder) consider(l, r relations, on []expr.Expr) {
	left, right := s.best[l], s.best[r]
	if left.node.Estimated().Rows < right.node.Estimated().Rows {
		left, right = right, left
	}
	probed, built := left.node.Estimated().Rows, right.node.Estimated().Rows
	e := s.o.joinEstimate(plan.Inner, left.node, right.node, on)
	cost := left.cost + right.cost + probeCost*probed + buildCost*built + matchCost*e.Rows
	if len(on) == 0 {
		cost += probed * built
	}
	if b := &s.best[l|r]; b.node == nil || cost < b.cost {
		j := &plan.Join{Kind: plan.Inner, Left: left.node, Right: right.node, On: plan.Conjunction(on)}
		j.Estimate = e
		*b = joinTree{j, cost}
	}
}

// between returns the conditions of the join of two sets: an equality of each set of equal columns
// that both have, and the other conditions that can be answered first with both.
func (s *joinOrder) between(l, r relations) []expr.Expr {
	on := s.equal.between(func(id int) bool { return s.of[id]&l != 0 }, func(id int) bool { return s.of[id]&r != 0 })
	for _, c := range s.conds {
		if c.of.within(l|r) && !s.answered(c, l) && !s.answered(c, r) {
			on = append(on, c.expr)
		}
	}
	return on
}

// answered reports whether a join of set has the condition.
func (s *joinOrder) answered(c condition, set relations) bool {
	return bits.OnesCount32(uint32(set)) > 1 && c.of.within(set)
}
