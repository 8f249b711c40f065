package parse

import "slices"

// isTest reads IS [NOT] …, ISNULL and NOTNULL.
func (p *parser) isTest(left Expr, restricted bool) Expr {
	pos := p.pos()
	if word := p.acceptAny("isnull", "notnull"); word != "" {
		return &IsExpr{Pos: pos, X: left, Test: IsNull, Not: word == "notnull"}
	}
	p.expect("is")
	not := p.accept("not")
	if e := p.normalizedTest(pos, left, not); e != nil {
		return e
	}
	if p.accept("distinct") {
		p.expect("from")
		right := p.binary(precIs+1, restricted)
		if p.infixPrec(restricted) == precIs {
			p.syntaxError()
		}
		return &DistinctExpr{Pos: pos, L: left, R: right, Not: not}
	}
	tests := []string{IsNull: "null", IsTrue: "true", IsFalse: "false", IsUnknown: "unknown"}
	for test, word := range tests {
		if p.accept(word) {
			return &IsExpr{Pos: pos, X: left, Test: IsTest(test), Not: not}
		}
	}
	p.syntaxError()
	return left
}

// atTimeZone reads AT TIME ZONE zone and AT LOCAL.
func (p *parser) atTimeZone(left Expr, restricted bool) Expr {
	e := &AtTimeZone{Pos: p.pos(), X: left}
	if !p.accept("at", "local") {
		p.expect("at", "time", "zone")
		e.Zone = p.binary(precAt+1, restricted)
	}
	return e
}

// likeOrIn reads [NOT] BETWEEN, IN, LIKE, ILIKE and SIMILAR TO.
func (p *parser) likeOrIn(left Expr, restricted bool) Expr {
	pos := p.pos()
	not := p.accept("not")
	var e Expr
	switch {
	case p.accept("between"):
		e = p.between(left, not, pos, restricted)
	case p.accept("in"):
		return p.in(left, not, pos)
	case p.atGlob():
		p.next()
		e = &BinaryExpr{Pos: pos, Op: "~~~", L: left, R: p.binary(precLike+1, restricted)}
	default:
		e = p.like(left, not, pos, restricted)
	}
	if p.infixPrec(restricted) == precLike {
		p.syntaxError()
	}
	return e
}

// normalForms are the words for the forms of Unicode.
var normalForms = []string{"nfc", "nfd", "nfkc", "nfkd"}

// normalizedTest reads [form] NORMALIZED behind IS, a call of is_normalized; nil where something else stands.
func (p *parser) normalizedTest(pos Pos, x Expr, not bool) Expr {
	if !p.is("normalized") && !(p.isAny(normalForms...) && p.peek(1).text == "normalized") {
		return nil
	}
	call := &FuncCall{Pos: pos, Name: Name{pos, []string{"is_normalized"}}, Args: []Expr{x}}
	if form := p.acceptAny(normalForms...); form != "" {
		call.Args = append(call.Args, &Literal{Pos: pos, Kind: LitString, Text: form})
	}
	p.expect("normalized")
	if not {
		return &NotExpr{Pos: pos, X: call}
	}
	return call
}

func (p *parser) between(left Expr, not bool, pos Pos, restricted bool) Expr {
	e := &BetweenExpr{Pos: pos, X: left, Not: not}
	if !p.accept("asymmetric") {
		e.Symmetric = p.accept("symmetric")
	}
	e.Lo = p.restricted()
	p.expect("and")
	e.Hi = p.binary(precLike+1, restricted)
	return e
}

// in reads the list or query of IN.
func (p *parser) in(left Expr, not bool, pos Pos) Expr {
	if !p.is("(") {
		return p.inList(left, not, pos)
	}
	e := &InExpr{Pos: pos, X: left, Not: not}
	p.expect("(")
	if p.startsQuery() {
		e.Query = p.query()
		p.expect(")")
		return e
	}
	e.List = []Expr{p.expr()}
	for p.accept(",") && !p.is(")") { // as in DuckDB, a comma may stand behind the last one
		e.List = append(e.List, p.expr())
	}
	p.expect(")")
	if sub, ok := e.List[0].(*SubqueryExpr); ok && len(e.List) == 1 {
		e.List, e.Query = nil, sub.Query
	}
	return e
}

// inList reads the list of DuckDB's x IN list, which is IN (…) where it is written out, else list_contains:
// there a NULL in the list is no value.
func (p *parser) inList(left Expr, not bool, pos Pos) Expr {
	if !p.is("[") && !p.tok.isName() {
		p.syntaxError()
		return left
	}
	list := p.binary(precLike+1, false)
	if a, ok := list.(*ArrayExpr); ok && a.Query == nil && len(a.Elems) > 0 && !slices.ContainsFunc(a.Elems, mayBeNull) {
		return &InExpr{Pos: pos, X: left, Not: not, List: a.Elems}
	}
	var e Expr = &FuncCall{Pos: pos, Name: Name{pos, []string{"list_contains"}}, Args: []Expr{list, left}}
	if not {
		e = &NotExpr{Pos: pos, X: e}
	}
	return e
}

func mayBeNull(e Expr) bool {
	lit, ok := e.(*Literal)
	return !ok || lit.Kind == LitNull
}

// likeOps are the operators that LIKE stands for before ANY and ALL.
var likeOps = [2][2]string{{"~~", "!~~"}, {"~~*", "!~~*"}}

// like reads LIKE, ILIKE or SIMILAR TO and its pattern.
func (p *parser) like(left Expr, not bool, pos Pos, restricted bool) Expr {
	e := &LikeExpr{Pos: pos, X: left, Not: not}
	switch {
	case p.accept("like"):
	case p.accept("ilike"):
		e.Kind = ILike
	default:
		p.expect("similar", "to")
		e.Kind = SimilarTo
	}
	if e.Kind != SimilarTo && p.isAny("any", "some", "all") {
		n := 0
		if not {
			n = 1
		}
		return p.quantified(left, likeOps[e.Kind][n], pos)
	}
	e.Pattern = p.binary(precLike+1, restricted)
	if p.accept("escape") {
		e.Escape = p.binary(precLike+1, restricted)
	}
	return e
}

// quantified reads ANY|SOME|ALL (query or array).
func (p *parser) quantified(left Expr, op string, pos Pos) *QuantifiedExpr {
	e := &QuantifiedExpr{Pos: pos, X: left, Op: op, All: p.is("all")}
	p.next()
	p.expect("(")
	if p.startsQuery() {
		e.Query = p.query()
	} else {
		e.Array = p.expr()
		if sub, ok := e.Array.(*SubqueryExpr); ok {
			e.Query, e.Array = sub.Query, nil
		}
	}
	p.expect(")")
	return e
}
