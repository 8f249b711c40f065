package vfs

import (
	"errors"
	"io"
	"io/fs"
	"sync"
	"syscall"
)

// Op is a kind of call that a Fault counts.
type Op int

// The kinds of calls.
const (
	OpOpen Op = iota
	OpCreate
	OpRemove
	OpRename
	OpMkdir
	OpReadDir
	OpSyncDir
	OpLock
	OpRead
	OpWrite
	OpSync
	OpTruncate
	OpPreallocate
	OpMap
	opCount
)

var opNames = [opCount]string{"open", "create", "remove", "rename", "mkdir", "readdir", "syncdir",
	"lock", "read", "write", "sync", "truncate", "preallocate", "map"}

// String names the kind.
func (o Op) String() string { return opNames[o] }

// Changes reports whether calls of the kind change what is on the disk.
func (o Op) Changes() bool {
	switch o {
	case OpCreate, OpRemove, OpRename, OpMkdir, OpSyncDir, OpWrite, OpSync, OpTruncate, OpPreallocate:
		return true
	}
	return false
}

// ErrInjected is the error of a call that was made to fail.
var ErrInjected = errors.New("injected fault")

// Fault wraps a file system and makes calls fail. Its fields are set before it is used.
type Fault struct {
	FS
	// Fail decides about a call before it is made: n is its number among all calls, k among
	// those of its kind, both from 1. An error that it returns is the call's.
	Fail func(op Op, name string, n, k int) error
	// Short makes a write that Fail lets fail write half of its bytes first.
	Short bool

	mu     sync.Mutex
	total  int
	counts [opCount]int
	space  int64 // bytes left plus one, 0 for no limit
}

// NewFault wraps a file system; fail may be nil.
func NewFault(inner FS, fail func(op Op, name string, n, k int) error) *Fault {
	return &Fault{FS: inner, Fail: fail}
}

// FailAt returns a Fail function for a process that dies: the k-th call that changes the disk
// fails, and so do all calls after it.
func FailAt(k int) func(op Op, name string, n, kind int) error {
	var mu sync.Mutex
	changes := 0
	return func(op Op, _ string, _, _ int) error {
		mu.Lock()
		defer mu.Unlock()
		if op.Changes() {
			changes++
		}
		if changes >= k {
			return ErrInjected
		}
		return nil
	}
}

// Limit lets writes and preallocations fail with ENOSPC once they have added n bytes.
func (f *Fault) Limit(n int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.space = n + 1
}

// Unlimit ends Limit.
func (f *Fault) Unlimit() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.space = 0
}

// Count is the number of calls of a kind so far.
func (f *Fault) Count(op Op) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counts[op]
}

// Changes is the number of calls so far that change the disk.
func (f *Fault) Changes() (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for op, count := range f.counts {
		if Op(op).Changes() {
			n += count
		}
	}
	return n
}

func (f *Fault) call(op Op, name string) error {
	f.mu.Lock()
	f.total++
	f.counts[op]++
	n, k := f.total, f.counts[op]
	f.mu.Unlock()
	if f.Fail == nil {
		return nil
	}
	if err := f.Fail(op, name, n, k); err != nil {
		return &fs.PathError{Op: op.String(), Path: name, Err: err}
	}
	return nil
}

// take uses up space for n bytes.
func (f *Fault) take(name string, n int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.space == 0 || n <= 0 {
		return nil
	}
	if n > f.space-1 {
		return &fs.PathError{Op: "write", Path: name, Err: syscall.ENOSPC}
	}
	f.space -= n
	return nil
}

func (f *Fault) file(op Op, name string, open func(string) (File, error)) (File, error) {
	if err := f.call(op, name); err != nil {
		return nil, err
	}
	inner, err := open(name)
	if err != nil {
		return nil, err
	}
	return &faultFile{File: inner, f: f}, nil
}

// Open opens a file for reading.
func (f *Fault) Open(name string) (File, error) { return f.file(OpOpen, name, f.FS.Open) }

// OpenFile opens a file for reading and writing.
func (f *Fault) OpenFile(name string) (File, error) { return f.file(OpOpen, name, f.FS.OpenFile) }

// Create makes a file.
func (f *Fault) Create(name string) (File, error) { return f.file(OpCreate, name, f.FS.Create) }

// Remove deletes a file.
func (f *Fault) Remove(name string) error {
	if err := f.call(OpRemove, name); err != nil {
		return err
	}
	return f.FS.Remove(name)
}

// Rename renames a file.
func (f *Fault) Rename(oldName, newName string) error {
	if err := f.call(OpRename, newName); err != nil {
		return err
	}
	return f.FS.Rename(oldName, newName)
}

// MkdirAll makes directories.
func (f *Fault) MkdirAll(dir string) error {
	if err := f.call(OpMkdir, dir); err != nil {
		return err
	}
	return f.FS.MkdirAll(dir)
}

// ReadDir lists a directory.
func (f *Fault) ReadDir(dir string) ([]string, error) {
	if err := f.call(OpReadDir, dir); err != nil {
		return nil, err
	}
	return f.FS.ReadDir(dir)
}

// SyncDir syncs a directory.
func (f *Fault) SyncDir(dir string) error {
	if err := f.call(OpSyncDir, dir); err != nil {
		return err
	}
	return f.FS.SyncDir(dir)
}

// Lock takes an exclusive lock.
func (f *Fault) Lock(name string) (io.Closer, error) {
	if err := f.call(OpLock, name); err != nil {
		return nil, err
	}
	return f.FS.Lock(name)
}

// faultFile is an open file of a Fault.
type faultFile struct {
	File
	f *Fault
}

func (h *faultFile) ReadAt(p []byte, off int64) (int, error) {
	if err := h.f.call(OpRead, h.Name()); err != nil {
		return 0, err
	}
	return h.File.ReadAt(p, off)
}

func (h *faultFile) WriteAt(p []byte, off int64) (n int, err error) {
	if err := h.f.call(OpWrite, h.Name()); err != nil {
		if h.f.Short {
			n, _ = h.File.WriteAt(p[:len(p)/2], off) // the call fails in any case
		}
		return n, err
	}
	size, err := h.Size()
	if err != nil {
		return 0, err
	}
	if err := h.f.take(h.Name(), off+int64(len(p))-size); err != nil {
		return 0, err
	}
	return h.File.WriteAt(p, off)
}

func (h *faultFile) Sync() error {
	if err := h.f.call(OpSync, h.Name()); err != nil {
		return err
	}
	return h.File.Sync()
}

func (h *faultFile) Truncate(size int64) error {
	if err := h.f.call(OpTruncate, h.Name()); err != nil {
		return err
	}
	return h.File.Truncate(size)
}

func (h *faultFile) Preallocate(size int64) error {
	if err := h.f.call(OpPreallocate, h.Name()); err != nil {
		return err
	}
	have, err := h.Size()
	if err != nil {
		return err
	}
	if err := h.f.take(h.Name(), size-have); err != nil {
		return err
	}
	return h.File.Preallocate(size)
}

func (h *faultFile) Map(off, length int64) (Mapping, error) {
	if err := h.f.call(OpMap, h.Name()); err != nil {
		return nil, err
	}
	return h.File.Map(off, length)
}
