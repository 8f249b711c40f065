package logictest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"driftdb/internal/dberr"
)

// script is an engine whose answers are given beforehand, by SQL text.
type script struct {
	answers map[string]Result
	fails   map[string]error
	log     []string // what was done, in order
	conns   int
}

func (s *script) Name() string { return "script" }
func (s *script) Connect(context.Context) (Conn, error) {
	s.conns++
	return &scriptConn{s, s.conns}, nil
}
func (s *script) Reopen() error { s.log = append(s.log, "reopen"); return nil }
func (s *script) Close() error  { s.log = append(s.log, "close"); return nil }

type scriptConn struct {
	s  *script
	id int
}

func (c *scriptConn) Close() error { return nil }
func (c *scriptConn) Exec(_ context.Context, sql string) ([]Result, error) {
	c.s.log = append(c.s.log, fmt.Sprintf("%d: %s", c.id, sql))
	if err := c.s.fails[sql]; err != nil {
		return nil, err
	}
	if res, ok := c.s.answers[sql]; ok {
		return []Result{res}, nil
	}
	return []Result{{Tag: strings.ToUpper(sql)}}, nil
}

func newScript() *script {
	ints := func(tag string, rows ...[]string) Result {
		res := Result{Tag: tag, Rows: rows}
		for range rows[0] {
			res.Columns, res.Types = append(res.Columns, "c"), append(res.Types, "integer")
		}
		return res
	}
	return &script{
		answers: map[string]Result{
			"one": ints("SELECT 1", []string{"1"}), "two": ints("SELECT 2", []string{"2", "b"}, []string{"1", "a"}),
			"odd":  {Columns: []string{"a", "b"}, Rows: [][]string{{"", "x\ty"}}, Nulls: [][]bool{{true, false}}, Tag: "SELECT 1"},
			"text": {Columns: []string{"a"}, Types: []string{"text"}, Rows: [][]string{{""}}, Tag: "SELECT 1"},
			"ins":  {Tag: "INSERT 0 3"},
		},
		fails: map[string]error{"bad": dberr.New("23505", "duplicate key").At(7), "worse": errors.New("no code")},
	}
}

// runText runs a file of the given text.
func runText(t *testing.T, e *script, c Config, text string) []error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.slt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return File(t.Context(), path, c, e)
}

func TestRecordsThatHold(t *testing.T) {
	for _, text := range []string{
		"statement ok\nins\n", "statement count 3\nins\n", "statement error 23505\nbad", "statement error 23505 @7 dup.*key\nbad\n",
		"query I\none\n----\n1\n", "query II\ntwo\n----\n2\tb\n1\ta\n", "query II rowsort\ntwo\n----\n1\ta\n2\tb\n", "query ?? rowsort\ntwo\n----\n2\tb\n1\ta\n",
		"query II valuesort\ntwo\n----\n1\n2\na\nb\n", "query II\ntwo\n----\n2\nb\n1\na\n", "query TT\nodd\n----\nNULL\tx\\ty\n", "query T\ntext\n----\n(empty)\n",
		"query II\ntwo\n----\n4 values hashing to c6582c03e7603a670e1510be9ab3bf16\n", "let $x = one\n\nquery I\none\n----\n${x}\n", "query I nosort l\none\n\nquery I nosort l\none\n",
		"skipif script\nstatement ok\nbad\n", "onlyif postgres\nstatement ok\nbad\n", "require postgres\n\nstatement ok\nbad\n", "halt\n\nstatement ok\nbad\n",
		"# comment\n\nquery\none\n",
	} {
		for _, err := range runText(t, newScript(), Config{Name: "default"}, text) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestRecordsThatFail(t *testing.T) {
	for _, text := range []string{
		"statement ok\nbad\n", "statement count 4\nins\n", "statement error 23505\nins", "statement error 23502\nbad", "statement error 23505 @8\nbad\n", "statement error 23505 nope\nbad\n", "statement error 23505\nworse\n",
		"query I\none\n----\n2\n", "query I\none\n----\n", "query I\none\n----\n1\n1\n", "query R\none\n----\n1\n", "query II\none\n----\n1\n", "query II\ntwo\n----\n1\ta\n2\tb\n",
		"query II\ntwo\n----\n4 values hashing to 0\n", "query T\ntext\n----\nNULL\n", "query I nosort l\none\n\nquery II nosort l\ntwo\n", "let $x = two\n", "query I\nins\n", "query I\nbad\n",
		"nonsense\n", "statement maybe\nins\n", "statement ok\n", "statement error 1\nx\n", "loop i 0 2\n", "endloop\n", "include nowhere\n", "onlyif script\nstatement ok\nbad\n",
	} {
		if errs := runText(t, newScript(), Config{Name: "default"}, text); len(errs) == 0 {
			t.Errorf("%q: nothing was wrong", text)
		}
	}
}

func TestSteps(t *testing.T) {
	cases := []struct {
		config Config
		text   string
		want   []string
	}{
		{Config{Name: "x"}, "loop i 0 2\n\nstatement ok\na ${i}\n\nendloop\n\ncheckpoint\n\nvacuum\n\nreopen\n\nstatement ok\nb\n",
			[]string{"1: a 0", "1: a 1", "1: CHECKPOINT", "1: VACUUM", "reopen", "2: b", "close"}},
		{Config{Name: "x"}, "connection a\n\nstatement ok\nx\n\nconnection b\n\nstatement ok\ny\n\nconnection a\n\nstatement ok\nz\n", []string{"1: x", "2: y", "1: z", "close"}},
		{Config{Name: "x", CheckpointEach: true}, "statement ok\nx\n\nstatement ok\ny\n", []string{"1: x", "2: CHECKPOINT", "1: y", "2: CHECKPOINT", "close"}},
		{Config{Name: "x", ReopenEach: true}, "statement ok\nx\n\nstatement ok\nbegin\n\nstatement ok\ny\n\nstatement ok\ncommit\n\nstatement ok\nset\n\nstatement ok\nz\n",
			[]string{"1: x", "reopen", "2: begin", "2: y", "2: commit", "reopen", "3: set", "3: z", "close"}},
		{Config{Name: "x", ReopenEach: true}, "statement ok\nbegin\n\nstatement ok\nrollback to a\n\nstatement ok\nrollback\n", []string{"1: begin", "1: rollback to a", "1: rollback", "reopen", "close"}},
	}
	for _, c := range cases {
		s := newScript()
		if errs := runText(t, s, c.config, c.text); len(errs) > 0 {
			t.Errorf("%q: %v", c.text, errs)
		}
		if got, want := strings.Join(s.log, "; "), strings.Join(c.want, "; "); got != want {
			t.Errorf("%q\n got %s\nwant %s", c.text, got, want)
		}
	}
}

// TestSharedFilesParse keeps the files of the project readable where no engine
// runs them.
func TestSharedFilesParse(t *testing.T) {
	for _, file := range sharedFiles(t) {
		if records, err := readFile(file); err != nil || len(records) == 0 {
			t.Errorf("%s: %d records, %v", file, len(records), err)
		}
	}
}
