package expr

import (
	"math"
	"strconv"
	"time"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// castNode converts values.
type castNode struct {
	arg      node
	from, to types.Type
	explicit bool
	try      bool
	few      bool // what takes the result is costly: it is worth knowing that its values are few
	pos      int
	memo     memo
}

// compileCast makes a cast's node.
func compileCast(e *Cast, env *Env) (node, error) {
	arg, err := compile(e.Arg, env)
	if err != nil {
		return nil, err
	}
	return &castNode{arg: arg, from: e.Arg.Type(), to: e.To, explicit: e.Explicit, try: e.Try, pos: e.Pos()}, nil
}

func (n *castNode) eval(f *frame, sel []uint64) (vec.Vec, error) {
	v, err := n.arg.eval(f, sel)
	if err != nil {
		return v, err
	}
	if isNullConst(&v) {
		return nullVec(n.to, f.n), nil
	}
	if v.Form == vec.Const {
		return n.constant(f, &v, sel)
	}
	rows := active(f, sel, v.Valid)
	if none(f, rows) {
		return nullVec(n.to, f.n), nil
	}
	if v.Form == vec.Dict && !n.try && v.Type.ID != types.Bpchar && n.to.ID != types.Bpchar && relabels(v.Type, n.to) {
		v.Type = n.to
		return v, nil // its dictionary is one of the same texts
	}
	if !n.try {
		may := memoRequest{integers: n.few || costlyCast(v.Type, n.to)}
		if out, ok := n.memo.through(f, []vec.Vec{v}, rows, may, func(g *frame, all []vec.Vec) (vec.Vec, error) {
			return n.convert(g, &all[0], nil)
		}); ok {
			out.Valid = v.Valid
			return out, nil
		}
	}
	out, err := n.convert(f, &v, rows)
	if err != nil {
		return out, at(err, n.pos)
	}
	if !n.try && !isClock(n.to) {
		out.Valid = v.Valid
	} else {
		out.Valid = bothValid(f, out.Valid, v.Valid)
	}
	return out, nil
}

// costlyCast reports whether converting an integer, or what is stored as one, costs more than looking
// the result up.
func costlyCast(from, to types.Type) bool {
	return !isIntegral(from) || !to.IsInteger() && to.ID != types.Numeric && !isFloat(to)
}

// isClock reports whether t is TIME or TIMETZ: infinity has no time of day, and becomes NULL.
func isClock(t types.Type) bool { return t.ID == types.Time || t.ID == types.TimeTZ }

// constant converts a constant once, if a row is selected.
func (n *castNode) constant(f *frame, v *vec.Vec, sel []uint64) (vec.Vec, error) {
	if none(f, sel) {
		return nullVec(n.to, f.n), nil
	}
	r, err := f.env.context().Cast(v.Value(0), n.to, n.explicit)
	switch {
	case err != nil && n.try:
		return nullVec(n.to, f.n), nil
	case err != nil:
		return vec.Vec{}, at(err, n.pos)
	}
	r.Type = n.to
	return constVec(r, f.n), nil
}

// convert converts the rows, which are not NULL; others come out unspecified.
func (n *castNode) convert(f *frame, v *vec.Vec, rows []uint64) (vec.Vec, error) {
	from, to := v.Type, n.to
	switch {
	case from.ID == types.Timestamp && to == types.T(types.Time):
		return castToClock(f, v, rows), nil
	case n.try || isClock(to):
		return n.rowByRow(f, v, rows)
	case isIntegral(from) && to.IsInteger():
		return castInts(f, v, to, rows)
	case isIntegral(from) && to.ID == types.Numeric:
		return castToScaled(f, v, to, rows)
	case isIntegral(from) && (to.ID == types.Float32 || to.ID == types.Float64):
		return castToFloat(f, v, to), nil
	case from.ID == types.Numeric && to.ID == types.Float64:
		return decimalsToFloat(f, v, to, rows)
	case from.ID == types.Numeric && (to.IsInteger() || to.IsScaled()):
		if out, ok := roundWide(f, types.RoundHalf, v, int(max(to.Scale, 0)), rows); ok {
			return n.convert(f, &out, rows)
		}
	case from.ID == types.Numeric && to == types.T(types.Numeric):
		return *v, nil
	case from.ID == types.Numeric && to.ID == types.Numeric:
		if out, ok := roundWide(f, types.RoundHalf, v, int(to.Scale), rows); ok {
			return out, nil // a word has fewer digits than the type
		}
	case isFloat(from) && to.ID == types.Float64:
		out := vec.FromFixed(to, doubles(f, v), nil)
		return out, nil
	case isFloat(from) && to.IsInteger():
		return castFloatToInt(f, v, to, rows)
	case from.ID == to.ID && to.Prec == 0 && !isIntegral(from) && from.Class() == types.I64: // times of any digits
		out := *v
		out.Type = to
		return out, nil
	case from.ID == types.Date && (to.ID == types.Timestamp || to.ID == types.TimestampTZ),
		from.ID == types.Timestamp, from.ID == types.TimestampTZ && !to.IsString():
		return castTimes(f, v, to, rows, n.explicit)
	case relabels(from, to):
		out := *v
		out.Type = to
		return out, nil
	}
	return n.rowByRow(f, v, rows)
}

// relabels reports whether texts of a type are in memory what they are as another.
func relabels(from, to types.Type) bool {
	if from.Class() != types.Bytes || to.Class() != types.Bytes || !from.IsString() || !to.IsString() || to.Len != 0 {
		return false
	}
	return from.ID != types.Bpchar || from == to || !from.KeepsBlanks() && to.ID != types.Bpchar
}

// isIntegral reports whether values of t are integers in memory that stand for
// numbers.
func isIntegral(t types.Type) bool { return t.IsInteger() || t.IsScaled() }

// isFloat reports whether t is REAL or DOUBLE PRECISION.
func isFloat(t types.Type) bool { return t.ID == types.Float32 || t.ID == types.Float64 }

// rowByRow converts one value after the other.
func (n *castNode) rowByRow(f *frame, v *vec.Vec, rows []uint64) (vec.Vec, error) {
	c := f.env.context()
	if (n.to.ID == types.Text || n.to.ID == types.Varchar && n.to.Len == 0) && v.Type.Class() != types.Bytes && v.Type.ID != types.Bool {
		return printRows(f, c, v, n.to, rows)
	}
	fn := interruptible(func(_ *Env, args []types.Value) (types.Value, error) {
		r, err := c.Cast(args[0], n.to, n.explicit)
		if err != nil && n.try {
			return types.NullOf(n.to), nil
		}
		return r, err
	})
	if read := plainReader(v.Type, n.to); read != nil {
		return readRows(f, v, n.to, rows, read, fn)
	}
	return eachRow(f, fn, n.to, []vec.Vec{*v}, rows)
}

// printRows makes the text of fixed-width values, straight into the heap.
func printRows(f *frame, c types.Context, v *vec.Vec, to types.Type, rows []uint64) (vec.Vec, error) {
	b := newBuilder(f, to)
	if v.Type.IsInteger() {
		for i, x := range int64s(f, v) {
			if has(rows, i) {
				b.room(20)
				b.heap = strconv.AppendInt(b.heap, x, 10)
			}
			b.skip()
		}
		return b.finish()
	}
	switch class := v.Type.Class(); class {
	case types.I16, types.I32, types.I64:
		for i, x := range int64s(f, v) {
			if has(rows, i) {
				b.room(64)
				b.heap = c.AppendInt(b.heap, v.Type, x)
			}
			b.skip()
		}
	case types.F32, types.F64:
		for i, x := range doubles(f, v) {
			if has(rows, i) {
				b.room(64)
				b.heap = types.AppendFloat(b.heap, x, class == types.F32)
			}
			b.skip()
		}
	default:
		for i := range f.n {
			if has(rows, i) {
				b.room(64)
				b.heap = c.Append(b.heap, v.Value(i))
			}
			b.skip()
		}
	}
	return b.finish()
}

// int64s returns the integers of an I16, I32 or I64 vector as int64.
func int64s(f *frame, v *vec.Vec) []int64 {
	switch v.Type.Class() {
	case types.I64:
		return values[int64](f, v)
	case types.I32:
		_, dst := fixed[int64](f, types.T(types.Int64))
		kernel.Convert(dst, values[int32](f, v))
		return dst
	}
	_, dst := fixed[int64](f, types.T(types.Int64))
	kernel.Convert(dst, values[int16](f, v))
	return dst
}

// castInts converts integers, and scaled integers by rounding, to integers.
func castInts(f *frame, v *vec.Vec, to types.Type, rows []uint64) (vec.Vec, error) {
	if v.Form == vec.Narrow && (v.Type.IsInteger() || v.Type.Scale == 0) && narrowFits(v, to) {
		out := *v
		out.Type = to
		return out, nil
	}
	x := int64s(f, v)
	if v.Type.IsScaled() && v.Type.Scale > 0 {
		x = roundScaled(f, x, int(v.Type.Scale))
	}
	if err := checkNarrow(f, x, to, rows); err != nil {
		return vec.Vec{}, err
	}
	switch to.ID {
	case types.Int16:
		return shrinkTo[int16](f, x, to, rows)
	case types.Int32:
		return shrinkTo[int32](f, x, to, rows)
	}
	return vec.FromFixed(to, x, nil), nil
}

// narrowFits reports whether every code of v is a value of to.
func narrowFits(v *vec.Vec, to types.Type) bool {
	lo, hi := types.IntRange(to)
	limit := int64(1)<<(8*v.Width) - 1
	return v.Base >= lo && v.Base <= hi-limit
}

// shrinkTo narrows integers to T, with an error for those that do not fit.
func shrinkTo[T kernel.Signed](f *frame, x []int64, to types.Type, rows []uint64) (vec.Vec, error) {
	out, dst := fixed[T](f, to)
	if kernel.Shrink(dst, x) && firstRow(f.n, rows, func(i int) bool { return int64(T(x[i])) != x[i] }) >= 0 {
		return out, dberr.Newf(dberr.NumericValueOutOfRange, "%s out of range", to)
	}
	return out, nil
}

// checkNarrow refuses integers outside the range that a type has of its own.
func checkNarrow(f *frame, x []int64, to types.Type, rows []uint64) error {
	if to.Prec == 0 {
		return nil
	}
	lo, hi := types.IntRange(to)
	if firstRow(f.n, rows, func(i int) bool { return x[i] < lo || x[i] > hi }) >= 0 {
		return dberr.Newf(dberr.NumericValueOutOfRange, "%s out of range", to)
	}
	return nil
}

// roundScaled divides by 10^digits, rounding half away from zero.
func roundScaled(f *frame, x []int64, digits int) []int64 {
	p := types.Pow10(digits)
	half := p / 2
	dst := arena.Make[int64](f.arena, len(x))
	if kernel.Magnitude(x) <= math.MaxInt64-uint64(p) {
		addHalf(dst, x, p)
		kernel.DivConst(dst, dst, p)
		return dst
	}
	for i, a := range x {
		q, r := a/p, a%p
		if r >= half {
			q++
		} else if r <= -half {
			q--
		}
		dst[i] = q
	}
	return dst
}

// addHalf sets dst to x with half of p added, away from zero.
func addHalf(dst, x []int64, p int64) {
	for i, a := range x[:len(dst)] {
		dst[i] = a + (p/2 ^ a>>63 - a>>63)
	}
}

// castToScaled converts integers and scaled integers to NUMERIC, on integers where
// the target allows it.
func castToScaled(f *frame, v *vec.Vec, to types.Type, rows []uint64) (vec.Vec, error) {
	scale := 0
	if v.Type.IsScaled() {
		scale = int(v.Type.Scale)
	}
	if !to.IsScaled() {
		if to.Prec == 0 { // keeps the value and its scale: loosely typed
			out := *v
			out.Type = types.Dec(types.MaxScaledPrec, scale)
			if v.Type.Class() != types.I64 && v.Form != vec.Narrow {
				out = vec.FromFixed(out.Type, int64s(f, v), nil)
			}
			return out, nil
		}
		if out, ok := castToLong(f, v, scale, to); ok {
			return out, nil
		}
		return fitRows(f, v, to, rows)
	}
	x, ok := int64s(f, v), true
	switch diff := int(to.Scale) - scale; {
	case diff > 0:
		x, ok = scaleUp(f, x, diff)
	case diff < 0:
		x = roundScaled(f, x, -diff)
	}
	limit := types.Pow10(int(to.Prec))
	if !ok || firstRow(f.n, rows, func(i int) bool { return x[i] >= limit || x[i] <= -limit }) >= 0 {
		return fitRows(f, v, to, rows) // finds the row, and its error
	}
	return vec.FromFixed(to, x, nil), nil
}

// castToLong converts integers and scaled integers to a NUMERIC of more digits than scaled integers have, as such where
// they fit, or as a Wide vector; false where some row fits neither.
func castToLong(f *frame, v *vec.Vec, scale int, to types.Type) (vec.Vec, bool) {
	x, diff := int64s(f, v), int(to.Scale)-scale
	t := types.Dec(types.MaxScaledPrec, max(min(int(to.Scale), types.MaxScaledPrec), 0))
	switch {
	case to.Scale < 0 || diff > types.MaxScaledPrec || diff < -types.MaxScaledPrec:
		return vec.Vec{}, false
	case diff <= 0:
		if diff < 0 {
			x = roundScaled(f, x, -diff)
		}
		return vec.FromFixed(t, x, nil), true // a word has fewer digits than the type
	case to.Scale <= types.MaxScaledPrec:
		if up, ok := scaleUp(f, x, diff); ok {
			return vec.FromFixed(t, up, nil), true
		}
	}
	out, dst, scales := wideVec(f)
	p, most := types.Pow10(diff), uint64(math.MaxUint64)
	if int(to.Prec)-diff <= types.MaxScaledPrec {
		most = uint64(types.Pow10(max(0, int(to.Prec)-diff))) - 1
	}
	for i, a := range x {
		dst[i], scales[i] = kernel.MulWide(a, p), uint8(to.Scale)
		if w := (wide{dst[i], int(to.Scale)}); !w.fits() || magnitudeOf(a) > most {
			return out, false
		}
	}
	return out, true
}

// fitRows converts numbers to NUMERIC(p,s) row by row.
func fitRows(f *frame, v *vec.Vec, to types.Type, rows []uint64) (vec.Vec, error) {
	b := newBuilder(f, to)
	r := decimalReader{v: v}
	for i := range f.n {
		if !has(rows, i) {
			b.skip()
			continue
		}
		d, err := r.at(i)
		if err != nil {
			return vec.Vec{}, err
		}
		val, err := types.NumericValue(to, d)
		if err != nil {
			return vec.Vec{}, err
		}
		b.value(val)
	}
	return b.finish()
}

// castToFloat converts integers and scaled integers to floats.
func castToFloat(f *frame, v *vec.Vec, to types.Type) vec.Vec {
	if to.ID == types.Float32 {
		x := int64s(f, v)
		out, dst := fixed[float32](f, to)
		if v.Type.IsScaled() && v.Type.Scale > 0 {
			for i, a := range x {
				dst[i] = float32(scaledFloat(a, int(v.Type.Scale)))
			}
		} else {
			kernel.ToFloat(dst, x)
		}
		return out
	}
	out, dst := fixed[float64](f, to)
	scale := 0
	if v.Type.IsScaled() {
		scale = int(v.Type.Scale)
	}
	if v.Form == vec.Narrow && (scale == 0 || exactFloats(narrowMagnitude(v), scale)) {
		by := float64(types.Pow10(scale))
		switch v.Width {
		case 1:
			kernel.Doubles(dst, vec.Of[uint8](v), v.Base, by)
		case 2:
			kernel.Doubles(dst, vec.Of[uint16](v), v.Base, by)
		default:
			kernel.Doubles(dst, vec.Of[uint32](v), v.Base, by)
		}
		return out
	}
	switch class := v.Type.Class(); {
	case v.Form == vec.Flat && class == types.I16 && scale == 0:
		kernel.Doubles(dst, vec.Of[int16](v), 0, 1)
		return out
	case v.Form == vec.Flat && class == types.I32 && scale == 0:
		kernel.Doubles(dst, vec.Of[int32](v), 0, 1)
		return out
	}
	x := int64s(f, v)
	if scale == 0 || exactFloats(kernel.Magnitude(x), scale) {
		kernel.Doubles(dst, x, 0, float64(types.Pow10(scale)))
		return out
	}
	for i, a := range x {
		dst[i] = scaledFloat(a, scale)
	}
	return out
}

// decimalsToFloat converts NUMERIC that are no scaled integers to doubles.
func decimalsToFloat(f *frame, v *vec.Vec, to types.Type, rows []uint64) (vec.Vec, error) {
	out, dst := fixed[float64](f, to)
	r := newWideReader(f, v)
	for i := range dst {
		if dst[i] = 0; !has(rows, i) {
			continue
		}
		if w, ok := r.at(i); ok {
			if x, ok := types.WideFloat(w.x.Hi, w.x.Lo, w.scale); ok {
				dst[i] = x
				continue
			}
		}
		x, err := f.env.context().Cast(RowValue(v, i), to, false)
		if err != nil {
			return out, err
		}
		dst[i] = x.F
	}
	return out, nil
}

// exactFloats reports whether integers of at most that size, and 10^scale, are doubles.
func exactFloats(most uint64, scale int) bool { return most < 1<<53 && scale <= 15 }

// scaledFloat returns the double nearest to a × 10^-scale. Below 2^53 both operands
// of the division are exact, so it rounds once.
func scaledFloat(a int64, scale int) float64 {
	if exactFloats(magnitudeOf(a), scale) {
		return float64(a) / float64(types.Pow10(scale))
	}
	return types.DecimalFromInt(a, scale).Float()
}

// castFloatToInt rounds half to even.
func castFloatToInt(f *frame, v *vec.Vec, to types.Type, rows []uint64) (vec.Vec, error) {
	x := doubles(f, v)
	_, dst := fixed[int64](f, types.T(types.Int64))
	lo, hi := types.IntRange(to)
	bad := false
	for i, a := range x {
		r := math.RoundToEven(a)
		ok := r >= float64(lo) && (r <= float64(hi) && (to.ID != types.Int64 || to.Prec > 0) || r < -float64(lo))
		if !ok {
			bad = bad || has(rows, i)
			r = 0
		}
		dst[i] = int64(r)
	}
	if bad {
		return vec.Vec{}, dberr.Newf(dberr.NumericValueOutOfRange, "%s out of range", to)
	}
	switch to.ID {
	case types.Int16:
		return shrinkTo[int16](f, dst, to, rows)
	case types.Int32:
		return shrinkTo[int32](f, dst, to, rows)
	}
	return vec.FromFixed(to, dst, nil), nil
}

// castTimes converts among DATE, TIMESTAMP and TIMESTAMPTZ.
func castTimes(f *frame, v *vec.Vec, to types.Type, rows []uint64, explicit bool) (vec.Vec, error) {
	c := f.env.context()
	if to.IsString() {
		if to.Len == 0 {
			return printRows(f, c, v, to, rows)
		}
		return eachRow(f, func(_ *Env, args []types.Value) (types.Value, error) {
			return c.Cast(args[0], to, explicit)
		}, to, []vec.Vec{*v}, rows)
	}
	x := int64s(f, v)
	if to.ID == types.Date && (v.Type.ID == types.Timestamp || f.env.zone() == time.UTC) {
		out, days := fixed[int32](f, to)
		for i, t := range x {
			days[i] = int32(types.TimeToDate(t))
		}
		return out, nil
	}
	_, dst := fixed[int64](f, types.T(types.Int64))
	for i, a := range x {
		if !has(rows, i) {
			dst[i] = 0
			continue
		}
		r, err := c.Cast(types.IntValue(v.Type, a), to, explicit)
		if err != nil {
			return vec.Vec{}, err
		}
		dst[i] = r.I
	}
	if to.ID == types.Date {
		out, days := fixed[int32](f, to)
		kernel.Convert(days, dst)
		return out, nil
	}
	return vec.FromFixed(to, dst, nil), nil
}

// castToClock returns the time of day of TIMESTAMPs; infinity has none.
func castToClock(f *frame, v *vec.Vec, rows []uint64) vec.Vec {
	out, dst := fixed[int64](f, types.T(types.Time))
	x := values[int64](f, v)
	out.Valid = finiteTimes(f, v.Type, x, rows)
	for i, t := range x {
		dst[i] = types.TimeOfDay(t)
	}
	return out
}
