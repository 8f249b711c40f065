package bind

import (
	"cmp"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// selection is one SELECT while it is bound: its parts, in the order in which they
// are computed.
type selection struct {
	b     *Binder
	sel   *parse.Select
	scope *scope
	// clause is what messages call the list; "" for SELECT.
	clause string
	input  plan.Node // FROM and WHERE, later the aggregation
	aggs   *aggs
	post   *applies // subqueries of the select list, HAVING and ORDER BY
	group  []expr.Expr
	// ownKeys are, by the number of an output, the keys of outputs that equal an earlier one: grouping
	// sets tell them apart.
	ownKeys map[int]int

	items   []expr.Expr   // the select list
	out     []plan.Column // its names; the first visible of them
	visible int
	given   idSet // of out
	own     idSet // of the columns of ownOf
	ownOf   *scope
	having  expr.Expr
	order   []plan.SortKey
	on      []expr.Expr // DISTINCT ON

	sets    [][]bool // of several grouping sets: which keys each has
	rowSets *sets    // the set-returning functions of the list
	windows *windows
	late    *applies // subqueries over the results of window functions
	qualify expr.Expr
	locked  []lockedTable
}

// bindSelect binds a SELECT with the ORDER BY that follows it.
func (b *Binder) bindSelect(sel *parse.Select, order []parse.OrderItem, parent *scope) (plan.Node, error) {
	return b.withPresence(func() (plan.Node, error) { return b.bindSelectOnce(sel, order, parent) })
}

func (b *Binder) bindSelectOnce(sel *parse.Select, order []parse.OrderItem, parent *scope) (plan.Node, error) {
	selfRef, around := b.selfRef, b.locks.rows
	b.selfRef, b.locks.rows = false, nil
	f, err := b.bindFrom(sel.From, parent)
	if err != nil {
		return nil, err
	}
	recursive, locked := b.selfRef, b.locks.rows
	b.selfRef, b.locks.rows = selfRef, around
	input, err := b.bindWhereOf(f.node, f.scope, sel.Where, &aliases{items: sel.Items})
	if err != nil {
		return nil, err
	}
	s := &selection{b: b, sel: sel, scope: f.scope, input: input, aggs: &aggs{pre: &applies{}}, post: &applies{},
		windows: &windows{defs: sel.Windows}, rowSets: &sets{}, locked: locked}
	s.windows.sets = s.rowSets
	for _, step := range []func() error{s.declareWindows, s.bindItems, s.bindGroupBy, s.bindHaving, s.bindDistinctOn,
		func() error { return s.bindOrder(order) }, s.bindUnusedWindows, s.bindQualify, s.checkLocked, s.expandBelow, s.aggregate, s.attachPost, s.expandForWindows, s.placeWindows, s.expandAbove} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if recursive && len(s.aggs.calls) > 0 {
		return nil, dberr.New(dberr.InvalidRecursion, "aggregate functions are not allowed in a recursive query's recursive term").At(s.aggs.first)
	}
	return s.finish()
}

// bindWhere adds a condition on top of node.
func (b *Binder) bindWhere(node plan.Node, sc *scope, where parse.Expr) (plan.Node, error) {
	return b.bindWhereOf(node, sc, where, nil)
}

// bindWhereOf is bindWhere where names of outputs may be used.
func (b *Binder) bindWhereOf(node plan.Node, sc *scope, where parse.Expr, names *aliases) (plan.Node, error) {
	if where == nil {
		return node, nil
	}
	c := &exprContext{scope: sc, clause: "WHERE", applies: &applies{}, aliases: names}
	x, err := b.bindCondition(where, c)
	if err != nil {
		return nil, err
	}
	if node, err = b.attach(node, c.applies); err != nil {
		return nil, err
	}
	return &plan.Filter{Input: node, Predicate: x}, nil
}

func (s *selection) context(clause string) *exprContext {
	return &exprContext{scope: s.scope, clause: clause, aggs: s.aggs, applies: s.post, windows: s.windows, aliases: &aliases{items: s.sel.Items}}
}

// bindItems binds the select list.
func (s *selection) bindItems() error {
	items, err := s.expandColumns()
	if err != nil {
		return err
	}
	for i, item := range items {
		if star, ok := item.Expr.(*parse.Star); ok {
			if err := s.bindStar(star); err != nil {
				return err
			}
			continue
		}
		c := s.context(cmp.Or(s.clause, "SELECT"))
		c.sets, c.aliases = s.rowSets, &aliases{items: items[:i]}
		x, err := s.b.bindExpr(item.Expr, c)
		if err != nil {
			return err
		}
		name := item.Alias
		if name == "" {
			name = outputName(item.Expr)
		}
		s.addItem(x, name)
	}
	s.visible = len(s.items)
	s.b.record.finish(s.sel)
	return nil
}

// addItem adds an output. A plain column keeps its ID, unless it is there already.
func (s *selection) addItem(x expr.Expr, name string) plan.Column {
	c := plan.Column{Name: name, Type: x.Type()}
	if col, ok := x.(*expr.Col); ok && s.local(col.Index) && !s.given.has(col.Index, len(s.out), func(i int) int { return s.out[i].ID }) {
		c.ID = col.Index
	} else {
		c = s.b.newColumn(name, x.Type())
	}
	s.items, s.out = append(s.items, x), append(s.out, c)
	return c
}

// local reports whether a column is one of this SELECT, not of a query around it.
func (s *selection) local(id int) bool {
	if s.ownOf != s.scope {
		s.ownOf, s.own = s.scope, idSet{}
	}
	return s.own.has(id, len(s.scope.cols), func(i int) int { return s.scope.cols[i].ID }) || s.aggs != nil && hasID(s.aggs.out, id)
}

// idSet finds ids in a list that only grows. Where it is long, as that of the columns of a very wide file, its ids are
// looked up.
type idSet struct {
	known map[int]bool
	n     int // ids of the list that are in known
}

// shortList is how many ids are searched one by one.
const shortList = 32

// has reports whether id is one of the first n that at returns.
func (s *idSet) has(id, n int, at func(i int) int) bool {
	if n <= shortList {
		for i := range n {
			if at(i) == id {
				return true
			}
		}
		return false
	}
	if s.known == nil {
		s.known = make(map[int]bool, n)
	}
	for ; s.n < n; s.n++ {
		s.known[at(s.n)] = true
	}
	return s.known[id]
}

func hasID(cols []plan.Column, id int) bool {
	for _, c := range cols {
		if c.ID == id {
			return true
		}
	}
	return false
}

// bindStar expands * and t.*.
func (s *selection) bindStar(star *parse.Star) error {
	pos := int(star.Position())
	if star.Of != nil {
		return s.bindFieldStar(star)
	}
	schema, table := "", ""
	if len(star.Table) > 0 {
		var err error
		if schema, table, err = splitTable(star.Table, star.Pos); err != nil {
			return err
		}
		if err := s.scope.ambiguous(schema, table); err != nil {
			return err.At(pos)
		}
		if !s.scope.hasTableIn(schema, table) {
			return s.scope.missing(schema, table, pos)
		}
	} else if len(s.sel.From) == 0 {
		return dberr.New(dberr.SyntaxError, "SELECT * with no tables specified is not valid").At(pos)
	}
	cols, err := s.b.starColumns(s.scope.star(schema, table), star)
	if err != nil {
		return err
	}
	replaced, err := s.replacements(cols, star.Replace)
	if err != nil {
		return err
	}
	renamed, err := renames(cols, star.Rename)
	if err != nil {
		return err
	}
	s.b.record.star(s.sel, star, cols, s.scope)
	for _, c := range cols {
		x := replaced[c.Name]
		if x == nil {
			col := colExpr(c.Column)
			col.At = expr.At(pos)
			x = col
		}
		s.addItem(x, cmp.Or(renamed[c.Name], c.Name))
	}
	return nil
}

// bindFieldStar expands (row).*.
func (s *selection) bindFieldStar(star *parse.Star) error {
	c := s.context(cmp.Or(s.clause, "SELECT"))
	c.sets = s.rowSets
	row, err := s.b.bindStarRow(star, c)
	if err != nil {
		return err
	}
	names, _, fields, _ := expr.RowParts(row)
	for i, x := range fields {
		s.addItem(x, names[i])
	}
	return nil
}

func (s *selection) bindHaving() error {
	if s.sel.Having == nil {
		return nil
	}
	var err error
	c := s.context("HAVING")
	c.windows = nil
	s.having, err = s.b.bindCondition(s.sel.Having, c)
	return err
}

// bindDistinctOn binds DISTINCT ON.
func (s *selection) bindDistinctOn() error {
	for _, e := range s.sel.DistinctOn {
		x, err := s.listOrExpr(e, "DISTINCT ON")
		if err != nil {
			return err
		}
		s.on = append(s.on, x)
	}
	return nil
}

// listOrExpr resolves an item of ORDER BY or DISTINCT ON: the name or number of an
// output, else an expression.
func (s *selection) listOrExpr(e parse.Expr, clause string) (expr.Expr, error) {
	i, ok, err := ordinal(e, s.visible, clause)
	if err != nil {
		return nil, err
	}
	if !ok {
		i = -1
		if ref, isRef := e.(*parse.ColumnRef); isRef && len(ref.Parts) == 1 {
			if i, err = s.itemNamed(ref.Parts[0], clause, int(e.Position())); err != nil {
				return nil, err
			}
		}
	}
	if i < 0 {
		i = s.itemWritten(e)
	}
	if i >= 0 {
		return s.items[i], nil
	}
	c := s.context(clause)
	c.sets = s.rowSets
	return s.b.bindExpr(e, c)
}

// itemNamed returns the index of the item of that name, -1 for none. Two items of one
// name are ambiguous unless they are the same expression.
func (s *selection) itemNamed(name, clause string, pos int) (int, error) {
	found := -1
	for i := 0; i < s.visible; i++ {
		if s.out[i].Name != name {
			continue
		}
		if found >= 0 && !plan.Same(s.items[found], s.items[i]) {
			return -1, dberr.Newf(dberr.AmbiguousColumn, "%s \"%s\" is ambiguous", clause, name).At(pos)
		}
		found = i
	}
	return found, nil
}

func (s *selection) bindOrder(order []parse.OrderItem) error {
	for _, o := range order {
		if isStar(o.Expr) {
			if err := s.orderByAll(o); err != nil {
				return err
			}
			continue
		}
		x, err := s.listOrExpr(o.Expr, "ORDER BY")
		if err != nil {
			return err
		}
		key, err := sortKey(x, o)
		if err != nil {
			return err
		}
		if s.sel.Distinct && len(s.on) == 0 && !containsExpr(s.items[:s.visible], x) {
			return dberr.New(dberr.InvalidColumnReference, "for SELECT DISTINCT, ORDER BY expressions must appear in select list").At(int(o.Expr.Position()))
		}
		s.order = append(s.order, key)
	}
	return s.checkDistinctOn()
}

// orderByAll sorts by every output, from the first to the last.
func (s *selection) orderByAll(o parse.OrderItem) error {
	for _, x := range s.items[:s.visible] {
		key, err := sortKey(x, o)
		if err != nil {
			return err
		}
		s.order = append(s.order, key)
	}
	return nil
}

// checkDistinctOn demands that the first keys of ORDER BY are those of DISTINCT ON.
func (s *selection) checkDistinctOn() error {
	if len(s.on) == 0 {
		return nil
	}
	for _, key := range s.order[:min(len(s.on), len(s.order))] {
		if !containsExpr(s.on, sortedBy(key.Expr)) {
			return dberr.New(dberr.InvalidColumnReference, "SELECT DISTINCT ON expressions must match initial ORDER BY expressions").At(key.Expr.Pos())
		}
	}
	return nil
}

// attachPost joins the subqueries of the select list and the clauses after it.
func (s *selection) attachPost() error {
	s.splitPost()
	var err error
	if s.input, err = s.b.attach(s.input, s.post); err != nil {
		return err
	}
	if s.having != nil {
		s.input = &plan.Filter{Input: s.input, Predicate: s.having}
	}
	return nil
}

// finish puts projection, DISTINCT and ORDER BY on top. Keys that are no outputs are
// computed beside them and left out again at the end.
func (s *selection) finish() (plan.Node, error) {
	if err := s.decideDistinct(); err != nil {
		return nil, err
	}
	keys := make([]plan.SortKey, len(s.order))
	for i, k := range s.order {
		k.Expr = s.outputOf(k.Expr)
		keys[i] = k
	}
	on := make([]expr.Expr, len(s.on))
	for i, x := range s.on {
		on[i] = s.outputOf(x)
	}
	if err := s.keepLocked(); err != nil {
		return nil, err
	}
	var node plan.Node = &plan.Project{Input: s.input, Exprs: s.items, Out: s.out}
	if s.sel.Distinct && len(on) == 0 {
		node = &plan.Distinct{Input: node}
	}
	if len(keys) > 0 {
		node = &plan.Sort{Input: node, Keys: keys}
	}
	if len(on) > 0 {
		node = &plan.Distinct{Input: node, On: on}
	}
	return strip(node, s.out[:s.visible]), nil
}

// decideDistinct gives the outputs of DISTINCT a type, and refuses types without
// equality.
func (s *selection) decideDistinct() error {
	if !s.sel.Distinct {
		return nil
	}
	for i, x := range s.items {
		if x.Type().ID == types.Unknown {
			c, err := expr.Coerce(x, types.T(types.Text))
			if err != nil {
				return err
			}
			s.items[i], s.out[i].Type = c, c.Type()
		}
		if err := checkGrouping(x.Type(), x.Pos()); err != nil {
			return err
		}
	}
	return nil
}

// outputOf returns the output column that computes x, adding a hidden one if needed.
func (s *selection) outputOf(x expr.Expr) expr.Expr {
	for i, item := range s.items {
		if plan.Same(item, x) || item == x {
			return colExpr(s.out[i])
		}
	}
	return colExpr(s.addItem(x, keyName(x)))
}

// strip leaves only the columns cols of node.
func strip(node plan.Node, cols []plan.Column) plan.Node {
	if len(node.Columns()) == len(cols) {
		return node
	}
	p := &plan.Project{Input: node, Out: cols}
	for _, c := range cols {
		p.Exprs = append(p.Exprs, colExpr(c))
	}
	return p
}
