package expr

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// numericExtreme is min or max of NUMERIC: of scaled integers as long as all come with one scale.
type numericExtreme struct {
	intExtreme
	scale int          // of the values so far; -1 before the first
	vals  *wideExtreme // takes all values once they came with several scales, or as decimals
}

func (s *numericExtreme) Grow(n int) {
	s.intExtreme.Grow(n)
	if s.vals != nil {
		s.vals.grow(n)
	}
}

func (s *numericExtreme) Bytes() int64 {
	n := s.intExtreme.Bytes()
	if s.vals != nil {
		n += s.vals.bytes()
	}
	return n
}

// direct reports whether values of v are compared as they are. If not, vals takes them.
func (s *numericExtreme) direct(v *vec.Vec) bool {
	if s.vals == nil && v.Type.IsScaled() && (s.scale < 0 || s.scale == int(v.Type.Scale)) {
		s.scale = int(v.Type.Scale)
		return true
	}
	s.leave()
	return false
}

// leave moves what there is to vals.
func (s *numericExtreme) leave() {
	if s.vals != nil {
		return
	}
	s.vals = &wideExtreme{greatest: s.greatest}
	s.vals.grow(s.groups)
	for g := range s.groups {
		if x, ok := s.scaled(g); ok {
			s.vals.offer(uint32(g), x)
		}
	}
}

// scaled returns the value of a group as a scaled integer; ok is false where there is none.
func (s *numericExtreme) scaled(g int) (w wide, ok bool) {
	x := s.best[g+1]
	if s.scale < 0 || x == s.worst() {
		return w, false
	}
	return wide{kernel.Int128{Hi: x >> 63, Lo: uint64(x)}, s.scale}, true
}

func (s *numericExtreme) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	if isNullConst(&args[0]) {
		return nil
	}
	if s.direct(&args[0]) {
		return s.intExtreme.Update(group, args, sel, n)
	}
	return s.each(&args[0], sel, n, func(i int) uint32 { return group[i] })
}

// UpdateSlots implements Slotted.
func (s *numericExtreme) UpdateSlots(slot []uint32, args []vec.Vec) error {
	if isNullConst(&args[0]) || s.direct(&args[0]) {
		return s.intExtreme.UpdateSlots(slot, args)
	}
	if v := &args[0]; v.Form == vec.Wide {
		x := vec.Of[kernel.Int128](v)
		for i, k := range slot {
			if k != 0 && !v.IsNull(i) {
				s.vals.offer(k-1, wide{x[i], int(v.Heap[i])})
			}
		}
		return nil
	}
	f, done := s.frame(len(slot))
	defer done()
	sel := f.words()
	clear(sel)
	for i, k := range slot {
		if k != 0 {
			sel[i>>6] |= 1 << (uint(i) & 63)
		}
	}
	return s.each(&args[0], sel, len(slot), func(i int) uint32 { return slot[i] - 1 })
}

func (s *numericExtreme) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	if isNullConst(&args[0]) {
		return nil
	}
	if s.direct(&args[0]) {
		return s.intExtreme.UpdateOne(group, args, sel, n)
	}
	if args[0].Form == vec.Wide {
		f, done := s.frame(n)
		defer done()
		if rows, ok := rowsOf(f, &args[0], sel); ok {
			s.vals.offerRows(group, newWideReader(f, &args[0]), rows)
		}
		return nil
	}
	return s.each(&args[0], sel, n, func(int) uint32 { return group })
}

// each offers the selected rows of v to vals.
func (s *numericExtreme) each(v *vec.Vec, sel []uint64, n int, group func(int) uint32) error {
	f, done := s.frame(n)
	defer done()
	r := newWideReader(f, v)
	var bad error
	eachSelected(n, sel, v, func(i int) {
		if w, ok := r.at(i); ok {
			s.vals.offer(group(i), w)
			return
		}
		d, err := r.decimals.at(i)
		if err != nil {
			bad = err
			return
		}
		s.vals.offerDecimal(group(i), d)
	})
	return bad
}

// wideExtreme is min or max of NUMERIC of any scales and sizes.
type wideExtreme struct {
	greatest bool
	best     []wide
	seen     []bool
	decimals map[uint32]types.Decimal // takes the place of best where a number does not fit that

	bounds   *wideBounds // of the best of a group, which rows are compared with; nil: of none
	boundsOf uint32
}

func (s *wideExtreme) grow(n int) { s.best, s.seen = grow(s.best, n), grow(s.seen, n) }

func (s *wideExtreme) bytes() int64 { return int64(cap(s.best))*33 + int64(len(s.decimals))*96 }

// better reports whether a number that compares to the best as order says takes its place.
func (s *wideExtreme) better(order int) bool { return order > 0 == s.greatest && order != 0 }

// offer gives a group one value.
func (s *wideExtreme) offer(g uint32, w wide) {
	if !s.seen[g] {
		s.best[g], s.seen[g] = w, true
		s.bounds = nil
		return
	}
	if s.decimals == nil {
		if best := &s.best[g]; best.scale == w.scale {
			if kernel.Beyond(w.x, best.x, s.greatest) {
				*best, s.bounds = w, nil
			}
			return
		}
		if order, ok := w.compare(s.best[g]); ok {
			if s.better(order) {
				s.best[g] = w
				s.bounds = nil
			}
			return
		}
	}
	s.offerDecimal(g, w.decimal())
}

// offerRows gives a group rows of a Wide vector.
func (s *wideExtreme) offerRows(g uint32, r wideReader, rows []uint64) {
	if s.boundsOf != g {
		s.bounds = nil
	}
	for i := 0; i < len(r.wide); i++ {
		if i&63 == 0 && s.bounds != nil && rows == nil { // most of a vector is passed over
			if i += s.passedOver(r.wide[i:], r.scales[i:]); i == len(r.wide) {
				break
			}
		}
		if !has(rows, i) {
			continue
		}
		x := r.wide[i]
		if s.bounds != nil {
			if b := s.bounds.at(r.scales[i]); b != nil && !kernel.Beyond(x, b.limit(s.greatest), s.greatest) {
				continue
			}
		}
		s.offer(g, wide{x, int(r.scales[i])})
		if s.bounds == nil && s.decimals == nil {
			s.bounds, s.boundsOf = &wideBounds{c: s.best[g]}, g
		}
	}
}

// passedOver returns how many numbers, in blocks of 64 of at most two scales, are not better than the best that has bounds.
func (s *wideExtreme) passedOver(x []kernel.Int128, scales []uint8) (n int) {
	for ; n+64 <= len(x); n += 64 {
		block, of := x[n:n+64], scales[n:n+64]
		var others, third [1]uint64
		kernel.CompareConst(kernel.Ne, of, of[0], others[:])
		b := s.bounds.at(of[0])
		if b == nil {
			break
		}
		if others[0] == 0 {
			if kernel.AnyBeyond(block, b.limit(s.greatest), s.greatest) {
				break
			}
			continue
		}
		second := of[bits.TrailingZeros64(others[0])]
		kernel.CompareConst(kernel.Ne, of, second, third[:])
		c := s.bounds.at(second)
		if c == nil || others[0]&third[0] != 0 {
			break
		}
		better := kernel.BeyondMask(block, b.limit(s.greatest), s.greatest) &^ others[0]
		if better |= kernel.BeyondMask(block, c.limit(s.greatest), s.greatest) & others[0]; better != 0 {
			break
		}
	}
	return n
}

// limit returns the greatest integer that is not above the bound, or the least that is not below it.
func (b *wideBound) limit(greatest bool) kernel.Int128 {
	if greatest {
		return b.x
	}
	return b.up
}

// offerDecimal gives a group one value.
func (s *wideExtreme) offerDecimal(g uint32, d types.Decimal) {
	if best, ok := s.value(g); ok && !s.better(d.Cmp(best)) {
		return
	}
	if s.decimals == nil {
		s.decimals = make(map[uint32]types.Decimal)
	}
	s.decimals[g], s.seen[g] = d, true
	s.bounds = nil
}

// value returns the best of a group; ok is false where there is none.
func (s *wideExtreme) value(g uint32) (d types.Decimal, ok bool) {
	if d, ok := s.decimals[g]; ok {
		return d, true
	}
	return s.best[g].decimal(), s.seen[g]
}

// offerOf gives group g the best of a group of o.
func (s *wideExtreme) offerOf(g uint32, o *wideExtreme, from uint32) {
	if d, ok := o.decimals[from]; ok {
		s.offerDecimal(g, d)
	} else if o.seen[from] {
		s.offer(g, o.best[from])
	}
}

func (s *numericExtreme) Merge(src States, to []uint32) error { return s.MergePart(src, nil, to) }

// MergePart implements PartMerger.
func (s *numericExtreme) MergePart(src States, from, to []uint32) error {
	o := src.(*numericExtreme)
	if s.vals == nil && o.vals == nil && (s.scale < 0 || o.scale < 0 || s.scale == o.scale) {
		s.scale = max(s.scale, o.scale)
		return s.intExtreme.MergePart(&o.intExtreme, from, to)
	}
	s.leave()
	for k, g := range to {
		i := groupAt(from, k)
		if o.vals != nil {
			s.vals.offerOf(g, o.vals, uint32(i))
		} else if w, ok := o.scaled(i); ok {
			s.vals.offer(g, w)
		}
	}
	return nil
}

func (s *numericExtreme) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, s.typ)
	for g := lo; g < hi; g++ {
		w, ok := s.scaled(g)
		switch {
		case s.vals != nil && !s.vals.seen[g], s.vals == nil && !ok:
			b.null()
		case s.vals == nil:
			b.wide(w)
		default:
			d, _ := s.vals.value(uint32(g))
			if err := b.fitted(d); err != nil {
				return vec.Vec{}, err
			}
		}
	}
	return b.finish()
}

// fitted appends a decimal as a NUMERIC of the builder's type.
func (b *builder) fitted(d types.Decimal) error {
	v, err := types.NumericValue(b.t, d)
	if err == nil {
		b.value(v)
	}
	return err
}

// Late implements LateFinal.
func (s *numericExtreme) Late() bool { return s.vals == nil }

// FinalLoose implements LooseFinal.
func (s *numericExtreme) FinalLoose(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	if s.vals != nil || s.scale < 0 {
		return s.Final(lo, hi, a)
	}
	b := newBuilder(&frame{n: hi - lo, arena: a}, types.Dec(types.MaxScaledPrec, s.scale))
	for g := lo; g < hi; g++ {
		w, ok := s.scaled(g)
		if !ok {
			b.null()
			continue
		}
		b.value(types.IntValue(b.t, int64(w.x.Lo)))
	}
	return b.finish()
}

// textExtreme is min or max of texts, by their bytes.
type textExtreme struct {
	scratch
	greatest bool
	best     [][]byte // by group; the memory is the states' own
	heads    []uint64 // of best, so that most texts are told apart without a look at it
	seen     []bool
	heap     int64 // bytes of best

	// codes are the best of the values that came as codes of dict, which is sorted, by slot; -1 or
	// math.MaxInt64 while there is none. What came before is in best.
	dict  *vec.Dictionary
	codes []int64
}

func (s *textExtreme) Grow(n int) {
	s.best, s.heads, s.seen = grow(s.best, n), grow(s.heads, n), grow(s.seen, n)
	if s.dict != nil {
		s.growCodes()
	}
}

// growCodes gives every group a code.
func (s *textExtreme) growCodes() {
	old := len(s.codes)
	s.codes = grow(s.codes, len(s.best)+1)
	for i := old; i < len(s.codes); i++ {
		s.codes[i] = s.noCode()
	}
}

// noCode is the code of a group without a value.
func (s *textExtreme) noCode() int64 {
	if s.greatest {
		return -1
	}
	return math.MaxInt64
}

func (s *textExtreme) Groups() int  { return len(s.best) }
func (s *textExtreme) Bytes() int64 { return int64(cap(s.best))*33 + s.heap + int64(cap(s.codes))*8 }

// Share implements Slotted: no rows are counted.
func (s *textExtreme) Share(*RowCounts) {}

// headOf returns the first eight bytes of a text as a number that is ordered like them.
func headOf(text []byte) uint64 {
	if len(text) >= 8 {
		return binary.BigEndian.Uint64(text)
	}
	var b [8]byte
	copy(b[:], text)
	return binary.BigEndian.Uint64(b[:])
}

// offer gives a group a text, which is copied if it is kept.
func (s *textExtreme) offer(g uint32, text []byte) {
	head := headOf(text)
	if s.seen[g] {
		switch best := s.heads[g]; {
		case head == best:
			if c := bytes.Compare(text, s.best[g]); c == 0 || c > 0 != s.greatest {
				return
			}
		case head > best != s.greatest:
			return
		}
	}
	old := cap(s.best[g])
	s.best[g] = append(s.best[g][:0], text...)
	s.heap += int64(cap(s.best[g]) - old)
	s.heads[g], s.seen[g] = head, true
}

// takes reports whether values of v are kept as codes: those of a sorted dictionary that outlives the query.
func (s *textExtreme) takes(v *vec.Vec) bool {
	switch {
	case v.Form != vec.Dict || v.Dict.ID == 0:
		return false
	case v.Dict == s.dict:
		return true
	case !ascending(&v.Dict.Values):
		return false
	}
	for g := range s.best {
		if text, ok := s.coded(g); ok {
			s.offer(uint32(g), text)
		}
	}
	s.dict, s.codes = v.Dict, s.codes[:0]
	s.growCodes()
	return true
}

// ascending reports whether the texts of v, which has no NULL, are in order.
func ascending(v *vec.Vec) bool {
	for i := 1; i < v.N; i++ {
		if bytes.Compare(v.Bytes(i-1), v.Bytes(i)) >= 0 {
			return false
		}
	}
	return true
}

// coded returns the text of a group's code; ok is false if there is none.
func (s *textExtreme) coded(g int) (text []byte, ok bool) {
	if s.dict == nil || s.codes[g+1] == s.noCode() {
		return nil, false
	}
	return s.dict.Values.Bytes(int(s.codes[g+1])), true
}

// result returns the text of a group; ok is false if there is none.
func (s *textExtreme) result(g int) (text []byte, ok bool) {
	text, ok = s.coded(g)
	if s.seen[g] && (!ok || bytes.Compare(s.best[g], text) > 0 == s.greatest) {
		return s.best[g], true
	}
	return text, ok
}

// UpdateSlots implements Slotted.
func (s *textExtreme) UpdateSlots(slot []uint32, args []vec.Vec) error {
	v := &args[0]
	if !s.takes(v) {
		eachSelected(len(slot), nil, v, func(i int) {
			if slot[i] != 0 {
				s.offer(slot[i]-1, v.Bytes(i))
			}
		})
		return nil
	}
	f, done := s.frame(len(slot))
	defer done()
	if v.Valid != nil {
		valid := f.slots(len(slot))
		kernel.MaskSlots(valid, slot, v.Valid)
		slot = valid
	}
	switch v.Width {
	case 1:
		codeSlots(s, slot, vec.Of[uint8](v))
	case 2:
		codeSlots(s, slot, vec.Of[uint16](v))
	default:
		codeSlots(s, slot, vec.Of[uint32](v))
	}
	return nil
}

// codeSlots offers codes to the slots.
func codeSlots[C kernel.Int](s *textExtreme, slot []uint32, codes []C) {
	if s.greatest {
		kernel.MaxSlots(s.codes, slot, codes, 0)
	} else {
		kernel.MinSlots(s.codes, slot, codes, 0)
	}
}

func (s *textExtreme) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	f, done := s.frame(n)
	defer done()
	return s.UpdateSlots(slotsOf(f, group, sel, n), args)
}

func (s *textExtreme) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	v := &args[0]
	if !s.takes(v) {
		eachSelected(n, sel, v, func(i int) { s.offer(group, v.Bytes(i)) })
		return nil
	}
	f, done := s.frame(n)
	defer done()
	rows, ok := rowsOf(f, v, sel)
	if !ok {
		return nil
	}
	switch v.Width {
	case 1:
		codeOne(s, group, vec.Of[uint8](v)[:n], rows)
	case 2:
		codeOne(s, group, vec.Of[uint16](v)[:n], rows)
	default:
		codeOne(s, group, vec.Of[uint32](v)[:n], rows)
	}
	return nil
}

// codeOne offers the codes of the rows, nil being all, to a group.
func codeOne[C kernel.Int](s *textExtreme, group uint32, codes []C, rows []uint64) {
	lo, hi, ok := boundsOf(codes, rows)
	switch {
	case ok && s.greatest:
		s.codes[group+1] = max(s.codes[group+1], int64(hi))
	case ok:
		s.codes[group+1] = min(s.codes[group+1], int64(lo))
	}
}

func (s *textExtreme) Merge(src States, to []uint32) error { return s.MergePart(src, nil, to) }

// MergePart implements PartMerger.
func (s *textExtreme) MergePart(src States, from, to []uint32) error {
	o := src.(*textExtreme)
	for k, g := range to {
		if text, ok := o.result(groupAt(from, k)); ok {
			s.offer(g, text)
		}
	}
	return nil
}

func (s *textExtreme) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, types.T(types.Text))
	for g := lo; g < hi; g++ {
		text, ok := s.result(g)
		if !ok {
			b.null()
			continue
		}
		b.bytes(text)
	}
	return b.finish()
}

// Late implements LateFinal.
func (s *textExtreme) Late() bool { return true }
