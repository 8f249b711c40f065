package arena

import (
	"math/bits"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"driftdb/internal/dberr"
)

// ChunkSize is the smallest chunk and the alignment of all chunks in bytes: one huge
// page.
const ChunkSize = 2 << 20

// maxChunkSize bounds one allocation in bytes.
const maxChunkSize = 1 << 40

// leastChunk is the smallest chunk of a budget so small that few of ChunkSize would fill it.
const leastChunk = 128 << 10

// chunkSizeFor returns the size of the chunk for an allocation of size bytes, of least or
// more: a power of two, so that freed chunks fit later requests.
func chunkSizeFor(size, least int) int {
	if size <= least {
		return least
	}
	return 1 << bits.Len(uint(size-1))
}

// chunkPool holds free chunks by the logarithm of their size.
type chunkPool struct {
	mu   sync.Mutex
	free [64][][]byte
}

var pool chunkPool

// get returns a chunk of n bytes, a power of two of at least leastChunk. Small ones are cut
// from one of ChunkSize.
func (p *chunkPool) get(n int) ([]byte, error) {
	class := bits.TrailingZeros(uint(n))
	p.mu.Lock()
	if k := len(p.free[class]); k > 0 {
		c := p.free[class][k-1]
		p.free[class] = p.free[class][:k-1]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	if n >= ChunkSize {
		return mapChunk(n)
	}
	c, err := mapChunk(ChunkSize)
	if err != nil {
		return nil, err
	}
	for lo := n; lo < ChunkSize; lo += n {
		p.put(c[lo : lo+n : lo+n])
	}
	return c[:n:n], nil
}

// put takes a chunk back.
func (p *chunkPool) put(c []byte) {
	class := bits.TrailingZeros(uint(len(c)))
	p.mu.Lock()
	p.free[class] = append(p.free[class], c)
	p.mu.Unlock()
}

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
