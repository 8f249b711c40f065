package expr

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
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
	// in says of every slot whether its sum is of decimals that came as words of the scale;
	// nil unless all sums are. mixed says that such values came with several scales, or too
	// long for a word.
	in    []bool
	mixed bool
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
	if s.in != nil {
		s.in = grow(s.in, n+1)
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
	v = s.scaled(f, v, func(i int) bool { return slot[i] != 0 })
	valid, ok := s.count(f, v, slot)
	if !ok {
		return nil
	}
	if s.direct(v) {
		s.sums.add(f, v, valid)
		if s.in != nil {
			for _, k := range valid {
				s.in[k] = true
			}
		}
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
	v = s.scaled(f, v, func(i int) bool { return has(sel, i) })
	if s.direct(v) {
		sum, k := sumOne(f, v, sel)
		s.sums.addTotal(group, sum)
		s.add(group, k)
		if s.in != nil && k > 0 {
			s.in[group+1] = true
		}
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

// scaled returns decimals as scaled integers, if those of the rows in the set have the scale
// of all before and fit a word. Otherwise it returns v, and sums are decimals from now on.
func (s *numericSumStates) scaled(f *frame, v *vec.Vec, in func(i int) bool) *vec.Vec {
	if !v.Type.IsScaled() && v.Form != vec.Const && !s.mixed && (s.in != nil || s.scale < 0) {
		if out := scaledWords(f, v, in, s.scale); out != nil {
			if s.in == nil {
				s.in = make([]bool, s.groups+1)
			}
			return out
		}
	}
	if !v.Type.IsScaled() || s.in != nil {
		s.widen()
	}
	return v
}

// scaledWords returns the decimals of v in the set as integers of one scale, the given one
// unless that is negative. It returns nil where they are not such.
func scaledWords(f *frame, v *vec.Vec, in func(i int) bool, scale int) *vec.Vec {
	words := arena.MakeZero[int64](f.arena, f.n)
	for i := range words {
		if v.IsNull(i) || !in(i) {
			continue
		}
		x, at, ok := types.SmallDecimal(v.Bytes(i))
		if !ok || scale >= 0 && at != scale || at > types.MaxScaledPrec {
			return nil
		}
		words[i], scale = x, at
	}
	if scale < 0 {
		return nil
	}
	w := vec.FromFixed(types.Dec(types.MaxScaledPrec, scale), words, v.Valid)
	return &w
}

// widen moves sums of words to the decimals, so that each group keeps its own scale.
func (s *numericSumStates) widen() {
	s.mixed = true
	if s.in == nil {
		return
	}
	for g := range s.groups {
		if s.in[g+1] {
			s.addWide(uint32(g), s.sumOf(g))
		}
	}
	s.in, s.scale, s.sums = nil, -1, slotSums{}
	s.sums.growSums(s.groups)
}

// sumOf returns the sum of a group without what is wide. The scale is known.
func (s *numericSumStates) sumOf(g int) types.Decimal {
	sum := s.sums.total(g)
	return types.DecimalFromInt128(sum.Hi, sum.Lo, s.scale)
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

func (s *numericSumStates) Merge(src States, to []uint32) error { return s.MergePart(src, nil, to) }

// MergePart implements PartMerger.
func (s *numericSumStates) MergePart(src States, from, to []uint32) error {
	o := src.(*numericSumStates)
	words := o.in != nil && !s.mixed && (s.scale < 0 || s.in != nil && s.scale == o.scale)
	if s.in != nil && !words {
		s.widen()
	}
	s.mixed = s.mixed || o.mixed
	same := words || o.in == nil && (o.scale < 0 || s.scale < 0 || o.scale == s.scale)
	if same && s.scale < 0 {
		s.scale = o.scale
	}
	if same {
		s.sums.mergeSums(&o.sums, from, to)
	}
	if words && s.in == nil {
		s.in = make([]bool, s.groups+1)
	}
	for k, g := range to {
		i := groupAt(from, k)
		switch {
		case words:
			s.in[g+1] = s.in[g+1] || o.in[i+1]
		case o.in != nil && o.in[i+1] || o.in == nil && !same && o.of(i) > 0:
			s.addWide(g, o.sumOf(i))
		}
		if o.wide != nil && o.wide[i] != nil {
			s.addWide(g, *o.wide[i])
		}
	}
	s.merge(&o.valueCounts, from, to)
	return nil
}

// total returns the sum of a group.
func (s *numericSumStates) total(g int) types.Decimal {
	var d types.Decimal
	if s.scale >= 0 {
		d = s.sumOf(g)
	}
	if s.wide != nil && s.wide[g] != nil {
		if s.scale < 0 || d.Sign() == 0 && s.wide[g].Scale() >= s.scale {
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
		if s.scale >= 0 && (s.wide == nil || s.wide[g] == nil) {
			b.sum(s.sums.total(g), s.scale, s.of(g), s.avg)
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

// Late implements LateFinal.
func (s *numericSumStates) Late() bool { return s.wide == nil }

// FinalLoose implements LooseFinal.
func (s *numericSumStates) FinalLoose(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	if !s.avg && s.scale >= 0 && s.wide == nil {
		if v, ok := looseSums(&s.sums, &s.valueCounts, s.scale, lo, hi, a); ok {
			return v, nil
		}
	}
	return s.Final(lo, hi, a)
}
