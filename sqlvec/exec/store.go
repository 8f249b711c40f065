package exec

import (
	"slices"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Blocks of a store hold up to blockRows rows; a row's id is its block's number, then
// its place in the block.
const (
	blockShift = 16
	blockRows  = 1 << blockShift
	firstBlock = 1024 // rows of a store's first block

	firstPartition = 128 // of one of many stores
)

// rowID names a row of a store. noRow is no row: gathering it gives NULLs.
type rowID = uint32

const noRow rowID = ^rowID(0)

// maxBlocks bounds a store so that noRow is not an id.
const maxBlocks = 1<<(32-blockShift) - 1

// store is rows kept in memory, as flat columns in blocks: strings are str, BOOLEAN is a
// byte a row. Rows are only ever appended. A store belongs to one goroutine while it
// grows; then it may be read by all.
type store struct {
	types  []types.Type
	stride int // words of the key row that every row has, 0 for none
	blocks []*block
	a      *arena.Arena
	heap   heap
	lender *worker // whose scan's strings need no copy, nil for none
	rows   int
	first  int        // rows of the first block
	morsel int        // of the rows that are being appended
	view   [][][]byte // [column][block], made by seal
	valid  [][][]uint64
	nulls  []bool // column has a NULL somewhere; made by seal
	dicts  []columnDict
	// expected is how many rows are likely to be gathered, where that is known.
	expected float64
	// encoded, made by encodeTexts, says of which columns there is a dictionary of few texts.
	encoded []bool
	coded   []int // rows of each column that came as codes of a dictionary
}

// block is up to blockRows rows of a store.
type block struct {
	n, cap int
	morsel int      // that the rows come from, where the store was told
	keys   []uint64 // key rows
	cols   []blockColumn
}

// blockColumn is one column of a block. valid is nil while no value is NULL.
type blockColumn struct {
	data  []byte
	valid []uint64
}

// newStore returns an empty store of columns of the given types in a.
func newStore(ts []types.Type, a *arena.Arena) *store {
	return &store{types: ts, a: a, heap: heap{a: a}, first: firstBlock, coded: make([]int, len(ts))}
}

// keptSize returns the bytes of a value of type t in a store.
func keptSize(t types.Type) int {
	switch c := t.Class(); c {
	case types.Bits:
		return 1
	case types.Bytes:
		return 16
	default:
		return c.Size()
	}
}

// room returns a block with room for at least one more row.
func (s *store) room() *block {
	n := len(s.blocks)
	if n > 0 && s.blocks[n-1].n < s.blocks[n-1].cap {
		return s.blocks[n-1]
	}
	if n == maxBlocks {
		panic(arena.Exhausted{Err: errTooManyRows})
	}
	size := s.first
	if n > 0 {
		size = min(blockRows, max(s.first, s.rows))
	}
	b := &block{cap: size, morsel: s.morsel, cols: make([]blockColumn, len(s.types))}
	b.keys = arena.Make[uint64](s.a, size*s.stride)
	for c, t := range s.types {
		b.cols[c].data = s.a.Alloc(size * keptSize(t))
	}
	s.blocks = append(s.blocks, b)
	return b
}

// add appends rows idx (nil: all n) of cols. keys are their key rows, one after another,
// for a store that has them; the strings in them must outlive the store.
func (s *store) add(keys []uint64, cols []vec.Vec, n int, idx []int32) {
	if idx != nil {
		n = len(idx)
	}
	for from := 0; from < n; {
		b := s.room()
		k := min(n-from, b.cap-b.n)
		copy(b.keys[b.n*s.stride:], keys[from*s.stride:(from+k)*s.stride])
		for c := range cols {
			v := &cols[c]
			part := idx
			if idx != nil {
				part = idx[from : from+k]
			} else if from > 0 {
				s.addTail(b, c, v, from, k)
				continue
			}
			s.addColumn(b, c, v, part, k)
		}
		b.n += k
		s.rows += k
		from += k
	}
}

// addTail adds rows [from, from+k) of v, which need not begin at a whole word.
func (s *store) addTail(b *block, c int, v *vec.Vec, from, k int) {
	idx := make([]int32, k)
	for i := range idx {
		idx[i] = int32(from + i)
	}
	s.addColumn(b, c, v, idx, k)
}

// addColumn writes k values of v behind the rows of b.
func (s *store) addColumn(b *block, c int, v *vec.Vec, idx []int32, k int) {
	col, t := &b.cols[c], s.types[c]
	size := keptSize(t)
	dst := col.data[b.n*size : (b.n+k)*size]
	switch t.Class() {
	case types.Bits:
		boolsInto(v, idx, dst)
	case types.I16:
		intsInto(v, idx, vec.Cast[int16](dst))
	case types.I32:
		intsInto(v, idx, vec.Cast[int32](dst))
	case types.I64:
		intsInto(v, idx, vec.Cast[int64](dst))
	case types.F32:
		valuesInto(v, idx, vec.Cast[float32](dst))
	case types.F64:
		valuesInto(v, idx, vec.Cast[float64](dst))
	case types.Span:
		valuesInto(v, idx, vec.Cast[vec.Span](dst))
	default:
		if v.Form == vec.Dict {
			s.coded[c] += k
		}
		strsInto(v, idx, vec.Cast[str](dst))
		s.keepStrs(v, vec.Cast[str](dst))
	}
	s.addValid(b, col, v, idx, k)
}

// keepStrs copies the bytes of long strings into the store, unless they stay where they are.
func (s *store) keepStrs(v *vec.Vec, dst []str) {
	if s.lender.lends(v) {
		return
	}
	for i := range dst {
		if dst[i].len() > inlineBytes {
			dst[i] = s.heap.keep(dst[i])
		}
	}
}

// addValid writes the validity of k values of v behind the rows of b.
func (s *store) addValid(b *block, col *blockColumn, v *vec.Vec, idx []int32, k int) {
	if v.Valid == nil {
		return
	}
	col.ensureValid(b.cap, s.a)
	for i := range k {
		j := i
		if idx != nil {
			j = int(idx[i])
		}
		if v.Form == vec.Const {
			j = 0
		}
		if bit(v.Valid, j) == 0 {
			col.setNull(b.n + i)
		}
	}
}

// addRows appends rows idx of block src, of a store with the same columns. The strings are copied, so
// that the store may go and those of the rows lie together. keys is the codec of the key rows, nil where there are none.
func (s *store) addRows(src *block, idx []int32, keys *keyCodec) {
	for len(idx) > 0 {
		b := s.room()
		k := min(len(idx), b.cap-b.n)
		if s.stride > 0 {
			copyKeys(b.keys[b.n*s.stride:], src.keys, s.stride, idx[:k])
		}
		for c, t := range s.types {
			copyColumn(b, &b.cols[c], &src.cols[c], keptSize(t), idx[:k], s.a)
		}
		s.keepRows(b, k, keys)
		b.n += k
		s.rows += k
		idx = idx[k:]
	}
}

// keepRows copies the strings of k rows behind those of b into the heap.
func (s *store) keepRows(b *block, k int, keys *keyCodec) {
	if keys != nil && keys.far() {
		for i := b.n; i < b.n+k; i++ {
			if keys.fields != nil && b.keys[i]&wideKey == 0 {
				continue
			}
			keys.keep(b.keys[i*s.stride:(i+1)*s.stride], &s.heap)
		}
	}
	for c, t := range s.types {
		if t.Class() != types.Bytes {
			continue
		}
		strs := vec.Cast[str](b.cols[c].data)[b.n : b.n+k]
		for i := range strs {
			strs[i] = s.heap.keep(strs[i])
		}
	}
}

// cut ends the last block, so that no block has rows of two morsels. What is free of it
// becomes a block of its own.
func (s *store) cut(morsel int) {
	if len(s.blocks) == 0 || s.blocks[len(s.blocks)-1].morsel == morsel {
		s.morsel = morsel
		return
	}
	s.morsel = morsel
	b := s.blocks[len(s.blocks)-1]
	used := (b.n + 63) &^ 63
	if used >= b.cap || len(s.blocks) == maxBlocks {
		return
	}
	if b.n == 0 {
		b.morsel = morsel
		return
	}
	rest := &block{cap: b.cap - used, morsel: morsel, keys: b.keys[used*s.stride:], cols: make([]blockColumn, len(b.cols))}
	for c, t := range s.types {
		rest.cols[c].data = b.cols[c].data[used*keptSize(t):]
	}
	b.cap = used
	s.blocks = append(s.blocks, rest)
}

// inMorselOrder puts the blocks into the order of their morsels.
func (s *store) inMorselOrder() {
	slices.SortStableFunc(s.blocks, func(a, b *block) int { return a.morsel - b.morsel })
}

// copyKeys copies key rows.
func copyKeys(dst, src []uint64, stride int, idx []int32) {
	if stride == 1 {
		takeInto(dst, src, idx)
		return
	}
	for i, j := range idx {
		copy(dst[i*stride:(i+1)*stride], src[int(j)*stride:])
	}
}

// copyColumn copies values of size bytes behind the rows of b.
func copyColumn(b *block, dst, src *blockColumn, size int, idx []int32, a *arena.Arena) {
	to := dst.data[b.n*size:]
	switch size {
	case 1:
		takeInto(to, src.data, idx)
	case 2:
		takeInto(vec.Cast[uint16](to), vec.Cast[uint16](src.data), idx)
	case 4:
		takeInto(vec.Cast[uint32](to), vec.Cast[uint32](src.data), idx)
	case 8:
		takeInto(vec.Cast[uint64](to), vec.Cast[uint64](src.data), idx)
	default:
		takeInto(vec.Cast[str](to), vec.Cast[str](src.data), idx)
	}
	if src.valid == nil {
		return
	}
	dst.ensureValid(b.cap, a)
	for i, j := range idx {
		if bit(src.valid, int(j)) == 0 {
			dst.setNull(b.n + i)
		}
	}
}

// ensureValid gives the column validity for n rows, all valid.
func (c *blockColumn) ensureValid(n int, a *arena.Arena) {
	if c.valid != nil {
		return
	}
	c.valid = arena.Make[uint64](a, vec.Words(n))
	for i := range c.valid {
		c.valid[i] = ^uint64(0)
	}
}

// setNull makes row i NULL.
func (c *blockColumn) setNull(i int) { c.valid[i>>6] &^= 1 << (uint(i) & 63) }

// adopt moves the blocks of o behind those of s. o's memory must outlive s.
func (s *store) adopt(o *store) {
	if len(s.blocks)+len(o.blocks) > maxBlocks {
		panic(arena.Exhausted{Err: errTooManyRows})
	}
	s.blocks = append(s.blocks, o.blocks...)
	s.rows += o.rows
	for c, n := range o.coded {
		s.coded[c] += n
	}
	o.blocks = nil
}

// seal prepares the store for reading. Nothing may be appended afterwards.
func (s *store) seal() {
	s.view = make([][][]byte, len(s.types))
	s.valid = make([][][]uint64, len(s.types))
	s.nulls = make([]bool, len(s.types))
	s.dicts = make([]columnDict, len(s.types))
	for c := range s.types {
		for _, b := range s.blocks {
			s.view[c] = append(s.view[c], b.cols[c].data)
			s.valid[c] = append(s.valid[c], b.cols[c].valid)
			s.nulls[c] = s.nulls[c] || b.cols[c].valid != nil
		}
	}
}

// boolsInto writes BOOLEAN values as bytes.
func boolsInto(v *vec.Vec, idx []int32, dst []byte) {
	for i := range dst {
		j := i
		if idx != nil {
			j = int(idx[i])
		}
		switch v.Form {
		case vec.Flat:
			dst[i] = bit(vec.Of[uint64](v), j)
		default:
			dst[i] = byte(v.Int(j))
		}
	}
}

// intsInto writes the values of a vector of an integer class.
func intsInto[T int16 | int32 | int64](v *vec.Vec, idx []int32, dst []T) {
	if v.Form != vec.Narrow {
		valuesInto(v, idx, dst)
		return
	}
	switch v.Width {
	case 1:
		widenInto(vec.Of[uint8](v), idx, T(v.Base), dst)
	case 2:
		widenInto(vec.Of[uint16](v), idx, T(v.Base), dst)
	default:
		widenInto(vec.Of[uint32](v), idx, T(v.Base), dst)
	}
}

// valuesInto writes the values of a vector of a fixed-width class, in any form but Narrow.
func valuesInto[T any](v *vec.Vec, idx []int32, dst []T) {
	switch v.Form {
	case vec.Const:
		var x T
		if !v.IsNull(0) {
			x = vec.Of[T](v)[0]
		}
		for i := range dst {
			dst[i] = x
		}
	case vec.Dict:
		values := vec.Of[T](&v.Dict.Values)
		if len(values) == 0 { // all rows are NULL
			clear(dst)
			return
		}
		switch v.Width {
		case 1:
			lookInto(vec.Of[uint8](v), idx, values, dst)
		case 2:
			lookInto(vec.Of[uint16](v), idx, values, dst)
		default:
			lookInto(vec.Of[uint32](v), idx, values, dst)
		}
	default:
		takeInto(dst, vec.Of[T](v)[:v.N], idx)
	}
}

// lookInto writes values[codes[idx[i]]] to dst[i].
func lookInto[C code, T any](codes []C, idx []int32, values, dst []T) {
	if idx == nil {
		for i, c := range codes[:len(dst)] {
			dst[i] = values[c]
		}
		return
	}
	dst = dst[:len(idx)]
	for i, j := range idx {
		dst[i] = values[codes[j]]
	}
}

// strsInto writes the strings of a vector of the Bytes class; they point into v.
func strsInto(v *vec.Vec, idx []int32, dst []str) {
	switch v.Form {
	case vec.Const:
		var s str
		if !v.IsNull(0) {
			s = strOf(v.Bytes(0))
		}
		for i := range dst {
			dst[i] = s
		}
	case vec.Dict:
		if v.Dict.Values.N == 0 { // all rows are NULL
			clear(dst)
			return
		}
		dictStrsInto(v, idx, dst)
	default:
		flatStrsInto(v, idx, dst)
	}
}

// flatStrsInto is strsInto for flat vectors.
func flatStrsInto(v *vec.Vec, idx []int32, dst []str) {
	offs := v.Offs
	if idx == nil {
		for i := range dst {
			dst[i] = strOf(v.Heap[offs[i]:offs[i+1]])
		}
		return
	}
	for i, j := range idx {
		dst[i] = strOf(v.Heap[offs[j]:offs[j+1]])
	}
}

// dictStrsInto is strsInto for dictionaries.
func dictStrsInto(v *vec.Vec, idx []int32, dst []str) {
	var at [vec.BatchRows]int32
	for from := 0; from < len(dst); from += len(at) {
		k := min(len(at), len(dst)-from)
		if idx != nil {
			codesInto(v, idx[from:from+k], at[:k])
		} else {
			part := v.Slice(from, from+k)
			codesInto(&part, nil, at[:k])
		}
		flatStrsInto(&v.Dict.Values, at[:k], dst[from:from+k])
	}
}
