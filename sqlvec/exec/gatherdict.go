package exec

import (
	"sync"
	"sync/atomic"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// columnDict is a column of strings of a sealed store as a dictionary, whose codes are the
// numbers of rows: what is gathered from it then copies no bytes. It is made when as many rows
// have been gathered as there are, which the small side of a join soon sees.
type columnDict struct {
	gathered atomic.Int64
	made     sync.Once
	dict     *vec.Dictionary // nil: too large
	starts   []uint32        // number of the first row of each block
}

// maxDictBytes and maxDictRows bound such a dictionary.
const (
	maxDictBytes = 1 << 26
	maxDictRows  = 1 << 18
)

// gatherAny is gather, but may answer in the form of a dictionary.
func (s *store) gatherAny(c int, ids []rowID, holes bool, a *arena.Arena) vec.Vec {
	if s.types[c].Class() != types.Bytes || len(s.blocks) == 0 {
		return s.gather(c, ids, holes, a)
	}
	d := s.dictOf(c, len(ids))
	if d == nil {
		return s.gather(c, ids, holes, a)
	}
	at := ids
	if holes {
		at = plugged(ids, a)
	}
	out := vec.Vec{Type: s.types[c], N: len(ids)}
	d.gather(&out, at, a)
	if s.nulls[c] || holes {
		out.Valid = s.gatherValid(c, ids, at, a)
	}
	return out
}

// dictOf returns the dictionary of a column of strings for a gathering of n rows, nil where
// there is none, or it is not worth it yet.
func (s *store) dictOf(c, n int) *columnDict {
	if s.rows > maxDictRows || s.dicts == nil {
		return nil
	}
	d := &s.dicts[c]
	if d.gathered.Add(int64(n)) <= int64(s.rows) {
		return nil
	}
	d.made.Do(func() { s.makeDict(c, d) })
	if d.dict == nil {
		return nil
	}
	return d
}

// makeDict makes the dictionary of a column.
func (s *store) makeDict(c int, d *columnDict) {
	var strs []str
	size := 0
	for _, b := range s.blocks {
		d.starts = append(d.starts, uint32(len(strs)))
		strs = append(strs, vec.Cast[str](b.cols[c].data)[:b.n]...)
	}
	if s.nulls[c] && !s.fillNulls(c, strs) {
		return
	}
	for i := range strs {
		size += strs[i].len()
	}
	if size > maxDictBytes {
		return
	}
	values := vec.Vec{Type: s.types[c], N: len(strs)}
	packStrs(&values, strs, size, s.a)
	d.dict = &vec.Dictionary{Values: values}
}

// fillNulls puts the shortest value of a column in the places of its NULLs: what is computed on a
// dictionary is computed on all of its entries, and no bytes are no value of JSONB, say. It
// reports whether there is a value.
func (s *store) fillNulls(c int, strs []str) bool {
	var null []int
	least := -1
	for b := range s.blocks {
		valid := s.valid[c][b]
		for i := range s.blocks[b].n {
			at := int(s.dicts[c].starts[b]) + i
			switch {
			case valid != nil && bit(valid, i) == 0:
				null = append(null, at)
			case least < 0 || strs[at].len() < strs[least].len():
				least = at
			}
		}
	}
	if least < 0 {
		return false
	}
	for _, i := range null {
		strs[i] = strs[least]
	}
	return true
}

// gather makes out the vector of the values of rows ids.
func (d *columnDict) gather(out *vec.Vec, ids []rowID, a *arena.Arena) {
	codes := arena.Make[uint32](a, len(ids))
	for i, id := range ids {
		codes[i] = d.starts[id>>blockShift] + id&(blockRows-1)
	}
	out.Form, out.Width, out.Dict, out.Data = vec.Dict, 4, d.dict, vec.BytesOf(codes)
}
