package expr

import (
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// wide is the number x × 10^-scale.
type wide struct {
	x     kernel.Int128
	scale int
}

// maxWideScale is the largest scale in a Wide vector, maxWideHi the least upper word of an integer that is too
// large for one.
const (
	maxWideScale = 255
	maxWideHi    = int64(1e17)
)

// fits reports whether w may stand in a Wide vector.
func (w wide) fits() bool {
	return w.x.Hi < maxWideHi && w.x.Hi >= -maxWideHi && w.scale <= maxWideScale
}

// isWord reports whether the integer has at most 64 bits.
func (w wide) isWord() bool { return w.x.Hi == int64(w.x.Lo)>>63 }

// compare orders two numbers; ok is false where that takes decimals.
func (w wide) compare(o wide) (order int, ok bool) {
	return types.CompareWide(w.x.Hi, w.x.Lo, w.scale, o.x.Hi, o.x.Lo, o.scale)
}

// decimal returns w as a decimal.
func (w wide) decimal() types.Decimal { return types.DecimalFromInt128(w.x.Hi, w.x.Lo, w.scale) }

// atOneScale returns two numbers at the larger of their scales, where they fit.
func atOneScale(p, q wide) (x, y wide, ok bool) {
	x, y, ok = p, q, true
	switch {
	case p.scale < q.scale:
		x.scale = q.scale
		x.x.Hi, x.x.Lo, ok = types.WideAtScale(p.x.Hi, p.x.Lo, p.scale, q.scale)
	case q.scale < p.scale:
		y.scale = p.scale
		y.x.Hi, y.x.Lo, ok = types.WideAtScale(q.x.Hi, q.x.Lo, q.scale, p.scale)
	}
	return x, y, ok
}

// wideOf returns a number in binary form; ok is false where it does not fit.
func wideOf(form []byte) (w wide, ok bool) {
	w.x.Hi, w.x.Lo, w.scale, ok = types.Decimal128(form)
	return w, ok && w.fits()
}

// wideReader reads the rows of a NUMERIC or integer vector.
type wideReader struct {
	decimals decimalReader
	scaled   []int64 // integers of one scale; nil: none
	scale    int
	wide     []kernel.Int128 // of a Wide vector
	scales   []uint8
	c        wide // of a constant in binary form
	isConst  bool
	fits     bool // c does
}

// newWideReader returns a reader of v.
func newWideReader(f *frame, v *vec.Vec) wideReader {
	r := wideReader{decimals: decimalReader{v: v}}
	switch {
	case isNullConst(v):
		r.isConst = true
	case v.Form == vec.Wide:
		r.wide, r.scales = vec.Of[kernel.Int128](v)[:v.N], v.Heap[:v.N]
	case v.Type.IsScaled():
		r.scaled, r.scale = values[int64](f, v), int(v.Type.Scale)
	case v.Type.IsInteger():
		r.scaled = int64s(f, v)
	case v.Form == vec.Const:
		r.isConst = true
		r.c, r.fits = wideOf(v.Bytes(0))
	}
	return r
}

// at returns row i, which is not NULL; ok is false where it does not fit.
func (r *wideReader) at(i int) (w wide, ok bool) {
	switch {
	case r.scaled != nil:
		return wide{kernel.Int128{Hi: r.scaled[i] >> 63, Lo: uint64(r.scaled[i])}, r.scale}, true
	case r.wide != nil:
		return wide{r.wide[i], int(r.scales[i])}, true
	case r.isConst:
		return r.c, r.fits
	}
	if r.decimals.v.IsNull(i) {
		return w, false
	}
	return wideOf(r.decimals.v.Bytes(i))
}

// form returns row i in binary form, nil for NULL.
func (r *wideReader) form(i int) []byte {
	switch v := r.decimals.v; {
	case v.IsNull(i):
		return nil
	case r.scaled != nil:
		return types.AppendScaled(nil, r.scaled[i], r.scale)
	default:
		return v.Bytes(i)
	}
}

// wideVec returns a new Wide vector and its integers and scales, unset.
func wideVec(f *frame) (vec.Vec, []kernel.Int128, []uint8) {
	x, scales := vec.Cast[kernel.Int128](f.arena.Alloc(16*f.n)), f.arena.Alloc(f.n)
	return vec.Vec{Type: types.T(types.Numeric), Form: vec.Wide, N: f.n, Data: vec.BytesOf(x), Heap: scales}, x, scales
}

// wideBuilder makes a NUMERIC vector row by row: a Wide one while all numbers fit, of binary forms after that.
type wideBuilder struct {
	f      *frame
	out    vec.Vec
	x      []kernel.Int128
	scales []uint8
	n      int      // rows so far, but for those in forms
	forms  *builder // nil: all fit so far
	valid  []uint64 // nil: no NULL
}

// newWideBuilder returns a builder of f's rows.
func newWideBuilder(f *frame) *wideBuilder {
	b := &wideBuilder{f: f}
	b.out, b.x, b.scales = wideVec(f)
	return b
}

// add appends a number, which fits.
func (b *wideBuilder) add(w wide) {
	if b.forms != nil {
		b.forms.wide(w)
		return
	}
	b.x[b.n], b.scales[b.n] = w.x, uint8(w.scale)
	b.n++
}

// skip appends a row whose value does not matter.
func (b *wideBuilder) skip() { b.add(wide{}) }

// null appends a NULL.
func (b *wideBuilder) null() {
	if b.valid == nil {
		b.valid = b.f.words()
		kernel.Fill(b.valid, b.f.n)
	}
	i := b.n
	if b.forms != nil {
		i = b.forms.n
	}
	b.valid[i>>6] &^= 1 << (uint(i) & 63)
	b.skip()
}

// decimal appends any number.
func (b *wideBuilder) decimal(d types.Decimal) {
	b.leave()
	b.forms.decimal(d)
}

// leave goes over to binary forms.
func (b *wideBuilder) leave() {
	if b.forms != nil {
		return
	}
	b.forms = newBuilder(b.f, types.T(types.Numeric))
	for i, x := range b.x[:b.n] {
		b.forms.wide(wide{x, int(b.scales[i])})
	}
}

// finish returns the vector.
func (b *wideBuilder) finish() (vec.Vec, error) {
	v, err := b.out, error(nil)
	if b.forms != nil {
		v, err = b.forms.finish()
	}
	v.Valid = b.valid
	return v, err
}

// wideBounds is one number at every scale that numbers compared with it have.
type wideBounds struct {
	c  wide
	by [maxWideScale + 1]wideBound
}

// wideBound is a number at a scale.
type wideBound struct {
	known bool
	x     kernel.Int128 // the greatest integer that is not above the number
	up    kernel.Int128 // the least that is not below it
	below bool          // x is below
}

// at returns the number at a scale, nil where it does not fit.
func (b *wideBounds) at(scale uint8) *wideBound {
	e := &b.by[scale]
	if !e.known {
		e.x, e.below, e.known = b.c.atScale(int(scale))
		if !e.known {
			return nil
		}
		if e.up = e.x; e.below {
			e.up.Add(1)
		}
	}
	return e
}

// order compares x with the number.
func (b *wideBound) order(x kernel.Int128) int {
	switch {
	case x.Hi > b.x.Hi || x.Hi == b.x.Hi && x.Lo > b.x.Lo:
		return 1
	case x != b.x || b.below:
		return -1
	}
	return 0
}

// atScale returns the greatest integer at a scale that is not above w, and whether it is below.
func (w wide) atScale(scale int) (x kernel.Int128, below, ok bool) {
	if scale >= w.scale {
		x.Hi, x.Lo, ok = types.WideAtScale(w.x.Hi, w.x.Lo, w.scale, scale)
		return x, false, ok
	}
	x.Hi, x.Lo, ok = types.RoundWide(w.x.Hi, w.x.Lo, w.scale, scale, types.RoundFloor)
	order, same := w.compare(wide{x, scale})
	return x, order != 0, ok && same
}

// eachNumber computes a function of NUMERIC: by fn where that can do a number, and otherwise by decimal.
func eachNumber(f *frame, v *vec.Vec, sel []uint64, fn func(wide) (wide, bool), decimal func(types.Decimal) (types.Decimal, error)) (vec.Vec, error) {
	b, r := newWideBuilder(f), newWideReader(f, v)
	for i := range f.n {
		if !has(sel, i) {
			b.skip()
			continue
		}
		if w, ok := r.at(i); ok {
			if w, ok = fn(w); ok {
				b.add(w)
				continue
			}
		}
		d, err := r.decimals.at(i)
		if err != nil {
			return vec.Vec{}, err
		}
		if d, err = decimal(d); err != nil {
			return vec.Vec{}, err
		}
		b.decimal(d)
	}
	return b.finish()
}

// neg returns -w.
func (w wide) neg() (wide, bool) {
	w.x = w.x.Neg()
	return w, w.fits()
}

// abs returns |w|.
func (w wide) abs() (wide, bool) {
	if w.x.Hi < 0 {
		return w.neg()
	}
	return w, true
}

// sign returns -1, 0 or 1.
func (w wide) sign() (wide, bool) {
	r := wide{x: kernel.Int128{Hi: w.x.Hi >> 63, Lo: uint64(w.x.Hi >> 63)}}
	if w.x.Hi >= 0 && w.x != (kernel.Int128{}) {
		r.x.Lo = 1
	}
	return r, true
}

// sqrt returns the square root.
func (w wide) sqrt() (r wide, ok bool) {
	r.x.Hi, r.x.Lo, r.scale, ok = types.SqrtWide(w.x.Hi, w.x.Lo, w.scale)
	return r, ok
}

// formsOfWide returns a Wide vector as one of binary forms.
func formsOfWide(f *frame, v *vec.Vec) vec.Vec {
	g := frame{n: v.N, arena: f.arena}
	b := newBuilder(&g, v.Type)
	for i, x := range vec.Of[kernel.Int128](v)[:v.N] {
		b.wide(wide{x, int(v.Heap[i])})
	}
	return vec.Vec{Type: v.Type, N: v.N, Valid: v.Valid, Offs: b.offs, Heap: b.heap}
}

// wide appends a number that fits, a NUMERIC of the Bytes class.
func (b *builder) wide(w wide) {
	b.room(32)
	b.heap, _ = types.AppendDecimal128(b.heap, w.x.Hi, w.x.Lo, w.scale)
	b.skip()
}

// decimal appends a NUMERIC of the Bytes class.
func (b *builder) decimal(d types.Decimal) {
	if err := d.Check(); err != nil {
		b.err = err
	}
	b.room(32)
	b.heap = d.AppendEncoded(b.heap)
	b.skip()
}

// scaled appends x × 10^-scale, a NUMERIC of the Bytes class.
func (b *builder) scaled(x kernel.Int128, scale int) {
	if w := (wide{x, scale}); w.fits() {
		b.wide(w)
	} else {
		b.decimal(w.decimal())
	}
}

// quotient appends sum × 10^-scale / count, a NUMERIC of the Bytes class.
func (b *builder) quotient(sum kernel.Int128, scale int, count int64) {
	w, ok := wide{sum, scale}, false
	if w.fits() {
		if w.x.Hi, w.x.Lo, w.scale, ok = types.QuotientWide(sum.Hi, sum.Lo, scale, count, 0); ok {
			b.wide(w)
			return
		}
	}
	d, err := types.DecimalFromInt128(sum.Hi, sum.Lo, scale).Div(types.DecimalFromInt(count, 0))
	if err != nil {
		b.err = err
		return
	}
	b.decimal(d)
}
