package expr

import (
	"math"
	"math/rand/v2"
	"testing"

	"driftdb/internal/types"
	"driftdb/sqlvec/kernel"
)

// TestWideSquares compares sums of integers of 128 bits and of their squares with those of decimals, and expects that
// they refuse what overflows.
func TestWideSquares(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var w wideSquares
	var sum, sq types.Decimal
	for range 1000 {
		x := kernel.Int128{Hi: rnd.Int64N(2*maxWideHi) - maxWideHi, Lo: rnd.Uint64()}
		x.Hi >>= rnd.IntN(64)
		if !w.add(x) {
			t.Fatalf("%v is refused", x)
		}
		d := wide{x, 7}.decimal()
		sum, sq = sum.Add(d), sq.Add(d.Mul(d))
		gotSum, gotSq := w.decimals(7)
		if gotSum.String() != sum.String() || gotSq.String() != sq.String() {
			t.Fatalf("%s and %s, want %s and %s", gotSum, gotSq, sum, sq)
		}
	}
	for _, full := range []wideSquares{{sum: kernel.Int128{Hi: math.MaxInt64, Lo: math.MaxUint64}},
		{sq: [4]uint64{math.MaxUint64, math.MaxUint64, math.MaxUint64, math.MaxUint64}}} {
		if got := full; got.add(kernel.Int128{Lo: 1}) || got != full {
			t.Errorf("%v becomes %v", full, got)
		}
	}
}
