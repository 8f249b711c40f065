//go:build goexperiment.simd && amd64

package kernel

import (
	"simd/archsimd"
	"unsafe"
)

// misses is how many words of a mask may have keys too far apart before amongWide leaves the rest.
const misses = 4

// amongWide is Among for keys of 32 bits of which 64 in a row lie close together, as those of a table
// in the order of its key do: their part of the set, 512 bits, is a table in a register. It
// returns how many words of the mask it has done.
func amongWide[T Int](words []uint64, end, off uint64, x []T, mask []uint64) (done int) {
	var z T
	if !wide || unsafe.Sizeof(z) != 4 || len(words) < 8 || len(x) < 64 || end >= 1<<31 {
		return 0
	}
	flip := uint32(0)
	if z-1 < 0 { // as unsigned integers, which are more by 2^31
		flip = 1 << 31
		off -= 1 << 31
	}
	// A key below the set wraps to one above it, if it is not as far below as the set is large; a key above is made the first above.
	most := uint64(1<<32 - 1)
	switch {
	case int64(off) >= 0 && off > end || int64(off) < 0 && -off >= 1<<32-end:
		return 0
	case int64(off) >= 0:
		most = end - off
	}
	a, table := as[uint32](x), unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(words))), 2*len(words))
	flips, caps := archsimd.BroadcastUint32x16(flip), archsimd.BroadcastUint32x16(uint32(most))
	offs, ends := archsimd.BroadcastUint32x16(uint32(off)), archsimd.BroadcastUint32x16(uint32(end))
	one, five, low, reach := archsimd.BroadcastUint32x16(1), archsimd.BroadcastUint32x16(5), archsimd.BroadcastUint32x16(31), archsimd.BroadcastUint32x16(511)
	position := func(k uint32) uint32 { return min(min(k^flip, uint32(most))+uint32(off), uint32(end)) }
	missed := 0
	for ; len(a)-64*done >= 64 && missed < misses; done++ {
		m := mask[done]
		if m == 0 {
			continue
		}
		k := (*[64]uint32)(a[64*done:])
		first := int(min(position(k[0]), position(k[63])) >> 5)
		first = min(max(first-1, 0), len(table)-16)
		bits, base := archsimd.LoadUint32x16((*[16]uint32)(table[first:])), archsimd.BroadcastUint32x16(uint32(first)<<5)
		near, found := uint64(0), uint64(0)
		for i := 0; i < 64; i += 16 {
			d := archsimd.LoadUint32x16((*[16]uint32)(k[i:])).Xor(flips).Min(caps).Add(offs).Min(ends).Sub(base)
			near |= uint64(d.LessEqual(reach).ToBits()) << i
			found |= uint64(bits.Permute(d.ShiftRight(five)).ShiftRight(d.And(low)).And(one).Equal(one).ToBits()) << i
		}
		if m&^near == 0 {
			mask[done] = m & found
			continue
		}
		missed++
		mask[done] = amongWord(words, end, off+uint64(flip), x[64*done:], m)
	}
	archsimd.ClearAVXUpperBits()
	return done
}
