package sqlvec_test

import (
	"testing"

	"driftdb/internal/dberr"
	"driftdb/sqlvec"
)

// TestAdvisoryLocks has sessions wait for numbers that others have locked.
func TestAdvisoryLocks(t *testing.T) {
	for _, c := range []struct{ name, held, wanted, end string }{
		{"session", "SELECT pg_advisory_lock(1)", "SELECT pg_advisory_lock(1)", "SELECT pg_advisory_unlock(1)"},
		{"pair", "SELECT pg_advisory_lock(1, 2)", "SELECT pg_advisory_xact_lock(1, 2)", "SELECT pg_advisory_unlock_all()"},
		{"shared", "SELECT pg_advisory_lock_shared(1)", "SELECT pg_advisory_lock(1)", "SELECT pg_advisory_unlock_shared(1)"},
		{"for shared", "SELECT pg_advisory_lock(1)", "SELECT pg_advisory_lock_shared(1)", "SELECT pg_advisory_unlock(1)"},
		{"transaction", "BEGIN; SELECT pg_advisory_xact_lock(1)", "SELECT pg_advisory_lock(1)", "ROLLBACK"},
		{"commit", "BEGIN; SELECT pg_advisory_xact_lock_shared(1)", "SELECT pg_advisory_xact_lock(1)", "COMMIT"},
		{"savepoint", "BEGIN; SAVEPOINT s; SELECT pg_advisory_xact_lock(1)", "SELECT pg_advisory_lock(1)", "ROLLBACK TO s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b, other := three(t)
			must(t, a, c.held)
			w := start(t, b, c.wanted)
			query(t, other, "SELECT wait_event_type, wait_event, state, pg_blocking_pids(pid) FROM pg_stat_activity WHERE pid = 2", "Lock|advisory|active|{1}")
			query(t, other, "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = 2 AND waitstart IS NOT NULL", "1")
			must(t, a, c.end)
			w.ends("")
		})
	}
}

// TestAdvisoryLocksThatAreNotWaitedFor tries locks that another session has.
func TestAdvisoryLocksThatAreNotWaitedFor(t *testing.T) {
	a, b, c := three(t)
	must(t, a, "SELECT pg_advisory_lock(1), pg_advisory_lock_shared(2)")
	query(t, b, "SELECT concat_ws(' ', pg_try_advisory_lock(1), pg_try_advisory_lock_shared(1), pg_try_advisory_xact_lock(2), pg_try_advisory_lock_shared(2), pg_try_advisory_lock(0, 1), pg_advisory_unlock(1))", "f f f t t f")
	if _, err := script(c, "SET lock_timeout = '20ms'; SELECT pg_advisory_lock(1)"); dberr.CodeOf(err) != dberr.LockNotAvailable {
		t.Errorf("a wait beyond lock_timeout: %v", err)
	}
	if _, err := script(c, "SET statement_timeout = '20ms'; SELECT pg_advisory_xact_lock(2)"); dberr.CodeOf(err) != dberr.QueryCanceled && dberr.CodeOf(err) != dberr.LockNotAvailable {
		t.Errorf("a wait beyond statement_timeout: %v", err)
	}
	a.Close()
	query(t, b, "SELECT pg_try_advisory_lock(1)", "t")
}

// TestDeadlockOfUnlikeLocks closes a circle of advisory locks and of locks of rows.
func TestDeadlockOfUnlikeLocks(t *testing.T) {
	a, b, _ := three(t)
	must(t, a, "SELECT pg_advisory_lock(1); BEGIN; UPDATE k SET v = 1 WHERE id = 1")
	must(t, b, "BEGIN; UPDATE k SET v = 2 WHERE id = 2")
	w := start(t, b, "SELECT pg_advisory_lock(1)")
	if _, err := script(a, "UPDATE k SET v = 3 WHERE id = 2"); dberr.CodeOf(err) != dberr.DeadlockDetected {
		t.Errorf("the circle is not seen: %v", err)
	}
	must(t, a, "ROLLBACK; SELECT pg_advisory_unlock(1)")
	w.ends("")
	must(t, b, "COMMIT")
}

// TestAdvisoryLocksOfARestart has a statement begin anew that has taken a lock of the session: it has it once.
func TestAdvisoryLocksOfARestart(t *testing.T) {
	a, b, _ := three(t)
	must(t, a, "BEGIN; UPDATE k SET v = 5 WHERE id = 1")
	w := start(t, b, "UPDATE k SET v = v + 1 WHERE id = 1 AND pg_try_advisory_lock(7)")
	must(t, a, "COMMIT")
	w.ends("UPDATE 1")
	query(t, b, "SELECT concat(v, pg_advisory_unlock(7), pg_advisory_unlock(7)) FROM k WHERE id = 1", "6tf")
}

// TestCancelBackend ends the statement of another session.
func TestCancelBackend(t *testing.T) {
	a, b, _ := three(t)
	must(t, a, "BEGIN; UPDATE k SET v = 5 WHERE id = 1")
	w := start(t, b, "UPDATE k SET v = 6 WHERE id = 1")
	query(t, a, "SELECT pg_cancel_backend(2)", "t")
	w.ends(dberr.QueryCanceled)
	query(t, b, "SELECT v FROM k WHERE id = 1", "10")
	query(t, a, "SELECT pg_cancel_backend(2)", "t") // it does nothing
	query(t, b, "SELECT v FROM k WHERE id = 1", "10")
}

// TestTerminateBackend ends other sessions: one that waits in a statement, and one between two.
func TestTerminateBackend(t *testing.T) {
	a, b, c := three(t)
	const adminShutdown = "57P01"
	must(t, b, "BEGIN; UPDATE k SET v = 5 WHERE id = 1; SELECT pg_advisory_lock(1)")
	must(t, c, "BEGIN; UPDATE k SET v = 6 WHERE id = 2")
	w := start(t, c, "UPDATE k SET v = 6 WHERE id = 1")
	query(t, a, "SELECT pg_terminate_backend(3, 10000)", "t")
	w.ends(adminShutdown)
	must(t, a, "UPDATE k SET v = 7 WHERE id = 2")
	query(t, a, "SELECT pg_terminate_backend(2, 10000)", "t")
	query(t, a, "SELECT pg_try_advisory_lock(1)", "t")
	must(t, a, "UPDATE k SET v = 7 WHERE id = 1")
	for _, s := range []*sqlvec.Session{b, c} {
		if _, err := script(s, "SELECT 1"); dberr.CodeOf(err) != adminShutdown {
			t.Errorf("a statement of a session that has been ended: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	query(t, a, "SELECT sum(v) FROM k WHERE id < 3", "14")
	if _, err := script(a, "SELECT pg_terminate_backend(1)"); dberr.CodeOf(err) != adminShutdown {
		t.Errorf("a session that ends itself: %v", err)
	}
}
