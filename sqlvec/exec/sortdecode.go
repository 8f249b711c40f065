package exec

import (
	"encoding/binary"
	"math/bits"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// keyDecoder reads a column from sorted keys, one after another, where a store would be read in
// random order.
type keyDecoder struct {
	segment
	typ   types.Type
	shift uint   // of the segment in the key
	nulls *uint  // shift of the segment that says what is NULL, nil for none
	null  uint64 // its bit of a NULL
}

// fewToGather are rows that a cache holds, wherever they are.
const fewToGather = 256

// decoders returns those of the columns to read that the only level holds as a whole, nil where there
// are more levels or no such columns.
func (so *sorter) decoders(read []bool) map[int]keyDecoder {
	if len(so.levels) != 1 || so.levels[0].text || so.s.rows <= fewToGather {
		return nil
	}
	var list map[int]keyDecoder
	segs, shift := so.levels[0].segs, uint(0)
	for k := len(segs) - 1; k >= 0; k-- {
		g, at := segs[k], shift
		shift += g.bits
		d := keyDecoder{segment: g, typ: so.s.types[g.column], shift: at}
		class := d.typ.Class()
		if g.column >= len(read) || !read[g.column] || g.kind == nullSegment || !g.packed && (class < types.I16 || class > types.I64) {
			continue
		}
		if so.s.nulls[g.column] {
			n := shift // the segment before
			d.nulls, d.null = &n, segs[k-1].null
		}
		if list == nil {
			list = map[int]keyDecoder{}
		}
		list[g.column] = d
	}
	return list
}

// decode returns the values of the keys as a vector in a.
func (d *keyDecoder) decode(keys []entry, a *arena.Arena) vec.Vec {
	out := vec.Vec{Type: d.typ, N: len(keys)}
	if d.nulls != nil {
		out.Valid = arena.MakeZero[uint64](a, vec.Words(len(keys)))
		for i := range keys {
			out.Valid[i>>6] |= (keys[i].key>>*d.nulls&1 ^ d.null) << (uint(i) & 63)
		}
	}
	switch d.typ.Class() {
	case types.I16:
		out.Data = decodeOrder[int16](d, keys, a)
	case types.I32:
		out.Data = decodeOrder[int32](d, keys, a)
	case types.I64:
		out.Data = decodeOrder[int64](d, keys, a)
	default:
		d.decodeTexts(&out, keys, a)
	}
	return out
}

// decodeOrder decodes integers.
func decodeOrder[T int16 | int32 | int64](d *keyDecoder, keys []entry, a *arena.Arena) []byte {
	out := arena.Make[T](a, len(keys))
	shift, mask, base, desc := d.shift, d.mask(), d.base, uint64(0)
	if d.desc {
		desc = ^uint64(0)
	}
	for i := range out {
		n := keys[i].key >> shift & mask
		out[i] = T((base + (n ^ desc - desc)) ^ 1<<63) // base ± n
	}
	return vec.BytesOf(out)
}

// decodeTexts decodes packed strings.
func (d *keyDecoder) decodeTexts(out *vec.Vec, keys []entry, a *arena.Arena) {
	offs := arena.Make[int32](a, len(keys)+1)
	data := a.Alloc(len(keys)*(d.from+8) + 8)
	prefix := d.prefix.appendTo(make([]byte, 0, d.from+8))[:d.from]
	var start uint64
	if d.from <= 8 {
		var b [8]byte
		copy(b[:], prefix)
		start = binary.LittleEndian.Uint64(b[:])
	}
	flip := uint64(0)
	if d.desc {
		flip = d.mask()
	}
	at := 0
	for i := range keys {
		offs[i] = int32(at)
		if out.Valid != nil && bit(out.Valid, i) == 0 {
			continue
		}
		if d.from <= 8 {
			binary.LittleEndian.PutUint64(data[at:], start)
		} else {
			copy(data[at:], prefix)
		}
		w := d.unpack(keys[i].key>>d.shift&d.mask() ^ flip)
		binary.BigEndian.PutUint64(data[at+d.from:], w)
		at += d.from + 8 - bits.TrailingZeros64(w)/8
	}
	offs[len(keys)] = int32(at)
	out.Offs, out.Heap = offs, data[:at]
}
