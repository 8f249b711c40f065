package expr

import (
	"math"
	"math/big"
	"math/bits"
	"slices"
	"strconv"

	"driftdb/internal/dberr"
	"driftdb/internal/elementary"
	"driftdb/internal/types"
)

// maxRange is how many elements the list of range may have; range in FROM has no limit.
const maxRange = 1 << 20

func init() {
	f, i, t := types.Float64, types.Int64, types.Text
	register(
		elementaryFn("log2", elementary.Log2, logDomain),
		floatFn("even", func(x float64) float64 { return math.Copysign(2*math.Ceil(math.Abs(x)/2), x) }, nil),
		testFn("isnan", f, math.IsNaN), testFn("isinf", f, func(x float64) bool { return math.IsInf(x, 0) }),
		rowFn("$text_slice", ids(t, i, i), t, textSlice),
		rowFn("$round", ids(f, types.Int32), f, func(_ *Env, a []types.Value) (types.Value, error) {
			return types.FloatValue(types.T(f), roundTo(a[0].F, int(a[1].I))), nil
		}),
		rowFn("$time_of_ms", ids(i), types.Timestamp, func(_ *Env, a []types.Value) (types.Value, error) {
			if n := a[0].I; n > math.MaxInt64/1000 || n < math.MinInt64/1000 || !types.ValidTime(n*1000) {
				return a[0], tooFar(tsType)
			}
			return types.IntValue(tsType, a[0].I*1000), nil
		}),
		rowFn("$histogram", ids(anyArray), types.JSON, histogram),
		mapFn("bit_count", i, i, func(x int64) int64 { return int64(bits.OnesCount64(uint64(x))) }),
		rowFn("range", ids(types.Timestamp, types.Timestamp, types.Interval), types.ArrayOf(types.Timestamp), timeList),
		rowFn("$range", ids(types.Timestamp, types.Timestamp, types.Interval), types.ArrayOf(types.Timestamp), timeList),
		&Function{Name: "range", Params: ids(types.TimestampTZ, types.TimestampTZ, types.Interval), Ret: types.ArrayOf(types.TimestampTZ), Volatility: Stable, row: timeList},
		rowFn("range", ids(i), types.ArrayOf(i), rangeList), rowFn("range", ids(i, i), types.ArrayOf(i), rangeList), rowFn("range", ids(i, i, i), types.ArrayOf(i), rangeList),
	)
}

// roundTo rounds to n digits behind the point, or before it where n is negative, halves away from zero.
func roundTo(x float64, n int) float64 {
	if n < 0 {
		unit := math.Pow10(-n)
		if r := math.Round(x/unit) * unit; !math.IsInf(r, 0) && r == r {
			return r
		}
		return 0
	}
	if n > 300 || x != x || math.IsInf(x, 0) {
		return x
	}
	text := strconv.FormatFloat(x, 'f', n+1, 64)
	if text[len(text)-1] == '5' && isTie(x, n) {
		near, _ := strconv.ParseFloat(text[:len(text)-1], 64)
		x = near + math.Copysign(math.Pow10(-n), x)
	}
	r, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'f', n, 64), 64)
	return r
}

// isTie reports whether x lies exactly between two numbers of n digits behind the point.
func isTie(x float64, n int) bool {
	exact := new(big.Rat).SetFloat64(x)
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	exact.Mul(exact, new(big.Rat).SetInt(power))
	return exact.Denom().IsInt64() && exact.Denom().Int64() == 2
}

// histogram counts the values of a list: a JSON object in the order of the values, NULL where there are none.
func histogram(_ *Env, a []types.Value) (types.Value, error) {
	list, err := a[0].Array()
	if err != nil {
		return a[0], err
	}
	values := slices.DeleteFunc(slices.Clone(list.Elems), func(v types.Value) bool { return !v.Valid })
	if len(values) == 0 {
		return types.NullOf(types.T(types.JSON)), nil
	}
	slices.SortStableFunc(values, types.Compare)
	out := []byte{'{'}
	for i := 0; i < len(values); {
		n := 1
		for i+n < len(values) && types.Compare(values[i], values[i+n]) == 0 {
			n++
		}
		if i > 0 {
			out = append(out, ", "...)
		}
		out = appendJSONString(out, types.Format(values[i]))
		out = strconv.AppendInt(append(out, ": "...), int64(n), 10)
		i += n
	}
	return types.BytesValue(types.T(types.JSON), string(append(out, '}'))), nil
}

// rangeList is range(stop), range(start, stop) and range(start, stop, step): the numbers before stop.
func rangeList(_ *Env, a []types.Value) (types.Value, error) {
	start, stop, step := int64(0), a[0].I, int64(1)
	if len(a) > 1 {
		start, stop = a[0].I, a[1].I
	}
	if len(a) > 2 {
		step = a[2].I
	}
	if step == 0 {
		return a[0], dberr.New(dberr.InvalidParameterValue, "the step of range cannot be zero")
	}
	count := uint64(0)
	switch {
	case step > 0 && start < stop:
		count = (uint64(stop)-uint64(start)-1)/uint64(step) + 1
	case step < 0 && start > stop:
		count = (uint64(start)-uint64(stop)-1)/-uint64(step) + 1
	}
	if count > maxRange {
		return a[0], dberr.Newf(dberr.ProgramLimitExceeded, "the list of range has more than %d elements", maxRange).
			WithHint("Use range in FROM: SELECT … FROM range(…).")
	}
	elems := make([]types.Value, count)
	for i := range elems {
		elems[i] = types.IntValue(types.T(types.Int64), start+int64(i)*step)
	}
	return types.List(elems).Value(types.T(types.Int64).Array())
}

// timeList is range over times: its end is no element.
func timeList(env *Env, a []types.Value) (types.Value, error) {
	t, step := a[0].Type, a[2].Iv
	zero := types.IntervalValue{}
	down := types.CompareInterval(step, zero) < 0
	if step == zero {
		return a[0], dberr.New(dberr.InvalidParameterValue, "the step of range cannot be zero")
	}
	var elems []types.Value
	for at := a[0].I; at < a[1].I != down && at != a[1].I; {
		if len(elems) == maxRange {
			return a[0], dberr.Newf(dberr.ProgramLimitExceeded, "the list of range has more than %d elements", maxRange).
				WithHint("Use range in FROM: SELECT … FROM range(…).")
		}
		elems = append(elems, types.IntValue(t, at))
		var next int64
		var err error
		if t.ID == types.TimestampTZ {
			next, err = addIntervalTZ(env.zone(), at, step)
		} else {
			next, err = addInterval(at, step)
		}
		if err != nil {
			return a[0], err
		}
		if next == at { // an infinite time
			return a[0], dberr.New(dberr.InvalidParameterValue, "the bounds of range must be finite")
		}
		at = next
	}
	return types.List(elems).Value(t.Array())
}

// FromEnd is the function that counts a negative subscript from the end of an array; those of a text are counted so anyway.
const FromEnd = "$from_end"

// fromEnd is place i of n, counted from the end where it is negative.
func fromEnd(i, n int64) int64 {
	if i < 0 {
		return n + i + 1
	}
	return i
}

// textSlice returns the characters from the second to the third argument, counted from 1, from the end
// where they are negative.
func textSlice(_ *Env, a []types.Value) (types.Value, error) {
	s := []rune(a[0].S)
	n := int64(len(s))
	lo, hi := max(1, fromEnd(a[1].I, n)), min(n, fromEnd(a[2].I, n))
	if lo > hi {
		return textValue(""), nil
	}
	return textValue(string(s[lo-1 : hi])), nil
}
