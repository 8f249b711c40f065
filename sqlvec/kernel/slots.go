package kernel

import (
	"math"
	"math/bits"
)

// Loops that add rows to the accumulators of their groups. Slot g+1 belongs to group g;
// slot 0 takes the rows that do not count (filtered out, NULL), so that no loop tests
// one. What is in slot 0 is of no meaning. Every slot is within the accumulators.

// LookupSlots sets slot to the slots of codes, all within table, and reports whether one
// of them is 0.
func LookupSlots[C ~uint8 | ~uint16 | ~uint32](slot []uint32, table []uint32, codes []C) bool {
	codes = codes[:len(slot)]
	found, done := lookupSlotsWide(slot, table, codes)
	slot, codes = slot[done:], codes[done:]
	var zero uint64
	for i := range slot {
		s := table[codes[i]]
		slot[i] = s
		zero |= uint64(s) - 1
	}
	return found || zero>>63 != 0
}

// AnyZero reports whether a row in mask has slot 0.
func AnyZero(slot []uint32, mask []uint64) bool {
	found, done := anyZeroWide(slot, mask)
	if found {
		return true
	}
	var zero uint64
	for lo := done; lo < len(slot); lo += 64 {
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
	done := addCodesWide(out, size, codes)
	out, codes = out[done:], codes[done:]
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

// AddOffsets is AddCodes with the distances of x from base as codes, top for those that are greater or below 0.
func AddOffsets[T Int](out []uint32, size uint32, x []T, base int64, top uint32) {
	x = x[:len(out)]
	done := addOffsetsWide(out, size, x, base, top)
	out, x = out[done:], x[done:]
	if size == 0 {
		for i, v := range x {
			out[i] = uint32(min(uint64(int64(v)-base), uint64(top)))
		}
		return
	}
	for i, v := range x {
		out[i] = out[i]*size + uint32(min(uint64(int64(v)-base), uint64(top)))
	}
}

// MaskSlots sets dst to slot where the bit of mask is set, elsewhere to 0.
func MaskSlots(dst, slot []uint32, mask []uint64) {
	slot = slot[:len(dst)]
	for lo := maskSlotsWide(dst, slot, mask); lo < len(dst); lo += 64 {
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

// fewSlots is how many slots are so few that one row often waits for what the row before it added to the same.
// Four rows in turn then have accumulators of their own, which are added at the end.
const fewSlots = 32

// lanesOfSlots are those accumulators.
type lanesOfSlots [4][fewSlots]int64

// addTo adds the accumulators to acc.
func (l *lanesOfSlots) addTo(acc []int64) {
	for s := range acc {
		acc[s] += l[0][s%fewSlots] + l[1][s%fewSlots] + l[2][s%fewSlots] + l[3][s%fewSlots]
	}
}

// CountSlots adds one to the count of every row's slot.
func CountSlots(counts []int64, slot []uint32) {
	if len(counts) <= fewSlots && len(slot) >= 8*fewSlots {
		var l lanesOfSlots
		for ; len(slot) >= 4; slot = slot[4:] {
			s := (*[4]uint32)(slot)
			l[0][s[0]%fewSlots]++
			l[1][s[1]%fewSlots]++
			l[2][s[2]%fewSlots]++
			l[3][s[3]%fewSlots]++
		}
		l.addTo(counts)
	}
	for _, s := range slot {
		counts[s]++
	}
}

// SumSlots adds base + x to the sum of every row's slot. No sum may overflow.
func SumSlots[T Int](sums []int64, slot []uint32, x []T, base int64) {
	x = x[:len(slot)]
	if len(sums) <= fewSlots && len(slot) >= 8*fewSlots {
		var l lanesOfSlots
		for ; len(slot) >= 4 && len(x) >= 4; slot, x = slot[4:], x[4:] {
			s, y := (*[4]uint32)(slot), (*[4]T)(x)
			l[0][s[0]%fewSlots] += base + int64(y[0])
			l[1][s[1]%fewSlots] += base + int64(y[1])
			l[2][s[2]%fewSlots] += base + int64(y[2])
			l[3][s[3]%fewSlots] += base + int64(y[3])
		}
		l.addTo(sums)
	}
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
	if len(best) <= len(slot) && len(best) > 1 {
		if _, worst := MinMax(best[1:]); eachBetter(Lt, slot, x, base, worst, func(s uint32, v int64) { best[s] = min(best[s], v) }) {
			return
		}
	}
	for i, s := range slot {
		if v := base + int64(x[i]); v < best[s] { // hardly ever, so that no row waits for what another stores
			best[s] = v
		}
	}
}

// MaxSlots keeps the greatest of base + x for every row's slot.
func MaxSlots[T Int](best []int64, slot []uint32, x []T, base int64) {
	x = x[:len(slot)]
	if len(best) <= len(slot) && len(best) > 1 {
		if worst, _ := MinMax(best[1:]); eachBetter(Gt, slot, x, base, worst, func(s uint32, v int64) { best[s] = max(best[s], v) }) {
			return
		}
	}
	for i, s := range slot {
		if v := base + int64(x[i]); v > best[s] {
			best[s] = v
		}
	}
}

// eachBetter calls fn with the rows whose value base + x is better than worst, which is the best yet of the group where that
// is worst: after some rows hardly one is. It reports false, and has done nothing, where that may take longer than looking
// at every row.
func eachBetter[T Int](op Op, slot []uint32, x []T, base, worst int64, fn func(s uint32, v int64)) bool {
	limit := worst - base
	if (worst^base)&(worst^limit) < 0 {
		return false
	}
	if int64(T(limit)) != limit { // beyond all values: none is better, or all are
		return (op == Lt) == (limit < 0)
	}
	var mask [mostBetter / 64]uint64
	if len(x) > mostBetter || !compareConstWide(op, x, T(limit), mask[:Words(len(x))]) {
		return false
	}
	if Count(mask[:]) > len(x)/8 {
		return false
	}
	for w, m := range mask[:Words(len(x))] {
		for ; m != 0; m &= m - 1 {
			i := 64*w + bits.TrailingZeros64(m)
			fn(slot[i], base+int64(x[i]))
		}
	}
	return true
}

// mostBetter is the most rows whose mask eachBetter holds.
const mostBetter = 2048

// Magnitude returns a number that no value of a exceeds in size, less than twice the
// greatest size.
func Magnitude[T Signed](a []T) uint64 {
	// The OR of one's complement magnitudes; the least negative value is one larger.
	return magnitude(a) + 1
}

// GreatestSize returns the greatest size of a value of a: 0 of none, infinity where one is infinite or NaN.
func GreatestSize(a []float64) float64 {
	const size = 1<<63 - 1
	most, done := greatestSizeWide(a)
	a = a[done:]
	var m1, m2, m3 uint64
	for ; len(a) >= 4; a = a[4:] {
		x := (*[4]float64)(a)
		most, m1 = max(most, math.Float64bits(x[0])&size), max(m1, math.Float64bits(x[1])&size)
		m2, m3 = max(m2, math.Float64bits(x[2])&size), max(m3, math.Float64bits(x[3])&size)
	}
	for _, x := range a {
		most = max(most, math.Float64bits(x)&size)
	}
	return math.Float64frombits(min(max(most, m1, m2, m3), 0x7FF<<52))
}

// AllFinite reports whether no value of a is infinite or NaN.
func AllFinite(a []float64) bool { return GreatestSize(a) < math.Inf(1) }
