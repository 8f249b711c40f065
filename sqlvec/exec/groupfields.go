package exec

import (
	"math/bits"
	"slices"
	"sync"
	"unsafe"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/plan"
)

// keyFields makes one word of a key of several columns. Each has a field of bits with a small
// code: 0 for NULL, the distance of an integer from a base plus one, or the number of a text
// among those that the query has seen. A key of which some value has no code is wide: its word
// is the address of its row under the codec of rows, with the top bit set. Values alone decide
// whether a key is wide, so equal keys have equal words, or are both wide.
//
// It is shared by all workers; only its texts change.
type keyFields struct {
	fields []keyField
	rows   *keyCodec // of wide keys
}

// keyField is the field of one column.
type keyField struct {
	shift uint
	codes uint64 // number of codes, a power of two
	base  int64  // integers: the value of code 1
	texts *textNumbers
}

// fieldBits is the bits of all fields together.
const fieldBits = 63

// wideKey is the top bit of the word of a wide key.
const wideKey = uint64(1) << fieldBits

// wideRow returns the row of a wide key.
func (f *keyFields) wideRow(w uint64) []uint64 {
	at := w &^ wideKey
	p := *(*unsafe.Pointer)(unsafe.Pointer(&at))
	return unsafe.Slice((*uint64)(p), f.rows.stride)
}

// wideWord returns the word of a wide key. Its row must be outside the Go heap.
func wideWord(row []uint64) uint64 {
	return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(row)))) | wideKey
}

// code returns the code of a word in the field.
func (f *keyField) code(w uint64) uint64 { return w >> f.shift & (f.codes - 1) }

// fieldOf returns the field that the values of a column seem to need, without its place, and
// whether it may need more codes than that. Statistics may be wrong; then keys are wide.
func fieldOf(t types.Type, st plan.KeyStats, v *vec.Vec, n int, sel []uint64) (f keyField, grows, ok bool) {
	switch class := t.Class(); {
	case class == types.Bits:
		return keyField{codes: 4}, false, true
	case class == types.Bytes && !isForm(t) && !hasKey(t):
		if v.Form != vec.Dict { // texts of which few repeat are not worth a number
			return keyField{}, false, false
		}
		texts := max(2*st.Distinct, int64(v.Dict.Values.N))
		return keyField{codes: powerOfTwo(uint64(texts) + 2)}, true, true
	case class >= types.I16 && class <= types.I64:
		lo, hi, some := integerBounds(v, n, sel)
		switch {
		case st.Bounded && some:
			lo, hi = min(lo, st.Min), max(hi, st.Max)
		case st.Bounded:
			lo, hi = st.Min, st.Max
		}
		span := uint64(hi) - uint64(lo)
		if span >= 1<<fieldBits-2 {
			return keyField{}, false, false
		}
		return keyField{codes: powerOfTwo(span + 2), base: lo}, !st.Bounded, true
	}
	return keyField{}, false, false
}

// powerOfTwo returns the least power of two that is not less than n.
func powerOfTwo(n uint64) uint64 { return 1 << bits.Len64(n-1) }

// integerBounds returns the least and greatest of the selected values of an integer vector.
func integerBounds(v *vec.Vec, n int, sel []uint64) (lo, hi int64, ok bool) {
	for i := range n {
		if sel != nil && bit(sel, i) == 0 || v.IsNull(i) {
			continue
		}
		x := v.Int(i)
		if !ok {
			lo, hi, ok = x, x, true
		}
		lo, hi = min(lo, x), max(hi, x)
	}
	return lo, hi, ok
}

// packedCodec returns a codec whose rows are one word for keys like those of a batch, nil
// where they need more than that. Who encodes takes one owned.
func packedCodec(c *keyCodec, stats []plan.KeyStats, keys []vec.Vec, n int, sel []uint64, textBytes int64, newArena func() *arena.Arena) *keyCodec {
	if len(c.types) < 2 {
		return nil
	}
	f := &keyFields{rows: c}
	var grow []int
	used := 0
	for k, t := range c.types {
		var st plan.KeyStats
		if k < len(stats) {
			st = stats[k]
		}
		field, grows, ok := fieldOf(t, st, &keys[k], n, sel)
		if !ok {
			return nil
		}
		if used += bits.Len64(field.codes - 1); used > fieldBits {
			return nil
		}
		if grows {
			grow = append(grow, k)
		}
		f.fields = append(f.fields, field)
	}
	for i, k := range grow {
		field := &f.fields[k]
		more := (fieldBits - used) / (len(grow) - i)
		used += more
		field.base -= int64((field.codes<<more)-field.codes) / 4 // most series ascend
		field.codes <<= more
	}
	shift := uint(0)
	for _, k := range fieldOrder(keys, n, sel) {
		field := &f.fields[k]
		field.shift = shift
		shift += uint(bits.Len64(field.codes - 1))
		if c.types[k].Class() == types.Bytes {
			field.texts = newTextNumbers(c.types[k], field.codes-1, textBytes, newArena())
		}
	}
	return &keyCodec{types: c.types, class: c.class, single: true, words: 1, stride: 1, fields: f}
}

// fieldOrder returns the columns in the order of their fields from the lowest bits on: the words of
// rows ascend where a column ascends whose field is the highest.
func fieldOrder(keys []vec.Vec, n int, sel []uint64) []int {
	order := make([]int, len(keys))
	for k := range keys {
		order[k] = len(keys) - 1 - k
	}
	for k := range keys {
		if keys[k].Type.Class() != types.Bytes && ascends(&keys[k], n, sel) {
			at := slices.Index(order, k)
			return append(slices.Delete(order, at, at+1), k)
		}
	}
	return order
}

// ascends reports whether the selected values of an integer vector ascend, from row to row or with
// equal ones between, and are not all the same.
func ascends(v *vec.Vec, n int, sel []uint64) bool {
	first, last, some := int64(0), int64(0), false
	for i := range n {
		if sel != nil && bit(sel, i) == 0 {
			continue
		}
		if v.IsNull(i) {
			return false
		}
		x := v.Int(i)
		if some && x < last {
			return false
		}
		if !some {
			first, some = x, true
		}
		last = x
	}
	return some && first < last
}

// owned returns the codec for one more goroutine that encodes.
func (c *keyCodec) owned() *keyCodec {
	if c == nil || c.fields == nil {
		return c
	}
	own := *c
	own.dicts = make([]dictNumbers, len(c.types))
	return &own
}

// apart reports whether the NULL of a key of one column is left to the caller.
func (c *keyCodec) apart() bool { return c.single && c.fields == nil }

// textBytes returns the memory of the texts that have numbers.
func (c *keyCodec) textBytes() (n int64) {
	if c == nil || c.fields == nil {
		return 0
	}
	for k := range c.fields.fields {
		if t := c.fields.fields[k].texts; t != nil {
			n += t.bytes()
		}
	}
	return n
}

// hashOfWord hashes a key row of a codec whose rows are one word.
func (c *keyCodec) hashOfWord(w uint64) uint64 {
	if c.fields != nil && w&wideKey != 0 {
		return c.fields.wideRow(w)[c.fields.rows.words]
	}
	return hashWord(w)
}

// equalWide reports whether two words are the same wide key.
func (c *keyCodec) equalWide(v, w uint64) bool {
	return v&w&wideKey != 0 && c.fields.rows.equal(c.fields.wideRow(v), c.fields.wideRow(w))
}

// keepWide copies the row of a wide key into h, with its texts.
func (c *keyCodec) keepWide(row []uint64, h *heap) {
	if row[0]&wideKey == 0 {
		return
	}
	kept := arena.Make[uint64](h.a, c.fields.rows.stride)
	copy(kept, c.fields.wideRow(row[0]))
	c.fields.rows.keep(kept, h)
	row[0] = wideWord(kept)
}

// encodePacked is encode for fields.
func (c *keyCodec) encodePacked(cols []vec.Vec, n int, idx []int32, a *arena.Arena) []uint64 {
	out := arena.MakeZero[uint64](a, n)
	mark := a.Mark()
	for k := range cols {
		f := &c.fields.fields[k]
		switch {
		case f.texts == nil && idx == nil && cols[k].Form == vec.Narrow && cols[k].Valid == nil:
			f.addStored(&cols[k], out)
		case f.texts == nil:
			words := arena.Make[uint64](a, n)
			wordsInto(&cols[k], idx, words, a)
			f.addIntegers(words, &cols[k], idx, out)
		case cols[k].Form == vec.Dict:
			at := arena.Make[int32](a, n)
			codesInto(&cols[k], idx, at)
			c.dicts[k].addTexts(f, &cols[k], at, idx, out)
		default:
			strs := vec.Cast[str](vec.BytesOf(arena.Make[uint64](a, 2*n)))
			strsInto(&cols[k], idx, strs)
			f.addTexts(strs, &cols[k], idx, out)
		}
		a.Release(mark)
	}
	c.makeWide(cols, idx, out, a)
	return out
}

// addIntegers adds the codes of words to out.
func (f *keyField) addIntegers(words []uint64, v *vec.Vec, idx []int32, out []uint64) {
	top, base, shift := f.codes-1, uint64(f.base), f.shift
	if v.Valid == nil {
		for i, w := range words {
			if w -= base; w < top {
				out[i] |= (w + 1) << shift
			} else {
				out[i] |= wideKey
			}
		}
		return
	}
	for i, w := range words {
		if v.IsNull(rowOf(idx, i)) {
			continue
		}
		if w -= base; w < top {
			out[i] |= (w + 1) << shift
		} else {
			out[i] |= wideKey
		}
	}
}

// addStored is addIntegers for all rows of a Narrow vector without NULLs.
func (f *keyField) addStored(v *vec.Vec, out []uint64) {
	switch v.Width {
	case 1:
		addCodes(f, vec.Of[uint8](v)[:len(out)], v.Base, out)
	case 2:
		addCodes(f, vec.Of[uint16](v)[:len(out)], v.Base, out)
	default:
		addCodes(f, vec.Of[uint32](v)[:len(out)], v.Base, out)
	}
}

// addCodes is addStored for codes of a type.
func addCodes[T uint8 | uint16 | uint32](f *keyField, codes []T, base int64, out []uint64) {
	top, less, shift := f.codes-1, uint64(base-f.base), f.shift&63
	out = out[:len(codes)]
	for i, c := range codes {
		w := uint64(c) + less
		if w < top {
			out[i] |= (w + 1) << shift
		} else {
			out[i] |= wideKey
		}
	}
}

// rowOf returns element i of idx; nil is 0, 1, 2, …
func rowOf(idx []int32, i int) int {
	if idx == nil {
		return i
	}
	return int(idx[i])
}

// makeWide gives the words with the top bit set the address of their rows.
func (c *keyCodec) makeWide(cols []vec.Vec, idx []int32, out []uint64, a *arena.Arena) {
	var at, rows []int32
	for i, w := range out {
		if w&wideKey != 0 {
			at, rows = append(at, int32(i)), append(rows, int32(rowOf(idx, i)))
		}
	}
	if at == nil {
		return
	}
	wide := c.fields.rows
	encoded := wide.encode(cols, 0, rows, a)
	for k, i := range at {
		out[i] = wideWord(encoded[k*wide.stride : (k+1)*wide.stride])
	}
}

// textNumbers numbers the texts of a column from 1 on, for all workers. When it is full it
// takes no more: what has no number then never has one.
type textNumbers struct {
	mu    sync.RWMutex
	table *groupTable
	most  int   // texts
	bound int64 // bytes of memory that end the taking
	full  bool
	dict  *vec.Dictionary // of the texts, as they were when one was asked for
}

// textNumbersBytes is the most memory that numbered texts of a column may take.
const textNumbersBytes = 64 << 20

// noNumber stands for the number of a text that has none.
const noNumber = ^uint32(0)

// newTextNumbers numbers up to most texts of type t in about bound bytes of a.
func newTextNumbers(t types.Type, most uint64, bound int64, a *arena.Arena) *textNumbers {
	return &textNumbers{table: newGroupTable(groupCodec([]types.Type{t}), a), most: int(min(most, 1<<31)), bound: bound}
}

// bytes returns the memory that it takes.
func (t *textNumbers) bytes() int64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.table.a.Size()
}

// number returns the number of a text, noNumber if it has none. The caller holds mu.
func (t *textNumbers) number(s str) uint32 {
	var row [5]uint64
	c := t.table.codec
	row[c.at[0]], row[c.at[0]+1] = s.lo, s.hi
	row[c.words] = c.hashRow(row[:c.stride])
	if g := t.table.known(row[:c.stride]); g != 0 || t.full {
		if g == 0 {
			return noNumber
		}
		return g
	}
	if t.table.n == t.most || t.table.a.Size() > t.bound {
		t.full = true
		return noNumber
	}
	return t.table.group(row[:c.stride]) + 1
}

// dictionary returns a dictionary whose value n-1 is the text with number n, for all n up to most.
func (t *textNumbers) dictionary(most uint64) *vec.Dictionary {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dict == nil || t.dict.Values.N < int(most) {
		c, strs, size := t.table.codec, make([]str, t.table.n), 0
		for i := range strs {
			strs[i] = str{t.table.keys[i*c.stride+c.at[0]], t.table.keys[i*c.stride+c.at[0]+1]}
			size += strs[i].len()
		}
		values := vec.Vec{Type: c.types[0], N: len(strs)}
		packStrs(&values, strs, size, t.table.a)
		t.dict = &vec.Dictionary{Values: values}
	}
	return t.dict
}

// strOfNumber returns the text of a number. The caller holds mu.
func (t *textNumbers) strOfNumber(number uint64) str {
	c := t.table.codec
	at := int(number-1)*c.stride + c.at[0]
	return str{t.table.keys[at], t.table.keys[at+1]}
}

// addTexts adds the numbers of texts to out.
func (f *keyField) addTexts(strs []str, v *vec.Vec, idx []int32, out []uint64) {
	f.texts.mu.Lock()
	defer f.texts.mu.Unlock()
	for i, s := range strs {
		if v.IsNull(rowOf(idx, i)) {
			continue
		}
		if n := f.texts.number(s); n == noNumber {
			out[i] |= wideKey
		} else {
			out[i] |= uint64(n) << f.shift
		}
	}
}

// dictNumbers is the numbers of the texts of the dictionary that a worker met last, 0 where
// they are not known.
type dictNumbers struct {
	dict   *vec.Dictionary
	number []uint32
}

// addTexts adds the numbers of the texts with the codes at to out.
func (d *dictNumbers) addTexts(f *keyField, v *vec.Vec, at, idx []int32, out []uint64) {
	if d.dict != v.Dict {
		d.dict, d.number = v.Dict, make([]uint32, v.Dict.Values.N)
	}
	shift, number := f.shift, d.number
	for i, code := range at {
		if v.Valid != nil && v.IsNull(rowOf(idx, i)) {
			continue
		}
		n := number[code]
		if n == 0 {
			n = d.learn(f, code)
		}
		if n == noNumber {
			out[i] |= wideKey
		} else {
			out[i] |= uint64(n) << shift
		}
	}
}

// learn finds the number of the text with a code.
func (d *dictNumbers) learn(f *keyField, code int32) uint32 {
	f.texts.mu.Lock()
	defer f.texts.mu.Unlock()
	var s [1]str
	flatStrsInto(&d.dict.Values, []int32{code}, s[:])
	d.number[code] = f.texts.number(s[0])
	return d.number[code]
}

// decodePacked is decode for fields.
func (c *keyCodec) decodePacked(k int, words []uint64, a *arena.Arena) vec.Vec {
	f, t := &c.fields.fields[k], c.types[k]
	out := vec.Vec{Type: t, N: len(words), Valid: c.packedValid(k, words, a)}
	if f.texts != nil {
		c.decodeTexts(k, &out, words, a)
		return out
	}
	values := arena.Make[int64](a, len(words))
	at := c.fields.rows.at[k]
	for i, w := range words {
		if w&wideKey != 0 {
			values[i] = int64(c.fields.wideRow(w)[at])
		} else {
			values[i] = f.base + int64(f.code(w)) - 1
		}
	}
	switch t.Class() {
	case types.Bits:
		set := arena.MakeZero[uint64](a, vec.Words(len(words)))
		for i, x := range values {
			set[i>>6] |= uint64(x&1) << (uint(i) & 63)
		}
		out.Data = vec.BytesOf(set)
	case types.I16:
		out.Data = shrunk[int16](values, a)
	case types.I32:
		out.Data = shrunk[int32](values, a)
	default:
		out.Data = vec.BytesOf(values)
	}
	return out
}

// shrunk returns integers as values of T.
func shrunk[T int16 | int32](values []int64, a *arena.Arena) []byte {
	out := arena.Make[T](a, len(values))
	for i, x := range values {
		out[i] = T(x)
	}
	return vec.BytesOf(out)
}

// packedValid returns the validity of a column, nil where no value is NULL.
func (c *keyCodec) packedValid(k int, words []uint64, a *arena.Arena) []uint64 {
	f := &c.fields.fields[k]
	var valid []uint64
	for i, w := range words {
		null := f.code(w) == 0
		if w&wideKey != 0 {
			null = bit(c.fields.wideRow(w), k) == 1
		}
		if null {
			if valid == nil {
				valid = fullMask(len(words), a)
			}
			valid[i>>6] &^= 1 << (uint(i) & 63)
		}
	}
	return valid
}

// decodeTexts makes out the texts of a column: codes of a dictionary, unless a key is wide.
func (c *keyCodec) decodeTexts(k int, out *vec.Vec, words []uint64, a *arena.Arena) {
	f, at := &c.fields.fields[k], c.fields.rows.at[k]
	codes := arena.Make[uint32](a, len(words))
	wide, most := uint64(0), uint64(0)
	for i, w := range words {
		code := f.code(w)
		wide |= w
		most = max(most, code)
		codes[i] = uint32(max(code, 1) - 1)
	}
	if wide&wideKey == 0 && most > 0 {
		out.Form, out.Width, out.Data, out.Dict = vec.Dict, 4, vec.BytesOf(codes), f.texts.dictionary(most)
		return
	}
	strs := vec.Cast[str](vec.BytesOf(arena.MakeZero[uint64](a, 2*len(words))))
	size := 0
	f.texts.mu.RLock()
	for i, w := range words {
		if w&wideKey != 0 {
			row := c.fields.wideRow(w)
			strs[i] = str{row[at], row[at+1]}
		} else if code := f.code(w); code != 0 {
			strs[i] = f.texts.strOfNumber(code)
		}
		size += strs[i].len()
	}
	f.texts.mu.RUnlock()
	packStrs(out, strs, size, a)
}
