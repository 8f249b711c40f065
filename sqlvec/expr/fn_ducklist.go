package expr

import (
	"math"
	"slices"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// maxListLength bounds the lists that list_resize makes.
const maxListLength = 1 << 20

func init() {
	f, i, b := types.Float64, types.Int64, types.Bool
	floats := types.ArrayOf(f)
	edit := func(name string, params []types.ID, fn func(a []types.Value, elems []types.Value) ([]types.Value, error)) {
		register(&Function{Name: name, Params: params, returns: firstType, NullCall: name == "list_resize", eval: typedRow(func(t types.Type, a []types.Value) (types.Value, error) {
			if !a[0].Valid {
				return types.NullOf(t), nil
			}
			list, err := a[0].Array()
			if err != nil || len(list.Dims) > 1 {
				return a[0], errOr(err, name)
			}
			out, err := fn(a, list.Elems)
			if err != nil {
				return a[0], err
			}
			return types.List(out).Value(t)
		})})
	}
	for _, word := range []string{"list_", "array_"} {
		edit(word+"select", []types.ID{anyArray, types.ArrayOf(i)}, selectElements)
		edit(word+"where", []types.ID{anyArray, types.ArrayOf(b)}, whereElements)
		register(rowFn(word+"grade_up", ids(anyArray), types.ArrayOf(i), gradeUp))
	}
	edit("list_resize", []types.ID{anyArray, i}, resizeList)
	edit("list_resize", []types.ID{anyArray, i, anyElement}, resizeList)
	edit("list_intersect", []types.ID{anyArray, anyArray}, intersectLists)
	register(&Function{Name: "flatten", Params: ids(anyArray), returns: firstType, eval: typedRow(func(t types.Type, a []types.Value) (types.Value, error) {
		list, err := a[0].Array()
		if err != nil {
			return a[0], err
		}
		return types.List(list.Elems).Value(t)
	})})
	register(&Function{Name: "$first_element", Params: ids(anyArray), returns: elementType, eval: typedRow(func(t types.Type, a []types.Value) (types.Value, error) {
		list, err := a[0].Array()
		if err == nil && len(list.Elems) == 0 {
			err = dberr.New(dberr.InvalidParameterValue, "cannot perform list_reduce on an empty input list")
		}
		if err != nil {
			return types.NullOf(t), err
		}
		return list.Elems[0], nil
	})})
	for name, fn := range map[string]func(x, y []float64) float64{
		"distance": distance, "inner_product": dotProduct, "dot_product": dotProduct,
		"negative_inner_product": func(x, y []float64) float64 { return -dotProduct(x, y) }, "negative_dot_product": func(x, y []float64) float64 { return -dotProduct(x, y) },
		"cosine_similarity": cosine, "cosine_distance": func(x, y []float64) float64 { return 1 - cosine(x, y) },
	} {
		for _, word := range []string{"list_", "array_"} {
			register(rowFn(word+name, ids(floats, floats), f, func(_ *Env, a []types.Value) (types.Value, error) {
				x, y, err := vectors(word+name, a)
				if err != nil {
					return a[0], err
				}
				return types.FloatValue(types.T(f), fn(x, y)), nil
			}))
		}
	}
}

// selectElements are the elements with the numbers of a list, NULL for those that are not there.
func selectElements(a, elems []types.Value) ([]types.Value, error) {
	numbers, err := a[1].Array()
	if err != nil {
		return nil, err
	}
	out := make([]types.Value, len(numbers.Elems))
	for i, n := range numbers.Elems {
		out[i] = types.NullOf(a[0].Type.Elem())
		if n.Valid && n.I >= 1 && n.I <= int64(len(elems)) {
			out[i] = elems[n.I-1]
		}
	}
	return out, nil
}

// whereElements are the elements in whose places a list has true.
func whereElements(a, elems []types.Value) ([]types.Value, error) {
	wanted, err := a[1].Array()
	if err != nil {
		return nil, err
	}
	var out []types.Value
	for i, w := range wanted.Elems {
		if !w.Valid {
			return nil, dberr.New(dberr.NullValueNotAllowed, "NULLs are not allowed as list elements in the second input parameter.")
		}
		if w.I != 0 && i < len(elems) {
			out = append(out, elems[i])
		}
	}
	return out, nil
}

// gradeUp are the numbers of the elements in their order, NULLs last.
func gradeUp(_ *Env, a []types.Value) (types.Value, error) {
	list, err := a[0].Array()
	if err != nil || len(list.Dims) > 1 {
		return a[0], errOr(err, "list_grade_up")
	}
	order := make([]types.Value, len(list.Elems))
	for i := range order {
		order[i] = types.IntValue(types.T(types.Int64), int64(i+1))
	}
	slices.SortStableFunc(order, func(x, y types.Value) int {
		l, r := list.Elems[x.I-1], list.Elems[y.I-1]
		switch {
		case l.Valid && r.Valid:
			return types.Compare(l, r)
		case l.Valid:
			return -1
		case r.Valid:
			return 1
		}
		return 0
	})
	return types.List(order).Value(types.T(types.Int64).Array())
}

// resizeList cuts a list or fills it up with NULLs or a value.
func resizeList(a, elems []types.Value) ([]types.Value, error) {
	n := a[1].I
	if !a[1].Valid || n < 0 {
		n = 0
	}
	if n > maxListLength {
		return nil, dberr.Newf(dberr.ProgramLimitExceeded, "list_resize makes at most %d elements", maxListLength)
	}
	fill := types.NullOf(a[0].Type.Elem())
	if len(a) > 2 {
		fill = a[2]
	}
	out := slices.Clone(elems[:min(int(n), len(elems))])
	for len(out) < int(n) {
		out = append(out, fill)
	}
	return out, nil
}

// intersectLists are the distinct elements of the first list that the second has, too.
func intersectLists(a, elems []types.Value) ([]types.Value, error) {
	other, err := a[1].Array()
	if err != nil {
		return nil, err
	}
	there := distinctValues(other.Elems)
	slices.SortFunc(there, types.Compare)
	return slices.DeleteFunc(distinctValues(elems), func(v types.Value) bool {
		_, found := slices.BinarySearchFunc(there, v, types.Compare)
		return !found
	}), nil
}

// vectors are two lists of numbers of one length.
func vectors(name string, a []types.Value) (x, y []float64, err error) {
	out := [2][]float64{}
	for k := range out {
		list, err := a[k].Array()
		if err != nil {
			return nil, nil, err
		}
		for _, v := range list.Elems {
			if !v.Valid {
				return nil, nil, dberr.Newf(dberr.NullValueNotAllowed, "%s: a list can not contain NULL values", name)
			}
			out[k] = append(out[k], v.F)
		}
	}
	if len(out[0]) != len(out[1]) {
		return nil, nil, dberr.Newf(dberr.InvalidParameterValue, "%s: list dimensions must be equal, got left length %d and right length %d", name, len(out[0]), len(out[1]))
	}
	return out[0], out[1], nil
}

func distance(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += (x[i] - y[i]) * (x[i] - y[i])
	}
	return math.Sqrt(sum)
}

func dotProduct(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}

func cosine(x, y []float64) float64 {
	return max(-1, min(1, dotProduct(x, y)/math.Sqrt(dotProduct(x, x)*dotProduct(y, y))))
}
