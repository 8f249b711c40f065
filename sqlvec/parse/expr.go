package parse

import "driftdb/internal/dberr"

// Precedences of operators, weakest first, as in PostgreSQL.
const (
	precNone = iota
	precOr
	precAnd
	precNot
	precIs      // IS, ISNULL, NOTNULL
	precCompare // < > = <= >= <>, not associative
	precLike    // BETWEEN, IN, LIKE, ILIKE, SIMILAR, not associative
	precOp      // every other operator
	precAdd
	precMul
	precPow
	precAt      // AT TIME ZONE
	precCollate // COLLATE
	precUnary   // a sign
	precCast    // ::
	precPrimary
)

// expr reads any value expression.
func (p *parser) expr() Expr { return p.binary(precOr, false) }

// restricted reads an expression in which AND, OR, NOT, IN, BETWEEN, LIKE and IS
// (but for IS DISTINCT FROM) stand only within parentheses: a bound of BETWEEN,
// a column's default, a point in time.
func (p *parser) restricted() Expr { return p.binary(precIs, true) }

// exprList reads expr, ….
func (p *parser) exprList() []Expr {
	list := []Expr{p.expr()}
	for p.accept(",") {
		list = append(list, p.expr())
	}
	return list
}

// parenExprList reads (expr, …).
func (p *parser) parenExprList() []Expr {
	p.expect("(")
	list := p.exprList()
	p.expect(")")
	return list
}

// binary reads an expression of operators that bind at least as tightly as min
// (precedence climbing). It keeps count of the height of what it builds:
// p.height is raised to it for the expression around.
func (p *parser) binary(min int, restricted bool) Expr {
	p.enter()
	around := p.height
	p.height = 0
	left := p.prefix(restricted)
	h := p.grow(p.height)
	for {
		prec := p.infixPrec(restricted)
		if prec == precNone || prec < min {
			break
		}
		p.height = 0
		left = p.infix(left, prec, restricted)
		h = p.grow(max(h, p.height))
	}
	p.height = max(around, h)
	p.leave()
	return left
}

// infixPrec returns the precedence of the current token as an infix or postfix
// operator, precNone if it is none.
func (p *parser) infixPrec(restricted bool) int {
	switch p.tok.kind {
	case tokOp:
		return opPrec(p.tok.text)
	case tokKeyword:
		prec := p.wordPrec()
		if restricted && prec < precOp && !(prec == precIs && p.isDistinctFrom()) {
			return precNone
		}
		return prec
	}
	return precNone
}

// opPrec is infixPrec for operators and punctuation.
func opPrec(op string) int {
	switch op {
	case "<", ">", "=", "<=", ">=", "<>":
		return precCompare
	case "+", "-":
		return precAdd
	case "*", "/", "%":
		return precMul
	case "^":
		return precPow
	case "::":
		return precCast
	case "(", ")", ",", ".", ";", ":", "[", "]", ":=", "..", "=>":
		return precNone
	}
	return precOp
}

// wordPrec is infixPrec for keywords.
func (p *parser) wordPrec() int {
	switch p.tok.text {
	case "or":
		return precOr
	case "and":
		return precAnd
	case "is", "isnull", "notnull":
		return precIs
	case "between", "in", "like", "ilike":
		return precLike
	case "similar":
		if p.then("similar", "to") {
			return precLike
		}
	case "overlaps":
		return precOp
	case "not":
		switch p.peek(1).text {
		case "between", "in", "like", "ilike", "similar":
			return precLike
		}
	case "operator":
		if p.then("operator", "(") {
			return precOp
		}
	case "at":
		if p.then("at", "time", "zone") || p.then("at", "local") {
			return precAt
		}
	case "collate":
		return precCollate
	}
	return precNone
}

// isDistinctFrom reports whether IS [NOT] DISTINCT FROM comes next.
func (p *parser) isDistinctFrom() bool {
	return p.then("is", "distinct", "from") || p.then("is", "not", "distinct", "from")
}

// infix reads the operator at hand, whose precedence is prec, and what is to its
// right.
func (p *parser) infix(left Expr, prec int, restricted bool) Expr {
	pos := p.pos()
	switch prec {
	case precOr, precAnd:
		return p.boolChain(left, prec, restricted)
	case precIs:
		return p.isTest(left, restricted)
	case precLike:
		return p.likeOrIn(left, restricted)
	case precAt:
		return p.atTimeZone(left, restricted)
	case precCollate:
		p.next()
		return &CollateExpr{Pos: pos, X: left, Collation: p.name()}
	case precCast:
		p.next()
		return &Cast{Pos: pos, X: left, Type: p.typeName()}
	}
	if p.is("overlaps") {
		return p.overlaps(left, restricted)
	}
	op, schema := p.operator()
	if p.isAny("any", "some", "all") {
		e := p.quantified(left, op, pos)
		e.Schema = schema
		return e
	}
	right := p.binary(prec+1, restricted)
	if prec == precCompare && p.infixPrec(restricted) == precCompare {
		p.syntaxError() // a < b < c
	}
	return &BinaryExpr{Pos: pos, Op: op, Schema: schema, L: left, R: right}
}

// operator reads an operator, also in the form OPERATOR(schema.op).
func (p *parser) operator() (op, schema string) {
	if !p.is("operator") {
		return p.symbol(), ""
	}
	p.expect("operator", "(")
	if p.tok.isName() {
		schema = p.ident().Name
		p.expect(".")
	}
	op = p.symbol()
	p.expect(")")
	return op, schema
}

// symbol reads an operator made of operator characters.
func (p *parser) symbol() string {
	if p.tok.kind != tokOp || charClasses[p.tok.text[0]]&isOpChar == 0 {
		p.syntaxError()
		return ""
	}
	op := p.tok.text
	p.next()
	return op
}

// boolChain reads a chain of the same connective into one node.
func (p *parser) boolChain(left Expr, prec int, restricted bool) Expr {
	word := p.tok.text
	e := &BoolExpr{Pos: p.pos(), Or: prec == precOr, Args: []Expr{left}}
	for p.accept(word) {
		e.Args = append(e.Args, p.binary(prec+1, restricted))
	}
	return e
}

// isTest reads IS [NOT] …, ISNULL and NOTNULL.
func (p *parser) isTest(left Expr, restricted bool) Expr {
	pos := p.pos()
	if word := p.acceptAny("isnull", "notnull"); word != "" {
		return &IsExpr{Pos: pos, X: left, Test: IsNull, Not: word == "notnull"}
	}
	p.expect("is")
	not := p.accept("not")
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
	default:
		e = p.like(left, not, pos, restricted)
	}
	if p.infixPrec(restricted) == precLike {
		p.syntaxError()
	}
	return e
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
	e := &InExpr{Pos: pos, X: left, Not: not}
	p.expect("(")
	if p.startsQuery() {
		e.Query = p.query()
		p.expect(")")
		return e
	}
	e.List = p.exprList()
	p.expect(")")
	if sub, ok := e.List[0].(*SubqueryExpr); ok && len(e.List) == 1 {
		e.List, e.Query = nil, sub.Query
	}
	return e
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

// subscripts reads one [i] or [lo:hi].
func (p *parser) subscripts(x Expr) Expr {
	e := &Subscript{Pos: p.pos(), X: x}
	e.Lo, e.Hi, e.Slice = p.bounds()
	return e
}

// bounds reads [i], [lo:hi] and their forms with a bound left out.
func (p *parser) bounds() (lo, hi Expr, slice bool) {
	p.expect("[")
	if !p.is(":") {
		lo = p.expr()
	}
	if p.accept(":") {
		slice = true
		if !p.is("]") {
			hi = p.expr()
		}
	}
	p.expect("]")
	return lo, hi, slice
}

// prefix reads a prefix operator with its operand, or a primary.
func (p *parser) prefix(restricted bool) Expr {
	pos := p.pos()
	switch {
	case p.is("not") && !restricted:
		p.next()
		return &NotExpr{Pos: pos, X: p.binary(precNot, false)}
	case p.is("-") || p.is("+"):
		op := p.tok.text
		p.next()
		return &UnaryExpr{Pos: pos, Op: op, X: p.binary(precUnary, restricted)}
	case p.is("operator") && p.then("operator", "("), p.isPrefixOp():
		op, schema := p.operator()
		return &UnaryExpr{Pos: pos, Op: op, Schema: schema, X: p.binary(precOp+1, restricted)}
	}
	return p.postfix(p.primary())
}

// isPrefixOp reports whether the token is an operator that may stand before its
// operand: any but those the grammar itself knows.
func (p *parser) isPrefixOp() bool {
	return p.tok.kind == tokOp && opPrec(p.tok.text) == precOp && charClasses[p.tok.text[0]]&isOpChar != 0
}

// postfix reads what binds tighter than a sign: subscripts, and the fields of
// what has any. A column's own dots have been read with it.
func (p *parser) postfix(e Expr) Expr {
	for {
		switch {
		case p.is("["):
			e = p.subscripts(e)
		case p.is(".") && hasFields(e):
			e = p.field(e)
		default:
			return e
		}
		p.height = p.grow(p.height)
	}
}

// hasFields reports whether a dot may follow e without parentheses around it.
func hasFields(e Expr) bool {
	switch e.(type) {
	case *Subscript, *FieldAccess, *Param:
		return true
	}
	return false
}

// field reads .name or .*.
func (p *parser) field(x Expr) Expr {
	pos := p.pos()
	p.expect(".")
	if p.accept("*") {
		return &Star{Pos: pos, Of: x}
	}
	return &FieldAccess{Pos: pos, X: x, Name: p.label().Name}
}

// overlaps reads (a, b) OVERLAPS (c, d), which is a call of overlaps.
func (p *parser) overlaps(left Expr, restricted bool) Expr {
	pos := p.pos()
	p.expect("overlaps")
	call := &FuncCall{Pos: pos, Name: Name{pos, []string{"overlaps"}}}
	right := p.binary(precOp+1, restricted)
	for _, side := range []struct {
		name string
		e    Expr
	}{{"left", left}, {"right", right}} {
		row, ok := side.e.(*RowExpr)
		if !ok || len(row.Elems) != 2 {
			p.failAt(pos, dberr.SyntaxError, "wrong number of parameters on %s side of OVERLAPS expression", side.name)
			return call
		}
		call.Args = append(call.Args, row.Elems...)
	}
	return call
}
