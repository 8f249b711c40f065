package bind

import (
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// bindRowsFrom binds functions in FROM of which not all make rows of arrays: the first row of one beside
// the first row of the next, and so on.
func (b *Binder) bindRowsFrom(t *parse.FuncRef, left, parent *scope) (from, error) {
	pos := int(t.Position())
	var all from
	for i, call := range t.Calls {
		one := &parse.FuncRef{Pos: t.Pos, Lateral: true, Calls: []*parse.FuncCall{call}}
		if t.Defs != nil {
			one.Alias = t.Defs[i]
		}
		f, err := b.bindFuncRef(one, left, parent)
		if err == nil && i > 0 {
			f, err = b.joinPlaces(all, f, nullable(plan.Full, all.scope, f.scope), pos)
		}
		if err != nil {
			return from{}, err
		}
		all = f
	}
	var out []plan.Column
	for _, c := range all.scope.star("", "") {
		out = append(out, c.Column)
	}
	alias, first := t.Alias, t.Calls[0].Name.Last()
	if alias == nil {
		alias = &parse.Alias{Pos: t.Pos, Name: first}
	}
	if !t.Ordinality {
		f, err := b.namedValues(strip(all.node, out), alias, parent)
		if err == nil && len(out) == 1 && len(alias.Columns) == 0 && alias.Name != "" && out[0].Name == first {
			f.scope.cols[0].Name = alias.Name
		}
		return f, err
	}
	node := b.numbered(all.node)
	node.Out[0].Name = "ordinality"
	return b.named(strip(node, append(out, node.Out[0])), alias, parent)
}

// namedValues is named for a function: where it has one column, the name of its row is that of the value.
func (b *Binder) namedValues(node plan.Node, alias *parse.Alias, parent *scope) (from, error) {
	f, err := b.named(node, alias, parent)
	if err == nil && len(f.scope.cols) == 1 {
		f.scope.cols[0].scalar = true
	}
	return f, err
}

// scalarNamed is the only column of the function of a name, nil where there is none.
func (s *scope) scalarNamed(table string) *column {
	for level := s; level != nil; level = level.parent {
		if !level.hasTable(table) {
			continue
		}
		if cols := level.star("", table); len(cols) == 1 && cols[0].scalar {
			return &cols[0]
		}
		return nil
	}
	return nil
}
