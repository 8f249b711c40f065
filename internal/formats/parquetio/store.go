package parquetio

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"
	"sort"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// pageBytes is the size of the values of a page before they are compressed.
const pageBytes = 1 << 20

// store gathers the values of a column of one row group, without its NULLs, and encodes them.
type store interface {
	// add adds the rows of v that mask selects, all of them when it is nil. None is NULL.
	add(v *vec.Vec, mask []uint64) error
	// count is the number of values, size their bytes in the PLAIN encoding.
	count() int
	size() int
	// dictionary returns the distinct values in the PLAIN encoding, their number, and the code of
	// every value. Without codes the values are better written as they are.
	dictionary() (plain []byte, n int, codes []int32)
	// pageEnd is the end of a page whose first value is lo.
	pageEnd(lo int) int
	// appendPlain appends the values [lo, hi) in the PLAIN encoding.
	appendPlain(dst []byte, lo, hi int) []byte
	// bounds are the least and the greatest value as statistics hold them, nil when there are none.
	bounds() (least, greatest []byte)
	// reset forgets the values.
	reset()
}

// fixedStore is values of a fixed width.
type fixedStore[T int32 | int64 | float32 | float64] struct {
	vals  []T
	codes []int32
}

func newFixed[T int32 | int64 | float32 | float64](types.Type) store { return &fixedStore[T]{} }

func (f *fixedStore[T]) add(v *vec.Vec, mask []uint64) error {
	f.vals = vec.AppendFixed(f.vals, v, mask)
	return nil
}

// timeStore is dates or times, of which the least stands for -infinity.
type timeStore[T int32 | int64] struct{ fixedStore[T] }

func newTimes[T int32 | int64](types.Type) store { return &timeStore[T]{} }

func (s *timeStore[T]) add(v *vec.Vec, mask []uint64) error {
	from := len(s.vals)
	s.vals = vec.AppendFixed(s.vals, v, mask)
	for i, x := range s.vals[from:] {
		if x != 0 && x == -x { // as DuckDB writes it
			s.vals[from+i] = x + 1
		}
	}
	return nil
}

func (f *fixedStore[T]) count() int { return len(f.vals) }

func (f *fixedStore[T]) width() int { return binary.Size(T(0)) }

func (f *fixedStore[T]) size() int { return len(f.vals) * f.width() }

func (f *fixedStore[T]) reset() { f.vals = f.vals[:0] }

func (f *fixedStore[T]) pageEnd(lo int) int { return min(len(f.vals), lo+pageBytes/f.width()) }

func (f *fixedStore[T]) appendPlain(dst []byte, lo, hi int) []byte {
	return append(dst, vec.BytesOf(f.vals[lo:hi])...)
}

func (f *fixedStore[T]) bounds() (least, greatest []byte) {
	lo, hi, ok := f.extremes()
	if !ok {
		return nil, nil
	}
	return vec.BytesOf([]T{lo}), vec.BytesOf([]T{hi})
}

// extremes returns the least and the greatest value; NaN is neither. As the format demands, a zero
// of floating point is the least as -0 and the greatest as +0.
func (f *fixedStore[T]) extremes() (lo, hi T, ok bool) {
	for i, x := range f.vals {
		if x == x { //nolint:staticcheck // NaN is not
			lo, hi, ok = x, x, true
			for _, y := range f.vals[i:] {
				if y < lo {
					lo = y
				}
				if y > hi {
					hi = y
				}
			}
			break
		}
	}
	switch p := any(&lo).(type) {
	case *float32:
		if *p == 0 {
			*p = float32(math.Copysign(0, -1))
		}
	case *float64:
		if *p == 0 {
			*p = math.Copysign(0, -1)
		}
	}
	if hi == 0 {
		hi = 0
	}
	return lo, hi, ok
}

// directSpan is the most distance of the integers that are coded by a table of all between them.
const directSpan = 1 << 16

func (f *fixedStore[T]) dictionary() (plain []byte, n int, codes []int32) {
	if len(f.vals) < minDictionaryRows {
		return nil, 0, nil
	}
	f.codes = append(f.codes[:0], make([]int32, len(f.vals))...)
	if f.width() == 4 {
		plain, n = codesOf[uint32](f)
	} else {
		plain, n = codesOf[uint64](f)
	}
	if plain == nil || !worthwhile(len(plain), n, len(f.vals), f.size()) {
		return nil, 0, nil
	}
	return plain, n, f.codes
}

// codesOf sets the codes of f, whose values have the bits of U, and returns their dictionary; nil
// when there are too many distinct values.
func codesOf[U uint32 | uint64, T int32 | int64 | float32 | float64](f *fixedStore[T]) (plain []byte, n int) {
	vals := vec.Cast[U](vec.BytesOf(f.vals))
	var distinct []U
	lo, hi, _ := f.extremes()
	if whole := T(1)/2 == 0; whole && uint64(int64(hi)-int64(lo)) < directSpan {
		distinct = directCodes(vals, U(int64(lo)), int(int64(hi)-int64(lo))+1, f.codes)
	} else {
		distinct = hashedCodes(vals, f.codes)
	}
	return vec.BytesOf(distinct), len(distinct)
}

// directCodes codes integers that lie in the span above base, in the order in which they come.
func directCodes[U uint32 | uint64](vals []U, base U, span int, codes []int32) (distinct []U) {
	table := make([]int32, span) // codes + 1
	for i, x := range vals {
		c := table[x-base]
		if c == 0 {
			distinct = append(distinct, x)
			c = int32(len(distinct))
			table[x-base] = c
		}
		codes[i] = c - 1
	}
	return distinct
}

// hashedCodes codes any values; nil when more are distinct than a dictionary shall have.
func hashedCodes[U uint32 | uint64](vals []U, codes []int32) (distinct []U) {
	limit := maxDistinct(len(vals))
	size := bits.Len(uint(4 * limit))
	slots := make([]int32, 1<<size) // codes + 1
	for i, x := range vals {
		h := uint64(x) * 0x9E3779B97F4A7C15 >> (64 - size)
		for slots[h] != 0 && distinct[slots[h]-1] != x {
			h = (h + 1) & (1<<size - 1)
		}
		if slots[h] == 0 {
			if len(distinct) == limit {
				return nil
			}
			distinct = append(distinct, x)
			slots[h] = int32(len(distinct))
		}
		codes[i] = slots[h] - 1
	}
	return distinct
}

const (
	// minDictionaryRows is the number of values that a dictionary is tried for.
	minDictionaryRows = 32
	// maxDictionary is the most bytes of a dictionary.
	maxDictionary = 1 << 20
)

// maxDistinct is how many of n values may be distinct for a dictionary to be tried.
func maxDistinct(n int) int { return max(n/4, 16) }

// worthwhile says whether a dictionary of so many bytes and values and the codes of n values take
// clearly less than the plain bytes, which a compression often makes fewer still.
func worthwhile(dictionary, distinct, n, plain int) bool {
	return dictionary <= maxDictionary && dictionary+n*bits.Len(uint(distinct-1))/8 < plain-plain/4
}

// flagStore is booleans, a byte each.
type flagStore struct{ vals []byte }

func newFlags(types.Type) store { return &flagStore{} }

func (f *flagStore) add(v *vec.Vec, mask []uint64) error {
	return vec.EachRow(v.N, mask, func(i int) error {
		f.vals = append(f.vals, byte(v.Int(i)))
		return nil
	})
}

func (f *flagStore) count() int { return len(f.vals) }

func (f *flagStore) size() int { return len(f.vals) / 8 }

func (f *flagStore) reset() { f.vals = f.vals[:0] }

func (f *flagStore) dictionary() (plain []byte, n int, codes []int32) { return nil, 0, nil }

func (f *flagStore) pageEnd(lo int) int { return min(len(f.vals), lo+8*pageBytes) }

func (f *flagStore) appendPlain(dst []byte, lo, hi int) []byte {
	for i, x := range f.vals[lo:hi] {
		if i&7 == 0 {
			dst = append(dst, 0)
		}
		dst[len(dst)-1] |= x << (i & 7)
	}
	return dst
}

func (f *flagStore) bounds() (least, greatest []byte) {
	if len(f.vals) == 0 {
		return nil, nil
	}
	all, some := byte(1), byte(0)
	for _, x := range f.vals {
		all, some = all&x, some|x
	}
	return []byte{all}, []byte{some}
}

// blockStore is values of 16 bytes: UUIDs and the decimals that an int64 does not hold.
type blockStore struct {
	typ  types.Type
	data []byte
}

const blockBytes = 16

func newBlocks(t types.Type) store { return &blockStore{typ: t} }

func (b *blockStore) add(v *vec.Vec, mask []uint64) error {
	return vec.EachRow(v.N, mask, func(i int) (err error) {
		if b.typ.ID == types.UUID {
			b.data = append(b.data, v.Bytes(i)...)
		} else {
			b.data, err = appendDecimal(b.data, v.Value(i), int(b.typ.Scale))
		}
		return err
	})
}

func (b *blockStore) count() int { return len(b.data) / blockBytes }

func (b *blockStore) size() int { return len(b.data) }

func (b *blockStore) reset() { b.data = b.data[:0] }

func (b *blockStore) dictionary() (plain []byte, n int, codes []int32) { return nil, 0, nil }

func (b *blockStore) pageEnd(lo int) int { return min(b.count(), lo+pageBytes/blockBytes) }

func (b *blockStore) appendPlain(dst []byte, lo, hi int) []byte {
	return append(dst, b.data[lo*blockBytes:hi*blockBytes]...)
}

func (b *blockStore) bounds() (least, greatest []byte) {
	for at := 0; at < len(b.data); at += blockBytes {
		x := b.data[at : at+blockBytes]
		if at == 0 || b.less(x, least) {
			least = x
		}
		if at == 0 || b.less(greatest, x) {
			greatest = x
		}
	}
	return least, greatest
}

// less compares UUIDs as bytes and decimals as signed integers.
func (b *blockStore) less(x, y []byte) bool {
	if b.typ.ID != types.UUID && x[0]>>7 != y[0]>>7 {
		return x[0]>>7 == 1
	}
	return bytes.Compare(x, y) < 0
}

// appendDecimal appends a NUMERIC as value × 10^scale in 16 bytes, most significant first.
func appendDecimal(dst []byte, v types.Value, scale int) ([]byte, error) {
	text := types.Format(v)
	n, ok := scaledInt(text, scale)
	if !ok || n.BitLen() > 127 {
		return dst, dberr.Newf(dberr.NumericValueOutOfRange, "numeric value %s has no Parquet decimal of scale %d", text, scale)
	}
	if n.Sign() < 0 {
		n.Add(n, new(big.Int).Lsh(big.NewInt(1), 8*blockBytes))
	}
	dst = append(dst, make([]byte, blockBytes)...)
	n.FillBytes(dst[len(dst)-blockBytes:])
	return dst, nil
}

// scaledInt reads the text of a NUMERIC with at most scale digits after its point.
func scaledInt(text string, scale int) (*big.Int, bool) {
	digits, after, point := make([]byte, 0, len(text)+scale), 0, false
	for _, ch := range []byte(text) {
		switch {
		case ch == '.':
			point = true
		case ch == '-' || ch >= '0' && ch <= '9':
			digits = append(digits, ch)
			if point {
				after++
			}
		default:
			return nil, false
		}
	}
	if after > scale {
		return nil, false
	}
	for ; after < scale; after++ {
		digits = append(digits, '0')
	}
	return new(big.Int).SetString(string(digits), 10)
}

// textStore is strings of bytes. While all come with dictionaries, only their codes are kept.
type textStore struct {
	format bool  // they are of another type, and written as SQL prints them
	ends   []int // of the values in heap, behind a 0
	heap   []byte
	set    textSet
	codes  []int32                     // of values in set, which heap does not have
	found  []int32                     // codes of the values in heap, once set has them
	from   map[*vec.Dictionary][]int32 // codes of set by those of a dictionary, -1 for none yet
	plain  bool                        // set became too large
}

func newTexts(types.Type) store     { return &textStore{ends: []int{0}} }
func newFormatted(types.Type) store { return &textStore{ends: []int{0}, format: true} }

func (t *textStore) add(v *vec.Vec, mask []uint64) error {
	switch {
	case t.format:
		return vec.EachRow(v.N, mask, func(i int) error {
			t.heap = types.Context{}.Append(t.heap, v.Value(i))
			t.ends = append(t.ends, len(t.heap))
			return nil
		})
	case v.Form == vec.Dict && len(t.ends) == 1 && !t.plain:
		t.addCodes(v, mask)
		if t.set.heapSize() > maxDictionary {
			t.plain = true
			t.expand()
		}
	default:
		t.expand()
		t.ends, t.heap = vec.AppendBytes(t.ends, t.heap, v, mask)
	}
	return nil
}

// addCodes adds the codes of values that have a dictionary.
func (t *textStore) addCodes(v *vec.Vec, mask []uint64) {
	codes, ok := t.from[v.Dict]
	if !ok {
		if t.from == nil {
			t.from = map[*vec.Dictionary][]int32{}
		}
		codes = make([]int32, v.Dict.Values.N)
		for i := range codes {
			codes[i] = -1
		}
		t.from[v.Dict] = codes
	}
	code := func(k uint32) int32 {
		if codes[k] < 0 {
			codes[k] = int32(t.set.code(v.Dict.Values.Bytes(int(k)), math.MaxInt32))
		}
		return codes[k]
	}
	switch v.Width {
	case 1:
		t.codes = appendCodes(t.codes, v.Data[:v.N], mask, code)
	case 2:
		t.codes = appendCodes(t.codes, vec.Of[uint16](v)[:v.N], mask, code)
	default:
		t.codes = appendCodes(t.codes, vec.Of[uint32](v)[:v.N], mask, code)
	}
}

func appendCodes[S uint8 | uint16 | uint32](dst []int32, src []S, mask []uint64, code func(uint32) int32) []int32 {
	vec.EachRow(len(src), mask, func(i int) error { //nolint:errcheck // fn has no errors
		dst = append(dst, code(uint32(src[i])))
		return nil
	})
	return dst
}

// expand makes values of the codes.
func (t *textStore) expand() {
	for _, c := range t.codes {
		t.heap = append(t.heap, t.set.at(int(c))...)
		t.ends = append(t.ends, len(t.heap))
	}
	t.codes = t.codes[:0]
	t.set.reset()
	clear(t.from)
}

func (t *textStore) count() int { return len(t.codes) + len(t.ends) - 1 }

// lengthBytes are in front of every string of the PLAIN encoding.
const lengthBytes = 4

// size is, while there are codes, that of the codes and of their values: it bounds what is held.
func (t *textStore) size() int {
	return len(t.heap) + lengthBytes*t.count() + t.set.heapSize()
}

func (t *textStore) reset() {
	t.ends, t.heap, t.codes, t.found, t.plain = t.ends[:1], t.heap[:0], t.codes[:0], t.found[:0], false
	t.set.reset()
	clear(t.from)
}

func (t *textStore) dictionary() (plain []byte, n int, codes []int32) {
	if codes = t.codes; len(codes) == 0 {
		codes = t.code()
	}
	size := 0
	for _, c := range codes {
		size += lengthBytes + len(t.set.at(int(c)))
	}
	if len(codes) > 0 && worthwhile(t.set.heapSize()+lengthBytes*t.set.len(), t.set.len(), len(codes), size) {
		return t.set.appendPlain(nil), t.set.len(), codes
	}
	t.expand()
	return nil, 0, nil
}

// code returns codes of the values in heap, nil when too many are distinct.
func (t *textStore) code() []int32 {
	if t.count() < minDictionaryRows {
		return nil
	}
	limit := maxDistinct(t.count())
	for i := range t.count() {
		c := t.set.code(t.at(i), limit)
		if c < 0 || t.set.heapSize() > maxDictionary {
			return nil
		}
		t.found = append(t.found, int32(c))
	}
	return t.found
}

func (t *textStore) at(i int) []byte { return t.heap[t.ends[i]:t.ends[i+1]] }

func (t *textStore) pageEnd(lo int) int {
	rest := t.ends[lo+1:]
	n := sort.Search(len(rest), func(k int) bool { return rest[k]+lengthBytes*(k+1) > t.ends[lo]+pageBytes })
	return lo + max(1, n)
}

func (t *textStore) appendPlain(dst []byte, lo, hi int) []byte {
	for i := lo; i < hi; i++ {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(t.ends[i+1]-t.ends[i]))
		dst = append(dst, t.at(i)...)
	}
	return dst
}

// maxBound is the most bytes of a string in statistics.
const maxBound = 1 << 10

func (t *textStore) bounds() (least, greatest []byte) {
	n, at := len(t.ends)-1, t.at
	if t.set.len() > 0 {
		n, at = t.set.len(), t.set.at
	}
	for i := range n {
		x := at(i)
		if i == 0 || bytes.Compare(x, least) < 0 {
			least = x
		}
		if i == 0 || bytes.Compare(x, greatest) > 0 {
			greatest = x
		}
	}
	if max(len(least), len(greatest)) > maxBound {
		return nil, nil
	}
	return least, greatest
}
