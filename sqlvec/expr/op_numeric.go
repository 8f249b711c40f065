package expr

import (
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// numericResult returns the type of an operator's result: scaled where the
// operands' precisions prove that every result fits.
func numericResult(op arith) func(*Call) types.Type {
	return func(c *Call) types.Type {
		a, b := boundOf(c.Args[0]), boundOf(c.Args[1])
		if !a.IsScaled() || !b.IsScaled() || !varies(c.Args) {
			return types.T(types.Numeric)
		}
		whole, scale := int(a.Prec-a.Scale), int(max(a.Scale, b.Scale))
		switch op {
		case opAdd, opSub:
			whole = max(whole, int(b.Prec-b.Scale)) + 1
		case opMul:
			whole, scale = whole+int(b.Prec-b.Scale), int(a.Scale+b.Scale)
		case opMod:
			whole = min(whole, int(b.Prec-b.Scale))
		default:
			return types.T(types.Numeric)
		}
		return fittingType(whole, scale)
	}
}

// varies reports whether one of several expressions has columns: what is computed once needs no bound.
func varies(list []Expr) bool {
	some := false
	for _, e := range list {
		Columns(e, func(int) { some = true })
	}
	return some
}

// fittingType returns the scaled type of so many digits before and after the point, NUMERIC where there is none.
func fittingType(whole, scale int) types.Type {
	prec := max(whole+scale, 1)
	if whole < 0 || prec > types.MaxScaledPrec {
		return types.T(types.Numeric)
	}
	return types.Dec(prec, scale)
}

// boundOf returns the scaled type that all values of a NUMERIC have with the scale that they show, NUMERIC where there
// is none.
func boundOf(e Expr) types.Type {
	if c, ok := e.(*Cast); ok && c.To.ID == types.Numeric && (c.To.Prec == 0 || c.To.Scale == 0 && c.Arg.Type().IsInteger()) {
		if t := boundOf(c.Arg); t.IsScaled() {
			return t
		}
	}
	c, ok := e.(*Const)
	if !ok || !c.Value.Valid || c.Value.Type.ID != types.Numeric && !c.Value.Type.IsInteger() {
		return numericFor(e.Type())
	}
	d, err := c.Value.Decimal()
	if err != nil || !d.IsFinite() || d.Scale() > types.MaxScaledPrec {
		return types.T(types.Numeric)
	}
	return fittingType(d.WholeDigits(), d.Scale())
}

// wholeDigits returns how many digits before the point the values of a NUMERIC have at most.
func wholeDigits(e Expr) (n int, ok bool) {
	c, isCall := e.(*Call)
	if t := boundOf(e); t.IsScaled() {
		return int(t.Prec - t.Scale), true
	} else if !isCall || c.Fn.Name != "/" || len(c.Args) != 2 || c.Fn.Ret != types.Numeric {
		return 0, false
	}
	n, ok = wholeDigits(c.Args[0])
	t := boundOf(c.Args[1])
	if !ok || !t.IsScaled() {
		return 0, false
	}
	return n + int(t.Scale), true // no divisor but 0 is nearer to it than 10^-scale
}

// numericArith returns the evaluation of an operator on NUMERIC: on scaled integers
// while they last, otherwise on decimals.
func numericArith(op arith) evalFunc {
	return func(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
		a, b := wordConst(&args[0]), wordConst(&args[1])
		if a.Type.IsScaled() && b.Type.IsScaled() && op != opDiv {
			if out, ok := scaledArith(f, op, a, b, sel); ok {
				return out, nil
			}
		}
		return decimalArith(f, op, a, b, sel)
	}
}

// wordConst returns a constant in binary form as a scaled integer with the digits that it shows, where it is one; v
// otherwise.
func wordConst(v *vec.Vec) *vec.Vec {
	if v.Form != vec.Const || v.Type.Class() != types.Bytes || v.IsNull(0) {
		return v
	}
	w, ok := wideOf(v.Bytes(0))
	if !ok || !w.isWord() || w.scale > types.MaxScaledPrec {
		return v
	}
	out := constVec(types.IntValue(types.Dec(types.MaxScaledPrec, w.scale), int64(w.x.Lo)), v.N)
	return &out
}

// scaledArith computes on scaled integers; false when a row does not fit.
func scaledArith(f *frame, op arith, a, b *vec.Vec, sel []uint64) (vec.Vec, bool) {
	if op == opMul {
		scale := int(a.Type.Scale + b.Type.Scale)
		if scale > types.MaxScaledPrec {
			return vec.Vec{}, false
		}
		out, dst := fixed[int64](f, types.Dec(types.MaxScaledPrec, scale))
		over := intKernel(f, opMul, dst, a, b)
		return out, !over
	}
	scale := int(max(a.Type.Scale, b.Type.Scale))
	a, b = constAtScale(a, scale), constAtScale(b, scale)
	typ := types.Dec(types.MaxScaledPrec, scale)
	if a.Type.Scale == b.Type.Scale {
		if out, ok := moveBase[int64](f, op, a, b); ok {
			out.Type = typ
			return out, true
		}
	}
	out, dst := fixed[int64](f, typ)
	if a.Type.Scale == b.Type.Scale && op != opMod {
		return out, !intKernel(f, op, dst, a, b)
	}
	x, y, ok := sameScale(f, a, b)
	if !ok {
		return out, false
	}
	switch op {
	case opAdd:
		return out, !kernel.Add(dst, x, y)
	case opSub:
		return out, !kernel.Sub(dst, x, y)
	}
	if b.Form == vec.Const && f.n > 0 && y[0] != 0 && y[0] != -1 {
		kernel.ModConst(dst, x, y[0])
		return out, true
	}
	return out, !kernel.Mod(dst, x, y)
}

// constAtScale returns a scaled constant at a larger scale, where it fits; v otherwise.
func constAtScale(v *vec.Vec, scale int) *vec.Vec {
	up := scale - int(v.Type.Scale)
	if v.Form != vec.Const || v.IsNull(0) || up <= 0 || scale > types.MaxScaledPrec {
		return v
	}
	x, power := vec.Of[int64](v)[0], types.Pow10(up)
	if kernel.MulOverflows(x, power) {
		return v
	}
	out := *v
	out.Type, out.Data = types.Dec(types.MaxScaledPrec, scale), vec.BytesOf([]int64{x * power})
	return &out
}

// decimalArith computes row by row: on integers of 128 bits where operands and results are such, otherwise on decimals.
func decimalArith(f *frame, op arith, a, b *vec.Vec, sel []uint64) (vec.Vec, error) {
	x, y := newWideReader(f, a), newWideReader(f, b)
	if op == opDiv && x.scaled != nil && y.scaled != nil {
		if out, ok := divideScaled(f, &x, &y, sel); ok {
			return out, nil
		}
	}
	if op == opAdd || op == opSub {
		if out, ok := addWideScaled(f, op, &x, &y, sel); ok {
			return out, nil
		}
	}
	out := newWideBuilder(f)
	for i := range f.n {
		if !has(sel, i) {
			out.skip()
			continue
		}
		if p, ok := x.at(i); ok {
			if q, ok := y.at(i); ok {
				if r, ok := wideOp(op, p, q); ok {
					out.add(r)
					continue
				}
			}
		}
		p, err := x.decimals.at(i)
		if err != nil {
			return vec.Vec{}, err
		}
		q, err := y.decimals.at(i)
		if err != nil {
			return vec.Vec{}, err
		}
		r, err := decimalOp(op, p, q)
		if err != nil {
			return vec.Vec{}, err
		}
		out.decimal(r)
	}
	return out.finish()
}

// addWideScaled adds a Wide vector and scaled integers, or subtracts one from the other; false where a result does not fit,
// or the integers have more digits after the point.
func addWideScaled(f *frame, op arith, x, y *wideReader, sel []uint64) (vec.Vec, bool) {
	wideFirst := x.wide != nil
	if !wideFirst {
		x, y = y, x
	}
	if x.wide == nil || y.scaled == nil {
		return vec.Vec{}, false
	}
	times := powersAbove(y.scale)
	out, dst, scales := wideVec(f)
	over := false
	for i, w := range x.wide {
		p := times[x.scales[i]]
		v := kernel.MulWide(y.scaled[i], p)
		switch {
		case op == opSub && wideFirst:
			v = v.Neg()
		case op == opSub:
			w = w.Neg()
		}
		dst[i], scales[i] = w, x.scales[i]
		if dst[i].Add128(v); has(sel, i) { // neither has more than 126 bits
			over = over || p == 0 || dst[i].Hi >= maxWideHi || dst[i].Hi < -maxWideHi
		}
	}
	return out, !over
}

// powersAbove returns by scale what makes an integer of it of one of the given scale, 0 if no word does.
func powersAbove(scale int) *[maxWideScale + 1]int64 {
	var times [maxWideScale + 1]int64
	for s := scale; s <= min(scale+types.MaxScaledPrec, maxWideScale); s++ {
		times[s] = types.Pow10(s - scale)
	}
	return &times
}

// divideScaled divides scaled integers; false where a row takes decimals.
func divideScaled(f *frame, x, y *wideReader, sel []uint64) (vec.Vec, bool) {
	out, dst, scales := wideVec(f)
	p, q := x.scaled[:f.n], y.scaled[:f.n]
	return out, newQuotients(p, q, x.scale, y.scale, y.decimals.v.Form == vec.Const).divide(dst, scales, p, q, sel)
}

// wideOp returns the result of an operator on two numbers; false where it takes decimals.
func wideOp(op arith, p, q wide) (r wide, ok bool) {
	switch op {
	case opDiv:
		if !q.isWord() || q.x.Lo == 0 {
			return r, false // the second is an error
		}
		r.x.Hi, r.x.Lo, r.scale, ok = types.QuotientWide(p.x.Hi, p.x.Lo, p.scale, int64(q.x.Lo), q.scale)
		return r, ok
	case opMul:
		if !p.isWord() || !q.isWord() {
			return r, false
		}
		r = wide{kernel.MulWide(int64(p.x.Lo), int64(q.x.Lo)), p.scale + q.scale}
		return r, r.fits()
	case opAdd, opSub:
		if p, q, ok = atOneScale(p, q); !ok {
			return r, false
		}
		if op == opSub {
			q.x = q.x.Neg()
		}
		over := p.x.Add128(q.x)
		return p, !over && p.fits()
	}
	return r, false
}

// decimalReader reads the rows of a NUMERIC vector; a constant is decoded once.
type decimalReader struct {
	v    *vec.Vec
	c    types.Decimal
	have bool
}

// at returns row i, which is not NULL.
func (r *decimalReader) at(i int) (types.Decimal, error) {
	if r.have {
		return r.c, nil
	}
	var d types.Decimal
	var err error
	switch {
	case r.v.Type.IsScaled():
		d = types.DecimalFromInt(r.v.Int(i), int(r.v.Type.Scale))
	case r.v.Type.IsInteger():
		d = types.DecimalFromInt(r.v.Int(i), 0)
	default:
		d, err = types.DecodeDecimal(r.v.Bytes(i))
	}
	if r.v.Form == vec.Const && err == nil {
		r.c, r.have = d, true
	}
	return d, err
}

// decimalOp computes one result, within the limits of NUMERIC.
func decimalOp(op arith, p, q types.Decimal) (types.Decimal, error) {
	var r types.Decimal
	switch op {
	case opAdd:
		r = p.Add(q)
	case opSub:
		r = p.Sub(q)
	case opMul:
		r = p.Mul(q)
	case opDiv:
		return p.Div(q)
	default:
		return p.Mod(q)
	}
	return r.Fit(types.T(types.Numeric))
}
