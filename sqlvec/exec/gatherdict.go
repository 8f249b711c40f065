package exec

import (
	"sync"
	"sync/atomic"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// columnDict is a column of strings of a sealed store in the form of a dictionary: what is gathered from
// it then copies no bytes. Where few texts differ it has each once, and is made at once if all rows came
// with codes. Else its codes are the numbers of rows. Whatever is not made at once is made when as
// many rows have been gathered as there are, or are likely to be: groups by the first of them decide how they are kept.
type columnDict struct {
	gathered atomic.Int64
	few, all storeDict
}

// storeDict is one of the dictionaries of a column.
type storeDict struct {
	made   sync.Once
	dict   *vec.Dictionary // nil: there is none
	starts []uint32        // number of the first row of each block
	codes  [][]uint32      // of each block's rows; nil: the codes are their numbers
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
	d := s.dictOf(c, ids, holes)
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

// dictOf returns the dictionary of a column of strings for a gathering of rows, nil where
// there is none, or it is not worth it yet.
func (s *store) dictOf(c int, ids []rowID, holes bool) *storeDict {
	if s.rows > maxCodedRows || s.dicts == nil {
		return nil
	}
	n := len(ids)
	if holes {
		n = rowsAmong(ids)
	}
	d := &s.dicts[c]
	likely := s.expected > float64(2*s.rows) && 2*n >= len(ids) // an outer join may find few
	many := d.gathered.Add(int64(n)) > int64(s.rows) || likely
	if many || s.coded[c] == s.rows {
		d.few.made.Do(func() { s.numberTexts(c, &d.few) })
		if d.few.dict != nil {
			return &d.few
		}
	}
	if many && s.rows <= maxDictRows {
		d.all.made.Do(func() { s.makeDict(c, &d.all) })
		if d.all.dict != nil {
			return &d.all
		}
	}
	return nil
}

// numberTexts makes the dictionary of the texts of a column, if they are few.
func (s *store) numberTexts(c int, d *storeDict) {
	if t := s.types[c]; isForm(t) || hasKey(t) {
		return
	}
	var all [][]uint32
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
				return
			}
			n := numbers.number(t)
			if n == noNumber {
				return
			}
			codes[i] = n - 1
		}
		all = append(all, codes)
	}
	if n := numbers.table.n; n > 0 && (seen >= sampledTexts || n <= seen/textShare) {
		d.dict, d.codes = numbers.dictionary(uint64(n)), all
	}
}

// encodeTexts makes the dictionaries of the columns of which all rows came with codes, if their texts are
// few. It may be called once the store is sealed, before it is read.
func (s *store) encodeTexts() {
	if s.rows > maxCodedRows {
		return
	}
	s.encoded = make([]bool, len(s.types))
	for c, t := range s.types {
		if d := &s.dicts[c]; t.Class() == types.Bytes && s.coded[c] == s.rows {
			d.few.made.Do(func() { s.numberTexts(c, &d.few) })
			s.encoded[c] = d.few.dict != nil
		}
	}
}

// fewTexts returns the dictionary that encodeTexts has made of a column, nil for none.
func (s *store) fewTexts(c int) *storeDict {
	if s.encoded == nil || !s.encoded[c] {
		return nil
	}
	return &s.dicts[c].few
}

// strs returns the strings of a column of a block.
func (b *block) strs(c int) []str { return vec.Cast[str](b.cols[c].data)[:b.n] }

// makeDict makes the dictionary of the texts of all rows of a column.
func (s *store) makeDict(c int, d *storeDict) {
	var strs []str
	size := 0
	for _, b := range s.blocks {
		d.starts = append(d.starts, uint32(len(strs)))
		strs = append(strs, b.strs(c)...)
	}
	if s.nulls[c] && !s.fillNulls(c, strs, d.starts) {
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
func (s *store) fillNulls(c int, strs []str, starts []uint32) bool {
	var null []int
	least := -1
	for b := range s.blocks {
		valid := s.valid[c][b]
		for i := range s.blocks[b].n {
			at := int(starts[b]) + i
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
func (d *storeDict) gather(out *vec.Vec, ids []rowID, a *arena.Arena) {
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
