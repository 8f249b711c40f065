package part

import (
	"math"
	"math/bits"

	"driftdb/internal/types"
)

// sketchSize is the number of registers of a sketch: about 4.6 % error.
const sketchSize = 512

// sketch estimates a number of distinct values from their hashes (HyperLogLog: Flajolet,
// Fusy, Gandouet, Meunier, 2007). The zero value has seen nothing.
type sketch struct {
	regs [sketchSize]uint8
}

// add notes a hash.
func (s *sketch) add(h uint64) {
	rank := uint8(bits.LeadingZeros64(h<<9|1<<8)) + 1
	if reg := &s.regs[h>>(64-9)]; *reg < rank {
		*reg = rank
	}
}

func (s *sketch) merge(other *sketch) {
	for i, r := range other.regs {
		s.regs[i] = max(s.regs[i], r)
	}
}

// estimate returns the number of distinct hashes seen, by linear counting when it is small.
func (s *sketch) estimate() int {
	sum, zeros := 0.0, 0
	for _, r := range s.regs {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			zeros++
		}
	}
	const m = sketchSize
	e := 0.7213 / (1 + 1.079/m) * m * m / sum
	if e <= 2.5*m && zeros > 0 {
		e = m * math.Log(float64(m)/float64(zeros))
	}
	return int(e + 0.5)
}

// sketchInts adds s, whose greatest and least value differ by spread, to the sketch and
// returns an estimate of the distinct values of s alone.
func sketchInts[T signed](seen *sketch, s []T, spread uint64) int {
	var group sketch
	last, changes := s[0], 1
	group.add(hashInt(int64(last)))
	for _, v := range s {
		if v != last {
			last = v
			changes++
			group.add(hashInt(int64(v)))
		}
	}
	seen.merge(&group)
	n := min(group.estimate(), changes)
	if spread < uint64(n) {
		n = int(spread) + 1
	}
	return n
}

// maxTally is the spread of integers from which on their values are not marked one by one.
const maxTally = 1 << 14

// tallyInts is sketchInts and commonUnit of values that differ from the least by less than maxTally: each value is
// marked, and what is there is counted and hashed once.
func tallyInts[T signed](seen *sketch, s []T, least T) (distinct int, unit uint64) {
	var met [maxTally]bool
	for _, v := range s {
		met[(uint64(v)-uint64(least))&(maxTally-1)] = true
	}
	for d, is := range met {
		if !is {
			continue
		}
		distinct++
		seen.add(hashInt(int64(least) + int64(d)))
		for x := uint64(d); x != 0; {
			unit, x = x, unit%x
		}
	}
	return distinct, max(unit, 1)
}

// sketchFloats is sketchInts for floats.
func sketchFloats[T float32 | float64](seen *sketch, s []T) int {
	var group sketch
	for _, v := range s {
		group.add(hashFloat(float64(v)))
	}
	seen.merge(&group)
	return min(group.estimate(), len(s))
}

// MergeSketch merges src into dst and returns dst; a nil dst is made.
func MergeSketch(dst, src []byte) []byte {
	if dst == nil {
		dst = make([]byte, sketchSize)
	}
	for i := range min(len(dst), len(src)) {
		dst[i] = max(dst[i], src[i])
	}
	return dst
}

// SketchDistinct estimates the distinct values that a sketch has seen.
func SketchDistinct(regs []byte) int {
	var s sketch
	copy(s.regs[:], regs)
	return s.estimate()
}

// hashInt mixes an integer; every bit of the result depends on every bit of v.
func hashInt(v int64) uint64 { return mix(uint64(v), 0x9E3779B97F4A7C15) }

// hashFloat hashes a float so that values that SQL calls equal hash alike.
func hashFloat(v float64) uint64 {
	switch {
	case v == 0:
		v = 0
	case v != v:
		v = math.NaN()
	}
	return mix(math.Float64bits(v), 0xD6E8FEB86659FD93)
}

func hashSpan(v types.IntervalValue) uint64 {
	days, micros := spanParts(v)
	return mix(uint64(days)^bits.RotateLeft64(uint64(micros), 20), 0xA0761D6478BD642F)
}

// mix folds the 128-bit product of two odd-ish numbers.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x2D358DCCAA6C78A5, b)
	hi, lo = bits.Mul64(hi^lo, 0x8BB84B93962EACC9^a)
	return hi ^ lo
}
