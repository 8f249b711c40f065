package bind

import (
	"reflect"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// recursion is a WITH query that names itself, while it is bound.
type recursion struct {
	inStep bool // the recursive term is being bound
	refs   int
	traced int // how many of its last columns SEARCH and CYCLE have added
}

// bindRecursive binds a WITH query that names itself: base UNION [ALL] step.
func (b *Binder) bindRecursive(c *cte) error {
	name, pos := c.def.Name.Name, int(c.def.Position())
	op, ok := c.query.Body.(*parse.SetOp)
	if !ok || op.Kind != parse.Union {
		return dberr.Newf(dberr.InvalidRecursion,
			"recursive query \"%s\" does not have the form non-recursive-term UNION [ALL] recursive-term", name).At(pos)
	}
	if err := checkRecursiveTail(c.query); err != nil {
		return err
	}
	trace, err := b.newTracing(c, op)
	if err != nil {
		return err
	}
	within := b.within
	b.within = ""
	defer func() { b.within = within }()
	return b.withTime(c.query.SystemTime, func() error {
		if err := b.declareCTEs(c.query.With, c.scope); err != nil {
			return err
		}
		c.self = &recursion{}
		base, err := b.bindBody(op.L, nil, c.scope)
		if err != nil {
			return err
		}
		if base, err = b.resolveUnknown(base); err != nil {
			return err
		}
		right := op.R
		if trace != nil {
			if base, right, err = trace.terms(base, right); err != nil {
				return err
			}
			c.self.traced = len(trace.names())
		}
		if err := b.shareCTE(c, base); err != nil {
			return err
		}
		c.self.inStep = true
		step, err := b.bindBody(right, nil, c.scope)
		if err != nil {
			return err
		}
		if trace != nil {
			if step, err = trace.step(step); err != nil {
				return err
			}
		}
		step, err = b.stepColumns(c, op, step)
		c.shared.Recursion = &plan.Recursion{Step: step, Distinct: !op.All}
		return err
	})
}

// checkRecursiveTail refuses what may not follow the terms.
func checkRecursiveTail(q *parse.Query) error {
	switch {
	case len(q.OrderBy) > 0:
		return dberr.New(dberr.FeatureNotSupported, "ORDER BY in a recursive query is not implemented").At(int(q.OrderBy[0].Position()))
	case q.Offset != nil:
		return dberr.New(dberr.FeatureNotSupported, "OFFSET in a recursive query is not implemented").At(int(q.Offset.Position()))
	case q.Limit != nil:
		return dberr.New(dberr.FeatureNotSupported, "LIMIT in a recursive query is not implemented").At(int(q.Limit.Position()))
	case len(q.Locks) > 0:
		return dberr.New(dberr.FeatureNotSupported, "FOR UPDATE/SHARE in a recursive query is not implemented").At(int(q.Locks[0].Position()))
	}
	return nil
}

// stepColumns gives the columns of the recursive term the types of the other, which
// decides them.
func (b *Binder) stepColumns(c *cte, op *parse.SetOp, step plan.Node) (plan.Node, error) {
	base, cols := c.shared.Plan.Columns(), step.Columns()
	if len(base) != len(cols) {
		return nil, dberr.New(dberr.SyntaxError, "each UNION query must have the same number of columns").At(columnPos(step, 0, int(op.R.Position())))
	}
	want := make([]types.Type, len(base))
	for i := range base {
		t, _, err := expr.CommonType("UNION", []types.Type{base[i].Type, cols[i].Type})
		if err != nil {
			return nil, at(err, columnPos(step, i, int(op.R.Position())))
		}
		if err := checkGrouping(t, int(op.Position())); err != nil && !op.All {
			return nil, err
		}
		want[i] = t
		if t != base[i].Type {
			return nil, dberr.Newf(dberr.DatatypeMismatch,
				"recursive query \"%s\" column %d has type %s in non-recursive term but type %s overall", c.def.Name.Name, i+1, base[i].Type.Definition(), t.Definition()).
				WithHint("Cast the output of the non-recursive term to the correct type.").
				At(columnPos(c.shared.Plan, i, int(op.L.Position())))
		}
	}
	return b.castColumns(step, want)
}

// selfReference binds a reference of a WITH query to itself.
func (b *Binder) selfReference(c *cte, t *parse.TableRef, parent *scope) (from, error) {
	pos, what := int(t.Position()), ""
	switch {
	case !c.self.inStep:
		what = "within its non-recursive term"
	case b.within != "":
		what = "within " + b.within
	case c.self.refs > 0:
		what = "more than once"
	}
	if what != "" {
		return from{}, dberr.Newf(dberr.InvalidRecursion, "recursive reference to query \"%s\" must not appear %s", c.def.Name.Name, what).At(pos)
	}
	c.self.refs++
	b.selfRef = true
	n := &plan.WorkScan{CTE: c.shared}
	for _, col := range c.cols {
		n.Out = append(n.Out, b.newColumn(col.Name, col.Type))
	}
	alias := t.Alias
	if alias == nil {
		alias = &parse.Alias{Pos: t.Pos, Name: c.def.Name.Name}
	}
	own := len(n.Out) - c.self.traced
	if len(alias.Columns) > own {
		return from{}, dberr.Newf(dberr.InvalidColumnReference, "table \"%s\" has %d columns available but %d columns specified",
			alias.Name, own, len(alias.Columns)).At(int(alias.Position()))
	}
	f, err := b.named(n, alias, parent)
	if err == nil {
		for i := range f.scope.cols[own:] {
			f.scope.cols[own+i].hidden = true
		}
	}
	return f, err
}

// inside runs f in a construct that must have no reference of a recursive query to itself.
func (b *Binder) inside(what string, f func() error) error {
	saved := b.within
	if what != "" {
		b.within = what
	}
	defer func() { b.within = saved }()
	return f()
}

// refersTo reports whether a table of that name is read somewhere in a syntax tree.
func refersTo(tree any, name string) bool { return refers(reflect.ValueOf(tree), name) }

func refers(v reflect.Value, name string) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return false
		}
		if t, ok := v.Interface().(*parse.TableRef); ok && len(t.Name.Parts) == 1 && t.Name.Last() == name {
			return true
		}
		return refers(v.Elem(), name)
	case reflect.Struct:
		for i := range v.NumField() {
			if refers(v.Field(i), name) {
				return true
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			if refers(v.Index(i), name) {
				return true
			}
		}
	}
	return false
}
