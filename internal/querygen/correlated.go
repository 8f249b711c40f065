package querygen

import "fmt"

// correlated returns a query of one table whose outputs are subqueries over its columns: LATERAL
// ones with a LIMIT of their own, and scalar ones over grouping sets, windows and recursion.
func (g *Gen) correlated() string {
	t, a := g.tables[g.r.IntN(len(g.tables))], g.alias()
	outer := g.scopeOf(t.name, a)
	var list, from string
	switch g.r.IntN(5) {
	case 0:
		list, from = g.lateral(outer)
	case 1:
		list = g.overGroups(outer)
	case 2:
		list = g.overWindow(outer)
	case 3:
		list = g.overRecursion(outer, a)
	default:
		return g.withTies()
	}
	return fmt.Sprintf("SELECT %s.id, %s FROM %s AS %s%s%s", a, list, t.name, a, from, g.where(outer))
}

// inner returns a table under a new alias, its columns, and a condition that may compare them with
// the outer ones.
func (g *Gen) inner(outer []column) (table, alias string, scope []column, where string) {
	t, i := g.tables[g.r.IntN(len(g.tables))], g.alias()
	scope = g.scopeOf(t.name, i)
	k := kind(g.r.IntN(kinds))
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
	x, v := g.alias(), g.expr(append(scope, outer...), kind(g.r.IntN(kinds)), 1)
	key := g.side(scope, kind(g.r.IntN(kinds))) + g.pick("", " DESC", " NULLS FIRST")
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
	k1, k2 := g.side(scope, kind(g.r.IntN(kinds))), g.expr(scope, kind(g.r.IntN(kinds)), 1)
	groups := g.pick("ROLLUP (1, 2)", "CUBE (1, 2)", "GROUPING SETS ((), (2, 1), ())", "GROUPING SETS ((1, 2), (2))", "1, 2", "ROLLUP (1), 2")
	x := g.alias()
	return fmt.Sprintf("(SELECT count(*) * 1000 + coalesce(sum(n), 0) FROM (SELECT %s AS k1, %s AS k2, count(*) AS n FROM %s AS %s WHERE %s GROUP BY %s) AS %s)",
		k1, k2, t, i, where, groups, x)
}

// overWindow returns a sum over a window function of a correlated query.
func (g *Gen) overWindow(outer []column) string {
	t, i, scope, where := g.inner(outer)
	call := g.pick("row_number()", "rank()", "count(*)", fmt.Sprintf("sum(%s)", g.side(scope, integer)), fmt.Sprintf("lag(%s.id)", i))
	key := g.expr(append(scope, outer...), kind(g.r.IntN(kinds)), 1)
	return fmt.Sprintf("(SELECT sum(w * id) FROM (SELECT %s.id AS id, %s OVER (ORDER BY %s, %s.id) AS w FROM %s AS %s WHERE %s) AS %s)",
		i, call, key, i, t, i, where, g.alias())
}

// overRecursion returns a sum over a recursive query that begins, or ends, at the outer row.
func (g *Gen) overRecursion(outer []column, alias string) string {
	n, r := g.side(outer, integer), g.alias()
	if g.r.IntN(2) == 0 {
		return fmt.Sprintf("(WITH RECURSIVE %s(n) AS (SELECT abs(%s) %% 5 %s SELECT (n + 1) %% 9 FROM %s WHERE n < abs(%s.id) %% 7) SELECT sum(n) FROM %s)",
			r, n, "UNION", r, alias, r)
	}
	t, i := g.tables[g.r.IntN(len(g.tables))], g.alias()
	return fmt.Sprintf("(WITH RECURSIVE %s(id, d) AS (SELECT %s.id, 0 UNION ALL SELECT %s.id, d + 1 FROM %s AS %s JOIN %s ON %s.id = %s.id - 1 - abs(%s) %% 2 WHERE d < 4) SELECT count(*) * 100 + sum(d) FROM %s)",
		r, alias, i, t.name, i, r, i, r, n, r)
}

// merge returns a MERGE of some rows, those from the number on and those below it, into a table.
func (g *Gen) merge(t table, from int) string {
	c, set := t.cols[1+g.r.IntN(kinds)], ""
	for _, col := range t.cols[1:] {
		set += ", " + g.nullable(col.kind)
	}
	scope := append(g.scopeOf(t.name, "m"), column{"s.id", integer})
	return fmt.Sprintf("MERGE INTO %s AS m USING (SELECT generate_series(%d, 12) AS id UNION SELECT generate_series(%d, %d)) AS s ON m.id = s.id"+
		" WHEN MATCHED AND %s THEN UPDATE SET %s = %s WHEN MATCHED AND m.id %% 3 = 0 THEN DELETE WHEN MATCHED THEN DO NOTHING"+
		" WHEN NOT MATCHED AND s.id %% 2 = 0 THEN INSERT VALUES (s.id%s)",
		t.name, g.r.IntN(10), from, from+g.r.IntN(6), g.predicate(scope, 1), c.name, g.expr(scope, c.kind, 1), set)
}

// writing returns a statement that moves rows, or copies what it has changed.
func (g *Gen) writing(t table, from int) string {
	where := g.Predicate(t.name, 1)
	c := t.cols[1+g.r.IntN(kinds)]
	if g.r.IntN(2) == 0 {
		return fmt.Sprintf("WITH x AS (UPDATE %s SET %s = %s WHERE %s RETURNING *), y AS (DELETE FROM %s WHERE id %% 7 = 1) SELECT count(*) FROM x, %s AS q WHERE q.id = x.id",
			t.name, c.name, g.literal(c.kind), where, t.name, t.name)
	}
	return fmt.Sprintf("WITH x AS (DELETE FROM %s WHERE (%s) AND id %% 3 = 0 RETURNING *) INSERT INTO %s SELECT id + %d%s FROM x",
		t.name, where, t.name, from, listOf(t.cols[1:]))
}

// listOf is the names of columns, each behind a comma.
func listOf(cols []column) string {
	out := ""
	for _, c := range cols {
		out += ", " + c.name
	}
	return out
}

// withTies returns the first rows of a query and those that are level with the last: that depends
// on no order among them.
func (g *Gen) withTies() string {
	from, scope := g.from()
	key := g.expr(scope, kind(g.r.IntN(kinds)), 1)
	list := g.expr(scope, kind(g.r.IntN(kinds)), 2)
	return fmt.Sprintf("SELECT %s, %s FROM %s%s ORDER BY 2%s FETCH FIRST %d ROWS WITH TIES", list, key, from, g.where(scope),
		g.pick("", " DESC", " NULLS FIRST"), g.r.IntN(6))
}
