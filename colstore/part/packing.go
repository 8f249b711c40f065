package part

import (
	"math/bits"

	"driftdb/internal/binfmt"
	"driftdb/internal/bitpack"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// minPackedRows is the rows of a part below which nothing is packed: padding would take what it saves.
const minPackedRows = 1024

// maxPackedUnit is the greatest unit. A day of microseconds is less.
const maxPackedUnit = 1 << 40

// packing says how a packed group is stored: as (value - least) / unit in so many bits. Codes have the
// least 0 and the unit 1.
type packing struct {
	bits  int
	least int64
	unit  uint64
}

// size returns the bytes of n numbers, and of texts those that say where each block of their lengths begins.
func (k *packing) size(n int, enc Encoding) int {
	size := bitpack.Size(n, k.bits)
	if enc == PackedText {
		size += 4 * blocksOf(n)
	}
	return size
}

// blocksOf returns the blocks of n numbers.
func blocksOf(n int) int { return bitpack.Rounded(n) / bitpack.BlockRows }

// vector returns how a vector of the form shows the group.
func (k *packing) vector(f form) *vec.Packing {
	return &vec.Packing{Bits: k.bits, Mul: k.unit, Add: uint64(k.least) - uint64(f.base)}
}

// packedForm returns the form that packs what f stores where that saves three eighths of the bytes, else f.
// Unpacking takes time, and for less it would not be worth that.
func (c *columnWriter) packedForm(f form) form {
	to := form{enc: Packed, width: f.width, base: f.base}
	switch {
	case c.rows < minPackedRows:
		return f
	case f.enc == Coded:
		to.enc = PackedCodes
	case f.enc == Plain && isInt(c.class):
		to.width = c.class.Size()
	case f.enc == Plain && c.class == types.Bytes:
		to.enc, to.width = PackedText, 4
		c.uncode()
	case f.enc != Offset:
		return f
	}
	before, after := 0, 0
	for g := range c.groups {
		k, ok := c.packingOf(&c.groups[g], to)
		if !ok {
			return f
		}
		before += c.groups[g].n * to.width
		after += k.size(c.groups[g].n, to.enc)
	}
	if 8*after > 5*before {
		return f
	}
	return to
}

// packingOf returns how a group is packed in the form f; ok is false where it takes too many bits.
func (c *columnWriter) packingOf(e *encoded, f form) (k packing, ok bool) {
	switch {
	case e.stats.Nulls == e.n:
		k = packing{least: f.base, unit: 1}
	case f.enc == PackedCodes:
		k = packing{bits: bits.Len(uint(c.text.dict.len() - 1)), unit: 1}
	case f.enc == PackedText:
		k = lengthsOf(e.offs)
	default:
		k = e.packing()
	}
	return k, k.bits <= bitpack.MaxBitsOf(f.width)
}

// packing returns how a group of integers that has a value is packed.
func (e *encoded) packing() packing {
	lo, hi := e.stats.Min.I, e.stats.Max.I
	return packing{bits: bits.Len64((uint64(hi) - uint64(lo)) / e.unit), least: lo, unit: e.unit}
}

// commonUnit returns the greatest number, up to maxPackedUnit, that all differences from the least value
// are multiples of.
func commonUnit[T signed](s []T, least T) uint64 {
	unit := uint64(0)
	for _, v := range s {
		d := uint64(int64(v) - int64(least))
		if unit != 0 && d%unit == 0 {
			continue
		}
		for d != 0 {
			unit, d = d, unit%d
		}
		if unit == 1 {
			return 1
		}
	}
	if unit == 0 || unit > maxPackedUnit {
		return 1
	}
	return unit
}

// packInts returns the packed integers of a group that has a value.
func (c *columnWriter) packInts(e *encoded, k packing) []byte {
	if e.packed {
		return e.data
	}
	dst := c.mem.alloc(bitpack.Size(e.n, k.bits))
	rest := uint64(k.least) - uint64(e.base)
	switch raw := e.width == c.class.Size(); {
	case k.bits == 0:
	case e.width == 1:
		bitpack.Pack(dst, e.data, rest, k.unit, k.bits)
	case e.width == 2 && raw:
		bitpack.Pack(dst, vec.Cast[int16](e.data), rest, k.unit, k.bits)
	case e.width == 2:
		bitpack.Pack(dst, vec.Cast[uint16](e.data), rest, k.unit, k.bits)
	case e.width == 4 && raw:
		bitpack.Pack(dst, vec.Cast[int32](e.data), rest, k.unit, k.bits)
	case e.width == 4:
		bitpack.Pack(dst, vec.Cast[uint32](e.data), rest, k.unit, k.bits)
	default:
		bitpack.Pack(dst, vec.Cast[int64](e.data), rest, k.unit, k.bits)
	}
	return dst
}

// lengthsOf returns how the lengths of strings are packed.
func lengthsOf(offs []int32) packing {
	least, most := offs[1], int32(0)
	for i, off := range offs[1:] {
		least, most = min(least, off-offs[i]), max(most, off-offs[i])
	}
	return packing{bits: bits.Len32(uint32(most - least)), least: int64(least), unit: 1}
}

// packLengths returns the packed lengths of a group's strings, and where those of each block begin.
func (c *columnWriter) packLengths(e *encoded, k packing) []byte {
	dst := c.mem.allocZero(k.size(e.n, PackedText))
	if e.stats.Nulls == e.n {
		return dst
	}
	lengths := c.text.offs // nothing is staged any more
	if len(lengths) < e.n {
		lengths = makeOf[int32](c.mem, e.n)
	}
	lengths = lengths[:e.n]
	for i, off := range e.offs[1:] {
		lengths[i] = off - e.offs[i]
	}
	size := bitpack.Size(e.n, k.bits)
	bitpack.Pack(dst[:size], lengths, uint64(k.least), 1, k.bits)
	starts := vec.Cast[int32](dst[size:])
	for i := range starts {
		starts[i] = e.offs[i*bitpack.BlockRows]
	}
	return dst
}

// packCodes returns the packed places of a group's codes in the sorted dictionary, over the codes where
// they have the room.
func (c *columnWriter) packCodes(e *encoded, k packing, rank []uint16) []byte {
	if k.bits == 0 {
		return nil
	}
	places := c.text.codes[:e.n] // nothing is staged any more
	if e.width == 1 {
		placesOf(places, e.data, rank)
	} else {
		placesOf(places, vec.Cast[uint16](e.data), rank)
	}
	dst, size := e.data, bitpack.Size(e.n, k.bits)
	if size > len(dst) {
		dst = c.mem.alloc(size)
	}
	dst = dst[:size:size]
	bitpack.Pack(dst, places, 0, 1, k.bits)
	return dst
}

// placesOf sets dst to the ranks of the codes.
func placesOf[D, S uint8 | uint16](dst []D, codes []S, rank []uint16) {
	dst = dst[:len(codes)]
	for i, code := range codes {
		dst[i] = D(rank[code])
	}
}

// encode writes what the footer says of a packed group.
func (k *packing) encode(w *binfmt.Writer, f form) {
	if !f.enc.packed() {
		return
	}
	w.U8(uint8(k.bits))
	switch f.enc {
	case Packed:
		w.I64(k.least)
		w.U64(k.unit)
	case PackedText:
		w.U32(uint32(k.least))
	}
}

// decode reads what encode wrote.
func (k *packing) decode(r *binfmt.Reader, c *columnMeta) {
	if !c.form.enc.packed() {
		return
	}
	k.bits, k.unit = int(r.U8()), 1
	most := bitpack.MaxBitsOf(c.form.width)
	switch c.form.enc {
	case Packed:
		k.least, k.unit = r.I64(), r.U64()
	case PackedText:
		k.least = int64(r.U32())
		r.Check(k.least <= maxHeapBytes, "column %d: texts of %d bytes", c.spec.ID, k.least)
	}
	r.Check(k.bits <= most && k.unit >= 1 && k.unit <= maxPackedUnit, "column %d: %d bits and unit %d", c.spec.ID, k.bits, k.unit)
	if r.Err() != nil {
		k.bits = 0
	}
}
