package sqlvec_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"

	"driftdb/colstore"
	"driftdb/internal/vfs"
	"driftdb/sqlvec"
)

// TestSequencesAfterCrashes takes numbers in sessions that commit and roll back, and cuts the
// power again and again: a number that a committed statement answered is not answered again.
func TestSequencesAfterCrashes(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	mem := vfs.NewMem()
	if err := colstore.Init("db", colstore.Options{FS: mem}); err != nil {
		t.Fatal(err)
	}
	last := int64(0)
	for round := range 24 {
		db, err := sqlvec.Open("db", sqlvec.Options{Store: colstore.Options{FS: mem}})
		if err != nil {
			t.Fatal(err)
		}
		s := db.Session()
		if round == 0 {
			if _, err := script(s, "CREATE TABLE t (id BIGSERIAL PRIMARY KEY, v INTEGER)"); err != nil {
				t.Fatal(err)
			}
		}
		for step := range 1 + rng.IntN(20) {
			sql := []string{"SELECT nextval('t_id_seq')", "INSERT INTO t (v) VALUES (1) RETURNING id", "CHECKPOINT"}[rng.IntN(3)]
			if step%5 == 4 { // numbers of a transaction that is rolled back are gone, too
				if _, err := script(s, "BEGIN; SELECT nextval('t_id_seq'); ROLLBACK"); err != nil {
					t.Fatal(err)
				}
			}
			out, err := script(s, sql)
			if err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
			if n, err := strconv.ParseInt(out[0], 10, 64); err == nil {
				if n <= last {
					t.Fatalf("round %d: %s answered %d after %d", round, sql, n, last)
				}
				last = n
			}
		}
		mem = mem.Crash(vfs.CrashPolicies[round%len(vfs.CrashPolicies)], rng)
	}
}

// TestSequencesAreShared takes numbers in several sessions at once.
func TestSequencesAreShared(t *testing.T) {
	db := open(t, sqlvec.Options{})
	first := db.Session()
	defer first.Close()
	if _, err := script(first, "CREATE SEQUENCE s"); err != nil {
		t.Fatal(err)
	}
	const sessions, each = 4, 50
	var mu sync.Mutex
	seen := map[string]bool{}
	var wg sync.WaitGroup
	for range sessions {
		wg.Go(func() {
			s := db.Session()
			defer s.Close()
			for range each {
				out, err := script(s, "SELECT nextval('s')")
				mu.Lock()
				if err != nil || seen[out[0]] {
					t.Errorf("nextval answered %v, %v", out, err)
				}
				seen[fmt.Sprint(out[0])] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(seen) != sessions*each || !seen[strconv.Itoa(sessions*each)] {
		t.Errorf("%d numbers were handed out, want 1 to %d", len(seen), sessions*each)
	}
}
