package expr

import (
	"math/bits"

	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// quotients divides scaled integers. Most of a vector mostly have quotients of one scale or two, which a kernel computes
// together; the others are computed one by one.
type quotients struct {
	types.Divider
	mostX, mostY uint64
	only         uint64      // the divisor of all; 0: there are several
	together     [2]together // of the two scales that most have
	able         bool        // many quotients are computed together
}

// together is a kernel for quotients of a scale.
type together struct {
	kernel.Quotients
	scale int
	able  bool // there is such a kernel
}

// quotientBlock is how many quotients the kernel computes at once, a multiple of 64, fewQuotients how many tell their scale.
const (
	quotientBlock = 256
	fewQuotients  = 8
)

// newQuotients returns what divides p of a scale by q of another; one says that all q are the same.
func newQuotients(p, q []int64, pScale, qScale int, one bool) *quotients {
	d := &quotients{Divider: types.NewDivider(pScale, qScale), mostX: kernel.Magnitude(p), mostY: kernel.Magnitude(q)}
	if one && len(q) > 0 {
		d.only = magnitudeOf(q[0])
	}
	return d
}

// divide computes quotients and their scales; those of rows that are not in sel are unspecified. ok is false where one does
// not fit, or is a division by 0.
func (d *quotients) divide(dst []kernel.Int128, scales []uint8, p, q []int64, sel []uint64) (ok bool) {
	n := 0
	if len(dst) >= fewQuotients {
		if n = fewQuotients; !d.each(dst, scales, p, q, sel, 0, n) {
			return false
		}
		d.prepare(scales[:n])
	}
	for ; n < len(dst); n = (n + quotientBlock) &^ 63 {
		end := min((n+quotientBlock)&^63, len(dst))
		if d.able {
			ok = d.block(dst, scales, p, q, sel, n, end)
		} else if ok = d.each(dst, scales, p, q, sel, n, end); ok {
			d.prepare(scales[n:end])
		}
		if !ok {
			return false
		}
	}
	return true
}

// block computes the quotients from lo up to hi with the kernels.
func (d *quotients) block(dst []kernel.Int128, scales []uint8, p, q []int64, sel []uint64, lo, hi int) bool {
	var mask [quotientBlock / 64]uint64
	others := mask[:vec.Words(hi-lo)]
	d.together[0].Divide(dst[lo:hi], p[lo:hi], q[lo:hi], others)
	for i := lo; i < hi; i++ {
		scales[i] = uint8(d.together[0].scale)
	}
	if d.together[1].able && kernel.Count(others) > fewQuotients {
		d.blockOthers(dst[lo:hi], scales[lo:hi], p[lo:hi], q[lo:hi], others)
	}
	apart := 0
	for w, m := range others {
		for apart += bits.OnesCount64(m); m != 0; m &= m - 1 {
			if i := lo + w<<6 + bits.TrailingZeros64(m); !d.each(dst, scales, p, q, sel, i, i+1) {
				return false
			}
		}
	}
	if d.able = 2*apart <= hi-lo; apart > (hi-lo)/8 {
		d.prepare(scales[lo:hi])
	}
	return true
}

// blockOthers computes the quotients of others that have the second scale, and takes them from these.
func (d *quotients) blockOthers(dst []kernel.Int128, scales []uint8, p, q []int64, others []uint64) {
	var x, y [quotientBlock]int64
	var at [quotientBlock]uint32
	n := kernel.Indexes(at[:], others)
	for k, i := range at[:n] {
		x[k], y[k] = p[i], q[i]
	}
	var second [quotientBlock]kernel.Int128
	var mask [quotientBlock / 64]uint64
	whole := (n + 7) &^ 7 // which the kernel computes eight at a time
	d.together[1].Divide(second[:whole], x[:whole], y[:whole], mask[:vec.Words(whole)])
	for k, i := range at[:n] {
		if mask[k>>6]>>(uint(k)&63)&1 == 0 {
			dst[i], scales[i] = second[k], uint8(d.together[1].scale)
			others[i>>6] &^= 1 << (i & 63)
		}
	}
}

// each computes the quotients from first up to end one by one.
func (d *quotients) each(dst []kernel.Int128, scales []uint8, p, q []int64, sel []uint64, first, end int) bool {
	to := vec.Cast[types.Wide](vec.BytesOf(dst))
	for i := first; i < end; i++ {
		if i += d.Quotients(to[i:end], scales[i:end], p[i:end], q[i:end]); i == end {
			break
		}
		if dst[i], scales[i] = (kernel.Int128{}), 0; !has(sel, i) {
			continue
		}
		if q[i] == 0 {
			return false
		}
		hi, lo, scale, ok := d.Quotient(p[i], q[i])
		if !ok || scale > maxWideScale {
			return false
		}
		dst[i], scales[i] = kernel.Int128{Hi: hi, Lo: lo}, uint8(scale)
	}
	return true
}

// prepare makes the kernels ready for quotients of the scales that most of these have.
func (d *quotients) prepare(scales []uint8) {
	var n [maxWideScale + 1]int
	for _, s := range scales {
		n[s]++
	}
	for k := range d.together {
		most := 0
		for s, count := range n {
			if count > n[most] {
				most = s
			}
		}
		t := &d.together[k]
		t.scale, t.able = most, n[most] > 0
		n[most] = 0
		if t.able {
			lo, hi, digits := d.Bounds(most, d.only)
			t.Quotients, t.able = kernel.NewQuotients(d.mostX, d.mostY, lo, hi, digits)
		}
	}
	d.able = d.together[0].able
}
