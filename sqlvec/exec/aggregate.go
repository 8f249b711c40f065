package exec

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// The ways of grouping. A query begins undecided: rows wait while their keys are
// counted. Few groups are then kept in a table of each worker, and the tables merged;
// for many, rows go to partitions by hash, and each partition is grouped on its own, in a
// table that fits a processor's cache.
const (
	undecided int32 = iota
	local
	partitioned
)

const (
	stagedRows    = blockRows  // rows that wait for the decision, or for their partition
	stagedTexts   = 1 << 14    // of them, where they have texts
	earlyRows     = 1 << 14    // staged rows that may show that there are many groups
	manyGroups    = stagedRows // more groups than these, as the staged rows show, mean partitions
	leastSpan     = 1 << 10    // groups that one worker hands on
	fewGroups     = 1 << 17    // combinations of codes that a table of each worker takes
	risingGroups  = 0.93       // new groups of the second half, by those of the first, that mean ever more
	partitionRows = 1 << 14    // rows of a partition, as far as there are neither too few nor too many
	minPartitions = 1 << 7
	maxPartitions = 1 << 9
)

// aggregation is the sink of a GROUP BY, and the source of its groups.
type aggregation struct {
	source *plan.Aggregate
	node   *plan.Aggregate // source with the keys that are compared
	fixed  []*fixedKey     // by key; nil for those that are compared as they are
	codec  *keyCodec
	mu     sync.Mutex
	// fielded says that it is settled whether the codec has fields, which the first batch shows.
	fielded bool
	calls   []*aggCall
	guessed atomic.Int64 // partitions: how many groups there seem to be
	bits    uint         // partitions: of the hash that tell them
	mode    atomic.Int32
	ends    []*aggEnd
	spill   aggSpill
	// frequent is how many groups, those with the most rows, are wanted; 0 for all.
	frequent int
	first    *firstGroups // the groups that are wanted; nil for all

	tables []*groups      // what finish made
	arenas []*arena.Arena // of tables that no end owns
	spans  []span
}

// aggCall is one aggregate as all workers see it.
type aggCall struct {
	plan.AggCall
	types []types.Type // of the arguments
	first int          // number of the first argument among those of all calls
	// distinct has the rows of a DISTINCT call.
	distinct *distinctCall
}

// groups is the groups of one hash table with the states of every call.
type groups struct {
	table  *groupTable // nil without keys
	states []expr.States
	of     *aggregation // whose keys and calls they are of
	// rows counts the rows of every group, for the states with their bit in shared: those
	// that every row of the input goes to. It is empty where counted is false, as there are none.
	rows    expr.RowCounts
	shared  []bool
	counted bool
}

// newAggregation returns the sink of node.
func newAggregation(source *plan.Aggregate) *aggregation {
	g := &aggregation{source: source, bits: partitionBits(source)}
	g.node, g.fixed = withFixedKeys(source)
	node := g.node
	ts := make([]types.Type, len(node.Keys))
	for i, k := range node.Keys {
		ts[i] = k.Type()
	}
	if len(ts) > 0 {
		g.codec = groupCodec(ts)
	}
	simple, n := len(ts) > 0, 0
	for _, call := range node.Aggs {
		c := &aggCall{AggCall: call, first: n}
		for _, arg := range call.Args {
			c.types = append(c.types, arg.Type())
		}
		n += len(call.Args)
		c.leaveOrder()
		g.calls = append(g.calls, c)
		simple = simple && c.everyRow()
	}
	if !simple {
		g.mode.Store(local)
	}
	for _, c := range g.calls {
		if c.Distinct {
			c.distinct = newDistinctCall(c, g)
		}
	}
	g.spill.able = len(ts) > 0 && steady(node.Keys)
	return g
}

// partitionBits returns the bits of the hash by which rows would go to partitions. Few partitions
// are written faster, small ones are grouped faster.
func partitionBits(node *plan.Aggregate) uint {
	n := maxPartitions
	if rows := node.Input.Estimated().Rows; rows < maxPartitions*partitionRows {
		n = max(minPartitions, int(rows)/partitionRows)
	}
	return uint(bits.Len(uint(n - 1)))
}

// partitions returns how many partitions there are.
func (g *aggregation) partitions() int { return 1 << g.bits }

// leaveOrder takes the ORDER BY from a call that can do without it.
func (c *aggCall) leaveOrder() {
	if len(c.OrderBy) != 1 || c.Distinct {
		return
	}
	if agg, ok := c.Agg.InAnyOrder(c.types, c.OrderBy[0].Desc); ok {
		c.Agg, c.OrderBy = agg, nil
	}
}

// ordered reports whether some result depends on the order of the input.
func (g *aggregation) ordered() bool {
	for _, c := range g.calls {
		if c.Agg.Ordered || len(c.OrderBy) > 0 {
			return true
		}
	}
	return false
}

// newGroups returns empty groups in memory of a. left, which may be nil, is what the tables of other
// groups there have outgrown.
func (g *aggregation) newGroups(a *arena.Arena, left *leftWords) *groups {
	gs := &groups{of: g}
	if g.codec != nil {
		gs.table = newTableIn(g.codec, a, left)
	}
	for _, c := range g.calls {
		s := c.Agg.New(c.types, a)
		slotted, ok := s.(expr.Slotted)
		ok = ok && gs.table != nil && c.everyRow()
		if ok {
			slotted.Share(&gs.rows)
		}
		if pieced, ok := s.(expr.Pieced); ok && c.hasPieces() {
			pieced.ExpectPieces()
		}
		gs.states, gs.shared, gs.counted = append(gs.states, s), append(gs.shared, ok), gs.counted || ok
	}
	return gs
}

// everyRow reports whether the states of the call see every row of the input as it comes.
func (c *aggCall) everyRow() bool { return !c.Distinct && c.Filter == nil && len(c.OrderBy) == 0 }

// hasPieces reports whether the values of a batch may come in several vectors, if the states take such.
func (c *aggCall) hasPieces() bool {
	return len(c.Args) == 1 && !c.Distinct && len(c.OrderBy) == 0 && expr.HasPieces(c.Args[0])
}

// count returns how many groups there are: one without keys.
func (gs *groups) count() int {
	if gs.table == nil {
		return 1
	}
	return gs.table.n
}

// grow makes states for all groups of the table.
func (gs *groups) grow() {
	n := gs.count()
	for _, s := range gs.states {
		s.Grow(n)
	}
	if gs.counted {
		gs.rows.Grow(n)
	}
}

// beginRows makes the shared counts take a batch, by the slots of its rows' groups; endRows ends it.
func (gs *groups) beginRows(slot []uint32) {
	if gs.counted {
		gs.rows.Begin(slot)
	}
}

func (gs *groups) endRows() {
	if gs.counted {
		gs.rows.End()
	}
}

// mergeRows adds the counts of groups from of o to those of the groups to.
func (gs *groups) mergeRows(o *groups, from, to []uint32) {
	if gs.counted {
		gs.rows.Merge(&o.rows, from, to)
	}
}

// aggEnd is a worker's end of an aggregation.
type aggEnd struct {
	g      *aggregation
	w      *worker
	a      *arena.Arena
	codec  *keyCodec // its own, from the first batch on
	keys   []*expr.Program
	digits []*firstDigits
	calls  []*callEnd
	shared []*argument
	first  *leadingKeys
	own    *groups
	mode   int32
	keyCol []vec.Vec
	group  []uint32
	byHash bool // keys with the same hash are one group

	staging *store
	waiting *arena.Arena // the texts of staging
	half    int          // groups among the first half of the staged rows
	deal    dealing
	copied  bool // not all texts of staging lie where they may stay
	parts   []*store
	nulls   *store // rows whose only key is NULL, beside the partitions

	pushed int  // batches
	frozen bool // no new groups are made: their rows are spilled
	out    *partWriter
}

func (g *aggregation) open(w *worker) (pusher, error) {
	e := &aggEnd{g: g, w: w, a: w.ex.newArena(), mode: g.mode.Load(), first: g.newLeadingKeys()}
	env := w.ex.opts.Env
	var err error
	if e.keys, err = compileAll(g.node.Keys, env); err != nil {
		return nil, err
	}
	if e.digits, err = newFirstDigits(g, env); err != nil {
		return nil, err
	}
	g.beginSpill(w.ex)
	for _, c := range g.calls {
		ce, err := newCallEnd(c, g, e)
		if err != nil {
			return nil, err
		}
		e.calls = append(e.calls, ce)
	}
	e.group = make([]uint32, vec.BatchRows)
	g.ends = append(g.ends, e)
	return e, nil
}

func (e *aggEnd) push(b *vec.Batch) (err error) {
	a := e.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	if len(e.keys) == 0 {
		e.begin(nil)
		return e.updateOne(b)
	}
	if e.keyCol, err = evalAll(e.keys, b, e.w, e.keyCol[:0]); err != nil {
		return err
	}
	if e.first != nil {
		sel := e.first.sift(e.keyCol, b, a)
		if sel != nil && noBits(sel) {
			return nil
		}
		b = &vec.Batch{N: b.N, Sel: sel, Cols: b.Cols}
	}
	for _, d := range e.digits {
		if err := d.note(b, e.keyCol, a); err != nil {
			return err
		}
	}
	e.begin(b)
	if e.frozen {
		return e.pushFrozen(b)
	}
	if err := e.take(b); err != nil {
		return err
	}
	return e.mayFreeze()
}

// begin makes the groups of an end when its first batch comes, whose keys are in keyCol, or none does.
func (e *aggEnd) begin(b *vec.Batch) {
	if e.own != nil || e.parts != nil {
		return
	}
	if b != nil {
		e.g.settleFields(e, b)
	}
	e.codec = e.g.codec.owned()
	e.own = e.newGroups()
	if e.mode == undecided && !e.roomToScatter() {
		if e.mode = e.decide(local); e.mode == local {
			e.loosen()
		}
	}
}

// newGroups returns empty groups that the end's codec serves.
func (e *aggEnd) newGroups() *groups {
	gs := e.g.newGroups(e.a, nil)
	if gs.table != nil {
		gs.table.codec = e.codec
	}
	return gs
}

// settleFields gives the codec fields, if the keys of a batch suit them: those that one word
// holds, and that a memo of few codes does not serve better.
func (g *aggregation) settleFields(e *aggEnd, b *vec.Batch) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fielded {
		return
	}
	g.fielded = true
	if fewCodes(e.keyCol) {
		return
	}
	texts := int64(textNumbersBytes)
	if share := g.spill.share; share > 0 {
		texts = min(texts, share/8)
	}
	if c := packedCodec(g.codec, g.node.KeyStats, e.keyCol, b.N, b.Sel, texts, e.w.ex.newArena); c != nil {
		g.codec = c
	}
}

// take groups a batch whose keys are in keyCol, or keeps it until it can.
func (e *aggEnd) take(b *vec.Batch) error {
	if e.mode == undecided && e.staging == nil && fewCodes(e.keyCol) {
		if e.mode = e.decide(local); e.mode == local {
			e.loosen()
		}
	}
	if e.mode != local && e.full(b.N) {
		if err := e.unstage(b); err != nil {
			return err
		}
	}
	if e.mode != local {
		return e.stage(b)
	}
	slot := e.group[:b.N]
	e.own.table.kept = e.codec.strings && e.codec.fields == nil && e.w.lendsKeys(e.keyCol)
	e.own.table.findSlots(e.keyCol, b.Sel, slot, e.w.scratch)
	e.own.table.kept = false
	e.own.grow()
	return e.updateGroups(b, slot)
}

// updateGroups adds the selected rows of a batch to their groups, which are there: slot is the group plus one of each,
// 0 of the others.
func (e *aggEnd) updateGroups(b *vec.Batch, slot []uint32) error {
	e.own.beginRows(slot)
	if err := e.eachCall(func(c *callEnd) error { return c.update(b, slot) }); err != nil {
		return err
	}
	e.own.endRows()
	return nil
}

// fewCodes reports whether the keys are dictionary codes or narrow integers with few
// values together.
func fewCodes(keys []vec.Vec) bool {
	n := 1
	for k := range keys {
		flat := keys[k].Form == vec.Flat && keys[k].Type.Class() != types.Bits
		if flat || keys[k].Form == vec.Narrow && keys[k].Width > 2 {
			return false
		}
		c, ok := codeColumnOf(&keys[k], codeColumn{}, 0, nil, true)
		if n *= max(1, c.size); !ok || n > fewGroups {
			return false
		}
	}
	return true
}

// updateOne adds a batch to the one group of an aggregate without keys.
func (e *aggEnd) updateOne(b *vec.Batch) error {
	e.own.grow()
	return e.eachCall(func(c *callEnd) error { return c.update(b, nil) })
}

// decide settles how the aggregation groups, unless another worker has, and returns it.
func (e *aggEnd) decide(mode int32) int32 {
	e.g.mode.CompareAndSwap(undecided, mode)
	return e.g.mode.Load()
}

// finish makes the tables that the groups are read from.
func (g *aggregation) finish(ex *execution) error {
	if len(g.ends) == 0 {
		if err := g.empty(ex); err != nil {
			return err
		}
	}
	mode := g.mode.Load()
	for _, e := range g.ends {
		e.begin(nil)
		if err := e.settle(mode); err != nil {
			return err
		}
	}
	if g.spill.to != nil {
		return g.endSpill(ex)
	}
	var err error
	if mode == partitioned {
		err = g.finishPartitions(ex)
	} else {
		err = g.mergeLocal(ex)
	}
	if err != nil {
		return err
	}
	g.addEmptySets(ex)
	if g.spans != nil {
		return nil
	}
	for _, gs := range g.tables {
		gs.grow()
		n := gs.count()
		size := min(blockRows, max(leastSpan, n/(4*ex.opts.Workers)))
		for lo := 0; lo < n; lo += size {
			g.spans = append(g.spans, span{gs, lo, min(lo+size, n)})
		}
	}
	return nil
}

// empty opens an end for an input without a single morsel.
func (g *aggregation) empty(ex *execution) error {
	_, err := g.open(ex.newWorker(0))
	return err
}

// span is groups [lo, hi) of a table: a morsel of the aggregation's output.
type span struct {
	gs     *groups
	lo, hi int
}

// groupSource reads the groups of a finished aggregation.
type groupSource struct{ g *aggregation }

func (s *groupSource) prepare(*execution) (int, error) {
	switch spill := &s.g.spill; {
	case spill.apart:
		return spillParts, nil
	case spill.to != nil:
		return 1, nil
	}
	return len(s.g.spans), nil
}

// release implements releaser.
func (s *groupSource) release() {
	for _, e := range s.g.ends {
		e.a.Free()
		if e.waiting != nil {
			e.waiting.Free()
		}
	}
	for _, a := range s.g.arenas {
		a.Free()
	}
	for _, e := range s.g.ends {
		for _, c := range e.calls {
			c.release()
		}
	}
	if s.g.spill.to != nil {
		s.g.spill.to.file.close()
	}
}

func (s *groupSource) open(w *worker) (reader, error) { return &groupReader{g: s.g, w: w}, nil }
