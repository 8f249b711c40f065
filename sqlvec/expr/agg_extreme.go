package expr

import (
	"bytes"
	"encoding/binary"
	"math"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// numericExtreme is min or max of NUMERIC: of scaled integers as long as all come with one scale.
type numericExtreme struct {
	intExtreme
	scale int          // of the values so far; -1 before the first
	vals  *valueStates // takes all values once they came with several scales, or as decimals
}

func (s *numericExtreme) Grow(n int) {
	s.intExtreme.Grow(n)
	if s.vals != nil {
		s.vals.Grow(n)
	}
}

func (s *numericExtreme) Bytes() int64 {
	n := s.intExtreme.Bytes()
	if s.vals != nil {
		n += s.vals.Bytes()
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
	s.vals = &valueStates{typ: s.typ, take: extremeRule(s.typ, s.greatest)}
	s.vals.Grow(s.groups)
	for g := range s.groups {
		if v, ok := s.scaled(g); ok {
			s.vals.offer(uint32(g), v)
		}
	}
}

// scaled returns the value of a group as a scaled integer; ok is false where there is none.
func (s *numericExtreme) scaled(g int) (v types.Value, ok bool) {
	x := s.best[g+1]
	if s.scale < 0 || x == s.worst() {
		return v, false
	}
	return types.IntValue(types.Dec(types.MaxScaledPrec, s.scale), x), true
}

func (s *numericExtreme) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	if isNullConst(&args[0]) {
		return nil
	}
	if s.direct(&args[0]) {
		return s.intExtreme.Update(group, args, sel, n)
	}
	return s.vals.Update(group, args, sel, n)
}

// UpdateSlots implements Slotted.
func (s *numericExtreme) UpdateSlots(slot []uint32, args []vec.Vec) error {
	if isNullConst(&args[0]) || s.direct(&args[0]) {
		return s.intExtreme.UpdateSlots(slot, args)
	}
	f, done := s.frame(len(slot))
	defer done()
	group, sel := f.slots(len(slot)), f.words()
	clear(sel)
	for i, k := range slot {
		group[i] = k - 1
		if k != 0 {
			sel[i>>6] |= 1 << (uint(i) & 63)
		}
	}
	return s.vals.Update(group, args, sel, len(slot))
}

func (s *numericExtreme) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	if isNullConst(&args[0]) {
		return nil
	}
	if s.direct(&args[0]) {
		return s.intExtreme.UpdateOne(group, args, sel, n)
	}
	return s.vals.UpdateOne(group, args, sel, n)
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
	if o.vals != nil {
		return s.vals.MergePart(o.vals, from, to)
	}
	for k, g := range to {
		if v, ok := o.scaled(groupAt(from, k)); ok {
			s.vals.offer(g, v)
		}
	}
	return nil
}

func (s *numericExtreme) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	if s.vals != nil {
		return s.vals.Final(lo, hi, a)
	}
	b := newBuilder(&frame{n: hi - lo, arena: a}, s.typ)
	for g := lo; g < hi; g++ {
		v, ok := s.scaled(g)
		if !ok {
			b.null()
			continue
		}
		b.room(32)
		b.heap = types.AppendScaled(b.heap, v.I, s.scale)
		b.skip()
	}
	return b.finish()
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
		v, ok := s.scaled(g)
		if !ok {
			b.null()
			continue
		}
		b.value(v)
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
