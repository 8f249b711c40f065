package exec

import "math/bits"

// fewEntries are sorted by insertion.
const fewEntries = 24

// sortKeys sorts entries by key; equal keys stay in their order. The entries are in es, the
// sorted ones in tmp if inTmp, else in es. What the other holds then is of no use.
func sortKeys(es, tmp []entry, inTmp bool) {
	if len(es) <= fewEntries {
		insertKeys(es)
		if inTmp {
			copy(tmp, es)
		}
		return
	}
	varying := differingBits(es)
	if varying == 0 {
		if inTmp {
			copy(tmp, es)
		}
		return
	}
	// As many digits as leave a few entries to each, but not more than a cache can write to.
	width := min(8, bits.Len(uint(len(es)))-2)
	shift := uint(max(0, bits.Len64(varying)-width))
	mask := uint64(1)<<width - 1
	var ends [256]int32
	for i := range es {
		ends[uint8(es[i].key>>shift&mask)]++
	}
	sum := int32(0)
	for d, n := range ends[:mask+1] {
		ends[d] = sum
		sum += n
	}
	for i := range es {
		d := uint8(es[i].key >> shift & mask)
		tmp[ends[d]] = es[i]
		ends[d]++
	}
	if shift == 0 {
		if !inTmp {
			copy(es, tmp)
		}
		return
	}
	lo := int32(0)
	for _, hi := range ends[:mask+1] {
		if lo < hi {
			sortKeys(tmp[lo:hi], es[lo:hi], !inTmp)
		}
		lo = hi
	}
}

// insertKeys sorts few entries.
func insertKeys(es []entry) {
	for i := 1; i < len(es); i++ {
		e := es[i]
		k := i
		for ; k > 0 && es[k-1].key > e.key; k-- {
			es[k] = es[k-1]
		}
		es[k] = e
	}
}
