package expr

import (
	"cmp"
	"math"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

func init() {
	for _, id := range ids(types.Int16, types.Int32, types.Int64, types.Float32, types.Float64, types.Numeric,
		types.Text, types.Bpchar, types.Date, types.Timestamp, types.TimestampTZ, types.Interval, types.Time, types.TimeTZ) {
		for _, name := range []string{"min", "max"} {
			registerAggregate(&Aggregate{Name: name, Params: ids(id), Ret: id,
				returns: sameType, states: newExtreme(name == "max")})
			registerAggregate(&Aggregate{Name: name, Params: ids(types.ArrayOf(id)), Ret: types.ArrayOf(id),
				returns: sameType, states: newExtreme(name == "max")})
		}
	}
	for _, name := range []string{"min", "max"} {
		registerAggregate(&Aggregate{Name: name, Params: ids(anyEnum), Ret: anyEnum, returns: sameType, states: newExtreme(name == "max")})
	}
	for name, how := range map[string]picked{"first": pickFirst, "last": pickLast, "any_value": pickAny} {
		registerAggregate(&Aggregate{Name: name, Params: ids(anyType), Ret: anyType, Ordered: how != pickAny,
			returns: sameType, states: newPick(how)})
	}
}

// sameType returns the type of the first argument.
func sameType(args []types.Type) types.Type { return args[0] }

// newExtreme returns the constructor of min or max.
func newExtreme(greatest bool) func([]types.Type, types.Type, *arena.Arena) States {
	return func(args []types.Type, ret types.Type, a *arena.Arena) States {
		switch ints := (intExtreme{scratch: scratch{a}, typ: ret, greatest: greatest}); {
		case ret.Class() == types.I16, ret.Class() == types.I32, ret.Class() == types.I64, ret.Class() == types.F32, ret.Class() == types.F64:
			return &ints
		case ret.ID == types.Numeric:
			return &numericExtreme{intExtreme: ints, scale: -1}
		case ret.ID == types.Text:
			return &textExtreme{scratch: scratch{a}, greatest: greatest}
		}
		return &valueStates{typ: ret, take: extremeRule(ret, greatest)}
	}
}

// intExtreme is min or max of integers, and of floats by their ranks.
type intExtreme struct {
	scratch
	valueCounts
	typ      types.Type
	greatest bool
	best     []int64 // by slot; the other end of the type while there is no value
}

func (s *intExtreme) Grow(n int) {
	s.growCounts(n)
	old := len(s.best)
	s.best = grow(s.best, n+1)
	worst := s.worst()
	for i := old; i < len(s.best); i++ {
		s.best[i] = worst
	}
}

// worst returns the value that any other replaces.
func (s *intExtreme) worst() int64 {
	if s.greatest {
		return math.MinInt64
	}
	return math.MaxInt64
}

func (s *intExtreme) Bytes() int64 { return s.bytes() + int64(cap(s.best))*8 }

// offer gives a group one value.
func (s *intExtreme) offer(g uint32, x int64) {
	if s.greatest {
		s.best[g+1] = max(s.best[g+1], x)
	} else {
		s.best[g+1] = min(s.best[g+1], x)
	}
}

func (s *intExtreme) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	f, done := s.frame(n)
	defer done()
	return s.UpdateSlots(slotsOf(f, group, sel, n), args)
}

// UpdateSlots implements Slotted.
func (s *intExtreme) UpdateSlots(slot []uint32, args []vec.Vec) error {
	v := &args[0]
	f, done := s.frame(len(slot))
	defer done()
	valid, ok := s.count(f, v, slot)
	if !ok {
		return nil
	}
	if v.Form == vec.Narrow {
		switch v.Width {
		case 1:
			extremeSlots(s, valid, vec.Of[uint8](v), v.Base)
		case 2:
			extremeSlots(s, valid, vec.Of[uint16](v), v.Base)
		default:
			extremeSlots(s, valid, vec.Of[uint32](v), v.Base)
		}
		return nil
	}
	if v.Form == vec.Flat && v.Type.Class() == types.I32 {
		extremeSlots(s, valid, vec.Of[int32](v)[:len(valid)], 0)
		return nil
	}
	extremeSlots(s, valid, extremeInts(f, v), 0)
	return nil
}

// extremeInts returns the values of v, the ranks of floats.
func extremeInts(f *frame, v *vec.Vec) []int64 {
	switch v.Type.Class() {
	case types.F32, types.F64:
		ranks := arena.Make[int64](f.arena, v.N)
		kernel.FloatRanks(ranks, doubles(f, v))
		return ranks
	}
	return int64s(f, v)
}

// extremeSlots offers base + x to the slots.
func extremeSlots[T kernel.Int](s *intExtreme, slot []uint32, x []T, base int64) {
	if s.greatest {
		kernel.MaxSlots(s.best, slot, x, base)
	} else {
		kernel.MinSlots(s.best, slot, x, base)
	}
}

func (s *intExtreme) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	v := &args[0]
	f, done := s.frame(n)
	defer done()
	rows, ok := rowsOf(f, v, sel)
	if !ok {
		return nil
	}
	if v.Form == vec.Narrow {
		switch v.Width {
		case 1:
			extremeOne(s, group, vec.Of[uint8](v)[:n], v.Base, rows)
		case 2:
			extremeOne(s, group, vec.Of[uint16](v)[:n], v.Base, rows)
		default:
			extremeOne(s, group, vec.Of[uint32](v)[:n], v.Base, rows)
		}
		return nil
	}
	if v.Form == vec.Flat && v.Type.Class() == types.F64 && rows == nil {
		lo, hi := kernel.FloatBounds(vec.Of[float64](v)[:n])
		s.offer(group, lo)
		s.offer(group, hi)
		s.add(group, n)
		return nil
	}
	extremeOne(s, group, extremeInts(f, v), 0, rows)
	return nil
}

// extremeOne offers base + x of the rows, nil being all, to a group.
func extremeOne[T kernel.Int](s *intExtreme, group uint32, x []T, base int64, rows []uint64) {
	if lo, hi, ok := boundsOf(x, rows); ok {
		s.offer(group, base+int64(lo))
		s.offer(group, base+int64(hi))
		s.add(group, 1)
	}
}

// boundsOf returns the least and the greatest x of the rows, nil being all; ok is false if there are none.
func boundsOf[T kernel.Int](x []T, rows []uint64) (lo, hi T, ok bool) {
	switch {
	case rows != nil:
		return kernel.MinMaxMask(x, trimmed(rows, len(x)))
	case len(x) == 0:
		return 0, 0, false
	}
	lo, hi = kernel.MinMax(x)
	return lo, hi, true
}

func (s *intExtreme) Merge(src States, to []uint32) error { return s.MergePart(src, nil, to) }

// MergePart implements PartMerger.
func (s *intExtreme) MergePart(src States, from, to []uint32) error {
	o := src.(*intExtreme)
	for k, g := range to {
		s.offer(g, o.best[groupAt(from, k)+1])
	}
	s.merge(&o.valueCounts, from, to)
	return nil
}

func (s *intExtreme) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, s.typ)
	for g := lo; g < hi; g++ {
		if s.of(g) == 0 {
			b.null()
			continue
		}
		b.value(s.value(g))
	}
	return b.finish()
}

// value returns the value of a group.
func (s *intExtreme) value(g int) types.Value {
	switch s.typ.Class() {
	case types.F32, types.F64:
		return types.FloatValue(s.typ, kernel.RankFloat(s.best[g+1]))
	}
	return types.IntValue(s.typ, s.best[g+1])
}

// Late implements LateFinal.
func (s *intExtreme) Late() bool { return true }

// valueStates keeps one value a group: min and max of types that are not like integers or texts,
// first and last. Strings are copied when they are kept.
type valueStates struct {
	typ   types.Type
	nulls bool                             // NULLs count as values
	take  func(old, new *types.Value) bool // new replaces old
	vals  []types.Value
	seen  []bool
	heap  int64 // bytes of the strings kept
}

// extremeRule returns when a value replaces another in min or max.
func extremeRule(t types.Type, greatest bool) func(old, new *types.Value) bool {
	want := -1
	if greatest {
		want = 1
	}
	if t.IsEnum() {
		return func(old, new *types.Value) bool {
			a, _ := t.Enum.Rank(old.S)
			b, _ := t.Enum.Rank(new.S)
			return cmp.Compare(b, a) == want
		}
	}
	return func(old, new *types.Value) bool { return types.Compare(*new, *old) == want }
}

func (s *valueStates) Grow(n int)   { s.vals, s.seen = grow(s.vals, n), grow(s.seen, n) }
func (s *valueStates) Groups() int  { return len(s.vals) }
func (s *valueStates) Bytes() int64 { return int64(cap(s.vals))*97 + s.heap }

// offer gives a group one value, whose string may alias a batch.
func (s *valueStates) offer(g uint32, v types.Value) {
	if s.seen[g] && !s.take(&s.vals[g], &v) {
		return
	}
	s.heap += int64(len(v.S) - len(s.vals[g].S))
	v.S = string(append([]byte(nil), v.S...))
	s.vals[g], s.seen[g] = v, true
}

// each offers the selected rows of v.
func (s *valueStates) each(v *vec.Vec, sel []uint64, n int, group func(int) uint32) {
	w := *v
	if s.nulls {
		w.Valid = nil // eachSelected skips NULLs otherwise
		if isNullConst(v) {
			w.Form = vec.Flat
		}
	}
	eachSelected(n, sel, &w, func(i int) { s.offer(group(i), RowValue(v, i)) })
}

func (s *valueStates) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	s.each(&args[0], sel, n, func(i int) uint32 { return group[i] })
	return nil
}

func (s *valueStates) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	s.each(&args[0], sel, n, func(int) uint32 { return group })
	return nil
}

func (s *valueStates) Merge(src States, to []uint32) error { return s.MergePart(src, nil, to) }

// MergePart implements PartMerger.
func (s *valueStates) MergePart(src States, from, to []uint32) error {
	o := src.(*valueStates)
	for k, g := range to {
		if i := groupAt(from, k); o.seen[i] {
			s.offer(g, o.vals[i])
		}
	}
	return nil
}

func (s *valueStates) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	f := &frame{n: hi - lo, arena: a}
	b := newBuilder(f, s.typ)
	for g := lo; g < hi; g++ {
		v := s.vals[g]
		if !s.seen[g] || !v.Valid {
			b.null()
			continue
		}
		v, err := fitForm(v, s.typ)
		if err != nil {
			return vec.Vec{}, err
		}
		b.value(v)
	}
	return b.finish()
}

// fitForm gives a NUMERIC value that was computed loosely the memory form of t.
func fitForm(v types.Value, t types.Type) (types.Value, error) {
	if t.ID != types.Numeric || v.Type == t || v.Type.Class() == t.Class() && v.Type.Scale == t.Scale {
		return v, nil
	}
	d, err := v.Decimal()
	if err != nil {
		return v, err
	}
	return types.NumericValue(t, d)
}
