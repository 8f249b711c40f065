package sqlvec

import (
	"fmt"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/parse"
)

// createView runs CREATE [OR REPLACE] VIEW.
func (r *run) createView(st *parse.CreateView) error {
	r.result.tag = "CREATE VIEW"
	if err := plainView(st); err != nil {
		return err
	}
	schema, err := r.newIn(st.Name)
	if err != nil {
		return err
	}
	name := st.Name.Last()
	old, exists := r.Present().Catalog().Relation(colstore.Name{Schema: schema.Name, Name: name})
	if exists && !st.OrReplace || !exists && r.taken(schema.ID, name, false) {
		return dberr.Newf(dberr.DuplicateTable, "relation \"%s\" already exists", name)
	}
	if exists && old.Kind != colstore.KindView {
		return dberr.Newf(dberr.WrongObjectType, "\"%s\" is not a view", name)
	}
	def, err := r.binder().View(st.Query)
	if err != nil {
		return err
	}
	def.Schema, def.Name = schema.ID, name
	if err := nameColumns(def.Columns, st.Columns); err != nil {
		return err
	}
	if err := r.checkOption(st, &def); err != nil {
		return err
	}
	if !exists {
		_, err = r.s.tx.open.CreateView(def)
		return err
	}
	if err := checkReplacement(old, def.Columns); err != nil {
		return err
	}
	_, err = r.s.tx.open.ReplaceView(old, def)
	return err
}

// checkOption reads WITH CHECK OPTION, which only views have that are written through.
func (r *run) checkOption(st *parse.CreateView, def *colstore.ViewDef) error {
	if st.CheckOption == "" {
		return nil
	}
	def.Check = colstore.CheckCascaded
	if st.CheckOption == "local" {
		def.Check = colstore.CheckLocal
	}
	v := &colstore.Table{Name: def.Name, Kind: colstore.KindView, Query: def.Query, Columns: def.Columns, CheckOption: def.Check}
	if why := bind.Updatable(v, r.Present().Catalog()); why != "" {
		return dberr.New(dberr.FeatureNotSupported, "WITH CHECK OPTION is supported only on automatically updatable views").WithHint("%s", why)
	}
	return nil
}

// plainView refuses the forms of CREATE VIEW that there are not.
func plainView(st *parse.CreateView) error {
	switch {
	case st.Temp:
		return notSupported(st, "temporary views are")
	case st.Recursive:
		return notSupported(st, "recursive views are")
	case len(st.Options) > 0:
		return notSupported(&st.Options[0], "options of views are")
	case st.IfNotExists:
		return dberr.New(dberr.SyntaxError, "syntax error at or near \"NOT\"").At(int(st.Name.Position()))
	}
	return nil
}

// nameColumns applies the column list of CREATE VIEW.
func nameColumns(cols []colstore.Column, names []parse.Ident) error {
	if len(names) > len(cols) {
		return dberr.New(dberr.SyntaxError, "CREATE VIEW specifies more column names than columns")
	}
	seen := map[string]bool{}
	for i := range cols {
		if i < len(names) {
			cols[i].Name = names[i].Name
		}
		if seen[cols[i].Name] {
			return dberr.Newf(dberr.DuplicateColumn, "column \"%s\" specified more than once", cols[i].Name)
		}
		seen[cols[i].Name] = true
	}
	return nil
}

// checkReplacement refuses a new query that changes the columns that a view has.
func checkReplacement(old *colstore.Table, cols []colstore.Column) error {
	if len(cols) < len(old.Columns) {
		return dberr.New(dberr.InvalidTableDefinition, "cannot drop columns from view")
	}
	for i := range old.Columns {
		was, is := &old.Columns[i], &cols[i]
		if was.Name != is.Name {
			return dberr.Newf(dberr.InvalidTableDefinition, "cannot change name of view column \"%s\" to \"%s\"", was.Name, is.Name).
				WithHint("Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.")
		}
		if was.Type != is.Type {
			return dberr.Newf(dberr.InvalidTableDefinition, "cannot change data type of view column \"%s\" from %s to %s", was.Name, was.Type, is.Type)
		}
	}
	return nil
}

// kindNames are the kinds of relations as messages call them.
var kindNames = map[colstore.RelationKind]string{
	colstore.KindTable: "table", colstore.KindView: "view", colstore.KindSequence: "sequence", colstore.KindEnum: "type",
}

// kindName is the kind of a relation as messages call it.
func kindName(t *colstore.Table) string {
	if t.Materialized() {
		return "materialized view"
	}
	return kindNames[t.Kind]
}

// describe is a relation or a type as lists of dependencies name it.
func (r *run) describe(t *colstore.Table) string {
	return fmt.Sprintf("%s %s", kindName(t), r.display(t))
}

// display is the name of a relation or a type, with its schema where the name alone does not find it.
func (r *run) display(t *colstore.Table) string { return r.names().Display(t) }
