package parse

// tableExprs reads a FROM list.
func (p *parser) tableExprs() []TableExpr {
	list := []TableExpr{p.tableExpr()}
	for p.accept(",") {
		list = append(list, p.tableExpr())
	}
	return list
}

// tableExpr reads a table and the joins that follow it.
func (p *parser) tableExpr() TableExpr {
	p.enter()
	defer p.leave()
	return p.joins(p.tablePrimary(), false)
}

// joins reads the joins that follow left. With nested set it stops at ON or
// USING, which belong to a join further out: a JOIN b JOIN c ON … ON ….
func (p *parser) joins(left TableExpr, nested bool) TableExpr {
	for p.atJoin() && !(nested && p.isAny("on", "using")) {
		left = p.join(left)
		p.height = p.grow(p.height)
	}
	return left
}

// atJoin reports whether a join begins here.
func (p *parser) atJoin() bool {
	if p.tok.kind == tokKeyword {
		return p.isAny("join", "cross", "natural", "inner", "left", "right", "full")
	}
	return p.atAsof() || p.atBefore("semi", "anti", "positional")
}

// atBefore reports whether one of some words stands here before JOIN, rather than being a name.
func (p *parser) atBefore(words ...string) bool {
	next := p.peek(1)
	return p.isAny(words...) && next.kind == tokKeyword && next.text == "join"
}

// atAsof reports whether the word ASOF begins a join here, rather than being a
// name.
func (p *parser) atAsof() bool {
	if !p.is("asof") {
		return false
	}
	t := p.peek(1)
	return t.kind == tokKeyword && (t.text == "join" || t.text == "left" || t.text == "inner")
}

func (p *parser) join(left TableExpr) TableExpr {
	j := &Join{Pos: p.pos(), L: left}
	if p.accept("cross") {
		p.expect("join")
		j.Kind = CrossJoin
		j.R = p.tablePrimary()
		return j
	}
	if p.accept("positional") {
		p.expect("join")
		j.Kind, j.Positional = FullJoin, true
		j.R = p.tablePrimary()
		return j
	}
	j.Natural = p.accept("natural")
	if !j.Natural && p.atAsof() {
		p.next()
		j.Asof = true
	}
	switch p.acceptAny("inner", "left", "right", "full", "semi", "anti") {
	case "semi":
		j.Kind = SemiJoin
	case "anti":
		j.Kind = AntiJoin
	case "left":
		j.Kind = LeftJoin
	case "right":
		j.Kind = RightJoin
	case "full":
		j.Kind = FullJoin
	}
	if j.Kind != InnerJoin && j.Kind < CrossJoin {
		p.accept("outer")
	}
	p.expect("join")
	j.R = p.tablePrimary()
	if !j.Natural {
		p.enter()
		j.R = p.joins(j.R, true)
		p.leave()
		p.joinCondition(j)
	}
	return j
}

func (p *parser) joinCondition(j *Join) {
	if p.accept("using") {
		j.Using = p.identList()
		if p.accept("as") {
			j.UsingAlias = p.ident().Name
		}
		return
	}
	p.expect("on")
	j.On = p.expr()
}

// tablePrimary reads one item of a FROM list without joins.
func (p *parser) tablePrimary() TableExpr { return p.pivots(p.tableItem()) }

func (p *parser) tableItem() TableExpr {
	pos := p.pos()
	lateral := p.accept("lateral")
	switch {
	case p.is("("):
		return p.parenTable(pos, lateral)
	case p.tok.kind == tokString && !lateral:
		f := &FileRef{Pos: pos, Path: p.str()}
		f.Alias = p.alias(false)
		return f
	case p.then("rows", "from", "("):
		return p.rowsFrom(pos, lateral)
	case lateral || p.atTableFunction():
		return p.funcRef(pos, lateral)
	}
	return p.tableRef()
}

// parenTable reads a derived table, or joins in parentheses.
func (p *parser) parenTable(pos Pos, lateral bool) TableExpr {
	p.enter()
	defer p.leave()
	p.expect("(")
	if p.startsQuery() {
		s := &SubqueryRef{Pos: pos, Lateral: lateral, Query: p.query()}
		p.expect(")")
		return p.afterSubquery(s)
	}
	inner := p.joins(p.tablePrimary(), false)
	if sub, ok := inner.(*SubqueryRef); ok && sub.Alias == nil && sub.SystemTime == nil && !sub.Lateral {
		if p.continuesQuery() {
			sub.Query = p.queryAfter(&Query{Pos: sub.Query.Pos}, bare(sub.Query))
		}
		p.expect(")")
		sub.Pos, sub.Lateral = pos, lateral
		return p.afterSubquery(sub)
	}
	join, ok := inner.(*Join)
	if !ok || lateral {
		p.syntaxError()
		return inner
	}
	p.expect(")")
	if a := p.alias(false); a != nil {
		join.Alias = a
	}
	return join
}

// afterSubquery reads the temporal clause and the alias of a derived table, in
// either order.
func (p *parser) afterSubquery(s *SubqueryRef) TableExpr {
	s.SystemTime = p.optSystemTime()
	s.Alias = p.alias(false)
	if s.SystemTime == nil {
		s.SystemTime = p.optSystemTime()
	}
	return s
}

// atTableFunction reports whether a call stands here: a name, its qualifiers and
// a parenthesis.
func (p *parser) atTableFunction() bool {
	if !p.tok.isName() && !p.tok.isTypeOrFunction() {
		return false
	}
	i := 1
	for p.peek(i).kind == tokOp && p.peek(i).text == "." && p.peek(i+1).isLabel() {
		i += 2
	}
	t := p.peek(i)
	return t.kind == tokOp && t.text == "("
}

// funcRef reads a call as a table.
func (p *parser) funcRef(pos Pos, lateral bool) TableExpr {
	f := &FuncRef{Pos: pos, Lateral: lateral, Calls: []*FuncCall{p.tableCall()}}
	p.afterFunc(f)
	return f
}

// tableCall reads a call; anything else is a syntax error where it ends.
func (p *parser) tableCall() *FuncCall {
	call, ok := p.primary().(*FuncCall)
	if !ok {
		p.syntaxError()
		return &FuncCall{}
	}
	return call
}

func (p *parser) rowsFrom(pos Pos, lateral bool) TableExpr {
	f := &FuncRef{Pos: pos, Lateral: lateral, RowsFrom: true}
	p.expect("rows", "from", "(")
	for more := true; more; more = p.accept(",") {
		f.Calls = append(f.Calls, p.tableCall())
		if p.then("as", "(") {
			if f.Defs == nil {
				f.Defs = make([]*Alias, len(f.Calls)-1)
			}
			f.Defs = append(f.Defs, p.alias(true))
		} else if f.Defs != nil {
			f.Defs = append(f.Defs, nil)
		}
	}
	p.expect(")")
	p.afterFunc(f)
	return f
}

func (p *parser) afterFunc(f *FuncRef) {
	f.Ordinality = p.accept("with", "ordinality")
	f.Alias = p.alias(true)
}

// tableRef reads [ONLY] name [*] with its temporal clause before or after the
// alias, and TABLESAMPLE.
func (p *parser) tableRef() *TableRef {
	t := &TableRef{Pos: p.pos()}
	if t.Only = p.accept("only"); t.Only && p.accept("(") {
		t.Name = p.name()
		p.expect(")")
	} else {
		t.Name = p.name()
		p.accept("*")
	}
	t.SystemTime = p.optSystemTime()
	t.Alias = p.alias(false)
	if t.SystemTime == nil {
		t.SystemTime = p.optSystemTime()
	}
	if p.is("tablesample") {
		t.Sample = p.tableSample()
	}
	return t
}

// alias reads [AS] name [(columns)], nil if there is none. For a function the
// columns may have types, and the name may be missing then.
func (p *parser) alias(function bool) *Alias {
	if p.atSystemTime() {
		return nil
	}
	a := &Alias{Pos: p.pos()}
	switch {
	case p.accept("as"):
		if function && p.is("(") {
			p.aliasColumns(a, true)
			return a
		}
		a.Name = p.ident().Name
	case p.tok.isName() && !p.atAsof() && !p.atBefore("semi", "anti", "positional") && !p.atPivot() && !p.is("qualify"):
		a.Name = p.ident().Name
	default:
		return nil
	}
	if p.is("(") {
		p.aliasColumns(a, function)
	}
	return a
}

func (p *parser) aliasColumns(a *Alias, types bool) {
	p.expect("(")
	for {
		a.Columns = append(a.Columns, p.ident())
		if types && !p.is(",") && !p.is(")") || len(a.Types) > 0 {
			a.Types = append(a.Types, p.typeName())
			if len(a.Types) != len(a.Columns) {
				p.syntaxError()
			}
		}
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
}

// atSystemTime reports whether a temporal clause begins here: FOR SYSTEM_TIME,
// or AS OF before something that can be a point in time. AS OF before anything
// else is the alias "of".
func (p *parser) atSystemTime() bool {
	if p.is("for") {
		return p.then("for", "system_time")
	}
	return p.is("as") && p.then("as", "of") && p.peek(2).startsPoint()
}

// startsPoint reports whether an expression can begin with t.
func (t *token) startsPoint() bool {
	switch t.kind {
	case tokEOF, tokError, tokJSON:
		return false
	case tokOp:
		return t.text == "(" || t.text == "-" || t.text == "+"
	case tokKeyword:
		switch t.text {
		case "current_timestamp", "current_date", "localtimestamp", "case", "cast":
			return true
		}
		c := t.class.class()
		return (c == unreserved || c == columnName) && t.text != "set"
	}
	return true
}

// optSystemTime reads a temporal clause if there is one.
func (p *parser) optSystemTime() *SystemTime {
	if !p.atSystemTime() {
		return nil
	}
	return p.systemTime()
}

func (p *parser) systemTime() *SystemTime {
	s := &SystemTime{Pos: p.pos()}
	if p.accept("as", "of") {
		s.From = p.restricted()
		return s
	}
	p.expect("for", "system_time")
	switch {
	case p.is("as"):
		p.expect("as", "of")
		s.From = p.restricted()
	case p.accept("between"):
		s.Kind = SystemTimeBetween
		s.From = p.restricted()
		p.expect("and")
		s.To = p.restricted()
	case p.accept("from"):
		s.Kind = SystemTimeFromTo
		s.From = p.restricted()
		p.expect("to")
		s.To = p.restricted()
	default:
		p.expect("all")
		s.Kind = SystemTimeAll
	}
	return s
}
