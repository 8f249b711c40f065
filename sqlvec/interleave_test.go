package sqlvec_test

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"testing"

	"driftdb/internal/dberr"
	"driftdb/sqlvec"
)

// TestInterleavedSessions lets sessions take turns with transactions on one table. What
// those that commit say they have inserted and deleted must add up, and every
// session must see one state all the time.
func TestInterleavedSessions(t *testing.T) {
	for seed := range seeds(t, 60) {
		opts := sqlvec.Options{}
		opts.Store.SegmentMin, opts.Store.SegmentMax = 64<<10, 1<<20
		opts.Store.InlineRows, opts.Store.PartRows, opts.Store.GroupRows = 16, 64, 32
		w := &interleaving{t: t, rng: rand.New(rand.NewPCG(seed, 11)), db: open(t, opts)}
		w.run()
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, strings.Join(w.log, "\n"))
		}
	}
}

// seeds returns n seeds, or as many as DRIFTDB_INTERLEAVINGS says, from DRIFTDB_SEED on.
func seeds(t *testing.T, n int) iter.Seq[uint64] {
	first, n := uint64(environmentInt(t, "DRIFTDB_SEED", 0))<<20, environmentInt(t, "DRIFTDB_INTERLEAVINGS", n)
	return func(yield func(uint64) bool) {
		for i := range uint64(n) {
			if !yield(first + i) {
				return
			}
		}
	}
}

type interleaving struct {
	t    *testing.T
	rng  *rand.Rand
	db   *sqlvec.DB
	log  []string
	rows int64 // by what committed
}

// turn is a session with what its open transaction has done so far.
type turn struct {
	*sqlvec.Session
	name  string
	open  bool
	delta int64
}

func (w *interleaving) run() {
	admin := w.db.Session()
	defer admin.Close()
	must(w.t, admin, "CREATE TABLE k (id INTEGER PRIMARY KEY, v INTEGER); INSERT INTO k SELECT g, g FROM generate_series(1, 12) g")
	w.rows = 12
	turns := make([]*turn, 3)
	for i := range turns {
		turns[i] = &turn{Session: w.db.Session(), name: fmt.Sprint("s", i)}
		defer turns[i].Close()
		must(w.t, turns[i].Session, "SET lock_timeout = 1")
	}
	for range 120 {
		w.step(turns[w.rng.IntN(len(turns))])
		if w.t.Failed() {
			return
		}
	}
	for _, s := range turns {
		if s.open {
			w.end(s, "COMMIT")
		}
	}
	w.sees(&turn{Session: admin, name: "admin"}, w.rows)
}

func (w *interleaving) step(s *turn) {
	id := 1 + w.rng.IntN(16)
	switch n := w.rng.IntN(20); {
	case n < 3 && !s.open:
		level := [...]string{"READ COMMITTED", "REPEATABLE READ"}[w.rng.IntN(2)]
		if _, err := w.do(s, "BEGIN ISOLATION LEVEL "+level); err == nil {
			s.open, s.delta = true, 0
		}
	case n < 3:
		w.end(s, "COMMIT")
	case n == 3 && s.open:
		w.end(s, "ROLLBACK")
	case n == 4:
		w.maintain(s)
	case n < 9:
		w.write(s, fmt.Sprintf("DELETE FROM k WHERE id BETWEEN %d AND %d", id, id+w.rng.IntN(2)), -1)
	case n < 13:
		w.write(s, fmt.Sprintf("INSERT INTO k VALUES (%d, 0)", id), 1)
	case n < 17:
		w.write(s, fmt.Sprintf("UPDATE k SET v = v + 1 WHERE id BETWEEN %d AND %d", id, id+w.rng.IntN(3)), 0)
	default:
		w.sees(s, -1)
	}
}

// maintain tidies up, from outside of any transaction.
func (w *interleaving) maintain(s *turn) {
	if !s.open {
		w.do(s, [...]string{"CHECKPOINT", "VACUUM"}[w.rng.IntN(2)])
	}
}

// write runs a statement that changes the number of rows by sign times what its tag says.
func (w *interleaving) write(s *turn, sql string, sign int64) {
	tag, err := w.do(s, sql)
	if err != nil {
		if s.open {
			w.end(s, "ROLLBACK")
		}
		return
	}
	var n int64
	fmt.Sscanf(tag[strings.LastIndexByte(tag, ' ')+1:], "%d", &n)
	s.delta += sign * n
	if !s.open {
		w.rows, s.delta = w.rows+s.delta, 0
	}
}

func (w *interleaving) end(s *turn, how string) {
	if tag, _ := w.do(s, how); tag == "COMMIT" {
		w.rows += s.delta
	}
	s.open, s.delta = false, 0
}

// sees compares ways to count, each with the others and, where it is known, with want.
func (w *interleaving) sees(s *turn, want int64) {
	got, err := w.do(s, "SELECT count(*), count(v), count(DISTINCT id) FROM k")
	if err != nil {
		w.end(s, "ROLLBACK")
		return
	}
	var a, b, c int64
	fmt.Sscanf(got, "%d|%d|%d", &a, &b, &c)
	if a != b || a != c || want >= 0 && a != want {
		w.t.Errorf("%s counts %s, committed are %d", s.name, got, want)
	}
}

func (w *interleaving) do(s *turn, sql string) (string, error) {
	out, err := script(s.Session, sql)
	answer := strings.Join(out, ";")
	w.log = append(w.log, fmt.Sprintf("%s: %s -- %s %v", s.name, sql, answer, err))
	if err == nil {
		return answer, nil
	}
	switch dberr.CodeOf(err) {
	case dberr.SerializationFailure, dberr.UniqueViolation, dberr.LockNotAvailable:
	default:
		w.t.Errorf("%s: %v", sql, err)
	}
	return answer, err
}
