package vfs

import (
	"errors"
	"runtime/debug"
	"sort"
	"sync"

	"driftdb/internal/dberr"
)

// live knows the address ranges of all mappings of this process, for Guard.
var live mappings

type mappings struct {
	mu struct {
		sync.RWMutex
		ranges []mappedRange // ascending, disjoint
	}
}

type mappedRange struct {
	start uintptr
	size  int
	file  string
}

// search returns the index of the first range that starts behind addr.
func (m *mappings) searchLocked(addr uintptr) int {
	return sort.Search(len(m.mu.ranges), func(i int) bool { return m.mu.ranges[i].start > addr })
}

func (m *mappings) add(start uintptr, size int, file string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.searchLocked(start)
	m.mu.ranges = append(m.mu.ranges, mappedRange{})
	copy(m.mu.ranges[i+1:], m.mu.ranges[i:])
	m.mu.ranges[i] = mappedRange{start, size, file}
}

func (m *mappings) remove(start uintptr) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.searchLocked(start) - 1; i >= 0 && m.mu.ranges[i].start == start {
		m.mu.ranges = append(m.mu.ranges[:i], m.mu.ranges[i+1:]...)
	}
}

// find returns the file mapped at addr and the offset of addr in that mapping.
func (m *mappings) find(addr uintptr) (file string, off int64, ok bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	i := m.searchLocked(addr) - 1
	if i < 0 || addr-m.mu.ranges[i].start >= uintptr(m.mu.ranges[i].size) {
		return "", 0, false
	}
	return m.mu.ranges[i].file, int64(addr - m.mu.ranges[i].start), true
}

// fault is what the runtime panics with when a mapped page cannot be read.
type fault interface {
	error
	Addr() uintptr
}

// Guard runs f, which may touch mapped memory. A memory fault on a page of a live mapping
// becomes a corruption error that names the file; its offset counts from the start of the
// mapping. Every other panic goes on. Guards may be nested, and cover f's goroutine only:
// a goroutine that f starts needs its own.
func Guard(f func() error) (err error) {
	old := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(old)
		if p := recover(); p != nil {
			err = faultError(p)
		}
	}()
	return f()
}

// faultError returns the error for a fault on mapped memory, and panics again with p otherwise.
func faultError(p any) error {
	perr, ok := p.(error)
	if !ok {
		panic(p)
	}
	flt, ok := errors.AsType[fault](perr)
	if !ok {
		panic(p)
	}
	file, off, ok := live.find(flt.Addr())
	if !ok {
		panic(p)
	}
	return dberr.Corrupt(file, off, "the mapped page cannot be read: the file was cut short or the disk failed")
}
