package vfs

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"sort"
	"sync"
	"syscall"
)

// sectorSize is what a disk writes as one, in bytes.
const sectorSize = 512

// Mem is a file system in memory that knows what a crash would leave of it. Make one with NewMem.
type Mem struct {
	mu    sync.Mutex
	dirs  map[string]bool
	files map[string]*memNode // as a process sees them
	// durable is what SyncDir has made permanent, and pending what it has not yet, in order.
	durable map[string]*memNode
	pending []dirOp
	locks   map[string]int // shared holders, or -1 for an exclusive one
}

// dirOp is one change of a directory that is not durable yet: name becomes node, or is
// removed when node is nil; from is a name that vanishes in the same step.
type dirOp struct {
	name, from string
	node       *memNode
}

// memNode is the contents of a file; it lives on while it is open or mapped. Mem.mu guards it.
type memNode struct {
	data    []byte           // current contents
	stale   [][]byte         // arrays that data outgrew while they were mapped
	mapped  int              // live mappings
	durable []byte           // contents as of the last Sync
	dirty   map[int]struct{} // sectors written since
}

// NewMem returns an empty file system.
func NewMem() *Mem {
	return &Mem{dirs: map[string]bool{"/": true, ".": true}, files: map[string]*memNode{},
		durable: map[string]*memNode{}, locks: map[string]int{}}
}

func pathError(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// Open opens a file for reading.
func (m *Mem) Open(name string) (File, error) { return m.open(name, false) }

// OpenFile opens a file for reading and writing.
func (m *Mem) OpenFile(name string) (File, error) { return m.open(name, true) }

func (m *Mem) open(name string, write bool) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	node := m.files[filepath.Clean(name)]
	if node == nil {
		return nil, pathError("open", name, fs.ErrNotExist)
	}
	return &memFile{m: m, node: node, name: name, write: write}, nil
}

// Create makes a new file.
func (m *Mem) Create(name string) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	path := filepath.Clean(name)
	if m.files[path] != nil || m.dirs[path] {
		return nil, pathError("open", name, fs.ErrExist)
	}
	if !m.dirs[filepath.Dir(path)] {
		return nil, pathError("open", name, fs.ErrNotExist)
	}
	node := &memNode{dirty: map[int]struct{}{}}
	m.files[path] = node
	m.pending = append(m.pending, dirOp{name: path, node: node})
	return &memFile{m: m, node: node, name: name, write: true}, nil
}

// Remove deletes a file or an empty directory.
func (m *Mem) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	path := filepath.Clean(name)
	if m.dirs[path] {
		if len(m.namesLocked(path)) > 0 {
			return pathError("remove", name, syscall.ENOTEMPTY)
		}
		delete(m.dirs, path)
		return nil
	}
	if m.files[path] == nil {
		return pathError("remove", name, fs.ErrNotExist)
	}
	delete(m.files, path)
	m.pending = append(m.pending, dirOp{name: path})
	return nil
}

// Rename replaces newName by oldName.
func (m *Mem) Rename(oldName, newName string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	from, to := filepath.Clean(oldName), filepath.Clean(newName)
	node := m.files[from]
	if node == nil || !m.dirs[filepath.Dir(to)] {
		return pathError("rename", oldName, fs.ErrNotExist)
	}
	delete(m.files, from)
	m.files[to] = node
	m.pending = append(m.pending, dirOp{name: to, from: from, node: node})
	return nil
}

// MkdirAll makes directories, durable at once.
func (m *Mem) MkdirAll(dir string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for path := filepath.Clean(dir); !m.dirs[path]; path = filepath.Dir(path) {
		if m.files[path] != nil {
			return pathError("mkdir", path, syscall.ENOTDIR)
		}
		m.dirs[path] = true
	}
	return nil
}

// ReadDir lists a directory.
func (m *Mem) ReadDir(dir string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	path := filepath.Clean(dir)
	if !m.dirs[path] {
		return nil, pathError("readdir", dir, fs.ErrNotExist)
	}
	return m.namesLocked(path), nil
}

func (m *Mem) namesLocked(dir string) (names []string) {
	for path := range m.files {
		if filepath.Dir(path) == dir {
			names = append(names, filepath.Base(path))
		}
	}
	for path := range m.dirs {
		if path != dir && filepath.Dir(path) == dir {
			names = append(names, filepath.Base(path))
		}
	}
	sort.Strings(names)
	return names
}

// Stat describes a file or directory.
func (m *Mem) Stat(name string) (Info, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	path := filepath.Clean(name)
	if m.dirs[path] {
		return Info{IsDir: true}, nil
	}
	node := m.files[path]
	if node == nil {
		return Info{}, pathError("stat", name, fs.ErrNotExist)
	}
	return Info{Size: int64(len(node.data))}, nil
}

// SyncDir makes the changes of a directory durable.
func (m *Mem) SyncDir(dir string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	path := filepath.Clean(dir)
	if !m.dirs[path] {
		return pathError("fsync", dir, fs.ErrNotExist)
	}
	var rest []dirOp
	for _, op := range m.pending {
		if filepath.Dir(op.name) == path {
			op.apply(m.durable)
		} else {
			rest = append(rest, op)
		}
	}
	m.pending = rest
	return nil
}

func (op dirOp) apply(files map[string]*memNode) {
	if op.from != "" {
		delete(files, op.from)
	}
	if op.node == nil {
		delete(files, op.name)
		return
	}
	files[op.name] = op.node
}

// Lock takes an exclusive lock.
func (m *Mem) Lock(name string) (io.Closer, error) { return m.lock(name, true) }

// LockShared takes a shared lock.
func (m *Mem) LockShared(name string) (io.Closer, error) { return m.lock(name, false) }

func (m *Mem) lock(name string, exclusive bool) (io.Closer, error) {
	if f, err := m.Create(name); err == nil {
		_ = f.Close() // a lock file is empty
	} else if !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	path := filepath.Clean(name)
	held := m.locks[path]
	if held < 0 || exclusive && held > 0 {
		return nil, inUse(name)
	}
	if m.locks[path] = held + 1; exclusive {
		m.locks[path] = -1
	}
	return &memLock{m: m, path: path}, nil
}

type memLock struct {
	m    *Mem
	path string
	once sync.Once
}

func (l *memLock) Close() error {
	l.once.Do(func() {
		l.m.mu.Lock()
		defer l.m.mu.Unlock()
		if l.m.locks[l.path] > 0 {
			l.m.locks[l.path]--
		} else {
			l.m.locks[l.path] = 0
		}
	})
	return nil
}
