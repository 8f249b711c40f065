package elementary

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// near reports whether got and want are equal or next to each other.
func near(got, want float64) bool {
	return got == want || math.IsNaN(got) && math.IsNaN(want) || got == math.Nextafter(want, got) && !math.IsInf(got, 0)
}

// TestBesideMath compares with package math, whose results are at most two units from the right ones, over numbers of
// all sizes and the special ones.
func TestBesideMath(t *testing.T) {
	type pair struct {
		name      string
		own, math func(float64) float64
	}
	pairs := []pair{{"exp", Exp, math.Exp}, {"log", Log, math.Log}, {"log10", Log10, math.Log10}, {"log2", Log2, func(x float64) float64 { return math.Log(x) * (1 / math.Ln2) }}, {"cbrt", Cbrt, math.Cbrt},
		{"sin", Sin, math.Sin}, {"cos", Cos, math.Cos}, {"tan", Tan, math.Tan}, {"atan", Atan, math.Atan}, {"asin", Asin, math.Asin}, {"acos", Acos, math.Acos}}
	special := []float64{0, math.Copysign(0, -1), 1, -1, math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64,
		0x1p-1022, -0x1p-1022, 708, -708, 709, 710, -746, 0.5, 2, 10, 1000, 1e22, 1e300, 1e-300, math.Nextafter(1, 2), math.Nextafter(1, 0), math.Pi, math.Pi / 2, math.Pi / 4}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, p := range pairs {
		far := 1e-15
		switch p.name {
		case "log2", "sin", "cos", "tan", "acos": // where those of package math are
			far = 1e-13
		}
		for _, x := range special {
			if x > 0 && x < 0x1p-1022 && p.name[:3] == "log" {
				continue // see TestExact
			}
			if got, want := p.own(x), p.math(x); !near(got, want) && math.Abs(got-want) > far*math.Abs(want) {
				t.Errorf("%s(%g) is %g, want %g", p.name, x, got, want)
			}
		}
		for range 20000 {
			x := math.Ldexp(rng.Float64()*2-1, rng.IntN(60)-40)
			got, want := p.own(x), p.math(x)
			if !near(got, want) && math.Abs(got-want) > far*math.Abs(want) {
				t.Fatalf("%s(%x) is %x, want %x", p.name, x, got, want)
			}
		}
	}
	for range 20000 {
		x, y := math.Ldexp(rng.Float64()*2-1, rng.IntN(40)-20), math.Ldexp(rng.Float64()*2-1, rng.IntN(12)-4)
		if got, want := Pow(math.Abs(x), y), math.Pow(math.Abs(x), y); !near(got, want) && math.Abs(got-want) > 1e-14*math.Abs(want) {
			t.Fatalf("pow(%x, %x) is %x, want %x", math.Abs(x), y, got, want)
		}
		if got, want := Atan2(y, x), math.Atan2(y, x); !near(got, want) && math.Abs(got-want) > 1e-15*math.Abs(want) {
			t.Fatalf("atan2(%x, %x) is %x, want %x", y, x, got, want)
		}
	}
	for _, x := range special {
		for _, y := range special {
			if a := math.Abs(x); a > 0 && a < 0x1p-1022 {
				continue
			}
			if got, want := Pow(x, y), math.Pow(x, y); !near(got, want) && math.Abs(got-want) > 1e-13*math.Abs(want) {
				t.Errorf("pow(%g, %g) is %g, want %g", x, y, got, want)
			}
			if got, want := Atan2(x, y), math.Atan2(x, y); !near(got, want) {
				t.Errorf("atan2(%g, %g) is %g, want %g", x, y, got, want)
			}
		}
	}
}

// TestExact asks for results that are doubles.
func TestExact(t *testing.T) {
	if got := Log(math.SmallestNonzeroFloat64); got != -744.4400719213812 {
		t.Errorf("the logarithm of the least double is %v", got)
	}
	for n := -1074; n <= 300; n++ {
		if got := Log2(math.Ldexp(1, n)); got != float64(n) {
			t.Errorf("log2(2^%d) is %v", n, got)
		}
		if n >= 0 && n <= 22 {
			if got := Log10(math.Pow10(n)); got != float64(n) {
				t.Errorf("log10(10^%d) is %v", n, got)
			}
		}
		if got := Pow(2, float64(n)); got != math.Ldexp(1, n) {
			t.Errorf("pow(2, %d) is %v", n, got)
		}
		if got := Cbrt(float64(n * n * n)); n > -300 && got != float64(n) {
			t.Errorf("cbrt(%d^3) is %v", n, got)
		}
	}
}

// TestRoundedPowers compares powers and roots with their values in 300 bits.
func TestRoundedPowers(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	wrong := 0
	for range 5000 {
		x := math.Ldexp(rng.Float64()+0.5, rng.IntN(20)-10)
		exact := func(x float64) *big.Float { return new(big.Float).SetPrec(300).SetFloat64(x) }
		cube := exact(x)
		cube.Mul(cube, exact(x)).Mul(cube, exact(x))
		if want, _ := cube.Float64(); Pow(x, 3) != want {
			t.Fatalf("pow(%x, 3) is %x, want %x", x, Pow(x, 3), want)
		}
		// the distance of the cubes of the neighbours tells which is the nearest root
		c := Cbrt(x)
		off := func(c float64) *big.Float {
			d := exact(c)
			d.Mul(d, exact(c)).Mul(d, exact(c)).Sub(d, exact(x))
			return d.Abs(d)
		}
		if off(math.Nextafter(c, 0)).Cmp(off(c)) < 0 || off(math.Nextafter(c, 9e9)).Cmp(off(c)) < 0 {
			wrong++
		}
		// e^log x and log e^x come back within what their arguments' rounding allows
		if l := Log(x); math.Abs(Exp(l)-x) > x*(1+math.Abs(l))*0x1p-53 {
			t.Fatalf("exp(log(%x)) is %x", x, Exp(l))
		}
	}
	if wrong > 5 {
		t.Errorf("%d of 5000 cube roots have a nearer neighbour", wrong)
	}
}

// TestLargestExp looks at arguments whose results, or half of them, are the largest doubles.
func TestLargestExp(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"exp(709.7)", Exp(709.7), 1.6549840276802644e+308},
		{"exp(709)", Exp(709), 8.218407461554972e+307},
		{"exp(709.79)", Exp(709.79), math.Inf(1)},
		{"sinh(709.7)", Sinh(709.7), 8.274920138401322e+307},
		{"sinh(-710)", Sinh(-710), -1.1169973830808557e+308},
		{"cosh(-710)", Cosh(-710), 1.1169973830808557e+308},
		{"sinh(171)", Sinh(171), 9.190230621414123e+73},
		{"cosh(711)", Cosh(711), math.Inf(1)},
	} {
		if c.got != c.want {
			t.Errorf("%s is %v, not %v", c.name, c.got, c.want)
		}
	}
}
