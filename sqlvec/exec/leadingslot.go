package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// rowSlots are numbered places of rows in a store, where one row may take the place of another.
type rowSlots struct {
	store *store
	id    []rowID // by slot; noRow where the row is not there any more
	first int     // the first slot of the batch at hand
	same  []bool  // columns whose values are those of the row that was in the place

	fresh     []int32  // rows of the batch that are appended,
	freshSlot []uint32 // and their slots
	over      []int32  // rows of the batch that take a place,
	overID    []rowID  // and the places; later ones count
}

// noSlot is the slot of a row whose place is not remembered.
const noSlot = ^uint32(0)

// begin begins a batch for a store. If it is another one, the rows of the one before are gone.
func (r *rowSlots) begin(s *store) {
	if r.store != s {
		r.store = s
		for i := range r.id {
			r.id[i] = noRow
		}
	}
	r.first = len(r.id)
	r.fresh, r.freshSlot, r.over, r.overID = r.fresh[:0], r.freshSlot[:0], r.over[:0], r.overID[:0]
}

// add puts row i of the batch in the place of slot free, or of a new slot where that is noSlot or its
// row is gone, and returns the slot.
func (r *rowSlots) add(i int32, free uint32) uint32 {
	switch {
	case free == noSlot || int(free) < r.first && r.id[free] == noRow:
		free = uint32(len(r.id))
		r.id = append(r.id, rowID(len(r.fresh)))
		r.fresh, r.freshSlot = append(r.fresh, i), append(r.freshSlot, free)
	case int(free) >= r.first: // of this batch
		r.fresh[r.id[free]] = i
	default:
		r.over, r.overID = append(r.over, i), append(r.overID, r.id[free])
	}
	return free
}

// put writes the rows of the batch, which has n, to the store.
func (r *rowSlots) put(s *store, cols []vec.Vec, n int, a *arena.Arena) {
	if len(r.over) > 0 {
		s.overwrite(r.overID, cols, r.same, r.over, a)
	}
	if len(r.fresh) == 0 {
		return
	}
	b, at := max(0, len(s.blocks)-1), 0
	if len(s.blocks) > 0 {
		at = s.blocks[b].n
	}
	s.add(nil, cols, n, r.fresh)
	for _, slot := range r.freshSlot {
		for at == s.blocks[b].n {
			b, at = b+1, 0
		}
		r.id[slot] = rowID(b)<<blockShift | rowID(at)
		at++
	}
}

// overwrite puts rows idx of cols in the places ids, one after another. Columns that are
// the same there already are left as they are.
func (s *store) overwrite(ids []rowID, cols []vec.Vec, same []bool, idx []int32, a *arena.Arena) {
	t := newStore(s.types, a)
	t.lender, t.heap, t.first = s.lender, s.heap, (len(idx)+63)&^63
	from := t.room()
	for c, typ := range s.types {
		if same[c] {
			continue
		}
		t.addColumn(from, c, &cols[c], idx, len(idx))
		src := &from.cols[c]
		switch keptSize(typ) {
		case 1:
			scatter[uint8](s, c, ids, src)
		case 2:
			scatter[uint16](s, c, ids, src)
		case 4:
			scatter[uint32](s, c, ids, src)
		case 8:
			scatter[uint64](s, c, ids, src)
		default:
			scatter[str](s, c, ids, src)
		}
		if typ.Class() == types.Bytes {
			s.coded[c] += t.coded[c]
		}
	}
	s.heap = t.heap
}

// scatter writes the values of a column to the places ids of column c.
func scatter[T any](s *store, c int, ids []rowID, src *blockColumn) {
	values := vec.Cast[T](src.data)
	for i, id := range ids {
		b := s.blocks[id>>blockShift]
		col, at := &b.cols[c], int(id&(blockRows-1))
		vec.Cast[T](col.data)[at] = values[i]
		switch null := src.valid != nil && bit(src.valid, i) == 0; {
		case null:
			col.ensureValid(b.cap, s.a)
			col.setNull(at)
		case col.valid != nil:
			col.valid[at>>6] |= 1 << (uint(at) & 63)
		}
	}
}
