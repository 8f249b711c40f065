package part

import (
	"sync"

	"driftdb/internal/arena"
	"driftdb/internal/vec"
)

// sharedArena is an arena that the columns of a Writer share: several may allocate at once.
type sharedArena struct {
	mu    sync.Mutex
	arena *arena.Arena
}

func newSharedArena() *sharedArena { return &sharedArena{arena: arena.New(nil)} }

// alloc returns n bytes with unspecified contents.
func (m *sharedArena) alloc(n int) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.arena.Alloc(n)
}

// allocZero returns n zero bytes.
func (m *sharedArena) allocZero(n int) []byte {
	b := m.alloc(n)
	clear(b)
	return b
}

// makeOf returns n values of T with unspecified contents.
func makeOf[T vec.Fixed](m *sharedArena, n int) []T {
	m.mu.Lock()
	defer m.mu.Unlock()
	return arena.Make[T](m.arena, n)
}

// makeZero returns n zero values of T.
func makeZero[T vec.Fixed](m *sharedArena, n int) []T {
	s := makeOf[T](m, n)
	clear(s)
	return s
}
