package parse

import "driftdb/internal/dberr"

// insert reads INSERT INTO.
func (p *parser) insert(w *With) Stmt {
	s := &Insert{Pos: p.pos(), With: w}
	p.expect("insert")
	s.OnConflict = p.orConflict()
	p.expect("into")
	s.Table = p.name()
	if p.accept("as") {
		s.Alias = p.ident().Name
	}
	if p.is("(") && !p.queryInParens() {
		s.Columns = p.insertColumns()
	}
	if s.Columns == nil && p.accept("by", "name") {
		s.ByName = true
	} else if s.Columns == nil {
		p.accept("by", "position")
	}
	s.Overriding = p.overriding()
	p.insertSource(s)
	if p.is("on") && s.OnConflict == nil {
		s.OnConflict = p.onConflict()
	}
	s.Returning = p.returning()
	return s
}

// orConflict reads DuckDB's and SQLite's OR REPLACE and OR IGNORE.
func (p *parser) orConflict() *OnConflict {
	c := &OnConflict{Pos: p.pos()}
	switch {
	case p.accept("or", "replace"):
		c.Replace = true
	case p.accept("or", "ignore"):
	default:
		return nil
	}
	return c
}

// overriding reads [OVERRIDING SYSTEM | USER VALUE].
func (p *parser) overriding() Overriding {
	switch {
	case p.accept("overriding", "system", "value"):
		return OverridingSystem
	case p.accept("overriding"):
		p.expect("user", "value")
		return OverridingUser
	}
	return OverridingNone
}

// queryInParens reports whether the parenthesis at hand opens a query.
func (p *parser) queryInParens() bool {
	t := p.peek(1)
	switch t.kind {
	case tokOp:
		return t.text == "("
	case tokKeyword:
		return isAnyOf(t.text, "select", "from", "values", "with", "table")
	}
	return false
}

func (p *parser) insertColumns() []Target {
	p.expect("(")
	list := p.targets()
	p.expect(")")
	return list
}

func (p *parser) insertSource(s *Insert) {
	switch {
	case !s.ByName && p.accept("default", "values"):
		s.DefaultValues = true
	case !s.ByName && p.tok.kind == tokJSON:
		if s.Columns != nil {
			p.syntaxError()
		}
		s.Docs = p.documents()
	default:
		s.Query = p.query()
		if _, ok := s.Query.Body.(*Values); ok && s.ByName {
			p.failAt(s.Query.Pos, dberr.SyntaxError, "INSERT BY NAME needs a query whose columns have names, not VALUES")
		}
	}
}

// documents reads {…}, {…}.
func (p *parser) documents() []JSONDoc {
	var list []JSONDoc
	for {
		if p.tok.kind != tokJSON {
			p.syntaxError()
			return list
		}
		list = append(list, JSONDoc{p.pos(), p.tok.text})
		p.next()
		if !p.accept(",") {
			return list
		}
	}
}

func (p *parser) targets() []Target {
	list := []Target{p.target()}
	for p.accept(",") {
		list = append(list, p.target())
	}
	return list
}

// target reads a column with the steps into it.
func (p *parser) target() Target {
	id := p.ident()
	t := Target{Pos: id.Pos, Name: id.Name}
	for {
		step := PathStep{Pos: p.pos()}
		switch {
		case p.is("["):
			step.Lo, step.Hi, step.Slice = p.bounds()
		case p.accept("."):
			step.Field = p.label().Name
		default:
			return t
		}
		t.Path = append(t.Path, step)
	}
}

// onConflict reads ON CONFLICT and its action.
func (p *parser) onConflict() *OnConflict {
	c := &OnConflict{Pos: p.pos()}
	p.expect("on", "conflict")
	switch {
	case p.is("("):
		c.Items = p.indexItems()
		if p.accept("where") {
			c.IndexWhere = p.expr()
		}
	case p.accept("on"):
		p.expect("constraint")
		c.Constraint = p.ident().Name
	}
	p.expect("do")
	if p.accept("nothing") {
		return c
	}
	if p.is("update") && c.Items == nil && c.Constraint == "" && p.err == nil {
		p.fail(dberr.New(dberr.SyntaxError, "ON CONFLICT DO UPDATE requires inference specification or constraint name").
			WithHint("For example, ON CONFLICT (column_name).").At(int(c.Pos)))
	}
	p.expect("update", "set")
	c.DoUpdate = true
	c.Set = p.setClauses()
	if p.accept("where") {
		c.UpdateWhere = p.expr()
	}
	return c
}

func (p *parser) returning() []SelectItem {
	if !p.accept("returning") {
		return nil
	}
	return p.selectItems()
}

// setClauses reads column = value, ….
func (p *parser) setClauses() []SetClause {
	list := []SetClause{p.setClause()}
	for p.accept(",") {
		list = append(list, p.setClause())
	}
	return list
}

func (p *parser) setClause() SetClause {
	c := SetClause{Pos: p.pos()}
	if p.is("(") {
		c.Multi = true
		c.Targets = p.insertColumns()
	} else {
		c.Targets = []Target{p.target()}
	}
	p.expect("=")
	c.Value = p.expr()
	if row, ok := c.Value.(*RowExpr); ok && c.Multi && len(row.Elems) != len(c.Targets) {
		p.failAt(row.Pos, dberr.SyntaxError, "number of columns does not match number of values")
	}
	return c
}

// changedTable reads the table of UPDATE or DELETE with its alias.
func (p *parser) changedTable() *TableRef {
	t := &TableRef{Pos: p.pos()}
	if t.Only = p.accept("only"); t.Only && p.accept("(") {
		t.Name = p.name()
		p.expect(")")
	} else {
		t.Name = p.name()
		p.accept("*")
	}
	a := &Alias{Pos: p.pos()}
	if p.accept("as") || p.tok.isName() && !p.is("set") {
		a.Name = p.ident().Name
		t.Alias = a
	}
	return t
}

func (p *parser) update(w *With) Stmt {
	s := &Update{Pos: p.pos(), With: w}
	p.expect("update")
	s.Table = p.changedTable()
	p.expect("set")
	s.Set = p.setClauses()
	if p.accept("from") {
		s.From = p.tableExprs()
	}
	s.Where = p.changeWhere()
	s.Returning = p.returning()
	return s
}

func (p *parser) delete(w *With) Stmt {
	s := &Delete{Pos: p.pos(), With: w}
	p.expect("delete", "from")
	s.Table = p.changedTable()
	if p.accept("using") {
		s.Using = p.tableExprs()
	}
	s.Where = p.changeWhere()
	s.Returning = p.returning()
	return s
}

// changeWhere reads WHERE of UPDATE and DELETE.
func (p *parser) changeWhere() Expr {
	if !p.accept("where") {
		return nil
	}
	if p.is("current") && p.then("current", "of") {
		p.unsupported(p.pos(), "WHERE CURRENT OF")
	}
	return p.expr()
}

func (p *parser) truncate(pos Pos) Stmt {
	p.expect("truncate")
	p.accept("table")
	s := &Truncate{Pos: pos}
	for {
		p.accept("only")
		s.Tables = append(s.Tables, p.name())
		p.accept("*")
		if !p.accept(",") {
			break
		}
	}
	if p.accept("restart", "identity") {
		s.RestartIdentity = true
	} else {
		p.accept("continue", "identity")
	}
	s.Cascade = p.cascade()
	return s
}

// cascade reads [CASCADE|RESTRICT].
func (p *parser) cascade() bool { return p.acceptAny("cascade", "restrict") == "cascade" }
