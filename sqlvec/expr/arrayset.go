package expr

import (
	"slices"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// maxAssigned is the most elements of an array to which an assignment may extend one.
const maxAssigned = 1 << 20

// NewArraySet builds the array x with the element at the subscripts replaced by value.
func NewArraySet(pos int, x, value Expr, subscripts []Expr) (Expr, error) {
	return newArraySet(pos, setItem, x, value, nil, subscripts)
}

// NewArraySetSlice builds the array x with the part between bounds, a lower and an upper one for
// each dimension, nil for one that is not given, replaced by the elements of value.
func NewArraySetSlice(pos int, x, value Expr, bounds []Expr) (Expr, error) {
	given, list := int64(0), slices.Clone(bounds)
	for k, e := range bounds {
		if e == nil {
			list[k] = &Const{At(pos), types.IntValue(types.T(types.Int32), 0)}
			continue
		}
		given |= 1 << k
	}
	return newArraySet(pos, setSlice, x, value, &Const{At(pos), types.IntValue(types.T(types.Int32), given)}, list)
}

func newArraySet(pos int, fn *Function, x, value Expr, mask *Const, bounds []Expr) (Expr, error) {
	c := &Call{At: At(pos), Fn: fn, Args: []Expr{x, value}, Typ: x.Type()}
	if mask != nil {
		c.Args = append(c.Args, mask)
	}
	for _, e := range bounds {
		b, err := Assign(e, types.T(types.Int32), "")
		if err != nil && e.Type().ID == types.Unknown {
			return nil, err
		}
		if err != nil {
			return nil, dberr.New(dberr.DatatypeMismatch, "array subscript must have type integer").At(e.Pos())
		}
		c.Args = append(c.Args, b)
	}
	return c, nil
}

var (
	setItem = &Function{Name: "array_set", Params: ids(anyArray, anyElement, types.Int32), Variadic: true, NullCall: true,
		returns: firstType, eval: typedRow(arrayWithItem)}
	setSlice = &Function{Name: "array_set_slice", Params: ids(anyArray, anyArray, types.Int32, types.Int32), Variadic: true, NullCall: true,
		returns: firstType, eval: typedRow(arrayWithSlice)}
)

// assignedArray takes the array that is assigned to apart, and refuses subscripts that are NULL.
func assignedArray(v types.Value, subscripts []types.Value) (types.Array, error) {
	for _, s := range subscripts {
		if !s.Valid {
			return types.Array{}, dberr.New(dberr.NullValueNotAllowed, "array subscript in assignment must not be null")
		}
	}
	if !v.Valid {
		return types.Array{}, nil
	}
	return v.Array()
}

func wrongSubscripts(what string) error { return dberr.New(dberr.ArraySubscriptError, what) }

// arrayWithItem is array, value, subscripts.
func arrayWithItem(t types.Type, a []types.Value) (types.Value, error) {
	subscripts := a[2:]
	in, err := assignedArray(a[0], subscripts)
	if err != nil {
		return types.Value{}, err
	}
	if len(in.Dims) == 0 {
		for _, s := range subscripts {
			in.Dims = append(in.Dims, types.Dim{Len: 1, Lower: int32(s.I)})
		}
		in.Elems = []types.Value{a[1]}
		return in.Value(t)
	}
	if len(in.Dims) != len(subscripts) {
		return types.Value{}, wrongSubscripts("wrong number of array subscripts")
	}
	if len(in.Dims) == 1 {
		if in, err = extended(in, subscripts[0].I, subscripts[0].I, t.Elem()); err != nil {
			return types.Value{}, err
		}
	}
	at := int64(0)
	for k, d := range in.Dims {
		i := subscripts[k].I - int64(d.Lower)
		if i < 0 || i >= int64(d.Len) {
			return types.Value{}, wrongSubscripts("array subscript out of range")
		}
		at = at*int64(d.Len) + i
	}
	in.Elems = slices.Clone(in.Elems)
	in.Elems[at] = a[1]
	return in.Value(t)
}

// extended is an array of one dimension that has the subscripts lo to hi; NULLs fill it up.
func extended(in types.Array, lo, hi int64, elem types.Type) (types.Array, error) {
	first := int64(in.Dims[0].Lower)
	last := first + int64(in.Dims[0].Len) - 1
	lo, hi = min(lo, first), max(hi, last)
	if hi-lo >= maxAssigned && hi-lo > last-first {
		return in, dberr.Newf(dberr.ProgramLimitExceeded, "an assignment may extend an array to at most %d elements", maxAssigned)
	}
	elems := make([]types.Value, hi-lo+1)
	for i := range elems {
		elems[i] = types.NullOf(elem)
	}
	copy(elems[first-lo:], in.Elems)
	return types.Array{Dims: []types.Dim{{Len: int32(len(elems)), Lower: int32(lo)}}, Elems: elems}, nil
}

// arrayWithSlice is array, values, which bounds are given, bounds.
func arrayWithSlice(t types.Type, a []types.Value) (types.Value, error) {
	mask, bounds := a[2].I, a[3:]
	in, err := assignedArray(a[0], bounds)
	if err != nil {
		return types.Value{}, err
	}
	if !a[1].Valid { // nothing is assigned
		return a[0], nil
	}
	values, err := a[1].Array()
	if err != nil {
		return types.Value{}, err
	}
	lo, n, err := assignedPart(in, mask, bounds)
	if err != nil {
		return types.Value{}, err
	}
	size := int64(1)
	for _, x := range n {
		if size *= x; size > maxAssigned {
			return types.Value{}, dberr.Newf(dberr.ProgramLimitExceeded, "an assignment may replace at most %d elements of an array", maxAssigned)
		}
	}
	if size > int64(len(values.Elems)) {
		return types.Value{}, wrongSubscripts("source array too small")
	}
	switch {
	case len(in.Dims) == 0:
		for k := range n {
			in.Dims = append(in.Dims, types.Dim{Len: int32(n[k]), Lower: int32(lo[k])})
		}
		in.Elems = values.Elems[:size]
		return in.Value(t)
	case len(in.Dims) == 1:
		if in, err = extended(in, lo[0], lo[0]+n[0]-1, t.Elem()); err != nil {
			return types.Value{}, err
		}
	default:
		in.Elems = slices.Clone(in.Elems)
	}
	for k, d := range in.Dims {
		if lo[k] -= int64(d.Lower); lo[k] < 0 || lo[k]+n[k] > int64(d.Len) {
			return types.Value{}, wrongSubscripts("array subscript out of range")
		}
	}
	put(in.Dims, in.Elems, lo, n, values.Elems)
	return in.Value(t)
}

// assignedPart returns the lower subscript and the length of the part in each dimension.
func assignedPart(in types.Array, mask int64, bounds []types.Value) (lo, n []int64, err error) {
	given := len(bounds) / 2
	if len(in.Dims) > 0 && len(in.Dims) < given {
		return nil, nil, wrongSubscripts("wrong number of array subscripts")
	}
	for k := range max(given, len(in.Dims)) {
		has := func(which int) bool { return 2*k+which < len(bounds) && mask>>(2*k+which)&1 != 0 }
		if len(in.Dims) == 0 && !(has(0) && has(1)) {
			return nil, nil, dberr.New(dberr.ArraySubscriptError, "array slice subscript must provide both boundaries").
				WithDetail("When assigning to a slice of an empty array value, slice boundaries must be fully specified.")
		}
		from, to := int64(0), int64(0)
		if len(in.Dims) > 0 {
			from = int64(in.Dims[k].Lower)
			to = from + int64(in.Dims[k].Len) - 1
		}
		if has(0) {
			from = bounds[2*k].I
		}
		if has(1) {
			to = bounds[2*k+1].I
		}
		if to < from {
			return nil, nil, wrongSubscripts("upper bound cannot be less than lower bound")
		}
		lo, n = append(lo, from), append(n, to-from+1)
	}
	return lo, n, nil
}

// put writes values over n[0] rows from lo[0] on, and so on inwards, and returns those left.
func put(dims []types.Dim, elems []types.Value, lo, n []int64, values []types.Value) []types.Value {
	size := int64(len(elems)) / int64(dims[0].Len)
	for i := lo[0]; i < lo[0]+n[0]; i++ {
		row := elems[i*size : (i+1)*size]
		if len(dims) == 1 {
			row[0], values = values[0], values[1:]
			continue
		}
		values = put(dims[1:], row, lo[1:], n[1:], values)
	}
	return values
}
