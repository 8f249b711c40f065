package types

import (
	"math"
	"math/bits"
)

// Numbers as (hi, lo) × 10^-scale, where (hi, lo) is a signed integer of 128 bits of at most 36 digits: what
// AppendDecimal128 takes.

// wideTop is the least upper word that such integers do not have.
const wideTop = tenTo18 / 10

// Divider divides words of one scale by words of another.
type Divider struct {
	xScale, yScale int
	num, den       *weigher // nil: a scale has none
}

// NewDivider returns a divider of numbers x × 10^-xScale by numbers y × 10^-yScale.
func NewDivider(xScale, yScale int) Divider {
	d := Divider{xScale: xScale, yScale: yScale}
	if least := min(xScale, yScale); least >= 0 && max(xScale, yScale) < len(weighers) {
		d.num, d.den = &weighers[xScale], &weighers[yScale]
	}
	return d
}

// Wide is (hi, lo), the upper word first.
type Wide [2]uint64

// Quotients sets dst to the quotients of x and y, and scales to their scales. It returns how many it has computed: it
// ends before a divisor of 0, and where a quotient takes Quotient.
func (d *Divider) Quotients(dst []Wide, scales []uint8, x, y []int64) int {
	if d.num == nil {
		return 0
	}
	x, y, scales = x[:len(dst)], y[:len(dst)], scales[:len(dst)]
	least := max(d.xScale, d.yScale, 0)
	last, lastWeight, lastFirst := uint64(0), 0, uint64(0)
	for i := range dst {
		num, den := sizeOf(x[i]), sizeOf(y[i])
		if den == 0 {
			return i
		}
		if den != last {
			last = den
			lastWeight, lastFirst = d.den.of(den)
		}
		e := d.num.entry(num)
		weight, first := e.weight-lastWeight, e.first(num)
		if first <= lastFirst {
			weight--
		}
		scale := max(minSigDigits-weight*groupDigits, least)
		shift := scale - d.xScale + d.yScale
		if uint(shift) >= uint(len(wordPow10)) || int64(num|den) < 0 {
			return i
		}
		var top, low, rem uint64
		switch hi, lo := bits.Mul64(num, wordPow10[shift]); {
		case hi == 0:
			low, rem = lo/den, lo%den
		case hi < den:
			low, rem = bits.Div64(hi, lo, den)
		default:
			top, low, rem = div128(hi, lo, den)
		}
		half := uint64(0)
		if rem >= den-rem {
			half = 1
		}
		low, half = bits.Add64(low, half, 0)
		if top += half; top >= wideTop {
			return i
		}
		sign := uint64((x[i] ^ y[i]) >> 63)
		low, borrow := bits.Sub64(low^sign, sign, 0)
		dst[i], scales[i] = Wide{(top ^ sign) - sign - borrow, low}, uint8(scale)
	}
	return len(dst)
}

// Bounds returns between which quotients x/y of positive words the numbers' quotients surely have a scale: from lo up to
// below hi. They are x·10^digits / y then. hi is at most 2·10^20 / 10^digits. y is the only divisor, 0 where there are
// several.
func (d *Divider) Bounds(scale int, y uint64) (lo, hi float64, digits int) {
	least := max(d.xScale, d.yScale, 0)
	digits = scale - d.xScale + d.yScale
	weight := floorDiv(minSigDigits-scale, groupDigits)
	hi = math.Pow10(20 - digits)
	if scale <= least { // and so have greater ones
		weight = floorDiv(minSigDigits-least+groupDigits-1, groupDigits)
	}
	// The weight is not less than this if x is not below the first group of y, and one more there, of that weight.
	lo = math.Pow10(groupDigits*weight + d.xScale - d.yScale)
	if y == 0 || int64(y) < 0 || d.den == nil {
		return 2 * lo, hi, digits
	}
	w, first := d.den.of(y)
	more := float64(first+1) * math.Pow10(groupDigits*w+d.yScale) / float64(y)
	return more * lo, more * hi, digits
}

// Quotient returns x × 10^-xScale / (y × 10^-yScale), rounded as Div rounds it. y is not 0. ok is false where an
// intermediate result takes more than 128 bits.
func (d *Divider) Quotient(x, y int64) (hi int64, lo uint64, scale int, ok bool) {
	var q [1]Wide
	var scales [1]uint8
	if d.Quotients(q[:], scales[:], []int64{x}, []int64{y}) == 1 {
		return int64(q[0][0]), q[0][1], int(scales[0]), true
	}
	return QuotientWide(x>>63, uint64(x), d.xScale, y, d.yScale)
}

// QuotientWide is Divider.Quotient of one pair, whose first may be of 128 bits.
func QuotientWide(hi int64, lo uint64, xScale int, y int64, yScale int) (qHi int64, qLo uint64, scale int, ok bool) {
	neg, top, low := sizeOf128(hi, lo)
	den := sizeOf(y)
	weight, first := wideWeight(top, low, xScale)
	w, f := wordWeight(den, yScale)
	if weight -= w; first <= f {
		weight--
	}
	scale = min(max(minSigDigits-weight*groupDigits, xScale, yScale, 0), maxDisplayScale)
	if top, low, ok = timesPow10(top, low, scale-xScale+yScale); !ok {
		return 0, 0, 0, false
	}
	qHi, qLo, ok = roundedQuotient(top, low, den, neg != (y < 0))
	return qHi, qLo, scale, ok
}

// roundedQuotient returns ±(hi, lo) / den, where half and more goes away from zero.
func roundedQuotient(hi, lo, den uint64, neg bool) (int64, uint64, bool) {
	var top, low, rem uint64
	switch {
	case hi == 0:
		low, rem = lo/den, lo%den
	case hi < den:
		low, rem = bits.Div64(hi, lo, den)
	default:
		top, low, rem = div128(hi, lo, den)
	}
	if rem >= den-rem {
		var carry uint64
		low, carry = bits.Add64(low, 1, 0)
		top += carry
	}
	return signed128(top, low, neg)
}

// signed128 returns ±(top, low); ok is false where it has more than 36 digits.
func signed128(top, low uint64, neg bool) (hi int64, lo uint64, ok bool) {
	if neg {
		lo, borrow := bits.Sub64(0, low, 0)
		return -int64(top) - int64(borrow), lo, top < wideTop
	}
	return int64(top), low, top < wideTop
}

// weigher finds the weights of words of one scale by their sizes in bits: there are one or two sizes in digits of each.
type weigher [65]struct {
	limit uint64 // the least word of the longer size
	sizes [2]weightOf
}

// weightOf is the weight of words of one size in digits. The first group is the upper half of the product of magic and
// twice the word, without its last bits, times a power of ten.
type weightOf struct {
	weight int
	magic  uint64
	cut    uint8
	times  uint64
}

// weighers are those of the scales of scaled integers.
var weighers = func() (list [MaxScaledPrec + 1]weigher) {
	for scale := range list {
		w := &list[scale]
		w[0].limit = 1
		for size := 1; size <= 64; size++ {
			n := decimalDigits(1 << (size - 1))
			w[size].limit = wordPow10[min(n, 19)]
			w[size].sizes = [2]weightOf{newWeightOf(n, scale), newWeightOf(min(n+1, 20), scale)}
		}
	}
	return list
}()

// newWeightOf returns the weight of words of n digits.
func newWeightOf(n, scale int) (e weightOf) {
	exp := n - 1 - scale
	e.weight = floorDiv(exp, groupDigits)
	lead := exp - e.weight*groupDigits + 1
	e.times = wordPow10[max(lead-n, 0)]
	// With m = ⌈2^(63+L) / d⌉ for d of at most 2^L, u·m >> (63+L) is u / d for every u below 2^63.
	d := wordPow10[max(n-lead, 0)]
	l := bits.Len64(d - 1)
	if d == 1 {
		e.magic = 1 << 63
		return e
	}
	m, rem := bits.Div64(1<<(l-1), 0, d)
	if rem != 0 {
		m++
	}
	e.magic, e.cut = m, uint8(l)
	return e
}

// entry returns what the weight of u goes by.
func (w *weigher) entry(u uint64) *weightOf {
	e := &w[bits.Len64(u)]
	if u >= e.limit {
		return &e.sizes[1]
	}
	return &e.sizes[0]
}

// first returns the first group of u, which is below 2^63.
func (e *weightOf) first(u uint64) uint64 {
	first, _ := bits.Mul64(2*u, e.magic)
	return first >> (e.cut & 63) * e.times
}

// of is wordWeight of u, which is below 2^63.
func (w *weigher) of(u uint64) (weight int, first uint64) {
	e := w.entry(u)
	return e.weight, e.first(u)
}

// wideWeight is wordWeight of (hi, lo), which has at most 36 digits.
func wideWeight(hi, lo uint64, scale int) (weight int, first uint64) {
	if hi == 0 {
		return wordWeight(lo, scale)
	}
	_, upper, lower := div128(hi, lo, wordPow10[19])
	n := decimalDigits(upper) + 19
	exp := n - 1 - scale
	weight = floorDiv(exp, groupDigits)
	lead := exp - weight*groupDigits + 1
	if over := n - lead; over < 19 {
		return weight, upper*wordPow10[19-over] + lower/wordPow10[over]
	}
	return weight, upper / wordPow10[n-lead-19]
}

// RoundWide rounds a number to digits after the point. ok is false where digits are added or those before the
// point are cut.
func RoundWide(hi int64, lo uint64, scale, digits int, how Rounding) (rHi int64, rLo uint64, ok bool) {
	cut := scale - digits
	if digits < 0 || cut < 0 || cut > 38 {
		return 0, 0, false
	}
	neg, top, low := sizeOf128(hi, lo)
	more, rest := uint64(0), uint64(0) // rest: of the digits that are left out last, the lower ones
	if cut > 19 {
		top, low, rest = div128(top, low, wordPow10[19])
		cut -= 19
	}
	p := wordPow10[cut]
	top, low, last := div128(top, low, p)
	switch {
	case how == RoundHalf && cut > 0 && last >= p/2, how == RoundFloor && neg && last|rest != 0, how == RoundCeil && !neg && last|rest != 0:
		more = 1
	}
	low, carry := bits.Add64(low, more, 0)
	return signed128(top+carry, low, neg)
}

// SqrtWide returns the square root of a number, as Sqrt does. ok is false below zero, and where an intermediate result
// takes more than 128 bits.
func SqrtWide(hi int64, lo uint64, scale int) (rHi int64, rLo uint64, to int, ok bool) {
	if hi < 0 {
		return 0, 0, 0, false
	}
	weight, _ := wideWeight(uint64(hi), lo, scale)
	to = rootScale(weight, scale) // which is not below scale
	top, low, ok := timesPow10(uint64(hi), lo, 2*(to+1)-scale)
	if !ok || top >= 1<<62 {
		return 0, 0, 0, false
	}
	root := (sqrt128(top, low) + 5) / 10 // which is shown with a digit less
	return 0, root, to, true
}

// sqrt128 returns the square root of (hi, lo) without what is behind the point; hi is below 2^62.
func sqrt128(hi, lo uint64) uint64 {
	r := uint64(math.Sqrt(float64(hi)*(1<<32)*(1<<32) + float64(lo)))
	for { // the estimate is off by 2^10 at most: one step of Newton's, then ones
		top, low := bits.Mul64(r, r)
		below, borrow := bits.Sub64(lo, low, 0)
		above, borrow := bits.Sub64(hi, top, borrow)
		if borrow == 0 {
			if above == 0 && below <= 2*r {
				return r
			}
			r += max(div128Low(above, below, 2*r+1), 1)
			continue
		}
		below, borrow = bits.Sub64(low, lo, 0)
		above, _ = bits.Sub64(top, hi, borrow)
		r -= max(div128Low(above, below, 2*r), 1)
	}
}

// div128Low returns the lower word of (hi, lo) / d.
func div128Low(hi, lo, d uint64) uint64 {
	_, low, _ := div128(hi, lo, d)
	return low
}

// CompareWide orders two numbers; ok is false where one of them takes more than 128 bits at the scale of the other.
func CompareWide(xHi int64, xLo uint64, xScale int, yHi int64, yLo uint64, yScale int) (order int, ok bool) {
	switch {
	case xScale < yScale:
		xHi, xLo, ok = WideAtScale(xHi, xLo, xScale, yScale)
	case yScale < xScale:
		yHi, yLo, ok = WideAtScale(yHi, yLo, yScale, xScale)
	default:
		ok = true
	}
	switch {
	case xHi < yHi || xHi == yHi && xLo < yLo:
		return -1, ok
	case xHi == yHi && xLo == yLo:
		return 0, ok
	}
	return 1, ok
}

// WideAtScale returns a number at another scale, which is not smaller, where it fits.
func WideAtScale(hi int64, lo uint64, scale, to int) (int64, uint64, bool) {
	neg, top, low := sizeOf128(hi, lo)
	if to-scale > 38 {
		return 0, 0, top|low == 0
	}
	top, low, ok := timesPow10(top, low, to-scale)
	if !ok {
		return 0, 0, false
	}
	return signed128(top, low, neg)
}

// WideFloat returns the double nearest to a number; ok is false for scales above 27.
func WideFloat(hi int64, lo uint64, scale int) (f float64, ok bool) {
	if scale >= len(fivePowers) {
		return 0, false
	}
	neg, top, low := sizeOf128(hi, lo)
	if top|low == 0 {
		return 0, true
	}
	// The quotient by 5^scale to 64 bits and more; what it leaves decides between neighbours only if it is 0.
	d := fivePowers[scale]
	up := bits.LeadingZeros64(d)
	d <<= up
	exp := up - scale
	shift := bits.LeadingZeros64(top)
	if top == 0 {
		shift = 64 + bits.LeadingZeros64(low)
	}
	top, low = shiftLeft128(top, low, shift)
	exp -= shift
	lost := uint64(0)
	if top >= d {
		lost = low & 1
		top, low = top>>1, top<<63|low>>1
		exp++
	}
	q, rem := bits.Div64(top, low, d)
	if rem|lost != 0 {
		q |= 1
	}
	f = math.Ldexp(float64(q), exp)
	if neg {
		f = -f
	}
	return f, true
}

// shiftLeft128 returns (hi, lo) << n for n below 128.
func shiftLeft128(hi, lo uint64, n int) (uint64, uint64) {
	if n >= 64 {
		return lo << (n - 64), 0
	}
	return hi<<n | lo>>(64-n), lo << n
}

// fivePowers is the powers of five of 64 bits.
var fivePowers = func() (p [28]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 5
	}
	return p
}()
