package logictest

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"driftdb/internal/dberr"
)

var update = flag.Bool("update", false, "rewrite the expectations of the SQL files with PostgreSQL's answers")

// sqlFiles match the files that the whole project shares.
var sqlFiles = []string{"../../testdata/sql/*.slt", "../../testdata/sql/*/*.slt"}

// TestAgainstPostgres checks every expectation of the shared files against a real
// PostgreSQL, whose socket (directory/.s.PGSQL.port) DRIFTDB_POSTGRES names;
// scripts/postgres-oracle starts one. With -update it writes them anew.
func TestAgainstPostgres(t *testing.T) {
	socket := os.Getenv("DRIFTDB_POSTGRES")
	if socket == "" {
		t.Skip("DRIFTDB_POSTGRES is not set")
	}
	for _, file := range sharedFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			e, err := NewPostgres(socket)
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := rewrite(t.Context(), file, e); err != nil {
					t.Fatal(err)
				}
				return
			}
			for _, err := range File(t.Context(), file, Configs[0], e) {
				t.Error(err)
			}
		})
	}
}

func sharedFiles(t *testing.T) []string {
	var files []string
	for _, pattern := range sqlFiles {
		list, err := filepath.Glob(pattern)
		if err != nil || len(list) == 0 {
			t.Fatalf("no files match %s (%v)", pattern, err)
		}
		files = append(files, list...)
	}
	return files
}

// rewrite runs a file on e and puts what it answers in the place of the
// expectations. Records within loops are left as they are.
func rewrite(ctx context.Context, path string, e Engine) error {
	records, err := readFile(path)
	if err != nil {
		return err
	}
	answers := map[int]string{}
	r := newRunner(ctx, Configs[0], e)
	r.answer = func(rec *record, res []Result, err error) {
		if rec.file == path {
			answers[rec.line] = newRecord(rec, res, err)
		}
	}
	r.run(records)
	r.closeConns()
	if err := e.Close(); err != nil {
		return err
	}
	if len(r.errs) > 0 {
		return r.errs[0]
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, splice(string(text), answers), 0o644)
}

// splice replaces the records that begin on the given lines.
func splice(text string, answers map[int]string) []byte {
	var out bytes.Buffer
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i := 0; i < len(all); i++ {
		answer, ok := answers[i+1]
		if !ok {
			out.WriteString(all[i] + "\n")
			continue
		}
		out.WriteString(answer)
		for i+1 < len(all) && all[i+1] != "" {
			i++
		}
	}
	return out.Bytes()
}

// newRecord writes a record with the answer that was got.
func newRecord(rec *record, res []Result, err error) string {
	var b strings.Builder
	switch e, failed := err.(*dberr.Error); {
	case failed:
		fmt.Fprintf(&b, "statement error %s", e.Code)
		if e.Pos > 0 {
			fmt.Fprintf(&b, " @%d", e.Pos)
		}
		if rec.match != nil {
			fmt.Fprintf(&b, " %s", rec.match)
		}
		fmt.Fprintf(&b, "\n%s\n", rec.sql)
	case rec.kind == kindStatement && rec.count >= 0:
		fmt.Fprintf(&b, "statement count %d\n%s\n", rowsOf(res[len(res)-1]), rec.sql)
	case rec.kind == kindStatement:
		fmt.Fprintf(&b, "statement ok\n%s\n", rec.sql)
	default:
		last := &res[len(res)-1]
		b.WriteString("query ")
		for _, name := range last.Types {
			b.WriteByte(typeLetter(name))
		}
		if rec.sort != "nosort" {
			b.WriteString(" " + rec.sort)
		}
		if rec.label != "" {
			b.WriteString(" " + rec.label)
		}
		fmt.Fprintf(&b, "\n%s\n----\n", rec.sql)
		for _, line := range lines(render(last, rec.sort), 0) {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}
