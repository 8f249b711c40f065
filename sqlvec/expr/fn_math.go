package expr

import (
	"math"
	"math/big"
	"slices"
	"sort"

	"driftdb/internal/dberr"
	"driftdb/internal/elementary"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// rowFn makes a strict, immutable function computed row by row.
func rowFn(name string, params []types.ID, ret types.ID, fn rowFunc) *Function {
	return &Function{Name: name, Params: params, Ret: ret, row: fn}
}

// stableFn is rowFn for a function that PostgreSQL calls stable.
func stableFn(name string, params []types.ID, ret types.ID, fn rowFunc) *Function {
	return &Function{Name: name, Params: params, Ret: ret, Volatility: Stable, row: fn}
}

// numericFn makes a function from NUMERIC to NUMERIC.
func numericFn(name string, fn func(types.Decimal) (types.Decimal, error)) *Function {
	return rowFn(name, ids(types.Numeric), types.Numeric, func(_ *Env, args []types.Value) (types.Value, error) {
		d, err := args[0].Decimal()
		if err != nil {
			return args[0], err
		}
		return decimalResult(fn(d))
	})
}

// wideFn is numericFn for a function that fn computes of most numbers.
func wideFn(name string, fn func(wide) (wide, bool), decimal func(types.Decimal) (types.Decimal, error)) *Function {
	return &Function{Name: name, Params: ids(types.Numeric), Ret: types.Numeric, eval: func(f *frame, _ *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
		return eachNumber(f, &args[0], sel, fn, decimal)
	}, costly: true}
}

// numeric2 makes a function of two NUMERICs.
func numeric2(name string, fn func(a, b types.Decimal) (types.Decimal, error)) *Function {
	return rowFn(name, ids(types.Numeric, types.Numeric), types.Numeric, func(_ *Env, args []types.Value) (types.Value, error) {
		a, err := args[0].Decimal()
		if err != nil {
			return args[0], err
		}
		b, err := args[1].Decimal()
		if err != nil {
			return args[1], err
		}
		return decimalResult(fn(a, b))
	})
}

// decimalResult returns a NUMERIC value of the Bytes class.
func decimalResult(d types.Decimal, err error) (types.Value, error) {
	if err != nil {
		return types.Value{}, err
	}
	return types.NumericValue(types.T(types.Numeric), d)
}

// floatFn makes a function from DOUBLE PRECISION to DOUBLE PRECISION, over whole
// vectors. check may refuse arguments whose result is not finite, or 0.
func floatFn(name string, fn func(float64) float64, check func(x, r float64) error) *Function {
	return &Function{Name: name, Params: ids(types.Float64), Ret: types.Float64,
		eval: func(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
			out, dst := fixed[float64](f, c.Typ)
			x := values[float64](f, &args[0])
			odd, zero := 0.0, false
			for i, x := range x {
				r := fn(x)
				dst[i] = r
				odd += r - r // NaN once r is not finite
				zero = zero || r == 0
			}
			if check == nil || odd == 0 && !zero {
				return out, nil
			}
			for i, x := range x {
				if has(sel, i) {
					if err := check(x, dst[i]); err != nil {
						return out, err
					}
				}
			}
			return out, nil
		}}
}

// elementaryFn is floatFn for functions that take many steps.
func elementaryFn(name string, fn func(float64) float64, check func(x, r float64) error) *Function {
	f := floatFn(name, fn, check)
	f.costly = true
	return f
}

// float2 makes a function of two doubles that takes many steps.
func float2(name string, fn func(a, b float64) (float64, error)) *Function {
	f := tryFn2(name, ids(types.Float64, types.Float64), types.Float64, fn)
	f.costly = true
	return f
}

// overflowed refuses an infinite or vanished result of finite arguments.
func overflowed(x, r float64) error {
	switch {
	case math.IsInf(r, 0) && !math.IsInf(x, 0):
		return dberr.New(dberr.NumericValueOutOfRange, "value out of range: overflow")
	case r == 0 && x != 0 && !math.IsInf(x, 0):
		return dberr.New(dberr.NumericValueOutOfRange, "value out of range: underflow")
	}
	return nil
}

// outOfDomain refuses arguments outside [-1, 1].
func outOfDomain(x, _ float64) error {
	if x < -1 || x > 1 {
		return dberr.New(dberr.NumericValueOutOfRange, "input is out of range")
	}
	return nil
}

// finiteInput refuses infinite arguments.
func finiteInput(x, _ float64) error {
	if math.IsInf(x, 0) {
		return dberr.New(dberr.NumericValueOutOfRange, "input is out of range")
	}
	return nil
}

// rootFn makes a square root.
func rootFn(name string) *Function {
	return &Function{Name: name, Params: ids(types.Float64), Ret: types.Float64,
		eval: func(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
			out, dst := fixed[float64](f, c.Typ)
			x := values[float64](f, &args[0])
			if !kernel.Sqrt(dst, x) {
				return out, nil
			}
			for i, x := range x {
				if has(sel, i) {
					if err := sqrtDomain(x, dst[i]); err != nil {
						return out, err
					}
				}
			}
			return out, nil
		}}
}

// sqrtDomain refuses negative arguments of a square root.
func sqrtDomain(x, _ float64) error {
	if x < 0 {
		return dberr.New(dberr.InvalidArgumentForPower, "cannot take square root of a negative number")
	}
	return nil
}

// logDomain refuses what has no logarithm.
func logDomain(x, _ float64) error {
	switch {
	case x == 0:
		return dberr.New(dberr.InvalidArgumentForLog, "cannot take logarithm of zero")
	case x < 0:
		return dberr.New(dberr.InvalidArgumentForLog, "cannot take logarithm of a negative number")
	}
	return nil
}

// plain wraps a function on decimals that cannot fail.
func plain(fn func(types.Decimal) types.Decimal) func(types.Decimal) (types.Decimal, error) {
	return func(d types.Decimal) (types.Decimal, error) { return fn(d), nil }
}

func init() {
	register(
		whole("ceil", types.RoundCeil), whole("ceiling", types.RoundCeil), whole("floor", types.RoundFloor),
		wideFn("sqrt", wide.sqrt, types.Decimal.Sqrt), numericFn("exp", types.Decimal.Exp), numericFn("ln", types.Decimal.Ln),
		numericFn("log", logTen), numericFn("log10", logTen),
		&Function{Name: "sign", Params: ids(types.Numeric), Ret: types.Numeric, eval: signs},
		numericFn("trim_scale", plain(types.Decimal.TrimScale)),
		numeric2("log", func(b, x types.Decimal) (types.Decimal, error) { return x.Log(b) }),
		numeric2("power", types.Decimal.Pow), numeric2("pow", types.Decimal.Pow), numeric2("^", types.Decimal.Pow),
		numeric2("div", types.Decimal.Quo),
		numeric2("gcd", decimalGCD), numeric2("lcm", decimalLCM),
		whole("round", types.RoundHalf), whole("trunc", types.RoundTrunc),
		roundingTo("round", types.RoundHalf), roundingTo("trunc", types.RoundTrunc),
		scaleFn("scale", func(d types.Decimal) types.Decimal { return d }),
		scaleFn("min_scale", types.Decimal.TrimScale),
	)
	registerFloats()
	registerIntegers()
}

// logTen is the common logarithm.
func logTen(d types.Decimal) (types.Decimal, error) { return d.Log(types.DecimalFromInt(10, 0)) }

// registerFloats adds the functions of doubles.
func registerFloats() {
	register(
		roundFn("ceil", kernel.RoundCeil), roundFn("ceiling", kernel.RoundCeil), roundFn("floor", kernel.RoundFloor),
		roundFn("round", kernel.RoundEven), roundFn("trunc", kernel.RoundTrunc), floatsFn("sign", kernel.SignFloats),
		rootFn("sqrt"), elementaryFn("cbrt", elementary.Cbrt, nil),
		rootFn("|/"), elementaryFn("||/", elementary.Cbrt, nil),
		elementaryFn("exp", elementary.Exp, overflowed), elementaryFn("ln", elementary.Log, logDomain),
		elementaryFn("log", elementary.Log10, logDomain), elementaryFn("log10", elementary.Log10, logDomain),
		elementaryFn("sin", elementary.Sin, finiteInput), elementaryFn("cos", elementary.Cos, finiteInput), elementaryFn("tan", elementary.Tan, finiteInput),
		elementaryFn("cot", func(x float64) float64 { return 1 / elementary.Tan(x) }, finiteInput),
		elementaryFn("asin", elementary.Asin, outOfDomain), elementaryFn("acos", elementary.Acos, outOfDomain), elementaryFn("atan", elementary.Atan, nil),
		elementaryFn("sinh", elementary.Sinh, nil), elementaryFn("cosh", elementary.Cosh, nil), elementaryFn("tanh", math.Tanh, nil),
		elementaryFn("asinh", math.Asinh, nil), elementaryFn("acosh", math.Acosh, func(x, _ float64) error {
			if x < 1 {
				return outOfDomain(2, 0)
			}
			return nil
		}), elementaryFn("atanh", math.Atanh, outOfDomain),
		elementaryFn("sind", sind, finiteInput), elementaryFn("cosd", cosd, finiteInput), elementaryFn("tand", tand, finiteInput), elementaryFn("cotd", cotd, finiteInput),
		elementaryFn("asind", asind, outOfDomain), elementaryFn("acosd", acosd, outOfDomain), elementaryFn("atand", atand, nil),
		byRadian("degrees", kernel.DivFloat[float64], overflowed),
		byRadian("radians", kernel.MulFloat[float64], nil),
		float2("atan2d", func(a, b float64) (float64, error) { return elementary.Atan2(a, b) / atanOne * 45, nil }),
		float2("atan2", func(a, b float64) (float64, error) { return elementary.Atan2(a, b), nil }),
		float2("power", floatPower), float2("pow", floatPower), float2("^", floatPower),
		&Function{Name: "pi", Ret: types.Float64, row: func(*Env, []types.Value) (types.Value, error) {
			return types.FloatValue(types.T(types.Float64), math.Pi), nil
		}},
		rowFn("width_bucket", ids(types.Float64, types.Float64, types.Float64, types.Int32), types.Int32, widthBucketFloat),
		rowFn("width_bucket", ids(types.Numeric, types.Numeric, types.Numeric, types.Int32), types.Int32, widthBucketNumeric),
		rowFn("width_bucket", ids(likeElement, likeArray), types.Int32, widthBucketArray),
	)
}

// floatPower is PostgreSQL's power on doubles.
func floatPower(a, b float64) (float64, error) {
	switch {
	case a == 0 && b < 0:
		return 0, dberr.New(dberr.InvalidArgumentForPower, "zero raised to a negative power is undefined")
	case a < 0 && math.Floor(b) != b && !math.IsNaN(b):
		return 0, dberr.New(dberr.InvalidArgumentForPower, "a negative number raised to a non-integer power yields a complex result")
	}
	r := elementary.Pow(a, b)
	if !math.IsInf(a, 0) && !math.IsInf(b, 0) {
		if math.IsInf(r, 0) {
			return 0, overflowed(1, r)
		}
		if r == 0 && a != 0 {
			return 0, overflowed(1, 0)
		}
	}
	return r, nil
}

// signs computes -1, 0 or 1 as NUMERIC.
func signs(f *frame, _ *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
	if v := &args[0]; v.Type.IsScaled() {
		out, dst := fixed[int64](f, types.Dec(types.MaxScaledPrec, 0))
		for i, x := range values[int64](f, v) {
			dst[i] = x>>63 | int64(uint64(-x)>>63)
		}
		return out, nil
	}
	return eachNumber(f, &args[0], sel, wide.sign, func(d types.Decimal) (types.Decimal, error) {
		if d.IsNaN() {
			return d, nil
		}
		return types.DecimalFromInt(int64(d.Sign()), 0), nil
	})
}

// whole makes a function that rounds NUMERIC to whole numbers.
func whole(name string, how types.Rounding) *Function {
	return &Function{Name: name, Params: ids(types.Numeric), Ret: types.Numeric,
		refine: func(c *Call) types.Type { return roundType(c.Args[0], 0) },
		eval: func(f *frame, _ *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
			return roundVec(f, how, &args[0], 0, sel)
		}}
}

// roundingTo makes round(x, digits) or trunc(x, digits).
func roundingTo(name string, how types.Rounding) *Function {
	return &Function{Name: name, Params: ids(types.Numeric, types.Int32), Ret: types.Numeric,
		refine: func(c *Call) types.Type {
			if d, ok := c.Args[1].(*Const); ok && d.Value.Valid {
				return roundType(c.Args[0], int(d.Value.I))
			}
			return types.T(types.Numeric)
		},
		eval: func(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
			if args[1].Form == vec.Const {
				return roundVec(f, how, &args[0], int(args[1].Int(0)), sel)
			}
			return eachRow(f, func(_ *Env, args []types.Value) (types.Value, error) {
				d, err := args[0].Decimal()
				if err != nil {
					return args[0], err
				}
				return decimalResult(roundDecimal(how, d, int(args[1].I)), nil)
			}, c.Typ, args, sel)
		}}
}

// roundType returns the type of a number rounded to digits: scaled where all results fit.
func roundType(e Expr, digits int) types.Type {
	whole, ok := wholeDigits(e)
	if !ok || digits > types.MaxScaledPrec || !varies([]Expr{e}) {
		return types.T(types.Numeric)
	}
	return fittingType(whole+1, max(digits, 0))
}

// roundDecimal rounds to digits after the point, down and up to whole numbers only.
func roundDecimal(how types.Rounding, d types.Decimal, digits int) types.Decimal {
	switch how {
	case types.RoundTrunc:
		return d.Trunc(digits)
	case types.RoundFloor:
		return d.Floor()
	case types.RoundCeil:
		return d.Ceil()
	}
	return d.Round(digits)
}

// roundVec rounds a NUMERIC vector to a constant number of digits.
func roundVec(f *frame, how types.Rounding, v *vec.Vec, digits int, sel []uint64) (vec.Vec, error) {
	if v.Type.IsScaled() && digits <= types.MaxScaledPrec {
		if out, ok := roundInts(f, how, v, digits); ok {
			return out, nil
		}
	}
	if out, ok := roundWide(f, how, v, digits, sel); ok {
		return out, nil
	}
	round := func(w wide) (wide, bool) { return w.round(digits, how) }
	return eachNumber(f, v, sel, round, plain(func(d types.Decimal) types.Decimal { return roundDecimal(how, d, digits) }))
}

// round returns w rounded to digits after the point; ok is false where that takes decimals.
func (w wide) round(digits int, how types.Rounding) (r wide, ok bool) {
	r.scale = digits
	r.x.Hi, r.x.Lo, ok = types.RoundWide(w.x.Hi, w.x.Lo, w.scale, digits, how)
	return r, ok && digits <= maxWideScale
}

// roundWide rounds to scaled integers; false where some row does not come out as one.
func roundWide(f *frame, how types.Rounding, v *vec.Vec, digits int, sel []uint64) (vec.Vec, bool) {
	if digits < 0 || digits > types.MaxScaledPrec {
		return vec.Vec{}, false
	}
	out, dst := fixed[int64](f, types.Dec(types.MaxScaledPrec, digits))
	r := newWideReader(f, v)
	for i := range dst {
		if dst[i] = 0; !has(sel, i) {
			continue
		}
		x, ok := r.at(i)
		if !ok {
			return out, false
		}
		if x, ok = x.round(digits, how); !ok || !x.isWord() {
			return out, false
		}
		dst[i] = int64(x.x.Lo)
	}
	return out, true
}

// roundInts rounds scaled integers to digits after the point, or to a power of ten where digits is negative; false
// where they might overflow.
func roundInts(f *frame, how types.Rounding, v *vec.Vec, digits int) (vec.Vec, bool) {
	x := values[int64](f, v)
	diff := digits - int(v.Type.Scale)
	t := types.Dec(types.MaxScaledPrec, max(digits, 0))
	switch {
	case diff < -types.MaxScaledPrec:
		return vec.Vec{}, false
	case diff > 0:
		up, ok := scaleUp(f, x, diff)
		return vec.FromFixed(t, up, nil), ok
	case diff == 0:
		return vec.FromFixed(t, x, nil), true
	}
	p := types.Pow10(-diff)
	if kernel.Magnitude(x) > math.MaxInt64-uint64(p) {
		return vec.Vec{}, false
	}
	out, dst := fixed[int64](f, t)
	switch how { // what division, which cuts, has to be given
	case types.RoundHalf:
		addHalf(dst, x, p)
	case types.RoundFloor:
		for i, a := range x {
			dst[i] = a - a>>63&(p-1)
		}
	case types.RoundCeil:
		for i, a := range x {
			dst[i] = a + (-a)>>63&(p-1)
		}
	default:
		copy(dst, x)
	}
	kernel.DivConst(dst, dst, p)
	return out, digits >= 0 || !kernel.MulConst(dst, dst, types.Pow10(-digits))
}

// registerIntegers adds the functions of integers, and bit operators.
func registerIntegers() {
	integersOfType[int16](types.Int16)
	integersOfType[int32](types.Int32)
	integersOfType[int64](types.Int64)
	for _, id := range ids(types.Int32, types.Int64) {
		t := types.T(id)
		two := func(name string, fn func(a, b int64) (int64, bool)) *Function {
			return rowFn(name, ids(id, id), id, func(_ *Env, args []types.Value) (types.Value, error) {
				r, ok := fn(args[0].I, args[1].I)
				if lo, hi := types.IntRange(t); !ok || r < lo || r > hi {
					return args[0], dberr.Newf(dberr.NumericValueOutOfRange, "%s out of range", t)
				}
				return types.IntValue(t, r), nil
			})
		}
		register(two("gcd", intGCD), two("lcm", intLCM))
	}
	register(rowFn("factorial", ids(types.Int64), types.Numeric, func(_ *Env, args []types.Value) (types.Value, error) {
		n := args[0].I
		switch {
		case n < 0:
			return args[0], dberr.New(dberr.NumericValueOutOfRange, "factorial of a negative number is undefined")
		case n > 32177:
			return args[0], dberr.New(dberr.NumericValueOutOfRange, "value overflows numeric format")
		}
		d, err := types.ParseDecimal(new(big.Int).MulRange(1, max(n, 1)).String())
		return decimalResult(d, err)
	}))
}

// integersOfType adds the bit operators of the integer type T. The count of a shift wraps at the type's bits.
func integersOfType[T int16 | int32 | int64](id types.ID) {
	mask := int32(max(types.T(id).Class().Size()*8, 32) - 1) // C shifts SMALLINT as an int
	register(
		bitFn[T]("&", id), bitFn[T]("|", id), bitFn[T]("#", id),
		mapFn("~", id, id, func(a T) T { return ^a }),
		shiftFn[T]("<<", id, mask), shiftFn[T](">>", id, mask),
	)
}

// intGCD is the greatest common divisor.
func intGCD(a, b int64) (int64, bool) {
	for b != 0 {
		if b == -1 {
			return 1, true
		}
		a, b = b, a%b
	}
	if a < 0 {
		a = -a
	}
	return a, a >= 0
}

// intLCM is the least common multiple.
func intLCM(a, b int64) (int64, bool) {
	if a == 0 || b == 0 {
		return 0, true
	}
	g, ok := intGCD(a, b)
	if !ok {
		return 0, false
	}
	p := new(big.Int).Mul(big.NewInt(a/g), big.NewInt(b))
	p.Abs(p)
	return p.Int64(), p.IsInt64()
}

// decimalGCD is the greatest common divisor of NUMERICs.
func decimalGCD(a, b types.Decimal) (types.Decimal, error) {
	if !a.IsFinite() || !b.IsFinite() {
		return types.NaN, nil
	}
	scale := max(a.Scale(), b.Scale())
	for b.Sign() != 0 {
		r, err := a.Mod(b)
		if err != nil {
			return a, err
		}
		a, b = b, r
	}
	return a.Abs().Round(scale), nil
}

// decimalLCM is the least common multiple of NUMERICs.
func decimalLCM(a, b types.Decimal) (types.Decimal, error) {
	g, err := decimalGCD(a, b)
	if err != nil || !g.IsFinite() || g.Sign() == 0 {
		return g, err
	}
	q, err := a.Quo(g)
	if err != nil {
		return q, err
	}
	return q.Mul(b).Abs().Round(g.Scale()), nil
}

// bucketBounds refuses what has no buckets.
func bucketBounds(count int64, same bool) error {
	switch {
	case count <= 0:
		return dberr.New("2201G", "count must be greater than zero")
	case same:
		return dberr.New("2201G", "lower bound cannot equal upper bound")
	}
	return nil
}

// widthBucketFloat is width_bucket of doubles.
func widthBucketFloat(_ *Env, args []types.Value) (types.Value, error) {
	x, lo, hi, n := args[0].F, args[1].F, args[2].F, args[3].I
	t := types.T(types.Int32)
	if math.IsNaN(x) || math.IsNaN(lo) || math.IsNaN(hi) {
		return args[0], dberr.New("2201G", "operand, lower bound, and upper bound cannot be NaN")
	}
	if math.IsInf(lo, 0) || math.IsInf(hi, 0) {
		return args[0], dberr.New("2201G", "lower and upper bounds must be finite")
	}
	if err := bucketBounds(n, lo == hi); err != nil {
		return args[0], err
	}
	if lo > hi {
		x, lo, hi = -x, -lo, -hi
	}
	switch {
	case x < lo:
		return types.IntValue(t, 0), nil
	case x >= hi:
		return types.IntValue(t, n+1), nil
	}
	return types.IntValue(t, int64(float64(n)*((x-lo)/(hi-lo)))+1), nil
}

// widthBucketNumeric is width_bucket of NUMERICs.
// widthBucketArray counts the thresholds, which ascend, up to a value.
func widthBucketArray(_ *Env, args []types.Value) (types.Value, error) {
	dims, n, err := args[1].ArrayDims()
	if err != nil {
		return args[0], err
	}
	if len(dims) > 1 {
		return args[0], dberr.New(dberr.ArraySubscriptError, "thresholds must be one-dimensional array")
	}
	list, err := args[1].Array()
	if err != nil {
		return args[0], err
	}
	if slices.ContainsFunc(list.Elems, func(v types.Value) bool { return !v.Valid }) {
		return args[0], dberr.New(dberr.NullValueNotAllowed, "thresholds array must not contain NULLs")
	}
	return intValue(sort.Search(n, func(i int) bool { return types.Compare(args[0], list.Elems[i]) < 0 })), nil
}

func widthBucketNumeric(_ *Env, args []types.Value) (types.Value, error) {
	var d [3]types.Decimal
	for i := range d {
		x, err := args[i].Decimal()
		if err != nil {
			return args[i], err
		}
		d[i] = x
	}
	x, lo, hi, n := d[0], d[1], d[2], args[3].I
	if err := bucketBounds(n, lo.Cmp(hi) == 0); err != nil {
		return args[0], err
	}
	if lo.Cmp(hi) > 0 {
		x, lo, hi = x.Neg(), lo.Neg(), hi.Neg()
	}
	t := types.T(types.Int32)
	switch {
	case x.Cmp(lo) < 0:
		return types.IntValue(t, 0), nil
	case x.Cmp(hi) >= 0:
		return types.IntValue(t, n+1), nil
	}
	q, err := x.Sub(lo).Mul(types.DecimalFromInt(n, 0)).Quo(hi.Sub(lo))
	i, _ := q.Scaled(0)
	return types.IntValue(t, i+1), err
}

// scaleFn makes a function that returns the scale of of(x), NULL for NaN and infinities.
func scaleFn(name string, of func(types.Decimal) types.Decimal) *Function {
	return rowFn(name, ids(types.Numeric), types.Int32, func(_ *Env, args []types.Value) (types.Value, error) {
		d, err := args[0].Decimal()
		if err != nil || !d.IsFinite() {
			return types.NullOf(types.T(types.Int32)), err
		}
		return types.IntValue(types.T(types.Int32), int64(of(d).Scale())), nil
	})
}
