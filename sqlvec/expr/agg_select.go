package expr

import (
	"math"
	"math/bits"
	"slices"
	"sync"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// InAnyOrder returns g as an aggregate that takes its rows in any order, for an
// ordered-set aggregate that can find its place among them by itself. desc is the order of
// WITHIN GROUP.
func (g *Aggregate) InAnyOrder(args []types.Type, desc bool) (*Aggregate, bool) {
	if !g.OrderedSet || len(args) != 2 || !selects(args[0]) {
		return nil, false
	}
	cont := g.Name == "percentile_cont"
	return &Aggregate{Name: g.Name, Params: g.Params, Ret: g.Ret, returns: g.returns,
		states: func(args []types.Type, _ types.Type, a *arena.Arena) States {
			return &selection{scratch: scratch{a}, typ: args[0], cont: cont, desc: desc}
		}}, true
}

// selects reports whether a word orders as the values of t do.
func selects(t types.Type) bool {
	switch t.ID {
	case types.Float64, types.Date, types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ:
		return true
	}
	return t.IsInteger()
}

// selection is percentile_cont and percentile_disc over words that order as the values do.
// Values wait in the order they come, those of merged states where they are; the first result asks
// for them by group, and each
// result selects in the words of its group.
type selection struct {
	scratch
	typ        types.Type
	cont, desc bool
	groups     []selectGroup
	chunks     []selectChunk
	merged     []mergedChunks
	rows       int // values, with those of merged

	once  sync.Once
	words []uint64 // by group
	first []int    // of each group's words, and the end
}

type selectGroup struct {
	n        int
	fraction float64
	null     bool // the fraction is NULL
}

// selectChunk is some values and their groups.
type selectChunk struct {
	n     int
	group []uint32
	word  []uint64
}

// mergedChunks is the values of other states: those of group i belong to group to[i].
type mergedChunks struct {
	chunks []selectChunk
	to     []uint32
}

// The values of the first chunk and of the largest.
const (
	firstChunk = 64
	maxChunk   = 1 << 16
)

func (s *selection) Grow(n int)   { s.groups = grow(s.groups, n) }
func (s *selection) Groups() int  { return len(s.groups) }
func (s *selection) Bytes() int64 { return int64(cap(s.groups)) * 24 }

// add keeps one value.
func (s *selection) add(group uint32, word uint64) {
	last := len(s.chunks) - 1
	if last < 0 || s.chunks[last].n == len(s.chunks[last].group) {
		n := min(max(s.rows, firstChunk), maxChunk)
		s.chunks = append(s.chunks, selectChunk{group: arena.Make[uint32](s.a, n), word: arena.Make[uint64](s.a, n)})
		last++
	}
	c := &s.chunks[last]
	c.group[c.n], c.word[c.n] = group, word
	c.n++
	s.rows++
}

// each keeps the selected values that are not NULL.
func (s *selection) each(args []vec.Vec, sel []uint64, n int, group func(int) uint32) error {
	if isNullConst(&args[0]) {
		return nil
	}
	words := make([]uint64, n)
	s.orderWords(&args[0], words)
	eachSelected(n, sel, &args[0], func(i int) {
		k := group(i)
		g := &s.groups[k]
		if g.n == 0 {
			if g.null = args[1].IsNull(i); !g.null {
				g.fraction = args[1].Float(i)
			}
		}
		g.n++
		s.add(k, words[i])
	})
	return nil
}

// orderWords writes words that order as the values of v do: NaN above all.
func (s *selection) orderWords(v *vec.Vec, words []uint64) {
	f, done := s.frame(len(words))
	defer done()
	switch v.Type.Class() {
	case types.F64:
		for i, x := range values[float64](f, v) {
			words[i] = floatOrder(x)
		}
	case types.I16:
		intOrder(values[int16](f, v), words)
	case types.I32:
		intOrder(values[int32](f, v), words)
	default:
		intOrder(values[int64](f, v), words)
	}
}

func intOrder[T int16 | int32 | int64](xs []T, words []uint64) {
	for i, x := range xs {
		words[i] = uint64(int64(x)) ^ 1<<63
	}
}

// floatOrder returns a word that orders as x does.
func floatOrder(x float64) uint64 {
	if x != x {
		return ^uint64(0)
	}
	w := math.Float64bits(x)
	if w>>63 != 0 {
		return ^w
	}
	return w | 1<<63
}

// orderedFloat returns the float of a word of floatOrder.
func orderedFloat(w uint64) float64 {
	switch {
	case w == ^uint64(0):
		return math.NaN()
	case w>>63 == 0:
		return math.Float64frombits(^w)
	}
	return math.Float64frombits(w ^ 1<<63)
}

func (s *selection) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	return s.each(args, sel, n, func(i int) uint32 { return group[i] })
}

func (s *selection) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	return s.each(args, sel, n, func(int) uint32 { return group })
}

func (s *selection) Merge(src States, to []uint32) error {
	o := src.(*selection)
	for i, k := range to {
		g, from := &s.groups[k], &o.groups[i]
		if g.n == 0 {
			g.fraction, g.null = from.fraction, from.null
		}
		g.n += from.n
	}
	s.merged = append(s.merged, mergedChunks{slices.Clone(o.chunks), to})
	for _, m := range o.merged {
		then := make([]uint32, len(m.to))
		for i, g := range m.to {
			then[i] = to[g]
		}
		s.merged = append(s.merged, mergedChunks{m.chunks, then})
	}
	s.rows += o.rows
	return nil
}

// byGroup brings the words of each group together.
func (s *selection) byGroup() {
	s.first = make([]int, len(s.groups)+1)
	for i, g := range s.groups {
		s.first[i+1] = s.first[i] + g.n
	}
	next := slices.Clone(s.first)
	s.words = make([]uint64, s.rows)
	for _, c := range s.chunks {
		for i, k := range c.group[:c.n] {
			s.words[next[k]] = c.word[i]
			next[k]++
		}
	}
	for _, m := range s.merged {
		for _, c := range m.chunks {
			for i, k := range c.group[:c.n] {
				at := &next[m.to[k]]
				s.words[*at] = c.word[i]
				*at++
			}
		}
	}
}

func (s *selection) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	s.once.Do(s.byGroup)
	b := newBuilder(&frame{n: hi - lo, arena: a}, s.typ)
	for i := lo; i < hi; i++ {
		g := &s.groups[i]
		if g.n == 0 || g.null {
			b.null()
			continue
		}
		if g.fraction < 0 || g.fraction > 1 || g.fraction != g.fraction {
			return vec.Vec{}, dberr.Newf(dberr.NumericValueOutOfRange, "percentile value %g is not between 0 and 1", g.fraction)
		}
		b.value(s.pick(s.words[s.first[i]:s.first[i+1]], g.fraction))
	}
	return b.finish()
}

// pick returns the value at the fraction of the words, which it reorders.
func (s *selection) pick(words []uint64, fraction float64) types.Value {
	n := len(words)
	if !s.cont {
		w := s.nth(words, max(0, int(math.Ceil(fraction*float64(n)))-1))
		if s.typ.ID == types.Float64 {
			return types.FloatValue(s.typ, orderedFloat(w))
		}
		return types.IntValue(s.typ, int64(w^1<<63))
	}
	place := fraction * float64(n-1)
	first, second := int(math.Floor(place)), int(math.Ceil(place))
	x := orderedFloat(s.nth(words, first))
	if first == second {
		return types.FloatValue(s.typ, x)
	}
	y := orderedFloat(s.nth(words, second))
	return types.FloatValue(s.typ, x+(place-float64(first))*(y-x))
}

// nth returns word k in the order of WITHIN GROUP.
func (s *selection) nth(words []uint64, k int) uint64 {
	if s.desc {
		k = len(words) - 1 - k
	}
	selectNth(words, k)
	return words[k]
}

// fewWords is how many words are sorted rather than parted.
const fewWords = 24

// selectNth moves the k-th least word to its place: what stands before is not greater, and
// what stands behind is not less.
func selectNth(words []uint64, k int) {
	for rounds := 4 * bits.Len(uint(len(words))); len(words) > fewWords; rounds-- {
		if rounds == 0 { // an order made to defeat the choice of pivots
			break
		}
		pivot := median3(words[0], words[len(words)/2], words[len(words)-1])
		less := part(words, pivot)
		if k < less {
			words = words[:less]
			continue
		}
		words, k = words[less:], k-less
		same := len(words)
		if pivot != ^uint64(0) {
			same = part(words, pivot+1)
		}
		if k < same {
			return
		}
		words, k = words[same:], k-same
	}
	slices.Sort(words)
}

// part moves the words below the limit to the front and returns how many there are.
func part(words []uint64, limit uint64) int {
	n := 0
	for i, w := range words {
		words[i] = words[n]
		words[n] = w
		_, below := bits.Sub64(w, limit, 0)
		n += int(below)
	}
	return n
}

// median3 returns the middle of three words.
func median3(a, b, c uint64) uint64 { return max(min(a, b), min(max(a, b), c)) }
