package arrowio

import (
	"fmt"

	"driftdb/internal/arena"
)

// budget allocates the memory of the record batches that the library reads. The library takes sizes
// from the file as they are, and one that no memory has would end the process: what a file of its
// size cannot hold is refused, whatever the checks of the messages have missed.
type budget struct {
	most int
	mem  *arena.Arena // of a reader of one record batch, else nil
}

// newBudget returns the budget of a file of size bytes.
func newBudget(size int64) *budget {
	const limit = 16 * maxRows // of one buffer, of values of 16 bytes
	return &budget{most: int(min(maxBuffer+min(size, limit)*maxExpansion, limit))}
}

// Allocate returns n bytes. It panics, which guard expects, when they are too many.
func (b *budget) Allocate(n int) []byte {
	if n < 0 || n > b.most {
		panic(fmt.Sprintf("a buffer of %d bytes", n))
	}
	if b.mem != nil {
		return b.mem.Alloc(n)
	}
	return make([]byte, n)
}

// Reallocate returns n bytes that begin as old does.
func (b *budget) Reallocate(n int, old []byte) []byte {
	if n >= 0 && n <= cap(old) {
		return old[:n]
	}
	grown := b.Allocate(n)
	copy(grown, old)
	return grown
}

// Free does nothing: the collector finds what nobody uses.
func (b *budget) Free([]byte) {}
