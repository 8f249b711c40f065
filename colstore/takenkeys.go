package colstore

import (
	"context"

	"driftdb/colstore/part"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// newKeys are the keys of a batch of new rows in one unique index.
type newKeys struct {
	index *Index
	keys  []newKey  // by row
	cols  []vec.Vec // the batch's columns of the key; none where one of them is NULL throughout
	rows  []int32   // of the batch, ascending
}

// newKey is the key of one row.
type newKey struct {
	key   []types.Value // nil where it has a NULL
	hash  uint64
	taken bool   // by a row that was there before
	rid   uint64 // of that row
}

// newKeysOf returns the unique keys of rows.
func newKeysOf(t *Table, src []*vec.Vec, picked []int32) []newKeys {
	list := make([]newKeys, 0, len(t.keys))
	for i := range t.keys {
		x := &t.keys[i]
		if !x.Unique {
			continue
		}
		keys := make([]newKey, len(picked))
		values := make([]types.Value, 0, len(picked)*len(x.pos))
		for n, row := range picked {
			from := len(values)
			all, ok := keyFrom(values, x.pos, src, int(row))
			if !ok {
				continue
			}
			values = all
			keys[n].key = values[from:len(values):len(values)]
			keys[n].hash = part.HashKey(keys[n].key)
		}
		list = append(list, newKeys{&x.Index, keys, keyVectors(x.pos, src), picked})
	}
	return list
}

// keyVectors returns the columns of a key, nil where one of them is not given.
func keyVectors(pos []int, src []*vec.Vec) []vec.Vec {
	cols := make([]vec.Vec, len(pos))
	for i, p := range pos {
		if src[p] == nil {
			return nil
		}
		cols[i] = *src[p]
	}
	return cols
}

// findTaken notes the keys that rows have which the transaction sees; those that it wrote itself only
// when own says so. It looks all keys up in one piece of the table after another, so that what a piece
// costs is paid once a batch.
func (tx *Tx) findTaken(t *Table, tt *txTable, list []newKeys, own bool) error {
	s := tt.store.pinned()
	defer s.unpin()
	for i := range list {
		for _, rs := range s.sets {
			if rs.bornBy(tx.view.point.Seq) == 0 {
				continue
			}
			if err := tx.takenIn(t, tt, rs, &list[i], false); err != nil {
				return err
			}
		}
		for k := 0; own && k < len(tt.sets); k++ {
			if err := tx.takenIn(t, tt, tt.sets[k], &list[i], true); err != nil {
				return err
			}
		}
	}
	return nil
}

// takenIn notes the keys that rows of a rowset have.
func (tx *Tx) takenIn(t *Table, tt *txTable, rs rowset, n *newKeys, own bool) error {
	index, err := indexFor(rs, t, n.index)
	if err != nil {
		return err
	}
	if p, ok := index.(*partIndex); ok && n.cols != nil {
		return tx.takenInPart(tt, rs, p.index, n, own)
	}
	for i := range n.keys {
		k := &n.keys[i]
		if k.key == nil || k.taken {
			continue
		}
		if k.rid, k.taken, err = tx.findWith(tt, rs, index, k.key, k.hash, 0, own); err != nil {
			return err
		}
	}
	return nil
}

// takenInPart is takenIn for the rows of a part.
func (tx *Tx) takenInPart(tt *txTable, rs rowset, index *part.Index, n *newKeys, own bool) (err error) {
	sel := make([]uint64, vec.Words(n.cols[0].N))
	for _, row := range n.rows {
		sel[row>>6] |= 1 << (uint(row) & 63)
	}
	at := 0
	looked := index.LookupBatch(n.cols, sel, func(i int, row uint32) bool {
		for int(n.rows[at]) < i {
			at++
		}
		if k := &n.keys[at]; !k.taken {
			k.rid = rs.ridOf(int(row))
			k.taken, err = tx.sees(tt, rs, int(row), k.rid, own)
		}
		return err == nil
	})
	if err == nil {
		err = looked
	}
	return err
}

// awaitEnds waits for others who are about to end rows that have keys of the list. It returns 40001 when
// one has: the statement may find its keys free.
func (tx *Tx) awaitEnds(ctx context.Context, tt *txTable, list []newKeys) error {
	var rids []uint64
	for i := range list {
		for _, k := range list[i].keys {
			if k.taken {
				rids = append(rids, k.rid)
			}
		}
	}
	rids = others(rids)
	waited, err := tx.acquire(ctx, tt.store.id, wanted{rows: rids, strength: LockKeyShare})
	if err != nil || !waited {
		return err
	}
	return tx.checkAlive(tt.store, rids)
}
