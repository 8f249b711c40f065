package sqlvec

import (
	"fmt"
	"slices"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/parse"
)

// createSchema runs CREATE SCHEMA, and the statements in it.
func (r *run) createSchema(st *parse.CreateSchema) error {
	name, err := r.schemaName(st)
	if err != nil {
		return err
	}
	if err := checkSchemaName(name); err != nil {
		return err
	}
	if st.IfNotExists && len(st.Elements) > 0 {
		return dberr.New(dberr.FeatureNotSupported, "CREATE SCHEMA IF NOT EXISTS cannot include schema elements").At(int(st.Elements[0].Position()))
	}
	_, exists := r.Present().Catalog().Schema(name)
	switch {
	case exists && st.IfNotExists:
		r.s.notice("NOTICE", dberr.DuplicateSchema, fmt.Sprintf("schema \"%s\" already exists, skipping", name))
	case exists || bind.IsSystemSchema(name):
		return dberr.Newf(dberr.DuplicateSchema, "schema \"%s\" already exists", name)
	default:
		if _, err := r.s.tx.open.CreateSchema(name); err != nil {
			return err
		}
	}
	err = r.schemaElements(name, st.Elements)
	r.result.tag, r.result.rows = "CREATE SCHEMA", 0
	return err
}

// schemaName is the name of a new schema: without one it has that of its owner, who can only be the user.
func (r *run) schemaName(st *parse.CreateSchema) (string, error) {
	if st.Owner.Name != "" {
		if err := r.checkOwner(st.Owner, st.OwnerIsUser); err != nil {
			return "", err
		}
	}
	if st.Name.Name == "" {
		return r.s.user, nil
	}
	return st.Name.Name, nil
}

// checkOwner checks the role that something shall belong to: the user is the only one.
func (r *run) checkOwner(role parse.Ident, isUser bool) error {
	if !isUser && role.Name != r.s.user {
		return dberr.Newf(dberr.UndefinedObject, "role \"%s\" does not exist", role.Name)
	}
	return nil
}

// checkSchemaName refuses names of schemas that the system keeps for itself.
func checkSchemaName(name string) error {
	if strings.HasPrefix(name, "pg_") {
		return dberr.Newf("42939", "unacceptable schema name \"%s\"", name).WithDetail("The prefix \"pg_\" is reserved for system schemas.")
	}
	return nil
}

// schemaElements runs the statements of CREATE SCHEMA, in which the new schema is the first of the path:
// sequences, then tables, views and indexes.
func (r *run) schemaElements(schema string, list []parse.Stmt) error {
	if len(list) == 0 {
		return nil
	}
	kind := func(st parse.Stmt) (order int, in string) {
		switch st := st.(type) {
		case *parse.CreateSequence:
			return 0, st.Name.Schema()
		case *parse.CreateTable:
			return 1, st.Name.Schema()
		case *parse.CreateView:
			return 2, st.Name.Schema()
		case *parse.CreateIndex:
			return 3, st.Table.Schema()
		}
		return 4, ""
	}
	for _, st := range list {
		if _, in := kind(st); in != "" && in != schema {
			return dberr.Newf("42P15", "CREATE specifies a schema (%s) different from the one being created (%s)", in, schema)
		}
	}
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b parse.Stmt) int { i, _ := kind(a); k, _ := kind(b); return i - k })
	path := r.s.set.searchPath
	r.s.set.searchPath = quotedWord(schema)
	if path != "" {
		r.s.set.searchPath += ", " + path
	}
	whole := r.stmt
	defer func() { r.s.set.searchPath, r.stmt = path, whole }()
	for _, st := range sorted {
		r.stmt = st
		if err := r.define(); err != nil {
			return err
		}
	}
	return nil
}

// schemaNamed finds the schema that a statement changes.
func (r *run) schemaNamed(n parse.Name) (*colstore.Table, error) {
	s, ok := r.Present().Catalog().Schema(n.Last())
	switch name := n.Last(); {
	case bind.IsSystemSchema(name):
		return nil, dberr.Newf(dependentObjects, "cannot change schema %s because it is required by the database system", name)
	case !ok:
		return nil, bind.SchemaMissing(name)
	}
	return s, nil
}

// alterSchema runs ALTER SCHEMA … RENAME TO. What names something of the schema names it anew.
func (r *run) alterSchema(st *parse.AlterTable) error {
	r.result.tag = "ALTER SCHEMA"
	s, err := r.schemaNamed(st.Name)
	if err != nil {
		return err
	}
	if a := &st.Actions[0]; a.Kind == parse.SetOwner {
		return r.checkOwner(a.NewName, a.IsUser)
	}
	to := st.Actions[0].NewName.Name
	if _, taken := r.Present().Catalog().Schema(to); taken || bind.IsSystemSchema(to) {
		return dberr.Newf(dberr.DuplicateSchema, "schema \"%s\" already exists", to)
	}
	if err := checkSchemaName(to); err != nil {
		return err
	}
	m, err := r.moving(r.Present().Catalog().InSchema(s.ID))
	if err != nil {
		return err
	}
	if _, err := r.s.tx.open.RenameSchema(s, to); err != nil {
		return err
	}
	return m.finish()
}

// setSchema runs SET SCHEMA of a relation or a type. The sequences of a table's columns go with it.
func (r *run) setSchema(t *colstore.Table, to parse.Ident) (*colstore.Table, error) {
	if isTemporary(t) {
		return nil, dberr.New(dberr.FeatureNotSupported, "cannot move objects into or out of temporary schemas")
	}
	if to.Name == bind.TemporarySchema {
		return nil, dberr.New(dberr.FeatureNotSupported, "cannot move objects into or out of temporary schemas")
	}
	if bind.IsSystemSchema(to.Name) {
		return nil, notSupported(parse.Name{Pos: to.Pos}, "moving something into the schema \""+to.Name+"\" is")
	}
	schema, ok := r.Present().Catalog().Schema(to.Name)
	if !ok {
		return nil, bind.SchemaMissing(to.Name)
	}
	if s := t.Sequence; s != nil && s.OwnerTable != 0 {
		if owner, ok := r.catalogOf(t).TableByID(s.OwnerTable); ok {
			return nil, dberr.New(dberr.FeatureNotSupported, "cannot move an owned sequence into another schema").
				WithDetail("Sequence \"%s\" is linked to table \"%s\".", t.Name, owner.Name)
		}
	}
	all := append([]*colstore.Table{t}, r.catalogOf(t).Owned(t.ID, 0)...)
	m, err := r.moving(all)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		if _, err := r.s.tx.open.SetSchema(one, schema); err != nil {
			return nil, err
		}
	}
	if err := m.finish(); err != nil {
		return nil, err
	}
	t, _ = r.catalogOf(t).TableByID(t.ID)
	return t, nil
}

// moving is a change of the names or schemas of relations and types: the texts of definitions that name
// them are written anew when it is done.
type moving struct {
	run    *run
	before bind.Lookup
	views  []*bind.Moved
}

// moving binds the views that name one of the list, before the change.
func (r *run) moving(list []*colstore.Table) (*moving, error) {
	m := &moving{run: r, before: r.names()}
	seen := map[uint32]bool{}
	for _, t := range list {
		for _, v := range r.dependentViews(t.ID, 0) {
			if seen[v.ID] {
				continue
			}
			seen[v.ID] = true
			moved, err := r.binder().Moving(v)
			if err != nil && isTemporary(v) {
				continue // another session has given what it reads other names
			}
			if err != nil {
				return nil, withoutPosition(err) // it is one in the view's text
			}
			m.views = append(m.views, moved)
		}
	}
	return m, nil
}

// finish writes the names that things have now.
func (m *moving) finish() error {
	r := m.run
	for _, moved := range m.views {
		text := moved.Text(r.names())
		if text == moved.View.Query {
			continue
		}
		v, ok := r.catalogOf(moved.View).TableByID(moved.View.ID)
		if !ok {
			continue
		}
		n, err := r.s.txOf(v).SetQuery(v, text)
		if err == nil {
			_, err = r.binder().Refresh(n)
		}
		if err != nil {
			return dberr.Newf(dberr.FeatureNotSupported, "cannot rename: view %s, which names it, would not be valid any more", v.Name).
				WithDetail("%v", err).WithHint("Drop the view, and create it again afterwards.")
		}
	}
	now := r.names()
	tables := now.Catalog.Tables()
	if now.Temporary != nil {
		tables = append(tables, now.Temporary.Tables()...)
	}
	for _, t := range tables {
		if err := m.expressions(t, now); err != nil {
			return err
		}
	}
	return nil
}

// expressions writes the names in the defaults, generated columns and conditions of a table.
func (m *moving) expressions(t *colstore.Table, now bind.Lookup) (err error) {
	tx := m.run.s.txOf(t)
	for _, c := range t.Columns {
		for _, text := range []struct {
			was string
			set func(*colstore.Table, string, string) (*colstore.Table, error)
		}{{c.Default, tx.SetDefault}, {c.Generated, func(t *colstore.Table, name, text string) (*colstore.Table, error) {
			return tx.SetGenerated(t, name, text, keyText(&c, text))
		}}} {
			if text.was == "" {
				continue
			}
			is, err := m.before.MovedExpr(text.was, now)
			if err != nil {
				return err
			}
			if is != text.was {
				if t, err = text.set(t, c.Name, is); err != nil {
					return err
				}
			}
		}
	}
	texts := make([]string, len(t.Checks))
	changed := false
	for i, c := range t.Checks {
		if texts[i], err = m.before.MovedExpr(c.SQL, now); err != nil {
			return err
		}
		changed = changed || texts[i] != c.SQL
	}
	if changed {
		_, err = tx.SetCheckText(t, texts)
	}
	return err
}

// dropSchemas runs DROP SCHEMA.
func (r *run) dropSchemas(st *parse.Drop) error {
	d := &dropping{run: r, cascade: st.Cascade, gone: map[uint32]bool{}}
	var schemas []*colstore.Table
	for _, n := range st.Names {
		s, ok := r.Present().Catalog().Schema(n.Last())
		switch {
		case bind.IsSystemSchema(n.Last()):
			return dberr.Newf(dependentObjects, "cannot drop schema %s because it is required by the database system", n.Last())
		case !ok && st.IfExists:
			r.s.notice("NOTICE", "00000", fmt.Sprintf("schema \"%s\" does not exist, skipping", n.Last()))
		case !ok:
			return bind.SchemaMissing(n.Last())
		case !slices.Contains(schemas, s):
			schemas = append(schemas, s)
		}
	}
	for _, s := range schemas {
		for _, t := range r.Present().Catalog().InSchema(s.ID) {
			d.gone[t.ID] = true
		}
	}
	for _, s := range schemas {
		if err := d.schema(s); err != nil {
			return err
		}
	}
	if len(d.details) > 0 && !d.cascade {
		if len(schemas) > 1 {
			return dependentError("cannot drop desired object(s) because other objects depend on them", d.details)
		}
		return dependentError(fmt.Sprintf("cannot drop schema %s because other objects depend on it", schemas[0].Name), d.details)
	}
	if err := d.finish(); err != nil {
		return err
	}
	for _, s := range schemas {
		if err := r.s.tx.open.DropTable(s); err != nil {
			return err
		}
	}
	return nil
}

// schema adds what is in a schema, each with what depends on it.
func (d *dropping) schema(s *colstore.Table) error {
	for _, t := range d.run.Present().Catalog().InSchema(s.ID) {
		if t.Sequence == nil || t.Sequence.OwnerTable == 0 { // others go with their tables
			d.depend(d.run.describe(t), "schema "+s.Name)
		}
		first := len(d.list)
		d.list = append(d.list, t)
		for i := first; i < len(d.list); i++ { // the list grows
			if err := d.dependents(d.list[i]); err != nil {
				return err
			}
		}
	}
	return nil
}
