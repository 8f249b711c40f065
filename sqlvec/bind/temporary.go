package bind

import (
	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/parse"
)

// TemporarySchema is the schema of the session's temporary tables.
const TemporarySchema = "pg_temp"

// temporary finds one of the session's temporary tables.
func (b *Binder) temporary(n parse.Name) (tableAt, bool) {
	t, ok := b.names().TemporaryRelation(n)
	if !ok {
		return tableAt{}, false
	}
	return tableAt{view: b.env.Points.Temporary(), table: t}, true
}

// bindTemporary binds a reference to a temporary table, view or sequence; ok is false where there is none of
// the name. Tables have no past: what holds for those around leaves them as they are. A view is what it is
// now, and reads the past of the permanent tables in it.
func (b *Binder) bindTemporary(t *parse.TableRef, parent *scope) (f from, ok bool, err error) {
	ref, ok := b.temporary(t.Name)
	if !ok {
		return from{}, false, nil
	}
	b.record.noteTable(t, ref)
	switch {
	case ref.table.Kind == colstore.KindView:
		if ref.period, err = b.periodOf(t.SystemTime); err == nil {
			ref.temporal, ref.ranged = ref.period != nil, ref.period != nil && ref.period.ranged()
			f, err = b.bindRelation(ref, t, parent)
		}
	case t.SystemTime != nil:
		err = dberr.Newf(dberr.FeatureNotSupported, "temporary table \"%s\" has no past", ref.table.Name).At(int(t.SystemTime.Position()))
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
