package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// Text is an open file of text, which can be read from its beginning any number of times.
type Text struct {
	file    vfs.File
	size    int64
	path    string
	packing Packing
}

// OpenText opens a file of text.
func OpenText(ctx context.Context, path string, packing Packing) (*Text, error) {
	f, size, err := openFile(ctx, path, nil)
	if err != nil {
		return nil, err
	}
	return &Text{f, size, path, packing}, nil
}

// Reader returns the text, decompressed, from its beginning.
func (t *Text) Reader() (io.Reader, error) {
	in, err := t.packing.Reader(io.NewSectionReader(t.file, 0, t.size), t.path)
	return in, inFile(err, t.path)
}

// Close closes the file.
func (t *Text) Close() error { return t.file.Close() }

// Create writes a file: fn's bytes go to a file beside it, which takes its place when fn
// succeeds. After an error what was there is untouched. A device or pipe is written to as
// it is; what a symbolic link leads to is replaced, not the link.
func Create(path string, fn func(w io.Writer) error) (err error) {
	if info, err := vfs.OS.Stat(path); err == nil && info.Special {
		return writeInPlace(path, fn)
	}
	n, err := Begin(path)
	if err != nil {
		return err
	}
	if err = fn(n); err == nil {
		err = n.Commit()
	}
	if err != nil {
		n.Abort()
	}
	return err
}

// NewFile is a file that is being written beside the path whose place it takes. Abort ends what Commit has not.
type NewFile struct {
	writer
	path, temp string
	closed     bool
}

// Begin makes a new file for a path. What a symbolic link leads to will be replaced, not the link.
func Begin(path string) (*NewFile, error) {
	path = vfs.Target(path)
	f, temp, err := createBeside(path)
	if err != nil {
		return nil, cannotWrite(path, err)
	}
	n := &NewFile{writer: writer{f: f}, path: path, temp: temp}
	if err := vfs.CopyMode(temp, path); err != nil {
		n.Abort()
		return nil, cannotWrite(path, err)
	}
	return n, nil
}

// Finish ends the writing. The file does not have its name yet.
func (n *NewFile) Finish() error {
	if n.closed {
		return nil
	}
	n.closed = true
	if err := n.f.Close(); err != nil {
		return cannotWrite(n.path, err)
	}
	return nil
}

// Commit gives the file its name.
func (n *NewFile) Commit() error {
	if err := n.Finish(); err != nil {
		return err
	}
	if err := vfs.OS.Rename(n.temp, n.path); err != nil {
		return cannotWrite(n.path, err)
	}
	n.temp = ""
	return nil
}

// Abort removes a file that has no name yet.
func (n *NewFile) Abort() {
	n.Finish() //nolint:errcheck // the first error is the one to tell
	if n.temp != "" {
		vfs.OS.Remove(n.temp) //nolint:errcheck // as above
	}
}

// tempNumber tells the files apart that the process writes at the same time.
var tempNumber atomic.Uint64

// createBeside makes a new file beside path, with a name of its own: others may write the same path.
func createBeside(path string) (f vfs.File, name string, err error) {
	for {
		name = fmt.Sprintf("%s.%d-%d%s", path, os.Getpid(), tempNumber.Add(1), vfs.TempSuffix)
		if f, err = vfs.OS.Create(name); !errors.Is(err, fs.ErrExist) {
			return f, name, err
		}
	}
}

// CreateText is Create for a file of text.
func CreateText(path string, packing Packing, fn func(w io.Writer) error) error {
	return Create(path, func(w io.Writer) error {
		out, err := packing.Writer(w, path)
		if err != nil {
			return err
		}
		if err := fn(out); err != nil {
			return err
		}
		return out.Close()
	})
}

// writeInPlace writes to a device, pipe or socket: there is nothing to put in its place.
func writeInPlace(path string, fn func(w io.Writer) error) error {
	f, err := vfs.OpenStream(path)
	if err != nil {
		return cannotWrite(path, err)
	}
	err = fn(f)
	if closeErr := f.Close(); err == nil && closeErr != nil {
		err = cannotWrite(path, closeErr)
	}
	return err
}

func cannotWrite(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return dberr.Newf(dberr.UndefinedFile, "could not open file \"%s\" for writing: No such file or directory", path)
	case errors.Is(err, fs.ErrPermission):
		return dberr.Newf(dberr.InsufficientPrivilege, "could not open file \"%s\" for writing: Permission denied", path)
	}
	return vfs.Wrap("write "+path, err)
}

// writer appends to a file.
type writer struct {
	f   vfs.File
	off int64
}

// Write implements io.Writer.
func (w *writer) Write(p []byte) (int, error) {
	n, err := w.f.WriteAt(p, w.off)
	w.off += int64(n)
	if err != nil {
		err = vfs.Wrap("write "+w.f.Name(), err)
	}
	return n, err
}
