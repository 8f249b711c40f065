package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestFloatArithmetic compares whole vectors with rows on their own, in results and in what is reported.
func TestFloatArithmetic(t *testing.T) {
	special := []float64{0, math.Copysign(0, -1), math.Inf(1), math.NaN(), math.MaxFloat64, math.SmallestNonzeroFloat64, 1e-200}
	ops := map[string]func(dst, a, b []float64) bool{"+": AddFloat[float64], "-": SubFloat[float64], "*": MulFloat[float64], "/": DivFloat[float64]}
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 300 {
		odd := r.IntN(3 * (n + 1)) // often there is none
		a, b := make([]float64, n), make([]float64, n)
		for i := range a {
			a[i], b[i] = r.NormFloat64(), r.NormFloat64()
			if i == odd {
				a[i], b[i] = special[r.IntN(len(special))], special[r.IntN(len(special))]
			}
		}
		for name, op := range ops {
			got, want := make([]float64, n), make([]float64, n)
			look := op(got, a, b)
			each := false
			for i := range a {
				each = op(want[i:i+1], a[i:i+1], b[i:i+1]) || each
				if math.Float64bits(got[i]) != math.Float64bits(want[i]) && (got[i] == got[i] || want[i] == want[i]) {
					t.Fatalf("%v %s %v is %v in row %d of %d, %v on its own", a[i], name, b[i], got[i], i, n, want[i])
				}
			}
			if look != each {
				t.Fatalf("%s of %d rows with %v and %v: reports %t, want %t", name, n, a, b, look, each)
			}
		}
	}
}
