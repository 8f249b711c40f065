package exec

import "driftdb/sqlvec/expr"

// Where each worker has grouped in a table of its own, the tables are merged in the end: few
// groups by one worker, into the first table; many by all, each of which takes a part of the
// hashes into a new table.

const (
	mergeBits  = 6
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
		first.own.rows.Merge(&e.own.rows, nil, to)
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
	for i, c := range g.calls {
		_, ok := g.ends[0].own.states[i].(expr.PartMerger)
		if !ok || c.Distinct || len(c.OrderBy) > 0 {
			return false
		}
	}
	return true
}

// mergeInParts makes tables of parts of the hashes, which hold the groups of all workers.
func (g *aggregation) mergeInParts(ex *execution) error {
	ends := make([]*groupParts, len(g.ends))
	err := ex.tasks(len(ends), func(_, i int) error {
		own := g.ends[i].own
		own.grow()
		ends[i] = partsOf(own.table)
		return nil
	})
	if err != nil {
		return err
	}
	g.tables = make([]*groups, mergeParts)
	left := make([]leftWords, ex.opts.Workers)
	for range left {
		g.arenas = append(g.arenas, ex.newArena())
	}
	return ex.tasks(mergeParts, func(worker, p int) error {
		gs := g.newGroups(g.arenas[worker], &left[worker])
		gs.table.borrow()
		g.tables[p] = gs
		most := 0
		for _, parts := range ends {
			most = max(most, len(parts.of(p)))
		}
		gs.table.reserve(most)
		for i, parts := range ends {
			if err := gs.mergePart(g.ends[i].own, parts.of(p)); err != nil {
				return err
			}
		}
		gs.table.finish()
		return nil
	})
}

// mergePart adds the groups of o whose numbers are in from.
func (gs *groups) mergePart(o *groups, from []uint32) error {
	to := make([]uint32, len(from))
	gs.table.addGroups(o.table, from, to)
	gs.grow()
	for i, s := range gs.states {
		if err := s.(expr.PartMerger).MergePart(o.states[i], from, to); err != nil {
			return err
		}
	}
	gs.rows.Merge(&o.rows, from, to)
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

// partsOf deals the groups of a table by the upper bits of their hashes. NULL is in the first part.
func partsOf(t *groupTable) *groupParts {
	g := &groupParts{groups: make([]uint32, t.n)}
	part := make([]uint8, t.n)
	for i := range part {
		if i != t.null {
			part[i] = uint8(t.hashOf(i) >> (64 - mergeBits))
		}
		g.ends[part[i]]++
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
