package querygen

import "fmt"

// nested returns a query over one that groups, numbers, combines, limits or repeats rows: what its conditions may be
// pushed through, and what not.
func (g *Gen) nested() string {
	k := g.anyKind()
	with, inner := "", ""
	t, a := g.some(), g.alias()
	scope := t.under(a)
	x := canonical(g.typed(g.expr(scope, k, 1), k), k)
	rows := fmt.Sprintf("FROM %s AS %s%s", t.name, a, g.where(scope))
	switch g.r.IntN(6) {
	case 0:
		inner = fmt.Sprintf("SELECT %s, count(*)::integer %s GROUP BY 1", x, rows)
	case 1:
		inner = fmt.Sprintf("SELECT %s, (row_number() OVER (%sORDER BY %s.id))::integer %s", x, g.partition(scope), a, rows)
	case 2:
		u, b := g.some(), g.alias()
		other := u.under(b)
		y := canonical(g.typed(g.expr(other, k, 1), k), k)
		inner = fmt.Sprintf("SELECT %s, %s.id::integer %s %s SELECT %s, %s.id::integer FROM %s AS %s%s", x, a, rows,
			g.pick("UNION", "UNION ALL", "INTERSECT", "INTERSECT ALL", "EXCEPT", "EXCEPT ALL"), y, b, u.name, b, g.where(other))
	case 3:
		inner = fmt.Sprintf("SELECT DISTINCT ON (1) %s, %s.id::integer %s ORDER BY 1, 2", x, a, rows)
	case 4:
		inner = fmt.Sprintf("SELECT %s, %s.id::integer %s ORDER BY 2%s LIMIT %d OFFSET %d", x, a, rows, g.pick("", " DESC"), g.r.IntN(30), g.r.IntN(3))
	default:
		r := g.alias()
		with = fmt.Sprintf("WITH RECURSIVE %s(v, n) AS (SELECT %s, %s.id::integer %s UNION%s SELECT %s, %s.n + 1 FROM %s JOIN %s AS %s ON %s.id = %s.n %% 40 + 1 WHERE %s.n %% 4 <> 0) ",
			r, x, a, rows, g.pick("", " ALL"), x, r, r, t.name, a, a, r, r)
		inner = "SELECT v, n FROM " + r
	}
	q := g.alias()
	kind := k
	if k == interval { // canonical makes a number of it
		kind = integer
	}
	out := []column{{q + ".v", kind}, {q + ".n", integer}}
	from := fmt.Sprintf("(%s) AS %s(v, n)", inner, q)
	where := g.predicate(out, 2)
	if g.r.IntN(3) == 0 {
		where += fmt.Sprintf(" AND (%s.v, %s.n) %s (%s, %d)", q, q, g.pick("=", "<>", "<", "<=", ">", ">="), g.typed(g.literal(kind), kind), g.r.IntN(5))
	}
	list := fmt.Sprintf("%s.v, %s.n", q, q)
	switch g.r.IntN(4) {
	case 0:
		u, b := g.some(), g.alias()
		from += fmt.Sprintf(" %s %s AS %s ON %s.id = %s.n", g.pick("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"), u.name, b, b, q)
		list += ", " + g.side(u.under(b), g.anyKind())
	case 1:
		return with + fmt.Sprintf("SELECT %s.n %% 3, count(*), count(DISTINCT %s.v) FROM %s WHERE %s GROUP BY 1 HAVING count(*) > %d", q, q, from, where, g.r.IntN(3))
	}
	return with + fmt.Sprintf("SELECT %s FROM %s WHERE %s", list, from, where)
}
