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
func (p *parser) exprList() []Expr { return p.exprListOf(1) }

// exprListOf is exprList where n expressions are expected.
func (p *parser) exprListOf(n int) []Expr {
	list := append(make([]Expr, 0, n), p.expr())
	for p.accept(",") {
		list = append(list, p.expr())
	}
	return list
}

// parenExprList reads (expr, …), of which n are expected.
func (p *parser) parenExprList(n int) []Expr {
	p.expect("(")
	list := p.exprListOf(n)
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
	case tokIdent:
		if p.atGlob() {
			return precLike
		}
	case tokKeyword:
		prec := p.wordPrec()
		if restricted && prec < precOp && !(prec == precIs && p.isDistinctFrom()) {
			return precNone
		}
		return prec
	}
	return precNone
}

// atGlob reports whether DuckDB's GLOB pattern comes next, and not a name.
func (p *parser) atGlob() bool {
	if p.tok.text != "glob" {
		return false
	}
	switch next := p.peek(1); next.kind {
	case tokString, tokParam, tokQuoted, tokIdent:
		return true
	case tokOp:
		return next.text == "("
	case tokKeyword:
		return next.text == "null" || next.text == "case" || next.text == "cast"
	}
	return false
}

// opPrec is infixPrec for operators and punctuation.
func opPrec(op string) int {
	switch op {
	case "<", ">", "=", "<=", ">=", "<>", "==":
		return precCompare
	case "+", "-":
		return precAdd
	case "*", "/", "%", "//":
		return precMul
	case "^", "**":
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
	switch op { // DuckDB's spellings
	case "==":
		return "="
	case "**":
		return "^"
	}
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

// subscripts reads one [i] or [lo:hi].
func (p *parser) subscripts(x Expr) *Subscript {
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
	_, apart := e.(*Subscript) // a primary is one in parentheses
	for {
		switch {
		case p.is("["):
			sub := p.subscripts(e)
			sub.Apart, apart = apart, false
			e = sub
		case p.atMethod():
			e = p.method(e)
		case p.is(".") && hasFields(e):
			e = p.field(e)
		default:
			return e
		}
		p.height = p.grow(p.height)
	}
}

// atMethod reports whether .f( comes next.
func (p *parser) atMethod() bool {
	return p.is(".") && p.peek(1).isLabel() && p.peek(2).kind == tokOp && p.peek(2).text == "("
}

// method reads DuckDB's x.f(…), which is f(x, …).
func (p *parser) method(x Expr) Expr {
	p.expect(".")
	id := p.label()
	call := p.call(Name{id.Pos, []string{id.Name}})
	call.Args = append([]Expr{x}, call.Args...)
	return call
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
