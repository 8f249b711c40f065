package exec

import (
	"encoding/binary"
	"math/bits"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// entry is a row under the key of the level at hand.
type entry struct {
	key  uint64
	id   rowID
	mark uint32 // startsPeers, startsPart: set on an entry where it is in the end
}

// What an entry begins.
const (
	startsPeers = 1 << iota
	startsPart
)

// sorter sorts the rows of a store. Entries with equal keys stay in the order of their
// ids, on every level.
type sorter struct {
	s      *store
	levels []level

	marks     bool // mark the entries that begin something
	partLevel int  // level of the last bits that partition the rows, -1: none do
	partShift uint // how many bits of its keys follow those
}

// sortedRows is the rows of a store in an order. The masks say where groups of peers and, by
// the first keys, partitions begin; nil where that was not asked for.
type sortedRows struct {
	ids        []rowID
	part, peer startMask
	keys       []entry            // where one key holds all
	decoders   map[int]keyDecoder // of the columns that can be read from it
}

const (
	parallelSort = 1 << 16 // from here, entries are dealt into buckets first
	bucketBits   = 10
	buckets      = 1 << bucketBits
)

// sortOrder is what sortStore is asked for.
type sortOrder struct {
	specs []orderSpec
	parts int    // how many of the first specs partition the rows, -1 to mark no starts
	read  []bool // columns that are read in this order; nil: none
}

// orderBy asks for the rows alone.
func orderBy(specs []orderSpec) sortOrder { return sortOrder{specs: specs, parts: -1} }

// sortStore returns all rows of a sealed store in an order, in memory of a. It uses all workers.
func sortStore(ex *execution, s *store, o sortOrder, a *arena.Arena) (sortedRows, error) {
	if s.rows < parallelSort {
		return orderOf(s, o, a), nil
	}
	so, err := newSorter(s, o, ex.tasks)
	if err != nil {
		return sortedRows{}, err
	}
	work := ex.newArena()
	defer work.Free()
	out, es, tmp := so.newRows(a), []entry(nil), newEntries(s.rows, work)
	if out.decoders = so.decoders(o.read); out.decoders != nil {
		es = newEntries(s.rows, a)
		out.keys = es
	} else {
		es = newEntries(s.rows, work)
	}
	if err := so.sortParallel(ex, es, tmp); err != nil {
		return sortedRows{}, err
	}
	chunk := so.chunk(ex)
	return out, ex.tasks(ex.opts.Workers, func(_, i int) error {
		so.take(es, out, min(i*chunk, len(es)), min((i+1)*chunk, len(es)))
		return nil
	})
}

// orderOf is sortStore on one goroutine.
func orderOf(s *store, o sortOrder, a *arena.Arena) sortedRows {
	so, _ := newSorter(s, o, oneByOne) // whose tasks do not fail
	out := so.newRows(a)
	es, tmp := newEntries(s.rows, a), newEntries(s.rows, a)
	s.idsFrom(0, es)
	so.sort(es, tmp, 0, 0)
	so.take(es, out, 0, len(es))
	out.keys, out.decoders = es, so.decoders(o.read)
	return out
}

// tasks calls f for 0 to n-1, as execution.tasks does.
type tasks func(n int, f func(worker, i int) error) error

// oneByOne is tasks on one goroutine.
func oneByOne(n int, f func(worker, i int) error) error {
	for i := range n {
		if err := f(0, i); err != nil {
			return err
		}
	}
	return nil
}

// newSorter returns a sorter of s.
func newSorter(s *store, o sortOrder, do tasks) (*sorter, error) {
	levels, ends, err := levelsOf(s, o.specs, do)
	if err != nil {
		return nil, err
	}
	so := &sorter{s: s, levels: levels, marks: o.parts >= 0, partLevel: -1}
	if o.parts > 0 {
		so.partLevel = ends[o.parts-1]
	}
	if so.partLevel >= 0 {
		for _, g := range levels[so.partLevel].segs {
			if g.spec >= o.parts {
				so.partShift += g.bits
			}
		}
	}
	return so, nil
}

// newRows returns room for the rows.
func (so *sorter) newRows(a *arena.Arena) sortedRows {
	out := sortedRows{ids: arena.Make[rowID](a, so.s.rows)}
	if so.marks {
		words := vec.Words(so.s.rows)
		out.part, out.peer = arena.MakeZero[uint64](a, words), arena.MakeZero[uint64](a, words)
	}
	return out
}

// take writes rows [lo, hi) of the sorted entries to out. lo is a multiple of 64.
func (so *sorter) take(es []entry, out sortedRows, lo, hi int) {
	for i := lo; i < hi; i++ {
		out.ids[i] = es[i].id
	}
	if !so.marks {
		return
	}
	for at := lo; at < hi; at += 64 {
		part, peer := uint64(0), uint64(0)
		for i, e := range es[at:min(at+64, hi)] {
			peer |= uint64(e.mark&startsPeers) << uint(i)
			part |= uint64(e.mark&startsPart) >> 1 << uint(i)
		}
		if at == 0 {
			part, peer = part|1, peer|1
		}
		out.part[at>>6], out.peer[at>>6] = part, peer
	}
}

// newEntries returns n entries in a.
func newEntries(n int, a *arena.Arena) []entry {
	return vec.Cast[entry](vec.BytesOf(arena.Make[uint64](a, 2*n)))
}

// idsFrom makes es entries of the rows from row at on, in the order of the store.
func (s *store) idsFrom(at int, es []entry) {
	for b, blk := range s.blocks {
		if at >= blk.n {
			at -= blk.n
			continue
		}
		k := min(blk.n-at, len(es))
		for i := range es[:k] {
			es[i] = entry{id: rowID(b)<<blockShift | rowID(at+i)}
		}
		if es, at = es[k:], 0; len(es) == 0 {
			return
		}
	}
}

// chunk returns how many entries each worker takes, a multiple of 64.
func (so *sorter) chunk(ex *execution) int {
	return ((so.s.rows+ex.opts.Workers-1)/ex.opts.Workers + 63) &^ 63
}

// sortParallel sorts all rows by the first level in parallel: entries are dealt into buckets by
// the highest bits in which their keys differ, and the buckets sorted one by one.
func (so *sorter) sortParallel(ex *execution, es, tmp []entry) error {
	workers, chunk := ex.opts.Workers, so.chunk(ex)
	chunkOf := func(i int) []entry {
		return es[min(i*chunk, len(es)):min((i+1)*chunk, len(es))]
	}
	differing, ascending := make([]uint64, workers), make([]bool, workers)
	if err := ex.tasks(workers, func(_, i int) error {
		c := chunkOf(i)
		so.s.idsFrom(i*chunk, c)
		if len(so.levels) > 0 {
			so.fill(c, 0, 0)
		}
		differing[i], ascending[i] = differingBits(c), areAscending(c)
		return nil
	}); err != nil || len(so.levels) == 0 {
		return err
	}
	varying, sorted := uint64(0), len(so.levels) == 1 && !so.levels[0].text
	for i, d := range differing {
		if c := chunkOf(i); len(c) > 0 {
			varying |= d | (c[0].key ^ es[0].key)
			sorted = sorted && ascending[i] && (i == 0 || es[i*chunk-1].key <= c[0].key)
		}
	}
	if sorted {
		return ex.tasks(workers, func(_, i int) error {
			c := chunkOf(i)
			so.ties(c, nil, 0, 0)
			if i > 0 && len(c) > 0 {
				so.mark(&c[0], es[i*chunk-1].key^c[0].key, 0)
			}
			return nil
		})
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
	var first, last [buckets]uint64 // keys of the buckets
	err := ex.tasks(buckets, func(_, b int) error {
		lo, hi := starts[b], starts[b+1]
		if lo == hi {
			return nil
		}
		sortKeys(tmp[lo:hi], es[lo:hi], true)
		first[b], last[b] = es[lo].key, es[hi-1].key
		so.ties(es[lo:hi], tmp[lo:hi], 0, 0)
		return nil
	})
	before := uint64(0)
	for b := range buckets {
		lo, hi := starts[b], starts[b+1]
		if lo == hi {
			continue
		}
		if lo > 0 {
			so.mark(&es[lo], before^first[b], 0)
		}
		before = last[b]
	}
	return err
}

// differingBits returns the bits in which some key is not as the first.
func differingBits(es []entry) (varying uint64) {
	for i := range es {
		varying |= es[i].key ^ es[0].key
	}
	return varying
}

// areAscending reports whether the keys are in order.
func areAscending(es []entry) bool {
	for i := 1; i < len(es); i++ {
		if es[i-1].key > es[i].key {
			return false
		}
	}
	return true
}

// sort sorts es, which are equal on the levels before l, from byte off of a text level on.
func (so *sorter) sort(es, tmp []entry, l, off int) {
	if len(es) < 2 || l == len(so.levels) {
		return
	}
	so.fill(es, l, off)
	sortKeys(es, tmp, false)
	so.ties(es, tmp, l, off)
}

// ties sorts runs of equal keys by what follows, and marks the entries that begin something, but for the
// first.
func (so *sorter) ties(es, tmp []entry, l, off int) {
	lv := &so.levels[l]
	last := !lv.text && l+1 == len(so.levels)
	if last && !so.marks {
		return
	}
	before := uint64(0)
	for lo := 0; lo < len(es); {
		key, hi := es[lo].key, lo+1
		for hi < len(es) && es[hi].key == key {
			hi++
		}
		if hi-lo > 1 && !last {
			n := key
			if lv.text && lv.segs[0].desc {
				n = ^key
			}
			if lv.text && n&0xff > textStep {
				so.sort(es[lo:hi], tmp[lo:hi], l, off+textStep)
			} else {
				so.sort(es[lo:hi], tmp[lo:hi], l+1, 0)
			}
		}
		if lo > 0 {
			so.mark(&es[lo], before^key, l)
		}
		before, lo = key, hi
	}
}

// mark marks an entry whose key of level l differs from the one before in the bits differing.
func (so *sorter) mark(e *entry, differing uint64, l int) {
	if !so.marks || differing == 0 {
		return
	}
	e.mark |= startsPeers
	if l < so.partLevel || l == so.partLevel && differing>>so.partShift != 0 {
		e.mark |= startsPart
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

// fillText appends the number of a string's bytes from off on.
func (so *sorter) fillText(es []entry, g segment, off int) {
	blocks, valid := so.s.view[g.column], so.s.valid[g.column]
	form := isForm(so.s.types[g.column])
	for i := range es {
		id := es[i].id
		b, r := id>>blockShift, int(id&(blockRows-1))
		var w uint64
		if valid[b] == nil || bit(valid[b], r) == 1 {
			w = g.textNumber(vec.Cast[str](blocks[b])[r], off, form)
		}
		if g.desc {
			w = ^w
		}
		if g.bits == 64 {
			es[i].key = w
			continue
		}
		es[i].key = es[i].key<<g.bits | w>>g.drop&g.mask()
	}
}

// textNumber returns the number of a string.
func (g *segment) textNumber(s str, off int, form bool) uint64 {
	switch {
	case g.packed:
		return g.pack(s.word(g.from))
	case form:
		return g.formNumber(s, off)
	case g.bits < 64:
		return s.word(0)>>(64-(g.bits-3))<<3 | uint64(s.len())
	}
	off += g.from
	return s.word(off)&^0xff | uint64(min(max(s.len()-off, 0), textStep+1))
}

// formNumber is textNumber for a NUMERIC.
func (g *segment) formNumber(s str, off int) uint64 {
	var buf [24]byte
	b := types.DecimalKey(s.appendShort(buf[:0]))
	b = b[min(off, len(b)):]
	var full [8]byte
	if g.bits < 64 { // a short column: all bytes, then their number in three bits
		copy(full[:], b)
		return binary.BigEndian.Uint64(full[:])>>(64-(g.bits-3))<<3 | uint64(len(b))
	}
	copy(full[:textStep], b)
	return binary.BigEndian.Uint64(full[:]) | uint64(min(len(b), textStep+1))
}

// word returns the eight bytes of s from off on as a number, zeros behind its end.
func (s str) word(off int) uint64 {
	if s.len() <= inlineBytes {
		lo, hi, n := s.lo>>32|s.hi<<32, s.hi>>32, uint(off)*8
		return bits.ReverseBytes64(lo>>n | hi<<(64-n) | hi>>(n-64))
	}
	b := s.far()
	if off+8 <= len(b) {
		return binary.BigEndian.Uint64(b[off:])
	}
	var full [8]byte
	copy(full[:], b[min(off, len(b)):])
	return binary.BigEndian.Uint64(full[:])
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
		es[i].key = es[i].key<<g.bits | g.number(w)>>g.drop&mask
	}
}

// fillFloats appends the numbers of floats.
func fillFloats[T float32 | float64](so *sorter, es []entry, g segment) {
	blocks, mask := so.s.view[g.column], g.mask()
	for i := range es {
		id := es[i].id
		w := orderFloat(float64(vec.Cast[T](blocks[id>>blockShift])[id&(blockRows-1)]))
		es[i].key = es[i].key<<g.bits | g.number(w)>>g.drop&mask
	}
}

// fillSpans appends the numbers of a part of intervals.
func (so *sorter) fillSpans(es []entry, g segment) {
	blocks, mask := so.s.view[g.column], g.mask()
	for i := range es {
		id := es[i].id
		w := spanWord(vec.Cast[vec.Span](blocks[id>>blockShift])[id&(blockRows-1)], g.kind)
		es[i].key = es[i].key<<g.bits | g.number(w)>>g.drop&mask
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
