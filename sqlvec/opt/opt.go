package opt

import (
	"slices"

	"driftdb/colstore"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// optimizer is one optimization.
type optimizer struct {
	env   *expr.Env
	uses  map[int]int // how often each column is used by an expression
	stats map[int]columnStats
	found found

	loosened map[*plan.Aggregate]bool // whose groups are put together again by who reads them

	readers map[*plan.CTE]reader
	owner   *plan.CTE // whose plan is being rewritten, nil for the statement's

	nextID  int                // the last column ID given out
	once    map[*plan.CTE]bool // true of those for whose readers it does not matter how often a row is there
	reads   *cteReads          // while columns of WITH queries are left out
	commons int                // parts that are computed once
	err     error

	generic   bool // the plan is for any values of parameters and any moment
	momentary bool // and a plan for the present moment may be much better
}

// columnStats is what is known of a column, by its ID.
type columnStats struct {
	colstore.ColumnStats
	rows float64 // of its table
}

// statsSource is a plan.Source that knows statistics.
type statsSource interface{ Stats() colstore.TableStats }

// Optimize rewrites a bound plan, resolves its columns to positions and returns it,
// ready to run. The plan given must not be used afterwards.
func Optimize(node plan.Node, env *expr.Env) (plan.Node, error) {
	return (&optimizer{env: env}).optimize(node)
}

func (o *optimizer) optimize(node plan.Node) (plan.Node, error) {
	o.uses, o.stats, o.found = map[int]int{}, map[int]columnStats{}, newFound()
	o.once = map[*plan.CTE]bool{}
	o.loosened = map[*plan.Aggregate]bool{}
	root := append([]plan.Column(nil), node.Columns()...)
	node = inlineCTEs(node, map[*plan.CTE]bool{})
	o.readers = map[*plan.CTE]reader{}
	readersOf(node, nil, o.readers)
	ctes := map[*plan.CTE]bool{}
	o.nextID = lastID(node, map[*plan.CTE]bool{})
	node = o.narrowCTEs(node, root)
	readOnce(node, false, o.once)
	node = o.rewrite(node, root, ctes)
	if o.err != nil {
		return nil, o.err
	}
	if err := resolve(node, map[*plan.CTE]bool{}); err != nil {
		return nil, err
	}
	if o.generic {
		return node, nil // values decide
	}
	return ordered(node), nil
}

// rewrite runs the steps on a plan and on the WITH queries it reads.
func (o *optimizer) rewrite(node plan.Node, root []plan.Column, done map[*plan.CTE]bool) plan.Node {
	if o.err == nil {
		o.err = (&constants{env: o.env, needed: idsOf(root)}).check(node)
	}
	o.fold(node)
	factor(node)
	o.countUses(node)
	for _, c := range root {
		o.uses[c.ID]++
	}
	node = o.push(node, nil)
	if dependent(node) {
		node = o.plain(node, root)
	} else if marked(node) {
		node = o.repush(o.prune(node, idsOf(root)), root)
	}
	o.filterCTEs(node, done)
	node = o.common(node, root)
	o.rewriteCTEs(node, done) // what they are estimated to have decides the order of joins
	node = o.semiJoins(o.order(o.sift(node)), idsOf(root), o.owner != nil && o.once[o.owner] && o.owner.Recursion == nil)
	node = o.distinctFirst(o.determine(o.choices(o.shareSums(o.shiftSums(o.rollUp(o.sink(node)))))))
	node = o.eager(node)
	node = o.physical(o.wholeWindows(o.fixedKeys(o.distinctRows(node)), root))
	node = o.late(o.prune(node, plan.IDs(node)))
	node = keepColumns(node, root)
	o.rewriteCTEs(node, done)
	o.estimate(node)
	return node
}

// rewriteCTEs runs the steps on the WITH queries that node reads and that are not done.
func (o *optimizer) rewriteCTEs(node plan.Node, done map[*plan.CTE]bool) {
	uses, owner := o.uses, o.owner
	for _, c := range ctesOf(node) {
		if done[c] {
			continue
		}
		done[c] = true
		o.uses, o.owner = map[int]int{}, c
		c.Plan = o.rewrite(c.Plan, append([]plan.Column(nil), c.Plan.Columns()...), done)
		if r := c.Recursion; r != nil {
			r.Step = o.rewrite(r.Step, append([]plan.Column(nil), r.Step.Columns()...), done)
		}
	}
	o.uses, o.owner = uses, owner
}

// plain unnests the dependent joins, and moves conditions again.
func (o *optimizer) plain(node plan.Node, root []plan.Column) plan.Node {
	return o.repush(o.unnest(o.prune(node, idsOf(root))), root)
}

// idsOf is the set of the IDs of columns.
func idsOf(cols []plan.Column) map[int]bool {
	set := map[int]bool{}
	for _, c := range cols {
		set[c.ID] = true
	}
	return set
}

// marked reports whether a join marks rows. Where only a projection passes the mark on that
// a condition has used already, there is none after pruning.
func marked(node plan.Node) bool {
	if j, ok := node.(*plan.Join); ok && j.Kind == plan.Mark {
		return true
	}
	return slices.ContainsFunc(node.Children(), marked)
}

// repush counts the uses of columns anew and moves conditions again.
func (o *optimizer) repush(node plan.Node, root []plan.Column) plan.Node {
	clear(o.uses)
	o.countUses(node)
	for _, c := range root {
		o.uses[c.ID]++
	}
	return o.push(node, nil)
}

// lastID returns the greatest ID of a column.
func lastID(node plan.Node, seen map[*plan.CTE]bool) int {
	last := 0
	for _, c := range node.Columns() {
		last = max(last, c.ID)
	}
	if s, ok := node.(*plan.CTEScan); ok && !seen[s.CTE] {
		seen[s.CTE] = true
		for _, p := range s.CTE.Plans() {
			last = max(last, lastID(p, seen))
		}
	}
	for _, k := range node.Children() {
		last = max(last, lastID(k, seen))
	}
	return last
}

// fold computes the constant parts of all expressions.
func (o *optimizer) fold(node plan.Node) {
	for _, e := range plan.Exprs(node) {
		if !expr.IsConst(*e) {
			*e = o.foldExpr(*e)
		}
	}
	for _, k := range node.Children() {
		o.fold(k)
	}
}

func (o *optimizer) countUses(node plan.Node) {
	plan.Used(node, func(id int) { o.uses[id]++ })
	for _, k := range node.Children() {
		o.countUses(k)
	}
	if s, ok := node.(*plan.Scan); ok {
		o.readStats(s)
	}
}

// readStats notes what storage knows of a scan's columns.
func (o *optimizer) readStats(s *plan.Scan) {
	src, ok := s.Source.(statsSource)
	if !ok {
		return
	}
	st := src.Stats()
	s.Rows = float64(st.Rows)
	for i, id := range s.Spec.Columns {
		if c, ok := st.Columns[id]; ok {
			o.stats[s.Out[i].ID] = columnStats{c, float64(st.Rows)}
		}
	}
}

// keepColumns makes the root's columns what they were.
func keepColumns(node plan.Node, root []plan.Column) plan.Node {
	have := node.Columns()
	same := len(have) == len(root)
	for i := range root {
		same = same && have[i].ID == root[i].ID
	}
	if same {
		return node
	}
	p := &plan.Project{Input: node, Out: root}
	for _, c := range root {
		p.Exprs = append(p.Exprs, column(c))
	}
	return p
}

// column is a reference to an operator's column.
func column(c plan.Column) expr.Expr {
	return &expr.Col{Index: c.ID, Typ: c.Type, Name: c.Name}
}

// filtered is node under a condition, if there is one.
func filtered(node plan.Node, preds []expr.Expr) plan.Node {
	if len(preds) == 0 {
		return node
	}
	if f, ok := node.(*plan.Filter); ok {
		return &plan.Filter{Input: f.Input, Predicate: plan.Conjunction(append(plan.Conjuncts(f.Predicate), preds...))}
	}
	return &plan.Filter{Input: node, Predicate: plan.Conjunction(preds)}
}
