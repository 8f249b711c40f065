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

// createEnum runs CREATE TYPE … AS ENUM.
func (r *run) createEnum(st *parse.CreateEnum) error {
	r.result.tag = "CREATE TYPE"
	schema, err := r.newIn(st.Name)
	if err != nil {
		return err
	}
	labels := names(st.Labels)
	for i, l := range labels {
		if slices.Contains(labels[:i], l) {
			return dberr.New(dberr.UniqueViolation, "duplicate key value violates unique constraint \"pg_enum_typid_label_index\"").
				WithDetail("The label \"%s\" is there twice.", l)
		}
	}
	_, err = r.s.tx.open.CreateEnum(schema.ID, st.Name.Last(), labels)
	return err
}

// enumNamed finds the enumeration that a statement names.
func (r *run) enumNamed(n parse.Name) (*colstore.Table, error) {
	names := r.names()
	t, ok := names.Enum(n)
	if ok {
		return t, nil
	}
	if err := bind.CheckDatabase(n); err != nil {
		return nil, err
	}
	if err := names.CheckSchema(n); err != nil {
		return nil, err
	}
	return nil, dberr.Newf(dberr.UndefinedObject, "type \"%s\" does not exist", names.Name(n))
}

// alterEnum runs ALTER TYPE … ADD VALUE and RENAME VALUE.
func (r *run) alterEnum(st *parse.AlterEnum) error {
	r.result.tag = "ALTER TYPE"
	t, err := r.enumNamed(st.Name)
	if err != nil {
		return err
	}
	if st.Rename {
		return r.renameLabel(t, st.Label, st.NewLabel)
	}
	if slices.Contains(t.Labels, st.Label) {
		text := fmt.Sprintf("enum label \"%s\" already exists", st.Label)
		if st.IfNotExists {
			r.s.notice("NOTICE", dberr.DuplicateObject, text+", skipping")
			return nil
		}
		return dberr.New(dberr.DuplicateObject, text)
	}
	at := len(t.Labels)
	if st.HasPlace {
		beside := st.Before + st.After
		if at = slices.Index(t.Labels, beside); at < 0 {
			return noLabel(beside)
		}
		if st.Before != beside {
			at++
		}
	}
	_, err = r.s.tx.open.AlterEnum(t, t.Name, slices.Insert(slices.Clone(t.Labels), at, st.Label))
	return err
}

func noLabel(label string) error {
	return dberr.Newf(dberr.InvalidParameterValue, "\"%s\" is not an existing enum label", label)
}

// renameLabel gives a label another name. Rows hold labels, so those with the old one are
// written anew; the past keeps its own.
func (r *run) renameLabel(t *colstore.Table, from, to string) error {
	at := slices.Index(t.Labels, from)
	switch {
	case at < 0:
		return noLabel(from)
	case slices.Contains(t.Labels, to):
		return dberr.Newf(dberr.DuplicateObject, "enum label \"%s\" already exists", to)
	}
	if err := r.refuseLabel(t, from); err != nil {
		return err
	}
	both := slices.Insert(slices.Clone(t.Labels), at, to)
	now, err := r.s.tx.open.AlterEnum(t, t.Name, both)
	if err != nil {
		return err
	}
	for _, user := range r.Present().Catalog().EnumUsers(t.ID) {
		if user.Kind != colstore.KindTable {
			continue
		}
		for i := range user.Columns {
			if c := &user.Columns[i]; c.Type.Enum != nil && c.Type.Enum.ID == t.ID {
				if err := r.renameIn(user, c, from, to); err != nil {
					return err
				}
			}
		}
	}
	_, err = r.s.tx.open.AlterEnum(now, t.Name, slices.Delete(both, at+1, at+2))
	return err
}

// renameIn replaces a label in the rows of a table.
func (r *run) renameIn(t *colstore.Table, c *colstore.Column, from, to string) error {
	col, old, label := parse.QuoteIdent(c.Name), quotedText(from), quotedText(to)
	text := fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s = %s", r.wholeName(t), col, label, col, old)
	if c.Type.IsArray() {
		text = fmt.Sprintf("UPDATE %s SET %s = array_replace(%s, %s, %s) WHERE %s = ANY (%s)", r.wholeName(t), col, col, old, label, old, col)
	}
	list, err := parse.Parse(text)
	if err != nil {
		return err
	}
	tag := r.result.tag
	err = r.update(list[0].Stmt.(*parse.Update))
	r.result.tag, r.result.rows = tag, 0
	return err
}

func quotedText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// refuseLabel refuses to rename a label that the text of a definition holds.
func (r *run) refuseLabel(t *colstore.Table, label string) error {
	text := quotedText(label)
	for _, rel := range r.Present().Catalog().Relations() {
		held := strings.Contains(rel.Query, text)
		for _, c := range rel.Checks {
			held = held || strings.Contains(c.SQL, text)
		}
		for i := range rel.Columns {
			c := &rel.Columns[i]
			held = held || strings.Contains(c.Default, text) || strings.Contains(c.Generated, text) || c.Missing.Valid && c.Type.Enum != nil && c.Type.Enum.ID == t.ID
		}
		if held {
			return dberr.Newf(dberr.FeatureNotSupported, "cannot rename label \"%s\": the definition of %s may name it", label, r.describe(rel))
		}
	}
	return nil
}

// renameType runs ALTER TYPE and ALTER DOMAIN … RENAME TO and SET SCHEMA.
func (r *run) renameType(st *parse.AlterTable) error {
	r.result.tag = "ALTER TYPE"
	if st.Object == parse.ObjectDomain {
		r.result.tag = "ALTER DOMAIN"
	}
	t, err := r.typeFor(st.Object, st.Name)
	if err != nil {
		return err
	}
	switch a := &st.Actions[0]; a.Kind {
	case parse.SetOwner:
		return r.checkOwner(a.NewName, a.IsUser)
	case parse.SetSchema:
		_, err = r.setSchema(t, a.NewName)
		return err
	case parse.RenameObject:
		m, err := r.moving([]*colstore.Table{t})
		if err != nil {
			return err
		}
		if t.Kind == colstore.KindDomain {
			_, err = r.s.tx.open.RenameDomain(t, a.NewName.Name)
		} else {
			_, err = r.s.tx.open.AlterEnum(t, a.NewName.Name, t.Labels)
		}
		if err != nil {
			return err
		}
		return m.finish()
	}
	return notSupported(st, "this form of "+r.result.tag+" is")
}

// dropTypes runs DROP TYPE and DROP DOMAIN.
func (r *run) dropTypes(st *parse.Drop) error {
	d := &dropping{run: r, cascade: st.Cascade, gone: map[uint32]bool{}}
	for _, n := range st.Names {
		t, err := r.typeFor(st.Object, n)
		if err != nil && st.IfExists && dberr.CodeOf(err) != dberr.WrongObjectType {
			r.missing("type", n)
			continue
		}
		if err != nil {
			return err
		}
		if !d.gone[t.ID] {
			d.add(t)
			d.named++
		}
	}
	if len(d.list) == 0 {
		return nil
	}
	return d.execute()
}

// columnsOf looks for the columns of an enumeration.
func (d *dropping) columnsOf(e *colstore.Table) error {
	users := d.run.Present().Catalog().EnumUsers(e.ID)
	if v := d.run.Temporary(); v != nil {
		users = append(users, v.Catalog().EnumUsers(e.ID)...)
	}
	for _, t := range users {
		if t.Kind != colstore.KindTable || d.gone[t.ID] {
			continue
		}
		for i := range t.Columns {
			c := &t.Columns[i]
			if c.Type.Enum == nil || c.Type.Enum.ID != e.ID {
				continue
			}
			d.column(t, c, d.run.describe(e)+markIf(c.Type.IsArray(), "[]"))
		}
	}
	return nil
}
