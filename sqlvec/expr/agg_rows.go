package expr

import (
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// RowCounts counts the rows of every slot. Several aggregates of one group table share it. For a batch, between Begin
// and End, it also helps with their sums: where there are few groups, it tells their rows apart by masks; where there
// are more, small numbers wait for End, which adds several of them in one word, as the loop is bound by the store of
// each row.
type RowCounts struct {
	counts []int64
	slot   []uint32 // of the batch, nil between batches
	masks  kernel.SlotMasks
	sums   []waitingSum
	packed *kernel.PackedSums // nil before the first
	batch  []int64            // of rows of the batch, by slot
}

// waitingSum is a Narrow vector whose values are to be added to sums.
type waitingSum struct {
	v  vec.Vec
	to *slotSums
}

// Grow makes groups [0, n) exist.
func (r *RowCounts) Grow(n int) { r.counts = grow(r.counts, n+1) }

// Groups returns the counts of groups [0, n), which are there.
func (r *RowCounts) Groups(n int) []int64 { return r.counts[1 : n+1] }

// Merge adds the counts of groups from[i] of o to group to[i]; from nil stands for 0, 1, 2, …
func (r *RowCounts) Merge(o *RowCounts, from, to []uint32) {
	for i, g := range to {
		r.counts[g+1] += o.counts[groupAt(from, i)+1]
	}
}

// add counts rows.
func (r *RowCounts) add(slot []uint32) { kernel.CountSlots(r.counts, slot) }

// Begin takes the slots of a batch. Until End they stay as they are, as does the memory of the vectors
// that states which share r are given.
func (r *RowCounts) Begin(slot []uint32) {
	r.slot, r.sums = slot, r.sums[:0]
	r.masks.Set(slot, len(r.counts)-1)
}

// End counts the rows of the batch, and adds what waits for it.
func (r *RowCounts) End() {
	slot := r.slot
	r.slot = nil
	if rows := r.masks.Rows(); rows != nil {
		for g, n := range rows {
			r.counts[g+1] += int64(n)
		}
		return
	}
	if len(r.sums) == 0 {
		r.add(slot)
		return
	}
	r.batch = grow(r.batch, len(r.counts))
	clear(r.batch)
	for first := true; first || len(r.sums) > 0; first = false {
		r.addWord(slot, first)
	}
	for s, n := range r.batch {
		r.counts[s] += n
	}
}

// addWord adds those of the waiting sums that have room in one word, in the first the count of rows, too.
func (r *RowCounts) addWord(slot []uint32, first bool) {
	p := r.packed
	p.Reset(first)
	var taken [kernel.MaxPacked]*slotSums
	var bases [kernel.MaxPacked]int64
	rest := r.sums[:0]
	for i := range r.sums {
		s := r.sums[i]
		if n, ok := pack(p, &s.v); ok {
			taken[n], bases[n] = s.to, s.v.Base
			continue
		}
		rest = append(rest, s)
	}
	r.sums = rest
	p.Add(slot, len(r.counts))
	if first {
		p.Count(r.batch)
	}
	for n := range p.Columns() {
		p.Sum(n, taken[n].acc, r.batch, bases[n])
	}
}

// pack gives the integers of a Narrow vector to p as its next column, whose number it returns, if there is room.
func pack(p *kernel.PackedSums, v *vec.Vec) (n int, ok bool) {
	n = p.Columns()
	switch v.Width {
	case 1:
		ok = p.Pack8(vec.Of[uint8](v)[:v.N])
	case 2:
		ok = p.Pack16(vec.Of[uint16](v)[:v.N])
	default:
		ok = p.Pack32(vec.Of[uint32](v)[:v.N])
	}
	return n, ok
}

// holds reports whether slot is that of the whole batch.
func (r *RowCounts) holds(slot []uint32) bool {
	return r != nil && len(slot) > 0 && len(r.slot) == len(slot) && &r.slot[0] == &slot[0]
}

// wait lets the values of a Narrow vector of the batch wait to be added to s, if it may; most is their greatest size.
func (r *RowCounts) wait(v *vec.Vec, s *slotSums, most uint64) bool {
	if !kernel.CanPack(len(r.slot), len(r.counts)) || !s.room(most, len(r.slot)) {
		return false
	}
	if r.packed == nil {
		r.packed = new(kernel.PackedSums)
	}
	r.sums = append(r.sums, waitingSum{*v, s})
	return true
}
