package bind

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// windows collects the window functions of one SELECT while its expressions are bound:
// one operator for every partitioning and order.
type windows struct {
	defs  []parse.NamedWindow
	nodes []*plan.Window
	sets  *sets // the set-returning functions of the SELECT
}

// windowFuncs are the functions that only exist over windows, with the numbers of
// arguments that they take.
var windowFuncs = map[string]struct {
	fn       plan.WindowFunc
	min, max int
}{
	"row_number": {plan.RowNumber, 0, 0}, "rank": {plan.Rank, 0, 0}, "dense_rank": {plan.DenseRank, 0, 0},
	"percent_rank": {plan.PercentRank, 0, 0}, "cume_dist": {plan.CumeDist, 0, 0}, "ntile": {plan.Ntile, 1, 1},
	"lag": {plan.Lag, 1, 3}, "lead": {plan.Lead, 1, 3}, "first_value": {plan.FirstValue, 1, 1},
	"last_value": {plan.LastValue, 1, 1}, "nth_value": {plan.NthValue, 2, 2},
}

func isWindowFunction(name string) bool {
	_, ok := windowFuncs[name]
	return ok && !expr.IsAggregate(name)
}

// out returns the columns of all window functions.
func (w *windows) out() []plan.Column {
	if w == nil { // a RETURNING list
		return nil
	}
	var cols []plan.Column
	for _, n := range w.nodes {
		cols = append(cols, n.Out...)
	}
	return cols
}

// exprs are the places of the expressions that the windows evaluate.
func (w *windows) exprs() []*expr.Expr {
	if w == nil {
		return nil
	}
	var list []*expr.Expr
	for _, n := range w.nodes {
		list = append(list, plan.Exprs(n)...)
	}
	return list
}

// uses reports whether x has a window function in it.
func (w *windows) uses(x expr.Expr) bool {
	return plan.Touches(x, plan.IDs(&plan.Values{Out: w.out()}))
}

// bindWindowCall binds a call with OVER; the column of its result stands for it.
func (b *Binder) bindWindowCall(e *parse.FuncCall, name string, c *exprContext) (expr.Expr, error) {
	pos := int(e.Position())
	if err := checkWindowPlace(pos, c); err != nil {
		return nil, err
	}
	call, ret, err := b.windowCall(e, name, &exprContext{scope: c.scope, clause: c.clause, aggs: c.aggs, applies: c.applies, inWindow: true, aliases: c.aliases,
		noSets: "window function calls cannot contain set-returning function calls"})
	if err != nil {
		return nil, err
	}
	call.IgnoreNulls = e.Nulls == parse.IgnoreNulls
	if call.IgnoreNulls && call.Func < plan.Lag {
		return nil, dberr.New(dberr.FeatureNotSupported, "IGNORE NULLS is not supported for this function").At(pos)
	}
	def, err := c.windows.resolve(e.Over)
	if err != nil {
		return nil, err
	}
	node, err := b.windowNode(def, c)
	if err != nil {
		return nil, err
	}
	if call.Frame, err = b.bindFrame(def, node, c); err != nil {
		return nil, err
	}
	out := c.windows.add(b, node, call, name, ret)
	return &expr.Col{At: expr.At(pos), Index: out.ID, Typ: out.Type, Name: out.Name}, nil
}

// checkWindowPlace refuses window functions where there can be none.
func checkWindowPlace(pos int, c *exprContext) error {
	switch {
	case c.inWindow:
		return dberr.New(dberr.WindowingError, "window function calls cannot be nested").At(pos)
	case c.inAgg:
		return dberr.New(dberr.GroupingError, "aggregate function calls cannot contain window function calls").At(pos)
	case c.windows == nil:
		return dberr.Newf(dberr.WindowingError, "window functions are not allowed in %s", c.clause).At(pos)
	}
	return nil
}

// windowCall binds the function and its arguments.
func (b *Binder) windowCall(e *parse.FuncCall, name string, c *exprContext) (plan.WindowCall, types.Type, error) {
	pos := int(e.Position())
	w, ok := windowFuncs[name]
	isAgg := expr.IsAggregate(name)
	var err error
	switch {
	case !ok && !isAgg:
		err = dberr.Newf(dberr.WrongObjectType, "OVER specified, but %s is not a window function nor an aggregate function", name)
	case len(e.WithinGroup) > 0:
		err = dberr.Newf(dberr.FeatureNotSupported, "OVER is not supported for ordered-set aggregate %s", name)
	case e.Distinct:
		err = dberr.New(dberr.FeatureNotSupported, "DISTINCT is not implemented for window functions")
	case len(e.OrderBy) > 0:
		err = dberr.New(dberr.FeatureNotSupported, "aggregate ORDER BY is not implemented for window functions")
	case !isAgg && e.Filter != nil:
		err = dberr.New(dberr.FeatureNotSupported, "FILTER is not implemented for non-aggregate window functions")
	}
	if err != nil {
		return plan.WindowCall{}, types.Type{}, at(err, pos)
	}
	if isAgg {
		agg, err := b.aggregateCall(e, name, c)
		if err != nil {
			return plan.WindowCall{}, types.Type{}, err
		}
		return plan.WindowCall{Agg: agg.Agg, Args: agg.Args, Filter: agg.Filter}, agg.Agg.ReturnType(typesOf(agg.Args)), nil
	}
	call := plan.WindowCall{Func: w.fn}
	if call.Args, err = b.bindExprs(e.Args, c); err != nil {
		return call, types.Type{}, err
	}
	if n := len(call.Args); n < w.min || n > w.max {
		return call, types.Type{}, noFunction(name, call.Args).At(pos)
	}
	ret, err := windowArgs(name, &call)
	return call, ret, at(err, pos)
}

func noFunction(name string, args []expr.Expr) *dberr.Error {
	return dberr.Newf(dberr.UndefinedFunction, "function %s(%s) does not exist", name, typeList(args)).
		WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
}

// windowArgs gives the arguments their types and returns that of the result.
func windowArgs(name string, call *plan.WindowCall) (types.Type, error) {
	args := call.Args
	count := -1 // the argument that is a number of rows
	switch call.Func {
	case plan.RowNumber, plan.Rank, plan.DenseRank:
		return types.T(types.Int64), nil
	case plan.PercentRank, plan.CumeDist:
		return types.T(types.Float64), nil
	case plan.Ntile:
		count = 0
	default:
		if len(args) > 1 {
			count = 1
		}
	}
	if count >= 0 {
		if id := args[count].Type().ID; id != types.Int16 && id != types.Int32 && id != types.Unknown {
			return types.Type{}, noFunction(name, args)
		}
		x, err := expr.Coerce(args[count], types.T(types.Int32))
		if err != nil {
			return types.Type{}, err
		}
		args[count] = x
	}
	if call.Func == plan.Ntile {
		return types.T(types.Int32), nil
	}
	if len(args) == 3 {
		if _, _, err := expr.CommonType(name, []types.Type{args[0].Type(), args[2].Type()}); err != nil {
			return types.Type{}, noFunction(name, args)
		}
		pair, _, err := expr.Unify(name, []expr.Expr{args[0], args[2]})
		if err != nil {
			return types.Type{}, err
		}
		args[0], args[2] = pair[0], pair[1]
	}
	for i := range args {
		if err := knownType(&args[i]); err != nil {
			return types.Type{}, err
		}
	}
	return args[0].Type(), nil
}

// knownType makes text of an expression of unknown type.
func knownType(x *expr.Expr) (err error) {
	if (*x).Type().ID == types.Unknown {
		*x, err = expr.Coerce(*x, types.T(types.Text))
	}
	return err
}

// resolve returns the definition that OVER means, with what it takes from a named one.
func (w *windows) resolve(def *parse.WindowDef) (*parse.WindowDef, error) {
	return w.resolveAmong(def, w.defs)
}

func (w *windows) resolveAmong(def *parse.WindowDef, list []parse.NamedWindow) (*parse.WindowDef, error) {
	if def.Ref == "" {
		return def, nil
	}
	pos := int(def.Position())
	for i := range list {
		if list[i].Name.Name != def.Ref {
			continue
		}
		base, err := w.resolveAmong(list[i].Def, list[:i])
		if err != nil || def.Bare {
			return base, err
		}
		return inherit(def, base, pos)
	}
	return nil, dberr.Newf(dberr.UndefinedObject, "window \"%s\" does not exist", def.Ref).At(pos)
}

// inherit completes a definition that begins with the name of another.
func inherit(def, base *parse.WindowDef, pos int) (*parse.WindowDef, error) {
	out := *def
	switch {
	case len(def.PartitionBy) > 0:
		return nil, dberr.Newf(dberr.WindowingError, "cannot override PARTITION BY clause of window \"%s\"", def.Ref).At(pos)
	case len(def.OrderBy) > 0 && len(base.OrderBy) > 0:
		return nil, dberr.Newf(dberr.WindowingError, "cannot override ORDER BY clause of window \"%s\"", def.Ref).At(pos)
	case base.Frame != nil:
		err := dberr.Newf(dberr.WindowingError, "cannot copy window \"%s\" because it has a frame clause", def.Ref).At(pos)
		if len(def.OrderBy) == 0 && def.Frame == nil {
			err = err.WithHint("Omit the parentheses in this OVER clause.")
		}
		return nil, err
	}
	out.PartitionBy = base.PartitionBy
	if len(out.OrderBy) == 0 {
		out.OrderBy = base.OrderBy
	}
	return &out, nil
}

// declareWindows checks the WINDOW clause; definitions that nobody uses are bound too,
// so that their mistakes are found.
func (s *selection) declareWindows() error {
	for i, w := range s.sel.Windows {
		for _, other := range s.sel.Windows[:i] {
			if other.Name.Name == w.Name.Name {
				return dberr.Newf(dberr.WindowingError, "window \"%s\" is already defined", w.Name.Name).At(int(w.Def.Position()))
			}
		}
	}
	return nil
}

func (s *selection) bindUnusedWindows() error {
	c := s.context("window definitions")
	for i := range s.sel.Windows {
		def, err := s.windows.resolveAmong(s.sel.Windows[i].Def, s.sel.Windows[:i])
		if err != nil {
			return err
		}
		node, err := s.b.windowNode(def, c)
		if err != nil {
			return err
		}
		if _, err := s.b.bindFrame(def, node, c); err != nil {
			return err
		}
	}
	return nil
}

// windowNode binds partitioning and order. The node returned is not yet among those of
// the SELECT.
func (b *Binder) windowNode(def *parse.WindowDef, c *exprContext) (*plan.Window, error) {
	in := &exprContext{scope: c.scope, clause: "window definitions", aggs: c.aggs, applies: c.applies, aliases: c.aliases, sets: c.windows.sets}
	n := &plan.Window{}
	for _, e := range def.PartitionBy {
		for _, item := range rowItems(e) {
			x, err := b.bindExpr(item, in)
			if err != nil {
				return nil, err
			}
			if err := knownType(&x); err != nil {
				return nil, err
			}
			if err := checkGrouping(x.Type(), x.Pos()); err != nil {
				return nil, err
			}
			if !x.Type().IsEnum() { // the order within a partition does not depend on how its key is written
				if x, err = orderedBy(x, x.Pos()); err != nil {
					return nil, err
				}
			}
			c.windows.sets.runEarly(x)
			if !containsExpr(n.Partition, x) {
				n.Partition = append(n.Partition, x)
			}
		}
	}
	for _, o := range def.OrderBy {
		x, err := b.bindExpr(o.Expr, in)
		if err != nil {
			return nil, err
		}
		c.windows.sets.runEarly(x)
		key, err := sortKey(x, o)
		if err != nil {
			return nil, err
		}
		n.Order = append(n.Order, key)
	}
	return n, nil
}

// add puts a call into the window like node, unless it is there already.
func (w *windows) add(b *Binder, node *plan.Window, call plan.WindowCall, name string, ret types.Type) plan.Column {
	for _, n := range w.nodes {
		if !sameWindow(n, node) {
			continue
		}
		for i := range n.Calls {
			if sameWindowCall(&n.Calls[i], &call) {
				return n.Out[i]
			}
		}
		n.Calls, n.Out = append(n.Calls, call), append(n.Out, b.newColumn(name, ret))
		return n.Out[len(n.Out)-1]
	}
	node.Calls, node.Out = []plan.WindowCall{call}, []plan.Column{b.newColumn(name, ret)}
	w.nodes = append(w.nodes, node)
	return node.Out[0]
}

func sameWindow(a, b *plan.Window) bool {
	if len(a.Order) != len(b.Order) || !sameList(a.Partition, b.Partition) {
		return false
	}
	for i, k := range a.Order {
		o := b.Order[i]
		if k.Desc != o.Desc || k.NullsFirst != o.NullsFirst || !plan.Same(k.Expr, o.Expr) {
			return false
		}
	}
	return true
}

func sameWindowCall(a, b *plan.WindowCall) bool {
	f, g := &a.Frame, &b.Frame
	return a.Func == b.Func && a.Agg == b.Agg && a.IgnoreNulls == b.IgnoreNulls && sameList(a.Args, b.Args) &&
		sameOpt(a.Filter, b.Filter) && f.Mode == g.Mode && f.Exclude == g.Exclude &&
		f.Start.Kind == g.Start.Kind && f.End.Kind == g.End.Kind &&
		sameOpt(f.Start.Offset, g.Start.Offset) && sameOpt(f.End.Offset, g.End.Offset)
}

func sameList(a, b []expr.Expr) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !plan.Same(a[i], b[i]) {
			return false
		}
	}
	return true
}

func sameOpt(a, b expr.Expr) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return plan.Same(a, b)
}

// placeWindows computes the window functions, those first that come first in the SELECT,
// then the subqueries that use them, then QUALIFY.
func (s *selection) placeWindows() error {
	for _, n := range s.windows.nodes {
		n.Input = s.input
		s.input = n
	}
	var err error
	if s.input, err = s.b.attach(s.input, s.late); err != nil {
		return err
	}
	if s.qualify != nil {
		s.input = &plan.Filter{Input: s.input, Predicate: s.qualify}
	}
	return nil
}

// splitPost puts the subqueries that use window functions aside.
func (s *selection) splitPost() {
	s.late = &applies{}
	set := plan.IDs(&plan.Values{Out: s.windows.out()})
	var early []*apply
	for _, ap := range s.post.list {
		uses := false
		for _, x := range (&applies{[]*apply{ap}}).exprs() {
			uses = uses || plan.Touches(*x, set)
		}
		if uses {
			s.late.list = append(s.late.list, ap)
		} else {
			early = append(early, ap)
		}
	}
	s.post.list = early
}

// bindQualify binds QUALIFY, a condition on window functions.
func (s *selection) bindQualify() error {
	if s.sel.Qualify == nil {
		return nil
	}
	var err error
	if s.qualify, err = s.b.bindCondition(s.sel.Qualify, s.context("QUALIFY")); err != nil {
		return err
	}
	if len(s.windows.nodes) == 0 {
		return dberr.New(dberr.WindowingError, "at least one window function must appear in the SELECT column or QUALIFY clause").
			At(int(s.sel.Qualify.Position()))
	}
	return nil
}
