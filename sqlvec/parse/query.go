package parse

import "driftdb/internal/dberr"

// windowingError is SQLSTATE 42P20, for window definitions that make no sense.
const windowingError = "42P20"

// query reads a whole query, with WITH and what follows its body.
func (p *parser) query() *Query {
	p.enter()
	defer p.leave()
	q := &Query{Pos: p.pos()}
	if p.is("with") {
		q.With = p.with()
	}
	return p.queryAfter(q, p.operand())
}

// queryAfter reads the rest of a query whose first operand has been read.
func (p *parser) queryAfter(q *Query, first QueryBody) *Query {
	q.Body = p.setOps(first, 1)
	q.SystemTime, p.trailing = p.trailing, nil
	p.queryTail(q)
	p.height = p.grow(p.height)
	if inner, ok := q.Body.(*Query); ok && alone(q) {
		return inner
	}
	return q
}

// alone reports whether q is nothing but its body.
func alone(q *Query) bool {
	return q.With == nil && q.OrderBy == nil && q.Limit == nil && q.Offset == nil && q.Locks == nil && q.SystemTime == nil
}

// bare drops a *Query that adds nothing to its body: the tree says what the
// parentheses said.
func bare(q *Query) QueryBody {
	if alone(q) {
		return q.Body
	}
	return q
}

// continuesQuery reports whether a query in parentheses goes on here.
func (p *parser) continuesQuery() bool {
	return setOpPrec(p.tok) > 0 || p.isAny("order", "limit", "offset", "fetch", "for")
}

// setOpPrec is the precedence of a set operation, 0 if t is none.
func setOpPrec(t token) int {
	if t.kind != tokKeyword {
		return 0
	}
	switch t.text {
	case "union", "except":
		return 1
	case "intersect":
		return 2
	}
	return 0
}

// setOps reads operands joined by set operations of at least the precedence min.
func (p *parser) setOps(left QueryBody, min int) QueryBody {
	for setOpPrec(p.tok) >= min {
		prec := setOpPrec(p.tok)
		kinds := map[string]SetOpKind{"union": Union, "intersect": Intersect, "except": Except}
		op := &SetOp{Pos: p.pos(), Kind: kinds[p.tok.text], L: p.wrapTrailing(left)}
		p.next()
		op.All = p.accept("all")
		if !op.All {
			p.accept("distinct")
		}
		if op.Kind == Union {
			op.ByName = p.accept("by", "name")
		}
		op.R = p.setOps(p.operand(), prec+1)
		left = op
		p.height = p.grow(p.height)
	}
	return left
}

// wrapTrailing gives an operand that is not the last its temporal clause.
func (p *parser) wrapTrailing(body QueryBody) QueryBody {
	if p.trailing == nil {
		return body
	}
	q := &Query{Pos: body.Position(), Body: body, SystemTime: p.trailing}
	p.trailing = nil
	return q
}

// operand reads SELECT, FROM, VALUES, TABLE or a query in parentheses.
func (p *parser) operand() QueryBody {
	switch {
	case p.isAny("select", "from"):
		return p.selectBody()
	case p.is("values"):
		return p.values()
	case p.is("table"):
		pos := p.pos()
		p.next()
		t := p.tableRef()
		return &Select{Pos: pos, Items: []SelectItem{{Pos: t.Pos, Expr: &Star{Pos: t.Pos}}}, From: []TableExpr{t}}
	case p.is("("):
		return bare(p.parenQuery())
	case p.startsReport():
		return p.report()
	}
	p.syntaxError()
	return &Values{}
}

// with reads WITH [RECURSIVE] name AS (…), ….
func (p *parser) with() *With {
	w := &With{Pos: p.pos()}
	p.expect("with")
	w.Recursive = p.accept("recursive")
	for {
		w.CTEs = append(w.CTEs, p.cte())
		if !p.accept(",") {
			return w
		}
	}
}

func (p *parser) cte() *CTE {
	c := &CTE{Pos: p.pos(), Name: p.ident(), Columns: p.optIdentList()}
	p.expect("as")
	switch {
	case p.accept("materialized"):
		c.Materialize = MaterializeAlways
	case p.accept("not", "materialized"):
		c.Materialize = MaterializeNever
	}
	p.expect("(")
	c.Stmt = p.dataStmt()
	if _, ok := c.Stmt.(*Merge); ok {
		p.failAt(c.Pos, dberr.FeatureNotSupported, "MERGE not supported in WITH query")
	}
	p.expect(")")
	if p.is("search") {
		c.Search = p.search()
	}
	if p.is("cycle") {
		c.Cycle = p.cycle()
	}
	return c
}

func (p *parser) search() *Search {
	s := &Search{Pos: p.pos()}
	p.expect("search")
	if s.Breadth = p.accept("breadth"); !s.Breadth {
		p.expect("depth")
	}
	p.expect("first", "by")
	s.By = p.idents()
	p.expect("set")
	s.Set = p.ident()
	return s
}

func (p *parser) cycle() *Cycle {
	c := &Cycle{Pos: p.pos()}
	p.expect("cycle")
	c.Columns = p.idents()
	p.expect("set")
	c.Mark = p.ident()
	c.Value, c.Default = &Literal{Pos: c.Pos, Kind: LitBool, Bool: true}, &Literal{Pos: c.Pos, Kind: LitBool}
	if p.accept("to") {
		c.Value = p.primary()
		p.expect("default")
		c.Default = p.primary()
	}
	p.expect("using")
	c.Path = p.ident()
	return c
}

// dataStmt reads a query, INSERT, UPDATE or DELETE, with its WITH clause.
func (p *parser) dataStmt() Stmt {
	p.enter()
	defer p.leave()
	if !p.is("with") {
		return p.dataStmtAfter(nil, p.pos())
	}
	pos := p.pos()
	return p.dataStmtAfter(p.with(), pos)
}

func (p *parser) dataStmtAfter(w *With, pos Pos) Stmt {
	switch {
	case p.is("insert"):
		return p.insert(w)
	case p.is("update"):
		return p.update(w)
	case p.is("delete"):
		return p.delete(w)
	case p.is("merge"):
		return p.merge(w)
	}
	return p.queryAfter(&Query{Pos: pos, With: w}, p.operand())
}

// queryTail reads ORDER BY, LIMIT, OFFSET, FETCH, row locks and the trailing
// temporal clause, in any order that makes sense.
func (p *parser) queryTail(q *Query) {
	if p.is("order") {
		q.OrderBy = p.optOrderBy()
	}
	for p.err == nil {
		switch {
		case p.is("limit") && q.Limit == nil:
			p.limit(q)
		case p.is("offset") && q.Offset == nil:
			p.next()
			q.Offset = p.expr()
			p.acceptAny("row", "rows")
		case p.is("fetch") && q.Limit == nil:
			p.fetch(q)
		case p.atSystemTime() && q.SystemTime == nil:
			q.SystemTime = p.systemTime()
		case p.is("for"):
			p.lock(q)
		default:
			return
		}
	}
}

func (p *parser) limit(q *Query) {
	pos := p.pos()
	p.expect("limit")
	if p.is("all") {
		q.Limit = &Literal{Pos: p.pos(), Kind: LitNull}
		p.next()
		return
	}
	if sign := p.peek(1); (p.tok.kind == tokInt || p.tok.kind == tokNumeric) && sign.kind == tokOp && sign.text == "%" && p.peek(2).endsLimit() {
		q.Limit, q.Percent = p.primary(), true
		p.next()
		return
	}
	q.Limit = p.expr()
	q.Percent = p.accept("percent")
	if p.is(",") {
		p.fail(dberr.New(dberr.SyntaxError, "LIMIT #,# syntax is not supported").
			WithHint("Use separate LIMIT and OFFSET clauses.").At(int(pos)))
	}
}

// endsLimit reports whether a token stands behind the count of LIMIT, so that % before it is no operator.
func (t *token) endsLimit() bool {
	return t.kind == tokEOF || t.kind == tokOp && (t.text == ")" || t.text == ";") ||
		t.word() && isAnyOf(t.text, "offset", "for", "union", "intersect", "except")
}

// fetch reads FETCH FIRST [n] ROWS ONLY|WITH TIES.
func (p *parser) fetch(q *Query) {
	p.expect("fetch")
	if p.acceptAny("first", "next") == "" {
		p.syntaxError()
	}
	if p.isAny("row", "rows") {
		q.Limit = &Literal{Pos: p.pos(), Kind: LitInt, Text: "1"}
	} else {
		q.Limit = p.restricted()
	}
	if p.acceptAny("row", "rows") == "" {
		p.syntaxError()
	}
	if p.accept("with", "ties") {
		q.WithTies = true
		return
	}
	p.expect("only")
}

// lock reads FOR UPDATE and its kin; FOR READ ONLY means nothing.
func (p *parser) lock(q *Query) {
	l := Lock{Pos: p.pos()}
	p.expect("for")
	switch {
	case p.accept("update"):
		l.Strength = LockUpdate
	case p.accept("no", "key", "update"):
		l.Strength = LockNoKeyUpdate
	case p.accept("share"):
		l.Strength = LockShare
	case p.accept("key", "share"):
		l.Strength = LockKeyShare
	default:
		p.expect("read", "only")
		return
	}
	if p.accept("of") {
		l.Of = p.names()
	}
	switch {
	case p.accept("nowait"):
		l.Wait = LockNoWait
	case p.accept("skip", "locked"):
		l.Wait = LockSkip
	}
	q.Locks = append(q.Locks, l)
}

// optOrderBy reads ORDER BY item, … if it is there.
func (p *parser) optOrderBy() []OrderItem {
	if !p.is("order") {
		return nil
	}
	return p.orderBy()
}

func (p *parser) orderBy() []OrderItem {
	p.expect("order", "by")
	list := []OrderItem{p.orderItem()}
	for p.accept(",") {
		list = append(list, p.orderItem())
	}
	return list
}

func (p *parser) orderItem() OrderItem {
	o := OrderItem{Pos: p.pos()}
	if p.accept("all") {
		o.Expr = &Star{Pos: o.Pos}
	} else {
		o.Expr = p.expr()
	}
	switch {
	case p.accept("using"):
		o.Using, _ = p.operator()
	case p.accept("desc"):
		o.Desc = true
	default:
		p.accept("asc")
	}
	o.Nulls = p.nullsOrder()
	return o
}

func (p *parser) nullsOrder() NullsOrder {
	switch {
	case p.accept("nulls", "first"):
		return NullsFirst
	case p.accept("nulls", "last"):
		return NullsLast
	}
	return NullsDefault
}

// values reads VALUES (…), (…).
func (p *parser) values() *Values {
	v := &Values{Pos: p.pos()}
	p.expect("values")
	for n := 1; ; {
		row := p.parenExprList(n)
		n = len(row)
		if len(v.Rows) > 0 && len(row) != len(v.Rows[0]) && p.err == nil {
			p.failAt(row[0].Position(), dberr.SyntaxError, "VALUES lists must all be the same length")
		}
		v.Rows = append(v.Rows, row)
		if !p.accept(",") {
			return v
		}
	}
}
