package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// driftdb is the command under test, built once.
var driftdb string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "driftdb-test")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		driftdb = filepath.Join(dir, "driftdb")
		build := exec.Command("go", "build", "-o", driftdb, "driftdb/cmd/driftdb")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
			return 1
		}
		os.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
		return m.Run()
	}())
}

// step is one command of a transcript and what it prints, standard error included.
type step struct {
	line    int
	command string
	want    []string
}

// readTranscript takes the steps out of text: lines that begin with "$ " are commands, those with
// "> " go on with the command, and what follows is the output. Lines that begin with # are comments. In markdown only ```console blocks
// count.
func readTranscript(text string, markdown bool) []step {
	var steps []step
	inside := !markdown
	for i, line := range strings.Split(text, "\n") {
		switch {
		case markdown && strings.HasPrefix(line, "```"):
			inside = line == "```console"
		case !inside || !markdown && strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "$ "):
			steps = append(steps, step{line: i + 1, command: line[2:]})
		case len(steps) == 0:
		case strings.HasPrefix(line, "> ") && len(steps[len(steps)-1].want) == 0:
			steps[len(steps)-1].command += "\n" + line[2:]
		default:
			s := &steps[len(steps)-1]
			s.want = append(s.want, line)
		}
	}
	return steps
}

// runTranscript runs the steps in an empty directory and compares. A step that fails ends its
// output with "[exit status N]". In what is expected <…> stands for any text on a line.
func runTranscript(t *testing.T, file string, steps []step) {
	t.Helper()
	dir := t.TempDir()
	for _, s := range steps {
		cmd := exec.Command("bash", "-c", s.command)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		got := string(out)
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			got += fmt.Sprintf("[exit status %d]\n", exit.ExitCode())
		} else if err != nil {
			t.Fatal(err)
		}
		if !sameText(got, strings.Join(s.want, "\n")) {
			t.Errorf("%s:%d: %s\ngot:\n%s\nwant:\n%s", file, s.line, s.command, got, strings.Join(s.want, "\n"))
		}
	}
}

var placeholder = regexp.MustCompile(`<[^<>\n]*>`)

// sameText compares outputs; spaces at the ends of lines and empty lines at the end do not count.
func sameText(got, want string) bool {
	pattern := placeholder.ReplaceAllString(regexp.QuoteMeta(trimLines(want)), `[^\n]*`)
	return regexp.MustCompile(`^` + pattern + `$`).MatchString(trimLines(got))
}

func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \r")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// TestTranscripts runs every session written down in testdata, and the examples of the README.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	pages, err := filepath.Glob("../../docs/tour-*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal("no tours", err)
	}
	for _, file := range slices.Concat(files, pages, []string{"../../README.md"}) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			steps := readTranscript(string(text), strings.HasSuffix(file, ".md"))
			if len(steps) == 0 {
				t.Fatal("nothing to run")
			}
			runTranscript(t, file, steps)
		})
	}
}

// TestSQLExamples runs every example of the pages with SQL.
func TestSQLExamples(t *testing.T) {
	pages, err := filepath.Glob("../../docs/for-*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal("no pages", err)
	}
	for _, page := range append(pages, "../../docs/sql.md") {
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			runExamples(t, string(text))
		})
	}
}

// runExamples runs the ```sql blocks of a page in one database, each followed by what it answers in a
// ```csv block, or by its error in a ```error block.
func runExamples(t *testing.T, text string) {
	t.Helper()
	blocks := regexp.MustCompile("(?s)```(sql|csv|error)\n(.*?)```").FindAllStringSubmatch(text, -1)
	if len(blocks) < 10 {
		t.Fatalf("%d examples found", len(blocks))
	}
	dir := t.TempDir()
	if out, err := exec.Command(driftdb, "init", dir+"/db").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for i, b := range blocks {
		if b[1] != "sql" {
			continue
		}
		kind, want := "", ""
		if i+1 < len(blocks) && blocks[i+1][1] != "sql" {
			kind, want = blocks[i+1][1], blocks[i+1][2]
		}
		out, err := exec.Command(driftdb, "sql", "-d", dir+"/db", "-q", "--format", "csv", "-e", b[2]).CombinedOutput()
		if (err != nil) != (kind == "error") {
			t.Errorf("%s: %v\n%s", b[2], err, out)
		}
		if !sameText(string(out), want) {
			t.Errorf("%s\ngot:\n%s\nwant:\n%s", b[2], out, want)
		}
	}
}

// TestHelpNamesEveryCommand keeps docs/cli.md and the help texts together: every command is in both.
func TestHelpNamesEveryCommand(t *testing.T) {
	help, err := exec.Command(driftdb, "help").CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range newRoot(streams{}, "").Commands() {
		if c.Name() == "help" {
			continue
		}
		if !strings.Contains(string(help), "\n  "+c.Name()+" ") {
			t.Errorf("help does not list %s", c.Name())
		}
		if !strings.Contains(string(page), "`"+c.Name()) {
			t.Errorf("docs/cli.md does not mention %s", c.Name())
		}
		if c.Name() != "completion" && c.Name() != "version" && c.Example == "" {
			t.Errorf("%s has no example", c.Name())
		}
	}
}
