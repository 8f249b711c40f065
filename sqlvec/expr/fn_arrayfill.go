package expr

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

func init() {
	bounds := types.ArrayOf(types.Int32)
	filled := func(args []types.Type) types.Type { return args[0].Array() }
	register(
		&Function{Name: "array_fill", Params: ids(anyElement, bounds), returns: filled, NullCall: true, eval: typedRow(arrayFill)},
		&Function{Name: "array_fill", Params: ids(anyElement, bounds, bounds), returns: filled, NullCall: true, eval: typedRow(arrayFill)},
	)
	registerPaths()
}

// maxFill is the most elements that array_fill makes.
const maxFill = 1 << 24

// arrayFill is array_fill(value, lengths [, lower bounds]).
func arrayFill(t types.Type, a []types.Value) (types.Value, error) {
	dims, err := fillDims(a[1:])
	if err != nil {
		return types.Value{}, err
	}
	n := int64(min(len(dims), 1))
	for _, d := range dims {
		if n *= int64(d.Len); n > maxFill {
			return types.Value{}, dberr.Newf(dberr.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", maxFill)
		}
	}
	out := types.Array{Dims: dims, Elems: make([]types.Value, n)}
	for i := range out.Elems {
		out.Elems[i] = a[0]
	}
	return out.Value(t)
}

// fillDims reads the lengths and lower bounds.
func fillDims(a []types.Value) ([]types.Dim, error) {
	var lists [2][]types.Value
	for i, v := range a {
		if !v.Valid {
			return nil, dberr.New(dberr.NullValueNotAllowed, "dimension array or low bound array cannot be null")
		}
		x, err := v.Array()
		if err != nil {
			return nil, err
		}
		if len(x.Dims) > 1 {
			return nil, dberr.New(dberr.ArraySubscriptError, "wrong number of array subscripts").WithDetail("Dimension array must be one dimensional.")
		}
		for _, e := range x.Elems {
			if !e.Valid {
				return nil, dberr.New(dberr.NullValueNotAllowed, "dimension values cannot be null")
			}
		}
		lists[i] = x.Elems
	}
	if len(a) > 1 && len(lists[1]) != len(lists[0]) {
		return nil, dberr.New(dberr.ArraySubscriptError, "wrong number of array subscripts").WithDetail("Low bound array has different size than dimensions array.")
	}
	if len(lists[0]) > types.MaxDims {
		return nil, tooManyDims(len(lists[0]))
	}
	dims := make([]types.Dim, len(lists[0]))
	for i, e := range lists[0] {
		if e.I < 0 {
			return nil, dberr.New(dberr.ProgramLimitExceeded, "array size exceeds the maximum allowed (134217727)")
		}
		if dims[i] = (types.Dim{Len: int32(e.I), Lower: 1}); len(a) > 1 {
			dims[i].Lower = int32(lists[1][i].I)
		}
	}
	return dims, nil
}

// registerPaths adds the overloads that take TEXT[] where literals of arrays do as well.
func registerPaths() {
	j, plain, t, b := types.JSONB, types.JSON, types.ArrayOf(types.Text), types.Bool
	withText := func(name string, params []types.ID, ret types.ID, fn rowFunc) *Function {
		return rowFn(name, params, ret, func(env *Env, a []types.Value) (types.Value, error) {
			args := make([]types.Value, len(a))
			for i, v := range a {
				if args[i] = v; v.Valid && v.Type.IsArray() {
					args[i] = textValue(types.Format(v))
				}
			}
			return fn(env, args)
		})
	}
	add := func(name string, params []types.ID, ret types.ID, fn rowFunc) {
		register(withText(name, params, ret, fn))
	}
	add("#>", ids(j, t), j, asJSONB(jsonPathText(false)))
	add("#>>", ids(j, t), types.Text, jsonPathText(true))
	add("#>", ids(plain, t), plain, jsonPathText(false))
	add("#>>", ids(plain, t), types.Text, jsonPathText(true))
	add("?|", ids(j, t), b, jsonbHasKeys(false))
	add("?&", ids(j, t), b, jsonbHasKeys(true))
	add("#-", ids(j, t), j, jsonbWithoutPath)
	add("jsonb_set", ids(j, t, j), j, jsonbSet)
	add("jsonb_set", ids(j, t, j, b), j, jsonbSet)
	add("jsonb_insert", ids(j, t, j), j, jsonbInsert)
	add("jsonb_insert", ids(j, t, j, b), j, jsonbInsert)
	for n := 3; n <= 5; n++ {
		lax := withText("jsonb_set_lax", ids(j, t, j, b, types.Text)[:n:n], j, jsonbSetLax)
		lax.NullCall = true
		register(lax)
	}
}
