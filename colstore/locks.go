package colstore

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/RoaringBitmap/roaring/roaring64"

	"driftdb/eventlog"
	"driftdb/internal/dberr"
	"driftdb/internal/vec"
	"driftdb/internal/vfs"
)

// locks says which rows open transactions are about to end and which keys they are about to write, and
// which numbers sessions have locked among themselves (see AdvisoryKey). Who wants what another has waits for its end. Nothing depends on the locks: a commit
// is validated all the same. They are kept in memory until the transaction ends, and held by those who ask
// for them only.
//
// Its mutex is a leaf.
type locks struct {
	mu struct {
		sync.Mutex
		tables   map[uint32][]*tableLocks
		advisory map[AdvisoryKey][]*advisoryHold
		waits    map[*LockOwner]waiting
	}
}

// LockOwner is who holds locks: a transaction, or a session with all of its own, one after another.
type LockOwner struct {
	// ID is what Locks shows.
	ID int64

	freed   chan struct{} // closed when it has less locked; nil while nobody waits for that. Under locks.mu
	waiting sync.Mutex    // it waits for one lock at a time
}

// waiting is what an owner waits for.
type waiting struct {
	holder *LockOwner
	lock   HeldLock
}

// tableLocks is what one transaction has locked of one table.
type tableLocks struct {
	tx   *Tx
	rows [LockUpdate + 1]*roaring64.Bitmap // row ids by strength, nil for none
	keys map[uint64]struct{}               // hashes of unique keys
}

// lockStep is what a transaction with savepoints has locked at once, so that it can be taken back.
type lockStep struct {
	locks    *tableLocks
	strength LockStrength
	rows     []uint64
	keys     []uint64
}

// LockStrength says what a lock of a row keeps other transactions from.
type LockStrength uint8

// The strengths, as PostgreSQL has them.
const (
	LockKeyShare    LockStrength = iota // from changing the row's keys and from ending it
	LockShare                           // from changing it
	LockNoKeyUpdate                     // from changing it, and from keeping others from that
	LockUpdate                          // from any lock
)

// conflicts are, by strength, the locks of others that one waits for.
var conflicts = [...][]LockStrength{
	LockKeyShare:    {LockUpdate},
	LockShare:       {LockNoKeyUpdate, LockUpdate},
	LockNoKeyUpdate: {LockShare, LockNoKeyUpdate, LockUpdate},
	LockUpdate:      {LockKeyShare, LockShare, LockNoKeyUpdate, LockUpdate},
}

// LockWait says what becomes of a lock of a row that another transaction has.
type LockWait uint8

// The ways to wait.
const (
	LockBlock  LockWait = iota // wait
	LockSkip                   // do without the row
	LockNoWait                 // fail with 55P03
)

// RowLock is how rows of a table are locked.
type RowLock struct {
	Table    *Table
	Strength LockStrength
	Wait     LockWait
}

// wanted is what is to be locked of a table.
type wanted struct {
	rows     []uint64 // ascending
	strength LockStrength
	wait     LockWait
	keys     []uint64
}

// maxLockedKeys is of how many rows a transaction locks the unique keys. Those of more, which are loaded
// rather than written by a transaction among others, are left to the validation of the commit.
const maxLockedKeys = 64 << 10

// Lock waits until no other open transaction is about to end one of the rows, and keeps others from
// doing so until this one ends. It returns 40001 when a row has ended since the view: under READ
// COMMITTED the caller begins the statement anew after Refresh. A wait ends with 40P01 where it would
// never end, 55P03 after LockTimeout, 57014 with ctx. The rows are about to be ended, by an UPDATE of
// columns that are no keys (LockNoKeyUpdate) or otherwise (LockUpdate). waited says that another
// transaction that had locked one of them has ended meanwhile.
func (tx *Tx) Lock(ctx context.Context, t *Table, rids []uint64, strength LockStrength) (waited bool, err error) {
	if err := tx.writable(); err != nil {
		return false, err
	}
	return tx.lockRows(ctx, t.ID, wanted{rows: others(rids), strength: strength})
}

// LockRows locks rows as SELECT … FOR UPDATE does: as Lock, but they need not be ended. It reports
// whether they are locked: with LockSkip they are not when another transaction has one of them. It may
// be called from any goroutine, while views of the transaction are read.
func (tx *Tx) LockRows(ctx context.Context, l RowLock, rids []uint64) (bool, error) {
	if err := tx.writable(); err != nil {
		return false, err
	}
	tx.lockingRows.Lock()
	defer tx.lockingRows.Unlock()
	w := wanted{rows: others(rids), strength: l.Strength, wait: l.Wait}
	switch _, err := tx.lockRows(ctx, l.Table.ID, w); {
	case err == errTaken && l.Wait == LockSkip:
		return false, nil
	case err == errTaken:
		return false, dberr.Newf(dberr.LockNotAvailable, "could not obtain lock on row in relation \"%s\"", l.Table.Name)
	case err != nil:
		return false, err
	}
	return true, nil
}

// others are, in ascending order, the rows that are not the transaction's own: nobody else sees those.
func others(rids []uint64) []uint64 {
	rows := make([]uint64, 0, len(rids))
	for _, rid := range rids {
		if rid&eventlog.Relative == 0 {
			rows = append(rows, rid)
		}
	}
	slices.Sort(rows)
	return slices.Compact(rows)
}

// lockRows locks rows and sees to it that they have not ended since the view.
func (tx *Tx) lockRows(ctx context.Context, table uint32, w wanted) (waited bool, err error) {
	if waited, err = tx.acquire(ctx, table, w); err != nil {
		return waited, err
	}
	return waited, vfs.Guard(func() error {
		st, err := tx.db.store(table)
		if err == nil {
			err = tx.checkAlive(st, w.rows)
		}
		if dberr.CodeOf(err) == dberr.SerializationFailure {
			tx.after = max(tx.after, tx.db.apply.ordered.Load().CSN)
		}
		return err
	})
}

// LockKeys is Lock for the unique keys of rows to be written, which have all columns of t in order.
// waited says that a transaction which wrote one of them has ended meanwhile.
func (tx *Tx) LockKeys(ctx context.Context, t *Table, rows *vec.Batch) (waited bool, err error) {
	if tx.lockedKeys += rows.Count(); tx.lockedKeys > maxLockedKeys {
		return false, nil
	}
	src, err := arrange(t, t.ColumnIDs(), rows)
	if err != nil {
		return false, err
	}
	var w wanted
	for _, n := range newKeysOf(t, src, selected(rows)) {
		for i := range n.keys {
			if n.keys[i].key != nil {
				w.keys = append(w.keys, n.keys[i].hash^uint64(n.index.ID)*0x9E3779B97F4A7C15)
			}
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

// errTaken says that another transaction has what was not to be waited for.
var errTaken = errors.New("locked by another transaction")

// acquire waits until nobody has what is wanted, and takes it.
func (tx *Tx) acquire(ctx context.Context, table uint32, w wanted) (waited bool, err error) {
	if len(w.rows)+len(w.keys) == 0 {
		return false, nil
	}
	var other *Tx
	waited, err = tx.db.locks.await(ctx, tx.opts.Owner, tx.LockTimeout, w.shown(table), func() (holder *LockOwner, err error) {
		if other != nil {
			tx.after = max(tx.after, other.csn.Load())
		}
		if other, err = tx.db.locks.takeLocked(tx, table, w); other == nil {
			return nil, err
		}
		return other.opts.Owner, err
	})
	return waited, err
}

// await calls take, under the mutex, until nobody has what it is to lock, and waits in between for who has.
func (l *locks) await(ctx context.Context, owner *LockOwner, limit time.Duration, what HeldLock, take func() (holder *LockOwner, err error)) (waited bool, err error) {
	owner.waiting.Lock()
	defer owner.waiting.Unlock()
	var timeout <-chan time.Time
	for {
		freed, err := l.try(owner, what, take)
		if freed == nil || err != nil {
			return waited, err
		}
		if waited = true; timeout == nil && limit > 0 {
			timer := time.NewTimer(limit)
			defer timer.Stop()
			timeout = timer.C
		}
		err = nil
		select {
		case <-freed:
		case <-ctx.Done():
			err = canceled()
		case <-timeout:
			err = dberr.New(dberr.LockNotAvailable, "canceling statement due to lock timeout")
		}
		l.stopWaiting(owner)
		if err != nil {
			return waited, err
		}
	}
}

// try locks something, or notes that owner waits for who has it, and returns what tells that there is less of
// that.
func (l *locks) try(owner *LockOwner, what HeldLock, take func() (*LockOwner, error)) (freed chan struct{}, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	holder, err := take()
	if holder == nil || err != nil {
		return nil, err
	}
	if err := l.waitLocked(owner, waiting{holder, what}); err != nil {
		return nil, err
	}
	return holder.freed, nil
}

// takeLocked locks what is wanted, or returns a transaction that has some of it.
func (l *locks) takeLocked(tx *Tx, table uint32, w wanted) (other *Tx, err error) {
	var own *tableLocks
	for _, h := range l.mu.tables[table] {
		if h.tx == tx {
			own = h
		} else if h.has(w) {
			if w.wait != LockBlock {
				return h.tx, errTaken
			}
			return h.tx, nil
		}
	}
	if own == nil {
		own = &tableLocks{tx: tx}
		if l.mu.tables == nil {
			l.mu.tables = map[uint32][]*tableLocks{}
		}
		l.mu.tables[table] = append(l.mu.tables[table], own)
		tx.locked = append(tx.locked, table)
	}
	own.take(w)
	return nil, nil
}

// take locks what is wanted.
func (h *tableLocks) take(w wanted) {
	step := lockStep{locks: h, strength: w.strength}
	if len(w.rows) > 0 {
		if h.rows[w.strength] == nil {
			h.rows[w.strength] = roaring64.New()
		}
		if h.tx.saves {
			step.rows = slices.DeleteFunc(slices.Clone(w.rows), h.rows[w.strength].Contains)
		}
		h.rows[w.strength].AddMany(w.rows)
	}
	for _, k := range w.keys {
		if h.keys == nil {
			h.keys = make(map[uint64]struct{}, len(w.keys))
		}
		if _, ok := h.keys[k]; !ok {
			h.keys[k] = struct{}{}
			step.keys = append(step.keys, k)
		}
	}
	if h.tx.saves && len(step.rows)+len(step.keys) > 0 {
		h.tx.lockSteps = append(h.tx.lockSteps, step)
	}
}

// waitLocked notes what owner waits for, unless who has it waits for owner.
func (l *locks) waitLocked(owner *LockOwner, w waiting) error {
	for next := w.holder; next != nil; next = l.mu.waits[next].holder {
		if next == owner {
			return dberr.New(dberr.DeadlockDetected, "deadlock detected").
				WithDetail("Every transaction of a circle waits for what the next has locked.")
		}
	}
	if l.mu.waits == nil {
		l.mu.waits = map[*LockOwner]waiting{}
	}
	w.lock.Since = time.Now()
	l.mu.waits[owner] = w
	if w.holder.freed == nil {
		w.holder.freed = make(chan struct{})
	}
	return nil
}

func (l *locks) stopWaiting(owner *LockOwner) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.mu.waits, owner)
}

// has reports whether some of what is wanted is locked.
func (h *tableLocks) has(w wanted) bool {
	for i := 0; i < len(w.keys) && len(h.keys) > 0; i++ {
		if _, ok := h.keys[w.keys[i]]; ok {
			return true
		}
	}
	return slices.ContainsFunc(conflicts[w.strength], func(s LockStrength) bool { return common(h.rows[s], w.rows) })
}

// common reports whether one of some rows, which ascend, is in the set.
func common(set *roaring64.Bitmap, rows []uint64) bool {
	if set == nil || set.IsEmpty() || len(rows) == 0 || set.Maximum() < rows[0] || set.Minimum() > rows[len(rows)-1] {
		return false
	}
	if uint64(len(rows)) > set.GetCardinality() {
		for at := set.Iterator(); at.HasNext(); {
			if _, ok := slices.BinarySearch(rows, at.Next()); ok {
				return true
			}
		}
		return false
	}
	return slices.ContainsFunc(rows, set.Contains)
}

// release ends the locks of a transaction that has ended, and wakes those who wait for it.
func (l *locks) release(tx *Tx) {
	if len(tx.locked)+len(tx.advisory) == 0 {
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
	l.dropAdvisoryLocked(tx, 0)
	l.wakeLocked(tx.opts.Owner)
}

// wakeLocked wakes those who wait for owner. They look again at what they want; until then they wait for nobody,
// since owner may go on and wait for one of them.
func (l *locks) wakeLocked(o *LockOwner) {
	if o.freed == nil {
		return
	}
	maps.DeleteFunc(l.mu.waits, func(_ *LockOwner, w waiting) bool { return w.holder == o })
	close(o.freed)
	o.freed = nil
}

// mark is how many steps of a transaction's locks come before a savepoint. From now on they are noted.
func (l *locks) mark(tx *Tx) lockMark {
	l.mu.Lock()
	defer l.mu.Unlock()
	tx.saves = true
	return lockMark{len(tx.lockSteps), len(tx.advisory)}
}

// lockMark is where a savepoint stands in the locks of a transaction.
type lockMark struct{ steps, advisory int }

// undo ends the locks that a transaction has taken behind a savepoint, and wakes those who wait for them.
func (l *locks) undo(tx *Tx, to lockMark) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range tx.lockSteps[to.steps:] {
		for _, row := range s.rows {
			s.locks.rows[s.strength].Remove(row)
		}
		for _, k := range s.keys {
			delete(s.locks.keys, k)
		}
	}
	tx.lockSteps = tx.lockSteps[:to.steps:to.steps]
	l.dropAdvisoryLocked(tx, to.advisory)
	l.wakeLocked(tx.opts.Owner)
}
