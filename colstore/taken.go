package colstore

import (
	"context"

	"driftdb/internal/vec"
	"driftdb/internal/vfs"
)

// Taken says of each row of a batch, which has all columns of t in order, whether a row that the
// transaction sees has one of its unique keys.
func (tx *Tx) Taken(t *Table, rows *vec.Batch) (taken []bool, err error) {
	taken = make([]bool, rows.N)
	err = vfs.Guard(func() error {
		if err := tx.finishBulk(context.Background()); err != nil {
			return err
		}
		tt, err := tx.table(t)
		if err != nil {
			return err
		}
		src, err := arrange(t, t.ColumnIDs(), rows)
		if err != nil {
			return err
		}
		for _, row := range selected(rows) {
			if taken[row], err = tx.rowTaken(t, tt, src, int(row)); err != nil {
				return err
			}
		}
		return nil
	})
	return taken, err
}

// rowTaken reports whether a row has a key that is taken.
func (tx *Tx) rowTaken(t *Table, tt *txTable, src []*vec.Vec, row int) (found bool, err error) {
	for i := range t.keys {
		x := &t.keys[i]
		if !x.Unique {
			continue
		}
		key, whole := keyFrom(nil, x.pos, src, row)
		if !whole {
			continue
		}
		if _, found, err = tx.findKey(t, tt, &x.Index, key, 0); err != nil || found {
			return found, err
		}
	}
	return false, nil
}
