package kernel

import "math"

// Loops that add rows to the accumulators of their groups. Slot g+1 belongs to group g;
// slot 0 takes the rows that do not count (filtered out, NULL), so that no loop tests
// one. What is in slot 0 is of no meaning. Every slot is within the accumulators.

// LookupSlots sets slot to the slots of codes, all within table, and reports whether one
// of them is 0.
func LookupSlots[C ~uint8 | ~uint16 | ~uint32](slot []uint32, table []uint32, codes []C) bool {
	codes = codes[:len(slot)]
	var zero uint64
	for i := range slot {
		s := table[codes[i]]
		slot[i] = s
		zero |= uint64(s) - 1
	}
	return zero>>63 != 0
}

// AnyZero reports whether a row in mask has slot 0.
func AnyZero(slot []uint32, mask []uint64) bool {
	var zero uint64
	for lo := 0; lo < len(slot); lo += 64 {
		m := mask[lo>>6]
		for j, s := range slot[lo:min(lo+64, len(slot))] {
			zero |= (uint64(s) - 1) >> 63 & (m >> (uint(j) & 63))
		}
	}
	return zero&1 != 0
}

// AddCodes sets out to out × size + codes: the next digit of a number of several codes.
// A size of 0 sets out to codes.
func AddCodes[C ~uint8 | ~uint16 | ~uint32](out []uint32, size uint32, codes []C) {
	codes = codes[:len(out)]
	if size == 0 {
		for i, c := range codes {
			out[i] = uint32(c)
		}
		return
	}
	for i, c := range codes {
		out[i] = out[i]*size + uint32(c)
	}
}

// MaskSlots sets dst to slot where the bit of mask is set, elsewhere to 0.
func MaskSlots(dst, slot []uint32, mask []uint64) {
	slot = slot[:len(dst)]
	for lo := 0; lo < len(dst); lo += 64 {
		d, s := dst[lo:min(lo+64, len(dst))], slot[lo:min(lo+64, len(dst))]
		switch m := mask[lo>>6]; m {
		case ^uint64(0):
			copy(d, s)
		case 0:
			clear(d)
		default:
			for j := range d {
				d[j] = s[j] & -uint32(m>>(uint(j)&63)&1)
			}
		}
	}
}

// CountSlots adds one to the count of every row's slot.
func CountSlots(counts []int64, slot []uint32) {
	for _, s := range slot {
		counts[s]++
	}
}

// SumSlots adds base + x to the sum of every row's slot. No sum may overflow.
func SumSlots[T Int](sums []int64, slot []uint32, x []T, base int64) {
	x = x[:len(slot)]
	for i, s := range slot {
		sums[s] += base + int64(x[i])
	}
}

// SumSlotsWide is SumSlots into sums that hold everything.
func SumSlotsWide[T Int](sums []Int128, slot []uint32, x []T, base int64) {
	x = x[:len(slot)]
	for i, s := range slot {
		sums[s].Add(base + int64(x[i]))
	}
}

// SumSlotsFloat adds x to the sum of every row's slot, in order.
func SumSlotsFloat(sums []float64, slot []uint32, x []float64) {
	x = x[:len(slot)]
	for i, s := range slot {
		sums[s] += x[i]
	}
}

// MinSlots keeps the least of base + x for every row's slot.
func MinSlots[T Int](best []int64, slot []uint32, x []T, base int64) {
	x = x[:len(slot)]
	for i, s := range slot {
		best[s] = min(best[s], base+int64(x[i]))
	}
}

// MaxSlots keeps the greatest of base + x for every row's slot.
func MaxSlots[T Int](best []int64, slot []uint32, x []T, base int64) {
	x = x[:len(slot)]
	for i, s := range slot {
		best[s] = max(best[s], base+int64(x[i]))
	}
}

// Magnitude returns a number that no value of a exceeds in size, less than twice the
// greatest size.
func Magnitude[T Signed](a []T) uint64 {
	// The OR of one's complement magnitudes; the least negative value is one larger.
	return magnitude(a) + 1
}

// AllFinite reports whether no value of a is infinite or NaN.
func AllFinite(a []float64) bool {
	const exponent = 0x7FF << 52
	var most uint64
	for _, x := range a {
		most = max(most, math.Float64bits(x)&exponent)
	}
	return most < exponent
}
