package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// oddFloats returns n doubles, among them zeros, halves, infinities and NaN.
func oddFloats(r *rand.Rand, n int) []float64 {
	special := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64, math.SmallestNonzeroFloat64, 0.5, 1.5, 2.5, -0.5, -0.25, 1<<52 + 0.5, 1 << 53, -1 << 60}
	x := make([]float64, n)
	for i := range x {
		if x[i] = r.NormFloat64() * 1000; r.IntN(4) == 0 {
			x[i] = special[r.IntN(len(special))]
		}
	}
	return x
}

func TestRoundFloats(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	want := map[Rounding]func(float64) float64{RoundFloor: math.Floor, RoundCeil: math.Ceil, RoundTrunc: math.Trunc, RoundEven: math.RoundToEven}
	for n := range 100 {
		x, got := oddFloats(r, n), make([]float64, n)
		for how, fn := range want {
			RoundFloats(how, got, x)
			for i, v := range x {
				if w := fn(v); math.Float64bits(got[i]) != math.Float64bits(w) && w == w {
					t.Fatalf("rounding %d: %v becomes %v, want %v", how, v, got[i], w)
				}
			}
		}
	}
}

func TestSigns(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 2))
	x := oddFloats(r, 1000)
	abs, sign := make([]float64, len(x)), make([]float64, len(x))
	AbsFloats(abs, x)
	SignFloats(sign, x)
	for i, v := range x {
		want := 0.0
		switch {
		case v > 0:
			want = 1
		case v < 0:
			want = -1
		}
		if w := math.Abs(v); math.Float64bits(abs[i]) != math.Float64bits(w) && w == w || math.Float64bits(sign[i]) != math.Float64bits(want) {
			t.Fatalf("%v has the value %v and the sign %v", v, abs[i], sign[i])
		}
	}
	for _, c := range []struct {
		x     []int16
		least bool
	}{{[]int16{1, -1, 0, math.MaxInt16, -math.MaxInt16}, false}, {[]int16{3, math.MinInt16}, true}, {nil, false}} {
		dst := make([]int16, len(c.x))
		if least := Abs(dst, c.x); least != c.least {
			t.Fatalf("Abs(%v) reports %v", c.x, least)
		}
		for i, v := range c.x {
			if want := max(v, -v); dst[i] != want {
				t.Fatalf("the value of %d is %d", v, dst[i])
			}
		}
	}
}

func TestBits(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 3))
	a, b, n, dst := make([]int32, 99), make([]int32, 99), make([]int32, 99), make([]int32, 99)
	for i := range a {
		a[i], b[i], n[i] = r.Int32()-r.Int32(), r.Int32()-r.Int32(), r.Int32N(80)-8
	}
	for op, fn := range map[byte]func(x, y int32) int32{'&': func(x, y int32) int32 { return x & y }, '|': func(x, y int32) int32 { return x | y }, '#': func(x, y int32) int32 { return x ^ y }} {
		BitOp(op, dst, a, b)
		for i := range a {
			if dst[i] != fn(a[i], b[i]) {
				t.Fatalf("%d %c %d is %d", a[i], op, b[i], dst[i])
			}
		}
	}
	for _, left := range []bool{false, true} {
		Shift(left, dst, a, n, 31)
		for i, x := range a {
			want := x >> (n[i] & 31)
			if left {
				want = x << (n[i] & 31)
			}
			if dst[i] != want {
				t.Fatalf("%d shifted by %d, to the left %v: %d", x, n[i], left, dst[i])
			}
		}
	}
}
