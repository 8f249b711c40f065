package arrowio

import (
	"math"
	"math/big"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// column gathers the values of one column in Arrow layout.
type column struct {
	typ   types.Type
	n     int
	nulls int
	valid []byte // one bit a row, kept for every row
	data  []byte // fixed-width values, or bits
	offs  []int32
	heap  []byte
	text  []byte  // one value being formatted
	elems *column // of arrays
}

func (c *column) reset() {
	c.n, c.nulls = 0, 0
	c.valid, c.data, c.heap = c.valid[:0], c.data[:0], c.heap[:0]
	c.offs = append(c.offs[:0], 0)
	if c.typ.IsArray() {
		if c.elems == nil {
			c.elems = &column{typ: elementType(c.typ)}
		}
		c.elems.reset()
	}
}

// add appends the rows of v that sel selects, all of them when sel is nil.
func (c *column) add(v *vec.Vec, sel []uint64) error {
	if sel == nil && v.Form == vec.Flat && c.n&7 == 0 && c.addWhole(v) {
		return nil
	}
	for i := range v.N {
		if sel != nil && sel[i>>6]>>(uint(i)&63)&1 == 0 {
			continue
		}
		if err := c.addRow(v, i); err != nil {
			return err
		}
	}
	return nil
}

// addWhole appends all of a flat vector by copying its memory, where Arrow's layout is the same.
func (c *column) addWhole(v *vec.Vec) bool {
	size := c.typ.Class().Size()
	switch {
	case isDecimal(c.typ), c.typ.ID == types.Interval, c.typ.ID == types.Numeric, c.typ.ID == types.Bool, c.typ.ID == types.UUID, c.typ.ID == types.Bpchar, c.typ.IsArray():
		return false
	case size > 0:
		c.data = append(c.data, v.Data[:v.N*size]...)
	default:
		base := v.Offs[0]
		shift := int32(len(c.heap)) - base
		c.heap = append(c.heap, v.Heap[base:v.Offs[v.N]]...)
		for _, o := range v.Offs[1 : v.N+1] {
			c.offs = append(c.offs, o+shift)
		}
	}
	c.addValidity(v)
	return true
}

// addValidity appends the validity of all rows of v; c.n is a multiple of 8.
func (c *column) addValidity(v *vec.Vec) {
	for i := 0; i < v.N; i += 8 {
		bits := byte(0xff)
		if v.Valid != nil {
			bits = byte(v.Valid[i>>6] >> (uint(i) & 63))
		}
		if rest := v.N - i; rest < 8 {
			bits &= 1<<rest - 1
		}
		c.valid = append(c.valid, bits)
	}
	if v.Valid != nil {
		for i := range v.N {
			c.nulls += int(^v.Valid[i>>6] >> (uint(i) & 63) & 1)
		}
	}
	c.n += v.N
}

func (c *column) addRow(v *vec.Vec, i int) error {
	null := v.IsNull(i)
	if c.n&7 == 0 {
		c.valid = append(c.valid, 0)
	}
	if null {
		c.nulls++
	} else {
		c.valid[c.n>>3] |= 1 << (c.n & 7)
	}
	err := c.addValue(v, i, null)
	c.n++
	return err
}

// addValue appends the value of row i, or as many bytes of nothing when it is NULL.
func (c *column) addValue(v *vec.Vec, i int, null bool) error {
	switch {
	case isDecimal(c.typ):
		return c.addDecimal(v, i, null)
	case c.typ.ID == types.Bool:
		if c.n&7 == 0 {
			c.data = append(c.data, 0)
		}
		if !null {
			c.data[c.n>>3] |= byte(v.Int(i)) << (c.n & 7)
		}
		return nil
	case c.typ.ID == types.Interval:
		return c.addInterval(v, i, null)
	case c.typ.IsArray():
		return c.addList(v, i, null)
	case c.typ.Class() == types.Bytes:
		c.addText(v, i, null)
		return nil
	}
	c.addFixed(v, i, null)
	return nil
}

func (c *column) addText(v *vec.Vec, i int, null bool) {
	switch {
	case null:
	case c.typ.ID == types.Numeric, c.typ.ID == types.UUID, c.typ.ID == types.Bpchar:
		c.heap = types.Context{}.Append(c.heap, v.Value(i))
	default:
		c.heap = append(c.heap, v.Bytes(i)...)
	}
	c.offs = append(c.offs, int32(len(c.heap)))
}

// addList appends an array.
func (c *column) addList(v *vec.Vec, i int, null bool) error {
	if !null {
		a, err := v.Value(i).Array()
		if err != nil {
			return err
		}
		if len(a.Dims) > 1 {
			return dberr.Newf(dberr.FeatureNotSupported, "an array of %d dimensions has no form in Arrow", len(a.Dims)).
				WithHint("Write the column as text: column::text.")
		}
		for _, e := range a.Elems {
			if e.Valid && c.elems.typ.ID == types.Text && e.Type.ID != types.Text {
				e = types.BytesValue(types.T(types.Text), types.Format(e))
			}
			one := vec.Repeat(e, 1)
			if err := c.elems.addRow(&one, 0); err != nil {
				return err
			}
		}
	}
	c.offs = append(c.offs, int32(c.elems.n))
	return nil
}

func (c *column) addFixed(v *vec.Vec, i int, null bool) {
	var bits uint64
	size := c.typ.Class().Size()
	if !null {
		switch c.typ.Class() {
		case types.F32:
			bits = uint64(math.Float32bits(float32(v.Float(i))))
		case types.F64:
			bits = math.Float64bits(v.Float(i))
		default:
			bits = uint64(v.Int(i))
		}
	}
	for ; size > 0; size-- {
		c.data = append(c.data, byte(bits))
		bits >>= 8
	}
}

// addInterval appends an interval; vectors count microseconds, Arrow nanoseconds.
func (c *column) addInterval(v *vec.Vec, i int, null bool) error {
	var out arrow.MonthDayNanoInterval
	if !null {
		iv := v.Value(i).Iv
		if iv.Micros > math.MaxInt64/1000 || iv.Micros < math.MinInt64/1000 {
			return dberr.New(dberr.NumericValueOutOfRange, "interval out of range for Arrow's nanoseconds")
		}
		out = arrow.MonthDayNanoInterval{Months: iv.Months, Days: iv.Days, Nanoseconds: iv.Micros * 1000}
	}
	c.data = append(c.data, vec.BytesOf([]arrow.MonthDayNanoInterval{out})...)
	return nil
}

func (c *column) addDecimal(v *vec.Vec, i int, null bool) error {
	var out decimal128.Num
	switch {
	case null:
	case c.typ.IsScaled():
		out = decimal128.FromI64(v.Int(i))
	default:
		c.text = types.Context{}.Append(c.text[:0], v.Value(i))
		var err error
		if out, err = parseDecimal(c.text, int(c.typ.Scale)); err != nil {
			return err
		}
	}
	c.data = append(c.data, vec.BytesOf([]decimal128.Num{out})...)
	return nil
}

// parseDecimal reads the text of a NUMERIC whose scale is at most scale as value × 10^scale.
func parseDecimal(text []byte, scale int) (decimal128.Num, error) {
	digits := make([]byte, 0, len(text)+scale)
	point := -1
	for _, ch := range text {
		switch {
		case ch == '.':
			point = len(digits)
		case ch == '-' || ch >= '0' && ch <= '9':
			digits = append(digits, ch)
		default:
			return decimal128.Num{}, dberr.Newf(dberr.NumericValueOutOfRange, "numeric value %s has no Arrow decimal", text)
		}
	}
	have := 0
	if point >= 0 {
		have = len(digits) - point
	}
	for ; have < scale; have++ {
		digits = append(digits, '0')
	}
	n, ok := new(big.Int).SetString(string(digits), 10)
	if !ok || have > scale || n.BitLen() > 127 {
		return decimal128.Num{}, dberr.Newf(dberr.NumericValueOutOfRange, "numeric value %s has no Arrow decimal of scale %d", text, scale)
	}
	return decimal128.FromBigInt(n), nil
}

// array returns the gathered rows as an Arrow array over the column's memory.
func (c *column) array() arrow.Array {
	var valid *memory.Buffer
	if c.nulls > 0 {
		valid = memory.NewBufferBytes(c.valid)
	}
	buffers := []*memory.Buffer{valid, memory.NewBufferBytes(c.data)}
	if c.typ.Class() == types.Bytes && !isDecimal(c.typ) {
		buffers = []*memory.Buffer{valid, memory.NewBufferBytes(vec.BytesOf(c.offs)), memory.NewBufferBytes(c.heap)}
	}
	var kids []arrow.ArrayData
	if c.typ.IsArray() {
		elems := c.elems.array()
		defer elems.Release()
		buffers, kids = buffers[:2], []arrow.ArrayData{elems.Data()}
	}
	data := array.NewData(DataType(c.typ), c.n, buffers, kids, c.nulls, 0)
	defer data.Release()
	return array.MakeFromData(data)
}
