package parse

import "strings"

// copy reads COPY.
func (p *parser) copy(pos Pos) Stmt {
	p.expect("copy")
	c := &Copy{Pos: pos}
	if p.is("(") {
		p.next()
		c.Query = p.dataStmt()
		p.expect(")")
	} else {
		n := p.name()
		c.Table = &n
		c.Columns = p.optIdentList()
	}
	c.From = c.Table != nil && p.accept("from")
	if !c.From {
		p.expect("to")
	}
	p.copyPlace(c)
	c.Options = p.copyOptions()
	if c.From && p.accept("where") {
		c.Where = p.expr()
	}
	return c
}

func (p *parser) copyPlace(c *Copy) {
	switch {
	case p.accept("program"):
		c.Program = true
		c.File = p.str()
	case p.acceptAny("stdin", "stdout") != "":
		c.Stdio = true
	default:
		c.File = p.str()
	}
}

// copyOptions reads [WITH] (name value, …), or the words of older versions.
func (p *parser) copyOptions() []Option {
	with := p.accept("with")
	if p.is("(") {
		return p.options()
	}
	var list []Option
	for p.tok.word() && !p.is("where") && p.err == nil {
		list = append(list, p.copyWord())
	}
	if with && list == nil {
		p.syntaxError()
	}
	return list
}

// copyWord reads one option of the older form.
func (p *parser) copyWord() Option {
	o := Option{Pos: p.pos(), Name: p.tok.text}
	switch o.Name {
	case "csv", "binary":
		o.Value = &Literal{Pos: o.Pos, Kind: LitString, Text: o.Name}
		o.Name = "format"
		p.next()
	case "header", "freeze":
		p.next()
	case "delimiter", "delimiters", "null", "quote", "escape", "encoding":
		o.Name = strings.TrimSuffix(o.Name, "s")
		p.next()
		p.accept("as")
		if p.tok.kind != tokString {
			p.syntaxError()
		}
		o.Value = p.literal(LitString)
	default:
		p.syntaxError()
	}
	return o
}

// options reads (name [value], …).
func (p *parser) options() []Option {
	var list []Option
	p.expect("(")
	for {
		list = append(list, p.option())
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	return list
}

func (p *parser) option() Option {
	id := p.label()
	o := Option{Pos: id.Pos, Name: id.Name}
	for p.accept(".") {
		o.Name += "." + p.label().Name
	}
	p.accept("=")
	if !p.is(",") && !p.is(")") {
		o.Value = p.optionValue()
	}
	return o
}

// optionValue reads a constant, a bare word (as a string), *, or a list in
// parentheses.
func (p *parser) optionValue() Expr {
	pos := p.pos()
	switch {
	case p.is("*"):
		p.next()
		return &Star{Pos: pos}
	case p.is("("):
		p.next()
		p.enter()
		row := &RowExpr{Pos: pos, Elems: []Expr{p.optionValue()}}
		for p.accept(",") {
			row.Elems = append(row.Elems, p.optionValue())
		}
		p.leave()
		p.expect(")")
		return row
	case p.is("+") || p.is("-"):
		op := p.tok.text
		p.next()
		if p.tok.kind != tokInt && p.tok.kind != tokNumeric {
			p.syntaxError()
		}
		return &UnaryExpr{Pos: pos, Op: op, X: p.primary()}
	case p.is("["):
		return p.primary()
	case p.isAny("true", "false", "null"):
		return p.keywordExpr()
	case p.tok.isLabel():
		return &Literal{Pos: pos, Kind: LitString, Text: p.label().Name}
	case p.tok.kind == tokOp:
		p.syntaxError()
		return &Literal{}
	}
	return p.primary()
}
