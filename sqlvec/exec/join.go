package exec

import (
	"math/bits"
	"sync/atomic"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// joinBuild is the sink of a hash join's right input: workers keep rows with their key
// rows in stores, and finish makes the table that the left rows look into.
type joinBuild struct {
	node  *plan.HashJoin
	codec *keyCodec
	ends  []*buildEnd
	spill joinSpill
	table joinTable
	// sets are the integers that rows of the table have as a key, for the keys that want says
	// how many left rows have.
	want []float64
	sets []*keySet
}

func newJoinBuild(n *plan.HashJoin) *joinBuild {
	var ts []types.Type
	for _, k := range n.RightKeys {
		ts = append(ts, k.Type())
	}
	j := &joinBuild{node: n, codec: joinCodec(ts, n.NullSafe)}
	j.spill.able = steadyKeys(n)
	return j
}

// nullsApart reports whether NULL equals NULL but has no key row.
func (j *joinBuild) nullsApart() bool { return j.node.NullSafe && j.codec.single }

// buildEnd is a worker's end of the right input. Rows with NULL keys match nothing: they
// go to a store of their own, which only RIGHT and FULL joins read; or they match only each other.
type buildEnd struct {
	j           *joinBuild
	w           *worker
	keys        []*expr.Program
	cols        []vec.Vec
	rows, nulls *store
	came        int // rows without a NULL key

	out  *partWriter // set when the rows are spilled
	some bool        // rows were

	someNulls bool // rows had a NULL key
}

func (j *joinBuild) open(w *worker) (pusher, error) {
	keys, err := compileAll(j.node.RightKeys, w.ex.opts.Env)
	if err != nil {
		return nil, err
	}
	ts := typesOf(j.node.Right)
	e := &buildEnd{j: j, w: w, keys: keys, rows: newStore(ts, w.ex.newArena()), nulls: newStore(ts, w.ex.newArena())}
	e.rows.stride = j.codec.stride
	e.rows.lender, e.nulls.lender = w, w
	if j.spill.share == 0 {
		j.spill.share = w.ex.share()
	}
	j.ends = append(j.ends, e)
	return e, nil
}

func (e *buildEnd) push(b *vec.Batch) (err error) {
	a := e.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	if e.cols, err = evalAll(e.keys, b, e.w, e.cols[:0]); err != nil {
		return err
	}
	in := *b
	var null []int32
	if !e.j.node.NullSafe || e.j.codec.single {
		in.Sel = nullKeys(e.cols, b.N, b.Sel, a)
		null = e.withNulls(b, in.Sel)
	}
	idx := selected(&in, a)
	e.came += in.Count()
	if e.out != nil {
		return e.spillRows(b, idx, null)
	}
	e.keepNulls(b, null)
	keys := e.j.codec.encode(e.cols, b.N, idx, a)
	if e.j.codec.strings && !e.w.lendsKeys(e.cols) {
		for i := 0; i < len(keys); i += e.j.codec.stride {
			e.j.codec.keep(keys[i:i+e.j.codec.stride], &e.rows.heap)
		}
	}
	e.rows.cut(e.w.morsel)
	e.rows.add(keys, b.Cols, b.N, idx)
	return e.mayFreeze()
}

// withNulls returns the rows of b that are not in sel: those with a NULL key.
func (e *buildEnd) withNulls(b *vec.Batch, sel []uint64) []int32 {
	if sel == nil || b.Sel != nil && &sel[0] == &b.Sel[0] {
		return nil
	}
	null := maskOf(e.w.scratch, b.N)
	fillMask(null, b.N)
	for i := range null {
		if b.Sel != nil {
			null[i] &= b.Sel[i]
		}
		null[i] &^= sel[i]
	}
	rows := setBits(null, b.N, make([]int32, 0, 64))
	e.someNulls = e.someNulls || len(rows) > 0
	return rows
}

// keepNulls keeps the rows of b with a NULL key.
func (e *buildEnd) keepNulls(b *vec.Batch, rows []int32) {
	if len(rows) == 0 {
		return
	}
	e.nulls.cut(e.w.morsel)
	e.nulls.add(nil, b.Cols, b.N, rows)
}

func (j *joinBuild) finish(ex *execution) error {
	if j.spill.right != nil {
		if err := j.endSpill(); err != nil {
			return err
		}
	}
	ts := typesOf(j.node.Right)
	t := &j.table
	t.codec, t.rows, t.nulls = j.codec, newStore(ts, ex.newArena()), newStore(ts, ex.newArena())
	t.rows.stride = j.codec.stride
	for _, e := range j.ends {
		t.rows.adopt(e.rows)
		t.nulls.adopt(e.nulls)
		t.someNulls = t.someNulls || e.someNulls
	}
	for _, s := range []*store{t.rows, t.nulls} {
		s.inMorselOrder()
	}
	if err := t.build(ex, j.node.Kind.EndsRight()); err != nil {
		return err
	}
	if t.firstNull = noRow; j.nullsApart() {
		t.chainNulls(j.node.Kind.EndsRight(), ex.newArena())
	}
	compared := comparisonOf(j.node)
	if compared != nil && j.node.Kind.LeftOnly() {
		t.findExtremes(compared.right, ex.newArena())
	}
	if compared == nil && j.followsChains() {
		t.layOut(ex.newArena())
	}
	t.rows.seal()
	t.rows.expected = j.node.Estimated().Rows
	t.nulls.seal()
	j.makeSets(ex.newArena())
	return nil
}

// followsChains reports whether so many left rows are likely to look at all rows of their key that lists of these pay.
func (j *joinBuild) followsChains() bool {
	if k := j.node.Kind; j.node.Residual == nil && (k.LeftOnly() || k.RightOnly()) {
		return false // the first row of a key answers
	}
	return j.node.Left.Estimated().Rows*longChain >= float64(j.table.rows.rows)
}

// joinTable finds the right rows with a key. Rows of one key are a chain, ascending.
type joinTable struct {
	codec *keyCodec
	rows  *store
	nulls *store // rows with a NULL key
	// someRows and someNulls say that there are rows without a NULL key and with one, here
	// or in another partition of a join that spilled.
	someRows, someNulls bool
	next                [][]rowID
	lists               *chainLists // of the chains where they are long, else nil
	// matched has a bit for every row that has found a partner, for kinds that end with
	// right rows.
	matched [][]uint32
	unique  bool // no two rows have one key
	// extremes, by block, are two for each row, of the column that a comparison beside the keys looks at, where one partner is
	// enough for a left row: see findExtremes.
	extremes [][]int64
	// firstNull, where rows with a NULL key match each other, is the first of them, which are behind all
	// others then.
	firstNull rowID

	// index, where keys are integers that do not lie too far apart, finds their rows.
	index keyIndex
	// packed, where keys of several columns fit one word, says how.
	packed *packing
	// slots are, otherwise, an open-addressing table: the upper half of the hash and the
	// first row; for keys of one word two words, the first row and the key. A probe
	// goes round within its region, so that workers fill regions on their own.
	slots  []uint64
	mask   uint64
	region uint64 // slots of a region, less one
}

const freeSlot = ^uint64(0)

// build makes the table over the rows. It uses all workers.
func (t *joinTable) build(ex *execution, matched bool) error {
	a := ex.newArena()
	for _, b := range t.rows.blocks {
		t.unchained(b, matched, a)
	}
	t.unique = true
	if err := t.indexKeys(ex, a); err != nil || t.index.first != nil {
		return err
	}
	n := max(64, 1<<bits.Len(uint(2*t.rows.rows)))
	regions := 1
	if t.rows.rows >= parallelSort {
		regions = 1 << bits.Len(uint(ex.opts.Workers-1))
	}
	t.mask, t.region = uint64(n-1), uint64(n/regions-1)
	if t.packed = t.pack(); t.packed != nil || t.codec.single {
		n *= 2
	}
	t.slots = arena.Make[uint64](a, n)
	shared := make([]bool, regions)
	err := ex.tasks(regions, func(_, r int) error {
		share := len(t.slots) / regions
		for i := range share {
			t.slots[r*share+i] = freeSlot
		}
		shared[r] = t.fill(uint64(r))
		return nil
	})
	for _, s := range shared {
		t.unique = t.unique && !s
	}
	return err
}

// unchained makes room for what follows the rows of a block, which is nothing yet.
func (t *joinTable) unchained(b *block, matched bool, a *arena.Arena) {
	next := arena.Make[rowID](a, b.n)
	noRows(next)
	t.next = append(t.next, next)
	if matched {
		t.matched = append(t.matched, arena.MakeZero[uint32](a, (b.n+31)/32))
	}
}

// chainNulls puts the rows with a NULL key behind the others, as a chain of their own.
func (t *joinTable) chainNulls(matched bool, a *arena.Arena) {
	from := len(t.rows.blocks)
	t.unique = t.unique && t.nulls.rows <= 1
	t.rows.adopt(t.nulls)
	t.nulls = newStore(t.nulls.types, t.nulls.a)
	for _, b := range t.rows.blocks[from:] {
		t.unchained(b, matched, a)
	}
	for n := len(t.rows.blocks) - 1; n >= from; n-- {
		for i := t.rows.blocks[n].n - 1; i >= 0; i-- {
			t.lead(&t.firstNull, n, i)
		}
	}
}

// fill puts the rows whose slots are in region r into the table, the last row first. It
// reports whether some of them share a key.
func (t *joinTable) fill(r uint64) (shared bool) {
	stride, words := t.codec.stride, t.codec.words
	for n := len(t.rows.blocks) - 1; n >= 0; n-- {
		b := t.rows.blocks[n]
		for i := b.n - 1; i >= 0; i-- {
			row := b.keys[i*stride : (i+1)*stride]
			word, h, one := row[0], row[words%stride], t.codec.single || t.packed != nil
			if t.packed != nil {
				word = t.packed.word(row)
			}
			if one {
				h = hashWord(word)
			}
			if h&t.mask&^t.region != r*(t.region+1) {
				continue
			}
			id, first := rowID(n)<<blockShift|rowID(i), noRow
			if one {
				first = t.putWord(word, h, id)
			} else {
				first = t.put(row, h, id)
			}
			if first != noRow {
				t.next[n][i] = first
				shared = true
			}
		}
	}
	return shared
}

// putWord is put for a key of one word.
func (t *joinTable) putWord(word, h uint64, id rowID) rowID {
	for pos := h & t.mask; ; pos = t.after(pos) {
		s := &t.slots[2*pos]
		if *s == freeSlot {
			*s, t.slots[2*pos+1] = uint64(id), word
			return noRow
		}
		if t.slots[2*pos+1] == word {
			first := rowID(*s)
			*s = uint64(id)
			return first
		}
	}
}

// put makes id the first row of its key and returns the one before, or noRow.
func (t *joinTable) put(row []uint64, h uint64, id rowID) rowID {
	pos := h & t.mask
	for {
		s := t.slots[pos]
		if s == freeSlot {
			t.slots[pos] = h&^0xffffffff | uint64(id)
			return noRow
		}
		if (s^h)>>32 == 0 && t.codec.equal(t.key(rowID(s)), row) {
			t.slots[pos] = h&^0xffffffff | uint64(id)
			return rowID(s)
		}
		pos = t.after(pos)
	}
}

// after returns the slot that is probed after pos.
func (t *joinTable) after(pos uint64) uint64 { return pos&^t.region | (pos+1)&t.region }

// key returns the key row of a row.
func (t *joinTable) key(id rowID) []uint64 {
	i := int(id&(blockRows-1)) * t.codec.stride
	return t.rows.blocks[id>>blockShift].keys[i : i+t.codec.stride]
}

// find writes the first row of each key row, or noRow, to first.
func (t *joinTable) find(keys []uint64, first []rowID) {
	switch {
	case t.rows.rows == 0:
		for i := range first {
			first[i] = noRow
		}
	case t.index.first != nil:
		t.index.find(keys, first)
	case t.index.set != nil:
		t.findAmong(keys, first)
	case t.codec.single:
		for i, k := range keys {
			first[i] = t.findWord(k)
		}
	case t.packed != nil:
		for i := range first {
			first[i] = noRow
			if w := t.packed.word(keys[i*t.codec.stride:]); w != freeSlot {
				first[i] = t.findWord(w)
			}
		}
	default:
		stride := t.codec.stride
		for i := range first {
			first[i] = t.findRow(keys[i*stride : (i+1)*stride])
		}
	}
}

func (t *joinTable) findWord(key uint64) rowID {
	pos := hashWord(key) & t.mask
	for {
		s := t.slots[2*pos]
		if s == freeSlot {
			return noRow
		}
		if t.slots[2*pos+1] == key {
			return rowID(s)
		}
		pos = t.after(pos)
	}
}

func (t *joinTable) findRow(row []uint64) rowID {
	h := row[t.codec.words]
	pos := h & t.mask
	for {
		s := t.slots[pos]
		if s == freeSlot {
			return noRow
		}
		if (s^h)>>32 == 0 && t.codec.equal(t.key(rowID(s)), row) {
			return rowID(s)
		}
		pos = t.after(pos)
	}
}

// following returns the next row with the key of id, or noRow.
func (t *joinTable) following(id rowID) rowID { return t.next[id>>blockShift][id&(blockRows-1)] }

// match marks a row as having a partner.
func (t *joinTable) match(id rowID) { setMatched(t.matched, id) }

// isMatched reports whether a row is known to have a partner.
func (t *joinTable) isMatched(id rowID) bool {
	r := id & (blockRows - 1)
	return atomic.LoadUint32(&t.matched[id>>blockShift][r>>5])>>(r&31)&1 == 1
}

// unmatched appends the rows of ids that are not known to have a partner to dst: where one is enough.
func (t *joinTable) unmatched(dst, ids []rowID) []rowID {
	for _, id := range ids {
		if !t.isMatched(id) {
			dst = append(dst, id)
		}
	}
	return dst
}

// setMatched sets the bit of a row. Workers may do so at once.
func setMatched(matched [][]uint32, id rowID) {
	r := id & (blockRows - 1)
	w := &matched[id>>blockShift][r>>5]
	if m := uint32(1) << (r & 31); atomic.LoadUint32(w)&m == 0 {
		atomic.OrUint32(w, m)
	}
}
