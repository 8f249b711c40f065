package files

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestCreateOnPipe writes to a pipe, which must stay one.
func TestCreateOnPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skipf("no pipes here: %v", err)
	}
	got := make(chan string)
	go func() {
		b, err := os.ReadFile(path)
		if err != nil {
			b = []byte(err.Error())
		}
		got <- string(b)
	}()
	err := Create(path, func(w io.Writer) error {
		_, err := io.WriteString(w, "through the pipe")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if s := <-got; s != "through the pipe" {
		t.Errorf("read %q", s)
	}
	if info, err := os.Stat(path); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("the pipe became %v (%v)", info, err)
	}
}
