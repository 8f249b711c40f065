package expr

import (
	"math"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// InAnyOrder returns g as an aggregate that takes its rows in any order, for an
// ordered-set aggregate that can find its place among them by itself. desc is the order of
// WITHIN GROUP.
func (g *Aggregate) InAnyOrder(args []types.Type, desc bool) (*Aggregate, bool) {
	if g.OrderedSet && g.Name == "mode" && len(args) == 1 && countsMode(args[0]) {
		return &Aggregate{Name: g.Name, Params: g.Params, Ret: g.Ret, returns: g.returns,
			states: func(_ []types.Type, ret types.Type, a *arena.Arena) States {
				return &countedMode{scratch: scratch{a}, typ: ret, desc: desc, isText: ret.Class() == types.Bytes}
			}}, true
	}
	if !g.OrderedSet || len(args) != 2 || !selects(args[0]) || args[1].IsArray() {
		return nil, false
	}
	cont := g.Name != "percentile_disc"
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
	return isIntegral(t)
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

	words []uint64 // by group
	first []int    // of each group's words, and the end
	next  [][]int  // where the next word of each group goes, of merged and then of chunks
	// The words are brought together by all who ask for a result, a list of chunks each at a time.
	once  sync.Once
	taken atomic.Int64
	left  sync.WaitGroup
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

// mergedChunks is the values of other states: the n[i] of group i belong to group to[i].
type mergedChunks struct {
	chunks []selectChunk
	to     []uint32
	n      []int
}

// The values of the first chunk and of the largest.
const (
	firstChunk = 64
	maxChunk   = 1 << 16
)

func (s *selection) Grow(n int)   { s.groups = grow(s.groups, n) }
func (s *selection) Groups() int  { return len(s.groups) }
func (s *selection) Bytes() int64 { return int64(cap(s.groups)) * 24 }

// room returns a chunk with room for at least one more value.
func (s *selection) room() *selectChunk {
	last := len(s.chunks) - 1
	if last < 0 || s.chunks[last].n == len(s.chunks[last].group) {
		n := min(max(s.rows, firstChunk), maxChunk)
		s.chunks = append(s.chunks, selectChunk{group: arena.Make[uint32](s.a, n), word: arena.Make[uint64](s.a, n)})
		last++
	}
	return &s.chunks[last]
}

// add keeps one value.
func (s *selection) add(group uint32, word uint64) {
	c := s.room()
	c.group[c.n], c.word[c.n] = group, word
	c.n++
	s.rows++
}

// addAll keeps the values of all rows.
func (s *selection) addAll(group []uint32, v *vec.Vec, fraction float64) {
	words := make([]uint64, len(group))
	s.orderWords(v, words)
	for _, k := range group {
		g := &s.groups[k]
		if g.n == 0 {
			g.fraction = fraction
		}
		g.n++
	}
	for len(group) > 0 {
		c := s.room()
		n := copy(c.group[c.n:], group)
		copy(c.word[c.n:], words[:n])
		c.n += n
		s.rows += n
		group, words = group[n:], words[n:]
	}
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
func (s *scratch) orderWords(v *vec.Vec, words []uint64) {
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

// orderedInt returns the integer or time of a word.
func orderedInt(w uint64) int64 { return int64(w ^ 1<<63) }

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
	if f := &args[1]; sel == nil && args[0].Valid == nil && f.Form == vec.Const && !f.IsNull(0) {
		s.addAll(group[:n], &args[0], f.Float(0))
		return nil
	}
	return s.each(args, sel, n, func(i int) uint32 { return group[i] })
}

func (s *selection) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	return s.each(args, sel, n, func(int) uint32 { return group })
}

func (s *selection) Merge(src States, to []uint32) error {
	o := src.(*selection)
	own := make([]int, len(to))
	for i, k := range to {
		g, from := &s.groups[k], &o.groups[i]
		if g.n == 0 {
			g.fraction, g.null = from.fraction, from.null
		}
		g.n += from.n
		own[i] = from.n
	}
	for _, m := range o.merged {
		then := make([]uint32, len(m.to))
		for i, g := range m.to {
			then[i] = to[g]
			own[g] -= m.n[i]
		}
		s.merged = append(s.merged, mergedChunks{m.chunks, then, m.n})
	}
	s.merged = append(s.merged, mergedChunks{slices.Clone(o.chunks), to, own})
	s.rows += o.rows
	return nil
}

// byGroup brings the words of each group together.
func (s *selection) byGroup() {
	s.once.Do(s.lay)
	for {
		i := int(s.taken.Add(1) - 1)
		switch {
		case i < len(s.merged):
			s.place(s.merged[i].chunks, s.next[i])
		case i == len(s.merged):
			s.place(s.chunks, s.next[i])
		default:
			s.left.Wait()
			return
		}
	}
}

// lay finds out where the words of each list of chunks go.
func (s *selection) lay() {
	s.first = make([]int, len(s.groups)+1)
	for i, g := range s.groups {
		s.first[i+1] = s.first[i] + g.n
	}
	behind := slices.Clone(s.first)
	for _, m := range s.merged {
		next := make([]int, len(m.to))
		for i, k := range m.to {
			next[i] = behind[k]
			behind[k] += m.n[i]
		}
		s.next = append(s.next, next)
	}
	s.next = append(s.next, behind)
	s.words = make([]uint64, s.rows)
	s.left.Add(len(s.next))
}

// place brings the words of chunks to their groups; next is where the next word of each goes.
func (s *selection) place(chunks []selectChunk, next []int) {
	defer s.left.Done()
	for _, c := range chunks {
		words := c.word[:c.n]
		for i, k := range c.group[:c.n] {
			s.words[next[k]] = words[i]
			next[k]++
		}
	}
}

func (s *selection) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	s.byGroup()
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
		return types.IntValue(s.typ, orderedInt(w))
	}
	place := fraction * float64(n-1)
	first, second := int(math.Floor(place)), int(math.Ceil(place))
	if s.typ.ID != types.Float64 { // a time
		x := orderedInt(s.nth(words, first))
		if first != second {
			x = TimeBetween(x, orderedInt(s.nth(words, second)), place-float64(first))
		}
		return types.IntValue(s.typ, x)
	}
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
