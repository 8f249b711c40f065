package opt

import (
	"math"
	"slices"

	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// When rows are grouped before a join: they must be eagerShare times the groups. That pays where the join
// repeats them eagerRepeats times. It also pays, if most rows have a partner, where rows are grouped by texts of the other
// side that have more than eagerTexts values, and where there are eagerFew times as many rows as groups, and so few groups that
// they stay near the processor.
const (
	eagerShare   = 4
	eagerRepeats = 4
	eagerTexts   = 1000
	eagerFew     = 64
	nearGroups   = 16384
)

// eager groups the rows of one side of a join before they are joined, by the columns that the join and the
// aggregation above it look at (Yan and Larson, Eager Aggregation and Lazy Aggregation, VLDB 1995). The groups
// are joined and put together. Where rows of both sides are joined many times, both are grouped, and what was made
// of a group of one counts for every row of the other.
func (o *optimizer) eager(node plan.Node) plan.Node {
	return plan.Transform(node, func(n plan.Node) plan.Node {
		switch n := n.(type) {
		case *plan.Aggregate:
			if made := o.eagerly(n); made != nil {
				return made
			}
		case *plan.Distinct: // groups without calls
			p, ok := n.Input.(*plan.Project)
			if !ok || len(n.On) > 0 {
				break
			}
			if made := o.eagerly(&plan.Aggregate{Input: p.Input, Keys: p.Exprs, Out: p.Out}); made != nil {
				return made
			}
		}
		return n
	})
}

// eagerly returns the plan of a whose rows are grouped before the join that makes them; nil where that does not pay.
func (o *optimizer) eagerly(a *plan.Aggregate) plan.Node {
	j, ok := a.Input.(*plan.Join)
	if !ok || len(a.EmptySets) > 0 || j.Dependent || !joinsBoth(j.Kind) || slices.ContainsFunc(plan.Exprs(a), volatile) || slices.ContainsFunc(plan.Exprs(j), volatile) {
		return nil
	}
	o.estimate(j)
	sides := []plan.Node{j.Left, j.Right}
	if sides[0].Estimated().Rows < sides[1].Estimated().Rows {
		slices.Reverse(sides)
	}
	for i, side := range sides {
		g := &eagerGroups{rolledUp: rolledUp{o: o}, a: a, j: j, ids: plan.IDs(side), other: plan.IDs(sides[1-i])}
		if g.padded = paddedSide(j, side); g.fits() && g.group(side, sides[1-i]) {
			return g.plan()
		}
	}
	return nil
}

// joinsBoth reports whether a join has the columns of both sides.
func joinsBoth(k plan.JoinKind) bool {
	return k == plan.Inner || k == plan.Left || k == plan.Right || k == plan.Full
}

// paddedSide reports whether a join pads rows with NULLs in the place of a side's columns.
func paddedSide(j *plan.Join, side plan.Node) bool {
	return j.Kind == plan.Full || j.Kind == plan.Left && side == j.Right || j.Kind == plan.Right && side == j.Left
}

func volatile(e *expr.Expr) bool { return plan.VolatilityOf(*e) == expr.Volatile }

// eagerGroups is one such rewrite in the making: below are the groups of one side.
type eagerGroups struct {
	rolledUp
	a          *plan.Aggregate
	j          *plan.Join
	ids, other map[int]bool    // the columns of the side that is grouped, and of the other one
	padded     bool            // rows of the other side without a partner are padded
	others     *plan.Aggregate // the groups of the other side, nil where that stays as it is
	made       map[int]int     // the columns of the groups by those of the sides
}

// fits reports whether the calls allow it: of the side's rows each must follow from results over parts of them,
// of the other side's it must be the same however often a row is there.
func (g *eagerGroups) fits() bool {
	for _, c := range g.a.Aggs {
		if !g.parted(c) && !g.direct(c) {
			return false
		}
	}
	return true
}

// parted reports whether c is put together of results over groups of the side's rows. These are computed of rows
// that may have no partner, so nothing may fail; and a row of NULLs alone must not count.
func (g *eagerGroups) parted(c plan.AggCall) bool {
	for _, x := range append(slices.Clone(c.Args), c.Filter) {
		if x == nil {
			continue
		}
		if !plan.Within(x, g.ids) || !plan.Touches(x, g.ids) || !harmless(x, !g.padded) {
			return false
		}
	}
	if c.Agg.IsKept() {
		return c.Filter == nil
	}
	return partial(c) && (!g.padded || c.Filter == nil || len(c.Args) > 0)
}

// direct reports whether c is made of the other side's rows, however often they are there.
func (g *eagerGroups) direct(c plan.AggCall) bool {
	switch c.Agg.Name {
	case "min", "max", "bool_and", "bool_or", "every", "bit_and", "bit_or":
	default:
		if !c.Agg.IsKept() {
			return false
		}
	}
	if len(c.OrderBy) > 0 || c.Filter != nil && !plan.Within(c.Filter, g.other) {
		return false
	}
	return !slices.ContainsFunc(c.Args, func(x expr.Expr) bool { return !plan.Within(x, g.other) })
}

// group makes the groups of side, and those of other if that pays, and reports whether it pays at all.
func (g *eagerGroups) group(side, other plan.Node) bool {
	keys, ok := g.columns(side)
	rows, joined := side.Estimated().Rows, g.j.Estimated().Rows
	if !ok {
		return false
	}
	groups, texts := g.o.groups(keys, rows), g.texts()
	if met(groups, rows) > rows*worthGroups(texts) {
		return false
	}
	most := other.Estimated().Rows
	otherKeys, ok := g.columns(other)
	both := g.j.Kind == plan.Inner && ok && g.o.groups(otherKeys, most) <= most/eagerShare && !slices.ContainsFunc(g.a.Aggs, g.single)
	if joined < eagerRepeats*(rows+most) || !both {
		both = false
		near := len(keys) <= 2 && groups <= nearGroups && groups*eagerFew <= rows
		if joined < eagerRepeats*rows && (joined < rows/2 || texts == 0 && !near) {
			return false
		}
	}
	g.made = map[int]int{}
	g.below = g.aggregated(side, keys)
	if both {
		g.others = g.aggregated(other, otherKeys)
	}
	return true
}

// met is how many of the groups that there may be have one of rows, if these are spread evenly.
func met(groups, rows float64) float64 { return groups * (1 - math.Exp(-rows/groups)) }

// worthGroups is the greatest share of groups among rows for which these are grouped before a join, where they are grouped by so many
// texts above it: each would be looked at for every row.
func worthGroups(texts int) float64 {
	if texts < 2 {
		return 1.0 / eagerShare
	}
	return float64(texts) / float64(texts+1)
}

// single reports whether a call forbids to group the other side: it needs its rows, or what it makes of equal
// rows depends on their number in a way of its own.
func (g *eagerGroups) single(c plan.AggCall) bool { return !g.parted(c) || c.Agg.Name == "bit_xor" }

// texts is by how many texts of the other side rows are grouped, if one of them has many values.
func (g *eagerGroups) texts() int {
	n, many := 0, false
	for _, k := range g.a.Keys {
		if k.Type().Class() == types.Bytes && plan.Within(k, g.other) {
			s, _ := g.o.columnOf(k)
			n, many = n+1, many || s.Distinct > eagerTexts
		}
	}
	if !many {
		return 0
	}
	return n
}

// columns returns the columns of a side that the join and the keys look at. ok is false where there are none, or
// equal values of one may be told apart.
func (g *eagerGroups) columns(side plan.Node) (keys []expr.Expr, ok bool) {
	read := map[int]bool{}
	for _, e := range append(slices.Clone(g.a.Keys), g.j.On) {
		if e != nil {
			expr.Columns(e, func(id int) { read[id] = true })
		}
	}
	for _, c := range side.Columns() {
		if read[c.ID] {
			if !plainType(c.Type) {
				return nil, false
			}
			keys = append(keys, column(c))
		}
	}
	return keys, len(keys) > 0
}

// aggregated returns the groups of node by columns of it.
func (g *eagerGroups) aggregated(node plan.Node, keys []expr.Expr) *plan.Aggregate {
	n := &plan.Aggregate{Input: node, Keys: keys}
	for _, k := range keys {
		c := k.(*expr.Col)
		out := g.o.fresh(plan.Column{ID: c.Index, Name: c.Name, Type: c.Typ})
		n.Out, g.made[c.Index] = append(n.Out, out), out.ID
	}
	return n
}

// plan returns the aggregation of the joined groups.
func (g *eagerGroups) plan() plan.Node {
	to := func(e expr.Expr) expr.Expr {
		if e == nil {
			return nil
		}
		return expr.Remap(e, func(id int) int {
			if made, ok := g.made[id]; ok {
				return made
			}
			return id
		})
	}
	if g.stayLoose() {
		return g.loosely(to)
	}
	var times expr.Expr
	if g.others != nil {
		times = g.o.aggregate(g.others, "count", &expr.Const{Value: types.IntValue(types.T(types.Int64), 1)})
	}
	above, p := withoutCalls(g.a)
	above.Keys = make([]expr.Expr, len(g.a.Keys))
	for i, k := range g.a.Keys {
		above.Keys[i] = to(k)
	}
	for i, call := range g.a.Aggs {
		c := g.a.Out[len(above.Keys)+i]
		if g.parted(call) {
			p.Exprs = append(p.Exprs, relabeled(g.joinedCall(above, call, times), c.Type))
			continue
		}
		above.Aggs, above.Out = append(above.Aggs, call), append(above.Out, c)
		p.Exprs = append(p.Exprs, column(c))
	}
	if g.o.err != nil {
		return g.a
	}
	above.Input = g.joined(to(g.j.On))
	g.o.estimate(above)
	return p
}

// loose notes that whoever reads the groups of a puts them together again: one may be there more than once.
func (o *optimizer) loose(a *plan.Aggregate) { o.loosened[a] = true }

// stayLoose reports whether the joined groups need not be put together, as their reader does it, and nearly all would
// stay as they are.
func (g *eagerGroups) stayLoose() bool {
	if !g.o.loosened[g.a] || g.others != nil || slices.ContainsFunc(g.a.Aggs, func(c plan.AggCall) bool { return !g.parted(c) }) {
		return false
	}
	rows := g.below.Input.Estimated().Rows
	joined := g.j.Estimated().Rows * g.o.groups(g.below.Keys, rows) / rows
	return g.o.groups(g.a.Keys, joined) > joined/2
}

// loosely returns the joined groups as those of the aggregation.
func (g *eagerGroups) loosely(to func(expr.Expr) expr.Expr) plan.Node {
	p := &plan.Project{Out: g.a.Out}
	for _, k := range g.a.Keys {
		p.Exprs = append(p.Exprs, to(k))
	}
	for i, call := range g.a.Aggs {
		var e expr.Expr
		switch {
		case call.Agg.IsKept():
			e = g.keptBelow(call)
		case call.Agg.Name == "count":
			if e = g.part("count", call); g.padded {
				e = coalesced(e, int64(1-len(call.Args)))
			}
		default:
			e = g.part(call.Agg.Name, call)
		}
		p.Exprs = append(p.Exprs, relabeled(e, g.a.Out[len(g.a.Keys)+i].Type))
	}
	if g.o.err != nil {
		return g.a
	}
	p.Input = g.joined(to(g.j.On))
	g.o.estimate(p)
	return p
}

// joined is the join of the groups.
func (g *eagerGroups) joined(on expr.Expr) plan.Node {
	j := *g.j
	j.On = on
	for _, side := range []*plan.Node{&j.Left, &j.Right} {
		if *side == g.below.Input {
			g.o.loose(g.below)
			*side = g.o.eager(g.below)
		} else if g.others != nil {
			*side = g.others
		}
	}
	return &j
}

// joinedCall adds to above what puts a call together, and returns its result. times is how many rows a group of the
// other side has, nil where its rows are single.
func (g *eagerGroups) joinedCall(above *plan.Aggregate, call plan.AggCall, times expr.Expr) expr.Expr {
	empty := len(above.Keys) == 0
	switch {
	case call.Agg.IsKept():
		return g.kept(above, call)
	case call.Agg.Name == "count":
		n := g.part("count", call)
		if g.padded && len(call.Args) == 0 {
			n = coalesced(n, 1)
		}
		return g.count(above, g.repeated(n, times), empty || g.padded)
	case call.Agg.Name == "sum":
		return g.together(above, "sum", g.repeated(g.part("sum", call), times))
	case call.Agg.Name == "avg":
		sum := g.together(above, "sum", g.repeated(g.part("sum", call), times))
		count := g.count(above, g.repeated(g.part("count", call), times), false)
		if call.Args[0].Type().ID == types.Float64 {
			return g.op("/", sum, relabeled(count, types.T(types.Float64)))
		}
		return g.op("/", numeric(sum), numeric(count))
	}
	return g.together(above, call.Agg.Name, g.part(call.Agg.Name, call))
}

// kept keeps what groups of the side have kept.
func (g *eagerGroups) kept(above *plan.Aggregate, call plan.AggCall) expr.Expr {
	part := g.keptBelow(call)
	out := g.o.fresh(plan.Column{Name: "kept", Type: part.Type()})
	above.Aggs = append(above.Aggs, plan.AggCall{Agg: call.Agg, Args: []expr.Expr{part}})
	above.Out = append(above.Out, out)
	return column(out)
}

// keptBelow lets the groups of the side keep a value.
func (g *eagerGroups) keptBelow(call plan.AggCall) expr.Expr {
	part := g.o.fresh(plan.Column{Name: "kept", Type: call.Args[0].Type()})
	g.below.Aggs, g.below.Out = append(g.below.Aggs, call), append(g.below.Out, part)
	return column(part)
}

// repeated is a sum of the rows of a group, each of them times over.
func (g *eagerGroups) repeated(sum, times expr.Expr) expr.Expr {
	switch {
	case times == nil:
		return sum
	case sum.Type().ID == types.Float64:
		return g.op("*", sum, relabeled(times, sum.Type()))
	}
	return g.op("*", numeric(sum), numeric(times))
}

func (g *eagerGroups) op(name string, a, b expr.Expr) expr.Expr {
	e, err := expr.NewOp(0, name, a, b)
	if err != nil {
		g.o.fail(err)
		return a
	}
	return e
}
