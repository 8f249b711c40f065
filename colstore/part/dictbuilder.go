package part

import (
	"bytes"
	"cmp"
	"slices"

	"driftdb/internal/types"
)

// dictBuilder numbers distinct strings in the order they come. Open addressing; at most
// half of the slots are used.
type dictBuilder struct {
	slots  []uint32 // code + 1, 0 when free; len is a power of two
	hashes []uint64 // by code
	offs   []int32  // by code, len()+1 of them
	heap   []byte
}

func newDictBuilder() *dictBuilder {
	return &dictBuilder{slots: make([]uint32, 64), offs: []int32{0}}
}

func (d *dictBuilder) len() int { return len(d.hashes) }

func (d *dictBuilder) value(c uint16) []byte {
	if int(c) >= d.len() {
		return nil // the code of a NULL while there is no value yet
	}
	return d.heap[d.offs[c]:d.offs[int(c)+1]]
}

// code returns the number of b, which it gets if it is new. There is room (maxDictValues).
func (d *dictBuilder) code(b []byte) uint16 {
	h := hashBytes(b)
	mask := uint64(len(d.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		s := d.slots[i]
		if s == 0 {
			return d.add(b, h, i)
		}
		if c := s - 1; d.hashes[c] == h && string(d.heap[d.offs[c]:d.offs[c+1]]) == string(b) {
			return uint16(c)
		}
	}
}

func (d *dictBuilder) add(b []byte, h, slot uint64) uint16 {
	c := d.len()
	d.hashes = append(d.hashes, h)
	d.heap = append(d.heap, b...)
	d.offs = append(d.offs, int32(len(d.heap)))
	d.slots[slot] = uint32(c + 1)
	if 2*d.len() > len(d.slots) {
		d.rehash()
	}
	return uint16(c)
}

func (d *dictBuilder) rehash() {
	d.slots = make([]uint32, 4*len(d.slots))
	mask := uint64(len(d.slots) - 1)
	for c, h := range d.hashes {
		i := h & mask
		for d.slots[i] != 0 {
			i = (i + 1) & mask
		}
		d.slots[i] = uint32(c + 1)
	}
}

// sorted returns the codes in the order of their values of type t, equal ones in that of their
// bytes, and the place of each code in it.
func (d *dictBuilder) sorted(t types.Type) (order, rank []uint16) {
	order, rank = make([]uint16, d.len()), make([]uint16, d.len())
	keys := make([][]byte, d.len())
	for i := range order {
		order[i] = uint16(i)
		keys[i] = keyBytes(t, d.value(uint16(i)))
	}
	slices.SortFunc(order, func(a, b uint16) int {
		return cmp.Or(bytes.Compare(keys[a], keys[b]), bytes.Compare(d.value(a), d.value(b)))
	})
	for i, c := range order {
		rank[c] = uint16(i)
	}
	return order, rank
}
