package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// probeStage streams the left input of a hash join past the table of the right one.
type probeStage struct{ build *joinBuild }

// errManyRows is the error of a scalar subquery with a second row.
func errManyRows() error {
	return dberr.New(dberr.CardinalityViolation, "more than one row returned by a subquery used as an expression")
}

func (s *probeStage) open(w *worker, next pusher) (pusher, error) {
	if s.build.spill.right != nil {
		return s.build.openLeft(w)
	}
	n := s.build.node
	p := &probe{table: &s.build.table, node: n, w: w, codec: s.build.codec, nullsApart: s.build.nullsApart()}
	p.out = joinOutput{w: w, next: next, kind: n.Kind, dead: n.Dead}
	var err error
	if p.keys, err = compileAll(n.LeftKeys, w.ex.opts.Env); err != nil {
		return nil, err
	}
	if n.Residual != nil {
		p.compared = comparisonOf(n)
		p.residual, err = expr.Compile(n.Residual, w.ex.opts.Env)
		p.untested = deadBut(n.Residual, len(n.Left.Columns())+len(n.Right.Columns()))
	}
	return p, err
}

// probe is a worker's end of the left input.
type probe struct {
	table    *joinTable
	node     *plan.HashJoin
	codec    *keyCodec
	w        *worker
	keys     []*expr.Program
	residual *expr.Program
	compared *comparison // residual, where it is one
	untested []bool      // columns of a pair that residual does not use
	out      joinOutput
	cols     []vec.Vec
	memo     probeMemo
	codes    memo // of keys of several columns: the slots of their rows
	misses   int  // batches whose keys have no small codes

	nullsApart bool
	// unsure, of a Compared join, are the rows of the batch with a NULL comparison.
	unsure []uint64
}

func (p *probe) push(b *vec.Batch) (err error) {
	a := p.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	if p.useless() {
		return errDone
	}
	if p.cols, err = evalAll(p.keys, b, p.w, p.cols[:0]); err != nil {
		return err
	}
	sel := b.Sel
	if !p.node.NullSafe {
		sel = nullKeys(p.cols, b.N, b.Sel, a)
	}
	idx := selected(&vec.Batch{N: b.N, Sel: sel}, a)
	first := p.find(b.N, sel, idx)
	if p.residual == nil && p.out.kind.LeftOnly() {
		return p.pushMask(b, p.foundMask(b, idx, first))
	}
	if p.residual == nil && p.out.kind.RightOnly() {
		p.matchAll(first)
		return nil
	}
	if p.residual == nil && p.table.unique {
		return p.pushUnique(b, idx, first)
	}
	if p.compared != nil {
		return p.pushCompared(b, idx, first)
	}
	return p.pushPairs(b, idx, first)
}

// useless reports whether no left row can make an output row.
func (p *probe) useless() bool {
	if p.table.rows.rows > 0 {
		return false
	}
	switch p.out.kind {
	case plan.Inner, plan.Semi, plan.Right, plan.RightSemi, plan.RightAnti:
		return true
	}
	return false
}

// foundMask returns the mask of the rows of b that have a first partner.
func (p *probe) foundMask(b *vec.Batch, idx []int32, first []rowID) []uint64 {
	found := maskOf(p.w.scratch, b.N)
	clear(found)
	if idx == nil {
		for w := range found {
			word := uint64(0)
			for j, id := range first[w<<6 : min(w<<6+64, len(first))] {
				word |= b2w(id != noRow) << (uint(j) & 63)
			}
			found[w] = word
		}
		return found
	}
	for k, i := range idx {
		found[i>>6] |= b2w(first[k] != noRow) << (uint(i) & 63)
	}
	return found
}

// b2w returns 1 for true.
func b2w(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// pushMask ends a semi, anti or mark join, given the rows that have a partner.
func (p *probe) pushMask(b *vec.Batch, found []uint64) error {
	var unknown []uint64
	switch {
	case p.node.Compared:
		unknown = p.unsure
	case p.node.NullAware:
		unknown = p.unknown(b)
	}
	return p.out.leftOnly(b, found, unknown)
}

// unknown returns the mask of the rows of b for which IN has no answer but a true one:
// the right side has a NULL, or has rows and the row's key is NULL.
func (p *probe) unknown(b *vec.Batch) []uint64 {
	mask := maskOf(p.w.scratch, b.N)
	switch {
	case p.table.someNulls:
		fillMask(mask, b.N)
	case p.table.rows.rows == 0 && !p.table.someRows:
		clear(mask)
	default:
		fillMask(mask, b.N)
		if set := nullKeys(p.cols, b.N, nil, p.w.scratch); set != nil {
			for i := range mask {
				mask[i] &^= set[i]
			}
		} else {
			clear(mask)
		}
	}
	return mask
}

// matchAll marks the rows of the keys of first as having a partner. All rows of a key are
// marked together.
func (p *probe) matchAll(first []rowID) {
	for _, id := range first {
		if id == noRow || p.table.isMatched(id) {
			continue
		}
		for ; id != noRow; id = p.table.following(id) {
			p.table.match(id)
		}
	}
}

// pushUnique joins each left row to the one right row that it can have: the left columns
// pass as they are.
func (p *probe) pushUnique(b *vec.Batch, idx []int32, first []rowID) error {
	a := p.w.scratch
	found := p.foundMask(b, idx, first)
	if p.table.matched != nil {
		for _, id := range first {
			if id != noRow {
				p.table.match(id)
			}
		}
	}
	outer := p.out.kind == plan.Left || p.out.kind == plan.Full || p.out.kind == plan.Single
	n := vec.CountBits(found)
	if !outer && n == 0 {
		return nil
	}
	if !outer && n*sparse < b.N {
		rows := setBits(found, b.N, arena.Make[int32](a, n)[:0])
		ids := arena.Make[rowID](a, n)[:0]
		for _, id := range first {
			if id != noRow {
				ids = append(ids, id)
			}
		}
		return p.out.pairs(b, p.table.rows, rows, ids)
	}
	ids := first
	if idx != nil {
		ids = arena.Make[rowID](a, b.N)
		for i := range ids {
			ids[i] = noRow
		}
		for k, id := range first {
			ids[idx[k]] = id
		}
	}
	if !outer {
		for i, id := range ids {
			if id == noRow {
				ids[i] = 0 // any row: the mask leaves it out
			}
		}
	}
	sel := b.Sel
	if !outer {
		sel = found
	}
	return p.out.beside(b, p.table.rows, sel, ids, outer)
}

// pushPairs joins each left row to any number of right rows.
func (p *probe) pushPairs(b *vec.Batch, idx []int32, first []rowID) error {
	a := p.w.scratch
	found := maskOf(a, b.N)
	clear(found)
	if p.node.Compared {
		p.unsure = arena.MakeZero[uint64](a, vec.Words(b.N))
	}
	size := p.w.ex.opts.BatchRows
	rows, ids := arena.Make[int32](a, size)[:0], arena.Make[rowID](a, size)[:0]
	var ahead chains
	var single []rowID
	for k := range first {
		if k%lanes == 0 {
			ahead.follow(p.table, first[k:min(k+lanes, len(first))])
		}
		i := int32(k)
		if idx != nil {
			i = idx[k]
		}
		for some := ahead.some(k % lanes); len(some) > 0; some = ahead.some(k % lanes) {
			if p.out.kind.RightOnly() {
				single = p.table.unmatched(single[:0], some)
				some = single
			}
			for len(some) > 0 {
				n := min(len(some), size-len(rows))
				ids, some = append(ids, some[:n]...), some[n:]
				for range n {
					rows = append(rows, i)
				}
				if len(rows) < size {
					continue
				}
				if err := p.pushCandidates(b, rows, ids, found); err != nil {
					return err
				}
				rows, ids = rows[:0], ids[:0]
			}
		}
	}
	if len(rows) > 0 {
		if err := p.pushCandidates(b, rows, ids, found); err != nil {
			return err
		}
	}
	if p.out.kind.LeftOnly() {
		return p.pushMask(b, found)
	}
	return p.out.unmatchedLeft(b, p.table.rows.types, found)
}

// pushCandidates pushes the pairs that the residual condition lets through.
func (p *probe) pushCandidates(b *vec.Batch, rows []int32, ids []rowID, found []uint64) error {
	if err := p.w.ex.check(); err != nil {
		return err
	}
	a := p.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	if p.residual != nil {
		pairs := p.out.pairBatch(b, p.table.rows, rows, ids, p.untested)
		mask, err := p.test(&pairs, rows)
		if err != nil {
			return err
		}
		keep := setBits(mask, pairs.N, arena.Make[int32](a, pairs.N)[:0])
		kept, keptIDs := arena.Make[int32](a, len(keep)), arena.Make[rowID](a, len(keep))
		takeInto(kept, rows, keep)
		takeInto(keptIDs, ids, keep)
		rows, ids = kept, keptIDs
	}
	for k, i := range rows {
		if p.out.kind == plan.Single && bit(found, int(i)) == 1 {
			return errManyRows()
		}
		found[i>>6] |= 1 << (uint(i) & 63)
		if p.table.matched != nil {
			p.table.match(ids[k])
		}
	}
	if len(rows) == 0 || p.out.kind.LeftOnly() || p.out.kind.RightOnly() {
		return nil
	}
	return p.out.pairs(b, p.table.rows, rows, ids)
}

// test returns the mask of the pairs that the residual condition lets through, and notes
// the left rows for which it is NULL where the join wants to know.
func (p *probe) test(pairs *vec.Batch, rows []int32) ([]uint64, error) {
	a := p.w.scratch
	if !p.node.Compared {
		mask := maskOf(a, pairs.N)
		return mask, p.residual.EvalMask(pairs, a, mask)
	}
	mask, nulls, err := evalTruth(p.residual, pairs, a)
	if err != nil {
		return nil, err
	}
	for k, i := range rows {
		p.unsure[i>>6] |= uint64(bit(nulls, k)) << (uint(i) & 63)
	}
	return mask, nil
}
