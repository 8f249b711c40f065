package bind

import (
	"slices"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// sets collects the set-returning functions of a select list, ORDER BY and GROUP BY, inner
// ones before those around them.
type sets struct{ calls []*setCall }

// setCall is one set-returning function of a select list; a column stands for its values.
// Functions of one level run side by side; level 0 holds no other set-returning function.
type setCall struct {
	name   string
	array  expr.Expr            // nil for a generate_series
	series *plan.GenerateSeries // nil for the others
	out    plan.Column
	level  int
	below  bool // a key of GROUP BY needs it: it runs before the aggregation
	early  bool // a window needs it: it runs before the window functions
	pos    int
}

// exprs are the places of its arguments.
func (s *setCall) exprs() []*expr.Expr {
	if s.series == nil {
		return []*expr.Expr{&s.array}
	}
	list := []*expr.Expr{&s.series.Start, &s.series.Stop}
	if s.series.Step != nil {
		list = append(list, &s.series.Step)
	}
	return list
}

// same reports whether two calls always have the same rows.
func (s *setCall) same(o *setCall) bool {
	x, y := s.exprs(), o.exprs()
	if s.name != o.name || len(x) != len(y) {
		return false
	}
	for i := range x {
		if !plan.Same(*x[i], *y[i]) {
			return false
		}
	}
	return true
}

// exprs are the places of the arguments of the functions that run after the aggregation.
func (s *sets) exprs() []*expr.Expr {
	if s == nil { // a RETURNING list
		return nil
	}
	var list []*expr.Expr
	for _, call := range s.calls {
		if !call.below {
			list = append(list, call.exprs()...)
		}
	}
	return list
}

// used calls fn for the functions whose values x uses.
func (s *sets) used(x expr.Expr, fn func(*setCall)) {
	expr.Columns(x, func(id int) {
		for _, call := range s.calls {
			if call.out.ID == id {
				fn(call)
			}
		}
	})
}

// add registers a call, unless it is there already, and returns the column of its values.
func (s *sets) add(call *setCall) expr.Expr {
	for _, x := range call.exprs() {
		s.used(*x, func(inner *setCall) { call.level = max(call.level, inner.level+1) })
	}
	i := slices.IndexFunc(s.calls, call.same)
	if i < 0 {
		i, s.calls = len(s.calls), append(s.calls, call)
	}
	c := colExpr(s.calls[i].out)
	c.At = expr.At(call.pos)
	return c
}

// withoutSets is c for what holds no set-returning functions; message says so.
func (c *exprContext) withoutSets(message string) *exprContext {
	inner := *c
	if inner.sets != nil {
		inner.sets, inner.noSets = nil, message
	}
	return &inner
}

// returnsSets reports whether one of some expressions uses the values of a set-returning function.
func (c *exprContext) returnsSets(list []expr.Expr) (found bool) {
	for _, x := range list {
		if c.sets != nil {
			c.sets.used(x, func(*setCall) { found = true })
		}
	}
	return found
}

// refuseSet is the error of a set-returning function where there can be none.
func (c *exprContext) refuseSet(pos int) error {
	if c.noSets != "" {
		return dberr.New(dberr.FeatureNotSupported, c.noSets).At(pos).
			WithHint("You might be able to move the set-returning function into a LATERAL FROM item.")
	}
	clause := c.clause
	if strings.HasPrefix(clause, "window ") { // ROWS, RANGE and GROUPS
		clause = "window definitions"
	}
	return dberr.Newf(dberr.FeatureNotSupported, "set-returning functions are not allowed in %s", clause).At(pos)
}

// bindSetCall binds a set-returning function of the select list: a column that is joined
// to the rows below the list.
func (b *Binder) bindSetCall(e *parse.FuncCall, c *exprContext) (expr.Expr, error) {
	pos := int(e.Position())
	if c.sets == nil {
		return nil, c.refuseSet(pos)
	}
	call, err := subscriptsCall(e)
	if err != nil {
		return nil, err
	}
	set := &setCall{name: e.Name.Last(), pos: pos}
	if call.Name.Last() == "generate_series" {
		call = rangeCall(call)
		args, err := b.bindExprs(call.Args, c)
		if err != nil {
			return nil, err
		}
		if set.series, err = b.newSeries(args, pos); err != nil {
			return nil, err
		}
		set.out = set.series.Out[0]
		set.out.Name = set.name
		return c.sets.add(set), nil
	}
	arrays, out, err := b.setArrays(e, c)
	if err != nil {
		return nil, err
	}
	var names []string
	var fields []expr.Expr
	for i, array := range arrays {
		part := *set
		part.array, part.out = array, out[i]
		names, fields = append(names, out[i].Name), append(fields, c.sets.add(&part))
	}
	if len(fields) == 1 {
		return fields[0], nil
	}
	return expr.NewRow(pos, names, nil, fields)
}

// expandBelow joins the rows of the set-returning functions that keys of GROUP BY use, before
// the aggregation.
func (s *selection) expandBelow() error {
	var err error
	for _, x := range s.group {
		s.rowSets.used(x, func(call *setCall) {
			if err == nil {
				err = s.moveBelow(call)
			}
		})
	}
	if err != nil {
		return err
	}
	if s.input, err = s.b.attach(s.input, s.aggs.pre); err != nil {
		return err
	}
	s.aggs.pre.list = nil
	return s.expandSetCalls(func(call *setCall) bool { return call.below })
}

// runEarly marks the functions that x uses, and those inside them, as computed before the window functions.
func (s *sets) runEarly(x expr.Expr) {
	s.used(x, func(call *setCall) {
		if call.early {
			return
		}
		call.early = true
		for _, arg := range call.exprs() {
			s.runEarly(*arg)
		}
	})
}

// expandForWindows joins the rows of the functions that windows use, after the aggregation.
func (s *selection) expandForWindows() error {
	return s.expandSetCalls(func(call *setCall) bool { return call.early && !call.below })
}

// moveBelow marks a function, and those inside it, as computed before the aggregation.
func (s *selection) moveBelow(call *setCall) (err error) {
	if call.below {
		return nil
	}
	call.below = true
	for _, x := range call.exprs() {
		switch {
		case s.usesAggregate(*x):
			return dberr.New(dberr.GroupingError, "aggregate functions are not allowed in GROUP BY").At(call.pos)
		case s.windows.uses(*x):
			return dberr.New(dberr.WindowingError, "window functions are not allowed in GROUP BY").At(call.pos)
		}
		if err := s.applyBelow(*x); err != nil {
			return err
		}
		s.rowSets.used(*x, func(inner *setCall) {
			if err == nil {
				err = s.moveBelow(inner)
			}
		})
	}
	return err
}

// expandAbove joins the rows of the other set-returning functions, after aggregation and
// window functions.
func (s *selection) expandAbove() error {
	return s.expandSetCalls(func(call *setCall) bool { return !call.early && !call.below })
}

// expandSetCalls joins the rows of the functions of a stage, level after level.
func (s *selection) expandSetCalls(stage func(*setCall) bool) error {
	for level := 0; ; level++ {
		var calls []*setCall
		more := false
		for _, call := range s.rowSets.calls {
			if stage(call) && call.level == level {
				calls = append(calls, call)
			}
			more = more || call.level > level
		}
		if len(calls) > 0 {
			u, err := unrollOf(calls)
			if err != nil {
				return err
			}
			u.Input, s.input = s.input, u
		}
		if !more {
			return nil
		}
	}
}

// unrollOf makes the operator that runs functions side by side. A series alone is counted,
// not stored.
func unrollOf(calls []*setCall) (*plan.Unroll, error) {
	u := &plan.Unroll{}
	for _, call := range calls {
		u.Series = append(u.Series, call.out)
	}
	if g := calls[0].series; g != nil && len(calls) == 1 {
		u.Start, u.Stop, u.Step = g.Start, g.Stop, g.Step
		return u, nil
	}
	for _, call := range calls {
		array := call.array
		if call.series != nil {
			var args []expr.Expr
			for _, x := range call.exprs() {
				args = append(args, *x)
			}
			var err error
			if array, err = expr.NewRow(call.pos, nil, nil, args); err != nil {
				return nil, err
			}
		}
		u.Arrays = append(u.Arrays, array)
	}
	return u, nil
}
