package querygen

import (
	"fmt"
	"slices"
	"strings"
)

// from returns a FROM clause of one to three tables and the columns in its scope.
func (g *Gen) from() (string, []column) {
	if g.most > 1 && g.r.IntN(5) == 0 {
		return g.using()
	}
	sql, scope := g.item()
	for range g.r.IntN(g.most) {
		right, cols := g.item()
		both := append(slices.Clone(scope), cols...)
		join := g.pick("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN")
		sql = fmt.Sprintf("%s %s %s", sql, join, right)
		if join != "CROSS JOIN" {
			sql += " ON " + g.on(scope, cols, both, join)
		}
		scope = both
	}
	return sql, scope
}

// using returns a join by columns of the same names, and what is in scope: the joined columns
// under their own names, and all columns of both sides under the sides'.
func (g *Gen) using() (string, []column) {
	t, u, a, b := g.some(), g.some(), g.alias(), g.alias()
	join := g.pick("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
	both := append(t.under(a), u.under(b)...)
	var names []string
	var merged []column
	for range 1 + g.r.IntN(2) {
		c := t.cols[g.r.IntN(1+kinds)]
		if !slices.Contains(names, c.name) {
			names = append(names, c.name)
			merged = append(merged, c)
		}
	}
	scope := append(slices.Clone(both), merged...)
	if g.r.IntN(3) > 0 {
		return fmt.Sprintf("%s AS %s %s %s AS %s USING (%s)", t.name, a, join, u.name, b, strings.Join(names, ", ")), scope
	}
	side := func(t table, alias string) (string, []column) {
		own := "own_" + alias
		list, cols := []string{"id AS " + own}, []column{{alias + "." + own, integer}}
		for _, c := range merged {
			if c.name == "id" {
				c.name = "id AS id"
			}
			list = append(list, c.name)
		}
		for _, c := range t.cols[1:] {
			if !slices.Contains(names, c.name) {
				list = append(list, c.name+" AS "+alias+c.name)
				cols = append(cols, column{alias + c.name, c.kind})
			}
		}
		return fmt.Sprintf("(SELECT %s FROM %s) AS %s", strings.Join(list, ", "), t.name, alias), cols
	}
	left, lcols := side(t, a)
	right, rcols := side(u, b)
	return fmt.Sprintf("%s NATURAL %s %s", left, join, right), append(append(lcols, rcols...), merged...)
}

// on returns a join condition. PostgreSQL wants an equality of both sides for a full join.
func (g *Gen) on(left, right, both []column, join string) string {
	k := g.anyKind()
	cond := g.side(left, k) + " = " + g.side(right, k)
	switch {
	case join == "FULL JOIN" || g.r.IntN(2) == 0:
		return cond
	case g.r.IntN(2) == 0:
		return cond + " AND " + g.predicate(both, 1)
	}
	return g.predicate(both, 1)
}

// side returns a column of kind k, or a literal where there is none.
func (g *Gen) side(scope []column, k kind) string {
	var of []string
	for _, c := range scope {
		if c.kind == k {
			of = append(of, c.name)
		}
	}
	if len(of) == 0 {
		return g.literal(k)
	}
	return g.pick(of...)
}

// item returns one table reference: a table, a view, or a subquery over a table.
func (g *Gen) item() (string, []column) {
	t, a := g.some(), g.alias()
	if len(g.views) > 0 && g.r.IntN(8) == 0 {
		t = g.views[g.r.IntN(len(g.views))]
	}
	if g.r.IntN(5) > 0 {
		return t.name + " AS " + a, t.under(a)
	}
	sql, cols := g.derived()
	return fmt.Sprintf("(%s) AS %s", sql, a), table{cols: cols}.under(a)
}

// Join returns a FROM clause of some tables and a predicate over their columns.
func (g *Gen) Join() (from, predicate string) {
	from, scope := g.from()
	return from, g.predicate(scope, 2)
}
