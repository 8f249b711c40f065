package bind

import (
	"reflect"
	"slices"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/parse"
)

// Renamed returns the text of a view with another name for one column of a relation that it reads.
// Parts of the view that look at a fixed point of the past keep the names of then.
func (b *Binder) Renamed(v, of *colstore.Table, columnID uint32, to string) (string, error) {
	m, err := b.Moving(v)
	if err != nil {
		return "", err
	}
	return m.renamedColumn(of, columnID, to)
}

// renamedColumn gives a column another name in a query. All other names are qualified, so that
// none of them comes to mean the new one.
func (m *Moved) renamedColumn(of *colstore.Table, id uint32, to string) (string, error) {
	c, _ := of.Column(id)
	w := &renaming{names: m.names, of: of, from: c.Name, to: to, outputs: map[*parse.SelectItem]string{}}
	w.visit(reflect.ValueOf(m.query))
	switch {
	case w.refused || w.aliased && m.twice(of.Name):
		return "", dberr.Newf(dberr.FeatureNotSupported, "cannot rename column %s of %s: a view uses it in a way that is not supported", c.Name, of.Name).
			WithHint("Drop the view, and create it again afterwards.")
	case w.aliased:
		m.keepNames(of)
		return parse.Format(m.query), nil
	}
	for ref, col := range m.names.columns {
		name := ref.Parts[len(ref.Parts)-1]
		if col.relation == of.ID && col.attribute == id && name == c.Name {
			name = to
		}
		if len(ref.Parts) == 1 && col.table != "" {
			ref.Parts = []string{col.table, name}
			if col.schema != "" && m.twice(col.table) {
				ref.Parts = []string{col.schema, col.table, name}
			}
		} else {
			ref.Parts = append(ref.Parts[:len(ref.Parts)-1:len(ref.Parts)-1], name)
		}
	}
	for item, was := range w.outputs { // what a column gave its name to keeps it
		if outputName(item.Expr) != was {
			item.Alias = was
		}
	}
	return parse.Format(m.query), nil
}

// keepNames gives every reference to a relation an alias with the names that its columns have, for queries
// in which one name stands for columns of several tables.
func (m *Moved) keepNames(of *colstore.Table) {
	for ref, t := range m.names.tables {
		if t.past || t.table.ID != of.ID {
			continue
		}
		if ref.Alias == nil {
			ref.Alias = &parse.Alias{Pos: ref.Pos, Name: t.table.Name}
		}
		for _, c := range t.table.Shown()[min(len(ref.Alias.Columns), len(t.table.Shown())):] {
			ref.Alias.Columns = append(ref.Alias.Columns, parse.Ident{Pos: ref.Pos, Name: c.Name})
		}
	}
	for ref, col := range m.names.columns {
		if n := len(ref.Parts); col.relation == of.ID && n > 2 {
			ref.Parts = []string{col.table, ref.Parts[n-1]}
		}
	}
}

// Dropped returns the text of a view without the place of one column, which it does not read, in the
// aliases that name the columns of a relation one by one.
func (b *Binder) Dropped(v, of *colstore.Table, columnID uint32) (string, error) {
	m, err := b.Moving(v)
	if err != nil {
		return "", err
	}
	changed := false
	for ref, t := range m.names.tables {
		if t.past || t.table.ID != of.ID || ref.Alias == nil {
			continue
		}
		place := slices.IndexFunc(t.table.Columns, func(c colstore.Column) bool { return c.ID == columnID })
		if place < 0 || place >= len(ref.Alias.Columns) {
			continue
		}
		ref.Alias.Columns = slices.Delete(ref.Alias.Columns, place, place+1)
		changed = true
	}
	if !changed {
		return v.Query, nil
	}
	return parse.Format(m.query), nil
}

// twice reports whether tables of two schemas have the name without an alias.
func (m *Moved) twice(table string) bool {
	n := 0
	for ref, t := range m.names.tables {
		if ref.Alias == nil && t.table.Name == table {
			n++
		}
	}
	return n > 1
}

// renaming goes through a query before a column in it is renamed.
type renaming struct {
	names    *nameRecord
	of       *colstore.Table
	from, to string
	outputs  map[*parse.SelectItem]string // names of outputs without an alias
	// aliased says that the column cannot have the new name in the text: an alias keeps it the old one.
	aliased bool
	refused bool
}

func (w *renaming) visit(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		switch n := v.Interface().(type) {
		case *parse.Join:
			w.aliased = w.aliased || n.Natural || len(n.Using) > 0
		case *parse.TableRef:
			t := w.names.tables[n]
			w.aliased = w.aliased || t.table != nil && !t.past && t.table.ID == w.of.ID && n.Alias != nil && len(n.Alias.Columns) > 0
		case *parse.Pivot, *parse.Unpivot, *parse.Lambda:
			w.aliased = true
		case *parse.Describe:
			w.refused = true
		case *parse.Select:
			w.noteOutputs(n)
		}
		w.visit(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			w.visit(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			w.visit(v.Index(i))
		}
	}
}

// noteOutputs notes the names that outputs have of their own. Where one has the new name and may be
// meant by GROUP BY, the column would be meant instead.
func (w *renaming) noteOutputs(sel *parse.Select) {
	for i := range sel.Items {
		item := &sel.Items[i]
		name := item.Alias
		if name == "" {
			name = outputName(item.Expr)
			w.outputs[item] = name
		}
		w.aliased = w.aliased || sel.GroupBy != nil && name == w.to
	}
}
