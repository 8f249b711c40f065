package arena

import (
	"math/bits"
	"sort"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"driftdb/internal/dberr"
)

// ChunkSize is the smallest mapping and the alignment of all mappings in bytes: one huge
// page.
const ChunkSize = 2 << 20

// maxChunkSize bounds one allocation in bytes.
const maxChunkSize = 1 << 40

// leastChunk is the smallest chunk of a budget so small that few of ChunkSize would fill it.
const leastChunk = 128 << 10

// chunkSizeFor returns the size of the chunk for an allocation of size bytes, of least or
// more: a power of two, so that chunks halve and join.
func chunkSizeFor(size, least int) int {
	if size <= least {
		return least
	}
	return 1 << bits.Len(uint(size-1))
}

// chunkPool holds the free chunks. It is a buddy allocator: a chunk is a half of a half, and so on,
// of a mapping, and becomes whole again with its other half. Free chunks keep their memory (they
// are warm) until more memory than ever would have to be touched for a chunk of a size that
// there is not: then as much of the warm ones goes back to the system, and they are cold.
type chunkPool struct {
	mu       sync.Mutex
	mappings []mapping // by address
	warm     [maxClasses]freeSet
	cold     [maxClasses]freeSet
}

// mapping is memory of the system, of a power of two bytes.
type mapping struct {
	base uintptr
	mem  []byte
}

// freeSet is the addresses of the free chunks of one size.
type freeSet map[uintptr]struct{}

// maxClasses bounds the logarithms of sizes.
const maxClasses = 42

var pool chunkPool

// get returns a chunk of n bytes, a power of two of at least leastChunk.
func (p *chunkPool) get(n int) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.take(&p.warm, n); c != nil {
		return c, nil
	}
	p.release(max(n, ChunkSize))
	if c := p.take(&p.cold, n); c != nil {
		return c, nil
	}
	mem, err := mapChunk(max(n, ChunkSize))
	if err != nil {
		return nil, err
	}
	m := mapping{addressOf(mem), mem}
	at := p.mappingAbove(m.base)
	p.mappings = append(p.mappings, mapping{})
	copy(p.mappings[at+1:], p.mappings[at:])
	p.mappings[at] = m
	add(&p.cold, classOf(len(mem)), m.base)
	return p.take(&p.cold, n), nil
}

// take returns a chunk of n bytes out of the smallest free one that has them, nil when none has.
func (p *chunkPool) take(free *[maxClasses]freeSet, n int) []byte {
	class := classOf(n)
	for k := class; k < maxClasses; k++ {
		for addr := range free[k] {
			delete(free[k], addr)
			for ; k > class; k-- {
				add(free, k-1, addr+1<<(k-1))
			}
			m := p.mappingOf(addr)
			return m.mem[addr-m.base:][:n:n]
		}
	}
	return nil
}

// put takes a chunk back.
func (p *chunkPool) put(c []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	addr, class := addressOf(c), classOf(len(c))
	m := p.mappingOf(addr)
	for ; class < classOf(len(m.mem)); class++ {
		other := m.base + ((addr - m.base) ^ 1<<class)
		if !p.warm[class].remove(other) && !p.cold[class].remove(other) {
			break
		}
		addr = min(addr, other)
	}
	add(&p.warm, class, addr)
}

// release gives n bytes of warm chunks back to the system, or all of them when they are fewer.
func (p *chunkPool) release(n int) {
	for class := maxClasses - 1; class >= classOf(ChunkSize) && n > 0; class-- {
		for addr := range p.warm[class] {
			if n <= 0 {
				return
			}
			m := p.mappingOf(addr)
			_ = unix.Madvise(m.mem[addr-m.base:][:1<<class], unix.MADV_DONTNEED)
			delete(p.warm[class], addr)
			add(&p.cold, class, addr)
			n -= 1 << class
		}
	}
}

// mappingOf returns the mapping that has the address.
func (p *chunkPool) mappingOf(addr uintptr) mapping { return p.mappings[p.mappingAbove(addr)-1] }

// mappingAbove returns the place of the first mapping above the address.
func (p *chunkPool) mappingAbove(addr uintptr) int {
	return sort.Search(len(p.mappings), func(i int) bool { return p.mappings[i].base > addr })
}

func add(free *[maxClasses]freeSet, class int, addr uintptr) {
	if free[class] == nil {
		free[class] = freeSet{}
	}
	free[class][addr] = struct{}{}
}

func (s freeSet) remove(addr uintptr) bool {
	_, ok := s[addr]
	delete(s, addr)
	return ok
}

// classOf returns the logarithm of n, a power of two.
func classOf(n int) int { return bits.TrailingZeros(uint(n)) }

func addressOf(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

// mapChunk maps n bytes of anonymous memory aligned to ChunkSize. The unaligned
// ends of the mapping are never touched, so they cost address space only.
func mapChunk(n int) ([]byte, error) {
	if n > maxChunkSize {
		return nil, dberr.Newf(dberr.ProgramLimitExceeded, "cannot allocate %d bytes at once", n)
	}
	m, err := unix.Mmap(-1, 0, n+ChunkSize, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
	if err != nil {
		return nil, dberr.Newf(dberr.OutOfMemory, "out of memory").
			WithDetail("The system refused to map %d bytes: %v.", n, err)
	}
	lead := int(-uintptr(unsafe.Pointer(unsafe.SliceData(m))) & (ChunkSize - 1))
	c := m[lead : lead+n : lead+n]
	// Without huge pages the memory works as well, only slower.
	_ = unix.Madvise(c, unix.MADV_HUGEPAGE)
	return c, nil
}
