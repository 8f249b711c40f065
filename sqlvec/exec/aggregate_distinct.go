package exec

import (
	"slices"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// distinctSet holds the distinct (arguments, group) of a DISTINCT call. One that does not fit
// memory is written to partitions by the hash of the arguments, and begins anew, again and
// again. When the input has ended, each partition is a set of its own, which may spill again.
type distinctSet struct {
	args  int // leading columns that are arguments; a group may follow
	table *groupTable
	parts *keyCodec  // of the arguments, for their partitions
	ex    *execution // that files live as long as
	depth int
	share int64
	spill *setSpill   // nil while nothing is spilled
	more  []*setSpill // of other workers
}

// setSpill is what a set has written.
type setSpill struct {
	to    *partFile
	out   *partWriter
	group []uint32 // what the groups of its rows are numbered now; nil: as they were
}

// newDistinctSet returns an empty set of arguments and, where keyed, their group.
func newDistinctSet(ex *execution, args []types.Type, keyed bool, depth int, share int64) *distinctSet {
	ts := slices.Clone(args)
	if keyed {
		ts = append(ts, types.T(types.Int64))
	}
	s := &distinctSet{args: len(args), ex: ex, depth: depth, share: share}
	s.table = newGroupTable(groupCodec(ts), ex.newArena())
	s.parts = groupCodec(args)
	return s
}

// callShare returns the bytes that one of the calls that keep values may hold.
func (g *aggregation) callShare() int64 {
	n := int64(0)
	for _, c := range g.calls {
		if c.Distinct || len(c.OrderBy) > 0 {
			n++
		}
	}
	return g.spill.share / (2 * max(1, n))
}

// maySpill writes the set when it takes too much memory.
func (s *distinctSet) maySpill(w *worker) error {
	// A table doubles when it is full.
	if s.table.n == 0 || !w.ex.crowded(2*s.table.a.Size(), s.share, s.depth) {
		return nil
	}
	return s.write(w)
}

// write writes what is in memory.
func (s *distinctSet) write(w *worker) error {
	a := w.scratch
	for lo := 0; lo < s.table.n; lo += vec.BatchRows {
		mark := a.Mark()
		hi := min(lo+vec.BatchRows, s.table.n)
		err := s.writeRows(w, s.table.columns(lo, hi, nil, a), hi-lo)
		a.Release(mark)
		if err != nil {
			return err
		}
	}
	s.table.a.Free()
	s.table = newGroupTable(s.table.codec, s.table.a)
	return nil
}

// writeRows writes rows of the set.
func (s *distinctSet) writeRows(w *worker, cols []vec.Vec, n int) error {
	if s.spill == nil {
		to, err := newPartFile(s.ex, s.table.codec.types)
		if err != nil {
			return err
		}
		s.spill = &setSpill{to: to, out: to.writer(w)}
	}
	s.spill.out.w = w
	return s.spill.out.add(cols, n, nil, s.parts.partsOf(cols[:s.args], n, nil, s.depth, w.scratch))
}

// adopt takes over the set of another worker, whose groups are numbered to here.
func (s *distinctSet) adopt(o *distinctSet, to []uint32, w *worker) error {
	if s.spill == nil && o.spill == nil {
		s.table.addAll(o.table)
		return nil
	}
	if o.spill == nil { // its groups have their new numbers
		return o.each(w, func(cols []vec.Vec, n int) error { return s.writeRows(w, cols, n) })
	}
	if err := o.write(w); err != nil {
		return err
	}
	o.spill.group = to
	s.more = append(append(s.more, o.spill), o.more...)
	return nil
}

// hasSpilled reports whether some of the set is in files.
func (s *distinctSet) hasSpilled() bool { return s.spill != nil || len(s.more) > 0 }

// each calls f for the distinct rows, which it may do once. w is at work.
func (s *distinctSet) each(w *worker, f func(cols []vec.Vec, n int) error) error {
	if s.hasSpilled() {
		return s.eachPart(w, f)
	}
	a := w.scratch
	for lo := 0; lo < s.table.n; lo += vec.BatchRows {
		if err := w.ex.check(); err != nil {
			return err
		}
		mark := a.Mark()
		hi := min(lo+vec.BatchRows, s.table.n)
		err := f(s.table.columns(lo, hi, nil, a), hi-lo)
		a.Release(mark)
		if err != nil {
			return err
		}
	}
	return nil
}

// eachPart is each for a set that has spilled.
func (s *distinctSet) eachPart(w *worker, f func(cols []vec.Vec, n int) error) error {
	if err := s.write(w); err != nil {
		return err
	}
	all := s.more
	if s.spill != nil {
		all = append(all, s.spill)
	}
	for _, sp := range all {
		sp.out.w = w
		if err := sp.out.flush(); err != nil {
			return err
		}
		sp.out.a.Free()
	}
	for q := range spillParts {
		if err := s.part(q, all, w, f); err != nil {
			return err
		}
	}
	return nil
}

// part is each for a partition, in an execution of its own.
func (s *distinctSet) part(q int, all []*setSpill, w *worker, f func(cols []vec.Vec, n int) error) error {
	ex := w.ex.child()
	defer ex.close()
	ts := s.table.codec.types
	sub := newDistinctSet(ex, ts[:s.args], len(ts) > s.args, s.depth+1, ex.share())
	in := ex.newWorker(0)
	group := make([]uint32, vec.BatchRows)
	for _, sp := range all {
		err := sp.to.replay(q, in, pushFunc(func(b *vec.Batch) error {
			a := in.scratch
			mark := a.Mark()
			defer a.Release(mark)
			cols := b.Cols
			if sp.group != nil && len(cols) > s.args {
				cols = append(slices.Clip(cols[:s.args]), renumbered(&cols[s.args], sp.group, a))
			}
			sub.table.find(cols, b.N, nil, group[:b.N], a)
			return sub.maySpill(in)
		}))
		if err != nil {
			return err
		}
	}
	return sub.each(in, f)
}

// renumbered returns the column of the numbers of groups as they are now.
func renumbered(v *vec.Vec, to []uint32, a *arena.Arena) vec.Vec {
	out := arena.Make[int64](a, v.N)
	for i, g := range vec.Of[int64](v)[:v.N] {
		out[i] = int64(to[g])
	}
	return vec.FromFixed(v.Type, out, nil)
}

// written returns what the set and those that it took over have written.
func (s *distinctSet) written() spillStats {
	var out spillStats
	if s.spill != nil {
		out = s.spill.to.stats()
	}
	for _, sp := range s.more {
		more := sp.to.stats()
		out.bytes, out.parts = out.bytes+more.bytes, max(out.parts, more.parts)
	}
	return out
}

// maySpillInts writes the distinct integers to the files of the set when they take too much
// memory; those that come after go to the set.
func (c *callEnd) maySpillInts() error {
	s, w := c.set, c.e.w
	if !w.ex.crowded(2*s.table.a.Size(), s.share, s.depth) {
		return nil
	}
	ints := c.ints
	c.ints = nil
	err := ints.each(w.scratch, func(v vec.Vec) error { return s.writeRows(w, []vec.Vec{v}, v.N) })
	s.table.a.Free()
	s.table = newGroupTable(s.table.codec, s.table.a)
	return err
}
