package expr

import (
	"math/bits"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// numericSumStates sums or averages NUMERIC. Most values come as scaled integers of one scale, the main one: they
// are summed as these are. Values of other scales are summed beside them, those of each scale on their own in 128
// bits, so that a sum shows as many digits as the value of it with the most; what does not fit is summed as
// decimals.
type numericSumStates struct {
	scratch
	valueCounts
	avg   bool
	scale int // the main one; -1 before the first scaled vector
	sums  slotSums
	// in says of every slot whether values of the main scale are in its sum; nil while all are.
	in   []bool
	more []scaleSums
	wide []*types.Decimal // by group; nil until one needs it
}

// maxScales is how many scales beside the main one have sums of their own.
const maxScales = 8

// scaleSums are sums of values of one scale.
type scaleSums struct {
	scale int
	sums  []kernel.Int128 // by group
	in    []bool          // by group: there are such values
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
	for i := range s.more {
		m := &s.more[i]
		m.sums, m.in = grow(m.sums, n), grow(m.in, n)
	}
}

func (s *numericSumStates) Bytes() int64 {
	return s.bytes() + s.sums.bytes() + int64(len(s.wide))*64 + int64(len(s.more)*s.groups)*17
}

// direct reports whether values of v can be added to the main sums as they are.
func (s *numericSumStates) direct(v *vec.Vec) bool {
	if !v.Type.IsScaled() {
		return false
	}
	if s.scale < 0 {
		s.scale = int(v.Type.Scale)
	}
	return s.scale == int(v.Type.Scale)
}

// mix notes that not all values are of the main scale, before the first that is not is counted.
func (s *numericSumStates) mix() {
	if s.in != nil {
		return
	}
	s.in = make([]bool, s.groups+1)
	if s.scale < 0 {
		return
	}
	for g := range s.groups {
		s.in[g+1] = s.of(g) > 0
	}
}

// ExpectPieces implements Pieced.
func (s *numericSumStates) ExpectPieces() { s.mix() }

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
	direct := isNullConst(v) || s.direct(v)
	if !direct {
		s.mix()
	}
	valid, ok := s.count(f, v, slot)
	switch {
	case !ok:
		return nil
	case v.Form == vec.Wide:
		x := vec.Of[kernel.Int128](v)
		for i, k := range valid {
			if k != 0 {
				s.addWide(k-1, wide{x[i], int(v.Heap[i])})
			}
		}
		return nil
	case !direct:
		return s.addOthers(f, v, len(valid), func(i int) (g uint32, ok bool) { return valid[i] - 1, valid[i] != 0 })
	}
	s.sums.add(f, v, valid, s.rows)
	if s.in != nil {
		for _, k := range valid {
			s.in[k] = true
		}
	}
	return nil
}

func (s *numericSumStates) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	v := &args[0]
	f, done := s.frame(n)
	defer done()
	rows, ok := rowsOf(f, v, sel)
	if !ok {
		return nil
	}
	if v.Type.IsScaled() {
		direct := s.direct(v)
		if !direct {
			s.mix()
		}
		sum, k := sumOne(f, v, sel)
		s.add(group, k)
		if direct {
			s.sums.addTotal(group, sum)
			if s.in != nil && k > 0 {
				s.in[group+1] = true
			}
		} else if k > 0 {
			s.addWide(group, wide{sum, int(v.Type.Scale)})
		}
		return nil
	}
	s.mix()
	k := countRows(n, rows, nil)
	s.add(group, k)
	if v.Form == vec.Const {
		if w, ok := wideOf(v.Bytes(0)); ok && w.isWord() && k > 0 {
			s.addWide(group, wide{kernel.MulWide(int64(w.x.Lo), int64(k)), w.scale})
			return nil
		}
	}
	if v.Form == vec.Wide {
		return s.addWideRows(group, v, rows)
	}
	return s.addOthers(f, v, n, func(i int) (g uint32, ok bool) { return group, has(rows, i) })
}

// addWideRows adds rows of a Wide vector to a group.
func (s *numericSumStates) addWideRows(group uint32, v *vec.Vec, rows []uint64) error {
	x, scales := vec.Of[kernel.Int128](v)[:v.N], v.Heap[:v.N]
	for lo := 0; lo < len(x); lo += 64 { // no sum of 64 such integers overflows
		part, of, mask := x[lo:min(lo+64, len(x))], scales[lo:min(lo+64, len(x))], ^uint64(0)
		if rows != nil {
			mask = rows[lo>>6]
		}
		if len(part) < 64 {
			mask &= kernel.TailMask(len(part))
		}
		if mask == ^uint64(0) && s.addTwoScales(group, part, of) {
			continue
		}
		for mask != 0 {
			scale, others := of[bits.TrailingZeros64(mask)], uint64(0)
			var sum kernel.Int128
			for m := mask; m != 0; m &= m - 1 {
				if i := bits.TrailingZeros64(m); of[i] == scale {
					sum.Add128(part[i])
				} else {
					others |= 1 << i
				}
			}
			s.addWide(group, wide{sum, int(scale)})
			mask = others
		}
	}
	return nil
}

// addTwoScales adds 64 numbers of at most two scales to a group; false, and nothing is added, where there are more.
func (s *numericSumStates) addTwoScales(group uint32, x []kernel.Int128, scales []uint8) bool {
	var others, others2 [1]uint64
	first := scales[0]
	kernel.CompareConst(kernel.Ne, scales, first, others[:])
	all := kernel.Sum128(x)
	if others[0] == 0 {
		s.addWide(group, wide{all, int(first)})
		return true
	}
	second := scales[bits.TrailingZeros64(others[0])]
	kernel.CompareConst(kernel.Ne, scales, second, others2[:])
	m := others[0]
	if m&others2[0] != 0 {
		return false
	}
	if bits.OnesCount64(m) > 32 {
		first, second, m = second, first, ^m
	}
	var few kernel.Int128
	for ; m != 0; m &= m - 1 {
		few.Add128(x[bits.TrailingZeros64(m)])
	}
	all.Add128(few.Neg())
	s.addWide(group, wide{all, int(first)})
	s.addWide(group, wide{few, int(second)})
	return true
}

// sameBytes reports whether 64 bytes are the same.
func sameBytes(b []uint8) bool {
	words, all, odd := vec.Cast[uint64](b[:64]), uint64(b[0])*0x0101010101010101, uint64(0)
	for _, w := range words {
		odd |= w ^ all
	}
	return odd == 0
}

// addOthers adds the values of v, which are not of the main scale, to the groups of n rows.
func (s *numericSumStates) addOthers(f *frame, v *vec.Vec, n int, group func(i int) (g uint32, ok bool)) error {
	r := newWideReader(f, v)
	for i := range n {
		g, ok := group(i)
		if !ok {
			continue
		}
		if w, ok := r.at(i); ok {
			if s.scale < 0 {
				s.scale = w.scale
			}
			s.addWide(g, w)
			continue
		}
		d, err := r.decimals.at(i)
		if err != nil {
			return err
		}
		s.addDecimal(g, d)
	}
	return nil
}

// addWide adds a number to a group.
func (s *numericSumStates) addWide(g uint32, w wide) {
	if w.scale == s.scale && w.isWord() {
		s.sums.addTotal(g, w.x)
		s.in[g+1] = true
		return
	}
	if m := s.sumsOf(w.scale); m != nil {
		if sum := m.sums[g]; !sum.Add128(w.x) {
			m.sums[g], m.in[g] = sum, true
			return
		}
	}
	s.addDecimal(g, w.decimal())
}

// sumsOf returns the sums of values of a scale that is not the main one; nil where there are too many scales.
func (s *numericSumStates) sumsOf(scale int) *scaleSums {
	for i := range s.more {
		if s.more[i].scale == scale {
			return &s.more[i]
		}
	}
	if len(s.more) == maxScales {
		return nil
	}
	s.more = append(s.more, scaleSums{scale, make([]kernel.Int128, s.groups), make([]bool, s.groups)})
	return &s.more[len(s.more)-1]
}

// addDecimal adds a decimal to a group.
func (s *numericSumStates) addDecimal(g uint32, d types.Decimal) {
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
	if s.scale < 0 && s.in == nil {
		s.scale = o.scale
	}
	same := o.scale < 0 || s.scale == o.scale
	if !same || o.in != nil {
		s.mix()
	}
	if same && o.scale >= 0 {
		s.sums.mergeSums(&o.sums, from, to)
	}
	if s.in != nil {
		for k, g := range to {
			s.mergeOthers(o, groupAt(from, k), g, same)
		}
	}
	s.merge(&o.valueCounts, from, to)
	return nil
}

// mergeOthers adds group i of o to group g without the main sums, unless these are of another scale.
func (s *numericSumStates) mergeOthers(o *numericSumStates, i int, g uint32, same bool) {
	if o.hasMain(i) {
		if same {
			s.in[g+1] = true
		} else {
			s.addWide(g, wide{o.sums.total(i), o.scale})
		}
	}
	for m := range o.more {
		if part := &o.more[m]; part.in[i] {
			s.addWide(g, wide{part.sums[i], part.scale})
		}
	}
	if o.wide != nil && o.wide[i] != nil {
		s.addDecimal(g, *o.wide[i])
	}
}

// hasMain reports whether a group has values of the main scale.
func (s *numericSumStates) hasMain(g int) bool {
	if s.in != nil {
		return s.in[g+1]
	}
	return s.scale >= 0 && s.of(g) > 0
}

// total returns the sum of a group that has values.
func (s *numericSumStates) total(g int) types.Decimal {
	var d types.Decimal // 0 without digits after the point
	if s.hasMain(g) {
		d = wide{s.sums.total(g), s.scale}.decimal()
	}
	for i := range s.more {
		if m := &s.more[i]; m.in[g] {
			d = d.Add(wide{m.sums[g], m.scale}.decimal())
		}
	}
	if s.wide != nil && s.wide[g] != nil {
		d = d.Add(*s.wide[g])
	}
	return d
}

// totalWide is total where the sum and its parts fit.
func (s *numericSumStates) totalWide(g int) (w wide, ok bool) {
	if s.wide != nil && s.wide[g] != nil {
		return w, false
	}
	if s.hasMain(g) {
		w = wide{s.sums.total(g), s.scale}
	}
	for i := range s.more {
		m := &s.more[i]
		if !m.in[g] {
			continue
		}
		var part wide
		if w, part, ok = atOneScale(w, wide{m.sums[g], m.scale}); !ok || w.x.Add128(part.x) {
			return w, false
		}
	}
	return w, w.fits()
}

// final appends the result of a group.
func (s *numericSumStates) final(b *wideBuilder, g int) error {
	n := s.of(g)
	if n == 0 {
		b.null()
		return nil
	}
	w, ok := s.totalWide(g)
	if ok && s.avg {
		w.x.Hi, w.x.Lo, w.scale, ok = types.QuotientWide(w.x.Hi, w.x.Lo, w.scale, n, 0)
	}
	if ok {
		b.add(w)
		return nil
	}
	d := s.total(g)
	if s.avg {
		var err error
		if d, err = d.Div(types.DecimalFromInt(n, 0)); err != nil {
			return err
		}
	}
	b.decimal(d)
	return nil
}

func (s *numericSumStates) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	v, err := s.FinalLoose(lo, hi, a)
	return Strict(v, types.T(types.Numeric), a), err
}

// Late implements LateFinal.
func (s *numericSumStates) Late() bool { return s.wide == nil }

// FinalLoose implements LooseFinal.
func (s *numericSumStates) FinalLoose(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	if !s.avg && s.scale >= 0 && s.in == nil {
		if v, ok := looseSums(&s.sums, &s.valueCounts, s.scale, lo, hi, a); ok {
			return v, nil
		}
	}
	b := newWideBuilder(&frame{n: hi - lo, arena: a})
	for g := lo; g < hi; g++ {
		if err := s.final(b, g); err != nil {
			return vec.Vec{}, err
		}
	}
	return b.finish()
}
