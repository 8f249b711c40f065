package expr

import (
	"math"
	"slices"

	"driftdb/internal/types"
)

// Statistics of the elements of a list. DuckDB's aggregates of these names are made of them and array_agg.

func init() {
	for name, fn := range map[string]func([]float64) (float64, bool){
		"$product": product, "$skewness": skewness, "$kurtosis": kurtosis, "$kurtosis_pop": kurtosisPop, "$mad": medianDeviation,
	} {
		f := types.Float64
		register(rowFn(name, ids(types.ArrayOf(f)), f, func(_ *Env, a []types.Value) (types.Value, error) {
			list, err := knownElements(a[0])
			if err != nil {
				return a[0], err
			}
			x := make([]float64, len(list))
			for i, v := range list {
				x[i] = v.F
			}
			if r, ok := fn(x); ok {
				return types.FloatValue(types.T(f), r), nil
			}
			return types.NullOf(types.T(f)), nil
		}))
	}
	register(
		rowFn("$entropy", ids(anyArray), types.Float64, entropy),
		&Function{Name: "$mode", Params: ids(anyArray), returns: elementType, eval: typedRow(mostFrequent)},
		&Function{Name: "$known", Params: ids(anyArray), returns: firstType, eval: typedRow(func(t types.Type, a []types.Value) (types.Value, error) {
			list, err := knownElements(a[0])
			if err != nil {
				return a[0], err
			}
			return types.List(list).Value(t)
		})},
	)
}

// knownElements are the elements of an array that are not NULL.
func knownElements(v types.Value) ([]types.Value, error) {
	list, err := v.Array()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(list.Elems), func(e types.Value) bool { return !e.Valid }), nil
}

func product(x []float64) (float64, bool) {
	p := 1.0
	for _, v := range x {
		p *= v
	}
	return p, len(x) > 0
}

// moments returns the mean of the k-th powers of the distances from the mean, for k of 2, 3 and 4.
func moments(x []float64) (m2, m3, m4 float64) {
	n, sum := float64(len(x)), 0.0
	for _, v := range x {
		sum += v
	}
	for _, v := range x {
		d := v - sum/n
		m2, m3, m4 = m2+d*d/n, m3+d*d*d/n, m4+d*d*d*d/n
	}
	return m2, m3, m4
}

// skewness is the skewness of a sample, with the correction for its size.
func skewness(x []float64) (float64, bool) {
	n := float64(len(x))
	m2, m3, _ := moments(x)
	if n <= 2 || m2 == 0 {
		return 0, false
	}
	return math.Sqrt(n*(n-1)) / (n - 2) * m3 / math.Pow(m2, 1.5), true
}

// kurtosis is the excess kurtosis of a sample, with the correction for its size.
func kurtosis(x []float64) (float64, bool) {
	n := float64(len(x))
	g, ok := kurtosisPop(x)
	if !ok || n <= 3 {
		return 0, false
	}
	return (n - 1) / ((n - 2) * (n - 3)) * ((n+1)*g + 6), true
}

// kurtosisPop is the excess kurtosis of a population.
func kurtosisPop(x []float64) (float64, bool) {
	m2, _, m4 := moments(x)
	if len(x) <= 1 || m2 == 0 {
		return 0, false
	}
	return m4/(m2*m2) - 3, true
}

// medianOf is the median; it sorts x.
func medianOf(x []float64) float64 {
	slices.SortFunc(x, types.CompareFloat)
	mid := len(x) / 2
	if len(x)%2 == 1 {
		return x[mid]
	}
	return x[mid-1] + (x[mid]-x[mid-1])/2
}

// medianDeviation is the median of the distances from the median.
func medianDeviation(x []float64) (float64, bool) {
	if len(x) == 0 {
		return 0, false
	}
	m := medianOf(x)
	for i := range x {
		x[i] = math.Abs(x[i] - m)
	}
	return medianOf(x), true
}

// runsOf sorts values and calls fn with each and how often it is there, in their order.
func runsOf(list []types.Value, fn func(v types.Value, n int)) {
	slices.SortStableFunc(list, types.Compare)
	for from := 0; from < len(list); {
		to := from + 1
		for to < len(list) && types.Compare(list[from], list[to]) == 0 {
			to++
		}
		fn(list[from], to-from)
		from = to
	}
}

// entropy is the entropy of a list in bits.
func entropy(_ *Env, a []types.Value) (types.Value, error) {
	list, err := knownElements(a[0])
	if err != nil {
		return a[0], err
	}
	sum := 0.0
	runsOf(list, func(_ types.Value, n int) {
		p := float64(n) / float64(len(list))
		sum -= p * math.Log2(p)
	})
	return types.FloatValue(types.T(types.Float64), sum), nil
}

// mostFrequent is the value that is there most often, the least of several.
func mostFrequent(t types.Type, a []types.Value) (types.Value, error) {
	list, err := knownElements(a[0])
	best, most := types.NullOf(t), 0
	if err != nil {
		return best, err
	}
	runsOf(list, func(v types.Value, n int) {
		if n > most {
			best, most = v, n
		}
	})
	return best, nil
}
