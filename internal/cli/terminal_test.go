package cli

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// terminalShell is the real shell on a pseudo terminal.
type terminalShell struct {
	t    *testing.T
	tty  *os.File
	cmd  *exec.Cmd
	mu   sync.Mutex
	seen bytes.Buffer // what has come out, without escape sequences
	from int          // of seen: what the last expect found ends here
	done chan struct{}
}

var escapes = regexp.MustCompile("\x1b(\\[[0-9;? ]*[a-zA-Z]|[0-9=>]|\\][^\a]*\a)")

// openShell starts the shell of a database on a terminal of the given size.
func openShell(t *testing.T, dir string, cols, rows uint16, env ...string) *terminalShell {
	t.Helper()
	cmd := exec.Command(driftdb, "sql", "-d", dir)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "DRIFTDB_HISTORY="+dir+".history", "DRIFTDB_PAGER=", "NO_COLOR=", "INPUTRC=/dev/null")
	cmd.Env = append(cmd.Env, env...)
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: cols, Rows: rows})
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		t.Skip("this system gives no pseudo terminals:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &terminalShell{t: t, tty: tty, cmd: cmd, done: make(chan struct{})}
	go s.read()
	t.Cleanup(func() { cmd.Process.Kill(); tty.Close() })
	return s
}

func (s *terminalShell) read() {
	defer close(s.done)
	buf := make([]byte, 4096)
	var held []byte
	for {
		n, err := s.tty.Read(buf)
		held = append(held, buf[:n]...)
		cut := len(held)
		if at := bytes.LastIndexByte(held, 0x1b); at >= 0 && len(held)-at < 16 && !escapes.Match(held[at:]) && err == nil {
			cut = at // an escape sequence that is not all there
		}
		s.mu.Lock()
		s.seen.Write(bytes.ReplaceAll(escapes.ReplaceAll(held[:cut], nil), []byte("\r"), nil))
		s.mu.Unlock()
		held = append(held[:0], held[cut:]...)
		if err != nil {
			return
		}
	}
}

// send types keys.
func (s *terminalShell) send(keys string) {
	s.t.Helper()
	if _, err := io.WriteString(s.tty, keys); err != nil {
		s.t.Fatal(err)
	}
}

// expect waits until text comes out, after what was expected before, and returns what came before it.
func (s *terminalShell) expect(text string) string {
	s.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		s.mu.Lock()
		rest := s.seen.String()[s.from:]
		at := strings.Index(rest, text)
		if at >= 0 {
			s.from += at + len(text)
		}
		s.mu.Unlock()
		if at >= 0 {
			return rest[:at]
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("no %q in\n%s", text, rest)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// ends waits until the shell has left.
func (s *terminalShell) ends() {
	s.t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- s.cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			s.t.Error(err)
		}
	case <-time.After(20 * time.Second):
		s.t.Fatal("the shell does not leave")
	}
}

func shopDatabase(t *testing.T) string {
	t.Helper()
	dir := t.TempDir() + "/shop"
	mustRun(t, "init", dir)
	mustRun(t, "sql", "-d", dir, "-q", "-e", `CREATE TABLE customers (id INTEGER PRIMARY KEY, full_name TEXT, note TEXT);
		INSERT INTO customers VALUES (1, 'Ann', repeat('long ', 30)); UPDATE customers SET full_name = 'Anna'`)
	return dir
}

// TestShellInATerminal drives the shell as a person does: keys, completion, history, interrupts.
func TestShellInATerminal(t *testing.T) {
	t.Parallel()
	dir := shopDatabase(t)
	s := openShell(t, dir, 80, 24)
	s.expect("shop=> ")
	s.send("SELECT full_name\rFROM custo\t\rWHERE id = 1;\r") // three lines, a table completed
	s.expect(" full_name \n-----------\n Anna\n(1 row)\n")
	s.expect("shop=> ")
	s.send("\\as-of @SEQ:1\r")
	s.expect("shop[SEQ:1]=> ")
	s.send("SEL\t*, c.fu\tAS n FROM custo\tc;\r") // what is typed behind a completed word stays
	s.expect(" Ann\n(1 row; ")
	s.expect("shop[SEQ:1]=> ")
	s.send("\\as-of\r")
	s.expect("shop=> ")
	s.send("SELECT * FROM customers;\r")
	s.expect("…\n(1 row; what ends in … is cut to fit, \\x shows it whole)\n")
	s.expect("shop=> ")
	s.send("\\x auto\r")
	s.expect("expanded is auto.\n")
	s.send("SELECT * FROM customers;\r")
	s.expect("-[ RECORD 1 ]")
	s.expect("full_name | Anna\n")
	s.expect("shop=> ")
	s.send("SELECT 'dropped'")
	s.expect("SELECT 'dropped'")
	s.send("\x03") // Ctrl-C
	s.expect("\nshop=> ")
	s.send("\\copy customers from stdin csv\r")
	s.expect("Ctrl-D.\n")
	s.expect(">> ")
	s.send("7,Bo,\r")
	s.expect(">> ")
	s.send("\\.\r")
	s.expect("COPY 1\n")
	s.expect("shop=> ")
	s.send("DELETE FROM customers WHERE id = 7;\r")
	s.expect("DELETE 1\n")
	s.send("BEGIN;\r")
	s.expect("shop=*> ")
	s.send("selct 1;\r")
	s.expect("LINE 1: selct 1\n        ^\nHINT:  Perhaps you meant \"SELECT\".\n")
	s.expect("shop=!> ")
	s.send("ROLLBACK;\r")
	s.expect("ROLLBACK\n")
	s.expect("shop=> ")
	s.send("\x04") // Ctrl-D
	s.ends()

	again := openShell(t, dir, 80, 24)
	again.expect("shop=> ")
	again.send(strings.Repeat("\x1b[A", 3) + "\r") // the third entry from the end, by arrow keys
	again.expect("BEGIN\n")
	again.expect("shop=*> ")
	again.send("\\q\r")
	again.expect("The open transaction is rolled back.")
	again.ends()
}

// TestShellInterrupts ends a statement that would run for hours, and shows how far it is.
func TestShellInterrupts(t *testing.T) {
	t.Parallel()
	dir := shopDatabase(t)
	mustRun(t, "sql", "-d", dir, "-q", "-e", "CREATE TABLE n AS SELECT g AS n FROM generate_series(1, 200000) g (g)")
	s := openShell(t, dir, 100, 24)
	s.expect("shop=> ")
	s.send("SELECT count(*) FROM n a, n b WHERE a.n % 7 < b.n % 5;\r")
	s.expect(" rows, ")
	s.expect("Ctrl-C ends it")
	s.send("\x03")
	s.expect("ERROR:  canceling statement due to user request")
	s.expect("shop=> ")
	s.send("SELECT 40 + 2 AS answer;\r")
	s.expect("     42\n")
	s.expect("shop=> ") // before it the terminal takes Ctrl-D for itself
	s.send("\x04")
	s.ends()
}

// TestShellPager sends what is longer than the screen to the pager, and only that.
func TestShellPager(t *testing.T) {
	t.Parallel()
	s := openShell(t, shopDatabase(t), 80, 24, "DRIFTDB_PAGER=sed 's/^/paged:/'")
	s.expect("shop=> ")
	s.send("SELECT generate_series AS n FROM generate_series(1, 5);\r")
	if before := s.expect("(5 rows)"); strings.Contains(before, "paged:") {
		t.Errorf("a short result is paged: %s", before)
	}
	s.expect("shop=> ")
	s.send("SELECT generate_series AS n FROM generate_series(1, 50);\r")
	s.expect("paged: 50\npaged:(50 rows)")
	s.expect("shop=> ")
	s.send("\\pset pager_min_lines 100\r")
	s.expect("pager_min_lines is 100.\n")
	s.send("SELECT generate_series AS n FROM generate_series(1, 50);\r")
	if before := s.expect("(50 rows)"); strings.Contains(before, "paged:") {
		t.Errorf("a result of less than pager_min_lines is paged: %s", before)
	}
	s.expect("shop=> ")
	s.send("\\pset pager off\r")
	s.expect("pager is off.\n")
	s.send("SELECT generate_series AS n FROM generate_series(1, 50);\r")
	if before := s.expect("(50 rows)"); strings.Contains(before, "paged:") {
		t.Errorf("paged: %s", before)
	}
	s.expect("shop=> ")
	file := t.TempDir() + "/out"
	s.send("\\o " + file + "\r")
	s.expect("shop=> ")
	s.send("SELECT 'to a file' AS a;\r")
	s.expect("\nshop=> ")
	s.send("\\o\r")
	s.expect("shop=> ")
	s.send("SELECT 6 * 7 AS n \\watch 0.1\r")
	for range 2 {
		s.expect("(every 0.1s)\n\n n  \n----\n 42\n(1 row)\n")
	}
	s.send("\x03")
	s.expect("shop=> ")
	s.send("\x04")
	s.ends()
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), " to a file\n") {
		t.Errorf("the file has %q, %v", text, err)
	}
}

// TestShellOnADumbTerminal edits line by line where the terminal can do no more.
func TestShellOnADumbTerminal(t *testing.T) {
	t.Parallel()
	s := openShell(t, shopDatabase(t), 80, 24, "TERM=dumb", "EDITOR=sed -i s/1/11/")
	s.expect("shop=> ")
	s.send("SELECT full_name FROM\r")
	s.expect("shop-> ")
	s.send("customers;\r")
	s.expect(" Anna\n")
	s.expect("shop=> ")
	s.send("SELECT 1 AS one;\r")
	s.expect("   1\n")
	s.send("\\e\r")
	s.expect("shop-> ")
	s.send(";\r")
	s.expect("  11\n")
	s.send("exit\r")
	s.ends()
}
