package sqlvec_test

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"driftdb/internal/logictest"
)

// TestCorpus runs a sample of SQLite's corpus, whose folder DRIFTDB_SQLLOGICTEST names:
// see make sqllogictest. At least 999 of 1,000 queries must be answered as the corpus
// says.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("DRIFTDB_SQLLOGICTEST")
	if dir == "" {
		t.Skip("DRIFTDB_SQLLOGICTEST does not name the folder of the corpus: see make sqllogictest")
	}
	n := 100_000
	if s := os.Getenv("DRIFTDB_QUERIES"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	m, err := logictest.Corpus{Dir: dir, Queries: n, Setup: "SET allow_undeclared_columns = off"}.Run(t.Context(), func() (logictest.Engine, error) {
		return newEngine(t, logictest.Config{}), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var unknown, known int
	for _, w := range m.Wrong {
		switch {
		case !w.Query:
		case asPostgres.MatchString(w.Reason):
			known++
		default:
			unknown++
		}
	}
	t.Logf("%d files, %d statements, %d queries; %d queries are errors in PostgreSQL too, %d others went wrong",
		m.Files, m.Statements, m.Queries, known, unknown)
	for _, line := range reasons(m.Wrong) {
		t.Log(line)
	}
	if m.Queries == 0 || unknown*1000 > m.Queries {
		t.Errorf("more than one query in 1,000 went wrong")
	}
}

// asPostgres are the errors of queries that SQLite answers and PostgreSQL refuses with the
// same error: values of one type where another is wanted, integers that overflow,
// divisions by zero, IN (). docs/sqllogictest.md lists them.
var asPostgres = regexp.MustCompile(`^(42883 operator does not exist: [+-] text|22003 integer out of range|22012 division by zero|22P02 invalid input syntax for type integer|42601 syntax error at or near "\)")`)

var digits = regexp.MustCompile(`[0-9_"]+`)

// reasons counts the misses by what went wrong, with the first of each.
func reasons(list []logictest.Miss) []string {
	type group struct {
		n     int
		first logictest.Miss
	}
	by := map[string]*group{}
	for _, m := range list {
		key := digits.ReplaceAllString(m.Reason[:min(len(m.Reason), 70)], "")
		if by[key] == nil {
			by[key] = &group{first: m}
		}
		by[key].n++
	}
	var out []*group
	for _, g := range by {
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b *group) int { return cmp.Or(b.n-a.n, strings.Compare(a.first.Where, b.first.Where)) })
	var lines []string
	for _, g := range out {
		lines = append(lines, fmt.Sprintf("%d like %s: %s\n%s", g.n, g.first.Where, g.first.Reason, g.first.SQL))
	}
	return lines
}
