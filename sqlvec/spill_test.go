package sqlvec_test

import (
	"os"
	"strings"
	"testing"

	"driftdb/internal/dberr"
	"driftdb/sqlvec"
)

// TestSpill runs queries that need many times the memory they may have: they answer as
// they do without a limit, they say that they wrote temporary files, and none stays behind.
func TestSpill(t *testing.T) {
	db := open(t, sqlvec.Options{Threads: 2})
	s := db.Session()
	defer s.Close()
	must(t, s, `CREATE TABLE big AS SELECT g AS id, g % 400000 AS k, 'name ' || g % 300000 AS name FROM generate_series(1, 800000) g`)
	temp := t.TempDir()
	must(t, s, "SET temp_directory = '"+temp+"'")
	for _, c := range []struct{ node, sql string }{
		{"HashAggregate", "SELECT count(*), sum(c), sum(k), max(m) FROM (SELECT k, count(*) AS c, max(name) AS m FROM big GROUP BY k) x"},
		{"HashAggregate", "SELECT count(*), sum(n), min(name) FROM (SELECT name, sum(k) AS n FROM big GROUP BY name) x"},
		{"Hash Join", "SELECT count(*), sum(a.id + b.k), max(b.name) FROM big a JOIN big b ON b.id = a.k"},
		{"Hash Left Join", "SELECT count(*), count(b.id), max(b.name) FROM big a LEFT JOIN big b ON b.name = a.name AND b.id < 300000"},
		{"Hash Full Join", "SELECT count(*), count(a.id), count(b.id), max(a.name || b.name) FROM (SELECT * FROM big WHERE id > 300000) a FULL JOIN (SELECT * FROM big WHERE id < 500000) b ON a.id = b.id"},
	} {
		must(t, s, "SET memory_limit = '2GB'")
		want := must(t, s, c.sql)[0]
		must(t, s, "SET memory_limit = '40MB'")
		out, err := script(s, c.sql)
		if err != nil || out[0] != want {
			t.Errorf("%s\n got: %v %v\nwant: %s", c.sql, out, err, want)
			continue
		}
		plan := must(t, s, "EXPLAIN (ANALYZE, COSTS OFF) "+c.sql)[0]
		if !strings.Contains(plan, "Temporary Files: ") || !strings.Contains(plan, c.node) {
			t.Errorf("%s spills nothing:\n%s", c.sql, plan)
		}
		must(t, s, "SET temp_file_limit = '1MB'")
		if _, err := script(s, c.sql); dberr.CodeOf(err) != dberr.ConfigLimitExceeded {
			t.Errorf("%s: over temp_file_limit: %v", c.sql, err)
		}
		must(t, s, "SET temp_file_limit = -1")
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("temporary files stay: %v %v", left, err)
	}
}
