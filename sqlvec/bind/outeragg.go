package bind

import (
	"driftdb/internal/dberr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// subquery binds the query of a subquery in an expression, whose aggregates may belong to
// the query around it.
func (b *Binder) subquery(q *parse.Query, c *exprContext) (plan.Node, error) {
	b.around = append(b.around, c)
	defer func() { b.around = b.around[:len(b.around)-1] }()
	return b.bindQuery(q, c.scope)
}

// ownerOf returns the context that an aggregate belongs to: that of the innermost query
// whose columns its arguments use, which may be one around the query it is written in.
func (b *Binder) ownerOf(e *parse.FuncCall, c *exprContext) (*exprContext, error) {
	if c.scope == nil || parse.HasSubquery(e) {
		return c, nil
	}
	owner := b.innermost(e, c.scope)
	if owner == nil || owner == c.scope {
		return c, nil
	}
	for i := len(b.around) - 1; i >= 0; i-- {
		if b.around[i].scope == owner {
			return b.around[i], nil
		}
	}
	return nil, dberr.New(dberr.GroupingError, "aggregate functions are not allowed in FROM clause of their own query level").At(int(e.Position()))
}

// innermost returns the first scope outwards that has a column which a call uses, nil where
// it uses none or one that is not there.
func (b *Binder) innermost(e *parse.FuncCall, from *scope) *scope {
	var found *scope
	depth, unknown := 0, false
	parse.ColumnRefs(e, func(ref *parse.ColumnRef) {
		schema, table, name, err := splitRef(ref)
		for level, d := from, 0; level != nil && err == nil; level, d = level.parent, d+1 {
			col, ambiguous := level.findHere(schema, table, name)
			if ambiguous != nil {
				break
			}
			if col != nil {
				if found == nil || d < depth {
					found, depth = level, d
				}
				return
			}
		}
		unknown = true
	})
	if unknown {
		return nil
	}
	return found
}
