package expr

import (
	"strings"
	"unicode/utf8"
	"unsafe"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

func init() {
	i, t := types.Int32, types.Text
	texts := types.ArrayOf(t)
	dim := func(name string, fn func(types.Dim) int64) *Function {
		return rowFn(name, ids(anyArray, i), i, func(_ *Env, a []types.Value) (types.Value, error) {
			dims, _, err := a[0].ArrayDims()
			if err != nil || a[1].I < 1 || a[1].I > int64(len(dims)) {
				return types.NullOf(types.T(i)), err
			}
			return types.IntValue(types.T(i), fn(dims[a[1].I-1])), nil
		})
	}
	likeFirst := func(args []types.Type) types.Type { return args[0] }
	likeSecond := func(args []types.Type) types.Type { return args[1] }
	list := func(name string, params []types.ID, fn func(types.Type, []types.Value) (types.Value, error)) *Function {
		return &Function{Name: name, Params: params, returns: likeFirst, NullCall: true, eval: typedRow(fn)}
	}
	prepend := func(name string) *Function {
		return &Function{Name: name, Params: ids(likeElement, likeArray), returns: likeSecond, NullCall: true, eval: typedRow(arrayPrepend)}
	}
	register(
		dim("array_length", func(d types.Dim) int64 { return int64(d.Len) }),
		dim("array_lower", func(d types.Dim) int64 { return int64(d.Lower) }),
		dim("array_upper", func(d types.Dim) int64 { return int64(d.Lower) + int64(d.Len) - 1 }),
		rowFn("array_ndims", ids(anyArray), i, func(_ *Env, a []types.Value) (types.Value, error) {
			dims, _, err := a[0].ArrayDims()
			if err != nil || len(dims) == 0 {
				return types.NullOf(types.T(i)), err
			}
			return intValue(len(dims)), nil
		}),
		rowFn("array_dims", ids(anyArray), t, func(_ *Env, a []types.Value) (types.Value, error) {
			dims, _, err := a[0].ArrayDims()
			if err != nil || len(dims) == 0 {
				return nullText, err
			}
			return textValue(types.BoundsText(dims)), nil
		}),
		&Function{Name: "cardinality", Params: ids(anyArray), Ret: i, eval: func(f *frame, c *Call, args []vec.Vec, rows []uint64) (vec.Vec, error) {
			return arrayLengths[int32](f, c, args, rows, func(_, n int) int { return n })
		}},
		rowFn(FromEnd, ids(anyArray, i), i, func(_ *Env, a []types.Value) (types.Value, error) {
			_, n, err := a[0].ArrayDims()
			return intValue(int(fromEnd(a[1].I, int64(n)))), err
		}),
		rowFn(FromEnd, ids(types.Text, i), i, func(_ *Env, a []types.Value) (types.Value, error) { return a[1], nil }),
		list("array_append", ids(likeArray, likeElement), arrayAppend), list("||", ids(likeArray, likeElement), arrayAppend),
		prepend("array_prepend"), prepend("||"),
		list("array_cat", ids(likeArray, likeArray), arrayCat), list("||", ids(likeArray, likeArray), arrayCat),
		list("array_remove", ids(likeArray, likeElement), arrayRemove),
		list("array_replace", ids(likeArray, likeElement, likeElement), arrayReplace),
		&Function{Name: "array_position", Params: ids(likeArray, likeElement), Ret: i, NullCall: true, row: arrayPosition},
		&Function{Name: "array_position", Params: ids(likeArray, likeElement, i), Ret: i, NullCall: true, row: arrayPosition},
		&Function{Name: "array_positions", Params: ids(likeArray, likeElement), Ret: types.ArrayOf(i), NullCall: true, row: arrayPositions},
		&Function{Name: "trim_array", Params: ids(anyArray, i), returns: likeFirst, eval: typedRow(trimArray)},
		&Function{Name: "array_to_string", Params: ids(anyArray, t), Ret: t, Volatility: Stable, row: arrayToString},
		&Function{Name: "array_to_string", Params: ids(anyArray, t, t), Ret: t, Volatility: Stable, NullCall: true, row: arrayToString},
		&Function{Name: "string_to_array", Params: ids(t, t), Ret: texts, NullCall: true, row: stringToArray},
		&Function{Name: "string_to_array", Params: ids(t, t, t), Ret: texts, NullCall: true, row: stringToArray},
		&Function{Name: "array_to_json", Params: ids(anyArray), Ret: types.JSON, Volatility: Stable, row: func(env *Env, a []types.Value) (types.Value, error) {
			return jsonText(string(appendJSON(nil, env, a[0]))), nil
		}},
		&Function{Name: "array_to_json", Params: ids(anyArray, types.Bool), Ret: types.JSON, Volatility: Stable, row: prettyArrayJSON},
	)
}

// prettyArrayJSON is array_to_json with a line for each element of the first dimension where the second argument
// is true.
func prettyArrayJSON(env *Env, a []types.Value) (types.Value, error) {
	array, err := a[0].Array()
	if err != nil || a[1].I == 0 || len(array.Elems) == 0 {
		return jsonText(string(appendJSON(nil, env, a[0]))), err
	}
	out, size := []byte{'['}, len(array.Elems)/int(array.Dims[0].Len)
	for i := 0; i < len(array.Elems); i += size {
		v := array.Elems[i]
		if len(array.Dims) > 1 {
			inner := types.Array{Dims: array.Dims[1:], Elems: array.Elems[i : i+size]}
			if v, err = inner.Value(a[0].Type); err != nil {
				return v, err
			}
		}
		if i > 0 {
			out = append(out, ",\n "...)
		}
		out = appendJSON(out, env, v)
	}
	return jsonText(string(append(out, ']'))), nil
}

// same reports whether two elements are both NULL or equal.
func same(a, b types.Value) bool { return types.Equal(a, b) }

func arrayAppend(t types.Type, a []types.Value) (types.Value, error) {
	return extend(t, a[0], a[1], false)
}

func arrayPrepend(t types.Type, a []types.Value) (types.Value, error) {
	return extend(t, a[1], a[0], true)
}

// extend adds an element to an array of one dimension or none.
func extend(t types.Type, array, elem types.Value, front bool) (types.Value, error) {
	var x types.Array
	if array.Valid {
		var err error
		if x, err = array.Array(); err != nil {
			return types.Value{}, err
		}
	}
	switch {
	case len(x.Dims) == 0:
		return types.List([]types.Value{elem}).Value(t)
	case len(x.Dims) > 1:
		return types.Value{}, dberr.New(dberr.DataException, "argument must be empty or one-dimensional array")
	case front:
		x.Elems = append([]types.Value{elem}, x.Elems...)
	default:
		x.Elems = append(x.Elems, elem)
	}
	x.Dims[0].Len++
	return x.Value(t)
}

// arrayCat is a || b: arrays of as many dimensions are joined along the first, one of one
// dimension less becomes a row.
func arrayCat(t types.Type, a []types.Value) (types.Value, error) {
	switch {
	case !a[0].Valid && !a[1].Valid:
		return types.NullOf(t), nil
	case !a[0].Valid:
		return types.BytesValue(t, a[1].S), nil
	case !a[1].Valid:
		return types.BytesValue(t, a[0].S), nil
	}
	x, y, err := twoArrays(a[0], a[1])
	switch {
	case err != nil:
		return types.Value{}, err
	case len(x.Dims) == 0:
		return types.BytesValue(t, a[1].S), nil
	case len(y.Dims) == 0:
		return types.BytesValue(t, a[0].S), nil
	}
	out := types.Array{Elems: append(x.Elems, y.Elems...)}
	switch len(x.Dims) - len(y.Dims) {
	case 0:
		out.Dims = x.Dims
		if !sameDims(x.Dims[1:], y.Dims[1:]) {
			return types.Value{}, incompatible("Arrays with differing element dimensions are not compatible for concatenation.")
		}
		out.Dims[0].Len += y.Dims[0].Len
	case 1:
		out.Dims = x.Dims
		if !sameDims(x.Dims[1:], y.Dims) {
			return types.Value{}, incompatible("Arrays with differing dimensions are not compatible for concatenation.")
		}
		out.Dims[0].Len++
	case -1:
		out.Dims = y.Dims
		if !sameDims(y.Dims[1:], x.Dims) {
			return types.Value{}, incompatible("Arrays with differing dimensions are not compatible for concatenation.")
		}
		out.Dims[0].Len++
	default:
		return types.Value{}, dberr.New(dberr.ArraySubscriptError, "cannot concatenate incompatible arrays").
			WithDetail("Arrays of %d and %d dimensions are not compatible for concatenation.", len(x.Dims), len(y.Dims))
	}
	return out.Value(t)
}

func incompatible(detail string) error {
	return dberr.New(dberr.ArraySubscriptError, "cannot concatenate incompatible arrays").WithDetail("%s", detail)
}

func arrayRemove(t types.Type, a []types.Value) (types.Value, error) {
	if !a[0].Valid {
		return types.NullOf(t), nil
	}
	x, err := a[0].Array()
	if err != nil || len(x.Dims) == 0 {
		return types.BytesValue(t, a[0].S), err
	}
	if len(x.Dims) > 1 {
		return types.Value{}, dberr.New(dberr.FeatureNotSupported, "removing elements from multidimensional arrays is not supported")
	}
	kept := x.Elems[:0]
	for _, e := range x.Elems {
		if !same(e, a[1]) {
			kept = append(kept, e)
		}
	}
	x.Elems, x.Dims[0].Len = kept, int32(len(kept))
	return x.Value(t)
}

func arrayReplace(t types.Type, a []types.Value) (types.Value, error) {
	if !a[0].Valid {
		return types.NullOf(t), nil
	}
	x, err := a[0].Array()
	if err != nil {
		return types.Value{}, err
	}
	for i, e := range x.Elems {
		if same(e, a[1]) {
			x.Elems[i] = a[2]
		}
	}
	return x.Value(t)
}

// positions calls fn with the subscripts of elements that equal the second argument.
func positions(a []types.Value, fn func(at int64) bool) error {
	x, err := types.ReadElements(a[0].S)
	if err != nil || x.Dims == 0 {
		return err
	}
	if x.Dims > 1 {
		return dberr.New(dberr.FeatureNotSupported, "searching for elements in multidimensional arrays is not supported")
	}
	for at := int64(x.Lower); x.Left() > 0; at++ {
		if same(x.Value(a[0].Type.Elem()), a[1]) && !fn(at) {
			break
		}
	}
	return x.Err()
}

func arrayPosition(_ *Env, a []types.Value) (types.Value, error) {
	out := types.NullOf(types.T(types.Int32))
	if !a[0].Valid {
		return out, nil
	}
	if len(a) > 2 && !a[2].Valid {
		return out, dberr.New(dberr.NullValueNotAllowed, "initial position must not be null")
	}
	err := positions(a, func(at int64) bool {
		if len(a) > 2 && at < a[2].I {
			return true
		}
		out = types.IntValue(out.Type, at)
		return false
	})
	return out, err
}

func arrayPositions(_ *Env, a []types.Value) (types.Value, error) {
	t := types.T(types.Int32)
	if !a[0].Valid {
		return types.NullOf(t.Array()), nil
	}
	var found []types.Value
	if err := positions(a, func(at int64) bool {
		found = append(found, types.IntValue(t, at))
		return true
	}); err != nil {
		return types.Value{}, err
	}
	return types.List(found).Value(t.Array())
}

func trimArray(t types.Type, a []types.Value) (types.Value, error) {
	x, err := a[0].Array()
	if err != nil {
		return types.Value{}, err
	}
	n := int64(0)
	if len(x.Dims) > 0 {
		n = int64(x.Dims[0].Len)
	}
	if a[1].I < 0 || a[1].I > n {
		return types.Value{}, dberr.Newf(dberr.ArrayElementError, "number of elements to trim must be between 0 and %d", n)
	}
	if n == a[1].I {
		return types.Array{}.Value(t)
	}
	keep := n - a[1].I
	x.Elems = x.Elems[:int64(len(x.Elems))/n*keep]
	x.Dims[0].Len = int32(keep)
	for i := range x.Dims {
		x.Dims[i].Lower = 1
	}
	return x.Value(t)
}

func arrayToString(env *Env, a []types.Value) (types.Value, error) {
	if !a[0].Valid || !a[1].Valid {
		return nullText, nil
	}
	x, err := a[0].Array()
	if err != nil {
		return types.Value{}, err
	}
	var out strings.Builder
	first := true
	for _, e := range x.Elems {
		s := ""
		switch {
		case e.Valid:
			s = env.context().Format(e)
		case len(a) < 3 || !a[2].Valid:
			continue
		default:
			s = a[2].S
		}
		if !first {
			out.WriteString(a[1].S)
		}
		first = false
		out.WriteString(s)
		if err := tooLarge(int64(out.Len())); err != nil {
			return types.Value{}, err
		}
	}
	return textValue(out.String()), nil
}

// stringToArray splits a text: at every character where the delimiter is NULL.
func stringToArray(env *Env, a []types.Value) (types.Value, error) {
	t := types.T(types.Text).Array()
	if !a[0].Valid {
		return types.NullOf(t), nil
	}
	var null *string
	if len(a) > 2 && a[2].Valid {
		null = &a[2].S
	}
	var form []byte
	var err error
	switch {
	case a[0].S == "":
		form = types.AppendListHead(nil, 0)
	case a[1].Valid && a[1].S == "":
		form = appendPart(types.AppendListHead(nil, 1), a[0].S, null)
	default:
		form, err = appendSplit(env, nil, a[0].S, a[1].S, null)
	}
	return types.BytesValue(t, string(form)), err
}

// splitText is string_split.
func splitText(env *Env, a []types.Value) (types.Value, error) {
	form, err := appendSplit(env, nil, a[0].S, a[1].S, nil)
	return types.BytesValue(types.T(types.Text).Array(), string(form)), err
}

// appendSplit appends the stored form of an array of the parts of s between separators, or of its characters if
// sep is empty. A part that is null is NULL.
func appendSplit(env *Env, dst []byte, s, sep string, null *string) ([]byte, error) {
	n := 0
	if sep != "" {
		n = strings.Count(s, sep) + 1
	} else {
		n = utf8.RuneCountInString(s)
	}
	if err := types.CheckArraySize(n); err != nil {
		return dst, err
	}
	dst = types.AppendListHead(dst, n)
	for i := range n {
		if i%readPause == readPause-1 {
			if err := env.ended(); err != nil {
				return dst, err
			}
		}
		at := len(s)
		if sep == "" {
			_, at = utf8.DecodeRuneInString(s)
		} else if i+1 < n && len(sep) == 1 {
			at = strings.IndexByte(s, sep[0])
		} else if i+1 < n {
			at = strings.Index(s, sep)
		}
		dst = appendPart(dst, s[:at], null)
		s = s[min(at+len(sep), len(s)):]
	}
	return dst, nil
}

// appendPart appends a part of a text as an element.
func appendPart(dst []byte, s string, null *string) []byte {
	if null != nil && s == *null {
		return append(dst, 0)
	}
	return types.AppendTextElement(dst, s)
}

// arrayLengths computes a number of each array from the length of its first dimension and how many elements it has.
func arrayLengths[T int32 | int64](f *frame, c *Call, args []vec.Vec, rows []uint64, of func(length, n int) int) (vec.Vec, error) {
	arrays := flatten(f, &args[0])
	out, dst := fixed[T](f, c.Typ)
	for i := range dst {
		dst[i] = 0
		if !has(rows, i) || arrays.IsNull(i) {
			continue
		}
		b := arrays.Bytes(i)
		length, n, err := types.ListLen(unsafe.String(unsafe.SliceData(b), len(b)))
		if err != nil {
			return out, err
		}
		dst[i] = T(of(length, n))
	}
	return out, nil
}

// appendJSONArray appends an array as JSON; each dimension is an array of its own.
func appendJSONArray(dst []byte, env *Env, v types.Value) []byte {
	a, err := v.Array()
	if err != nil || len(a.Dims) == 0 {
		return append(dst, "[]"...)
	}
	dst, _ = appendJSONLevel(dst, env, a.Dims, a.Elems)
	return dst
}

func appendJSONLevel(dst []byte, env *Env, dims []types.Dim, elems []types.Value) ([]byte, []types.Value) {
	dst = append(dst, '[')
	for i := range dims[0].Len {
		if i > 0 {
			dst = append(dst, ',')
		}
		if len(dims) > 1 {
			dst, elems = appendJSONLevel(dst, env, dims[1:], elems)
			continue
		}
		dst, elems = appendJSON(dst, env, elems[0]), elems[1:]
	}
	return append(dst, ']'), elems
}
