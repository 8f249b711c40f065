package exec

import (
	"math"
	"math/bits"
	"sort"

	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
)

// Where each worker has grouped in a table of its own, the tables are merged in the end: few
// groups by one worker, into the first table; many by all, each of which takes a part of the
// hashes into a new table, or a range of the keys where all keys came in ascending order or are
// integers that lie close together.

const (
	mergeBits  = spillBits // so that groups are dealt as spilled rows are
	mergeParts = 1 << mergeBits
	fewToMerge = 1 << 17 // groups that one worker merges
)

// mergeLocal merges the workers' tables and completes their states.
func (g *aggregation) mergeLocal(ex *execution) error {
	if g.mergesInParts(ex) {
		return g.mergeInParts(ex)
	}
	if err := g.mergeTables(); err != nil {
		return err
	}
	first := g.ends[0]
	for _, c := range first.calls {
		if err := c.finish(first.own, first.w); err != nil {
			return err
		}
	}
	g.tables = []*groups{first.own}
	return nil
}

// mergeTables merges the workers' tables into the first.
func (g *aggregation) mergeTables() error {
	first := g.ends[0]
	for _, e := range g.ends[1:] {
		to := first.own.merged(e.own)
		first.own.grow()
		for i, s := range first.own.states {
			if g.calls[i].Distinct || len(g.calls[i].OrderBy) > 0 {
				continue
			}
			if err := s.Merge(e.own.states[i], to); err != nil {
				return err
			}
		}
		first.own.mergeRows(e.own, nil, to)
		for i, c := range e.calls {
			if err := first.calls[i].adopt(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// merged adds the groups of o to gs and returns their numbers in gs.
func (gs *groups) merged(o *groups) []uint32 {
	o.grow()
	if gs.table == nil {
		return []uint32{0}
	}
	to := make([]uint32, o.table.n)
	gs.table.addGroups(o.table, nil, to)
	return to
}

// mergesInParts reports whether all workers merge the tables.
func (g *aggregation) mergesInParts(ex *execution) bool {
	if ex.opts.Workers == 1 || len(g.ends) == 1 || g.codec == nil {
		return false
	}
	n, bytes := 0, int64(0)
	for _, e := range g.ends {
		n, bytes = n+e.own.count(), bytes+e.bytes()
	}
	if n < fewToMerge || g.spill.share != 0 && bytes > g.spill.share {
		return false
	}
	return g.mergeable()
}

// mergeable reports whether the states of a part of the groups can be merged.
func (g *aggregation) mergeable() bool {
	for i, c := range g.calls {
		_, ok := g.ends[0].own.states[i].(expr.PartMerger)
		if !ok || c.Distinct || len(c.OrderBy) > 0 {
			return false
		}
	}
	return true
}

// mergeInParts makes tables of parts of the keys, which hold the groups of all workers.
func (g *aggregation) mergeInParts(ex *execution) error {
	for _, e := range g.ends {
		e.own.grow()
	}
	left := make([]leftWords, ex.opts.Workers)
	for range left {
		g.arenas = append(g.arenas, ex.newArena())
	}
	g.tables = make([]*groups, mergeParts)
	merge, err := func(_ int, gs *groups, lists []groupList) error { return mergeByHash(gs, lists) }, error(nil)
	var parts []*groupParts
	if g.ascending() {
		parts = g.rangesOfKeys()
		merge = func(_ int, gs *groups, lists []groupList) error { return mergeAscending(gs, lists) }
	} else if window, ok := g.denseKeys(); ok {
		parts, err = g.partsOf(ex, window.partsOf)
		slots := make([][]uint32, len(left))
		for i := range slots {
			slots[i] = make([]uint32, 1<<window.shift)
		}
		merge = func(worker int, gs *groups, lists []groupList) error { return window.merge(gs, lists, slots[worker]) }
	} else {
		parts, err = g.partsOf(ex, partsOfHashes)
	}
	if err != nil {
		return err
	}
	return ex.tasks(mergeParts, func(worker, p int) error {
		gs := g.newGroups(g.arenas[worker], &left[worker])
		gs.table.borrow()
		g.tables[p] = gs
		if err := merge(worker, gs, g.listsOf(parts, p)); err != nil {
			return err
		}
		gs.table.finish()
		return nil
	})
}

// groupList is some groups of one worker, by their numbers.
type groupList struct {
	of   *groups
	from []uint32
}

// listsOf returns the groups that the ends have of part p.
func (g *aggregation) listsOf(parts []*groupParts, p int) []groupList {
	lists := make([]groupList, len(g.ends))
	for i, e := range g.ends {
		lists[i] = groupList{of: e.own, from: parts[i].of(p)}
	}
	return lists
}

// partsOf deals the groups of every end; of writes the part of every group of a table.
func (g *aggregation) partsOf(ex *execution, of func(t *groupTable, part []uint8)) ([]*groupParts, error) {
	parts := make([]*groupParts, len(g.ends))
	err := ex.tasks(len(parts), func(_, i int) error {
		t := g.ends[i].own.table
		part := make([]uint8, t.n)
		of(t, part)
		parts[i] = dealt(part)
		return nil
	})
	return parts, err
}

// mergeByHash adds the groups of lists to gs.
func mergeByHash(gs *groups, lists []groupList) error {
	most := 0
	for _, l := range lists {
		most = max(most, len(l.from))
	}
	gs.table.reserve(most)
	for _, l := range lists {
		to := make([]uint32, len(l.from))
		gs.table.addGroups(l.of.table, l.from, to)
		if err := gs.mergeStates(l, to); err != nil {
			return err
		}
	}
	return nil
}

// mergeStates adds the states of the groups of a list to the groups to.
func (gs *groups) mergeStates(l groupList, to []uint32) error {
	o, from := l.of, l.from
	gs.grow()
	for i, s := range gs.states {
		if err := s.(expr.PartMerger).MergePart(o.states[i], from, to); err != nil {
			return err
		}
	}
	gs.mergeRows(o, from, to)
	return nil
}

// groupParts is the numbers of the groups of a table, part by part, in ascending order.
type groupParts struct {
	groups []uint32
	ends   [mergeParts]int
}

// of returns the groups of part p.
func (g *groupParts) of(p int) []uint32 {
	lo := 0
	if p > 0 {
		lo = g.ends[p-1]
	}
	return g.groups[lo:g.ends[p]]
}

// partsOfHashes deals the groups of a table by the upper bits of their hashes. NULL is in the first part.
func partsOfHashes(t *groupTable, part []uint8) {
	for i := range part {
		if i != t.null {
			part[i] = uint8(t.hashOf(i) >> (64 - mergeBits))
		}
	}
}

// dealt returns the groups by their parts.
func dealt(part []uint8) *groupParts {
	g := &groupParts{groups: make([]uint32, len(part))}
	for _, p := range part {
		g.ends[p]++
	}
	sum := 0
	for p, n := range g.ends {
		g.ends[p] = sum
		sum += n
	}
	for i, p := range part {
		g.groups[g.ends[p]] = uint32(i)
		g.ends[p]++
	}
	return g
}

// hashOf returns the hash of a group that is not the NULL of a single codec.
func (t *groupTable) hashOf(group int) uint64 {
	if t.codec.single {
		return t.codec.hashOfWord(t.keys[group])
	}
	return t.keys[group*t.codec.stride+t.codec.words]
}

// addGroups adds groups of o, those whose numbers are in from or all where that is nil, and
// writes their numbers in t to to.
func (t *groupTable) addGroups(o *groupTable, from, to []uint32) {
	stride := o.codec.stride
	for k := range to {
		g := k
		if from != nil {
			g = int(from[k])
		}
		switch row := o.keys[g*stride : (g+1)*stride]; {
		case g == o.null:
			to[k] = t.groupOfNull()
		case o.codec.single:
			to[k] = t.groupOfWord(row[0])
		default:
			to[k] = t.group(row)
		}
	}
}

// denseWindow is the range of integer keys that lie close together: each part has 1<<shift of them.
type denseWindow struct {
	lo    uint64
	shift uint
}

// sparseKeys is how many times as many integers as groups a dense window has at most.
const sparseKeys = 4

// denseKeys returns the range of the keys of all ends; ok is false where it is not dense.
func (g *aggregation) denseKeys() (w denseWindow, ok bool) {
	if !g.codec.apart() || g.codec.types[0].Class() > types.I64 {
		return w, false
	}
	n, lo, hi := 0, int64(math.MaxInt64), int64(math.MinInt64)
	for _, e := range g.ends {
		t := e.own.table
		keys := vec.Cast[int64](vec.BytesOf(t.keys[:t.n]))
		rest := keys[:0]
		if t.null >= 0 { // whose word says nothing
			keys, rest = keys[:t.null], keys[t.null+1:]
		}
		for _, part := range [][]int64{keys, rest} {
			if len(part) > 0 {
				l, h, _ := minMax(part, nil, nil)
				n, lo, hi = n+len(part), min(lo, l), max(hi, h)
			}
		}
	}
	span := uint64(hi) - uint64(lo)
	if n == 0 || span >= uint64(sparseKeys*n) {
		return w, false
	}
	return denseWindow{uint64(lo), uint(max(0, bits.Len64(span)-mergeBits))}, true
}

// partsOf deals the groups of a table by their keys. NULL is in the first part.
func (w denseWindow) partsOf(t *groupTable, part []uint8) {
	for i, key := range t.keys[:t.n] {
		part[i] = uint8((key - w.lo) >> w.shift)
	}
	if t.null >= 0 {
		part[t.null] = 0
	}
}

// merge is mergeByHash for lists of keys of one part of the window. slots, of which there are as many as
// keys of a part, is used for the groups plus one.
func (w denseWindow) merge(gs *groups, lists []groupList, slots []uint32) error {
	t, mask := gs.table, uint64(len(slots)-1)
	t.unplaced, t.rising = true, false
	clear(slots)
	most := 1
	for _, l := range lists {
		most = max(most, len(l.from))
	}
	t.moveKeys(most)
	for _, l := range lists {
		to, o := make([]uint32, len(l.from)), l.of.table
		for k, g := range l.from {
			if int(g) == o.null {
				to[k] = t.groupOfNull()
				continue
			}
			slot := &slots[(o.keys[g]-w.lo)&mask]
			if *slot == 0 {
				*slot = uint32(t.append(o.keys[g:g+1])) + 1
			}
			to[k] = *slot - 1
		}
		if err := gs.mergeStates(l, to); err != nil {
			return err
		}
	}
	return nil
}

// ascending reports whether the keys of every end came in ascending order.
func (g *aggregation) ascending() bool {
	for _, e := range g.ends {
		if !e.own.table.rising {
			return false
		}
	}
	return true
}

// rangesOfKeys deals the groups of every end, whose keys ascend, by ranges of the keys: those that
// part the keys of the largest evenly.
func (g *aggregation) rangesOfKeys() []*groupParts {
	var largest *groupTable
	for _, e := range g.ends {
		if t := e.own.table; largest == nil || t.n > largest.n {
			largest = t
		}
	}
	parts := make([]*groupParts, len(g.ends))
	for i, e := range g.ends {
		t := e.own.table
		parts[i] = &groupParts{groups: make([]uint32, t.n)}
		for k := range parts[i].groups {
			parts[i].groups[k] = uint32(k)
		}
		for p := range mergeParts - 1 {
			parts[i].ends[p] = t.behind(largest.keys[(p+1)*(largest.n-1)/mergeParts])
		}
		parts[i].ends[mergeParts-1] = t.n
	}
	return parts
}

// behind returns how many keys of a table, whose keys ascend, are not greater than key.
func (t *groupTable) behind(key uint64) int {
	return sort.Search(t.n, func(g int) bool { return int64(t.keys[g]) > int64(key) })
}

// mergeAscending is mergeByHash for lists of ascending keys.
func mergeAscending(gs *groups, lists []groupList) error {
	total := 0
	to, at := make([][]uint32, len(lists)), make([]int, len(lists))
	for i, l := range lists {
		to[i] = make([]uint32, len(l.from))
		total += len(l.from)
	}
	gs.table.moveKeys(max(total, 1))
	for {
		i, until := leastKey(lists, at)
		if i < 0 {
			break
		}
		l := lists[i]
		for ; at[i] < len(l.from); at[i]++ {
			key := l.of.table.keys[l.from[at[i]]]
			if int64(key) > until {
				break
			}
			to[i][at[i]] = gs.table.groupOfWord(key)
		}
	}
	for i, l := range lists {
		if err := gs.mergeStates(l, to[i]); err != nil {
			return err
		}
	}
	return nil
}

// leastKey returns the list whose next key is the least, -1 where all have ended, and the least next
// key of the others, up to which its keys come first.
func leastKey(lists []groupList, at []int) (least int, until int64) {
	least, until = -1, math.MaxInt64
	first := int64(math.MaxInt64)
	for i, l := range lists {
		if at[i] == len(l.from) {
			continue
		}
		switch key := int64(l.of.table.keys[l.from[at[i]]]); {
		case least < 0:
			least, first = i, key
		case key < first:
			least, first, until = i, key, first
		default:
			until = min(until, key)
		}
	}
	return least, until
}
