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
	valueCounts
	avg   bool
	scale int // of sums; -1 before the first scaled vector
	sums  slotSums
	wide  []*types.Decimal // nil until a group needs it
}

// newNumericSum returns the constructor of a sum or average.
func newNumericSum(avg bool) func([]types.Type, types.Type, *arena.Arena) States {
	return func(_ []types.Type, _ types.Type, a *arena.Arena) States {
		return &numericSumStates{scratch: scratch{a}, avg: avg, scale: -1}
	}
}

func (s *numericSumStates) Grow(n int) {
	s.growCounts(n)
	s.sums.growSums(n)
	if s.wide != nil {
		s.wide = grow(s.wide, n)
	}
}
func (s *numericSumStates) Bytes() int64 {
	return s.bytes() + s.sums.bytes() + int64(len(s.wide))*64
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
	f, done := s.frame(n)
	defer done()
	return s.UpdateSlots(slotsOf(f, group, sel, n), args)
}

// UpdateSlots implements Slotted.
func (s *numericSumStates) UpdateSlots(slot []uint32, args []vec.Vec) error {
	v := &args[0]
	f, done := s.frame(len(slot))
	defer done()
	valid, ok := s.count(f, v, slot)
	if !ok {
		return nil
	}
	if s.direct(v) {
		s.sums.add(f, v, valid)
		return nil
	}
	r := decimalReader{v: v}
	for i, k := range valid {
		if k == 0 {
			continue
		}
		d, err := r.at(i)
		if err != nil {
			return err
		}
		s.addWide(k-1, d)
	}
	return nil
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
		s.sums.addTotal(group, sum)
		s.add(group, k)
		return nil
	}
	r := decimalReader{v: v}
	var bad error
	eachSelected(n, sel, v, func(i int) {
		d, err := r.at(i)
		if err != nil {
			bad = err
			return
		}
		s.add(group, 1)
		s.addWide(group, d)
	})
	return bad
}

// addWide adds a decimal to a group.
func (s *numericSumStates) addWide(g uint32, d types.Decimal) {
	if s.wide == nil {
		s.wide = make([]*types.Decimal, s.groups)
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
	if same {
		s.sums.mergeSums(&o.sums, to)
	}
	for i, g := range to {
		if sum := o.sums.total(i); !same && o.of(i) > 0 {
			s.addWide(g, types.DecimalFromInt128(sum.Hi, sum.Lo, o.scale))
		}
		if o.wide != nil && o.wide[i] != nil {
			s.addWide(g, *o.wide[i])
		}
	}
	s.merge(&o.valueCounts, to)
	return nil
}

// total returns the sum of a group.
func (s *numericSumStates) total(g int) types.Decimal {
	var d types.Decimal
	sum := s.sums.total(g)
	if s.scale >= 0 {
		d = types.DecimalFromInt128(sum.Hi, sum.Lo, s.scale)
	}
	if s.wide != nil && s.wide[g] != nil {
		if s.scale < 0 || sum == (kernel.Int128{}) && s.wide[g].Scale() >= s.scale {
			return *s.wide[g]
		}
		return d.Add(*s.wide[g])
	}
	return d
}

func (s *numericSumStates) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, types.T(types.Numeric))
	for g := lo; g < hi; g++ {
		if s.of(g) == 0 {
			b.null()
			continue
		}
		d := s.total(g)
		if s.avg {
			q, err := d.Div(types.DecimalFromInt(s.of(g), 0))
			if err != nil {
				return vec.Vec{}, err
			}
			d = q
		}
		b.decimal(d)
	}
	return b.finish()
}
