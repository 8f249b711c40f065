package parse

// transaction reads the statements that begin and end transactions and
// savepoints.
func (p *parser) transaction(pos Pos) Stmt {
	word := p.tok.text
	p.next()
	switch word {
	case "begin":
		p.acceptAny("work", "transaction")
		return &Begin{Pos: pos, Modes: p.txModes()}
	case "start":
		p.expect("transaction")
		return &Begin{Pos: pos, Modes: p.txModes()}
	case "commit", "end":
		p.acceptAny("work", "transaction")
		return &Commit{Pos: pos, Chain: p.chain()}
	case "savepoint":
		return &Savepoint{Pos: pos, Name: p.ident()}
	case "release":
		p.accept("savepoint")
		return &Release{Pos: pos, Name: p.ident()}
	}
	p.acceptAny("work", "transaction")
	if word == "rollback" && p.accept("to") {
		p.accept("savepoint")
		return &RollbackTo{Pos: pos, Name: p.ident()}
	}
	return &Rollback{Pos: pos, Chain: p.chain()}
}

// chain reads AND [NO] CHAIN.
func (p *parser) chain() bool {
	if !p.accept("and") {
		return false
	}
	no := p.accept("no")
	p.expect("chain")
	return !no
}

// txModes reads transaction modes, with or without commas between them.
func (p *parser) txModes() TxModes {
	var m TxModes
	for p.txMode(&m) {
		if p.accept(",") && !p.isAny("isolation", "read", "not", "deferrable") {
			p.syntaxError()
		}
	}
	return m
}

func (p *parser) txMode(m *TxModes) bool {
	switch {
	case p.accept("isolation"):
		p.expect("level")
		m.Isolation = p.isolation()
	case p.accept("read", "only"):
		m.ReadOnly = Yes
	case p.accept("read", "write"):
		m.ReadOnly = No
	case p.accept("deferrable"):
		m.Deferrable = Yes
	case p.accept("not", "deferrable"):
		m.Deferrable = No
	default:
		return false
	}
	return true
}

func (p *parser) isolation() Isolation {
	switch {
	case p.accept("read", "uncommitted"):
		return ReadUncommitted
	case p.accept("read", "committed"):
		return ReadCommitted
	case p.accept("repeatable", "read"):
		return RepeatableRead
	}
	p.expect("serializable")
	return Serializable
}

// set reads SET in all its forms.
func (p *parser) set(pos Pos) Stmt {
	p.expect("set")
	switch {
	case p.accept("session", "characteristics"):
		p.expect("as", "transaction")
		return &SetTransaction{Pos: pos, Session: true, Modes: p.someTxModes()}
	case p.accept("constraints"):
		return p.setConstraints(pos)
	case p.accept("transaction"):
		return &SetTransaction{Pos: pos, Modes: p.someTxModes()}
	}
	if op := p.peek(2); p.then("variable") && p.peek(1).isLabel() && (op.text == "=" || op.text == "to") {
		p.next()
		v := &SetVariable{Pos: pos, Name: p.label().Name}
		p.next()
		v.X = p.expr()
		return v
	}
	s := &Set{Pos: pos}
	if s.Local = p.accept("local"); !s.Local && !p.then("session", "authorization") {
		p.accept("session")
	}
	s.NamePos = p.pos()
	if p.specialSet(s) {
		return s
	}
	s.Name = p.settingName()
	if p.acceptAny("to", "=") == "" {
		p.syntaxError()
	}
	return p.assigned(s)
}

// assigned reads the values of a SET, or DEFAULT.
func (p *parser) assigned(s *Set) Stmt {
	if p.accept("default") {
		return s
	}
	s.Values = []Expr{p.settingValue()}
	for p.accept(",") {
		s.Values = append(s.Values, p.settingValue())
	}
	return s
}

// setConstraints reads {ALL | name, …} {DEFERRED | IMMEDIATE}.
func (p *parser) setConstraints(pos Pos) Stmt {
	s := &SetConstraints{Pos: pos}
	if !p.accept("all") {
		s.Names = p.names()
	}
	if s.Deferred = p.accept("deferred"); !s.Deferred {
		p.expect("immediate")
	}
	return s
}

func (p *parser) someTxModes() TxModes {
	if p.tok.kind == tokEOF {
		p.syntaxError()
	}
	return p.txModes()
}

// specialSet reads the settings that the standard gives words of their own.
func (p *parser) specialSet(s *Set) bool {
	switch {
	case p.accept("time", "zone"):
		s.Name = "timezone"
		if p.acceptAny("default", "local") != "" {
			return true
		}
		if p.startsTypedLiteral() {
			s.Values = []Expr{p.typedLiteral()}
			return true
		}
	case p.then("names") && p.peek(1).kind == tokString:
		p.next()
		s.Name = "client_encoding"
	case p.then("schema") && p.peek(1).kind == tokString:
		p.next()
		s.Name = "search_path"
	case p.then("role") && !isAnyOf(p.peek(1).text, "to", "="):
		p.next()
		s.Name = "role"
	case p.accept("session", "authorization"):
		s.Name = "session_authorization"
		if p.accept("default") {
			return true
		}
	default:
		return false
	}
	s.Values = []Expr{p.settingValue()}
	return true
}

// settingName reads a name; that of a custom setting has dots.
func (p *parser) settingName() string {
	name := p.ident().Name
	for p.accept(".") {
		name += "." + p.label().Name
	}
	return foldASCII(name)
}

// settingValue reads a constant or a bare word.
func (p *parser) settingValue() Expr {
	if p.is("(") || p.is("*") || p.is("null") {
		p.syntaxError()
	}
	return p.optionValue()
}

func (p *parser) reset(pos Pos) Stmt {
	p.expect("reset")
	if p.then("variable") && p.peek(1).isLabel() {
		p.next()
		return &ResetVariable{Pos: pos, Name: p.label().Name}
	}
	s := &Reset{Pos: pos}
	s.All, s.Name = p.settingOrAll()
	return s
}

func (p *parser) show(pos Pos) Stmt {
	p.expect("show")
	s := &Show{Pos: pos}
	if p.then("all", "tables") || p.then("tables") { // DuckDB's SHOW ALL TABLES is of all databases
		p.accept("all")
	}
	s.All, s.Name = p.settingOrAll()
	return s
}

// settingOrAll reads ALL, a setting's name, or the standard's words for one.
func (p *parser) settingOrAll() (all bool, name string) {
	switch {
	case p.accept("all"):
		return true, ""
	case p.accept("time", "zone"):
		return false, "timezone"
	case p.accept("transaction", "isolation", "level"):
		return false, "transaction_isolation"
	case p.accept("session", "authorization"):
		return false, "session_authorization"
	}
	return false, p.settingName()
}

// prepare reads PREPARE name [(types)] AS statement.
func (p *parser) prepare(pos Pos) Stmt {
	p.expect("prepare")
	s := &Prepare{Pos: pos, Name: p.ident()}
	if p.accept("(") {
		for {
			s.Types = append(s.Types, p.typeName())
			if !p.accept(",") {
				break
			}
		}
		p.expect(")")
	}
	p.expect("as")
	s.Stmt = p.dataStmt()
	return s
}

func (p *parser) execute(pos Pos) Stmt {
	p.expect("execute")
	s := &Execute{Pos: pos, Name: p.ident()}
	if p.is("(") {
		s.Args = p.parenExprList(1)
	}
	return s
}

func (p *parser) deallocate(pos Pos) Stmt {
	p.expect("deallocate")
	if p.is("prepare") && p.peek(1).kind != tokEOF {
		p.next()
	}
	s := &Deallocate{Pos: pos}
	if s.All = p.accept("all"); !s.All {
		s.Name = p.ident()
	}
	return s
}

// explain reads EXPLAIN [ANALYZE] [VERBOSE] or EXPLAIN (options), and the
// statement.
func (p *parser) explain(pos Pos) Stmt {
	p.expect("explain")
	s := &Explain{Pos: pos}
	if p.is("(") && !p.queryInParens() {
		s.Options = p.options()
	} else {
		s.Options = p.words("analyze", "analyse", "verbose")
	}
	switch {
	case p.is("execute"):
		s.Stmt = p.execute(p.pos())
	case p.then("create"):
		s.Stmt = p.create(p.pos())
		if t, ok := s.Stmt.(*CreateTable); p.err == nil && (!ok || t.Query == nil) {
			p.failAt(s.Stmt.Position(), "42601", "only CREATE TABLE ... AS can be explained")
		}
	default:
		s.Stmt = p.dataStmt()
	}
	for i := range s.Options {
		if s.Options[i].Name == "analyse" {
			s.Options[i].Name = "analyze"
		}
	}
	return s
}

// words reads any of the given words as options without values.
func (p *parser) words(words ...string) []Option {
	var list []Option
	for p.isAny(words...) {
		list = append(list, Option{Pos: p.pos(), Name: p.tok.text})
		p.next()
	}
	return list
}

// analyze reads ANALYZE [(options)] [VERBOSE] [TABLE] [targets].
func (p *parser) analyze(pos Pos) Stmt {
	p.next()
	s := &Analyze{Pos: pos}
	if p.is("(") {
		s.Options = p.options()
	} else {
		s.Options = p.words("verbose")
	}
	s.Targets = p.maintenanceTargets()
	return s
}

// vacuum reads VACUUM [(options)|words] [TABLE] [targets].
func (p *parser) vacuum(pos Pos) Stmt {
	p.expect("vacuum")
	s := &Vacuum{Pos: pos}
	if p.is("(") {
		s.Options = p.options()
	} else {
		s.Options = p.words("full", "freeze", "verbose", "analyze")
	}
	s.Targets = p.maintenanceTargets()
	return s
}

func (p *parser) maintenanceTargets() []MaintenanceTarget {
	if !p.accept("table") && p.tok.kind == tokEOF {
		return nil
	}
	var list []MaintenanceTarget
	for {
		n := p.name()
		list = append(list, MaintenanceTarget{Pos: n.Pos, Table: n, Columns: p.optIdentList()})
		if !p.accept(",") {
			return list
		}
	}
}
