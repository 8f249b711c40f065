package expr

import (
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// quotients divides scaled integers. Neighbours mostly have quotients of one scale, which a kernel computes together; the
// others are computed one by one.
type quotients struct {
	types.Divider
	mostX, mostY uint64
	scale        int // that the kernel is for; -1 for none
	together     kernel.Quotients
	able         bool // the kernel can make quotients of that scale
	apart        int  // rows that are computed one by one between two of its calls
}

const (
	fewQuotients  = 8   // rows that are computed one by one at first
	manyQuotients = 256 // and at last, where the kernel never gets far
)

// newQuotients returns what divides p of a scale by q of another.
func newQuotients(p, q []int64, pScale, qScale int) *quotients {
	return &quotients{Divider: types.NewDivider(pScale, qScale), mostX: kernel.Magnitude(p), mostY: kernel.Magnitude(q), scale: -1, apart: fewQuotients}
}

// some computes quotients and their scales, and returns how many: it ends where one takes Quotient.
func (d *quotients) some(dst []kernel.Int128, scales []uint8, p, q []int64) int {
	to := vec.Cast[types.Wide](vec.BytesOf(dst))
	for i := 0; i < len(dst); {
		n := min(d.apart, len(dst)-i)
		done := d.Quotients(to[i:i+n], scales[i:i+n], p[i:i+n], q[i:i+n])
		if i += done; done < n || i == len(dst) {
			return i
		}
		if scale := int(scales[i-1]); scale != d.scale {
			d.prepare(scale)
		}
		if !d.able {
			d.apart = manyQuotients
			continue
		}
		n = d.together.Divide(dst[i:], p[i:], q[i:])
		for j := range scales[i : i+n] {
			scales[i+j] = uint8(d.scale)
		}
		i += n
		if d.apart = fewQuotients; n < fewQuotients {
			d.apart = manyQuotients
		}
	}
	return len(dst)
}

// prepare makes the kernel ready for quotients of a scale.
func (d *quotients) prepare(scale int) {
	lo, hi, digits := d.Bounds(scale)
	d.scale = scale
	d.together, d.able = kernel.NewQuotients(d.mostX, d.mostY, lo, hi, digits)
}
