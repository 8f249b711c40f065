package part

import (
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Encoding is how a part stores all values of one column. The numbers are on disk.
type Encoding uint8

// The encodings.
const (
	AllNull Encoding = 0 // no value at all; nothing is stored
	Plain   Encoding = 1 // values of the class
	Offset  Encoding = 2 // unsigned integers of 1, 2 or 4 bytes; value = base + integer
	Coded   Encoding = 3 // codes of 1 or 2 bytes into a dictionary of the part

	// The packed ones have no buffers that Arrow knows. What they stand for, and how they are read, is as if
	// the column were Offset or Plain, or Coded; each group has a count of bits of its own.
	Packed      Encoding = 4 // integers; value = least of the group + unit × integer
	PackedCodes Encoding = 5 // codes
	PackedText  Encoding = 6 // lengths of strings, and where those of each block of 64 begin
)

func (e Encoding) String() string {
	return [...]string{"all NULL", "plain", "offset", "dictionary", "packed", "packed dictionary", "packed lengths"}[e]
}

// packed reports whether the buffers are packed.
func (e Encoding) packed() bool { return e == Packed || e == PackedCodes || e == PackedText }

// version returns the first version of the format that has the encoding.
func (e Encoding) version() uint32 {
	switch e {
	case Packed, PackedCodes:
		return versionPacked
	case PackedText:
		return versionLengths
	}
	return versionFirst
}

// coded reports whether there is a dictionary.
func (e Encoding) coded() bool { return e == Coded || e == PackedCodes }

// form is the encoding of one column of a part.
type form struct {
	enc   Encoding
	width int   // Offset, Coded: bytes of one stored integer; packed: of one that is read, also 8
	base  int64 // Offset, Packed of fewer bytes than 8: of what is read
}

// body is one chunk as it is written: its rows, which indexes are built of, and the buffers behind them.
type body struct {
	vec  vec.Vec
	bufs [3][]byte // validity, data or offsets or lengths, string bytes; not padded
	pack packing   // of packed forms
}

// finalForm decides how the part stores the column, from all its groups.
func (c *columnWriter) finalForm() form {
	if c.notNull() == 0 {
		return form{enc: AllNull}
	}
	switch c.class {
	case types.I16, types.I32, types.I64:
		lo, hi := c.intBounds()
		width := max(widthFor(lo, hi), 1)
		if width < c.class.Size() {
			return form{enc: Offset, width: width, base: lo}
		}
	case types.Bytes:
		if d := c.text.dict.len(); !c.text.flat && c.rows >= minDictRows && d <= c.rows/4 {
			return form{enc: Coded, width: max(widthFor(0, int64(d-1)), 1)}
		}
	}
	return form{enc: Plain}
}

// notNull returns the number of values.
func (c *columnWriter) notNull() int {
	n := 0
	for i := range c.groups {
		n += c.groups[i].n - c.groups[i].stats.Nulls
	}
	return n
}

// intBounds returns the least and the greatest integer; there is one.
func (c *columnWriter) intBounds() (lo, hi int64) {
	first := true
	for i := range c.groups {
		s := &c.groups[i].stats
		if !s.Valid {
			continue
		}
		if first {
			lo, hi, first = s.Min.I, s.Max.I, false
		}
		lo, hi = min(lo, s.Min.I), max(hi, s.Max.I)
	}
	return lo, hi
}

// finish encodes all groups in the form f. dict is nil unless there is one. Packed bodies have no vectors.
func (c *columnWriter) finish(f form) (bodies []body, dict *vec.Dictionary) {
	var rank []uint16
	if f.enc.coded() {
		dict, rank = c.finishDict()
	} else if c.text != nil {
		c.uncode() // packedForm has, too, where columns may be packed
	}
	bodies = make([]body, len(c.groups))
	for g := range c.groups {
		e, b := &c.groups[g], &bodies[g]
		if f.enc == AllNull {
			b.vec = nullVector(c.spec.Type, e.n)
			continue
		}
		b.vec = vec.Vec{Type: c.spec.Type, N: e.n, Valid: e.valid}
		b.bufs[0] = vec.BytesOf(e.valid)
		if f.enc.packed() {
			c.finishPacked(e, b, f, rank)
			continue
		}
		switch {
		case f.enc == Coded:
			c.finishCodes(e, b, f, dict, rank)
		case c.class == types.Bytes:
			c.finishText(e, b)
		default:
			b.bufs[1] = c.finishFixed(e, f)
			b.vec.Data = b.bufs[1]
		}
		if f.enc == Offset {
			b.vec.Form, b.vec.Width, b.vec.Base = vec.Narrow, uint8(f.width), f.base
		}
	}
	return bodies, dict
}

// finishPacked packs a group.
func (c *columnWriter) finishPacked(e *encoded, b *body, f form, rank []uint16) {
	b.pack, _ = c.packingOf(e, f)
	switch f.enc {
	case PackedCodes:
		b.bufs[1] = c.packCodes(e, b.pack, rank)
	case PackedText:
		b.bufs[1], b.bufs[2] = c.packLengths(e, b.pack), e.heap
	default:
		b.bufs[1] = c.packInts(e, b.pack)
	}
}

func (c *columnWriter) finishFixed(e *encoded, f form) []byte {
	if e.stats.Nulls == e.n { // nothing was encoded
		n := dataBytes(c.class, e.n)
		if f.enc == Offset {
			n = e.n * f.width
		}
		return c.mem.allocZero(n)
	}
	switch c.class {
	case types.I16:
		return finishInts[int16](c, e, f)
	case types.I32:
		return finishInts[int32](c, e, f)
	case types.I64:
		return finishInts[int64](c, e, f)
	}
	return e.data
}

// finishInts moves a group from its own base and width to the part's, in place where the width stays.
func finishInts[T signed](c *columnWriter, e *encoded, f form) []byte {
	switch {
	case e.packed:
	case f.enc == Plain && e.width == c.class.Size():
		return e.data
	case f.enc == Offset && e.width == f.width:
		rebase(e.data, e.width, e.base-f.base)
		return e.data
	}
	wide := vec.Cast[T](c.fixed)[:e.n] // nothing is staged any more
	loadInts(wide, e)
	if f.enc == Plain {
		return storeInts(c.mem, wide, c.class.Size(), 0)
	}
	return storeInts(c.mem, wide, f.width, f.base)
}

// rebase adds by to all integers of a width.
func rebase(data []byte, width int, by int64) {
	switch {
	case by == 0:
	case width == 1:
		addTo(data, uint8(by))
	case width == 2:
		addTo(vec.Cast[uint16](data), uint16(by))
	default:
		addTo(vec.Cast[uint32](data), uint32(by))
	}
}

func addTo[T code](s []T, by T) {
	for i := range s {
		s[i] += by
	}
}

func (c *columnWriter) finishText(e *encoded, b *body) {
	if e.stats.Nulls == e.n {
		e.offs = makeZero[int32](c.mem, e.n+1)
	}
	b.vec.Offs, b.vec.Heap = e.offs, e.heap
	b.bufs[1], b.bufs[2] = vec.BytesOf(e.offs), e.heap
}

// uncode turns the groups that were kept as codes into strings.
func (c *columnWriter) uncode() {
	for g := range c.groups {
		e := &c.groups[g]
		if !e.coded || e.stats.Nulls == e.n {
			continue
		}
		size, met := 0, make([]bool, c.text.dict.len())
		for i := range e.n {
			if e.valid == nil || bit(e.valid, i) {
				size += len(c.text.dict.value(e.code(i)))
				met[e.code(i)] = true
			}
		}
		e.offs, e.heap = makeOf[int32](c.mem, e.n+1), c.mem.alloc(size)[:0]
		e.offs[0] = 0
		for i := range e.n {
			if e.valid == nil || bit(e.valid, i) {
				e.heap = append(e.heap, c.text.dict.value(e.code(i))...)
			}
			e.offs[i+1] = int32(len(e.heap))
		}
		textStats(c.spec.Type, e)
		e.stats.Distinct = countTrue(met)
		e.coded = false
	}
	for _, h := range c.text.dict.hashes {
		c.seen.add(h)
	}
}

// finishDict sorts the dictionary and makes the statistics of all groups from the codes.
func (c *columnWriter) finishDict() (*vec.Dictionary, []uint16) {
	d := c.text.dict
	order, rank := d.sorted(c.spec.Type)
	offs, heap := makeOf[int32](c.mem, len(order)+1), c.mem.alloc(len(d.heap))[:0]
	offs[0] = 0
	for i, code := range order {
		heap = append(heap, d.value(code)...)
		offs[i+1] = int32(len(heap))
	}
	for _, h := range d.hashes {
		c.seen.add(h)
	}
	for g := range c.groups {
		switch e := &c.groups[g]; {
		case e.stats.Nulls == e.n:
		case e.width == 1:
			codeStats(c, e, e.data, order, rank)
		default:
			codeStats(c, e, vec.Cast[uint16](e.data), order, rank)
		}
	}
	return &vec.Dictionary{Values: vec.FromBytes(c.spec.Type, offs, heap, nil)}, rank
}

// code returns code i of a coded group.
func (e *encoded) code(i int) uint16 {
	if e.width == 1 {
		return uint16(e.data[i])
	}
	return vec.Cast[uint16](e.data)[i]
}

// codeStats makes the statistics of a coded group that has a value.
func codeStats[C uint8 | uint16](c *columnWriter, e *encoded, codes []C, order, rank []uint16) {
	fillNulls(codes, e.valid)
	met := make([]bool, c.text.dict.len())
	for _, code := range codes {
		met[code] = true
	}
	lo, hi := rank[codes[0]], rank[codes[0]]
	for code, is := range met {
		if is {
			lo, hi = min(lo, rank[code]), max(hi, rank[code])
		}
	}
	setTextBounds(&e.stats, c.spec.Type, c.text.dict.value(order[lo]), c.text.dict.value(order[hi]))
	e.stats.Sorted = e.valid == nil && ranksAscend(codes, rank)
	e.stats.Distinct = countTrue(met)
}

// ranksAscend reports whether no code has a lower rank than the one before.
func ranksAscend[C uint8 | uint16](codes []C, rank []uint16) bool {
	last := uint16(0)
	for _, code := range codes {
		if rank[code] < last {
			return false
		}
		last = rank[code]
	}
	return true
}

func countTrue(s []bool) (n int) {
	for _, is := range s {
		n += bool2int(is)
	}
	return n
}

// finishCodes turns the codes of a group into places in the sorted dictionary, in place where their width stays.
func (c *columnWriter) finishCodes(e *encoded, b *body, f form, dict *vec.Dictionary, rank []uint16) {
	dst := e.data
	switch {
	case e.stats.Nulls == e.n:
		dst = c.mem.allocZero(e.n * f.width)
	case f.width == 1:
		placesOf(dst, dst, rank)
	case e.width == 2:
		placesOf(vec.Cast[uint16](dst), vec.Cast[uint16](dst), rank)
	default:
		dst = c.mem.alloc(e.n * f.width)
		placesOf(vec.Cast[uint16](dst), e.data, rank)
	}
	b.vec.Form, b.vec.Width, b.vec.Dict = vec.Dict, uint8(f.width), dict
	b.vec.Data, b.bufs[1] = dst, dst
}
