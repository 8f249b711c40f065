package kernel

import (
	"math/big"
	"math/rand"
	"testing"

	"pgregory.net/rapid"
)

// TestQuotients compares quotients with those of big integers.
func TestQuotients(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "n")
		mostX := rapid.Uint64Range(1, 1<<53-1).Draw(t, "most x") >> rapid.IntRange(0, 50).Draw(t, "shift x")
		mostY := rapid.Uint64Range(1, 1<<53-1).Draw(t, "most y") >> rapid.IntRange(0, 52).Draw(t, "shift y")
		mostX, mostY = max(mostX, 1), max(mostY, 1)
		digits := rapid.IntRange(0, 24).Draw(t, "digits")
		hi := new(big.Float).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(20-digits+20)), nil))
		top, _ := hi.Float64()
		q, ok := NewQuotients(mostX, mostY, 0, min(top/1e20, 1e18), digits)
		if !ok {
			return
		}
		x, y, dst := make([]int64, n), make([]int64, n), make([]Int128, n)
		for i := range x {
			y[i] = rapid.Int64Range(0, int64(mostY)).Draw(t, "y")
			x[i] = rapid.Int64Range(0, int64(mostX)).Draw(t, "x")
			if rapid.Bool().Draw(t, "multiple") && y[i] > 0 {
				x[i] -= x[i] % y[i]
			}
		}
		others := make([]uint64, 1)
		q.Divide(dst, x, y, others)
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
		for i := range x {
			if others[0]>>i&1 != 0 {
				continue
			}
			a, b := new(big.Int).Mul(big.NewInt(x[i]), scale), big.NewInt(y[i])
			a.Add(a.Lsh(a, 1), b)
			want := a.Div(a, b.Lsh(b, 1))
			if got := bigOf(dst[i]); got.Cmp(want) != 0 {
				t.Fatalf("%d·10^%d/%d: got %s, want %s", x[i], digits, y[i], got, want)
			}
		}
	})
}

// BenchmarkQuotients divides prices by quantities.
func BenchmarkQuotients(b *testing.B) {
	r := rand.New(rand.NewSource(1))
	const n = 2048
	x, y, dst := make([]int64, n), make([]int64, n), make([]Int128, n)
	for i := range x {
		q := int64(1 + r.Intn(50))
		x[i], y[i] = q*int64(90000+r.Intn(120000)), q*100
	}
	q, _ := NewQuotients(10500000, 5000, 2, 10000, 16)
	others := make([]uint64, n/64)
	for range b.N {
		q.Divide(dst, x, y, others)
	}
	if Any(others) {
		b.Fatal("not all are divided")
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
}
