package sqlvec_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"driftdb/internal/dberr"
	"driftdb/internal/logictest"
)

// TestSplicedAgainstPostgres gives changed queries of the SQL files to a PostgreSQL too,
// whose socket DRIFTDB_POSTGRES names (scripts/postgres-oracle starts one), and lists where
// the answers differ: the rows in any order, or the codes of the errors. It fails only where
// both answer with rows that differ.
func TestSplicedAgainstPostgres(t *testing.T) {
	socket := os.Getenv("DRIFTDB_POSTGRES")
	if socket == "" {
		t.Skip("DRIFTDB_POSTGRES is not set")
	}
	files, err := filepath.Glob("../testdata/sql/*.slt")
	if err != nil {
		t.Fatal(err)
	}
	each, seed := environmentInt(t, "DRIFTDB_SPLICES", 3), environmentInt(t, "DRIFTDB_SEED", 1)
	found := map[string][]string{}
	total := 0
	for i, file := range files {
		if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), "require driftdb") {
			continue
		}
		d := &duel{t: t, rng: rand.New(rand.NewPCG(uint64(seed), uint64(i))), found: found}
		total += d.run(file, socket, each)
	}
	t.Logf("%d changed queries", total)
	for _, kind := range slices.Sorted(maps.Keys(found)) {
		list := found[kind]
		t.Logf("%s: %d, as\n%s", kind, len(list), strings.Join(list[:min(len(list), 6)], "\n"))
	}
	if n := len(found["rows"]); n > 0 {
		t.Errorf("%d answers differ", n)
	}
}

// duel runs statements on two engines.
type duel struct {
	t            *testing.T
	rng          *rand.Rand
	ours, theirs logictest.Conn
	found        map[string][]string
}

var (
	isQuery = regexp.MustCompile(`(?is)^\s*(select|with|values|\()`)
	// unspecified matches queries whose answers are not decided by SQL.
	unspecified = regexp.MustCompile(`(?i)\b(limit|fetch|gen_random_uuid|log|offset|random|now|current_\w+|clock_timestamp|distinct on|\w+_value|row_number|pg_\w+|version|ctid|oid|for update|array_agg|string_agg|json_agg|jsonb_agg|ntile|lag|lead|rows|groups|nextval|setval|lastval|currval|system_time|tablesample|information_schema|into|mode|xml\w*)\b|::reg`)
)

func (d *duel) run(file, socket string, each int) (n int) {
	ctx := context.Background()
	server, err := logictest.NewPostgres(socket)
	if err != nil {
		d.t.Fatal(err)
	}
	defer server.Close()
	if d.theirs, err = server.Connect(ctx); err != nil {
		d.t.Fatal(err)
	}
	defer d.theirs.Close()
	d.theirs.Exec(ctx, "SET statement_timeout = 2000")
	engine := newEngine(d.t, logictest.Config{})
	defer engine.Close()
	if d.ours, err = engine.Connect(ctx); err != nil {
		d.t.Fatal(err)
	}
	defer d.ours.Close()
	s := &splicer{rng: d.rng}
	list := statementsOf(d.t, file)
	for _, sql := range list {
		s.corpus = append(s.corpus, words.FindAllString(sql, -1))
	}
	for k, sql := range list {
		d.ours.Exec(ctx, sql)
		d.theirs.Exec(ctx, sql)
		if !isQuery.MatchString(sql) {
			continue
		}
		for range each {
			changed := s.change(s.corpus[k])
			if !isQuery.MatchString(changed) || unspecified.MatchString(changed) || touchesFiles.MatchString(changed) || strings.Contains(changed, ";") {
				continue
			}
			n++
			d.compare(changed)
		}
	}
	return n
}

func (d *duel) compare(sql string) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	// In a transaction of its own: an error there ends with it.
	a, errA := d.ours.Exec(ctx, sql)
	b, errB := d.theirs.Exec(ctx, sql)
	codeA, codeB := "rows", "rows"
	if errA != nil {
		codeA = dberr.CodeOf(errA)
	}
	if errB != nil {
		codeB = dberr.CodeOf(errB)
	}
	switch {
	case codeA == "25P02" || codeB == "25P02" || codeA == "57014" || codeB == "57014" || codeA == "0A000":
	case codeA != codeB:
		d.note(codeA+" for "+codeB, fmt.Sprintf("%s\n  ours: %v\n  PostgreSQL: %v", sql, errA, errB))
	case errA == nil:
		if x, y := sortedRows(a), sortedRows(b); x != y {
			d.note("rows", fmt.Sprintf("%s\n  ours: %.300s\n  PostgreSQL: %.300s", sql, x, y))
		}
	}
}

func (d *duel) note(kind, text string) { d.found[kind] = append(d.found[kind], text) }

func sortedRows(list []logictest.Result) string {
	var lines []string
	for _, r := range list {
		for i, row := range r.Rows {
			vals := slices.Clone(row)
			for k := range vals {
				if i < len(r.Nulls) && r.Nulls[i] != nil && r.Nulls[i][k] {
					vals[k] = "∅"
				}
			}
			lines = append(lines, strings.Join(vals, "|"))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}
