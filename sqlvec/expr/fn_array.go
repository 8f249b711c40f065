package expr

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// RecordKey is the name of the function from rows to bytes that order and are equal as they do. No
// query can write it.
const RecordKey = "$record_key"

// ArrayKey is the name of the function from arrays to bytes that order and are equal as
// the arrays do. No query can write it.
const ArrayKey = "$array_key"

// The names of what ARRAY[…], subscripts and unnest become. No query can write them.
const (
	arrayCtor  = "$array"
	arrayItem  = "$array_subscript"
	arraySlice = "$array_slice"
	FlatItem   = "$array_item" // element i of an array, from 1, in row-major order
)

// typedRow makes a function row by row that wants to know the type of its result.
func typedRow(fn func(t types.Type, a []types.Value) (types.Value, error)) evalFunc {
	return func(f *frame, c *Call, args []vec.Vec, rows []uint64) (vec.Vec, error) {
		return eachRow(f, func(_ *Env, a []types.Value) (types.Value, error) { return fn(c.Typ, a) }, c.Typ, args, rows)
	}
}

// elementType is the type of the elements of the first argument.
func elementType(args []types.Type) types.Type { return args[0].Elem() }

// firstType is the type of the first argument.
func firstType(args []types.Type) types.Type { return args[0] }

func init() {
	i, b := types.Int32, types.Bool
	register(
		rowFn(RecordKey, ids(types.Record), types.Bytea, func(_ *Env, a []types.Value) (types.Value, error) {
			return types.BytesValue(types.T(types.Bytea), string(types.RecordKey(nil, a[0].S))), nil
		}),
		rowFn(ArrayKey, ids(anyArray), types.Bytea, func(_ *Env, a []types.Value) (types.Value, error) {
			return types.BytesValue(types.T(types.Bytea), string(types.ArrayKey(nil, a[0].Type, a[0].S))), nil
		}),
		&Function{Name: arrayCtor, Params: ids(anyElement), Variadic: true, NullCall: true, eval: makeArrays,
			returns: func(args []types.Type) types.Type {
				if args[0].IsArray() {
					return args[0]
				}
				return args[0].Array()
			}},
		&Function{Name: arrayItem, Params: ids(anyArray, i), Variadic: true, returns: elementType, eval: subscripts},
		&Function{Name: arraySlice, Params: ids(anyArray, i, i), Variadic: true, returns: firstType, eval: typedRow(slice)},
		&Function{Name: FlatItem, Params: ids(anyArray, types.Int64), returns: elementType, eval: typedRow(func(_ types.Type, a []types.Value) (types.Value, error) {
			return a[0].ArrayItem(a[1].I - 1)
		})},
		rowFn("@>", ids(anyArray, anyArray), b, func(_ *Env, a []types.Value) (types.Value, error) { return arrayHolds(a[0], a[1]) }),
		rowFn("<@", ids(anyArray, anyArray), b, func(_ *Env, a []types.Value) (types.Value, error) { return arrayHolds(a[1], a[0]) }),
		rowFn("&&", ids(anyArray, anyArray), b, func(_ *Env, a []types.Value) (types.Value, error) { return arrayOverlap(a[0], a[1]) }),
	)
}

// NewArray builds ARRAY[…]; nested says that the elements are arrays in brackets.
func NewArray(pos int, elems []Expr) (Expr, error) {
	if len(elems) == 0 {
		return nil, dberr.New(dberr.IndeterminateDatatype, "cannot determine type of empty array").At(pos).
			WithHint("Explicitly cast to the desired type, for example ARRAY[]::integer[].")
	}
	all, _, err := Unify("ARRAY", elems)
	if err != nil {
		return nil, err
	}
	c := &Call{At: At(pos), Fn: functions[arrayCtor][0], Args: all}
	c.Typ = refinedType(c)
	return c, nil
}

// EmptyArray is the array of type t without elements.
func EmptyArray(pos int, t types.Type) (Expr, error) {
	v, err := types.Array{}.Value(t)
	return &Const{At(pos), v}, err
}

// NewSubscript builds x[i][j]… of an array.
func NewSubscript(pos int, x Expr, index []Expr) (Expr, error) {
	for k, e := range index {
		var err error
		if index[k], err = Assign(e, types.T(types.Int32), ""); err != nil {
			return nil, dberr.New(dberr.DatatypeMismatch, "array subscript must have type integer").At(e.Pos())
		}
	}
	return NewCall(pos, arrayItem, append([]Expr{x}, index...))
}

// NewSlice builds x[lo:hi]… of an array. A nil bound is that of the array.
func NewSlice(pos int, x Expr, bounds []Expr) (Expr, error) {
	given := int64(0)
	for k, e := range bounds {
		if e == nil {
			bounds[k] = &Const{At(pos), types.IntValue(types.T(types.Int32), 0)}
			continue
		}
		given |= 1 << k
		var err error
		if bounds[k], err = Assign(e, types.T(types.Int32), ""); err != nil {
			return nil, dberr.New(dberr.DatatypeMismatch, "array subscript must have type integer").At(e.Pos())
		}
	}
	mask := &Const{At(pos), types.IntValue(types.T(types.Int32), given)}
	return NewCall(pos, arraySlice, append([]Expr{x, mask}, bounds...))
}

// makeArray is ARRAY[…]. Elements that are arrays become its rows.
func makeArray(t types.Type, a []types.Value) (types.Value, error) {
	if !a[0].Type.IsArray() {
		return types.List(a).Value(t)
	}
	var out types.Array
	empty := 0
	for i, v := range a {
		var one types.Array
		if v.Valid {
			var err error
			if one, err = v.Array(); err != nil {
				return types.Value{}, err
			}
		}
		if len(one.Elems) == 0 {
			empty++
			continue
		}
		if i > 0 && !sameDims(out.Dims, one.Dims) {
			empty = -1
			break
		}
		out.Dims, out.Elems = one.Dims, append(out.Elems, one.Elems...)
	}
	switch {
	case empty == len(a):
		return types.Array{}.Value(t)
	case empty != 0:
		return types.Value{}, dberr.New(dberr.ArraySubscriptError, "multidimensional arrays must have array expressions with matching dimensions")
	case len(out.Dims) == types.MaxDims:
		return types.Value{}, tooManyDims(types.MaxDims + 1)
	}
	out.Dims = append([]types.Dim{{Len: int32(len(a)), Lower: 1}}, out.Dims...)
	return out.Value(t)
}

func tooManyDims(n int) error {
	return dberr.Newf(dberr.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", n, types.MaxDims)
}

func sameDims(a, b []types.Dim) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// subscript is a[i][j]…: NULL outside, and for another number of subscripts than dimensions.
func subscript(t types.Type, a []types.Value) (types.Value, error) {
	if len(a) == 2 {
		return a[0].ListItem(a[1].I)
	}
	dims, _, err := a[0].ArrayDims()
	if err != nil || len(dims) != len(a)-1 {
		return types.NullOf(t), err
	}
	at := int64(0)
	for k, d := range dims {
		i := a[k+1].I - int64(d.Lower)
		if i < 0 || i >= int64(d.Len) {
			return types.NullOf(t), nil
		}
		at = at*int64(d.Len) + i
	}
	return a[0].ArrayItem(at)
}

// slice is a[lo:hi]…; the second argument says which bounds are given.
func slice(t types.Type, a []types.Value) (types.Value, error) {
	in, err := a[0].Array()
	if err != nil {
		return types.Value{}, err
	}
	mask, bounds := a[1].I, a[2:]
	if len(in.Dims) == 0 || len(bounds)/2 > len(in.Dims) {
		return types.Array{}.Value(t)
	}
	lo, n := make([]int64, len(in.Dims)), make([]int64, len(in.Dims))
	for k, d := range in.Dims {
		n[k] = int64(d.Len)
		if 2*k+1 >= len(bounds) {
			continue
		}
		hi := n[k]
		if mask>>(2*k)&1 != 0 {
			lo[k] = max(bounds[2*k].I-int64(d.Lower), 0)
		}
		if mask>>(2*k+1)&1 != 0 {
			hi = min(bounds[2*k+1].I-int64(d.Lower)+1, hi)
		}
		if n[k] = hi - lo[k]; n[k] <= 0 {
			return types.Array{}.Value(t)
		}
	}
	out := types.Array{}
	for _, x := range n {
		out.Dims = append(out.Dims, types.Dim{Len: int32(x), Lower: 1})
	}
	out.Elems = cut(nil, in.Dims, in.Elems, lo, n)
	return out.Value(t)
}

// cut appends the elements of n[0] rows from lo[0] on, and so on inwards.
func cut(dst []types.Value, dims []types.Dim, elems []types.Value, lo, n []int64) []types.Value {
	size := int64(len(elems)) / int64(dims[0].Len)
	for i := lo[0]; i < lo[0]+n[0]; i++ {
		row := elems[i*size : (i+1)*size]
		if len(dims) == 1 {
			dst = append(dst, row...)
			continue
		}
		dst = cut(dst, dims[1:], row, lo[1:], n[1:])
	}
	return dst
}

// twoArrays takes apart two arrays.
func twoArrays(a, b types.Value) (x, y types.Array, err error) {
	if x, err = a.Array(); err == nil {
		y, err = b.Array()
	}
	return x, y, err
}

// elementKeys is the set of the elements that are not NULL.
func elementKeys(a types.Array) map[string]bool {
	set := make(map[string]bool, len(a.Elems))
	for i := range a.Elems {
		if a.Elems[i].Valid {
			set[types.ElementKey(&a.Elems[i])] = true
		}
	}
	return set
}

// arrayHolds is whole @> part: a NULL is in no array.
func arrayHolds(whole, part types.Value) (types.Value, error) {
	x, y, err := twoArrays(whole, part)
	if err != nil {
		return types.Value{}, err
	}
	set := elementKeys(x)
	for i := range y.Elems {
		if !y.Elems[i].Valid || !set[types.ElementKey(&y.Elems[i])] {
			return types.BoolValue(false), nil
		}
	}
	return types.BoolValue(true), nil
}

// arrayOverlap is a && b.
func arrayOverlap(a, b types.Value) (types.Value, error) {
	x, y, err := twoArrays(a, b)
	if err != nil {
		return types.Value{}, err
	}
	set := elementKeys(x)
	for i := range y.Elems {
		if y.Elems[i].Valid && set[types.ElementKey(&y.Elems[i])] {
			return types.BoolValue(true), nil
		}
	}
	return types.BoolValue(false), nil
}
