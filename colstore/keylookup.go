package colstore

import (
	"driftdb/colstore/part"
	"driftdb/internal/types"
)

// lookupUnique calls fn with the rows that may have a unique key in a whole state of the table, the
// rows that born accepts: those that were there by then. They are few, however many versions a key
// has had. In a chunk it is the newest one: it was there when a statement ended, and then no older
// one was, since keys are unique whenever a statement ends. own says that the rows are those of a
// transaction, which may be in the middle of a statement.
func lookupUnique(index keyIndex, key []types.Value, hash uint64, own bool, born, fn func(row int) bool) error {
	all := func(row int) bool { return !born(row) || fn(row) }
	x, ok := index.(*chunkIndex)
	if !ok {
		return index.lookup(key, hash, all)
	}
	rows := int(x.rows.Load())
	more := true
	x.hash.chained(hash, rows, func(row int) bool {
		if !x.hasKey(row, key) || !born(row) {
			return true
		}
		more = fn(row)
		return false
	})
	if own && more {
		x.hash.eachBrief(hash, rows, func(row int) bool { return !x.hasKey(row, key) || all(row) })
	}
	return nil
}

// hasKey compares the key of a row.
func (x *chunkIndex) hasKey(row int, key []types.Value) bool {
	var buf [4]types.Value
	return equalKeys(x.keyAt(buf[:0], x.hash.cols, row), key)
}

// setBrief notes of a row that has ended that no whole state has had it.
func (c *chunk) setBrief(row int) {
	var buf [4]types.Value
	for i := range c.hashes {
		x := &c.hashes[i]
		if !c.table.keys[i].Unique {
			continue
		}
		if key := c.keyAt(buf[:0], x.hash.cols, row); !hasNull(key) {
			x.hash.setBrief(part.HashKey(key), row)
		}
	}
}
