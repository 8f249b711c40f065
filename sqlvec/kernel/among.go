package kernel

import "math/bits"

// fewOfWord is how many bits of a word of a mask are looked at one by one.
const fewOfWord = 12

// Among clears the bits of mask of those x that are not in a set of integers: base + x[i] is in it
// if bit base + x[i] - lo of words is set. Bit hi - lo + 1 is within words, and not set.
func Among[T Int](words []uint64, lo, hi int64, x []T, base int64, mask []uint64) {
	end, off := uint64(hi)-uint64(lo)+1, uint64(base)-uint64(lo)
	done := amongWide(words, end, off, x, mask)
	for w, m := range mask[done:] {
		if m != 0 {
			mask[done+w] = amongWord(words, end, off, x[(done+w)*64:], m)
		}
	}
}

// amongWord is Among for one word of a mask.
func amongWord[T Int](words []uint64, end, off uint64, x []T, m uint64) uint64 {
	if len(x) >= 64 && bits.OnesCount64(m) > fewOfWord {
		found := uint64(0)
		for i, k := range x[:64] {
			d := min(uint64(int64(k))+off, end)
			found |= (words[d>>6] >> (d & 63) & 1) << (uint(i) & 63)
		}
		return m & found
	}
	for rest := m; rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros64(rest)
		d := min(uint64(int64(x[i]))+off, end)
		if words[d>>6]>>(d&63)&1 == 0 {
			m &^= 1 << uint(i)
		}
	}
	return m
}
