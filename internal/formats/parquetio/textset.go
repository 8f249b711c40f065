package parquetio

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"
)

// textSet gives distinct strings of bytes codes from 0, in the order in which they come. The zero
// value is empty.
type textSet struct {
	heap  []byte
	ends  []int
	slots []int32 // codes + 1, at most half of them taken
}

// firstSlots is the number of slots of a set that was empty, a power of two.
const firstSlots = 1 << 8

// code returns the code of text, which is added when it is new; -1 when limit are there already.
func (s *textSet) code(text []byte, limit int) int {
	if 2*s.len() >= len(s.slots) {
		s.grow()
	}
	mask := uint64(len(s.slots) - 1)
	h := xxh3.Hash(text) & mask
	for ; s.slots[h] != 0; h = (h + 1) & mask {
		if c := int(s.slots[h] - 1); string(s.at(c)) == string(text) {
			return c
		}
	}
	if s.len() >= limit {
		return -1
	}
	s.heap = append(s.heap, text...)
	s.ends = append(s.ends, len(s.heap))
	s.slots[h] = int32(s.len())
	return s.len() - 1
}

// grow doubles the slots.
func (s *textSet) grow() {
	s.slots = make([]int32, max(firstSlots, 2*len(s.slots)))
	mask := uint64(len(s.slots) - 1)
	for c := range s.len() {
		h := xxh3.Hash(s.at(c)) & mask
		for s.slots[h] != 0 {
			h = (h + 1) & mask
		}
		s.slots[h] = int32(c + 1)
	}
}

func (s *textSet) len() int { return len(s.ends) }

func (s *textSet) heapSize() int { return len(s.heap) }

func (s *textSet) at(c int) []byte {
	if c == 0 {
		return s.heap[:s.ends[0]]
	}
	return s.heap[s.ends[c-1]:s.ends[c]]
}

// appendPlain appends all in the PLAIN encoding.
func (s *textSet) appendPlain(dst []byte) []byte {
	for c := range s.len() {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(s.at(c))))
		dst = append(dst, s.at(c)...)
	}
	return dst
}

func (s *textSet) reset() {
	s.heap, s.ends = s.heap[:0], s.ends[:0]
	clear(s.slots)
}
