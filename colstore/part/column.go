package part

import (
	"driftdb/internal/bitpack"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// columnWriter gathers the values of one column. The rows of the current group are staged as
// they came, flat; a full group is encoded as small as it goes by itself. What the
// whole part stores is decided at the end (finalForm).
type columnWriter struct {
	spec   ColumnSpec
	class  types.Class
	mem    *sharedArena
	rows   int      // of all groups, the staged ones included
	n      int      // staged rows
	nulls  int      // staged NULLs
	room   int      // rows the staging buffers hold
	fixed  []byte   // staged values, unless the class is Bytes
	valid  []uint64 // staged validity, meaningful when nulls > 0
	text   *textStage
	groups []encoded
	seen   sketch // of the whole part

	mayPack bool // the part may store the column packed
}

// encoded is one row group of a column as columnWriter keeps it.
type encoded struct {
	n     int
	valid []uint64 // nil: no NULLs
	width int      // integers: bytes of one stored integer, 0 when all are base; codes: of one, 1 or 2
	base  int64    // integers with a width less than the class's size
	unit  uint64   // integers: all differ from the least by multiples of it
	data  []byte   // integers, bits, floats, spans; dictionary codes
	coded bool     // data are codes of the text stage's dictionary
	offs  []int32  // strings that are not coded
	heap  []byte
	stats Stats

	packed bool // integers: data are packed as packing says
}

func newColumnWriter(spec ColumnSpec, mem *sharedArena) *columnWriter {
	c := &columnWriter{spec: spec, class: spec.Type.Class(), mem: mem}
	if c.class == types.Bytes {
		c.text = newTextStage(mem)
	}
	return c
}

// append stages the given rows of v; they fit into the group.
func (c *columnWriter) append(v *vec.Vec, r rows) error {
	if v.Type.Class() != c.class {
		return dberr.Bug("part: column %q is %s, the vector is %s", c.spec.Name, c.spec.Type, v.Type)
	}
	if v.Form == vec.Packed {
		flat := *v
		flat.Unpack(vec.BytesOf(make([]uint64, (v.UnpackedSize()+7)/8)))
		v = &flat
	}
	c.reserve(c.n + r.n)
	nulls := c.appendValid(v, r)
	if v.Form == vec.Const {
		c.appendConst(v, r.n)
	} else {
		c.appendForm(v, r, nulls > 0)
	}
	c.n, c.nulls, c.rows = c.n+r.n, c.nulls+nulls, c.rows+r.n
	if c.text != nil && c.text.over {
		return dberr.Newf(dberr.ProgramLimitExceeded,
			"column %q has more than %d bytes of text in %d rows", c.spec.Name, maxHeapBytes, c.n)
	}
	return nil
}

// reserve makes the staging buffers hold n rows.
func (c *columnWriter) reserve(n int) {
	if n <= c.room {
		return
	}
	room := min(bitpack.Rounded(max(n, 4*c.room, 1024)), MaxGroupRows)
	valid := makeOf[uint64](c.mem, vec.Words(room))
	copy(valid, c.valid)
	c.valid = valid
	if c.text != nil {
		c.text.reserve(room)
	} else {
		fixed := c.mem.alloc(dataBytes(c.class, room))
		copy(fixed, c.fixed)
		c.fixed = fixed
	}
	c.room = room
}

// dataBytes returns the bytes of n flat values of a class other than Bytes.
func dataBytes(class types.Class, n int) int {
	if class == types.Bits {
		return vec.Words(n) * 8
	}
	return n * class.Size()
}

// appendValid stages the validity of the rows and returns how many are NULL.
func (c *columnWriter) appendValid(v *vec.Vec, r rows) int {
	switch {
	case v.Valid == nil:
		setBits(c.valid, c.n, r.n)
		return 0
	case v.Form == vec.Const:
		if v.IsNull(0) {
			for i := range r.n {
				putBit(c.valid, c.n+i, 0)
			}
			return r.n
		}
		setBits(c.valid, c.n, r.n)
		return 0
	case r.idx == nil:
		copyBits(c.valid, c.n, v.Valid, r.lo, r.n)
		return r.n - (countOnes(c.valid, c.n+r.n) - countOnes(c.valid, c.n))
	}
	ones := 0
	for i, j := range r.idx {
		b := v.Valid[j>>6] >> (uint(j) & 63) & 1
		putBit(c.valid, c.n+i, b)
		ones += int(b)
	}
	return r.n - ones
}

func (c *columnWriter) appendConst(v *vec.Vec, n int) {
	null := v.IsNull(0)
	switch c.class {
	case types.Bytes:
		c.text.appendSame(v, n, null)
	case types.Bits:
		b := uint64(0)
		if !null {
			b = uint64(v.Int(0))
		}
		for i := range n {
			putBit(vec.Cast[uint64](c.fixed), c.n+i, b)
		}
	default:
		c.appendConstFixed(v, n, null)
	}
}

func (c *columnWriter) appendConstFixed(v *vec.Vec, n int, null bool) {
	size := c.class.Size()
	dst := c.fixed[c.n*size : (c.n+n)*size]
	switch {
	case null:
		clear(dst)
	case size == 2:
		fill(vec.Cast[uint16](dst), vec.Of[uint16](v)[0])
	case size == 4:
		fill(vec.Cast[uint32](dst), vec.Of[uint32](v)[0])
	case size == 8:
		fill(vec.Cast[uint64](dst), vec.Of[uint64](v)[0])
	default:
		fill(vec.Cast[span](dst), vec.Of[span](v)[0])
	}
}

// appendForm stages rows of a vector that is not Const.
func (c *columnWriter) appendForm(v *vec.Vec, r rows, nulls bool) {
	switch c.class {
	case types.Bytes:
		c.text.append(v, r, nulls)
	case types.Bits:
		c.appendBits(v, r)
	case types.I16:
		appendInts(vec.Cast[int16](c.fixed)[c.n:], v, r)
	case types.I32:
		appendInts(vec.Cast[int32](c.fixed)[c.n:], v, r)
	case types.I64:
		appendInts(vec.Cast[int64](c.fixed)[c.n:], v, r)
	case types.F32:
		appendCells[uint32](c.fixed[c.n*4:], v, r)
	case types.F64:
		appendCells[uint64](c.fixed[c.n*8:], v, r)
	case types.Span:
		appendCells[span](c.fixed[c.n*16:], v, r)
	}
}

func (c *columnWriter) appendBits(v *vec.Vec, r rows) {
	dst := vec.Cast[uint64](c.fixed)
	if v.Form == vec.Flat && r.idx == nil {
		for i := range r.n {
			j := r.lo + i
			putBit(dst, c.n+i, uint64(v.Data[j>>3]>>(uint(j)&7)&1))
		}
		return
	}
	for i := range r.n {
		j := r.lo + i
		if r.idx != nil {
			j = int(r.idx[i])
		}
		putBit(dst, c.n+i, uint64(v.Int(j)&1))
	}
}

func appendInts[T signed](dst []T, v *vec.Vec, r rows) {
	switch {
	case v.Form == vec.Flat && r.idx == nil:
		copy(dst, vec.Of[T](v)[r.lo:r.lo+r.n])
	case v.Form == vec.Flat:
		src := vec.Of[T](v)
		for i, j := range r.idx {
			dst[i] = src[j]
		}
	case v.Form == vec.Dict:
		for i := range r.n {
			j := r.lo + i
			if r.idx != nil {
				j = int(r.idx[i])
			}
			dst[i] = T(v.Int(j))
		}
	case v.Width == 1:
		widenRows(dst, v.Data, v.Base, r)
	case v.Width == 2:
		widenRows(dst, vec.Of[uint16](v), v.Base, r)
	default:
		widenRows(dst, vec.Of[uint32](v), v.Base, r)
	}
}

func appendCells[T cell](dst []byte, v *vec.Vec, r rows) {
	out := vec.Cast[T](dst)
	switch {
	case v.Form == vec.Flat:
		copyRows(out, vec.Of[T](v), r)
	case v.Width == 1:
		lookupRows(out, vec.Of[T](&v.Dict.Values), v.Data, r)
	case v.Width == 2:
		lookupRows(out, vec.Of[T](&v.Dict.Values), vec.Of[uint16](v), r)
	default:
		lookupRows(out, vec.Of[T](&v.Dict.Values), vec.Of[uint32](v), r)
	}
}

// endGroup encodes the staged rows as a group.
func (c *columnWriter) endGroup() {
	e := encoded{n: c.n}
	if c.nulls > 0 {
		e.valid = makeOf[uint64](c.mem, vec.Words(c.n))
		copy(e.valid, c.valid)
		trimBits(e.valid, c.n)
	}
	e.stats = Stats{Nulls: c.nulls, Rows: c.n}
	if c.nulls < c.n {
		c.encode(&e)
	}
	c.groups = append(c.groups, e)
	c.n, c.nulls = 0, 0
	if c.text != nil {
		c.text.clear()
	}
}

func (c *columnWriter) encode(e *encoded) {
	switch c.class {
	case types.Bytes:
		c.encodeText(e)
	case types.Bits:
		c.encodeBits(e)
	case types.I16:
		encodeInts[int16](c, e)
	case types.I32:
		encodeInts[int32](c, e)
	case types.I64:
		encodeInts[int64](c, e)
	case types.F32:
		encodeFloats[float32](c, e)
	case types.F64:
		encodeFloats[float64](c, e)
	case types.Span:
		c.encodeSpans(e)
	}
}
