package colstore

import (
	"driftdb/colstore/part"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// takenKeys is which unique keys of a batch of new rows others have: rows that the view sees and that
// the transaction has not ended.
type takenKeys struct {
	indexes []uint32       // ids of unique indexes in which some are
	rows    []map[int]bool // by index: rows of the batch
}

// has reports whether the key of a row in an index is taken.
func (k *takenKeys) has(x *Index, row int) bool {
	for i, id := range k.indexes {
		if id == x.ID {
			return k.rows[i][row]
		}
	}
	return false
}

// batchKey is the key of one row of a batch.
type batchKey struct {
	row  int
	hash uint64
	key  []types.Value
}

// findTaken looks all keys of new rows up in one piece of the table after another, so that what a
// piece costs is paid once a batch.
func (tx *Tx) findTaken(t *Table, tt *txTable, src []*vec.Vec, picked []int32) (*takenKeys, error) {
	taken := &takenKeys{}
	s := tt.store.pinned()
	defer s.unpin()
	if len(s.sets) == 0 {
		return taken, nil
	}
	err := t.unique(func(x *Index, pos []int) error {
		keys := keysOfBatch(src, pos, picked)
		rows := map[int]bool{}
		for _, rs := range s.sets {
			if rs.bornBy(tx.view.point.Seq) == 0 {
				continue
			}
			if err := tx.takenIn(t, tt, rs, x, keys, rows); err != nil {
				return err
			}
		}
		if len(rows) > 0 {
			taken.indexes, taken.rows = append(taken.indexes, x.ID), append(taken.rows, rows)
		}
		return nil
	})
	return taken, err
}

// keysOfBatch returns the keys of rows that have no NULL in them.
func keysOfBatch(src []*vec.Vec, pos []int, picked []int32) []batchKey {
	keys := make([]batchKey, 0, len(picked))
	values := make([]types.Value, 0, len(picked)*len(pos))
	for _, row := range picked {
		from := len(values)
		all, ok := keyFrom(values, pos, src, int(row))
		if !ok {
			continue
		}
		values = all
		key := values[from:len(values):len(values)]
		keys = append(keys, batchKey{int(row), part.HashKey(key), key})
	}
	return keys
}

// takenIn notes the rows whose keys rows of a rowset have.
func (tx *Tx) takenIn(t *Table, tt *txTable, rs rowset, x *Index, keys []batchKey, rows map[int]bool) error {
	index, err := indexFor(rs, t, x)
	if err != nil {
		return err
	}
	for i := range keys {
		k := &keys[i]
		_, found, err := tx.findWith(tt, rs, index, k.key, k.hash, 0, false)
		if err != nil {
			return err
		}
		if found {
			rows[k.row] = true
		}
	}
	return nil
}
