package vfs

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestKeepStream: a pipe is read to its end, and no longer than the context lasts.
func TestKeepStream(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	writer := make(chan *os.File, 2)
	write := func() {
		w, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err == nil {
			_, err = w.WriteString("some text")
		}
		if err != nil {
			t.Error(err)
		}
		writer <- w
	}
	go func() { write(); (<-writer).Close() }()
	f, err := KeepStream(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 9)
	if _, err := f.ReadAt(got, 0); err != nil || string(got) != "some text" {
		t.Errorf("read %q, %v", got, err)
	}
	if size, err := f.Size(); size != 9 || err != nil {
		t.Errorf("size %d, %v", size, err)
	}
	f.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	go write() // and leaves the pipe open
	if _, err := KeepStream(ctx, name); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a pipe that does not end: %v", err)
	}
	(<-writer).Close()
}
