package colstore

import (
	"context"
	"math"
	"slices"

	"driftdb/colstore/part"
	"driftdb/eventlog"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// foreign is a foreign key with the definitions at both ends, ready to be checked. Keys are
// values of the parent's types, in the order of the parent's unique key.
type foreign struct {
	key    *ForeignKey
	child  *Table
	parent *Table
	index  Index    // of the parent
	cols   []uint32 // of the child, in the order of index.Columns
}

// foreignOf resolves a foreign key of a table as the transaction sees both ends.
func (tx *Tx) foreignOf(child *Table, f *ForeignKey) (*foreign, error) {
	parent, ok := tx.Catalog().TableByID(f.Table)
	if !ok {
		return nil, dberr.Bug("foreign key \"%s\" refers to table %d, which is not there", f.Name, f.Table)
	}
	r := &foreign{key: f, child: child, parent: parent}
	for _, x := range parent.Keys() {
		if !x.Unique || len(x.Columns) != len(f.RefColumns) {
			continue
		}
		r.index, r.cols = x, nil
		for _, id := range x.Columns {
			if i := slices.Index(f.RefColumns, id); i >= 0 {
				r.cols = append(r.cols, f.Columns[i])
			}
		}
		if len(r.cols) == len(f.Columns) {
			return r, nil
		}
	}
	return nil, dberr.Bug("foreign key \"%s\" refers to columns without a unique key", f.Name)
}

// referring returns the foreign keys that refer to a table.
func (tx *Tx) referring(parent *Table) (list []*foreign, err error) {
	for _, id := range parent.ReferencedBy {
		child, ok := tx.Catalog().TableByID(id)
		if !ok {
			continue
		}
		for i := range child.ForeignKeys {
			if child.ForeignKeys[i].Table != parent.ID {
				continue
			}
			r, err := tx.foreignOf(child, &child.ForeignKeys[i])
			if err != nil {
				return nil, err
			}
			list = append(list, r)
		}
	}
	return list, nil
}

// toParent converts a key of the child to the parent's types; ok is false when it holds a NULL,
// which refers to nothing.
func (r *foreign) toParent(key []types.Value) (out []types.Value, ok bool, err error) {
	for i, v := range key {
		if !v.Valid {
			return nil, false, nil
		}
		c, _ := r.parent.Column(r.index.Columns[i])
		if v, err = castValue(v, c.Type); err != nil {
			return nil, false, err
		}
		out = append(out, v)
	}
	return out, true, nil
}

// childIndex is how the child's columns are named in lookups and messages.
func (r *foreign) childIndex() *Index { return &Index{Columns: r.cols} }

// missing is the error of a row that refers to nothing.
func (r *foreign) missing(key []types.Value) error {
	e := dberr.Newf(dberr.ForeignKeyViolation, "insert or update on table \"%s\" violates foreign key constraint \"%s\"", r.child.Name, r.key.Name)
	e.Table, e.Constraint = r.child.Name, r.key.Name
	return e.WithDetail("Key %s is not present in table \"%s\".", keyText(r.child, r.childIndex(), key), r.parent.Name)
}

// mixed reports whether some values of a key are NULL and some are not.
func mixed(key []types.Value) bool {
	nulls := 0
	for _, v := range key {
		if !v.Valid {
			nulls++
		}
	}
	return nulls > 0 && nulls < len(key)
}

// mixedKey is the error of a row with such a key under MATCH FULL.
func (r *foreign) mixedKey() error {
	e := dberr.Newf(dberr.ForeignKeyViolation, "insert or update on table \"%s\" violates foreign key constraint \"%s\"", r.child.Name, r.key.Name)
	e.Table, e.Constraint = r.child.Name, r.key.Name
	return e.WithDetail("MATCH FULL does not allow mixing of null and nonnull key values.")
}

// referenced is the error of a row that goes although another one refers to it.
func (r *foreign) referenced(key []types.Value) error {
	e := dberr.Newf(dberr.ForeignKeyViolation, "update or delete on table \"%s\" violates foreign key constraint \"%s\" on table \"%s\"",
		r.parent.Name, r.key.Name, r.child.Name)
	e.Table, e.Constraint = r.child.Name, r.key.Name
	return e.WithDetail("Key %s is still referenced from table \"%s\".", keyText(r.parent, &r.index, key), r.child.Name)
}

// relied is a row of another table that a row of the transaction refers to: it must still be
// there when the transaction commits.
type relied struct {
	*foreign
	store *store
	rid   uint64
	key   []types.Value
}

// released is a key that the transaction took away and that others may refer to: nobody may
// do so when it commits.
type released struct {
	*foreign
	parent *txTable
	child  *store
	rid    uint64 // of the row that had the key
	key    []types.Value
}

type reliedID struct {
	table uint32
	rid   uint64
}

// checkForeign checks the foreign keys of the rows that ops wrote, and those that refer to rows
// that they ended, as far as they are wanted.
func (tx *Tx) checkForeign(ctx context.Context, ops []txOp, wanted func(r *foreign, action RefAction) bool) error {
	for i := range ops {
		op := &ops[i]
		if op.edit != nil || len(op.table.ForeignKeys) == 0 {
			continue
		}
		for k := range op.table.ForeignKeys {
			r, err := tx.foreignOf(op.table, &op.table.ForeignKeys[k])
			if err != nil {
				return err
			}
			if !wanted(r, NoAction) {
				continue
			}
			if err := tx.checkChild(ctx, op, r); err != nil {
				return err
			}
		}
	}
	for i := range ops {
		op := &ops[i]
		if op.edit != nil || len(op.ended) == 0 || len(op.table.ReferencedBy) == 0 {
			continue
		}
		list, err := tx.referring(op.table)
		if err != nil {
			return err
		}
		for _, r := range list {
			action := r.key.OnUpdate
			if op.kind == eventlog.RunDelete {
				action = r.key.OnDelete
			}
			if !wanted(r, action) {
				continue
			}
			if err := tx.checkParent(ctx, op, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkChild looks for what the rows of an op refer to.
func (tx *Tx) checkChild(ctx context.Context, op *txOp, r *foreign) error {
	var rs rowset = op.chunk
	if op.chunk == nil {
		if op.part == nil {
			return nil
		}
		rs = op.part
	}
	tt, err := tx.table(r.parent)
	if err != nil {
		return err
	}
	size, known := rs.groupSize(), len(tx.relies)
	for start := op.row / size * size; start < op.row+op.n; start += size {
		if ctx.Err() != nil {
			return canceled()
		}
		cols, err := keyColumns(rs, op.table, r.childIndex(), start, min(size, op.row+op.n-start))
		if err != nil {
			return err
		}
		for row := max(op.row, start); row < min(start+size, op.row+op.n); row++ {
			if _, dead := op.tt.dead[rs.ridOf(row)]; dead {
				continue
			}
			if err := tx.checkReference(tt, r, keyOf(nil, cols, row-start)); err != nil {
				return err
			}
		}
	}
	return tx.lockRelied(ctx, r.parent, known)
}

// lockRelied waits for those who are about to end rows of a parent that the transaction relies on, but
// for the first ones, and keeps others from it. Where one has ended, its key must be there all the same.
func (tx *Tx) lockRelied(ctx context.Context, parent *Table, first int) error {
	fresh := tx.relies[first:]
	if len(fresh) == 0 || len(fresh) > maxLockedKeys {
		return nil
	}
	rids := make([]uint64, len(fresh))
	for i := range fresh {
		rids[i] = fresh[i].rid
	}
	slices.Sort(rids)
	waited, err := tx.acquire(ctx, parent.ID, wanted{rows: rids, strength: LockKeyShare})
	for i := 0; i < len(fresh) && waited && err == nil; i++ {
		err = tx.validateRelied(&fresh[i])
	}
	return err
}

// forgetRelied takes back what rows behind a savepoint relied on: all but the first.
func (tx *Tx) forgetRelied(first int) {
	for _, r := range tx.relies[first:] {
		delete(tx.known, reliedID{r.parent.ID, r.rid})
		tx.reliedOn[r.store]--
	}
	tx.relies = tx.relies[:first:first]
}

// checkReference looks for the row that a key refers to, and remembers it for the commit.
func (tx *Tx) checkReference(tt *txTable, r *foreign, key []types.Value) error {
	want, ok, err := r.toParent(key)
	if err == nil && !ok && r.key.MatchFull && mixed(key) {
		return r.mixedKey()
	}
	if err != nil || !ok {
		return err
	}
	rid, found, err := tx.findKey(r.parent, tt, &r.index, want, 0)
	if err != nil {
		return err
	}
	if !found {
		return r.missing(key)
	}
	id := reliedID{r.parent.ID, rid}
	if _, known := tx.known[id]; known || rid&eventlog.Relative != 0 {
		return nil
	}
	if tx.known == nil {
		tx.known, tx.reliedOn = map[reliedID]int{}, map[*store]int{}
	}
	tx.known[id] = len(tx.relies)
	tx.reliedOn[tt.store]++
	tx.relies = append(tx.relies, relied{r, tt.store, rid, want})
	return nil
}

// checkParent looks for rows that refer to keys that an op took away.
func (tx *Tx) checkParent(ctx context.Context, op *txOp, r *foreign) error {
	cols, err := tx.View().Fetch(op.table, op.ended, r.index.Columns, nil)
	if err != nil {
		return err
	}
	gone := newKeySet()
	child, err := tx.db.store(r.child.ID)
	if err != nil {
		return err
	}
	for i, rid := range op.ended {
		key := keyOf(nil, cols, i)
		if hasNull(key) {
			continue
		}
		_, still, err := tx.findKey(r.parent, op.tt, &r.index, key, 0)
		if err != nil {
			return err
		}
		if !still && gone.add(key) {
			tx.releases = append(tx.releases, released{r, op.tt, child, rid, key})
		}
	}
	if len(gone.buckets) == 0 {
		return nil
	}
	return tx.eachReferring(ctx, r, gone, func(key []types.Value, rid uint64) error {
		if still, err := tx.stays(ctx, r.child.ID, child, rid); !still || err != nil {
			return err
		}
		return r.referenced(key)
	})
}

// stays waits for a transaction that is about to end a row, and reports whether the row is there then.
func (tx *Tx) stays(ctx context.Context, table uint32, st *store, rid uint64) (bool, error) {
	if rid&eventlog.Relative != 0 {
		return true, nil
	}
	if _, err := tx.acquire(ctx, table, wanted{rows: []uint64{rid}, strength: LockKeyShare}); err != nil {
		return false, err
	}
	s := st.pinned()
	defer s.unpin()
	_, alive, err := s.alive(rid, -1)
	return alive, err
}

// eachReferring calls fn with the keys of the set that a visible row of the child refers to, and with the
// row.
func (tx *Tx) eachReferring(ctx context.Context, r *foreign, set *keySet, fn func(key []types.Value, rid uint64) error) error {
	n := len(r.cols)
	spec := ScanSpec{Columns: append(r.cols[:n:n], ColRID)}
	if f, ok := r.filter(set); ok {
		spec.Filters = []Filter{f}
	}
	return tx.eachGroup(ctx, r.child, spec, func(g *Group) error {
		for i := range g.N {
			if !g.IsLive(i) {
				continue
			}
			key, ok, err := r.toParent(keyOf(nil, g.Cols[:n], i))
			if err != nil {
				return err
			}
			if ok && set.has(key) {
				if err := fn(key, uint64(g.Cols[n].Int(i))); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// maxKeyFilter keys are looked up one by one, where the child has an index.
const maxKeyFilter = 256

// filter narrows a scan of the child to the first column of the keys of a set.
func (r *foreign) filter(set *keySet) (Filter, bool) {
	c, _ := r.child.Column(r.cols[0])
	f := Filter{Column: c.ID, Op: In}
	for _, bucket := range set.buckets {
		for _, key := range bucket {
			v, err := castValue(key[0], c.Type)
			if err != nil || len(f.Values) == maxKeyFilter {
				return f, false
			}
			f.Values = append(f.Values, v)
		}
	}
	return f, true
}

// keySet is a set of keys.
type keySet struct{ buckets map[uint64][][]types.Value }

func newKeySet() *keySet { return &keySet{map[uint64][][]types.Value{}} }

func (s *keySet) has(key []types.Value) bool {
	return slices.ContainsFunc(s.buckets[part.HashKey(key)], func(k []types.Value) bool { return equalKeys(k, key) })
}

// add reports whether the key is new.
func (s *keySet) add(key []types.Value) bool {
	if s.has(key) {
		return false
	}
	h := part.HashKey(key)
	s.buckets[h] = append(s.buckets[h], key)
	return true
}

// validateForeign checks, against what was ordered after event since, that the rows that the
// transaction relies on are still there, and that nobody refers to what it took away.
func (tx *Tx) validateForeign(since uint64) error {
	for st, n := range tx.reliedOn {
		if n > 0 && st.changed.Load() > since {
			if err := tx.validateReliedOn(st, n, since); err != nil {
				return err
			}
		}
	}
	for i := range tx.releases {
		r := &tx.releases[i]
		if _, ended := r.parent.dead[r.rid]; ended && r.child.changed.Load() > since {
			if err := tx.validateReleased(r, since); err != nil {
				return err
			}
		}
	}
	return nil
}

// validateReliedOn checks the n rows of a table that the transaction relies on: those that ended since, or
// all when they are fewer.
func (tx *Tx) validateReliedOn(st *store, n int, since uint64) error {
	s := st.pinned()
	defer s.unpin()
	ended := 0
	for _, rs := range s.sets {
		before, err := rs.deaths().CountBy(since)
		if err != nil {
			return err
		}
		ended += rs.deaths().Len() - before
	}
	if ended >= n {
		for i := range tx.relies {
			if r := &tx.relies[i]; r.store == st {
				if err := tx.validateRelied(r); err != nil {
					return err
				}
			}
		}
		return nil
	}
	for _, rs := range s.sets {
		var inner error
		err := rs.deaths().Between(since, math.MaxUint64, func(d part.Death) bool {
			if i, ok := tx.known[reliedID{st.id, rs.ridOf(int(d.Row))}]; ok {
				inner = tx.validateRelied(&tx.relies[i])
			}
			return inner == nil
		})
		if err == nil {
			err = inner
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// validateRelied looks for a row relied on, or for another one that has its key now.
func (tx *Tx) validateRelied(r *relied) error {
	s := r.store.pinned()
	defer s.unpin()
	if _, alive, err := s.alive(r.rid, -1); err != nil || alive {
		return err
	}
	for _, rs := range s.sets {
		index, err := indexFor(rs, r.parent, &r.index)
		if err != nil {
			return err
		}
		found := false
		var inner error
		err = index.lookup(r.key, part.HashKey(r.key), func(row int) bool {
			_, dead, err := rs.deaths().DeathOf(uint32(row))
			found, inner = !dead, err
			return !found && inner == nil
		})
		if err == nil {
			err = inner
		}
		if err != nil || found {
			return err
		}
	}
	return r.missing(r.key)
}

// validateReleased looks for new rows that refer to a key that was taken away.
func (tx *Tx) validateReleased(r *released, since uint64) error {
	for _, own := range r.parent.sets { // the key may be back
		if _, back, err := tx.findIn(r.foreign.parent, r.parent, own, &r.index, r.key, part.HashKey(r.key), 0, true); err != nil || back {
			return err
		}
	}
	s := r.child.pinned()
	defer s.unpin()
	for _, rs := range s.sets {
		from, rows, size := rs.bornBy(since), rs.bornBy(^uint64(0)), rs.groupSize()
		for start := from / size * size; start < rows; start += size {
			cols, err := keyColumns(rs, r.foreign.child, r.childIndex(), start, min(size, rows-start))
			if err != nil {
				return err
			}
			for row := max(from, start); row < min(start+size, rows); row++ {
				if err := tx.validateReferring(r, rs, row, keyOf(nil, cols, row-start)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (tx *Tx) validateReferring(r *released, rs rowset, row int, key []types.Value) error {
	if _, dead, err := rs.deaths().DeathOf(uint32(row)); err != nil || dead {
		return err
	}
	if tt, ok := tx.tables[r.foreign.child.ID]; ok {
		if _, ended := tt.dead[rs.ridOf(row)]; ended {
			return nil
		}
	}
	key, ok, err := r.toParent(key)
	if err == nil && ok && equalKeys(key, r.key) {
		err = r.referenced(key)
	}
	return err
}

// CheckForeignKey looks at all rows that the transaction sees: 23503 when one refers to nothing.
func (tx *Tx) CheckForeignKey(ctx context.Context, t *Table, f *ForeignKey) error {
	r, err := tx.foreignOf(t, f)
	if err != nil {
		return err
	}
	tt, err := tx.table(r.parent)
	if err != nil {
		return err
	}
	return tx.eachGroup(ctx, t, ScanSpec{Columns: r.cols}, func(g *Group) error {
		for i := range g.N {
			if !g.IsLive(i) {
				continue
			}
			if err := tx.checkReference(tt, r, keyOf(nil, g.Cols, i)); err != nil {
				return err
			}
		}
		return nil
	})
}
