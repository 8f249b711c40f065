package parse

import "driftdb/internal/dberr"

// tableSample reads TABLESAMPLE method (size) [REPEATABLE (seed)], and DuckDB's
// TABLESAMPLE size [(method [, seed])].
func (p *parser) tableSample() *Sample {
	s := &Sample{Pos: p.pos()}
	p.expect("tablesample")
	p.sample(s)
	return s
}

// usingSample reads USING SAMPLE behind a SELECT, which is TABLESAMPLE of its one table.
func (p *parser) usingSample(sel *Select) {
	s := &Sample{Pos: p.pos()}
	p.expect("using")
	p.next()
	p.sample(s)
	if len(sel.From) == 1 {
		if t, ok := sel.From[0].(*TableRef); ok && t.Sample == nil {
			t.Sample = s
			return
		}
	}
	p.fail(dberr.New(dberr.FeatureNotSupported, "USING SAMPLE needs one table in FROM").
		WithHint("Write TABLESAMPLE behind each table instead.").At(int(s.Pos)))
}

func (p *parser) sample(s *Sample) {
	var unit string
	if p.tok.isName() || p.tok.isTypeOrFunction() {
		s.Method = p.label().Name
		p.expect("(")
		s.Args, unit = p.sampleSize()
		for p.accept(",") {
			s.Args = append(s.Args, p.expr())
		}
		p.expect(")")
		s.Rows = unit == "rows" || unit == "" && s.Method == reservoir
	} else {
		s.Args, unit = p.sampleSize()
		s.Rows = unit != "percent"
		p.sampleMethod(s)
	}
	if p.accept("repeatable") {
		p.expect("(")
		s.Repeatable = p.expr()
		p.expect(")")
	}
	switch {
	case s.Rows:
		s.Method = reservoir
	case s.Method == "" || s.Method == reservoir:
		s.Method = "bernoulli"
	}
}

// reservoir is the method that keeps a number of rows.
const reservoir = "reservoir"

// sampleSize reads a size and its unit, percent or rows; "" where none is written.
func (p *parser) sampleSize() ([]Expr, string) {
	next := p.peek(1)
	if p.tok.kind != tokInt && p.tok.kind != tokNumeric || next.kind == tokOp && !isAnyOf(next.text, "%", "(", ")", ",", ";") {
		return []Expr{p.expr()}, ""
	}
	size := []Expr{p.primary()}
	switch p.acceptAny("%", "percent", "row", "rows") {
	case "%", "percent":
		return size, "percent"
	case "row", "rows":
		return size, "rows"
	}
	return size, ""
}

// sampleMethod reads (method [, seed]) behind a size.
func (p *parser) sampleMethod(s *Sample) {
	if !p.accept("(") {
		return
	}
	s.Method = p.label().Name
	if p.accept(",") {
		s.Repeatable = p.expr()
	}
	p.expect(")")
}
