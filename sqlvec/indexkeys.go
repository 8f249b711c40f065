package sqlvec

import (
	"fmt"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/parse"
)

// keyText is what the errors of a unique index call the key in a hidden column with a text, "" for any other column.
func keyText(c *colstore.Column, generated string) string {
	if !c.Hidden() {
		return ""
	}
	key, _ := bind.KeyOf(generated)
	return conditionDef(parse.Format(key))
}

// keyDef is a key of an index as CREATE INDEX has it.
func keyDef(c *colstore.Column) string {
	if !c.Hidden() {
		return quoted(c.Name)
	}
	key, _ := bind.KeyOf(c.Generated)
	switch key.(type) {
	case *parse.ColumnRef, *parse.FuncCall:
		return c.Key
	}
	return "(" + c.Key + ")"
}

// where is the condition of an index, "" where it holds all rows.
func where(t *colstore.Table, x *colstore.Index) string {
	if e := bind.IndexWhere(t, x); e != nil {
		return conditionDef(parse.Format(e))
	}
	return ""
}

// expressions are those among the keys of an index.
func expressions(t *colstore.Table, x *colstore.Index) string {
	var list []string
	for _, id := range x.Columns {
		if c, ok := t.Column(id); ok && c.Hidden() {
			if _, plain := bind.ColumnOf(t, c); !plain {
				list = append(list, c.Key)
			}
		}
	}
	return strings.Join(list, ", ")
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// IndexKeys are the keys of an index, and its condition, written as \d shows them.
func IndexKeys(t *colstore.Table, x *colstore.Index) (keys []string, condition string) {
	keys = make([]string, 0, len(x.Columns))
	for _, id := range x.Columns {
		if c, ok := t.Column(id); ok && c.Hidden() {
			keys = append(keys, keyDef(c))
		} else if ok {
			keys = append(keys, c.Name)
		}
	}
	return keys, where(t, x)
}

// keyItem is an item of CREATE INDEX: a column, or an expression.
type keyItem struct {
	expr   parse.Expr
	column string // "" for an expression
	name   string // in the name of the index
}

// keyItems checks what an index is to hold.
func (r *run) keyItems(t *colstore.Table, st *parse.CreateIndex) ([]keyItem, error) {
	var list []keyItem
	for _, item := range st.Items {
		ref, ok := item.Expr.(*parse.ColumnRef)
		if !ok || len(ref.Parts) != 1 {
			if !st.Unique {
				return nil, notSupported(item, "indexes on expressions that are not UNIQUE are").
					WithHint("Add a column GENERATED ALWAYS AS (expression) STORED, and index that.")
			}
			list = append(list, keyItem{expr: item.Expr, name: bind.IndexColumnName(item.Expr)})
			continue
		}
		if _, ok := t.ColumnByName(ref.Parts[0]); !ok {
			return nil, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" does not exist", ref.Parts[0]).At(int(item.Position()))
		}
		list = append(list, keyItem{ref, ref.Parts[0], ref.Parts[0]})
	}
	return list, nil
}

// hiddenKeys adds the columns that a unique index of expressions, or with a condition, has to itself, and returns the
// names of its columns. The rows that there are get their values, written anew.
func (r *run) hiddenKeys(t *colstore.Table, items []keyItem, condition parse.Expr) (*colstore.Table, []string, error) {
	if condition != nil {
		if err := r.binder().IndexCondition(t, condition); err != nil {
			return nil, nil, err
		}
	}
	var names []string
	var hidden []colstore.Column
	for i, item := range items {
		if item.column != "" && (condition == nil || i > 0) {
			names = append(names, item.column)
			continue
		}
		typ, err := r.binder().IndexKey(t, item.expr)
		if err != nil {
			return nil, nil, err
		}
		c := colstore.Column{Name: colstore.KeyColumn(t.NextColumn + uint32(len(hidden))), Type: typ, Missing: types.NullOf(typ),
			Generated: bind.GeneratedKey(item.expr, condition), Key: conditionDef(parse.Format(item.expr))}
		hidden, names = append(hidden, c), append(names, c.Name)
	}
	if len(hidden) == 0 {
		return t, names, nil
	}
	if t.Materialized() {
		return nil, nil, dberr.New(dberr.FeatureNotSupported, "an index of a materialized view on expressions, or with a condition, is not supported")
	}
	st := r.viewOf(t).Stats(t)
	if st.Err != nil {
		return nil, nil, st.Err
	}
	t, err := r.s.txOf(t).AddColumns(t, hidden)
	if err != nil || st.Rows == 0 {
		return t, names, err
	}
	var columns []string
	for _, c := range hidden {
		columns = append(columns, c.Name)
	}
	return t, names, r.fillColumns(t, columns...)
}

// dropKeysOf drops the indexes whose expressions or conditions read a column.
func (r *run) dropKeysOf(t *colstore.Table, column string) (*colstore.Table, error) {
	for {
		x := keyReading(t, column)
		if x == nil {
			return t, nil
		}
		n, err := r.s.txOf(t).DropIndex(colstore.Name{Schema: r.catalogOf(t).SchemaOf(t), Name: x.Name})
		if err != nil {
			return nil, err
		}
		t = n
	}
}

// keyReading is an index with an expression or a condition that reads a column, nil for none.
func keyReading(t *colstore.Table, column string) *colstore.Index {
	for i := range t.Indexes {
		for _, id := range t.Indexes[i].Columns {
			if c, ok := t.Column(id); ok && c.Hidden() && generatedReads(c, column) {
				return &t.Indexes[i]
			}
		}
	}
	return nil
}

// withoutEffect tells what of an index that is not unique is left out.
func (r *run) withoutEffect(st *parse.CreateIndex) {
	if st.Where != nil && !st.Unique {
		r.s.notice("NOTICE", "00000", fmt.Sprintf("the index holds all rows, not only those of its condition: %s", parse.Format(st.Where)))
	}
	if len(st.Include) > 0 {
		r.s.notice("NOTICE", "00000", "the columns of INCLUDE are read where the rows are, not in the index")
	}
}
