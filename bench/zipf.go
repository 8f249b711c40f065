package bench

import (
	"math"
	"math/rand/v2"
)

// zipf draws numbers from 0 to n-1, the smaller the more often: the k-th with a probability that goes
// with 1/(k+1)^theta, by the method of Gray and others ("Quickly generating billion-record synthetic
// databases", 1994), which unlike that of math/rand has theta below 1.
type zipf struct {
	n                       float64
	theta, alpha, zeta, eta float64
}

// newZipf returns a generator for n numbers, which is at least 2.
func newZipf(n int, theta float64) *zipf {
	z := &zipf{n: float64(n), theta: theta, alpha: 1 / (1 - theta)}
	for i := 1; i <= n; i++ {
		z.zeta += math.Pow(float64(i), -theta)
	}
	z.eta = (1 - math.Pow(2/z.n, 1-theta)) / (1 - (1+math.Pow(0.5, theta))/z.zeta)
	return z
}

// draw returns the next number.
func (z *zipf) draw(rng *rand.Rand) int {
	u := rng.Float64()
	uz := u * z.zeta
	switch {
	case uz < 1:
		return 0
	case uz < 1+math.Pow(0.5, z.theta):
		return 1
	}
	return min(int(z.n)-1, int(z.n*math.Pow(z.eta*u-z.eta+1, z.alpha)))
}
