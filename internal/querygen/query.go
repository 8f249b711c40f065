package querygen

import (
	"fmt"
	"strings"
)

// Query returns a random query whose answer is one multiset of rows.
func (g *Gen) Query() string {
	kind := g.r.IntN(18)
	if g.most == 1 && (kind == 6 || kind == 7 || kind >= 16) {
		kind = 1
	}
	switch kind {
	case 0:
		return g.setOperation()
	case 1, 2, 3:
		return g.grouped()
	case 4, 5:
		return g.windowed()
	case 6, 7:
		return g.correlated()
	case 8:
		return g.distinctOn()
	case 9:
		return g.with()
	case 10:
		return g.unnested()
	case 11, 12:
		return g.nested()
	case 16, 17:
		return g.odd()
	}
	from, scope := g.from()
	return g.plain(from, scope)
}

// plain returns a query without groups.
func (g *Gen) plain(from string, scope []column) string {
	distinct := g.pick("", "", "DISTINCT ")
	var list []string
	for range 1 + g.r.IntN(3) {
		if distinct != "" {
			list = append(list, g.key(scope, 2))
			continue
		}
		list = append(list, g.expr(scope, g.anyKind(), 2))
	}
	q := "SELECT " + distinct + strings.Join(list, ", ") + " FROM " + from + g.where(scope)
	if distinct != "" && g.r.IntN(4) == 0 {
		q += " ORDER BY " + places(len(list)) + g.pick("", fmt.Sprintf(" LIMIT %d", g.r.IntN(9)), " OFFSET 3")
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

// aggregate returns a call whose value depends on no order.
func (g *Gen) aggregate(scope []column) string {
	var call string
	switch g.r.IntN(11) {
	case 0:
		call = "count(*)"
	case 1:
		call = fmt.Sprintf("count(%s)", g.expr(scope, g.anyKind(), 1))
	case 2:
		call = fmt.Sprintf("count(DISTINCT %s)", g.expr(scope, g.anyKind(), 1))
	case 3, 4:
		k := []kind{integer, numeric, double}[g.r.IntN(3)]
		call = fmt.Sprintf("%s(%s%s)", g.pick("sum", "sum", "avg"), g.pick("", "", "DISTINCT "), canonical(g.expr(scope, k, 1), k))
	case 5:
		call = fmt.Sprintf("%s(%s)", g.pick("bool_and", "bool_or", "every"), g.expr(scope, boolean, 1))
	case 6:
		x := "CAST(" + g.expr(scope, g.anyKind(), 1) + " AS TEXT)"
		call = fmt.Sprintf("string_agg(%s, ',' ORDER BY %s%s, %s)", x, g.key(scope, 0), g.pick("", " DESC"), x)
	case 7:
		k := []kind{integer, text, date, boolean}[g.r.IntN(4)]
		call = fmt.Sprintf("%s(DISTINCT %s)", g.pick("array_agg", "jsonb_agg"), g.typed(g.expr(scope, k, 1), k))
	case 8:
		k := []kind{integer, numeric, double}[g.r.IntN(3)]
		call = fmt.Sprintf("percentile_disc(%s) WITHIN GROUP (ORDER BY %s%s)", g.pick("0.5", "0", "0.9"), canonical(g.expr(scope, k, 1), k), g.pick("", " DESC"))
	case 9:
		call = fmt.Sprintf("%s(%s)", g.pick("bit_and", "bit_or", "var_samp", "stddev_pop"), g.expr(scope, integer, 1))
	default:
		k := []kind{integer, numeric, text, date, double, stamp, instant, interval, integers, texts}[g.r.IntN(10)]
		call = fmt.Sprintf("%s(%s)", g.pick("min", "max"), canonical(g.expr(scope, k, 1), k))
	}
	if g.r.IntN(4) == 0 {
		call += " FILTER (WHERE " + g.predicate(scope, 1) + ")"
	}
	return call
}

// typed gives an expression that may be a bare literal its type.
func (g *Gen) typed(x string, k kind) string { return fmt.Sprintf("CAST(%s AS %s)", x, k.name()) }

// grouped returns a query with aggregates, by none to three keys.
func (g *Gen) grouped() string {
	from, scope := g.from()
	var keys, list []string
	for range g.r.IntN(4) {
		keys = append(keys, g.key(scope, 1))
	}
	list = append(list, keys...)
	for range 1 + g.r.IntN(2) {
		list = append(list, g.aggregate(scope))
	}
	by := places(len(keys))
	switch {
	case len(keys) > 0 && g.r.IntN(6) == 0:
		list = append(list, fmt.Sprintf("sum(count(*)) OVER (ORDER BY %s GROUPS UNBOUNDED PRECEDING)", g.pick(keys...)))
	case len(keys) > 0:
		by = g.groupBy(len(keys))
	}
	q := "SELECT " + strings.Join(list, ", ") + " FROM " + from + g.where(scope)
	if len(keys) > 0 {
		q += " GROUP BY " + by
	}
	if g.r.IntN(3) == 0 {
		q += " HAVING " + g.aggregate(scope) + g.pick(" IS NOT NULL", " IS NULL")
	}
	return q
}

// groupBy groups by the first n outputs, in sets or plainly.
func (g *Gen) groupBy(n int) string {
	all := places(n)
	switch g.r.IntN(6) {
	case 0:
		return g.pick("ROLLUP", "CUBE") + " (" + all + ")"
	case 1:
		return fmt.Sprintf("GROUPING SETS ((%s), (%d), ())", all, 1+g.r.IntN(n))
	case 2:
		return fmt.Sprintf("%sGROUPING SETS (ROLLUP (%s), (%d))", g.pick("", "DISTINCT "), all, 1+g.r.IntN(n))
	}
	return all
}

// distinctOn returns the first row of each group by a total order.
func (g *Gen) distinctOn() string {
	t, a := g.some(), g.alias()
	scope := t.under(a)
	key := func() string { // a literal alone would be a place, or an error
		k := g.anyKind()
		return canonical(g.typed(g.expr(scope, k, 1), k), k)
	}
	k1, k2 := key(), key()
	return fmt.Sprintf("SELECT DISTINCT ON (%s) %s, %s.id, %s FROM %s AS %s%s ORDER BY 1%s, %s%s, 2",
		k1, k1, a, g.expr(scope, g.anyKind(), 1), t.name, a, g.where(scope), g.pick("", " DESC"), k2, g.pick("", " DESC", " NULLS FIRST"))
}

// windowed returns a query with window functions over total orders.
func (g *Gen) windowed() string {
	t, a := g.some(), g.alias()
	scope := t.under(a)
	var list []string
	for range 1 + g.r.IntN(2) {
		call, over := g.call(scope), g.over(scope)
		if g.r.IntN(5) == 0 {
			call, over = g.aggregateCall(scope), g.ranged(scope)
		}
		list = append(list, call+" OVER ("+over+")")
	}
	return fmt.Sprintf("SELECT %s.id, %s FROM %s AS %s%s", a, strings.Join(list, ", "), t.name, a, g.where(scope))
}

// call returns a window function, whose value may depend on the order among all rows.
func (g *Gen) call(scope []column) string {
	k := g.anyKind()
	x := g.typed(g.expr(scope, k, 1), k) // a literal alone has no type for lag
	return g.pick("row_number()", "rank()", "dense_rank()", "percent_rank()", "cume_dist()", "ntile(3)",
		fmt.Sprintf("lag(%s)", x), fmt.Sprintf("lead(%s, 2)", x), fmt.Sprintf("lag(%s, 1, %s)", x, g.typed(g.literal(k), k)),
		fmt.Sprintf("first_value(%s)", x), fmt.Sprintf("last_value(%s)", x), fmt.Sprintf("nth_value(%s, 2)", x), g.aggregateCall(scope))
}

// aggregateCall returns an aggregate as a window function: its value depends on the frame alone.
func (g *Gen) aggregateCall(scope []column) string {
	call := g.pick("count(*)", fmt.Sprintf("sum(%s)", g.expr(scope, numeric, 1)), fmt.Sprintf("min(%s)", g.expr(scope, integer, 1)),
		fmt.Sprintf("avg(%s)", g.expr(scope, integer, 1)), fmt.Sprintf("max(%s)", g.expr(scope, text, 1)), fmt.Sprintf("count(%s)", g.expr(scope, document, 1)),
		fmt.Sprintf("bool_or(%s)", g.expr(scope, boolean, 1)), fmt.Sprintf("sum(%s)", g.side(scope, double)))
	if g.r.IntN(4) == 0 {
		call += " FILTER (WHERE " + g.predicate(scope, 1) + ")"
	}
	return call
}

func (g *Gen) partition(scope []column) string {
	if g.r.IntN(3) == 0 {
		return ""
	}
	return "PARTITION BY " + g.expr(scope, g.anyKind(), 1) + " "
}

// over returns a window over a total order: it ends in the id.
func (g *Gen) over(scope []column) string {
	frame := g.pick("", "", " ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING", " ROWS UNBOUNDED PRECEDING", " ROWS BETWEEN 3 PRECEDING AND 2 PRECEDING",
		" GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING", " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW",
		" RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE TIES", " ROWS BETWEEN 1 FOLLOWING AND 3 FOLLOWING")
	key := g.expr(scope, g.anyKind(), 1) + g.pick("", " DESC", " NULLS FIRST", " DESC NULLS LAST")
	return fmt.Sprintf("%sORDER BY %s, %s%s", g.partition(scope), key, scope[0].name, frame)
}

// ranged returns a window of a frame by values, or by groups of equal ones.
func (g *Gen) ranged(scope []column) string {
	k := []kind{integer, numeric, date, stamp, double, instant}[g.r.IntN(6)]
	key := g.expr(scope, k, 1) + g.pick("", " DESC", " NULLS FIRST", " DESC NULLS LAST")
	exclude := g.pick("", "", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES")
	if g.r.IntN(3) == 0 {
		return fmt.Sprintf("%sORDER BY %s GROUPS BETWEEN %s%s", g.partition(scope), key,
			g.pick("1 PRECEDING AND CURRENT ROW", "2 PRECEDING AND 1 PRECEDING", "CURRENT ROW AND 1 FOLLOWING", "1 FOLLOWING AND UNBOUNDED FOLLOWING"), exclude)
	}
	by := func() string {
		switch k {
		case date, stamp, instant:
			return g.pick("INTERVAL '3 days'", "INTERVAL '1 month'", "INTERVAL '10 days 12 hours'")
		case integer:
			return fmt.Sprint(g.r.IntN(4))
		}
		return g.pick("0.5", "2", "1.25")
	}
	from := g.pick(by()+" PRECEDING AND ", "CURRENT ROW AND ", "UNBOUNDED PRECEDING AND ")
	to := g.pick("CURRENT ROW", by()+" FOLLOWING", "UNBOUNDED FOLLOWING")
	return fmt.Sprintf("%sORDER BY %s RANGE BETWEEN %s%s%s", g.partition(scope), key, from, to, exclude)
}

// setOperation returns two or three queries that UNION, INTERSECT or EXCEPT combine.
func (g *Gen) setOperation() string {
	var ks []kind
	for range 1 + g.r.IntN(2) {
		ks = append(ks, g.anyKind())
	}
	arm := func() string {
		from, scope := g.item()
		var list []string
		for _, k := range ks {
			list = append(list, canonical(g.expr(scope, k, 1), k))
		}
		return "SELECT " + strings.Join(list, ", ") + " FROM " + from + g.where(scope)
	}
	op := func() string {
		return g.pick(" UNION ", " UNION ALL ", " INTERSECT ", " INTERSECT ALL ", " EXCEPT ", " EXCEPT ALL ")
	}
	q := arm() + op() + arm()
	switch g.r.IntN(5) {
	case 0:
		q = "(" + q + ")" + op() + arm()
	case 1:
		q = arm() + op() + "(" + q + ")"
	case 2:
		q += op() + arm()
	case 3:
		q += " ORDER BY " + places(len(ks)) + fmt.Sprintf(" LIMIT %d", g.r.IntN(9))
	}
	return q
}

// with returns a query over queries that WITH names, each of which may be asked more than once.
func (g *Gen) with() string {
	var list []string
	saved := g.tables
	for range 1 + g.r.IntN(2) {
		sql, cols := g.derived()
		name := g.alias()
		list = append(list, name+g.pick(" AS ", " AS MATERIALIZED ", " AS NOT MATERIALIZED ")+"("+sql+")")
		g.tables = append(g.tables[:len(g.tables):len(g.tables)], table{name: name, cols: cols})
	}
	g.tables = g.tables[1:]
	var q string
	switch g.r.IntN(3) {
	case 0:
		q = g.grouped()
	case 1:
		q = g.setOperation()
	default:
		from, scope := g.from()
		q = g.plain(from, scope)
	}
	g.tables = saved
	return "WITH " + strings.Join(list, ", ") + " " + q
}

// derived returns a query whose columns are an id and one of each kind, and those.
func (g *Gen) derived() (string, []column) {
	t, a := g.some(), g.alias()
	scope := t.under(a)
	list, cols := []string{a + ".id"}, []column{{"id", integer}}
	for k := range kinds {
		c := fmt.Sprintf("c%d", k)
		list = append(list, fmt.Sprintf("%s AS %s", g.typed(g.expr(scope, kind(k), 1), kind(k)), c))
		cols = append(cols, column{c, kind(k)})
	}
	return "SELECT " + strings.Join(list, ", ") + " FROM " + t.name + " AS " + a + g.where(scope), cols
}

// unnested returns a query over the elements of arrays and documents.
func (g *Gen) unnested() string {
	t, a, u := g.some(), g.alias(), g.alias()
	scope := t.under(a)
	call, cols := "", ""
	switch g.r.IntN(5) {
	case 0:
		call, cols = fmt.Sprintf("unnest(%s) WITH ORDINALITY", g.expr(scope, integers, 1)), "v, n"
	case 1:
		call, cols = fmt.Sprintf("unnest(%s)", g.expr(scope, texts, 1)), "v"
	case 2:
		d := g.expr(scope, document, 1)
		call, cols = fmt.Sprintf("jsonb_array_elements(CASE WHEN jsonb_typeof(%s) = 'array' THEN %s END) WITH ORDINALITY", d, d), "v, n"
	case 3:
		d := g.expr(scope, document, 1)
		call, cols = fmt.Sprintf("jsonb_each(CASE WHEN jsonb_typeof(%s) = 'object' THEN %s END)", d, d), "k, v"
	default:
		call, cols = fmt.Sprintf("generate_series(%s, 4)", g.typed(g.expr(scope, integer, 1), integer)), "v"
	}
	join := g.pick("CROSS JOIN LATERAL %s", "LEFT JOIN LATERAL %s ON TRUE", ", %s")
	if join == ", %s" {
		return fmt.Sprintf("SELECT %s.id, %s.* FROM %s AS %s, %s AS %s(%s)%s", a, u, t.name, a, call, u, cols, g.where(scope))
	}
	return fmt.Sprintf("SELECT %s.id, %s, %s.* FROM %s AS %s "+join+"%s", a, g.expr(scope, g.anyKind(), 1), u, t.name, a, fmt.Sprintf("%s AS %s(%s)", call, u, cols), g.where(scope))
}
