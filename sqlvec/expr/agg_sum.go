package expr

import (
	"math"
	"math/bits"
	"slices"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// CountRows is the name of the aggregate that counts rows of several columns, NULL or not. No query can write it.
const CountRows = "$count_rows"

// MaxCountedColumns is the most arguments of CountRows.
const MaxCountedColumns = 16

func init() {
	count := func(name string, p ...types.ID) *Aggregate {
		return &Aggregate{Name: name, Params: p, Ret: types.Int64, Empty: true,
			states: func(_ []types.Type, _ types.Type, a *arena.Arena) States {
				return &countStates{scratch: scratch{a}}
			}}
	}
	registerAggregate(count("count"), count("count", anyType))
	for n := 2; n <= MaxCountedColumns; n++ {
		registerAggregate(count(CountRows, slices.Repeat(ids(anyType), n)...))
	}
	for in, out := range map[types.ID]types.ID{types.Int16: types.Int64, types.Int32: types.Int64, types.Int64: types.Numeric} {
		registerAggregate(&Aggregate{Name: "sum", Params: ids(in), Ret: out, states: newIntSum(false)},
			&Aggregate{Name: "avg", Params: ids(in), Ret: types.Numeric, states: newIntSum(true)})
	}
	registerAggregate(
		&Aggregate{Name: "sum", Params: ids(types.Numeric), Ret: types.Numeric, states: newNumericSum(false)},
		&Aggregate{Name: "avg", Params: ids(types.Numeric), Ret: types.Numeric, states: newNumericSum(true)},
		&Aggregate{Name: "sum", Params: ids(types.Float32), Ret: types.Float32, states: newFloatSum(false)},
		&Aggregate{Name: "sum", Params: ids(types.Float64), Ret: types.Float64, states: newFloatSum(false)},
		&Aggregate{Name: "avg", Params: ids(types.Float32), Ret: types.Float64, states: newFloatSum(true)},
		&Aggregate{Name: "avg", Params: ids(types.Float64), Ret: types.Float64, states: newFloatSum(true)},
		&Aggregate{Name: "sum", Params: ids(types.Interval), Ret: types.Interval, states: newSpanSum(false)},
		&Aggregate{Name: "avg", Params: ids(types.Interval), Ret: types.Interval, states: newSpanSum(true)},
	)
}

// grow makes s hold n values, the new ones zero.
func grow[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	if n <= cap(s) {
		old := len(s)
		s = s[:n]
		clear(s[old:])
		return s
	}
	g := make([]T, n, max(n, 2*cap(s)))
	copy(g, s)
	return g
}

// eachSelected calls fn for the rows of sel in which v is not NULL. The call is
// inlined where fn is a literal, so it costs a test of a word per 64 rows.
func eachSelected(n int, sel []uint64, v *vec.Vec, fn func(i int)) {
	if isNullConst(v) {
		return
	}
	valid := v.Valid
	if v.Form == vec.Const {
		valid = nil
	}
	for lo := 0; lo < n; lo += 64 {
		m := ^uint64(0)
		if n-lo < 64 {
			m = kernel.TailMask(n)
		}
		if sel != nil {
			m &= sel[lo>>6]
		}
		if valid != nil {
			m &= valid[lo>>6]
		}
		for i := lo; m != 0; i, m = i+1, m>>1 {
			if m&1 != 0 {
				fn(i)
			}
		}
	}
}

// rowsOf returns the rows of sel in which v is not NULL as a mask for UpdateOne; nil
// means all. ok is false when there is none.
func rowsOf(f *frame, v *vec.Vec, sel []uint64) (rows []uint64, ok bool) {
	if isNullConst(v) {
		return nil, false
	}
	valid := v.Valid
	if v.Form == vec.Const {
		valid = nil
	}
	rows = bothValid(f, sel, valid)
	return rows, !none(f, rows)
}

// scratch is the memory of one Update, kept between calls.
type scratch struct{ a *arena.Arena }

// frame returns a frame of n rows over scratch memory; done gives the memory back.
func (s *scratch) frame(n int) (f *frame, done func()) {
	m := s.a.Mark()
	return &frame{n: n, arena: s.a}, func() { s.a.Release(m) }
}

// countStates counts rows, or rows whose argument is not NULL.
type countStates struct {
	scratch
	valueCounts
}

func (s *countStates) Grow(n int)   { s.growCounts(n) }
func (s *countStates) Bytes() int64 { return s.bytes() }

func (s *countStates) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	f, done := s.frame(n)
	defer done()
	return s.UpdateSlots(slotsOf(f, group, sel, n), args)
}

// UpdateSlots implements Slotted.
func (s *countStates) UpdateSlots(slot []uint32, args []vec.Vec) error {
	f, done := s.frame(len(slot))
	defer done()
	all := vec.Vec{N: len(slot)}
	if len(args) == 1 {
		all = args[0]
	}
	s.count(f, &all, slot)
	return nil
}

func (s *countStates) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	var valid []uint64
	if len(args) == 1 {
		if isNullConst(&args[0]) {
			return nil
		}
		if args[0].Form != vec.Const {
			valid = args[0].Valid
		}
	}
	s.add(group, countRows(n, sel, valid))
	return nil
}

// countRows counts the first n rows that are in both masks; nil means all.
func countRows(n int, a, b []uint64) int {
	if a == nil && b == nil {
		return n
	}
	k := 0
	for w := range vec.Words(n) {
		m := ^uint64(0)
		if a != nil {
			m = a[w]
		}
		if b != nil {
			m &= b[w]
		}
		if w == n>>6 {
			m &= kernel.TailMask(n)
		}
		k += kernel.Count([]uint64{m})
	}
	return k
}

func (s *countStates) Merge(src States, to []uint32) error { return s.MergePart(src, nil, to) }

// MergePart implements PartMerger.
func (s *countStates) MergePart(src States, from, to []uint32) error {
	s.merge(&src.(*countStates).valueCounts, from, to)
	return nil
}

func (s *countStates) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	dst := arena.Make[int64](a, hi-lo)
	for i := range dst {
		dst[i] = s.of(lo + i)
	}
	return vec.FromFixed(types.T(types.Int64), dst, nil), nil
}

// Late implements LateFinal.
func (s *countStates) Late() bool { return true }

// intSumStates sums integers, or averages them. A sum of 2^31 rows of 64 bits fits
// 128 bits.
type intSumStates struct {
	scratch
	valueCounts
	sums    slotSums
	in, ret types.Type
	avg     bool
}

// newIntSum returns the constructor of a sum or average.
func newIntSum(avg bool) func([]types.Type, types.Type, *arena.Arena) States {
	return func(args []types.Type, ret types.Type, a *arena.Arena) States {
		return &intSumStates{scratch: scratch{a}, in: args[0], ret: ret, avg: avg}
	}
}

func (s *intSumStates) Grow(n int)   { s.growCounts(n); s.sums.growSums(n) }
func (s *intSumStates) Bytes() int64 { return s.bytes() + s.sums.bytes() }

func (s *intSumStates) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	f, done := s.frame(n)
	defer done()
	return s.UpdateSlots(slotsOf(f, group, sel, n), args)
}

// UpdateSlots implements Slotted.
func (s *intSumStates) UpdateSlots(slot []uint32, args []vec.Vec) error {
	f, done := s.frame(len(slot))
	defer done()
	if valid, ok := s.count(f, &args[0], slot); ok {
		s.sums.add(f, &args[0], valid, s.rows)
	}
	return nil
}

func (s *intSumStates) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	f, done := s.frame(n)
	defer done()
	sum, k := sumOne(f, &args[0], sel)
	s.sums.addTotal(group, sum)
	s.add(group, k)
	return nil
}

// sumOne sums the selected values of an integer vector that are not NULL, on codes
// where it is narrow.
func sumOne(f *frame, v *vec.Vec, sel []uint64) (kernel.Int128, int) {
	rows, ok := rowsOf(f, v, sel)
	if !ok {
		return kernel.Int128{}, 0
	}
	if v.Form == vec.Narrow {
		return sumNarrow(f, v, rows)
	}
	if v.Form == vec.Const {
		k := countRows(f.n, rows, nil)
		return kernel.MulWide(v.Int(0), int64(k)), k
	}
	switch v.Type.Class() {
	case types.I16:
		return sumMask(values[int16](f, v), rows)
	case types.I32:
		return sumMask(values[int32](f, v), rows)
	}
	return sumMask(values[int64](f, v), rows)
}

// sumMask sums the values whose bit is set; nil means all.
func sumMask[T kernel.Signed](x []T, rows []uint64) (kernel.Int128, int) {
	if rows == nil {
		return kernel.Sum(x), len(x)
	}
	return kernel.SumMask(x, trimmed(rows, len(x)))
}

// trimmed returns a mask without bits past row n, which other masks may have.
func trimmed(rows []uint64, n int) []uint64 {
	w := vec.Words(n)
	if n&63 == 0 || rows[w-1]&^kernel.TailMask(n) == 0 {
		return rows[:w]
	}
	c := append([]uint64(nil), rows[:w]...)
	c[w-1] &= kernel.TailMask(n)
	return c
}

// sumNarrow sums codes and adds the base as often as there are rows.
func sumNarrow(f *frame, v *vec.Vec, rows []uint64) (kernel.Int128, int) {
	var codes uint64
	var k int
	switch v.Width {
	case 1:
		codes, k = sumCodes(vec.Of[uint8](v)[:v.N], rows)
	case 2:
		codes, k = sumCodes(vec.Of[uint16](v)[:v.N], rows)
	default:
		codes, k = sumCodes(vec.Of[uint32](v)[:v.N], rows)
	}
	s := kernel.MulWide(v.Base, int64(k))
	s.Add(int64(codes))
	return s, k
}

// sumCodes sums unsigned codes.
func sumCodes[T ~uint8 | ~uint16 | ~uint32](x []T, rows []uint64) (uint64, int) {
	if rows == nil {
		return kernel.SumNarrow(x), len(x)
	}
	return kernel.SumNarrowMask(x, trimmed(rows, len(x)))
}
func (s *intSumStates) Merge(src States, to []uint32) error { return s.MergePart(src, nil, to) }

// MergePart implements PartMerger.
func (s *intSumStates) MergePart(src States, from, to []uint32) error {
	o := src.(*intSumStates)
	s.sums.mergeSums(&o.sums, from, to)
	s.merge(&o.valueCounts, from, to)
	return nil
}

func (s *intSumStates) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, s.ret)
	for g := lo; g < hi; g++ {
		b.sum(s.sums.total(g), 0, s.of(g), s.avg)
	}
	return b.finish()
}

// Late implements LateFinal.
func (s *intSumStates) Late() bool { return s.avg || s.ret.ID != types.Int64 || s.sums.wide == nil }

// FinalLoose implements LooseFinal.
func (s *intSumStates) FinalLoose(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	if !s.avg && s.ret.ID == types.Numeric {
		if v, ok := looseSums(&s.sums, &s.valueCounts, 0, lo, hi, a); ok {
			return v, nil
		}
	}
	return s.Final(lo, hi, a)
}

// sum appends the sum or average of count integers that have scale digits after the point.
func (b *builder) sum(sum kernel.Int128, scale int, count int64, avg bool) {
	switch {
	case count == 0:
		b.null()
	case avg:
		b.quotient(sum, scale, count)
	case b.t.ID != types.Int64:
		b.scaled(sum, scale)
	case sum.Hi != int64(sum.Lo)>>63:
		b.err = dberr.New(dberr.NumericValueOutOfRange, "bigint out of range")
		b.null()
	default:
		b.value(types.IntValue(b.t, int64(sum.Lo)))
	}
}

// IntSums tells the aggregates whose results are made of a count and a sum of integers, so
// that those of a window are differences of those of its ends.
type IntSums struct {
	ret   types.Type
	scale int
	avg   bool
	known *[knownQuotients]knownQuotient // of averages, nil before the first
}

// knownQuotient is the binary form of an average: neighbouring frames often have the same.
type knownQuotient struct {
	sum, count int64
	form       [24]byte
	size       int // of form, 0 for none
}

// knownQuotients is a power of two.
const knownQuotients = 1 << 8

// NewIntSums returns how g is computed for an argument of type t; ok is false for other
// aggregates.
func NewIntSums(g *Aggregate, t types.Type) (s IntSums, ok bool) {
	if t.IsScaled() {
		s.scale = int(t.Scale)
	} else if !t.IsInteger() {
		return s, false
	}
	s.avg, s.ret = g.Name == "avg", g.ReturnType([]types.Type{t})
	return s, s.avg || g.Name == "sum"
}

// Final returns the results for the sums of counts values each, in memory of a.
func (s *IntSums) Final(sums []kernel.Int128, counts []int64, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: len(sums), arena: a}, s.ret)
	if s.avg && s.known == nil {
		s.known = new([knownQuotients]knownQuotient)
	}
	for i, sum := range sums {
		if s.avg && counts[i] > 0 && sum.Hi == int64(sum.Lo)>>63 {
			s.average(b, sum, counts[i])
		} else {
			b.sum(sum, s.scale, counts[i], s.avg)
		}
	}
	return b.finish()
}

// average appends sum / count, where the sum takes a word.
func (s *IntSums) average(b *builder, sum kernel.Int128, count int64) {
	x := int64(sum.Lo)
	k := &s.known[(uint64(x)*0x9E3779B97F4A7C15+uint64(count)*0xC2B2AE3D27D4EB4F)>>32%knownQuotients]
	if k.size > 0 && k.sum == x && k.count == count {
		b.room(len(k.form))
		b.heap = append(b.heap, k.form[:]...)[:len(b.heap)+k.size]
		b.skip()
		return
	}
	from := len(b.heap)
	b.quotient(sum, s.scale, count)
	if form := b.heap[from:]; len(form) <= len(k.form) && b.err == nil {
		k.sum, k.count, k.size = x, count, copy(k.form[:], form)
	}
}

// floatSumStates sums or averages floats in double precision; a REAL's sum is
// rounded at every step, as PostgreSQL does.
type floatSumStates struct {
	scratch
	valueCounts
	in, ret types.Type
	avg     bool
	sums    []float64 // by slot
	inf     []bool    // by slot: an infinite value was added, so an infinite sum is no overflow
	most    float64   // no sum exceeds it in size
}

// newFloatSum returns the constructor of a sum or average.
func newFloatSum(avg bool) func([]types.Type, types.Type, *arena.Arena) States {
	return func(args []types.Type, ret types.Type, a *arena.Arena) States {
		return &floatSumStates{scratch: scratch{a}, in: args[0], ret: ret, avg: avg}
	}
}

func (s *floatSumStates) Grow(n int) {
	s.growCounts(n)
	s.sums, s.inf = grow(s.sums, n+1), grow(s.inf, n+1)
}
func (s *floatSumStates) Bytes() int64 { return s.bytes() + int64(cap(s.sums))*9 }

// single reports whether sums are kept in REAL.
func (s *floatSumStates) single() bool { return s.ret.ID == types.Float32 }

func (s *floatSumStates) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	f, done := s.frame(n)
	defer done()
	return s.UpdateSlots(slotsOf(f, group, sel, n), args)
}

// UpdateSlots implements Slotted.
func (s *floatSumStates) UpdateSlots(slot []uint32, args []vec.Vec) error {
	f, done := s.frame(len(slot))
	defer done()
	valid, ok := s.count(f, &args[0], slot)
	if !ok {
		return nil
	}
	x := doubles(f, &args[0])
	s.sums[0] = 0
	size := kernel.GreatestSize(x)
	if s.single() || math.IsInf(size, 0) {
		return s.addEach(valid, x)
	}
	kernel.SumSlotsFloat(s.sums, valid, x)
	s.sums[0] = 0
	if s.most += size * float64(len(x)); s.most < math.MaxFloat64/2 { // far enough for what is lost in rounding
		return nil
	}
	for _, k := range valid {
		if math.IsInf(s.sums[k], 0) && !s.inf[k] {
			return errFloatSum()
		}
	}
	return nil
}

// addEach adds values one by one.
func (s *floatSumStates) addEach(slot []uint32, x []float64) error {
	for i, k := range slot {
		if k == 0 {
			continue
		}
		if err := s.addTo(k-1, x[i]); err != nil {
			return err
		}
	}
	return nil
}

// addTo adds one value to the sum of a group.
func (s *floatSumStates) addTo(g uint32, x float64) error {
	sum := s.sums[g+1] + x
	if s.single() {
		sum = float64(float32(sum))
	}
	if math.IsInf(x, 0) {
		s.inf[g+1] = true
	}
	s.sums[g+1] = sum
	s.most += math.Abs(x)
	if math.IsInf(sum, 0) && !s.inf[g+1] {
		return errFloatSum()
	}
	return nil
}

// errFloatSum is the error of a sum beyond the range of its type.
func errFloatSum() error {
	return dberr.New(dberr.NumericValueOutOfRange, "value out of range: overflow")
}

func (s *floatSumStates) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	if isNullConst(&args[0]) {
		return nil
	}
	f, done := s.frame(n)
	defer done()
	x := doubles(f, &args[0])
	rows, ok := rowsOf(f, &args[0], sel)
	if !ok {
		return nil
	}
	if !s.single() {
		if sum := sumFloats(s.sums[group+1], x, rows); !math.IsInf(sum, 0) && !math.IsNaN(sum) { // nor is a value
			s.sums[group+1] = sum
			s.most += math.Abs(sum)
			s.add(group, countRows(n, rows, nil))
			return nil
		}
	}
	var bad error
	eachSelected(n, sel, &args[0], func(i int) {
		s.add(group, 1)
		if err := s.addTo(group, x[i]); err != nil {
			bad = err
		}
	})
	return bad
}

// inOrder is how many values are added in their order. More are added as four sums, since an addition
// takes a processor four times as long as beginning one.
const inOrder = 1024

// sumFloats adds the values whose bit is set (nil: all) to sum.
func sumFloats(sum float64, x []float64, rows []uint64) float64 {
	if rows != nil {
		rows = trimmed(rows, len(x))
	}
	var s1, s2, s3 float64
	for lo := 0; lo < len(x); lo += 64 {
		m := ^uint64(0)
		if rows != nil {
			m = rows[lo>>6]
		}
		part := x[lo:min(lo+64, len(x))]
		switch {
		case m == ^uint64(0) && len(x) > inOrder:
			for ; len(part) >= 4; part = part[4:] {
				sum, s1, s2, s3 = sum+part[0], s1+part[1], s2+part[2], s3+part[3]
			}
			fallthrough
		case m == ^uint64(0):
			for _, v := range part {
				sum += v
			}
		default:
			for ; m != 0; m &= m - 1 {
				sum += part[bits.TrailingZeros64(m)]
			}
		}
	}
	return sum + s1 + (s2 + s3)
}

func (s *floatSumStates) Merge(src States, to []uint32) error { return s.MergePart(src, nil, to) }

// MergePart implements PartMerger.
func (s *floatSumStates) MergePart(src States, from, to []uint32) error {
	o := src.(*floatSumStates)
	for k, g := range to {
		i := groupAt(from, k)
		if o.of(i) == 0 {
			continue
		}
		s.inf[g+1] = s.inf[g+1] || o.inf[i+1]
		if err := s.addTo(g, o.sums[i+1]); err != nil {
			return err
		}
	}
	s.merge(&o.valueCounts, from, to)
	return nil
}

func (s *floatSumStates) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	if s.ret.Class() == types.F64 {
		return s.doubles(lo, hi, a), nil
	}
	b := newBuilder(&frame{n: hi - lo, arena: a}, s.ret)
	for g := lo; g < hi; g++ {
		switch {
		case s.of(g) == 0:
			b.null()
		case s.avg:
			b.value(types.FloatValue(s.ret, s.sums[g+1]/float64(s.of(g))))
		default:
			b.value(types.FloatValue(s.ret, s.sums[g+1]))
		}
	}
	return b.finish()
}

// doubles is Final for results of double precision.
func (s *floatSumStates) doubles(lo, hi int, a *arena.Arena) vec.Vec {
	x := arena.Make[float64](a, hi-lo)
	copy(x, s.sums[lo+1:hi+1])
	v := vec.Vec{Type: s.ret, N: hi - lo, Data: vec.BytesOf(x)}
	for i := range x {
		switch k := s.of(lo + i); {
		case k == 0:
			if v.Valid == nil {
				v.Valid = arena.Make[uint64](a, vec.Words(hi-lo))
				kernel.Fill(v.Valid, hi-lo)
			}
			v.Valid[i>>6] &^= 1 << (uint(i) & 63)
			x[i] = 0
		case s.avg:
			x[i] /= float64(k)
		}
	}
	return v
}
