package part

import (
	"math/bits"
	"slices"

	"driftdb/internal/arena"
	"driftdb/internal/binfmt"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// rowBits is the bits of a row number in a part.
const rowBits = 20

// orderedBucket and looseBucket are how many keys a bucket of the directory has on average, at
// most: few where each comparison may touch another cache line.
const (
	orderedBucket = 8
	looseBucket   = 2
)

// indexMeta is what the part footer says of an index. Its data are the directory, then the
// row numbers, then the filter, each padded.
type indexMeta struct {
	spec    IndexSpec
	cols    []keyColumn
	rows    int
	ordered bool // rows are in key order already: there are no row numbers
	shift   int  // a prefix shifted right by it is its bucket
	buckets int
	filter  int // bytes of the Bloom filter, 0 when there is none
	off     int64
	crcs    []byte
}

// dirSize, permSize are the bytes of directory and row numbers.
func (m *indexMeta) dirSize() int { return 4 * (m.buckets + 1) }

func (m *indexMeta) permSize() int {
	if m.ordered {
		return 0
	}
	return 4 * m.rows
}

// size returns the bytes of the data.
func (m *indexMeta) size() int {
	return padded(m.dirSize()) + padded(m.permSize()) + padded(m.filter)
}

// indexBuilder builds one index of a part from its encoded columns.
type indexBuilder struct {
	spec      IndexSpec
	rows      int
	groupRows int
	mem       *arena.Arena
	bodies    [][]body // by key column, then group
	nulls     bool     // some key has a NULL
	meta      indexMeta
	data      []byte
	dup       *Duplicate
	bits      int
	exact     bool
}

// addColumn adds the next column of the key.
func (b *indexBuilder) addColumn(pos int, t types.Type, s Stats, bodies []body) {
	b.meta.cols = append(b.meta.cols, newKeyColumn(pos, t, s))
	b.bodies = append(b.bodies, bodies)
	b.nulls = b.nulls || s.Nulls > 0
}

// build makes meta, data and dup.
func (b *indexBuilder) build() {
	b.meta.spec, b.meta.rows = b.spec, b.rows
	b.bits, b.exact = packColumns(b.meta.cols)
	entries := b.prefixes()
	b.meta.ordered = b.isOrdered(entries)
	if !b.meta.ordered {
		entries = radixSort(entries, arena.Make[uint64](b.mem, b.rows), rowBits, b.bits)
		b.sortTies(entries)
	}
	if b.spec.Unique {
		b.findDuplicate(entries)
	}
	top := uint64(0)
	if b.rows > 0 {
		top = entries[b.rows-1] >> rowBits
	}
	want := max(b.rows/looseBucket, 1)
	if b.meta.ordered {
		want = max(b.rows/orderedBucket, 1)
	}
	b.meta.shift = max(0, bits.Len64(top)-bits.Len(uint(2*want-1)))
	b.meta.buckets = int(top>>b.meta.shift) + 1
	if !b.dense(top) {
		b.meta.filter = bloomSize(b.rows)
	}
	b.data = b.mem.AllocZero(b.meta.size())
	b.fillDirectory(entries)
	b.fillRows(entries)
	b.fillFilter()
	b.meta.crcs = regionSums(b.data)
}

// dense reports whether the keys are all the integers between the first and the last: then
// the directory says as fast as a filter what is not there.
func (b *indexBuilder) dense(top uint64) bool {
	return b.exact && b.meta.ordered && !b.nulls && len(b.meta.cols) == 1 && top == uint64(b.rows-1)
}

// prefixes returns for every row its key prefix and, in the low bits, its number.
func (b *indexBuilder) prefixes() []uint64 {
	out := arena.MakeZero[uint64](b.mem, b.rows)
	for g := 0; g*b.groupRows < b.rows; g++ {
		lo := g * b.groupRows
		part := out[lo:min(lo+b.groupRows, b.rows)]
		for i := range b.meta.cols {
			b.meta.cols[i].addCodes(part, &b.bodies[i][g].vec)
		}
		for i := range part {
			part[i] = part[i]<<rowBits | uint64(lo+i)
		}
	}
	return out
}

// row returns a key column's vector and place of an entry's row.
func (b *indexBuilder) row(col int, entry uint64) (*vec.Vec, int) {
	row := int(entry & (1<<rowBits - 1))
	return &b.bodies[col][row/b.groupRows].vec, row % b.groupRows
}

// compare orders two rows with equal prefixes.
func (b *indexBuilder) compare(x, y uint64) int {
	for c := range b.meta.cols {
		xv, i := b.row(c, x)
		yv, j := b.row(c, y)
		if d := compareRows(xv, i, yv, j); d != 0 {
			return d
		}
	}
	return 0
}

// isOrdered reports whether the rows are in key order as they lie.
func (b *indexBuilder) isOrdered(entries []uint64) bool {
	if !slices.IsSorted(entries) {
		return false
	}
	if b.exact {
		return true
	}
	for i := 1; i < len(entries); i++ {
		if entries[i-1]>>rowBits == entries[i]>>rowBits && b.compare(entries[i-1], entries[i]) > 0 {
			return false
		}
	}
	return true
}

// sortTies orders entries of equal prefix by their keys, then rows.
func (b *indexBuilder) sortTies(entries []uint64) {
	if b.exact {
		return
	}
	for lo := 0; lo < len(entries); {
		hi := lo + 1
		for hi < len(entries) && entries[hi]>>rowBits == entries[lo]>>rowBits {
			hi++
		}
		if hi-lo > 1 {
			slices.SortFunc(entries[lo:hi], func(x, y uint64) int {
				if d := b.compare(x, y); d != 0 {
					return d
				}
				return int(x&(1<<rowBits-1)) - int(y&(1<<rowBits-1))
			})
		}
		lo = hi
	}
}

// findDuplicate looks for two rows with one key without NULLs.
func (b *indexBuilder) findDuplicate(entries []uint64) {
	for i := 1; i < len(entries); i++ {
		x, y := entries[i-1], entries[i]
		if x>>rowBits != y>>rowBits || !b.exact && b.compare(x, y) != 0 || b.nulls && b.hasNull(x) {
			continue
		}
		first, second := uint32(x&(1<<rowBits-1)), uint32(y&(1<<rowBits-1))
		b.dup = &Duplicate{Index: b.spec.ID, First: min(first, second), Second: max(first, second)}
		return
	}
}

func (b *indexBuilder) hasNull(entry uint64) bool {
	for c := range b.meta.cols {
		if v, i := b.row(c, entry); v.IsNull(i) {
			return true
		}
	}
	return false
}

// fillDirectory writes where each bucket begins.
func (b *indexBuilder) fillDirectory(entries []uint64) {
	dir := vec.Cast[uint32](b.data[:b.meta.dirSize()])
	for _, e := range entries {
		dir[e>>rowBits>>b.meta.shift+1]++
	}
	for i := 1; i < len(dir); i++ {
		dir[i] += dir[i-1]
	}
}

func (b *indexBuilder) fillRows(entries []uint64) {
	if b.meta.ordered {
		return
	}
	perm := vec.Cast[uint32](b.data[padded(b.meta.dirSize()):][:b.meta.permSize()])
	for i, e := range entries {
		perm[i] = uint32(e & (1<<rowBits - 1))
	}
}

func (b *indexBuilder) fillFilter() {
	if b.meta.filter == 0 {
		return
	}
	filter := b.data[padded(b.meta.dirSize())+padded(b.meta.permSize()):][:b.meta.filter]
	hashes := arena.Make[uint64](b.mem, b.groupRows)
	for g := 0; g*b.groupRows < b.rows; g++ {
		part := hashes[:min(b.groupRows, b.rows-g*b.groupRows)]
		clear(part)
		for c := range b.meta.cols {
			hashRows(part, &b.bodies[c][g].vec)
		}
		for i, h := range part {
			if !b.nulls || !b.hasNull(uint64(g*b.groupRows+i)) {
				bloomAdd(filter, h)
			}
		}
	}
}

func (m *indexMeta) encode(w *binfmt.Writer) {
	w.U32(m.spec.ID)
	w.U16(uint16(len(m.cols)))
	w.U8(uint8(bool2int(m.spec.Unique)))
	w.U8(uint8(bool2int(m.ordered)))
	w.U32(uint32(m.shift))
	w.U32(uint32(m.buckets))
	w.U32(uint32(m.filter))
	w.I64(m.off)
	for i, k := range m.cols {
		w.U32(m.spec.Columns[i])
		w.U64(k.min)
		w.U64(k.span)
		w.U8(k.shift)
		w.U8(k.bits)
		w.U8(uint8(bool2int(k.exact) | 2*bool2int(k.known)))
		w.U8(uint8(len(k.skip)))
		w.Bytes([]byte(k.skip))
	}
	w.U32(uint32(len(m.crcs) / 4))
	w.Bytes(m.crcs)
}

func (m *indexMeta) decode(r *binfmt.Reader, f *footer, limit int64) {
	m.rows = f.rows
	m.spec.ID = r.U32()
	n := int(r.U16())
	unique, ordered := r.U8(), r.U8()
	m.spec.Unique, m.ordered = unique == 1, ordered == 1
	m.shift, m.buckets, m.filter = int(r.U32()), int(r.U32()), int(r.U32())
	m.off = r.I64()
	r.Check(n >= 1 && n <= MaxKeyColumns && unique <= 1 && ordered <= 1, "an index of %d columns, or with unknown flags", n)
	r.Check(m.shift < prefixBits && m.buckets >= 1 && m.buckets <= 4*MaxRows && m.filter <= bloomSize(MaxRows) &&
		m.filter%bloomBlock == 0, "a directory of %d buckets, a filter of %d bytes", m.buckets, m.filter)
	if r.Err() != nil {
		return
	}
	total := 0
	for range n {
		k := m.decodeColumn(r, f)
		total += int(k.bits)
		m.cols = append(m.cols, k)
	}
	r.Check(total <= prefixBits, "a key prefix of %d bits", total)
	checkRange(r, m.off, int64(m.size()), limit)
	crcs := int(r.U32())
	r.Check(r.Err() != nil || crcs == regionBlocks(m.size()), "%d checksums for an index of %d bytes", crcs, m.size())
	m.crcs = r.Array(uint64(crcs), 4)
}

func (m *indexMeta) decodeColumn(r *binfmt.Reader, f *footer) keyColumn {
	id := r.U32()
	m.spec.Columns = append(m.spec.Columns, id)
	k := keyColumn{pos: -1, min: r.U64(), span: r.U64(), shift: r.U8(), bits: r.U8()}
	flags := r.U8()
	k.exact, k.known = flags&1 != 0, flags&2 != 0
	k.skip = string(r.Bytes(int(r.U8())))
	for i := range f.columns {
		if f.columns[i].spec.ID == id {
			k.pos, k.typ = i, f.columns[i].spec.Type
		}
	}
	r.Check(k.pos >= 0 && flags <= 3 && k.bits <= prefixBits && k.shift < 64 && (k.bits == 0 || k.span>>k.shift>>k.bits == 0),
		"column %d of an index", id)
	r.Check(k.skip == "" || k.typ.Class() == types.Bytes, "a string prefix in a column of %s", k.typ)
	return k
}
