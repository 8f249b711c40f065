package sqlvec_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"driftdb/internal/dberr"
	"driftdb/internal/vec"
	"driftdb/sqlvec"
)

// TestSplicedStatements runs the statements of the SQL files, and each of them with words
// changed, dropped, repeated and taken from others of its file: text that is nearly right
// comes further than text that is not. Whatever it is, the answer is rows or an error with a
// code and a place inside the text, in time, and never an internal error. DRIFTDB_SPLICES is
// how many changed statements are made of each, DRIFTDB_SEED another beginning.
func TestSplicedStatements(t *testing.T) {
	files, err := filepath.Glob("../testdata/sql/*.slt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no SQL files: %v", err)
	}
	each, seed := environmentInt(t, "DRIFTDB_SPLICES", 1), environmentInt(t, "DRIFTDB_SEED", 1)
	total := 0
	for i, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".slt"), func(t *testing.T) {
			s := &splicer{rng: rand.New(rand.NewPCG(uint64(seed), uint64(i)))}
			list := statementsOf(t, file)
			for _, sql := range list {
				s.corpus = append(s.corpus, words.FindAllString(sql, -1))
			}
			opts := sqlvec.Options{MemoryLimit: 64 << 20, Threads: 2}
			opts.Store.SegmentMin, opts.Store.SegmentMax = 64<<10, 1<<20
			db := open(t, opts)
			session := db.Session()
			defer func() { session.Close() }()
			for k, sql := range list {
				runAnything(t, session, sql)
				for range each {
					changed := s.change(s.corpus[k])
					if touchesFiles.MatchString(changed) {
						continue
					}
					total++
					other := db.Session()
					runAnything(t, other, changed)
					other.Close()
				}
			}
		})
	}
	t.Logf("%d changed statements", total)
}

func environmentInt(t *testing.T, name string, def int) int {
	s := os.Getenv(name)
	if s == "" {
		return def
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// touchesFiles matches what may write or read files of the machine, or wait on purpose.
var touchesFiles = regexp.MustCompile(`(?i)\bcopy\b|read_(csv|json|parquet|arrow)|pg_sleep|temp_directory`)

// words matches one word of SQL with the blanks behind it.
var words = regexp.MustCompile(`(?s)('(?:[^']|'')*'|"[^"]*"|\$\w*\$|--[^\n]*|[A-Za-z_$@][\w$]*|\d[\d.]*|[-+*/<>=~!@#%^&|?]+|.)\s*`)

// statementsOf reads the statements of a SQL file, those with errors too.
func statementsOf(t testing.TB, file string) []string {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for block := range strings.SplitSeq(string(text), "\n\n") {
		var sql []string
		inside := false
		for line := range strings.SplitSeq(block, "\n") {
			switch {
			case inside && line == "----":
				inside = false
			case inside:
				sql = append(sql, line)
			case strings.HasPrefix(line, "statement ") || strings.HasPrefix(line, "query "):
				inside = len(sql) == 0
			}
		}
		if s := strings.TrimSpace(strings.Join(sql, "\n")); s != "" && !touchesFiles.MatchString(s) {
			out = append(out, s)
		}
	}
	return out
}

// splicer changes statements.
type splicer struct {
	rng    *rand.Rand
	corpus [][]string
}

// change returns a statement with one to three changes.
func (s *splicer) change(from []string) string {
	out := append([]string(nil), from...)
	for range 1 + s.rng.IntN(3) {
		out = s.once(out)
	}
	return strings.Join(out, "")
}

func (s *splicer) once(w []string) []string {
	if len(w) == 0 {
		return w
	}
	at := s.rng.IntN(len(w))
	end := min(at+1+s.rng.IntN(6), len(w))
	other := s.corpus[s.rng.IntN(len(s.corpus))]
	var put []string
	if len(other) > 0 {
		from := s.rng.IntN(len(other))
		put = other[from:min(from+1+s.rng.IntN(6), len(other))]
	}
	switch s.rng.IntN(6) {
	case 0: // drop
		put = nil
	case 1: // repeat
		put = append(append([]string(nil), w[at:end]...), w[at:end]...)
	case 2: // put in
		end = at
	case 3: // an odd value
		put, end = []string{oddities[s.rng.IntN(len(oddities))]}, at+1
	case 4: // one word for another
		end = at + 1
		put = put[:min(1, len(put))]
	}
	return append(append(append([]string(nil), w[:at]...), put...), w[end:]...)
}

var oddities = []string{
	"NULL ", "'' ", "0 ", "-1 ", "2147483648 ", "9223372036854775807 ", "-9223372036854775808 ", "1e400 ", "'NaN'::float8 ", "'infinity'::timestamp ",
	"(SELECT 1) ", "(SELECT * FROM (VALUES (1), (2)) v) ", "'{}'::int[] ", "'[]'::jsonb ", "DISTINCT ", "count(*) ", "sum(1) OVER () ", "row(1, 2) ",
	"generate_series(1, 3) ", "unnest(ARRAY[1, 2]) ", "0.000000000000000000001 ", "'1 month -1 day'::interval ", "'-infinity'::date ", "$1 ", "* ", "() ", "DEFAULT ",
}

// runAnything runs text that may be anything, and checks how it fails.
func runAnything(t *testing.T, s *sqlvec.Session, sql string) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	start := time.Now()
	err := s.Run(ctx, sql, func(r *sqlvec.Result) error {
		return r.Each(func(b *vec.Batch) error {
			for i := range min(b.N, 3) {
				row(s.Zone(), b, i)
			}
			return nil
		})
	})
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("took %s:\n%s", took, sql)
	}
	var e *dberr.Error
	switch {
	case err == nil:
	case !errors.As(err, &e):
		t.Errorf("%T %v:\n%s", err, err, sql)
	case len(e.Code) != 5 || e.Message == "" || e.Pos < 0 || e.Pos > len(sql)+1:
		t.Errorf("bad error %+v:\n%s", e, sql)
	case e.Code == dberr.InternalError || e.Code == dberr.DataCorrupted || e.Code == dberr.IndexCorrupted:
		t.Errorf("%s %s %s:\n%s", e.Code, e.Message, e.Detail, sql)
	}
}
