package colstore

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/RoaringBitmap/roaring/roaring64"

	"driftdb/colstore/part"
	"driftdb/eventlog"
	"driftdb/internal/dberr"
	"driftdb/internal/vec"
	"driftdb/internal/vfs"
)

// locks says which rows open transactions are about to end and which keys they are about to write.
// A transaction that wants what another has waits for its end. Nothing depends on the locks: a commit
// is validated all the same. They are kept in memory until the transaction ends, and held by those who ask
// for them only.
//
// Its mutex is a leaf.
type locks struct {
	mu struct {
		sync.Mutex
		tables map[uint32][]*tableLocks
		waits  map[*Tx]*Tx // whom a transaction waits for
	}
}

// tableLocks is what one transaction has locked of one table.
type tableLocks struct {
	tx   *Tx
	rows *roaring64.Bitmap // row ids
	keys map[uint64]uint64 // hashes of unique keys, and the last event of tx when it locked each
}

// wanted is what is to be locked of a table.
type wanted struct {
	rows []uint64 // ascending
	keys []uint64
}

// maxLockedKeys is how many keys of a batch are locked. Those of more rows, which are loaded rather than
// written by a transaction among others, are left to the validation of the commit.
const maxLockedKeys = 256

// Lock waits until no other open transaction is about to end one of the rows, and keeps others from
// doing so until this one ends. It returns 40001 when a row has ended since the view: under READ
// COMMITTED the caller begins the statement anew after Refresh. A wait ends with 40P01 where it would
// never end, 55P03 after LockTimeout, 57014 with ctx.
func (tx *Tx) Lock(ctx context.Context, t *Table, rids []uint64) error {
	if err := tx.writable(); err != nil {
		return err
	}
	rows := make([]uint64, 0, len(rids))
	for _, rid := range rids {
		if rid&eventlog.Relative == 0 {
			rows = append(rows, rid)
		}
	}
	slices.Sort(rows)
	if _, err := tx.acquire(ctx, t.ID, wanted{rows: rows}); err != nil {
		return err
	}
	return vfs.Guard(func() error {
		tt, err := tx.table(t)
		if err == nil {
			err = tx.checkAlive(tt, rows)
		}
		if dberr.CodeOf(err) == dberr.SerializationFailure {
			tx.after = max(tx.after, tx.db.apply.ordered.Load().CSN)
		}
		return err
	})
}

// LockKeys is Lock for the unique keys of new rows, which have all columns of t in order. waited says
// that a transaction which wrote one of them has ended meanwhile.
func (tx *Tx) LockKeys(ctx context.Context, t *Table, rows *vec.Batch) (waited bool, err error) {
	if rows.Count() > maxLockedKeys {
		return false, nil
	}
	src, err := arrange(t, t.ColumnIDs(), rows)
	if err != nil {
		return false, err
	}
	var w wanted
	for _, row := range selected(rows) {
		err := t.unique(func(x *Index, pos []int) error {
			if key, ok := keyFrom(nil, pos, src, int(row)); ok {
				w.keys = append(w.keys, part.HashKey(key)^uint64(x.ID)*0x9E3779B97F4A7C15)
			}
			return nil
		})
		if err != nil {
			return false, err
		}
	}
	return tx.acquire(ctx, t.ID, w)
}

// Refresh begins a statement anew that met what another transaction had changed.
func (tx *Tx) Refresh(ctx context.Context) error {
	tx.opts.After = max(tx.opts.After, tx.after)
	return tx.NewStatement(ctx)
}

// Written is a number that grows with everything that the transaction writes.
func (tx *Tx) Written() uint64 { return tx.events + uint64(len(tx.ops)) }

// acquire waits until nobody has what is wanted, and takes it.
func (tx *Tx) acquire(ctx context.Context, table uint32, w wanted) (waited bool, err error) {
	if len(w.rows)+len(w.keys) == 0 {
		return false, nil
	}
	var timeout <-chan time.Time
	for {
		other, ended, err := tx.db.locks.take(tx, table, w)
		if other == nil || err != nil {
			return waited, err
		}
		if waited = true; timeout == nil && tx.LockTimeout > 0 {
			timer := time.NewTimer(tx.LockTimeout)
			defer timer.Stop()
			timeout = timer.C
		}
		err = nil
		select {
		case <-ended:
			tx.after = max(tx.after, other.csn.Load())
		case <-ctx.Done():
			err = canceled()
		case <-timeout:
			err = dberr.New(dberr.LockNotAvailable, "canceling statement due to lock timeout")
		}
		tx.db.locks.stopWaiting(tx)
		if err != nil {
			return waited, err
		}
	}
}

// take locks what is wanted, or returns a transaction that has some of it, which tx now waits for, and
// what tells that it has less.
func (l *locks) take(tx *Tx, table uint32, w wanted) (other *Tx, ended chan struct{}, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var own *tableLocks
	for _, h := range l.mu.tables[table] {
		if h.tx == tx {
			own = h
		} else if h.has(w) {
			err := l.waitLocked(tx, h.tx)
			return h.tx, h.tx.ended, err
		}
	}
	if own == nil {
		own = &tableLocks{tx: tx, rows: roaring64.New()}
		if l.mu.tables == nil {
			l.mu.tables, l.mu.waits = map[uint32][]*tableLocks{}, map[*Tx]*Tx{}
		}
		l.mu.tables[table] = append(l.mu.tables[table], own)
		tx.locked = append(tx.locked, table)
	}
	own.rows.AddMany(w.rows)
	for _, k := range w.keys {
		if own.keys == nil {
			own.keys = map[uint64]uint64{}
		}
		if _, ok := own.keys[k]; !ok {
			own.keys[k] = tx.events
		}
	}
	return nil, nil, nil
}

// waitLocked notes that tx waits for other, unless other waits for tx.
func (l *locks) waitLocked(tx, other *Tx) error {
	for next := other; next != nil; next = l.mu.waits[next] {
		if next == tx {
			return dberr.New(dberr.DeadlockDetected, "deadlock detected").
				WithDetail("Every transaction of a circle waits for a row that the next has changed.")
		}
	}
	l.mu.waits[tx] = other
	if other.ended == nil {
		other.ended = make(chan struct{})
	}
	return nil
}

func (l *locks) stopWaiting(tx *Tx) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.mu.waits, tx)
}

// has reports whether some of what is wanted is locked.
func (h *tableLocks) has(w wanted) bool {
	for _, k := range w.keys {
		if _, ok := h.keys[k]; ok {
			return true
		}
	}
	if h.rows.IsEmpty() || len(w.rows) == 0 || h.rows.Maximum() < w.rows[0] || h.rows.Minimum() > w.rows[len(w.rows)-1] {
		return false
	}
	if uint64(len(w.rows)) > h.rows.GetCardinality() {
		for at := h.rows.Iterator(); at.HasNext(); {
			if _, ok := slices.BinarySearch(w.rows, at.Next()); ok {
				return true
			}
		}
		return false
	}
	return slices.ContainsFunc(w.rows, h.rows.Contains)
}

// release ends the locks of a transaction that has ended, and wakes those who wait for it.
func (l *locks) release(tx *Tx) {
	if len(tx.locked) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, table := range tx.locked {
		list := slices.DeleteFunc(l.mu.tables[table], func(h *tableLocks) bool { return h.tx == tx })
		if len(list) == 0 {
			delete(l.mu.tables, table)
		} else {
			l.mu.tables[table] = list
		}
	}
	tx.locked = nil
	tx.wakeLocked()
}

// wakeLocked wakes those who wait for tx. They look again at what they want.
func (tx *Tx) wakeLocked() {
	if tx.ended != nil {
		close(tx.ended)
		tx.ended = nil
	}
}

// undo ends the locks for what a transaction has taken back: it ends only rows that it has ended by
// now, and writes only keys of rows up to event events.
func (l *locks) undo(tx *Tx, events uint64) {
	if len(tx.locked) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, table := range tx.locked {
		for _, h := range l.mu.tables[table] {
			if h.tx != tx {
				continue
			}
			maps.DeleteFunc(h.keys, func(_, event uint64) bool { return event >= events })
			h.rows.Clear()
			if tt := tx.tables[table]; tt != nil {
				for rid := range tt.dead {
					if rid&eventlog.Relative == 0 {
						h.rows.Add(rid)
					}
				}
			}
		}
	}
	tx.wakeLocked()
}
