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
	at     []int32 // open addressing: the place of a value of a group in counts, plus one; 0 for none
	counts []modeCount
	last   []int32 // of each group: the value that was counted last for the first time, plus one; 0 for none

	isText  bool
	texts   []string
	numbers map[string]int64
	heap    int64           // bytes of texts
	dict    *vec.Dictionary // the last whose codes came, if it outlives the query
	ofCode  []int64         // the number of each of its texts plus one, 0 where it is not known
}

// modeCount is how often a value occurs in its group.
type modeCount struct {
	value, n int64
	group    uint32
	next     int32 // the group's value before it, plus one; 0 for none
}

// countsMode reports whether mode of type t can count its values.
func countsMode(t types.Type) bool {
	switch t.Class() {
	case types.I16, types.I32, types.I64:
		return !t.IsEnum()
	}
	return t.ID == types.Text || t.ID == types.Varchar
}

func (s *countedMode) Grow(n int)  { s.last = grow(s.last, n) }
func (s *countedMode) Groups() int { return len(s.last) }
func (s *countedMode) Bytes() int64 {
	return int64(cap(s.last))*4 + int64(cap(s.counts))*24 + int64(len(s.at))*4 + s.heap + int64(len(s.texts))*64
}

// add counts n occurrences of a value.
func (s *countedMode) add(g uint32, x, n int64) { s.counts[s.place(g, x)].n += n }

// best returns the most frequent value of a group; ok is false where there is none.
func (s *countedMode) best(g int) (x int64, ok bool) {
	most := int64(0)
	for at := s.last[g]; at != 0; at = s.counts[at-1].next {
		if c := &s.counts[at-1]; c.n > most || c.n == most && s.first(c.value, x) {
			x, most = c.value, c.n
		}
	}
	return x, most > 0
}

// place returns the place of a value's count, which is made where there is none.
func (s *countedMode) place(g uint32, x int64) int32 {
	if 2*len(s.counts) >= len(s.at) {
		s.spread()
	}
	mask := uint64(len(s.at) - 1)
	pos := modeHash(g, x) & mask
	for ; s.at[pos] != 0; pos = (pos + 1) & mask {
		if c := &s.counts[s.at[pos]-1]; c.value == x && c.group == g {
			return s.at[pos] - 1
		}
	}
	s.counts = append(s.counts, modeCount{value: x, group: g, next: s.last[g]})
	n := int32(len(s.counts))
	s.at[pos], s.last[g] = n, n
	return n - 1
}

// spread doubles the table of places.
func (s *countedMode) spread() {
	s.at = make([]int32, max(256, 2*len(s.at)))
	mask := uint64(len(s.at) - 1)
	for i := range s.counts {
		c := &s.counts[i]
		pos := modeHash(c.group, c.value) & mask
		for s.at[pos] != 0 {
			pos = (pos + 1) & mask
		}
		s.at[pos] = int32(i) + 1
	}
}

// modeHash spreads the values of groups.
func modeHash(g uint32, x int64) uint64 { return mix(uint64(x) ^ uint64(g)<<32) }

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
		for at := o.last[groupAt(from, k)]; at != 0; at = o.counts[at-1].next {
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
	for g := lo; g < hi; g++ {
		x, ok := s.best(g)
		if !ok {
			b.null()
			continue
		}
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
