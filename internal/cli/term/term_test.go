package term

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestKeysTurnCtrlCIntoAnEmptyLine(t *testing.T) {
	k := &keys{Reader: strings.NewReader("SELECT 1\x03")}
	buf := make([]byte, 64)
	n, err := k.Read(buf)
	if err != nil || !k.interrupted || string(buf[:n]) != "SELECT 1\x05\x15\r" {
		t.Errorf("got %q, %v, %v", buf[:n], k.interrupted, err)
	}
}

func TestHistoryIsKept(t *testing.T) {
	file := t.TempDir() + "/history"
	h := OpenHistory(file)
	for _, e := range []string{"SELECT 1;", "SELECT 'a\\n',\n  2;", "SELECT 'a\\n',\n  2;", "  secret", "", "x;\n"} {
		if _, err := h.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"SELECT 1;", "SELECT 'a\\n',\n  2;", "x;"}
	if got := OpenHistory(file).Entries(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := h.GetLine(3); err == nil {
		t.Error("an entry that is not there")
	}
}

func TestHistoryIsShortened(t *testing.T) {
	file := t.TempDir() + "/history"
	if err := os.WriteFile(file, []byte(strings.Repeat("SELECT 1;\n", 2*keptEntries)+"last\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := OpenHistory(file)
	if got, _ := h.GetLine(h.Len() - 1); h.Len() != keptEntries || got != "last" {
		t.Errorf("%d entries, the last is %q", h.Len(), got)
	}
	if text, _ := os.ReadFile(file); strings.Count(string(text), "\n") != keptEntries {
		t.Errorf("the file has %d lines", strings.Count(string(text), "\n"))
	}
}

func TestHistoryWithoutFile(t *testing.T) {
	h := OpenHistory(t.TempDir())
	if _, err := h.Write("x"); err != nil || h.Len() != 1 {
		t.Errorf("%d entries, %v", h.Len(), err)
	}
}
