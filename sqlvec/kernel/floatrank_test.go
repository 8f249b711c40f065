package kernel

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestFloatRanks: ranks are ordered as PostgreSQL orders floats, and give the floats back.
func TestFloatRanks(t *testing.T) {
	special := []float64{0, math.Copysign(0, -1), 1, -1, math.Inf(1), math.Inf(-1), math.NaN(), math.Copysign(math.NaN(), -1),
		math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64}
	compare := func(x, y float64) int {
		switch {
		case x != x && y != y:
			return 0
		case x != x:
			return 1
		case y != y:
			return -1
		}
		return cmp.Compare(x, y)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		x := make([]float64, n)
		for i := range x {
			if x[i] = r.NormFloat64() * 1e3; r.IntN(8) == 0 {
				x[i] = special[r.IntN(len(special))]
			}
		}
		ranks := make([]int64, n)
		FloatRanks(ranks, x)
		for i, k := range ranks {
			if f := RankFloat(k); k != FloatRank(x[i]) || f != x[i] && !(f != f && x[i] != x[i]) {
				t.Fatalf("%v has rank %d, in a loop %d, which is %v", x[i], FloatRank(x[i]), k, f)
			}
			if i > 0 && x[i] != x[i-1] && compare(x[i-1], x[i]) != cmp.Compare(ranks[i-1], k) {
				t.Fatalf("%v and %v have ranks %d and %d", x[i-1], x[i], ranks[i-1], k)
			}
		}
		if n == 0 {
			continue
		}
		lo, hi := FloatBounds(x)
		if lo != slices.Min(ranks) || hi != slices.Max(ranks) {
			t.Fatalf("%v has bounds %d and %d", x, lo, hi)
		}
	}
}
