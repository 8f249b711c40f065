package colstore

import (
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"driftdb/colstore/part"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

const (
	minChunkRows  = 16
	maxChunkRows  = 64 << 10
	maxChunkBytes = 64 << 20 // of encoded rows, so that offsets stay far below 2 GiB
)

// chunk is a piece of a tail: row versions with consecutive rids, written under one schema
// version. One goroutine appends; readers cut at the births they know to be published, and
// never look behind rows.
type chunk struct {
	table  *Table
	layout *rowLayout
	base   uint64 // rid of row 0
	limit  int    // most rows
	rows   atomic.Int64
	bytes  atomic.Int64
	cols   []*column
	births []uint64
	dead   *part.Deaths
	hashes []chunkIndex // one for each of table.keys
	key    []types.Value

	indexes   builtIndexes
	ordered   chunkOrders
	knownMu   sync.Mutex
	knownCols []knownColumn // under knownMu
}

// newChunk makes an empty chunk for rows from rid base on.
func newChunk(t *Table, base uint64, limit int) *chunk {
	c := &chunk{table: t, layout: layoutOf(t), base: base, limit: limit,
		births: make([]uint64, limit), dead: part.NewDeaths(limit)}
	for i := range t.Columns {
		c.cols = append(c.cols, newColumn(t.Columns[i].Type, limit))
	}
	for i := range t.keys {
		c.hashes = append(c.hashes, chunkIndex{c, newHashIndex(t.keys[i].pos, limit)})
	}
	return c
}

// positions returns where columns stand in the table.
func positions(t *Table, ids []uint32) []int {
	pos := make([]int, len(ids))
	for i, id := range ids {
		pos[i] = -1
		for j := range t.Columns {
			if t.Columns[j].ID == id {
				pos[i] = j
			}
		}
	}
	return pos
}

func (c *chunk) full() bool {
	return int(c.rows.Load()) == c.limit || c.bytes.Load() > maxChunkBytes
}

// nextLimit is the size of the chunk to follow one of the given size.
func nextLimit(limit int) int { return min(max(limit*4, minChunkRows), maxChunkRows) }

// appendEncoded adds one encoded row born at seq.
func (c *chunk) appendEncoded(row []byte, seq uint64) error {
	if fault := c.layout.fault(row); fault != "" {
		return dberr.Corrupt("", -1, "table \"%s\": %s", c.table.Name, fault)
	}
	i := int(c.rows.Load())
	for p, col := range c.cols {
		switch {
		case c.layout.isNull(row, p):
			col.setNull(i, c.limit)
		case col.class == types.Bytes:
			col.appendBytes(i, c.layout.bytes(row, p))
		default:
			col.setSlot(i, row[c.layout.slots[p]:])
		}
	}
	c.finishRow(i, seq, len(row))
	return nil
}

// appendVectors adds row j of src, in table order with nil for NULL, born at seq.
func (c *chunk) appendVectors(src []*vec.Vec, j int, seq uint64) {
	i := int(c.rows.Load())
	size := c.layout.fixed
	for p, col := range c.cols {
		if src[p] == nil {
			col.setNull(i, c.limit)
			continue
		}
		col.setFrom(i, c.limit, src[p], j)
		if col.class == types.Bytes {
			size += int(col.offs[i+1] - col.offs[i])
		}
	}
	c.finishRow(i, seq, size)
}

// finishRow indexes and publishes row i.
func (c *chunk) finishRow(i int, seq uint64, size int) {
	c.births[i] = seq
	for _, x := range c.hashes {
		c.key = c.keyAt(c.key[:0], x.hash.cols, i)
		if !hasNull(c.key) {
			x.hash.add(part.HashKey(c.key), i)
		}
	}
	c.bytes.Add(int64(size))
	c.rows.Store(int64(i + 1))
}

// keyAt appends the values of some columns of a row; strings alias the chunk.
func (c *chunk) keyAt(dst []types.Value, cols []int, i int) []types.Value {
	for _, p := range cols {
		dst = append(dst, c.cols[p].value(i))
	}
	return dst
}

// truncate keeps the first n rows. Only for private chunks, when nobody reads.
func (c *chunk) truncate(n int) {
	rows := int(c.rows.Load())
	for _, x := range c.hashes {
		x.hash.truncate(n)
	}
	c.ordered.clear()
	for _, col := range c.cols {
		col.truncate(n, rows)
	}
	c.rows.Store(int64(n))
}

// encodedSize is about what the rows take when they are encoded.
func (c *chunk) encodedSize() int { return int(c.bytes.Load()) }

// What follows makes a chunk a rowset.

func (c *chunk) ridRange() (first, last uint64) {
	return c.base, c.base + uint64(c.rows.Load()) - 1
}

func (c *chunk) rowOf(rid uint64) (int, bool) {
	if rid < c.base || rid-c.base >= uint64(c.rows.Load()) {
		return 0, false
	}
	return int(rid - c.base), true
}

func (c *chunk) ridOf(row int) uint64 { return c.base + uint64(row) }

func (c *chunk) birthOf(row int) uint64 { return c.births[row] }

func (c *chunk) bornBy(seq uint64) int {
	n := int(c.rows.Load())
	if n > 0 && c.births[n-1] <= seq {
		return n
	}
	return sort.Search(n, func(i int) bool { return c.births[i] > seq })
}

func (c *chunk) fillRIDs(dst []uint64, row int) {
	for i := range dst {
		dst[i] = c.base + uint64(row+i)
	}
}

func (c *chunk) fillBirths(dst []uint64, row int) { copy(dst, c.births[row:]) }

func (c *chunk) deaths() *part.Deaths { return c.dead }

func (c *chunk) groupSize() int { return maxChunkRows }

func (c *chunk) load(id uint32, row, n int) (vec.Vec, uint32, bool, error) {
	for p := range c.table.Columns {
		if col := &c.table.Columns[p]; col.ID == id {
			v := c.cols[p].vector(row + n)
			if row > 0 {
				v = v.Slice(row, row+n)
			}
			return v, col.TypeVersion, true, nil
		}
	}
	return vec.Vec{}, 0, false, nil
}

func (c *chunk) stats(uint32, int) (part.Stats, uint32, bool) { return part.Stats{}, 0, false }

func (c *chunk) built() *builtIndexes { return &c.indexes }

// native returns the chunk's own index, if it was made with it and the key's types are the same.
func (c *chunk) native(t *Table, x *Index) keyIndex {
	for i := range c.hashes {
		if k := &c.table.keys[i]; k.ID == x.ID && slices.Equal(k.Columns, x.Columns) && (t == c.table || sameColumns(t, c.table, x.Columns)) {
			return &c.hashes[i]
		}
	}
	return nil
}

// sameColumns reports whether two versions of a table have the columns with the same types.
func sameColumns(a, b *Table, ids []uint32) bool {
	for _, id := range ids {
		ca, ok := a.Column(id)
		cb, ok2 := b.Column(id)
		if !ok || !ok2 || ca.TypeVersion != cb.TypeVersion {
			return false
		}
	}
	return true
}

// chunkIndex is one hash index of a chunk.
type chunkIndex struct {
	*chunk
	hash *hashIndex
}

func (x *chunkIndex) lookup(key []types.Value, hash uint64, fn func(row int) bool) error {
	x.hash.each(hash, int(x.rows.Load()), func(row int) bool { return !x.hasKey(row, key) || fn(row) })
	return nil
}
