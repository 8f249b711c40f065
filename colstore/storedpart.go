package colstore

import (
	"sync/atomic"

	"driftdb/colstore/part"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// storedPart is a part in a file as a rowset. The numbers in the image count from bases: those
// of a part that a transaction names are known only when the transaction is ordered.
type storedPart struct {
	*part.Part
	file    *dataFile
	place   partPlace
	rids    uint64 // added to the part's rids
	births  uint64 // added to the part's births
	dead    *part.Deaths
	saved   int // deaths that the manifest's image holds
	indexes builtIndexes
	natives atomic.Pointer[nativeIndexes] // for the definition asked for last
}

// partPlace says where a part and its deaths lie.
type partPlace struct {
	id     uint64 // unique in the database, never reused; 0 while it is not in the manifest
	file   fileRef
	offset int64
	length int64

	deathsFile   fileRef // zero: no image
	deathsOffset int64
	deathsLength int64
}

// rebased returns the same part at other bases, with nothing dead.
func (p *storedPart) rebased(rids, births uint64) *storedPart {
	return &storedPart{Part: p.Part, file: p.file, place: p.place, rids: rids, births: births,
		dead: part.NewDeaths(p.Rows())}
}

func (p *storedPart) ridRange() (first, last uint64) {
	return p.rids + p.FirstRID(), p.rids + p.LastRID()
}

func (p *storedPart) rowOf(rid uint64) (int, bool) {
	if rid < p.rids {
		return 0, false
	}
	row, ok := p.RowOfRID(rid - p.rids)
	return int(row), ok
}

func (p *storedPart) ridOf(row int) uint64 { return p.rids + p.RIDOf(uint32(row)) }

func (p *storedPart) birthOf(row int) uint64 { return p.births + p.SeqOf(uint32(row)) }

func (p *storedPart) bornBy(seq uint64) int {
	if seq < p.births {
		return 0
	}
	return p.RowsBornBy(seq - p.births)
}

func (p *storedPart) fillRIDs(dst []uint64, row int) {
	p.FillRIDs(dst, row)
	addBase(dst, p.rids)
}

func (p *storedPart) fillBirths(dst []uint64, row int) {
	p.FillSeqs(dst, row)
	addBase(dst, p.births)
}

func addBase(dst []uint64, base uint64) {
	if base == 0 {
		return
	}
	for i := range dst {
		dst[i] += base
	}
}

func (p *storedPart) deaths() *part.Deaths { return p.dead }

func (p *storedPart) groupSize() int { return p.GroupSize() }

func (p *storedPart) load(id uint32, row, n int) (vec.Vec, uint32, bool, error) {
	pos, ok := p.Column(id)
	if !ok {
		return vec.Vec{}, 0, false, nil
	}
	v, err := p.Chunk(row/p.GroupSize(), pos)
	if at := row % p.GroupSize(); err == nil && (at > 0 || n < v.N) {
		v = v.Slice(at, at+n)
	}
	return v, p.Columns()[pos].TypeVersion, true, err
}

func (p *storedPart) stats(id uint32, g int) (part.Stats, uint32, bool) {
	pos, ok := p.Column(id)
	if !ok {
		return part.Stats{}, 0, false
	}
	return p.Stats(g, pos), p.Columns()[pos].TypeVersion, true
}

func (p *storedPart) built() *builtIndexes { return &p.indexes }

func (p *storedPart) native(t *Table, x *Index) keyIndex {
	found := p.natives.Load()
	if found == nil || found.table != t {
		found = &nativeIndexes{table: t}
		for i := range t.keys {
			index, _ := p.index(t, &t.keys[i].Index)
			found.list = append(found.list, partIndex{index})
		}
		p.natives.Store(found)
	}
	for i := range found.list {
		if t.keys[i].ID == x.ID && found.list[i].index != nil {
			return &found.list[i]
		}
	}
	return nil
}

// nativeIndexes is which of a part's indexes serve a definition, by Table.keys.
type nativeIndexes struct {
	table *Table
	list  []partIndex
}

// index returns the part's own index for x, if it has one over the same types.
func (p *storedPart) index(t *Table, x *Index) (*part.Index, bool) {
	i, ok := p.Index(x.ID)
	if !ok || len(i.Spec().Columns) != len(x.Columns) {
		return nil, false
	}
	for k, id := range x.Columns {
		pos, ok := p.Column(id)
		c, ok2 := t.Column(id)
		if !ok || !ok2 || i.Spec().Columns[k] != id || p.Columns()[pos].TypeVersion != c.TypeVersion || manySpellings(c.Type) {
			return nil, false
		}
	}
	return i, true
}

// manySpellings reports whether equal values of a type may be stored as different bytes, as
// 1.0 and 1.00 are. A part's index compares bytes, so it does not serve such a key.
func manySpellings(t types.Type) bool {
	return t.ID == types.Numeric && !t.IsScaled() || t.ID == types.JSONB || t.KeepsBlanks() || t.IsArray()
}

// partIndex is a part's own index.
type partIndex struct{ index *part.Index }

func (x *partIndex) lookup(key []types.Value, _ uint64, fn func(row int) bool) error {
	return x.index.Lookup(key, func(row uint32) bool { return fn(int(row)) })
}
