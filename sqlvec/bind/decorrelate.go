package bind

import (
	"errors"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// decorrelated is a subquery that uses no columns of the query around it any more.
type decorrelated struct {
	node   plan.Node
	pulled []expr.Expr // conditions over the outer columns and those of node
	// empty is the value of a scalar subquery for outer rows without a group, nil when
	// that is NULL; matched is a column of node that is never NULL.
	empty   expr.Expr
	matched plan.Column
	// aggregated has the value of every output over no rows, when the query always
	// makes one row; nil otherwise.
	aggregated map[int]expr.Expr
}

// unnest moves conditions on outer columns up through the operators of a subquery.
type unnest struct {
	b      *Binder
	outer  map[int]bool
	pulled []expr.Expr
	// exists says that only the existence of rows counts.
	exists  bool
	emptied map[int]expr.Expr // aggregates over an empty group: the value, by ID
}

// decorrelate makes a subquery independent of the outer columns where that takes no more
// than moving conditions: errCorrelated says that it does. exists says that only the
// existence of rows counts.
func (b *Binder) decorrelate(node plan.Node, kind plan.JoinKind, exists bool) (decorrelated, error) {
	free := plan.Free(node)
	if len(free) == 0 {
		return decorrelated{node: node}, nil
	}
	if plan.HasVolatile(node) {
		return decorrelated{}, errCorrelated // computed for every row around it
	}
	u := &unnest{b: b, outer: free, exists: exists, emptied: map[int]expr.Expr{}}
	out, err := u.up(node)
	if err != nil {
		return decorrelated{}, err
	}
	if len(plan.Free(out)) > 0 {
		return decorrelated{}, errCorrelated
	}
	d := decorrelated{node: out, pulled: u.pulled}
	switch {
	case len(u.emptied) == 0:
	case kind == plan.Single:
		u.addEmpty(&d, node.Columns()[0].ID)
	case kind != plan.Mark:
		u.addMatched(&d)
		d.aggregated = u.emptied
	default:
		// EXISTS over an aggregation is true for every row: there is nothing to pull out.
		return decorrelated{}, errCorrelated
	}
	return d, nil
}

// errCorrelated says that a subquery needs a dependent join, which the optimizer unnests.
var errCorrelated = errors.New("a subquery is no simple join")

// up removes the outer columns from node; what it pulls out goes to u.pulled, and the
// columns these conditions use are among the result's.
func (u *unnest) up(node plan.Node) (plan.Node, error) {
	if len(plan.Free(node)) == 0 {
		return node, nil
	}
	switch n := node.(type) {
	case *plan.Filter:
		return u.upFilter(n)
	case *plan.Project:
		return u.upProject(n)
	case *plan.Aggregate:
		return u.upAggregate(n)
	case *plan.Distinct:
		return u.upDistinct(n)
	case *plan.Sort:
		input, err := u.up(n.Input)
		return &plan.Sort{Input: input, Keys: n.Keys, Limit: n.Limit}, err
	case *plan.Limit:
		return u.upLimit(n)
	case *plan.Join:
		return u.upJoin(n)
	}
	return nil, errCorrelated
}

// split takes the conjuncts with outer columns out of a condition.
func (u *unnest) split(e expr.Expr) expr.Expr {
	var stay []expr.Expr
	for _, c := range plan.Conjuncts(e) {
		if plan.Touches(c, u.outer) {
			u.pulled = append(u.pulled, c)
		} else {
			stay = append(stay, c)
		}
	}
	return conjunction(stay)
}

func (u *unnest) upFilter(n *plan.Filter) (plan.Node, error) {
	input, err := u.up(n.Input)
	if err != nil {
		return nil, err
	}
	if len(u.emptied) > 0 {
		// HAVING over an empty group would have to be asked for groups that are not there.
		return nil, errCorrelated
	}
	rest := u.split(n.Predicate)
	if rest == nil {
		return input, nil
	}
	return &plan.Filter{Input: input, Predicate: rest}, nil
}

// upProject computes the same outputs and passes on what the pulled conditions need.
func (u *unnest) upProject(n *plan.Project) (plan.Node, error) {
	input, err := u.up(n.Input)
	if err != nil {
		return nil, err
	}
	p := &plan.Project{Input: input}
	for i, x := range n.Exprs {
		if plan.Touches(x, u.outer) {
			if u.exists {
				continue
			}
			return nil, errCorrelated
		}
		p.Exprs, p.Out = append(p.Exprs, x), append(p.Out, n.Out[i])
		if len(u.emptied) > 0 {
			u.emptied[n.Out[i].ID] = u.whenEmpty(x)
		}
	}
	u.pass(p)
	return p, nil
}

// pass adds the columns of the pulled conditions to a projection.
func (u *unnest) pass(p *plan.Project) {
	have, below := plan.IDs(p), p.Input.Columns()
	for _, c := range u.pulled {
		expr.Columns(c, func(id int) {
			if have[id] || u.outer[id] {
				return
			}
			for _, col := range below {
				if col.ID == id {
					have[id] = true
					p.Exprs, p.Out = append(p.Exprs, colExpr(col)), append(p.Out, col)
				}
			}
		})
	}
}

// upAggregate groups by the inner sides of the pulled conditions, which must be
// equalities: then every outer row has one group at most.
func (u *unnest) upAggregate(n *plan.Aggregate) (plan.Node, error) {
	input, err := u.up(n.Input)
	if err != nil {
		return nil, err
	}
	if len(u.emptied) > 0 || len(n.EmptySets) > 0 {
		return nil, errCorrelated // an aggregation has one row where its input has none
	}
	for _, x := range plan.Exprs(n) {
		if plan.Touches(*x, u.outer) {
			return nil, errCorrelated
		}
	}
	a := &plan.Aggregate{Input: input, Keys: n.Keys[:len(n.Keys):len(n.Keys)], Aggs: n.Aggs}
	a.Out = append([]plan.Column(nil), n.Out[:len(n.Keys)]...)
	keyed, err := u.equalities()
	if err != nil {
		return nil, err
	}
	for _, x := range keyed {
		c := u.b.newColumn("", (*x).Type())
		a.Keys, a.Out = append(a.Keys, *x), append(a.Out, c)
		*x = colExpr(c)
	}
	a.Out = append(a.Out, n.Out[len(n.Keys):]...)
	if len(n.Keys) == 0 {
		u.noteEmpty(n)
	}
	return a, nil
}

// equalities returns the inner sides of the pulled conditions as places to be
// replaced; a condition that is no equality of an inner with an outer side is refused.
func (u *unnest) equalities() ([]*expr.Expr, error) {
	var list []*expr.Expr
	for i, p := range u.pulled {
		c, ok := p.(*expr.Call)
		if !ok || c.Fn.Name != "=" || len(c.Args) != 2 {
			return nil, errCorrelated
		}
		inner := -1
		for k, x := range c.Args {
			if !plan.Touches(x, u.outer) {
				inner = k
			} else if !plan.Within(x, u.outer) {
				return nil, errCorrelated
			}
		}
		if inner < 0 {
			return nil, errCorrelated
		}
		copied := *c
		copied.Args = append([]expr.Expr(nil), c.Args...)
		u.pulled[i] = &copied
		list = append(list, &copied.Args[inner])
	}
	return list, nil
}

// noteEmpty records what the aggregates are over no rows.
func (u *unnest) noteEmpty(n *plan.Aggregate) {
	for i, call := range n.Aggs {
		out := n.Out[len(n.Keys)+i]
		v := types.NullOf(out.Type)
		if call.Agg.Empty {
			v = types.IntValue(out.Type, 0)
		}
		u.emptied[out.ID] = &expr.Const{Value: v}
	}
}

// whenEmpty is the value of x over an empty group.
func (u *unnest) whenEmpty(x expr.Expr) expr.Expr {
	return expr.Rewrite(x, func(e expr.Expr) expr.Expr {
		c, ok := e.(*expr.Col)
		if !ok {
			return e
		}
		if v, ok := u.emptied[c.Index]; ok {
			return v
		}
		return &expr.Const{Value: types.NullOf(c.Typ)}
	})
}

// addEmpty adds to d the value for outer rows without a group, and the column that
// tells them apart.
func (u *unnest) addEmpty(d *decorrelated, id int) {
	value, ok := u.emptied[id]
	if !ok {
		return
	}
	d.empty = value
	u.addMatched(d)
}

// addMatched adds to d a column that is never NULL.
func (u *unnest) addMatched(d *decorrelated) {
	d.matched = u.b.newColumn("matched", types.T(types.Bool))
	p := &plan.Project{Input: d.node, Exprs: []expr.Expr{}}
	for _, c := range d.node.Columns() {
		p.Exprs, p.Out = append(p.Exprs, colExpr(c)), append(p.Out, c)
	}
	p.Exprs = append(p.Exprs, &expr.Const{Value: types.BoolValue(true)})
	p.Out = append(p.Out, d.matched)
	d.node = p
}

// upDistinct drops a DISTINCT that only existence asks about; otherwise the columns of
// the conditions become part of what is distinct, which is right for equalities.
func (u *unnest) upDistinct(n *plan.Distinct) (plan.Node, error) {
	if len(n.On) > 0 {
		return nil, errCorrelated
	}
	input, err := u.up(n.Input)
	if err != nil || u.exists {
		return input, err
	}
	if _, err := u.equalities(); err != nil {
		return nil, err
	}
	return &plan.Distinct{Input: input}, nil
}

// upLimit drops LIMIT n > 0 under EXISTS, and makes LIMIT 1 the first row of every
// group of the correlation's columns.
func (u *unnest) upLimit(n *plan.Limit) (plan.Node, error) {
	c, ok := n.Count.(*expr.Const)
	if !ok || n.Offset != nil || !c.Value.Valid || c.Value.I < 1 {
		return nil, errCorrelated
	}
	input, err := u.up(n.Input)
	if err != nil || u.exists {
		return input, err
	}
	keyed, err := u.equalities()
	if err != nil || c.Value.I != 1 || len(u.emptied) > 0 {
		return nil, errCorrelated
	}
	d := &plan.Distinct{Input: input}
	for _, x := range keyed {
		d.On = append(d.On, *x)
	}
	return d, nil
}

// upJoin pulls conditions out of joins. What an outer join keeps may only depend on the
// side that is kept.
func (u *unnest) upJoin(n *plan.Join) (plan.Node, error) {
	right := len(plan.Free(n.Right)) > 0 && plan.Touches(freeExpr(n.Right), u.outer)
	if n.Dependent {
		return nil, errCorrelated
	}
	if n.Kind != plan.Inner && (right || n.On != nil && plan.Touches(n.On, u.outer)) {
		return nil, errCorrelated
	}
	if n.Kind == plan.Right || n.Kind == plan.Full {
		return nil, errCorrelated
	}
	l, err := u.up(n.Left)
	if err != nil {
		return nil, err
	}
	if len(u.emptied) > 0 {
		return nil, errCorrelated
	}
	j := &plan.Join{Kind: n.Kind, Left: l, Right: n.Right, On: n.On, NullAware: n.NullAware, Mark: n.Mark}
	if n.Kind != plan.Inner {
		return j, nil
	}
	if j.Right, err = u.up(n.Right); err != nil {
		return nil, err
	}
	if len(u.emptied) > 0 {
		return nil, errCorrelated
	}
	j.On = u.split(n.On)
	return j, nil
}

// freeExpr stands for the free columns of a plan where an expression is asked for.
func freeExpr(n plan.Node) expr.Expr {
	var cols []expr.Expr
	for id := range plan.Free(n) {
		cols = append(cols, &expr.Col{Index: id})
	}
	return &expr.Coalesce{Args: cols}
}

// lateralGroup joins an aggregation that makes one row for every row of l, with or
// without rows to aggregate.
func (b *Binder) lateralGroup(l, r plan.Node, d decorrelated) plan.Node {
	inner := map[int]plan.Column{}
	p := d.node.(*plan.Project)
	for i, c := range p.Out {
		if _, ok := d.aggregated[c.ID]; ok {
			inner[c.ID] = b.newColumn(c.Name, c.Type)
			p.Out[i] = inner[c.ID]
		}
	}
	join := &plan.Join{Kind: plan.Left, Left: l, Right: p, On: conjunction(d.pulled)}
	out := strip(join, append(l.Columns()[:len(l.Columns()):len(l.Columns())], r.Columns()...)).(*plan.Project)
	for i, c := range out.Out {
		if in, ok := inner[c.ID]; ok {
			out.Exprs[i] = &expr.Case{
				Whens: []expr.When{{Cond: &expr.IsNull{Arg: colExpr(d.matched)}, Then: d.aggregated[c.ID]}},
				Else:  colExpr(in), Typ: c.Type,
			}
		}
	}
	return out
}

// lateral joins r, which may use columns of l, to l.
func (b *Binder) lateral(kind plan.JoinKind, l, r plan.Node, on expr.Expr, pos int) (plan.Node, error) {
	if len(b.times) > 0 {
		if timed := b.withTimes(l); timed != l {
			node, err := b.lateral(kind, timed, r, on, pos)
			if err != nil {
				return nil, err
			}
			return strip(node, append(l.Columns()[:len(l.Columns()):len(l.Columns())], r.Columns()...)), nil
		}
	}
	if len(plan.Free(r)) == 0 || !plan.Touches(freeExpr(r), plan.IDs(l)) {
		return &plan.Join{Kind: kind, Left: l, Right: r, On: on}, nil
	}
	if kind != plan.Inner && kind != plan.Left {
		return nil, dberr.New(dberr.InvalidColumnReference, "invalid reference to FROM-clause entry in LATERAL").At(pos)
	}
	if g, ok := r.(*plan.GenerateSeries); ok && kind == plan.Inner && len(g.Arrays) > 0 {
		return unrolled(l, g, on), nil
	}
	dependent := &plan.Join{Kind: kind, Left: l, Right: r, On: on, Dependent: true}
	d, err := b.decorrelate(r, kind, false)
	if err != nil || len(d.pulled) == 0 {
		return dependent, nil
	}
	if d.aggregated != nil {
		if c, ok := on.(*expr.Const); on != nil && (!ok || c.Value.I != 1) {
			return dependent, nil
		}
		return b.lateralGroup(l, r, d), nil
	}
	parts := append(plan.Conjuncts(on), d.pulled...)
	j := &plan.Join{Kind: kind, Left: l, Right: d.node, On: conjunction(parts)}
	return strip(j, append(l.Columns()[:len(l.Columns()):len(l.Columns())], r.Columns()...)), nil
}
