package exec

import (
	"math"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
)

// argTypes returns the types of the arguments of all calls, one call after another.
func (g *aggregation) argTypes() []types.Type {
	var ts []types.Type
	for _, c := range g.calls {
		ts = append(ts, c.types...)
	}
	return ts
}

// newArgStore returns a store for arguments and, where keyed, their key rows.
func (e *aggEnd) newArgStore(keyed bool) *store {
	s := newStore(e.g.argTypes(), e.a)
	s.lender = e.w
	if keyed {
		s.stride = e.g.codec.stride
	}
	return s
}

// stage keeps the rows of a batch until they go to their partitions, or to the table.
func (e *aggEnd) stage(b *vec.Batch) error {
	a := e.w.scratch
	if e.staging == nil {
		e.staging, e.nulls = e.newArgStore(true), e.newArgStore(false)
		e.waiting = e.w.ex.newArena()
		e.staging.heap.a = e.waiting
	}
	var args []vec.Vec
	err := e.eachCall(func(c *callEnd) (err error) {
		args, err = c.appendArgs(b, args)
		return err
	})
	if err != nil {
		return err
	}
	sel := b.Sel
	if e.codec.apart() {
		sel = nullKeys(e.keyCol, b.N, b.Sel, a)
		e.stageNulls(b, sel, args)
	}
	idx := selected(&vec.Batch{N: b.N, Sel: sel}, a)
	rows := e.codec.encode(e.keyCol, b.N, idx, a)
	if e.codec.far() && (e.codec.fields != nil || !e.w.lendsKeys(e.keyCol)) {
		e.copied = true
		for i := 0; i < len(rows); i += e.codec.stride {
			e.codec.keep(rows[i:i+e.codec.stride], &e.staging.heap)
		}
	}
	if e.mode == undecided && e.g.mode.Load() == partitioned {
		e.mode = partitioned
	}
	if e.mode == undecided {
		e.count(rows)
	}
	e.staging.add(rows, args, b.N, idx)
	if e.mode == undecided {
		if e.staging.rows <= stagedRows/2 {
			e.half = e.own.table.n
		}
		e.decideEarly(b)
	}
	return nil
}

// decideEarly ends the counting when statistics and the first rows agree that there are many groups. The
// last rows are b, whose keys are in keyCol.
func (e *aggEnd) decideEarly(b *vec.Batch) {
	n, rows := e.own.table.n, e.staging.rows
	if rows < earlyRows || e.own.table.rising || e.g.mostGroups() <= 2*manyGroups {
		return
	}
	// Of rows among so many groups about rows²/2/groups are not the first of theirs.
	groups := math.Inf(1)
	if n < rows {
		groups = float64(rows) * float64(rows) / float64(2*(rows-n))
	}
	if groups > 2*manyGroups && !e.dense(b, groups) {
		e.g.guessed.Store(int64(min(groups, maxGroups)))
		e.mode = e.decide(partitioned)
	}
}

// mostGroups returns how many groups statistics allow at most, 0 where they do not know.
func (g *aggregation) mostGroups() float64 {
	if len(g.node.KeyStats) == 0 {
		return 0
	}
	n := 1.0
	for _, k := range g.node.KeyStats {
		n *= float64(k.Distinct)
	}
	return n
}

// stageNulls keeps the rows whose only key is NULL: those of b that are not in sel.
func (e *aggEnd) stageNulls(b *vec.Batch, sel []uint64, args []vec.Vec) {
	if e.keyCol[0].Valid == nil {
		return
	}
	null := maskOf(e.w.scratch, b.N)
	fillMask(null, b.N)
	for i := range null {
		if b.Sel != nil {
			null[i] &= b.Sel[i]
		}
		null[i] &^= sel[i]
	}
	e.nulls.add(nil, args, b.N, setBits(null, b.N, make([]int32, 0, 64)))
}

// count adds key rows to the worker's table, to learn how many groups there are.
func (e *aggEnd) count(rows []uint64) {
	t, stride := e.own.table, e.codec.stride
	if t.codec.single {
		t.groupsOfWords(rows, e.group[:len(rows)])
		return
	}
	for i := 0; i < len(rows); i += stride {
		t.group(rows[i : i+stride])
	}
}

// full reports whether n more rows may not fit the staging memory. Once it is settled that rows go
// to partitions, texts should be in the processor's cache still when they do.
func (e *aggEnd) full(n int) bool {
	most := stagedRows
	if e.mode == partitioned && e.codec.strings {
		most = stagedTexts
	}
	return e.staging != nil && e.staging.rows > 0 && e.staging.rows+n > most
}

// unstage moves the staged rows on, deciding how to group first if need be. The next rows are b, whose keys are in
// keyCol; nil stands for none.
func (e *aggEnd) unstage(b *vec.Batch) error {
	if e.mode == undecided {
		mode := local
		if groups := e.guess(); groups > manyGroups && !e.dense(b, groups) && !e.own.table.rising {
			mode = partitioned
			e.g.guessed.Store(int64(min(groups, maxGroups)))
		}
		e.mode = e.decide(mode)
	}
	if e.mode == partitioned {
		e.scatter()
		return nil
	}
	return e.feedStaged()
}

// roomToScatter reports whether the memory of an end holds its partitions, however few their rows.
func (e *aggEnd) roomToScatter() bool {
	row := 8 * e.codec.stride
	for _, t := range e.g.argTypes() {
		row += keptSize(t)
	}
	share := e.g.spill.share
	return share == 0 || int64(2*e.g.partitions()*firstPartition*row) < share
}

// guess returns how many groups there seem to be. If some of the rows, be they all or few, fall evenly into n groups, and
// the others into groups that are soon known, the first half of the staged rows has n(1-r) new groups and the second half
// r times as many, for some r. There are no more than the rows of the whole input make if they go on like the second half.
func (e *aggEnd) guess() float64 {
	n, half, rows := float64(e.own.table.n), float64(e.half), float64(e.staging.rows)/2
	added := n - half
	most := math.Inf(1)
	if all := e.g.node.Input.Estimated().Rows; all > 0 {
		most = n + added/rows*max(0, all-2*rows)
	}
	if added >= half {
		return most
	}
	return max(n, min(most, half/(1-added/half)))
}

// dense reports whether the staged keys are integers that lie so close together, or columns with so few
// values each, that an array finds their groups, and are not ever new ones. There seem to be so many groups; b is as in unstage.
func (e *aggEnd) dense(b *vec.Batch, groups float64) bool {
	t := e.own.table
	if !t.codec.apart() || t.codec.types[0].Class() > types.I64 {
		return b != nil && e.fewPairs(b, groups)
	}
	if float64(t.n-e.half) > risingGroups*float64(e.half) {
		return false
	}
	lo, hi, _ := minMax(vec.Cast[int64](vec.BytesOf(t.keys[:t.n])), nil, nil)
	return uint64(hi)-uint64(lo) < maxWindow/2
}

// fewPairs is dense for several key columns, by what the codes of b can make together. Where that is less than the groups, the keys of
// b lie closer together than those of all rows.
func (e *aggEnd) fewPairs(b *vec.Batch, groups float64) bool {
	m := memo{cols: make([]codeColumn, len(e.keyCol))}
	total := m.number(e.keyCol, b.N, b.Sel, false, 2*fewGroups)
	return total > 0 && groups < float64(total)
}

// settle ends a worker's input.
func (e *aggEnd) settle(mode int32) error {
	if e.staging == nil {
		return nil
	}
	if mode == undecided {
		mode = local
	}
	e.mode = mode
	return e.unstage(nil)
}

// feedStaged groups the staged rows in the worker's table.
func (e *aggEnd) feedStaged() error {
	if e.own.table.rising {
		e.own = e.newGroups() // the rows come once more, from the least key on
	}
	err := e.feedStore(e.own, e.staging)
	e.own.table.memo.rows += e.staging.rows // which are worth as much memory
	if err == nil && e.nulls.rows > 0 {
		err = e.feedNulls(e.own, e.nulls)
	}
	e.staging, e.nulls = nil, nil
	e.waiting.Free()
	e.loosen()
	return err
}

// loosen lets the arguments of all calls be scaled integers: they no longer wait in columns.
func (e *aggEnd) loosen() {
	for _, c := range e.calls {
		c.loose()
	}
}

// dealing is what scatter deals rows with: where each partition begins and how far it is filled, the rows
// by partitions, and the partition of each.
type dealing struct {
	at, fill []int32 // maxPartitions + 1, maxPartitions
	idx      []int32
	part     []uint16
}

// count finds the partitions of the rows of a block, by so many bits of their hashes, and how many rows each has.
func (d *dealing) count(c *keyCodec, b *block, bits uint) {
	at, part, shift := (*[maxPartitions + 1]int32)(d.at), d.part[:b.n], 64-bits
	clear(at[:])
	switch keys := b.keys; {
	case c.single && c.fields == nil:
		keys = keys[:len(part)]
		for i := range part {
			p := hashWord(keys[i]) >> (shift & 63) % maxPartitions
			part[i] = uint16(p)
			at[p+1]++
		}
	case c.single:
		for i := range part {
			p := c.hashOfWord(keys[i]) >> (shift & 63) % maxPartitions
			part[i] = uint16(p)
			at[p+1]++
		}
	default:
		for i := range part {
			p := keys[i*c.stride+c.words] >> (shift & 63) % maxPartitions
			part[i] = uint16(p)
			at[p+1]++
		}
	}
}

// deal lists the rows of every partition, from at of the partition on.
func (d *dealing) deal(rows, partitions int) {
	for p := range partitions {
		d.at[p+1] += d.at[p]
	}
	fill, idx := (*[maxPartitions]int32)(d.fill), d.idx
	copy(fill[:], d.at)
	for i, p := range d.part[:rows] {
		f := &fill[p%maxPartitions]
		idx[*f] = int32(i)
		*f++
	}
}

// scatter moves the staged rows to their partitions, with their texts, so that those of a partition
// lie together, unless they may stay where they are and hardly any is read again. The staging memory
// is used again.
func (e *aggEnd) scatter() {
	if e.parts == nil {
		e.own = nil
		for range e.g.partitions() {
			p := e.newArgStore(true)
			p.first, p.heap.next = firstPartition, firstHeapBytes
			e.parts = append(e.parts, p)
		}
	}
	codec, kept := e.g.codec, e.g.codec
	if e.g.byHash() && !e.copied {
		kept = nil
	}
	n := e.g.partitions()
	if e.deal.at == nil {
		e.deal = dealing{make([]int32, maxPartitions+1), make([]int32, maxPartitions), make([]int32, blockRows), make([]uint16, blockRows)}
	}
	for _, b := range e.staging.blocks {
		e.deal.count(codec, b, e.g.bits)
		e.deal.deal(b.n, n)
		for p := range n {
			e.parts[p].addRows(b, e.deal.idx[e.deal.at[p]:e.deal.at[p+1]], kept)
		}
		e.staging.rows -= b.n
		b.n = 0
		for c := range b.cols {
			b.cols[c].valid = nil
		}
	}
	e.staging.blocks = e.staging.blocks[max(0, len(e.staging.blocks)-1):]
	e.waiting.Reset()
	e.copied = false
	e.staging.heap = heap{a: e.waiting}
}

// finishPartitions groups each partition, on all workers.
func (g *aggregation) finishPartitions(ex *execution) error {
	n := g.partitions()
	g.tables = make([]*groups, n, n+1)
	arenas, left := make([]*arena.Arena, ex.opts.Workers), make([]leftWords, ex.opts.Workers)
	for i := range arenas {
		arenas[i] = ex.newArena()
		ex.newWorker(i)
	}
	g.arenas = arenas
	slots := make([][]uint32, len(arenas))
	for i := range slots {
		slots[i] = make([]uint32, vec.BatchRows)
	}
	group := func(worker, p int, byHash bool) error {
		gs := g.newGroups(arenas[worker], &left[worker])
		g.tables[p] = gs
		gs.table.borrow() // from where the rows have waited
		gs.table.reserve(g.expected(p))
		for _, e := range g.ends {
			if e.parts == nil {
				continue
			}
			f := &aggEnd{g: g, w: ex.workers[worker], calls: e.calls, group: slots[worker], byHash: byHash}
			if err := f.feedStore(gs, e.parts[p]); err != nil {
				return err
			}
		}
		gs.table.finish()
		return nil
	}
	byHash := g.byHash()
	err := ex.tasks(n, func(worker, p int) error { return group(worker, p, byHash) })
	if err == nil && byHash {
		err = g.chooseFrequent(ex, func(worker, p int) error { return group(worker, p, false) })
	}
	if err != nil {
		return err
	}
	return g.finishNulls(ex, arenas[0])
}

// expected returns a guess of the groups of partition p, a little more than there seem to be.
func (g *aggregation) expected(p int) int {
	rows := 0
	for _, e := range g.ends {
		if e.parts != nil {
			rows += e.parts[p].rows
		}
	}
	return min(rows, int(g.guessed.Load()*5/4)>>g.bits)
}

// finishNulls makes the group of the NULL key.
func (g *aggregation) finishNulls(ex *execution, a *arena.Arena) error {
	gs := g.newGroups(a, nil)
	for _, e := range g.ends {
		if e.nulls != nil && e.nulls.rows > 0 {
			if err := e.feedNulls(gs, e.nulls); err != nil {
				return err
			}
		}
	}
	if gs.table.n > 0 {
		g.tables = append(g.tables, gs)
	}
	return nil
}

// feedStore adds the rows of a keyed store to the groups.
func (e *aggEnd) feedStore(gs *groups, s *store) error {
	t, stride := gs.table, e.g.codec.stride
	return s.eachWindow(e.w, func(b *block, lo, hi int, cols []vec.Vec) error {
		group := e.group[:hi-lo]
		switch {
		case t.codec.single:
			t.groupsOfWords(b.keys[lo:hi], group)
		case e.byHash:
			for i := range group {
				at := (lo + i) * stride
				group[i] = t.groupByHash(b.keys[at : at+stride])
			}
		default:
			for i := range group {
				at := (lo + i) * stride
				group[i] = t.group(b.keys[at : at+stride])
			}
		}
		return e.feedArgs(gs, cols, group)
	})
}

// feedNulls adds rows whose only key is NULL.
func (e *aggEnd) feedNulls(gs *groups, s *store) error {
	null := gs.table.groupOfNull()
	return s.eachWindow(e.w, func(_ *block, lo, hi int, cols []vec.Vec) error {
		group := e.group[:hi-lo]
		for i := range group {
			group[i] = null
		}
		return e.feedArgs(gs, cols, group)
	})
}

// feedArgs adds the arguments of all calls; group becomes the slots of the rows.
func (e *aggEnd) feedArgs(gs *groups, cols []vec.Vec, group []uint32) error {
	gs.grow()
	for i, c := range e.g.calls {
		if gs.shared[i] {
			continue
		}
		if err := gs.states[i].Update(group, cols[c.first:c.first+len(c.types)], nil, len(group)); err != nil {
			return err
		}
	}
	for i := range group {
		group[i]++
	}
	gs.beginRows(group)
	for i, c := range e.g.calls {
		if !gs.shared[i] {
			continue
		}
		if err := gs.states[i].(expr.Slotted).UpdateSlots(group, cols[c.first:c.first+len(c.types)]); err != nil {
			return err
		}
	}
	gs.endRows()
	return nil
}
