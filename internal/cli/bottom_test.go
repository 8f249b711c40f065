package cli

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestShellAtTheBottomOfTheScreen drives the shell in tmux, which knows what a screen shows: nothing that was written
// is drawn over when the prompt has come to the last rows.
func TestShellAtTheBottomOfTheScreen(t *testing.T) {
	t.Parallel()
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		t.Skip("tmux is not installed")
	}
	dir := shopDatabase(t)
	socket := t.TempDir() + "/tmux"
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(tmux, append([]string{"-S", socket}, args...)...)
		cmd.Env = append(os.Environ(), "TERM=xterm-256color", "DRIFTDB_HISTORY=", "INPUTRC=/dev/null")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("tmux %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	run("-f", "/dev/null", "new-session", "-d", "-s", "shell", "-x", "80", "-y", "15", driftdb, "sql", "-d", dir)
	defer exec.Command(tmux, "-S", socket, "kill-server").Run()
	wait := func(text string) {
		t.Helper()
		deadline := time.Now().Add(20 * time.Second)
		for !strings.Contains(trimLines(run("capture-pane", "-p", "-t", "shell")), text) {
			if time.Now().After(deadline) {
				t.Fatalf("the screen does not show %q:\n%s", text, run("capture-pane", "-p", "-t", "shell"))
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	enter := func(text string) {
		t.Helper()
		run("send-keys", "-t", "shell", "-l", strings.ReplaceAll(text, ";", "\\;"))
		run("send-keys", "-t", "shell", "Enter")
	}
	wait("shop=>")
	for _, n := range []string{"111", "222", "333"} {
		enter("SELECT " + n + " AS n;")
		wait(" " + n + "\n(1 row)\n\nshop=>")
	}
	enter("SELECT 'open")
	wait("shop=> SELECT 'open")
	run("send-keys", "-t", "shell", "C-c")
	time.Sleep(200 * time.Millisecond)
	enter(`\nonsense`)
	wait("HINT:  Try \\? for help.\nSQLSTATE:  42601\nshop=>")
}
