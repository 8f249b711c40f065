package sqlvec_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"driftdb/internal/dberr"
	"driftdb/sqlvec"
)

// waiting is a statement of a session that runs on its own goroutine.
type waiting struct {
	t    *testing.T
	done chan struct{}
	out  []string
	err  error
}

// start runs a statement and makes sure that it waits.
func start(t *testing.T, s *sqlvec.Session, sql string) *waiting {
	t.Helper()
	w := &waiting{t: t, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		w.out, w.err = script(s, sql)
	}()
	select {
	case <-w.done:
		t.Errorf("%s did not wait: %v %v", sql, w.out, w.err)
	case <-time.After(30 * time.Millisecond):
	}
	return w
}

// ends waits for the end and compares what the statement answered, or the code of its error.
func (w *waiting) ends(want string) {
	w.t.Helper()
	select {
	case <-w.done:
	case <-time.After(time.Minute):
		w.t.Fatal("the statement waits for ever")
	}
	got := strings.Join(w.out, " ")
	if w.err != nil {
		got = dberr.CodeOf(w.err)
	}
	if got != want {
		w.t.Errorf("%q (%v), want %q", got, w.err, want)
	}
}

// waitForFirst has b wait, in a transaction block of its own or not, with a statement for what a did first in
// one, which a then ends.
func waitForFirst(t *testing.T, a, b *sqlvec.Session, first, second, end, want string, block bool) {
	must(t, a, "BEGIN; "+first)
	if block {
		must(t, b, "BEGIN; SELECT * FROM k")
	}
	w := start(t, b, second)
	must(t, a, end)
	w.ends(want)
	if block && w.err == nil {
		must(t, b, "COMMIT")
	}
}

// three opens a database with a table of three rows and three sessions.
func three(t *testing.T) (a, b, c *sqlvec.Session) {
	db := open(t, sqlvec.Options{})
	var list []*sqlvec.Session
	for range 3 {
		s := db.Session()
		t.Cleanup(func() { s.Close() })
		list = append(list, s)
	}
	must(t, list[0], "CREATE TABLE k (id INTEGER PRIMARY KEY, v INTEGER); INSERT INTO k VALUES (1, 10), (2, 20), (3, 30)")
	return list[0], list[1], list[2]
}

// TestWaitForUpdate has one session change rows that another has changed and not committed.
func TestWaitForUpdate(t *testing.T) {
	cases := []struct {
		name, first, second, end string
		want, rows               string
	}{
		{"committed", "UPDATE k SET v = v + 1 WHERE id = 1", "UPDATE k SET v = v * 2 WHERE id = 1", "COMMIT", "UPDATE 1", "1|22\n2|20\n3|30"},
		{"rolled back", "UPDATE k SET v = v + 1 WHERE id = 1", "UPDATE k SET v = v * 2 WHERE id = 1", "ROLLBACK", "UPDATE 1", "1|20\n2|20\n3|30"},
		{"returning", "UPDATE k SET v = v + 1 WHERE id = 1", "UPDATE k SET v = v * 2 WHERE id = 1 RETURNING v", "COMMIT", "22", "1|22\n2|20\n3|30"},
		{"deleted", "DELETE FROM k WHERE id = 1", "UPDATE k SET v = 0 WHERE id <= 2", "COMMIT", "UPDATE 1", "2|0\n3|30"},
		{"delete of updated", "UPDATE k SET v = 99 WHERE id = 1", "DELETE FROM k WHERE v = 10 OR v = 20", "COMMIT", "DELETE 1", "1|99\n3|30"},
		{"matches no more", "UPDATE k SET v = 99 WHERE id = 1", "UPDATE k SET v = 0 WHERE v < 15", "COMMIT", "UPDATE 0", "1|99\n2|20\n3|30"},
		{"key changed", "UPDATE k SET id = 4 WHERE id = 1", "UPDATE k SET v = 0 WHERE id = 1", "COMMIT", "UPDATE 0", "2|20\n3|30\n4|10"},
		{"truncate", "UPDATE k SET v = 0 WHERE id = 1", "TRUNCATE k", "COMMIT", "TRUNCATE TABLE", ""},
		{"merge", "UPDATE k SET v = 11 WHERE id = 1", "MERGE INTO k USING (VALUES (1, 5), (7, 7)) s (id, n) ON s.id = k.id WHEN MATCHED THEN UPDATE SET v = k.v + n WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.n)", "COMMIT", "MERGE 2", "1|16\n2|20\n3|30\n7|7"},
		{"insert of a key, committed", "INSERT INTO k VALUES (4, 1)", "INSERT INTO k VALUES (4, 2)", "COMMIT", "23505", "1|10\n2|20\n3|30\n4|1"},
		{"insert of a key, rolled back", "INSERT INTO k VALUES (4, 1)", "INSERT INTO k VALUES (4, 2)", "ROLLBACK", "INSERT 0 1", "1|10\n2|20\n3|30\n4|2"},
		{"insert of a deleted key", "DELETE FROM k WHERE id = 1", "INSERT INTO k VALUES (1, 5)", "COMMIT", "INSERT 0 1", "1|5\n2|20\n3|30"},
		{"insert of a deleted key, rolled back", "DELETE FROM k WHERE id = 1", "INSERT INTO k VALUES (1, 5)", "ROLLBACK", "23505", "1|10\n2|20\n3|30"},
		{"insert of a changed key", "UPDATE k SET id = 4 WHERE id = 1", "INSERT INTO k VALUES (7, 7), (1, 5)", "COMMIT", "INSERT 0 2", "1|5\n2|20\n3|30\n4|10\n7|7"},
		{"on conflict do nothing", "INSERT INTO k VALUES (4, 1)", "INSERT INTO k VALUES (4, 2) ON CONFLICT DO NOTHING", "COMMIT", "INSERT 0 0", "1|10\n2|20\n3|30\n4|1"},
		{"on conflict do update", "INSERT INTO k VALUES (4, 1)", "INSERT INTO k VALUES (4, 2) ON CONFLICT (id) DO UPDATE SET v = k.v + excluded.v", "COMMIT", "INSERT 0 1", "1|10\n2|20\n3|30\n4|3"},
		{"upsert of an updated row", "UPDATE k SET v = 11 WHERE id = 1", "INSERT INTO k VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET v = k.v + excluded.v", "COMMIT", "INSERT 0 1", "1|13\n2|20\n3|30"},
		{"with", "UPDATE k SET v = 11 WHERE id = 1", "WITH x AS (UPDATE k SET v = v + 1 WHERE id = 1 RETURNING v) SELECT v FROM x", "COMMIT", "12", "1|12\n2|20\n3|30"},
	}
	for _, block := range []bool{false, true} {
		for _, c := range cases {
			t.Run(fmt.Sprintf("%s, block %t", c.name, block), func(t *testing.T) {
				a, b, other := three(t)
				waitForFirst(t, a, b, c.first, c.second, c.end, c.want, block)
				query(t, other, "SELECT * FROM k ORDER BY id", c.rows)
			})
		}
	}
}

// TestWaitEnds has waits end that would last too long.
func TestWaitEnds(t *testing.T) {
	a, b, other := three(t)
	must(t, a, "BEGIN; UPDATE k SET v = 0 WHERE id = 1; INSERT INTO k VALUES (4, 4)")
	for _, sql := range []string{"UPDATE k SET v = 1 WHERE id = 1", "DELETE FROM k", "INSERT INTO k VALUES (5, 5), (4, 4)"} {
		must(t, b, "SET lock_timeout = 40; SET statement_timeout = 0")
		start(t, b, sql).ends(dberr.LockNotAvailable)
		must(t, b, "SET lock_timeout = 0; SET statement_timeout = '40ms'")
		start(t, b, sql).ends(dberr.QueryCanceled)
	}
	must(t, b, "RESET ALL")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := b.Run(ctx, "UPDATE k SET v = 1 WHERE id = 1", nil); dberr.CodeOf(err) != dberr.QueryCanceled {
		t.Errorf("%v", err)
	}
	must(t, b, "UPDATE k SET v = 1 WHERE id = 2; SELECT * FROM k") // other rows, and readers, do not wait
	must(t, a, "SAVEPOINT s; UPDATE k SET v = 5 WHERE id = 3; COMMIT")
	query(t, other, "SELECT * FROM k ORDER BY id", "1|0\n2|1\n3|5\n4|4")
}

// TestRepeatableReadConflicts waits, and is refused when the other commits.
func TestRepeatableReadConflicts(t *testing.T) {
	a, b, other := three(t)
	must(t, a, "BEGIN; UPDATE k SET v = 0 WHERE id = 1")
	must(t, b, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM k")
	w := start(t, b, "UPDATE k SET v = 1 WHERE id = 1")
	must(t, a, "ROLLBACK; BEGIN; UPDATE k SET v = 2 WHERE id = 2")
	w.ends("UPDATE 1")
	w = start(t, b, "UPDATE k SET v = 3 WHERE id = 2")
	must(t, a, "COMMIT")
	w.ends(dberr.SerializationFailure)
	must(t, b, "ROLLBACK")
	query(t, other, "SELECT * FROM k ORDER BY id", "1|10\n2|2\n3|30")
}

// TestDeadlock has two and three transactions wait for each other: one of them is refused.
func TestDeadlock(t *testing.T) {
	a, b, c := three(t)
	must(t, a, "BEGIN; UPDATE k SET v = 1 WHERE id = 1")
	must(t, b, "BEGIN; UPDATE k SET v = 2 WHERE id = 2")
	must(t, c, "BEGIN; UPDATE k SET v = 3 WHERE id = 3")
	first := start(t, a, "UPDATE k SET v = 1 WHERE id = 2")
	second := start(t, b, "UPDATE k SET v = 2 WHERE id = 3")
	_, err := script(c, "UPDATE k SET v = 3 WHERE id = 1")
	if dberr.CodeOf(err) != dberr.DeadlockDetected {
		t.Errorf("%v, want %s", err, dberr.DeadlockDetected)
	}
	must(t, c, "ROLLBACK")
	second.ends("UPDATE 1")
	must(t, b, "COMMIT")
	first.ends("UPDATE 1")
	must(t, a, "COMMIT")
	query(t, c, "SELECT * FROM k ORDER BY id", "1|1\n2|1\n3|2")
}

// TestWaitersAddUp lets sessions change the same few rows at once. Nothing is refused, and nothing is
// lost.
func TestWaitersAddUp(t *testing.T) {
	const sessions, rounds = 8, 40
	for _, synchronous := range []string{"on", "off"} {
		db := open(t, sqlvec.Options{})
		admin := db.Session()
		defer admin.Close()
		must(t, admin, "CREATE TABLE k (id INTEGER PRIMARY KEY, v INTEGER); INSERT INTO k VALUES (1, 0), (2, 0), (3, 0); CREATE TABLE log (n INTEGER)")
		var wg sync.WaitGroup
		for i := range sessions {
			wg.Go(func() {
				s := db.Session()
				defer s.Close()
				rng := rand.New(rand.NewPCG(uint64(i), 3))
				for range rounds {
					id := 1 + rng.IntN(3)
					sql := fmt.Sprintf("UPDATE k SET v = v + 1 WHERE id = %d", id)
					switch rng.IntN(4) {
					case 0:
						sql = fmt.Sprintf("INSERT INTO k VALUES (%d, 1) ON CONFLICT (id) DO UPDATE SET v = k.v + 1", 4+rng.IntN(3))
					case 1:
						sql = fmt.Sprintf("BEGIN; INSERT INTO log VALUES (1); %s; INSERT INTO log SELECT v FROM k WHERE id = %d; COMMIT", sql, id)
					}
					if _, err := script(s, "SET synchronous_commit = "+synchronous+"; "+sql); err != nil {
						t.Errorf("%s: %v", sql, err)
						return
					}
				}
			})
		}
		wg.Wait()
		must(t, admin, "INSERT INTO log VALUES (0)") // is durable, and so is what was committed before
		query(t, admin, "SELECT sum(v) FROM k", fmt.Sprint(sessions*rounds))
	}
}

// TestRestartTakesNothingTwice has a statement that wrote one table wait for another: it cannot begin
// anew in a block, where what it wrote would stay.
func TestRestartTakesNothingTwice(t *testing.T) {
	for _, temporary := range []string{"", "TEMPORARY "} {
		a, b, _ := three(t)
		must(t, b, "CREATE "+temporary+"TABLE log (n INTEGER)")
		must(t, a, "BEGIN; UPDATE k SET v = 11 WHERE id = 1")
		must(t, b, "BEGIN; SELECT * FROM k")
		w := start(t, b, "WITH x AS (INSERT INTO log VALUES (1) RETURNING n) UPDATE k SET v = v + n FROM x WHERE id = 1")
		must(t, a, "COMMIT")
		w.ends(dberr.SerializationFailure)
		must(t, b, "ROLLBACK")
		query(t, b, "SELECT count(*) FROM log", "0")
		must(t, a, "BEGIN; UPDATE k SET v = 12 WHERE id = 1")
		w = start(t, b, "WITH x AS (INSERT INTO log VALUES (1) RETURNING n) UPDATE k SET v = v + n FROM x WHERE id = 1")
		must(t, a, "COMMIT")
		w.ends("UPDATE 1")
		query(t, b, "SELECT v, (SELECT count(*) FROM log) FROM k WHERE id = 1", "13|1")
	}
}

// TestWaitForReferences has one session write rows that refer to others, which a second one is about to
// end, and the other way round.
func TestWaitForReferences(t *testing.T) {
	const insert, delete = "INSERT INTO child VALUES (1, 1)", "DELETE FROM k WHERE id = 1"
	cases := []struct {
		name, first, second, end string
		want, rows               string
	}{
		{"parent deleted", delete, insert, "COMMIT", "23503", ""},
		{"parent deleted and taken back", delete, insert, "ROLLBACK", "INSERT 0 1", "1|1"},
		{"key of the parent changed", "UPDATE k SET id = 9 WHERE id = 1", insert, "COMMIT", "23503", ""},
		{"parent replaced", "DELETE FROM k WHERE id = 1; INSERT INTO k VALUES (1, 5)", insert, "COMMIT", "INSERT 0 1", "1|1"},
		{"child inserted", insert, delete, "COMMIT", "23503", "1|1"},
		{"child inserted and taken back", insert, delete, "ROLLBACK", "DELETE 1", ""},
		{"child inserted, key changed", insert, "UPDATE k SET id = 9 WHERE id = 1", "COMMIT", "23503", "1|1"},
		{"child changed", "UPDATE child SET k = 2 WHERE id = 0", "DELETE FROM k WHERE id = 2", "COMMIT", "23503", "0|2"},
		{"child deleted", "DELETE FROM child", "DELETE FROM k WHERE id = 3", "COMMIT", "DELETE 1", ""},
		{"child stays", "DELETE FROM child", "DELETE FROM k WHERE id = 3", "ROLLBACK", "23503", "0|3"},
	}
	for _, block := range []bool{false, true} {
		for _, c := range cases {
			t.Run(fmt.Sprintf("%s, block %t", c.name, block), func(t *testing.T) {
				a, b, other := three(t)
				must(t, other, "CREATE TABLE child (id INTEGER PRIMARY KEY, k INTEGER REFERENCES k)")
				if strings.HasPrefix(c.first, "UPDATE child") || strings.HasPrefix(c.first, "DELETE FROM child") {
					must(t, other, "INSERT INTO child VALUES (0, 3)")
				}
				waitForFirst(t, a, b, c.first, c.second, c.end, c.want, block)
				query(t, other, "SELECT * FROM child", c.rows)
			})
		}
	}
	a, b, _ := three(t)
	must(t, a, "CREATE TABLE child (id INTEGER PRIMARY KEY, k INTEGER REFERENCES k); BEGIN; "+insert)
	must(t, b, "UPDATE k SET v = 5 WHERE id = 1; INSERT INTO child VALUES (2, 1)") // neither waits
	must(t, a, "COMMIT")
	query(t, b, "SELECT * FROM child ORDER BY id", "1|1\n2|1")
	must(t, a, "BEGIN; SAVEPOINT s; INSERT INTO child VALUES (3, 3); ROLLBACK TO s")
	must(t, b, "DELETE FROM k WHERE id = 3") // nobody refers to it any more
	must(t, a, "SAVEPOINT s; INSERT INTO child VALUES (4, 2); ROLLBACK TO s; INSERT INTO child VALUES (4, 2)")
	w := start(t, b, "DELETE FROM k WHERE id = 2")
	must(t, a, "COMMIT")
	w.ends("23503")
}

// TestWaitForKeysOfMany has a session write the key that another has written: by UPDATE, COPY or with many
// rows.
func TestWaitForKeysOfMany(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(file, []byte("4,4\n5,5\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	many := "INSERT INTO k SELECT g, g FROM generate_series(4, 3003) g"
	for _, c := range []struct{ name, first, second, tag, rows string }{
		{"update", "INSERT INTO k VALUES (4, 1)", "UPDATE k SET id = 4 WHERE id = 1", "UPDATE 1", "3|64"},
		{"two updates", "UPDATE k SET id = 4 WHERE id = 2", "UPDATE k SET id = 4 WHERE id = 1", "UPDATE 1", "3|64"},
		{"copy", "INSERT INTO k VALUES (5, 1)", "COPY k FROM '" + file + "' (FORMAT csv)", "COPY 2", "5|69"},
		{"many rows", "INSERT INTO k VALUES (3000, 1)", many, "INSERT 0 3000", "3003|4510560"},
		{"one of many rows", many, "INSERT INTO k VALUES (3000, 1)", "INSERT 0 1", "4|61"},
	} {
		for _, end := range []string{"COMMIT", "ROLLBACK"} {
			t.Run(c.name+" "+end, func(t *testing.T) {
				a, b, other := three(t)
				must(t, a, "BEGIN; "+c.first)
				w := start(t, b, c.second)
				must(t, a, end)
				if end == "COMMIT" {
					w.ends("23505")
					return
				}
				w.ends(c.tag)
				if c.name == "update" || c.name == "two updates" {
					query(t, other, "SELECT count(*), sum(id + v) - 5 FROM k", c.rows)
				} else {
					query(t, other, "SELECT count(*), sum(v) FROM k", c.rows)
				}
			})
		}
	}
}

// TestLocksOfSavepoints takes back what was locked behind a savepoint, and nothing else.
func TestLocksOfSavepoints(t *testing.T) {
	a, b, _ := three(t)
	must(t, b, "SET lock_timeout = 20")
	refused := func(sql string) {
		t.Helper()
		if _, err := script(b, sql); dberr.CodeOf(err) != dberr.LockNotAvailable {
			t.Errorf("%s: %v", sql, err)
		}
	}
	must(t, a, "BEGIN; UPDATE k SET v = 0 WHERE id = 1; INSERT INTO k VALUES (4, 4); SAVEPOINT s")
	must(t, a, "UPDATE k SET v = 0 WHERE id IN (1, 2); INSERT INTO k VALUES (5, 5); SELECT * FROM k WHERE id = 3 FOR UPDATE; SAVEPOINT s2; INSERT INTO k VALUES (6, 6)")
	for _, sql := range []string{"UPDATE k SET v = 1 WHERE id = 2", "DELETE FROM k WHERE id = 3", "INSERT INTO k VALUES (5, 6)"} {
		refused(sql)
	}
	must(t, a, "ROLLBACK TO s2")
	must(t, b, "INSERT INTO k VALUES (6, 0)")
	refused("INSERT INTO k VALUES (5, 6)")
	must(t, a, "ROLLBACK TO s")
	must(t, b, "UPDATE k SET v = 1 WHERE id = 2; DELETE FROM k WHERE id = 3; INSERT INTO k VALUES (5, 6)")
	for _, sql := range []string{"UPDATE k SET v = 1 WHERE id = 1", "INSERT INTO k VALUES (4, 6)"} {
		refused(sql)
	}
	must(t, a, "COMMIT")
	query(t, b, "SELECT * FROM k ORDER BY id", "1|0\n2|1\n4|4\n5|6\n6|0")
}

// TestReliesOnMany has a transaction refer to more rows than it locks, some of which others end meanwhile: it
// must meet the one whose key is gone, at its next statement or at its commit, and nothing else.
func TestReliesOnMany(t *testing.T) {
	for _, c := range []struct{ change, then, want string }{
		{"DELETE FROM k WHERE id = 70000", "SELECT 1", dberr.ForeignKeyViolation},
		{"UPDATE k SET v = 1 WHERE id = 69999; DELETE FROM k WHERE id = 69999", "COMMIT", dberr.ForeignKeyViolation},
		{"UPDATE k SET v = 1 WHERE id < 100; DELETE FROM k WHERE id > 70000", "COMMIT", ""},
		{"DELETE FROM k WHERE id = 5; INSERT INTO k VALUES (5)", "COMMIT", ""},
		{"UPDATE k SET v = 1", "SELECT 1", ""},
	} {
		db := open(t, sqlvec.Options{})
		s, other := db.Session(), db.Session()
		must(t, s, "CREATE TABLE k (id INTEGER PRIMARY KEY, v INTEGER); INSERT INTO k SELECT g FROM generate_series(1, 70010) g; CREATE TABLE child (k INTEGER REFERENCES k)")
		must(t, s, "BEGIN; INSERT INTO child SELECT g FROM generate_series(1, 70000) g")
		must(t, other, c.change)
		if _, err := script(s, c.then); (err != nil) != (c.want != "") || err != nil && dberr.CodeOf(err) != c.want {
			t.Errorf("%s, then %s: %v", c.change, c.then, err)
		}
		s.Close()
		other.Close()
	}
}
