package exec

import (
	"encoding/binary"
	"unsafe"

	"driftdb/internal/arena"
)

// str is a string in two words, so that rows of keys have a fixed width. lo is the
// length and the first four bytes; hi is the next eight bytes, or, where the string has
// more than inlineBytes, the address of all of it. The bytes behind an address are
// outside the Go heap, or kept alive by whoever holds the str. Unused bytes are zero, so
// equal short strings are equal words.
type str struct{ lo, hi uint64 }

// inlineBytes is the longest string that a str holds itself.
const inlineBytes = 12

// strOf returns b as a str that points into b.
func strOf(b []byte) str {
	n := len(b)
	s := str{lo: uint64(uint32(n))}
	if n >= 4 {
		s.lo |= uint64(binary.LittleEndian.Uint32(b)) << 32
	}
	switch {
	case n > inlineBytes:
		s.hi = uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b))))
	case n >= 8:
		s.hi = binary.LittleEndian.Uint64(b[n-8:]) >> (8 * uint(inlineBytes-n))
	case n >= 4:
		s.hi = uint64(binary.LittleEndian.Uint32(b[n-4:])) >> (8 * uint(8-n))
	default:
		for i, c := range b {
			s.lo |= uint64(c) << (32 + 8*uint(i))
		}
	}
	return s
}

// len returns the length in bytes.
func (s str) len() int { return int(uint32(s.lo)) }

// far returns the bytes of a string longer than inlineBytes.
func (s str) far() []byte {
	p := *(*unsafe.Pointer)(unsafe.Pointer(&s.hi))
	return unsafe.Slice((*byte)(p), s.len())
}

// appendTo appends the bytes of s to b.
func (s str) appendTo(b []byte) []byte {
	n := s.len()
	if n > inlineBytes {
		return append(b, s.far()...)
	}
	var short [16]byte
	binary.LittleEndian.PutUint32(short[:], uint32(s.lo>>32))
	binary.LittleEndian.PutUint64(short[4:], s.hi)
	return append(b, short[:n]...)
}

// heap holds the bytes of long strings in an arena.
type heap struct {
	a    *arena.Arena
	free []byte
	next int // bytes to take from the arena at once, 0 for heapBytes
}

// heapBytes is how much a heap takes from its arena at once. One of many heaps begins with
// firstHeapBytes and doubles.
const (
	heapBytes      = 64 << 10
	firstHeapBytes = 1 << 10
)

// keep returns s with its bytes copied into the heap.
func (h *heap) keep(s str) str {
	n := s.len()
	if n <= inlineBytes {
		return s
	}
	if n > len(h.free) {
		size := heapBytes
		if h.next > 0 {
			size = h.next
			h.next = min(2*h.next, heapBytes)
		}
		if n > size/4 {
			b := h.a.Alloc(n)
			copy(b, s.far())
			s.hi = uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b))))
			return s
		}
		h.free = h.a.Alloc(size)
	}
	copy(h.free, s.far())
	s.hi = uint64(uintptr(unsafe.Pointer(unsafe.SliceData(h.free))))
	h.free = h.free[n:]
	return s
}
