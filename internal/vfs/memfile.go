package vfs

import (
	"io"
	"io/fs"
	"sync"
)

// memFile is an open file of a Mem.
type memFile struct {
	m     *Mem
	node  *memNode
	name  string
	write bool
}

func (f *memFile) Name() string { return f.name }
func (f *memFile) Close() error { return nil }

func (f *memFile) Size() (int64, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	return int64(len(f.node.data)), nil
}

func (f *memFile) ReadAt(p []byte, off int64) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if off < 0 {
		return 0, pathError("read", f.name, fs.ErrInvalid)
	}
	if off >= int64(len(f.node.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.node.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memFile) WriteAt(p []byte, off int64) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if !f.write || off < 0 {
		return 0, pathError("write", f.name, fs.ErrPermission)
	}
	end := int(off) + len(p)
	if end > len(f.node.data) {
		f.node.resize(end)
	}
	f.node.put(p, int(off))
	return len(p), nil
}

func (f *memFile) Truncate(size int64) error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if !f.write || size < 0 {
		return pathError("truncate", f.name, fs.ErrPermission)
	}
	f.node.resize(int(size))
	return nil
}

func (f *memFile) Preallocate(size int64) error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if !f.write {
		return pathError("write", f.name, fs.ErrPermission)
	}
	if int(size) > len(f.node.data) {
		f.node.resize(int(size))
	}
	return nil
}

func (f *memFile) Sync() error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	n := f.node
	if len(n.durable) != len(n.data) {
		grown := make([]byte, len(n.data))
		copy(grown, n.durable)
		n.durable = grown
	}
	for s := range n.dirty {
		start := s * sectorSize
		if start < len(n.data) {
			copy(n.durable[start:], n.data[start:min(start+sectorSize, len(n.data))])
		}
	}
	clear(n.dirty)
	return nil
}

// resize sets the length. The array is replaced only when it must grow; mapped memory
// then stays alive beside it.
func (n *memNode) resize(size int) {
	old := len(n.data)
	if size > cap(n.data) {
		grown := make([]byte, size, max(size, 2*old))
		copy(grown, n.data)
		if n.mapped > 0 {
			n.stale = append(n.stale, n.data)
		}
		n.data = grown
	}
	n.data = n.data[:size]
	if size > old {
		clear(n.data[old:])
	}
	n.soil(min(old, size), max(old, size))
}

// put writes p at off, into outgrown arrays that are still mapped too.
func (n *memNode) put(p []byte, off int) {
	copy(n.data[off:], p)
	for _, array := range n.stale {
		if off < len(array) {
			copy(array[off:], p)
		}
	}
	n.soil(off, off+len(p))
}

// soil marks the sectors of [start, end) as not synced.
func (n *memNode) soil(start, end int) {
	for s := start / sectorSize; s*sectorSize < end; s++ {
		n.dirty[s] = struct{}{}
	}
}

func (f *memFile) Map(off, length int64) (Mapping, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	size := int64(len(f.node.data))
	if off < 0 || length < 0 || off > size-length {
		return nil, pathError("mmap", f.name, io.ErrUnexpectedEOF)
	}
	f.node.mapped++
	return &memMapping{m: f.m, node: f.node, bytes: f.node.data[off : off+length : off+length]}, nil
}

type memMapping struct {
	m     *Mem
	node  *memNode
	bytes []byte
	once  sync.Once
}

func (p *memMapping) Bytes() []byte       { return p.bytes }
func (p *memMapping) Advise(Advice) error { return nil }

func (p *memMapping) Close() error {
	p.once.Do(func() {
		p.m.mu.Lock()
		defer p.m.mu.Unlock()
		if p.node.mapped--; p.node.mapped == 0 {
			p.node.stale = nil
		}
	})
	return nil
}
