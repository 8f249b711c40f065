package expr

import (
	"math"
	"unsafe"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// arith is an arithmetic operator.
type arith uint8

const (
	opAdd arith = iota
	opSub
	opMul
	opDiv
	opMod
)

func init() {
	symbols := map[string]arith{"+": opAdd, "-": opSub, "*": opMul, "/": opDiv, "%": opMod}
	for name, op := range symbols {
		registerInts(name, op)
		register(&Function{Name: name, Params: ids(types.Numeric, types.Numeric), Ret: types.Numeric,
			refine: numericResult(op), eval: numericArith(op)})
		if op == opMod {
			continue
		}
		register(&Function{Name: name, Params: ids(types.Float32, types.Float32), Ret: types.Float32, eval: floatArith[float32](op)})
		for _, p := range [][]types.ID{ids(types.Float64, types.Float64), ids(types.Float32, types.Float64), ids(types.Float64, types.Float32)} {
			register(&Function{Name: name, Params: p, Ret: types.Float64, eval: doubleArith(op)})
		}
	}
	registerInts("mod", opMod)
	register(&Function{Name: "mod", Params: ids(types.Numeric, types.Numeric), Ret: types.Numeric,
		refine: numericResult(opMod), eval: numericArith(opMod)})
}

// ids is a list of declared types.
func ids(list ...types.ID) []types.ID { return list }

// registerInts adds an operator for the three integer types.
func registerInts(name string, op arith) {
	register(&Function{Name: name, Params: ids(types.Int16, types.Int16), Ret: types.Int16, eval: intArith[int16](op)},
		&Function{Name: name, Params: ids(types.Int32, types.Int32), Ret: types.Int32, eval: intArith[int32](op)},
		&Function{Name: name, Params: ids(types.Int64, types.Int64), Ret: types.Int64, eval: intArith[int64](op)})
}

// intArith returns the evaluation of an operator on integers. Results that cannot
// be computed are looked for only once the kernel says that there are some.
func intArith[T kernel.Signed](op arith) evalFunc {
	return func(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
		if out, ok := moveBase[T](f, op, &args[0], &args[1]); ok {
			out.Type = c.Typ
			return out, nil
		}
		out, dst := fixed[T](f, c.Typ)
		if intKernel(f, op, dst, &args[0], &args[1]) {
			x, y := values[T](f, &args[0]), values[T](f, &args[1])
			if err := intFailure(op, c.Typ, x, y, sel); err != nil {
				return out, err
			}
		}
		return out, nil
	}
}

// moveBase adds a constant to a narrow vector, or subtracts one from the other: the codes stay, or are inverted. ok is
// false for other operations, and where a row might overflow.
func moveBase[T kernel.Signed](f *frame, op arith, a, b *vec.Vec) (out vec.Vec, ok bool) {
	from := op == opSub && a.Form == vec.Const
	if from || op == opAdd && a.Form == vec.Const {
		a, b = b, a
	}
	if a.Form != vec.Narrow || b.Form != vec.Const || op != opAdd && op != opSub {
		return out, false
	}
	c := int64(vec.Of[T](b)[0])
	if !sumFits[T](narrowMagnitude(a), magnitudeOf(c)) {
		return out, false
	}
	out = *a
	switch {
	case from: // c - (base + code) is c - base - top + (top - code)
		size := int(a.Width) * a.N
		codes := arena.Make[uint64](f.arena, vec.Words(8*size))
		copy(vec.BytesOf(codes), a.Data[:size])
		kernel.Not(codes, codes)
		out.Data, out.Base = vec.BytesOf(codes), c-a.Base-(1<<(8*a.Width)-1)
	case op == opSub:
		out.Base -= c
	default:
		out.Base += c
	}
	return out, true
}

// magnitudeOf returns the size of x.
func magnitudeOf(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

// sumFits reports whether the sum of two numbers of at most these sizes is a T.
func sumFits[T kernel.Signed](x, y uint64) bool {
	var z T
	half := uint64(1) << (8*unsafe.Sizeof(z) - 2)
	return x < half && y < half
}

// narrowProducts computes dst = a × b by the codes of a, where no row can overflow.
func narrowProducts[T kernel.Signed](f *frame, dst []T, a, b *vec.Vec) bool {
	if a.Form != vec.Narrow || b.Form == vec.Const {
		return false
	}
	if b.Form == vec.Narrow {
		if !kernel.ProductFits[T](narrowMagnitude(a), narrowMagnitude(b)) {
			return false
		}
		switch a.Width {
		case 1:
			mulNarrow(dst, T(a.Base), vec.Of[uint8](a), b)
		case 2:
			mulNarrow(dst, T(a.Base), vec.Of[uint16](a), b)
		default:
			mulNarrow(dst, T(a.Base), vec.Of[uint32](a), b)
		}
		return true
	}
	y := values[T](f, b)
	if !kernel.ProductFits[T](narrowMagnitude(a), kernel.Magnitude(y)) {
		return false
	}
	switch base := T(a.Base); a.Width {
	case 1:
		kernel.MulCodes(dst, base, vec.Of[uint8](a), y)
	case 2:
		kernel.MulCodes(dst, base, vec.Of[uint16](a), y)
	default:
		kernel.MulCodes(dst, base, vec.Of[uint32](a), y)
	}
	return true
}

// mulNarrow multiplies by the codes of b.
func mulNarrow[T kernel.Signed, C uint8 | uint16 | uint32](dst []T, base T, codes []C, b *vec.Vec) {
	switch other := T(b.Base); b.Width {
	case 1:
		kernel.MulNarrow(dst, base, codes, other, vec.Of[uint8](b))
	case 2:
		kernel.MulNarrow(dst, base, codes, other, vec.Of[uint16](b))
	default:
		kernel.MulNarrow(dst, base, codes, other, vec.Of[uint32](b))
	}
}

// intKernel computes dst = a op b and reports whether a row failed.
func intKernel[T kernel.Signed](f *frame, op arith, dst []T, a, b *vec.Vec) bool {
	if op == opMul && b.Form == vec.Narrow {
		a, b = b, a
	}
	if op == opMul && narrowProducts(f, dst, a, b) {
		return false
	}
	if a.Form == vec.Const && (op == opAdd || op == opMul) {
		a, b = b, a
	}
	switch {
	case b.Form == vec.Const && op == opAdd:
		return kernel.AddConst(dst, values[T](f, a), vec.Of[T](b)[0])
	case b.Form == vec.Const && op == opMul:
		return kernel.MulConst(dst, values[T](f, a), vec.Of[T](b)[0])
	case b.Form == vec.Const && op == opDiv && divides(vec.Of[T](b)[0]):
		kernel.DivConst(dst, values[T](f, a), vec.Of[T](b)[0])
		return false
	case b.Form == vec.Const && op == opMod && divides(vec.Of[T](b)[0]):
		kernel.ModConst(dst, values[T](f, a), vec.Of[T](b)[0])
		return false
	case a.Form == vec.Const && op == opSub:
		return kernel.SubFrom(dst, vec.Of[T](a)[0], values[T](f, b))
	}
	x, y := values[T](f, a), values[T](f, b)
	switch op {
	case opAdd:
		return kernel.Add(dst, x, y)
	case opSub:
		return kernel.Sub(dst, x, y)
	case opMul:
		return kernel.Mul(dst, x, y, mostOf(a, x), mostOf(b, y))
	case opDiv:
		return kernel.Div(dst, x, y)
	}
	return kernel.Mod(dst, x, y)
}

// mostOf returns a number that no value of v, which are x, exceeds in size.
func mostOf[T kernel.Signed](v *vec.Vec, x []T) uint64 {
	if v.Form == vec.Narrow {
		return narrowMagnitude(v)
	}
	return kernel.Magnitude(x)
}

// divides reports whether every integer can be divided by c.
func divides[T kernel.Signed](c T) bool { return c != 0 && c != -1 }

// intFailure returns the error of the first row of sel that cannot be computed.
func intFailure[T kernel.Signed](op arith, t types.Type, x, y []T, sel []uint64) error {
	row := firstRow(len(x), sel, func(i int) bool {
		switch op {
		case opAdd:
			return kernel.AddOverflows(x[i], y[i])
		case opSub:
			return kernel.SubOverflows(x[i], y[i])
		case opMul:
			return kernel.MulOverflows(x[i], y[i])
		case opDiv:
			return y[i] == 0 || y[i] == -1 && x[i] == -x[i] && x[i] != 0
		}
		return y[i] == 0
	})
	switch {
	case row < 0:
		return nil
	case (op == opDiv || op == opMod) && y[row] == 0:
		return types.DivisionByZero()
	}
	return dberr.Newf(dberr.NumericValueOutOfRange, "%s out of range", t.Base())
}

// floatArith returns the evaluation of an operator on floats of one type.
func floatArith[T kernel.Float](op arith) evalFunc {
	return func(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
		out, dst := fixed[T](f, c.Typ)
		x, y := values[T](f, &args[0]), values[T](f, &args[1])
		if !floatKernel(op, dst, x, y) {
			return out, nil
		}
		return out, floatFailure(op, dst, x, y, sel)
	}
}

// doubleArith is floatArith where one operand may be a REAL.
func doubleArith(op arith) evalFunc {
	return func(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
		out, dst := fixed[float64](f, c.Typ)
		x, y := doubles(f, &args[0]), doubles(f, &args[1])
		if !floatKernel(op, dst, x, y) {
			return out, nil
		}
		return out, floatFailure(op, dst, x, y, sel)
	}
}

// floatKernel computes dst = x op y and reports whether a row needs a look.
func floatKernel[T kernel.Float](op arith, dst, x, y []T) bool {
	switch op {
	case opAdd:
		return kernel.AddFloat(dst, x, y)
	case opSub:
		return kernel.SubFloat(dst, x, y)
	case opMul:
		return kernel.MulFloat(dst, x, y)
	}
	return kernel.DivFloat(dst, x, y)
}

// floatFailure returns the error of the first row of sel that divides by zero,
// overflows or underflows.
func floatFailure[T kernel.Float](op arith, r, x, y []T, sel []uint64) error {
	for i := range r {
		if !has(sel, i) {
			continue
		}
		switch {
		case op == opDiv && y[i] == 0 && x[i] == x[i]:
			return types.DivisionByZero()
		case kernel.IsInf(r[i]) && !kernel.IsInf(x[i]) && !kernel.IsInf(y[i]):
			return dberr.New(dberr.NumericValueOutOfRange, "value out of range: overflow")
		case r[i] == 0 && op == opMul && x[i] != 0 && y[i] != 0,
			r[i] == 0 && op == opDiv && x[i] != 0 && !kernel.IsInf(y[i]):
			return dberr.New(dberr.NumericValueOutOfRange, "value out of range: underflow")
		}
	}
	return nil
}

func init() {
	for _, id := range ids(types.Int16, types.Int32, types.Int64, types.Float32, types.Float64, types.Numeric) {
		same := func(args []types.Type) types.Type { return args[0] }
		neg := &Function{Name: "-", Params: ids(id), Ret: id, returns: same, eval: negate}
		pos := &Function{Name: "+", Params: ids(id), Ret: id, returns: same, eval: identity}
		abs := &Function{Name: "abs", Params: ids(id), Ret: id, returns: same, eval: absolute}
		at := *abs
		at.Name = "@"
		register(neg, pos, abs, &at)
	}
}

// identity returns its argument.
func identity(_ *frame, _ *Call, args []vec.Vec, _ []uint64) (vec.Vec, error) { return args[0], nil }

// negate computes -x.
func negate(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
	switch a := &args[0]; a.Type.Class() {
	case types.I16:
		return negateInts[int16](f, c, a, sel)
	case types.I32:
		return negateInts[int32](f, c, a, sel)
	case types.I64:
		return negateInts[int64](f, c, a, sel)
	case types.F32:
		return negateFloats[float32](f, c, a), nil
	case types.F64:
		return negateFloats[float64](f, c, a), nil
	}
	return eachNumber(f, &args[0], sel, wide.neg, plain(types.Decimal.Neg))
}

// negateInts is negate for integers of type T.
func negateInts[T kernel.Signed](f *frame, c *Call, a *vec.Vec, sel []uint64) (vec.Vec, error) {
	out, dst := fixed[T](f, a.Type)
	x := values[T](f, a)
	if kernel.SubFrom(dst, 0, x) {
		if firstRow(f.n, sel, func(i int) bool { return kernel.SubOverflows(0, x[i]) }) >= 0 {
			return out, dberr.Newf(dberr.NumericValueOutOfRange, "%s out of range", c.Typ.Base())
		}
	}
	return out, nil
}

// negateFloats is negate for floats of type T.
func negateFloats[T kernel.Float](f *frame, c *Call, a *vec.Vec) vec.Vec {
	out, dst := fixed[T](f, c.Typ)
	for i, x := range values[T](f, a) {
		dst[i] = -x
	}
	return out
}

// absolute computes |x|.
func absolute(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
	switch a := &args[0]; a.Type.Class() {
	case types.I16:
		return absInts[int16](f, c, a, sel)
	case types.I32:
		return absInts[int32](f, c, a, sel)
	case types.I64:
		return absInts[int64](f, c, a, sel)
	case types.F32:
		return absFloats[float32](f, c, a), nil
	case types.F64:
		return absFloats[float64](f, c, a), nil
	}
	return eachNumber(f, &args[0], sel, wide.abs, plain(types.Decimal.Abs))
}

// absInts is absolute for integers of type T.
func absInts[T kernel.Signed](f *frame, c *Call, a *vec.Vec, sel []uint64) (vec.Vec, error) {
	out, dst := fixed[T](f, a.Type)
	bad := kernel.Abs(dst, values[T](f, a))
	if bad && firstRow(f.n, sel, func(i int) bool { return dst[i] < 0 }) >= 0 {
		return out, dberr.Newf(dberr.NumericValueOutOfRange, "%s out of range", c.Typ.Base())
	}
	return out, nil
}

// absFloats is absolute for floats of type T.
func absFloats[T kernel.Float](f *frame, c *Call, a *vec.Vec) vec.Vec {
	out, dst := fixed[T](f, c.Typ)
	x := values[T](f, a)
	if d, ok := any(dst).([]float64); ok {
		kernel.AbsFloats(d, any(x).([]float64))
		return out
	}
	for i, x := range x {
		dst[i] = T(math.Abs(float64(x)))
	}
	return out
}
