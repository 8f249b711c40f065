package proof

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"driftdb/internal/dberr"
	"driftdb/internal/querygen"
	"driftdb/sqlvec"
)

// count reads a count from an environment variable. Without one, short tests make do with a fifth.
func count(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	if testing.Short() {
		return otherwise / 5
	}
	return otherwise
}

// seed is where random queries begin: the seed of all random tests.
func seed() uint64 {
	n, _ := strconv.ParseUint(os.Getenv("RAPID_SEED"), 10, 64)
	return n
}

// fails tells an error that a random query may have from one that it may not: its values
// overflow or divide by zero, which depends on the order of evaluation.
func fails(t *testing.T, sql string, err error) bool {
	t.Helper()
	if err == nil {
		return false
	}
	if code := dberr.CodeOf(err); !strings.HasPrefix(code, "22") {
		t.Errorf("%s\n%s", sql, describe(err))
	}
	return true
}

// sameRows compares two multisets.
func sameRows(a, b []string) bool {
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// filled makes a database of random tables.
func filled(t *testing.T, g *querygen.Gen, opts sqlvec.Options) *database {
	d, err := create(filepath.Join(t.TempDir(), "db"), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.close() })
	for _, sql := range g.Schema(40) {
		d.must(t, sql)
	}
	return d
}

// TestPartitionedQueries asks each query whole and in three parts: the rows where a
// predicate is true, where it is false, where it is NULL. Together they are all rows
// (ternary logic partitioning; Rigger and Su, OOPSLA 2020). And it counts the rows that
// the predicate selects against the rows for which it is true (NoREC, ESEC/FSE 2020).
func TestPartitionedQueries(t *testing.T) {
	g := querygen.New(seed())
	d := filled(t, g, sqlvec.Options{})
	for range count("DRIFTDB_QUERIES", 400) {
		from, where := g.Join()
		whole, err := d.rows("SELECT * FROM " + from)
		if fails(t, from, err) {
			continue
		}
		var parts []string
		for _, cond := range []string{"(%s)", "NOT (%s)", "(%s) IS NULL"} {
			rows, partErr := d.rows("SELECT * FROM " + from + " WHERE " + fmt.Sprintf(cond, where))
			if err = partErr; err != nil {
				break
			}
			parts = append(parts, rows...)
		}
		if fails(t, from+" WHERE "+where, err) {
			continue
		}
		if !sameRows(whole, parts) {
			t.Errorf("SELECT * FROM %s WHERE %s\n%d rows in three parts, %d in all", from, where, len(parts), len(whole))
		}
		n, err1 := d.rows("SELECT count(*) FROM " + from + " WHERE " + where)
		m, err2 := d.rows("SELECT count(*) FILTER (WHERE p) FROM (SELECT (" + where + ") AS p FROM " + from + ") AS q")
		if !fails(t, where, err1) && !fails(t, where, err2) && !slices.Equal(n, m) {
			t.Errorf("SELECT count(*) FROM %s WHERE %s\nselects %v rows, is true for %v", from, where, n, m)
		}
	}
}

// TestQueriesOfThePast asks random queries, changes the tables, and asks the same of the
// past: as it is, after a checkpoint and a vacuum, and after a restart.
func TestQueriesOfThePast(t *testing.T) {
	t.Run("tail", func(t *testing.T) { askThePast(t, querygen.New(seed()+1), sqlvec.Options{}) })
	t.Run("parts", func(t *testing.T) {
		askThePast(t, querygen.New(seed()+2), sqlvec.Options{Store: tiny, BatchRows: 3, Threads: 2, CheckpointEach: true})
	})
}

func askThePast(t *testing.T, g *querygen.Gen, opts sqlvec.Options) {
	d := filled(t, g, opts)
	type asked struct {
		sql  string
		rows []string
	}
	var all []asked
	again := func(when string) {
		for _, a := range all {
			rows, err := d.rows(a.sql)
			if err != nil || !sameRows(rows, a.rows) {
				t.Errorf("%s, %s\nwas %v\nis  %v (%v)", a.sql, when, a.rows, rows, err)
			}
		}
	}
	for round := range 6 {
		seq := d.must(t, "SELECT current_seq()")[0]
		for range count("DRIFTDB_QUERIES", 400) / 10 {
			sql := g.Query()
			rows, err := d.rows(sql)
			if fails(t, sql, err) {
				continue
			}
			past := "SELECT * FROM (" + sql + ") AS past FOR SYSTEM_TIME AS OF @SEQ:" + seq
			slices.Sort(rows)
			all = append(all, asked{past, rows})
		}
		for i := range 10 {
			sql := g.Change(1000 * (1 + 10*round + i)) // a change may add as many rows as a table has
			if _, err := d.rows(sql); fails(t, sql, err) {
				continue
			}
		}
		again("after changes")
		if round == 2 {
			d.must(t, "CHECKPOINT")
			again("after a checkpoint")
			d.must(t, "VACUUM")
		}
	}
	d.must(t, "CHECKPOINT; VACUUM")
	again("after a checkpoint and a vacuum")
	if err := d.reopen(); err != nil {
		t.Fatal(err)
	}
	again("after a restart")
}
