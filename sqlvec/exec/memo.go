package exec

import (
	"math"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// memo remembers the groups of key rows that are made of small codes: dictionary codes,
// narrow integers, BOOLEAN, and integers within a window. The codes of all columns make
// one number, and group[number] is the group plus one, 0 while it is not known. So a
// GROUP BY of few distinct keys does not hash. The memo is dropped when what the codes
// mean changes.
type memo struct {
	cols  []codeColumn
	group []uint32
	known int // elements of group that are not 0
	rows  int // rows seen; bounds what is spent on the memo
}

// codeColumn says what the codes of one column mean. NULL has the code size-1.
type codeColumn struct {
	dict *vec.Dictionary // dictionary codes
	base int64           // integers: the value of code 0
	size int             // number of codes, one more than values
}

const (
	maxMemo   = 1 << 20 // most elements of group
	maxWindow = 1 << 20 // widest window of integers
)

// codes returns the number of every row of keys (of the selected rows at least), or nil
// when the columns have no small codes.
func (m *memo) codes(keys []vec.Vec, n int, sel []uint64, a *arena.Arena) []uint32 {
	m.rows += n
	limit := min(maxMemo, 4*max(m.rows, 256))
	if m.cols == nil {
		m.cols = make([]codeColumn, len(keys))
	}
	total := m.number(keys, n, sel, true, limit)
	if total == 0 && len(keys) > 1 {
		total = m.number(keys, n, sel, false, limit)
	}
	if total == 0 {
		return nil
	}
	if m.group == nil {
		m.group = make([]uint32, total)
	}
	out := arena.Make[uint32](a, n)
	mark := a.Mark()
	for k := range keys {
		m.addCodes(&m.cols[k], &keys[k], n, k == 0, out, a)
		a.Release(mark)
	}
	return out
}

// number gives the columns of keys codes and returns how many numbers they make, 0 where these are none or more than
// limit. whole gives columns of stored codes all that they may have.
func (m *memo) number(keys []vec.Vec, n int, sel []uint64, whole bool, limit int) int {
	total := 1
	for k := range keys {
		now, ok := codeColumnOf(&keys[k], m.cols[k], n, sel, whole)
		if !ok || now.size > limit {
			return 0
		}
		if total *= now.size; total > limit {
			return 0
		}
		if now != m.cols[k] {
			m.cols[k], m.group, m.known = now, nil, 0
		}
	}
	return total
}

// codeColumnOf returns the meaning of the codes of v; old is that of the batch before,
// which is kept where it fits. whole is for stored codes all that they may have, not those that v has.
func codeColumnOf(v *vec.Vec, old codeColumn, n int, sel []uint64, whole bool) (codeColumn, bool) {
	switch v.Form {
	case vec.Dict:
		return codeColumn{dict: v.Dict, size: v.Dict.Values.N + 1}, true
	case vec.Narrow:
		switch {
		case v.Width > 2:
			return windowOfCodes(v, sel, old)
		case !whole:
			return windowOfStored(v, old)
		}
		return codeColumn{base: v.Base, size: 1<<(8*v.Width) + 1}, true
	case vec.Const:
		return codeColumn{}, false
	}
	switch v.Type.Class() {
	case types.Bits:
		return codeColumn{size: 3}, true
	case types.I16:
		return windowOfInts(vec.Of[int16](v)[:n], v.Valid, sel, old)
	case types.I32:
		return windowOfInts(vec.Of[int32](v)[:n], v.Valid, sel, old)
	case types.I64:
		return windowOfInts(vec.Of[int64](v)[:n], v.Valid, sel, old)
	}
	return codeColumn{}, false
}

// windowOfCodes is windowOfInts for codes of four bytes.
func windowOfCodes(v *vec.Vec, sel []uint64, old codeColumn) (codeColumn, bool) {
	rows := sel
	if v.Valid != nil {
		rows = make([]uint64, vec.Words(v.N))
		fillMask(rows, v.N)
		kernel.And(rows, rows, v.Valid)
		if sel != nil {
			kernel.And(rows, rows, sel)
		}
	}
	codes := vec.Of[uint32](v)[:v.N]
	var lo, hi uint32
	ok := len(codes) > 0
	switch {
	case rows != nil:
		lo, hi, ok = kernel.MinMaxMask(codes, rows)
	case ok:
		lo, hi = kernel.MinMax(codes)
	}
	return window(v.Base+int64(lo), v.Base+int64(hi), ok, old)
}

// windowOfStored returns a window that holds the codes of one or two bytes of all rows: several columns of such codes
// make fewer numbers by what they have than by what they may have.
func windowOfStored(v *vec.Vec, old codeColumn) (codeColumn, bool) {
	if v.N == 0 {
		return window(0, 0, false, old)
	}
	var lo, hi int64
	if v.Width == 1 {
		l, h := kernel.MinMax(vec.Of[uint8](v)[:v.N])
		lo, hi = int64(l), int64(h)
	} else {
		l, h := kernel.MinMax(vec.Of[uint16](v)[:v.N])
		lo, hi = int64(l), int64(h)
	}
	return window(v.Base+lo, v.Base+hi, true, old)
}

// windowOfInts returns a window that holds xs, old where it does.
func windowOfInts[T int16 | int32 | int64](xs []T, valid, sel []uint64, old codeColumn) (codeColumn, bool) {
	if valid == nil && sel != nil && len(xs) > 0 { // mostly all rows fit, those that are not selected, too
		if lo, hi := kernel.MinMax(xs); old.holds(int64(lo), int64(hi)) {
			return old, true
		}
	}
	lo, hi, ok := minMax(xs, valid, sel)
	return window(int64(lo), int64(hi), ok, old)
}

// holds reports whether c is a window that holds lo to hi.
func (c *codeColumn) holds(lo, hi int64) bool {
	if c.size == 0 || c.dict != nil {
		return false
	}
	top := uint64(c.size - 2)
	return uint64(lo-c.base) <= top && uint64(hi-c.base) <= top
}

// window returns a window that holds lo to hi, if ok says that there are values: old where
// it does.
func window(lo, hi int64, ok bool, old codeColumn) (codeColumn, bool) {
	if !ok {
		return codeColumn{size: max(old.size, 2), base: old.base}, true
	}
	if old.holds(lo, hi) {
		return old, true
	}
	if old.size > 0 && old.dict == nil {
		top := uint64(old.size - 2)
		lo, hi = min(lo, old.base), max(hi, old.base+int64(min(top, uint64(math.MaxInt64-old.base))))
	}
	span := uint64(hi) - uint64(lo)
	if span >= maxWindow {
		return codeColumn{}, false
	}
	// A base that is a round number leaves room below: the next batch's least value does
	// not move the window.
	size, base := int64(64), lo&^31
	for uint64(hi)-uint64(base) >= uint64(size) {
		size *= 2
		base = lo &^ (size/2 - 1)
	}
	return codeColumn{base: base, size: int(size) + 1}, true
}

// minMax returns the least and greatest selected value that is not NULL.
func minMax[T int16 | int32 | int64](xs []T, valid, sel []uint64) (lo, hi T, ok bool) {
	if valid == nil && sel == nil {
		if len(xs) == 0 {
			return 0, 0, false
		}
		lo, hi = kernel.MinMax(xs)
		return lo, hi, true
	}
	if valid == nil {
		return kernel.MinMaxMask(xs, sel)
	}
	for i, x := range xs {
		if bit(valid, i) == 0 || sel != nil && bit(sel, i) == 0 {
			continue
		}
		if !ok {
			lo, hi, ok = x, x, true
		}
		lo, hi = min(lo, x), max(hi, x)
	}
	return lo, hi, ok
}

// addCodes multiplies out by the codes of the column and adds v's, or sets them for the
// first column. Codes of rows that are not selected are clamped into range.
func (m *memo) addCodes(c *codeColumn, v *vec.Vec, n int, first bool, out []uint32, a *arena.Arena) {
	if v.Valid == nil && (v.Form == vec.Dict || v.Form == vec.Narrow && v.Width <= 2) {
		addStored(c, v, first, out)
		return
	}
	size, top := uint32(c.size), uint32(c.size-1)
	if first {
		size = 0
	}
	if v.Valid == nil && v.Form != vec.Dict {
		switch class := v.Type.Class(); {
		case v.Form == vec.Narrow:
			kernel.AddOffsets(out, size, vec.Of[uint32](v), c.base-v.Base, top)
			return
		case class == types.I16:
			kernel.AddOffsets(out, size, vec.Of[int16](v), c.base, top)
			return
		case class == types.I32:
			kernel.AddOffsets(out, size, vec.Of[int32](v), c.base, top)
			return
		case class == types.I64:
			kernel.AddOffsets(out, size, vec.Of[int64](v), c.base, top)
			return
		}
	}
	codes := arena.Make[int32](a, n)
	switch {
	case v.Form == vec.Narrow && v.Width > 2:
		codeOffsets(vec.Of[uint32](v), v.Base, c, codes)
	case v.Form == vec.Dict || v.Form == vec.Narrow:
		codesInto(v, nil, codes)
		if shift := int32(c.shift(v)); shift != 0 {
			for i := range codes {
				codes[i] += shift
			}
		}
	case v.Type.Class() == types.Bits:
		b := a.Alloc(n)
		boolsInto(v, nil, b)
		for i, x := range b {
			codes[i] = int32(x)
		}
	case v.Type.Class() == types.I16:
		offsets(vec.Of[int16](v), c, codes)
	case v.Type.Class() == types.I32:
		offsets(vec.Of[int32](v), c, codes)
	default:
		offsets(vec.Of[int64](v), c, codes)
	}
	if v.Valid != nil {
		for i := range codes {
			if bit(v.Valid, i) == 0 {
				codes[i] = int32(c.size - 1)
			}
		}
	}
	if first {
		for i, x := range codes {
			out[i] = uint32(x)
		}
		return
	}
	for i, x := range codes {
		out[i] = out[i]*size + uint32(x)
	}
}

// addStored is addCodes for stored codes without NULLs.
func addStored(c *codeColumn, v *vec.Vec, first bool, out []uint32) {
	size := uint32(c.size)
	if first {
		size = 0
	}
	switch v.Width {
	case 1:
		kernel.AddCodes(out, size, vec.Of[uint8](v))
	case 2:
		kernel.AddCodes(out, size, vec.Of[uint16](v))
	default:
		kernel.AddCodes(out, size, vec.Of[uint32](v))
	}
	if shift := uint32(c.shift(v)); shift != 0 {
		for i := range out {
			out[i] += shift
		}
	}
}

// shift is what is added to the stored codes of v.
func (c *codeColumn) shift(v *vec.Vec) int64 {
	if v.Form == vec.Dict {
		return 0
	}
	return v.Base - c.base
}

// offsets writes the distance of xs from the base of their window.
func offsets[T int16 | int32 | int64](xs []T, c *codeColumn, out []int32) {
	top := uint64(c.size - 1)
	for i, x := range xs[:len(out)] {
		out[i] = int32(min(uint64(int64(x)-c.base), top))
	}
}

// codeOffsets is offsets for codes of four bytes.
func codeOffsets(xs []uint32, base int64, c *codeColumn, out []int32) {
	top, shift := uint64(c.size-1), base-c.base
	for i, x := range xs[:len(out)] {
		out[i] = int32(min(uint64(int64(x)+shift), top))
	}
}

// learn sets the group of a code to slot-1.
func (m *memo) learn(code, slot uint32) {
	if m.group[code] == 0 {
		m.known++
	}
	m.group[code] = slot
}

// exact reports whether the codes are the distances of the table's keys from a base, so that a
// code and its key are one to one.
func (m *memo) exact(t *groupTable) bool {
	return t.codec.apart() && m.cols[0].dict == nil
}

// recall gives a memo that knows no group those of the table, if it is exact.
func (m *memo) recall(t *groupTable) {
	c := &m.cols[0]
	if !m.exact(t) || t.n > 2*c.size {
		return
	}
	for g, key := range t.keys[:t.n] {
		code := key - uint64(c.base)
		if g == t.null {
			code = uint64(c.size - 1)
		} else if code >= uint64(c.size-1) {
			continue
		}
		m.learn(uint32(code), uint32(g)+1)
	}
}
