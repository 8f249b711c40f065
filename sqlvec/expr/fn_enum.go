package expr

import (
	"unsafe"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// EnumRank is the name of the function from values of an enumeration to their places among
// its labels. No query can write it.
const EnumRank = "$enum_rank"

func init() {
	e := ids(anyEnum)
	same := func(args []types.Type) types.Type { return args[0] }
	list := func(args []types.Type) types.Type { return args[0].Array() }
	register(
		&Function{Name: EnumRank, Params: e, Ret: types.Int32, eval: enumRank},
		&Function{Name: "enum_first", Params: e, Ret: anyEnum, NullCall: true, returns: same, eval: enumEnd(false)},
		&Function{Name: "enum_last", Params: e, Ret: anyEnum, NullCall: true, returns: same, eval: enumEnd(true)},
		&Function{Name: "enum_range", Params: e, Ret: anyArray, NullCall: true, returns: list, eval: enumRange},
		&Function{Name: "enum_range", Params: ids(anyEnum, anyEnum), Ret: anyArray, NullCall: true, returns: list, eval: enumRange},
	)
}

// enumComparison returns the evaluation of a op b, in the order of the labels: of the newer
// definition where there are two.
func enumComparison(op kernel.Op) evalFunc {
	compare := comparison(op)
	return func(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
		if len(c.Args) > 0 {
			t, o := c.Args[0].Type(), c.Args[1].Type()
			if args[0].Type = t; types.SameEnum(t, o) {
				args[0].Type = types.NewerEnum(t, o)
			}
			args[1].Type = args[0].Type
		}
		return compare(f, c, args, sel)
	}
}

// compareRanks compares values of an enumeration by their places.
func compareRanks(f *frame, op kernel.Op, a, b *vec.Vec, w []uint64) {
	e := a.Type.Enum
	if e == nil {
		e = b.Type.Enum
	}
	clear(w)
	rank := func(v *vec.Vec, i int) int {
		if r, ok := e.Rank(alias(v.Bytes(i))); ok {
			return r
		}
		return -1
	}
	constant := b.Form == vec.Const
	y := 0
	if constant && !b.IsNull(0) {
		y = rank(b, 0)
	}
	for i := range f.n {
		if a.IsNull(i) || b.IsNull(i) {
			continue
		}
		if !constant {
			y = rank(b, i)
		}
		if op.Holds(rank(a, i) - y) {
			w[i>>6] |= 1 << (uint(i) & 63)
		}
	}
}

// enumRank computes places.
func enumRank(f *frame, c *Call, args []vec.Vec, _ []uint64) (vec.Vec, error) {
	e, v := c.Args[0].Type().Enum, &args[0]
	out, dst := fixed[int32](f, types.T(types.Int32))
	for i := range f.n {
		dst[i] = -1
		if v.IsNull(i) {
			continue
		}
		if r, ok := e.Rank(alias(v.Bytes(i))); ok {
			dst[i] = int32(r)
		}
	}
	return out, nil
}

// enumEnd answers with the first or last label of the argument's type.
func enumEnd(last bool) evalFunc {
	return func(f *frame, c *Call, _ []vec.Vec, _ []uint64) (vec.Vec, error) {
		t := c.Args[0].Type()
		labels := t.Enum.Labels
		if len(labels) == 0 {
			return vec.Vec{}, noLabels(t)
		}
		at := 0
		if last {
			at = len(labels) - 1
		}
		return constVec(types.BytesValue(t, labels[at]), f.n), nil
	}
}

// enumRange answers with the labels from the first argument to the second; one that is NULL,
// or alone, sets no bound.
func enumRange(f *frame, c *Call, args []vec.Vec, _ []uint64) (vec.Vec, error) {
	t := c.Typ.Elem()
	b := newBuilder(f, c.Typ)
	for i := range f.n {
		lo, hi := 0, len(t.Enum.Labels)-1
		if len(args) == 2 {
			if !args[0].IsNull(i) {
				lo, _ = t.Enum.Rank(alias(args[0].Bytes(i)))
			}
			if !args[1].IsNull(i) {
				hi, _ = t.Enum.Rank(alias(args[1].Bytes(i)))
			}
		}
		var elems []types.Value
		for r := lo; r <= hi; r++ {
			elems = append(elems, types.BytesValue(t, t.Enum.Labels[r]))
		}
		v, err := types.List(elems).Value(c.Typ)
		if err != nil {
			return vec.Vec{}, err
		}
		b.value(v)
	}
	return b.finish()
}

func noLabels(t types.Type) error {
	return dberr.Newf(dberr.ObjectNotInPrerequisite, "enum %s contains no values", t)
}

// alias views b as a string, for the time that b stays as it is.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
