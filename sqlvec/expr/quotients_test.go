package expr

import (
	"testing"

	"driftdb/internal/types"
	"driftdb/sqlvec/kernel"

	"pgregory.net/rapid"
)

// TestQuotientsTogether compares the quotients of vectors with those of pairs.
func TestQuotientsTogether(t *testing.T) {
	together := 0
	rapid.Check(t, func(t *rapid.T) {
		const n = 600
		xScale, yScale := rapid.IntRange(0, 8).Draw(t, "x scale"), rapid.IntRange(0, 8).Draw(t, "y scale")
		shift := rapid.IntRange(10, 62).Draw(t, "shift")
		x, y := make([]int64, n), make([]int64, n)
		oneScale := rapid.Bool().Draw(t, "one scale")
		near := rapid.Int64().Draw(t, "near") >> shift
		for i := range x {
			y[i] = rapid.Int64().Draw(t, "y") >> shift
			if oneScale { // most quotients are of one
				y[i] = 1 + y[i]&0xFFFF
				x[i] = y[i]*rapid.Int64Range(2, 5000).Draw(t, "times")*types.Pow10(max(0, xScale-yScale)) + rapid.Int64Range(0, y[i]-1).Draw(t, "rest")
				continue
			}
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0: // quotients near a power of ten
				x[i] = y[i]*types.Pow10(rapid.IntRange(0, 5).Draw(t, "power")) + rapid.Int64Range(-3, 3).Draw(t, "off")
			case 1:
				x[i] = near
			default:
				x[i] = rapid.Int64().Draw(t, "x") >> shift
			}
			if y[i] == 0 {
				y[i] = 1
			}
		}
		one := rapid.Bool().Draw(t, "one divisor")
		if one {
			for i := range y {
				y[i] = y[0]
			}
		}
		dst, scales := make([]kernel.Int128, n), make([]uint8, n)
		d := newQuotients(x, y, xScale, yScale, one)
		if !d.divide(dst, scales, x, y, nil) {
			return
		}
		if d.able {
			together++
		}
		pair := types.NewDivider(xScale, yScale)
		for i := range x {
			hi, lo, scale, ok := pair.Quotient(x[i], y[i])
			if got := (kernel.Int128{Hi: hi, Lo: lo}); !ok || got != dst[i] || scale != int(scales[i]) {
				t.Fatalf("%d/10^%d / (%d/10^%d): got %v, %d digits, want %v, %d digits", x[i], xScale, y[i], yScale, dst[i], scales[i], got, scale)
			}
		}
	})
	if together == 0 {
		t.Fatal("no quotients were computed together")
	}
}
