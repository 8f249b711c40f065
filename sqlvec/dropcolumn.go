package sqlvec

import (
	"fmt"
	"slices"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/parse"
)

// onlyRenames reports whether ALTER TABLE names a view or a sequence and only renames or moves it,
// which PostgreSQL allows.
func (r *run) onlyRenames(st *parse.AlterTable) bool {
	t, ok := r.relation(st.Name)
	if !ok || t.Kind == colstore.KindTable {
		return false
	}
	switch st.Actions[0].Kind {
	case parse.RenameObject, parse.RenameColumn, parse.SetSchema, parse.SetOwner:
		return true
	}
	return false
}

// dropColumn runs DROP COLUMN. Views that read the column, and foreign keys that refer to it,
// hold it unless they are to go too; its sequences and constraints go with it.
func (r *run) dropColumn(t *colstore.Table, c *colstore.Column, cascade bool) (*colstore.Table, error) {
	catalog := r.catalogOf(t)
	what := fmt.Sprintf("column %s of table %s", c.Name, r.display(t))
	d := &dropping{run: r, cascade: cascade, gone: map[uint32]bool{}}
	for _, v := range r.dependentViews(t.ID, c.ID) {
		if !d.gone[v.ID] {
			d.depend(r.describe(v), what)
			d.add(v)
		}
	}
	d.referrers(t, c.ID, what)
	for i := 0; i < len(d.list); i++ {
		if err := d.dependents(d.list[i]); err != nil {
			return nil, err
		}
	}
	if len(d.details) > 0 && !cascade {
		return nil, dependentError(fmt.Sprintf("cannot drop %s because other objects depend on it", what), d.details)
	}
	for _, s := range catalog.Owned(t.ID, c.ID) {
		d.gone[s.ID] = true
		d.list = append(d.list, s)
	}
	if err := d.finish(); err != nil {
		return nil, err
	}
	rewrite, err := r.rewrittenViews(r.dependentViews(t.ID, 0), "drop", func(v *colstore.Table) (string, error) { return r.binder().Dropped(v, t, c.ID) })
	if err != nil {
		return nil, err
	}
	if t, err = r.dropKeysOf(t, c.Name); err != nil {
		return nil, err
	}
	n, err := r.s.txOf(t).DropColumn(t, c.Name)
	if err == nil {
		err = rewrite()
	}
	return n, err
}

// referrers notes the foreign keys that refer to a column of a table.
func (d *dropping) referrers(t *colstore.Table, column uint32, what string) {
	for _, id := range t.ReferencedBy {
		child, ok := d.run.catalogOf(t).TableByID(id)
		if !ok {
			continue
		}
		for _, f := range child.ForeignKeys {
			if f.Table != t.ID || !slices.Contains(f.RefColumns, column) {
				continue
			}
			d.depend(fmt.Sprintf("constraint %s on table %s", f.Name, d.run.display(child)), what)
			d.actions = append(d.actions, func() error {
				_, err := d.run.s.txOf(child).DropConstraint(child, f.Name)
				return err
			})
		}
	}
}

// refuseRetype refuses another type for a column that a view reads.
func (r *run) refuseRetype(t *colstore.Table, c *colstore.Column) error {
	views := r.dependentViews(t.ID, c.ID)
	if len(views) == 0 {
		return nil
	}
	return dberr.New(dberr.FeatureNotSupported, "cannot alter type of a column used by a view or rule").
		WithDetail("rule _RETURN on %s depends on column \"%s\"", r.describe(views[0]), c.Name)
}
