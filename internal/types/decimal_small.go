package types

import (
	"encoding/binary"
	"math/bits"
)

// Numbers of at most 64 bits, in and out of the binary form without a big number between.

// tenTo18 is nine base-100 digits, tenTo16 eight.
const (
	tenTo18 = 1e18
	tenTo16 = 1e16
)

// sizeOf returns the distance of x from 0.
func sizeOf(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

// AppendScaled appends the binary form of x × 10^-scale.
func AppendScaled(dst []byte, x int64, scale int) []byte {
	return appendSmall(dst, x < 0, 0, sizeOf(x), scale)
}

// wordWeight is groupWeight of u × 10^-scale.
func wordWeight(u uint64, scale int) (weight int, first uint64) {
	if u == 0 {
		return 0, 0
	}
	if scale == 0 {
		for ; u >= 10000; u /= 10000 {
			weight++
		}
		return weight, u
	}
	n := decimalDigits(u)
	exp := n - 1 - scale
	weight = floorDiv(exp, groupDigits)
	lead := exp - weight*groupDigits + 1 // digits of the first group
	if lead <= n {
		return weight, u / wordPow10[n-lead]
	}
	return weight, u * wordPow10[lead-n]
}

// wordPow10 is the powers of ten of 64 bits.
var wordPow10 = func() (p [20]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

// decimalDigits returns how many digits u has; 1 for zero.
func decimalDigits(u uint64) int {
	n := bits.Len64(u|1) * 1233 >> 12
	if u >= wordPow10[min(n, 19)] && n < 20 {
		n++
	}
	return max(n, 1)
}

// timesPow10 returns (hi, lo) × 10^n in 128 bits, where it fits.
func timesPow10(hi, lo uint64, n int) (top, low uint64, ok bool) {
	for n > 0 {
		p := wordPow10[min(n, 19)]
		n -= min(n, 19)
		over, h := bits.Mul64(hi, p)
		var carry uint64
		carry, lo = bits.Mul64(lo, p)
		hi, carry = bits.Add64(h, carry, 0)
		if over|carry != 0 {
			return 0, 0, false
		}
	}
	return hi, lo, true
}

// appendSmall appends the binary form of ±(hi, lo) × 10^-scale. hi is below 10^17.
func appendSmall(dst []byte, neg bool, hi, lo uint64, scale int) []byte {
	if hi|lo == 0 {
		return binary.BigEndian.AppendUint16(append(dst, kindZero), uint16(scale))
	}
	if scale&1 != 0 { // pairs of digits meet at the point
		over, low := bits.Mul64(lo, 10)
		hi, lo = hi*10+over, low
	}
	if upper, lower := lo/tenTo16, lo%tenTo16; hi == 0 {
		return appendPairs(dst, neg, upper, lower, scale)
	}
	var buf [20]byte
	at := len(buf)
	upper, lower := bits.Div64(hi, lo, tenTo18)
	for range 9 {
		at--
		buf[at] = byte(lower%100) + 1
		lower /= 100
	}
	for ; upper > 0 && at > 0; upper /= 100 {
		at--
		buf[at] = byte(upper%100) + 1
	}
	for buf[at] == 1 {
		at++
	}
	pairs := buf[at:]
	exp := len(pairs) - (scale+1)/2
	for pairs[len(pairs)-1] == 1 {
		pairs = pairs[:len(pairs)-1]
	}
	kind := byte(kindPos)
	if neg {
		kind = kindNeg
	}
	dst = append(dst, kind)
	start := len(dst)
	dst = binary.BigEndian.AppendUint16(dst, uint16(exp+0x8000))
	dst = append(append(dst, pairs...), 0)
	if neg {
		for i := start; i < len(dst); i++ {
			dst[i] = ^dst[i]
		}
	}
	return binary.BigEndian.AppendUint16(dst, uint16(scale))
}

// appendPairs appends the binary form of ±(upper × 10^16 + lower) × 10^-scale, not 0, for upper below 10^4
// and lower below 10^16. Digits meet in pairs at the point if the last of an odd scale is meant
// to be 0.
func appendPairs(dst []byte, neg bool, upper, lower uint64, scale int) []byte {
	const ones = 0x0101010101010101
	low := uint64(pairsOf(lower/1e8))<<32 | uint64(pairsOf(lower%1e8))
	// The pairs as bytes of x, then y, the first the lowest.
	x, y := bits.ReverseBytes64(low+ones), uint64(0)
	whole := 8 // how many there are, with the last zeros
	switch {
	case upper == 0:
		zeros := bits.LeadingZeros64(low) / 8
		x, whole = x>>(8*zeros), 8-zeros
	case upper < 100:
		x, y, whole = x<<8|(upper+1), x>>56, 9
	default:
		x, y, whole = x<<16|(upper%100+1)<<8|(upper/100+1), x>>48, 10
	}
	n := whole - bits.TrailingZeros64(low)/8
	if low == 0 && upper%100 == 0 {
		n--
	}
	exp, kind := whole-(scale+1)/2, byte(kindPos)
	var none [16]byte
	at := len(dst)
	dst = append(dst, none[:]...)
	out := dst[at : at+16]
	binary.BigEndian.PutUint16(out[1:], uint16(exp+0x8000))
	binary.LittleEndian.PutUint64(out[3:], x)
	binary.LittleEndian.PutUint16(out[11:], uint16(y))
	out[3+n] = 0
	if neg {
		kind = kindNeg
		for i := 1; i <= 3+n; i++ {
			out[i] = ^out[i]
		}
	}
	out[0] = kind
	binary.BigEndian.PutUint16(out[4+n:], uint16(scale))
	return dst[:at+6+n]
}

// pairsOf returns the eight digits of x as four pairs, a byte each, the first the highest.
func pairsOf(x uint64) uint32 {
	v := x/10000<<32 | x%10000
	q := v * 10486 >> 20 & 0x7F0000007F // a hundredth of each half, which are below 10^4
	v = q<<16 | (v - 100*q)
	v = (v | v>>8) & 0x0000FFFF0000FFFF
	return uint32(v | v>>16)
}

// Decimal128 returns a number in binary form as (hi, lo) × 10^-scale, a signed integer of 128 bits; scale is the
// display scale. ok is false for numbers that do not fit, and for those that are not finite.
func Decimal128(form []byte) (hi int64, lo uint64, scale int, ok bool) {
	n := len(form)
	if n < 1+scaleBytes {
		return 0, 0, 0, false
	}
	scale = int(form[n-2])<<8 | int(form[n-1])
	flip := byte(0)
	switch form[0] {
	case kindZero:
		return 0, 0, scale, true
	case kindPos:
	case kindNeg:
		flip = 0xFF
	default:
		return 0, 0, 0, false
	}
	body := form[1 : n-scaleBytes]
	if len(body) < 4 || len(body) > 3+18 || body[len(body)-1] != flip {
		return 0, 0, 0, false
	}
	exp, pairs := int(body[0]^flip)<<8|int(body[1]^flip)-0x8000, body[2:len(body)-1]
	upper, lower := pairs[:min(len(pairs), 9)], pairs[min(len(pairs), 9):]
	u, ok := pairsValue(upper, flip)
	v, ok2 := pairsValue(lower, flip)
	if !ok || !ok2 {
		return 0, 0, 0, false
	}
	top, low := bits.Mul64(u, wordPow10[2*len(lower)])
	low, carry := bits.Add64(low, v, 0)
	top += carry
	switch up := scale - 2*(len(pairs)-exp); { // digits between those stored and the display scale
	case up == -1:
		var rem uint64
		low, rem = bits.Div64(top%10, low, 10)
		if top /= 10; rem != 0 {
			return 0, 0, 0, false
		}
	case up < 0 || up > 19:
		return 0, 0, 0, false
	default:
		over, upTop := bits.Mul64(top, wordPow10[up])
		top, low = bits.Mul64(low, wordPow10[up])
		if top, carry = bits.Add64(top, upTop, 0); over|carry != 0 {
			return 0, 0, 0, false
		}
	}
	if top>>63 != 0 {
		return 0, 0, 0, false
	}
	if flip != 0 {
		low, carry = bits.Sub64(0, low, 0)
		return -int64(top) - int64(carry), low, scale, true
	}
	return int64(top), low, scale, true
}

// pairsValue returns the number of at most nine pairs of digits, whose bits are turned by flip.
func pairsValue(pairs []byte, flip byte) (u uint64, ok bool) {
	ok = true
	for _, p := range pairs {
		v := (p ^ flip) - 1
		ok = ok && v <= 99
		u = 100*u + uint64(v)
	}
	return u, ok
}

// Rounding is a way to leave digits out.
type Rounding uint8

// The ways: half away from zero, towards zero, down and up.
const (
	RoundHalf Rounding = iota
	RoundTrunc
	RoundFloor
	RoundCeil
)

// sizeOf128 returns whether a signed integer of 128 bits is negative, and its distance from 0.
func sizeOf128(hi int64, lo uint64) (neg bool, top, low uint64) {
	if hi >= 0 {
		return false, uint64(hi), lo
	}
	low, borrow := bits.Sub64(0, lo, 0)
	top, _ = bits.Sub64(0, uint64(hi), borrow)
	return true, top, low
}

// div128 returns the quotient and the remainder of (hi, lo) and p, which is not 0.
func div128(hi, lo, p uint64) (top, low, rem uint64) {
	rem = hi
	if hi >= p {
		top, rem = hi/p, hi%p
	}
	low, rem = bits.Div64(rem, lo, p)
	return top, low, rem
}

// AppendDecimal128 appends the binary form of (hi, lo) × 10^-scale, a signed integer of 128 bits. ok is false, and
// nothing is appended, for integers of more than 36 digits.
func AppendDecimal128(dst []byte, hi int64, lo uint64, scale int) (form []byte, ok bool) {
	neg, top, low := sizeOf128(hi, lo)
	if top >= wideTop {
		return dst, false
	}
	return appendSmall(dst, neg, top, low, scale), true
}
