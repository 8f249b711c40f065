package part

// radixDigit is the bits of one pass of radixSort.
const radixDigit = 11

// radixSort sorts s by bits [low, low+n), keeping the order of equal ones; tmp has the same
// length. It returns the sorted slice, which is s or tmp.
func radixSort(s, tmp []uint64, low, n int) []uint64 {
	for done := 0; done < n; done += radixDigit {
		shift := uint(low + done)
		mask := uint64(1)<<min(radixDigit, n-done) - 1
		var counts [1 << radixDigit]uint32
		for _, v := range s {
			counts[v>>shift&mask]++
		}
		if len(s) > 0 && int(counts[s[0]>>shift&mask]) == len(s) {
			continue // all equal here
		}
		at := uint32(0)
		for i, c := range counts {
			counts[i], at = at, at+c
		}
		for _, v := range s {
			d := v >> shift & mask
			tmp[counts[d]] = v
			counts[d]++
		}
		s, tmp = tmp, s
	}
	return s
}
