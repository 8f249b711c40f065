package proof

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"driftdb/colstore"
	"driftdb/sqlvec"
)

// row is one row of the model's table: a primary key and two values, of which NULL is nil.
type row struct {
	a *int64
	b *string
}

// state is the model's table at one point.
type state map[int64]row

// lines prints a state as the query under test does, in the order of the key.
func (s state) lines() []string {
	keys := make([]int64, 0, len(s))
	for k := range s {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	out := make([]string, 0, len(keys))
	for _, k := range keys {
		a, b := "∅", "∅"
		if s[k].a != nil {
			a = strconv.FormatInt(*s[k].a, 10)
		}
		if s[k].b != nil {
			b = *s[k].b
		}
		out = append(out, fmt.Sprintf("%d|%s|%s", k, a, b))
	}
	return out
}

// machine runs the same random history on the database and on the model. The model keeps
// the state after every single event, which is what AS OF @SEQ must give back.
type machine struct {
	d       *database
	now     state
	past    []state // past[n] is the state after event n
	commits []int   // commits[i] is the last event of the i-th commit of this test
	added   int     // columns added so far
}

// event applies one row change to the model.
func (m *machine) event(key int64, r *row) {
	next := make(state, len(m.now)+1)
	for k, v := range m.now {
		next[k] = v
	}
	if r == nil {
		delete(next, key)
	} else {
		next[key] = *r
	}
	m.now = next
	m.past = append(m.past, next)
}

// committed notes that a transaction ended.
func (m *machine) committed(t *rapid.T) {
	seq := m.query(t, "SELECT current_seq()")
	if want := strconv.Itoa(len(m.past) - 1); len(seq) != 1 || seq[0] != want {
		t.Fatalf("current_seq() is %v, the model has %s", seq, want)
	}
	m.commits = append(m.commits, len(m.past)-1)
}

// query runs SQL that may not fail.
func (m *machine) query(t *rapid.T, sql string) []string {
	rows, err := m.d.rows(sql)
	if err != nil {
		t.Fatalf("%s: %s", sql, describe(err))
	}
	return rows
}

func quoteInt(a *int64) string {
	if a == nil {
		return "NULL"
	}
	return strconv.FormatInt(*a, 10)
}

func quoteText(b *string) string {
	if b == nil {
		return "NULL"
	}
	return "'" + strings.ReplaceAll(*b, "'", "''") + "'"
}

func drawRow(t *rapid.T) row {
	var r row
	if rapid.IntRange(0, 4).Draw(t, "null a") > 0 {
		a := rapid.OneOf(rapid.Int64Range(-3, 300), rapid.Int64()).Draw(t, "a")
		r.a = &a
	}
	if rapid.IntRange(0, 4).Draw(t, "null b") > 0 {
		b := rapid.SampledFrom([]string{"", "x", "it's", "żółw", "a longer text that does not fit anywhere", "y"}).Draw(t, "b")
		r.b = &b
	}
	return r
}

// insert adds one row, or finds that its key is taken.
func (m *machine) insert(t *rapid.T) {
	key, r := rapid.Int64Range(0, 40).Draw(t, "key"), drawRow(t)
	_, err := m.d.rows(fmt.Sprintf("INSERT INTO t (id, a, b) VALUES (%d, %s, %s)", key, quoteInt(r.a), quoteText(r.b)))
	if _, taken := m.now[key]; taken {
		if err == nil || !strings.Contains(describe(err), "23505") {
			t.Fatalf("inserting key %d again: %v", key, err)
		}
		return
	}
	if err != nil {
		t.Fatal(describe(err))
	}
	m.event(key, &r)
	m.committed(t)
}

// bulk inserts many rows at once by a query, above the keys the others use.
func (m *machine) bulk(t *rapid.T) {
	n := rapid.IntRange(1, 60).Draw(t, "bulk rows")
	lo := int64(1000 + len(m.past)*100)
	m.query(t, fmt.Sprintf("INSERT INTO t (id, a, b) SELECT i, i %% 7, 'bulk' FROM generate_series(%d::bigint, %d::bigint) AS g(i)", lo, lo+int64(n)-1))
	for k := lo; k < lo+int64(n); k++ {
		a, b := k%7, "bulk"
		m.event(k, &row{&a, &b})
	}
	m.committed(t)
}

// keysWhere returns the model's keys that a condition picks, in no order.
func (m *machine) keysWhere(match func(int64, row) bool) []int64 {
	var keys []int64
	for k, r := range m.now {
		if match(k, r) {
			keys = append(keys, k)
		}
	}
	return keys
}

// drawWhere draws a condition as SQL and as Go.
func drawWhere(t *rapid.T) (string, func(int64, row) bool) {
	x := rapid.Int64Range(0, 45).Draw(t, "x")
	switch rapid.IntRange(0, 4).Draw(t, "where") {
	case 0:
		return fmt.Sprintf("id = %d", x), func(k int64, _ row) bool { return k == x }
	case 1:
		return fmt.Sprintf("a < %d", x), func(_ int64, r row) bool { return r.a != nil && *r.a < x }
	case 2:
		return "b IS NULL", func(_ int64, r row) bool { return r.b == nil }
	case 3:
		return fmt.Sprintf("id IN (%d, %d) OR b = 'x'", x, x+1),
			func(k int64, r row) bool { return k == x || k == x+1 || r.b != nil && *r.b == "x" }
	}
	return fmt.Sprintf("id BETWEEN %d AND %d", x, x+3), func(k int64, _ row) bool { return k >= x && k <= x+3 }
}

// update changes the rows that a condition picks. The order of a statement's events is
// the database's choice, so only the states at commits are compared for those between.
func (m *machine) update(t *rapid.T) {
	where, match := drawWhere(t)
	r := drawRow(t)
	m.query(t, fmt.Sprintf("UPDATE t SET a = %s, b = %s WHERE %s", quoteInt(r.a), quoteText(r.b), where))
	m.applyUnordered(t, m.keysWhere(match), func(int64) *row { return &r })
}

// remove deletes the rows that a condition picks.
func (m *machine) remove(t *rapid.T) {
	where, match := drawWhere(t)
	m.query(t, "DELETE FROM t WHERE "+where)
	m.applyUnordered(t, m.keysWhere(match), func(int64) *row { return nil })
}

// applyUnordered applies events of one statement to the model; the states between them
// are unknown (nil).
func (m *machine) applyUnordered(t *rapid.T, keys []int64, to func(int64) *row) {
	if len(keys) == 0 {
		return
	}
	first := len(m.past)
	for _, k := range keys {
		m.event(k, to(k))
	}
	for i := first; i < len(m.past)-1; i++ {
		m.past[i] = nil
	}
	m.committed(t)
}

// transaction runs a few inserts and deletes in one transaction, and maybe rolls back.
func (m *machine) transaction(t *rapid.T) {
	keep := rapid.Bool().Draw(t, "commit")
	before, events := m.now, len(m.past)
	m.query(t, "BEGIN")
	for range rapid.IntRange(1, 4).Draw(t, "statements") {
		key := rapid.Int64Range(0, 40).Draw(t, "key")
		if _, there := m.now[key]; there {
			m.query(t, fmt.Sprintf("DELETE FROM t WHERE id = %d", key))
			m.event(key, nil)
			continue
		}
		r := drawRow(t)
		m.query(t, fmt.Sprintf("INSERT INTO t (id, a, b) VALUES (%d, %s, %s)", key, quoteInt(r.a), quoteText(r.b)))
		m.event(key, &r)
	}
	if got := m.query(t, "SELECT id, a, b FROM t ORDER BY id"); !slices.Equal(got, m.now.lines()) {
		t.Fatalf("inside the transaction:\n%v\nthe model has\n%v", got, m.now.lines())
	}
	if keep {
		m.query(t, "COMMIT")
		m.committed(t)
		return
	}
	m.query(t, "ROLLBACK")
	m.now, m.past = before, m.past[:events]
}

// addColumn adds a column, which must not change what the others say of the past.
func (m *machine) addColumn(t *rapid.T) {
	if m.added++; m.added > 5 {
		return
	}
	m.query(t, fmt.Sprintf("ALTER TABLE t ADD COLUMN extra%d INTEGER DEFAULT 7", m.added))
}

// check asks for every point again.
func (m *machine) check(t *rapid.T) {
	if got := m.query(t, "SELECT id, a, b FROM t ORDER BY id"); !slices.Equal(got, m.now.lines()) {
		t.Fatalf("now:\n%v\nthe model has\n%v", got, m.now.lines())
	}
	for seq, s := range m.past {
		if s == nil || seq == 0 {
			continue
		}
		q := fmt.Sprintf("SELECT id, a, b FROM t FOR SYSTEM_TIME AS OF @SEQ:%d ORDER BY id", seq)
		if got := m.query(t, q); !slices.Equal(got, s.lines()) {
			t.Fatalf("%s:\n%v\nthe model has\n%v", q, got, s.lines())
		}
	}
	versions := m.query(t, "SELECT count(*) FROM t FOR SYSTEM_TIME ALL WHERE system_seq_end = 9223372036854775807")
	if versions[0] != strconv.Itoa(len(m.now)) {
		t.Fatalf("%s live versions, the model has %d", versions[0], len(m.now))
	}
}

// TestHistories runs random histories with checkpoints, vacuums and reopens between, and
// asks for every point of them.
func TestHistories(t *testing.T) {
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		store := colstore.Options{GroupRows: 64, PartRows: 256, InlineRows: rapid.SampledFrom([]int{4, 100}).Draw(rt, "inline rows")}
		d, err := create(filepath.Join(dir, strconv.Itoa(n)), sqlvec.Options{Store: store})
		if err != nil {
			rt.Fatal(describe(err))
		}
		m := &machine{d: d, now: state{}, past: []state{{}}}
		defer func() { m.d.close() }()
		m.query(rt, "CREATE TABLE t (id BIGINT PRIMARY KEY, a BIGINT, b TEXT); CREATE INDEX ON t (a)")
		rt.Repeat(map[string]func(*rapid.T){
			"insert": m.insert, "insert more": m.insert, "bulk": m.bulk, "update": m.update, "delete": m.remove,
			"transaction": m.transaction, "add column": m.addColumn,
			"checkpoint": func(t *rapid.T) { m.query(t, "CHECKPOINT") },
			"vacuum":     func(t *rapid.T) { m.query(t, "VACUUM t") },
			"reopen": func(t *rapid.T) {
				if err := m.d.reopen(); err != nil {
					t.Fatal(describe(err))
				}
			},
		})
		m.check(rt)
		m.check(rt) // by the cached path
		if err := m.d.reopen(); err != nil {
			rt.Fatal(describe(err))
		}
		m.check(rt)
	})
}
