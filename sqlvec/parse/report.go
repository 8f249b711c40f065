package parse

import "driftdb/internal/dberr"

// startsReport reports whether DESCRIBE, SUMMARIZE, PIVOT or UNPIVOT begins here. None of them is
// reserved, so what follows must look like a table or a query.
func (p *parser) startsReport() bool {
	if p.tok.kind != tokIdent || !p.isAny("describe", "summarize", "pivot", "pivot_wider", "unpivot", "pivot_longer") {
		return false
	}
	next := p.peek(1)
	switch {
	case next.kind == tokString:
		return true
	case next.kind == tokOp && next.text == "(":
		t := p.peek(2)
		return t.kind == tokString || t.kind == tokOp && t.text == "(" || t.word() && startsQueryWord(t.text)
	}
	return next.isName() || next.kind == tokKeyword && startsQueryWord(next.text)
}

// startsQueryWord reports whether a query may begin with a word.
func startsQueryWord(text string) bool {
	return isAnyOf(text, "select", "from", "values", "with", "table", "describe", "summarize", "pivot", "unpivot", "pivot_wider", "pivot_longer")
}

// report reads what startsReport found.
func (p *parser) report() QueryBody {
	pos := p.pos()
	switch {
	case p.isAny("pivot", "pivot_wider"):
		p.next()
		return everythingOf(p.pivotStatement(pos))
	case p.isAny("unpivot", "pivot_longer"):
		p.next()
		return everythingOf(p.unpivotStatement(pos))
	}
	return p.describe()
}

// everythingOf is SELECT * FROM t.
func everythingOf(t TableExpr) *Select {
	pos := t.Position()
	return &Select{Pos: pos, Items: []SelectItem{{Pos: pos, Expr: &Star{Pos: pos}}}, From: []TableExpr{t}}
}

// describe reads DESCRIBE or SUMMARIZE of a table, a file or a query.
func (p *parser) describe() *Describe {
	d := &Describe{Pos: p.pos(), Summarize: p.is("summarize")}
	p.next()
	if p.is("(") || p.startsQuery() && !p.is("table") {
		d.Query = p.query()
		return d
	}
	p.accept("table")
	d.Table = p.tablePrimary()
	return d
}

// describeStatement reads DESCRIBE, DESC or SUMMARIZE at the start of a statement; nothing but
// DESCRIBE lists the tables.
func (p *parser) describeStatement(pos Pos) Stmt {
	if next := p.peek(1); next.kind == tokEOF && !p.is("summarize") {
		p.next()
		return &Show{Pos: pos, Name: "tables"}
	}
	return p.queryAfter(&Query{Pos: pos}, p.describe())
}

// pivotStatement reads t ON columns [USING aggregates] [GROUP BY columns] behind PIVOT.
func (p *parser) pivotStatement(pos Pos) *Pivot {
	v := &Pivot{Pos: pos, Source: p.tablePrimary()}
	p.expect("on")
	v.On = []PivotOn{p.pivotOn()}
	for p.accept(",") {
		v.On = append(v.On, p.pivotOn())
	}
	if p.accept("using") {
		v.Using = p.selectItems()
	}
	p.pivotGroups(v)
	return v
}

func (p *parser) pivotGroups(v *Pivot) {
	if p.accept("group", "by") {
		v.GroupBy = p.exprList()
	}
}

// pivotOn reads an expression, or several in parentheses, and the values it is asked for.
func (p *parser) pivotOn() PivotOn {
	on := PivotOn{Pos: p.pos()}
	on.Exprs = rowOf(p.restricted())
	if !p.accept("in") {
		return on
	}
	p.expect("(")
	for {
		v := PivotValue{Pos: p.pos()}
		v.Exprs = rowOf(p.expr())
		if p.accept("as") || p.tok.isBareLabel() {
			v.Alias = p.label().Name
		}
		if len(v.Exprs) != len(on.Exprs) {
			p.failAt(v.Pos, dberr.SyntaxError, "PIVOT IN list has rows of %d values for %d expressions", len(v.Exprs), len(on.Exprs))
		}
		on.Values = append(on.Values, v)
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	return on
}

// rowOf takes a row in parentheses apart.
func rowOf(e Expr) []Expr {
	if r, ok := e.(*RowExpr); ok && len(r.Elems) > 0 {
		return r.Elems
	}
	return []Expr{e}
}

// unpivotStatement reads t ON columns [INTO NAME n VALUE v, …] behind UNPIVOT.
func (p *parser) unpivotStatement(pos Pos) *Unpivot {
	u := &Unpivot{Pos: pos, Source: p.tablePrimary()}
	p.expect("on")
	u.Items = p.unpivotItems()
	u.Name = Ident{Name: "name"}
	if p.accept("into") {
		p.expect("name")
		u.Name = p.ident()
		if p.acceptAny("value", "values") == "" {
			p.syntaxError()
		}
		u.Values = []Ident{p.ident()}
		for p.accept(",") {
			u.Values = append(u.Values, p.ident())
		}
	} else {
		u.Values = []Ident{{Name: "value"}}
	}
	p.checkUnpivot(u)
	return u
}

// unpivotItems reads the columns that become rows.
func (p *parser) unpivotItems() []UnpivotItem {
	list := []UnpivotItem{p.unpivotItem()}
	for p.accept(",") {
		list = append(list, p.unpivotItem())
	}
	return list
}

func (p *parser) unpivotItem() UnpivotItem {
	item := UnpivotItem{Pos: p.pos()}
	if columns := p.is("columns") && p.peek(1).text == "(" && p.peek(2).text == "*"; columns || p.is("*") {
		if columns {
			p.expect("columns", "(")
		}
		star := &Star{Pos: p.pos()}
		p.expect("*")
		p.starOptions(star)
		if columns {
			p.expect(")")
		}
		item.Exprs = []Expr{star}
		return item
	}
	item.Exprs = rowOf(p.expr())
	if p.accept("as") || p.tok.isBareLabel() {
		item.Alias = p.label().Name
	}
	return item
}

// checkUnpivot demands as many columns in every item as there are value columns.
func (p *parser) checkUnpivot(u *Unpivot) {
	for _, item := range u.Items {
		if _, star := item.Exprs[0].(*Star); !star && len(item.Exprs) != len(u.Values) {
			p.failAt(item.Pos, dberr.SyntaxError, "UNPIVOT of %d columns into %d", len(item.Exprs), len(u.Values))
		}
	}
}

// atPivot reports whether a table goes on with PIVOT (…) or UNPIVOT (…).
func (p *parser) atPivot() bool {
	if p.tok.kind != tokIdent || !p.isAny("pivot", "unpivot") {
		return false
	}
	next := p.peek(1)
	return next.kind == tokOp && next.text == "(" || p.is("unpivot") && next.kind == tokKeyword && isAnyOf(next.text, "include", "exclude") && p.peek(2).text == "nulls"
}

// pivots reads PIVOT (…) and UNPIVOT (…) behind a table.
func (p *parser) pivots(t TableExpr) TableExpr {
	for p.atPivot() {
		pos := p.pos()
		if p.accept("pivot") {
			t = p.pivotClause(pos, t)
		} else {
			p.next()
			t = p.unpivotClause(pos, t)
		}
		p.height = p.grow(p.height)
	}
	return t
}

// pivotClause reads (aggregates FOR column IN (…) … [GROUP BY columns]).
func (p *parser) pivotClause(pos Pos, t TableExpr) TableExpr {
	v := &Pivot{Pos: pos, Source: t}
	p.expect("(")
	if !p.is("for") {
		v.Using = p.selectItems()
	}
	p.expect("for")
	v.On = []PivotOn{p.pivotOn()}
	for p.err == nil && !p.is(")") && !p.is("group") {
		p.accept(",")
		v.On = append(v.On, p.pivotOn())
	}
	p.pivotGroups(v)
	p.expect(")")
	v.Alias = p.alias(false)
	return v
}

// unpivotClause reads [INCLUDE | EXCLUDE NULLS] (value FOR name IN (columns)).
func (p *parser) unpivotClause(pos Pos, t TableExpr) TableExpr {
	u := &Unpivot{Pos: pos, Source: t}
	if u.IncludeNulls = p.accept("include", "nulls"); !u.IncludeNulls {
		p.accept("exclude", "nulls")
	}
	p.expect("(")
	if p.is("(") {
		u.Values = p.identList()
	} else {
		u.Values = []Ident{p.ident()}
	}
	p.expect("for")
	u.Name = p.ident()
	p.expect("in", "(")
	u.Items = p.unpivotItems()
	p.expect(")", ")")
	p.checkUnpivot(u)
	u.Alias = p.alias(false)
	return u
}
