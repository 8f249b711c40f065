package bind

import (
	"slices"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/parse"
)

// DatabaseName is the name of the database, which may stand before a schema's.
const DatabaseName = "driftdb"

// A path is the schemas in which names without one are looked up, in order. Those that are looked into
// without being named, pg_temp and pg_catalog, are part of it.

// defaultPath is the path where a session says nothing.
var defaultPath = []string{TemporarySchema, CatalogSchema, colstore.PublicName}

// definitionPath is the path for the texts that definitions hold: views, defaults, conditions. In them
// a name of another schema than public is qualified, so that they mean the same in every session.
var definitionPath = []string{CatalogSchema, colstore.PublicName}

// inDefinition makes names mean what they do in the texts of definitions, until what it returns is called.
func (b *Binder) inDefinition() (restore func()) {
	path := b.path
	b.path = definitionPath
	return func() { b.path = path }
}

// Name is a name of a statement as the storage looks it up.
func Name(path []string, n parse.Name) colstore.Name {
	name := colstore.Name{Schema: n.Schema(), Name: n.Last(), Path: path}
	if foreign(n) {
		name.Schema = strings.Join(n.Parts[:len(n.Parts)-1], ".")
	}
	return name
}

// foreign reports whether a name is one of another database.
func foreign(n parse.Name) bool { return len(n.Parts) > 2 && n.Parts[len(n.Parts)-3] != DatabaseName }

// CheckDatabase refuses a name of another database.
func CheckDatabase(n parse.Name) error {
	if !foreign(n) {
		return nil
	}
	return dberr.Newf(dberr.FeatureNotSupported, "cross-database references are not implemented: \"%s\"", strings.Join(n.Parts, ".")).At(int(n.Position()))
}

// SchemaMissing is the error of a schema that is not there.
func SchemaMissing(name string) *dberr.Error {
	return dberr.Newf(dberr.UndefinedSchema, "schema \"%s\" does not exist", name)
}

// IsSystemSchema reports whether a schema holds the system's own views.
func IsSystemSchema(name string) bool { return name == CatalogSchema || name == InformationSchema }

// Lookup finds what names mean in a session: it is the one place that resolves a name, with or without a
// schema, to what it is of the present. Queries of the past look Name up in the catalog of then.
type Lookup struct {
	Catalog   *colstore.Catalog
	Temporary *colstore.Catalog // of the session's temporary tables, nil for none
	Path      []string
}

// Name is a name as the storage looks it up.
func (l Lookup) Name(n parse.Name) colstore.Name { return Name(l.Path, n) }

// inTemporary is a name as the temporary tables have it; ok is false where it cannot be one of them.
func (l Lookup) inTemporary(n parse.Name, hidden func(colstore.Name) bool) (name colstore.Name, ok bool) {
	if l.Temporary == nil || foreign(n) || n.Schema() != "" && n.Schema() != TemporarySchema {
		return name, false
	}
	if n.Schema() == "" {
		place := slices.Index(l.Path, TemporarySchema)
		if place < 0 || hidden(Name(l.Path[:place], n)) {
			return name, false
		}
	}
	return colstore.InPublic(n.Last()), true
}

// TemporaryRelation finds one of the session's temporary tables or sequences. Unless the path says
// otherwise it hides others of its name.
func (l Lookup) TemporaryRelation(n parse.Name) (*colstore.Table, bool) {
	name, ok := l.inTemporary(n, func(n colstore.Name) bool { _, ok := l.Catalog.Relation(n); return ok })
	if !ok {
		return nil, false
	}
	return l.Temporary.Relation(name)
}

// Relation finds a table, view or sequence.
func (l Lookup) Relation(n parse.Name) (*colstore.Table, bool) {
	if t, ok := l.TemporaryRelation(n); ok {
		return t, true
	}
	return l.Catalog.Relation(l.Name(n))
}

// Index finds an index.
func (l Lookup) Index(n parse.Name) (*colstore.Table, *colstore.Index, bool) {
	name, ok := l.inTemporary(n, func(n colstore.Name) bool { _, _, ok := l.Catalog.Index(n); return ok })
	if ok {
		if t, x, ok := l.Temporary.Index(name); ok {
			return t, x, true
		}
	}
	return l.Catalog.Index(l.Name(n))
}

// Enum finds an enumeration.
func (l Lookup) Enum(n parse.Name) (*colstore.Table, bool) { return l.Catalog.Enum(l.Name(n)) }

// Domain finds a domain.
func (l Lookup) Domain(n parse.Name) (*colstore.Table, bool) { return l.Catalog.Domain(l.Name(n)) }

// typeNamed finds an enumeration or a domain.
func (l Lookup) typeNamed(n parse.Name) (*colstore.Table, bool) {
	if t, ok := l.Enum(n); ok {
		return t, true
	}
	return l.Domain(n)
}

// NamesObjects reports whether the text of a definition names a relation, or a type that was created.
func (l Lookup) NamesObjects(text string) (used bool) {
	e, err := parse.ParseExpr(text)
	if text == "" || err != nil {
		return false
	}
	eachDefinedName(e, func(n parse.Name, isType bool) (parse.Name, bool) {
		find := l.Relation
		if isType {
			find = l.typeNamed
		}
		_, ok := find(n)
		used = used || ok
		return n, false
	})
	return used
}

// UsesType reports whether the text of a definition names a type.
func (l Lookup) UsesType(text string, t *colstore.Table) (used bool) {
	e, err := parse.ParseExpr(text)
	if text == "" || err != nil {
		return false
	}
	l.Path = definitionPath
	eachDefinedName(e, func(n parse.Name, isType bool) (parse.Name, bool) {
		if isType {
			named, ok := l.typeNamed(n)
			used = used || ok && named.ID == t.ID
		}
		return n, false
	})
	return used
}

// CatalogOf is the catalog that a relation is from.
func (l Lookup) CatalogOf(t *colstore.Table) *colstore.Catalog {
	if t.ID >= colstore.FirstTemporary && l.Temporary != nil {
		return l.Temporary
	}
	return l.Catalog
}

// byID finds a relation or a type by its id.
func (l Lookup) byID(id uint32) (*colstore.Table, bool) {
	return l.CatalogOf(&colstore.Table{ID: id}).TableByID(id)
}

// Visible reports whether a relation or a type is found by its name alone.
func (l Lookup) Visible(t *colstore.Table) bool {
	n := parse.Name{Parts: []string{t.Name}}
	find := l.Relation
	switch t.Kind {
	case colstore.KindEnum:
		find = l.Enum
	case colstore.KindDomain:
		find = l.Domain
	}
	found, ok := find(n)
	return ok && found.ID == t.ID
}

// Display is a relation or a type by its name, with its schema unless the name alone finds it.
func (l Lookup) Display(t *colstore.Table) string {
	if l.Visible(t) {
		return parse.QuoteIdent(t.Name)
	}
	return QuotedName(l.CatalogOf(t), t)
}

// DisplayIndex is Display for an index of a table.
func (l Lookup) DisplayIndex(t *colstore.Table, name string) string {
	if found, _, ok := l.Index(parse.Name{Parts: []string{name}}); ok && found.ID == t.ID {
		return parse.QuoteIdent(name)
	}
	return parse.QuoteIdent(SchemaOf(l.CatalogOf(t), t)) + "." + parse.QuoteIdent(name)
}

// NotFound is the error of a name in a command, or of regclass, that finds no relation: of a schema that
// is not there, or of the name.
func (l Lookup) NotFound(n parse.Name) error {
	if err := CheckDatabase(n); err != nil {
		return err
	}
	if err := l.CheckSchema(n); err != nil {
		return err
	}
	if err := l.isIndex(n); err != nil {
		return err
	}
	return dberr.Newf(dberr.UndefinedTable, "relation \"%s\" does not exist", Name(nil, n))
}

// isIndex refuses the name of an index where a relation of another kind is meant.
func (l Lookup) isIndex(n parse.Name) error {
	if _, x, ok := l.Index(n); ok {
		return dberr.Newf(dberr.WrongObjectType, "\"%s\" is an index", x.Name)
	}
	return nil
}

// notIndex is the error of a name that no relation has, which may be that of an index.
func (b *Binder) notIndex(n parse.Name, otherwise error) error {
	if err := b.names().isIndex(n); err != nil {
		return err
	}
	return otherwise
}

// CheckSchema refuses a name in a schema that is not there.
func (l Lookup) CheckSchema(n parse.Name) error {
	s := n.Schema()
	if s == "" || s == TemporarySchema || IsSystemSchema(s) {
		return nil
	}
	if _, ok := l.Catalog.Schema(s); !ok {
		return SchemaMissing(s)
	}
	return nil
}

// LookupAt is what names mean in the present of a statement under a path.
func LookupAt(points Points, path []string) Lookup {
	l := Lookup{Catalog: points.Present().Catalog(), Path: path}
	if v := points.Temporary(); v != nil {
		l.Temporary = v.Catalog()
	}
	return l
}

// names is what names mean in the text that is being bound.
func (b *Binder) names() Lookup { return LookupAt(b.env.Points, b.path) }

// relation finds a relation of the present.
func (b *Binder) relation(n parse.Name) (*colstore.Table, bool) { return b.names().Relation(n) }

// SystemSchemas are the schemas of the system's views in which a name is to be looked up, in order.
func (l Lookup) SystemSchemas(n parse.Name) []string {
	if s := n.Schema(); s != "" {
		if IsSystemSchema(s) && !foreign(n) {
			return []string{s}
		}
		return nil
	}
	var list []string
	for i, s := range l.Path {
		if !IsSystemSchema(s) {
			continue
		}
		if _, hidden := l.Catalog.Relation(Name(l.Path[:i], n)); hidden {
			break
		}
		list = append(list, s)
	}
	return list
}

// SchemaOf is the name of the schema of a relation or a type in the catalog that it is from.
func SchemaOf(c *colstore.Catalog, t *colstore.Table) string {
	if t.ID >= colstore.FirstTemporary {
		return TemporarySchema
	}
	return c.SchemaOf(t)
}

// NameOf is a name that finds a relation or a type of the catalog c in every session.
func NameOf(c *colstore.Catalog, t *colstore.Table) parse.Name {
	return parse.Name{Parts: []string{SchemaOf(c, t), t.Name}}
}

// QuotedName is that name as text.
func QuotedName(c *colstore.Catalog, t *colstore.Table) string {
	return parse.QuoteIdent(SchemaOf(c, t)) + "." + parse.QuoteIdent(t.Name)
}
