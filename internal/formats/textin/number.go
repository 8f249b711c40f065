package textin

import (
	"encoding/binary"
	"math"
)

// parseInt reads raw[pad+start : pad+end] as a decimal integer. ok is false for anything but an
// optional minus sign and digits that fit int64; the caller then asks the full parser.
func parseInt(raw []byte, start, end uint32) (v int64, ok bool) {
	if start < end && raw[pad+start] == '-' {
		u, ok := parseDigits(raw, start+1, end)
		return -int64(u), ok
	}
	u, ok := parseDigits(raw, start, end)
	return int64(u), ok
}

// parseDigits reads 1 to 18 digits.
func parseDigits(raw []byte, start, end uint32) (uint64, bool) {
	n := end - start
	if n <= 8 {
		v, bad := eightDigits(raw, end, n)
		return v, !bad && n > 0
	}
	if n > 18 {
		return 0, false
	}
	low, bad1 := eightDigits(raw, end, 8)
	mid, bad2 := eightDigits(raw, end-8, min(n-8, 8))
	v := mid*1e8 + low
	if n > 16 {
		high, bad3 := eightDigits(raw, end-16, n-16)
		v += high * 1e16
		bad2 = bad2 || bad3
	}
	return v, !bad1 && !bad2
}

// eightDigits reads the n digits, 1 to 8, that end at end, all at once: the bytes before them are
// set to '0', then neighbours are added in pairs, fours and eights.
func eightDigits(raw []byte, end, n uint32) (uint64, bool) {
	return digitsOf(binary.LittleEndian.Uint64(raw[end:]), n) // raw is shifted by pad = 8 bytes
}

// digitsOf is eightDigits of the last n bytes of a word.
func digitsOf(x uint64, n uint32) (uint64, bool) {
	shift := (8 - n&15) * 8
	const zeros = 0x3030303030303030
	x = x>>shift<<shift | zeros&(1<<shift-1)
	bad := ((x & 0xf0f0f0f0f0f0f0f0) ^ zeros) | (((x + 0x0606060606060606) & 0xf0f0f0f0f0f0f0f0) ^ zeros)
	x = (x & 0x0f0f0f0f0f0f0f0f) * 2561 >> 8
	x = (x & 0x00ff00ff00ff00ff) * 6553601 >> 16
	x = (x & 0x0000ffff0000ffff) * 42949672960001 >> 32
	return x, bad != 0
}

// parseFixed reads a number that is written with scale digits behind its point, 1 to 7, as an integer
// of that many hundredths, thousandths …. ok is false for every other form, and from limit on.
func parseFixed(raw []byte, start, end, scale uint32, limit uint64) (v int64, ok bool) {
	sign := int64(1)
	if start < end && raw[pad+start] == '-' {
		sign, start = -1, start+1
	}
	n := end - start
	if n < scale+2 || n > 18 || raw[pad+end-scale-1] != '.' {
		return 0, false
	}
	if n <= 8 { // the digits before the point move over it
		x := binary.LittleEndian.Uint64(raw[end:])
		behind := ^uint64(0) << (64 - 8*scale)
		u, bad := digitsOf(x&behind|x<<8&^behind, n-1)
		return sign * int64(u), !bad && u < limit
	}
	whole, ok := parseDigits(raw, start, end-scale-1)
	part, bad := eightDigits(raw, end, scale)
	u := whole*powers[scale] + part
	return sign * int64(u), ok && !bad && u < limit
}

// decimal is a number as written: digits × 10^-scale.
type decimal struct {
	neg    bool
	digits uint64 // at most 18 digits
	n      int    // how many digits, leading zeros not counted
	scale  int
}

// parseDecimal reads digits with at most one point among them, 18 digits at most.
func parseDecimal(text []byte) (d decimal, ok bool) {
	if len(text) > 0 && text[0] == '-' {
		d.neg = true
		text = text[1:]
	}
	point, seen := -1, 0
	for i, c := range text {
		if c == '.' && point < 0 {
			point = i
			continue
		}
		if !isDigit(c) {
			return d, false
		}
		seen++
		if d.digits > 0 || c != '0' {
			d.n++
		}
		d.digits = d.digits*10 + uint64(c-'0')
		if d.n > 18 {
			return d, false
		}
	}
	if point >= 0 {
		d.scale = len(text) - point - 1
	}
	return d, seen > 0
}

var powers = func() (p [19]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

// scaled returns d × 10^scale for a NUMERIC(prec, scale) of at most 18 digits; ok is false when
// digits would be lost or the number is too large.
func (d decimal) scaled(prec, scale int) (int64, bool) {
	up := scale - d.scale
	if up < 0 || up > 18 || d.n+up > 18 && d.digits != 0 {
		return 0, false
	}
	v := d.digits * powers[up]
	if v >= powers[prec] {
		return 0, false
	}
	if d.neg {
		return -int64(v), true
	}
	return int64(v), true
}

// float returns d as the nearest float64 when one division of exact numbers gives it.
func (d decimal) float() (float64, bool) {
	if d.digits > 1<<53 || d.scale > 18 {
		return 0, false
	}
	f := float64(d.digits) / float64(powers[d.scale])
	if d.neg {
		f = math.Copysign(f, -1)
	}
	return f, true
}
