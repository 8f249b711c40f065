package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/vec"
)

// maskOf returns the words of a mask of n rows, contents unspecified.
func maskOf(a *arena.Arena, n int) []uint64 { return arena.Make[uint64](a, vec.Words(n)) }
