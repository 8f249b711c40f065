package sqlvec

import (
	"fmt"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// maxCascade is how deep the actions of foreign keys may follow each other.
const maxCascade = 64

// deleteRows ends rows of a table and does what the foreign keys to it say. old are their
// values, all columns in order; it may be nil where nothing refers to the table.
func (r *run) deleteRows(t *colstore.Table, rids []uint64, old *vec.Batch, depth int) error {
	if len(rids) == 0 {
		return nil
	}
	if err := r.lock(t, rids, colstore.LockUpdate); err != nil {
		return err
	}
	if err := r.s.txOf(t).Delete(r.ctx, t, rids); err != nil {
		return err
	}
	return r.eachReference(t, func(child *colstore.Table, f *colstore.ForeignKey) error {
		return r.follow(child, f, f.OnDelete, t, old, nil, depth)
	})
}

// updateRows replaces rows of a table and does what the foreign keys to it say. It returns the
// rows as they were written.
func (r *run) updateRows(t *colstore.Table, rids []uint64, strength colstore.LockStrength, old, rows *vec.Batch, depth int) (*vec.Batch, error) {
	if len(rids) == 0 {
		return rows, nil
	}
	if err := r.lock(t, rids, strength); err != nil {
		return nil, err
	}
	rows, err := r.updateBatch(t, rids, strength, rows)
	if err != nil {
		return nil, err
	}
	return rows, r.eachReference(t, func(child *colstore.Table, f *colstore.ForeignKey) error {
		return r.follow(child, f, f.OnUpdate, t, old, rows, depth)
	})
}

// eachReference calls fn with the foreign keys that refer to a table.
func (r *run) eachReference(t *colstore.Table, fn func(child *colstore.Table, f *colstore.ForeignKey) error) error {
	for _, id := range t.ReferencedBy {
		child, ok := r.catalogOf(t).TableByID(id)
		if !ok {
			continue
		}
		for i := range child.ForeignKeys {
			if f := &child.ForeignKeys[i]; f.Table == t.ID {
				if err := fn(child, f); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// follow does what a foreign key says about the rows that refer to old ones: new are the rows
// in their place, nil after a DELETE. NO ACTION and RESTRICT are checked when the statement ends.
func (r *run) follow(child *colstore.Table, f *colstore.ForeignKey, action colstore.RefAction, parent *colstore.Table, old, rows *vec.Batch, depth int) error {
	if action == colstore.NoAction || action == colstore.Restrict {
		return nil
	}
	if depth > maxCascade {
		return dberr.Newf(dberr.StatementTooComplex, "foreign keys cascade more than %d tables deep", maxCascade)
	}
	keys, err := changedKeys(parent, f, old, rows)
	if err != nil || keys.n == 0 {
		return err
	}
	follow := func() error { return r.followKeys(child, f, keys, action, rows != nil, depth) }
	if r.multi != nil && !r.multi.live {
		r.multi.actions = append(r.multi.actions, follow)
		return nil
	}
	return follow()
}

// followKeys does what a foreign key says about the rows that refer to keys, which have the new
// ones behind the old when updated is set.
func (r *run) followKeys(child *colstore.Table, f *colstore.ForeignKey, keys *rowSet, action colstore.RefAction, updated bool, depth int) error {
	change, err := r.binder().Referring(child, f, keys, action, updated)
	if err != nil {
		return err
	}
	rids, set, err := r.changedRows(change)
	if err != nil {
		return err
	}
	all, n := set.batch(), len(child.Columns)
	before := &vec.Batch{N: all.N, Cols: all.Cols[n:]}
	if action == colstore.Cascade && !updated {
		return r.deleteRows(child, rids, before, depth+1)
	}
	_, err = r.updateRows(child, rids, colstore.LockUpdate, before, &vec.Batch{N: all.N, Cols: all.Cols[:n]}, depth+1)
	return err
}

// changedKeys gathers the keys that a foreign key refers to and that changed: each once, the
// old values and, for rows, the new ones behind them.
func changedKeys(parent *colstore.Table, f *colstore.ForeignKey, old, rows *vec.Batch) (*rowSet, error) {
	var at []int
	var ts []types.Type
	for _, id := range f.RefColumns {
		for i := range parent.Columns {
			if parent.Columns[i].ID == id {
				at, ts = append(at, i), append(ts, parent.Columns[i].Type)
			}
		}
	}
	if rows != nil {
		ts = append(ts, ts...)
	}
	set := newRowSet(ts)
	seen := map[string]bool{}
	for i := range old.N {
		key, text, null, same := make([]types.Value, 0, len(ts)), "", false, rows != nil
		for _, c := range at {
			v := old.Cols[c].Value(i)
			null = null || !v.Valid
			key, text = append(key, v), text+fmt.Sprintf("%q,", types.Format(v))
		}
		if null || seen[text] {
			continue
		}
		if rows != nil {
			for k, c := range at {
				v := rows.Cols[c].Value(i)
				same = same && v.Valid && types.Compare(v, key[k]) == 0
				key = append(key, v)
			}
		}
		if same {
			continue
		}
		seen[text] = true
		if err := set.appendValues(key); err != nil {
			return nil, err
		}
	}
	return set, nil
}
