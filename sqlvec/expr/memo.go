package expr

import (
	"math"
	"math/bits"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// maxMemo is the most combinations of values that a function is computed for once instead of for
// every row.
const maxMemo = 1 << 16

const (
	memoPays   = 2 // combinations that one row pays for
	memoServes = 4 // rows for each combination that a computation should be for
	maxWasted  = 8 // computations in vain that are counted
)

// memo keeps what a computation gives for every combination of values that its arguments may have,
// where these are few: the values of a dictionary, or integers and days that are close together. The
// batches that have such values share it.
type memo struct {
	spans  []valueSpan // of the arguments
	now    []valueSpan // of the batch that is looked at
	rows   int         // met since the last computation; one pays for memoPays combinations
	served int         // rows that were given results of the last computation
	wasted uint        // how many computations before it were for fewer rows than they should be
	result *memoResult // nil: computing failed, or gave NULLs
}

// valueSpan is the values that an argument may have, in the order of their codes: those of a
// dictionary, or size integers from base on.
type valueSpan struct {
	dict  *vec.Dictionary
	base  int64
	size  int         // 1 for a constant
	nulls bool        // and NULL, whose code is the last of size
	value types.Value // of a constant, which may be another in the next batch
}

// holds reports whether the codes of s mean in t what they mean in s.
func (s *valueSpan) holds(t *valueSpan) bool {
	sameDict := s.dict == t.dict || s.dict != nil && t.dict != nil && s.dict.ID != 0 && s.dict.ID == t.dict.ID
	return sameDict && s.base == t.base && s.size == t.size && s.nulls == t.nulls && s.value == t.value && math.Signbit(s.value.F) == math.Signbit(t.value.F)
}

// memoRequest says what may be computed once.
type memoRequest struct {
	integers bool // integers are values, too: a call costs more than looking its result up
	several  bool // so are combinations of several arguments
	nulls    bool // NULLs are values
}

// through returns what compute gives for the rows of args, computed for every combination of their
// values. ok is false when that is not worth it, or when a combination, which no row may have, raises
// an error. The caller applies the validity of the arguments, unless NULLs are values.
func (m *memo) through(f *frame, args []vec.Vec, rows []uint64, may memoRequest, compute func(*frame, []vec.Vec) (vec.Vec, error)) (out vec.Vec, ok bool) {
	if m.spans == nil {
		m.spans, m.now = make([]valueSpan, len(args)), make([]valueSpan, len(args))
	}
	total, known, varying := 1, true, 0
	for i := range args {
		if m.now[i], ok = spanOf(&args[i], m.spans[i], may); !ok {
			return out, false
		}
		if args[i].Form != vec.Const {
			varying++
		}
		if total *= m.now[i].size; total > maxMemo {
			return out, false
		}
		known = known && m.spans[i].holds(&m.now[i])
	}
	if varying == 0 || varying > 1 && !may.several {
		return out, false
	}
	selected := howMany(f, rows)
	if !known {
		if m.rows += selected; !m.pays(total) {
			return out, false
		}
		copy(m.spans, m.now)
		m.rows, m.served, m.result = 0, 0, m.compute(f, args, total, compute)
	}
	if m.result == nil {
		return out, false
	}
	m.served += selected
	return m.result.of(f, m.codes(f, args)), true
}

// pays reports whether total combinations are to be computed. Where values ascend, say, no computation is for many
// rows: each that is wasted makes the next one dearer.
func (m *memo) pays(total int) bool {
	last := 1
	for i := range m.spans {
		last *= max(m.spans[i].size, 1)
	}
	wasted := m.wasted
	switch {
	case m.result == nil:
	case m.served < memoServes*last:
		wasted = min(wasted+1, maxWasted)
	default:
		wasted = 0
	}
	if total > memoPays*m.rows>>(3*wasted) {
		return false
	}
	m.wasted = wasted
	return true
}

// howMany returns the number of rows selected.
func howMany(f *frame, rows []uint64) int {
	if rows == nil {
		return f.n
	}
	return kernel.Count(rows[:vec.Words(f.n)])
}

// spanOf returns the values that v may have; old is what they were before, which is kept where it holds them.
func spanOf(v *vec.Vec, old valueSpan, may memoRequest) (s valueSpan, ok bool) {
	s.nulls = may.nulls && (old.nulls || v.Valid != nil)
	switch v.Form {
	case vec.Const:
		return valueSpan{size: 1, value: v.Value(0)}, true
	case vec.Dict:
		s.dict, s.size, ok = v.Dict, v.Dict.Values.N, v.Dict.Values.N > 0
	default:
		s.base, s.size, ok = old.base, old.size, may.integers
		if old.nulls {
			s.size--
		}
		ok = ok && s.cover(v, old.size > 0 && old.dict == nil)
	}
	if s.nulls {
		s.size++
	}
	return s, ok
}

// cover makes s hold the integers of v, and those that it held before where it is one already.
func (s *valueSpan) cover(v *vec.Vec, already bool) bool {
	lo, hi, some, ok := integersOf(v)
	if !ok || uint64(hi)-uint64(lo) >= maxMemo {
		return false
	}
	if !some {
		lo, hi = s.base, s.base
	}
	top := s.base + int64(s.size) - 1
	if already && lo >= s.base && hi <= top {
		return true
	}
	least, most := integerLimits(v.Type)
	if lo < least || hi > most {
		return false // infinity, or what an unselected row has
	}
	if already {
		if l, h := min(lo, s.base), max(hi, top); uint64(h)-uint64(l) < maxMemo {
			lo, hi = l, h
		}
	}
	if v.Form == vec.Narrow && v.Base >= least && uint64(hi)-uint64(v.Base) < maxMemo {
		lo = min(lo, v.Base) // codes that are those of v need no computing
	}
	last := max(63, uint64(1)<<bits.Len64(uint64(hi)-uint64(lo))-1)
	s.base, s.size = lo, int(min(last, uint64(most)-uint64(lo)))+1
	return true
}

// integersOf returns the least and the greatest integer of v; some says whether there is one. ok is
// false for vectors of another class.
func integersOf(v *vec.Vec) (lo, hi int64, some, ok bool) {
	if v.Form == vec.Narrow {
		switch v.Width {
		case 1:
			lo, hi, some = rangeOf(v, vec.Of[uint8](v))
		case 2:
			lo, hi, some = rangeOf(v, vec.Of[uint16](v))
		default:
			lo, hi, some = rangeOf(v, vec.Of[uint32](v))
		}
		return v.Base + lo, v.Base + hi, some, true
	}
	switch v.Type.Class() {
	case types.I16:
		lo, hi, some = rangeOf(v, vec.Of[int16](v))
	case types.I32:
		lo, hi, some = rangeOf(v, vec.Of[int32](v))
	case types.I64:
		lo, hi, some = rangeOf(v, vec.Of[int64](v))
	default:
		return 0, 0, false, false
	}
	return lo, hi, some, true
}

// rangeOf returns the least and greatest of what v stores, without NULLs.
func rangeOf[T kernel.Int](v *vec.Vec, stored []T) (lo, hi int64, some bool) {
	stored = stored[:v.N]
	if v.Valid == nil {
		if len(stored) == 0 {
			return 0, 0, false
		}
		l, h := kernel.MinMax(stored)
		return int64(l), int64(h), true
	}
	words := v.N >> 6
	l, h, some := kernel.MinMaxMask(stored, v.Valid[:words])
	lo, hi = int64(l), int64(h)
	for i := words << 6; i < v.N; i++ {
		if v.IsNull(i) {
			continue
		}
		x := int64(stored[i])
		if !some {
			lo, hi, some = x, x, true
		}
		lo, hi = min(lo, x), max(hi, x)
	}
	return lo, hi, some
}

// integerLimits returns the least and the greatest finite value of a type of an integer class.
func integerLimits(t types.Type) (least, most int64) {
	switch {
	case t.ID == types.Date:
		return types.DateRange()
	case t.ID == types.Timestamp || t.ID == types.TimestampTZ:
		return types.TimeRange()
	case t.IsInteger():
		return types.IntRange(t)
	case t.IsScaled():
		return 1 - types.Pow10(int(t.Prec)), types.Pow10(int(t.Prec)) - 1
	}
	return 0, -1 // what else may be an integer is not known here
}

// compute calls compute with all combinations of the values of args.
func (m *memo) compute(f *frame, args []vec.Vec, total int, compute func(*frame, []vec.Vec) (vec.Vec, error)) *memoResult {
	mark := f.arena.Mark()
	defer f.arena.Release(mark)
	g := frame{n: total, arena: f.arena, env: f.env}
	all := append([]vec.Vec(nil), args...)
	stride := total
	for i := range all {
		s := &m.spans[i]
		stride /= s.size
		all[i] = s.all(&g, &args[i], stride)
	}
	out, err := compute(&g, all)
	if err != nil {
		return nil
	}
	return newMemoResult(heapCopy(&g, &out))
}

// all returns the values of s for all combinations: each value stands stride times, then the next, and so
// on from the first again.
func (s *valueSpan) all(g *frame, v *vec.Vec, stride int) vec.Vec {
	if v.Form == vec.Const {
		out := *v
		out.N = g.n
		return out
	}
	dict := s.dict
	if dict == nil {
		h := frame{n: s.size, arena: g.arena, env: g.env}
		dict = &vec.Dictionary{Values: s.integers(&h, v.Type)}
	}
	if s.size == g.n && !s.nulls {
		return dict.Values
	}
	codes := arena.Make[uint32](g.arena, g.n)
	for i := range codes {
		codes[i] = uint32(i / stride % s.size)
	}
	out := vec.Vec{Type: v.Type, Form: vec.Dict, Width: 4, N: g.n, Data: vec.BytesOf(codes), Dict: dict}
	if s.nulls {
		out.Valid = g.words()
		clear(out.Valid)
		for i, c := range codes {
			if int(c) < s.size-1 {
				out.Valid[i>>6] |= 1 << (uint(i) & 63)
			} else {
				codes[i] = 0
			}
		}
	}
	return out
}

// integers returns the integers of s.
func (s *valueSpan) integers(h *frame, t types.Type) vec.Vec {
	wide := arena.Make[int64](h.arena, h.n)
	for i := range wide {
		wide[i] = s.base + int64(i)
	}
	switch t.Class() {
	case types.I16:
		out, dst := fixed[int16](h, t)
		kernel.Convert(dst, wide)
		return out
	case types.I32:
		out, dst := fixed[int32](h, t)
		kernel.Convert(dst, wide)
		return out
	}
	return vec.FromFixed(t, wide, nil)
}

// codes returns the number of the combination of every row, as a vector of codes whose dictionary is not
// set. A row with a NULL has the number of some combination, too.
func (m *memo) codes(f *frame, args []vec.Vec) vec.Vec {
	at, varying := 0, 0
	for i := range args {
		if args[i].Form != vec.Const {
			at, varying = i, varying+1
		}
	}
	if varying == 1 && !m.spans[at].nulls {
		return m.spans[at].codes(f, &args[at])
	}
	out := arena.Make[uint32](f.arena, f.n)
	first := true
	for i := range args {
		if args[i].Form == vec.Const {
			continue
		}
		s := &m.spans[i]
		size := uint32(s.size)
		if first {
			size = 0
		}
		first = false
		v := s.codes(f, &args[i])
		switch {
		case v.Valid != nil: // a NULL's code may be anything
			kernel.AddCodes(out, size, s.known(f, &v))
		case v.Width == 1:
			kernel.AddCodes(out, size, vec.Of[uint8](&v)[:f.n])
		case v.Width == 2:
			kernel.AddCodes(out, size, vec.Of[uint16](&v)[:f.n])
		default:
			kernel.AddCodes(out, size, vec.Of[uint32](&v)[:f.n])
		}
	}
	return vec.Vec{Form: vec.Dict, Width: 4, N: f.n, Data: vec.BytesOf(out)}
}

// codes returns the code of every row, with the validity of v. That of a NULL is one of s, too.
func (s *valueSpan) codes(f *frame, v *vec.Vec) vec.Vec {
	out := vec.Vec{Form: vec.Dict, Width: v.Width, N: f.n, Data: v.Data, Valid: v.Valid}
	if v.Form == vec.Dict || v.Form == vec.Narrow && v.Base == s.base && v.Width <= 2 && v.Valid == nil {
		return out
	}
	dst := arena.Make[uint16](f.arena, f.n)
	shift := s.base
	if v.Form == vec.Narrow {
		shift -= v.Base
	}
	switch {
	case v.Form == vec.Narrow && v.Width == 1:
		lessBase(dst, vec.Of[uint8](v), shift)
	case v.Form == vec.Narrow && v.Width == 2:
		lessBase(dst, vec.Of[uint16](v), shift)
	case v.Form == vec.Narrow:
		lessBase(dst, vec.Of[uint32](v), shift)
	case v.Type.Class() == types.I16:
		lessBase(dst, vec.Of[int16](v), shift)
	case v.Type.Class() == types.I32:
		lessBase(dst, vec.Of[int32](v), shift)
	default:
		lessBase(dst, vec.Of[int64](v), shift)
	}
	if v.Valid != nil { // what is stored for a NULL may be anything
		last := uint16(s.size - 1)
		for i, c := range dst {
			dst[i] = min(c, last)
		}
	}
	out.Width, out.Data = 2, vec.BytesOf(dst)
	return out
}

// lessBase sets dst to a less base.
func lessBase[T kernel.Int](dst []uint16, a []T, base int64) {
	a, b := a[:len(dst)], uint16(base)
	for i, x := range a {
		dst[i] = uint16(x) - b
	}
}

// known returns the codes of v with that of NULL where v has one.
func (s *valueSpan) known(f *frame, v *vec.Vec) []uint32 {
	out, last := arena.Make[uint32](f.arena, f.n), uint32(s.size-1)
	copy(out, codes32(f, v))
	for i := range out {
		if v.IsNull(i) {
			out[i] = last
		}
	}
	return out
}

// memoResult is what a computation gave for all combinations: values without NULLs, in the form that
// rows are given.
type memoResult struct {
	values vec.Vec
	dict   *vec.Dictionary // of the values, or of the different ones
	few    []uint8         // codes by combination; those are the codes where few and many are nil
	many   []uint16        // codes by combination
	narrow bool            // few are integers, less base
	base   int64
}

// newMemoResult returns the results c, nil where one is NULL. Few different ones get short codes.
func newMemoResult(c vec.Vec) *memoResult {
	for i := range c.N {
		if c.IsNull(i) {
			return nil
		}
	}
	c.Valid = nil
	r := &memoResult{values: c, dict: &vec.Dictionary{Values: c}}
	switch c.Type.Class() {
	case types.I16, types.I32, types.I64:
		r.narrowed()
	case types.Bytes:
		r.distinct()
	}
	return r
}

// narrowed makes the results integers of one byte, if they are close together.
func (r *memoResult) narrowed() {
	lo, hi, some, _ := integersOf(&r.values)
	if !some || uint64(hi)-uint64(lo) > math.MaxUint8 {
		return
	}
	r.narrow, r.base, r.few = true, lo, make([]uint8, r.values.N)
	for i := range r.few {
		r.few[i] = uint8(r.values.Int(i) - lo)
	}
}

// distinct gives equal texts one code, where that makes codes shorter.
func (r *memoResult) distinct() {
	c := &r.values
	if c.N <= math.MaxUint8+1 {
		return
	}
	number := make(map[string]uint16)
	many := make([]uint16, c.N)
	heap, offs := []byte(nil), []int32{0}
	for i := range many {
		n, ok := number[string(c.Bytes(i))]
		if !ok {
			if len(number) > c.N/4 {
				return
			}
			n = uint16(len(number))
			number[string(c.Bytes(i))] = n
			heap = append(heap, c.Bytes(i)...)
			offs = append(offs, int32(len(heap)))
		}
		many[i] = n
	}
	r.dict = &vec.Dictionary{Values: vec.FromBytes(c.Type, offs, heap, nil)}
	if len(number) > math.MaxUint8+1 {
		r.many = many
		return
	}
	r.few = make([]uint8, c.N)
	kernel.Convert(r.few, many)
}

// of returns the results for rows of combinations.
func (r *memoResult) of(f *frame, codes vec.Vec) vec.Vec {
	out := codes
	out.Type, out.Dict = r.values.Type, r.dict
	switch {
	case out.Type.ID == types.Bool:
		w := f.words()
		lookupCodes(f, &out, vec.Cast[uint64](r.values.Data), w)
		return vec.FromBits(f.n, w, codes.Valid)
	case r.few != nil:
		out.Data, out.Width = lookedUp(f, &codes, r.few), 1
		if r.narrow {
			out.Form, out.Base, out.Dict = vec.Narrow, r.base, nil
		}
	case r.many != nil:
		out.Data, out.Width = lookedUp(f, &codes, r.many), 2
	}
	return out
}

// lookedUp looks codes up in a table.
func lookedUp[T uint8 | uint16](f *frame, codes *vec.Vec, table []T) []byte {
	dst := arena.Make[T](f.arena, f.n)
	switch codes.Width {
	case 1:
		kernel.Gather(dst, table, vec.Of[uint8](codes))
	case 2:
		kernel.Gather(dst, table, vec.Of[uint16](codes))
	default:
		kernel.Gather(dst, table, vec.Of[uint32](codes))
	}
	return vec.BytesOf(dst)
}
