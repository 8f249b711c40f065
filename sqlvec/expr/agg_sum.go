package expr

import (
	"math"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

func init() {
	count := func(p ...types.ID) *Aggregate {
		return &Aggregate{Name: "count", Params: p, Ret: types.Int64, Empty: true,
			states: func([]types.Type, types.Type, *arena.Arena) States { return &countStates{} }}
	}
	registerAggregate(count(), count(anyType))
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
type countStates struct{ counts []int64 }

func (s *countStates) Grow(n int)   { s.counts = grow(s.counts, n) }
func (s *countStates) Groups() int  { return len(s.counts) }
func (s *countStates) Bytes() int64 { return int64(cap(s.counts)) * 8 }

func (s *countStates) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	counts := s.counts
	if sel == nil && (len(args) == 0 || args[0].Valid == nil) {
		for _, g := range group[:n] {
			counts[g]++
		}
		return nil
	}
	all := vec.Vec{N: n}
	if len(args) > 0 {
		all = args[0]
	}
	eachSelected(n, sel, &all, func(i int) { counts[group[i]]++ })
	return nil
}

func (s *countStates) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	var valid []uint64
	if len(args) > 0 {
		if isNullConst(&args[0]) {
			return nil
		}
		if args[0].Form != vec.Const {
			valid = args[0].Valid
		}
	}
	s.counts[group] += int64(countRows(n, sel, valid))
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

func (s *countStates) Merge(src States, to []uint32) error {
	for i, c := range src.(*countStates).counts {
		s.counts[to[i]] += c
	}
	return nil
}

func (s *countStates) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	dst := arena.Make[int64](a, hi-lo)
	copy(dst, s.counts[lo:hi])
	return vec.FromFixed(types.T(types.Int64), dst, nil), nil
}

// intSumStates sums integers, or averages them. A sum of 2^31 rows of 64 bits fits
// 128 bits.
type intSumStates struct {
	scratch
	in, ret types.Type
	avg     bool
	sums    []kernel.Int128
	counts  []int64
}

// newIntSum returns the constructor of a sum or average.
func newIntSum(avg bool) func([]types.Type, types.Type, *arena.Arena) States {
	return func(args []types.Type, ret types.Type, a *arena.Arena) States {
		return &intSumStates{scratch: scratch{a}, in: args[0], ret: ret, avg: avg}
	}
}

func (s *intSumStates) Grow(n int) {
	s.sums, s.counts = grow(s.sums, n), grow(s.counts, n)
}
func (s *intSumStates) Groups() int  { return len(s.sums) }
func (s *intSumStates) Bytes() int64 { return int64(cap(s.sums))*16 + int64(cap(s.counts))*8 }

func (s *intSumStates) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	if isNullConst(&args[0]) {
		return nil
	}
	f, done := s.frame(n)
	defer done()
	addGroups(int64s(f, &args[0]), group, &args[0], sel, n, s.sums, s.counts)
	return nil
}

// addGroups adds x to the sums of its groups.
func addGroups(x []int64, group []uint32, v *vec.Vec, sel []uint64, n int, sums []kernel.Int128, counts []int64) {
	if sel == nil && v.Valid == nil {
		for i, y := range x[:n] {
			g := group[i]
			sums[g].Add(y)
			counts[g]++
		}
		return
	}
	eachSelected(n, sel, v, func(i int) {
		g := group[i]
		sums[g].Add(x[i])
		counts[g]++
	})
}

func (s *intSumStates) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	f, done := s.frame(n)
	defer done()
	sum, k := sumOne(f, &args[0], sel)
	s.sums[group].Add128(sum)
	s.counts[group] += int64(k)
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
		return timesConst(v.Int(0), k), k
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
	s := timesConst(v.Base, k)
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

// timesConst returns x × k for k >= 0.
func timesConst(x int64, k int) kernel.Int128 {
	var s kernel.Int128
	for bit := 62; bit >= 0; bit-- {
		s.Add128(s)
		if k>>bit&1 != 0 {
			s.Add(x)
		}
	}
	return s
}

func (s *intSumStates) Merge(src States, to []uint32) error {
	o := src.(*intSumStates)
	for i := range o.sums {
		s.sums[to[i]].Add128(o.sums[i])
		s.counts[to[i]] += o.counts[i]
	}
	return nil
}

func (s *intSumStates) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, s.ret)
	for g := lo; g < hi; g++ {
		if s.counts[g] == 0 {
			b.null()
			continue
		}
		sum := s.sums[g]
		switch {
		case s.ret.ID == types.Int64:
			if sum.Hi != int64(sum.Lo)>>63 {
				return vec.Vec{}, dberr.New(dberr.NumericValueOutOfRange, "bigint out of range")
			}
			b.value(types.IntValue(s.ret, int64(sum.Lo)))
		case s.avg:
			d, err := types.DecimalFromInt128(sum.Hi, sum.Lo, 0).Div(types.DecimalFromInt(s.counts[g], 0))
			if err != nil {
				return vec.Vec{}, err
			}
			b.decimal(d)
		default:
			b.decimal(types.DecimalFromInt128(sum.Hi, sum.Lo, 0))
		}
	}
	return b.finish()
}

// floatSumStates sums or averages floats in double precision; a REAL's sum is
// rounded at every step, as PostgreSQL does.
type floatSumStates struct {
	scratch
	in, ret types.Type
	avg     bool
	sums    []float64
	counts  []int64
	inf     []bool // an infinite value was added: an infinite sum is no overflow
}

// newFloatSum returns the constructor of a sum or average.
func newFloatSum(avg bool) func([]types.Type, types.Type, *arena.Arena) States {
	return func(args []types.Type, ret types.Type, a *arena.Arena) States {
		return &floatSumStates{scratch: scratch{a}, in: args[0], ret: ret, avg: avg}
	}
}

func (s *floatSumStates) Grow(n int) {
	s.sums, s.counts, s.inf = grow(s.sums, n), grow(s.counts, n), grow(s.inf, n)
}
func (s *floatSumStates) Groups() int  { return len(s.sums) }
func (s *floatSumStates) Bytes() int64 { return int64(cap(s.sums)) * 17 }

// single reports whether sums are kept in REAL.
func (s *floatSumStates) single() bool { return s.ret.ID == types.Float32 }

func (s *floatSumStates) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	if isNullConst(&args[0]) {
		return nil
	}
	f, done := s.frame(n)
	defer done()
	x := doubles(f, &args[0])
	var bad error
	eachSelected(n, sel, &args[0], func(i int) {
		if err := s.add(group[i], x[i]); err != nil {
			bad = err
		}
	})
	return bad
}

// add adds one value to a group.
func (s *floatSumStates) add(g uint32, x float64) error {
	sum := s.sums[g] + x
	if s.single() {
		sum = float64(float32(sum))
	}
	if math.IsInf(x, 0) {
		s.inf[g] = true
	}
	s.sums[g] = sum
	s.counts[g]++
	if math.IsInf(sum, 0) && !s.inf[g] {
		return dberr.New(dberr.NumericValueOutOfRange, "value out of range: overflow")
	}
	return nil
}

func (s *floatSumStates) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	if isNullConst(&args[0]) {
		return nil
	}
	f, done := s.frame(n)
	defer done()
	x := doubles(f, &args[0])
	var bad error
	eachSelected(n, sel, &args[0], func(i int) {
		if err := s.add(group, x[i]); err != nil {
			bad = err
		}
	})
	return bad
}

func (s *floatSumStates) Merge(src States, to []uint32) error {
	o := src.(*floatSumStates)
	for i := range o.sums {
		if o.counts[i] == 0 {
			continue
		}
		g := to[i]
		s.inf[g] = s.inf[g] || o.inf[i]
		if err := s.add(g, o.sums[i]); err != nil {
			return err
		}
		s.counts[g] += o.counts[i] - 1
	}
	return nil
}

func (s *floatSumStates) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, s.ret)
	for g := lo; g < hi; g++ {
		switch {
		case s.counts[g] == 0:
			b.null()
		case s.avg:
			b.value(types.FloatValue(s.ret, s.sums[g]/float64(s.counts[g])))
		default:
			b.value(types.FloatValue(s.ret, s.sums[g]))
		}
	}
	return b.finish()
}
