package querygen

import "fmt"

// Change returns a statement that inserts, updates or deletes rows, and that has one effect in
// whatever order it meets them. New rows have ids from the number on, where all that are there have less.
func (g *Gen) Change(from int) string {
	t := g.some()
	switch g.r.IntN(10) {
	case 0:
		return "INSERT INTO " + t.name + " VALUES " + g.rows(t, from, 1+g.r.IntN(5))
	case 1, 2:
		return g.upsert(t, from)
	case 3:
		return g.merge(t, from)
	case 4:
		return g.writing(t, from)
	case 5:
		return g.updateFrom(t)
	case 6:
		u, a := g.some(), g.alias()
		return fmt.Sprintf("DELETE FROM %s USING %s AS %s WHERE %s.id = %s.id AND %s AND %s.id %% 3 = 0",
			t.name, u.name, a, a, t.name, g.predicate(append(u.under(a), t.under(t.name)...), 1), t.name)
	case 7:
		u, a := g.some(), g.alias()
		list := ""
		for _, c := range t.cols[1:] {
			list += ", " + g.typed(g.expr(u.under(a), c.kind, 1), c.kind)
		}
		return fmt.Sprintf("INSERT INTO %s SELECT %d + row_number() OVER (ORDER BY %s.id)%s FROM %s AS %s WHERE %s AND %s.id %% 5 = 1",
			t.name, from, a, list, u.name, a, g.predicate(u.under(a), 1), a)
	case 8:
		return fmt.Sprintf("DELETE FROM %s WHERE %s AND id %% 4 = 0", t.name, g.predicate(t.under(t.name), 1))
	}
	c, d := t.cols[1+g.r.IntN(kinds)], t.cols[1+g.r.IntN(kinds)]
	set := fmt.Sprintf("%s = %s", c.name, g.expr(t.under(t.name), c.kind, 1))
	if d != c {
		set += fmt.Sprintf(", %s = %s", d.name, g.pick(g.nullable(d.kind), "DEFAULT", g.expr(t.under(t.name), d.kind, 1)))
	}
	return fmt.Sprintf("UPDATE %s SET %s WHERE %s", t.name, set, g.Predicate(t.name, 1))
}

// upsert returns an INSERT of rows some of which are there.
func (g *Gen) upsert(t table, from int) string {
	c := t.cols[1+g.r.IntN(kinds)]
	action := "NOTHING"
	if g.r.IntN(3) > 0 {
		scope := append(t.under(t.name), t.under("excluded")...)
		action = fmt.Sprintf("UPDATE SET %s = %s", c.name, g.expr(scope, c.kind, 1))
		if g.r.IntN(2) == 0 {
			action += " WHERE " + g.predicate(scope, 1)
		}
	}
	low := 1 + g.r.IntN(20)
	return fmt.Sprintf("INSERT INTO %s VALUES %s, %s ON CONFLICT (id) DO %s", t.name, g.rows(t, low, 1+g.r.IntN(6)), g.rows(t, from, 1+g.r.IntN(3)), action)
}

// updateFrom returns an UPDATE by the one row of another table with the same id.
func (g *Gen) updateFrom(t table) string {
	u, a := g.some(), g.alias()
	scope := append(t.under(t.name), u.under(a)...)
	c := t.cols[1+g.r.IntN(kinds)]
	if g.r.IntN(3) == 0 {
		return fmt.Sprintf("UPDATE %s SET %s = (SELECT %s(%s) FROM %s AS %s WHERE %s.id <= %s.id)", t.name, "c0", g.pick("max", "min", "count"),
			g.side(u.under(a), integer), u.name, a, a, t.name)
	}
	return fmt.Sprintf("UPDATE %s SET %s = %s FROM %s AS %s WHERE %s.id = %s.id AND %s", t.name, c.name, g.expr(scope, c.kind, 1), u.name, a, a, t.name, g.predicate(scope, 1))
}

// merge returns a MERGE of some rows, those from the number on and those below it, into a table.
func (g *Gen) merge(t table, from int) string {
	c := t.cols[1+g.r.IntN(kinds)]
	scope := append(t.under("m"), column{"s.id", integer})
	return fmt.Sprintf("MERGE INTO %s AS m USING (SELECT generate_series(%d, 12) AS id UNION SELECT generate_series(%d, %d)) AS s ON m.id = s.id"+
		" WHEN MATCHED AND %s THEN UPDATE SET %s = %s WHEN MATCHED AND m.id %% 3 = 0 THEN DELETE WHEN MATCHED THEN DO NOTHING"+
		" WHEN NOT MATCHED AND s.id %% 2 = 0 THEN INSERT VALUES (s.id%s)",
		t.name, g.r.IntN(10), from, from+g.r.IntN(6), g.predicate(scope, 1), c.name, g.expr(scope, c.kind, 1), g.values(t))
}

// writing returns a statement that moves rows, or copies what it has changed.
func (g *Gen) writing(t table, from int) string {
	where := g.Predicate(t.name, 1)
	c := t.cols[1+g.r.IntN(kinds)]
	if g.r.IntN(2) == 0 {
		return fmt.Sprintf("WITH x AS (UPDATE %s SET %s = %s WHERE (%s) AND id %% 7 <> 1 RETURNING *), y AS (DELETE FROM %s WHERE id %% 7 = 1) SELECT count(*) FROM x, %s AS q WHERE q.id = x.id",
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
