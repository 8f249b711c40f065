//go:build goexperiment.simd && amd64

package kernel

import (
	"simd/archsimd"
	"unsafe"
)

// quotientsWide is Quotients.Divide; it returns how many pairs it has looked at.
func quotientsWide(q *Quotients, dst []Int128, x, y []int64, others []uint64) (done int) {
	if !wide || len(dst) < 8 {
		return 0
	}
	lo, hi := archsimd.BroadcastFloat64x8(q.lo), archsimd.BroadcastFloat64x8(q.hi)
	first, second, third := archsimd.BroadcastFloat64x8(q.powers[0]), archsimd.BroadcastFloat64x8(q.powers[1]), archsimd.BroadcastFloat64x8(q.powers[2])
	zero, one, last := archsimd.BroadcastFloat64x8(0), archsimd.BroadcastFloat64x8(1), archsimd.BroadcastInt64x8(q.last)
	lower := archsimd.BroadcastInt64x8(1<<26 - 1)
	flip := archsimd.BroadcastInt64x8(-1 << 63)
	order := [2][8]uint64{{0, 8, 1, 9, 2, 10, 3, 11}, {4, 12, 5, 13, 6, 14, 7, 15}}
	from, behind := archsimd.LoadUint64x8(&order[0]), archsimd.LoadUint64x8(&order[1])
	three := q.powers[1] != 1
	to := unsafe.Slice((*int64)(unsafe.Pointer(unsafe.SliceData(dst))), 2*len(dst))
	for ; len(to) >= 16; x, y, to, done = x[8:], y[8:], to[16:], done+8 {
		a := archsimd.LoadInt64x8((*[8]int64)(x)).ConvertToFloat64()
		b := archsimd.LoadInt64x8((*[8]int64)(y)).ConvertToFloat64()
		within := b.GreaterEqual(one).And(a.GreaterEqual(b.Mul(lo))).And(a.Less(b.Mul(hi))).ToBits()
		others[done>>6] |= uint64(^within) << (uint(done) & 63)
		less := zero.Sub(b)
		a = a.Mul(first)
		d := a.Div(b).TruncScaled(0)
		r := d.MulAdd(less, a)
		up := r.Less(zero) // the division has rounded up to an integer
		d, r = d.Sub(one.Masked(up)), r.Add(b.Masked(up))
		if three {
			a = r.Mul(second)
			e := a.Div(b).TruncScaled(0)
			r = e.MulAdd(less, a)
			up = r.Less(zero)
			e, r = e.Sub(one.Masked(up)), r.Add(b.Masked(up))
			d = d.MulAdd(second, e)
		}
		a = r.Mul(third)
		e := a.Div(b).TruncScaled(0)
		r = e.MulAdd(less, a)
		up = r.Less(zero)
		e, r = e.Sub(one.Masked(up)), r.Add(b.Masked(up))
		e = e.Add(one.Masked(r.Add(r).GreaterEqual(b)))
		// d·last + e: d has 53 bits and last 27.
		upper, more := d.ConvertToInt64(), e.ConvertToInt64()
		low := upper.Mul(last)
		high := upper.ShiftAllRight(26).Mul(last).Add(upper.And(lower).Mul(last).ShiftAllRight(26)).ShiftAllRight(38)
		sum := low.Add(more)
		carry := sum.Xor(flip).Less(low.Xor(flip))
		high = high.Sub(flip.ShiftAllRight(63).Masked(carry))
		high.ConcatPermute(sum, from).Store((*[8]int64)(to))
		high.ConcatPermute(sum, behind).Store((*[8]int64)(to[8:]))
	}
	archsimd.ClearAVXUpperBits()
	return done
}
