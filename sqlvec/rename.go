package sqlvec

import (
	"fmt"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/parse"
)

// alterRelation runs ALTER VIEW, SEQUENCE and INDEX, which rename.
func (r *run) alterRelation(st *parse.AlterTable) error {
	kind := objectNames[st.Object]
	r.result.tag = "ALTER " + kind
	if st.Object == parse.ObjectIndex {
		return r.alterIndex(st)
	}
	want, ok := relationKinds[st.Object]
	if !ok {
		return notSupported(st, "ALTER "+kind+" is")
	}
	t, ok := r.relation(st.Name)
	switch {
	case !ok && st.IfExists:
		r.missing("relation", st.Name)
		return nil
	case !ok:
		return r.names().NotFound(st.Name)
	case st.Object == parse.ObjectMaterializedView && !t.Materialized():
		return dberr.Newf(dberr.WrongObjectType, "\"%s\" is not a materialized view", t.Name)
	case t.Kind != want && st.Object != parse.ObjectTable:
		return dberr.Newf(dberr.WrongObjectType, "\"%s\" is not a %s", t.Name, kindNames[want])
	}
	for i := range st.Actions {
		a := &st.Actions[i]
		var err error
		switch a.Kind {
		case parse.RenameObject:
			t, err = r.renameRelation(t, a.NewName.Name)
		case parse.SetOwner:
			err = r.checkOwner(a.NewName, a.IsUser)
		case parse.SetSchema:
			t, err = r.setSchema(t, a.NewName)
		case parse.RenameColumn:
			t, err = r.renameColumn(t, a.Name, a.NewName.Name)
		default:
			err = notSupported(a, "this form of ALTER "+kind+" is")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// alterIndex runs ALTER INDEX … RENAME TO.
func (r *run) alterIndex(st *parse.AlterTable) error {
	t, x, ok := r.index(st.Name)
	switch {
	case !ok && st.IfExists:
		r.missing("relation", st.Name)
		return nil
	case !ok:
		return r.names().NotFound(st.Name)
	case st.Actions[0].Kind == parse.SetOwner:
		return dberr.Newf(dberr.WrongObjectType, "cannot change owner of index \"%s\"", x.Name).WithHint("Change the ownership of the index's table, instead.")
	case st.Actions[0].Kind != parse.RenameObject:
		return notSupported(st, "this form of ALTER INDEX is")
	}
	_, err := r.s.txOf(t).RenameIndex(t, x.Name, st.Actions[0].NewName.Name)
	return err
}

// renameRelation renames a table, view or sequence, in what reads it too.
func (r *run) renameRelation(t *colstore.Table, name string) (*colstore.Table, error) {
	m, err := r.moving([]*colstore.Table{t})
	if err != nil {
		return nil, err
	}
	n, err := r.s.txOf(t).RenameTable(t, name)
	if err != nil {
		return n, err
	}
	return n, m.finish()
}

// renamedViews finds the texts of the views that name a column of a relation, as they are under the new
// name. The function that it returns, to be called when the name has changed, writes them.
func (r *run) renamedViews(t *colstore.Table, column uint32, to string) (func() error, error) {
	views := r.dependentViews(t.ID, 0)
	return r.rewrittenViews(views, "rename", func(v *colstore.Table) (string, error) { return r.binder().Renamed(v, t, column, to) })
}

// rewrittenViews finds the texts that views have after a change of what they read. The function that it
// returns, to be called when the change has been made, writes them.
func (r *run) rewrittenViews(views []*colstore.Table, verb string, text func(v *colstore.Table) (string, error)) (func() error, error) {
	texts := make([]string, len(views))
	for i, v := range views {
		var err error
		if texts[i], err = text(v); dberr.CodeOf(err) == dberr.UndefinedTable && isTemporary(v) {
			texts[i] = v.Query // another session has given what it reads other names
			continue
		}
		if err != nil {
			if e, ok := err.(*dberr.Error); ok { // its place is one in the view's text
				moved := *e
				moved.Pos = 0
				return nil, &moved
			}
			return nil, err
		}
	}
	return func() error {
		for i, v := range views {
			if texts[i] == v.Query {
				continue
			}
			n, err := r.s.txOf(v).SetQuery(v, texts[i])
			if err == nil {
				_, err = r.binder().Refresh(n)
			}
			if err != nil {
				return dberr.Newf(dberr.FeatureNotSupported, "cannot %s: view %s, which names it, would not be valid any more", verb, v.Name).
					WithDetail("%v", err).WithHint("Drop the view, and create it again afterwards.")
			}
		}
		return nil
	}, nil
}

// renameColumn renames a column of a table or view, in the table's constraints too.
func (r *run) renameColumn(t *colstore.Table, from parse.Ident, to string) (*colstore.Table, error) {
	c, ok := t.ColumnByName(from.Name)
	if !ok {
		return nil, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" does not exist", from.Name)
	}
	rename, err := r.renamedViews(t, c.ID, to)
	if err != nil {
		return nil, err
	}
	n, err := r.s.txOf(t).RenameColumn(t, c.Name, to)
	if err == nil {
		err = rename()
	}
	if err != nil {
		return nil, err
	}
	return r.renameInExpressions(n, c.Name, to)
}

// renameInExpressions changes the name of a column in the stored conditions of its table.
func (r *run) renameInExpressions(t *colstore.Table, from, to string) (*colstore.Table, error) {
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Generated == "" {
			continue
		}
		text, err := renamedIn(c.Generated, from, to)
		if err != nil {
			return nil, err
		}
		if t, err = r.s.txOf(t).SetGenerated(t, c.Name, text, keyText(c, text)); err != nil {
			return nil, err
		}
	}
	if len(t.Checks) == 0 {
		return t, nil
	}
	texts := make([]string, len(t.Checks))
	for i, c := range t.Checks {
		text, err := renamedIn(c.SQL, from, to)
		if err != nil {
			return nil, err
		}
		texts[i] = text
	}
	return r.s.txOf(t).SetCheckText(t, texts)
}

// renamedIn returns an expression with a column under its new name.
func renamedIn(text, from, to string) (string, error) {
	e, err := parse.ParseExpr(text)
	if err != nil {
		return "", err
	}
	parse.ColumnRefs(e, func(ref *parse.ColumnRef) {
		if last := len(ref.Parts) - 1; ref.Parts[last] == from {
			ref.Parts[last] = to
		}
	})
	return parse.Format(e), nil
}

// nextvalText is the default of a column of a table that takes numbers from a sequence of its schema.
func (r *run) nextvalText(t *colstore.Table, sequence string) string {
	schema := bind.SchemaOf(r.catalogOf(t), t)
	name := quoted(schema) + "." + quoted(sequence)
	if schema == colstore.PublicName {
		name = sequence
	}
	return "nextval('" + strings.ReplaceAll(name, "'", "''") + "'::regclass)"
}

// missing says that what a statement names is not there, and need not be.
func (r *run) missing(what string, n parse.Name) {
	if err := r.names().CheckSchema(n); err != nil && what != "relation" {
		r.s.notice("NOTICE", "00000", fmt.Sprintf("schema \"%s\" does not exist, skipping", n.Schema()))
		return
	}
	r.s.notice("NOTICE", "00000", fmt.Sprintf("%s \"%s\" does not exist, skipping", what, n.Last()))
}

// wholeName is a name of a table that finds it in any session.
func (r *run) wholeName(t *colstore.Table) string { return bind.QuotedName(r.catalogOf(t), t) }
