package querygen

import (
	"fmt"
	"strings"
)

// odd returns a query with subqueries where they seldom stand, among them the arguments of functions in FROM; with
// windows that have names; or with GROUPING.
func (g *Gen) odd() string {
	t, a := g.some(), g.alias()
	scope := t.under(a)
	from := fmt.Sprintf("%s AS %s", t.name, a)
	switch g.r.IntN(12) {
	case 0:
		return fmt.Sprintf("SELECT %s, count(*), %s FROM %s%s GROUP BY 1", g.number(scope), g.aggregate(scope), from, g.where(scope))
	case 1:
		return fmt.Sprintf("SELECT %s, %s(%s)%s FROM %s GROUP BY 1", g.key(scope, 1), g.pick("sum", "max", "count", "avg"), g.number(scope),
			g.pick("", " FILTER (WHERE "+g.subquery(scope)+")"), from)
	case 2:
		return fmt.Sprintf("SELECT %s, count(*) FROM %s%s GROUP BY 1 HAVING count(*) %s %s", g.key(scope, 1), from, g.where(scope), g.pick("<", ">=", "<>"), g.number(nil))
	case 3:
		return fmt.Sprintf("SELECT %s.id, %s OVER (PARTITION BY %s ORDER BY %s, %s.id) FROM %s%s", a, g.call(scope), g.number(scope), g.number(scope), a, from, g.where(scope))
	case 4:
		return fmt.Sprintf("SELECT %s.id FROM %s%s ORDER BY %s%s, 1 LIMIT (%s %% 7) OFFSET (SELECT count(*) %% 3 FROM %s)", a, from, g.where(scope), g.number(scope), g.pick("", " DESC"),
			g.number(nil), g.some().name)
	case 5:
		u, b := g.some(), g.alias()
		both := append(u.under(b), scope...)
		return fmt.Sprintf("SELECT %s.id, %s.id FROM %s %s %s AS %s ON %s AND %s.id < %s.id + 3", a, b, from, g.pick("JOIN", "LEFT JOIN"), u.name, b, g.subquery(both), a, b)
	case 6:
		u, i, inner, where := g.inner(scope)
		k := []kind{integer, text, date, double, boolean}[g.r.IntN(5)]
		return fmt.Sprintf("SELECT %s.id, ARRAY(SELECT %s FROM %s AS %s WHERE %s ORDER BY %s.id%s) FROM %s", a, g.typed(g.expr(append(inner, scope...), k, 1), k), u, i, where, i,
			g.pick("", " DESC", " LIMIT 2"), from)
	case 7:
		return fmt.Sprintf("SELECT %s.id, q.* FROM %s, LATERAL (VALUES (%s, %s), (%s, 7)) AS q(x, y)", a, from, g.number(scope), g.number(scope), g.number(nil))
	case 8:
		return fmt.Sprintf("SELECT %s.id, CASE %s WHEN %s THEN 'a' WHEN 1 THEN 'b' END, %s IN (1, %s, NULL), (%s) IS TRUE FROM %s", a, g.number(scope), g.number(nil), g.side(scope, integer),
			g.number(scope), g.subquery(scope), from)
	case 9:
		return fmt.Sprintf("SELECT %s.id, s.* FROM %s %s AS s(%s)%s", a, from, g.pick("CROSS JOIN LATERAL ", ", ")+g.series(scope), "v, n", g.where(scope))
	case 10:
		return g.namedWindows(from, a, scope)
	}
	k1, k2 := typed(g.key(scope, 1)), typed(g.key(scope, 1))
	return fmt.Sprintf("SELECT %s, %s, GROUPING(%s, %s), %s FROM %s%s GROUP BY %s%s", k1, k2, k1, k2, g.aggregate(scope), from, g.where(scope),
		g.pick("ROLLUP (1, 2)", "CUBE (1, 2)", "GROUPING SETS ((1), (2), (1, 2), ())"), g.pick("", fmt.Sprintf(" HAVING GROUPING(%s) = 0", k1)))
}

// typed gives a literal a type: GROUPING does not find a key that had none.
func typed(x string) string {
	if strings.HasPrefix(x, "'") {
		return "CAST(" + x + " AS TEXT)"
	}
	return x
}

// number returns a subquery whose value is a small number, over the columns in scope where there are any.
func (g *Gen) number(scope []column) string {
	if len(scope) == 0 {
		t, a := g.some(), g.alias()
		return fmt.Sprintf("(SELECT count(*) FROM %s AS %s WHERE %s)", t.name, a, g.predicate(t.under(a), 1))
	}
	t, i, inner, where := g.inner(scope)
	return fmt.Sprintf("(SELECT %s FROM %s AS %s WHERE %s)", g.pick("count(*)", fmt.Sprintf("max(%s)", g.side(inner, integer)), fmt.Sprintf("min(%s.id + %s)", i, g.side(scope, integer))), t, i, where)
}

// series returns a function for FROM that numbers its rows, some of whose arguments are subqueries.
func (g *Gen) series(scope []column) string {
	n := fmt.Sprintf("CAST(%s %% 5 AS INTEGER)", g.number(scope))
	return g.oneOf(
		func() string {
			return fmt.Sprintf("generate_series(%s, %s) WITH ORDINALITY", g.pick("1", g.side(scope, integer)), n)
		},
		func() string {
			return fmt.Sprintf("generate_series(DATE '2024-01-01', DATE '2024-01-01' + %s, INTERVAL '1 day') WITH ORDINALITY", n)
		},
		func() string {
			u, i, inner, where := g.inner(scope)
			return fmt.Sprintf("unnest(ARRAY(SELECT %s FROM %s AS %s WHERE %s ORDER BY %s.id)) WITH ORDINALITY", g.typed(g.expr(inner, text, 1), text), u, i, where, i)
		},
		func() string {
			u, i, inner, where := g.inner(scope)
			return fmt.Sprintf("string_to_table((SELECT string_agg(%s, ',' ORDER BY %s.id) FROM %s AS %s WHERE %s), ',') WITH ORDINALITY", g.typed(g.expr(inner, text, 1), text), i, u, i, where)
		},
		func() string {
			u, i, inner, where := g.inner(scope)
			return fmt.Sprintf("jsonb_array_elements((SELECT jsonb_agg(%s ORDER BY %s.id) FROM %s AS %s WHERE %s)) WITH ORDINALITY", g.typed(g.expr(inner, document, 1), document), i, u, i, where)
		})
}

// namedWindows returns a query whose window functions share windows that have names.
func (g *Gen) namedWindows(from, alias string, scope []column) string {
	var list []string
	for range 2 + g.r.IntN(2) {
		list = append(list, g.call(scope)+g.pick(" OVER w", " OVER (w ROWS 2 PRECEDING)", " OVER v", " OVER (v)", " OVER (w GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES)"))
	}
	return fmt.Sprintf("SELECT %s.id, %s FROM %s%s WINDOW w AS (%sORDER BY %s%s, %s.id), v AS (w)", alias, strings.Join(list, ", "), from, g.where(scope),
		g.partition(scope), g.expr(scope, g.anyKind(), 1), g.pick("", " DESC", " NULLS FIRST"), alias)
}
