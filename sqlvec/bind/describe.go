package bind

import (
	"fmt"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// everything is SELECT * FROM t.
func everything(t parse.TableExpr) *parse.Query {
	pos := t.Position()
	return &parse.Query{Pos: pos, Body: &parse.Select{Pos: pos, Items: []parse.SelectItem{{Pos: pos, Expr: &parse.Star{Pos: pos}}},
		From: []parse.TableExpr{t}}}
}

// bindDescribe binds DESCRIBE and SUMMARIZE.
func (b *Binder) bindDescribe(d *parse.Describe, parent *scope) (plan.Node, error) {
	q := d.Query
	if q == nil {
		q = everything(d.Table)
	}
	node, err := b.bindQuery(q, parent)
	if err != nil {
		return nil, err
	}
	if node, err = b.resolveUnknown(node); err != nil {
		return nil, err
	}
	if d.Summarize {
		return b.summary(node)
	}
	return b.description(node, b.describedTable(d.Table)), nil
}

// describedTable is the table that a DESCRIBE names, nil for anything else.
func (b *Binder) describedTable(e parse.TableExpr) *colstore.Table {
	t, ok := e.(*parse.TableRef)
	if !ok || b.findCTE(t.Name) != nil {
		return nil
	}
	if ref, ok := b.temporary(t.Name); ok {
		return ref.table
	}
	if _, ok, _ := b.bindSystem(t, nil); ok {
		return nil
	}
	ref, err := b.lookup(t.Name, t.SystemTime, int(t.Position()))
	if err != nil || ref.table.Kind != colstore.KindTable {
		return nil
	}
	return ref.table
}

// description is a row for every column of node, which t, if it is one, tells more of.
func (b *Binder) description(node plan.Node, t *colstore.Table) plan.Node {
	text := types.T(types.Text)
	n := &plan.Values{}
	for _, name := range []string{"column_name", "column_type", "null", "key", "default", "extra"} {
		n.Out = append(n.Out, b.newColumn(name, text))
	}
	word := func(s string) expr.Expr {
		if s == "" {
			return &expr.Const{Value: types.NullOf(text)}
		}
		return &expr.Const{Value: types.BytesValue(text, s)}
	}
	declared := declaredTypes(node)
	for i, c := range node.Columns() {
		row := []string{c.Name, declared[i].Definition(), "YES", "", "", ""}
		if t != nil && i < len(t.Columns) {
			col := &t.Columns[i]
			if col.NotNull {
				row[2] = "NO"
			}
			row[3], row[4] = keyWord(t, col.ID), col.Default
			if col.Generated != "" {
				row[4] = col.Generated
			}
		}
		var out []expr.Expr
		for _, s := range row {
			out = append(out, word(s))
		}
		n.Rows = append(n.Rows, out)
	}
	return n
}

// keyWord says what key a column is alone, or part of: PRI or UNI, "" for none.
func keyWord(t *colstore.Table, id uint32) string {
	word := ""
	for _, k := range t.Keys() {
		for _, c := range k.Columns {
			switch {
			case c != id:
			case k.ID == 0:
				return "PRI"
			case k.Unique && len(k.Columns) == 1:
				word = "UNI"
			}
		}
	}
	return word
}

// summaryColumns are the columns of SUMMARIZE behind the first two.
var summaryColumns = []string{"min", "max", "approx_unique", "avg", "std", "q25", "q50", "q75", "count", "null_percentage"}

// summary is a row of statistics for every column of node. All are computed in one pass: a query
// makes one array for each statistic, and their elements become rows.
func (b *Binder) summary(node plan.Node) (plan.Node, error) {
	const source = "summarized"
	cols := node.Columns()
	if len(cols) == 0 {
		return nil, dberr.New(dberr.SyntaxError, "there is no column to summarize")
	}
	stats := make([][]string, 2+len(summaryColumns))
	var names []string
	for i, c := range cols {
		name := fmt.Sprintf("c%d", i)
		names = append(names, name)
		stats[0] = append(stats[0], quoteText(c.Name))
		stats[1] = append(stats[1], quoteText(c.Type.Definition()))
		for j, x := range columnSummary(name, c.Type) {
			stats[2+j] = append(stats[2+j], x)
		}
	}
	var arrays, refs []string
	for i, list := range stats {
		arrays = append(arrays, fmt.Sprintf("ARRAY[%s] AS a%d", strings.Join(list, ", "), i))
		refs = append(refs, fmt.Sprintf("a.a%d", i))
	}
	text := fmt.Sprintf("SELECT u.* FROM (SELECT %s FROM %s AS s(%s)) AS a, unnest(%s) AS u(column_name, column_type, %s)",
		strings.Join(arrays, ", "), source, strings.Join(names, ", "), strings.Join(refs, ", "), strings.Join(summaryColumns, ", "))
	q, err := parseQuery(text)
	if err != nil {
		return nil, err
	}
	saved := b.ctes
	defer func() { b.ctes = saved }()
	b.ctes = &cteScope{boundCTE(source, node), nil}
	return b.bindQuery(parse.Placed(q, 0).(*parse.Query), nil)
}

// boundCTE is a WITH query that has been bound already.
func boundCTE(name string, node plan.Node) *cte {
	def := &parse.CTE{Name: parse.Ident{Name: name}}
	return &cte{def: def, with: &parse.With{CTEs: []*parse.CTE{def}}, cols: node.Columns(), shared: &plan.CTE{Name: name, Plan: node}}
}

// quoteText writes a text as a literal.
func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// columnSummary are the expressions of summaryColumns for a column.
func columnSummary(c string, t types.Type) []string {
	least, greatest, spread, ordered := "min("+c+")", "max("+c+")", c, false
	switch {
	case t.IsNumber():
		ordered = true
	case t.ID == types.Bool:
		least, greatest = "bool_and("+c+")", "bool_or("+c+")"
	case t.ID == types.Date || t.ID == types.Timestamp || t.ID == types.TimestampTZ || t.ID == types.Time:
		ordered = true
	case t.IsString() || t.ID == types.Interval:
	default: // types without an order, or without an aggregate for it
		spread = c + "::text"
		least, greatest = "min("+spread+")", "max("+spread+")"
	}
	none := "NULL::text"
	avg, std := none, none
	double := c + "::float8"
	if t.ID == types.Numeric { // which may be greater than any of these
		double = "try_cast(" + c + " AS float8)"
	}
	if t.IsNumber() {
		avg, std = "avg("+double+")::text", "stddev("+double+")::text"
	}
	list := []string{least + "::text", greatest + "::text", "approx_count_distinct(" + spread + ")", avg, std}
	for _, f := range []string{"0.25", "0.5", "0.75"} {
		switch {
		case t.IsNumber() && !t.IsInteger():
			list = append(list, "approx_quantile("+double+", "+f+")::"+t.String()+"::text")
		case ordered:
			list = append(list, "approx_quantile("+c+", "+f+")::text")
		default:
			list = append(list, none)
		}
	}
	return append(list, "count(*)", "(100.0 * (count(*) - count("+c+")) / nullif(count(*), 0))::numeric(9, 2)")
}
