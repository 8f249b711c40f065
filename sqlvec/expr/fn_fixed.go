package expr

import (
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// The functions of values of a fixed width are computed over whole vectors.

// mapFn makes a strict, immutable function of one value that cannot fail. fn is called for the rows that are not
// selected, too.
func mapFn[A, R vec.Fixed](name string, param, ret types.ID, fn func(A) R) *Function {
	return &Function{Name: name, Params: ids(param), Ret: ret,
		eval: func(f *frame, c *Call, args []vec.Vec, _ []uint64) (vec.Vec, error) {
			out, dst := fixed[R](f, c.Typ)
			for i, a := range values[A](f, &args[0]) {
				dst[i] = fn(a)
			}
			return out, nil
		}}
}

// testFn is mapFn for a condition.
func testFn[A vec.Fixed](name string, param types.ID, fn func(A) bool) *Function {
	return &Function{Name: name, Params: ids(param), Ret: types.Bool,
		eval: func(f *frame, _ *Call, args []vec.Vec, _ []uint64) (vec.Vec, error) {
			w := f.words()
			clear(w)
			for i, a := range values[A](f, &args[0]) {
				if fn(a) {
					w[i>>6] |= 1 << (uint(i) & 63)
				}
			}
			return f.bools(w, nil), nil
		}}
}

// mapFn2 makes a strict, immutable function of two values that cannot fail.
func mapFn2[A, B, R vec.Fixed](name string, params []types.ID, ret types.ID, fn func(A, B) R) *Function {
	return &Function{Name: name, Params: params, Ret: ret,
		eval: func(f *frame, c *Call, args []vec.Vec, _ []uint64) (vec.Vec, error) {
			out, dst := fixed[R](f, c.Typ)
			y := values[B](f, &args[1])
			for i, a := range values[A](f, &args[0]) {
				dst[i] = fn(a, y[i])
			}
			return out, nil
		}}
}

// tryFn2 makes a strict, immutable function of two values; fn is called for the selected rows alone.
func tryFn2[A, B, R vec.Fixed](name string, params []types.ID, ret types.ID, fn func(A, B) (R, error)) *Function {
	return &Function{Name: name, Params: params, Ret: ret,
		eval: func(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
			out, dst := fixed[R](f, c.Typ)
			y := values[B](f, &args[1])
			for i, a := range values[A](f, &args[0]) {
				if !has(sel, i) {
					dst[i] = 0
					continue
				}
				r, err := fn(a, y[i])
				if err != nil {
					return out, err
				}
				dst[i] = r
			}
			return out, nil
		}}
}
