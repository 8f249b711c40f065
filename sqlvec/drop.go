package sqlvec

import (
	"fmt"
	"slices"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/parse"
)

// dependentObjects is the error of an object that others need.
const dependentObjects = "2BP01"

var objectNames = map[parse.ObjectKind]string{
	parse.ObjectTable: "TABLE", parse.ObjectView: "VIEW", parse.ObjectMaterializedView: "MATERIALIZED VIEW",
	parse.ObjectIndex: "INDEX", parse.ObjectSequence: "SEQUENCE", parse.ObjectType: "TYPE", parse.ObjectDomain: "DOMAIN", parse.ObjectSchema: "SCHEMA",
}

var relationKinds = map[parse.ObjectKind]colstore.RelationKind{
	parse.ObjectTable: colstore.KindTable, parse.ObjectView: colstore.KindView, parse.ObjectSequence: colstore.KindSequence,
	parse.ObjectMaterializedView: colstore.KindTable,
}

// drop runs DROP TABLE, VIEW, SEQUENCE and INDEX.
func (r *run) drop(st *parse.Drop) error {
	kind := objectNames[st.Object]
	r.result.tag = "DROP " + kind
	if st.Object == parse.ObjectIndex {
		for _, n := range st.Names {
			if err := r.dropIndex(n, st.IfExists, st.Cascade); err != nil {
				return err
			}
		}
		return nil
	}
	if st.Object == parse.ObjectSchema {
		return r.dropSchemas(st)
	}
	if st.Object == parse.ObjectType || st.Object == parse.ObjectDomain {
		return r.dropTypes(st)
	}
	want, ok := relationKinds[st.Object]
	if !ok {
		return notSupported(st, "DROP "+kind+" is")
	}
	materialized := st.Object == parse.ObjectMaterializedView
	d := &dropping{run: r, cascade: st.Cascade, gone: map[uint32]bool{}}
	for _, n := range st.Names {
		t, err := r.dropTarget(n, want, materialized, st.IfExists)
		if err != nil {
			return err
		}
		if t != nil && !d.gone[t.ID] {
			d.add(t)
			d.named++
		}
	}
	return d.execute()
}

// dropTarget finds what a DROP names, nil when it is not there and need not be.
func (r *run) dropTarget(n parse.Name, want colstore.RelationKind, materialized, ifExists bool) (*colstore.Table, error) {
	word := kindNames[want]
	if materialized {
		word = "materialized view"
	}
	t, ok := r.relation(n)
	switch {
	case !ok && ifExists:
		r.missing(word, n)
		return nil, nil
	case !ok:
		if _, x, isIndex := r.index(n); isIndex {
			return nil, dberr.Newf(dberr.WrongObjectType, "\"%s\" is not a %s", x.Name, word).WithHint("Use DROP INDEX to remove an index.")
		}
		if _, err := r.Present().Relation(r.names().Name(n)); err != nil && dberr.CodeOf(err) != dberr.UndefinedTable {
			return nil, err
		}
		if err := r.names().NotFound(n); dberr.CodeOf(err) != dberr.UndefinedTable {
			return nil, err
		}
		return nil, dberr.Newf(dberr.UndefinedTable, "%s \"%s\" does not exist", word, n.Last())
	case t.Kind != want || t.Materialized() != materialized:
		is := kindName(t)
		return nil, dberr.Newf(dberr.WrongObjectType, "\"%s\" is not a %s", t.Name, word).
			WithHint("Use DROP %s to remove a %s.", strings.ToUpper(is), is)
	}
	return t, nil
}

// dropping is a DROP at work: what goes, and what goes with it.
type dropping struct {
	run      *run
	cascade  bool
	named    int
	list     []*colstore.Table
	gone     map[uint32]bool
	details  []string       // who depends on what
	cascades []string       // what goes too
	actions  []func() error // what else is to be done, before the relations go
}

// add adds a relation with what belongs to it.
func (d *dropping) add(t *colstore.Table) {
	d.gone[t.ID] = true
	d.list = append(d.list, t)
	for _, s := range d.run.catalogOf(t).Owned(t.ID, 0) {
		if !d.gone[s.ID] {
			d.add(s)
		}
	}
}

// depend notes that an object depends on another one.
func (d *dropping) depend(what, on string) {
	d.details = append(d.details, what+" depends on "+on)
	d.cascades = append(d.cascades, "drop cascades to "+what)
}

// execute looks for dependents, then drops everything.
func (d *dropping) execute() error {
	for i := 0; i < len(d.list); i++ { // the list grows
		if err := d.dependents(d.list[i]); err != nil {
			return err
		}
	}
	if len(d.details) > 0 && !d.cascade {
		what := d.run.describe(d.list[0])
		msg := fmt.Sprintf("cannot drop %s because other objects depend on it", what)
		if d.named > 1 {
			msg = "cannot drop desired object(s) because other objects depend on them"
		}
		return dependentError(msg, d.details)
	}
	return d.finish()
}

// finish drops everything that was found.
func (d *dropping) finish() error {
	for _, action := range d.actions {
		if err := action(); err != nil {
			return err
		}
	}
	for _, t := range d.list {
		if err := d.run.s.txOf(t).DropTable(t); err != nil {
			return err
		}
	}
	d.run.noticeCascades(d.cascades)
	return nil
}

func dependentError(message string, details []string) error {
	return dberr.New(dependentObjects, message).WithDetail("%s", strings.Join(details, "\n")).
		WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
}

// noticeCascades says what went with what was dropped.
func (r *run) noticeCascades(list []string) {
	switch len(list) {
	case 0:
	case 1:
		r.s.notice("NOTICE", "00000", list[0])
	default:
		r.s.notice("NOTICE", "00000", fmt.Sprintf("drop cascades to %d other objects", len(list)))
		r.s.notices[len(r.s.notices)-1].Detail = strings.Join(list, "\n")
	}
}

// dependents looks for what needs a relation.
func (d *dropping) dependents(t *colstore.Table) error {
	on := d.run.describe(t)
	for _, v := range d.run.dependentViews(t.ID, 0) {
		if !d.gone[v.ID] {
			d.depend(d.run.describe(v), on)
			d.add(v)
		}
	}
	switch t.Kind {
	case colstore.KindSequence:
		return d.defaultsOf(t)
	case colstore.KindEnum:
		return d.columnsOf(t)
	case colstore.KindDomain:
		d.domainColumns(t)
		return nil
	}
	for _, id := range t.ReferencedBy {
		child, ok := d.run.catalogOf(t).TableByID(id)
		if !ok || d.gone[id] {
			continue
		}
		for _, f := range child.ForeignKeys {
			if f.Table == t.ID {
				d.depend(fmt.Sprintf("constraint %s on table %s", f.Name, d.run.display(child)), on)
				d.actions = append(d.actions, func() error {
					_, err := d.run.s.txOf(child).DropConstraint(child, f.Name)
					return err
				})
			}
		}
	}
	return nil
}

// defaultsOf looks for the defaults that take numbers from a sequence, which may be a temporary one of a permanent table.
func (d *dropping) defaultsOf(s *colstore.Table) error {
	tables := d.run.catalogOf(s).Tables()
	if isTemporary(s) {
		tables = append(tables, d.run.Present().Catalog().Tables()...)
	}
	for _, t := range tables {
		for i := range t.Columns {
			c := &t.Columns[i]
			if d.gone[t.ID] || !d.run.names().UsesSequence(c.Default, s) {
				continue
			}
			if c.Identity != colstore.NoIdentity {
				return dberr.Newf(dependentObjects, "cannot drop sequence %s because column %s of table %s requires it", d.run.display(s), c.Name, d.run.display(t)).
					WithHint("You can drop column %s of table %s instead.", c.Name, d.run.display(t))
			}
			d.depend(fmt.Sprintf("default value for column %s of table %s", c.Name, d.run.display(t)), d.run.describe(s))
			d.actions = append(d.actions, func() error {
				_, err := d.run.s.txOf(t).SetDefault(t, c.Name, "")
				return err
			})
		}
	}
	return nil
}

// dropIndex runs DROP INDEX. A unique index that foreign keys refer to holds them.
func (r *run) dropIndex(n parse.Name, ifExists, cascade bool) error {
	name := n.Last()
	t, x, ok := r.index(n)
	rel, isRelation := r.relation(n)
	switch {
	case !ok && isRelation:
		is := kindNames[rel.Kind]
		return dberr.Newf(dberr.WrongObjectType, "\"%s\" is not an index", name).
			WithHint("Use DROP %s to remove a %s.", strings.ToUpper(is), is)
	case !ok && ifExists:
		r.missing("index", n)
		return nil
	case !ok:
		if err := r.names().NotFound(n); dberr.CodeOf(err) != dberr.UndefinedTable {
			return err
		}
		return dberr.Newf(dberr.UndefinedObject, "index \"%s\" does not exist", name)
	case x.Constraint:
		return dberr.Newf(dependentObjects, "cannot drop index %s because constraint %s on table %s requires it", r.names().DisplayIndex(t, name), quoted(name), r.display(t)).
			WithHint("You can drop constraint %s on table %s instead.", quoted(name), r.display(t))
	}
	if err := r.releaseKey(t, x, "index "+r.names().DisplayIndex(t, name), cascade); err != nil {
		return err
	}
	_, err := r.s.txOf(t).DropIndex(colstore.Name{Schema: r.catalogOf(t).SchemaOf(t), Name: name})
	return err
}

// releaseKey drops the foreign keys that refer to a unique key, or refuses.
func (r *run) releaseKey(t *colstore.Table, x *colstore.Index, what string, cascade bool) error {
	catalog := r.catalogOf(t)
	var details, cascades []string
	var actions []func() error
	for _, id := range t.ReferencedBy {
		child, ok := catalog.TableByID(id)
		if !ok || !x.Unique {
			continue
		}
		for _, f := range child.ForeignKeys {
			if f.Table != t.ID || !sameColumns(f.RefColumns, x.Columns) || otherKey(t, x, f.RefColumns) {
				continue
			}
			dependent := fmt.Sprintf("constraint %s on table %s", f.Name, r.display(child))
			details = append(details, dependent+" depends on "+what)
			cascades = append(cascades, "drop cascades to "+dependent)
			actions = append(actions, func() error { _, err := r.s.txOf(child).DropConstraint(child, f.Name); return err })
		}
	}
	if len(details) > 0 && !cascade {
		return dependentError(fmt.Sprintf("cannot drop %s because other objects depend on it", what), details)
	}
	for _, action := range actions {
		if err := action(); err != nil {
			return err
		}
	}
	r.noticeCascades(cascades)
	return nil
}

// otherKey reports whether a table has another unique key over the same columns.
func otherKey(t *colstore.Table, x *colstore.Index, columns []uint32) bool {
	for _, k := range t.Keys() {
		if k.Unique && k.ID != x.ID && sameColumns(k.Columns, columns) {
			return true
		}
	}
	return false
}

// sameColumns reports whether two lists hold the same columns in any order.
func sameColumns(a, b []uint32) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}
