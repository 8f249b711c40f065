package colstore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"driftdb/internal/dberr"
)

// AdvisoryKey is what an advisory lock is of: numbers that mean what those who lock them agree on.
type AdvisoryKey struct {
	N    int64 // of a pair the first number in the upper 32 bits
	Pair bool  // two numbers, which are other keys than one
}

// advisoryHold is what an owner has of an advisory lock.
type advisoryHold struct {
	key    AdvisoryKey
	shared bool
	owner  *LockOwner
	times  [2]int // it was taken and not given back: by the session, by its transaction
}

// Places in advisoryHold.times.
const (
	bySession = iota
	byTransaction
)

// AdvisoryLock says what is to be locked and how. One that is shared keeps those out that are not. The same
// owner may take it again, and has it until it was given back as often.
type AdvisoryLock struct {
	Key    AdvisoryKey
	Shared bool
	NoWait bool // do without it where another owner has it
}

// LockAdvisory takes a lock until UnlockAdvisory, and reports whether it has it. The wait ends as that of Tx.Lock.
func (db *DB) LockAdvisory(ctx context.Context, owner *LockOwner, l AdvisoryLock, limit time.Duration) (bool, error) {
	return db.locks.lockAdvisory(ctx, owner, l, limit, func(h *advisoryHold) { h.times[bySession]++ })
}

// LockAdvisory takes a lock until the transaction ends or is rolled back to an earlier savepoint.
func (tx *Tx) LockAdvisory(ctx context.Context, l AdvisoryLock) (bool, error) {
	if tx.done {
		return false, dberr.New(dberr.NoActiveTransaction, "the transaction has ended")
	}
	return tx.db.locks.lockAdvisory(ctx, tx.opts.Owner, l, tx.LockTimeout, func(h *advisoryHold) {
		h.times[byTransaction]++
		tx.advisory = append(tx.advisory, h)
	})
}

func (l *locks) lockAdvisory(ctx context.Context, owner *LockOwner, a AdvisoryLock, limit time.Duration, got func(*advisoryHold)) (bool, error) {
	what := HeldLock{Owner: owner.ID, Advisory: &a.Key, Shared: a.Shared}
	_, err := l.await(ctx, owner, limit, what, func() (*LockOwner, error) {
		var own *advisoryHold
		for _, h := range l.mu.advisory[a.Key] {
			switch {
			case h.owner == owner && h.shared == a.Shared:
				own = h
			case h.owner != owner && !(h.shared && a.Shared):
				if a.NoWait {
					return nil, errTaken
				}
				return h.owner, nil
			}
		}
		if own == nil {
			own = &advisoryHold{key: a.Key, shared: a.Shared, owner: owner}
			if l.mu.advisory == nil {
				l.mu.advisory = map[AdvisoryKey][]*advisoryHold{}
			}
			l.mu.advisory[a.Key] = append(l.mu.advisory[a.Key], own)
		}
		got(own)
		return nil, nil
	})
	if err == errTaken {
		return false, nil
	}
	return err == nil, err
}

// UnlockAdvisory gives back a lock that LockAdvisory took, and reports whether the owner had it.
func (db *DB) UnlockAdvisory(owner *LockOwner, key AdvisoryKey, shared bool) bool {
	l := &db.locks
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range l.mu.advisory[key] {
		if h.owner == owner && h.shared == shared && h.times[bySession] > 0 {
			h.times[bySession]--
			l.shrinkLocked(h)
			l.wakeLocked(owner)
			return true
		}
	}
	return false
}

// UnlockAllAdvisory gives back all locks that LockAdvisory took for an owner.
func (db *DB) UnlockAllAdvisory(owner *LockOwner) {
	l := &db.locks
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, holds := range l.mu.advisory {
		for _, h := range slices.Clone(holds) {
			if h.owner == owner {
				h.times[bySession] = 0
				l.shrinkLocked(h)
			}
		}
	}
	l.wakeLocked(owner)
}

// dropAdvisoryLocked gives back the locks of a transaction but for the first n.
func (l *locks) dropAdvisoryLocked(tx *Tx, n int) {
	for _, h := range tx.advisory[n:] {
		h.times[byTransaction]--
		l.shrinkLocked(h)
	}
	tx.advisory = tx.advisory[:n]
}

// shrinkLocked forgets what is no longer held.
func (l *locks) shrinkLocked(h *advisoryHold) {
	if h.times != [2]int{} {
		return
	}
	holds := slices.DeleteFunc(l.mu.advisory[h.key], func(o *advisoryHold) bool { return o == h })
	if len(holds) == 0 {
		delete(l.mu.advisory, h.key)
	} else {
		l.mu.advisory[h.key] = holds
	}
}

// HeldLock is a lock that somebody has or waits for.
type HeldLock struct {
	Owner    int64        // LockOwner.ID
	Advisory *AdvisoryKey // nil for a lock of rows or of keys
	Shared   bool         // of an advisory lock
	Table    uint32       // of the others
	Strength LockStrength
	Keys     bool      // unique keys that are written, not rows
	Waits    bool      // it is waited for
	Since    time.Time // of the wait
	Holder   int64     // whom it waits for
}

// shown is what Locks shows while something is waited for.
func (w wanted) shown(table uint32) HeldLock {
	return HeldLock{Table: table, Strength: w.strength, Keys: len(w.rows) == 0}
}

// Locks lists the locks that open transactions and sessions have or wait for: of rows one for a table and a
// strength, however many rows there are.
func (db *DB) Locks() (list []HeldLock) {
	l := &db.locks
	l.mu.Lock()
	defer l.mu.Unlock()
	for table, holds := range l.mu.tables {
		for _, h := range holds {
			owner := h.tx.opts.Owner.ID
			for s, rows := range h.rows {
				if rows != nil && !rows.IsEmpty() {
					list = append(list, HeldLock{Owner: owner, Table: table, Strength: LockStrength(s)})
				}
			}
			if len(h.keys) > 0 {
				list = append(list, HeldLock{Owner: owner, Table: table, Strength: LockNoKeyUpdate, Keys: true})
			}
		}
	}
	for key, holds := range l.mu.advisory {
		for _, h := range holds {
			list = append(list, HeldLock{Owner: h.owner.ID, Advisory: &key, Shared: h.shared})
		}
	}
	for owner, w := range l.mu.waits {
		w.lock.Owner, w.lock.Waits, w.lock.Holder = owner.ID, true, w.holder.ID
		list = append(list, w.lock)
	}
	slices.SortFunc(list, compareLocks)
	return list
}

// compareLocks orders what Locks lists.
func compareLocks(a, b HeldLock) int {
	return cmp.Or(cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Table, b.Table), cmp.Compare(a.Strength, b.Strength), cmp.Compare(a.number(), b.number()))
}

func (h *HeldLock) number() int64 {
	if h.Advisory == nil {
		return 0
	}
	return h.Advisory.N
}
