package bench

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestZipf compares how often the first numbers are drawn with their probabilities.
func TestZipf(t *testing.T) {
	const n, draws = 1000, 200_000
	z, rng, seen := newZipf(n, ycsbTheta), rand.New(rand.NewPCG(1, 2)), make([]int, n)
	for range draws {
		seen[z.draw(rng)]++
	}
	sum := 0.0
	for i := 1; i <= n; i++ {
		sum += math.Pow(float64(i), -ycsbTheta)
	}
	for _, k := range []int{0, 1} { // the others are drawn from a curve that comes near
		want := draws * math.Pow(float64(k+1), -ycsbTheta) / sum
		if got := float64(seen[k]); math.Abs(got-want) > 0.05*want {
			t.Errorf("%d was drawn %v times, want %v", k, got, want)
		}
	}
	head, wantHead := 0, 0.0
	for k := range 100 {
		head += seen[k]
		wantHead += draws * math.Pow(float64(k+1), -ycsbTheta) / sum
	}
	if math.Abs(float64(head)-wantHead) > 0.05*wantHead {
		t.Errorf("the first hundred were drawn %d times, want %v", head, wantHead)
	}
}

// TestMixes counts the kinds of operations in streams.
func TestMixes(t *testing.T) {
	for i := range ycsbMixes {
		m := &ycsbMixes[i]
		var seen [5]int
		for _, op := range m.stream(3, 100, 10_000) {
			seen[op.Kind]++
			if op.Key >= 100 || op.Length < 1 || op.Length > ycsbLongest {
				t.Fatalf("mix %s: %+v", m.name, op)
			}
		}
		for kind, share := range m.share {
			if got := seen[kind]; math.Abs(float64(got-100*share)) > 200 {
				t.Errorf("mix %s: %d of 10,000 operations are of kind %d, want %d", m.name, got, kind, 100*share)
			}
		}
	}
}
