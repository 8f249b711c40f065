package kernel

import "unsafe"

// maxMasks is the most groups whose rows masks tell apart: their sums then take less than adding row by row.
const maxMasks = 8

// SlotMasks tells the rows of few groups apart. It is not safe for concurrent use.
type SlotMasks struct {
	rows  []int    // of every group; nil where there are no masks
	words []uint64 // of all masks, one after another
	each  int      // words of a mask
}

// Set makes the masks of the slots of groups; there are none where groups are too many, rows too few, or
// the processor has no loops for them.
func (m *SlotMasks) Set(slot []uint32, groups int) {
	m.rows = m.rows[:0]
	if groups > maxMasks || len(slot) < 256 {
		return
	}
	m.each = Words(len(slot))
	if cap(m.words) < groups*m.each {
		m.words = make([]uint64, maxMasks*m.each)
	}
	m.words = m.words[:groups*m.each]
	if !slotMasksWide(m.words, slot, groups) {
		return
	}
	for g := range groups {
		m.rows = append(m.rows, Count(m.of(g)))
	}
}

// Rows returns how many rows every group has; nil where there are no masks. It is valid until Set.
func (m *SlotMasks) Rows() []int {
	if len(m.rows) == 0 {
		return nil
	}
	return m.rows
}

// of returns the mask of a group.
func (m *SlotMasks) of(g int) []uint64 { return m.words[g*m.each : (g+1)*m.each] }

// SumMasks adds base + x of the rows of every group to the sum of its slot. No sum may overflow.
func SumMasks[T Int](sums []int64, m *SlotMasks, x []T, base int64) {
	for g, n := range m.rows {
		sums[g+1] += sumOfMask(x, m.of(g)) + base*int64(n)
	}
}

// sumOfMask returns the sum of the values whose bit is set, which does not overflow.
func sumOfMask[T Int](x []T, mask []uint64) (s int64) {
	var z T
	if unsafe.Sizeof(z) == 8 {
		return sumSmall(as[int64](x), mask)
	}
	if z-1 > 0 {
		sum, ok := uint64(0), false
		switch unsafe.Sizeof(z) {
		case 1:
			sum, ok = sumNarrowWide(as[uint8](x), mask)
		case 2:
			sum, ok = sumNarrowWide(as[uint16](x), mask)
		default:
			sum, ok = sumNarrowWide(as[uint32](x), mask)
		}
		if ok {
			return int64(sum)
		}
	}
	if z-1 < 0 {
		sum, ok := Int128{}, false
		if unsafe.Sizeof(z) == 2 {
			sum, ok = sumWide(as[int16](x), mask)
		} else {
			sum, ok = sumWide(as[int32](x), mask)
		}
		if ok {
			return int64(sum.Lo)
		}
	}
	for w, m := range mask {
		for j, v := range x[64*w : min(64*w+64, len(x))] {
			s += int64(v) & -int64(m>>(uint(j)&63)&1)
		}
	}
	return s
}

// sumSmall is sumOfMask for 64 bits.
func sumSmall(x []int64, mask []uint64) int64 {
	s, done := sumSmallWide(x, mask)
	for ; done < len(x); done++ {
		s += x[done] & -int64(mask[done>>6]>>(uint(done)&63)&1)
	}
	return s
}
