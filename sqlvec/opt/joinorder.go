package opt

import (
	"math/bits"

	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// The order of a chain of inner joins is the cheapest of all that join relations with a condition
// between them, found for ever larger sets of relations (Selinger et al., SIGMOD 1979; bushy
// trees, too), or for longer chains what a greedy search finds.

// mostOrdered is how many relations are put into the best order: a search looks at up to 3^n/2 pairs of sets. A greedy search takes
// up to mostRelations; longer chains are joined in parts of that length, as they are written.
const (
	mostOrdered   = 9
	mostRelations = 64
)

// What a row costs: one that is looked up costs little, as scans test the keys of the tables above
// them, one that is kept in a table costs its copy and its place there.
const (
	probeCost = 0.1
	buildCost = 1.5
	matchCost = 1.0
)

// relations is a set of relations of a chain.
type relations uint64

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
	best  []joinTree // by the set of relations, for a search of all orders
}

// ordered joins the relations in the cheapest order, and filters by the conditions that no join has.
func (o *optimizer) ordered(rels []plan.Node, preds []expr.Expr, equal equalities) plan.Node {
	for len(rels) > mostRelations {
		s, rest := o.newJoinOrder(rels[:mostRelations], preds, equal)
		rels = append([]plan.Node{s.greedy(rels[:mostRelations])}, rels[mostRelations:]...)
		preds = rest
	}
	s, rest := o.newJoinOrder(rels, preds, equal)
	if len(rels) > mostOrdered {
		return filtered(s.greedy(rels), rest)
	}
	s.best = make([]joinTree, 1<<len(rels))
	for i, r := range rels {
		s.best[1<<i] = joinTree{node: r}
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

// newJoinOrder begins a search, and returns the conditions that have columns of other relations, or of none.
func (o *optimizer) newJoinOrder(rels []plan.Node, preds []expr.Expr, equal equalities) (s *joinOrder, rest []expr.Expr) {
	s = &joinOrder{o: o, of: map[int]relations{}, equal: equal}
	for i, r := range rels {
		for _, c := range r.Columns() {
			s.of[c.ID] = 1 << i
		}
	}
	for _, p := range preds {
		if of, ok := s.relationsOf(p); ok {
			s.conds = append(s.conds, condition{p, of})
		} else {
			rest = append(rest, p)
		}
	}
	return s, rest
}

// greedy joins, again and again, the two sets of relations with the smallest result, of those the cheapest; a pair
// without a condition comes last.
func (s *joinOrder) greedy(rels []plan.Node) plan.Node {
	type pair struct{ l, r relations }
	type candidate struct {
		tree   joinTree
		linked bool
	}
	trees, sets := map[relations]joinTree{}, make([]relations, len(rels))
	for i, r := range rels {
		sets[i] = 1 << i
		trees[sets[i]] = joinTree{node: r}
	}
	known := map[pair]candidate{}
	for len(sets) > 1 {
		var best candidate
		var bi, bj int
		for i := range sets {
			for j := i + 1; j < len(sets); j++ {
				c, ok := known[pair{sets[i], sets[j]}]
				if !ok {
					on := s.between(sets[i], sets[j])
					c = candidate{s.tree(sets[i], sets[j], trees[sets[i]], trees[sets[j]], on), len(on) > 0}
					known[pair{sets[i], sets[j]}] = c
				}
				if best.tree.node == nil || c.linked && !best.linked || c.linked == best.linked && c.tree.smaller(best.tree) {
					best, bi, bj = c, i, j
				}
			}
		}
		sets[bi] |= sets[bj]
		trees[sets[bi]] = best.tree
		sets = append(sets[:bj], sets[bj+1:]...)
	}
	return trees[sets[0]].node
}

// smaller reports whether t has fewer rows than o, or as many for less.
func (t joinTree) smaller(o joinTree) bool {
	if a, b := t.node.Estimated().Rows, o.node.Estimated().Rows; a != b {
		return a < b
	}
	return t.cost < o.cost
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
	t := s.tree(l, r, s.best[l], s.best[r], on)
	if b := &s.best[l|r]; b.node == nil || t.cost < b.cost {
		*b = t
	}
}

// tree is the join of two trees, of the sets l and r, on some conditions. The one with fewer rows is on the right, where
// it is hashed.
func (s *joinOrder) tree(l, r relations, left, right joinTree, on []expr.Expr) joinTree {
	if left.node.Estimated().Rows < right.node.Estimated().Rows {
		left, right, l, r = right, left, r, l
	}
	li, ri := map[int]bool{}, map[int]bool{}
	for _, p := range on {
		expr.Columns(p, func(id int) {
			if s.of[id].within(l) {
				li[id] = true
			} else {
				ri[id] = true
			}
		})
	}
	probed, built := left.node.Estimated().Rows, right.node.Estimated().Rows
	j := &plan.Join{Kind: plan.Inner, Left: left.node, Right: right.node, On: plan.Conjunction(on)}
	j.Estimate = s.o.joinEstimateOf(plan.Inner, left.node, right.node, on, li, ri)
	cost := left.cost + right.cost + probeCost*probed + buildCost*built + matchCost*j.Rows
	if len(on) == 0 {
		cost += probed * built
	}
	return joinTree{j, cost}
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
	return bits.OnesCount64(uint64(set)) > 1 && c.of.within(set)
}
