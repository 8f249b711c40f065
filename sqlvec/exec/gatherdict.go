package exec

import (
	"sync"
	"sync/atomic"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// columnDict is a column of strings of a sealed store as a dictionary: what is gathered from it then
// copies no bytes. It has every text once where few differ, else its codes are the numbers of rows. It is
// made at once where all rows came with codes, else when as many rows have been gathered as there
// are, which the small side of a join soon sees.
type columnDict struct {
	gathered atomic.Int64
	made     sync.Once
	dict     *vec.Dictionary // nil: too large
	starts   []uint32        // number of the first row of each block
	codes    [][]uint32      // of each block's rows; nil: the codes are their numbers
}

// maxDictBytes and maxDictRows bound a dictionary of the texts of all rows, maxTexts one of few
// texts, that of at most maxCodedRows.
const (
	maxDictBytes = 1 << 26
	maxDictRows  = 1 << 18
	maxTexts     = 1 << 16
	maxCodedRows = 1 << 22
)

// Few texts differ where not more than one in textShare of the first sampledTexts do.
const (
	sampledTexts = 1 << 12
	textShare    = 4
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
	if s.rows > maxCodedRows || s.dicts == nil {
		return nil
	}
	d := &s.dicts[c]
	if d.gathered.Add(int64(n)) <= int64(s.rows) && s.coded[c] < s.rows {
		return nil
	}
	d.made.Do(func() {
		if !s.numberTexts(c, d) && s.rows <= maxDictRows {
			s.makeDict(c, d)
		}
	})
	if d.dict == nil {
		return nil
	}
	return d
}

// numberTexts makes the dictionary of the texts of a column, if they are few.
func (s *store) numberTexts(c int, d *columnDict) bool {
	numbers := newTextNumbers(s.types[c], maxTexts, maxDictBytes, s.a)
	seen := 0
	for b := range s.blocks {
		strs, valid := s.blocks[b].strs(c), s.valid[c][b]
		codes := arena.Make[uint32](s.a, len(strs))
		for i, t := range strs {
			if codes[i] = 0; valid != nil && bit(valid, i) == 0 {
				continue
			}
			if seen++; seen == sampledTexts && numbers.table.n > sampledTexts/textShare {
				return false
			}
			n := numbers.number(t)
			if n == noNumber {
				return false
			}
			codes[i] = n - 1
		}
		d.codes = append(d.codes, codes)
	}
	if n := numbers.table.n; n > 0 && (seen >= sampledTexts || n <= seen/textShare) {
		d.dict = numbers.dictionary(uint64(n))
		return true
	}
	return false
}

// strs returns the strings of a column of a block.
func (b *block) strs(c int) []str { return vec.Cast[str](b.cols[c].data)[:b.n] }

// makeDict makes the dictionary of the texts of all rows of a column.
func (s *store) makeDict(c int, d *columnDict) {
	var strs []str
	size := 0
	d.codes = nil
	for _, b := range s.blocks {
		d.starts = append(d.starts, uint32(len(strs)))
		strs = append(strs, b.strs(c)...)
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
	if d.codes != nil {
		for i, id := range ids {
			codes[i] = d.codes[id>>blockShift][id&(blockRows-1)]
		}
	} else {
		for i, id := range ids {
			codes[i] = d.starts[id>>blockShift] + id&(blockRows-1)
		}
	}
	out.Form, out.Width, out.Dict, out.Data = vec.Dict, 4, d.dict, vec.BytesOf(codes)
}
