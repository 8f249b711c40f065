package vfs

import (
	"errors"
	"io"
	"path/filepath"

	"driftdb/internal/dberr"
)

// FS is a file system. Names are paths with the system's separator.
type FS interface {
	// Open opens an existing file for reading.
	Open(name string) (File, error)
	// Create makes a new file for reading and writing; it fails if the name exists.
	Create(name string) (File, error)
	// OpenFile opens an existing file for reading and writing.
	OpenFile(name string) (File, error)
	// Remove deletes a file or an empty directory. Open files and mappings stay usable.
	Remove(name string) error
	// Rename replaces newName by oldName atomically. It is durable after SyncDir of both folders.
	Rename(oldName, newName string) error
	// MkdirAll makes a directory and its missing parents, and makes them durable.
	MkdirAll(dir string) error
	// ReadDir returns the names in a directory, sorted.
	ReadDir(dir string) ([]string, error)
	// Stat returns size and kind of a file.
	Stat(name string) (Info, error)
	// SyncDir makes the creations, renames and removals in dir durable.
	SyncDir(dir string) error
	// Lock takes an exclusive advisory lock on a file, making the file if need be. It does
	// not wait: when somebody holds the lock the error has SQLSTATE 55006. Close releases it.
	Lock(name string) (io.Closer, error)
	// LockShared is Lock for one of many; it conflicts with exclusive holders only.
	LockShared(name string) (io.Closer, error)
}

// Info describes a file.
type Info struct {
	Size    int64 // bytes
	IsDir   bool
	Special bool // a device, pipe or socket
	// Modified is the time of the last change in microseconds since 1970 UTC, 0 where the file system keeps none.
	Modified int64
}

// File is an open file.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Name is the path the file was opened by.
	Name() string
	// Size is the file's length in bytes.
	Size() (int64, error)
	// Sync makes the file's contents and length durable (fdatasync). After an error
	// nothing is known about what was written since the last good Sync.
	Sync() error
	// Truncate sets the length in bytes.
	Truncate(size int64) error
	// Preallocate extends the file to size bytes by writing zeros, so that later writes
	// inside need no allocation. It never shortens a file. It does not sync.
	Preallocate(size int64) error
	// Map maps length bytes from off, read-only and shared. The range must lie in the file.
	Map(off, length int64) (Mapping, error)
}

// WriteBacker is a File that can begin to write to the disk what was written to it, so that a later Sync has
// less to wait for. It is a hint.
type WriteBacker interface {
	WriteBack(off, n int64)
}

// Mapping is a read-only mapped range of a file. It outlives its File.
type Mapping interface {
	// Bytes is the mapped memory. It must not be written, nor touched after Close.
	Bytes() []byte
	// Advise says how the memory will be used. It is a hint; an error may be ignored.
	Advise(a Advice) error
	// Close unmaps. The caller makes sure that nobody touches the bytes any more.
	Close() error
}

// Advice is a hint about the use of mapped memory.
type Advice int

// The forms of Advice, named as in madvise(2).
const (
	Normal Advice = iota
	Sequential
	Random
	WillNeed
)

// Wrap makes an I/O error of err, naming the step ("sync segment 17"), as [dberr.IO] does; nil stays nil.
func Wrap(step string, err error) error {
	if err == nil {
		return nil
	}
	return dberr.IO(step, err)
}

// ReadFile returns the whole contents of a file.
func ReadFile(fs FS, name string) (data []byte, err error) {
	f, err := fs.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	data = make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, size), data); err != nil {
		return nil, err
	}
	return data, nil
}

// TempSuffix ends the name of a file that is not yet in its final state.
const TempSuffix = ".tmp"

// WriteFile replaces the file atomically and durably: it writes a temporary file beside it,
// syncs, renames and syncs the directory.
func WriteFile(fs FS, name string, data []byte) error {
	tmp := name + TempSuffix
	if err := removeIfThere(fs, tmp); err != nil {
		return err
	}
	f, err := fs.Create(tmp)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(data, 0)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := fs.Rename(tmp, name); err != nil {
		return err
	}
	return fs.SyncDir(filepath.Dir(name))
}
