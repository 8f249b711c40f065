package parse

// alter reads ALTER with the kind of object.
func (p *parser) alter(pos Pos) Stmt {
	start := p.i
	p.expect("alter")
	kind, ok := p.object()
	if !ok {
		p.refuseFrom(start)
		return nil
	}
	if kind == ObjectSchema {
		s := &AlterTable{Pos: pos, Object: kind, Name: p.name()}
		switch {
		case p.then("rename", "to"):
			s.Actions = []AlterAction{p.rename()}
		case p.is("owner"):
			s.Actions = []AlterAction{p.setOwner()}
		default:
			p.refuseFrom(start)
			return nil
		}
		return s
	}
	if kind == ObjectType {
		return p.alterEnum(pos)
	}
	s := &AlterTable{Pos: pos, Object: kind, IfExists: p.ifExists()}
	s.Only = kind == ObjectTable && p.accept("only")
	s.Name = p.name()
	if kind == ObjectTable {
		p.accept("*")
	}
	if kind == ObjectSequence && !p.isAny("rename", "set", "owner") {
		q := &AlterSequence{Pos: pos, IfExists: s.IfExists, Name: s.Name, Options: p.sequenceOptions()}
		if q.Options == (SequenceOptions{Pos: q.Options.Pos}) {
			p.syntaxError()
		}
		return q
	}
	s.Actions = p.alterActions(kind)
	return s
}

// alterActions reads one RENAME or SET SCHEMA, which stand alone, or a list of
// other actions, which only tables have.
func (p *parser) alterActions(kind ObjectKind) []AlterAction {
	switch {
	case p.is("rename"):
		return []AlterAction{p.rename()}
	case p.then("set", "schema"):
		return []AlterAction{p.setSchema()}
	case p.then("owner", "to") && kind != ObjectTable:
		return []AlterAction{p.setOwner()}
	case kind != ObjectTable && kind != ObjectView:
		p.syntaxError()
		return nil
	}
	list := []AlterAction{p.alterAction()}
	for p.accept(",") {
		list = append(list, p.alterAction())
	}
	return list
}

// setSchema reads SET SCHEMA name.
func (p *parser) setSchema() AlterAction {
	a := AlterAction{Pos: p.pos(), Kind: SetSchema}
	p.expect("set", "schema")
	a.NewName = p.ident()
	return a
}

// setOwner reads OWNER TO role.
func (p *parser) setOwner() AlterAction {
	a := AlterAction{Pos: p.pos(), Kind: SetOwner}
	p.expect("owner", "to")
	a.NewName, a.IsUser = p.role()
	return a
}

// role reads the name of a role, or a word for the user.
func (p *parser) role() (id Ident, isUser bool) {
	pos := p.pos()
	if word := p.acceptAny("current_user", "session_user", "current_role"); word != "" {
		return Ident{Pos: pos, Name: word}, true
	}
	return p.ident(), false
}

// rename reads RENAME TO, RENAME [COLUMN] a TO b and RENAME CONSTRAINT a TO b.
func (p *parser) rename() AlterAction {
	a := AlterAction{Pos: p.pos()}
	p.expect("rename")
	switch {
	case p.is("to"):
		a.Kind = RenameObject
	case p.accept("constraint"):
		a.Kind = RenameConstraint
		a.Name = p.ident()
	default:
		a.Kind = RenameColumn
		p.accept("column")
		a.Name = p.ident()
	}
	p.expect("to")
	a.NewName = p.ident()
	return a
}

func (p *parser) alterAction() AlterAction {
	a := AlterAction{Pos: p.pos()}
	switch {
	case p.accept("add"):
		p.alterAdd(&a)
	case p.accept("drop"):
		p.alterDrop(&a)
	case p.accept("alter"):
		p.accept("column")
		a.Name = p.ident()
		p.alterColumn(&a)
	case p.accept("validate", "constraint"):
		a.Kind = ValidateConstraint
		a.Name = p.ident()
	case p.then("owner", "to"):
		return p.setOwner()
	case p.isAny("enable", "disable", "force", "no", "owner", "cluster", "set", "reset", "inherit", "attach", "detach", "replica"):
		p.unsupported(p.pos(), "this action of ALTER TABLE")
	default:
		p.syntaxError()
	}
	return a
}

// alterAdd reads ADD [COLUMN] and ADD constraint.
func (p *parser) alterAdd(a *AlterAction) {
	if p.atTableConstraint() {
		a.Kind = AddConstraint
		a.Constraint = p.tableConstraint()
		return
	}
	a.Kind = AddColumn
	p.accept("column")
	a.IfNotExist = p.ifNotExists()
	a.Column = p.columnDef()
}

// alterDrop reads DROP [COLUMN] and DROP CONSTRAINT.
func (p *parser) alterDrop(a *AlterAction) {
	a.Kind = DropColumn
	if p.accept("constraint") {
		a.Kind = DropConstraint
	} else {
		p.accept("column")
	}
	a.IfExists = p.ifExists()
	a.Name = p.ident()
	a.Cascade = p.cascade()
}

// alterColumn reads what ALTER COLUMN name does.
func (p *parser) alterColumn(a *AlterAction) {
	switch {
	case p.accept("set", "default"):
		a.Kind = AlterSetDefault
		a.Default = p.expr()
	case p.accept("drop", "default"):
		a.Kind = AlterDropDefault
	case p.accept("set", "not", "null"):
		a.Kind = AlterSetNotNull
	case p.accept("drop", "not", "null"):
		a.Kind = AlterDropNotNull
	case p.accept("type"), p.accept("set", "data", "type"):
		a.Kind = AlterColumnType
		a.Type = p.typeName()
		if p.accept("collate") {
			n := p.name()
			a.Collation = &n
		}
		if p.accept("using") {
			a.Using = p.expr()
		}
	case p.accept("add", "generated"):
		a.Kind, a.Constraint = AlterAddIdentity, &Constraint{Pos: a.Pos}
		if p.generated(a.Constraint); a.Constraint.Kind != ConstraintIdentity {
			p.syntaxError()
		}
	case p.accept("drop", "identity"):
		a.Kind, a.IfExists = AlterDropIdentity, p.ifExists()
	case p.accept("drop", "expression"):
		a.Kind, a.IfExists = AlterDropExpression, p.ifExists()
	case p.is("restart") || p.is("set") && !p.then("set", "statistics") && !p.then("set", "storage") && !p.then("set", "compression") && !p.then("set", "("):
		p.alterIdentity(a)
	case p.isAny("set", "drop", "add", "reset", "restart"):
		p.unsupported(p.pos(), "this action of ALTER COLUMN")
	default:
		p.syntaxError()
	}
}

// alterIdentity reads SET GENERATED {ALWAYS | BY DEFAULT}, SET option and RESTART, one or several.
func (p *parser) alterIdentity(a *AlterAction) {
	a.Kind, a.Sequence.Pos = AlterSetIdentity, a.Pos
	for {
		set := p.accept("set")
		switch {
		case set && p.accept("generated"):
			if a.Generated = "always"; !p.accept("always") {
				p.expect("by", "default")
				a.Generated = "by default"
			}
		case p.sequenceOption(&a.Sequence):
		case set:
			p.syntaxError()
			return
		default:
			return
		}
	}
}

// alterEnum reads ALTER TYPE from the name on.
func (p *parser) alterEnum(pos Pos) Stmt {
	s := &AlterEnum{Pos: pos, Name: p.name()}
	if p.accept("rename", "value") {
		s.Rename = true
		s.Label = p.str()
		p.expect("to")
		s.NewLabel = p.str()
		return s
	}
	if p.is("rename") {
		return &AlterTable{Pos: pos, Object: ObjectType, Name: s.Name, Actions: []AlterAction{p.rename()}}
	}
	if p.is("owner") {
		return &AlterTable{Pos: pos, Object: ObjectType, Name: s.Name, Actions: []AlterAction{p.setOwner()}}
	}
	if p.is("set") {
		return &AlterTable{Pos: pos, Object: ObjectType, Name: s.Name, Actions: []AlterAction{p.setSchema()}}
	}
	p.expect("add", "value")
	s.IfNotExists = p.ifNotExists()
	s.Label = p.str()
	switch {
	case p.accept("before"):
		s.HasPlace = true
		s.Before = p.str()
	case p.accept("after"):
		s.HasPlace = true
		s.After = p.str()
	}
	return s
}
