package expr_test

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
)

// evaluate returns the answer to a SQL expression in the notation of the golden
// files: type and value, or "!", SQLSTATE and message.
func evaluate(text string, env *expr.Env) (answer string) {
	defer func() {
		if r := recover(); r != nil {
			answer = fmt.Sprintf("!\tpanic %v", r)
		}
	}()
	v, err := value(text, env)
	if err != nil {
		return "!\t" + dberr.CodeOf(err) + " " + err.Error()
	}
	typ := types.T(v.Type.ID)
	if typ.ID == types.Unknown {
		typ = types.T(types.Text)
	}
	if !v.Valid {
		return typ.String() + "\tnull"
	}
	s := types.Context{Zone: env.Zone}.Format(v)
	return typ.String() + "\t=" + strings.NewReplacer("\n", "\\n", "\t", "\\t").Replace(s)
}

// value binds, folds and evaluates a SQL expression.
func value(text string, env *expr.Env) (types.Value, error) {
	tree, err := parse.ParseExpr(text)
	if err != nil {
		return types.Value{}, err
	}
	e, err := bind.New(bind.Env{Expr: env}).Default(tree)
	if err != nil {
		return types.Value{}, err
	}
	if e.Type().ID == types.Unknown {
		if e, err = expr.Coerce(e, types.T(types.Text)); err != nil {
			return types.Value{}, err
		}
	}
	return expr.EvalConst(e, env)
}

// TestPostgreSQL compares the answers to thousands of expressions with those that a
// PostgreSQL 15 gave. known.txt lists the expressions whose answers differ, each
// with a reason.
func TestPostgreSQL(t *testing.T) {
	known := readKnown(t)
	files, err := filepath.Glob("testdata/pg/*.golden")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	env := &expr.Env{Now: 1_600_000_000_000_000}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".golden"), func(t *testing.T) {
			bad, total := 0, 0
			for _, line := range readLines(t, file) {
				question, want, ok := strings.Cut(line, "\t")
				if !ok {
					t.Fatalf("not a golden line: %q", line)
				}
				total++
				got := evaluate(question, env)
				same := sameAnswer(got, want)
				switch {
				case same && known[question]:
					t.Errorf("%s is right now: remove it from known.txt", question)
				case !same && !known[question]:
					bad++
					if bad <= 60 || os.Getenv("PG_ALL") != "" {
						t.Errorf("%s\n  is   %s\n  want %s", question, got, want)
					}
				}
			}
			t.Logf("%d expressions, %d wrong", total, bad)
		})
	}
}

// sameAnswer compares answers: errors by SQLSTATE and message.
// Doubles may differ in the last places, since PostgreSQL's come from the C library.
func sameAnswer(got, want string) bool {
	want = strings.Replace(want, "regtype\t", "text\t", 1)
	if got == want {
		return true
	}
	x, okX := double(got)
	y, okY := double(want)
	return okX && okY && math.Abs(x-y) <= 4e-16*(math.Abs(x)+math.Abs(y))
}

// double returns the number of an answer of type DOUBLE PRECISION.
func double(answer string) (float64, bool) {
	text, ok := strings.CutPrefix(answer, "double precision\t=")
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil
}

// readLines returns the lines of a file.
func readLines(t *testing.T, name string) []string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []string
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		out = append(out, s.Text())
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// readKnown returns the expressions of known.txt; lines with # are reasons.
func readKnown(t *testing.T) map[string]bool {
	known := map[string]bool{}
	for _, line := range readLines(t, "testdata/pg/known.txt") {
		if line != "" && !strings.HasPrefix(line, "# ") {
			known[line] = true
		}
	}
	return known
}
