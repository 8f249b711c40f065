package sqlvec

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/expr"
)

// activity is what a session shows to others: who it is and what it does.
type activity struct {
	owner   *colstore.LockOwner // with the session's number
	started int64               // µs since 1970 UTC, as all times here

	mu         sync.Mutex
	now        doing
	begun      int64                     // of its transaction, 0 for none
	running    []context.CancelCauseFunc // of the statements that run, the outermost first
	terminated bool                      // another session has ended it
	rollback   func()                    // ends what the session has open, while no statement runs
	gone       chan struct{}             // closed when it has nothing open any more
}

// errTerminated is why the statements of a session end that another has ended.
var errTerminated = dberr.New("57P01", "terminating connection due to administrator command")

// cancel ends the statement that a session runs.
func (a *activity) cancel() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, cancel := range a.running {
		cancel(nil)
	}
}

// terminate ends a session: the statement that runs, what it has open, and all statements to come.
func (a *activity) terminate() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.terminated {
		return
	}
	a.terminated = true
	for _, cancel := range a.running {
		cancel(errTerminated)
	}
	if len(a.running) == 0 {
		a.end()
	}
}

// end rolls back what a terminated session has open. The caller holds mu.
func (a *activity) end() {
	a.rollback()
	close(a.gone)
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
	a := &activity{started: db.now(), now: doing{state: stateIdle}, gone: make(chan struct{})}
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
	a.mu.Lock()
	if !a.terminated {
		a.terminated = true
		close(a.gone)
	}
	a.mu.Unlock()
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

// find returns an open session by its number.
func (l *sessions) find(id int64) (*activity, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, ok := l.open[id]
	return a, ok
}

// begins notes that a statement begins, which cancel ends. In a session that was ended none does.
func (s *Session) begins(query string, cancel context.CancelCauseFunc) error {
	a, now := s.activity, s.db.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.terminated {
		return errTerminated
	}
	a.running = append(a.running, cancel)
	a.now = doing{query: query, from: now, since: now, state: stateActive, user: s.user, application: s.set.applicationName}
	return nil
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
	a.running = a.running[:len(a.running)-1]
	if a.terminated && len(a.running) == 0 {
		a.end()
	}
}

// rollBackOpen ends the session's transaction and its locks, without touching more of it: another session
// may call it between two statements.
func (s *Session) rollBackOpen() {
	if s.tx.open != nil {
		s.tx.open.Rollback()
	}
	if s.tx.temp != nil {
		s.tx.temp.Rollback()
	}
	s.db.store.UnlockAllAdvisory(s.activity.owner)
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

// Cancel implements expr.Server.
func (c serverCalls) Cancel(backend int64) (bool, error) {
	a, ok := c.run.s.db.sessions.find(backend)
	if ok {
		a.cancel()
	}
	return ok, c.ended()
}

// Terminate implements expr.Server.
func (c serverCalls) Terminate(backend, waitMillis int64) (bool, error) {
	a, ok := c.run.s.db.sessions.find(backend)
	if !ok {
		return false, nil
	}
	a.terminate()
	if err := c.ended(); err != nil || waitMillis == 0 {
		return true, err
	}
	timer := time.NewTimer(time.Duration(waitMillis) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-a.gone:
		return true, nil
	case <-timer.C:
		return false, nil
	case <-c.run.ctx.Done():
		return false, c.ended()
	}
}

// ended is the error of a statement that has been canceled, nil of others.
func (c serverCalls) ended() error {
	if c.run.ctx.Err() != nil {
		return expr.Canceled(c.run.ctx)
	}
	return nil
}

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

// advisoryLocks are the locks of the session that a statement has taken, by how often. Where it begins anew,
// it does not take again what it has.
type advisoryLocks struct {
	mu           sync.Mutex
	taken, again map[expr.AdvisoryLock]int
}

// have reports whether the statement took a lock before it began anew, and has not asked for it since.
func (a *advisoryLocks) have(l expr.AdvisoryLock) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.again[l] == 0 {
		return false
	}
	a.again[l]--
	a.taken[l]++
	return true
}

// took notes that a lock was taken.
func (a *advisoryLocks) took(l expr.AdvisoryLock) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.taken == nil {
		a.taken = map[expr.AdvisoryLock]int{}
	}
	a.taken[l]++
}

// gave notes that a lock was given back.
func (a *advisoryLocks) gave(l expr.AdvisoryLock) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.taken[l] > 0:
		a.taken[l]--
	case a.again[l] > 0:
		a.again[l]--
	}
}

// gaveAll notes that all locks were given back.
func (a *advisoryLocks) gaveAll() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.taken, a.again = nil, nil
}

// restart makes what was taken what need not be taken again.
func (a *advisoryLocks) restart() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.taken == nil {
		return
	}
	for l, n := range a.again {
		a.taken[l] += n
	}
	a.again, a.taken = a.taken, map[expr.AdvisoryLock]int{}
}

// Lock implements expr.Server.
func (c serverCalls) Lock(l expr.AdvisoryLock) (bool, error) {
	s := c.run.s
	if l.Transaction {
		return s.tx.open.LockAdvisory(c.run.ctx, advisoryLock(l))
	}
	key := l
	key.NoWait = false
	if c.run.advisory.have(key) {
		return true, nil
	}
	ok, err := s.db.store.LockAdvisory(c.run.ctx, s.activity.owner, advisoryLock(l), s.set.lockTimeout)
	if ok && err == nil {
		c.run.advisory.took(key)
	}
	return ok, err
}

// Unlock implements expr.Server.
func (c serverCalls) Unlock(l expr.AdvisoryLock) bool {
	s := c.run.s
	lock := advisoryLock(l)
	l.NoWait, l.Transaction = false, false
	c.run.advisory.gave(l)
	return s.db.store.UnlockAdvisory(s.activity.owner, lock.Key, lock.Shared)
}

// UnlockAll implements expr.Server.
func (c serverCalls) UnlockAll() {
	c.run.advisory.gaveAll()
	c.run.s.db.store.UnlockAllAdvisory(c.run.s.activity.owner)
}

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
