package bind

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// cteScope is the WITH names visible at one place, innermost first.
type cteScope struct {
	cte    *cte
	parent *cteScope
}

// cte is one name of a WITH clause. It is bound when it is first used.
type cte struct {
	def    *parse.CTE
	query  *parse.Query
	ctes   *cteScope // what its query may name
	scope  *scope
	time   *Point // the default point where it was written
	shared *plan.CTE
	cols   []plan.Column
	busy   bool
	with   *parse.With
	self   *recursion // of a query that names itself
}

// bindQuery binds a query inside the scope parent, nil for none.
func (b *Binder) bindQuery(q *parse.Query, parent *scope) (node plan.Node, err error) {
	pos := int(q.Position())
	if err := b.enter(pos); err != nil {
		return nil, err
	}
	defer b.leave()
	saved := b.ctes
	defer func() { b.ctes = saved }()
	err = b.withTime(q.SystemTime, func() error {
		if err := b.declareCTEs(q.With, parent); err != nil {
			return err
		}
		if err := b.lockQuery(q); err != nil {
			return err
		}
		if node, err = b.bindBody(q.Body, q.OrderBy, parent); err != nil {
			return err
		}
		if node, err = b.bindLimit(node, q, parent); err != nil {
			return err
		}
		if node, err = b.lockRows(node, q); err != nil {
			return err
		}
		return b.checkUnused(q.With)
	})
	return node, err
}

// checkUnused binds the queries of a WITH clause that nothing names, for their errors.
func (b *Binder) checkUnused(w *parse.With) error {
	for s := b.ctes; s != nil && w != nil && s.cte.with == w; s = s.parent {
		if c := s.cte; c.query != nil && c.shared == nil && !c.busy {
			if _, done := b.writtenCTE(c.def); done {
				continue
			}
			if err := b.bindCTE(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// bindBody binds what WITH, ORDER BY and LIMIT wrap.
func (b *Binder) bindBody(body parse.QueryBody, order []parse.OrderItem, parent *scope) (plan.Node, error) {
	switch body := body.(type) {
	case *parse.Select:
		return b.bindSelect(body, order, parent)
	case *parse.SetOp:
		node, err := b.bindSetOp(body, parent)
		if err != nil {
			return nil, err
		}
		return b.orderByOutput(node, order)
	case *parse.Values:
		node, err := b.bindValues(body, parent)
		if err != nil {
			return nil, err
		}
		return b.orderByOutput(node, order)
	case *parse.Query:
		node, err := b.bindQuery(body, parent)
		if err != nil {
			return nil, err
		}
		return b.orderByOutput(node, order)
	case *parse.Describe:
		node, err := b.bindDescribe(body, parent)
		if err != nil {
			return nil, err
		}
		return b.orderByOutput(node, order)
	}
	return nil, dberr.Bug("unknown query body %T", body)
}

func (b *Binder) findCTE(n parse.Name) *cte {
	if len(n.Parts) != 1 {
		return nil
	}
	for s := b.ctes; s != nil; s = s.parent {
		if s.cte.def.Name.Name == n.Last() {
			return s.cte
		}
	}
	return nil
}

// bindCTERef binds one use of a WITH query.
func (b *Binder) bindCTERef(c *cte, t *parse.TableRef, parent *scope) (from, error) {
	if rows, done := b.writtenCTE(c.def); done {
		return b.bindWritten(c, rows, t, parent)
	}
	if c.query == nil && c.shared == nil {
		return from{}, dberr.Newf(dberr.FeatureNotSupported, "WITH query \"%s\" cannot be read before it has run", c.def.Name.Name).At(int(t.Position()))
	}
	if t.SystemTime != nil {
		return from{}, dberr.Newf(dberr.FeatureNotSupported,
			"FOR SYSTEM_TIME on the WITH query \"%s\" is not supported", c.def.Name.Name).At(int(t.SystemTime.Position())).
			WithHint("Put the clause inside the WITH query.")
	}
	if c.busy && b.binding == c && c.self != nil {
		return b.selfReference(c, t, parent)
	}
	if c.busy && c.self != nil && c.with != b.binding.with {
		return b.selfReference(c, t, parent)
	}
	if c.shared == nil || c.busy {
		if err := b.bindCTE(c); err != nil {
			return from{}, err
		}
	}
	n := &plan.CTEScan{CTE: c.shared}
	c.shared.Uses++
	for _, col := range c.cols {
		n.Out = append(n.Out, b.newColumn(col.Name, col.Type))
	}
	alias := t.Alias
	if alias == nil {
		alias = &parse.Alias{Pos: t.Pos, Name: c.def.Name.Name}
	}
	return b.named(n, alias, parent)
}

// bindCTE binds the query of a WITH name in the surroundings in which it was written.
func (b *Binder) bindCTE(c *cte) error {
	if c.busy {
		return dberr.New(dberr.FeatureNotSupported, "mutual recursion between WITH items is not implemented").At(int(c.def.Position()))
	}
	c.busy = true
	ctes, time, binding := b.ctes, b.time, b.binding
	b.ctes, b.time, b.binding = c.ctes, c.time, c
	defer func() { b.ctes, b.time, b.binding, c.busy = ctes, time, binding, false }()
	if c.with.Recursive && refersTo(c.query, c.def.Name.Name) {
		return b.bindRecursive(c)
	}
	if c.def.Search != nil || c.def.Cycle != nil {
		return dberr.New(dberr.SyntaxError, "WITH query is not recursive").At(int(c.def.Position()))
	}
	node, err := b.bindQuery(c.query, c.scope)
	if err != nil {
		return err
	}
	if node, err = b.resolveUnknown(node); err != nil {
		return err
	}
	return b.shareCTE(c, node)
}

// shareCTE makes the plan of a WITH name known.
func (b *Binder) shareCTE(c *cte, node plan.Node) error {
	cols := append([]plan.Column(nil), node.Columns()...)
	if len(c.def.Columns) > len(cols) {
		return dberr.Newf(dberr.InvalidColumnReference, "WITH query \"%s\" has %d columns available but %d columns specified",
			c.def.Name.Name, len(cols), len(c.def.Columns)).At(int(c.def.Position()))
	}
	for i, name := range c.def.Columns {
		cols[i].Name = name.Name
	}
	c.cols = cols
	c.shared = &plan.CTE{Name: c.def.Name.Name, Plan: node, Always: c.def.Materialize == parse.MaterializeAlways || plan.HasVolatile(node)}
	return nil
}

// orderByOutput sorts by output columns only: names and ordinals.
func (b *Binder) orderByOutput(node plan.Node, order []parse.OrderItem) (plan.Node, error) {
	if len(order) == 0 {
		return node, nil
	}
	s := &plan.Sort{Input: node}
	for _, o := range order {
		if isStar(o.Expr) {
			for _, c := range node.Columns() {
				key, err := sortKey(colExpr(c), o)
				if err != nil {
					return nil, err
				}
				s.Keys = append(s.Keys, key)
			}
			continue
		}
		x, err := outputRef(node.Columns(), o.Expr, "ORDER BY")
		if err != nil {
			return nil, err
		}
		if x == nil {
			if err := b.checkOutputName(node.Columns(), o.Expr); err != nil {
				return nil, err
			}
			return nil, dberr.New(dberr.FeatureNotSupported, "invalid UNION/INTERSECT/EXCEPT ORDER BY clause").
				WithDetail("Only result column names can be used, not expressions or functions.").
				WithHint("Add the expression/function to every SELECT, or move the UNION into a FROM clause.").At(int(o.Expr.Position()))
		}
		key, err := sortKey(x, o)
		if err != nil {
			return nil, err
		}
		s.Keys = append(s.Keys, key)
	}
	return s, nil
}

// checkOutputName says that a name is none of the output's.
func (b *Binder) checkOutputName(cols []plan.Column, e parse.Expr) error {
	ref, ok := e.(*parse.ColumnRef)
	if !ok || len(ref.Parts) != 1 {
		return nil
	}
	sc := &scope{}
	for _, c := range cols {
		sc.cols = append(sc.cols, column{Column: c})
	}
	_, err := sc.find(ref)
	return err
}

// outputRef resolves an ordinal or the name of an output column; nil means that e is
// neither.
func outputRef(cols []plan.Column, e parse.Expr, clause string) (expr.Expr, error) {
	pos := int(e.Position())
	i, ok, err := ordinal(e, len(cols), clause)
	if err != nil {
		return nil, err
	}
	if !ok {
		ref, isRef := e.(*parse.ColumnRef)
		if !isRef || len(ref.Parts) != 1 {
			return nil, nil
		}
		if i, err = outputNamed(cols, ref.Parts[0], clause, pos); err != nil || i < 0 {
			return nil, err
		}
	}
	c := colExpr(cols[i])
	c.At = expr.At(pos)
	return c, nil
}

// outputNamed returns the index of an output column, -1 when there is none.
func outputNamed(cols []plan.Column, name, clause string, pos int) (int, error) {
	found := -1
	for i, c := range cols {
		if c.Name != name {
			continue
		}
		if found >= 0 && cols[found].ID != c.ID {
			return -1, dberr.Newf(dberr.AmbiguousColumn, "%s \"%s\" is ambiguous", clause, name).At(pos)
		}
		found = i
	}
	return found, nil
}

// ordinal reads an integer constant as the number of an output column.
func ordinal(e parse.Expr, n int, clause string) (i int, ok bool, err error) {
	pos := int(e.Position())
	if u, ok := e.(*parse.UnaryExpr); ok && u.Op == "-" {
		lit, _ := u.X.(*parse.Literal)
		switch {
		case lit != nil && lit.Kind == parse.LitNumeric:
			return 0, false, dberr.Newf(dberr.SyntaxError, "non-integer constant in %s", clause).At(pos)
		case lit != nil && lit.Kind == parse.LitInt:
			return 0, false, dberr.Newf(dberr.InvalidColumnReference, "%s position -%s is not in select list", clause, lit.Text).At(pos)
		}
	}
	lit, isLit := e.(*parse.Literal)
	if !isLit {
		return 0, false, nil
	}
	if lit.Kind != parse.LitInt {
		return 0, false, dberr.Newf(dberr.SyntaxError, "non-integer constant in %s", clause).At(pos)
	}
	x, err := bindLiteral(lit)
	if err != nil {
		return 0, false, err
	}
	k := x.(*expr.Const).Value.I
	if k < 1 || k > int64(n) {
		return 0, false, dberr.Newf(dberr.InvalidColumnReference, "%s position %s is not in select list", clause, lit.Text).At(pos)
	}
	return int(k) - 1, true, nil
}

// sortKey makes the key of an ORDER BY item: NULLs last ascending, first descending,
// unless told.
func sortKey(x expr.Expr, o parse.OrderItem) (plan.SortKey, error) {
	desc := o.Desc
	switch o.Using {
	case "", "<":
	case ">":
		desc = true
	default:
		return plan.SortKey{}, dberr.Newf(dberr.WrongObjectType, "operator %s is not a valid ordering operator", o.Using).At(int(o.Position()))
	}
	if x.Type().ID == types.Unknown {
		var err error
		if x, err = expr.Coerce(x, types.T(types.Text)); err != nil {
			return plan.SortKey{}, err
		}
	}
	x, err := orderedBy(x, int(o.Position()))
	if err != nil {
		return plan.SortKey{}, err
	}
	first := desc
	if o.Nulls != parse.NullsDefault {
		first = o.Nulls == parse.NullsFirst
	}
	return plan.SortKey{Expr: x, Desc: desc, NullsFirst: first}, nil
}
