package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/vec"
)

// probeMemo remembers the first row of the right input for each code of a dictionary, for a
// join by one column. It is dropped when another dictionary comes.
type probeMemo struct {
	dict  *vec.Dictionary
	rows  int     // looked up since the dictionary came
	first []rowID // by code; nil until it pays
}

// unknownRow says that a code has not been looked up.
const unknownRow = noRow - 1

// memoPays is how many values a dictionary may have for each row that was looked up in it.
const memoPays = 8

// ready reports whether n more rows of the keys are looked up by their codes.
func (m *probeMemo) ready(keys []vec.Vec, n int) bool {
	if len(keys) != 1 || keys[0].Form != vec.Dict {
		return false
	}
	if m.dict != keys[0].Dict {
		*m = probeMemo{dict: keys[0].Dict}
	}
	m.rows += n
	size := m.dict.Values.N
	if m.first == nil && size <= memoPays*m.rows {
		m.first = make([]rowID, size)
		for i := range m.first {
			m.first[i] = unknownRow
		}
	}
	return m.first != nil
}

// find returns the first row of each of the rows idx (nil: all n) of the keys in cols, which are those
// in sel.
func (p *probe) find(n int, sel []uint64, idx []int32) []rowID {
	count := n
	if idx != nil {
		count = len(idx)
	}
	first := arena.Make[rowID](p.w.scratch, count)
	if !p.findCodes(n, sel, idx, first) {
		p.findKeys(n, idx, first)
	}
	if v := &p.cols[0]; p.nullsApart && v.Valid != nil {
		for k := range first {
			if v.IsNull(rowOf(idx, k)) {
				first[k] = p.table.firstNull
			}
		}
	}
	return first
}

// findKeys is find for keys that are looked up by themselves, or by the codes of one column.
func (p *probe) findKeys(n int, idx []int32, first []rowID) {
	a, count := p.w.scratch, len(first)
	if idx == nil && p.table.index.dense() && p.cols[0].Form == vec.Narrow {
		p.table.index.findNarrow(&p.cols[0], first)
		return
	}
	if p.table.packed != nil && p.table.rows.rows > 0 {
		p.table.findPacked(p.table.packed.words(p.cols, n, idx, a), first)
		return
	}
	nulls := p.node.NullSafe && p.cols[0].Valid != nil
	if nulls || p.table.rows.rows == 0 || !p.memo.ready(p.cols, count) {
		p.table.find(p.codec.encode(p.cols, n, idx, a), first)
		return
	}
	codes := arena.Make[int32](a, count)
	codesInto(&p.cols[0], idx, codes)
	memo := p.memo.first
	missing := arena.Make[int32](a, count)[:0]
	for k, c := range codes {
		if first[k] = memo[c]; first[k] == unknownRow {
			missing = append(missing, int32(k))
		}
	}
	for _, k := range p.findMissing(n, idx, missing, first) {
		memo[codes[k]] = first[k]
	}
}

// mostMisses is how many batches may come whose keys have no small codes.
const mostMisses = 4

// slotOfRow is how much more than its id the slot of a row is: 0 is no slot, and noRow has 1.
const slotOfRow = 2

// findCodes is find for keys of several columns with small codes; ok is false where they have none.
func (p *probe) findCodes(n int, sel []uint64, idx []int32, first []rowID) (ok bool) {
	if len(p.cols) < 2 || p.table.packed != nil || p.misses > mostMisses || p.table.rows.rows == 0 {
		return false
	}
	a := p.w.scratch
	codes := p.codes.codes(p.cols, n, sel, a)
	if codes == nil {
		p.misses++
		return false
	}
	missing := arena.Make[int32](a, len(first))[:0]
	group := p.codes.group
	if idx == nil {
		for k, c := range codes[:len(first)] {
			slot := group[c]
			if first[k] = slot - slotOfRow; slot == 0 {
				missing = append(missing, int32(k))
			}
		}
	} else {
		for k, i := range idx {
			slot := group[codes[i]]
			if first[k] = slot - slotOfRow; slot == 0 {
				missing = append(missing, int32(k))
			}
		}
	}
	for _, k := range p.findMissing(n, idx, missing, first) {
		p.codes.learn(codes[rowOf(idx, int(k))], first[k]+slotOfRow)
	}
	return true
}

// findMissing looks up the places missing of first, and returns them.
func (p *probe) findMissing(n int, idx, missing []int32, first []rowID) []int32 {
	if len(missing) == 0 {
		return nil
	}
	a := p.w.scratch
	rows := missing
	if idx != nil {
		rows = arena.Make[int32](a, len(missing))
		takeInto(rows, idx, missing)
	}
	found := arena.Make[rowID](a, len(missing))
	p.table.find(p.codec.encode(p.cols, n, rows, a), found)
	for j, k := range missing {
		first[k] = found[j]
	}
	return missing
}

// findNarrow is find for a narrow vector without NULLs, in a dense index.
func (x *keyIndex) findNarrow(v *vec.Vec, first []rowID) {
	off := uint64(v.Base) - x.base
	switch v.Width {
	case 1:
		findDense(vec.Of[uint8](v), off, x.first, first)
	case 2:
		findDense(vec.Of[uint16](v), off, x.first, first)
	default:
		findDense(vec.Of[uint32](v), off, x.first, first)
	}
}

func findDense[T uint8 | uint16 | uint32](codes []T, off uint64, dense, first []rowID) {
	for i, c := range codes[:len(first)] {
		id := noRow
		if d := uint64(c) + off; d < uint64(len(dense)) {
			id = dense[d]
		}
		first[i] = id
	}
}
