package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"driftdb/colstore"
	"driftdb/internal/cli/term"
	"driftdb/sqlvec"
)

// typed gives a shell lines as if a person typed them; "^C" is Ctrl-C. It notes the prompts.
type typed struct {
	lines   []string
	prompts []string
}

func (p *typed) Read(prompt, _ string) (string, error) {
	p.prompts = append(p.prompts, prompt)
	if len(p.lines) == 0 {
		return "", io.EOF
	}
	line := p.lines[0]
	p.lines = p.lines[1:]
	if line == "^C" {
		return "", term.ErrInterrupted
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
	sh := newShell(&script{std: std, session: session, out: newOutput("table", &stdout), dir: dir, vars: make(variables)}, db)
	sh.keys = keys
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
	first, more := "db=> ", "db-> "
	if got, want := strings.Join(prompts, "|"), strings.Join([]string{first, "db(> ", first, more, first, more, first, first}, "|"); got != want {
		t.Errorf("prompts %s, want %s", got, want)
	}
}

func TestShellCommands(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"more.sql": "INSERT INTO t VALUES (2, 'b');\nSELECT 'from file' AS f;\n\\ir sub/last.sql\n", "sub/last.sql": "\\echo nested",
	} {
		if err := os.MkdirAll(filepath.Dir(dir+"/"+name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir+"/"+name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, errs, prompts := runShell(t,
		"CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'x');", "CREATE UNIQUE INDEX ti ON t (name);", "INSERT INTO t VALUES (1, 'a');",
		`\i `+dir+"/more.sql", `\dt`, `\d t`, `\x`, "SELECT id FROM t WHERE id = 2;", `\x`,
		`\as-of @SEQ:1`, "SELECT count(*) AS past FROM t;", `\as-of`, "SELECT count(*) AS present FROM t;",
		`\o `+dir+"/out.csv", `\format csv`, "SELECT 7 AS n;", `\o`, `\timing`, "SELECT 8 AS m;", `\timing off`, `\tming`, `\d missing`, `\d tt`, `\?`,
		`\set who 'it''s'`, "SELECT :'who' AS quoted, 1 AS :\"who\";", `\set`, "SELECT 9 AS g \\g", `\gx`, "SELECT 1", `\p`, `\r`,
		"CREATE VIEW v AS SELECT 1 AS one;", `\dv`, `\d v`, `\di`, `\ds`, `\df abs`, `\history t 1`, `\l`, `\h vacuum`, `\format table`, `\pset null NULL`, "SELECT NULL AS x;",
		"BEGIN;", "selec 1;", "ROLLBACK;", `\format csv`, "SELECT 4 AS four \\g "+dir+"/g.csv", "SELECT 'k' AS a, 3 AS b \\chart", `\q`)
	for _, part := range []string{
		" from file\n", "nested\n", " t    | table |       2 |    2\n", " id     | integer | not null |",
		`    "ti" unique (name)`, "-[ RECORD 1 ]\nid | 2\n", " past \n------\n    1\n", " present \n---------\n       2\n", "m\n8\n",
		"quoted,it's\nit's,1\n", "who = 'it's'\n", "g\n9\n", "g,9\n", "SELECT 1\n", "v,view,1,\n", "View definition:\n    SELECT 1 AS one\n", "ti,t,name,unique\n",
		"abs,bigint,bigint,function\n", "1,insert,1,a\n", "VACUUM: merge", "\n  x   \n------\n NULL\n", " a │ b\n k │ ",
	} {
		if !strings.Contains(out, part) && !strings.Contains(withoutTimes(out), part) {
			t.Errorf("no %q in\n%s", part, out)
		}
	}
	if strings.Contains(out, "n\n7\n") || strings.Contains(out, "four\n4\n") {
		t.Errorf("what went to a file is on the screen too:\n%s", out)
	}
	for file, want := range map[string]string{"/out.csv": "n\n7\n", "/g.csv": "four\n4\n"} {
		if got, err := os.ReadFile(dir + file); err != nil || string(got) != want {
			t.Errorf("%s has %q, %v", file, got, err)
		}
	}
	for _, part := range []string{"Time: ", "invalid command \\tming\nHINT:  Did you mean \\timing? ", `relation "missing" does not exist`, "There are no sequences.\n", `Perhaps you meant "SELECT".`} {
		if !strings.Contains(errs, part) {
			t.Errorf("no %q in\n%s", part, errs)
		}
	}
	if all := strings.Join(prompts, "|"); !strings.Contains(all, "db[SEQ:1]=> ") || !strings.Contains(all, "db=*> |db=!> |db=> ") {
		t.Errorf("prompts %s", all)
	}
}

func TestShellOfOtherNames(t *testing.T) {
	out, errs, prompts := runShell(t,
		"CREATE TABLE t (a INTEGER);", "INSERT INTO t VALUES (1), (2);", ".tables", "SELECT 1 +", ".5 AS half;", ".mode csv", "SELECT count(*) > 5 AS many, sum(a) AS s FROM t \\gset",
		`\if :many`, "SELECT 'not run';", `\echo not run`, "SELECT 'nor this' \\g", `\else`, `\echo sum :s`, `\endif`, `\if 1`, `\if maybe`, "^C", "SELECT 'after' AS x;",
		"SELECT * FROM tt;", `\errverbose`, `\prompt 'your name: ' who`, "Ann", `\echo hello :who`, "SELECT a, a AS b, 'c' AS v FROM t ORDER BY a \\crosstabview", ".quit")
	for _, part := range []string{" t    | table |       1 |    2\n", " half \n------\n  1.5\n", "sum 3\n", "x\nafter\n", "hello Ann\n", "a,1,2\n1,c,\"\"\n2,\"\",c\n"} {
		if !strings.Contains(out, part) {
			t.Errorf("no %q in\n%s", part, out)
		}
	}
	if strings.Contains(out, "not run") || strings.Contains(out, "nor this") {
		t.Errorf("what stands in a part that is not run was run:\n%s", out)
	}
	for _, part := range []string{"The statement is ignored: ", "The command \\echo is ignored: ", "unrecognized value \"maybe\" of \\if"} {
		if !strings.Contains(errs, part) {
			t.Errorf("no %q in\n%s", part, errs)
		}
	}
	if n := strings.Count(errs, `relation "tt" does not exist`); n != 2 || !strings.Contains(errs, `Perhaps you meant the table "t".`) {
		t.Errorf("the last error is there %d times in\n%s", n, errs)
	}
	if all := strings.Join(prompts, "|"); !strings.Contains(all, "db@> |") || !strings.Contains(all, "|your name: |db=> ") {
		t.Errorf("prompts %s", all)
	}
}

// withoutTimes removes times, which differ from run to run.
func withoutTimes(s string) string {
	return regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.+]+,`).ReplaceAllString(s, "")
}

func TestCutTyped(t *testing.T) {
	for _, tc := range []struct {
		text, sql, command, rest string
		prompt                   byte
		ok                       bool
	}{
		{text: "", prompt: '='},
		{text: "  -- only a comment\n", prompt: '='},
		{text: "SELECT 1", prompt: '-'},
		{text: "SELECT (1", prompt: '('},
		{text: "SELECT 'a;", prompt: '\''},
		{text: "SELECT \"a;", prompt: '"'},
		{text: "SELECT $x$ ; $y$", prompt: '$'},
		{text: "SELECT /* ; /* */", prompt: '*'},
		{text: "SELECT 'it''s; ', E'\\';', $$;$$, $1; rest", sql: "SELECT 'it''s; ', E'\\';', $$;$$, $1", rest: " rest", ok: true},
		{text: `INSERT INTO t {"a": "x\";y", "b": {}}; x`, sql: `INSERT INTO t {"a": "x\";y", "b": {}}`, rest: " x", ok: true},
		{text: "-- why\nSELECT 2 -- ;\n;", sql: "SELECT 2 -- ;\n", ok: true},
		{text: "SELECT 3 \\gx\nmore", sql: "SELECT 3 ", command: "gx", rest: "\nmore", ok: true},
		{text: " \\d t", command: "d t", ok: true},
	} {
		part, prompt, ok := cutTyped(tc.text)
		if ok != tc.ok || !ok && prompt != tc.prompt || part.sql != tc.sql || part.command != tc.command || part.rest != tc.rest {
			t.Errorf("%q: got %+v, %c, %v", tc.text, part, prompt, ok)
		}
	}
}

func TestVariables(t *testing.T) {
	v := variables{"n": "5", "s": "it's", "t": "My Table"}
	for text, want := range map[string]string{
		"SELECT :n, :'s' FROM :\"t\"": `SELECT 5, 'it''s' FROM "My Table"`,
		"SELECT ':n', x::int, a[1:m]": "SELECT ':n', x::int, a[1:m]",
		"SELECT :nn, :n":              "SELECT :nn, 5",
		`INSERT INTO t {"a":n}`:       `INSERT INTO t {"a":n}`,
	} {
		if got := v.expand(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	if got := strings.Join(v.words(`a 'b c' :n :'s' 'it''s' ''`), "|"); got != "a|b c|5|'it''s'|it's|" {
		t.Errorf("words: %s", got)
	}
}

func TestColoredChangesNothingElse(t *testing.T) {
	text := "SELECT 'a\nb', 1.5 FROM t -- x\nWHERE :v > $1 /* open"
	got := colored(text)
	if plain := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(got, ""); plain != text || plain == got {
		t.Errorf("got %q", got)
	}
}
