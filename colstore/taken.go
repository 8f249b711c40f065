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
		picked := selected(rows)
		list := newKeysOf(t, src, picked)
		if err := tx.findTaken(t, tt, list, true); err != nil {
			return err
		}
		for i := range list {
			for n, row := range picked {
				taken[row] = taken[row] || list[i].keys[n].taken
			}
		}
		return nil
	})
	return taken, err
}
