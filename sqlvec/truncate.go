package sqlvec

import (
	"fmt"
	"slices"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/parse"
)

// truncate runs a TRUNCATE.
func (r *run) truncate(st *parse.Truncate) error {
	var list []*colstore.Table
	for _, n := range st.Tables {
		t, err := r.table(n)
		if err != nil {
			return err
		}
		if !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	list, err := r.truncatedToo(list, st.Cascade)
	if err != nil {
		return err
	}
	for _, t := range list {
		if _, err := r.s.txOf(t).Truncate(r.ctx, t); err != nil {
			return err
		}
		if !st.RestartIdentity {
			continue
		}
		for _, s := range r.s.txOf(t).Catalog().Owned(t.ID, 0) {
			if err := r.s.txOf(s).Restart(s, s.Sequence.Start); err != nil {
				return err
			}
		}
	}
	if err := r.s.endChecks(r.ctx); err != nil {
		return err
	}
	r.result.tag = "TRUNCATE TABLE"
	return nil
}

// truncatedToo adds the tables that refer to those truncated, or refuses.
func (r *run) truncatedToo(list []*colstore.Table, cascade bool) ([]*colstore.Table, error) {
	for i := 0; i < len(list); i++ { // the list grows
		for _, id := range list[i].ReferencedBy {
			child, ok := r.catalogOf(list[i]).TableByID(id)
			if !ok || slices.ContainsFunc(list, func(t *colstore.Table) bool { return t.ID == id }) {
				continue
			}
			if !cascade {
				return nil, dberr.New(dberr.FeatureNotSupported, "cannot truncate a table referenced in a foreign key constraint").
					WithDetail("Table \"%s\" references \"%s\".", child.Name, list[i].Name).
					WithHint("Truncate table \"%s\" at the same time, or use TRUNCATE ... CASCADE.", child.Name)
			}
			r.s.notice("NOTICE", "00000", fmt.Sprintf("truncate cascades to table \"%s\"", child.Name))
			list = append(list, child)
		}
	}
	return list, nil
}
