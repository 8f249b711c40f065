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

// find returns the first row of each of the rows idx (nil: all n) of the keys in cols.
func (p *probe) find(n int, idx []int32) []rowID {
	a := p.w.scratch
	count := n
	if idx != nil {
		count = len(idx)
	}
	first := arena.Make[rowID](a, count)
	if idx == nil && p.table.index.dense() && p.cols[0].Form == vec.Narrow {
		p.table.index.findNarrow(&p.cols[0], first)
		return first
	}
	if p.table.packed != nil && p.table.rows.rows > 0 {
		p.table.findPacked(p.table.packed.words(p.cols, n, idx, a), first)
		return first
	}
	nulls := p.node.NullSafe && p.cols[0].Valid != nil
	if nulls || p.table.rows.rows == 0 || !p.memo.ready(p.cols, count) {
		p.table.find(p.codec.encode(p.cols, n, idx, a), first)
		return first
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
	if len(missing) > 0 {
		p.learn(n, idx, codes, missing, first)
	}
	return first
}

// learn looks up the places missing of codes, and remembers what it finds.
func (p *probe) learn(n int, idx, codes, missing []int32, first []rowID) {
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
		p.memo.first[codes[k]] = found[j]
	}
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
