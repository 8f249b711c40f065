package sqlvec

import (
	"fmt"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/parse"
)

// createMaterialized runs CREATE MATERIALIZED VIEW: a table that keeps the query that its rows
// come from. Its past is that of any table.
func (r *run) createMaterialized(st *parse.CreateView) error {
	r.result.tag = "CREATE MATERIALIZED VIEW"
	if len(st.Options) > 0 {
		return notSupported(&st.Options[0], "options of views are")
	}
	schema, err := r.newIn(st.Name)
	if err != nil {
		return err
	}
	name := st.Name.Last()
	if r.taken(schema.ID, name, false) {
		if st.IfNotExists {
			r.s.notice("NOTICE", dberr.DuplicateTable, fmt.Sprintf("relation \"%s\" already exists, skipping", name))
			return nil
		}
		return dberr.Newf(dberr.DuplicateTable, "relation \"%s\" already exists", name)
	}
	def, err := r.binder().View(st.Query)
	if err != nil {
		return err
	}
	if readsTemporary(&def) {
		return dberr.New(dberr.FeatureNotSupported, "materialized views must not use temporary tables or views")
	}
	def.Schema, def.Name = schema.ID, name
	if err := nameColumns(def.Columns, st.Columns); err != nil {
		return err
	}
	if len(def.Columns) == 0 {
		return notSupported(st, "materialized views without columns are")
	}
	t, err := r.s.tx.open.CreateMaterialized(def, !st.NoData)
	if err != nil || st.NoData {
		return err
	}
	if err := r.refill(t); err != nil {
		return err
	}
	r.result.tag = fmt.Sprintf("SELECT %d", r.result.rows)
	return nil
}

// refreshView runs REFRESH MATERIALIZED VIEW.
func (r *run) refreshView(st *parse.RefreshView) error {
	r.result.tag = "REFRESH MATERIALIZED VIEW"
	t, ok := r.relation(st.Name)
	switch {
	case st.Concurrently && st.NoData:
		return dberr.New(dberr.SyntaxError, "CONCURRENTLY and WITH NO DATA options cannot be used together")
	case !ok:
		return r.names().NotFound(st.Name)
	case !t.Materialized():
		return dberr.Newf(dberr.FeatureNotSupported, "\"%s\" is not a materialized view", t.Name)
	case st.Concurrently && t.Unpopulated:
		return dberr.New(dberr.FeatureNotSupported, "CONCURRENTLY cannot be used when the materialized view is not populated")
	case st.Concurrently && !hasUnique(t):
		return dberr.Newf(dberr.ObjectNotInPrerequisite, "cannot refresh materialized view \"%s.%s\" concurrently", r.Present().Catalog().SchemaOf(t), t.Name).
			WithHint("Create a unique index with no WHERE clause on one or more columns of the materialized view.")
	}
	var err error
	if t.Unpopulated != st.NoData {
		if t, err = r.s.tx.open.SetPopulated(t, !st.NoData); err != nil {
			return err
		}
	}
	if st.NoData {
		if _, err := r.s.tx.open.Truncate(r.ctx, t); err != nil {
			return err
		}
		return r.s.endChecks(r.ctx)
	}
	return r.refill(t)
}

func hasUnique(t *colstore.Table) bool {
	for _, x := range t.Keys() {
		if x.Unique {
			return true
		}
	}
	return false
}

// refill brings the rows of a materialized view to what its query answers. Rows that stay are left
// alone, so that the past shows what has changed and no more.
func (r *run) refill(t *colstore.Table) error {
	node, err := r.binder().Refresh(t)
	if err != nil {
		return err
	}
	wanted, err := r.collect(node, columnTypes(t))
	if err != nil {
		return err
	}
	had, err := r.rowsByContent(t)
	if err != nil {
		return err
	}
	all := wanted.batch()
	all.Sel = make([]uint64, vec.Words(all.N))
	var key []byte
	for i := range all.N {
		key = contentOf(key[:0], all.Cols, i)
		if rids := had[string(key)]; len(rids) > 0 {
			had[string(key)] = rids[1:]
			continue
		}
		all.Sel[i>>6] |= 1 << (uint(i) & 63)
	}
	var gone []uint64
	for _, rids := range had {
		gone = append(gone, rids...)
	}
	if len(gone) > 0 {
		if err := r.s.tx.open.Delete(r.ctx, t, gone); err != nil {
			return err
		}
	}
	if _, err := r.s.tx.open.Insert(r.ctx, t, t.ColumnIDs(), all); err != nil {
		return err
	}
	r.result.rows = int64(wanted.n)
	return r.s.endChecks(r.ctx)
}

// rowsByContent lists the rows of a table by what is in them.
func (r *run) rowsByContent(t *colstore.Table) (map[string][]uint64, error) {
	node, err := r.binder().Rows(t)
	if err != nil {
		return nil, err
	}
	rows := map[string][]uint64{}
	var key []byte
	err = r.stream(node, func(b *vec.Batch) error {
		for i := range b.N {
			if b.Sel != nil && b.Sel[i>>6]&(1<<(uint(i)&63)) == 0 {
				continue
			}
			key = contentOf(key[:0], b.Cols[1:], i)
			rows[string(key)] = append(rows[string(key)], uint64(b.Cols[0].Int(i)))
		}
		return nil
	})
	return rows, err
}

// contentOf encodes a row so that the same values, byte for byte, are the same text.
func contentOf(dst []byte, cols []vec.Vec, i int) []byte {
	for c := range cols {
		if cols[c].IsNull(i) {
			dst = append(dst, 0)
			continue
		}
		text := types.Format(cols[c].Value(i))
		dst = append(append(dst, 1), fmt.Sprintf("%d:", len(text))...)
		dst = append(dst, text...)
	}
	return dst
}
