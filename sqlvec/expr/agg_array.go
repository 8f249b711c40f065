package expr

import (
	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

func init() {
	for _, name := range []string{"array_agg", "list"} {
		registerArrayAgg(name)
	}
}

// registerArrayAgg adds array_agg under a name.
func registerArrayAgg(name string) {
	registerAggregate(&Aggregate{Name: name, Params: ids(anyType), Ordered: true,
		returns: func(args []types.Type) types.Type {
			if args[0].IsArray() {
				return args[0]
			}
			return args[0].Array()
		},
		states: func(args []types.Type, ret types.Type, _ *arena.Arena) States {
			return &arrayStates{ret: ret, nested: args[0].IsArray()}
		}})
}

// arrayGroup is the elements of a group, as they stand in a stored array. Arrays are
// joined along a new first dimension.
type arrayGroup struct {
	n     int32
	inner []types.Dim // of each array
	elems []byte
}

// arrayStates is array_agg.
type arrayStates struct {
	ret    types.Type
	nested bool
	groups []arrayGroup
	size   int64
}

func (s *arrayStates) Grow(n int)   { s.groups = grow(s.groups, n) }
func (s *arrayStates) Groups() int  { return len(s.groups) }
func (s *arrayStates) Bytes() int64 { return s.size + int64(cap(s.groups))*56 }

// add appends row i to a group.
func (s *arrayStates) add(group uint32, arg *vec.Vec, i int) error {
	g := &s.groups[group]
	before := cap(g.elems)
	v := rowValue(arg, i)
	if err := s.append(g, v); err != nil {
		return err
	}
	g.n++
	s.size += int64(cap(g.elems) - before)
	return nil
}

func (s *arrayStates) append(g *arrayGroup, v types.Value) (err error) {
	if !s.nested {
		g.elems, err = types.AppendElement(g.elems, &v)
		return err
	}
	if !v.Valid {
		return dberr.New(dberr.NullValueNotAllowed, "cannot accumulate null arrays")
	}
	a, err := v.Array()
	switch {
	case err != nil:
		return err
	case len(a.Dims) == 0:
		return dberr.New(dberr.ArraySubscriptError, "cannot accumulate empty arrays")
	case g.n == 0 && len(a.Dims) == types.MaxDims:
		return tooManyDims(types.MaxDims + 1)
	case g.n == 0:
		g.inner = a.Dims
	case !sameDims(g.inner, a.Dims):
		return dberr.New(dberr.ArraySubscriptError, "cannot accumulate arrays of different dimensionality")
	}
	for k := range a.Elems {
		if g.elems, err = types.AppendElement(g.elems, &a.Elems[k]); err != nil {
			return err
		}
	}
	return nil
}

// each appends the selected rows, NULLs included.
func (s *arrayStates) each(args []vec.Vec, sel []uint64, n int, group func(int) uint32) error {
	var bad error
	all := vec.Vec{N: n}
	eachSelected(n, sel, &all, func(i int) {
		if bad == nil {
			bad = s.add(group(i), &args[0], i)
		}
	})
	return bad
}

func (s *arrayStates) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	return s.each(args, sel, n, func(i int) uint32 { return group[i] })
}

func (s *arrayStates) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	return s.each(args, sel, n, func(int) uint32 { return group })
}

func (s *arrayStates) Merge(src States, to []uint32) error {
	for i := range src.(*arrayStates).groups {
		from, g := &src.(*arrayStates).groups[i], &s.groups[to[i]]
		switch {
		case from.n == 0:
			continue
		case g.n == 0:
			g.inner = from.inner
		case !sameDims(g.inner, from.inner):
			return dberr.New(dberr.ArraySubscriptError, "cannot accumulate arrays of different dimensionality")
		}
		g.n += from.n
		g.elems = append(g.elems, from.elems...)
		s.size += int64(len(from.elems))
	}
	return nil
}

func (s *arrayStates) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, s.ret)
	for i := lo; i < hi; i++ {
		g := &s.groups[i]
		if g.n == 0 {
			b.null()
			continue
		}
		dims := append([]types.Dim{{Len: g.n, Lower: 1}}, g.inner...)
		b.str(types.JoinElements(dims, g.elems))
	}
	return b.finish()
}
