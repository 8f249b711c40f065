package part

import (
	"cmp"
	"math"
	"math/bits"
	"sort"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Index is one index of a part: row numbers in (key, row) order, with a directory over key
// prefixes and a Bloom filter. Keys order as in SQL, NULLs last. Every row that is given
// was compared with the key in the columns themselves. Safe for concurrent use.
type Index struct {
	part   *Part
	meta   *indexMeta
	reg    region
	dir    []uint32
	perm   []uint32 // nil: rows are in key order
	filter []byte   // nil: none
	packed int      // key columns that have a share in the prefix
	shift  uint     // a row shifted right by it is its group
	ints   bool     // the key is one integer column
}

// openIndexes makes the indexes; it touches none of their data.
func (p *Part) openIndexes() {
	p.indexes = make([]Index, len(p.footer.indexes))
	for i := range p.indexes {
		m := &p.footer.indexes[i]
		data := p.img[m.off : m.off+int64(m.size())]
		x := &p.indexes[i]
		*x = Index{part: p, meta: m, reg: newRegion(data, m.crcs, p.name, p.base+m.off, "index")}
		x.dir = vec.Cast[uint32](data[:m.dirSize()])
		x.perm = vec.Cast[uint32](data[padded(m.dirSize()):][:m.permSize()])
		x.filter = data[padded(m.dirSize())+padded(m.permSize()):][:m.filter]
		x.packed = packedColumns(m.cols)
		x.shift = uint(bits.TrailingZeros(uint(p.footer.groupRows)))
		x.ints = len(m.cols) == 1 && isInt(m.cols[0].typ.Class())
	}
}

// packedColumns returns how many of the columns the prefix takes something of.
func packedColumns(cols []keyColumn) int {
	for i, k := range cols {
		if !k.exact || k.shift > 0 {
			return i + 1
		}
	}
	return len(cols)
}

// Index returns an index by IndexSpec.ID.
func (p *Part) Index(id uint32) (*Index, bool) {
	for i := range p.indexes {
		if p.indexes[i].meta.spec.ID == id {
			return &p.indexes[i], true
		}
	}
	return nil, false
}

// Indexes returns the specs of all indexes.
func (p *Part) Indexes() []IndexSpec {
	specs := make([]IndexSpec, len(p.indexes))
	for i := range specs {
		specs[i] = p.indexes[i].meta.spec
	}
	return specs
}

// Size returns the bytes that the index takes in the image.
func (x *Index) Size() int64 { return int64(x.meta.size()) }

// Spec returns what the index is over.
func (x *Index) Spec() IndexSpec { return x.meta.spec }

// MayContain reports false only if no row has the key. Damage reads as true, so that
// Lookup gives the error.
func (x *Index) MayContain(key []types.Value) bool {
	for i := range x.meta.cols {
		if !key[i].Valid {
			return false
		}
		if k := &x.meta.cols[i]; k.known {
			if _, _, at := k.codes(&key[i]); at != inside {
				return false
			}
		}
	}
	return x.meta.rows > 0 && (len(x.filter) == 0 || x.MayContainHash(HashKey(key)))
}

// MayContainHash is MayContain with HashKey(key) done once for many parts. It does not
// compare with the least and the greatest key.
func (x *Index) MayContainHash(h uint64) bool {
	if len(x.filter) == 0 {
		return x.meta.rows > 0
	}
	at := len(x.reg.data) - padded(len(x.filter)) + bloomOffset(len(x.filter), h)
	if x.reg.touch(at, at+bloomBlock) != nil {
		return true
	}
	return bloomHas(x.filter, h)
}

// bracket returns the positions [lo, hi] between which a key with the given first columns
// belongs, and whether all of them lie inside the known values.
func (x *Index) bracket(key []types.Value) (lo, hi int, all bool, err error) {
	var from, to uint64
	all = true
	free := false // a column before was outside, or there is none: anything may follow
	for i := range x.packed {
		k := &x.meta.cols[i]
		ones := uint64(1)<<k.bits - 1
		switch {
		case free || i >= len(key) || !k.known && !k.exact:
			from, to = from<<k.bits, to<<k.bits|ones
		case !k.known: // all are NULL
			all = all && !key[i].Valid
			free = true
		default:
			a, b, at := k.codes(&key[i])
			from, to = from<<k.bits|a&ones, to<<k.bits|b&ones
			free, all = at != inside || a != b, all && at == inside
		}
	}
	lo, err = x.dirAt(from >> x.meta.shift)
	if err == nil {
		hi, err = x.dirAt(to>>x.meta.shift + 1)
	}
	if err == nil && lo > hi {
		err = x.corrupt("the directory is not in order")
	}
	return lo, hi, all, err
}

// dirAt returns where bucket b begins, the number of rows if there is no such bucket.
func (x *Index) dirAt(b uint64) (int, error) {
	if b > uint64(x.meta.buckets) {
		return x.meta.rows, nil
	}
	if err := x.reg.touch(int(b)*4, int(b)*4+4); err != nil {
		return 0, err
	}
	n := int(x.dir[b])
	if n > x.meta.rows {
		return 0, x.corrupt("the directory points behind the last row")
	}
	return n, nil
}

func (x *Index) corrupt(what string) error {
	e := dberr.Corrupt(x.reg.file, x.reg.off, "index %d: %s", x.meta.spec.ID, what)
	e.Code = dberr.IndexCorrupted
	return e
}

// rowAt returns the row at a position of the index.
func (x *Index) rowAt(i int) (uint32, error) {
	if x.perm == nil {
		return uint32(i), nil
	}
	at := padded(x.meta.dirSize()) + 4*i
	if err := x.reg.touch(at, at+4); err != nil {
		return 0, err
	}
	row := x.perm[i]
	if int(row) >= x.meta.rows {
		return 0, x.corrupt("a row number is too great")
	}
	return row, nil
}

// compare orders the key's columns and a row.
func (x *Index) compare(key []types.Value, row uint32) (int, error) {
	g, i := int(row)>>x.shift, int(row)&(1<<x.shift-1)
	if x.ints && len(key) == 1 && key[0].Valid {
		return x.compareInt(key[0].I, g, i)
	}
	for c := range key {
		v, err := x.part.chunk(g, x.meta.cols[c].pos)
		if err != nil {
			return 0, err
		}
		if d := compareRow(&key[c], v, i); d != 0 {
			return d, nil
		}
	}
	return 0, nil
}

func isInt(c types.Class) bool { return c == types.I16 || c == types.I32 || c == types.I64 }

// compareInt is compare for a key of one integer.
func (x *Index) compareInt(key int64, g, i int) (int, error) {
	v, err := x.part.chunk(g, x.meta.cols[0].pos)
	if err != nil {
		return 0, err
	}
	if v.Valid != nil && v.IsNull(i) {
		return -1, nil
	}
	if v.Form == vec.Narrow {
		d := uint64(key) - uint64(v.Base)
		switch {
		case key < v.Base:
			return -1, nil
		case d > math.MaxUint32:
			return 1, nil
		}
		return cmp.Compare(uint32(d), narrowAt(v, i)), nil
	}
	return cmp.Compare(key, v.Int(i)), nil
}

// narrowAt returns the integer that a Narrow vector stores for row i.
func narrowAt(v *vec.Vec, i int) uint32 {
	switch v.Width {
	case 1:
		return uint32(v.Data[i])
	case 2:
		return uint32(vec.Cast[uint16](v.Data)[i])
	}
	return vec.Cast[uint32](v.Data)[i]
}

// search returns the first position in [lo, hi] whose row is not less than key, or, with
// after, greater than key.
func (x *Index) search(key []types.Value, lo, hi int, after bool) (int, error) {
	var failed error
	n := sort.Search(hi-lo, func(i int) bool {
		row, err := x.rowAt(lo + i)
		if err != nil {
			failed = err
			return true
		}
		d, err := x.compare(key, row)
		if err != nil {
			failed = err
		}
		return d < 0 || d == 0 && !after
	})
	return lo + n, failed
}

// linearRows is how many rows of a bucket are compared one by one rather than searched.
const linearRows = 12

// Lookup calls fn with every row whose whole key equals key, ascending, until fn returns
// false. A key with a NULL equals nothing.
func (x *Index) Lookup(key []types.Value, fn func(row uint32) bool) error {
	if err := x.checkKey(key); err != nil {
		return err
	}
	if len(key) != len(x.meta.cols) {
		return dberr.Bug("index %d has %d columns, the key has %d", x.meta.spec.ID, len(x.meta.cols), len(key))
	}
	for i := range key {
		if !key[i].Valid {
			return nil
		}
	}
	lo, hi, all, err := x.bracket(key)
	if err != nil || !all {
		return err
	}
	return x.emitEqual(key, lo, hi, fn)
}

// emitEqual calls fn with the rows in positions [lo, hi) that equal key.
func (x *Index) emitEqual(key []types.Value, lo, hi int, fn func(row uint32) bool) (err error) {
	if hi-lo > linearRows {
		if lo, err = x.search(key, lo, hi, false); err != nil {
			return err
		}
	}
	for ; lo < hi; lo++ {
		row, err := x.rowAt(lo)
		if err != nil {
			return err
		}
		d, err := x.compare(key, row)
		if err != nil {
			return err
		}
		if d < 0 || d == 0 && !fn(row) {
			return nil
		}
	}
	return nil
}

// checkKey fails unless the values have the classes of the first columns.
func (x *Index) checkKey(key []types.Value) error {
	if len(key) > len(x.meta.cols) {
		return dberr.Bug("index %d has %d columns, the key has %d", x.meta.spec.ID, len(x.meta.cols), len(key))
	}
	for i := range key {
		if t := x.meta.cols[i].typ; key[i].Valid && key[i].Type.Class() != t.Class() {
			return dberr.Bug("index %d: column %d is %s, the key is %s", x.meta.spec.ID, i, t, key[i].Type)
		}
	}
	return nil
}

// bounds returns the positions [from, to) of the rows between lo and hi.
func (x *Index) bounds(lo, hi *Bound) (from, to int, err error) {
	to = x.meta.rows
	if lo != nil {
		if from, err = x.position(lo.Key, !lo.Inclusive); err != nil {
			return 0, 0, err
		}
	}
	if hi != nil {
		to, err = x.position(hi.Key, hi.Inclusive)
	}
	return from, max(from, to), err
}

// position returns the first position not less than key, or, with after, greater than it.
func (x *Index) position(key []types.Value, after bool) (int, error) {
	if err := x.checkKey(key); err != nil {
		return 0, err
	}
	lo, hi, _, err := x.bracket(key)
	if err != nil {
		return 0, err
	}
	return x.search(key, lo, hi, after)
}

// Positions returns the positions [from, to) of the rows between lo and hi (nil: open), as Range
// gives them, for RowAt.
func (x *Index) Positions(lo, hi *Bound) (from, to int, err error) { return x.bounds(lo, hi) }

// RowAt returns the row at a position in (key, row) order.
func (x *Index) RowAt(i int) (uint32, error) { return x.rowAt(i) }

// Range calls fn with the rows between lo and hi (nil: open) in (key, row) order, until fn
// returns false. Here a NULL is a value greater than all others: IS NULL is the range from
// NULL to NULL, and a range that is open above includes NULLs.
func (x *Index) Range(lo, hi *Bound, fn func(row uint32) bool) error {
	from, to, err := x.bounds(lo, hi)
	if err != nil {
		return err
	}
	for i := from; i < to; i++ {
		row, err := x.rowAt(i)
		if err != nil {
			return err
		}
		if !fn(row) {
			return nil
		}
	}
	return nil
}

// CountRange returns how many rows Range would give, without visiting them.
func (x *Index) CountRange(lo, hi *Bound) (int, error) {
	from, to, err := x.bounds(lo, hi)
	return to - from, err
}
