package kernel

import "math"

// Ranks of floats are integers in PostgreSQL's order of floats: NaN is the greatest value, equal to itself.
// Of the zeros, which are equal there, -0 has the lesser rank.

// nanRank is the rank of every NaN.
const nanRank = math.MaxInt64

// FloatRank returns the rank of x.
func FloatRank(x float64) int64 {
	if x != x {
		return nanRank
	}
	b := int64(math.Float64bits(x))
	return b ^ int64(uint64(b>>63)>>1)
}

// RankFloat returns the float whose rank is k.
func RankFloat(k int64) float64 {
	if k == nanRank {
		return math.NaN()
	}
	return math.Float64frombits(uint64(k ^ int64(uint64(k>>63)>>1)))
}

// FloatRanks sets dst to the ranks of x.
func FloatRanks(dst []int64, x []float64) {
	x = x[:len(dst)]
	done := floatRanksWide(dst, x)
	dst, x = dst[done:], x[done:]
	for i, f := range x {
		dst[i] = FloatRank(f)
	}
}

// FloatBounds returns the least and the greatest rank of x, which is not empty.
func FloatBounds(x []float64) (lo, hi int64) {
	if lo, hi, ok := floatBoundsWide(x); ok {
		return lo, hi
	}
	lo, hi = math.MaxInt64, math.MinInt64
	for _, f := range x {
		lo, hi = min(lo, FloatRank(f)), max(hi, FloatRank(f))
	}
	return lo, hi
}
