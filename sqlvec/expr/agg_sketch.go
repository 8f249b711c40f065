package expr

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"

	"github.com/zeebo/xxh3"
)

// Approximate aggregates hold little memory whatever the number of rows. What they answer depends
// on the set of the values alone, not on the order in which rows come or workers share them, so
// that the same question has the same answer.
func init() {
	registerAggregate(&Aggregate{Name: "approx_count_distinct", Params: ids(anyType), Ret: types.Int64, Empty: true,
		states: func(args []types.Type, _ types.Type, _ *arena.Arena) States { return &distinctSketch{typ: args[0]} }})
	for _, id := range ids(types.Int16, types.Int32, types.Int64, types.Float64, types.Date, types.Time, types.Timestamp, types.TimestampTZ) {
		registerAggregate(&Aggregate{Name: "approx_quantile", Params: ids(id, types.Float64), Ret: id,
			states: func(_ []types.Type, ret types.Type, _ *arena.Arena) States { return &quantileSketch{typ: ret} }})
	}
}

// The number of distinct values is exact up to distinctExact; beyond it is estimated by HyperLogLog
// (Flajolet, Fusy, Gandouet, Meunier, 2007) with 2^distinctBits registers, to about 1 %.
const (
	distinctExact = 512
	distinctBits  = 13
)

// distinctSketch is approx_count_distinct.
type distinctSketch struct {
	typ    types.Type
	groups []distinctGroup
	size   int64
}

// distinctGroup holds the hashes of its values, and registers instead once they are many.
type distinctGroup struct {
	hashes    map[uint64]struct{}
	registers []uint8
}

func (s *distinctSketch) Grow(n int)   { s.groups = grow(s.groups, n) }
func (s *distinctSketch) Groups() int  { return len(s.groups) }
func (s *distinctSketch) Bytes() int64 { return int64(cap(s.groups))*32 + s.size }

// hash is a hash of value i, the same for equal values.
func (s *distinctSketch) hash(v *vec.Vec, i int) uint64 {
	var b [8]byte
	switch s.typ.Class() {
	case types.Bits, types.I16, types.I32, types.I64:
		binary.LittleEndian.PutUint64(b[:], uint64(v.Int(i)))
		return xxh3.Hash(b[:])
	case types.F32, types.F64:
		x := v.Float(i)
		if x == 0 || x != x { // one zero, one NaN
			x = math.Abs(x)
		}
		binary.LittleEndian.PutUint64(b[:], math.Float64bits(x))
		return xxh3.Hash(b[:])
	}
	if s.typ.IsString() || s.typ.ID == types.Bytea || s.typ.ID == types.UUID {
		return xxh3.Hash(v.Bytes(i))
	}
	return xxh3.HashString(types.Format(RowValue(v, i)))
}

func (s *distinctSketch) add(g *distinctGroup, h uint64) {
	if g.registers != nil {
		g.register(h)
		return
	}
	if g.hashes == nil {
		g.hashes = map[uint64]struct{}{}
	}
	if _, ok := g.hashes[h]; ok {
		return
	}
	s.size += 16
	if g.hashes[h] = struct{}{}; len(g.hashes) <= distinctExact {
		return
	}
	g.registers = make([]uint8, 1<<distinctBits)
	s.size += int64(len(g.registers)) - 16*int64(len(g.hashes))
	for h := range g.hashes {
		g.register(h)
	}
	g.hashes = nil
}

func (g *distinctGroup) register(h uint64) {
	i := h >> (64 - distinctBits)
	rank := uint8(bits.LeadingZeros64(h<<distinctBits|1<<(distinctBits-1))) + 1
	g.registers[i] = max(g.registers[i], rank)
}

func (g *distinctGroup) estimate() int64 {
	if g.registers == nil {
		return int64(len(g.hashes))
	}
	const m = 1 << distinctBits
	sum, zero := 0.0, 0
	for _, r := range g.registers {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			zero++
		}
	}
	n := 0.7213 / (1 + 1.079/m) * m * m / sum
	if n <= 2.5*m && zero > 0 {
		n = m * math.Log(m/float64(zero))
	}
	return int64(math.Round(n))
}

func (s *distinctSketch) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	eachSelected(n, sel, &args[0], func(i int) { s.add(&s.groups[group[i]], s.hash(&args[0], i)) })
	return nil
}

func (s *distinctSketch) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	g := &s.groups[group]
	eachSelected(n, sel, &args[0], func(i int) { s.add(g, s.hash(&args[0], i)) })
	return nil
}

func (s *distinctSketch) Merge(src States, to []uint32) error {
	o := src.(*distinctSketch)
	for i, t := range to {
		from, g := &o.groups[i], &s.groups[t]
		for h := range from.hashes {
			s.add(g, h)
		}
		if from.registers == nil {
			continue
		}
		if g.registers == nil {
			g.registers = make([]uint8, 1<<distinctBits)
			s.size += int64(len(g.registers))
			for h := range g.hashes {
				g.register(h)
			}
			g.hashes = nil
		}
		for j, r := range from.registers {
			g.registers[j] = max(g.registers[j], r)
		}
	}
	return nil
}

func (s *distinctSketch) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, types.T(types.Int64))
	for i := lo; i < hi; i++ {
		b.value(types.IntValue(types.T(types.Int64), s.groups[i].estimate()))
	}
	return b.finish()
}

// quantileSketch is approx_quantile: values are counted in ranges that grow with them, of 1/131072 of
// the value, and the answer is the least value of the range that the quantile is in. So it is a value
// that there is, and exact for whole numbers below 131072.
type quantileSketch struct {
	typ    types.Type
	groups []quantileGroup
	size   int64
}

type quantileGroup struct {
	ranges   map[int64]valueRange
	n        int64
	fraction float64
	null     bool
}

// valueRange is the values in a range: how many, and the least in the order of sortable.
type valueRange struct{ n, least int64 }

func (s *quantileSketch) Grow(n int)   { s.groups = grow(s.groups, n) }
func (s *quantileSketch) Groups() int  { return len(s.groups) }
func (s *quantileSketch) Bytes() int64 { return int64(cap(s.groups))*40 + s.size }

// sortable maps a float to an integer in the same order; NaN comes last.
func sortable(x float64) int64 {
	if x != x {
		return math.MaxInt64
	}
	b := int64(math.Float64bits(x + 0)) // no negative zero
	return b ^ (b>>63)&math.MaxInt64
}

// fromSortable undoes sortable.
func fromSortable(b int64) float64 {
	if b == math.MaxInt64 {
		return math.NaN()
	}
	return math.Float64frombits(uint64(b ^ (b>>63)&math.MaxInt64))
}

// keyOf returns the range of value i and the value itself, both in order.
func (s *quantileSketch) keyOf(v *vec.Vec, i int) (key, value int64) {
	const rangeShift = 52 - 16
	if s.typ.ID == types.Float64 {
		value = sortable(v.Float(i))
		return value >> rangeShift, value
	}
	value = v.Int(i)
	return sortable(float64(value)) >> rangeShift, value
}

func (s *quantileSketch) add(g *quantileGroup, v *vec.Vec, fraction *vec.Vec, i int) {
	if g.ranges == nil {
		g.ranges = map[int64]valueRange{}
		if g.null = fraction.IsNull(i); !g.null {
			g.fraction = fraction.Float(i)
		}
	}
	key, value := s.keyOf(v, i)
	s.count(g, key, valueRange{1, value})
}

func (s *quantileSketch) count(g *quantileGroup, key int64, r valueRange) {
	old, ok := g.ranges[key]
	if !ok {
		s.size += 48
		old.least = r.least
	}
	g.n += r.n
	g.ranges[key] = valueRange{old.n + r.n, min(old.least, r.least)}
}

func (s *quantileSketch) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	eachSelected(n, sel, &args[0], func(i int) { s.add(&s.groups[group[i]], &args[0], &args[1], i) })
	return nil
}

func (s *quantileSketch) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	g := &s.groups[group]
	eachSelected(n, sel, &args[0], func(i int) { s.add(g, &args[0], &args[1], i) })
	return nil
}

func (s *quantileSketch) Merge(src States, to []uint32) error {
	o := src.(*quantileSketch)
	for i, t := range to {
		from, g := &o.groups[i], &s.groups[t]
		if from.ranges == nil {
			continue
		}
		if g.ranges == nil {
			g.ranges, g.fraction, g.null = map[int64]valueRange{}, from.fraction, from.null
		}
		for key, r := range from.ranges {
			s.count(g, key, r)
		}
	}
	return nil
}

func (s *quantileSketch) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, s.typ)
	for i := lo; i < hi; i++ {
		g := &s.groups[i]
		if g.n == 0 || g.null {
			b.null()
			continue
		}
		if !(g.fraction >= 0 && g.fraction <= 1) {
			return vec.Vec{}, dberr.Newf(dberr.NumericValueOutOfRange, "percentile value %g is not between 0 and 1", g.fraction)
		}
		x := g.pick()
		if s.typ.ID == types.Float64 {
			b.value(types.FloatValue(s.typ, fromSortable(x)))
		} else {
			b.value(types.IntValue(s.typ, x))
		}
	}
	return b.finish()
}

// pick returns the least value of the range that holds the quantile.
func (g *quantileGroup) pick() int64 {
	keys := make([]int64, 0, len(g.ranges))
	for key := range g.ranges {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	place := max(1, int64(math.Ceil(g.fraction*float64(g.n))))
	for _, key := range keys {
		r := g.ranges[key]
		if place -= r.n; place <= 0 {
			return r.least
		}
	}
	return g.ranges[keys[len(keys)-1]].least
}
