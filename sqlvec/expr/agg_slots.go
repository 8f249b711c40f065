package expr

import (
	"math"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// Slotted is States that take rows by slot: slot g+1 is group g, and slot 0 takes the
// rows that do not count, whatever their values.
type Slotted interface {
	States
	// UpdateSlots adds row i of args to slot[i], for n = len(slot) rows in order.
	UpdateSlots(slot []uint32, args []vec.Vec) error
	// Share makes the states count rows by r, to which the caller gives the slots of a
	// batch before its rows. It is called before the first row, or not at all, and
	// then rows come by UpdateSlots only.
	Share(r *RowCounts)
}

// valueCounts counts the values of every group that are not NULL.
type valueCounts struct {
	rows    *RowCounts // rows of every slot, NULLs included
	own     RowCounts
	groups  int
	missing []int64 // of rows, those whose value is NULL, by slot; nil while there is none
}

// Share implements Slotted.
func (c *valueCounts) Share(r *RowCounts) { c.rows = r }

// Groups implements States.
func (c *valueCounts) Groups() int { return c.groups }

// growCounts makes groups [0, n) exist.
func (c *valueCounts) growCounts(n int) {
	if c.groups = max(c.groups, n); c.rows == nil {
		c.own.Grow(n)
	}
	if c.missing != nil {
		c.missing = grow(c.missing, n+1)
	}
}

// bytes returns roughly the memory held.
func (c *valueCounts) bytes() int64 { return int64(cap(c.own.counts)+cap(c.missing)) * 8 }

// of returns the values of a group.
func (c *valueCounts) of(g int) int64 {
	n := c.own.counts
	if c.rows != nil {
		n = c.rows.counts
	}
	if c.missing == nil {
		return n[g+1]
	}
	return n[g+1] - c.missing[g+1]
}

// count counts the rows of slot and returns the slots in which those whose value is NULL
// have become 0. ok is false when all values are NULL.
func (c *valueCounts) count(f *frame, v *vec.Vec, slot []uint32) (valid []uint32, ok bool) {
	if c.rows == nil {
		c.own.add(slot)
	}
	if v.Valid == nil || v.Form == vec.Const && !v.IsNull(0) {
		return slot, true
	}
	if c.missing == nil {
		c.missing = make([]int64, c.groups+1)
	}
	if v.Form == vec.Const {
		kernel.CountSlots(c.missing, slot)
		return nil, false
	}
	mask := f.words()
	kernel.Not(mask, v.Valid[:len(mask)])
	null := f.slots(len(slot))
	kernel.MaskSlots(null, slot, mask)
	kernel.CountSlots(c.missing, null)
	valid = f.slots(len(slot))
	kernel.MaskSlots(valid, slot, v.Valid)
	return valid, true
}

// add counts k values of one group.
func (c *valueCounts) add(group uint32, k int) { c.own.counts[group+1] += int64(k) }

// merge adds the counts of o, except for shared ones.
func (c *valueCounts) merge(o *valueCounts, from, to []uint32) {
	if c.rows == nil {
		for i, g := range to {
			c.own.counts[g+1] += o.rowsOf(groupAt(from, i))
		}
	}
	if o.missing == nil {
		return
	}
	if c.missing == nil {
		c.missing = make([]int64, c.groups+1)
	}
	for i, g := range to {
		c.missing[g+1] += o.missing[groupAt(from, i)+1]
	}
}

// rowsOf returns the rows of a group, NULLs included.
func (c *valueCounts) rowsOf(g int) int64 {
	if c.rows != nil {
		return c.rows.counts[g+1]
	}
	return c.own.counts[g+1]
}

// slots returns n slots, unset.
func (f *frame) slots(n int) []uint32 {
	return vec.Cast[uint32](f.arena.Alloc(4 * n))
}

// slotsOf returns the slots of the groups of selected rows.
func slotsOf(f *frame, group []uint32, sel []uint64, n int) []uint32 {
	slot := f.slots(n)
	for i, g := range group[:n] {
		slot[i] = g + 1
	}
	if sel != nil {
		kernel.MaskSlots(slot, slot, sel)
	}
	return slot
}

// slotSums are sums of integers. They are kept in 64 bits as long as the sizes of the
// values rule an overflow out.
type slotSums struct {
	acc   []int64         // by slot
	bound uint64          // no sum of acc exceeds it in size
	wide  []kernel.Int128 // by slot, beside acc; nil until acc was not enough
}

const maxBound = math.MaxInt64

// growSums makes groups [0, n) exist.
func (s *slotSums) growSums(n int) {
	s.acc = grow(s.acc, n+1)
	if s.wide != nil {
		s.wide = grow(s.wide, n+1)
	}
}

// bytes returns roughly the memory held.
func (s *slotSums) bytes() int64 { return int64(cap(s.acc))*8 + int64(cap(s.wide))*16 }

// total returns the sum of a group.
func (s *slotSums) total(g int) kernel.Int128 {
	var sum kernel.Int128
	if s.wide != nil {
		sum = s.wide[g+1]
	}
	sum.Add(s.acc[g+1])
	return sum
}

// small returns the sums of groups [lo, hi) as integers of at most types.MaxScaledPrec digits,
// which lie in s; ok is false where they may be larger.
func (s *slotSums) small(lo, hi int) (sums []int64, ok bool) {
	sums, most := s.acc[lo+1:hi+1], types.Pow10(types.MaxScaledPrec)
	ok = s.wide == nil
	for _, x := range sums {
		ok = ok && x < most && x > -most
	}
	return sums, ok
}

// looseSums returns the sums of groups [lo, hi) as scaled integers, NULL where no value was
// counted; ok is false where they may be too large.
func looseSums(s *slotSums, counts *valueCounts, scale, lo, hi int, a *arena.Arena) (v vec.Vec, ok bool) {
	sums, ok := s.small(lo, hi)
	if !ok || scale > types.MaxScaledPrec {
		return vec.Vec{}, false
	}
	var valid []uint64
	for i := range sums {
		if counts.of(lo+i) == 0 {
			if valid == nil {
				valid = arena.Make[uint64](a, vec.Words(len(sums)))
				for w := range valid {
					valid[w] = ^uint64(0)
				}
			}
			valid[i>>6] &^= 1 << (uint(i) & 63)
		}
	}
	return vec.FromFixed(types.Dec(types.MaxScaledPrec, scale), sums, valid), true
}

// addTotal adds to a group.
func (s *slotSums) addTotal(group uint32, sum kernel.Int128) {
	s.widen()
	s.wide[group+1].Add128(sum)
}

// widen makes wide exist.
func (s *slotSums) widen() {
	if s.wide == nil {
		s.wide = make([]kernel.Int128, len(s.acc))
	}
}

// add adds the integers of v to their slots, with the help of rows, which may be nil.
func (s *slotSums) add(f *frame, v *vec.Vec, slot []uint32, rows *RowCounts) {
	if rows.holds(slot) && s.addBatch(f, v, rows) {
		return
	}
	if v.Form == vec.Narrow {
		switch v.Width {
		case 1:
			addSlots(s, vec.Of[uint8](v), slot, v.Base, narrowMagnitude(v))
		case 2:
			addSlots(s, vec.Of[uint16](v), slot, v.Base, narrowMagnitude(v))
		default:
			addSlots(s, vec.Of[uint32](v), slot, v.Base, narrowMagnitude(v))
		}
		return
	}
	switch v.Type.Class() {
	case types.I16:
		addSlots(s, values[int16](f, v), slot, 0, 1<<15)
	case types.I32:
		addSlots(s, values[int32](f, v), slot, 0, 1<<31)
	default:
		x := values[int64](f, v)
		addSlots(s, x, slot, 0, kernel.Magnitude(x))
	}
}

// addBatch is add for all rows of the batch of rows, where it can help.
func (s *slotSums) addBatch(f *frame, v *vec.Vec, rows *RowCounts) bool {
	few := rows.masks.Rows() != nil
	if v.Form == vec.Narrow {
		most := narrowMagnitude(v)
		if !few {
			return rows.wait(v, s, most)
		}
		switch v.Width {
		case 1:
			return addMasks(s, vec.Of[uint8](v), rows, v.Base, most)
		case 2:
			return addMasks(s, vec.Of[uint16](v), rows, v.Base, most)
		}
		return addMasks(s, vec.Of[uint32](v), rows, v.Base, most)
	}
	if !few {
		return false
	}
	switch v.Type.Class() {
	case types.I16:
		return addMasks(s, values[int16](f, v), rows, 0, 1<<15)
	case types.I32:
		return addMasks(s, values[int32](f, v), rows, 0, 1<<31)
	}
	x := values[int64](f, v)
	return addMasks(s, x, rows, 0, kernel.Magnitude(x))
}

// addMasks is addBatch where few groups are told apart by masks.
func addMasks[T kernel.Int](s *slotSums, x []T, rows *RowCounts, base int64, most uint64) bool {
	if !s.room(most, len(rows.slot)) {
		return false
	}
	kernel.SumMasks(s.acc, &rows.masks, x[:len(rows.slot)], base)
	return true
}

// room reports whether n values of at most most in size can be added to acc, and notes that they are.
func (s *slotSums) room(most uint64, n int) bool {
	if most > maxBound/uint64(max(n, 1)) || s.bound > maxBound-most*uint64(n) {
		return false
	}
	s.bound += most * uint64(n)
	return true
}

// narrowMagnitude returns a number that no value of a narrow vector exceeds in size.
func narrowMagnitude(v *vec.Vec) uint64 {
	size := uint64(v.Base)
	if v.Base < 0 {
		size = -size
	}
	return size + 1<<(8*v.Width) - 1
}

// addSlots adds base + x, which is at most most in size, to the sums.
func addSlots[T kernel.Int](s *slotSums, x []T, slot []uint32, base int64, most uint64) {
	n := uint64(len(slot))
	if most > maxBound/max(n, 1) || s.bound > maxBound-most*n && len(s.acc) > 4*len(slot) {
		s.widen()
		kernel.SumSlotsWide(s.wide, slot, x, base)
		return
	}
	if s.bound > maxBound-most*n {
		s.flush()
	}
	s.bound += most * n
	kernel.SumSlots(s.acc, slot, x, base)
}

// flush moves acc to wide.
func (s *slotSums) flush() {
	s.widen()
	for i, x := range s.acc {
		s.wide[i].Add(x)
	}
	clear(s.acc)
	s.bound = 0
}

// mergeSums adds the sums of o.
func (s *slotSums) mergeSums(o *slotSums, from, to []uint32) {
	if o.wide == nil && s.bound <= maxBound-o.bound && o.bound <= maxBound {
		s.bound += o.bound
		for i, g := range to {
			s.acc[g+1] += o.acc[groupAt(from, i)+1]
		}
		return
	}
	for i, g := range to {
		s.addTotal(g, o.total(groupAt(from, i)))
	}
}
