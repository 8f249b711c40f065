package kernel

import (
	"math"
	"math/bits"
)

// Quotients divides positive integers x and y whose quotients have digits after the point: rounded, half up, they are
// x·10^digits / y. It does so by doubles, in steps, each of which gives as many digits as leave all numbers exact.
type Quotients struct {
	lo, hi float64    // x is at least y·lo and less than y·hi
	powers [3]float64 // of ten: of the digits of each step
	last   int64      // the last of powers
	// 10^digits is small × large; large is 0 where that is too much for the processor's division.
	small, large uint64
}

// exactDoubles is where doubles stop to be exact: they hold all integers below it.
const exactDoubles = 1 << 53

// maxLarge is the power of ten that a word holds.
const maxLarge = 19

// pow10 returns 10^n, n at most maxLarge.
func pow10(n int) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}

// maxLastDigits is the most digits of the last step.
const maxLastDigits = 8

// NewQuotients returns what divides integers up to mostX by ones up to mostY, where a quotient x/y is at least lo and less
// than hi, to so many digits. hi × 10^digits is at most 2^68. ok is false where the numbers are too large for it.
func NewQuotients(mostX, mostY uint64, lo, hi float64, digits int) (q Quotients, ok bool) {
	if mostX >= exactDoubles || mostY >= exactDoubles || digits < 0 {
		return q, false
	}
	const tiny = 1.0 / (1 << 40) // more than the products with lo and hi are off by
	q.lo, q.hi = lo*(1+tiny), hi*(1-tiny)
	first := min(digits, roomFor(mostX))
	most := roomFor(mostY)
	last := min(digits-first, most, maxLastDigits)
	middle := digits - first - last
	if middle > most || middle > 0 && last < 5 {
		return q, false
	}
	q.powers = [3]float64{math.Pow10(first), math.Pow10(middle), math.Pow10(last)}
	q.last = int64(q.powers[2])
	if more := max(0, digits-maxLarge); bits.Len64(mostX)+4*more <= 64 {
		q.small, q.large = pow10(more), pow10(digits-more)
	}
	return q, true
}

// roomFor returns how many digits may be added to integers up to most so that doubles hold them exactly.
func roomFor(most uint64) (digits int) {
	for most = max(most, 1); most*10 < exactDoubles; most *= 10 {
		digits++
	}
	return digits
}

// Divide sets dst to the quotients of x and y, and the bits of others, outside of the bounds of q, whose elements of dst
// are unspecified.
func (q *Quotients) Divide(dst []Int128, x, y []int64, others []uint64) {
	clear(others)
	n := quotientsWide(q, dst, x, y, others)
	x, y = x[:len(dst)], y[:len(dst)]
	for i := n; i < len(dst); i++ {
		a, b := float64(x[i]), float64(y[i])
		if !(b >= 1 && a >= b*q.lo && a < b*q.hi) {
			others[i>>6] |= 1 << (uint(i) & 63)
			continue
		}
		if q.large != 0 {
			hi, lo := bits.Mul64(uint64(x[i])*q.small, q.large)
			d, by := Int128{}, uint64(y[i])
			if hi >= by {
				d.Hi, hi = int64(hi/by), hi%by
			}
			rem := uint64(0)
			if d.Lo, rem = bits.Div64(hi, lo, by); rem+rem >= by {
				d.Add(1)
			}
			dst[i] = d
			continue
		}
		dst[i] = q.divide(a, b)
	}
}

// divide returns the quotient of two integers that doubles hold.
func (q *Quotients) divide(a, b float64) Int128 {
	d, r := quotientStep(a*q.powers[0], b)
	if q.powers[1] != 1 {
		var more float64
		more, r = quotientStep(r*q.powers[1], b)
		d = d*q.powers[1] + more
	}
	least, r := quotientStep(r*q.powers[2], b)
	if r+r >= b {
		least++
	}
	sum := MulWide(int64(d), q.last)
	sum.Add(int64(least))
	return sum
}

// quotientStep returns a / b without what is behind the point, and the remainder, of integers that doubles hold.
func quotientStep(a, b float64) (quotient, rem float64) {
	n := int64(a / b)
	r := int64(a) - n*int64(b)
	n += r >> 63 // the division has rounded up to an integer
	r += r >> 63 & int64(b)
	return float64(n), float64(r)
}
