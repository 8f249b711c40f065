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
		return finishInts[int16](c.mem, e, f)
	case types.I32:
		return finishInts[int32](c.mem, e, f)
	case types.I64:
		return finishInts[int64](c.mem, e, f)
	}
	return e.data
}

// finishInts moves a group from its own base and width to the part's.
func finishInts[T signed](mem *sharedArena, e *encoded, f form) []byte {
	if f.enc == Offset && e.width == f.width && e.base == f.base {
		return e.data
	}
	wide := makeOf[T](mem, e.n)
	loadInts(wide, e)
	if f.enc == Plain {
		return vec.BytesOf(wide)
	}
	dst := mem.alloc(e.n * f.width)
	switch f.width {
	case 1:
		narrow(dst, wide, f.base)
	case 2:
		narrow(vec.Cast[uint16](dst), wide, f.base)
	case 4:
		narrow(vec.Cast[uint32](dst), wide, f.base)
	}
	return dst
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
		codes, size := vec.Cast[uint16](e.data), 0
		for i, code := range codes {
			if e.valid == nil || bit(e.valid, i) {
				size += len(c.text.dict.value(code))
			}
		}
		e.offs, e.heap = makeOf[int32](c.mem, e.n+1), c.mem.alloc(size)[:0]
		e.offs[0] = 0
		for i, code := range codes {
			if e.valid == nil || bit(e.valid, i) {
				e.heap = append(e.heap, c.text.dict.value(code)...)
			}
			e.offs[i+1] = int32(len(e.heap))
		}
		textStats(c.spec.Type, e)
		e.stats.Distinct = c.text.dict.distinct(codes)
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
		if e := &c.groups[g]; e.stats.Nulls < e.n {
			c.codeStats(e, order, rank)
		}
	}
	return &vec.Dictionary{Values: vec.FromBytes(c.spec.Type, offs, heap, nil)}, rank
}

// codeStats makes the statistics of a coded group that has a value.
func (c *columnWriter) codeStats(e *encoded, order, rank []uint16) {
	codes := vec.Cast[uint16](e.data)
	fillNulls(codes, e.valid)
	lo, hi := rank[codes[0]], rank[codes[0]]
	last, sorted := lo, e.valid == nil
	for _, code := range codes {
		r := rank[code]
		lo, hi = min(lo, r), max(hi, r)
		sorted = sorted && r >= last
		last = r
	}
	d := c.text.dict
	setTextBounds(&e.stats, c.spec.Type, d.value(order[lo]), d.value(order[hi]))
	e.stats.Sorted = sorted
	e.stats.Distinct = d.distinct(codes)
}

// distinct counts the different codes.
func (d *dictBuilder) distinct(codes []uint16) int {
	met, n := make([]bool, d.len()), 0
	for _, code := range codes {
		if int(code) < len(met) && !met[code] {
			met[code] = true
			n++
		}
	}
	return n
}

func (c *columnWriter) finishCodes(e *encoded, b *body, f form, dict *vec.Dictionary, rank []uint16) {
	dst := c.mem.alloc(e.n * f.width)
	codes := vec.Cast[uint16](e.data)
	switch {
	case len(codes) == 0: // all NULL
		clear(dst)
	case f.width == 1:
		for i, code := range codes {
			dst[i] = uint8(rank[code])
		}
	default:
		out := vec.Cast[uint16](dst)
		for i, code := range codes {
			out[i] = rank[code]
		}
	}
	b.vec.Form, b.vec.Width, b.vec.Dict = vec.Dict, uint8(f.width), dict
	b.vec.Data, b.bufs[1] = dst, dst
}
