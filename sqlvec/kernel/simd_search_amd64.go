//go:build goexperiment.simd && amd64

package kernel

import (
	"math/bits"
	"simd/archsimd"
)

// indexWide is Index for the places before done: it compares two bytes of the needle at 64 places at a
// time, and the whole needle where both are right.
func (s *Needle) indexWide(text []byte) (found, done int) {
	if !wide || len(text) < len(s.text)+63 {
		return -1, 0
	}
	one, two := s.text[s.one], s.text[s.two]
	x, y := archsimd.BroadcastUint8x64(one), archsimd.BroadcastUint8x64(two)
	xBit, yBit := archsimd.BroadcastUint8x64(s.letterBit(one)), archsimd.BroadcastUint8x64(s.letterBit(two))
	i := 0
	for ; i+len(s.text)+63 <= len(text); i += 64 {
		a := archsimd.LoadUint8x64((*[64]uint8)(text[i+s.one:])).Or(xBit).Equal(x)
		b := archsimd.LoadUint8x64((*[64]uint8)(text[i+s.two:])).Or(yBit).Equal(y)
		for m := a.And(b).ToBits(); m != 0; m &= m - 1 {
			if at := i + bits.TrailingZeros64(m); s.at(text[at:]) {
				archsimd.ClearAVXUpperBits()
				return at, 0
			}
		}
	}
	archsimd.ClearAVXUpperBits()
	return -1, i
}

// changeCaseWide is ChangeCase for whole groups of 64 bytes; it returns how many bytes they are.
func changeCaseWide(dst, src []byte, from byte) (done int) {
	if !wide || len(src) < 64 {
		return 0
	}
	first, last, bit := archsimd.BroadcastUint8x64(from), archsimd.BroadcastUint8x64(25), archsimd.BroadcastUint8x64(0x20)
	for ; done+64 <= len(src); done += 64 {
		x := archsimd.LoadUint8x64((*[64]uint8)(src[done:]))
		x.Xor(bit.Masked(x.Sub(first).LessEqual(last))).Store((*[64]uint8)(dst[done:]))
	}
	archsimd.ClearAVXUpperBits()
	return done
}

// fillMaskWide is FillMask for whole groups of 64 rows; it returns how many rows they are.
func fillMaskWide(dst []uint8, c uint8, mask []uint64) (done int) {
	if !wide || len(dst) < 64 {
		return 0
	}
	x := archsimd.BroadcastUint8x64(c)
	for ; done+64 <= len(dst); done += 64 {
		x.StoreMasked((*[64]uint8)(dst[done:]), archsimd.Mask8x64FromBits(mask[done>>6]))
	}
	archsimd.ClearAVXUpperBits()
	return done
}
