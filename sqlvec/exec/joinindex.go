package exec

import (
	"math/bits"

	"driftdb/internal/arena"
	"driftdb/internal/types"
)

// keyIndex finds the first row of an integer key without a hash: by an array over the range of the
// keys where they lie close together, by the number of keys below it where they lie less close. Keys
// that are looked for in the order that the rows came in, as those of tables that are stored by them,
// find their rows in that order, too. It is one of the forms of a joinTable.
type keyIndex struct {
	// base is the least key, and span how many integers there are from it to the greatest.
	base, span uint64
	// set, where keys are few within their range, says which there are. It is far smaller than a
	// table, so that left rows without a partner, where they are most, stay within a processor's cache.
	set *keySet
	// first is the first row of each key in ascending order, or without a set of each integer from base
	// on; nil: the table has hashed slots.
	first []rowID
	// below is how many keys are less than the first integer of each word of the set.
	below []uint32
}

// An array has at most denseSpan integers a row. A set has at most maxBitsARow bits a row, or leastBits.
const (
	denseSpan   = 4
	maxBitsARow = 64
	leastBits   = 1 << 22
	leastDense  = 1 << 10 // integers of an array, however few the rows
)

// keyRange is the least and the greatest key of a block.
type keyRange struct{ lo, hi int64 }

// keyRanges returns the range of the keys of all blocks, which are integers, and that of each.
func (t *joinTable) keyRanges(ex *execution) (all keyRange, each []keyRange, err error) {
	each = make([]keyRange, len(t.rows.blocks))
	err = ex.tasks(len(each), func(_, n int) error {
		b := t.rows.blocks[n]
		r := keyRange{1<<63 - 1, -1 << 63}
		for _, k := range b.keys[:b.n] {
			r.lo, r.hi = min(r.lo, int64(k)), max(r.hi, int64(k))
		}
		each[n] = r
		return nil
	})
	all = keyRange{1<<63 - 1, -1 << 63}
	for _, r := range each {
		all.lo, all.hi = min(all.lo, r.lo), max(all.hi, r.hi)
	}
	return all, each, err
}

// indexKeys makes the index of a table, where its keys have one.
func (t *joinTable) indexKeys(ex *execution, a *arena.Arena) error {
	if !t.codec.single || t.codec.types[0].Class() > types.I64 || t.rows.rows == 0 {
		return nil
	}
	all, each, err := t.keyRanges(ex)
	span, rows := uint64(all.hi)-uint64(all.lo), uint64(t.rows.rows)
	if err != nil || span >= max(leastBits, maxBitsARow*rows) {
		return err
	}
	x := &t.index
	x.base, x.span = uint64(all.lo), span+1
	if span < denseSpan*rows+leastDense {
		x.first = arena.Make[rowID](a, int(x.span))
		return t.eachRegion(ex, each, t.fillDense)
	}
	words := int((span+1)/64) + 1 // a bit more than there are integers: see keySet
	x.set = &keySet{lo: all.lo, hi: all.hi, words: arena.Make[uint64](a, words)}
	if span >= maxBitsARow*rows {
		return t.eachRegion(ex, each, func(r region) bool { t.fillSet(r); return false })
	}
	x.below = arena.Make[uint32](a, words)
	counts := make([]uint32, ex.opts.Workers)
	err = t.eachRegion(ex, each, func(r region) bool {
		t.fillSet(r)
		counts[r.number] = x.countKeys(r)
		return false
	})
	if err != nil {
		return err
	}
	sum := uint32(0)
	for i, n := range counts {
		counts[i], sum = sum, sum+n
	}
	x.first = arena.Make[rowID](a, int(sum))
	return t.eachRegion(ex, each, func(r region) bool { return t.fillRanked(r, counts) })
}

// region is a part of the integers of an index, which one worker fills: those from base+from on, whole
// words of the set.
type region struct {
	number     int
	from, size uint64
	blocks     []int // that have keys of it, in ascending order
}

// eachRegion calls fill for regions of the index, by all workers where the table is large. fill
// reports whether rows share a key.
func (t *joinTable) eachRegion(ex *execution, each []keyRange, fill func(region) (shared bool)) error {
	regions := 1
	if t.rows.rows >= parallelSort {
		regions = ex.opts.Workers
	}
	x := &t.index
	words := x.span/64 + 1 // with the bit beyond the last integer
	per := (words + uint64(regions) - 1) / uint64(regions) * 64
	shared := make([]bool, regions)
	err := ex.tasks(regions, func(_, i int) error {
		r := region{number: i, from: uint64(i) * per}
		if r.from >= words*64 {
			return nil
		}
		r.size = min(per, words*64-r.from)
		for n, k := range each {
			if uint64(k.lo)-x.base < r.from+r.size && uint64(k.hi)-x.base >= r.from {
				r.blocks = append(r.blocks, n)
			}
		}
		shared[i] = fill(r)
		return nil
	})
	for _, s := range shared {
		t.unique = t.unique && !s
	}
	return err
}

// fillSet adds the keys of a region to the set.
func (t *joinTable) fillSet(r region) {
	words := t.index.set.words[r.from/64 : (r.from+r.size)/64]
	clear(words)
	from := t.index.base + r.from
	for _, n := range r.blocks {
		b := t.rows.blocks[n]
		for _, k := range b.keys[:b.n] {
			if d := k - from; d < r.size {
				words[d>>6] |= 1 << (d & 63)
			}
		}
	}
}

// countKeys writes how many keys of a region lie below each of its words, and returns how many it has.
func (x *keyIndex) countKeys(r region) uint32 {
	words := x.set.words[r.from/64 : (r.from+r.size)/64]
	below := x.below[r.from/64:][:len(words)]
	sum := uint32(0)
	for i, w := range words {
		below[i] = sum
		sum += uint32(bits.OnesCount64(w))
	}
	return sum
}

// fillRanked writes the first row of each key of a region: starts says how many keys the regions
// before each one have.
func (t *joinTable) fillRanked(r region, starts []uint32) (shared bool) {
	x := &t.index
	words := x.set.words[r.from/64 : (r.from+r.size)/64]
	below := x.below[r.from/64:][:len(words)]
	for i := range below {
		below[i] += starts[r.number]
	}
	end := uint32(len(x.first))
	if r.number+1 < len(starts) {
		end = starts[r.number+1]
	}
	noRows(x.first[starts[r.number]:end])
	from := x.base + r.from
	for j := len(r.blocks) - 1; j >= 0; j-- {
		n := r.blocks[j]
		b := t.rows.blocks[n]
		for i := b.n - 1; i >= 0; i-- {
			if d := b.keys[i] - from; d < r.size && t.lead(&x.first[rankOf(words, below, d)], n, i) {
				shared = true
			}
		}
	}
	return shared
}

// rankOf returns how many keys are less than integer d of a set, which has it.
func rankOf(words []uint64, below []uint32, d uint64) uint32 {
	return below[d>>6] + uint32(bits.OnesCount64(words[d>>6]&(1<<(d&63)-1)))
}

// fillDense writes the first row of each integer of a region.
func (t *joinTable) fillDense(r region) (shared bool) {
	x := &t.index
	part := x.first[min(r.from, x.span):min(r.from+r.size, x.span)]
	noRows(part)
	from := x.base + r.from
	for j := len(r.blocks) - 1; j >= 0; j-- {
		n := r.blocks[j]
		b := t.rows.blocks[n]
		for i := b.n - 1; i >= 0; i-- {
			if d := b.keys[i] - from; d < uint64(len(part)) && t.lead(&part[d], n, i) {
				shared = true
			}
		}
	}
	return shared
}

// lead makes row i of block n the first one of its key, and reports whether the key has others, which follow it.
func (t *joinTable) lead(first *rowID, n, i int) (shared bool) {
	if *first != noRow {
		t.next[n][i], shared = *first, true
	}
	*first = rowID(n)<<blockShift | rowID(i)
	return shared
}

// noRows fills list with noRow.
func noRows(list []rowID) {
	for i := range list {
		list[i] = noRow
	}
}

// dense reports whether the index is an array over the range of the keys.
func (x *keyIndex) dense() bool { return x.first != nil && x.set == nil }

// find is joinTable.find for a table with such an index.
func (x *keyIndex) find(keys []uint64, first []rowID) {
	if x.dense() {
		for i, k := range keys {
			id := noRow
			if d := k - x.base; d < uint64(len(x.first)) {
				id = x.first[d]
			}
			first[i] = id
		}
		return
	}
	words, below := x.set.words, x.below
	for i, k := range keys {
		first[i] = noRow
		if d := k - x.base; d < x.span && words[d>>6]>>(d&63)&1 != 0 {
			first[i] = x.first[rankOf(words, below, d)]
		}
	}
}

// findAmong is find for a table whose keys are hashed, and which has a set of them.
func (t *joinTable) findAmong(keys []uint64, first []rowID) {
	words, base, span := t.index.set.words, t.index.base, t.index.span
	for i, k := range keys {
		first[i] = noRow
		if d := k - base; d < span && words[d>>6]>>(d&63)&1 != 0 {
			first[i] = t.findWord(k)
		}
	}
}
