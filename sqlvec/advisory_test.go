package sqlvec_test

import (
	"testing"

	"driftdb/internal/dberr"
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
