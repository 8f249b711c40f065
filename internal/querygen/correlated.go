package querygen

import "fmt"

// correlated returns a query of one table whose outputs are subqueries over its columns: LATERAL
// ones with a LIMIT of their own, and scalar ones over aggregates, grouping sets, windows and recursion.
func (g *Gen) correlated() string {
	t, a := g.some(), g.alias()
	outer := t.under(a)
	var list, from string
	switch g.r.IntN(7) {
	case 0:
		list, from = g.lateral(outer)
	case 1:
		list = g.overGroups(outer)
	case 2:
		list = g.overWindow(outer)
	case 3:
		list = g.overRecursion(outer, a)
	case 4:
		list = g.overAll(outer)
	case 5:
		list = g.overSets(outer)
	default:
		return g.withTies()
	}
	return fmt.Sprintf("SELECT %s.id, %s FROM %s AS %s%s%s", a, list, t.name, a, from, g.where(outer))
}

// inner returns a table under a new alias, its columns, and a condition that may compare them with
// the outer ones.
func (g *Gen) inner(outer []column) (table, alias string, scope []column, where string) {
	t, i := g.some(), g.alias()
	scope = t.under(i)
	k := g.anyKind()
	where = fmt.Sprintf("%s %s %s", g.side(scope, k), g.pick("=", "=", "<", ">=", "<>"), g.side(outer, k))
	if g.r.IntN(3) == 0 {
		where = g.predicate(scope, 1)
	}
	return t.name, i, scope, where
}

// lateral returns an output and the LATERAL item that it is of: the first rows by a total order,
// as many as a column of the outer row says.
func (g *Gen) lateral(outer []column) (list, from string) {
	t, i, scope, where := g.inner(outer)
	x, v := g.alias(), g.expr(append(scope, outer...), g.anyKind(), 1)
	key := g.side(scope, g.anyKind()) + g.pick("", " DESC", " NULLS FIRST")
	n := g.side(outer, integer)
	limit := g.pick(fmt.Sprintf("LIMIT abs(%s) %% 4", n), fmt.Sprintf("LIMIT 2 OFFSET abs(%s) %% 3", n), "LIMIT 1", fmt.Sprintf("OFFSET abs(%s) %% 5", n))
	from = fmt.Sprintf(" %s LATERAL (SELECT %s.id AS id, %s AS v FROM %s AS %s WHERE %s ORDER BY %s, %s.id %s) AS %s", g.pick("CROSS JOIN", "LEFT JOIN"),
		i, v, t, i, where, key, i, limit, x)
	if from[1:5] == "LEFT" {
		from += " ON TRUE"
	}
	return x + ".id, " + x + ".v", from
}

// overGroups returns a count and a sum over the groups of a correlated query.
func (g *Gen) overGroups(outer []column) string {
	t, i, scope, where := g.inner(outer)
	k1, k2 := g.side(scope, g.anyKind()), g.expr(scope, g.anyKind(), 1)
	groups := g.pick("ROLLUP (1, 2)", "CUBE (1, 2)", "GROUPING SETS ((), (2, 1), ())", "GROUPING SETS ((1, 2), (2))", "1, 2", "ROLLUP (1), 2")
	x := g.alias()
	return fmt.Sprintf("(SELECT count(*) * 1000 + coalesce(sum(n), 0) FROM (SELECT %s AS k1, %s AS k2, count(*) AS n FROM %s AS %s WHERE %s GROUP BY %s) AS %s)",
		k1, k2, t, i, where, groups, x)
}

// overWindow returns a sum over a window function of a correlated query.
func (g *Gen) overWindow(outer []column) string {
	t, i, scope, where := g.inner(outer)
	call := g.pick("row_number()", "rank()", "count(*)", fmt.Sprintf("sum(%s)", g.side(scope, integer)), fmt.Sprintf("lag(%s.id)", i))
	key := g.expr(append(scope, outer...), g.anyKind(), 1)
	return fmt.Sprintf("(SELECT sum(w * id) FROM (SELECT %s.id AS id, %s OVER (ORDER BY %s, %s.id) AS w FROM %s AS %s WHERE %s) AS %s)",
		i, call, key, i, t, i, where, g.alias())
}

// overRecursion returns a sum over a recursive query that begins, or ends, at the outer row.
func (g *Gen) overRecursion(outer []column, alias string) string {
	n, r := g.side(outer, integer), g.alias()
	if g.r.IntN(2) == 0 {
		return fmt.Sprintf("(WITH RECURSIVE %s(n) AS (SELECT CAST(abs(%s) %% 5 AS INTEGER) %s SELECT (n + 1) %% 9 FROM %s WHERE n < abs(%s.id) %% 7) SELECT sum(n) FROM %s)",
			r, n, "UNION", r, alias, r)
	}
	t, i := g.some(), g.alias()
	return fmt.Sprintf("(WITH RECURSIVE %s(id, d) AS (SELECT %s.id, 0 UNION ALL SELECT %s.id, d + 1 FROM %s AS %s JOIN %s ON %s.id = %s.id - 1 - abs(%s) %% 2 WHERE d < 4) SELECT count(*) * 100 + sum(d) FROM %s)",
		r, alias, i, t.name, i, r, i, r, n, r)
}

// overAll returns an aggregate of a correlated query, whose own WHERE may hold another.
func (g *Gen) overAll(outer []column) string {
	t, i, scope, where := g.inner(outer)
	call := g.aggregate(scope)
	if g.r.IntN(3) == 0 {
		t2, j, deep, on := g.inner(scope)
		where += fmt.Sprintf(" AND %s > (SELECT count(*) FROM %s AS %s WHERE %s AND %s)", g.side(scope, integer), t2, j, on,
			g.predicate(append(deep, outer...), 0))
	}
	if g.r.IntN(3) == 0 {
		call = fmt.Sprintf("CASE WHEN %s IS NULL THEN CAST(-1 AS TEXT) ELSE CAST(%s AS TEXT) END", g.side(outer, g.anyKind()), call)
	}
	return fmt.Sprintf("(SELECT %s FROM %s AS %s WHERE %s)", call, t, i, where)
}

// overSets returns a count over a set operation of correlated queries.
func (g *Gen) overSets(outer []column) string {
	k := g.anyKind()
	arm := func() string {
		t, i, scope, where := g.inner(outer)
		return fmt.Sprintf("SELECT %s FROM %s AS %s WHERE %s", g.expr(append(scope, outer...), k, 1), t, i, where)
	}
	return fmt.Sprintf("(SELECT count(*) FROM (%s %s %s) AS %s)", arm(), g.pick("UNION", "UNION ALL", "INTERSECT", "EXCEPT", "EXCEPT ALL"), arm(), g.alias())
}

// withTies returns the first rows of a query and those that are level with the last: that depends
// on no order among them.
func (g *Gen) withTies() string {
	from, scope := g.from()
	key := g.expr(scope, g.anyKind(), 1)
	list := g.expr(scope, g.anyKind(), 2)
	return fmt.Sprintf("SELECT %s, %s FROM %s%s ORDER BY 2%s FETCH FIRST %d ROWS WITH TIES", list, key, from, g.where(scope),
		g.pick("", " DESC", " NULLS FIRST"), g.r.IntN(6))
}
