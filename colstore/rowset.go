package colstore

import (
	"math"
	"sync"

	"driftdb/colstore/part"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// rowset is an ordered set of row versions of one table: a chunk of a tail, or a part. Rows
// ascend by rid and by birth. It is safe for concurrent use; a reader cuts at a point.
type rowset interface {
	// ridRange returns the least and the greatest rid; last < first when there is none.
	ridRange() (first, last uint64)
	rowOf(rid uint64) (row int, ok bool)
	ridOf(row int) uint64
	birthOf(row int) uint64
	// bornBy returns how many rows were born at or before seq; they are a prefix.
	bornBy(seq uint64) int
	fillRIDs(dst []uint64, row int)
	fillBirths(dst []uint64, row int)
	deaths() *part.Deaths
	// groupSize is the number of rows of every row group but the last.
	groupSize() int
	// load returns n rows of a stored column from the start of a group, and the version of its
	// type. ok is false when the set has no such column.
	load(id uint32, row, n int) (v vec.Vec, typeVersion uint32, ok bool, err error)
	// stats returns statistics of a column in group g, if there are any.
	stats(id uint32, g int) (s part.Stats, typeVersion uint32, ok bool)
	// native returns the stored index that serves x under definition t, or nil.
	native(t *Table, x *Index) keyIndex
	built() *builtIndexes
}

// keyIndex finds rows by a whole key without NULLs.
type keyIndex interface {
	// lookup calls fn with the rows that have key, whose part.HashKey is hash.
	lookup(key []types.Value, hash uint64, fn func(row int) bool) error
}

// resolve returns n rows of a column as definition c has it, from the start of a group: cast
// when its type has changed, and its Missing value where the rows are older than the column.
func resolve(rs rowset, c *Column, row, n int) (vec.Vec, error) {
	v, version, ok, err := rs.load(c.ID, row, n)
	if err != nil {
		return vec.Vec{}, err
	}
	if !ok {
		return constant(c.Missing, c.Type, n), nil
	}
	if version != c.TypeVersion && v.Type != c.Type {
		return castVec(&v, c.Type)
	}
	if c.Type.Enum != nil && v.Type != c.Type { // the rows know only which enumeration it is
		v = *retyped(&v, c.Type)
	}
	return v, nil
}

// constant returns a vector of n equal values.
func constant(val types.Value, t types.Type, n int) vec.Vec {
	v := vec.Vec{Type: t, Form: vec.Const, N: n}
	if !val.Valid {
		v.Valid = []uint64{0}
	}
	switch t.Class() {
	case types.Bytes:
		v.Heap = []byte(val.S)
		v.Offs = []int32{0, int32(len(val.S))}
	default:
		slot := make([]uint64, 2)
		v.Data = vec.BytesOf(slot)
		if val.Valid {
			one := newColumn(t, 1)
			one.set(0, val)
			f := one.vector(1)
			copy(v.Data, f.Data)
		}
	}
	return v
}

// indexFor returns an index over a rowset: its own one, or one built in memory and kept.
func indexFor(rs rowset, t *Table, x *Index) (keyIndex, error) {
	if k := rs.native(t, x); k != nil {
		return k, nil
	}
	return rs.built().get(rs, t, x)
}

// builtIndexes keeps the indexes that were built over a rowset because it has no stored one:
// the index is younger than the rows, or the type of its key has changed.
type builtIndexes struct {
	mu struct {
		sync.Mutex
		list []*builtIndex
	}
}

// builtIndex is a hash index over the first rows of a rowset.
type builtIndex struct {
	columns  []uint32
	versions []uint32 // of the columns' types
	rows     int
	hash     *hashIndex
	groups   [][]vec.Vec // key columns by row group
	size     int         // rows of a group
}

func (b *builtIndexes) get(rs rowset, t *Table, x *Index) (*builtIndex, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	rows := rs.bornBy(math.MaxUint64)
	for i, k := range b.mu.list {
		if !k.serves(t, x) {
			continue
		}
		if k.rows >= rows {
			return k, nil
		}
		b.mu.list = append(b.mu.list[:i], b.mu.list[i+1:]...)
		break
	}
	k, err := buildIndex(rs, t, x, rows)
	if err == nil {
		b.mu.list = append(b.mu.list, k)
	}
	return k, err
}

func (k *builtIndex) serves(t *Table, x *Index) bool {
	if len(k.columns) != len(x.Columns) {
		return false
	}
	for i, id := range x.Columns {
		c, ok := t.Column(id)
		if !ok || k.columns[i] != id || k.versions[i] != c.TypeVersion {
			return false
		}
	}
	return true
}

func buildIndex(rs rowset, t *Table, x *Index, rows int) (*builtIndex, error) {
	k := &builtIndex{columns: x.Columns, rows: rows, size: rs.groupSize(), hash: newHashIndex(nil, rows)}
	key := make([]types.Value, len(x.Columns))
	for start := 0; start < rows; start += k.size {
		n := min(k.size, rows-start)
		var cols []vec.Vec
		for _, id := range x.Columns {
			c, _ := t.Column(id)
			v, err := resolve(rs, c, start, n)
			if err != nil {
				return nil, err
			}
			cols = append(cols, v)
		}
		k.groups = append(k.groups, cols)
		for i := range n {
			if key = keyOf(key[:0], cols, i); !hasNull(key) {
				k.hash.add(part.HashKey(key), start+i)
			}
		}
	}
	for _, id := range x.Columns {
		c, _ := t.Column(id)
		k.versions = append(k.versions, c.TypeVersion)
	}
	return k, nil
}

func keyOf(dst []types.Value, cols []vec.Vec, i int) []types.Value {
	for c := range cols {
		dst = append(dst, valueAt(&cols[c], i))
	}
	return dst
}

func (k *builtIndex) lookup(key []types.Value, hash uint64, fn func(row int) bool) error {
	var buf [4]types.Value
	k.hash.each(hash, k.rows, func(row int) bool {
		return !equalKeys(keyOf(buf[:0], k.groups[row/k.size], row%k.size), key) || fn(row)
	})
	return nil
}
