package part

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"driftdb/internal/types"
)

// dictBuilder numbers distinct strings in the order they come. Open addressing; at most
// half of the slots are used.
type dictBuilder struct {
	recent [recentTexts]recentText
	slots  []uint32 // code + 1, 0 when free; len is a power of two
	hashes []uint64 // by code
	offs   []int32  // by code, len()+1 of them
	heap   []byte
}

// recentTexts is how many strings are found without a hash.
const recentTexts = 256

// shortText is the most bytes of such a string.
const shortText = 32

// recentText is a string as words with zeros behind it, its length, and its code + 1.
type recentText struct {
	words [shortText / 8]uint64
	size  uint32
	code  uint32
}

// textMasks has for each length of a short string the bits of the words that are its.
var textMasks = func() (m [shortText + 1][shortText / 8]uint64) {
	for n := range m {
		for i := range 8 * n {
			m[n][i/64] |= 1 << (i % 64)
		}
	}
	return m
}()

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

// codeIn is code of heap[lo:hi]. It looks at those that came last first, without a branch that depends on
// the length of a short string.
func (d *dictBuilder) codeIn(heap []byte, lo, hi int) uint16 {
	n := hi - lo
	if n > shortText || lo+shortText > len(heap) {
		return d.code(heap[lo:hi])
	}
	from, mask := (*[shortText]byte)(heap[lo:]), &textMasks[n]
	w0 := binary.LittleEndian.Uint64(from[0:]) & mask[0]
	w1 := binary.LittleEndian.Uint64(from[8:]) & mask[1]
	w2 := binary.LittleEndian.Uint64(from[16:]) & mask[2]
	w3 := binary.LittleEndian.Uint64(from[24:]) & mask[3]
	r := &d.recent[(w0^w1<<1^w2<<2^w3<<3^uint64(n)<<56)*0x9E3779B97F4A7C15>>56]
	differ := (r.words[0] ^ w0) | (r.words[1] ^ w1) | (r.words[2] ^ w2) | (r.words[3] ^ w3)
	if differ == 0 && r.size == uint32(n) && r.code != 0 {
		return uint16(r.code - 1)
	}
	c := d.code(heap[lo:hi])
	*r = recentText{[...]uint64{w0, w1, w2, w3}, uint32(n), uint32(c) + 1}
	return c
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
