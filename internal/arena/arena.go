package arena

import (
	"unsafe"

	"driftdb/internal/vec"
)

// align is the alignment of every allocation in bytes: a cache line, and one AVX-512
// register.
const align = 64

// Arena is a bump allocator. The zero value is an empty arena without a budget.
type Arena struct {
	budget *Budget
	chunks [][]byte // chunks[:cur] are full, chunks[cur] is being filled, the rest are empty
	cur    int
	off    int // bytes used of chunks[cur]
	size   int64
}

// Mark is a position in an arena, for Release. It is valid until an earlier mark
// is released, or the arena is reset or freed.
type Mark struct{ cur, off int }

// New returns an empty arena whose chunks count against budget; nil means no limit.
func New(budget *Budget) *Arena { return &Arena{budget: budget} }

// Alloc returns n bytes, aligned to 64, with unspecified contents. Their capacity
// is n. It panics with Exhausted when the budget does not allow it.
func (a *Arena) Alloc(n int) []byte {
	if n < 0 {
		panic("arena: negative size")
	}
	size := (n + align - 1) &^ (align - 1)
	if a.cur < len(a.chunks) {
		if c := a.chunks[a.cur]; a.off+size <= len(c) {
			b := c[a.off : a.off+n : a.off+n]
			a.off += size
			return b
		}
	}
	return a.allocSlow(n, size)
}

// allocSlow moves on to the next chunk that holds size bytes, or gets one.
func (a *Arena) allocSlow(n, size int) []byte {
	next := a.cur
	if a.off > 0 {
		next++
	}
	if next >= len(a.chunks) || len(a.chunks[next]) < size {
		a.insert(next, size)
	}
	a.cur, a.off = next, size
	return a.chunks[next][:n:n]
}

// insert puts a new chunk of at least size bytes at position i.
func (a *Arena) insert(i, size int) {
	n := chunkSizeFor(size, a.budget.leastChunk())
	if err := a.budget.take(int64(n)); err != nil {
		panic(Exhausted{err})
	}
	c, err := pool.get(n)
	if err != nil {
		a.budget.give(int64(n))
		panic(Exhausted{err})
	}
	a.chunks = append(a.chunks, nil)
	copy(a.chunks[i+1:], a.chunks[i:])
	a.chunks[i] = c
	a.size += int64(n)
}

// AllocZero returns n zero bytes, aligned to 64.
func (a *Arena) AllocZero(n int) []byte {
	b := a.Alloc(n)
	clear(b)
	return b
}

// Make returns n values of T with unspecified contents.
func Make[T vec.Fixed](a *Arena, n int) []T {
	var z T
	return view[T](a.Alloc(n*int(unsafe.Sizeof(z))), n)
}

// MakeZero returns n zero values of T.
func MakeZero[T vec.Fixed](a *Arena, n int) []T {
	var z T
	return view[T](a.AllocZero(n*int(unsafe.Sizeof(z))), n)
}

// MakeSpans returns n intervals with unspecified contents.
func MakeSpans(a *Arena, n int) []vec.Span {
	return view[vec.Span](a.Alloc(n*int(unsafe.Sizeof(vec.Span{}))), n)
}

// view views b as n values of T; an empty slice stays non-nil.
func view[T any](b []byte, n int) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), n)
}

// Mark returns the present position.
func (a *Arena) Mark() Mark { return Mark{a.cur, a.off} }

// Release ends the life of everything allocated since m. The chunks stay with the
// arena.
func (a *Arena) Release(m Mark) { a.cur, a.off = m.cur, m.off }

// Reset ends the life of everything allocated. The chunks stay with the arena.
func (a *Arena) Reset() { a.cur, a.off = 0, 0 }

// Free ends the life of everything allocated and gives the chunks to the pool. The
// arena may be used again.
func (a *Arena) Free() {
	for i, c := range a.chunks {
		pool.put(c)
		a.budget.give(int64(len(c)))
		a.chunks[i] = nil
	}
	a.chunks = a.chunks[:0]
	a.cur, a.off, a.size = 0, 0, 0
}

// Size returns the bytes of the chunks that the arena holds.
func (a *Arena) Size() int64 { return a.size }
