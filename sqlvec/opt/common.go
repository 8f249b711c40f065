package opt

import (
	"fmt"
	"maps"
	"slices"

	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// Keeping a row of a common part and reading it again costs about keepCost, and the bytes of a
// page as much as reading them twice.
const keepCost = 4 * tupleCost

// leastShared is the cost of scans that are worth a look for parts that are alike.
const leastShared = 50

// common computes parts of a plan once that stand in it more than once, as if they had been
// written as a WITH query. A part is joins or groups of tables; its twin may need other columns.
// Nothing of it may be volatile, and all its rows must be wanted at every place. root are the
// columns that the plan answers.
func (o *optimizer) common(node plan.Node, root []plan.Column) plan.Node {
	if !readsTwice(node, new([]plan.Source)) || locks(node) {
		return node
	}
	parts := partsOf(node)
	for i, p := range parts {
		if p.gone {
			continue
		}
		same := []*twin{{part: p}}
		for _, q := range parts[i+1:] {
			if q.gone || q.inside(p) {
				continue
			}
			if t := o.twin(p, q); t != nil {
				same = append(same, t)
			}
		}
		if len(same) == 1 || !o.worthKeeping(p, len(same)) {
			continue
		}
		if o.generic { // kept plans have no WITH queries
			o.momentary = true
			return node
		}
		node = o.keepCommon(node, root, same)
		for _, q := range parts {
			q.gone = q.gone || slices.ContainsFunc(same, func(t *twin) bool { return q == t.part || q.inside(t.part) })
		}
	}
	return node
}

// readsTwice reports whether two scans of a plan read one table at one point.
func readsTwice(n plan.Node, seen *[]plan.Source) bool {
	if s, ok := n.(*plan.Scan); ok {
		if _, ok := s.Source.(statsSource); ok {
			if slices.Contains(*seen, s.Source) {
				return true
			}
			*seen = append(*seen, s.Source)
		}
	}
	for _, k := range n.Children() {
		if readsTwice(k, seen) {
			return true
		}
	}
	return false
}

// locks reports whether a plan locks rows.
func locks(n plan.Node) bool {
	_, ok := n.(*plan.LockRows)
	return ok || slices.ContainsFunc(n.Children(), locks)
}

// part is an operator that may have a twin.
type part struct {
	node  plan.Node
	first int // its number among all operators, which count from the root down
	last  int // the greatest number of what is below it
	gone  bool
}

// inside reports whether p is below q.
func (p *part) inside(q *part) bool { return p.first > q.first && p.first <= q.last }

// partsOf returns the joins and groups of tables in root that may have a twin, each before what is
// below it.
func partsOf(root plan.Node) []*part {
	var list []*part
	number := 0
	var walk func(n plan.Node, whole bool) bool
	walk = func(n plan.Node, whole bool) bool { // whole: all rows of n are wanted
		p, at := &part{node: n, first: number}, len(list)
		number++
		kept := whole && heavy(n)
		if kept {
			list = append(list, p)
		}
		switch n.(type) {
		case *plan.Limit, *plan.LimitBy:
			whole = false
		case *plan.Aggregate, *plan.Sort, *plan.Window:
			whole = true
		}
		ok := shareable(n)
		for _, k := range n.Children() {
			ok = walk(k, whole) && ok
		}
		p.last = number - 1
		if kept && !ok {
			list = slices.Delete(list, at, at+1)
		}
		return ok
	}
	walk(root, true)
	return list
}

// heavy reports whether an operator is worth computing once: a scan is fast.
func heavy(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Join:
		return !n.Dependent && n.Kind != plan.Mark
	case *plan.Aggregate:
		return true
	}
	return false
}

// shareable reports whether an operator, but for its inputs, answers the same whenever it is asked,
// and is of a kind that twin.same knows.
func shareable(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Scan:
		if _, ok := n.Source.(statsSource); !ok || len(n.Spec.Filters) > 0 || n.Spec.Versions != nil || n.Spec.Order != nil {
			return false
		}
	case *plan.Aggregate:
		if len(n.EmptySets) > 0 || slices.ContainsFunc(n.Aggs, func(c plan.AggCall) bool { return len(c.OrderBy) > 0 }) {
			return false
		}
	case *plan.Filter, *plan.Project, *plan.Join:
	default:
		return false
	}
	return !slices.ContainsFunc(plan.Exprs(n), func(e *expr.Expr) bool { return plan.VolatilityOf(*e) == expr.Volatile })
}

// twin is a part that makes the rows of another.
type twin struct {
	*part
	o     *optimizer
	ids   map[int]int // from its columns to those of the other; nil for the other itself
	grows []func()    // give the other the columns that only the twin has
}

// twin returns q as a twin of p, nil where they differ. Then p makes all that q does.
func (o *optimizer) twin(p, q *part) *twin {
	t := &twin{part: q, o: o, ids: map[int]int{}}
	if !t.same(p.node, q.node) || len(plan.Free(p.node)) > 0 {
		return nil
	}
	for _, grow := range t.grows {
		grow()
	}
	return t
}

// added returns the column of the other that is to make what c is of the twin.
func (m *twin) added(c plan.Column) plan.Column {
	out := m.o.fresh(c)
	m.ids[c.ID] = out.ID
	return out
}

// same reports whether b makes the rows of a, and notes which of its columns are which.
func (m *twin) same(a, b plan.Node) bool {
	x, y := a.Children(), b.Children()
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if !m.same(x[i], y[i]) {
			return false
		}
	}
	switch a := a.(type) {
	case *plan.Scan:
		b, ok := b.(*plan.Scan)
		return ok && m.sameScan(a, b)
	case *plan.Filter:
		b, ok := b.(*plan.Filter)
		return ok && m.sameExpr(a.Predicate, b.Predicate)
	case *plan.Join:
		b, ok := b.(*plan.Join)
		return ok && a.Kind == b.Kind && a.NullAware == b.NullAware && a.Dependent == b.Dependent && m.sameExpr(a.On, b.On)
	case *plan.Project:
		b, ok := b.(*plan.Project)
		return ok && m.sameProject(a, b)
	case *plan.Aggregate:
		b, ok := b.(*plan.Aggregate)
		return ok && m.sameAggregate(a, b)
	}
	return false
}

// translate puts the columns of a in the places of those of b.
func (m *twin) translate(e expr.Expr) expr.Expr {
	return expr.Remap(e, func(id int) int {
		if other, ok := m.ids[id]; ok {
			return other
		}
		return id
	})
}

func (m *twin) translateAll(list []expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		out[i] = m.translate(e)
	}
	return out
}

func (m *twin) sameExpr(a, b expr.Expr) bool { return sameOrNone(a, m.translate(b)) }

// sameScan matches columns by what they read. Those of b alone are added to a.
func (m *twin) sameScan(a, b *plan.Scan) bool {
	if a.Source != b.Source || a.Point != b.Point {
		return false
	}
	for i, id := range b.Spec.Columns {
		if at := slices.Index(a.Spec.Columns, id); at >= 0 {
			m.ids[b.Out[i].ID] = a.Out[at].ID
			continue
		}
		out := m.added(b.Out[i])
		m.grow(func() {
			a.Spec.Columns, a.Out = append(slices.Clip(a.Spec.Columns), id), append(slices.Clip(a.Out), out)
		})
	}
	return m.sameExpr(a.Predicate, b.Predicate)
}

func (m *twin) grow(f func()) { m.grows = append(m.grows, f) }

// sameProject matches the outputs that are computed alike. Those of b alone are added to a.
func (m *twin) sameProject(a, b *plan.Project) bool {
	exprs := m.translateAll(b.Exprs) // before the outputs, which may have the IDs of inputs
	taken := make([]bool, len(a.Exprs))
	for i, e := range exprs {
		if at := match(taken, func(j int) bool { return plan.Same(a.Exprs[j], e) }); at >= 0 {
			m.ids[b.Out[i].ID] = a.Out[at].ID
			continue
		}
		out := m.added(b.Out[i])
		m.grow(func() { a.Exprs, a.Out = append(slices.Clip(a.Exprs), e), append(slices.Clip(a.Out), out) })
	}
	return true
}

// match takes the first number that fits and is not taken; -1 if there is none.
func match(taken []bool, fits func(i int) bool) int {
	for i := range taken {
		if !taken[i] && fits(i) {
			taken[i] = true
			return i
		}
	}
	return -1
}

// sameAggregate wants the same keys in the same order. Calls of b alone are added to a.
func (m *twin) sameAggregate(a, b *plan.Aggregate) bool {
	if !slices.EqualFunc(a.Keys, m.translateAll(b.Keys), plan.Same) {
		return false
	}
	calls := slices.Clone(b.Aggs)
	for i := range calls {
		calls[i].Args, calls[i].Filter = m.translateAll(calls[i].Args), m.translate(calls[i].Filter)
	}
	keys := len(a.Keys)
	for i := range keys {
		m.ids[b.Out[i].ID] = a.Out[i].ID
	}
	taken := make([]bool, len(a.Aggs))
	for i, call := range calls {
		if at := match(taken, func(j int) bool { return sameCall(&a.Aggs[j], &call) }); at >= 0 {
			m.ids[b.Out[keys+i].ID] = a.Out[keys+at].ID
			continue
		}
		out := m.added(b.Out[keys+i])
		m.grow(func() { a.Aggs, a.Out = append(slices.Clip(a.Aggs), call), append(slices.Clip(a.Out), out) })
	}
	return true
}

// sameCall reports whether two calls without an order of their own are written alike.
func sameCall(a, b *plan.AggCall) bool {
	return a.Agg == b.Agg && a.Distinct == b.Distinct && slices.EqualFunc(a.Args, b.Args, plan.Same) && sameOrNone(a.Filter, b.Filter)
}

// sameOrNone is plan.Same of expressions that may be missing.
func sameOrNone(a, b expr.Expr) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return plan.Same(a, b)
}

// worthKeeping reports whether keeping the rows of p costs less than to read its tables anew for
// all but one of its uses. The cost of its joins is left out, since they are not in order yet.
func (o *optimizer) worthKeeping(p *part, uses int) bool {
	o.estimate(p.node)
	e := p.node.Estimated()
	keep := e.Rows * (keepCost + 2*float64(e.Width)/pageBytes*pageCost)
	scans := scanCost(p.node)
	return scans >= leastShared && keep*float64(uses) < scans*float64(uses-1)
}

// scanCost returns the cost of the scans in n.
func scanCost(n plan.Node) float64 {
	if s, ok := n.(*plan.Scan); ok {
		return s.Total
	}
	cost := 0.0
	for _, k := range n.Children() {
		cost += scanCost(k)
	}
	return cost
}

// keepCommon puts scans of one WITH query in the places of twins, the first of which makes its rows.
func (o *optimizer) keepCommon(node plan.Node, root []plan.Column, same []*twin) plan.Node {
	p := same[0].node
	need := map[int]bool{}
	usedOutside(node, same, need)
	for _, c := range root {
		need[c.ID] = true
	}
	var out []plan.Column
	back := make([]map[int]plan.Column, len(same)) // from the columns of p to those of each twin
	for i, t := range same {
		back[i] = map[int]plan.Column{}
		for _, c := range t.node.Columns() {
			id := c.ID
			if t.ids != nil {
				id = t.ids[id]
			}
			back[i][id] = c
		}
	}
	for _, c := range p.Columns() {
		if slices.ContainsFunc(back, func(m map[int]plan.Column) bool { own, ok := m[c.ID]; return ok && need[own.ID] }) {
			out = append(out, c)
		}
	}
	o.commons++
	cte := &plan.CTE{Name: fmt.Sprintf("common_%d", o.commons), Plan: &plan.Project{Input: p, Exprs: references(out), Out: out}, Uses: len(same), Always: true}
	o.estimate(cte.Plan)
	scans := map[plan.Node]plan.Node{}
	for i, t := range same {
		s := &plan.CTEScan{CTE: cte}
		for _, c := range out {
			own, ok := back[i][c.ID]
			if !ok {
				own = o.fresh(c)
			}
			s.Out = append(s.Out, own)
		}
		scans[t.node] = s
	}
	return plan.Transform(node, func(n plan.Node) plan.Node {
		if s, ok := scans[n]; ok {
			return s
		}
		return n
	})
}

// usedOutside adds the columns that operators use which do not belong to the parts.
func usedOutside(n plan.Node, parts []*twin, need map[int]bool) {
	if slices.ContainsFunc(parts, func(t *twin) bool { return t.node == n }) {
		return
	}
	plan.Used(n, func(id int) { need[id] = true })
	switch n.(type) {
	case *plan.Filter, *plan.Project, *plan.Aggregate, *plan.Join, *plan.Sort, *plan.Limit, *plan.Window:
	default: // may take its columns as they come
		for _, k := range n.Children() {
			maps.Copy(need, plan.IDs(k))
		}
	}
	for _, k := range n.Children() {
		usedOutside(k, parts, need)
	}
}
