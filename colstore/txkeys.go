package colstore

import (
	"context"
	"driftdb/colstore/part"

	"driftdb/eventlog"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

func duplicateError(t *Table, x *Index, key []types.Value) error {
	e := dberr.Newf(dberr.UniqueViolation, "duplicate key value violates unique constraint \"%s\"", x.Name)
	e.Table, e.Constraint = t.Name, x.Name
	return e.WithDetail("Key %s already exists.", keyText(t, x, key))
}

// checkNewRow refuses the i-th row of a batch, not yet added, whose unique key a visible row has: one
// that was found, or a row of the transaction itself.
func (tx *Tx) checkNewRow(t *Table, tt *txTable, keys []newKeys, i int) error {
	for k := range keys {
		x, key := keys[k].index, &keys[k].keys[i]
		if key.key == nil {
			continue
		}
		taken := key.taken
		if !taken {
			var err error
			if _, taken, err = tx.findOwn(t, tt, x, key.key, key.hash, 0); err != nil {
				return err
			}
		}
		if taken {
			return duplicateError(t, x, key.key)
		}
	}
	return nil
}

// keyFrom reads a key from vectors in table order; ok is false when a part of it is NULL.
func keyFrom(dst []types.Value, pos []int, src []*vec.Vec, row int) (key []types.Value, ok bool) {
	for _, p := range pos {
		if src[p] == nil || src[p].IsNull(row) {
			return nil, false
		}
		dst = append(dst, valueAt(src[p], row))
	}
	return dst, true
}

// findKey returns a row with a key that the transaction sees now, other than except.
func (tx *Tx) findKey(t *Table, tt *txTable, x *Index, key []types.Value, except uint64) (rid uint64, ok bool, err error) {
	hash := part.HashKey(key)
	if rid, ok, err = tx.findOwn(t, tt, x, key, hash, except); ok || err != nil {
		return rid, ok, err
	}
	s := tt.store.pinned()
	defer s.unpin()
	for i := len(s.sets) - 1; i >= 0 && !ok && err == nil; i-- {
		rid, ok, err = tx.findIn(t, tt, s.sets[i], x, key, hash, except, false)
	}
	return rid, ok, err
}

// findOwn is findKey among the rows of the transaction itself.
func (tx *Tx) findOwn(t *Table, tt *txTable, x *Index, key []types.Value, hash, except uint64) (rid uint64, ok bool, err error) {
	for i := len(tt.sets) - 1; i >= 0 && !ok && err == nil; i-- {
		rid, ok, err = tx.findIn(t, tt, tt.sets[i], x, key, hash, except, true)
	}
	return rid, ok, err
}

// findIn is findKey in one rowset.
func (tx *Tx) findIn(t *Table, tt *txTable, rs rowset, x *Index, key []types.Value, hash, except uint64, own bool) (rid uint64, ok bool, err error) {
	index, err := indexFor(rs, t, x)
	if err != nil {
		return 0, false, err
	}
	return tx.findWith(tt, rs, index, key, hash, except, own)
}

// findWith is findIn with the index of the rowset at hand.
func (tx *Tx) findWith(tt *txTable, rs rowset, index keyIndex, key []types.Value, hash, except uint64, own bool) (rid uint64, ok bool, err error) {
	if c, ok := index.(*chunkIndex); ok && !c.hash.may(hash) {
		return 0, false, nil
	}
	return tx.findAmong(tt, rs, index, key, hash, except, own)
}

// findAmong is findWith where the key may be. It is a function of its own, so that a key that is not
// there costs no allocation.
func (tx *Tx) findAmong(tt *txTable, rs rowset, index keyIndex, key []types.Value, hash, except uint64, own bool) (rid uint64, ok bool, err error) {
	var inner error
	born := func(row int) bool { return rs.ridOf(row) != except && (own || rs.birthOf(row) <= tx.view.point.Seq) }
	err = lookupUnique(index, key, hash, own, born, func(row int) bool {
		rid = rs.ridOf(row)
		ok, inner = tx.sees(tt, rs, row, rid, own)
		return !ok && inner == nil
	})
	if inner != nil {
		err = inner
	}
	return rid, ok, err
}

// sees reports whether a row is visible to the transaction now.
func (tx *Tx) sees(tt *txTable, rs rowset, row int, rid uint64, own bool) (bool, error) {
	if _, ended := tt.dead[rid]; ended {
		return false, nil
	}
	if own {
		return true, nil
	}
	return visible(rs, row, tx.view.point.Seq)
}

// visible reports whether a row is born and not dead at seq.
func visible(rs rowset, row int, seq uint64) (bool, error) {
	if rs.birthOf(row) > seq {
		return false, nil
	}
	end, dead, err := rs.deaths().DeathOf(uint32(row))
	return !dead || end > seq, err
}

// checkOp checks the unique keys of the rows of an UPDATE, after all of it was applied. Rows
// of an INSERT were checked one by one, or with their part.
func (tx *Tx) checkOp(ctx context.Context, op *txOp) error {
	if op.kind != eventlog.RunUpdate || op.keysStay {
		return nil
	}
	return op.table.unique(func(x *Index, pos []int) error {
		for row := op.row; row < op.row+op.n; row++ {
			if row&1023 == 0 && ctx.Err() != nil {
				return canceled()
			}
			if err := tx.checkOwnRow(op, x, pos, row); err != nil {
				return err
			}
		}
		return nil
	})
}

// checkOwnRow refuses a row of an UPDATE whose key another row has.
func (tx *Tx) checkOwnRow(op *txOp, x *Index, pos []int, row int) error {
	var buf [4]types.Value
	rid := op.chunk.ridOf(row)
	if _, ended := op.tt.dead[rid]; ended {
		return nil
	}
	key := op.chunk.keyAt(buf[:0], pos, row)
	if hasNull(key) {
		return nil
	}
	if op.keepsKey(key, pos, row) {
		return nil
	}
	_, taken, err := tx.findKey(op.table, op.tt, x, key, rid)
	if err == nil && taken {
		err = duplicateError(op.table, x, key)
	}
	return err
}

// keepsKey reports whether a row of an UPDATE has the key of the row that it replaces, one of the
// transaction's own: what took the key meanwhile is checked itself.
func (op *txOp) keepsKey(key []types.Value, pos []int, row int) bool {
	old := op.ended[row-op.row]
	if old&eventlog.Relative == 0 {
		return false
	}
	for i := len(op.tt.sets) - 1; i >= 0; i-- {
		at, ok := op.tt.sets[i].rowOf(old)
		if !ok {
			continue
		}
		c, ok := op.tt.sets[i].(*chunk)
		if !ok || c.table != op.table {
			return false
		}
		var buf [4]types.Value
		was := c.keyAt(buf[:0], pos, at)
		return !hasNull(was) && equalKeys(was, key)
	}
	return false
}

func canceled() error {
	return dberr.New(dberr.QueryCanceled, "canceling statement due to user request")
}

// checkPart checks the unique keys of a part that the transaction wrote: inside the part, and
// against all other rows that the transaction sees.
func (tx *Tx) checkPart(ctx context.Context, tt *txTable, op *txOp, inside []part.Duplicate) error {
	for _, d := range inside {
		for _, x := range op.table.Keys() {
			if x.ID == d.Index && x.Unique {
				key, err := keyOfRow(op.part, op.table, &x, int(d.First))
				if err != nil {
					return err
				}
				return duplicateError(op.table, &x, key)
			}
		}
	}
	s := tt.store.pinned()
	defer s.unpin()
	for _, x := range op.table.Keys() {
		if !x.Unique {
			continue
		}
		sees := func(own bool) func(rs rowset, row int) (bool, error) {
			return func(rs rowset, row int) (bool, error) { return tx.sees(tt, rs, row, rs.ridOf(row), own) }
		}
		for _, rs := range s.sets {
			if err := clash(ctx, op, &x, rs, sees(false)); err != nil {
				return err
			}
		}
		for _, rs := range tt.sets {
			if rs == rowset(op.part) {
				continue
			}
			if err := clash(ctx, op, &x, rs, sees(true)); err != nil {
				return err
			}
		}
	}
	return nil
}

// keyOfRow reads the key of one row.
func keyOfRow(rs rowset, t *Table, x *Index, row int) ([]types.Value, error) {
	size := rs.groupSize()
	start := row / size * size
	var key []types.Value
	for _, id := range x.Columns {
		c, _ := t.Column(id)
		v, err := resolve(rs, c, start, row-start+1)
		if err != nil {
			return nil, err
		}
		key = append(key, v.Value(row-start))
	}
	return key, nil
}

// clash refuses the part of op when a row of another rowset, among those that count, has one
// of its keys.
func clash(ctx context.Context, op *txOp, x *Index, rs rowset, counts func(rs rowset, row int) (bool, error)) error {
	if apart(op, x, rs) {
		return nil
	}
	if other, ok := rs.(*storedPart); ok {
		if index, ok := other.index(op.table, x); ok {
			return clashParts(ctx, op, x, other, index, counts)
		}
	}
	mine, ok := op.part.index(op.table, x)
	if !ok {
		return dberr.Bug("part of table \"%s\" has no index \"%s\"", op.table.Name, x.Name)
	}
	size, rows := rs.groupSize(), rs.bornBy(^uint64(0))
	for start := 0; start < rows; start += size {
		cols, err := keyColumns(rs, op.table, x, start, min(size, rows-start))
		if err != nil {
			return err
		}
		for i := range min(size, rows-start) {
			key := keyOf(nil, cols, i)
			if hasNull(key) {
				continue
			}
			found := false
			if err := mine.Lookup(key, func(uint32) bool { found = true; return false }); err != nil {
				return err
			}
			if !found {
				continue
			}
			if counted, err := counts(rs, start+i); err != nil || counted {
				return orDuplicate(err, op.table, x, key)
			}
		}
	}
	return nil
}

func orDuplicate(err error, t *Table, x *Index, key []types.Value) error {
	if err != nil {
		return err
	}
	return duplicateError(t, x, key)
}

func keyColumns(rs rowset, t *Table, x *Index, start, n int) (cols []vec.Vec, err error) {
	for _, id := range x.Columns {
		c, _ := t.Column(id)
		v, err := resolve(rs, c, start, n)
		if err != nil {
			return nil, err
		}
		cols = append(cols, v)
	}
	return cols, nil
}

// apart reports whether the least and greatest values show that no key can be in both.
func apart(op *txOp, x *Index, rs rowset) bool {
	other, ok := rs.(*storedPart)
	if !ok {
		return false
	}
	a, okA := op.part.Column(x.Columns[0])
	b, okB := other.Column(x.Columns[0])
	if !okA || !okB || op.part.Columns()[a].TypeVersion != other.Columns()[b].TypeVersion {
		return false
	}
	sa, sb := op.part.ColumnStats(a), other.ColumnStats(b)
	if !sa.Valid || !sb.Valid || sa.HasNaN || sb.HasNaN {
		return false
	}
	return types.CompareStored(sa.Max, sb.Min) < 0 || types.CompareStored(sb.Max, sa.Min) < 0
}

// clashParts looks all keys of op's part up in the index of another part.
func clashParts(ctx context.Context, op *txOp, x *Index, other *storedPart, index *part.Index, counts func(rs rowset, row int) (bool, error)) error {
	size, rows := op.part.groupSize(), op.part.Rows()
	for start := 0; start < rows; start += size {
		if ctx.Err() != nil {
			return canceled()
		}
		cols, err := keyColumns(op.part, op.table, x, start, min(size, rows-start))
		if err != nil {
			return err
		}
		var stop error
		err = index.LookupBatch(cols, nil, func(i int, row uint32) bool {
			counted, err := counts(other, int(row))
			if err != nil || counted {
				stop = orDuplicate(err, op.table, x, keyOf(nil, cols, i))
			}
			return stop == nil
		})
		if err == nil {
			err = stop
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkUnique refuses an index when two visible rows have the same key. It keeps one hash and
// one rid a row.
func (tx *Tx) checkUnique(ctx context.Context, t *Table, x *Index) error {
	seen := map[uint64]uint64{} // hash → rid
	spec := ScanSpec{Columns: append([]uint32{ColRID}, x.Columns...)}
	return tx.eachGroup(ctx, t, spec, func(g *Group) error {
		var buf [4]types.Value
		for i := range g.N {
			if !g.IsLive(i) {
				continue
			}
			key := keyOf(buf[:0], g.Cols[1:], i)
			if hasNull(key) {
				continue
			}
			hash, rid := part.HashKey(key), uint64(g.Cols[0].Int(i))
			for other, taken := seen[hash]; taken; other, taken = seen[hash] {
				same, err := tx.sameKey(t, x, other, key)
				if err != nil {
					return err
				}
				if same {
					e := dberr.Newf(dberr.UniqueViolation, "could not create unique index \"%s\"", x.Name)
					return e.WithDetail("Key %s is duplicated.", keyText(t, x, key))
				}
				hash++
			}
			seen[hash] = rid
		}
		return nil
	})
}

// sameKey compares the key of a row with key.
func (tx *Tx) sameKey(t *Table, x *Index, rid uint64, key []types.Value) (bool, error) {
	cols, err := tx.View().Fetch(t, []uint64{rid}, x.Columns, nil)
	if err != nil {
		return false, err
	}
	return equalKeys(keyOf(nil, cols, 0), key), nil
}
