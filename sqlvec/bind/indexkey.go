package bind

import (
	"slices"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// A unique index of expressions, or with a condition, has hidden columns: each is CASE WHEN condition THEN key END, so
// that it is NULL, and equal to nothing, in the rows that the index leaves out.

// GeneratedKey is the text of the hidden column of a key; where is nil for an index of all rows.
func GeneratedKey(key, where parse.Expr) string {
	if where == nil {
		where = &parse.Literal{Kind: parse.LitBool, Bool: true}
	}
	return parse.Format(&parse.CaseExpr{Whens: []parse.When{{Cond: where, Result: key}}})
}

// KeyOf takes the text of a hidden column apart.
func KeyOf(generated string) (key, where parse.Expr) {
	e, err := parse.ParseExpr(generated)
	c, ok := e.(*parse.CaseExpr)
	if err != nil || !ok || len(c.Whens) != 1 {
		return nil, nil
	}
	when := c.Whens[0]
	if lit, ok := when.Cond.(*parse.Literal); ok && lit.Kind == parse.LitBool && lit.Bool {
		return when.Result, nil
	}
	return when.Result, when.Cond
}

// IndexWhere is the condition of an index, nil where it holds all rows.
func IndexWhere(t *colstore.Table, x *colstore.Index) parse.Expr {
	for _, id := range x.Columns {
		if c, ok := t.Column(id); ok && c.Hidden() {
			_, where := KeyOf(c.Generated)
			return where
		}
	}
	return nil
}

// IndexKey binds an expression of an index and returns its type.
func (b *Binder) IndexKey(t *colstore.Table, e parse.Expr) (types.Type, error) {
	x, err := b.indexExpr(t, e, "index expression")
	if err != nil {
		return types.Type{}, err
	}
	if x.Type().ID == types.Unknown {
		return types.T(types.Text), nil
	}
	return x.Type(), nil
}

// IndexCondition binds the condition of an index.
func (b *Binder) IndexCondition(t *colstore.Table, e parse.Expr) error {
	x, err := b.indexExpr(t, e, "index predicate")
	if err == nil {
		_, err = expr.Boolean(x, "WHERE")
	}
	return err
}

func (b *Binder) indexExpr(t *colstore.Table, e parse.Expr, what string) (x expr.Expr, err error) {
	c := &exprContext{scope: rowScope(t), clause: what + "s"}
	if err = b.defined(func() error { x, err = b.bindExpr(e, c); return err }); err != nil {
		return nil, inConstraint(err, what)
	}
	for _, id := range columnsOf(t, x) {
		if c, _ := t.Column(id); c.Generated != "" {
			return nil, dberr.Newf(dberr.FeatureNotSupported, "a generated column in an %s is not supported", what).At(int(placeOf(e, c.Name)))
		}
	}
	if plan.VolatilityOf(x) != expr.Immutable {
		return nil, dberr.Newf(dberr.InvalidObjectDefinition, "functions in %s must be marked IMMUTABLE", what).At(int(e.Position()))
	}
	return x, nil
}

// infers reports whether ON CONFLICT names the keys of an index, and has its condition among its own.
func infers(t *colstore.Table, x *colstore.Index, oc *parse.OnConflict) bool {
	keys := make([]string, len(x.Columns))
	for i, id := range x.Columns {
		c, _ := t.Column(id)
		keys[i] = parse.Format(&parse.ColumnRef{Parts: []string{c.Name}})
		if c.Hidden() {
			key, _ := KeyOf(c.Generated)
			keys[i] = parse.Format(key)
		}
	}
	found := map[string]bool{}
	for _, item := range oc.Items {
		text := parse.Format(item.Expr)
		if !slices.Contains(keys, text) {
			return false
		}
		found[text] = true
	}
	where := IndexWhere(t, x)
	return len(found) == len(x.Columns) && (where == nil || oc.IndexWhere != nil && implies(oc.IndexWhere, where))
}

// implies reports whether a condition has all that must hold for another one among what must hold for it.
func implies(e, other parse.Expr) bool {
	given := map[string]bool{}
	for _, part := range conjuncts(e) {
		given[parse.Format(part)] = true
	}
	return !slices.ContainsFunc(conjuncts(other), func(part parse.Expr) bool { return !given[parse.Format(part)] })
}

// conjuncts are the conditions that AND connects.
func conjuncts(e parse.Expr) []parse.Expr {
	and, ok := e.(*parse.BoolExpr)
	if !ok || and.Or {
		return []parse.Expr{e}
	}
	var all []parse.Expr
	for _, part := range and.Args {
		all = append(all, conjuncts(part)...)
	}
	return all
}

// ColumnOf is the column that is all that an index computes in a hidden one; ok is false for an expression.
func ColumnOf(t *colstore.Table, c *colstore.Column) (own *colstore.Column, ok bool) {
	key, _ := KeyOf(c.Generated)
	ref, ok := key.(*parse.ColumnRef)
	if !ok {
		return nil, false
	}
	return t.ColumnByName(ref.Parts[len(ref.Parts)-1])
}

// IndexColumnName is what an expression is called in the name of an index.
func IndexColumnName(e parse.Expr) string {
	if name := outputName(e); name != "?column?" {
		return name
	}
	return "expr"
}
