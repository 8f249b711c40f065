package sqlvec

import (
	"slices"

	"driftdb/internal/dberr"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/parse"
)

// commentOn runs COMMENT ON.
func (r *run) commentOn(st *parse.CommentOn) error {
	r.result.tag = "COMMENT"
	if st.Object == parse.ObjectSchema {
		s, ok := r.Present().Catalog().Schema(st.Name.Last())
		if !ok {
			return bind.SchemaMissing(st.Name.Last())
		}
		_, err := r.s.tx.open.SetComment(s, 0, "", st.Text)
		return err
	}
	if st.Object == parse.ObjectType || st.Object == parse.ObjectDomain {
		t, err := r.typeFor(st.Object, st.Name)
		if err != nil {
			return err
		}
		_, err = r.s.tx.open.SetComment(t, 0, "", st.Text)
		return err
	}
	if st.Object == parse.ObjectIndex {
		t, x, ok := r.index(st.Name)
		if !ok {
			return r.names().NotFound(st.Name)
		}
		_, err := r.s.txOf(t).SetComment(t, 0, x.Name, st.Text)
		return err
	}
	t, ok := r.relation(st.Name)
	if !ok {
		return r.names().NotFound(st.Name)
	}
	var column uint32
	switch {
	case st.Column != "":
		c, ok := t.ColumnByName(st.Column)
		if !ok {
			return dberr.Newf(dberr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", st.Column, t.Name)
		}
		column = c.ID
	case st.Constraint != "":
		if !slices.Contains(t.ConstraintNames(), st.Constraint) {
			return dberr.Newf(dberr.UndefinedObject, "constraint \"%s\" for table \"%s\" does not exist", st.Constraint, t.Name)
		}
	default:
		if want := relationKinds[st.Object]; t.Kind != want {
			return dberr.Newf(dberr.WrongObjectType, "\"%s\" is not a %s", t.Name, kindNames[want])
		}
	}
	_, err := r.s.txOf(t).SetComment(t, column, st.Constraint, st.Text)
	return err
}
