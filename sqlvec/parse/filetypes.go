package parse

import "strings"

// columnTypes reads {'a': 'INTEGER', b: 'TEXT'}, as DuckDB has the types of a file's columns, as the text that
// CREATE TABLE has between its parentheses.
func (p *parser) columnTypes() Expr {
	lit := &Literal{Pos: p.pos(), Kind: LitString}
	text := strings.TrimSuffix(strings.TrimPrefix(p.tok.text, "{"), "}")
	var columns []string
	err := withParser(text, func(in *parser) {
		in.load()
		for in.err == nil && in.tok.kind != tokEOF {
			columns = append(columns, in.columnType())
			if !in.accept(",") {
				break
			}
		}
		in.expectEnd()
	})
	if err != nil || len(columns) == 0 {
		p.syntaxError()
		return lit
	}
	lit.Text = strings.Join(columns, ", ")
	p.next()
	return lit
}

// columnType reads name: 'type'.
func (p *parser) columnType() string {
	name := p.tok.text
	if p.tok.kind != tokString && !p.tok.isLabel() {
		p.syntaxError()
	}
	p.next()
	p.expect(":")
	return QuoteIdent(name) + " " + p.str()
}
