package querygen

import (
	"fmt"
	"strings"
)

// Query returns a random query whose answer is one multiset of rows.
func (g *Gen) Query() string {
	switch g.r.IntN(10) {
	case 0:
		return g.setOperation()
	case 1, 2, 3:
		return g.grouped()
	case 4:
		return g.windowed()
	case 5, 6:
		return g.correlated()
	}
	from, scope := g.from()
	return g.plain(from, scope)
}

// plain returns a query without groups.
func (g *Gen) plain(from string, scope []column) string {
	var list []string
	for range 1 + g.r.IntN(3) {
		list = append(list, g.expr(scope, kind(g.r.IntN(kinds)), 2))
	}
	q := "SELECT " + g.pick("", "", "DISTINCT ") + strings.Join(list, ", ") + " FROM " + from + g.where(scope)
	if g.r.IntN(4) == 0 {
		q += " ORDER BY " + places(len(list)) + g.pick("", fmt.Sprintf(" LIMIT %d", g.r.IntN(9)))
	}
	return q
}

// places is 1, 2, … n: an order by all columns is total.
func places(n int) string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprint(i+1))
	}
	return strings.Join(out, ", ")
}

func (g *Gen) where(scope []column) string {
	if g.r.IntN(3) == 0 {
		return ""
	}
	return " WHERE " + g.predicate(scope, 2)
}

// from returns a FROM clause of one to three tables and the columns in its scope.
func (g *Gen) from() (string, []column) {
	sql, scope := g.item()
	for range g.r.IntN(3) {
		right, cols := g.item()
		both := append(append([]column{}, scope...), cols...)
		join := g.pick("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN")
		sql = fmt.Sprintf("%s %s %s", sql, join, right)
		if join != "CROSS JOIN" {
			sql += " ON " + g.on(scope, cols, both, join)
		}
		scope = both
	}
	return sql, scope
}

// on returns a join condition. PostgreSQL wants an equality of both sides for a full join.
func (g *Gen) on(left, right, both []column, join string) string {
	k := kind(g.r.IntN(kinds))
	cond := g.side(left, k) + " = " + g.side(right, k)
	switch {
	case join == "FULL JOIN" || g.r.IntN(2) == 0:
		return cond
	case g.r.IntN(2) == 0:
		return cond + " AND " + g.predicate(both, 1)
	}
	return g.predicate(both, 1)
}

// side returns a column of kind k.
func (g *Gen) side(scope []column, k kind) string {
	var of []string
	for _, c := range scope {
		if c.kind == k {
			of = append(of, c.name)
		}
	}
	return g.pick(of...)
}

// item returns one table reference: a table, or a subquery over one.
func (g *Gen) item() (string, []column) {
	t, a := g.tables[g.r.IntN(len(g.tables))], g.alias()
	if g.r.IntN(5) > 0 {
		return t.name + " AS " + a, g.scopeOf(t.name, a)
	}
	inner := g.scopeOf(t.name, t.name)
	var list []string
	var out []column
	for k := range kinds {
		list = append(list, fmt.Sprintf("%s AS e%d", g.expr(inner, kind(k), 1), k))
		out = append(out, column{fmt.Sprintf("%s.e%d", a, k), kind(k)})
	}
	return fmt.Sprintf("(SELECT %s FROM %s%s) AS %s", strings.Join(list, ", "), t.name, g.where(inner), a), out
}

// aggregate returns a call whose value depends on no order.
func (g *Gen) aggregate(scope []column) string {
	var call string
	switch g.r.IntN(7) {
	case 0:
		call = "count(*)"
	case 1:
		call = fmt.Sprintf("count(%s)", g.expr(scope, kind(g.r.IntN(kinds)), 1))
	case 2:
		call = fmt.Sprintf("count(DISTINCT %s)", g.expr(scope, kind(g.r.IntN(kinds)), 1))
	case 3, 4:
		k := []kind{integer, numeric, double}[g.r.IntN(3)]
		call = fmt.Sprintf("%s(%s)", g.pick("sum", "sum", "avg"), g.expr(scope, k, 1))
	case 5:
		call = fmt.Sprintf("%s(%s)", g.pick("bool_and", "bool_or"), g.expr(scope, boolean, 1))
	default:
		k := []kind{integer, numeric, text, date, double}[g.r.IntN(5)]
		call = fmt.Sprintf("%s(%s)", g.pick("min", "max"), g.expr(scope, k, 1))
	}
	if g.r.IntN(4) == 0 {
		call += " FILTER (WHERE " + g.predicate(scope, 1) + ")"
	}
	return call
}

// grouped returns a query with aggregates, by none to two keys.
func (g *Gen) grouped() string {
	from, scope := g.from()
	var keys, list []string
	for range g.r.IntN(3) {
		keys = append(keys, g.expr(scope, kind(g.r.IntN(kinds)), 1))
	}
	list = append(list, keys...)
	for range 1 + g.r.IntN(2) {
		list = append(list, g.aggregate(scope))
	}
	q := "SELECT " + strings.Join(list, ", ") + " FROM " + from + g.where(scope)
	if len(keys) > 0 {
		q += " GROUP BY " + g.pick("", "", "", "ROLLUP ", "CUBE ") + "(" + places(len(keys)) + ")"
		q = strings.Replace(q, "GROUP BY ("+places(len(keys))+")", "GROUP BY "+places(len(keys)), 1)
	}
	if g.r.IntN(3) == 0 {
		q += " HAVING " + g.aggregate(scope) + " IS NOT NULL"
	}
	return q
}

// windowed returns a query with a window function over a total order.
func (g *Gen) windowed() string {
	t, a := g.tables[g.r.IntN(len(g.tables))], g.alias()
	scope := g.scopeOf(t.name, a)
	k := kind(g.r.IntN(kinds))
	x := fmt.Sprintf("CAST(%s AS %s)", g.expr(scope, k, 1), sqlTypes[k]) // a literal alone has no type for lag
	call := g.pick("row_number()", "rank()", "dense_rank()", "count(*)", "percent_rank()", "ntile(3)",
		fmt.Sprintf("lag(%s)", x), fmt.Sprintf("lead(%s, 2)", x), fmt.Sprintf("first_value(%s)", x), fmt.Sprintf("last_value(%s)", x),
		fmt.Sprintf("sum(%s)", g.expr(scope, numeric, 1)), fmt.Sprintf("min(%s)", g.expr(scope, integer, 1)))
	frame := g.pick("", "", " ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING", " ROWS UNBOUNDED PRECEDING",
		" GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING", " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW")
	part := ""
	if g.r.IntN(3) > 0 {
		part = "PARTITION BY " + g.expr(scope, kind(g.r.IntN(kinds)), 1) + " "
	}
	key := g.expr(scope, kind(g.r.IntN(kinds)), 1) + g.pick("", " DESC", " NULLS FIRST", " DESC NULLS LAST")
	return fmt.Sprintf("SELECT %s.id, %s OVER (%sORDER BY %s, %s.id%s) FROM %s AS %s%s", a, call, part, key, a, frame, t.name, a, g.where(scope))
}

// setOperation returns two or three queries that UNION, INTERSECT or EXCEPT combine.
func (g *Gen) setOperation() string {
	var ks []kind
	for range 1 + g.r.IntN(2) {
		ks = append(ks, kind(g.r.IntN(kinds)))
	}
	arm := func() string {
		from, scope := g.item()
		var list []string
		for _, k := range ks {
			list = append(list, g.expr(scope, k, 1))
		}
		return "SELECT " + strings.Join(list, ", ") + " FROM " + from + g.where(scope)
	}
	q := arm()
	for range 1 + g.r.IntN(2) {
		q += g.pick(" UNION ", " UNION ALL ", " INTERSECT ", " INTERSECT ALL ", " EXCEPT ", " EXCEPT ALL ") + arm()
	}
	return q
}

// Join returns a FROM clause of some tables and a predicate over their columns.
func (g *Gen) Join() (from, predicate string) {
	from, scope := g.from()
	return from, g.predicate(scope, 2)
}
