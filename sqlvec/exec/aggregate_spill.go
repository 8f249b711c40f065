package exec

import (
	"cmp"
	"slices"
	"sync"

	"driftdb/internal/arena"
	"driftdb/internal/vec"
)

// An aggregation whose groups do not fit memory makes no new groups: rows of groups that
// are there go on to their states, all others are written, as they came, to partitions
// by the hash of their keys. When the input has ended, each partition is an aggregation of
// its own, which may spill again. So no state of an aggregate is ever written. Where states can
// be merged, the groups that are there are dealt to the partitions too, which workers then take
// as morsels; otherwise one worker takes them all, and gives rows to these groups first.

// aggSpill is what the ends of an aggregation share when they spill.
type aggSpill struct {
	able  bool // the keys may be computed twice
	depth int
	share int64
	mu    sync.Mutex
	to    *partFile // nil while nothing is spilled

	apart bool          // partitions are aggregated by any worker
	known []*groupParts // the groups of each end, by partition; nil where there are none or one worker has them
}

// file returns the file of spilled rows, which the first caller makes.
func (g *aggregation) file(ex *execution) (*partFile, error) {
	s := &g.spill
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.to == nil {
		s.to, err = newPartFile(ex, typesOf(g.node.Input))
	}
	return s.to, err
}

// beginSpill settles how much memory an end may hold; the first end does.
func (g *aggregation) beginSpill(ex *execution) {
	if g.spill.share == 0 {
		g.spill.share = ex.share()
	}
}

// spilled implements spiller.
func (g *aggregation) spilled() spillStats {
	s := g.spill.to.stats()
	if len(g.ends) == 0 {
		return s
	}
	for _, c := range g.ends[0].calls {
		more := c.written()
		s.bytes, s.parts, s.runs = s.bytes+more.bytes, max(s.parts, more.parts), max(s.runs, more.runs)
	}
	return s
}

// bytes returns roughly the memory that an end holds.
func (e *aggEnd) bytes() int64 {
	n := e.a.Size() + e.codec.textBytes()
	if e.waiting != nil {
		n += e.waiting.Size()
	}
	if e.own != nil {
		for _, s := range e.own.states {
			n += s.Bytes()
		}
		n += e.own.table.unplacedBytes()
	}
	return n
}

// sparing is how many batches pass between looks at the memory of an end.
const sparing = 8

// mayFreeze ends the making of groups when the end holds too much memory.
func (e *aggEnd) mayFreeze() error {
	s := &e.g.spill
	if e.pushed++; !s.able || e.pushed%sparing != 0 && !e.w.ex.opts.SpillAlways {
		return nil
	}
	// Tables and states double when they are full, so what is held may double at any time.
	if !e.w.ex.crowded(2*e.bytes(), s.share, s.depth) {
		return nil
	}
	if e.mode == undecided { // partitions would take yet more memory
		e.mode = e.decide(local)
	}
	if e.staging != nil {
		if err := e.unstage(nil); err != nil {
			return err
		}
	}
	to, err := e.g.file(e.w.ex)
	if err == nil {
		e.frozen, e.out = true, to.writer(e.w)
	}
	return err
}

// pushFrozen adds the rows of known groups and spills the others. keyCol has the keys.
func (e *aggEnd) pushFrozen(b *vec.Batch) error {
	a := e.w.scratch
	sel := b.Sel
	if e.mode == local {
		var err error
		if sel, err = e.updateKnown(b, e.keyCol); err != nil || noBits(sel) {
			return err
		}
	}
	idx := selected(&vec.Batch{N: b.N, Sel: sel}, a)
	n := b.N
	if idx != nil {
		n = len(idx)
	}
	part := make([]uint8, n)
	e.codec.partitionsOf(e.codec.encode(e.keyCol, b.N, idx, a), e.g.spill.depth, part)
	if v := &e.keyCol[0]; e.codec.apart() && v.Valid != nil {
		nullsFirst(v, idx, part)
	}
	return e.out.add(b.Cols, b.N, idx, part)
}

// nullsFirst sends NULLs to the first partition.
func nullsFirst(v *vec.Vec, idx []int32, part []uint8) {
	for k := range part {
		i := k
		if idx != nil {
			i = int(idx[k])
		}
		if v.IsNull(i) {
			part[k] = 0
		}
	}
}

// updateKnown adds the rows of b whose groups are there and returns the mask of the others.
func (e *aggEnd) updateKnown(b *vec.Batch, keys []vec.Vec) ([]uint64, error) {
	a := e.w.scratch
	slot := e.group[:b.N]
	e.own.table.lookup(e.codec, keys, b.Sel, slot, a)
	known, rest := maskOf(a, b.N), maskOf(a, b.N)
	clear(known)
	clear(rest)
	for i, s := range slot {
		if b.Sel == nil || bit(b.Sel, i) == 1 {
			known[i>>6] |= b2w(s != 0) << (uint(i) & 63)
			rest[i>>6] |= b2w(s == 0) << (uint(i) & 63)
		}
	}
	if noBits(known) {
		return rest, nil
	}
	in := vec.Batch{N: b.N, Sel: known, Cols: b.Cols}
	e.own.grow()
	return rest, e.updateGroups(&in, slot)
}

// lookup writes the group plus one of every selected row of the keys, 0 where there is
// none. The table stays as it is; codec is the caller's of the table's.
func (t *groupTable) lookup(codec *keyCodec, keys []vec.Vec, sel []uint64, slot []uint32, scratch *arena.Arena) {
	mark := scratch.Mark()
	defer scratch.Release(mark)
	clear(slot)
	n := len(slot)
	idx := t.selected(sel, n)
	rows := codec.encode(keys, n, idx, scratch)
	stride := codec.stride
	for k := range len(rows) / stride {
		i := k
		if idx != nil {
			i = int(idx[k])
		}
		switch row := rows[k*stride : (k+1)*stride]; {
		case !codec.single:
			slot[i] = t.known(row)
		case codec.apart() && keys[0].IsNull(i):
			slot[i] = uint32(t.null + 1)
		default:
			slot[i] = t.knownWord(row[0])
		}
	}
}

// known returns the group of a key row plus one, 0 for none.
func (t *groupTable) known(row []uint64) uint32 {
	h := row[t.codec.words]
	stride := t.codec.stride
	for pos := h & t.mask; t.slots[pos] != 0; pos = (pos + 1) & t.mask {
		s := t.slots[pos]
		if (s^h)>>32 != 0 {
			continue
		}
		if g := int(uint32(s)) - 1; t.codec.equal(t.keys[g*stride:(g+1)*stride], row) {
			return uint32(s)
		}
	}
	return 0
}

// knownWord is known for a single codec.
func (t *groupTable) knownWord(key uint64) uint32 {
	if t.rising { // the keys ascend and have no slots, which would take memory that is short
		g, ok := slices.BinarySearchFunc(t.keys[:t.n], key, func(a, b uint64) int { return cmp.Compare(int64(a), int64(b)) })
		if !ok {
			return 0
		}
		return uint32(g + 1)
	}
	t.settle()
	for pos := t.codec.hashOfWord(key) & t.mask; t.slots[2*pos] != 0; pos = (pos + 1) & t.mask {
		if k := t.slots[2*pos+1]; k == key || t.packed && t.codec.equalWide(k, key) {
			return uint32(t.slots[2*pos])
		}
	}
	return 0
}

// endSpill completes what is written.
func (g *aggregation) endSpill(ex *execution) (err error) {
	for _, e := range g.ends {
		if e.out != nil {
			if err := e.out.flush(); err != nil {
				return err
			}
			e.out.a.Free()
		}
	}
	several := ex.opts.Workers > 1 && g.spill.depth == 0
	if g.mode.Load() == partitioned {
		g.spill.apart = several
		return nil
	}
	if several && g.mergeable() {
		g.spill.apart = true
		for _, e := range g.ends {
			e.own.grow()
		}
		g.spill.known, err = g.partsOf(ex, partsOfHashes)
		return err
	}
	return g.mergeTables()
}

// emitSpilled aggregates one partition after the other and pushes their groups, then those
// that were made before the spilling.
func (g *aggregation) emitSpilled(w *worker, next pusher) error {
	g.ends[0].w = w
	for q := range spillParts {
		if err := g.emitPart(q, w, next); err != nil {
			return err
		}
	}
	if g.mode.Load() == partitioned {
		return nil
	}
	m := g.ends[0]
	for _, c := range m.calls {
		if err := c.finish(m.own, w); err != nil {
			return err
		}
	}
	return g.emitGroups(m.own, w, next)
}

// emitGroups pushes all groups of gs.
func (g *aggregation) emitGroups(gs *groups, w *worker, next pusher) error {
	gs.grow()
	r := &groupReader{g: g, w: w}
	for lo := 0; lo < gs.table.n; lo += w.ex.opts.BatchRows {
		if err := r.batch(gs, lo, min(lo+w.ex.opts.BatchRows, gs.table.n), next); err != nil {
			return err
		}
	}
	return nil
}

// emitPart aggregates partition q in an execution of its own and pushes its groups.
func (g *aggregation) emitPart(q int, w *worker, next pusher) error {
	ex := w.ex.child()
	defer ex.close()
	sub := newAggregation(g.source)
	sub.fixed = g.fixed
	sub.codec, sub.fielded = g.codec, true // rows with keys of g come to it
	sub.mode.Store(local)
	sub.spill.depth = g.spill.depth + 1
	in := ex.newWorker(0)
	if _, err := sub.open(in); err != nil {
		return err
	}
	end := sub.ends[0]
	end.begin(nil)
	if err := g.feedKnown(q, end.own); err != nil {
		return err
	}
	if err := g.feedPart(q, end); err != nil {
		return err
	}
	into := pusher(end)
	if len(g.ends) > 1 && g.mode.Load() == local && !g.spill.apart {
		g.ends[0].w = in
		defer func() { g.ends[0].w = w }()
		into = &knownFirst{m: g.ends[0], next: end}
	}
	if err := g.spill.to.replay(q, in, into); err != nil {
		return err
	}
	if sub.spill.to != nil {
		if err := sub.endSpill(ex); err != nil {
			return err
		}
		return sub.emitSpilled(in, next)
	}
	for _, c := range end.calls {
		if err := c.finish(end.own, in); err != nil {
			return err
		}
	}
	return g.emitGroups(end.own, in, next)
}

// feedKnown adds the groups of partition q that the ends have.
func (g *aggregation) feedKnown(q int, gs *groups) error {
	if g.spill.known == nil {
		return nil
	}
	return mergeByHash(gs, g.listsOf(g.spill.known, q))
}

// feedPart adds the rows of partition q that stayed in memory.
func (g *aggregation) feedPart(q int, to *aggEnd) error {
	each := g.partitions() / spillParts
	for _, e := range g.ends {
		for p := q * each; e.parts != nil && p < (q+1)*each; p++ {
			if err := to.feedStore(to.own, e.parts[p]); err != nil {
				return err
			}
		}
		if q == 0 && e.nulls != nil && e.nulls.rows > 0 {
			if err := to.feedNulls(to.own, e.nulls); err != nil {
				return err
			}
		}
	}
	return nil
}

// knownFirst gives rows to the groups of m that are there, and the others to next. With
// several workers, one may have spilled rows of a group that another had.
type knownFirst struct {
	m    *aggEnd
	next pusher
}

func (k *knownFirst) push(b *vec.Batch) (err error) {
	a := k.m.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	if k.m.keyCol, err = evalAll(k.m.keys, b, k.m.w, k.m.keyCol[:0]); err != nil {
		return err
	}
	rest, err := k.m.updateKnown(b, k.m.keyCol)
	if err != nil || noBits(rest) {
		return err
	}
	return k.next.push(&vec.Batch{N: b.N, Sel: rest, Cols: b.Cols})
}
