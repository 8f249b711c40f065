package sqlvec

import (
	"fmt"
	"slices"

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
	query := st.Query
	if st.Recursive {
		query = recursiveQuery(st)
	}
	def, err := r.binder().View(query)
	if err != nil {
		return err
	}
	if err := nameColumns(def.Columns, st.Columns); err != nil {
		return err
	}
	temporary, err := r.viewPlace(st, &def)
	if err != nil {
		return err
	}
	tx := r.txFor(temporary)
	catalog := tx.Catalog()
	old, exists := catalog.Relation(colstore.Name{Schema: catalog.SchemaOf(&colstore.Table{Schema: def.Schema}), Name: def.Name})
	if exists && !st.OrReplace || !exists && r.taken(def.Schema, def.Name, temporary) {
		return dberr.Newf(dberr.DuplicateTable, "relation \"%s\" already exists", def.Name)
	}
	if exists && old.Kind != colstore.KindView {
		return dberr.Newf(dberr.WrongObjectType, "\"%s\" is not a view", def.Name)
	}
	if err := r.checkOption(st, &def); err != nil {
		return err
	}
	if !exists {
		_, err = tx.CreateView(def)
		return err
	}
	if err := checkReplacement(old, def.Columns); err != nil {
		return err
	}
	_, err = tx.ReplaceView(old, def)
	return err
}

// viewPlace says where a new view is made, and whether it is temporary: by its word, by its schema, or
// because it names something temporary.
func (r *run) viewPlace(st *parse.CreateView, def *colstore.ViewDef) (temporary bool, err error) {
	def.Name, def.Schema = st.Name.Last(), colstore.PublicSchema
	if temporary, err = r.isTemporaryName(st.Name, st.Temp); err != nil {
		return false, err
	}
	if !temporary && readsTemporary(def) {
		r.s.notice("NOTICE", "00000", fmt.Sprintf("view \"%s\" will be a temporary view", def.Name))
		if temporary, err = r.isTemporaryName(st.Name, true); err != nil {
			return false, err
		}
	}
	if temporary {
		return true, r.s.openTemporary()
	}
	schema, err := r.newIn(st.Name)
	if err == nil {
		def.Schema = schema.ID
	}
	return false, err
}

// readsTemporary reports whether a view names one of the session's own tables, views or sequences.
func readsTemporary(def *colstore.ViewDef) bool {
	return slices.ContainsFunc(def.Depends, func(d colstore.Dependency) bool { return d.Table >= colstore.FirstTemporary })
}

// dependentViews are the views that read a relation, or one column of it when column is not 0, temporary
// ones last.
func (r *run) dependentViews(id, column uint32) []*colstore.Table {
	list := r.Present().Catalog().Dependents(id, column)
	if v := r.Temporary(); v != nil {
		list = append(list, v.Catalog().Dependents(id, column)...)
	}
	return list
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
	if why := bind.Updatable(v, r.names()); why != "" {
		return dberr.New(dberr.FeatureNotSupported, "WITH CHECK OPTION is supported only on automatically updatable views").WithHint("%s", why)
	}
	return nil
}

// plainView refuses the forms of CREATE VIEW that there are not.
func plainView(st *parse.CreateView) error {
	switch {
	case len(st.Options) > 0:
		return notSupported(&st.Options[0], "options of views are")
	case st.IfNotExists:
		return dberr.New(dberr.SyntaxError, "syntax error at or near \"NOT\"").At(int(st.Name.Position()))
	}
	return nil
}

// recursiveQuery is what CREATE RECURSIVE VIEW stands for: WITH RECURSIVE name (columns) AS (query) SELECT columns FROM name.
func recursiveQuery(st *parse.CreateView) *parse.Query {
	pos, name := st.Query.Pos, st.Name.Last()
	sel := &parse.Select{Pos: pos, From: []parse.TableExpr{&parse.TableRef{Pos: pos, Name: parse.Name{Pos: pos, Parts: []string{name}}}}}
	for _, c := range st.Columns {
		sel.Items = append(sel.Items, parse.SelectItem{Pos: pos, Expr: &parse.ColumnRef{Pos: c.Pos, Parts: []string{c.Name}}})
	}
	cte := &parse.CTE{Pos: pos, Name: parse.Ident{Pos: pos, Name: name}, Columns: st.Columns, Stmt: st.Query}
	return &parse.Query{Pos: pos, With: &parse.With{Pos: pos, Recursive: true, CTEs: []*parse.CTE{cte}}, Body: sel}
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
	colstore.KindTable: "table", colstore.KindView: "view", colstore.KindSequence: "sequence", colstore.KindEnum: "type", colstore.KindDomain: "type",
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
