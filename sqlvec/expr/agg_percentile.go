package expr

import (
	"math"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Ordered-set aggregates get their rows in the order of WITHIN GROUP, unless they can do
// without (InAnyOrder). Their arguments are the value, then the fraction.
func init() {
	for _, id := range ids(types.Float64, types.Interval) {
		registerAggregate(&Aggregate{Name: "percentile_cont", Params: ids(id, types.Float64), Ret: id, Ordered: true, OrderedSet: true, states: newPercentile(true)})
	}
	registerAggregate(
		&Aggregate{Name: "percentile_disc", Params: ids(anyType, types.Float64), Ret: anyType, Ordered: true, OrderedSet: true, returns: sameType, states: newPercentile(false)},
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

// percentile keeps the values of each group, in their order.
type percentile struct {
	typ    types.Type
	cont   bool // between two values
	groups []percentileGroup
	size   int64
}

type percentileGroup struct {
	values   []types.Value
	fraction float64
	null     bool // the fraction is NULL
}

func (s *percentile) Grow(n int)   { s.groups = grow(s.groups, n) }
func (s *percentile) Groups() int  { return len(s.groups) }
func (s *percentile) Bytes() int64 { return int64(cap(s.groups))*64 + s.size }

// each keeps the selected values that are not NULL.
func (s *percentile) each(args []vec.Vec, sel []uint64, n int, group func(int) uint32) error {
	eachSelected(n, sel, &args[0], func(i int) {
		g := &s.groups[group(i)]
		if len(g.values) == 0 {
			if g.null = args[1].IsNull(i); !g.null {
				g.fraction = args[1].Float(i)
			}
		}
		v := rowValue(&args[0], i)
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
			a.fraction, a.null = b.fraction, b.null
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
		if g.fraction < 0 || g.fraction > 1 || g.fraction != g.fraction {
			return vec.Vec{}, dberr.Newf(dberr.NumericValueOutOfRange, "percentile value %g is not between 0 and 1", g.fraction)
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
	eachSelected(n, sel, v, func(i int) { s.groups[group(i)].add(rowValue(v, i), 1) })
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
