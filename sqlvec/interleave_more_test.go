package sqlvec_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec"
)

// TestInterleavedTables lets sessions take turns with transactions, savepoints and changes
// of definitions over tables that refer to each other. All the time every session must see
// keys that are unique and references that hold, every commit must read the same after
// maintenance and a restart, and the verification of the files must find nothing.
func TestInterleavedTables(t *testing.T) {
	for seed := range seeds(t, 40) {
		dir := t.TempDir() + "/db"
		w := &tables{t: t, rng: rand.New(rand.NewPCG(seed, 5)), dir: dir, past: map[string]string{}}
		w.opts.Store.SegmentMin, w.opts.Store.SegmentMax = 64<<10, 1<<20
		w.opts.Store.InlineRows, w.opts.Store.PartRows, w.opts.Store.GroupRows = 16, 64, 32
		w.run()
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, strings.Join(w.log, "\n"))
		}
	}
}

type tables struct {
	t     *testing.T
	rng   *rand.Rand
	opts  sqlvec.Options
	dir   string
	db    *sqlvec.DB
	turns []*turn
	log   []string
	past  map[string]string // by point, what it held

	deferrable bool
}

const wholeState = "SELECT 'p', id, v FROM p UNION ALL SELECT 'c', id, p FROM c UNION ALL SELECT 'r', id, up FROM r ORDER BY 1, 2, 3"

// sound are queries that answer nothing as long as keys and references hold.
var sound = []string{
	"SELECT id FROM p GROUP BY id HAVING count(*) > 1",
	"SELECT id FROM c GROUP BY id HAVING count(*) > 1",
	"SELECT c.id FROM c LEFT JOIN p ON p.id = c.p WHERE c.p IS NOT NULL AND p.id IS NULL",
	"SELECT id FROM r GROUP BY id HAVING count(*) > 1",
	"SELECT r.id FROM r LEFT JOIN r u ON u.id = r.up WHERE r.up IS NOT NULL AND u.id IS NULL",
	"SELECT 1 WHERE (SELECT count(*) FROM r) <> (SELECT count(id) FROM r)",
	"SELECT 1 WHERE (SELECT count(*) FROM c) <> (SELECT count(id) FROM c) OR (SELECT count(*) FROM p) <> (SELECT count(id) FROM p)",
}

func (w *tables) run() {
	if err := colstore.Init(w.dir, w.opts.Store); err != nil {
		w.t.Fatal(err)
	}
	w.open()
	defer func() { w.close() }()
	w.must(w.turns[0], "CREATE TABLE p (id INTEGER PRIMARY KEY, v INTEGER)")
	action := [...]string{"", "ON DELETE CASCADE", "ON DELETE SET NULL", "DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED"}[w.rng.IntN(5)]
	w.deferrable = strings.HasPrefix(action, "DEFER")
	w.must(w.turns[0], "CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p "+action+")")
	w.must(w.turns[0], "CREATE TABLE r (id INTEGER PRIMARY KEY, up INTEGER REFERENCES r ON UPDATE CASCADE ON DELETE SET NULL)")
	w.must(w.turns[0], "INSERT INTO p SELECT g, g FROM generate_series(1, 8) g")
	for range 150 {
		w.step(w.turns[w.rng.IntN(len(w.turns))])
		if w.t.Failed() {
			return
		}
	}
	w.close()
	w.open()
	for point, want := range w.past {
		got, err := w.do(w.turns[1], strings.NewReplacer("FROM p", "FROM p FOR SYSTEM_TIME AS OF "+point, "FROM c", "FROM c FOR SYSTEM_TIME AS OF "+point, "FROM r", "FROM r FOR SYSTEM_TIME AS OF "+point).Replace(wholeState))
		if err != nil || got != want {
			w.t.Errorf("at %s: %s %v, was %s", point, got, err, want)
		}
	}
	for _, q := range sound {
		w.same(w.turns[0], q, "")
	}
}

func (w *tables) open() {
	db, err := sqlvec.Open(w.dir, w.opts)
	if err != nil {
		w.t.Fatalf("%v\n%s", err, strings.Join(w.log, "\n"))
	}
	w.db, w.turns = db, nil
	for i := range 3 {
		w.turns = append(w.turns, &turn{Session: db.Session(), name: fmt.Sprint("s", i)})
		must(w.t, w.turns[i].Session, "SET lock_timeout = 1")
	}
}

func (w *tables) close() {
	for _, s := range w.turns {
		s.Close()
	}
	w.turns = nil
	if err := w.db.Close(); err != nil {
		w.t.Error(err)
	}
}

func (w *tables) step(s *turn) {
	a, b := 1+w.rng.IntN(10), 1+w.rng.IntN(10)
	switch n := w.rng.IntN(34); n {
	case 0, 1, 2:
		if s.open {
			w.end(s, "COMMIT")
			return
		}
		w.do(s, "BEGIN ISOLATION LEVEL "+[...]string{"READ COMMITTED", "REPEATABLE READ"}[w.rng.IntN(2)])
		s.open = true
	case 3:
		w.end(s, "ROLLBACK")
	case 4:
		w.inside(s, [...]string{"SAVEPOINT x", "SAVEPOINT x", "SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED"}[w.rng.IntN(4)])
	case 5:
		w.inside(s, "ROLLBACK TO x")
	case 6:
		if !s.open {
			w.do(s, [...]string{"CHECKPOINT", "VACUUM"}[w.rng.IntN(2)])
		}
	case 7, 8, 9:
		w.write(s, fmt.Sprintf("INSERT INTO p VALUES (%d, %d) ON CONFLICT (id) DO UPDATE SET v = p.v + excluded.v", a, b))
	case 10, 11:
		w.write(s, fmt.Sprintf("INSERT INTO p VALUES (%d, 0)", a))
	case 12, 13, 14:
		w.write(s, fmt.Sprintf("DELETE FROM p WHERE id BETWEEN %d AND %d", a, a+w.rng.IntN(2)))
	case 15, 16, 17, 18:
		w.write(s, fmt.Sprintf("INSERT INTO c VALUES (%d, %d)", a, b))
	case 19, 20:
		w.write(s, fmt.Sprintf("UPDATE c SET p = %d WHERE id = %d", b, a))
	case 21:
		w.write(s, fmt.Sprintf("UPDATE p SET id = %d WHERE id = %d", a+b, a))
	case 22, 23:
		w.write(s, fmt.Sprintf("UPDATE p SET v = v + 1 WHERE id >= %d", a))
	case 24:
		w.write(s, fmt.Sprintf("DELETE FROM c WHERE id >= %d", a))
	case 25:
		w.write(s, [...]string{"ALTER TABLE p ADD COLUMN extra INTEGER DEFAULT 7", "ALTER TABLE p DROP COLUMN extra", "CREATE INDEX i ON c (p)", "DROP INDEX i",
			"ALTER TABLE c ALTER COLUMN p TYPE BIGINT", "ALTER TABLE c ALTER COLUMN p TYPE INTEGER"}[w.rng.IntN(6)])
	case 26:
		w.remember(s)
	case 27:
		w.write(s, fmt.Sprintf("INSERT INTO r SELECT %d + g, CASE WHEN g > 0 THEN %d + g - 1 END FROM generate_series(0, %d) g", a, a, w.rng.IntN(40)))
	case 28:
		w.write(s, fmt.Sprintf("UPDATE r SET id = id + %d WHERE id >= %d", 40+w.rng.IntN(20), a))
	case 29:
		w.write(s, fmt.Sprintf("DELETE FROM r WHERE id %% %d = 0", a))
	default:
		if s.open && w.deferrable {
			return // references may wait for the commit
		}
		for _, q := range sound {
			if !w.same(s, q, "") {
				return
			}
		}
	}
}

// remember keeps what the present holds, to be asked again as the past.
func (w *tables) remember(s *turn) {
	if s.open {
		return
	}
	point, err := w.do(s, "SELECT '@TX:' || txid_current()")
	if err != nil {
		return
	}
	if got, err := w.do(s, wholeState); err == nil {
		w.past[point] = got
	}
}

// same runs a query and compares its answer; a transaction that is told of a conflict ends.
func (w *tables) same(s *turn, sql, want string) bool {
	got, err := w.do(s, sql)
	if err != nil {
		w.end(s, "ROLLBACK")
		return false
	}
	if strings.Trim(got, ";") != want {
		w.t.Errorf("%s: %s answers %s", s.name, sql, got)
	}
	return true
}

func (w *tables) inside(s *turn, sql string) {
	if s.open {
		if _, err := w.do(s, sql); err != nil {
			w.end(s, "ROLLBACK")
		}
	}
}

// write runs a statement. Where it fails the transaction ends, or goes back to its savepoint.
func (w *tables) write(s *turn, sql string) {
	if _, err := w.do(s, sql); err != nil && s.open {
		if w.rng.IntN(2) == 0 {
			w.inside(s, "ROLLBACK TO x")
		} else {
			w.end(s, "ROLLBACK")
		}
	}
}

func (w *tables) end(s *turn, how string) {
	if s.open {
		w.do(s, how)
		s.open = false
	}
}

func (w *tables) must(s *turn, sql string) {
	if _, err := w.do(s, sql); err != nil {
		w.t.Fatal(err)
	}
}

// mayFail are the errors that concurrency, keys, references and definitions give.
var mayFail = map[string]bool{dberr.SerializationFailure: true, dberr.LockNotAvailable: true, dberr.UniqueViolation: true, dberr.ForeignKeyViolation: true,
	dberr.InvalidSavepoint: true, dberr.DuplicateColumn: true, dberr.UndefinedColumn: true, dberr.DuplicateTable: true,
	dberr.UndefinedObject: true, dberr.UndefinedTable: true, dberr.NumericValueOutOfRange: true, dberr.FeatureNotSupported: true}

func (w *tables) do(s *turn, sql string) (string, error) {
	out, err := script(s.Session, sql)
	answer := strings.Join(out, ";")
	w.log = append(w.log, fmt.Sprintf("%s: %s -- %s %v", s.name, sql, strings.ReplaceAll(answer, "\n", " "), err))
	if err != nil && !mayFail[dberr.CodeOf(err)] {
		w.t.Errorf("%s: %s %v", sql, dberr.CodeOf(err), err)
	}
	return answer, err
}
