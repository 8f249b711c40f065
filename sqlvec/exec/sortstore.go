package exec

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// entry is a row under the key of the level at hand.
type entry struct {
	key uint64
	id  rowID
	_   uint32
}

// sorter sorts the rows of a store. Entries with equal keys stay in the order of their
// ids, on every level.
type sorter struct {
	s      *store
	levels []level
}

const (
	fewEntries   = 256     // below, entries are sorted by comparing
	parallelSort = 1 << 16 // from here, entries are dealt into buckets first
	bucketBits   = 10
	buckets      = 1 << bucketBits
)

// sortStore returns the ids of all rows of a sealed store in the order of specs, in memory of
// a. It uses all workers.
func sortStore(ex *execution, s *store, specs []orderSpec, a *arena.Arena) ([]rowID, error) {
	if s.rows < parallelSort {
		return orderOf(s, specs, a), nil
	}
	so := &sorter{s: s, levels: levelsOf(s, specs)}
	work := ex.newArena()
	ids := arena.Make[rowID](a, s.rows)
	es, tmp := newEntries(s.rows, work), newEntries(s.rows, work)
	s.allIDs(es)
	if len(so.levels) > 0 {
		if err := so.sortParallel(ex, es, tmp); err != nil {
			return nil, err
		}
	}
	for i := range es {
		ids[i] = es[i].id
	}
	work.Free()
	return ids, nil
}

// orderOf is sortStore on one goroutine; the ids are in a.
func orderOf(s *store, specs []orderSpec, a *arena.Arena) []rowID {
	ids := arena.Make[rowID](a, s.rows)
	so := &sorter{s: s, levels: levelsOf(s, specs)}
	es, tmp := newEntries(s.rows, a), newEntries(s.rows, a)
	s.allIDs(es)
	so.sort(es, tmp, 0, 0)
	for i := range es {
		ids[i] = es[i].id
	}
	return ids
}

// newEntries returns n entries in a.
func newEntries(n int, a *arena.Arena) []entry {
	return vec.Cast[entry](vec.BytesOf(arena.Make[uint64](a, 2*n)))
}

// allIDs writes the ids of all rows, ascending.
func (s *store) allIDs(es []entry) {
	i := 0
	for b, blk := range s.blocks {
		for r := range blk.n {
			es[i].id = rowID(b)<<blockShift | rowID(r)
			i++
		}
	}
}

// sortParallel sorts by the first level in parallel: entries are dealt into buckets by the
// highest bits in which their keys differ, and the buckets sorted one by one.
func (so *sorter) sortParallel(ex *execution, es, tmp []entry) error {
	workers := ex.opts.Workers
	chunk := (len(es) + workers - 1) / workers
	chunkOf := func(i int) []entry {
		return es[min(i*chunk, len(es)):min((i+1)*chunk, len(es))]
	}
	differing := make([]uint64, workers)
	if err := ex.tasks(workers, func(_, i int) error {
		so.fill(chunkOf(i), 0, 0)
		differing[i] = differingBits(chunkOf(i))
		return nil
	}); err != nil {
		return err
	}
	varying := uint64(0)
	for i, d := range differing {
		if c := chunkOf(i); len(c) > 0 {
			varying |= d | (c[0].key ^ es[0].key)
		}
	}
	shift := max(0, bits.Len64(varying)-bucketBits)
	counts := make([][buckets]int, workers)
	if err := ex.tasks(workers, func(_, i int) error {
		for _, e := range chunkOf(i) {
			counts[i][e.key>>shift&(buckets-1)]++
		}
		return nil
	}); err != nil {
		return err
	}
	var starts [buckets + 1]int
	at := 0
	for b := range buckets {
		starts[b] = at
		for i := range workers {
			n := counts[i][b]
			counts[i][b] = at
			at += n
		}
	}
	starts[buckets] = at
	if err := ex.tasks(workers, func(_, i int) error {
		for _, e := range chunkOf(i) {
			p := &counts[i][e.key>>shift&(buckets-1)]
			tmp[*p] = e
			*p++
		}
		return nil
	}); err != nil {
		return err
	}
	return ex.tasks(buckets, func(_, b int) error {
		lo, hi := starts[b], starts[b+1]
		copy(es[lo:hi], tmp[lo:hi])
		sortKeys(es[lo:hi], tmp[lo:hi])
		so.ties(es[lo:hi], tmp[lo:hi], 0, 0)
		return nil
	})
}

// differingBits returns the bits in which some key is not as the first.
func differingBits(es []entry) (varying uint64) {
	for i := range es {
		varying |= es[i].key ^ es[0].key
	}
	return varying
}

// sort sorts es, which are equal on the levels before l, from byte off of a text level on.
func (so *sorter) sort(es, tmp []entry, l, off int) {
	if len(es) < 2 || l == len(so.levels) {
		return
	}
	so.fill(es, l, off)
	sortKeys(es, tmp)
	so.ties(es, tmp, l, off)
}

// ties sorts runs of equal keys by what follows.
func (so *sorter) ties(es, tmp []entry, l, off int) {
	lv := &so.levels[l]
	if !lv.text && l+1 == len(so.levels) {
		return
	}
	for lo := 0; lo < len(es); {
		hi := lo + 1
		for hi < len(es) && es[hi].key == es[lo].key {
			hi++
		}
		if hi-lo > 1 {
			key := es[lo].key
			if lv.text && lv.segs[0].desc {
				key = ^key
			}
			if lv.text && key&0xff > textStep {
				so.sort(es[lo:hi], tmp[lo:hi], l, off+textStep)
			} else {
				so.sort(es[lo:hi], tmp[lo:hi], l+1, 0)
			}
		}
		lo = hi
	}
}

// sortKeys sorts entries by key; equal keys stay in the order of their ids.
func sortKeys(es, tmp []entry) {
	if len(es) < fewEntries {
		slices.SortFunc(es, func(a, b entry) int {
			if a.key != b.key {
				return cmp.Compare(a.key, b.key)
			}
			return cmp.Compare(a.id, b.id)
		})
		return
	}
	varying := differingBits(es)
	from, to := es, tmp
	for shift := uint(0); shift < 64; shift += 8 {
		if varying>>shift&0xff == 0 {
			continue
		}
		digitPass(from, to, shift)
		from, to = to, from
	}
	if &from[0] != &es[0] {
		copy(es, from)
	}
}

// digitPass deals from into to by the byte of the keys at shift, keeping the order.
func digitPass(from, to []entry, shift uint) {
	var at [256]int
	for i := range from {
		at[byte(from[i].key>>shift)]++
	}
	sum := 0
	for d, n := range at {
		at[d] = sum
		sum += n
	}
	for _, e := range from {
		d := byte(e.key >> shift)
		to[at[d]] = e
		at[d]++
	}
}

// fill writes the keys of level l. off is the first byte of a text level.
func (so *sorter) fill(es []entry, l, off int) {
	for i := range es {
		es[i].key = 0
	}
	for _, g := range so.levels[l].segs {
		switch g.kind {
		case nullSegment:
			so.fillNulls(es, g)
		case textSegment:
			so.fillText(es, g, off)
		default:
			so.fillWords(es, g)
		}
	}
}

func (so *sorter) fillNulls(es []entry, g segment) {
	valid := so.s.valid[g.column]
	for i := range es {
		id := es[i].id
		null := uint64(0)
		if w := valid[id>>blockShift]; w != nil {
			null = uint64(bit(w, int(id&(blockRows-1)))) ^ 1
		}
		es[i].key = es[i].key<<1 | null ^ g.null ^ 1
	}
}

// fillText appends up to seven bytes from off on, and their number, 8 for more than seven.
func (so *sorter) fillText(es []entry, g segment, off int) {
	blocks, valid := so.s.view[g.column], so.s.valid[g.column]
	form := isForm(so.s.types[g.column])
	for i := range es {
		id := es[i].id
		b, r := id>>blockShift, int(id&(blockRows-1))
		var w uint64
		if valid[b] == nil || bit(valid[b], r) == 1 {
			w = textWord(vec.Cast[str](blocks[b])[r], off, g.bits, form)
		}
		if g.desc {
			w = ^w
		}
		if g.bits == 64 {
			es[i].key = w
			continue
		}
		es[i].key = es[i].key<<g.bits | w&(1<<g.bits-1)
	}
}

// textWord returns the number of a text segment of the given bits.
func textWord(s str, off int, bits uint, form bool) uint64 {
	var buf [24]byte
	b := s.appendShort(buf[:0])
	if form {
		b = types.DecimalKey(b)
	}
	b = b[min(off, len(b)):]
	if bits < 64 { // a short column: all bytes, then their number in three bits
		var full [8]byte
		copy(full[:], b)
		return binary.BigEndian.Uint64(full[:])>>(64-(bits-3))<<3 | uint64(len(b))
	}
	var full [8]byte
	copy(full[:textStep], b)
	return binary.BigEndian.Uint64(full[:]) | uint64(min(len(b), textStep+1))
}

// appendShort returns the bytes of s, in buf where s holds them itself.
func (s str) appendShort(buf []byte) []byte {
	if s.len() > inlineBytes {
		return s.far()
	}
	return s.appendTo(buf)
}

// fillWords appends the number of a fixed-width value.
func (so *sorter) fillWords(es []entry, g segment) {
	switch so.s.types[g.column].Class() {
	case types.Bits:
		fillInts[int8](so, es, g)
	case types.I16:
		fillInts[int16](so, es, g)
	case types.I32:
		fillInts[int32](so, es, g)
	case types.I64:
		fillInts[int64](so, es, g)
	case types.F32:
		fillFloats[float32](so, es, g)
	case types.F64:
		fillFloats[float64](so, es, g)
	default:
		so.fillSpans(es, g)
	}
	if so.s.nulls[g.column] {
		so.clearNulls(es, g)
	}
}

// fillInts appends the numbers of integers, and of BOOLEAN bytes.
func fillInts[T int8 | int16 | int32 | int64](so *sorter, es []entry, g segment) {
	blocks, mask := so.s.view[g.column], g.mask()
	for i := range es {
		id := es[i].id
		w := orderInt(int64(vec.Cast[T](blocks[id>>blockShift])[id&(blockRows-1)]))
		es[i].key = es[i].key<<g.bits | g.number(w)&mask
	}
}

// fillFloats appends the numbers of floats.
func fillFloats[T float32 | float64](so *sorter, es []entry, g segment) {
	blocks, mask := so.s.view[g.column], g.mask()
	for i := range es {
		id := es[i].id
		w := orderFloat(float64(vec.Cast[T](blocks[id>>blockShift])[id&(blockRows-1)]))
		es[i].key = es[i].key<<g.bits | g.number(w)&mask
	}
}

// fillSpans appends the numbers of a part of intervals.
func (so *sorter) fillSpans(es []entry, g segment) {
	blocks, mask := so.s.view[g.column], g.mask()
	for i := range es {
		id := es[i].id
		w := spanWord(vec.Cast[vec.Span](blocks[id>>blockShift])[id&(blockRows-1)], g.kind)
		es[i].key = es[i].key<<g.bits | g.number(w)&mask
	}
}

// number returns the segment's number of an order word.
func (g *segment) number(w uint64) uint64 {
	if g.desc {
		return g.base - w
	}
	return w - g.base
}

// mask returns the bits of the segment, as the lowest of a word.
func (g *segment) mask() uint64 { return ^uint64(0) >> (64 - g.bits) }

// clearNulls makes the last number of every NULL zero.
func (so *sorter) clearNulls(es []entry, g segment) {
	valid, mask := so.s.valid[g.column], g.mask()
	for i := range es {
		id := es[i].id
		if w := valid[id>>blockShift]; w != nil && bit(w, int(id&(blockRows-1))) == 0 {
			es[i].key &^= mask
		}
	}
}
