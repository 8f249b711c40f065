package expr

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// numericSumStates sums or averages NUMERIC. Scaled integers of one scale are summed
// in 128 bits; whatever does not fit goes into a decimal beside it.
type numericSumStates struct {
	scratch
	avg    bool
	scale  int // of sums; -1 before the first scaled vector
	sums   []kernel.Int128
	counts []int64
	wide   []*types.Decimal // nil until a group needs it
}

// newNumericSum returns the constructor of a sum or average.
func newNumericSum(avg bool) func([]types.Type, types.Type, *arena.Arena) States {
	return func(_ []types.Type, _ types.Type, a *arena.Arena) States {
		return &numericSumStates{scratch: scratch{a}, avg: avg, scale: -1}
	}
}

func (s *numericSumStates) Grow(n int) {
	s.sums, s.counts = grow(s.sums, n), grow(s.counts, n)
	if s.wide != nil {
		s.wide = grow(s.wide, n)
	}
}
func (s *numericSumStates) Groups() int { return len(s.sums) }
func (s *numericSumStates) Bytes() int64 {
	return int64(cap(s.sums))*24 + int64(len(s.wide))*64
}

// direct reports whether values of v can be added to sums as they are.
func (s *numericSumStates) direct(v *vec.Vec) bool {
	if !v.Type.IsScaled() {
		return false
	}
	if s.scale < 0 {
		s.scale = int(v.Type.Scale)
	}
	return s.scale == int(v.Type.Scale)
}

func (s *numericSumStates) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	v := &args[0]
	if isNullConst(v) {
		return nil
	}
	f, done := s.frame(n)
	defer done()
	if s.direct(v) {
		addGroups(values[int64](f, v), group, v, sel, n, s.sums, s.counts)
		return nil
	}
	return s.each(v, sel, n, func(i int) uint32 { return group[i] })
}

func (s *numericSumStates) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	v := &args[0]
	if isNullConst(v) {
		return nil
	}
	f, done := s.frame(n)
	defer done()
	if s.direct(v) {
		sum, k := sumOne(f, v, sel)
		s.sums[group].Add128(sum)
		s.counts[group] += int64(k)
		return nil
	}
	return s.each(v, sel, n, func(int) uint32 { return group })
}

// each adds decimals one by one.
func (s *numericSumStates) each(v *vec.Vec, sel []uint64, n int, group func(int) uint32) error {
	r := decimalReader{v: v}
	var bad error
	eachSelected(n, sel, v, func(i int) {
		d, err := r.at(i)
		if err != nil {
			bad = err
			return
		}
		g := group(i)
		s.counts[g]++
		s.addWide(g, d)
	})
	return bad
}

// addWide adds a decimal to a group.
func (s *numericSumStates) addWide(g uint32, d types.Decimal) {
	if s.wide == nil {
		s.wide = make([]*types.Decimal, len(s.sums))
	}
	if s.wide[g] != nil {
		d = s.wide[g].Add(d)
	}
	s.wide[g] = &d
}

func (s *numericSumStates) Merge(src States, to []uint32) error {
	o := src.(*numericSumStates)
	same := o.scale < 0 || s.scale < 0 || o.scale == s.scale
	if s.scale < 0 {
		s.scale = o.scale
	}
	for i := range o.sums {
		g := to[i]
		s.counts[g] += o.counts[i]
		if same {
			s.sums[g].Add128(o.sums[i])
		} else if o.counts[i] > 0 {
			s.addWide(g, types.DecimalFromInt128(o.sums[i].Hi, o.sums[i].Lo, o.scale))
		}
		if o.wide != nil && o.wide[i] != nil {
			s.addWide(g, *o.wide[i])
		}
	}
	return nil
}

// total returns the sum of a group.
func (s *numericSumStates) total(g int) types.Decimal {
	var d types.Decimal
	if s.scale >= 0 {
		d = types.DecimalFromInt128(s.sums[g].Hi, s.sums[g].Lo, s.scale)
	}
	if s.wide != nil && s.wide[g] != nil {
		if s.scale < 0 || s.sums[g] == (kernel.Int128{}) && s.wide[g].Scale() >= s.scale {
			return *s.wide[g]
		}
		return d.Add(*s.wide[g])
	}
	return d
}

func (s *numericSumStates) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, types.T(types.Numeric))
	for g := lo; g < hi; g++ {
		if s.counts[g] == 0 {
			b.null()
			continue
		}
		d := s.total(g)
		if s.avg {
			q, err := d.Div(types.DecimalFromInt(s.counts[g], 0))
			if err != nil {
				return vec.Vec{}, err
			}
			d = q
		}
		b.decimal(d)
	}
	return b.finish()
}
