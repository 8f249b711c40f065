package types

import (
	"math/rand"
	"testing"

	"github.com/cockroachdb/apd/v3"
)

// TestIntegerRoot compares roots of integers of every size with what they are: their squares are not above, those of the next
// integers are.
func TestIntegerRoot(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	var one, x, r, square apd.BigInt
	one.SetUint64(1)
	check := func() {
		t.Helper()
		integerRoot(&r, &x)
		above := square.Mul(&r, &r).Cmp(&x) > 0
		next := new(apd.BigInt).Add(&r, &one)
		if above || square.Mul(next, next).Cmp(&x) <= 0 {
			t.Fatalf("the root of %s is not %s", x.String(), r.String())
		}
	}
	for bits := uint(0); bits < 700; bits++ {
		for range 20 {
			x.SetUint64(rnd.Uint64() | 1<<63)
			for x.BitLen() < int(bits) {
				x.Lsh(&x, 64)
				x.Add(&x, new(apd.BigInt).SetUint64(rnd.Uint64()))
			}
			x.Rsh(&x, uint(x.BitLen())-min(bits, uint(x.BitLen())))
			check()
			integerRoot(&r, &x)
			x.Mul(&r, &r) // a square, and the integer before it
			check()
			if x.Sign() > 0 {
				x.Sub(&x, &one)
				check()
			}
		}
	}
}
