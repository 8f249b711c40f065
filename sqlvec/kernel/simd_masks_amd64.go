//go:build goexperiment.simd && amd64

package kernel

import (
	"simd/archsimd"
	"unsafe"
)

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

// divConstWide is DivConst, or ModConst if mod is set, for 64 bits, eight at a time where all eight are below
// 2^52 and not negative: their quotients as doubles are one off at most. It returns how many values it has set.
func divConstWide[T Signed](dst, a []T, c T, mod bool) (done int) {
	var z T
	if !wide || unsafe.Sizeof(z) != 8 || len(dst) < 64 || c < 2 || int64(c) >= 1<<52 {
		return 0
	}
	d, x, most := as[int64](dst), as[int64](a), archsimd.BroadcastUint64x8(1<<52)
	by, minus, inverse := archsimd.BroadcastFloat64x8(float64(c)), archsimd.BroadcastFloat64x8(-float64(c)), archsimd.BroadcastFloat64x8(1/float64(c))
	zero, one := archsimd.BroadcastFloat64x8(0), archsimd.BroadcastFloat64x8(1)
	for ; len(d)-done >= 8; done += 8 {
		v := archsimd.LoadInt64x8((*[8]int64)(x[done:]))
		if v.AsUint64x8().Less(most).ToBits() != 0xFF {
			break
		}
		f := v.ConvertToFloat64()
		q := f.Mul(inverse).TruncScaled(0)
		r := q.MulAdd(minus, f)
		below, above := r.Less(zero), r.GreaterEqual(by)
		if mod {
			r = r.Add(by.Masked(below)).Add(minus.Masked(above))
			r.ConvertToInt64().Store((*[8]int64)(d[done:]))
		} else {
			q = q.Sub(one.Masked(below)).Add(one.Masked(above))
			q.ConvertToInt64().Store((*[8]int64)(d[done:]))
		}
	}
	archsimd.ClearAVXUpperBits()
	return done
}

// addOffsetsWide is AddOffsets for eight rows of 64 bits at a time. It returns how many rows that was.
func addOffsetsWide[T Int](out []uint32, size uint32, x []T, base int64, top uint32) (done int) {
	var z T
	if !wide || unsafe.Sizeof(z) != 8 || len(out) < 64 {
		return 0
	}
	v, from, most, times := as[int64](x), archsimd.BroadcastInt64x8(base), archsimd.BroadcastUint64x8(uint64(top)), archsimd.BroadcastUint32x8(size)
	for ; len(out)-done >= 8; done += 8 {
		o := (*[8]uint32)(out[done:])
		c := archsimd.LoadInt64x8((*[8]int64)(v[done:])).Sub(from).AsUint64x8().Min(most).TruncateToUint32()
		archsimd.LoadUint32x8(o).Mul(times).Add(c).Store(o)
	}
	archsimd.ClearAVXUpperBits()
	return done
}
