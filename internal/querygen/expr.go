package querygen

import "fmt"

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
		return g.integerExpr(sub)
	case numeric:
		return g.numericExpr(sub, g.atom(scope, numeric))
	case text:
		return g.textExpr(sub, g.atom(scope, text))
	case boolean:
		return "(" + g.predicate(scope, depth-1) + ")"
	case double:
		return g.oneOf(
			func() string { return fmt.Sprintf("CAST(%s AS DOUBLE PRECISION)", sub(integer)) },
			func() string { return fmt.Sprintf("(%s %s %s)", sub(double), g.pick("+", "-"), sub(double)) },
			func() string { return fmt.Sprintf("floor(%s)", sub(double)) })
	case integers, texts:
		return g.arrayExpr(sub, k)
	case document:
		return g.documentExpr(sub)
	}
	return g.timeExpr(sub, k)
}

// oneOf calls one of the functions.
func (g *Gen) oneOf(of ...func() string) string { return of[g.r.IntN(len(of))]() }

func (g *Gen) integerExpr(sub func(kind) string) string {
	return g.oneOf(
		func() string { return fmt.Sprintf("length(%s)", sub(text)) },
		func() string { return fmt.Sprintf("abs(%s)", sub(integer)) },
		func() string { return fmt.Sprintf("CAST(%s AS INTEGER)", sub(boolean)) },
		func() string { return fmt.Sprintf("(%s %% 5)", sub(integer)) },
		func() string { return fmt.Sprintf("(%s / %s)", sub(integer), g.pick("2", "-3", "4")) },
		func() string { return fmt.Sprintf("cardinality(%s)", sub(integers)) },
		func() string { return fmt.Sprintf("(%s)[%d]", sub(integers), g.r.IntN(4)) },
		func() string { return fmt.Sprintf("(%s - %s)", sub(date), sub(date)) },
		func() string {
			return fmt.Sprintf("CAST(extract(%s FROM %s) AS INTEGER)", g.pick("day", "month", "dow", "doy", "week", "year", "quarter"), sub([]kind{date, stamp, instant}[g.r.IntN(3)]))
		},
		func() string { return fmt.Sprintf("strpos(%s, %s)", sub(text), g.literal(text)) },
		func() string { return fmt.Sprintf("CAST(%s AS INTEGER)", sub(numeric)) },
		func() string {
			return fmt.Sprintf("(CASE WHEN jsonb_typeof(%[1]s) = 'array' THEN jsonb_array_length(%[1]s) END)", sub(document))
		},
		func() string {
			return fmt.Sprintf("(%s %s %s)", sub(integer), g.pick("+", "-", "+", "-", "&", "|"), sub(integer))
		})
}

func (g *Gen) numericExpr(sub func(kind) string, right string) string {
	return g.oneOf(
		func() string {
			return fmt.Sprintf("%s(%s, %s)", g.pick("round", "trunc"), sub(numeric), g.pick("2", "0", "1", "-1", "7"))
		},
		func() string { return fmt.Sprintf("(%s / %s)", sub(numeric), g.pick("3", "7.0", "0.25", "-1.5000")) },
		func() string {
			return fmt.Sprintf("CAST(%s AS NUMERIC%s)", sub([]kind{integer, numeric, double}[g.r.IntN(3)]), g.pick("", "(12,3)", "(30,10)"))
		},
		func() string {
			return fmt.Sprintf("extract(epoch FROM %s)", sub([]kind{interval, stamp, date}[g.r.IntN(3)]))
		},
		func() string {
			return fmt.Sprintf("%s(%s)", g.pick("abs", "floor", "ceil", "sign", "trim_scale", "-"), sub(numeric))
		},
		func() string { return fmt.Sprintf("(%s %% %s)", sub(numeric), g.pick("2", "0.75", "1.5000")) },
		func() string { return fmt.Sprintf("(%s %s %s)", sub(numeric), g.pick("+", "-", "*"), right) },
		func() string { return fmt.Sprintf("(%s %s %s)", sub(numeric), g.pick("+", "-", "*"), right) })
}

func (g *Gen) textExpr(sub func(kind) string, right string) string {
	return g.oneOf(
		func() string {
			return fmt.Sprintf("%s(%s)", g.pick("upper", "lower", "trim", "reverse", "initcap", "md5", "quote_literal"), sub(text))
		},
		func() string { return fmt.Sprintf("substr(%s, %d, 2)", sub(text), g.r.IntN(4)) },
		func() string { return fmt.Sprintf("%s(%s, %d)", g.pick("left", "right"), sub(text), g.r.IntN(6)-2) },
		func() string { return fmt.Sprintf("CAST(%s AS TEXT)", sub(kind(g.r.IntN(kinds)))) },
		func() string { return fmt.Sprintf("CAST(%s AS VARCHAR(2))", sub(text)) },
		func() string { return fmt.Sprintf("replace(%s, %s, %s)", sub(text), g.literal(text), g.literal(text)) },
		func() string { return fmt.Sprintf("%s(%s, 5, 'xy')", g.pick("lpad", "rpad"), sub(text)) },
		func() string { return fmt.Sprintf("split_part(%s, 'b', %s)", sub(text), g.pick("1", "2", "-1")) },
		func() string { return fmt.Sprintf("(%s)[%d]", sub(texts), 1+g.r.IntN(2)) },
		func() string {
			return fmt.Sprintf("array_to_string(%s, ';'%s)", sub([]kind{integers, texts}[g.r.IntN(2)]), g.pick("", ", '*'"))
		},
		func() string { return fmt.Sprintf("(%s ->> %s)", sub(document), g.pick("'a'", "'b'", "0", "-1")) },
		func() string { return fmt.Sprintf("concat(%s, %s)", sub(kind(g.r.IntN(kinds))), sub(text)) },
		func() string { return fmt.Sprintf("concat_ws('-', %s, %s)", sub(text), sub(integer)) },
		func() string {
			return fmt.Sprintf("to_char(%s, %s)", sub([]kind{date, stamp, instant}[g.r.IntN(3)]), g.pick("'YYYY-MM-DD HH24:MI'", "'FMDay, DD Mon'", "'IYYY-IW'", "'Q HH12 AM MS'"))
		},
		func() string {
			return fmt.Sprintf("to_char(%s, %s)", sub(numeric), g.pick("'FM990.00'", "'S99D9'", "'000'"))
		},
		func() string { return fmt.Sprintf("(%s || %s)", sub(text), right) },
		func() string { return fmt.Sprintf("(%s || %s)", sub(text), right) })
}

// timeExpr returns a date, a timestamp, with or without a zone, or an interval.
func (g *Gen) timeExpr(sub func(kind) string, k kind) string {
	zone := g.pick("'Europe/Warsaw'", "'America/New_York'", "'UTC'", "'Asia/Kolkata'")
	unit := g.pick("'month'", "'day'", "'hour'", "'week'", "'quarter'", "'minute'")
	switch k {
	case date:
		return g.oneOf(
			func() string { return fmt.Sprintf("(%s + CAST(%s AS INTEGER))", sub(date), sub(integer)) },
			func() string { return fmt.Sprintf("CAST(%s AS DATE)", sub([]kind{stamp, instant}[g.r.IntN(2)])) })
	case stamp:
		return g.oneOf(
			func() string {
				return fmt.Sprintf("(%s %s %s)", sub([]kind{stamp, date}[g.r.IntN(2)]), g.pick("+", "-"), sub(interval))
			},
			func() string { return fmt.Sprintf("CAST(%s AS TIMESTAMP)", sub([]kind{date, instant}[g.r.IntN(2)])) },
			func() string { return fmt.Sprintf("date_trunc(%s, %s)", unit, sub(stamp)) },
			func() string { return fmt.Sprintf("(%s AT TIME ZONE %s)", sub(instant), zone) })
	case instant:
		return g.oneOf(
			func() string { return fmt.Sprintf("(%s %s %s)", sub(instant), g.pick("+", "-"), sub(interval)) },
			func() string { return fmt.Sprintf("CAST(%s AS TIMESTAMPTZ)", sub([]kind{date, stamp}[g.r.IntN(2)])) },
			func() string { return fmt.Sprintf("date_trunc(%s, %s)", unit, sub(instant)) },
			func() string { return fmt.Sprintf("(%s AT TIME ZONE %s)", sub(stamp), zone) })
	}
	return g.oneOf(
		func() string { return fmt.Sprintf("(%s %s %s)", sub(interval), g.pick("+", "-"), sub(interval)) },
		func() string { return fmt.Sprintf("(%s - %s)", sub(stamp), sub(stamp)) },
		func() string { return fmt.Sprintf("(%s - %s)", sub(instant), sub(instant)) },
		func() string { return fmt.Sprintf("age(%s, %s)", sub(stamp), sub(stamp)) },
		func() string { return fmt.Sprintf("(%s * %s)", sub(interval), g.pick("2", "-1", "0.5", "3")) },
		func() string {
			return fmt.Sprintf("%s(%s)", g.pick("justify_hours", "justify_days", "justify_interval", "-"), sub(interval))
		})
}

// arrayExpr returns an array of integers or of texts.
func (g *Gen) arrayExpr(sub func(kind) string, k kind) string {
	of, typ := integer, "INTEGER"
	if k == texts {
		of, typ = text, "TEXT"
	}
	one := func() string { return fmt.Sprintf("CAST(%s AS %s)", sub(of), typ) }
	return g.oneOf(
		func() string { return fmt.Sprintf("ARRAY[%s, %s]", one(), one()) },
		func() string { return fmt.Sprintf("(%s || %s)", sub(k), sub(k)) },
		func() string { return fmt.Sprintf("array_append(%s, %s)", sub(k), one()) },
		func() string { return fmt.Sprintf("array_prepend(%s, %s)", one(), sub(k)) },
		func() string { return fmt.Sprintf("array_remove(%s, %s)", sub(k), one()) },
		func() string { return fmt.Sprintf("(%s)[%d:%d]", sub(k), g.r.IntN(3), 1+g.r.IntN(3)) })
}

func (g *Gen) documentExpr(sub func(kind) string) string {
	return g.oneOf(
		func() string {
			return fmt.Sprintf("jsonb_build_object('a', CAST(%s AS INTEGER), 'k', %s)", sub(integer), sub([]kind{boolean, date, texts, document}[g.r.IntN(4)]))
		},
		func() string { return fmt.Sprintf("jsonb_build_array(CAST(%s AS TEXT), %s)", sub(text), sub(integers)) },
		func() string {
			return fmt.Sprintf("to_jsonb(%s)", sub([]kind{stamp, integers, boolean, document}[g.r.IntN(4)]))
		},
		func() string {
			return fmt.Sprintf("(%s -> %s)", sub(document), g.pick("'a'", "'e'", "'d'", "0", "1", "-1"))
		},
		func() string { return fmt.Sprintf("(%s #> '{e,b}')", sub(document)) },
		func() string { return fmt.Sprintf("(%s || %s)", sub(document), sub(document)) },
		func() string {
			return fmt.Sprintf("(CASE WHEN jsonb_typeof(%[1]s) = 'object' THEN %[1]s - 'a' END)", sub(document))
		},
		func() string { return fmt.Sprintf("jsonb_strip_nulls(%s)", sub(document)) })
}

// choice returns an expression that chooses among others.
func (g *Gen) choice(scope []column, k kind, depth int) string {
	sub := func() string { return g.expr(scope, k, depth-1) }
	switch g.r.IntN(5) {
	case 0:
		return fmt.Sprintf("COALESCE(%s, %s)", sub(), sub())
	case 1:
		return fmt.Sprintf("NULLIF(%s, %s)", sub(), sub())
	case 2:
		return fmt.Sprintf("%s(%s, %s)", g.pick("GREATEST", "LEAST"), sub(), sub())
	case 3:
		of := g.anyKind()
		return fmt.Sprintf("CASE %s WHEN %s THEN %s WHEN %s THEN %s END", g.atom(scope, of), g.literal(of), sub(), g.atom(scope, of), sub())
	}
	return fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", g.predicate(scope, depth-1), sub(), sub())
}

// atom returns a column of kind k where there is one, else a literal.
func (g *Gen) atom(scope []column, k kind) string {
	if g.r.IntN(4) == 0 {
		return g.literal(k)
	}
	return g.side(scope, k)
}

// key returns an expression of any kind of which equal values look the same.
func (g *Gen) key(scope []column, depth int) string {
	k := g.anyKind()
	return canonical(g.expr(scope, k, depth), k)
}

// canonical makes equal values look the same.
func canonical(x string, k kind) string {
	switch k {
	case numeric:
		return "trim_scale(" + x + ")"
	case interval:
		return "CAST(extract(epoch FROM " + x + ") AS BIGINT)"
	}
	return x
}
