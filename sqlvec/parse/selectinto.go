package parse

import "driftdb/internal/dberr"

// selectInto reads INTO of a SELECT, which makes a table of its rows.
func (p *parser) selectInto(s *Select) {
	if p.into != nil {
		p.syntaxError()
		return
	}
	into := &CreateTable{Pos: p.pos()}
	p.expect("into")
	into.Temp = p.acceptAny("temp", "temporary") != ""
	into.Unlogged = !into.Temp && p.accept("unlogged")
	p.accept("table")
	into.Name = p.name()
	p.into, p.intoOf = into, s
}

// withInto turns a query with INTO into CREATE TABLE AS. INTO may only stand in the first
// SELECT of a statement.
func (p *parser) withInto(s Stmt) Stmt {
	if p.into == nil || p.err != nil {
		return s
	}
	into, of := p.into, p.intoOf
	p.into, p.intoOf = nil, nil
	q, ok := s.(*Query)
	if !ok || firstSelect(q.Body) != of {
		p.failAt(into.Pos, dberr.SyntaxError, "SELECT ... INTO is not allowed here")
		return s
	}
	into.Pos, into.Query = q.Pos, q
	return into
}

// firstSelect is the leftmost SELECT of a query's body.
func firstSelect(body QueryBody) *Select {
	switch b := body.(type) {
	case *Select:
		return b
	case *SetOp:
		return firstSelect(b.L)
	case *Query:
		return firstSelect(b.Body)
	}
	return nil
}
