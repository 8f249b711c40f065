package exec

import (
	"math/bits"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// packing makes one word of a key of several integers that a join's right rows have within
// narrow ranges, and no NULL. No key gives the word freeSlot: it stands for keys that no right row has.
type packing struct {
	at    []int    // word of each column in a key row
	nulls int      // words of NULL bits before them
	base  []uint64 // least value of each column
	top   []uint64 // greatest value, less base
	shift []uint
}

// pack finds the packing of the table's keys, nil where there is none.
func (t *joinTable) pack() *packing {
	c := t.codec
	if c.single || len(c.types) < 2 || t.rows.rows == 0 {
		return nil
	}
	for _, class := range c.class {
		if class < types.I16 || class > types.I64 {
			return nil
		}
	}
	for _, b := range t.rows.blocks {
		for i := 0; i < b.n*c.stride && c.nulls > 0; i += c.stride {
			if !noBits(b.keys[i : i+c.nulls]) {
				return nil
			}
		}
	}
	p := &packing{at: c.at, nulls: c.nulls}
	used := uint(0)
	for _, at := range c.at {
		lo, hi := int64(1<<63-1), int64(-1<<63)
		for _, b := range t.rows.blocks {
			for i := at; i < b.n*c.stride; i += c.stride {
				lo, hi = min(lo, int64(b.keys[i])), max(hi, int64(b.keys[i]))
			}
		}
		top := uint64(hi) - uint64(lo)
		p.base, p.top, p.shift = append(p.base, uint64(lo)), append(p.top, top), append(p.shift, used)
		if used += uint(bits.Len64(top)); used > 63 {
			return nil
		}
	}
	return p
}

// word returns the word of a key row.
func (p *packing) word(row []uint64) uint64 {
	if !noBits(row[:p.nulls]) {
		return freeSlot
	}
	w := uint64(0)
	for k, at := range p.at {
		d := row[at] - p.base[k]
		if d > p.top[k] {
			return freeSlot
		}
		w |= d << p.shift[k]
	}
	return w
}

// words returns the words of rows idx (nil: all n) of the key columns.
func (p *packing) words(cols []vec.Vec, n int, idx []int32, a *arena.Arena) []uint64 {
	if idx != nil {
		n = len(idx)
	}
	out := arena.MakeZero[uint64](a, n)
	one := arena.Make[uint64](a, n)
	for k := range cols {
		wordsInto(&cols[k], idx, one, a)
		base, top, shift := p.base[k], p.top[k], p.shift[k]
		for i, w := range one {
			d := w - base
			if d > top {
				out[i] = freeSlot
			}
			out[i] |= d << shift
		}
		for i := range out {
			if cols[k].Valid == nil {
				break
			}
			if cols[k].IsNull(rowOf(idx, i)) {
				out[i] = freeSlot
			}
		}
	}
	return out
}

// findPacked is find for words of a packing.
func (t *joinTable) findPacked(words []uint64, first []rowID) {
	for i, w := range words {
		if first[i] = noRow; w != freeSlot {
			first[i] = t.findWord(w)
		}
	}
}
