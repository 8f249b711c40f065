package expr

import (
	"math"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// binFn is a function that gives the start of the bin that a time, its second argument, lies in.
func binFn(name string, params []types.ID, fn rowFunc) *Function {
	return &Function{Name: name, Params: params, Ret: params[1], costly: true, eval: func(f *frame, c *Call, args []vec.Vec, rows []uint64) (vec.Vec, error) {
		if out, ok := evenBins(f, args, rows); ok {
			return out, nil
		}
		return eachRow(f, fn, c.Typ, args, rows)
	}}
}

// bucketOrigin is what bins without an origin are counted from: Monday, 3 January 2000.
var bucketOrigin = types.DaysOf(2000, 1, 3) * types.MicrosPerDay

// farTime is a time that leaves room for the width of a bin.
const farTime = 1 << 61

// evenBins computes bins of a constant width that is no months, from a constant origin. ok is false for others,
// and where there is an error.
func evenBins(f *frame, args []vec.Vec, rows []uint64) (out vec.Vec, ok bool) {
	if args[0].Form != vec.Const || len(args) > 2 && args[2].Form != vec.Const {
		return out, false
	}
	width, origin := args[0].Value(0).Iv, bucketOrigin
	if len(args) > 2 {
		origin = args[2].Int(0)
	}
	n := int64(width.Days)*types.MicrosPerDay + width.Micros
	if width.Months != 0 || n <= 1 || n > farTime || origin > farTime || types.IsInfTime(origin) {
		return out, false
	}
	times := int64s(f, &args[1])
	out, dst := fixed[int64](f, args[1].Type)
	base := origin % n
	for i, t := range times {
		dst[i] = t - base
	}
	kernel.ModConst(dst, dst, n)
	bad := false
	for i, t := range times {
		rest := dst[i]
		rest += rest >> 63 & n
		if types.IsInfTime(t) {
			rest = 0
		}
		dst[i] = t - rest
		bad = bad || rest != 0 && (t > farTime || !types.ValidTime(dst[i])) && has(rows, i)
	}
	return out, !bad
}

// dateBin is date_bin(stride, time, origin).
func dateBin(_ *Env, a []types.Value) (types.Value, error) {
	stride, t, origin := a[0].Iv, a[1].I, a[2].I
	switch {
	case types.IsInfTime(t):
		return a[1], nil
	case types.IsInfTime(origin):
		return a[0], dberr.New(dberr.DatetimeFieldOverflow, "origin out of range")
	case stride.Months != 0:
		return a[0], dberr.New(dberr.FeatureNotSupported, "timestamps cannot be binned into intervals containing months or years")
	}
	n := int64(stride.Days)*types.MicrosPerDay + stride.Micros
	if n <= 0 {
		return a[0], dberr.New(dberr.DatetimeFieldOverflow, "stride must be greater than zero")
	}
	diff := t - origin
	if (t >= origin) != (diff >= 0) {
		return a[0], intervalOutOfRange()
	}
	r := origin + floorDiv(diff, n)*n
	if !types.ValidTime(r) {
		return a[0], tooFar(tsType)
	}
	return types.IntValue(a[1].Type, r), nil
}

// ageEval is age(x, y) over vectors.
func ageEval(f *frame, c *Call, args []vec.Vec, rows []uint64) (vec.Vec, error) {
	x, y := int64s(f, &args[0]), int64s(f, &args[1])
	dst := arena.MakeSpans(f.arena, f.n)
	for i := range dst {
		dst[i] = types.IntervalValue{}
		if !has(rows, i) {
			continue
		}
		v, err := age(x[i], y[i])
		if err != nil {
			return vec.Vec{}, err
		}
		dst[i] = v.Iv
	}
	return vec.FromFixed(c.Typ, dst, nil), nil
}

// age is the difference of two wall clock times in years, months, days and time.
func age(x, y int64) (types.Value, error) {
	if types.IsInfTime(x) || types.IsInfTime(y) {
		return types.Value{}, tooFar(tsType)
	}
	neg := x < y
	if neg {
		x, y = y, x
	}
	dx, tx := types.SplitDay(x)
	dy, ty := types.SplitDay(y)
	y1, m1, d1 := types.DateOf(dx)
	y2, m2, d2 := types.DateOf(dy)
	micros, days, months := tx-ty, d1-d2, (y1-y2)*12+m1-m2
	if micros < 0 {
		micros += types.MicrosPerDay
		days--
	}
	for days < 0 {
		days += types.DaysInMonth(y2, m2) // the month that is borrowed is that of the earlier time
		months--
	}
	iv := types.IntervalValue{Months: int32(months), Days: int32(days), Micros: micros}
	if neg {
		iv = types.IntervalValue{Months: -iv.Months, Days: -iv.Days, Micros: -iv.Micros}
	}
	if math.Abs(float64(months)) > math.MaxInt32 {
		return types.Value{}, intervalOutOfRange()
	}
	return types.SpanValue(iv), nil
}
