package exec

import (
	"bytes"
	"math"
	"math/bits"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// keyCodec turns key columns into rows of words that are equal where the keys are, and
// back. A row is
//
//	words       what
//	0 or more   one bit a column, set where it is NULL
//	per column  1: integers, dates, times, scaled NUMERIC, BOOLEAN, floats (-0 is 0, one NaN)
//	            2: strings as str; NUMERIC's form without its scale; INTERVAL as days and
//	               microseconds below a day
//	            2: JSONB, rows, CHAR of no length, and arrays that may be equal in other bytes, as a str of their key
//	1           hash of all before (not for a single word)
//	2 a column  for NUMERIC forms, INTERVAL and keys: the value as it was, not compared
//
// The value words of a NULL are zero. A codec is immutable, but for one with fields: a goroutine
// that encodes has its own.
type keyCodec struct {
	types   []types.Type
	class   []types.Class // of each type
	at      []int         // first word of each column
	raw     []int         // first word of the column's value as it was, -1 where at serves
	nulls   int           // words of NULL bits
	strings bool          // some column is a str
	single  bool          // the row is one word, without hash; NULLs are left to the caller, but with fields
	words   int           // compared words
	fields  *keyFields    // where they make one word of several columns
	dicts   []dictNumbers // of fields: what one goroutine has learned
	stride  int           // words of a row
}

// groupCodec returns the codec of keys whose NULLs are equal to each other; a single
// codec leaves NULL to the group table.
func groupCodec(ts []types.Type) *keyCodec { return newKeyCodec(ts, true, true) }

// joinCodec returns the codec of the keys of a join. NULLs are equal to each other if
// nullSafe; otherwise the join leaves rows with NULL keys out. A single codec leaves NULL to the join.
func joinCodec(ts []types.Type, nullSafe bool) *keyCodec { return newKeyCodec(ts, nullSafe, true) }

// newKeyCodec returns a codec, with NULL bits if nulls. single allows rows of one word.
func newKeyCodec(ts []types.Type, nulls, single bool) *keyCodec {
	c := &keyCodec{types: ts}
	c.single = single && len(ts) == 1 && ts[0].Class() != types.Bytes && ts[0].Class() != types.Span
	if nulls && !c.single {
		c.nulls = vec.Words(len(ts))
		c.words = c.nulls
	}
	for _, t := range ts {
		c.at, c.class = append(c.at, c.words), append(c.class, t.Class())
		switch t.Class() {
		case types.Bytes:
			c.strings = true
			c.words += 2
		case types.Span:
			c.words += 2
		default:
			c.words++
		}
	}
	c.stride = c.words
	if !c.single {
		c.stride++
	}
	for _, t := range ts {
		raw := -1
		if t.Class() == types.Span || isForm(t) || hasKey(t) {
			raw = c.stride
			c.stride += 2
		}
		c.raw = append(c.raw, raw)
	}
	return c
}

// isForm reports whether t is a NUMERIC in Decimal's binary form.
func isForm(t types.Type) bool { return t.ID == types.Numeric && t.Class() == types.Bytes }

// hasKey reports whether equal values of t may differ in their bytes, so that they are
// told apart by keys made of them.
func hasKey(t types.Type) bool {
	if !t.IsArray() {
		return t.ID == types.JSONB || t.ID == types.Record || t.KeepsBlanks()
	}
	e := t.Elem()
	switch e.ID {
	case types.Float32, types.Float64, types.Interval, types.JSONB, types.Bpchar, types.Record:
		return true
	}
	return isForm(e)
}

// appendKey appends the key of a stored value of a type that has one.
func appendKey(dst []byte, t types.Type, form string) []byte {
	if t.IsArray() {
		return types.ArrayKey(dst, t, form)
	}
	switch t.ID {
	case types.Bpchar:
		return append(dst, types.TrimChar(form)...)
	case types.Record:
		return types.RecordKey(dst, form)
	}
	return types.JSONKey(dst, form)
}

// encode returns rows idx (nil: all n) of cols as key rows in a. Strings point into cols.
func (c *keyCodec) encode(cols []vec.Vec, n int, idx []int32, a *arena.Arena) []uint64 {
	if idx != nil {
		n = len(idx)
	}
	if c.fields != nil {
		return c.encodePacked(cols, n, idx, a)
	}
	rows := arena.Make[uint64](a, n*c.stride)
	if c.nulls > 0 {
		for i := 0; i < len(rows); i += c.stride {
			clear(rows[i : i+c.nulls])
		}
	}
	mark := a.Mark()
	for k := range cols {
		c.encodeColumn(k, &cols[k], n, idx, rows, a)
		if hasKey(c.types[k]) {
			mark = a.Mark() // the keys live as long as the rows
		}
		a.Release(mark)
	}
	if !c.single {
		c.hashRows(rows)
	}
	return rows
}

// encodeColumn writes the words of column k.
func (c *keyCodec) encodeColumn(k int, v *vec.Vec, n int, idx []int32, rows []uint64, a *arena.Arena) {
	at := c.at[k]
	switch c.types[k].Class() {
	case types.Bytes:
		strs := vec.Cast[str](vec.BytesOf(arena.Make[uint64](a, 2*n)))
		strsInto(v, idx, strs)
		if hasKey(c.types[k]) {
			c.encodeKeyed(k, v, idx, strs, rows, a)
		} else {
			c.encodeStrs(k, strs, rows)
		}
	case types.Span:
		spans := arena.MakeSpans(a, n)
		valuesInto(v, idx, spans)
		c.encodeSpans(k, spans, rows)
	default:
		if c.stride == 1 {
			wordsInto(v, idx, rows, a)
		} else {
			words := arena.Make[uint64](a, n)
			wordsInto(v, idx, words, a)
			for i, w := range words {
				rows[i*c.stride+at] = w
			}
		}
	}
	if v.Valid != nil && c.nulls > 0 {
		c.encodeNulls(k, v, n, idx, rows)
	}
}

// encodeStrs writes strings, and NUMERIC forms without their scale.
func (c *keyCodec) encodeStrs(k int, strs []str, rows []uint64) {
	at, raw := c.at[k], c.raw[k]
	for i, s := range strs {
		row := rows[i*c.stride : (i+1)*c.stride]
		if raw >= 0 {
			row[raw], row[raw+1] = s.lo, s.hi
			var short [16]byte
			s = keyOfForm(s, short[:0])
		}
		row[at], row[at+1] = s.lo, s.hi
	}
}

// encodeKeyed writes values and their keys, which it puts into a.
func (c *keyCodec) encodeKeyed(k int, v *vec.Vec, idx []int32, strs []str, rows []uint64, a *arena.Arena) {
	at, raw, h := c.at[k], c.raw[k], heap{a: a}
	var form, key []byte
	for i, s := range strs {
		j := i
		if idx != nil {
			j = int(idx[i])
		}
		row := rows[i*c.stride : (i+1)*c.stride]
		row[raw], row[raw+1] = s.lo, s.hi
		if v.IsNull(j) {
			row[at], row[at+1] = 0, 0
			continue
		}
		form = s.appendTo(form[:0])
		key = appendKey(key[:0], c.types[k], string(form))
		s = h.keep(strOf(key))
		row[at], row[at+1] = s.lo, s.hi
	}
}

// keyOfForm returns a NUMERIC form without its scale. A long form's key points into it.
func keyOfForm(s str, buf []byte) str {
	if s.len() > inlineBytes {
		return strOf(types.DecimalKey(s.far()))
	}
	return strOf(types.DecimalKey(s.appendTo(buf)))
}

// dayMicros is the microseconds of a day.
const dayMicros = 86400 * 1000 * 1000

// spanWords returns an INTERVAL as days and the microseconds left of a day, which order
// and equal as intervals do: a month counts 30 days.
func spanWords(s vec.Span) (days, micros int64) {
	days = int64(s.Months)*30 + int64(s.Days) + s.Micros/dayMicros
	micros = s.Micros % dayMicros
	if micros < 0 {
		days--
		micros += dayMicros
	}
	return days, micros
}

// encodeSpans writes intervals.
func (c *keyCodec) encodeSpans(k int, spans []vec.Span, rows []uint64) {
	at, raw := c.at[k], c.raw[k]
	for i, s := range spans {
		row := rows[i*c.stride : (i+1)*c.stride]
		days, micros := spanWords(s)
		row[at], row[at+1] = uint64(days), uint64(micros)
		row[raw] = uint64(uint32(s.Months)) | uint64(uint32(s.Days))<<32
		row[raw+1] = uint64(s.Micros)
	}
}

// encodeNulls marks the NULLs of column k and clears their words.
func (c *keyCodec) encodeNulls(k int, v *vec.Vec, n int, idx []int32, rows []uint64) {
	end := c.words
	if k+1 < len(c.at) {
		end = c.at[k+1]
	}
	for i := range n {
		j := i
		if idx != nil {
			j = int(idx[i])
		}
		if v.IsNull(j) {
			row := rows[i*c.stride : (i+1)*c.stride]
			row[k>>6] |= 1 << (uint(k) & 63)
			clear(row[c.at[k]:end])
		}
	}
}

// wordsInto writes the values of a fixed-width vector as words.
func wordsInto(v *vec.Vec, idx []int32, dst []uint64, a *arena.Arena) {
	n := len(dst)
	switch v.Type.Class() {
	case types.Bits:
		b := a.Alloc(n)
		boolsInto(v, idx, b)
		for i, x := range b {
			dst[i] = uint64(x)
		}
	case types.I16:
		signExtend(v, idx, arena.Make[int16](a, n), dst)
	case types.I32:
		signExtend(v, idx, arena.Make[int32](a, n), dst)
	case types.F32:
		f := arena.Make[float32](a, n)
		valuesInto(v, idx, f)
		for i, x := range f {
			dst[i] = floatWord(float64(x))
		}
	case types.F64:
		f := arena.Make[float64](a, n)
		valuesInto(v, idx, f)
		for i, x := range f {
			dst[i] = floatWord(x)
		}
	default:
		intsInto(v, idx, vec.Cast[int64](vec.BytesOf(dst)))
	}
}

// signExtend writes integers as words, by way of tmp.
func signExtend[T int16 | int32](v *vec.Vec, idx []int32, tmp []T, dst []uint64) {
	intsInto(v, idx, tmp)
	for i, x := range tmp {
		dst[i] = uint64(int64(x))
	}
}

// floatWord returns the word of a float, the same for all NaNs and for both zeros.
func floatWord(f float64) uint64 {
	if f != f {
		return math.Float64bits(math.NaN())
	}
	return math.Float64bits(f + 0) // -0 + 0 is 0
}

// equal reports whether two rows have equal keys.
func (c *keyCodec) equal(a, b []uint64) bool {
	if !c.strings {
		for i := range c.words {
			if a[i] != b[i] {
				return false
			}
		}
		return true
	}
	for i := range c.nulls {
		if a[i] != b[i] {
			return false
		}
	}
	for k, class := range c.class {
		at := c.at[k]
		if a[at] != b[at] {
			return false
		}
		switch class {
		case types.Bytes:
			x, y := str{a[at], a[at+1]}, str{b[at], b[at+1]}
			if x.hi != y.hi && (x.len() <= inlineBytes || !bytes.Equal(x.far(), y.far())) {
				return false
			}
		case types.Span:
			if a[at+1] != b[at+1] {
				return false
			}
		}
	}
	return true
}

// hashWord hashes one word.
func hashWord(w uint64) uint64 {
	hi, lo := bits.Mul64(w^0x9e3779b97f4a7c15, 0xd6e8feb86659fd93)
	return hi ^ lo
}

// hashRows writes the hash of every row.
func (c *keyCodec) hashRows(rows []uint64) {
	for i := 0; i < len(rows); i += c.stride {
		row := rows[i : i+c.stride]
		row[c.words] = c.hashRow(row)
	}
}

// hashRow hashes the compared words of a row.
func (c *keyCodec) hashRow(row []uint64) uint64 {
	h := uint64(0x8ebc6af09c88c6e3)
	if !c.strings {
		for _, w := range row[:c.words] {
			h = hashWord(h ^ w)
		}
		return h
	}
	for _, w := range row[:c.nulls] {
		h = hashWord(h ^ w)
	}
	for k, class := range c.class {
		at := c.at[k]
		h = hashWord(h ^ row[at])
		switch class {
		case types.Bytes:
			if s := (str{row[at], row[at+1]}); s.len() > inlineBytes {
				h ^= hashBytes(s.far())
			} else {
				h = hashWord(h ^ s.hi)
			}
		case types.Span:
			h = hashWord(h ^ row[at+1])
		}
	}
	return hashWord(h)
}

// far reports whether rows refer to memory outside of them: keep copies it.
func (c *keyCodec) far() bool { return c.strings || c.fields != nil }

// keep copies the long strings of a row into h, so that it outlives what it was made from.
func (c *keyCodec) keep(row []uint64, h *heap) {
	if c.fields != nil {
		c.keepWide(row, h)
		return
	}
	if !c.strings {
		return
	}
	for k, t := range c.types {
		if c.class[k] != types.Bytes {
			continue
		}
		at, raw := c.at[k], c.raw[k]
		if raw < 0 {
			s := h.keep(str{row[at], row[at+1]})
			row[at], row[at+1] = s.lo, s.hi
			continue
		}
		s := h.keep(str{row[raw], row[raw+1]})
		row[raw], row[raw+1] = s.lo, s.hi
		if hasKey(t) {
			s = h.keep(str{row[at], row[at+1]})
			row[at], row[at+1] = s.lo, s.hi
			continue
		}
		if c.nulls == 0 || bit(row, k) == 0 {
			var short [16]byte
			s = keyOfForm(s, short[:0])
			row[at], row[at+1] = s.lo, s.hi
		}
	}
}

// decode returns column k of key rows as a flat vector in a. null, where it is not
// negative, is the row that stands for NULL under a single codec.
func (c *keyCodec) decode(k int, rows []uint64, null int, a *arena.Arena) vec.Vec {
	if c.fields != nil {
		return c.decodePacked(k, rows, a)
	}
	n := len(rows) / c.stride
	t := c.types[k]
	at := c.at[k]
	if c.raw[k] >= 0 {
		at = c.raw[k]
	}
	out := vec.Vec{Type: t, N: n, Valid: c.decodeValid(k, rows, n, null, a)}
	switch t.Class() {
	case types.Bits:
		words := arena.MakeZero[uint64](a, vec.Words(n))
		for i := range n {
			words[i>>6] |= (rows[i*c.stride+at] & 1) << (uint(i) & 63)
		}
		out.Data = vec.BytesOf(words)
	case types.I16:
		out.Data = decodeInts[int16](c, rows, at, a)
	case types.I32:
		out.Data = decodeInts[int32](c, rows, at, a)
	case types.I64, types.F64:
		out.Data = decodeInts[int64](c, rows, at, a)
	case types.F32:
		f := arena.Make[float32](a, n)
		for i := range f {
			f[i] = float32(math.Float64frombits(rows[i*c.stride+at]))
		}
		out.Data = vec.BytesOf(f)
	case types.Span:
		out.Data = decodeSpans(c, rows, at, a)
	default:
		decodeStrs(c, &out, rows, at, a)
	}
	return out
}

func (c *keyCodec) decodeValid(k int, rows []uint64, n, null int, a *arena.Arena) []uint64 {
	if c.nulls == 0 {
		if null < 0 || null >= n {
			return nil
		}
		valid := fullMask(n, a)
		valid[null>>6] &^= 1 << (uint(null) & 63)
		return valid
	}
	valid := arena.MakeZero[uint64](a, vec.Words(n))
	for i := range n {
		valid[i>>6] |= (^rows[i*c.stride+k>>6] >> (uint(k) & 63) & 1) << (uint(i) & 63)
	}
	return valid
}

func decodeInts[T int16 | int32 | int64](c *keyCodec, rows []uint64, at int, a *arena.Arena) []byte {
	out := arena.Make[T](a, len(rows)/c.stride)
	for i := range out {
		out[i] = T(rows[i*c.stride+at])
	}
	return vec.BytesOf(out)
}

func decodeSpans(c *keyCodec, rows []uint64, at int, a *arena.Arena) []byte {
	out := arena.MakeSpans(a, len(rows)/c.stride)
	for i := range out {
		w, m := rows[i*c.stride+at], rows[i*c.stride+at+1]
		out[i] = vec.Span{Months: int32(w), Days: int32(w >> 32), Micros: int64(m)}
	}
	return vec.BytesOf(out)
}

func decodeStrs(c *keyCodec, out *vec.Vec, rows []uint64, at int, a *arena.Arena) {
	n, size := len(rows)/c.stride, 0
	strs := vec.Cast[str](vec.BytesOf(arena.Make[uint64](a, 2*n)))
	for i := range strs {
		strs[i] = str{rows[i*c.stride+at], rows[i*c.stride+at+1]}
		size += strs[i].len()
	}
	packStrs(out, strs, size, a)
}

// nullKeys returns the mask of rows of b, within sel, none of whose keys is NULL. It
// returns sel itself where no key can be NULL.
func nullKeys(keys []vec.Vec, n int, sel []uint64, a *arena.Arena) []uint64 {
	var mask []uint64
	for k := range keys {
		v := &keys[k]
		if v.Valid == nil {
			continue
		}
		if mask == nil {
			mask = arena.Make[uint64](a, vec.Words(n))
			if sel == nil {
				fillMask(mask, n)
			} else {
				copy(mask, sel)
			}
		}
		if v.Form == vec.Const {
			if v.IsNull(0) {
				clear(mask)
			}
			continue
		}
		for w := range mask {
			mask[w] &= v.Valid[w]
		}
	}
	if mask == nil {
		return sel
	}
	return mask
}
