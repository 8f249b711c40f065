package proof

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"driftdb/colstore"
	"driftdb/sqlvec"
)

// mtable is the model's table: columns in order and rows by id. Values are as printed.
type mtable struct {
	cols []string
	rows map[int][]string
}

// mcatalog is the model's database at one point. Tables in it are never changed in place.
type mcatalog map[string]*mtable

func (t *mtable) clone() *mtable {
	c := &mtable{cols: slices.Clone(t.cols), rows: map[int][]string{}}
	for id, r := range t.rows {
		c.rows[id] = slices.Clone(r)
	}
	return c
}

// lines prints the table as SELECT * … ORDER BY id does.
func (t *mtable) lines() []string {
	ids := slices.Sorted(maps.Keys(t.rows))
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, strings.Join(append([]string{strconv.Itoa(id)}, t.rows[id]...), "|"))
	}
	return out
}

// moment is a commit: what the database is after it, and a time that was closed then.
type moment struct {
	csn, seq uint64
	state    mcatalog
	time     string
}

// schemer runs random definitions and rows of several tables, on the database and on the model.
type schemer struct {
	d       *database
	now     mcatalog
	moments []moment
	columns int // columns ever added
	open    bool
}

var schemerTables = []string{"alpha", "beta", "gamma"}

func (s *schemer) sql(t *rapid.T, sql string) []string {
	rows, err := s.d.rows(sql)
	if err != nil {
		t.Fatalf("%s: %s", sql, describe(err))
	}
	return rows
}

// change runs a statement that changes a table of the model.
func (s *schemer) change(t *rapid.T, sql, name string, to *mtable) {
	s.sql(t, sql)
	next := maps.Clone(s.now)
	if to == nil {
		delete(next, name)
	} else {
		next[name] = to
	}
	s.now = next
	s.commit(t)
}

// commit notes the commit that the last statement was, if there was one.
func (s *schemer) commit(t *rapid.T) {
	if s.open {
		return
	}
	p := s.d.db.Store().Info().Point
	if n := len(s.moments); n > 0 && s.moments[n-1].csn == p.CSN {
		s.moments[n-1].state = s.now // a statement that changed nothing
		return
	}
	// The time is asked for at once, so that no later commit gets it.
	at := s.sql(t, "SELECT clock_timestamp()::text")[0]
	if !s.d.mustExist(t, s.now, at) {
		time.Sleep(2 * time.Microsecond)
	}
	s.moments = append(s.moments, moment{p.CSN, p.Seq, s.now, at})
}

// mustExist asks for some table at a time, which closes the time.
func (d *database) mustExist(t *rapid.T, now mcatalog, at string) bool {
	for name := range now {
		if _, err := d.rows(fmt.Sprintf("SELECT count(*) FROM %s FOR SYSTEM_TIME AS OF '%s'", name, at)); err != nil {
			t.Fatalf("as of %s: %s", at, describe(err))
		}
		return true
	}
	return false
}

// some draws a table that is there.
func (s *schemer) some(t *rapid.T) (string, *mtable) {
	names := slices.Sorted(maps.Keys(s.now))
	if len(names) == 0 {
		return "", nil
	}
	name := rapid.SampledFrom(names).Draw(t, "table")
	return name, s.now[name].clone()
}

func (s *schemer) create(t *rapid.T) {
	name := rapid.SampledFrom(schemerTables).Draw(t, "new table")
	if s.now[name] == nil {
		s.change(t, fmt.Sprintf("CREATE TABLE %s (id INTEGER PRIMARY KEY, v INTEGER)", name), name, &mtable{[]string{"v"}, map[int][]string{}})
	}
}

func (s *schemer) drop(t *rapid.T) {
	if name, m := s.some(t); m != nil && rapid.IntRange(0, 2).Draw(t, "really") == 0 {
		s.change(t, "DROP TABLE "+name, name, nil)
	}
}

func (s *schemer) rename(t *rapid.T) {
	name, m := s.some(t)
	to := rapid.SampledFrom(schemerTables).Draw(t, "to")
	if m == nil || s.now[to] != nil {
		return
	}
	s.sql(t, fmt.Sprintf("ALTER TABLE %s RENAME TO %s", name, to))
	next := maps.Clone(s.now)
	delete(next, name)
	next[to] = m
	s.now = next
	s.commit(t)
}

func (s *schemer) addColumn(t *rapid.T) {
	name, m := s.some(t)
	if m == nil || len(m.cols) > 4 {
		return
	}
	s.columns++
	col, def, sql := fmt.Sprintf("c%d", s.columns%6), "∅", ""
	if slices.Contains(m.cols, col) {
		return
	}
	if rapid.Bool().Draw(t, "default") {
		def = strconv.Itoa(s.columns)
		sql = " DEFAULT " + def
	}
	m.cols = append(m.cols, col)
	for id := range m.rows {
		m.rows[id] = append(m.rows[id], def)
	}
	s.change(t, fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s INTEGER%s", name, col, sql), name, m)
}

func (s *schemer) dropColumn(t *rapid.T) {
	name, m := s.some(t)
	if m == nil || len(m.cols) == 0 {
		return
	}
	i := rapid.IntRange(0, len(m.cols)-1).Draw(t, "column")
	col := m.cols[i]
	m.cols = slices.Delete(m.cols, i, i+1)
	for id, r := range m.rows {
		m.rows[id] = slices.Delete(r, i, i+1)
	}
	s.change(t, fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s", name, col), name, m)
}

func (s *schemer) renameColumn(t *rapid.T) {
	name, m := s.some(t)
	if m == nil || len(m.cols) == 0 {
		return
	}
	i := rapid.IntRange(0, len(m.cols)-1).Draw(t, "column")
	to := fmt.Sprintf("r%d", rapid.IntRange(0, 4).Draw(t, "name"))
	if slices.Contains(m.cols, to) {
		return
	}
	sql := fmt.Sprintf("ALTER TABLE %s RENAME COLUMN %s TO %s", name, m.cols[i], to)
	m.cols[i] = to
	s.change(t, sql, name, m)
}

// insert adds a few rows, all columns given.
func (s *schemer) insert(t *rapid.T) {
	name, m := s.some(t)
	if m == nil {
		return
	}
	from, n := rapid.IntRange(0, 60).Draw(t, "from"), rapid.SampledFrom([]int{1, 2, 40}).Draw(t, "rows")
	var values []string
	for id := from; id < from+n; id++ {
		if m.rows[id] != nil {
			continue
		}
		r := make([]string, len(m.cols))
		for i := range r {
			r[i] = strconv.Itoa(id + i)
		}
		m.rows[id] = r
		values = append(values, "("+strings.Join(append([]string{strconv.Itoa(id)}, r...), ", ")+")")
	}
	if len(values) > 0 {
		s.change(t, fmt.Sprintf("INSERT INTO %s VALUES %s", name, strings.Join(values, ", ")), name, m)
	}
}

// document inserts a JSON document with a member that may be no column yet.
func (s *schemer) document(t *rapid.T) {
	name, m := s.some(t)
	id := rapid.IntRange(100, 130).Draw(t, "id")
	if m == nil || m.rows[id] != nil || len(m.cols) > 4 {
		return
	}
	col, val := fmt.Sprintf("d%d", rapid.IntRange(0, 2).Draw(t, "member")), rapid.IntRange(0, 9).Draw(t, "value")
	if !slices.Contains(m.cols, col) {
		m.cols = append(m.cols, col)
		for k := range m.rows {
			m.rows[k] = append(m.rows[k], "∅")
		}
	}
	r := slices.Repeat([]string{"∅"}, len(m.cols))
	for i, c := range m.cols { // a column may have a default
		if c != col {
			r[i] = "5"
		} else {
			r[i] = strconv.Itoa(val)
		}
	}
	doc := []string{fmt.Sprintf(`"id": %d`, id)}
	for i, c := range m.cols {
		doc = append(doc, fmt.Sprintf(`"%s": %s`, c, r[i]))
	}
	m.rows[id] = r
	s.change(t, fmt.Sprintf("INSERT INTO %s {%s}", name, strings.Join(doc, ", ")), name, m)
}

func (s *schemer) update(t *rapid.T) {
	name, m := s.some(t)
	if m == nil || len(m.cols) == 0 {
		return
	}
	i, lo := rapid.IntRange(0, len(m.cols)-1).Draw(t, "column"), rapid.IntRange(0, 130).Draw(t, "lo")
	hi := lo + rapid.SampledFrom([]int{0, 2, 60}).Draw(t, "width")
	for id, r := range m.rows {
		if id >= lo && id <= hi {
			r[i] = "77"
		}
	}
	s.change(t, fmt.Sprintf("UPDATE %s SET %s = 77 WHERE id BETWEEN %d AND %d", name, m.cols[i], lo, hi), name, m)
}

func (s *schemer) remove(t *rapid.T) {
	name, m := s.some(t)
	if m == nil {
		return
	}
	sql := "TRUNCATE " + name
	if rapid.IntRange(0, 6).Draw(t, "truncate") > 0 {
		mod := rapid.IntRange(2, 7).Draw(t, "modulus")
		sql = fmt.Sprintf("DELETE FROM %s WHERE id %% %d = 0", name, mod)
		maps.DeleteFunc(m.rows, func(id int, _ []string) bool { return id%mod == 0 })
	} else {
		clear(m.rows)
	}
	s.change(t, sql, name, m)
}

// transaction runs several changes as one commit, or as none.
func (s *schemer) transaction(t *rapid.T) {
	before := s.now
	s.sql(t, "BEGIN")
	s.open = true
	steps := []func(*rapid.T){s.insert, s.update, s.remove, s.addColumn, s.create, s.dropColumn, s.drop, s.document, s.renameColumn, s.rename}
	for range rapid.IntRange(1, 5).Draw(t, "statements") {
		steps[rapid.IntRange(0, len(steps)-1).Draw(t, "step")](t)
		s.compare(t, "inside the transaction", "", s.now, nil)
	}
	s.open = false
	if rapid.Bool().Draw(t, "keep") {
		s.sql(t, "COMMIT")
		s.commit(t)
		return
	}
	s.sql(t, "ROLLBACK")
	s.now = before
}

// compare asks for all tables at one place; other is what holds for names that state has not.
func (s *schemer) compare(t *rapid.T, when, clause string, state, other mcatalog) {
	for _, name := range schemerTables {
		want := state[name]
		if want == nil {
			want = other[name]
		}
		q := fmt.Sprintf("SELECT * FROM %s%s ORDER BY id", name, clause)
		if want == nil {
			s.absent(t, when, name, clause)
			continue
		}
		if len(want.cols) > 0 {
			q = fmt.Sprintf("SELECT id, %s FROM %s%s ORDER BY id", strings.Join(want.cols, ", "), name, clause)
		}
		got, err := s.d.rows(q)
		if err != nil {
			t.Fatalf("%s: %s: %s", when, q, describe(err))
		}
		if !slices.Equal(got, want.lines()) {
			t.Fatalf("%s: %s:\n%v\nthe model has\n%v", when, q, got, want.lines())
		}
		all, err := s.d.rows(fmt.Sprintf("SELECT * FROM %s%s ORDER BY id", name, clause))
		if err != nil || !slices.Equal(all, got) {
			t.Fatalf("%s: all columns of %s%s: %v, %v, by name %v", when, name, clause, all, err, got)
		}
	}
}

// absent asks for a table that is not there. Inside a transaction the question would end it.
func (s *schemer) absent(t *rapid.T, when, name, clause string) {
	if s.open {
		return
	}
	_, err := s.d.rows(fmt.Sprintf("SELECT * FROM %s%s", name, clause))
	if err == nil || !strings.Contains(describe(err), "(42P01)") && !strings.Contains(describe(err), "(22H02)") {
		t.Fatalf("%s: table %s%s is not there, but: %v", when, name, clause, err)
	}
}

// check asks for the present and for every commit, by its number, its last event and its time.
func (s *schemer) check(t *rapid.T, when string) {
	s.compare(t, when+", now", "", s.now, nil)
	for i, m := range s.moments {
		s.compare(t, when, fmt.Sprintf(" FOR SYSTEM_TIME AS OF @TX:%d", m.csn), m.state, nil)
		s.compare(t, when, fmt.Sprintf(" FOR SYSTEM_TIME AS OF '%s'", m.time), m.state, nil)
		first := i
		for first > 0 && s.moments[first-1].seq == m.seq {
			first--
		}
		last := i
		for last+1 < len(s.moments) && s.moments[last+1].seq == m.seq {
			last++
		}
		// The catalog of the commit that holds the event, then the one before the next event.
		holder := s.moments[first].state
		if m.seq == 0 {
			holder = nil
		}
		s.compare(t, when, fmt.Sprintf(" FOR SYSTEM_TIME AS OF @SEQ:%d", m.seq), holder, s.moments[last].state)
	}
}

// TestCatalogHistories runs random definitions, documents, rows and transactions of several
// tables, with maintenance between, and asks for every commit of them in every way.
func TestCatalogHistories(t *testing.T) {
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		store := colstore.Options{GroupRows: 64, PartRows: 256, InlineRows: rapid.SampledFrom([]int{4, 100}).Draw(rt, "inline rows")}
		d, err := create(filepath.Join(dir, strconv.Itoa(n)), sqlvec.Options{Store: store})
		if err != nil {
			rt.Fatal(describe(err))
		}
		s := &schemer{d: d, now: mcatalog{}}
		defer func() { s.d.close() }()
		reopen := func(t *rapid.T) {
			if err := s.d.reopen(); err != nil {
				t.Fatal(describe(err))
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"create": s.create, "create another": s.create, "drop": s.drop, "rename": s.rename, "add column": s.addColumn,
			"drop column": s.dropColumn, "rename column": s.renameColumn, "insert": s.insert, "insert more": s.insert,
			"document": s.document, "update": s.update, "remove": s.remove, "transaction": s.transaction,
			"checkpoint": func(t *rapid.T) { s.sql(t, "CHECKPOINT") },
			"vacuum":     func(t *rapid.T) { s.sql(t, "VACUUM") },
			"reopen":     reopen,
		})
		s.check(rt, "at the end")
		s.check(rt, "by the cached path")
		reopen(rt)
		s.check(rt, "opened again")
		s.sql(rt, "CHECKPOINT; VACUUM")
		s.check(rt, "after maintenance")
		reopen(rt)
		s.check(rt, "after maintenance, opened again")
	})
}
