package parse

import (
	"strconv"
	"strings"

	"driftdb/internal/dberr"
)

// primary reads an expression that no operator begins.
func (p *parser) primary() Expr {
	pos, text := p.pos(), p.tok.text
	switch p.tok.kind {
	case tokString:
		return p.literal(LitString)
	case tokInt:
		return p.literal(LitInt)
	case tokNumeric:
		return p.literal(LitNumeric)
	case tokBits:
		return p.literal(LitBits)
	case tokHexBits:
		return p.literal(LitHexBits)
	case tokParam:
		return p.param()
	case tokSeq, tokTx:
		return p.point()
	case tokIdent:
		if text == "try_cast" && p.peek(1).text == "(" {
			p.next()
			return p.cast(pos, true)
		}
		if text == "map" && p.peek(1).kind == tokJSON {
			p.noStructs(pos, "maps")
			return &Literal{Pos: pos}
		}
		return p.named()
	case tokQuoted:
		return p.named()
	case tokKeyword:
		return p.keywordExpr()
	case tokJSON:
		if p.fileCall {
			return p.columnTypes()
		}
		p.noStructs(pos, "structs")
		return &Literal{Pos: pos}
	case tokOp:
		switch text {
		case "(":
			return p.parenthesised()
		case "[": // as DuckDB writes a list
			return p.arrayList(pos)
		}
	}
	p.syntaxError()
	return &Literal{Pos: pos}
}

// noStructs refuses DuckDB's structs and maps.
func (p *parser) noStructs(pos Pos, what string) {
	if p.err == nil {
		p.fail(dberr.Newf(dberr.FeatureNotSupported, "%s are not supported", what).
			WithHint("JSONB holds names and values: jsonb_build_object('a', 1) makes an object, and j->>'a' reads it.").At(int(pos)))
	}
}

func (p *parser) literal(kind LitKind) Expr {
	e := p.newLiteral()
	*e = Literal{Pos: p.pos(), Kind: kind, Text: p.tok.text}
	p.next()
	return e
}

// maxLiterals is how many literals are made at once; the first time one is, and then twice as many.
const maxLiterals = 64

// newLiteral returns memory for a literal.
func (p *parser) newLiteral() *Literal {
	if len(p.literals) == cap(p.literals) {
		p.literals = make([]Literal, 0, max(1, min(2*cap(p.literals), maxLiterals)))
	}
	p.literals = append(p.literals, Literal{})
	return &p.literals[len(p.literals)-1]
}

func (p *parser) param() Expr {
	pos := p.pos()
	n, err := strconv.Atoi(p.tok.text)
	if err != nil || n > 65535 {
		p.failAt(pos, dberr.SyntaxError, "parameter number too large%s", near(p.lex.sql, int(p.tok.start), int(p.tok.end)))
	}
	if n == 0 {
		p.failAt(pos, dberr.UndefinedParameter, "there is no parameter $0")
	}
	p.next()
	return &Param{Pos: pos, N: n}
}

func (p *parser) point() Expr {
	e := &PointLit{Pos: p.pos()}
	if p.tok.kind == tokTx {
		e.Kind = PointTx
	}
	if p.tok.text == "" {
		p.next()
		e.Value = p.postfix(p.primary())
		return e
	}
	n, err := strconv.ParseUint(p.tok.text, 10, 64)
	if err != nil {
		p.failAt(e.Pos, dberr.NumericValueOutOfRange, "%s is out of range", p.lex.sql[p.tok.start:p.tok.end])
	}
	e.N = n
	p.next()
	return e
}

// keywordExpr reads what begins with a keyword: a construct of its own, a typed
// literal, or a name.
func (p *parser) keywordExpr() Expr {
	pos, word := p.pos(), p.tok.text
	switch word {
	case "null", "true", "false":
		p.next()
		if word == "null" {
			return &Literal{Pos: pos, Kind: LitNull}
		}
		return &Literal{Pos: pos, Kind: LitBool, Bool: word == "true"}
	case "case":
		return p.caseExpr()
	case "cast":
		p.next()
		return p.cast(pos, false)
	case "default":
		p.next()
		return &DefaultExpr{pos}
	case "array":
		p.next()
		return p.array(pos)
	case "current_catalog", "current_date", "current_role", "current_time", "current_timestamp",
		"current_user", "localtime", "localtimestamp", "session_user", "user":
		return p.bareCall()
	case "current_schema":
		if p.peek(1).text != "(" {
			return p.bareCall()
		}
	}
	if p.peek(1).kind == tokOp && p.peek(1).text == "(" {
		if e := p.keywordCall(); e != nil {
			return e
		}
	}
	if p.startsTypedLiteral() {
		return p.typedLiteral()
	}
	if next := p.peek(1); word == "interval" && (next.kind == tokInt || next.kind == tokNumeric || next.kind == tokOp && next.text == "(") {
		return p.intervalOf()
	}
	return p.named()
}

// keywordCall reads the constructs keyword(…), or returns nil if it is an
// ordinary call.
func (p *parser) keywordCall() Expr {
	pos := p.pos()
	switch p.tok.text {
	case "exists":
		p.next()
		return &ExistsExpr{Pos: pos, Query: p.parenQuery()}
	case "row":
		p.next()
		e := &RowExpr{Pos: pos, Explicit: true}
		p.expect("(")
		if !p.is(")") {
			e.Elems = p.exprList()
		}
		p.expect(")")
		return e
	case "extract":
		return p.extract()
	case "substring":
		return p.substring()
	case "position":
		return p.position()
	case "overlay":
		return p.overlay()
	case "trim":
		return p.trim()
	case "coalesce", "greatest", "least", "grouping":
		e := p.special()
		e.Args = p.exprList()
		p.expect(")")
		return e
	case "normalize":
		return p.normalize()
	case "nullif":
		e := p.special()
		e.Args = []Expr{p.expr()}
		p.expect(",")
		e.Args = append(e.Args, p.expr())
		p.expect(")")
		return e
	}
	return nil
}

// normalize reads NORMALIZE(text [, form]), the form as a word.
func (p *parser) normalize() Expr {
	e := p.special()
	e.Args = []Expr{p.expr()}
	if p.accept(",") {
		pos := p.pos()
		if form := p.acceptAny(normalForms...); form != "" {
			e.Args = append(e.Args, &Literal{Pos: pos, Kind: LitString, Text: form})
		} else if p.tok.kind == tokString { // as views write it
			e.Args = append(e.Args, p.literal(LitString))
		} else {
			p.syntaxError()
		}
	}
	p.expect(")")
	return e
}

// intervalUnits are DuckDB's units of an interval, and the functions that make one of a number.
var intervalUnits = map[string]string{"year": "to_years", "quarter": "to_quarters", "month": "to_months", "week": "to_weeks", "day": "to_days",
	"hour": "to_hours", "minute": "to_minutes", "second": "to_seconds", "millisecond": "to_milliseconds", "microsecond": "to_microseconds",
	"decade": "to_decades", "century": "to_centuries", "millennium": "to_millennia",
	"centuries": "to_centuries", "millennia": "to_millennia"}

// intervalOf reads DuckDB's INTERVAL 3 DAYS and INTERVAL (n) DAYS, a call of to_days and its kin.
func (p *parser) intervalOf() Expr {
	e := &FuncCall{Pos: p.pos()}
	p.expect("interval")
	if p.accept("(") {
		e.Args = []Expr{p.expr()}
		p.expect(")")
	} else {
		e.Args = []Expr{p.primary()}
	}
	word := p.tok.text
	fn, ok := intervalUnits[word]
	if !ok {
		fn, ok = intervalUnits[strings.TrimSuffix(word, "s")]
	}
	if !ok || !p.tok.word() {
		p.syntaxError()
	}
	p.next()
	e.Name = Name{e.Pos, []string{fn}}
	return e
}

// bareCall reads CURRENT_DATE and its kin; those of time take a precision.
func (p *parser) bareCall() Expr {
	id := p.label()
	e := &FuncCall{Pos: id.Pos, Name: Name{id.Pos, []string{id.Name}}, Bare: true}
	switch id.Name {
	case "current_time", "current_timestamp", "localtime", "localtimestamp":
		if p.accept("(") {
			e.Args = []Expr{p.intLiteral()}
			p.expect(")")
		}
	}
	return e
}

func (p *parser) intLiteral() Expr {
	if p.tok.kind != tokInt {
		p.syntaxError()
	}
	return p.literal(LitInt)
}

// cast reads (expr AS type).
func (p *parser) cast(pos Pos, try bool) Expr {
	e := &Cast{Pos: pos, Try: try}
	p.expect("(")
	e.X = p.expr()
	p.expect("as")
	e.Type = p.typeName()
	p.expect(")")
	return e
}

func (p *parser) caseExpr() Expr {
	e := &CaseExpr{Pos: p.pos()}
	p.expect("case")
	if !p.is("when") {
		e.Arg = p.expr()
	}
	for p.is("when") {
		w := When{Pos: p.pos()}
		p.next()
		w.Cond = p.expr()
		p.expect("then")
		w.Result = p.expr()
		e.Whens = append(e.Whens, w)
	}
	if len(e.Whens) == 0 {
		p.syntaxError()
	}
	if p.accept("else") {
		e.Else = p.expr()
	}
	p.expect("end")
	return e
}

// array reads what follows ARRAY: a list in brackets, or a query.
func (p *parser) array(pos Pos) Expr {
	if p.is("(") {
		return &ArrayExpr{Pos: pos, Query: p.parenQuery()}
	}
	return p.arrayList(pos)
}

// arrayList reads […], whose elements may be lists themselves.
func (p *parser) arrayList(pos Pos) Expr {
	p.enter()
	defer p.leave()
	e := &ArrayExpr{Pos: pos}
	p.expect("[")
	for !p.is("]") {
		if p.is("[") {
			e.Elems = append(e.Elems, p.arrayList(p.pos()))
		} else {
			e.Elems = append(e.Elems, p.expr())
		}
		if len(e.Elems) == 1 && p.is("for") {
			return p.comprehension(e.Elems[0], pos)
		}
		if !p.accept(",") {
			break
		}
		if p.is("]") {
			p.syntaxError()
		}
	}
	p.expect("]")
	p.height = p.grow(p.height)
	return e
}

// parenQuery reads (query).
func (p *parser) parenQuery() *Query {
	p.expect("(")
	q := p.query()
	p.expect(")")
	return q
}

// startsQuery reports whether a query begins here, parentheses left aside.
func (p *parser) startsQuery() bool {
	return p.tok.kind == tokKeyword && p.isAny("select", "from", "values", "with", "table") || p.startsReport()
}

// parenthesised reads a query, a row or an expression in parentheses. Parentheses
// around an expression leave no trace in the tree.
func (p *parser) parenthesised() Expr {
	pos := p.pos()
	p.expect("(")
	var e Expr
	if p.startsQuery() {
		e = &SubqueryExpr{Pos: pos, Query: p.query()}
	} else {
		e = p.groupOrRow(pos)
	}
	p.expect(")")
	for p.is(".") {
		if p.atMethod() {
			e = p.method(e)
		} else {
			e = p.field(e)
		}
		p.height = p.grow(p.height)
	}
	return e
}

// groupOrRow reads expr or expr, … up to the closing parenthesis. A query in
// parentheses of its own may turn out to be the first operand of a larger query.
func (p *parser) groupOrRow(pos Pos) Expr {
	e := p.expr()
	if sub, ok := e.(*SubqueryExpr); ok && p.continuesQuery() {
		return &SubqueryExpr{Pos: pos, Query: p.queryAfter(&Query{Pos: sub.Query.Pos}, bare(sub.Query))}
	}
	if !p.is(",") {
		return e
	}
	row := &RowExpr{Pos: pos, Elems: []Expr{e}}
	for p.accept(",") {
		row.Elems = append(row.Elems, p.expr())
	}
	return row
}

// named reads what begins with a name: a column, t.*, a call, or a literal with
// its type before it.
func (p *parser) named() Expr {
	first := p.tok
	if first.kind == tokKeyword && first.class.class() == reserved {
		p.syntaxError()
		return &Literal{Pos: p.pos()}
	}
	col := oneColumn(p.pos(), first.text)
	n := Name{Pos: col.Pos, Parts: col.Parts}
	p.next()
	for p.is(".") {
		if p.peek(1).kind == tokOp && p.peek(1).text == "*" {
			p.expect(".", "*")
			return &Star{Pos: n.Pos, Table: n.Parts}
		}
		p.next()
		n.Parts = append(n.Parts, p.label().Name)
	}
	switch {
	case p.is("("):
		return p.maybeLiteral(p.call(n))
	case p.tok.kind == tokString && (first.isTypeOrFunction() || len(n.Parts) > 1):
		t := &TypeName{Pos: n.Pos, Name: n}
		return &Cast{Pos: n.Pos, X: p.literal(LitString), Type: t}
	case len(n.Parts) == 1 && !first.isName():
		p.syntaxError() // left, without its parenthesis
	case len(n.Parts) > 4:
		p.failAt(n.Pos, dberr.SyntaxError, "improper qualified name (too many dotted names)")
	}
	col.Parts = n.Parts
	return col
}

// oneColumn returns a column without a qualifier, in a single allocation: columns
// are what trees hold most of.
func oneColumn(pos Pos, name string) *ColumnRef {
	c := &struct {
		ColumnRef
		part [1]string
	}{part: [1]string{name}}
	c.Pos, c.Parts = pos, c.part[:]
	return &c.ColumnRef
}

// maybeLiteral turns timestamptz(3) '…', which looks like a call until the string
// comes, into a cast.
func (p *parser) maybeLiteral(call *FuncCall) Expr {
	if p.tok.kind != tokString {
		return call
	}
	t := &TypeName{Pos: call.Pos, Name: call.Name}
	for _, a := range call.Args {
		lit, ok := a.(*Literal)
		if !ok || lit.Kind != LitInt {
			p.syntaxError()
			return call
		}
		t.Mods = append(t.Mods, p.smallInt(lit.Pos, lit.Text))
	}
	return &Cast{Pos: call.Pos, X: p.literal(LitString), Type: t}
}
