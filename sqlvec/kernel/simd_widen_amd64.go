//go:build goexperiment.simd && amd64

package kernel

import (
	"simd/archsimd"
	"unsafe"
)

// widenWide is Widen to integers of 64 bits; it returns how many values it has set.
func widenWide[D Signed, S Int](dst []D, a []S, base int64) (done int) {
	var d D
	var s S
	if !wide || unsafe.Sizeof(d) != 8 || len(dst) < 16 || s-1 < 0 {
		return 0
	}
	out, b := as[int64](dst), archsimd.BroadcastInt64x8(base)
	switch unsafe.Sizeof(s) {
	case 1:
		done = widenCodes(out, as[uint8](a), b)
	case 2:
		done = widenCodes(out, as[uint16](a), b)
	case 4:
		done = widenCodes(out, as[uint32](a), b)
	}
	archsimd.ClearAVXUpperBits()
	return done
}

// widenCodes sets out to codes plus base, eight at a time. It returns how many values it has set.
func widenCodes[C ~uint8 | ~uint16 | ~uint32](out []int64, codes []C, base archsimd.Int64x8) (done int) {
	for ; len(out)-done >= 16; done += 8 {
		eightCodes(codes[done:]).Add(base).Store((*[8]int64)(out[done:]))
	}
	return done
}

// eightCodes returns the first eight of at least sixteen codes.
func eightCodes[C ~uint8 | ~uint16 | ~uint32](codes []C) archsimd.Int64x8 {
	var z C
	switch unsafe.Sizeof(z) {
	case 1:
		return archsimd.LoadUint8x16((*[16]uint8)(as[uint8](codes))).ExtendLo8ToUint64().AsInt64x8()
	case 2:
		return archsimd.LoadUint16x8((*[8]uint16)(as[uint16](codes))).ExtendToUint64().AsInt64x8()
	}
	return archsimd.LoadUint32x8((*[8]uint32)(as[uint32](codes))).ExtendToUint64().AsInt64x8()
}

// mulCodesWide is MulCodes for 64 bits, eight at a time. It returns how many products it has set.
func mulCodesWide[T Signed, C ~uint8 | ~uint16 | ~uint32](dst []T, base T, codes []C, b []T) (done int) {
	var z T
	if !wide || unsafe.Sizeof(z) != 8 || len(dst) < 64 {
		return 0
	}
	d, y, add := as[int64](dst), as[int64](b), archsimd.BroadcastInt64x8(int64(base))
	for ; len(d)-done >= 16; done += 8 {
		eightCodes(codes[done:]).Add(add).Mul(archsimd.LoadInt64x8((*[8]int64)(y[done:]))).Store((*[8]int64)(d[done:]))
	}
	archsimd.ClearAVXUpperBits()
	return done
}

// mulNarrowWide is MulNarrow, as mulCodesWide is MulCodes.
func mulNarrowWide[T Signed, C, D ~uint8 | ~uint16 | ~uint32](dst []T, baseA T, a []C, baseB T, b []D) (done int) {
	var z T
	if !wide || unsafe.Sizeof(z) != 8 || len(dst) < 64 {
		return 0
	}
	d, addA, addB := as[int64](dst), archsimd.BroadcastInt64x8(int64(baseA)), archsimd.BroadcastInt64x8(int64(baseB))
	for ; len(d)-done >= 16; done += 8 {
		eightCodes(a[done:]).Add(addA).Mul(eightCodes(b[done:]).Add(addB)).Store((*[8]int64)(d[done:]))
	}
	archsimd.ClearAVXUpperBits()
	return done
}

// doublesWide is Doubles for eight values at a time. It returns how many that was.
func doublesWide[S Int](dst []float64, a []S, base int64, by float64) (done int) {
	var z S
	if !wide || len(dst) < 64 {
		return 0
	}
	add, div, divide := archsimd.BroadcastInt64x8(base), archsimd.BroadcastFloat64x8(by), by != 1
	for ; len(dst)-done >= 16; done += 8 {
		var v archsimd.Int64x8
		switch x := a[done:]; {
		case z-1 > 0 && unsafe.Sizeof(z) == 1:
			v = eightCodes(as[uint8](x))
		case z-1 > 0 && unsafe.Sizeof(z) == 2:
			v = eightCodes(as[uint16](x))
		case z-1 > 0 && unsafe.Sizeof(z) == 4:
			v = eightCodes(as[uint32](x))
		case unsafe.Sizeof(z) == 2:
			v = archsimd.LoadInt16x8((*[8]int16)(as[int16](x))).ExtendToInt64()
		case unsafe.Sizeof(z) == 4:
			v = archsimd.LoadInt32x8((*[8]int32)(as[int32](x))).ExtendToInt64()
		default:
			v = archsimd.LoadInt64x8((*[8]int64)(as[int64](x)))
		}
		f := v.Add(add).ConvertToFloat64()
		if divide {
			f = f.Div(div)
		}
		f.Store((*[8]float64)(dst[done:]))
	}
	archsimd.ClearAVXUpperBits()
	return done
}

// distancesWide is Distances for sixteen values at a time. It returns how many that was.
func distancesWide[T ~uint16 | ~int32](dst []int32, a, b []T, d int32) (done int) {
	var z T
	if !wide || len(dst) < 64 {
		return 0
	}
	add := archsimd.BroadcastInt32x16(d)
	for ; len(dst)-done >= 16; done += 16 {
		var x, y archsimd.Int32x16
		if unsafe.Sizeof(z) == 2 {
			x = archsimd.LoadUint16x16((*[16]uint16)(as[uint16](a[done:]))).ExtendToUint32().AsInt32x16()
			y = archsimd.LoadUint16x16((*[16]uint16)(as[uint16](b[done:]))).ExtendToUint32().AsInt32x16()
		} else {
			x = archsimd.LoadInt32x16((*[16]int32)(as[int32](a[done:])))
			y = archsimd.LoadInt32x16((*[16]int32)(as[int32](b[done:])))
		}
		x.Sub(y).Add(add).Store((*[16]int32)(dst[done:]))
	}
	archsimd.ClearAVXUpperBits()
	return done
}

// sqrtWide is Sqrt for eight values at a time. It returns how many that was.
func sqrtWide(dst, a []float64) (done int, odd bool) {
	if !wide || len(dst) < 64 {
		return 0, false
	}
	zero := archsimd.BroadcastFloat64x8(0)
	sum := zero
	for ; len(dst)-done >= 8; done += 8 {
		r := archsimd.LoadFloat64x8((*[8]float64)(a[done:])).Sqrt()
		r.Store((*[8]float64)(dst[done:]))
		sum = sum.Add(r.Sub(r)) // NaN once r is not finite
	}
	finite := sum.Equal(zero).ToBits()
	archsimd.ClearAVXUpperBits()
	return done, finite != 0xFF
}
