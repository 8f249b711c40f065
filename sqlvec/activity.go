package sqlvec

import (
	"maps"
	"slices"
	"sync"
	"time"

	"driftdb/colstore"
	"driftdb/sqlvec/expr"
)

// activity is what a session shows to others: who it is and what it does.
type activity struct {
	owner   *colstore.LockOwner // with the session's number
	started int64               // µs since 1970 UTC, as all times here

	mu    sync.Mutex
	now   doing
	begun int64 // of its transaction, 0 for none
}

// doing is what a session does, or did last.
type doing struct {
	query       string
	from, since int64 // start of the query, of the state
	state       string
	user        string
	application string
}

// The states of a session, as pg_stat_activity names them.
const (
	stateActive = "active"
	stateIdle   = "idle"
	stateOpen   = "idle in transaction"
	stateFailed = "idle in transaction (aborted)"
)

// sessions are the open sessions of a database by number.
type sessions struct {
	mu   sync.Mutex
	last int64
	open map[int64]*activity
}

// enter makes the activity of a new session.
func (db *DB) enter() *activity {
	a := &activity{started: db.now(), now: doing{state: stateIdle}}
	a.now.since = a.started
	l := &db.sessions
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	a.owner = &colstore.LockOwner{ID: l.last}
	if l.open == nil {
		l.open = map[int64]*activity{}
	}
	l.open[l.last] = a
	return a
}

// leave ends a session: nobody sees it any more, and it has no locks.
func (db *DB) leave(a *activity) {
	db.store.UnlockAllAdvisory(a.owner)
	db.sessions.mu.Lock()
	defer db.sessions.mu.Unlock()
	delete(db.sessions.open, a.owner.ID)
}

// list returns the open sessions in the order of their numbers.
func (l *sessions) list() []*activity {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := slices.Collect(maps.Values(l.open))
	slices.SortFunc(all, func(a, b *activity) int { return int(a.owner.ID - b.owner.ID) })
	return all
}

// begins notes that a statement begins.
func (s *Session) begins(query string) {
	a, now := s.activity, s.db.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = doing{query: query, from: now, since: now, state: stateActive, user: s.user, application: s.set.applicationName}
}

// inTransactionSince notes when a transaction began.
func (a *activity) inTransactionSince(micros int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.begun = micros
}

// ends notes that a statement has ended.
func (s *Session) ends() {
	a := s.activity
	a.mu.Lock()
	defer a.mu.Unlock()
	if s.tx.open == nil {
		a.begun = 0
	}
	switch {
	case s.tx.failed:
		a.now.state = stateFailed
	case s.tx.explicit:
		a.now.state = stateOpen
	default:
		a.now.state = stateIdle
	}
	a.now.since, a.now.application = s.db.now(), s.set.applicationName
}

// serverCalls is a statement's session as the functions of the server see it.
type serverCalls struct{ run *run }

var _ expr.Server = serverCalls{}

// RelationSize implements expr.Server.
func (c serverCalls) RelationSize(oid int64, part expr.SizePart) (int64, bool, error) {
	s := c.run.s
	_, t, at, ok := catalogCalls{s}.owned(oid)
	if !ok {
		_, ok = catalogCalls{s}.RelationName(oid) // the system's views
		return 0, ok, nil
	}
	if t.Kind != colstore.KindTable {
		return 0, true, nil
	}
	store := s.db.store
	if isTemporary(t) {
		store = s.temp.store
	}
	size, err := store.TableSize(t)
	switch {
	case err != nil:
		return 0, true, err
	case at != 0:
		x := indexAt(t, at)
		if x == nil {
			return 0, false, nil
		}
		if part == expr.SizeIndexes {
			return 0, true, nil
		}
		return size.Indexes[x.ID], true, nil
	case part == expr.SizeIndexes:
		return size.Total() - size.Rows, true, nil
	case part == expr.SizeTotal:
		return size.Total(), true, nil
	}
	return size.Rows, true, nil
}

// DatabaseSize implements expr.Server.
func (c serverCalls) DatabaseSize() (int64, error) { return c.run.s.db.store.Size() }

// Backend implements expr.Server.
func (c serverCalls) Backend() int64 { return c.run.s.activity.owner.ID }

// Blocking implements expr.Server.
func (c serverCalls) Blocking(backend int64) (list []int64) {
	for _, l := range c.run.s.db.store.Locks() {
		if l.Waits && l.Owner == backend {
			list = append(list, l.Holder)
		}
	}
	return list
}

func advisoryLock(l expr.AdvisoryLock) colstore.AdvisoryLock {
	return colstore.AdvisoryLock{Key: colstore.AdvisoryKey{N: l.N, Pair: l.Pair}, Shared: l.Shared, NoWait: l.NoWait}
}

// Lock implements expr.Server.
func (c serverCalls) Lock(l expr.AdvisoryLock) (bool, error) {
	s := c.run.s
	if l.Transaction {
		return s.tx.open.LockAdvisory(c.run.ctx, advisoryLock(l))
	}
	return s.db.store.LockAdvisory(c.run.ctx, s.activity.owner, advisoryLock(l), s.set.lockTimeout)
}

// Unlock implements expr.Server.
func (c serverCalls) Unlock(l expr.AdvisoryLock) bool {
	s := c.run.s
	lock := advisoryLock(l)
	return s.db.store.UnlockAdvisory(s.activity.owner, lock.Key, lock.Shared)
}

// UnlockAll implements expr.Server.
func (c serverCalls) UnlockAll() { c.run.s.db.store.UnlockAllAdvisory(c.run.s.activity.owner) }

// Query implements expr.Server.
func (c serverCalls) Query() string { return c.run.result.Text }

// Sleep implements expr.Server.
func (c serverCalls) Sleep(micros int64) error {
	if micros <= 0 {
		return nil
	}
	timer := time.NewTimer(time.Duration(micros) * time.Microsecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-c.run.ctx.Done():
		return expr.Canceled(c.run.ctx)
	}
}

// TemporarySchema implements expr.Server.
func (c serverCalls) TemporarySchema() int64 {
	if c.run.s.temp == nil {
		return 0
	}
	return temporaryOID
}
