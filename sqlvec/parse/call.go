package parse

import "strings"

// call reads the arguments of a call of n and what may follow them.
func (p *parser) call(n Name) *FuncCall {
	e := &FuncCall{Pos: n.Pos, Name: n}
	defer func(before bool) { p.fileCall = before }(p.fileCall)
	p.fileCall = strings.HasPrefix(n.Last(), "read_")
	p.expect("(")
	switch {
	case p.is(")"):
	case p.is("*"):
		star := &Star{Pos: p.pos()}
		e.Args = []Expr{star}
		p.next()
		if n.Last() == "columns" {
			p.starOptions(star)
		}
	default:
		p.arguments(e)
	}
	p.expect(")")
	p.afterCall(e)
	return e
}

// arguments reads [DISTINCT|ALL] argument, … [ORDER BY …].
func (p *parser) arguments(e *FuncCall) {
	if p.accept("distinct") {
		e.Distinct = true
	} else {
		p.accept("all")
	}
	for {
		e.Variadic = p.accept("variadic")
		if takesLambda(e.Name.Last()) && p.atLambda() {
			e.Args = append(e.Args, p.lambda())
		} else {
			e.Args = append(e.Args, p.argument())
		}
		if e.Variadic || !p.accept(",") {
			break
		}
	}
	e.OrderBy = p.optOrderBy()
	p.nullTreatment(e) // within the parentheses, as DuckDB has it
}

// nullTreatment reads IGNORE NULLS and RESPECT NULLS.
func (p *parser) nullTreatment(e *FuncCall) {
	switch {
	case p.accept("ignore", "nulls"):
		e.Nulls = IgnoreNulls
	case p.accept("respect", "nulls"):
		e.Nulls = RespectNulls
	}
}

// argument reads expr, name => expr or name := expr.
func (p *parser) argument() Expr {
	if op := p.peek(1); p.tok.isLabel() && op.kind == tokOp && (op.text == "=>" || op.text == ":=") {
		id := p.label()
		p.next()
		return &NamedArg{Pos: id.Pos, Name: id.Name, X: p.expr()}
	}
	return p.expr()
}

// afterCall reads WITHIN GROUP, FILTER, IGNORE NULLS and OVER.
func (p *parser) afterCall(e *FuncCall) {
	if p.accept("within", "group") {
		p.expect("(")
		e.WithinGroup = p.orderBy()
		p.expect(")")
	}
	if p.then("filter", "(") {
		p.expect("filter", "(")
		p.accept("where") // DuckDB can do without
		e.Filter = p.expr()
		p.expect(")")
	}
	p.nullTreatment(e)
	if !p.is("over") {
		return
	}
	p.next()
	if p.is("(") {
		e.Over = p.windowDef()
		return
	}
	id := p.ident()
	e.Over = &WindowDef{Pos: id.Pos, Ref: id.Name, Bare: true}
}

// special begins one of the standard's calls with words between its arguments.
func (p *parser) special() *FuncCall {
	id := p.label()
	p.expect("(")
	return &FuncCall{Pos: id.Pos, Name: Name{id.Pos, []string{id.Name}}}
}

// plain reads the rest of an ordinary argument list and the closing parenthesis.
func (p *parser) plain(e *FuncCall) Expr {
	for p.accept(",") {
		e.Args = append(e.Args, p.expr())
	}
	p.expect(")")
	return e
}

// extract reads EXTRACT(field FROM x) as extract('field', x).
func (p *parser) extract() Expr {
	e := p.special()
	from := p.peek(1)
	if (p.tok.isLabel() || p.tok.kind == tokString) && from.kind == tokKeyword && from.text == "from" {
		e.Args = []Expr{&Literal{Pos: p.pos(), Kind: LitString, Text: p.tok.text}}
		p.next()
		p.next()
	}
	e.Args = append(e.Args, p.expr())
	return p.plain(e)
}

// substring reads SUBSTRING(x FROM a FOR n) as substring(x, a, n), and
// SUBSTRING(x SIMILAR p ESCAPE c) as substring(x, p, c).
func (p *parser) substring() Expr {
	e := p.special()
	x := p.expr()
	e.Args = []Expr{x}
	switch {
	case p.accept("similar"):
		e.Args = append(e.Args, p.expr())
		p.expect("escape")
		e.Args = append(e.Args, p.expr())
	case p.accept("from"):
		e.Args = append(e.Args, p.expr())
		if p.accept("for") {
			e.Args = append(e.Args, p.expr())
		}
	case p.is("for"):
		one := &Literal{Pos: p.pos(), Kind: LitInt, Text: "1"}
		p.next()
		n := p.expr()
		if p.accept("from") {
			e.Args = append(e.Args, p.expr(), n)
		} else {
			e.Args = append(e.Args, one, n)
		}
	}
	return p.plain(e)
}

// position reads POSITION(a IN b) as position(b, a).
func (p *parser) position() Expr {
	e := p.special()
	needle := p.restricted()
	if p.accept("in") {
		e.Args = []Expr{p.restricted(), needle}
		p.expect(")")
		return e
	}
	e.Args = []Expr{needle}
	return p.plain(e)
}

// overlay reads OVERLAY(x PLACING y FROM a FOR n) as overlay(x, y, a, n).
func (p *parser) overlay() Expr {
	e := p.special()
	e.Args = []Expr{p.expr()}
	if p.accept("placing") {
		e.Args = append(e.Args, p.expr())
		p.expect("from")
		e.Args = append(e.Args, p.expr())
		if p.accept("for") {
			e.Args = append(e.Args, p.expr())
		}
	}
	return p.plain(e)
}

// trim reads TRIM([BOTH|LEADING|TRAILING] [chars] FROM x) as btrim, ltrim or
// rtrim(x, chars).
func (p *parser) trim() Expr {
	e := p.special()
	names := map[string]string{"": "btrim", "both": "btrim", "leading": "ltrim", "trailing": "rtrim"}
	e.Name.Parts = []string{names[p.acceptAny("both", "leading", "trailing")]}
	var chars Expr
	if !p.is("from") {
		chars = p.expr()
	}
	if p.accept("from") {
		e.Args = []Expr{p.expr()}
		for p.accept(",") {
			e.Args = append(e.Args, p.expr())
		}
		if chars != nil {
			e.Args = append(e.Args, chars)
		}
	} else {
		e.Args = []Expr{chars}
	}
	return p.plain(e)
}
