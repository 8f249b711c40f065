package expr

import (
	"math/bits"

	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// quotients divides scaled integers. Most of a vector mostly have quotients of one scale, which a kernel computes together;
// the others are computed one by one.
type quotients struct {
	types.Divider
	mostX, mostY uint64
	scale        int // that the kernel is for
	together     kernel.Quotients
	able         bool // the kernel makes quotients of that scale, and most were such ones
}

// quotientBlock is how many quotients the kernel computes at once, a multiple of 64, fewQuotients how many tell their scale.
const (
	quotientBlock = 256
	fewQuotients  = 8
)

// newQuotients returns what divides p of a scale by q of another.
func newQuotients(p, q []int64, pScale, qScale int) *quotients {
	return &quotients{Divider: types.NewDivider(pScale, qScale), mostX: kernel.Magnitude(p), mostY: kernel.Magnitude(q)}
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

// block computes the quotients from lo up to hi with the kernel.
func (d *quotients) block(dst []kernel.Int128, scales []uint8, p, q []int64, sel []uint64, lo, hi int) bool {
	var mask [quotientBlock / 64]uint64
	others := mask[:vec.Words(hi-lo)]
	d.together.Divide(dst[lo:hi], p[lo:hi], q[lo:hi], others)
	for i := lo; i < hi; i++ {
		scales[i] = uint8(d.scale)
	}
	apart := 0
	for w, m := range others {
		for apart += bits.OnesCount64(m); m != 0; m &= m - 1 {
			if i := lo + w<<6 + bits.TrailingZeros64(m); !d.each(dst, scales, p, q, sel, i, i+1) {
				return false
			}
		}
	}
	d.able = 2*apart <= hi-lo
	return true
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

// prepare makes the kernel ready for quotients of a scale that many of these have.
func (d *quotients) prepare(scales []uint8) {
	var n [maxWideScale + 1]int
	d.scale = 0
	for _, s := range scales {
		if n[s]++; n[s] > n[d.scale] {
			d.scale = int(s)
		}
	}
	lo, hi, digits := d.Bounds(d.scale)
	d.together, d.able = kernel.NewQuotients(d.mostX, d.mostY, lo, hi, digits)
}
