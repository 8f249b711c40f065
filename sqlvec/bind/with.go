package bind

import (
	"driftdb/internal/dberr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// CheckWith refuses a WITH clause that names two queries alike.
func CheckWith(w *parse.With) error {
	seen := map[string]bool{}
	for _, def := range w.CTEs {
		if _, ok := def.Stmt.(*parse.Query); !ok && w.Recursive && refersTo(def.Stmt, def.Name.Name) {
			return dberr.Newf(dberr.InvalidRecursion, "recursive query \"%s\" must not contain data-modifying statements", def.Name.Name).At(int(def.Position()))
		}
		if seen[def.Name.Name] {
			return dberr.Newf(dberr.DuplicateAlias, "WITH query name \"%s\" specified more than once", def.Name.Name).At(int(def.Name.Pos))
		}
		seen[def.Name.Name] = true
	}
	return nil
}

// declareCTEs makes the names of a WITH clause known.
func (b *Binder) declareCTEs(w *parse.With, parent *scope) error {
	if w == nil {
		return nil
	}
	for _, def := range w.CTEs {
		if _, ok := def.Stmt.(*parse.Query); ok {
			continue
		}
		if _, done := b.writtenCTE(def); !done {
			return dberr.New(dberr.FeatureNotSupported, "WITH clause containing a data-modifying statement must be at the top level").At(int(def.Position()))
		}
	}
	b.pushCTEs(w, parent)
	return CheckWith(w)
}

// pushCTEs puts the names of a WITH clause before those that are known.
func (b *Binder) pushCTEs(w *parse.With, parent *scope) {
	if w == nil {
		return
	}
	for _, def := range w.CTEs {
		q, _ := def.Stmt.(*parse.Query)
		b.ctes = &cteScope{&cte{def: def, query: q, ctes: b.ctes, scope: parent, time: b.time, with: w}, b.ctes}
	}
	if w.Recursive { // each sees all
		for s := b.ctes; s != nil && s.cte.with == w; s = s.parent {
			s.cte.ctes = b.ctes
		}
	}
}

// Declare makes the names of a statement's WITH clause known to a part of it that is bound alone.
func (b *Binder) Declare(w *parse.With) error { return b.declareCTEs(w, nil) }

// WithQuery binds a query of a WITH clause that has others around it.
func (b *Binder) WithQuery(def *parse.CTE, w *parse.With) (plan.Node, error) {
	q, _ := def.Stmt.(*parse.Query)
	c := &cte{def: def, query: q, ctes: b.ctes, time: b.time, with: w}
	if w.Recursive {
		c = b.findCTE(parse.Name{Parts: []string{def.Name.Name}})
	}
	if err := b.bindCTE(c); err != nil {
		return nil, err
	}
	n := &plan.CTEScan{CTE: c.shared}
	c.shared.Uses++
	for _, col := range c.cols {
		n.Out = append(n.Out, b.newColumn(col.Name, col.Type))
	}
	return n, nil
}

// RefersTo reports whether a statement names a table.
func RefersTo(st parse.Stmt, name string) bool { return refersTo(st, name) }

// writtenCTE says whether a WITH query has run already, and its rows.
func (b *Binder) writtenCTE(def *parse.CTE) (rows Source, done bool) {
	if b.env.Written == nil {
		return nil, false
	}
	return b.env.Written(def)
}

// bindWritten binds a reference to a WITH query that has run.
func (b *Binder) bindWritten(c *cte, rows Source, t *parse.TableRef, parent *scope) (from, error) {
	pos, name := int(t.Position()), c.def.Name.Name
	if rows == nil {
		return from{}, dberr.Newf(dberr.FeatureNotSupported, "WITH query \"%s\" does not have a RETURNING clause", name).At(pos)
	}
	if t.SystemTime != nil {
		return from{}, dberr.Newf(dberr.FeatureNotSupported, "FOR SYSTEM_TIME on the WITH query \"%s\" is not supported", name).At(int(t.SystemTime.Position()))
	}
	cols := rows.Columns()
	if len(c.def.Columns) > len(cols) {
		return from{}, dberr.Newf(dberr.InvalidColumnReference, "WITH query \"%s\" has %d columns available but %d columns specified",
			name, len(cols), len(c.def.Columns)).At(int(c.def.Position()))
	}
	alias := t.Alias
	if alias == nil {
		alias = &parse.Alias{Pos: t.Pos, Name: name}
	}
	f := b.sourceScan(name, alias.Name, rows, cols, parent)
	for i := range f.scope.cols {
		f.scope.cols[i].anyCase = false
		if _, wrote := c.def.Stmt.(*parse.Query); i < len(c.def.Columns) && !wrote {
			f.scope.cols[i].Name = c.def.Columns[i].Name
		}
	}
	if err := renameColumns(f.scope, alias); err != nil {
		return from{}, err
	}
	b.remember(f.scope)
	return f, nil
}
