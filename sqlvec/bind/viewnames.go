package bind

import (
	"strings"

	"driftdb/colstore"
	"driftdb/sqlvec/parse"
)

// nameRecord notes what the names in the text of a definition were found to mean.
type nameRecord struct {
	columns  map[*parse.ColumnRef]*column
	tables   map[*parse.TableRef]namedTable
	types    map[*parse.TypeName]namedTable
	literals map[*parse.Literal]namedTable // names of relations in texts
}

// namedTable is what a name means, with the catalog in which it was looked up.
type namedTable struct {
	table   *colstore.Table
	catalog *colstore.Catalog
	past    bool // it is looked up at a fixed point of the past, whose names never change
}

func newNameRecord() *nameRecord {
	return &nameRecord{map[*parse.ColumnRef]*column{}, map[*parse.TableRef]namedTable{}, map[*parse.TypeName]namedTable{}, map[*parse.Literal]namedTable{}}
}

func (r *viewRecord) noteColumn(e *parse.ColumnRef, c *column) {
	if r != nil && r.names != nil {
		found := *c
		r.names.columns[e] = &found
	}
}

func (r *viewRecord) noteTable(e *parse.TableRef, ref tableAt) {
	if r != nil && r.names != nil {
		r.names.tables[e] = namedTable{ref.table, ref.catalog(), ref.period != nil}
	}
}

func (r *viewRecord) noteType(e *parse.TypeName, t *colstore.Table, c *colstore.Catalog) {
	if r != nil && r.names != nil {
		r.names.types[e] = namedTable{t, c, false}
	}
}

func (r *viewRecord) noteLiteral(e *parse.Literal, t *colstore.Table) {
	if r != nil && r.names != nil {
		r.names.literals[e] = namedTable{table: t}
	}
}

// definedParts is a name as the text of a definition has it: in public it may stand alone.
func definedParts(written []string, schema, name string) []string {
	if schema == colstore.PublicName && len(written) == 1 {
		return []string{name}
	}
	return []string{schema, name}
}

// qualify writes the names of relations and types of other schemas than public with their schema, so
// that they mean the same under any path.
func (r *nameRecord) qualify(b *Binder) {
	for ref, t := range r.tables {
		ref.Name.Parts = definedParts(ref.Name.Parts, SchemaOf(t.catalog, t.table), t.table.Name)
	}
	for n, t := range r.types {
		n.Name.Parts = definedParts(n.Name.Parts, SchemaOf(t.catalog, t.table), t.table.Name)
	}
	for lit, t := range r.literals {
		lit.Text = b.literalText(lit.Text, t.table)
	}
	for ref, c := range r.columns { // the table's name is enough, unless there are two of it
		if n := len(ref.Parts); n > 2 && c.alone {
			ref.Parts = ref.Parts[n-2:]
		}
	}
}

// literalText is the name of a relation as a text in a definition.
func (b *Binder) literalText(written string, t *colstore.Table) string {
	n, err := RelationName(written)
	if err != nil {
		return written
	}
	catalog := b.viewOf(t).Catalog()
	if parts := definedParts(n.Parts, SchemaOf(catalog, t), t.Name); len(parts) == 1 {
		return parse.QuoteIdent(t.Name)
	}
	return QuotedName(catalog, t)
}

// defined binds an expression of a definition with fn, and qualifies its names.
func (b *Binder) defined(fn func() error) error {
	record := b.record
	names := newNameRecord()
	b.record = &viewRecord{names: names, stars: map[*parse.Select]map[*parse.Star][]parse.SelectItem{}}
	err := fn()
	b.record = record
	if err == nil {
		names.qualify(b)
	}
	return err
}

// Moved is the text of a view that names relations or types which are to be moved to another schema or
// to have another name.
type Moved struct {
	View  *colstore.Table
	b     *Binder
	query *parse.Query
	names *nameRecord
}

// Moving binds the query of a view, before something in it gets another name.
func (b *Binder) Moving(v *colstore.Table) (*Moved, error) {
	q, err := parseQuery(v.Query)
	if err != nil {
		return nil, err
	}
	defer b.inDefinition()()
	m := &Moved{View: v, b: b, query: q, names: newNameRecord()}
	b.record = &viewRecord{stars: map[*parse.Select]map[*parse.Star][]parse.SelectItem{}, names: m.names}
	_, err = b.Query(q)
	return m, err
}

// Text is the view's text with the names that things have in later catalogs. Parts of the view that look at a fixed
// point of the past keep the names of then.
func (m *Moved) Text(now Lookup) string {
	twice := map[string]bool{} // names that columns have with their schemas
	for _, was := range m.names.tables {
		twice[was.table.Name] = m.twice(was.table.Name)
	}
	for ref, was := range m.names.tables {
		if t, ok := now.byID(was.table.ID); ok && !was.past {
			if ref.Alias == nil && t.Name != was.table.Name && !twice[was.table.Name] {
				ref.Alias = &parse.Alias{Name: was.table.Name}
			}
			ref.Name.Parts = definedParts(ref.Name.Parts, SchemaOf(now.CatalogOf(t), t), t.Name)
		}
	}
	for ref, c := range m.names.columns {
		if n := len(ref.Parts); n > 2 {
			if t, ok := now.byID(c.relation); ok {
				ref.Parts = []string{SchemaOf(now.CatalogOf(t), t), t.Name, ref.Parts[n-1]}
			}
		}
	}
	for n, was := range m.names.types {
		if t, ok := now.byID(was.table.ID); ok {
			n.Name.Parts = definedParts(n.Name.Parts, SchemaOf(now.CatalogOf(t), t), t.Name)
		}
	}
	for lit, was := range m.names.literals {
		if t, ok := now.byID(was.table.ID); ok {
			lit.Text = m.b.literalText(lit.Text, t)
		}
	}
	return parse.Format(m.query)
}

// eachDefinedName calls fn with the names of relations and types in an expression of a definition; where
// it returns a name, that is written in its place.
func eachDefinedName(e parse.Expr, fn func(n parse.Name, isType bool) (parse.Name, bool)) {
	literal := func(x parse.Expr) {
		if c, ok := x.(*parse.Cast); ok {
			x = c.X
		}
		lit, ok := x.(*parse.Literal)
		if !ok || lit.Kind != parse.LitString {
			return
		}
		n, err := RelationName(lit.Text)
		if err != nil {
			return
		}
		if to, ok := fn(n, false); ok {
			lit.Text = nameText(to)
		}
	}
	parse.Visit(e, func(p any) {
		switch p := p.(type) {
		case *parse.FuncCall:
			if name := p.Name.Last(); (name == "nextval" || name == "currval" || name == "setval") && len(p.Args) > 0 {
				if _, cast := p.Args[0].(*parse.Cast); !cast {
					literal(p.Args[0])
				}
			}
		case *parse.Cast:
			if p.Type.Name.Last() == "regclass" {
				literal(p.X)
			}
		case *parse.TypeName:
			if to, ok := fn(p.Name, true); ok {
				p.Name.Parts = to.Parts
			}
		}
	})
}

// nameText is a name as a text that regclass reads.
func nameText(n parse.Name) string {
	parts := make([]string, len(n.Parts))
	for i, s := range n.Parts {
		parts[i] = parse.QuoteIdent(s)
	}
	return strings.Join(parts, ".")
}

// UsesSequence reports whether an expression of a definition in the catalogs l takes numbers from a
// sequence.
func (l Lookup) UsesSequence(text string, s *colstore.Table) bool {
	if !strings.Contains(text, "val(") {
		return false
	}
	e, err := parse.ParseExpr(text)
	if err != nil {
		return false
	}
	l.Path = definitionPath
	used := false
	eachDefinedName(e, func(n parse.Name, isType bool) (parse.Name, bool) {
		t, ok := l.Relation(n)
		used = used || ok && !isType && t.ID == s.ID
		return n, false
	})
	return used
}

// MovedExpr is an expression of a definition in the catalogs l with the names that things have in the
// catalog now, which is a later one of the same.
func (l Lookup) MovedExpr(text string, now Lookup) (string, error) {
	e, err := parse.ParseExpr(text)
	if err != nil {
		return text, err
	}
	l.Path = definitionPath
	changed := false
	eachDefinedName(e, func(n parse.Name, isType bool) (parse.Name, bool) {
		find := l.Relation
		if isType {
			find = l.typeNamed
		}
		was, ok := find(n)
		if !ok {
			return n, false
		}
		is, ok := now.CatalogOf(was).TableByID(was.ID)
		if !ok || is.Name == was.Name && SchemaOf(l.CatalogOf(was), was) == SchemaOf(now.CatalogOf(is), is) {
			return n, false
		}
		changed = true
		return parse.Name{Parts: definedParts(n.Parts, SchemaOf(now.CatalogOf(is), is), is.Name)}, true
	})
	if !changed {
		return text, nil
	}
	return parse.Format(e), nil
}
