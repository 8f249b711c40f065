package querygen

import (
	"fmt"
	"strings"
)

// predicate returns a condition over the columns in scope.
func (g *Gen) predicate(scope []column, depth int) string {
	if depth > 0 {
		switch g.r.IntN(5) {
		case 0:
			return fmt.Sprintf("(%s AND %s)", g.predicate(scope, depth-1), g.predicate(scope, depth-1))
		case 1:
			return fmt.Sprintf("(%s OR %s)", g.predicate(scope, depth-1), g.predicate(scope, depth-1))
		case 2:
			return fmt.Sprintf("NOT (%s)", g.predicate(scope, depth-1))
		}
	}
	k := g.anyKind()
	x := g.expr(scope, k, depth)
	switch g.r.IntN(12) {
	case 0:
		return x + g.pick(" IS NULL", " IS NOT NULL")
	case 1:
		return fmt.Sprintf("%s %s (%s)", x, g.pick("IN", "NOT IN"), g.list(k))
	case 2:
		return fmt.Sprintf("%s %s %s AND %s", x, g.pick("BETWEEN", "NOT BETWEEN", "BETWEEN SYMMETRIC"), g.literal(k), g.literal(k))
	case 3:
		return fmt.Sprintf("%s %s %s", x, g.pick("IS DISTINCT FROM", "IS NOT DISTINCT FROM"), g.expr(scope, k, depth-1))
	case 4:
		return g.pattern(scope, depth)
	case 5:
		if depth > 0 && g.most > 1 {
			return g.subquery(scope)
		}
	case 6:
		return g.containment(scope, depth)
	case 7:
		k2 := g.anyKind()
		return fmt.Sprintf("(%s, %s) %s (%s, %s)", x, g.atom(scope, k2), g.pick("=", "<", "<>", ">="), g.atom(scope, k), g.atom(scope, k2))
	case 8:
		return fmt.Sprintf("(%s) IS %s%s", g.expr(scope, boolean, depth), g.pick("", "NOT "), g.pick("TRUE", "FALSE", "UNKNOWN"))
	}
	return fmt.Sprintf("%s %s %s", x, g.pick("=", "<>", "<", "<=", ">", ">="), g.expr(scope, k, depth-1))
}

// pattern matches a text with a pattern.
func (g *Gen) pattern(scope []column, depth int) string {
	x := g.expr(scope, text, depth)
	switch g.r.IntN(4) {
	case 0:
		return fmt.Sprintf("%s %s %s", x, g.pick("~", "!~", "~*"), g.pick("'^a'", "'b$'", "'[a-c]{2}'", "'(x|z).*y?'", "''"))
	case 1:
		return fmt.Sprintf("%s SIMILAR TO %s", x, g.pick("'(a|b)%'", "'_b_?'", "'%[x-z]%'"))
	}
	return fmt.Sprintf("%s %s %s", x, g.pick("LIKE", "NOT LIKE", "ILIKE"), g.pick("'a%'", "'%b'", "'_b%'", "'%'", "''", `'b\%'`, "'w1%'"))
}

// containment is a condition on an array or a document.
func (g *Gen) containment(scope []column, depth int) string {
	sub := func(k kind) string { return g.expr(scope, k, depth) }
	return g.oneOf(
		func() string { return fmt.Sprintf("%s = ANY(%s)", sub(integer), sub(integers)) },
		func() string { return fmt.Sprintf("%s <> ALL(%s)", sub(text), sub(texts)) },
		func() string {
			return fmt.Sprintf("%s %s %s", sub(integers), g.pick("@>", "<@", "&&"), g.literal(integers))
		},
		func() string { return fmt.Sprintf("%s %s %s", sub(document), g.pick("@>", "<@"), g.literal(document)) },
		func() string { return fmt.Sprintf("%s ? 'a'", sub(document)) },
		func() string { return fmt.Sprintf("(%s ->> 'a') = '1'", sub(document)) })
}

// list returns literals of kind k, one of which may be NULL.
func (g *Gen) list(k kind) string {
	var out []string
	for range 1 + g.r.IntN(4) {
		out = append(out, g.literal(k))
	}
	if g.r.IntN(4) == 0 {
		out = append(out, "NULL")
	}
	return strings.Join(out, ", ")
}

// subquery returns a condition on a query, which may look at the columns around it.
func (g *Gen) subquery(scope []column) string {
	t, a := g.some(), g.alias()
	inner := t.under(a)
	where := g.predicate(inner, 1)
	if g.r.IntN(2) == 0 {
		k := g.anyKind()
		where += fmt.Sprintf(" AND %s %s %s", g.atom(inner, k), g.pick("=", "=", "<", ">="), g.atom(scope, k))
	}
	from := fmt.Sprintf("FROM %s AS %s WHERE %s", t.name, a, where)
	k := g.anyKind()
	x := g.atom(scope, k)
	switch g.r.IntN(7) {
	case 0:
		return fmt.Sprintf("%s IN (SELECT %s %s)", x, g.expr(inner, k, 1), from)
	case 1:
		return fmt.Sprintf("%s NOT IN (SELECT %s %s)", x, g.expr(inner, k, 1), from)
	case 2:
		return fmt.Sprintf("%s %s %s (SELECT %s %s)", x, g.pick("=", "<>", "<", ">="), g.pick("ANY", "ALL"), g.expr(inner, k, 1), from)
	case 3:
		return fmt.Sprintf("%s %s (SELECT count(*) %s)", g.atom(scope, integer), g.pick("=", "<", ">="), from)
	case 4:
		k2 := g.anyKind()
		return fmt.Sprintf("(%s, %s) %s (SELECT %s, %s %s)", x, g.atom(scope, k2), g.pick("IN", "NOT IN"), g.expr(inner, k, 1), g.atom(inner, k2), from)
	case 5:
		return fmt.Sprintf("%s %s (SELECT %s %s ORDER BY %s.id DESC LIMIT 1)", x, g.pick("=", "<>", "<"), g.expr(inner, k, 1), from, a)
	}
	return g.pick("", "NOT ") + "EXISTS (SELECT 1 " + from + ")"
}
