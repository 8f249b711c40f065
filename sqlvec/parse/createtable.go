package parse

import "driftdb/internal/dberr"

// createTable reads a table from behind the word TABLE.
func (p *parser) createTable(t *CreateTable) Stmt {
	t.IfNotExists = !t.OrReplace && p.ifNotExists()
	t.Name = p.name()
	fromQuery := true
	switch {
	case p.is("as"), p.is("with"), p.is("on"):
	case p.namesThenAs():
		t.AsColumns = p.identList()
	default:
		fromQuery = false
		p.tableElements(t)
	}
	p.tableOptions(t)
	if fromQuery {
		p.expect("as")
		t.Query = p.query()
		t.NoData = p.withData()
	}
	return t
}

// namesThenAs reports whether the parentheses at hand hold column names only,
// which CREATE TABLE … AS may have.
func (p *parser) namesThenAs() bool {
	if !p.is("(") {
		return false
	}
	for i := 1; p.peek(i).isName(); i += 2 {
		if t := p.peek(i + 1); t.kind != tokOp || t.text != "," {
			return t.kind == tokOp && t.text == ")"
		}
	}
	return false
}

// tableElements reads (columns, constraints and LIKEs).
func (p *parser) tableElements(t *CreateTable) {
	p.expect("(")
	for !p.is(")") {
		p.tableElement(t)
		if !p.accept(",") {
			break
		}
		if p.is(")") {
			p.syntaxError()
		}
	}
	p.expect(")")
}

func (p *parser) tableElement(t *CreateTable) {
	switch {
	case p.is("like"):
		t.Likes = append(t.Likes, p.tableLike())
	case p.atTableConstraint():
		t.Constraints = append(t.Constraints, p.tableConstraint())
	default:
		t.Columns = append(t.Columns, p.columnDef())
	}
}

// atTableConstraint reports whether a constraint, not a column, begins here.
func (p *parser) atTableConstraint() bool {
	return p.isAny("constraint", "check", "unique", "primary", "foreign") ||
		p.is("exclude") && isAnyOf(p.peek(1).text, "using", "(") || p.then("index", "(")
}

func (p *parser) tableLike() TableLike {
	l := TableLike{Pos: p.pos()}
	p.expect("like")
	l.Table = p.name()
	for {
		switch {
		case p.accept("including"):
			l.Including = append(l.Including, p.label().Name)
		case p.accept("excluding"):
			l.Excluding = append(l.Excluding, p.label().Name)
		default:
			return l
		}
	}
}

// tableOptions reads what follows the parentheses of CREATE TABLE.
func (p *parser) tableOptions(t *CreateTable) {
	for p.err == nil {
		switch {
		case p.then("with", "("):
			p.next()
			t.Options = p.options()
		case p.accept("on", "commit"):
			t.OnCommit = p.onCommit()
		case p.is("using"), p.is("inherits"), p.is("partition"), p.is("tablespace"):
			p.unsupported(p.pos(), "this option of CREATE TABLE")
		default:
			return
		}
	}
}

func (p *parser) onCommit() string {
	switch {
	case p.accept("drop"):
		return "drop"
	case p.accept("delete", "rows"):
		return "delete rows"
	}
	p.expect("preserve", "rows")
	return "preserve rows"
}

// columnDef reads name type [COLLATE c] constraint….
func (p *parser) columnDef() *ColumnDef {
	id := p.ident()
	c := &ColumnDef{Pos: id.Pos, Name: id.Name, Type: p.typeName()}
	for p.err == nil {
		if p.accept("collate") {
			n := p.name()
			c.Collation = &n
			continue
		}
		con := p.columnConstraint()
		if con == nil {
			break
		}
		switch con.Kind {
		case ConstraintUnique, ConstraintPrimaryKey, ConstraintForeignKey:
		default:
			if p.is("deferrable") || p.then("initially", "deferred") {
				p.failAt(p.pos(), dberr.SyntaxError, "misplaced %s clause", map[bool]string{true: "DEFERRABLE", false: "INITIALLY DEFERRED"}[p.is("deferrable")])
			}
		}
		p.deferral(con)
		c.Constraints = append(c.Constraints, con)
	}
	return c
}

// constraintName reads [CONSTRAINT name].
func (p *parser) constraintName() string {
	if p.accept("constraint") {
		return p.ident().Name
	}
	return ""
}

// columnConstraint reads one constraint of a column, nil if there is none.
func (p *parser) columnConstraint() *Constraint {
	c := &Constraint{Pos: p.pos(), Name: p.constraintName()}
	switch {
	case p.is("not"):
		c.Kind = ConstraintNotNull
		p.expect("not", "null")
	case p.accept("null"):
		c.Kind = ConstraintNull
	case p.accept("default"):
		c.Kind = ConstraintDefault
		c.Expr = p.restricted()
	case p.accept("check"):
		p.check(c)
	case p.accept("unique"):
		c.Kind = ConstraintUnique
		c.NullsNotDistinct = p.nullsDistinct()
	case p.accept("primary", "key"):
		c.Kind = ConstraintPrimaryKey
	case p.is("references"):
		c.Kind = ConstraintForeignKey
		c.Ref = p.reference()
	case p.accept("generated"):
		p.generated(c)
	case p.accept("index"):
		c.Kind = ConstraintIndex
	case c.Name != "":
		p.syntaxError()
	default:
		return nil
	}
	return c
}

// check reads (condition) [NO INHERIT].
func (p *parser) check(c *Constraint) {
	c.Kind = ConstraintCheck
	p.expect("(")
	c.Expr = p.expr()
	p.expect(")")
	c.NoInherit = p.accept("no", "inherit")
}

// generated reads ALWAYS AS (expr) STORED, or ALWAYS|BY DEFAULT AS IDENTITY.
func (p *parser) generated(c *Constraint) {
	if c.Always = p.accept("always"); !c.Always {
		p.expect("by", "default")
	}
	p.expect("as")
	if p.accept("identity") {
		c.Kind = ConstraintIdentity
		if p.accept("(") {
			o := p.sequenceOptions()
			c.Sequence = &o
			p.expect(")")
		}
		return
	}
	if !c.Always {
		p.syntaxError()
	}
	c.Kind = ConstraintGenerated
	p.expect("(")
	c.Expr = p.expr()
	p.expect(")", "stored")
}

// reference reads REFERENCES table [(columns)] with MATCH and actions.
func (p *parser) reference() *Reference {
	r := &Reference{Pos: p.pos()}
	p.expect("references")
	r.Table = p.name()
	r.Columns = p.optIdentList()
	if p.accept("match") {
		r.Match = p.acceptAny("full", "partial", "simple")
		if r.Match == "" {
			p.syntaxError()
		}
	}
	for p.is("on") && p.err == nil {
		p.next()
		if p.accept("delete") {
			r.OnDelete = p.refAction()
		} else {
			p.expect("update")
			r.OnUpdate = p.refAction()
		}
	}
	return r
}

func (p *parser) refAction() RefAction {
	switch {
	case p.accept("restrict"):
		return Restrict
	case p.accept("cascade"):
		return Cascade
	case p.accept("set", "null"):
		return SetNull
	case p.accept("set", "default"):
		return SetDefault
	}
	p.expect("no", "action")
	return NoAction
}

// deferral reads [NOT] DEFERRABLE and INITIALLY DEFERRED|IMMEDIATE. INITIALLY
// DEFERRED alone makes a constraint deferrable.
func (p *parser) deferral(c *Constraint) {
	for {
		switch {
		case p.accept("deferrable"):
			c.Deferrable = true
		case p.accept("not", "deferrable"), p.accept("initially", "immediate"):
		case p.accept("initially", "deferred"):
			c.Deferrable, c.Deferred = true, true
		default:
			return
		}
	}
}

// tableConstraint reads one constraint of a table.
func (p *parser) tableConstraint() *Constraint {
	c := &Constraint{Pos: p.pos(), Name: p.constraintName()}
	switch {
	case p.accept("check"):
		p.check(c)
	case p.accept("unique"):
		c.Kind = ConstraintUnique
		c.NullsNotDistinct = p.nullsDistinct()
		p.keyColumns(c)
	case p.accept("primary", "key"):
		c.Kind = ConstraintPrimaryKey
		p.keyColumns(c)
	case p.accept("foreign", "key"):
		c.Kind = ConstraintForeignKey
		c.Columns = p.identList()
		c.Ref = p.reference()
	case p.accept("index"):
		c.Kind = ConstraintIndex
		c.Columns = p.identList()
	case p.is("exclude"):
		p.unsupported(p.pos(), "an exclusion constraint")
	default:
		p.syntaxError()
	}
	p.deferral(c)
	c.NotValid = p.accept("not", "valid")
	return c
}

// keyColumns reads (columns) [INCLUDE (columns)].
func (p *parser) keyColumns(c *Constraint) {
	c.Columns = p.identList()
	if p.accept("include") {
		c.Include = p.identList()
	}
}
