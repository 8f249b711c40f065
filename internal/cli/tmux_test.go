package cli

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tmuxShell is the real shell in a window of tmux, whose screen is what a user sees.
type tmuxShell struct {
	t      *testing.T
	socket string
}

// tmux runs a command of the server and returns what it prints.
func (s *tmuxShell) tmux(args ...string) string {
	s.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", s.socket, "-f", "/dev/null"}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// keys presses keys: names of tmux, or texts.
func (s *tmuxShell) keys(keys ...string) {
	for i, k := range keys {
		if text, ok := strings.CutSuffix(k, ";"); ok {
			keys[i] = text + `\;` // else it would end the command of tmux
		}
	}
	s.tmux(append([]string{"send-keys", "-t", "shell"}, keys...)...)
}

// screen waits until the screen shows all texts, and returns it.
func (s *tmuxShell) screen(texts ...string) string {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		screen, missing := s.tmux("capture-pane", "-p", "-t", "shell"), ""
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				missing = text
			}
		}
		if missing == "" {
			return screen
		}
		if time.Now().After(end) {
			s.t.Fatalf("no %q on the screen:\n%s", missing, screen)
		}
	}
}

// TestShellInTmux drives the shell in a real terminal: statements over several lines, completion, history, an error with its
// place, a table that is wider than the window, and Ctrl-C.
func TestShellInTmux(t *testing.T) {
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("there is no tmux")
	}
	dir := t.TempDir()
	s := &tmuxShell{t: t, socket: filepath.Join(dir, "s")}
	db := filepath.Join(dir, "shop")
	if out, err := exec.Command(driftdb, "init", db).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s.tmux("new-session", "-d", "-s", "shell", "-x", "72", "-y", "24", "env", "DRIFTDB_HISTORY="+db+".history", "DRIFTDB_PAGER=", "INPUTRC=/dev/null", driftdb, "sql", "-d", db)
	t.Cleanup(func() { exec.Command("tmux", "-S", s.socket, "kill-server").Run() })

	s.screen("shop=>")
	s.keys("CREATE TABLE clients (id int PRIMARY KEY,", "Enter")
	s.screen("PRIMARY KEY,")
	s.keys("name text);")
	s.screen("\n       name text);") // the lines of a statement stand below one another, and can be edited
	s.keys("Enter")
	s.screen("CREATE TABLE\n")
	s.keys("INSERT INTO clients VALUES (1, 'Ada'), (2, 'Grace');", "Enter")
	s.screen("INSERT 0 2")
	s.keys("SELECT * FROM cli", "Tab")
	s.screen("SELECT * FROM clients")
	s.keys(" WHERE id = 2;", "Enter")
	s.screen("Grace", "(1 row)")

	s.keys("Up")
	s.keys("C-a", "C-k")
	s.keys("SELECT nam FROM clients;", "Enter")
	s.screen(`column "nam" does not exist`, "LINE 1: SELECT nam FROM clients", "clients.name")

	s.keys("SELECT repeat('wide ', 30) AS a, repeat('wide ', 30) AS b;", "Enter")
	screen := s.screen("(1 row)")
	for _, line := range strings.Split(screen, "\n") {
		if len([]rune(line)) > 72 {
			t.Errorf("a line is wider than the window: %q", line)
		}
	}
	s.keys("SELECT count(*) FROM generate_series(1, 100000000000) g;", "Enter")
	time.Sleep(200 * time.Millisecond)
	s.keys("C-c")
	s.screen("canceling statement due to user request", "shop=>")
	s.keys(`\q`, "Enter")
	for end := time.Now().Add(20 * time.Second); exec.Command("tmux", "-S", s.socket, "has-session", "-t", "shell").Run() == nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the shell does not end")
		}
	}
}
