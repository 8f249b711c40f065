package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"driftdb/sqlvec"
)

const smallTitle = "Small tables"

// smallCase is a measured list of statements over tables of up to ten thousand rows.
type smallCase struct {
	name       string
	statements func(run int) []string // of one run; queries are the same in every run
	table      string                 // that the statements change, compared at the end; "" for queries
	alone      bool                   // SQLite has nothing like it
}

// always is the statement of a query.
func always(sql string) func(int) []string { return func(int) []string { return []string{sql} } }

// smallTables make the tables in both systems.
func smallTables() []string {
	const fill = "INSERT INTO %s WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < %d) SELECT %s FROM g"
	list := []string{
		"CREATE TABLE records (id VARCHAR(20) PRIMARY KEY, value INTEGER)",
		"CREATE TABLE singles (id INTEGER PRIMARY KEY, name VARCHAR(20), value INTEGER)",
		"CREATE TABLE items (id INTEGER PRIMARY KEY, name VARCHAR(20), category VARCHAR(20), value INTEGER, price INTEGER)",
		"CREATE INDEX items_value ON items (value)",
		"CREATE TABLE details (id INTEGER PRIMARY KEY, item INTEGER, n INTEGER)",
		fmt.Sprintf(fill, "singles", 100, "i, 'key_' || i, i"),
		fmt.Sprintf(fill, "items", 10_000, "i, 'item ' || i, 'cat_' || (i % 10), i * 7919 % 1000, i * 48271 % 10007"),
		fmt.Sprintf(fill, "details", 5_000, "i, i * 2, i % 17"),
	}
	for _, n := range []int{100, 1000, 10_000} {
		name := fmt.Sprintf("t%d", n)
		list = append(list, "CREATE TABLE "+name+" (id INTEGER PRIMARY KEY, category VARCHAR(20), value INTEGER)", fmt.Sprintf(fill, name, n, "i, 'cat_' || (i % 10), i * 7919 % 1000"))
	}
	return list
}

// smallCases are the workloads.
func smallCases() []smallCase {
	var list []smallCase
	inserts := func(n int, together bool) func(int) []string {
		return func(run int) []string {
			var out []string
			for i := range n {
				out = append(out, fmt.Sprintf("INSERT INTO records VALUES ('%d-%v-%d-%d', %d)", n, together, run, i, i))
			}
			if together {
				out = append(append([]string{"BEGIN"}, out...), "COMMIT")
			}
			return out
		}
	}
	for _, n := range []int{1, 10, 100} {
		list = append(list, smallCase{name: fmt.Sprintf("%d inserts, a commit each", n), statements: inserts(n, false), table: "records"})
	}
	list = append(list,
		smallCase{name: "10 inserts in one transaction", statements: inserts(10, true), table: "records"},
		smallCase{name: "1,000 rows by one INSERT", statements: func(run int) []string {
			rows := make([]string, 1000)
			for i := range rows {
				rows[i] = fmt.Sprintf("('%d/%d', %d)", run, i, i)
			}
			return []string{"INSERT INTO records VALUES " + strings.Join(rows, ", ")}
		}, table: "records"},
		smallCase{name: "one UPDATE by key", statements: func(run int) []string {
			return []string{fmt.Sprintf("UPDATE singles SET value = value + %d WHERE id = %d", run+1, run%50+1)}
		}, table: "singles"},
		smallCase{name: "one DELETE by key", statements: func(run int) []string { return []string{fmt.Sprintf("DELETE FROM singles WHERE id = %d", 51+run%50)} }, table: "singles"})
	for _, n := range []int{100, 1000, 10_000} {
		list = append(list,
			smallCase{name: fmt.Sprintf("all of %d rows", n), statements: always(fmt.Sprintf("SELECT * FROM t%d", n))},
			smallCase{name: fmt.Sprintf("equality, %d rows", n), statements: always(fmt.Sprintf("SELECT * FROM t%d WHERE category = 'cat_5'", n))},
			smallCase{name: fmt.Sprintf("GROUP BY, %d rows", n), statements: always(fmt.Sprintf("SELECT category, count(*), sum(value) FROM t%d GROUP BY category", n))})
	}
	for _, q := range []struct{ name, sql string }{
		{"by primary key", "SELECT * FROM items WHERE id = 5000"},
		{"equality with an index", "SELECT * FROM items WHERE value = 50"},
		{"equality without an index", "SELECT * FROM items WHERE price = 50"},
		{"BETWEEN with an index", "SELECT * FROM items WHERE value BETWEEN 100 AND 200"},
		{"ORDER BY … LIMIT 100 OFFSET 50", "SELECT * FROM items ORDER BY value DESC, id LIMIT 100 OFFSET 50"},
		{"DISTINCT", "SELECT DISTINCT category FROM items"},
		{"LIKE, OR and AND", "SELECT * FROM items WHERE (category = 'cat_1' OR category = 'cat_2') AND value > 500 AND name LIKE '%9%'"},
		{"count", "SELECT count(*) FROM items"},
		{"means of groups", "SELECT category, avg(price) FROM items GROUP BY category"},
		{"join with 5,000 rows", "SELECT i.* FROM items i JOIN details d ON d.item = i.id WHERE d.n = 3"},
		{"scalar subquery", "SELECT id FROM items WHERE price > (SELECT avg(price) FROM items) AND value < 10"},
	} {
		list = append(list, smallCase{name: q.name + ", 10,000 rows", statements: always(q.sql)})
	}
	return append(list, smallCase{name: "100 tables of 1,000 rows: make, fill, count", statements: manyTables, alone: true})
}

// pastCase makes a table by 100 inserts and 50 updates, a commit each, and asks for it as it was after 50.
func (m *smallRun) pastCase(ctx context.Context) (c smallCase, err error) {
	if _, _, err := m.both(ctx, []string{"CREATE TABLE past (id VARCHAR(20) PRIMARY KEY, value INTEGER)"}, true); err != nil {
		return c, err
	}
	var middle int64
	for i := range 150 {
		q := fmt.Sprintf("INSERT INTO past VALUES ('key_%d', %d)", i, i)
		if i >= 100 {
			q = fmt.Sprintf("UPDATE past SET value = -1 WHERE id = 'key_%d'", i-100)
		}
		if _, _, err := m.both(ctx, []string{q}, true); err != nil {
			return c, err
		}
		if i == 49 {
			if middle, err = currentSeq(ctx, m.s); err != nil {
				return c, err
			}
		}
	}
	q := fmt.Sprintf("SELECT count(*), sum(value) FROM past FOR SYSTEM_TIME AS OF @SEQ:%d", middle)
	if got, err := firstRow(ctx, m.s, q); err != nil || got != "50,1225" {
		return c, fmt.Errorf("%s is %s and not 50,1225 (%v)", q, got, err)
	}
	return smallCase{name: "AS OF after 50 of 150 events", statements: always(strings.Replace(q, "count(*), sum(value)", "*", 1)), alone: true}, nil
}

// manyTables makes, fills and counts a hundred tables.
func manyTables(run int) []string {
	var list []string
	for i := range 100 {
		name := fmt.Sprintf("many_%d_%d", run, i)
		list = append(list, "CREATE TABLE "+name+" (id INTEGER PRIMARY KEY, value INTEGER)", "INSERT INTO "+name+" SELECT g, g * 7 FROM generate_series(1, 1000) AS t(g)", "SELECT count(*) FROM "+name)
	}
	return list
}

// small measures statements over small tables beside SQLite in Python's process, both durable.
func (r *run) small(ctx context.Context) error {
	dir, err := r.scratch("small")
	if err != nil {
		return err
	}
	db, err := r.create(filepath.Join(dir, "db"))
	if err != nil {
		return err
	}
	defer db.Close()
	m := &smallRun{r: r, s: db.Session()}
	defer m.s.Close()
	if r.Python != "" {
		if m.peer, err = startProcess(r.Python, dir, "sqlite_sql.py", sqliteSQL); err != nil {
			return err
		}
		defer m.peer.close()
		a, err := m.peer.ask(map[string]any{"op": "open", "path": filepath.Join(dir, "peer.sqlite")})
		if err != nil {
			return fmt.Errorf("SQLite peer: %w", err)
		}
		r.version("SQLite %s", a.Version)
	}
	if _, _, err := m.both(ctx, smallTables(), false); err != nil {
		return err
	}
	past, err := m.pastCase(ctx)
	if err != nil {
		return err
	}
	for _, c := range append(smallCases(), past) {
		row := Row{Workload: smallTitle, Name: c.name, Unit: "ms", PeerName: "SQLite", Note: "statements as text; SQLite from Python, WAL, synchronous=FULL"}
		if c.alone {
			row.Note = ""
		}
		if err := m.measure(ctx, c, &row); err != nil {
			r.fail(&row, err)
		}
		r.row(row)
	}
	return nil
}

// smallRun is the two systems.
type smallRun struct {
	r    *run
	s    *sqlvec.Session
	peer *process // nil without Python
}

// both runs statements in both systems and returns the times.
func (m *smallRun) both(ctx context.Context, statements []string, alone bool) (ours, theirs time.Duration, err error) {
	start := time.Now()
	for _, q := range statements {
		if _, _, err := query(ctx, m.s, q); err != nil {
			return 0, 0, err
		}
	}
	ours = time.Since(start)
	if m.peer == nil || alone {
		return ours, 0, nil
	}
	a, err := m.peer.ask(map[string]any{"op": "run", "sql": statements})
	return ours, seconds(a.Seconds), err
}

// same compares the rows of a query.
func (m *smallRun) same(ctx context.Context, q string) error {
	rows, err := answerOf(ctx, m.s, q)
	if err != nil || m.peer == nil {
		return err
	}
	a, err := m.peer.ask(map[string]any{"op": "rows", "sql": q})
	if err != nil {
		return err
	}
	return sameAnswer(rows, a)
}

// measure compares and times one case. A case that changes a table is compared by the table before and
// after.
func (m *smallRun) measure(ctx context.Context, c smallCase, row *Row) error {
	compared := "SELECT * FROM " + c.table
	if c.table == "" {
		compared = c.statements(0)[0]
	}
	compare := func() error {
		if c.alone {
			return nil
		}
		return m.same(ctx, compared)
	}
	if err := compare(); err != nil {
		return err
	}
	for k := range m.r.Repeats {
		ours, theirs, err := m.both(ctx, c.statements(k), c.alone)
		if err != nil {
			return err
		}
		if row.Ours = append(row.Ours, millis(ours)); m.peer != nil && !c.alone {
			row.Peer = append(row.Peer, millis(theirs))
		}
	}
	return compare()
}
