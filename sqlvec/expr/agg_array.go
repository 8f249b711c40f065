package expr

import (
	"unsafe"

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
		states: func(args []types.Type, ret types.Type, a *arena.Arena) States {
			return &arrayStates{scratch: scratch{a}, ret: ret, nested: args[0].IsArray()}
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
	scratch
	ret    types.Type
	nested bool
	groups []arrayGroup
	block  []byte // what is left of the newest block of elements
	size   int64  // of the blocks
}

func (s *arrayStates) Grow(n int)   { s.groups = grow(s.groups, n) }
func (s *arrayStates) Groups() int  { return len(s.groups) }
func (s *arrayStates) Bytes() int64 { return s.size + int64(cap(s.groups))*56 }

// add appends row i to a group.
func (s *arrayStates) add(group uint32, arg *vec.Vec, i int) error {
	g := &s.groups[group]
	v := RowValue(arg, i)
	s.room(g, len(v.S)+longElement)
	if err := s.append(g, v); err != nil {
		return err
	}
	g.n++
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

// longElement is more than an element takes that is no string; arrayHead more than the dimensions of an array do.
const (
	longElement = 32
	arrayHead   = 64
)

// elementBlock is the size of the blocks that elements of groups are cut from.
const elementBlock = 1 << 16

// room makes the elements of a group able to take n more bytes. They are kept in pieces of large blocks, each at
// least twice the one before.
func (s *arrayStates) room(g *arrayGroup, n int) {
	if len(g.elems)+n <= cap(g.elems) {
		return
	}
	size := max(2*cap(g.elems), len(g.elems)+n)
	if size > len(s.block) {
		s.block = make([]byte, max(size, elementBlock))
		s.size += int64(len(s.block))
	}
	piece := s.block[:len(g.elems):size]
	s.block = s.block[size:]
	copy(piece, g.elems)
	g.elems = piece
}

// each appends the selected rows, NULLs included.
func (s *arrayStates) each(args []vec.Vec, sel []uint64, n int, group func(int) uint32) error {
	f, done := s.frame(n)
	defer done()
	arg := flatten(f, &args[0])
	add := s.add
	if t := arg.Type; !s.nested && t.ID != types.Numeric {
		switch t.Class() {
		case types.I16:
			add = addInt[int16](s)
		case types.I32:
			add = addInt[int32](s)
		case types.I64:
			add = addInt[int64](s)
		case types.Bytes:
			add = s.addText
		}
	}
	var bad error
	all := vec.Vec{N: n}
	eachSelected(n, sel, &all, func(i int) {
		if bad == nil {
			bad = add(group(i), &arg, i)
		}
	})
	return bad
}

// addInt makes add for integers.
func addInt[T int16 | int32 | int64](s *arrayStates) func(group uint32, arg *vec.Vec, i int) error {
	return func(group uint32, arg *vec.Vec, i int) error {
		g := &s.groups[group]
		s.room(g, longElement)
		g.n++
		if arg.IsNull(i) {
			g.elems = append(g.elems, 0)
			return nil
		}
		g.elems = types.AppendIntElement(g.elems, int64(vec.Of[T](arg)[i]))
		return nil
	}
}

// addText is add for strings.
func (s *arrayStates) addText(group uint32, arg *vec.Vec, i int) error {
	g := &s.groups[group]
	g.n++
	if arg.IsNull(i) {
		s.room(g, 1)
		g.elems = append(g.elems, 0)
		return nil
	}
	b := arg.Bytes(i)
	s.room(g, len(b)+longElement)
	g.elems = types.AppendTextElement(g.elems, unsafe.String(unsafe.SliceData(b), len(b)))
	return nil
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
		s.room(g, len(from.elems))
		g.elems = append(g.elems, from.elems...)
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
		b.room(len(g.elems) + arrayHead)
		if s.nested {
			b.took(types.JoinElements(b.heap, append([]types.Dim{{Len: g.n, Lower: 1}}, g.inner...), g.elems))
			continue
		}
		b.took(append(types.AppendListHead(b.heap, int(g.n)), g.elems...))
	}
	return b.finish()
}
