package expr

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// countedMode is mode of texts, and of values that are integers in memory, in any order: the occurrences of every
// value of a group are counted. Of values that are equally frequent the first in the order of WITHIN GROUP is the
// mode. Texts are numbered.
type countedMode struct {
	scratch
	typ    types.Type
	desc   bool
	at     map[modeKey]int32 // of the value's count in counts
	recent [256]modePlace    // of at, by some bits of the key
	counts []modeCount
	groups []modeBest

	isText  bool
	texts   []string
	numbers map[string]int64
	heap    int64           // bytes of texts
	dict    *vec.Dictionary // the last whose codes came, if it outlives the query
	ofCode  []int64         // the number of each of its texts plus one, 0 where it is not known
}

// modeKey is a value of a group.
type modeKey struct {
	group uint32
	value int64
}

// modePlace is where the count of a value is, plus one; 0 for none.
type modePlace struct {
	key modeKey
	at  int32
}

// modeCount is how often a value occurs in its group.
type modeCount struct {
	value, n int64
	next     int32 // the group's value before it, plus one; 0 for none
}

// modeBest is the most frequent value of a group, plus one among the counts, and its last; 0 for none.
type modeBest struct{ best, last int32 }

// countsMode reports whether mode of type t can count its values.
func countsMode(t types.Type) bool {
	switch t.Class() {
	case types.I16, types.I32, types.I64:
		return !t.IsEnum()
	}
	return t.ID == types.Text || t.ID == types.Varchar
}

func (s *countedMode) Grow(n int)  { s.groups = grow(s.groups, n) }
func (s *countedMode) Groups() int { return len(s.groups) }
func (s *countedMode) Bytes() int64 {
	return int64(cap(s.groups))*8 + int64(cap(s.counts))*24 + int64(len(s.at))*40 + s.heap + int64(len(s.texts))*64
}

// add counts n occurrences of a value.
func (s *countedMode) add(g uint32, x, n int64) {
	if s.at == nil {
		s.at = map[modeKey]int32{}
	}
	group := &s.groups[g]
	key := modeKey{g, x}
	seen := &s.recent[uint64(x^int64(g)<<20)*0x9E3779B97F4A7C15>>56]
	if seen.at == 0 || seen.key != key {
		at, ok := s.at[key]
		if !ok {
			at = int32(len(s.counts))
			s.counts = append(s.counts, modeCount{value: x, next: group.last})
			s.at[key], group.last = at, at+1
		}
		*seen = modePlace{key, at + 1}
	}
	at := seen.at - 1
	c := &s.counts[at]
	c.n += n
	if group.best == 0 {
		group.best = at + 1
		return
	}
	if best := &s.counts[group.best-1]; c.n > best.n || c.n == best.n && s.first(x, best.value) {
		group.best = at + 1
	}
}

// first reports whether x comes before y in the order of WITHIN GROUP.
func (s *countedMode) first(x, y int64) bool {
	if s.isText {
		return x != y && s.texts[x] > s.texts[y] == s.desc
	}
	return x != y && x > y == s.desc
}

// number returns the number of a text, which is copied if it is new.
func (s *countedMode) number(text []byte) int64 {
	n, ok := s.numbers[string(text)]
	if !ok {
		if s.numbers == nil {
			s.numbers = map[string]int64{}
		}
		own := string(text)
		n = int64(len(s.texts))
		s.texts, s.numbers[own], s.heap = append(s.texts, own), n, s.heap+int64(len(own))
	}
	return n
}

// numberAt returns the number of the text in row i.
func (s *countedMode) numberAt(v *vec.Vec, codes []uint32, i int) int64 {
	if codes == nil {
		return s.number(v.Bytes(i))
	}
	n := &s.ofCode[codes[i]]
	if *n == 0 {
		*n = s.number(v.Dict.Values.Bytes(int(codes[i]))) + 1
	}
	return *n - 1
}

func (s *countedMode) each(v *vec.Vec, sel []uint64, n int, group func(int) uint32) {
	if isNullConst(v) {
		return
	}
	f, done := s.frame(n)
	defer done()
	if s.isText {
		var codes []uint32
		if v.Form == vec.Dict && v.Dict.ID != 0 {
			if s.dict != v.Dict {
				s.dict, s.ofCode = v.Dict, make([]int64, v.Dict.Values.N)
			}
			codes = codes32(f, v)
		}
		eachSelected(n, sel, v, func(i int) { s.add(group(i), s.numberAt(v, codes, i), 1) })
		return
	}
	x := int64s(f, v)
	eachSelected(n, sel, v, func(i int) { s.add(group(i), x[i], 1) })
}

func (s *countedMode) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	s.each(&args[0], sel, n, func(i int) uint32 { return group[i] })
	return nil
}

func (s *countedMode) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	s.each(&args[0], sel, n, func(int) uint32 { return group })
	return nil
}

func (s *countedMode) Merge(src States, to []uint32) error { return s.MergePart(src, nil, to) }

// MergePart implements PartMerger.
func (s *countedMode) MergePart(src States, from, to []uint32) error {
	o := src.(*countedMode)
	for k, g := range to {
		for at := o.groups[groupAt(from, k)].last; at != 0; at = o.counts[at-1].next {
			x := o.counts[at-1].value
			if s.isText {
				x = s.number([]byte(o.texts[x]))
			}
			s.add(g, x, o.counts[at-1].n)
		}
	}
	return nil
}

func (s *countedMode) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, s.typ)
	for _, g := range s.groups[lo:hi] {
		if g.best == 0 {
			b.null()
			continue
		}
		x := s.counts[g.best-1].value
		if s.isText {
			b.str(s.texts[x])
			continue
		}
		b.value(types.IntValue(s.typ, x))
	}
	return b.finish()
}

// Late implements LateFinal.
func (s *countedMode) Late() bool { return true }
