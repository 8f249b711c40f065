package parse

import (
	"strings"

	"driftdb/internal/dberr"
)

// create reads CREATE with what may stand before the kind of object.
func (p *parser) create(pos Pos) Stmt {
	start := p.i
	p.expect("create")
	replace := p.accept("or", "replace")
	temp := p.acceptAny("temp", "temporary") != ""
	unlogged := !temp && p.accept("unlogged")
	switch {
	case replace && !p.isAny("table", "view", "recursive"):
	case p.accept("table"):
		return p.createTable(&CreateTable{Pos: pos, OrReplace: replace, Temp: temp, Unlogged: unlogged})
	case p.isAny("view", "recursive"):
		v := &CreateView{Pos: pos, OrReplace: replace, Temp: temp, Recursive: p.accept("recursive")}
		p.expect("view")
		return p.createView(v)
	case p.accept("sequence"):
		s := &CreateSequence{Pos: pos, Temp: temp, IfNotExists: p.ifNotExists(), Name: p.name()}
		s.Options = p.sequenceOptions()
		return s
	case temp || unlogged:
		p.syntaxError()
	case p.is("unique"), p.is("index"):
		return p.createIndex(pos)
	case p.accept("materialized"):
		p.expect("view")
		return p.createView(&CreateView{Pos: pos, Materialized: true})
	case p.then("type"):
		p.next()
		return p.createType(pos)
	case p.then("domain"):
		p.next()
		return p.createDomain(pos)
	case p.accept("schema"):
		return p.createSchema(pos)
	}
	p.refuseFrom(start)
	return nil
}

// createSchema reads CREATE SCHEMA from behind these words.
func (p *parser) createSchema(pos Pos) Stmt {
	s := &CreateSchema{Pos: pos, IfNotExists: p.ifNotExists()}
	if !p.is("authorization") {
		s.Name = p.ident()
	}
	if p.accept("authorization") {
		s.Owner, s.OwnerIsUser = p.role()
	}
	for p.is("create") && p.err == nil {
		start := p.i
		st := p.create(p.pos())
		switch st.(type) {
		case *CreateTable, *CreateView, *CreateIndex, *CreateSequence:
			s.Elements = append(s.Elements, st)
		default:
			p.refuseFrom(start)
			return nil
		}
	}
	return s
}

// refuseFrom refuses the statement that begins at token start: a kind of object
// that PostgreSQL has is not supported, anything else is a syntax error.
func (p *parser) refuseFrom(start int) {
	const kinds = " access aggregate cast collation conversion database default domain event extension foreign function group " +
		"language operator owned policy procedural procedure publication role routine rule server statistics subscription " +
		"system tablespace text transform trigger user "
	if p.err == nil && p.tok.kind == tokKeyword && strings.Contains(kinds, " "+p.tok.text+" ") {
		p.unsupported(Pos(p.toks[start].start+1), strings.ToUpper(p.toks[start].text+" "+p.tok.text))
		return
	}
	if p.err == nil && p.isAny("macro", "secret") && p.peek(1).kind != tokEOF {
		p.unsupported(Pos(p.toks[start].start+1), "CREATE "+strings.ToUpper(p.tok.text))
		return
	}
	p.syntaxError()
}

// createIndex reads CREATE [UNIQUE] INDEX from the word UNIQUE on.
func (p *parser) createIndex(pos Pos) Stmt {
	s := &CreateIndex{Pos: pos, Unique: p.accept("unique")}
	p.expect("index")
	s.Concurrently = p.accept("concurrently")
	if s.IfNotExists = p.ifNotExists(); s.IfNotExists || !p.is("on") {
		s.Name = p.ident().Name
	}
	p.expect("on")
	p.accept("only")
	s.Table = p.name()
	if p.accept("using") {
		s.Method = p.ident().Name
	}
	s.Items = p.indexItems()
	if p.accept("include") {
		s.Include = p.identList()
	}
	s.NullsNotDistinct = p.nullsDistinct()
	if p.is("with") {
		p.next()
		s.Options = p.options()
	}
	if p.accept("where") {
		s.Where = p.expr()
	}
	return s
}

// nullsDistinct reads NULLS [NOT] DISTINCT.
func (p *parser) nullsDistinct() (not bool) {
	if p.accept("nulls", "not", "distinct") {
		return true
	}
	p.accept("nulls", "distinct")
	return false
}

// indexItems reads (item, …).
func (p *parser) indexItems() []IndexItem {
	p.expect("(")
	list := []IndexItem{p.indexItem()}
	for p.accept(",") {
		list = append(list, p.indexItem())
	}
	p.expect(")")
	return list
}

// indexItem reads a column, a call, or an expression in parentheses, with its
// collation, operator class and order.
func (p *parser) indexItem() IndexItem {
	item := IndexItem{Pos: p.pos()}
	switch {
	case p.is("("):
		p.next()
		item.Expr = p.expr()
		p.expect(")")
	case p.tok.isName() && !(p.peek(1).kind == tokOp && isAnyOf(p.peek(1).text, "(", ".")):
		id := p.ident()
		item.Expr = &ColumnRef{Pos: id.Pos, Parts: []string{id.Name}}
	default:
		item.Expr = p.tableCall()
	}
	if p.accept("collate") {
		n := p.name()
		item.Collation = &n
	}
	if p.tok.isName() && !p.is("nulls") {
		n := p.name()
		item.OpClass = &n
	}
	if item.Desc = p.accept("desc"); !item.Desc {
		p.accept("asc")
	}
	item.Nulls = p.nullsOrder()
	return item
}

// createView reads a view from its name on.
func (p *parser) createView(v *CreateView) Stmt {
	v.IfNotExists = p.ifNotExists()
	v.Name = p.name()
	if v.Columns = p.optIdentList(); v.Recursive && len(v.Columns) == 0 {
		p.syntaxError()
	}
	if p.accept("with") {
		v.Options = p.options()
	}
	p.expect("as")
	v.Query = p.query()
	if v.Materialized {
		v.NoData = p.withData()
		return v
	}
	if at := p.pos(); p.accept("with") {
		if v.Recursive {
			p.failAt(at, dberr.FeatureNotSupported, "WITH CHECK OPTION not supported on recursive views")
		}
		v.CheckOption = p.acceptAny("local", "cascaded")
		if v.CheckOption == "" {
			v.CheckOption = "cascaded"
		}
		p.expect("check", "option")
	}
	return v
}

// withData reads WITH [NO] DATA and reports whether there are to be none.
func (p *parser) withData() (no bool) {
	if p.accept("with", "no", "data") {
		return true
	}
	p.accept("with", "data")
	return false
}

// createType reads a type from its name on; there are only enumerations.
func (p *parser) createType(pos Pos) Stmt {
	s := &CreateEnum{Pos: pos, Name: p.name()}
	p.expect("as")
	if p.is("(") || p.is("range") {
		p.unsupported(p.pos(), "a type that is not an enumeration")
	}
	p.expect("enum", "(")
	for !p.is(")") {
		s.Labels = append(s.Labels, Ident{p.pos(), p.str()})
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	return s
}

// createDomain reads a domain from its name on.
func (p *parser) createDomain(pos Pos) Stmt {
	s := &CreateDomain{Pos: pos, Name: p.name()}
	p.accept("as")
	s.Type = p.typeName()
	for p.err == nil {
		if p.accept("collate") {
			n := p.name()
			s.Collation = &n
			continue
		}
		c := p.columnConstraint()
		if c == nil {
			break
		}
		s.Constraints = append(s.Constraints, c)
	}
	return s
}

// objectWords are the kinds of objects that DROP knows, as they are written.
var objectWords = []struct {
	kind  ObjectKind
	words []string
}{
	{ObjectTable, []string{"table"}},
	{ObjectView, []string{"view"}},
	{ObjectMaterializedView, []string{"materialized", "view"}},
	{ObjectIndex, []string{"index"}},
	{ObjectSequence, []string{"sequence"}},
	{ObjectType, []string{"type"}},
	{ObjectDomain, []string{"domain"}},
	{ObjectSchema, []string{"schema"}},
}

// object reads a kind of object.
func (p *parser) object() (ObjectKind, bool) {
	for _, o := range objectWords {
		if p.accept(o.words...) {
			return o.kind, true
		}
	}
	return 0, false
}

func (p *parser) drop(pos Pos) Stmt {
	start := p.i
	p.expect("drop")
	kind, ok := p.object()
	if !ok {
		p.refuseFrom(start)
		return nil
	}
	s := &Drop{Pos: pos, Object: kind}
	s.Concurrently = kind == ObjectIndex && p.accept("concurrently")
	s.IfExists = p.ifExists()
	s.Names = p.names()
	s.Cascade = p.cascade()
	return s
}

// sequenceOptions reads the options of a sequence, in any order.
func (p *parser) sequenceOptions() SequenceOptions {
	o := SequenceOptions{Pos: p.pos()}
	for p.sequenceOption(&o) {
	}
	return o
}

func (p *parser) sequenceOption(o *SequenceOptions) bool {
	switch {
	case p.accept("as"):
		o.Type = p.typeName()
	case p.accept("increment"):
		p.accept("by")
		o.Increment = p.signed()
	case p.accept("minvalue"):
		o.MinValue = p.signed()
	case p.accept("maxvalue"):
		o.MaxValue = p.signed()
	case p.accept("no", "minvalue"):
		o.NoMinValue = true
	case p.accept("no", "maxvalue"):
		o.NoMaxValue = true
	case p.accept("start"):
		p.accept("with")
		o.Start = p.signed()
	case p.accept("cache"):
		o.Cache = p.signed()
	case p.accept("cycle"):
		o.Cycle = true
	case p.accept("no", "cycle"):
		o.NoCycle = true
	case p.accept("owned", "by"):
		n := p.name()
		o.OwnedBy = &n
	case p.is("sequence"):
		at := p.pos()
		p.expect("sequence", "name")
		n := p.name()
		n.Pos = at
		o.Name = &n
	case p.accept("restart"):
		o.Restart = true
		if p.accept("with") || p.tok.kind == tokInt || p.is("-") {
			o.RestartWith = p.signed()
		}
	default:
		return false
	}
	return true
}

// signed reads a number with an optional sign.
func (p *parser) signed() Expr {
	if p.is("+") || p.is("-") || p.tok.kind == tokInt || p.tok.kind == tokNumeric {
		return p.optionValue()
	}
	p.syntaxError()
	return &Literal{}
}
