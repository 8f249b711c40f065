package expr

import (
	"math"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

func init() {
	for _, name := range []string{"bool_and", "every", "bool_or"} {
		registerAggregate(&Aggregate{Name: name, Params: ids(types.Bool), Ret: types.Bool, states: newBools(name == "bool_or")})
	}
	for _, id := range ids(types.Text, types.Bytea) {
		registerAggregate(&Aggregate{Name: "string_agg", Params: ids(id, id), Ret: id, Ordered: true,
			states: func(_ []types.Type, ret types.Type, _ *arena.Arena) States { return &joinStates{typ: ret} }})
	}
	for name, kind := range map[string]variance{"stddev": {sample: true, root: true}, "stddev_samp": {sample: true, root: true},
		"stddev_pop": {root: true}, "variance": {sample: true}, "var_samp": {sample: true}, "var_pop": {}} {
		for _, id := range ids(types.Int16, types.Int32, types.Int64, types.Numeric) {
			registerAggregate(&Aggregate{Name: name, Params: ids(id), Ret: types.Numeric, states: newDecimalVariance(kind)})
		}
		for _, id := range ids(types.Float32, types.Float64) {
			registerAggregate(&Aggregate{Name: name, Params: ids(id), Ret: types.Float64, states: newFloatVariance(kind)})
		}
	}
	for _, op := range []string{"bit_and", "bit_or", "bit_xor"} {
		for _, id := range ids(types.Int16, types.Int32, types.Int64) {
			registerAggregate(&Aggregate{Name: op, Params: ids(id), Ret: id, states: newBitwise(op)})
		}
	}
}

// foldStates is an aggregate that folds integers into one of 64 bits a group.
type foldStates struct {
	scratch
	typ  types.Type
	fold func(acc, x int64) int64
	acc  []int64
	seen []bool
}

// newBools returns the constructor of bool_or, or bool_and.
func newBools(or bool) func([]types.Type, types.Type, *arena.Arena) States {
	fold := func(a, b int64) int64 { return a & b }
	if or {
		fold = func(a, b int64) int64 { return a | b }
	}
	return func(_ []types.Type, ret types.Type, a *arena.Arena) States {
		return &foldStates{scratch: scratch{a}, typ: ret, fold: fold}
	}
}

// newBitwise returns the constructor of bit_and, bit_or or bit_xor.
func newBitwise(op string) func([]types.Type, types.Type, *arena.Arena) States {
	fold := map[string]func(a, b int64) int64{
		"bit_and": func(a, b int64) int64 { return a & b },
		"bit_or":  func(a, b int64) int64 { return a | b },
		"bit_xor": func(a, b int64) int64 { return a ^ b },
	}[op]
	return func(_ []types.Type, ret types.Type, a *arena.Arena) States {
		return &foldStates{scratch: scratch{a}, typ: ret, fold: fold}
	}
}

func (s *foldStates) Grow(n int)   { s.acc, s.seen = grow(s.acc, n), grow(s.seen, n) }
func (s *foldStates) Groups() int  { return len(s.acc) }
func (s *foldStates) Bytes() int64 { return int64(cap(s.acc)) * 9 }

// add folds one value.
func (s *foldStates) add(g uint32, x int64) {
	if s.seen[g] {
		x = s.fold(s.acc[g], x)
	}
	s.acc[g], s.seen[g] = x, true
}

func (s *foldStates) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	v := &args[0]
	eachSelected(n, sel, v, func(i int) { s.add(group[i], v.Int(i)) })
	return nil
}

func (s *foldStates) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	v := &args[0]
	eachSelected(n, sel, v, func(i int) { s.add(group, v.Int(i)) })
	return nil
}

func (s *foldStates) Merge(src States, to []uint32) error { return s.MergePart(src, nil, to) }

// MergePart implements PartMerger.
func (s *foldStates) MergePart(src States, from, to []uint32) error {
	o := src.(*foldStates)
	for k, g := range to {
		if i := groupAt(from, k); o.seen[i] {
			s.add(g, o.acc[i])
		}
	}
	return nil
}

func (s *foldStates) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, s.typ)
	for g := lo; g < hi; g++ {
		if !s.seen[g] {
			b.null()
			continue
		}
		b.value(types.IntValue(s.typ, s.acc[g]))
	}
	return b.finish()
}

// joinStates is string_agg.
type joinStates struct {
	typ  types.Type
	text [][]byte
	seen []bool
	size int64
	// first is the separator of a group's first row, which Merge needs.
	first [][]byte
}

func (s *joinStates) Grow(n int) {
	s.text, s.seen, s.first = grow(s.text, n), grow(s.seen, n), grow(s.first, n)
}
func (s *joinStates) Groups() int  { return len(s.text) }
func (s *joinStates) Bytes() int64 { return s.size + int64(cap(s.text))*56 }

// add appends separator and text to a group.
func (s *joinStates) add(g uint32, text, sep []byte) error {
	if !s.seen[g] {
		s.first[g] = append([]byte(nil), sep...)
		s.seen[g] = true
		sep = nil
	}
	if len(s.text[g])+len(sep)+len(text) > maxHeap {
		return dberr.New(dberr.ProgramLimitExceeded, "string_agg result is too large")
	}
	s.text[g] = append(append(s.text[g], sep...), text...)
	s.size += int64(len(sep) + len(text))
	return nil
}

// each appends the selected rows.
func (s *joinStates) each(args []vec.Vec, sel []uint64, n int, group func(int) uint32) error {
	var bad error
	eachSelected(n, sel, &args[0], func(i int) {
		var sep []byte
		if !args[1].IsNull(i) {
			sep = args[1].Bytes(i)
		}
		if err := s.add(group(i), args[0].Bytes(i), sep); err != nil {
			bad = err
		}
	})
	return bad
}

func (s *joinStates) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	return s.each(args, sel, n, func(i int) uint32 { return group[i] })
}

func (s *joinStates) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	return s.each(args, sel, n, func(int) uint32 { return group })
}

func (s *joinStates) Merge(src States, to []uint32) error {
	o := src.(*joinStates)
	for i := range o.text {
		if !o.seen[i] {
			continue
		}
		if err := s.add(to[i], o.text[i], o.first[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *joinStates) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, s.typ)
	for g := lo; g < hi; g++ {
		if s.seen[g] {
			b.bytes(s.text[g])
		} else {
			b.null()
		}
	}
	return b.finish()
}

// variance says which measure of variance is wanted.
type variance struct {
	sample bool // divide by n - 1
	root   bool // the standard deviation
}

// floatVariance is the variance of floats by Youngs and Cramer's recurrence, which
// PostgreSQL uses too.
type floatVariance struct {
	scratch
	kind variance
	sums []floatSquares
}

// floatSquares is the sums of one group: of the values, and of the squares of their distances from the mean.
type floatSquares struct{ n, sum, sq float64 }

func newFloatVariance(kind variance) func([]types.Type, types.Type, *arena.Arena) States {
	return func(_ []types.Type, _ types.Type, a *arena.Arena) States {
		return &floatVariance{scratch: scratch{a}, kind: kind}
	}
}

func (s *floatVariance) Grow(n int)   { s.sums = grow(s.sums, n) }
func (s *floatVariance) Groups() int  { return len(s.sums) }
func (s *floatVariance) Bytes() int64 { return int64(cap(s.sums)) * 24 }

// add adds one value.
func (r *floatSquares) add(x float64) {
	n := r.n + 1
	sum := r.sum + x
	if r.n > 0 {
		t := x*n - sum
		r.sq += t * t / (n * r.n)
	} else if math.IsInf(x, 0) || math.IsNaN(x) {
		r.sq = math.NaN()
	}
	r.n, r.sum = n, sum
}

func (s *floatVariance) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	f, done := s.frame(n)
	defer done()
	if isNullConst(&args[0]) {
		return nil
	}
	x := doubles(f, &args[0])
	if sel == nil && args[0].Valid == nil {
		x = x[:n]
		for i, g := range group[:n] {
			s.sums[g].add(x[i])
		}
		return nil
	}
	eachSelected(n, sel, &args[0], func(i int) { s.sums[group[i]].add(x[i]) })
	return nil
}

func (s *floatVariance) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	f, done := s.frame(n)
	defer done()
	if isNullConst(&args[0]) {
		return nil
	}
	x := doubles(f, &args[0])
	eachSelected(n, sel, &args[0], func(i int) { s.sums[group].add(x[i]) })
	return nil
}

func (s *floatVariance) Merge(src States, to []uint32) error { return s.MergePart(src, nil, to) }

// MergePart implements PartMerger.
func (s *floatVariance) MergePart(src States, from, to []uint32) error {
	o := src.(*floatVariance)
	for k, g := range to {
		a, b := &s.sums[g], &o.sums[groupAt(from, k)]
		switch {
		case b.n == 0:
		case a.n == 0:
			*a = *b
		default:
			n := a.n + b.n
			t := a.sum/a.n - b.sum/b.n
			a.sq += b.sq + a.n*b.n*t*t/n
			a.n, a.sum = n, a.sum+b.sum
		}
	}
	return nil
}

func (s *floatVariance) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	t := types.T(types.Float64)
	b := newBuilder(&frame{n: hi - lo, arena: a}, t)
	for g := lo; g < hi; g++ {
		n := s.sums[g].n
		if n == 0 || s.kind.sample && n < 2 {
			b.null()
			continue
		}
		if s.kind.sample {
			n--
		}
		r := s.sums[g].sq / n
		if math.IsInf(s.sums[g].sq, 0) { // an infinite value makes it NaN
			return vec.Vec{}, errFloatSum()
		}
		if s.kind.root {
			r = math.Sqrt(r)
		}
		b.value(types.FloatValue(t, r))
	}
	return b.finish()
}
