package colstore

import (
	"driftdb/colstore/part"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// probe is an index and what to look up in it: keys of its first columns, and bounds of the
// column after them.
type probe struct {
	table  *Table
	index  *Index
	one    [1][]types.Value // memory for keys
	keys   [][]types.Value  // of the first columns; one empty key for a range only
	whole  bool             // keys are over all columns
	state  bool             // a whole state is asked, in which unique keys are unique
	lo, hi *part.Bound      // bounds of the next column, its value only; nil for open
	ends   [2]part.Bound    // memory for lo and hi
}

const (
	// probeFraction is the least share of rows that an index must leave out, as 1/n.
	probeFraction = 8
	maxProbeKeys  = 4096
)

// chooseIndex returns the index that the filters suit best, nil for none.
func (s *Scan) chooseIndex() *probe {
	var best *Index
	bestScore := 0
	for i := range s.table.keys {
		x := &s.table.keys[i].Index
		if score := s.score(x); score > bestScore {
			best, bestScore = x, score
		}
	}
	if best == nil {
		return nil
	}
	return s.probeOf(best)
}

// score says how well the filters suit an index. More equal columns score higher, a whole unique key
// highest.
func (s *Scan) score(x *Index) int {
	equal := s.equalColumns(x)
	score := equal * 10
	if equal < len(x.Columns) {
		if p := (probe{}); p.addBounds(s.spec.Filters, x.Columns[equal]) {
			score += 3
		}
		return score
	}
	score += 5
	if x.Unique {
		score += 100
	}
	return score
}

// equalColumns is how many of the first columns of an index have values that the filters name, which are
// not too many keys together.
func (s *Scan) equalColumns(x *Index) int {
	keys := 1
	for i, id := range x.Columns {
		f := s.equalTo(id)
		if f == nil || keys*f.valid() > maxProbeKeys {
			return i
		}
		keys *= f.valid()
	}
	return len(x.Columns)
}

// probeOf makes the keys of an index that the filters name.
func (s *Scan) probeOf(x *Index) *probe {
	p := &probe{table: s.table, index: x, state: s.spec.Versions == nil && s.view.Whole()}
	equal := s.equalColumns(x)
	p.whole = equal == len(x.Columns)
	if f := s.equalTo(x.Columns[0]); p.whole && equal == 1 && len(f.Values) == 1 && f.valid() == 1 {
		p.one[0] = f.Values
		p.keys = p.one[:]
		return p
	}
	p.keys = [][]types.Value{nil}
	for _, id := range x.Columns[:equal] {
		p.keys = crossKeys(p.keys, s.equalTo(id).Values)
	}
	if !p.whole {
		p.addBounds(s.spec.Filters, x.Columns[equal])
	}
	return p
}

// equalTo returns the filter that names the values of a column, nil for none.
func (s *Scan) equalTo(id uint32) *Filter {
	for i := range s.spec.Filters {
		if f := &s.spec.Filters[i]; f.Column == id && (f.Op == Eq || f.Op == In) {
			return f
		}
	}
	return nil
}

// valid is how many values are not NULL.
func (f *Filter) valid() (n int) {
	for i := range f.Values {
		if f.Values[i].Valid {
			n++
		}
	}
	return n
}

// crossKeys are the keys with each of the values behind them, but for NULLs.
func crossKeys(keys [][]types.Value, values []types.Value) [][]types.Value {
	var out [][]types.Value
	for _, k := range keys {
		for _, v := range values {
			if v.Valid {
				out = append(out, append(k[:len(k):len(k)], v))
			}
		}
	}
	return out
}

// addBounds takes the range conditions on the column behind the equal ones.
func (p *probe) addBounds(filters []Filter, id uint32) bool {
	found := false
	for _, f := range filters {
		if f.Column != id || len(f.Values) != 1 || !f.Values[0].Valid {
			continue
		}
		b := part.Bound{Key: f.Values, Inclusive: f.Op == Ge || f.Op == Le}
		switch f.Op {
		case Gt, Ge:
			p.ends[0] = b
			p.lo, found = &p.ends[0], true
		case Lt, Le:
			p.ends[1] = b
			p.hi, found = &p.ends[1], true
		}
	}
	return found
}

// rows returns masks, by row group, of the rows among the first n that the index finds. nil
// means that the index does not help here: read everything. own says that the rows are the
// transaction's own.
func (p *probe) rows(rs rowset, n int, own bool) (*picks, error) {
	found := &picks{size: rs.groupSize(), limit: n}
	stored, isPart := rs.(*storedPart)
	if isPart {
		if x, ok := stored.index(p.table, p.index); ok {
			return p.rowsOf(x, found)
		}
	}
	if !p.whole || n < 64 {
		return nil, nil
	}
	x, err := indexFor(rs, p.table, p.index)
	if err != nil {
		return nil, err
	}
	born := func(row int) bool { return row < n }
	for _, key := range p.keys {
		hash := part.HashKey(key)
		if p.state && p.index.Unique {
			err = lookupUnique(x, key, hash, own, born, found.add)
		} else {
			err = x.lookup(key, hash, found.add)
		}
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// rowsOf uses a part's own index, which is sorted.
func (p *probe) rowsOf(x *part.Index, found *picks) (*picks, error) {
	if !p.whole {
		total := 0
		for _, key := range p.keys {
			lo, hi := p.bounds(key)
			c, err := x.CountRange(lo, hi)
			if err != nil {
				return nil, err
			}
			if total += c; total > found.limit/probeFraction {
				return nil, nil
			}
		}
	}
	for _, key := range p.keys {
		add := func(row uint32) bool { return found.add(int(row)) }
		var err error
		if p.whole {
			err = x.Lookup(key, add)
		} else {
			lo, hi := p.bounds(key)
			err = x.Range(lo, hi, add)
		}
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// bounds returns the range of an index that begins with key and obeys lo and hi.
func (p *probe) bounds(key []types.Value) (lo, hi *part.Bound) {
	with := func(b *part.Bound) *part.Bound {
		if b != nil {
			return &part.Bound{Key: append(key[:len(key):len(key)], b.Key...), Inclusive: b.Inclusive}
		}
		if len(key) == 0 {
			return nil
		}
		return &part.Bound{Key: key, Inclusive: true}
	}
	return with(p.lo), with(p.hi)
}

// picks collects rows as masks of row groups.
type picks struct {
	size   int // rows of a group
	limit  int // rows at and behind it are not seen
	first  groupPicks
	groups map[int]*groupPicks // those of other groups than the first that rows were found in
}

// groupPicks is the rows of a group that were picked: a mask of the words from word on. It is one
// word long as long as that is enough, as for a lookup of one row.
type groupPicks struct {
	group int
	word  int
	mask  []uint64
	one   [1]uint64 // memory for mask
}

// of is what was picked of a group, nil for nothing.
func (k *picks) of(group int) *groupPicks {
	if k.first.mask == nil || k.first.group == group {
		if k.first.mask == nil {
			return nil
		}
		return &k.first
	}
	return k.groups[group]
}

func (k *picks) add(row int) bool {
	if row >= k.limit {
		return true
	}
	g, at := row/k.size, row%k.size
	p := k.of(g)
	if p == nil {
		p = k.begin(g, at>>6)
	}
	if i := at>>6 - p.word; i < 0 || i >= len(p.mask) {
		whole := make([]uint64, vec.Words(min(k.size, k.limit-g*k.size)))
		copy(whole[p.word:], p.mask)
		p.word, p.mask = 0, whole
	}
	p.mask[at>>6-p.word] |= 1 << (uint(at) & 63)
	return true
}

// begin makes a group's mask of one word.
func (k *picks) begin(group, word int) *groupPicks {
	p := &k.first
	if p.mask != nil {
		if k.groups == nil {
			k.groups = map[int]*groupPicks{}
		}
		p = new(groupPicks)
		k.groups[group] = p
	}
	p.group, p.word = group, word
	p.mask = p.one[:]
	return p
}

// excluded reports whether statistics show that no row of a group can match the filters.
func (s *Scan) excluded(rs rowset, g int) bool {
	for i := range s.spec.Filters {
		f := &s.spec.Filters[i]
		col, ok := s.table.Column(f.Column)
		if !ok {
			continue
		}
		st, version, ok := rs.stats(f.Column, g)
		if ok && version == col.TypeVersion && f.never(&st) {
			return true
		}
	}
	return false
}

// GroupBounds returns bounds of the values of column c of the spec in group i, and whether there are NULLs among
// them. ok is false where the bounds are not known: of groups without statistics, and of those with NaN.
func (s *Scan) GroupBounds(i, c int) (lo, hi types.Value, nulls, ok bool) {
	g, col := &s.groups[i], s.columns[c]
	if col == nil || g.own {
		return lo, hi, false, false
	}
	st, version, ok := g.set.stats(col.ID, g.row/g.set.groupSize())
	if !ok || version != col.TypeVersion || !st.Valid || st.HasNaN {
		return lo, hi, false, false
	}
	return st.Min, st.Max, st.Nulls > 0, true
}

// never reports whether no value that st describes can match.
func (f *Filter) never(st *part.Stats) bool {
	switch f.Op {
	case IsNull:
		return st.Nulls == 0
	case IsNotNull:
		return st.Nulls == st.Rows
	}
	if st.Nulls == st.Rows {
		return true
	}
	if !st.Valid || st.HasNaN {
		return false
	}
	for _, v := range f.Values {
		if v.Valid && f.mayMatch(st, v) {
			return false
		}
	}
	return true
}

// mayMatch compares one value with the bounds of a group.
func (f *Filter) mayMatch(st *part.Stats, v types.Value) bool {
	low, high := types.CompareStored(v, st.Min), types.CompareStored(v, st.Max)
	switch f.Op {
	case Eq, In:
		return low >= 0 && high <= 0
	case Lt:
		return low > 0
	case Le:
		return low >= 0
	case Gt:
		return high < 0
	case Ge:
		return high <= 0
	}
	return !(st.Exact && low == 0 && high == 0) // Ne
}
