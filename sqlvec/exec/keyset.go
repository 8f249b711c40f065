package exec

import (
	"math/bits"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
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
		amongValues(s, vec.Of[uint8](v), v.Base, mask, n)
	case v.Form == vec.Narrow && v.Width == 2:
		amongValues(s, vec.Of[uint16](v), v.Base, mask, n)
	case v.Form == vec.Narrow:
		amongValues(s, vec.Of[uint32](v), v.Base, mask, n)
	case v.Form != vec.Flat:
		x := arena.Make[uint64](a, n)
		wordsInto(v, nil, x, a)
		amongValues(s, vec.Cast[int64](vec.BytesOf(x)), 0, mask, n)
		if v.IsNull(0) && v.Form == vec.Const {
			clear(mask)
		}
	case v.Type.Class() == types.I16:
		amongValues(s, vec.Of[int16](v), 0, mask, n)
	case v.Type.Class() == types.I32:
		amongValues(s, vec.Of[int32](v), 0, mask, n)
	default:
		amongValues(s, vec.Of[int64](v), 0, mask, n)
	}
}

// fewOfWord is how many bits of a word of a mask are looked at one by one.
const fewOfWord = 12

// amongValues is among for the values base + x[i].
func amongValues[T code | int16 | int32 | int64](s *keySet, x []T, base int64, mask []uint64, n int) {
	words, end := s.words, uint64(s.hi)-uint64(s.lo)+1
	off := uint64(base) - uint64(s.lo)
	x = x[:n]
	for w, m := range mask {
		if m == 0 {
			continue
		}
		if at := w * 64; at+64 <= n && bits.OnesCount64(m) > fewOfWord {
			found := uint64(0)
			for i, k := range x[at : at+64] {
				d := min(uint64(int64(k))+off, end)
				found |= (words[d>>6] >> (d & 63) & 1) << (uint(i) & 63)
			}
			mask[w] = m & found
			continue
		}
		for rest := m; rest != 0; rest &= rest - 1 {
			i := bits.TrailingZeros64(rest)
			d := min(uint64(int64(x[w*64+i]))+off, end)
			if words[d>>6]>>(d&63)&1 == 0 {
				mask[w] &^= 1 << uint(i)
			}
		}
	}
}
