package rowtext

import "driftdb/internal/types"

// appendJSONArray appends an array as JSON; each dimension is an array of its own.
func appendJSONArray(dst []byte, ctx types.Context, v types.Value) []byte {
	a, err := v.Array()
	if err != nil {
		return append(dst, "null"...)
	}
	if len(a.Dims) == 0 {
		return append(dst, "[]"...)
	}
	dst, _ = appendJSONLevel(dst, ctx, a.Dims, a.Elems)
	return dst
}

func appendJSONLevel(dst []byte, ctx types.Context, dims []types.Dim, elems []types.Value) ([]byte, []types.Value) {
	dst = append(dst, '[')
	for i := range dims[0].Len {
		if i > 0 {
			dst = append(dst, ',')
		}
		if len(dims) > 1 {
			dst, elems = appendJSONLevel(dst, ctx, dims[1:], elems)
			continue
		}
		dst, elems = AppendJSONValue(dst, ctx, elems[0]), elems[1:]
	}
	return append(dst, ']'), elems
}
