package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// findSlots writes the slot of every row of the keys to slot: the group plus one for
// selected rows, 0 for the others. scratch holds what it needs meanwhile.
func (t *groupTable) findSlots(keys []vec.Vec, sel []uint64, slot []uint32, scratch *arena.Arena) {
	mark := scratch.Mark()
	defer scratch.Release(mark)
	n := len(slot)
	if sameInAll(keys) && n > 0 {
		t.findOne(keys, sel, slot, scratch)
		return
	}
	if known, ok := t.memo.slots(keys, slot); ok && (known || sel != nil && !kernel.AnyZero(slot, sel)) {
		if sel != nil {
			kernel.MaskSlots(slot, slot, sel)
		}
		return
	}
	var codes []uint32
	if !t.rising || t.packed || t.memo.known > 0 { // ascending keys need no memo
		codes = t.memo.codes(keys, n, sel, scratch)
	}
	if codes != nil && t.memo.known == 0 {
		t.memo.recall(t)
	}
	if codes == nil {
		t.findRows(keys, n, t.selected(sel, n), slot, scratch)
		for i := range slot {
			slot[i]++
		}
	} else if kernel.LookupSlots(slot, t.memo.group, codes) && (sel == nil || kernel.AnyZero(slot, sel)) {
		t.addUnknown(keys, sel, codes, slot, scratch)
	}
	if sel != nil {
		kernel.MaskSlots(slot, slot, sel)
	}
}

// sameInAll reports whether the keys of all rows are the same.
func sameInAll(keys []vec.Vec) bool {
	for k := range keys {
		if keys[k].Form != vec.Const {
			return false
		}
	}
	return true
}

// findOne is findSlots for keys that are the same in all rows.
func (t *groupTable) findOne(keys []vec.Vec, sel []uint64, slot []uint32, scratch *arena.Arena) {
	if sel != nil && !kernel.Any(sel) {
		clear(slot)
		return
	}
	t.findRows(keys, 1, []int32{0}, slot[:1], scratch)
	s := slot[0] + 1
	for i := range slot {
		slot[i] = s
	}
	if sel != nil {
		kernel.MaskSlots(slot, slot, sel)
	}
}

// addUnknown finds the slots of the selected rows that have none by their codes yet.
func (t *groupTable) addUnknown(keys []vec.Vec, sel []uint64, codes, slot []uint32, scratch *arena.Arena) {
	t.idx = t.idx[:0]
	for i, s := range slot {
		if s == 0 && (sel == nil || bit(sel, i) == 1) {
			t.idx = append(t.idx, int32(i))
		}
	}
	if t.memo.exact(t) && t.memo.known == t.n {
		t.addNew(keys, codes, slot, scratch)
		return
	}
	first := arena.Make[int32](scratch, len(t.idx))[:0] // of the rows of each code
	for _, i := range t.idx {
		if t.memo.group[codes[i]] == 0 {
			t.memo.group[codes[i]] = noGroup
			first = append(first, i)
		}
	}
	t.findRows(keys, len(slot), first, slot, scratch)
	for _, i := range first {
		t.memo.group[codes[i]] = 0
		t.memo.learn(codes[i], slot[i]+1)
	}
	for _, i := range t.idx {
		slot[i] = t.memo.group[codes[i]]
	}
}

// addNew adds the groups of the rows in idx, of which the memo would know those that there are,
// and writes their slots.
func (t *groupTable) addNew(keys []vec.Vec, codes, slot []uint32, scratch *arena.Arena) {
	rows := t.codec.encode(keys, len(slot), t.idx, scratch)
	t.unplaced = true
	for k, i := range t.idx {
		code := codes[i]
		if t.memo.group[code] == 0 {
			var g uint32
			if keys[0].IsNull(int(i)) {
				g = t.groupOfNull()
			} else {
				t.rising = t.rising && (t.n == 0 || int64(rows[k]) > int64(t.keys[t.n-1]))
				g = uint32(t.append(rows[k : k+1]))
			}
			t.memo.learn(code, g+1)
		}
		slot[i] = t.memo.group[code]
	}
}

// slots writes the slots of keys that are one column of codes, without making numbers of
// the codes first. ok is false where it cannot; known says that no slot is 0.
func (m *memo) slots(keys []vec.Vec, slot []uint32) (known, ok bool) {
	if len(keys) != 1 || m.group == nil || keys[0].Valid != nil {
		return false, false
	}
	v := &keys[0]
	switch c := m.cols[0]; v.Form {
	case vec.Dict:
		if c.dict != v.Dict {
			return false, false
		}
	case vec.Narrow:
		if v.Width > 2 || c != (codeColumn{base: v.Base, size: 1<<(8*v.Width) + 1}) {
			return false, false
		}
	default:
		return false, false
	}
	switch v.Width {
	case 1:
		return !kernel.LookupSlots(slot, m.group, vec.Of[uint8](v)), true
	case 2:
		return !kernel.LookupSlots(slot, m.group, vec.Of[uint16](v)), true
	}
	return !kernel.LookupSlots(slot, m.group, vec.Of[uint32](v)), true
}
