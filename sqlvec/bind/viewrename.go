package bind

import (
	"reflect"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/parse"
)

// nameRecord notes what the names in a view's text were found to mean.
type nameRecord struct {
	columns map[*parse.ColumnRef]*column
	tables  map[*parse.TableRef]*colstore.Table // of the present
}

func (r *viewRecord) noteColumn(e *parse.ColumnRef, c *column) {
	if r != nil && r.names != nil {
		found := *c
		r.names.columns[e] = &found
	}
}

func (r *viewRecord) noteTable(e *parse.TableRef, ref tableAt) {
	if r != nil && r.names != nil && ref.period == nil {
		r.names.tables[e] = ref.table
	}
}

// Renamed returns the text of a view with another name for a relation that it reads or, when
// column is not 0, for one column of it. Parts of the view that look at a fixed point of the past
// keep the names of then.
func (b *Binder) Renamed(v, of *colstore.Table, columnID uint32, to string) (string, error) {
	q, err := parseQuery(v.Query)
	if err != nil {
		return "", err
	}
	b.record = &viewRecord{stars: map[*parse.Select]map[*parse.Star][]parse.SelectItem{},
		names: &nameRecord{map[*parse.ColumnRef]*column{}, map[*parse.TableRef]*colstore.Table{}}}
	if _, err := b.Query(q); err != nil {
		return "", err
	}
	names := b.record.names
	if columnID == 0 {
		for ref, t := range names.tables {
			if t.ID == of.ID {
				if ref.Alias == nil {
					ref.Alias = &parse.Alias{Name: t.Name}
				}
				ref.Name.Parts = append(ref.Name.Parts[:len(ref.Name.Parts)-1:len(ref.Name.Parts)-1], to)
			}
		}
		return parse.Format(q), nil
	}
	return b.renamedColumn(q, of, columnID, to)
}

// renamedColumn gives a column another name in a query. All other names are qualified, so that
// none of them comes to mean the new one.
func (b *Binder) renamedColumn(q *parse.Query, of *colstore.Table, id uint32, to string) (string, error) {
	c, _ := of.Column(id)
	w := &renaming{names: b.record.names, of: of, from: c.Name, to: to, outputs: map[*parse.SelectItem]string{}}
	w.visit(reflect.ValueOf(q))
	if w.refused {
		return "", dberr.Newf(dberr.FeatureNotSupported, "cannot rename column %s of %s: a view uses it in a way that is not supported", c.Name, of.Name).
			WithHint("Drop the view, and create it again afterwards.")
	}
	for ref, col := range b.record.names.columns {
		name := ref.Parts[len(ref.Parts)-1]
		if col.relation == of.ID && col.attribute == id && name == c.Name {
			name = to
		}
		if len(ref.Parts) == 1 && col.table != "" {
			ref.Parts = []string{col.table, name}
		} else {
			ref.Parts = append(ref.Parts[:len(ref.Parts)-1:len(ref.Parts)-1], name)
		}
	}
	for item, was := range w.outputs { // what a column gave its name to keeps it
		if outputName(item.Expr) != was {
			item.Alias = was
		}
	}
	return parse.Format(q), nil
}

// renaming goes through a query before a column in it is renamed.
type renaming struct {
	names    *nameRecord
	of       *colstore.Table
	from, to string
	outputs  map[*parse.SelectItem]string // names of outputs without an alias
	refused  bool
}

func (w *renaming) visit(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		switch n := v.Interface().(type) {
		case *parse.Join:
			w.refused = w.refused || n.Natural || len(n.Using) > 0
		case *parse.TableRef:
			t := w.names.tables[n]
			w.refused = w.refused || t != nil && t.ID == w.of.ID && n.Alias != nil && len(n.Alias.Columns) > 0
		case *parse.Pivot, *parse.Unpivot, *parse.Describe, *parse.Lambda:
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
		w.refused = w.refused || sel.GroupBy != nil && name == w.to
	}
}
