package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
)

// joinBits has a bit for every integer of a window that some row of a join table has as its
// key. It is far smaller than the table, so that left rows without a partner, where they are
// most, stay within a processor's cache.
type joinBits struct {
	words []uint64 // nil: there are none
	base  uint64
	span  uint64
}

// A window has at most maxBitsARow bits a row, or leastBits; it is of no use where more than
// one in fewestBits of its integers are keys.
const (
	maxBitsARow = 64
	leastBits   = 1 << 22
	fewestBits  = 4
)

// keyRange returns the least and greatest key of a table with integer keys.
func (t *joinTable) keyRange() (lo, hi int64, ok bool) {
	if !t.codec.single || t.codec.types[0].Class() > types.I64 || t.rows.rows == 0 {
		return 0, 0, false
	}
	lo, hi = int64(1<<63-1), int64(-1<<63)
	for _, b := range t.rows.blocks {
		for _, k := range b.keys[:b.n] {
			lo, hi = min(lo, int64(k)), max(hi, int64(k))
		}
	}
	return lo, hi, true
}

// makeBits makes the bits of a table where they are worth it.
func (t *joinTable) makeBits(lo, hi int64, a *arena.Arena) {
	span, rows := uint64(hi)-uint64(lo), uint64(t.rows.rows)
	if span >= max(leastBits, maxBitsARow*rows) || span < fewestBits*rows {
		return
	}
	t.bits = joinBits{words: arena.MakeZero[uint64](a, int(span/64)+1), base: uint64(lo), span: span + 1}
	for _, b := range t.rows.blocks {
		for _, k := range b.keys[:b.n] {
			d := k - t.bits.base
			t.bits.words[d>>6] |= 1 << (d & 63)
		}
	}
}

// findAmong is joinTable.find for a table with bits.
func (t *joinTable) findAmong(keys []uint64, first []rowID) {
	words, base, span := t.bits.words, t.bits.base, t.bits.span
	for i, k := range keys {
		first[i] = noRow
		d := k - base
		if d >= span || words[d>>6]>>(d&63)&1 == 0 {
			continue
		}
		if t.dense != nil {
			first[i] = t.dense[d]
		} else {
			first[i] = t.findWord(k)
		}
	}
}
