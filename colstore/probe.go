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
	index  Index
	keys   [][]types.Value // of the first columns; one empty key for a range only
	whole  bool            // keys are over all columns
	state  bool            // a whole state is asked, in which unique keys are unique
	lo, hi *part.Bound     // bounds of the next column, its value only; nil for open
}

const (
	// probeFraction is the least share of rows that an index must leave out, as 1/n.
	probeFraction = 8
	maxProbeKeys  = 4096
)

// chooseIndex returns the index that the filters suit best, nil for none.
func (s *Scan) chooseIndex() *probe {
	var best *probe
	bestScore := 0
	for _, x := range s.table.Keys() {
		if p, score := s.probeOf(x); score > bestScore {
			best, bestScore = p, score
		}
	}
	return best
}

// probeOf matches the filters with the columns of an index. More equal columns score higher,
// a whole unique key highest.
func (s *Scan) probeOf(x Index) (*probe, int) {
	p := &probe{table: s.table, index: x, keys: [][]types.Value{nil}, state: s.spec.Versions == nil && s.view.Whole()}
	equal := 0
	for _, id := range x.Columns {
		values, ok := s.equalTo(id)
		if !ok || len(values)*len(p.keys) > maxProbeKeys {
			break
		}
		p.keys = crossKeys(p.keys, values)
		equal++
	}
	p.whole = equal == len(x.Columns)
	score := equal * 10
	if p.whole {
		score += 5
		if x.Unique {
			score += 100
		}
		return p, score
	}
	if p.addBounds(s.spec.Filters, x.Columns[equal]) {
		score += 3
	}
	return p, score
}

// equalTo returns the values that the filters allow for a column, if they name them.
func (s *Scan) equalTo(id uint32) ([]types.Value, bool) {
	for _, f := range s.spec.Filters {
		if f.Column == id && (f.Op == Eq || f.Op == In) {
			var values []types.Value
			for _, v := range f.Values {
				if v.Valid {
					values = append(values, v)
				}
			}
			return values, true
		}
	}
	return nil, false
}

func crossKeys(keys [][]types.Value, values []types.Value) [][]types.Value {
	var out [][]types.Value
	for _, k := range keys {
		for _, v := range values {
			out = append(out, append(k[:len(k):len(k)], v))
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
		b := &part.Bound{Key: f.Values, Inclusive: f.Op == Ge || f.Op == Le}
		switch f.Op {
		case Gt, Ge:
			p.lo, found = b, true
		case Lt, Le:
			p.hi, found = b, true
		}
	}
	return found
}

// rows returns masks, by row group, of the rows among the first n that the index finds. nil
// means that the index does not help here: read everything. own says that the rows are the
// transaction's own.
func (p *probe) rows(rs rowset, n int, own bool) (map[int]*groupPicks, error) {
	found := &picks{size: rs.groupSize(), limit: n, groups: map[int]*groupPicks{}}
	stored, isPart := rs.(*storedPart)
	if isPart {
		if x, ok := stored.index(p.table, &p.index); ok {
			return p.rowsOf(x, found)
		}
	}
	if !p.whole || n < 64 {
		return nil, nil
	}
	x, err := indexFor(rs, p.table, &p.index)
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
	return found.groups, nil
}

// rowsOf uses a part's own index, which is sorted.
func (p *probe) rowsOf(x *part.Index, found *picks) (map[int]*groupPicks, error) {
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
	return found.groups, nil
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
	groups map[int]*groupPicks
}

// groupPicks is the rows of a group that were picked: a mask of the words from word on. It is one
// word long as long as that is enough, as for a lookup of one row.
type groupPicks struct {
	word int
	mask []uint64
}

func (k *picks) add(row int) bool {
	if row >= k.limit {
		return true
	}
	g, at := row/k.size, row%k.size
	p := k.groups[g]
	if p == nil {
		p = &groupPicks{word: at >> 6, mask: make([]uint64, 1)}
		k.groups[g] = p
	}
	if i := at>>6 - p.word; i < 0 || i >= len(p.mask) {
		whole := make([]uint64, vec.Words(min(k.size, k.limit-g*k.size)))
		copy(whole[p.word:], p.mask)
		p.word, p.mask = 0, whole
	}
	p.mask[at>>6-p.word] |= 1 << (uint(at) & 63)
	return true
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
