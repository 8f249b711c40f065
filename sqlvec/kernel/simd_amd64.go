//go:build goexperiment.simd && amd64

package kernel

import (
	"math"
	"simd/archsimd"
	"unsafe"
)

// The loops here use AVX-512 where the processor has it. Each is the twin of a loop in Go
// beside it in compare.go, sum.go or slots.go, which takes what it leaves: the functions return
// false where they do nothing. Each ends by clearing the upper halves of the registers: while these
// hold something, the floating-point code of the compiler, which knows only the lower ones, is slower,
// on Intel's processors by hundreds of cycles an instruction. So no loop may move a number of its own
// into a register: what is broadcast, and counts of shifts, are broadcast before it.

var (
	wide   = archsimd.X86.AVX512()
	permut = wide && archsimd.X86.AVX512VBMI()
)

// compareConstWide is CompareConst. Every comparison with a constant asks whether x lies
// in a range, or does not, and the distance of x from its lower end answers that for
// signed and unsigned integers alike.
func compareConstWide[T Int](op Op, a []T, c T, out []uint64) bool {
	if !wide || len(a) < 64 {
		return false
	}
	least := T(0)
	if least-1 < 0 {
		least = T(1) << (8*unsafe.Sizeof(c) - 1)
	}
	lo, hi := least, c
	switch op {
	case Eq, Ne:
		lo = c
	case Lt, Ge:
		if c == least {
			clear(out)
			if op == Ge {
				invert(out, len(a))
			}
			return true
		}
		hi = c - 1
	}
	switch span := hi - lo; unsafe.Sizeof(c) {
	case 1:
		within8(as[uint8](a), uint8(lo), uint8(span), out)
	case 2:
		within16(as[uint16](a), uint16(lo), uint16(span), out)
	case 4:
		within32(as[uint32](a), uint32(lo), uint32(span), out)
	default:
		within64(as[uint64](a), uint64(lo), uint64(span), out)
	}
	archsimd.ClearAVXUpperBits()
	if op == Ne || op == Ge || op == Gt {
		invert(out, len(a))
	}
	return true
}

// withinTail sets the bits of the fewer than 64 rows of a.
func withinTail[T ~uint8 | ~uint16 | ~uint32 | ~uint64](a []T, lo, span T, out []uint64) {
	if len(a) == 0 {
		return
	}
	var m uint64
	for j, x := range a {
		m |= bit(x-lo <= span) << (uint(j) & 63)
	}
	out[0] = m
}

// within8 sets the bits of the rows with lo <= x <= lo + span.
func within8(a []uint8, lo, span uint8, out []uint64) {
	l, s := archsimd.BroadcastUint8x64(lo), archsimd.BroadcastUint8x64(span)
	for ; len(a) >= 64; a, out = a[64:], out[1:] {
		out[0] = archsimd.LoadUint8x64((*[64]uint8)(a)).Sub(l).LessEqual(s).ToBits()
	}
	withinTail(a, lo, span, out)
}

// within16 is within8 for 16 bits.
func within16(a []uint16, lo, span uint16, out []uint64) {
	l, s := archsimd.BroadcastUint16x32(lo), archsimd.BroadcastUint16x32(span)
	for ; len(a) >= 64; a, out = a[64:], out[1:] {
		x := archsimd.LoadUint16x32((*[32]uint16)(a)).Sub(l).LessEqual(s).ToBits()
		y := archsimd.LoadUint16x32((*[32]uint16)(a[32:])).Sub(l).LessEqual(s).ToBits()
		out[0] = uint64(x) | uint64(y)<<32
	}
	withinTail(a, lo, span, out)
}

// within32 is within8 for 32 bits.
func within32(a []uint32, lo, span uint32, out []uint64) {
	l, s := archsimd.BroadcastUint32x16(lo), archsimd.BroadcastUint32x16(span)
	for ; len(a) >= 64; a, out = a[64:], out[1:] {
		var m uint64
		for k := 0; k < 64; k += 16 {
			m |= uint64(archsimd.LoadUint32x16((*[16]uint32)(a[k:])).Sub(l).LessEqual(s).ToBits()) << k
		}
		out[0] = m
	}
	withinTail(a, lo, span, out)
}

// within64 is within8 for 64 bits.
func within64(a []uint64, lo, span uint64, out []uint64) {
	l, s := archsimd.BroadcastUint64x8(lo), archsimd.BroadcastUint64x8(span)
	for ; len(a) >= 64; a, out = a[64:], out[1:] {
		var m uint64
		for k := 0; k < 64; k += 8 {
			m |= uint64(archsimd.LoadUint64x8((*[8]uint64)(a[k:])).Sub(l).LessEqual(s).ToBits()) << k
		}
		out[0] = m
	}
	withinTail(a, lo, span, out)
}

// lookupWide is Lookup for codes of a byte and tables of up to 64 bits.
func lookupWide[T Int](codes []T, table []uint64, out []uint64) bool {
	var z T
	if !permut || unsafe.Sizeof(z) != 1 || len(table) != 1 || len(codes) < 64 {
		return false
	}
	var bytes [64]uint8
	for i := range bytes {
		bytes[i] = uint8(table[0] >> i & 1)
	}
	t, zero := archsimd.LoadUint8x64(&bytes), archsimd.BroadcastUint8x64(0)
	a := as[uint8](codes)
	for ; len(a) >= 64; a, out = a[64:], out[1:] {
		out[0] = t.Permute(archsimd.LoadUint8x64((*[64]uint8)(a))).NotEqual(zero).ToBits()
	}
	archsimd.ClearAVXUpperBits()
	if len(a) > 0 {
		var m uint64
		for j, c := range a {
			m |= (table[0] >> (c & 63) & 1) << (uint(j) & 63)
		}
		out[0] = m
	}
	return true
}

// lookupSlotsWide is LookupSlots for tables of up to 256 slots that fit a byte, for 64 rows at a time. It returns how many rows that was.
func lookupSlotsWide[C ~uint8 | ~uint16 | ~uint32](slot, table []uint32, codes []C) (zero bool, done int) {
	var z C
	var bytes [256]uint8
	if !permut || unsafe.Sizeof(z) != 1 && len(table) > len(bytes) || len(slot) < 2*len(bytes) {
		return false, 0
	}
	for i, s := range table[:min(len(table), len(bytes))] {
		if s > 0xFF {
			return false, 0
		}
		bytes[i] = uint8(s)
	}
	var quarter [4]archsimd.Uint8x64
	for i := range quarter {
		quarter[i] = archsimd.LoadUint8x64((*[64]uint8)(bytes[64*i:]))
	}
	none, half, found := archsimd.BroadcastUint8x64(0), archsimd.BroadcastUint8x64(128), uint64(0)
	for ; len(slot)-done >= 64; done += 64 {
		c := byteCodes(codes[done:])
		v := quarter[0].ConcatPermute(quarter[1], c)
		if len(table) > 128 {
			lower := c.Less(half)
			v = v.Masked(lower).Or(quarter[2].ConcatPermute(quarter[3], c).Masked(c.GreaterEqual(half)))
		}
		found |= v.Equal(none).ToBits()
		out := (*[64]uint32)(slot[done:])
		a, b := v.GetLo(), v.GetHi()
		a.GetLo().ExtendToUint32().Store((*[16]uint32)(out[0:]))
		a.GetHi().ExtendToUint32().Store((*[16]uint32)(out[16:]))
		b.GetLo().ExtendToUint32().Store((*[16]uint32)(out[32:]))
		b.GetHi().ExtendToUint32().Store((*[16]uint32)(out[48:]))
	}
	archsimd.ClearAVXUpperBits()
	return found != 0, done
}

// byteCodes returns the first 64 of codes below 256.
func byteCodes[C ~uint8 | ~uint16 | ~uint32](codes []C) (v archsimd.Uint8x64) {
	var z C
	switch unsafe.Sizeof(z) {
	case 1:
		return archsimd.LoadUint8x64((*[64]uint8)(as[uint8](codes)))
	case 2:
		x := (*[64]uint16)(as[uint16](codes))
		return v.SetLo(archsimd.LoadUint16x32((*[32]uint16)(x[0:])).TruncateToUint8()).SetHi(archsimd.LoadUint16x32((*[32]uint16)(x[32:])).TruncateToUint8())
	}
	x := (*[64]uint32)(as[uint32](codes))
	var lo, hi archsimd.Uint8x32
	lo = lo.SetLo(archsimd.LoadUint32x16((*[16]uint32)(x[0:])).TruncateToUint8()).SetHi(archsimd.LoadUint32x16((*[16]uint32)(x[16:])).TruncateToUint8())
	hi = hi.SetLo(archsimd.LoadUint32x16((*[16]uint32)(x[32:])).TruncateToUint8()).SetHi(archsimd.LoadUint32x16((*[16]uint32)(x[48:])).TruncateToUint8())
	return v.SetLo(lo).SetHi(hi)
}

// magnitudeWide is magnitude for 64 bits.
func magnitudeWide[T Signed](a []T) (uint64, bool) {
	var z T
	if !wide || unsafe.Sizeof(z) != 8 || len(a) < 64 {
		return 0, false
	}
	x := as[int64](a)
	var even, odd archsimd.Int64x8
	for ; len(x) >= 16; x = x[16:] {
		v, w := archsimd.LoadInt64x8((*[8]int64)(x)), archsimd.LoadInt64x8((*[8]int64)(x[8:]))
		even, odd = even.Or(v.Xor(v.ShiftAllRight(63))), odd.Or(w.Xor(w.ShiftAllRight(63)))
	}
	var lanes [8]int64
	even.Or(odd).Store(&lanes)
	archsimd.ClearAVXUpperBits()
	or := int64(0)
	for _, v := range lanes {
		or |= v
	}
	for _, v := range x {
		or |= v ^ v>>63
	}
	return uint64(or), true
}

// greatestSizeWide returns the bits of the greatest size of the first values of a, and how many these are.
func greatestSizeWide(a []float64) (most uint64, done int) {
	if !wide || len(a) < 64 {
		return 0, 0
	}
	b := as[uint64](a)
	size := archsimd.BroadcastUint64x8(1<<63 - 1)
	var even, odd archsimd.Uint64x8
	for ; len(b)-done >= 16; done += 16 {
		even = even.Max(archsimd.LoadUint64x8((*[8]uint64)(b[done:])).And(size))
		odd = odd.Max(archsimd.LoadUint64x8((*[8]uint64)(b[done+8:])).And(size))
	}
	var lanes [8]uint64
	even.Max(odd).Store(&lanes)
	archsimd.ClearAVXUpperBits()
	for _, x := range lanes {
		most = max(most, x)
	}
	return most, done
}

// floatRanksWide is FloatRanks for eight values at a time. It returns how many that was.
func floatRanksWide(dst []int64, x []float64) (done int) {
	if !wide || len(dst) < 64 {
		return 0
	}
	b := as[int64](x)
	most, inf := archsimd.BroadcastInt64x8(nanRank), archsimd.BroadcastInt64x8(0x7FF<<52)
	for ; len(dst)-done >= 8; done += 8 {
		v := archsimd.LoadInt64x8((*[8]int64)(b[done:]))
		isNaN := v.And(most).Greater(inf)
		most.Merge(v.Xor(v.ShiftAllRight(63).And(most)), isNaN).Store((*[8]int64)(dst[done:]))
	}
	archsimd.ClearAVXUpperBits()
	return done
}

// floatBoundsWide is FloatBounds.
func floatBoundsWide(x []float64) (lo, hi int64, ok bool) {
	if !wide || len(x) < 64 {
		return 0, 0, false
	}
	b := as[int64](x)
	most, inf := archsimd.BroadcastInt64x8(nanRank), archsimd.BroadcastInt64x8(0x7FF<<52)
	l, h := most, archsimd.BroadcastInt64x8(math.MinInt64)
	l2, h2 := l, h
	for ; len(b) >= 16; b = b[16:] {
		v, w := archsimd.LoadInt64x8((*[8]int64)(b)), archsimd.LoadInt64x8((*[8]int64)(b[8:]))
		v = most.Merge(v.Xor(v.ShiftAllRight(63).And(most)), v.And(most).Greater(inf))
		w = most.Merge(w.Xor(w.ShiftAllRight(63).And(most)), w.And(most).Greater(inf))
		l, h, l2, h2 = l.Min(v), h.Max(v), l2.Min(w), h2.Max(w)
	}
	l, h = l.Min(l2), h.Max(h2)
	var least, greatest [8]int64
	l.Store(&least)
	h.Store(&greatest)
	archsimd.ClearAVXUpperBits()
	lo, hi = least[0], greatest[0]
	for i := range least {
		lo, hi = min(lo, least[i]), max(hi, greatest[i])
	}
	for _, f := range x[len(x)-len(b):] {
		lo, hi = min(lo, FloatRank(f)), max(hi, FloatRank(f))
	}
	return lo, hi, true
}

// productsWide sets dst = a × b for 64 bits.
func productsWide[T Signed](dst, a, b []T) bool {
	var z T
	if !wide || unsafe.Sizeof(z) != 8 || len(dst) < 64 {
		return false
	}
	d, x, y := as[int64](dst), as[int64](a), as[int64](b)
	for ; len(d) >= 8; d, x, y = d[8:], x[8:], y[8:] {
		archsimd.LoadInt64x8((*[8]int64)(x)).Mul(archsimd.LoadInt64x8((*[8]int64)(y))).Store((*[8]int64)(d))
	}
	archsimd.ClearAVXUpperBits()
	for i := range d {
		d[i] = x[i] * y[i]
	}
	return true
}

// floatsWide computes as AddFloat, SubFloat, MulFloat and DivFloat do, for eight doubles at a time: op is the sign
// of the operation. It returns how many that was, and what they report.
func floatsWide[T Float](op byte, dst, a, b []T) (done int, look bool) {
	var z T
	if !wide || unsafe.Sizeof(z) != 8 || len(dst) < 64 {
		return 0, false
	}
	d, x, y := as[float64](dst), as[float64](a), as[float64](b)
	zero := archsimd.BroadcastFloat64x8(0)
	odd, under := zero, uint8(0)
	for ; len(d)-done >= 8; done += 8 {
		v, w := archsimd.LoadFloat64x8((*[8]float64)(x[done:])), archsimd.LoadFloat64x8((*[8]float64)(y[done:]))
		var r archsimd.Float64x8
		switch op {
		case '+':
			r = v.Add(w)
		case '-':
			r = v.Sub(w)
		case '*':
			r = v.Mul(w)
			under |= r.Equal(zero).ToBits() &^ (v.Equal(zero).ToBits() | w.Equal(zero).ToBits())
		default:
			r = v.Div(w)
			under |= r.Equal(zero).ToBits() &^ v.Equal(zero).ToBits()
		}
		r.Store((*[8]float64)(d[done:]))
		odd = odd.Add(r.Sub(r)) // NaN once r is not finite
	}
	finite := odd.Equal(zero).ToBits()
	archsimd.ClearAVXUpperBits()
	return done, finite != 0xFF || under != 0
}

// sumWide adds the values whose bit is set; nil means all.
func sumWide[T Signed](a []T, mask []uint64) (Int128, bool) {
	var z T
	if !wide || len(a) < 64 || len(a) > 1<<30 {
		return Int128{}, false
	}
	switch unsafe.Sizeof(z) {
	case 2:
		var s Int128
		s.Add(sumSigned(as[int16](a), mask, sum16(as[uint16](a), mask, 1<<15)))
		return s, true
	case 4:
		var s Int128
		s.Add(sumSigned(as[int32](a), mask, sum32(as[uint32](a), mask, 1<<31)))
		return s, true
	}
	x := as[int64](a)
	low := archsimd.BroadcastInt64x8(0xFFFFFFFF)
	var hi, lo archsimd.Int64x8
	w := 0
	for ; len(x) >= 64; x, w = x[64:], w+1 {
		m := ^uint64(0)
		if mask != nil {
			m = mask[w]
		}
		for k := 0; k < 64; k += 8 {
			v := archsimd.LoadInt64x8((*[8]int64)(x[k:])).Masked(archsimd.Mask64x8FromBits(uint8(m >> k)))
			hi, lo = hi.Add(v.ShiftAllRight(32)), lo.Add(v.And(low))
		}
	}
	var his, los [8]int64
	hi.Store(&his)
	lo.Store(&los)
	archsimd.ClearAVXUpperBits()
	var s Int128
	for i := range his {
		s.Add(los[i])
		s.Add128(Int128{his[i] >> 32, uint64(his[i]) << 32})
	}
	for j, v := range x {
		if mask == nil || mask[w]>>(uint(j)&63)&1 != 0 {
			s.Add(v)
		}
	}
	return s, true
}

// sumNarrowWide adds the codes whose bit is set; nil means all.
func sumNarrowWide[T ~uint8 | ~uint16 | ~uint32](a []T, mask []uint64) (uint64, bool) {
	var z T
	if !wide || len(a) < 64 || len(a) > 1<<30 {
		return 0, false
	}
	var s uint64
	switch unsafe.Sizeof(z) {
	case 1:
		s = sum8(as[uint8](a), mask)
	case 2:
		s = sum16(as[uint16](a), mask, 0)
	default:
		s = sum32(as[uint32](a), mask, 0)
	}
	archsimd.ClearAVXUpperBits()
	w := len(a) / 64
	for j, x := range a[w*64:] {
		if mask == nil || mask[w]>>(uint(j)&63)&1 != 0 {
			s += uint64(x)
		}
	}
	return s, true
}

// total adds the lanes of v.
func total(v archsimd.Uint64x8) (s uint64) {
	var lanes [8]uint64
	v.Store(&lanes)
	for i := range lanes {
		s += lanes[i]
	}
	return s
}

// maskWord returns word w of a mask, nil meaning all.
func maskWord(mask []uint64, w int) uint64 {
	if mask == nil {
		return ^uint64(0)
	}
	return mask[w]
}

// sum8 adds the whole words of a.
func sum8(a []uint8, mask []uint64) uint64 {
	var acc archsimd.Uint64x8
	zero := archsimd.BroadcastUint8x64(0)
	for w := 0; len(a) >= 64; a, w = a[64:], w+1 {
		v := archsimd.LoadUint8x64((*[64]uint8)(a)).Masked(archsimd.Mask8x64FromBits(maskWord(mask, w)))
		acc = acc.Add(v.SumAbsDiff(zero).AsUint64x8())
	}
	return total(acc)
}

// sum16 adds the whole words of a, after the bits of flip are turned. Lanes of 32 bits take 2^15 words of rows at a time.
func sum16(a []uint16, mask []uint64, flip uint16) (s uint64) {
	turn, low, half := archsimd.BroadcastUint16x32(flip), archsimd.BroadcastUint32x16(0xFFFF), archsimd.BroadcastUint32x16(16)
	for w := 0; len(a) >= 64; {
		var acc archsimd.Uint32x16
		for n := 0; len(a) >= 64 && n < 1<<13; a, w, n = a[64:], w+1, n+1 {
			m := maskWord(mask, w)
			for k := 0; k < 64; k += 32 {
				v := archsimd.LoadUint16x32((*[32]uint16)(a[k:])).Xor(turn).Masked(archsimd.Mask16x32FromBits(uint32(m >> k))).AsUint32x16()
				acc = acc.Add(v.And(low)).Add(v.ShiftRight(half))
			}
		}
		var lanes [16]uint32
		acc.Store(&lanes)
		for i := range lanes {
			s += uint64(lanes[i])
		}
	}
	return s
}

// sum32 adds the whole words of a, after the bits of flip are turned.
func sum32(a []uint32, mask []uint64, flip uint32) uint64 {
	var even, odd archsimd.Uint64x8
	turn, low, half := archsimd.BroadcastUint32x16(flip), archsimd.BroadcastUint64x8(0xFFFFFFFF), archsimd.BroadcastUint64x8(32)
	for w := range len(a) / 64 {
		m, x := maskWord(mask, w), (*[64]uint32)(a[64*w:])
		v0 := archsimd.LoadUint32x16((*[16]uint32)(x[0:])).Xor(turn).Masked(archsimd.Mask32x16FromBits(uint16(m))).AsUint64x8()
		v1 := archsimd.LoadUint32x16((*[16]uint32)(x[16:])).Xor(turn).Masked(archsimd.Mask32x16FromBits(uint16(m >> 16))).AsUint64x8()
		v2 := archsimd.LoadUint32x16((*[16]uint32)(x[32:])).Xor(turn).Masked(archsimd.Mask32x16FromBits(uint16(m >> 32))).AsUint64x8()
		v3 := archsimd.LoadUint32x16((*[16]uint32)(x[48:])).Xor(turn).Masked(archsimd.Mask32x16FromBits(uint16(m >> 48))).AsUint64x8()
		even = even.Add(v0.And(low).Add(v1.And(low))).Add(v2.And(low).Add(v3.And(low)))
		odd = odd.Add(v0.ShiftRight(half).Add(v1.ShiftRight(half))).Add(v2.ShiftRight(half).Add(v3.ShiftRight(half)))
	}
	return total(even.Add(odd))
}

// sumSigned adds the values whose bit is set: sum is that of the whole words as distances from the least integer.
func sumSigned[T ~int16 | ~int32](a []T, mask []uint64, sum uint64) int64 {
	words := len(a) / 64
	n := 64 * words
	if mask != nil {
		n = Count(mask[:words])
	}
	var z T
	s := int64(sum) - int64(n)<<(8*unsafe.Sizeof(z)-1)
	archsimd.ClearAVXUpperBits()
	for j, v := range a[64*words:] {
		s += int64(v) & -int64(maskWord(mask, words)>>(uint(j)&63)&1)
	}
	return s
}

// maskSlotsWide is MaskSlots for the whole words of mask. It returns how many rows that was.
func maskSlotsWide(dst, slot []uint32, mask []uint64) (done int) {
	if !wide || len(dst) < 64 {
		return 0
	}
	for ; len(dst)-done >= 64; done += 64 {
		m, d, s := mask[done>>6], dst[done:done+64], slot[done:done+64]
		for k := 0; k < 64; k += 16 {
			v := archsimd.LoadUint32x16((*[16]uint32)(s[k:])).Masked(archsimd.Mask32x16FromBits(uint16(m >> k)))
			v.Store((*[16]uint32)(d[k:]))
		}
	}
	archsimd.ClearAVXUpperBits()
	return done
}

// anyZeroWide is AnyZero for the whole words of mask. It returns how many rows that was.
func anyZeroWide(slot []uint32, mask []uint64) (zero bool, done int) {
	if !wide || len(slot) < 64 {
		return false, 0
	}
	none, found := archsimd.BroadcastUint32x16(0), uint64(0)
	for ; len(slot)-done >= 64; done += 64 {
		s := slot[done : done+64]
		for k := 0; k < 64; k += 16 {
			is := archsimd.LoadUint32x16((*[16]uint32)(s[k:])).Equal(none).ToBits()
			found |= uint64(is) << k & mask[done>>6]
		}
	}
	archsimd.ClearAVXUpperBits()
	return found != 0, done
}

// addCodesWide is AddCodes for sixteen rows at a time. It returns how many rows that was.
func addCodesWide[C ~uint8 | ~uint16 | ~uint32](out []uint32, size uint32, codes []C) (done int) {
	if !wide || len(out) < 64 {
		return 0
	}
	var z C
	times := archsimd.BroadcastUint32x16(size)
	for ; len(out)-done >= 16; done += 16 {
		o := (*[16]uint32)(out[done:])
		var c archsimd.Uint32x16
		switch x := codes[done:]; unsafe.Sizeof(z) {
		case 1:
			c = archsimd.LoadUint8x16((*[16]uint8)(as[uint8](x))).ExtendToUint32()
		case 2:
			c = archsimd.LoadUint16x16((*[16]uint16)(as[uint16](x))).ExtendToUint32()
		default:
			c = archsimd.LoadUint32x16((*[16]uint32)(as[uint32](x)))
		}
		archsimd.LoadUint32x16(o).Mul(times).Add(c).Store(o)
	}
	archsimd.ClearAVXUpperBits()
	return done
}

// minMaxWide is MinMax. Signed integers are compared as unsigned ones with the top bit flipped.
func minMaxWide[T Int](a []T) (lo, hi T, ok bool) {
	var z T
	if !wide || len(a) < 64 {
		return 0, 0, false
	}
	flip := uint64(0)
	if z-1 < 0 {
		flip = 1 << (8*unsafe.Sizeof(z) - 1)
	}
	var l, h uint64
	switch unsafe.Sizeof(z) {
	case 1:
		l, h = minMax8(as[uint8](a), uint8(flip))
	case 2:
		l, h = minMax16(as[uint16](a), uint16(flip))
	case 4:
		l, h = minMax32(as[uint32](a), uint32(flip))
	default:
		l, h = minMax64(as[uint64](a), flip)
	}
	archsimd.ClearAVXUpperBits()
	return T(l ^ flip), T(h ^ flip), true
}

// leastAndMost returns the bounds of the lanes of both, and of the values of tail with flip.
func leastAndMost[T ~uint8 | ~uint16 | ~uint32 | ~uint64](lo, hi, tail []T, flip T) (l, h uint64) {
	least, most := lo[0], hi[0]
	for i := range lo {
		least, most = min(least, lo[i]), max(most, hi[i])
	}
	for _, x := range tail {
		least, most = min(least, x^flip), max(most, x^flip)
	}
	return uint64(least), uint64(most)
}

// minMax8 returns the bounds of the values of a with flip.
func minMax8(a []uint8, flip uint8) (l, h uint64) {
	f := archsimd.BroadcastUint8x64(flip)
	lo := archsimd.LoadUint8x64((*[64]uint8)(a)).Xor(f)
	hi := lo
	for a = a[64:]; len(a) >= 64; a = a[64:] {
		x := archsimd.LoadUint8x64((*[64]uint8)(a)).Xor(f)
		lo, hi = lo.Min(x), hi.Max(x)
	}
	var least, most [64]uint8
	lo.Store(&least)
	hi.Store(&most)
	return leastAndMost(least[:], most[:], a, flip)
}

// minMax16 returns the bounds of the values of a with flip.
func minMax16(a []uint16, flip uint16) (l, h uint64) {
	f := archsimd.BroadcastUint16x32(flip)
	lo := archsimd.LoadUint16x32((*[32]uint16)(a)).Xor(f)
	hi := lo
	for a = a[32:]; len(a) >= 32; a = a[32:] {
		x := archsimd.LoadUint16x32((*[32]uint16)(a)).Xor(f)
		lo, hi = lo.Min(x), hi.Max(x)
	}
	var least, most [32]uint16
	lo.Store(&least)
	hi.Store(&most)
	return leastAndMost(least[:], most[:], a, flip)
}

// minMax32 returns the bounds of the values of a with flip.
func minMax32(a []uint32, flip uint32) (l, h uint64) {
	f := archsimd.BroadcastUint32x16(flip)
	lo := archsimd.LoadUint32x16((*[16]uint32)(a)).Xor(f)
	hi := lo
	for a = a[16:]; len(a) >= 16; a = a[16:] {
		x := archsimd.LoadUint32x16((*[16]uint32)(a)).Xor(f)
		lo, hi = lo.Min(x), hi.Max(x)
	}
	var least, most [16]uint32
	lo.Store(&least)
	hi.Store(&most)
	return leastAndMost(least[:], most[:], a, flip)
}

// minMax64 returns the bounds of the values of a with flip.
func minMax64(a []uint64, flip uint64) (l, h uint64) {
	f := archsimd.BroadcastUint64x8(flip)
	lo := archsimd.LoadUint64x8((*[8]uint64)(a)).Xor(f)
	hi := lo
	for a = a[8:]; len(a) >= 8; a = a[8:] {
		x := archsimd.LoadUint64x8((*[8]uint64)(a)).Xor(f)
		lo, hi = lo.Min(x), hi.Max(x)
	}
	var least, most [8]uint64
	lo.Store(&least)
	hi.Store(&most)
	return leastAndMost(least[:], most[:], a, flip)
}
