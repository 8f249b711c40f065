package expr

import (
	"math/bits"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// decimalVariance is the exact variance of integers and NUMERIC: sums of values and of squares. Values that come as
// integers of one scale are summed in 128 bits, those of other scales and wide ones in 256, each scale on its own, and
// what does not fit as decimals.
type decimalVariance struct {
	scratch
	kind  variance
	scale int // of words; -1 before the first
	n     []int64
	words []wordSquares
	more  []scaleSquares
	sum   []types.Decimal // of decimals; nil until there is one, like sq
	sq    []types.Decimal
}

// wordSquares is the sums of one group's words and of their squares.
type wordSquares struct {
	sum, sq kernel.Int128
	in      bool // there are such words
}

// add adds x; false, and nothing is added, where a sum overflows.
func (w *wordSquares) add(x int64) bool {
	sq := w.sq
	if sq.Add128(kernel.MulWide(x, x)) {
		return false
	}
	w.sq, w.in = sq, true
	w.sum.Add(x)
	return true
}

// merge adds the sums of other words; false, and nothing is added, where a sum overflows.
func (w *wordSquares) merge(o *wordSquares) bool {
	sum, sq := w.sum, w.sq
	if sum.Add128(o.sum) || sq.Add128(o.sq) {
		return false
	}
	w.sum, w.sq, w.in = sum, sq, w.in || o.in
	return true
}

// scaleSquares are sums of integers of one scale.
type scaleSquares struct {
	scale int
	sums  []wideSquares // by group
}

// wideSquares is the sums of one group's integers of 128 bits and of their squares.
type wideSquares struct {
	sum kernel.Int128
	sq  [4]uint64 // the lowest word first
	in  bool      // there are such integers
}

// add adds x, which fits in a Wide vector; false, and nothing is added, where a sum overflows.
func (w *wideSquares) add(x kernel.Int128) bool {
	size := x
	if x.Hi < 0 {
		size = x.Neg()
	}
	hi, lo := uint64(size.Hi), size.Lo
	midHi, midLo := bits.Mul64(hi, lo) // which is below 2^127
	midHi, midLo = midHi<<1|midLo>>63, midLo<<1
	var o wideSquares
	var carry uint64
	o.sum = x
	o.sq[1], o.sq[0] = bits.Mul64(lo, lo)
	o.sq[3], o.sq[2] = bits.Mul64(hi, hi)
	o.sq[1], carry = bits.Add64(o.sq[1], midLo, 0)
	o.sq[2], carry = bits.Add64(o.sq[2], midHi, carry)
	o.sq[3] += carry
	return w.merge(&o)
}

// merge adds other sums; false, and nothing is added, where a sum overflows.
func (w *wideSquares) merge(o *wideSquares) bool {
	sum := w.sum
	if sum.Add128(o.sum) {
		return false
	}
	var sq [4]uint64
	var carry uint64
	sq[0], carry = bits.Add64(w.sq[0], o.sq[0], 0)
	sq[1], carry = bits.Add64(w.sq[1], o.sq[1], carry)
	sq[2], carry = bits.Add64(w.sq[2], o.sq[2], carry)
	sq[3], carry = bits.Add64(w.sq[3], o.sq[3], carry)
	if carry != 0 {
		return false
	}
	w.sum, w.sq, w.in = sum, sq, true
	return true
}

// decimals returns the sums of words of a scale.
func (w *wordSquares) decimals(scale int) (sum, sq types.Decimal) {
	return wide{w.sum, scale}.decimal(), wide{w.sq, 2 * scale}.decimal()
}

// decimals returns the sums of integers of a scale.
func (w *wideSquares) decimals(scale int) (sum, sq types.Decimal) {
	return wide{w.sum, scale}.decimal(), types.DecimalFromWords(w.sq, 2*scale)
}

func newDecimalVariance(kind variance) func([]types.Type, types.Type, *arena.Arena) States {
	return func(_ []types.Type, _ types.Type, a *arena.Arena) States {
		return &decimalVariance{scratch: scratch{a}, kind: kind, scale: -1}
	}
}

func (s *decimalVariance) Grow(n int) {
	s.n, s.words = grow(s.n, n), grow(s.words, n)
	for i := range s.more {
		s.more[i].sums = grow(s.more[i].sums, n)
	}
	if s.sum != nil {
		s.sum, s.sq = grow(s.sum, n), grow(s.sq, n)
	}
}
func (s *decimalVariance) Groups() int { return len(s.n) }
func (s *decimalVariance) Bytes() int64 {
	return int64(cap(s.n))*48 + int64(len(s.more)*cap(s.n))*56 + int64(cap(s.sum))*112
}

// sumsOf returns the sums of wide integers of a scale, by group; nil where there are too many scales.
func (s *decimalVariance) sumsOf(scale int) []wideSquares {
	for i := range s.more {
		if m := &s.more[i]; m.scale == scale {
			return m.sums
		}
	}
	if len(s.more) == maxScales {
		return nil
	}
	sums := make([]wideSquares, len(s.n))
	s.more = append(s.more, scaleSquares{scale, sums})
	return sums
}

// addDecimal adds a value and its square to the decimals of a group.
func (s *decimalVariance) addDecimal(g uint32, d, sq types.Decimal) {
	if s.sum == nil {
		s.sum, s.sq = make([]types.Decimal, len(s.n)), make([]types.Decimal, len(s.n))
	}
	s.sum[g], s.sq[g] = s.sum[g].Add(d), s.sq[g].Add(sq)
}

// each adds the selected values.
func (s *decimalVariance) each(v *vec.Vec, sel []uint64, n int, group func(int) uint32) error {
	f, done := s.frame(n)
	defer done()
	r := newWideReader(f, v)
	if r.scaled != nil && s.scale < 0 {
		s.scale = r.scale
	}
	words := r.scaled != nil && s.scale == r.scale
	var bad error
	eachSelected(n, sel, v, func(i int) {
		g := group(i)
		if words && s.words[g].add(r.scaled[i]) {
			s.n[g]++
			return
		}
		if w, ok := r.at(i); ok {
			if sums := s.sumsOf(w.scale); sums != nil && sums[g].add(w.x) {
				s.n[g]++
				return
			}
		}
		d, err := r.decimals.at(i)
		if err != nil {
			bad = err
			return
		}
		s.n[g]++
		s.addDecimal(g, d, d.Mul(d))
	})
	return bad
}

func (s *decimalVariance) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	if s.addWords(group, &args[0], sel, n) {
		return nil
	}
	return s.each(&args[0], sel, n, func(i int) uint32 { return group[i] })
}

func (s *decimalVariance) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	v := &args[0]
	done := 0
	if v.Form == vec.Wide && sel == nil && v.Valid == nil {
		done = s.addBlocks(group, v)
	}
	rest := v.Slice(done, n)
	if sel != nil {
		sel = sel[done>>6:]
	}
	return s.each(&rest, sel, n-done, func(int) uint32 { return group })
}

// addWords adds the selected values of v, scaled integers of the scale of words; false, and nothing is added, where v has
// others.
func (s *decimalVariance) addWords(group []uint32, v *vec.Vec, sel []uint64, n int) bool {
	if !v.Type.IsScaled() || v.Form == vec.Const {
		return false
	}
	if s.scale < 0 {
		s.scale = int(v.Type.Scale)
	}
	if s.scale != int(v.Type.Scale) {
		return false
	}
	f, done := s.frame(n)
	defer done()
	x := values[int64](f, v)
	rows, ok := rowsOf(f, v, sel)
	if !ok {
		return true
	}
	for i, g := range group[:n] {
		if !has(rows, i) {
			continue
		}
		s.n[g]++
		w, y := &s.words[g], x[i]
		hi, lo := bits.Mul64(uint64(y), uint64(y))
		hi -= uint64(y>>63&y) << 1 // the square as that of a signed integer
		var carry uint64
		lo, carry = bits.Add64(w.sq.Lo, lo, 0)
		if hi += uint64(w.sq.Hi) + carry; int64(hi) < 0 {
			d := types.DecimalFromInt(y, s.scale)
			s.addDecimal(g, d, d.Mul(d))
			continue
		}
		w.sq = kernel.Int128{Hi: int64(hi), Lo: lo}
		w.sum.Lo, carry = bits.Add64(w.sum.Lo, uint64(y), 0)
		w.sum.Hi += y>>63 + int64(carry)
		w.in = true
	}
	return true
}

// addBlocks adds blocks of 64 rows of a Wide vector to a group, each of which has one scale, and returns how many rows
// there were before one that has several.
func (s *decimalVariance) addBlocks(group uint32, v *vec.Vec) (n int) {
	x, scales := vec.Of[kernel.Int128](v)[:v.N], v.Heap[:v.N]
	for ; n+64 <= len(x) && sameBytes(scales[n:n+64]); n += 64 {
		sums, block := s.sumsOf(int(scales[n])), x[n:n+64]
		add := wideSquares{sum: kernel.Sum128(block), sq: kernel.SumSquares128(block)}
		if sums == nil || !sums[group].merge(&add) {
			break
		}
		s.n[group] += 64
	}
	return n
}

func (s *decimalVariance) Merge(src States, to []uint32) error { return s.MergePart(src, nil, to) }

// MergePart implements PartMerger.
func (s *decimalVariance) MergePart(src States, from, to []uint32) error {
	o := src.(*decimalVariance)
	if s.scale < 0 {
		s.scale = o.scale
	}
	for k, g := range to {
		i := groupAt(from, k)
		if o.n[i] == 0 {
			continue
		}
		s.n[g] += o.n[i]
		if w := &o.words[i]; w.in && (s.scale != o.scale || !s.words[g].merge(w)) {
			sum, sq := w.decimals(o.scale)
			s.addDecimal(g, sum, sq)
		}
		for m := range o.more {
			scale, w := o.more[m].scale, &o.more[m].sums[i]
			if !w.in {
				continue
			}
			if sums := s.sumsOf(scale); sums == nil || !sums[g].merge(w) {
				sum, sq := w.decimals(scale)
				s.addDecimal(g, sum, sq)
			}
		}
		if o.sum != nil {
			s.addDecimal(g, o.sum[i], o.sq[i])
		}
	}
	return nil
}

// totals returns the sums of a group's values and of their squares.
func (s *decimalVariance) totals(g int) (sum, sq types.Decimal) {
	if s.sum != nil {
		sum, sq = s.sum[g], s.sq[g]
	}
	if w := &s.words[g]; w.in {
		a, b := w.decimals(s.scale)
		sum, sq = sum.Add(a), sq.Add(b)
	}
	for m := range s.more {
		if w := &s.more[m].sums[g]; w.in {
			a, b := w.decimals(s.more[m].scale)
			sum, sq = sum.Add(a), sq.Add(b)
		}
	}
	return sum, sq
}

func (s *decimalVariance) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, types.T(types.Numeric))
	for g := lo; g < hi; g++ {
		if s.n[g] == 0 || s.kind.sample && s.n[g] < 2 {
			b.null()
			continue
		}
		d, err := s.result(g)
		if err != nil {
			return vec.Vec{}, err
		}
		b.decimal(d)
	}
	return b.finish()
}

// result computes (n Σx² - (Σx)²) / (n × d), d being n or n - 1.
func (s *decimalVariance) result(g int) (types.Decimal, error) {
	n := types.DecimalFromInt(s.n[g], 0)
	sum, sq := s.totals(g)
	num := n.Mul(sq).Sub(sum.Mul(sum))
	if num.IsFinite() && num.Sign() <= 0 {
		return types.Decimal{}, nil
	}
	div := n
	if s.kind.sample {
		div = n.Sub(types.DecimalFromInt(1, 0))
	}
	v, err := num.Div(n.Mul(div))
	if err != nil || !s.kind.root || !v.IsFinite() {
		return v, err
	}
	return v.SqrtTo(v.Scale()), nil // as PostgreSQL, not as sqrt() has it
}
