package bind

import (
	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/parse"
)

// TemporarySchema is the schema of the session's temporary tables.
const TemporarySchema = "pg_temp"

// NameOf is a name that finds a table even where a temporary one hides it.
func NameOf(t *colstore.Table) parse.Name {
	if t.ID >= colstore.FirstTemporary {
		return parse.Name{Parts: []string{t.Name}}
	}
	return parse.Name{Parts: []string{PublicSchema, t.Name}}
}

// MayBeTemporary reports whether a name can be that of a temporary table.
func MayBeTemporary(n parse.Name) bool { return n.Schema() == "" || n.Schema() == TemporarySchema }

// temporary finds one of the session's temporary tables. It hides a table of the same name.
func (b *Binder) temporary(n parse.Name) (tableAt, bool) {
	v := b.env.Points.Temporary()
	if v == nil || !MayBeTemporary(n) {
		return tableAt{}, false
	}
	t, ok := v.Catalog().Relation(n.Last())
	return tableAt{view: v, table: t}, ok
}

// bindTemporary binds a reference to a temporary table; ok is false where there is none of the name.
// They have no past: what holds for the tables around leaves them as they are.
func (b *Binder) bindTemporary(t *parse.TableRef, parent *scope) (f from, ok bool, err error) {
	ref, ok := b.temporary(t.Name)
	if !ok {
		return from{}, false, nil
	}
	switch {
	case t.SystemTime != nil:
		err = dberr.Newf(dberr.FeatureNotSupported, "temporary table \"%s\" has no past", ref.table.Name).At(int(t.SystemTime.Position()))
	case b.record != nil:
		err = dberr.New(dberr.FeatureNotSupported, "views of temporary tables are not supported").At(int(t.Position()))
	case ref.table.Kind != colstore.KindTable:
		f, err = b.bindRelation(ref, t, parent)
	default:
		if f, err = b.scan(ref, t.Alias, parent); err == nil {
			f, err = b.lockScan(t, ref, f)
		}
	}
	return f, true, err
}

// viewOf is the present of a table.
func (b *Binder) viewOf(t *colstore.Table) *colstore.View {
	if v := b.env.Points.Temporary(); v != nil && t.ID >= colstore.FirstTemporary {
		return v
	}
	return b.env.Points.Present()
}
