package sqlvec_test

import (
	"fmt"
	"sync"
	"testing"

	"driftdb/internal/dberr"
	"driftdb/sqlvec"
)

// TestLockStrengths has one session lock a row in each way and another do something with it.
func TestLockStrengths(t *testing.T) {
	forms := []string{"FOR KEY SHARE", "FOR SHARE", "FOR NO KEY UPDATE", "FOR UPDATE"}
	second := []struct {
		sql   string
		waits [4]bool
	}{
		{"SELECT v FROM k WHERE id = 1 FOR KEY SHARE", [4]bool{false, false, false, true}},
		{"SELECT v FROM k WHERE id = 1 FOR SHARE", [4]bool{false, false, true, true}},
		{"SELECT v FROM k WHERE id = 1 FOR NO KEY UPDATE", [4]bool{false, true, true, true}},
		{"SELECT v FROM k WHERE id = 1 FOR UPDATE", [4]bool{true, true, true, true}},
		{"UPDATE k SET v = 10 WHERE id = 1", [4]bool{false, true, true, true}},
		{"UPDATE k SET id = 1 WHERE id = 1", [4]bool{true, true, true, true}},
		{"DELETE FROM k WHERE id = 1", [4]bool{true, true, true, true}},
		{"SELECT v FROM k WHERE id = 2 FOR UPDATE", [4]bool{}},
		{"SELECT v FROM k", [4]bool{}},
	}
	for i, form := range forms {
		a, b, _ := three(t)
		must(t, b, "SET lock_timeout = 1")
		must(t, a, "BEGIN; SELECT * FROM k WHERE id = 1 "+form)
		for _, c := range second {
			must(t, b, "BEGIN")
			_, err := script(b, c.sql)
			if waits := dberr.CodeOf(err) == dberr.LockNotAvailable; waits != c.waits[i] || err != nil && !waits {
				t.Errorf("%s after %s: %v, want a wait: %t", c.sql, form, err, c.waits[i])
			}
			must(t, b, "ROLLBACK")
		}
		must(t, a, "COMMIT")
	}
}

// TestWaitForLocked has a session lock rows that another has locked or changed.
func TestWaitForLocked(t *testing.T) {
	cases := []struct{ name, first, second, end, want string }{
		{"locked", "SELECT * FROM k WHERE id = 1 FOR UPDATE", "SELECT v FROM k WHERE id = 1 FOR UPDATE", "COMMIT", "10"},
		{"updated", "UPDATE k SET v = 11 WHERE id = 1", "SELECT v FROM k WHERE id = 1 FOR UPDATE", "COMMIT", "11"},
		{"rolled back", "UPDATE k SET v = 11 WHERE id = 1", "SELECT v FROM k WHERE id = 1 FOR SHARE", "ROLLBACK", "10"},
		{"deleted", "DELETE FROM k WHERE id = 1", "SELECT v FROM k WHERE id < 3 FOR UPDATE", "COMMIT", "20"},
		{"matches no more", "UPDATE k SET v = 99 WHERE id = 1", "SELECT count(*) FROM (SELECT id FROM k WHERE v < 15 FOR UPDATE) s", "COMMIT", "0"},
		{"matches now", "UPDATE k SET v = 5 WHERE id = 1", "SELECT id, v FROM k WHERE v < 15 FOR UPDATE", "COMMIT", "1|5"},
		{"limit", "UPDATE k SET v = 50 WHERE id = 1", "SELECT id FROM k ORDER BY v LIMIT 1 FOR UPDATE", "COMMIT", "2"},
		{"update after lock", "SELECT * FROM k FOR SHARE", "UPDATE k SET v = 0 WHERE id = 3", "COMMIT", "UPDATE 1"},
		{"a cursor", "UPDATE k SET v = 11 WHERE id = 1", "DECLARE c CURSOR FOR SELECT v FROM k WHERE id = 1 FOR UPDATE; FETCH c", "COMMIT", "DECLARE CURSOR 11"},
		{"a source of INSERT", "UPDATE k SET v = 11 WHERE id = 1", "INSERT INTO k SELECT id + 10, v FROM k WHERE id = 1 FOR UPDATE", "COMMIT", "INSERT 0 1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a, b, _ := three(t)
			must(t, a, "BEGIN; "+c.first)
			must(t, b, "BEGIN; SELECT * FROM k")
			w := start(t, b, c.second)
			must(t, a, c.end)
			w.ends(c.want)
			must(t, b, "COMMIT")
		})
	}
}

// TestLockedInSubquery locks, in a subquery, the rows that it finds for the rows around, and no others.
func TestLockedInSubquery(t *testing.T) {
	for _, sql := range []string{
		"SELECT (SELECT v FROM k WHERE k.id = q.x FOR UPDATE) FROM (VALUES (1), (7)) q(x)",
		"SELECT x FROM (VALUES (1), (7)) q(x) WHERE EXISTS (SELECT 1 FROM k WHERE k.id = q.x FOR UPDATE)",
		"SELECT v FROM (VALUES (1), (2)) q(x), LATERAL (SELECT v FROM k WHERE k.id <= q.x ORDER BY id LIMIT 1 FOR UPDATE) r",
	} {
		a, b, _ := three(t)
		must(t, a, "BEGIN; "+sql)
		for id, want := range map[int]string{1: dberr.LockNotAvailable, 2: ""} {
			_, err := script(b, fmt.Sprintf("SELECT v FROM k WHERE id = %d FOR UPDATE NOWAIT", id))
			if got := dberr.CodeOf(err); err != nil && got != want || err == nil && want != "" {
				t.Errorf("%s: row %d: %v, want %q", sql, id, err, want)
			}
		}
		must(t, a, "COMMIT")
	}
}

// TestSkipLocked leaves out what others have locked, and locks no more than it answers.
func TestSkipLocked(t *testing.T) {
	a, b, c := three(t)
	const next = "SELECT id FROM k ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
	must(t, a, "BEGIN")
	query(t, a, next, "1")
	query(t, a, next, "1") // its own lock does not count
	must(t, b, "BEGIN")
	query(t, b, next, "2")
	query(t, c, "SELECT id FROM k FOR UPDATE SKIP LOCKED", "3")
	query(t, c, "SELECT x.id FROM k x, k y WHERE x.id = y.id FOR UPDATE OF x SKIP LOCKED", "3")
	if _, err := script(c, "SELECT id FROM k FOR UPDATE NOWAIT"); dberr.CodeOf(err) != dberr.LockNotAvailable ||
		err.Error() != `could not obtain lock on row in relation "k"` {
		t.Errorf("%v", err)
	}
	must(t, a, "COMMIT")
	query(t, c, next, "1")
	must(t, b, "ROLLBACK")
	query(t, c, "SELECT id FROM k ORDER BY id FOR UPDATE NOWAIT", "1\n2\n3")
}

// TestLocksOfSavepoint ends the locks taken since a savepoint, and no others, when it is rolled back to.
func TestLocksOfSavepoint(t *testing.T) {
	a, b, _ := three(t)
	must(t, a, "BEGIN; SELECT * FROM k WHERE id = 1 FOR UPDATE; SAVEPOINT s; SELECT * FROM k WHERE id = 2 FOR UPDATE")
	w := start(t, b, "UPDATE k SET v = 0 WHERE id = 2")
	must(t, a, "ROLLBACK TO s")
	w.ends("UPDATE 1")
	w = start(t, b, "UPDATE k SET v = 0 WHERE id = 1")
	must(t, a, "COMMIT")
	w.ends("UPDATE 1")
}

// TestLockedIsRepeatable refuses to lock under REPEATABLE READ what has changed since the snapshot.
func TestLockedIsRepeatable(t *testing.T) {
	a, b, _ := three(t)
	must(t, b, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM k")
	must(t, a, "UPDATE k SET v = 1 WHERE id = 1")
	must(t, b, "SELECT * FROM k WHERE id = 2 FOR UPDATE")
	for _, how := range []string{"", "SKIP LOCKED", "NOWAIT"} {
		must(t, b, "SAVEPOINT s")
		if _, err := script(b, "SELECT * FROM k WHERE id = 1 FOR UPDATE "+how); dberr.CodeOf(err) != dberr.SerializationFailure {
			t.Errorf("%s: %v", how, err)
		}
		must(t, b, "ROLLBACK TO s")
	}
}

// TestQueue takes jobs from a table with many sessions at once: each is taken once.
func TestQueue(t *testing.T) {
	const sessions, jobs = 6, 120
	db := open(t, sqlvec.Options{})
	admin := db.Session()
	defer admin.Close()
	must(t, admin, fmt.Sprintf("CREATE TABLE job (id INTEGER PRIMARY KEY); CREATE TABLE done (id INTEGER PRIMARY KEY); INSERT INTO job SELECT generate_series(1, %d)", jobs))
	var wg sync.WaitGroup
	for range sessions {
		wg.Go(func() {
			s := db.Session()
			defer s.Close()
			for range jobs / sessions {
				if _, err := script(s, "BEGIN; WITH j AS (DELETE FROM job WHERE id = (SELECT id FROM job ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id) INSERT INTO done SELECT id FROM j; COMMIT"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	query(t, admin, "SELECT (SELECT count(*) FROM done), (SELECT count(*) FROM job)", fmt.Sprintf("%d|0", jobs))
}
