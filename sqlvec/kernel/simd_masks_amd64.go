//go:build goexperiment.simd && amd64

package kernel

import "simd/archsimd"

// slotMasksWide sets masks to those of the rows of slots 1 to groups, one after another.
func slotMasksWide(masks []uint64, slot []uint32, groups int) bool {
	if !wide {
		return false
	}
	each := Words(len(slot))
	var of [maxMasks]archsimd.Uint32x16
	for g := range of {
		of[g] = archsimd.BroadcastUint32x16(uint32(g + 1))
	}
	w := 0
	for ; len(slot)-64*w >= 64; w++ {
		s := (*[64]uint32)(slot[64*w:])
		a, b := archsimd.LoadUint32x16((*[16]uint32)(s[0:])), archsimd.LoadUint32x16((*[16]uint32)(s[16:]))
		c, d := archsimd.LoadUint32x16((*[16]uint32)(s[32:])), archsimd.LoadUint32x16((*[16]uint32)(s[48:]))
		for g := range groups {
			k := of[g%maxMasks]
			masks[g*each+w] = uint64(a.Equal(k).ToBits()) | uint64(b.Equal(k).ToBits())<<16 |
				uint64(c.Equal(k).ToBits())<<32 | uint64(d.Equal(k).ToBits())<<48
		}
	}
	archsimd.ClearAVXUpperBits()
	if w < each {
		for g := range groups {
			var m uint64
			for j, s := range slot[64*w:] {
				if s == uint32(g+1) {
					m |= 1 << (uint(j) & 63)
				}
			}
			masks[g*each+w] = m
		}
	}
	return true
}

// sumSmallWide is sumSmall for the whole words of mask; it returns how many rows that was.
func sumSmallWide(x []int64, mask []uint64) (s int64, done int) {
	if !wide || len(x) < 64 {
		return 0, 0
	}
	var even, odd archsimd.Int64x8
	for ; len(x)-done >= 64; done += 64 {
		m, v := mask[done>>6], (*[64]int64)(x[done:])
		for k := 0; k < 64; k += 16 {
			even = even.Add(archsimd.LoadInt64x8((*[8]int64)(v[k:])).Masked(archsimd.Mask64x8FromBits(uint8(m >> k))))
			odd = odd.Add(archsimd.LoadInt64x8((*[8]int64)(v[k+8:])).Masked(archsimd.Mask64x8FromBits(uint8(m >> (k + 8)))))
		}
	}
	var lanes [8]int64
	even.Add(odd).Store(&lanes)
	archsimd.ClearAVXUpperBits()
	for _, v := range lanes {
		s += v
	}
	return s, done
}
