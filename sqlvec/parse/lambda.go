package parse

// takesLambda reports whether a call takes a lambda: COLUMNS, and functions of lists as the second argument.
func takesLambda(name string) bool {
	switch name {
	case "columns", "list_transform", "list_apply", "array_transform", "array_apply", "apply", "list_filter", "array_filter", "filter",
		"list_reduce", "array_reduce", "reduce":
		return true
	}
	return false
}

// atLambda reports whether a lambda begins here: lambda x, y: …, or DuckDB's older x -> … and (x, y) -> ….
func (p *parser) atLambda() bool {
	first := p.peek(1)
	if p.is("lambda") && first.isName() {
		next := p.peek(2)
		return next.kind == tokOp && (next.text == ":" || next.text == ",")
	}
	if p.tok.isName() {
		return first.kind == tokOp && first.text == "->"
	}
	if !p.is("(") {
		return false
	}
	i := 1
	for p.peek(i).isName() && p.peek(i+1).text == "," {
		i += 2
	}
	return p.peek(i).isName() && p.peek(i+1).text == ")" && p.peek(i+2).text == "->"
}

// lambda reads a lambda that atLambda has seen.
func (p *parser) lambda() Expr {
	e := &Lambda{Pos: p.pos()}
	switch {
	case p.is("("):
		e.Params = p.identList()
		p.expect("->")
	case p.is("lambda"):
		p.next()
		e.Params = []Ident{p.ident()}
		for p.accept(",") {
			e.Params = append(e.Params, p.ident())
		}
		p.expect(":")
	default:
		e.Params = []Ident{p.ident()}
		p.expect("->")
	}
	e.Body = p.expr()
	return e
}

// comprehension reads the rest of [x for a [, i] in list [if condition]] from FOR on, as calls of
// list_transform and list_filter.
func (p *parser) comprehension(x Expr, pos Pos) Expr {
	p.expect("for")
	params := []Ident{p.ident()}
	if p.accept(",") {
		params = append(params, p.ident())
	}
	p.expect("in")
	list := p.expr()
	call := func(name string, list, body Expr) Expr {
		return &FuncCall{Pos: pos, Name: Name{pos, []string{name}}, Args: []Expr{list, &Lambda{Pos: pos, Params: params, Body: body}}}
	}
	if p.accept("if") {
		at := p.pos()
		list = call("list_filter", list, p.expr())
		if len(params) > 1 {
			p.unsupported(at, "a condition in a list comprehension with an index")
		}
	}
	p.expect("]")
	p.height = p.grow(p.height)
	return call("list_transform", list, x)
}
