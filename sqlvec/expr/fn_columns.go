package expr

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// Functions of numbers that a kernel computes for a whole column.

// floatsFn is a function of doubles that has no errors.
func floatsFn(name string, fn func(dst, x []float64)) *Function {
	return &Function{Name: name, Params: ids(types.Float64), Ret: types.Float64,
		eval: func(f *frame, c *Call, args []vec.Vec, _ []uint64) (vec.Vec, error) {
			out, dst := fixed[float64](f, c.Typ)
			fn(dst, values[float64](f, &args[0]))
			return out, nil
		}}
}

// roundFn rounds doubles to integers.
func roundFn(name string, how kernel.Rounding) *Function {
	return floatsFn(name, func(dst, x []float64) { kernel.RoundFloats(how, dst, x) })
}

// byRadian is op with the degrees of a circle that are one of its radii. check may refuse what op reports to be
// looked at.
func byRadian(name string, op func(dst, a, b []float64) bool, check func(x, r float64) error) *Function {
	return &Function{Name: name, Params: ids(types.Float64), Ret: types.Float64,
		eval: func(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
			out, dst := fixed[float64](f, c.Typ)
			x, by := values[float64](f, &args[0]), arena.Make[float64](f.arena, f.n)
			for i := range by {
				by[i] = radian
			}
			if look := op(dst, x, by); !look || check == nil {
				return out, nil
			}
			for i, x := range x {
				if has(sel, i) {
					if err := check(x, dst[i]); err != nil {
						return out, err
					}
				}
			}
			return out, nil
		}}
}

// bitFn is an operator on the bits of integers.
func bitFn[T kernel.Signed](name string, id types.ID) *Function {
	return &Function{Name: name, Params: ids(id, id), Ret: id,
		eval: func(f *frame, c *Call, args []vec.Vec, _ []uint64) (vec.Vec, error) {
			out, dst := fixed[T](f, c.Typ)
			kernel.BitOp(name[0], dst, values[T](f, &args[0]), values[T](f, &args[1]))
			return out, nil
		}}
}

// shiftFn shifts the bits of integers, by a number of which only the bits of mask count.
func shiftFn[T kernel.Signed](name string, id types.ID, mask int32) *Function {
	return &Function{Name: name, Params: ids(id, types.Int32), Ret: id,
		eval: func(f *frame, c *Call, args []vec.Vec, _ []uint64) (vec.Vec, error) {
			out, dst := fixed[T](f, c.Typ)
			kernel.Shift(name == "<<", dst, values[T](f, &args[0]), values[int32](f, &args[1]), mask)
			return out, nil
		}}
}
