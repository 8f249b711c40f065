package bind

import (
	"slices"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// The limits of PostgreSQL.
const (
	maxGroupingSets = 4096
	maxCube         = 12
)

// grouping is one call of grouping(): which of its arguments a row was not grouped by.
type grouping struct {
	args []expr.Expr
	out  plan.Column
	pos  int
}

// bindGrouping binds grouping(a, …). The column that stands for it is computed above the
// aggregation.
func (b *Binder) bindGrouping(e *parse.FuncCall, c *exprContext) (expr.Expr, error) {
	pos := int(e.Position())
	switch {
	case c.inAgg:
		return nil, dberr.New(dberr.GroupingError, "aggregate function calls cannot be nested").At(pos)
	case c.aggs == nil:
		return nil, dberr.Newf(dberr.GroupingError, "grouping operations are not allowed in %s", c.clause).At(pos)
	case len(e.Args) > 31:
		return nil, dberr.New(dberr.TooManyArguments, "GROUPING must have fewer than 32 arguments").At(pos)
	}
	args, err := b.bindExprs(e.Args, c)
	if err != nil {
		return nil, err
	}
	for _, g := range c.aggs.groupings {
		if sameList(g.args, args) {
			return &expr.Col{At: expr.At(pos), Index: g.out.ID, Typ: g.out.Type, Name: g.out.Name}, nil
		}
	}
	g := &grouping{args: args, out: b.newColumn("grouping", types.T(types.Int32)), pos: pos}
	c.aggs.groupings = append(c.aggs.groupings, g)
	return &expr.Col{At: expr.At(pos), Index: g.out.ID, Typ: g.out.Type, Name: g.out.Name}, nil
}

// groupingSets expands the items of GROUP BY, which are combined with each other, into
// sets of keys by their numbers.
func (s *selection) groupingSets(items []parse.Expr) ([][]int, error) {
	sets := [][]int{nil}
	for _, item := range items {
		list, err := s.setsOf(item)
		if err != nil {
			return nil, err
		}
		var both [][]int
		for _, a := range sets {
			for _, b := range list {
				both = append(both, union(a, b))
			}
		}
		if sets = both; len(sets) > maxGroupingSets {
			return nil, dberr.Newf(dberr.StatementTooComplex, "too many grouping sets present (maximum %d)", maxGroupingSets).At(int(item.Position()))
		}
	}
	return sets, nil
}

// union returns the keys of a and b, ascending, each once.
func union(a, b []int) []int {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return slices.Compact(out)
}

// setsOf returns the sets of one item.
func (s *selection) setsOf(item parse.Expr) ([][]int, error) {
	g, ok := item.(*parse.GroupingSet)
	if !ok {
		keys, err := s.keysOf(item)
		return [][]int{keys}, err
	}
	switch g.Kind {
	case parse.GroupingEmpty:
		return [][]int{nil}, nil
	case parse.GroupingSets:
		var out [][]int
		for _, e := range g.Items {
			list, err := s.setsOf(e)
			if err != nil {
				return nil, err
			}
			out = append(out, list...)
		}
		return out, nil
	}
	if g.Kind == parse.GroupingCube && len(g.Items) > maxCube {
		return nil, dberr.Newf(dberr.TooManyColumns, "CUBE is limited to %d elements", maxCube).At(int(g.Position()))
	}
	units := make([][]int, len(g.Items))
	for i, e := range g.Items {
		keys, err := s.keysOf(e)
		if err != nil {
			return nil, err
		}
		units[i] = keys
	}
	if g.Kind == parse.GroupingRollup {
		return rollup(units), nil
	}
	return cube(units), nil
}

// rollup returns the beginnings of the list, the longest first.
func rollup(units [][]int) [][]int {
	var out [][]int
	for n := len(units); n >= 0; n-- {
		var set []int
		for _, u := range units[:n] {
			set = union(set, u)
		}
		out = append(out, set)
	}
	return out
}

// cube returns all subsets, the largest first.
func cube(units [][]int) [][]int {
	var out [][]int
	for mask := 1<<len(units) - 1; mask >= 0; mask-- {
		var set []int
		for i, u := range units {
			if mask>>i&1 == 1 {
				set = union(set, u)
			}
		}
		out = append(out, set)
	}
	return out
}

// keysOf binds an expression, or several in parentheses, as keys and returns their numbers.
func (s *selection) keysOf(item parse.Expr) ([]int, error) {
	var keys []int
	for _, e := range rowItems(item) {
		x, err := s.groupItem(e)
		if err != nil {
			return nil, err
		}
		if k, own, err := s.ownKey(e, x); own || err != nil {
			if err != nil {
				return nil, err
			}
			keys = union(keys, []int{k})
			continue
		}
		if err := s.addKey(&x); err != nil {
			return nil, err
		}
		for i, k := range s.group {
			if plan.Same(k, x) || k == x {
				keys = union(keys, []int{i})
				break
			}
		}
	}
	return keys, nil
}

// ownKey is the key of an output, named by its number or its name, that equals one before it.
func (s *selection) ownKey(e parse.Expr, x expr.Expr) (key int, own bool, err error) {
	at, ok, err := ordinal(e, s.visible, "GROUP BY")
	if err != nil {
		return 0, false, err
	}
	if ref, isRef := e.(*parse.ColumnRef); isRef && len(ref.Parts) == 1 {
		if col, _ := s.scope.findHere("", "", ref.Parts[0]); col == nil {
			at = slices.IndexFunc(s.out[:s.visible], func(c plan.Column) bool { return c.Name == ref.Parts[0] })
			ok = at >= 0
		}
	}
	if !ok || !slices.ContainsFunc(s.items[:at], func(y expr.Expr) bool { return plan.Same(x, y) }) {
		return 0, false, nil
	}
	if k, ok := s.ownKeys[at]; ok {
		return k, true, nil
	}
	if err := checkGrouping(x.Type(), x.Pos()); err != nil {
		return 0, false, err
	}
	if s.ownKeys == nil {
		s.ownKeys = map[int]int{}
	}
	s.group = append(s.group, x)
	s.ownKeys[at] = len(s.group) - 1
	return s.ownKeys[at], true, nil
}

// useSets decides on the sets: a single one is an ordinary GROUP BY.
func (s *selection) useSets(sets [][]int, distinct bool) {
	if distinct {
		var once [][]int
		for _, a := range sets {
			if !slices.ContainsFunc(once, func(b []int) bool { return slices.Equal(a, b) }) {
				once = append(once, a)
			}
		}
		sets = once
	}
	if len(sets) == 1 {
		var keys []expr.Expr
		for _, k := range sets[0] {
			keys = append(keys, s.group[k])
		}
		s.group = keys
		return
	}
	for _, set := range sets {
		has := make([]bool, len(s.group))
		for _, k := range set {
			has[k] = true
		}
		s.sets = append(s.sets, has)
	}
}

// expandSets puts the rows of every grouping set below an aggregation, which then groups
// by the set, too.
func (s *selection) expandSets(a *plan.Aggregate) {
	if len(s.sets) == 0 {
		return
	}
	keys := len(s.group)
	n := &plan.Expand{Input: a.Input, Keys: a.Keys[:keys:keys], Sets: s.sets}
	a.Input, a.Keys = n, nil
	for _, x := range s.group {
		c := s.b.newColumn(keyName(x), x.Type())
		n.Out, a.Keys = append(n.Out, c), append(a.Keys, colExpr(c))
	}
	set := s.b.newColumn("set", types.T(types.Int32))
	n.Out, a.Keys = append(n.Out, set), append(a.Keys, colExpr(set))
	a.Out = slices.Insert(slices.Clone(a.Out), keys, set)
	for i, has := range s.sets {
		if !slices.Contains(has, true) {
			a.EmptySets = append(a.EmptySets, int32(i))
		}
	}
}

// addGroupings computes the calls of grouping() on top of the aggregation.
func (s *selection) addGroupings(a *plan.Aggregate) (plan.Node, error) {
	if len(s.aggs.groupings) == 0 {
		return a, nil
	}
	p := &plan.Project{Input: a}
	for _, c := range a.Out {
		p.Exprs, p.Out = append(p.Exprs, colExpr(c)), append(p.Out, c)
	}
	for _, g := range s.aggs.groupings {
		x, err := s.groupingValue(a, g)
		if err != nil {
			return nil, err
		}
		p.Exprs, p.Out = append(p.Exprs, x), append(p.Out, g.out)
	}
	return p, nil
}

// groupingValue is a grouping() as an expression over the number of the set.
func (s *selection) groupingValue(a *plan.Aggregate, g *grouping) (expr.Expr, error) {
	at := make([]int, len(g.args))
	for i, x := range g.args {
		if at[i] = slices.IndexFunc(s.group, func(k expr.Expr) bool { return plan.Same(k, x) }); at[i] < 0 {
			return nil, dberr.New(dberr.GroupingError, "arguments to GROUPING must be grouping expressions of the associated query level").At(x.Pos())
		}
	}
	integer := func(v int) expr.Expr {
		return &expr.Const{At: expr.At(g.pos), Value: types.IntValue(types.T(types.Int32), int64(v))}
	}
	out := &expr.Case{At: expr.At(g.pos), Else: integer(0), Typ: g.out.Type}
	for i, has := range s.sets {
		bits := 0
		for _, k := range at {
			bits <<= 1
			if !has[k] {
				bits |= 1
			}
		}
		if bits == 0 {
			continue
		}
		is, err := expr.NewOp(g.pos, "=", colExpr(a.Out[len(s.group)]), integer(i))
		if err != nil {
			return nil, err
		}
		out.Whens = append(out.Whens, expr.When{Cond: is, Then: integer(bits)})
	}
	if len(out.Whens) == 0 {
		return out.Else, nil
	}
	return out, nil
}
