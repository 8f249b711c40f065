package sqlvec

import (
	"slices"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/parse"
)

const defaultSearchPath = `"$user", public`

// setSearchPath keeps the list as it is written; schemas that are not there may be in it.
func setSearchPath(s *Session, value string, def bool) error {
	if def {
		value = defaultSearchPath
	}
	if _, ok := splitPath(value); !ok {
		return dberr.Newf(dberr.InvalidParameterValue, "invalid value for parameter \"search_path\": \"%s\"", value).
			WithDetail("List syntax is invalid.")
	}
	s.set.searchPath = value
	return nil
}

// pathText is the value of SET search_path: each value is one name, which is quoted where it has to be.
func pathText(list []parse.Expr, values []string) string {
	for i, v := range values {
		if lit, ok := list[i].(*parse.Literal); !ok || lit.Kind != parse.LitInt {
			values[i] = quotedWord(v)
		}
	}
	return strings.Join(values, ", ")
}

// quotedWord is a name that SHOW search_path prints: quoted unless it is a plain one.
func quotedWord(name string) string {
	if name == "" {
		return `""`
	}
	return parse.QuoteIdent(name)
}

// splitPath takes a list of names apart, which are in lower case unless they are quoted.
func splitPath(text string) (names []string, ok bool) {
	const space = " \t\n\r\f"
	rest := strings.TrimLeft(text, space)
	for first := true; rest != "" || !first; first = false {
		name := ""
		if quoted, isQuoted := strings.CutPrefix(rest, `"`); isQuoted {
			if name, rest, ok = cutQuoted(quoted); !ok {
				return nil, false
			}
		} else {
			end := strings.IndexAny(rest+",", ","+space)
			name, rest = strings.ToLower(rest[:end]), rest[end:]
			if name == "" {
				return nil, false
			}
		}
		names = append(names, name)
		rest = strings.TrimLeft(rest, space)
		if rest == "" {
			return names, true
		}
		if rest, ok = strings.CutPrefix(rest, ","); !ok {
			return nil, false
		}
		rest = strings.TrimLeft(rest, space)
	}
	return names, true
}

// cutQuoted reads a quoted name from behind its first quote.
func cutQuoted(text string) (name, rest string, ok bool) {
	for {
		end := strings.IndexByte(text, '"')
		if end < 0 {
			return "", "", false
		}
		name += text[:end]
		if text = text[end+1:]; !strings.HasPrefix(text, `"`) {
			return name, text, true
		}
		name, text = name+`"`, text[1:]
	}
}

// sessionPath is a search path taken apart.
type sessionPath struct {
	text, user string
	named      []string // the schemas that it names, in order
	whole      []string // those and the ones that are looked into without being named
}

// searchPath is the session's search path.
func (s *Session) searchPath() *sessionPath {
	if p := s.path; p != nil && p.text == s.set.searchPath && p.user == s.user {
		return p
	}
	p := &sessionPath{text: s.set.searchPath, user: s.user}
	names, _ := splitPath(p.text)
	for _, n := range names {
		if n == "$user" {
			n = s.user
		}
		if n != "" && !slices.Contains(p.named, n) {
			p.named = append(p.named, n)
		}
	}
	for _, implied := range []string{bind.TemporarySchema, bind.CatalogSchema} {
		if !slices.Contains(p.named, implied) {
			p.whole = append(p.whole, implied)
		}
	}
	p.whole = append(p.whole, p.named...)
	s.path = p
	return p
}

// schemaExists reports whether there is a schema, of the system or another.
func (s *Session) schemaExists(c *colstore.Catalog, name string) bool {
	if name == bind.TemporarySchema {
		return s.temp != nil
	}
	_, ok := c.Schema(name)
	return ok || bind.IsSystemSchema(name)
}

// schemas is current_schemas(): those of the path that there are.
func (s *Session) schemas(implied bool) []string {
	p := s.searchPath()
	list := p.named
	if implied {
		list = p.whole
	}
	catalog := catalogCalls{s}.catalog()
	return slices.DeleteFunc(slices.Clone(list), func(n string) bool { return !s.schemaExists(catalog, n) })
}

// names is what names of the statement mean.
func (r *run) names() bind.Lookup { return bind.LookupAt(r, r.s.searchPath().whole) }

// newIn is the schema in which a new object of a name is made: the one that it names, or the first of the
// path that there is.
func (r *run) newIn(n parse.Name) (*colstore.Table, error) {
	catalog := r.Present().Catalog()
	if err := bind.CheckDatabase(n); err != nil {
		return nil, err
	}
	name := n.Schema()
	if name == "" {
		if name = r.firstSchema(); name == "" {
			return nil, dberr.New(dberr.UndefinedSchema, "no schema has been selected to create in").At(int(n.Position()))
		}
	}
	switch {
	case bind.IsSystemSchema(name):
		return nil, dberr.Newf(dberr.InsufficientPrivilege, "permission denied to create \"%s.%s\"", name, n.Last()).
			WithDetail("System catalog modifications are currently disallowed.")
	case name == bind.TemporarySchema:
		return nil, notSupported(n, "temporary objects other than tables, views and sequences are")
	}
	schema, ok := catalog.Schema(name)
	if !ok {
		return nil, bind.SchemaMissing(name).At(int(n.Position()))
	}
	return schema, nil
}

// firstSchema is the first schema of the path that there is, "" for none.
func (r *run) firstSchema() string {
	for _, name := range r.s.searchPath().named {
		if name == bind.TemporarySchema || r.s.schemaExists(r.Present().Catalog(), name) {
			return name
		}
	}
	return ""
}

// Names are what names mean to a session in the catalog of a view, with what it has that is temporary.
type Names struct {
	lookup          bind.Lookup
	view, temporary *colstore.View // temporary is nil for none
}

// Names returns what names mean to the session in the catalog of a view.
func (s *Session) Names(v *colstore.View) Names {
	n := Names{lookup: bind.Lookup{Catalog: v.Catalog(), Path: s.searchPath().whole}, view: v, temporary: s.temporaryNow()}
	if n.temporary != nil {
		n.lookup.Temporary = n.temporary.Catalog()
	}
	return n
}

// Relations lists all tables, views and sequences, temporary ones last.
func (n Names) Relations() []*colstore.Table {
	list := n.lookup.Catalog.Relations()
	if n.lookup.Temporary != nil {
		list = append(list, n.lookup.Temporary.Relations()...)
	}
	return list
}

// View is the view that a table is of.
func (n Names) View(t *colstore.Table) *colstore.View {
	if isTemporary(t) && n.temporary != nil {
		return n.temporary
	}
	return n.view
}

// Relation finds the table, view or sequence that a name stands for, as it is written in a statement: 42P01
// when there is none.
func (n Names) Relation(typed string) (*colstore.Table, error) {
	name, err := bind.RelationName(typed)
	if err != nil {
		return nil, err
	}
	if t, ok := n.lookup.Relation(name); ok {
		return t, nil
	}
	return nil, dberr.Newf(dberr.UndefinedTable, "relation \"%s\" does not exist", n.lookup.Name(name))
}

// Visible reports whether the name of a relation or a type finds it without its schema.
func (n Names) Visible(t *colstore.Table) bool { return n.lookup.Visible(t) }

// Display is the name of a relation or a type, with its schema unless it is visible.
func (n Names) Display(t *colstore.Table) string {
	if n.Visible(t) {
		return t.Name
	}
	return n.Schema(t) + "." + t.Name
}

// Schema is the name of the schema that a relation or a type is in.
func (n Names) Schema(t *colstore.Table) string { return bind.SchemaOf(n.lookup.Catalog, t) }
