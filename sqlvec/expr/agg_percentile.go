package expr

import (
	"math"
	"strings"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Ordered-set aggregates get their rows in the order of WITHIN GROUP, unless they can do
// without (InAnyOrder). Their arguments are the value, then the fraction.
func init() {
	floats := types.ArrayOf(types.Float64)
	for _, id := range ids(types.Float64, types.Interval) {
		registerAggregate(&Aggregate{Name: "percentile_cont", Params: ids(id, floats), Ret: types.ArrayOf(id), Ordered: true, OrderedSet: true, states: newPercentiles(true)})
		registerAggregate(&Aggregate{Name: "percentile_cont", Params: ids(id, types.Float64), Ret: id, Ordered: true, OrderedSet: true, states: newPercentile(true)})
	}
	registerAggregate(
		&Aggregate{Name: "percentile_disc", Params: ids(anyType, types.Float64), Ret: anyType, Ordered: true, OrderedSet: true, returns: sameType, states: newPercentile(false)},
		&Aggregate{Name: "percentile_disc", Params: ids(anyType, floats), Ret: anyType, Ordered: true, OrderedSet: true,
			returns: func(args []types.Type) types.Type { return args[0].Array() }, states: newPercentiles(false)},
		&Aggregate{Name: "mode", Params: ids(anyType), Ret: anyType, Ordered: true, OrderedSet: true, returns: sameType,
			states: func(_ []types.Type, ret types.Type, _ *arena.Arena) States { return &modeStates{typ: ret} }})
}

// newPercentile returns the constructor of percentile_cont or percentile_disc.
func newPercentile(cont bool) func([]types.Type, types.Type, *arena.Arena) States {
	return func(args []types.Type, ret types.Type, a *arena.Arena) States {
		if selects(args[0]) {
			return &selection{scratch: scratch{a}, typ: ret, cont: cont}
		}
		return &percentile{typ: ret, cont: cont}
	}
}

// newPercentiles returns the constructor of those of several fractions.
func newPercentiles(cont bool) func([]types.Type, types.Type, *arena.Arena) States {
	return func(args []types.Type, ret types.Type, _ *arena.Arena) States {
		return &percentiles{percentile: percentile{typ: args[0], cont: cont}, list: ret}
	}
}

// percentile keeps the values of each group, in their order.
type percentile struct {
	typ    types.Type
	cont   bool // between two values
	groups []percentileGroup
	size   int64
}

type percentileGroup struct {
	values    []types.Value
	fraction  float64
	fractions types.Value // of percentiles: an array
	null      bool        // the fraction is NULL
}

func (s *percentile) Grow(n int)   { s.groups = grow(s.groups, n) }
func (s *percentile) Groups() int  { return len(s.groups) }
func (s *percentile) Bytes() int64 { return int64(cap(s.groups))*64 + s.size }

// each keeps the selected values that are not NULL.
func (s *percentile) each(args []vec.Vec, sel []uint64, n int, group func(int) uint32) error {
	eachSelected(n, sel, &args[0], func(i int) {
		g := &s.groups[group(i)]
		if len(g.values) == 0 {
			switch g.null = args[1].IsNull(i); {
			case g.null:
			case args[1].Type.IsArray():
				g.fractions = args[1].Value(i)
				g.fractions.S = strings.Clone(g.fractions.S)
			default:
				g.fraction = args[1].Float(i)
			}
		}
		v := RowValue(&args[0], i)
		v.S = string(append([]byte(nil), v.S...))
		g.values = append(g.values, v)
		s.size += 96 + int64(len(v.S))
	})
	return nil
}

func (s *percentile) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	return s.each(args, sel, n, func(i int) uint32 { return group[i] })
}

func (s *percentile) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	return s.each(args, sel, n, func(int) uint32 { return group })
}

func (s *percentile) Merge(src States, to []uint32) error {
	o := src.(*percentile)
	for i := range to {
		a, b := &s.groups[to[i]], &o.groups[i]
		if len(a.values) == 0 {
			a.fraction, a.fractions, a.null = b.fraction, b.fractions, b.null
		}
		a.values = append(a.values, b.values...)
	}
	s.size += o.size
	return nil
}

func (s *percentile) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, s.typ)
	for i := lo; i < hi; i++ {
		g := &s.groups[i]
		n := len(g.values)
		if n == 0 || g.null {
			b.null()
			continue
		}
		v, err := s.pick(g, n)
		if err != nil {
			return vec.Vec{}, err
		}
		b.value(v)
	}
	return b.finish()
}

// pick returns the value at the group's fraction of n values.
func (s *percentile) pick(g *percentileGroup, n int) (types.Value, error) {
	if !(g.fraction >= 0 && g.fraction <= 1) {
		return types.Value{}, dberr.Newf(dberr.NumericValueOutOfRange, "percentile value %g is not between 0 and 1", g.fraction)
	}
	if !s.cont {
		at := max(0, int(math.Ceil(g.fraction*float64(n)))-1)
		return fitForm(g.values[at], s.typ)
	}
	place := g.fraction * float64(n-1)
	first, second := int(math.Floor(place)), int(math.Ceil(place))
	part := place - float64(first)
	if first == second {
		return g.values[first], nil
	}
	if s.typ.ID == types.Float64 {
		x := g.values[first].F
		return types.FloatValue(s.typ, x+part*(g.values[second].F-x)), nil
	}
	if s.typ.ID != types.Interval {
		return types.IntValue(s.typ, TimeBetween(g.values[first].I, g.values[second].I, part)), nil
	}
	back, err := negateInterval(g.values[first].Iv)
	if err != nil {
		return types.Value{}, err
	}
	diff, err := addIntervals(g.values[second].Iv, back)
	if err != nil {
		return types.Value{}, err
	}
	if diff, err = scaleInterval(diff, part, 0); err != nil {
		return types.Value{}, err
	}
	sum, err := addIntervals(g.values[first].Iv, diff)
	return types.SpanValue(sum), err
}

// percentiles is percentile of several fractions, whose result is an array of their shape.
type percentiles struct {
	percentile
	list types.Type
}

func (s *percentiles) Merge(src States, to []uint32) error {
	return s.percentile.Merge(&src.(*percentiles).percentile, to)
}

func (s *percentiles) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, s.list)
	for i := lo; i < hi; i++ {
		g := &s.groups[i]
		if len(g.values) == 0 || g.null {
			b.null()
			continue
		}
		fractions, err := g.fractions.Array()
		if err != nil {
			return vec.Vec{}, err
		}
		for k, f := range fractions.Elems {
			fractions.Elems[k] = types.NullOf(s.typ)
			if !f.Valid {
				continue
			}
			g.fraction = f.F
			if fractions.Elems[k], err = s.pick(g, len(g.values)); err != nil {
				return vec.Vec{}, err
			}
		}
		v, err := fractions.Value(s.list)
		if err != nil {
			return vec.Vec{}, err
		}
		b.value(v)
	}
	return b.finish()
}

// modeStates is mode: rows come in order, so equal values follow each other.
type modeStates struct {
	typ    types.Type
	groups []modeGroup
}

type modeGroup struct {
	best, now types.Value
	most, run int64
}

func (s *modeStates) Grow(n int)   { s.groups = grow(s.groups, n) }
func (s *modeStates) Groups() int  { return len(s.groups) }
func (s *modeStates) Bytes() int64 { return int64(cap(s.groups)) * 208 }

// add counts v, which may alias a batch, run times.
func (g *modeGroup) add(v types.Value, run int64) {
	if g.run > 0 && types.Compare(g.now, v) == 0 {
		g.run += run
	} else {
		v.S = string(append([]byte(nil), v.S...))
		g.now, g.run = v, run
	}
	if g.run > g.most {
		g.best, g.most = g.now, g.run
	}
}

func (s *modeStates) each(v *vec.Vec, sel []uint64, n int, group func(int) uint32) {
	eachSelected(n, sel, v, func(i int) { s.groups[group(i)].add(RowValue(v, i), 1) })
}

func (s *modeStates) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	s.each(&args[0], sel, n, func(i int) uint32 { return group[i] })
	return nil
}

func (s *modeStates) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	s.each(&args[0], sel, n, func(int) uint32 { return group })
	return nil
}

// Merge is never asked for: rows of WITHIN GROUP reach the states in order, when all are
// there.
func (s *modeStates) Merge(States, []uint32) error {
	return dberr.Bug("states of mode cannot be merged")
}

func (s *modeStates) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, s.typ)
	for i := lo; i < hi; i++ {
		g := &s.groups[i]
		if g.most == 0 {
			b.null()
			continue
		}
		v, err := fitForm(g.best, s.typ)
		if err != nil {
			return vec.Vec{}, err
		}
		b.value(v)
	}
	return b.finish()
}
