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
	b := archsimd.BroadcastInt64x8(base)
	out := as[int64](dst)
	n := len(out)
	switch unsafe.Sizeof(s) {
	case 1:
		for x := as[uint8](a); len(out) >= 16; x, out = x[8:], out[8:] {
			archsimd.LoadUint8x16((*[16]uint8)(x)).ExtendLo8ToUint64().AsInt64x8().Add(b).Store((*[8]int64)(out))
		}
	case 2:
		for x := as[uint16](a); len(out) >= 8; x, out = x[8:], out[8:] {
			archsimd.LoadUint16x8((*[8]uint16)(x)).ExtendToUint64().AsInt64x8().Add(b).Store((*[8]int64)(out))
		}
	case 4:
		for x := as[uint32](a); len(out) >= 8; x, out = x[8:], out[8:] {
			archsimd.LoadUint32x8((*[8]uint32)(x)).ExtendToUint64().AsInt64x8().Add(b).Store((*[8]int64)(out))
		}
	}
	archsimd.ClearAVXUpperBits()
	return n - len(out)
}
