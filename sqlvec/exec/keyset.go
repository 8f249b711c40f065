package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// keySet is the integers that the rows of a hash join's right input have in one key: one bit
// for every integer between the least and the greatest of them. It may be asked for any
// integer. Left rows that the set does not have find no partner.
type keySet struct {
	lo, hi int64
	words  []uint64 // bit lo is the first; bit hi-lo+1 is there, and not set
}

// A set may take askedBits bits for every row that is asked for, or maxBitsARow for every row
// that it stands for.
const askedBits = 16

// newKeySet returns the set of word at of the key rows of a store, nil where it would be too
// large for them and for the number of rows that it is going to be asked for.
func newKeySet(rows *store, at int, asked float64, a *arena.Arena) *keySet {
	lo, hi := int64(1<<63-1), int64(-1<<63)
	for _, b := range rows.blocks {
		for i := at; i < b.n*rows.stride; i += rows.stride {
			k := int64(b.keys[i])
			lo, hi = min(lo, k), max(hi, k)
		}
	}
	span := uint64(hi) - uint64(lo)
	if lo > hi || span >= max(uint64(askedBits*min(asked, maxBlocks*blockRows)), maxBitsARow*uint64(rows.rows)) {
		return nil
	}
	s := &keySet{lo: lo, hi: hi, words: arena.MakeZero[uint64](a, int((span+1)/64)+1)}
	for _, b := range rows.blocks {
		for i := at; i < b.n*rows.stride; i += rows.stride {
			d := b.keys[i] - uint64(lo)
			s.words[d>>6] |= 1 << (d & 63)
		}
	}
	return s
}

// among clears the bits of mask of those of the first n values of v that are not in the set.
func (s *keySet) among(v *vec.Vec, mask []uint64, n int, a *arena.Arena) {
	for w := range mask {
		if v.Valid != nil && v.Form != vec.Const {
			mask[w] &= v.Valid[w]
		}
	}
	switch {
	case v.Form == vec.Narrow && v.Width == 1:
		kernel.Among(s.words, s.lo, s.hi, vec.Of[uint8](v)[:n], v.Base, mask)
	case v.Form == vec.Narrow && v.Width == 2:
		kernel.Among(s.words, s.lo, s.hi, vec.Of[uint16](v)[:n], v.Base, mask)
	case v.Form == vec.Narrow:
		kernel.Among(s.words, s.lo, s.hi, vec.Of[uint32](v)[:n], v.Base, mask)
	case v.Form != vec.Flat:
		x := arena.Make[uint64](a, n)
		wordsInto(v, nil, x, a)
		kernel.Among(s.words, s.lo, s.hi, vec.Cast[int64](vec.BytesOf(x))[:n], 0, mask)
		if v.IsNull(0) && v.Form == vec.Const {
			clear(mask)
		}
	case v.Type.Class() == types.I16:
		kernel.Among(s.words, s.lo, s.hi, vec.Of[int16](v)[:n], 0, mask)
	case v.Type.Class() == types.I32:
		kernel.Among(s.words, s.lo, s.hi, vec.Of[int32](v)[:n], 0, mask)
	default:
		kernel.Among(s.words, s.lo, s.hi, vec.Of[int64](v)[:n], 0, mask)
	}
}
