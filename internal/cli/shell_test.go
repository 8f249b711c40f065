package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"driftdb/colstore"
	"driftdb/sqlvec"
)

// typed gives a shell lines as if a person typed them; "^C" is Ctrl-C. It notes the prompts.
type typed struct {
	lines   []string
	prompts []string
}

func (p *typed) readLine(prompt string) (string, error) {
	p.prompts = append(p.prompts, prompt)
	if len(p.lines) == 0 {
		return "", io.EOF
	}
	line := p.lines[0]
	p.lines = p.lines[1:]
	if line == "^C" {
		return "", errInterrupted
	}
	return line, nil
}

// runShell runs lines in a shell over a new database and returns what it wrote and asked.
func runShell(t *testing.T, lines ...string) (out, errs string, prompts []string) {
	t.Helper()
	dir := t.TempDir() + "/db"
	if err := colstore.Init(dir, colstore.Options{}); err != nil {
		t.Fatal(err)
	}
	db, err := sqlvec.Open(dir, sqlvec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	session := db.Session()
	defer session.Close()
	var stdout, stderr bytes.Buffer
	std := streams{in: strings.NewReader(""), out: &stdout, err: &stderr}
	keys := &typed{lines: lines}
	sh := &shell{script: &script{std: std, session: session, out: newOutput("table", &stdout)}, db: db, lines: keys}
	if err := sh.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	return stdout.String(), stderr.String(), keys.prompts
}

func TestShellReadsStatements(t *testing.T) {
	out, errs, prompts := runShell(t,
		"CREATE TABLE t (id INTEGER PRIMARY KEY,", "  name TEXT); INSERT INTO t VALUES (1, 'a;b');",
		"SELECT name FROM", "^C", "SELECT id", "FROM t;", "SELECT nope FROM t;", `\q`, "SELECT 2;")
	if want := " id \n----\n  1\n(1 row)\n\n"; out != want {
		t.Errorf("got %q, want %q", out, want)
	}
	for _, part := range []string{"CREATE TABLE\nINSERT 0 1\n", "ERROR:  column \"nope\" does not exist\nLINE 1: SELECT nope FROM t\n               ^\n"} {
		if !strings.Contains(errs, part) {
			t.Errorf("no %q in %q", part, errs)
		}
	}
	first, more := "driftdb=> ", "driftdb-> "
	if got, want := strings.Join(prompts, "|"), strings.Join([]string{first, more, first, more, first, more, first, first}, "|"); got != want {
		t.Errorf("prompts %s, want %s", got, want)
	}
}

func TestShellCommands(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/more.sql", []byte("INSERT INTO t VALUES (2, 'b');\nSELECT 'from file' AS f;"), 0o644); err != nil {
		t.Fatal(err)
	}
	out, errs, _ := runShell(t,
		"CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'x');", "CREATE UNIQUE INDEX ti ON t (name);", "INSERT INTO t VALUES (1, 'a');",
		`\i `+dir+"/more.sql", `\dt`, `\d t`, `\x`, "SELECT id FROM t WHERE id = 2;", `\x`,
		`\as-of @SEQ:1`, "SELECT count(*) AS past FROM t;", `\as-of`, "SELECT count(*) AS present FROM t;",
		`\o `+dir+"/out.csv", `\format csv`, "SELECT 7 AS n;", `\o`, `\timing`, "SELECT 8 AS m;", `\nonsense`, `\d missing`, `\?`)
	for _, part := range []string{
		" from file\n", " table | columns | rows \n", " t     |       2 |    2\n", " id     | integer | no       |",
		"ti     | name    | unique", "-[ RECORD 1 ]\nid | 2\n", " past \n------\n    1\n", " present \n---------\n       2\n", "m\n8\n",
	} {
		if !strings.Contains(out, part) {
			t.Errorf("no %q in\n%s", part, out)
		}
	}
	if strings.Contains(out, "7") {
		t.Errorf("what went to a file is on the screen too:\n%s", out)
	}
	if got, err := os.ReadFile(dir + "/out.csv"); err != nil || string(got) != "n\n7\n" {
		t.Errorf("the file has %q, %v", got, err)
	}
	for _, part := range []string{"Time: ", `invalid command \nonsense`, `relation "missing" does not exist`, `\as-of [POINT]`} {
		if !strings.Contains(errs, part) {
			t.Errorf("no %q in\n%s", part, errs)
		}
	}
}
