package exec

import (
	"math"
	"slices"
	"sync/atomic"

	"driftdb/sqlvec/expr"
)

// Of many groups a sort with a LIMIT may want only those with the most rows. Where the keys have
// texts, the partitions are then grouped by the hash of the keys alone: no text is copied or compared.
// Groups whose keys have the same hash are one, which has no fewer rows than each of them. So the
// groups that are wanted are among those with the most rows, and only the texts of these are compared.
// A partition that turns out to have mixed keys in such a group is grouped once more, by the keys.

// maxFrequent bounds the groups with the most rows that are looked for.
const maxFrequent = 1 << 12

// firstGroupsOf tells the aggregation below a sort, with nothing but projections between, that only its
// groups with the most rows are wanted, or those whose keys come first.
func (s *sorting) firstGroupsOf(parts []*part) {
	limit := s.node.Limit
	if limit <= 0 || len(parts) != 1 {
		return
	}
	src, ok := parts[0].src.(*groupSource)
	if !ok {
		return
	}
	key := s.node.Keys[0].Expr
	for _, st := range slices.Backward(parts[0].stages) {
		p, ok := st.(*projectStage)
		if !ok {
			return
		}
		for _, e := range p.exprs {
			if !total(e) {
				return
			}
		}
		col, ok := key.(*expr.Col)
		if !ok {
			return
		}
		key = p.exprs[col.Index]
	}
	col, ok := key.(*expr.Col)
	switch {
	case !ok:
	case col.Index < len(src.g.node.Keys):
		if limit <= maxFirst {
			src.g.wantFirst(col.Index, s.node.Keys[0], int(limit))
		}
	case s.node.Keys[0].Desc && limit <= maxFrequent:
		src.g.wantFrequent(col.Index, int(limit))
	}
}

// wantFrequent makes the aggregation look for the n groups with the most rows, if column c of its
// output is count(*).
func (g *aggregation) wantFrequent(c, n int) {
	if c -= len(g.node.Keys); c < 0 || len(g.node.Keys) == 0 || len(g.node.EmptySets) > 0 {
		return
	}
	if call := g.calls[c]; call.Agg.Name == "count" && len(call.Args) == 0 && call.everyRow() {
		g.frequent = n
	}
}

// byHash reports whether partitions are grouped by the hash of their keys.
func (g *aggregation) byHash() bool {
	return g.frequent > 0 && g.codec.strings && g.codec.fields == nil && !g.codec.single
}

// groupByHash is group for keys of which nothing but the hash is compared.
func (t *groupTable) groupByHash(row []uint64) uint32 {
	stride, words := t.codec.stride, t.codec.words
	h := row[words]
	pos := h & t.mask
	for ; t.slots[pos] != 0; pos = (pos + 1) & t.mask {
		s := t.slots[pos]
		if g := int(uint32(s)) - 1; (s^h)>>32 == 0 && t.keys[g*stride+words] == h {
			return uint32(g)
		}
	}
	return t.addAt(pos, row)
}

// chooseFrequent makes the spans of the groups with the most rows of partitions that are grouped by
// hash; group groups one of them by its keys.
func (g *aggregation) chooseFrequent(ex *execution, group func(worker, p int) error) error {
	// Of every partition, the groups with so many rows are known to have one key each.
	known := slices.Repeat([]int64{math.MaxInt64}, g.partitions())
	late := true
	for _, gs := range g.tables {
		gs.grow()
		late = late && gs.late()
	}
	if !late {
		return g.groupByKeys(ex, known, group)
	}
	for {
		least, few := g.leastFrequent()
		if !few {
			return g.groupByKeys(ex, known, group)
		}
		var doubt []int
		for p, gs := range g.tables {
			if slices.ContainsFunc(gs.counts(), func(c int64) bool { return least <= c && c < known[p] }) {
				doubt = append(doubt, p)
			}
		}
		if len(doubt) == 0 {
			g.spanFrequent(least)
			return nil
		}
		var mixed atomic.Bool
		err := ex.tasks(len(doubt), func(worker, i int) error {
			p := doubt[i]
			if g.oneKeyEach(p, least) {
				known[p] = least
				return nil
			}
			mixed.Store(true)
			known[p] = 0
			return group(worker, p)
		})
		if err != nil {
			return err
		}
		if !mixed.Load() {
			g.spanFrequent(least)
			return nil
		}
	}
}

// groupByKeys groups all partitions by their keys but those that are: known is 0 for them.
func (g *aggregation) groupByKeys(ex *execution, known []int64, group func(worker, p int) error) error {
	return ex.tasks(len(known), func(worker, p int) error {
		if known[p] == 0 {
			return nil
		}
		return group(worker, p)
	})
}

// counts returns the numbers of rows of all groups.
func (gs *groups) counts() []int64 { return gs.rows.Groups(gs.table.n) }

// leastFrequent returns the rows of the last of the wanted groups, and whether few groups have as many.
func (g *aggregation) leastFrequent() (least int64, few bool) {
	var top []int64
	cut := func() {
		slices.SortFunc(top, func(a, b int64) int { return int(min(1, max(-1, b-a))) })
		if len(top) >= g.frequent {
			top = top[:g.frequent]
			least = top[g.frequent-1]
		}
	}
	for _, gs := range g.tables {
		for _, c := range gs.counts() {
			if c > least {
				top = append(top, c)
			}
		}
		if len(top) > 2*g.frequent+leastSpan {
			cut()
		}
	}
	cut()
	n := 0
	for _, gs := range g.tables {
		for _, c := range gs.counts() {
			if c >= least {
				n++
			}
		}
	}
	return least, n <= 2*g.frequent+leastSpan
}

// oneKeyEach reports whether the groups of partition p with at least so many rows have one key each.
func (g *aggregation) oneKeyEach(p int, least int64) bool {
	t := g.tables[p].table
	stride, words := t.codec.stride, t.codec.words
	of, some := map[uint64]int{}, [64]uint64{} // some has a bit for 12 of the hash
	for i, c := range g.tables[p].counts() {
		if c >= least {
			h := t.hashOf(i)
			of[h] = i * stride
			some[h>>6&63] |= 1 << (h & 63)
		}
	}
	for _, e := range g.ends {
		if e.parts == nil {
			continue
		}
		for _, b := range e.parts[p].blocks {
			for keys := b.keys[:b.n*stride]; len(keys) > 0; keys = keys[stride:] {
				h := keys[words]
				if some[h>>6&63]>>(h&63)&1 == 0 {
					continue
				}
				if at, ok := of[h]; ok && !t.codec.equal(t.keys[at:at+stride], keys[:stride]) {
					return false
				}
			}
		}
	}
	return true
}

// spanFrequent makes spans of the groups with at least so many rows.
func (g *aggregation) spanFrequent(least int64) {
	for _, gs := range g.tables {
		last := -1
		for i, c := range gs.counts() {
			switch {
			case c < least:
			case last >= 0 && g.spans[last].hi == i:
				g.spans[last].hi++
			default:
				last = len(g.spans)
				g.spans = append(g.spans, span{gs, i, i + 1})
			}
		}
	}
}
