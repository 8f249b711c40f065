package bind

import (
	"driftdb/internal/dberr"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// aliases are the items of a select list whose names may stand for them, as in DuckDB: where PostgreSQL
// finds no column of that name.
type aliases struct{ items []parse.SelectItem }

// bindAlias binds the name of an item of the select list; without one of that name the error is missing.
func (b *Binder) bindAlias(e *parse.ColumnRef, c *exprContext, missing error) (expr.Expr, error) {
	if c.aliases == nil || len(e.Parts) != 1 || dberr.CodeOf(missing) != dberr.UndefinedColumn {
		return nil, missing
	}
	i := c.aliases.index(e.Parts[0])
	if i < 0 {
		return nil, missing
	}
	pos := int(e.Position())
	inner := *c
	inner.aliases = &aliases{c.aliases.items[:i]}
	item := c.aliases.items[i].Expr
	x, err := b.bindExpr(item, &inner)
	if err != nil {
		return nil, err
	}
	if plan.VolatilityOf(x) == expr.Volatile {
		return nil, dberr.Newf(dberr.FeatureNotSupported, "the name \"%s\" cannot stand for its expression, which gives another value each time", e.Parts[0]).At(pos).
			WithHint("Compute it in a subquery in FROM.")
	}
	if b.record != nil {
		e.Means = item
	}
	return x, nil
}

// index finds the item with that alias, -1 for none or several.
func (a *aliases) index(name string) int {
	found := -1
	for i, item := range a.items {
		if item.Alias != name || name == "" {
			continue
		}
		if found >= 0 {
			return -1
		}
		found = i
	}
	return found
}
