package querygen

import (
	"fmt"
	"strings"
)

// expr returns an expression of kind k over the columns in scope.
func (g *Gen) expr(scope []column, k kind, depth int) string {
	if depth <= 0 || g.r.IntN(3) == 0 {
		return g.atom(scope, k)
	}
	if g.r.IntN(6) == 0 {
		return g.choice(scope, k, depth)
	}
	sub := func(k kind) string { return g.expr(scope, k, depth-1) }
	switch k {
	case integer:
		switch g.r.IntN(6) {
		case 0:
			return fmt.Sprintf("length(%s)", sub(text))
		case 1:
			return fmt.Sprintf("abs(%s)", sub(integer))
		case 2:
			return fmt.Sprintf("CAST(%s AS INTEGER)", sub(boolean))
		case 3:
			return fmt.Sprintf("(%s %% 5)", sub(integer))
		}
		return fmt.Sprintf("(%s %s %s)", sub(integer), g.pick("+", "-"), sub(integer))
	case numeric:
		if g.r.IntN(4) == 0 {
			return fmt.Sprintf("round(%s, 2)", sub(numeric))
		}
		return fmt.Sprintf("(%s %s %s)", sub(numeric), g.pick("+", "-", "*"), g.atom(scope, numeric))
	case text:
		switch g.r.IntN(4) {
		case 0:
			return fmt.Sprintf("%s(%s)", g.pick("upper", "lower", "trim", "reverse"), sub(text))
		case 1:
			return fmt.Sprintf("substr(%s, %d, 2)", sub(text), 1+g.r.IntN(3))
		case 2:
			return fmt.Sprintf("CAST(%s AS TEXT)", sub(kind(g.r.IntN(2))))
		}
		return fmt.Sprintf("(%s || %s)", sub(text), g.atom(scope, text))
	case boolean:
		return "(" + g.predicate(scope, depth-1) + ")"
	case date:
		return fmt.Sprintf("(%s + %s)", sub(date), sub(integer))
	}
	return fmt.Sprintf("(%s %s %s)", sub(double), g.pick("+", "-"), sub(double))
}

// choice returns an expression that chooses among others.
func (g *Gen) choice(scope []column, k kind, depth int) string {
	sub := func() string { return g.expr(scope, k, depth-1) }
	switch g.r.IntN(4) {
	case 0:
		return fmt.Sprintf("COALESCE(%s, %s)", sub(), sub())
	case 1:
		return fmt.Sprintf("NULLIF(%s, %s)", sub(), sub())
	case 2:
		return fmt.Sprintf("%s(%s, %s)", g.pick("GREATEST", "LEAST"), sub(), sub())
	}
	return fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", g.predicate(scope, depth-1), sub(), sub())
}

// atom returns a column of kind k where there is one, else a literal.
func (g *Gen) atom(scope []column, k kind) string {
	var of []string
	for _, c := range scope {
		if c.kind == k {
			of = append(of, c.name)
		}
	}
	if len(of) == 0 || g.r.IntN(4) == 0 {
		return g.literal(k)
	}
	return g.pick(of...)
}

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
	k := kind(g.r.IntN(kinds))
	x := g.expr(scope, k, depth)
	switch g.r.IntN(8) {
	case 0:
		return x + g.pick(" IS NULL", " IS NOT NULL")
	case 1:
		return fmt.Sprintf("%s %s (%s)", x, g.pick("IN", "NOT IN"), g.list(k))
	case 2:
		return fmt.Sprintf("%s BETWEEN %s AND %s", x, g.literal(k), g.literal(k))
	case 3:
		return fmt.Sprintf("%s IS DISTINCT FROM %s", x, g.expr(scope, k, depth-1))
	case 4:
		return fmt.Sprintf("%s %s %s", g.expr(scope, text, depth), g.pick("LIKE", "NOT LIKE", "ILIKE"), g.pick("'a%'", "'%b'", "'_b%'", "'%'", "''", `'b\%'`))
	case 5:
		if depth > 0 {
			return g.subquery(scope)
		}
	}
	return fmt.Sprintf("%s %s %s", x, g.pick("=", "<>", "<", "<=", ">", ">="), g.expr(scope, k, depth-1))
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
	t, a := g.tables[g.r.IntN(len(g.tables))], g.alias()
	inner := g.scopeOf(t.name, a)
	where := g.predicate(inner, 1)
	if g.r.IntN(2) == 0 {
		k := kind(g.r.IntN(kinds))
		where += fmt.Sprintf(" AND %s %s %s", g.atom(inner, k), g.pick("=", "=", "<", ">="), g.atom(scope, k))
	}
	from := fmt.Sprintf("FROM %s AS %s WHERE %s", t.name, a, where)
	k := kind(g.r.IntN(kinds))
	x := g.atom(scope, k)
	switch g.r.IntN(5) {
	case 0:
		return fmt.Sprintf("%s IN (SELECT %s %s)", x, g.expr(inner, k, 1), from)
	case 1:
		return fmt.Sprintf("%s NOT IN (SELECT %s %s)", x, g.expr(inner, k, 1), from)
	case 2:
		return fmt.Sprintf("%s %s %s (SELECT %s %s)", x, g.pick("=", "<>", "<", ">="), g.pick("ANY", "ALL"), g.expr(inner, k, 1), from)
	case 3:
		return fmt.Sprintf("%s %s (SELECT count(*) %s)", g.atom(scope, integer), g.pick("=", "<", ">="), from)
	}
	return g.pick("", "NOT ") + "EXISTS (SELECT 1 " + from + ")"
}
