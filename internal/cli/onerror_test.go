package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestForms compares the forms of results with psql's, which wrote testdata/NAME.out (psql -X -q -f NAME.sql).
func TestForms(t *testing.T) {
	for _, name := range []string{"forms", "pset", "wrapped"} {
		want, err := os.ReadFile("testdata/" + name + ".out")
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(driftdb, "sql", "-f", "testdata/"+name+".sql").Output()
		if err != nil || !bytes.Equal(out, want) {
			t.Errorf("%s: %v\n%s", name, err, firstDifference(string(out), string(want)))
		}
	}
}

// firstDifference shows where two texts begin to differ.
func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d\ngot:  %q\nwant: %q", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(a), len(b))
}

// TestErrorsOfScripts runs scripts that go on after errors, and some that do not.
func TestErrorsOfScripts(t *testing.T) {
	for _, c := range []struct{ name, script, want string }{
		{"stops", "SELECT 1;\nSELECT nope;\nSELECT 2;", "1\nexit status 1"},
		{"stops when told", "\\set ON_ERROR_STOP on\nSELECT nope;\nSELECT 2;", "exit status 1"},
		{"goes on", "\\set ON_ERROR_STOP off\nSELECT nope;\nSELECT 2;", "2"},
		{"goes on after a command", "\\set ON_ERROR_STOP 0\n\\pset nope\n\\i nowhere.sql\nSELECT 2;", "2"},
		{"goes on after a statement of a command", "\\set ON_ERROR_STOP off\nSELECT nope \\gset\nSELECT 2;", "2"},
		{"and stops again", "\\set ON_ERROR_STOP off\nSELECT nope;\n\\unset ON_ERROR_STOP\nSELECT nope;\nSELECT 2;", "exit status 1"},
		{"in a failed transaction", "\\set ON_ERROR_STOP off\nBEGIN;\nSELECT nope;\nSELECT 2;\nROLLBACK;\nSELECT 3;", "3"},
		{"outcome", "\\set ON_ERROR_STOP off\nSELECT nope;\n\\if :ERROR\n\\echo :SQLSTATE :LAST_ERROR_SQLSTATE :LAST_ERROR_MESSAGE\n\\endif\n" +
			"SELECT 1 UNION ALL SELECT 2;\n\\echo :ERROR :SQLSTATE :ROW_COUNT :LAST_ERROR_SQLSTATE", "42703 42703 column \"nope\" does not exist\n1\n2\nfalse 00000 2 42703"},
		{"asks for variables", "\\set x 1\n\\if :{?x}\nSELECT :x, ':{?x}';\n\\endif\n\\if :{?y}\nSELECT 2;\n\\endif\nSELECT :{?y};", "1|:{?x}\nf"},
		{"rolls back", "\\set ON_ERROR_STOP off\n\\set ON_ERROR_ROLLBACK on\nCREATE TABLE t (a INTEGER PRIMARY KEY);\nBEGIN;\nINSERT INTO t VALUES (1);\nINSERT INTO t VALUES (2), (1);\n" +
			"SAVEPOINT s;\nINSERT INTO t VALUES (3);\nROLLBACK TO s;\nINSERT INTO t VALUES (4);\nSELECT nope;\nCOMMIT;\nSELECT * FROM t ORDER BY a;", "1\n4"},
		{"rolls back for a person only", "\\set ON_ERROR_STOP off\n\\set ON_ERROR_ROLLBACK interactive\nBEGIN;\nSELECT nope;\nSELECT 1;\nROLLBACK;", ""},
		{"refuses other values", "\\set ON_ERROR_STOP maybe\nSELECT 1;", "exit status 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command(driftdb, "sql", "--format", "unaligned")
			cmd.Stdin = strings.NewReader("\\t on\n" + c.script + "\n")
			out, err := cmd.Output()
			got := string(out)
			if err != nil {
				got += err.Error()
			}
			if strings.TrimSpace(got) != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}
