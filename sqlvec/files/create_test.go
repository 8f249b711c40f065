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

// TestCreateThroughLink replaces what links lead to, under the permissions that it had, and not the links.
func TestCreateThroughLink(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		err := Create(filepath.Join(dir, name), func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "below"), 0o755); err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{"link": "below/next", "below/next": "../file", "new": "below/fresh"} {
		if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
			t.Fatal(err)
		}
	}
	write("file", "first")
	if err := os.Chmod(filepath.Join(dir, "file"), 0o600); err != nil {
		t.Fatal(err)
	}
	write("link", "second")
	write("new", "third")
	for name, want := range map[string]string{"file": "second", "link": "second", "below/fresh": "third"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s is %q, want %q: %v", name, got, want, err)
		}
	}
	for _, name := range []string{"link", "below/next", "new"} {
		if info, err := os.Lstat(filepath.Join(dir, name)); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s is a link no more: %v", name, err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "file")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's permissions are %v: %v", info.Mode(), err)
	}
}

// TestCreateAtOnce: of two who write one path at the same time, the one who ends last stays, whole.
func TestCreateAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	err := Create(path, func(outer io.Writer) error {
		if _, err := io.WriteString(outer, "outer "); err != nil {
			return err
		}
		err := Create(path, func(w io.Writer) error {
			_, err := io.WriteString(w, "inner")
			return err
		})
		if err != nil {
			return err
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != "inner" {
			t.Errorf("read %q, %v", b, err)
		}
		_, err = io.WriteString(outer, "text")
		return err
	})
	if b, readErr := os.ReadFile(path); err != nil || readErr != nil || string(b) != "outer text" {
		t.Errorf("read %q, %v, %v", b, readErr, err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("left %v, %v", left, err)
	}
}
