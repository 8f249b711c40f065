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
	valid []byte // one bit a row, kept for every row once one is NULL
	data  []byte // fixed-width values, or bits; aligned for every type
	offs  []int32
	heap  []byte
	text  []byte  // one value being formatted
	ints  []int64 // decimals of a batch
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

// add appends the n rows of v that sel selects, all of them when it is nil.
func (c *column) add(v *vec.Vec, sel []uint64, n int) error {
	if !c.addValues(v, sel, n) {
		return vec.EachRow(v.N, sel, func(i int) error { return c.addRow(v, i) })
	}
	if v.Valid == nil && c.nulls == 0 {
		c.n += n
		return nil
	}
	return vec.EachRow(v.N, sel, func(i int) error {
		c.addValidity(v.IsNull(i))
		return nil
	})
}

// addValues appends the values of the n selected rows of v, where that needs no look at each; what
// it appends for a NULL may be anything.
func (c *column) addValues(v *vec.Vec, sel []uint64, n int) bool {
	switch {
	case isDecimal(c.typ):
		if !c.typ.IsScaled() {
			return false
		}
		c.ints = vec.AppendFixed(c.ints[:0], v, sel)
		words := vec.Cast[int64](c.room(n * arrow.Decimal128SizeBytes))
		for i, x := range c.ints {
			words[2*i], words[2*i+1] = x, x>>63
		}
	case c.typ.ID == types.Interval, c.typ.ID == types.Numeric, c.typ.ID == types.Bool, c.typ.ID == types.UUID, c.typ.ID == types.Bpchar, c.typ.ID == types.TimeTZ, c.typ.IsArray():
		return false
	case c.typ.Class() == types.Bytes:
		c.offs, c.heap = vec.AppendBytes(c.offs, c.heap, v, sel)
	default:
		c.addFixed(v, sel, n)
	}
	return true
}

// addFixed appends values whose layout is Arrow's.
func (c *column) addFixed(v *vec.Vec, sel []uint64, n int) {
	room := c.room(n * c.typ.Class().Size())
	switch c.typ.Class() {
	case types.I16:
		vec.AppendFixed(vec.Cast[int16](room)[:0], v, sel)
	case types.I32:
		vec.AppendFixed(vec.Cast[int32](room)[:0], v, sel)
	case types.I64:
		vec.AppendFixed(vec.Cast[int64](room)[:0], v, sel)
	case types.F32:
		vec.AppendFixed(vec.Cast[float32](room)[:0], v, sel)
	default:
		vec.AppendFixed(vec.Cast[float64](room)[:0], v, sel)
	}
}

// room appends size bytes to the data and returns them. The memory is of 64-bit words, so that
// values are aligned.
func (c *column) room(size int) []byte {
	at := len(c.data)
	if at+size > cap(c.data) {
		grown := vec.BytesOf(make([]uint64, (max(2*cap(c.data), at+size)+7)/8))
		copy(grown, c.data)
		c.data = grown
	}
	c.data = c.data[:at+size]
	return c.data[at:]
}

// addValidity counts one more row.
func (c *column) addValidity(null bool) {
	if null {
		for c.nulls == 0 && len(c.valid) < (c.n+7)/8 {
			c.valid = append(c.valid, 0xff)
		}
		c.nulls++
	}
	if c.nulls > 0 {
		if len(c.valid) <= c.n>>3 {
			c.valid = append(c.valid, 0)
		}
		bit := byte(1) << (c.n & 7)
		c.valid[c.n>>3] |= bit
		if null {
			c.valid[c.n>>3] &^= bit
		}
	}
	c.n++
}

func (c *column) addRow(v *vec.Vec, i int) error {
	null := v.IsNull(i)
	err := c.addValue(v, i, null)
	c.addValidity(null)
	return err
}

// addValue appends the value of row i, or as many bytes of nothing when it is NULL.
func (c *column) addValue(v *vec.Vec, i int, null bool) error {
	switch {
	case isDecimal(c.typ):
		return c.addDecimal(v, i, null)
	case c.typ.ID == types.Bool:
		if c.n&7 == 0 {
			c.room(1)[0] = 0
		}
		if !null {
			c.data[c.n>>3] |= byte(v.Int(i)) << (c.n & 7)
		}
		return nil
	case c.typ.ID == types.Interval:
		return c.addInterval(v, i, null)
	case c.typ.IsArray():
		return c.addList(v, i, null)
	case c.isBytes():
		c.addText(v, i, null)
		return nil
	}
	one := v.Slice(i, i+1) // of an element, which is a vector of its own
	c.addFixed(&one, nil, 1)
	return nil
}

// isBytes reports whether the values are written as bytes: TIMETZ, of which Arrow knows nothing, as text.
func (c *column) isBytes() bool {
	return c.typ.Class() == types.Bytes && !isDecimal(c.typ) || c.typ.ID == types.TimeTZ
}

func (c *column) addText(v *vec.Vec, i int, null bool) {
	switch {
	case null:
	case c.typ.ID == types.Numeric, c.typ.ID == types.UUID, c.typ.ID == types.Bpchar, c.typ.ID == types.TimeTZ:
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
	copy(c.room(arrow.MonthDayNanoIntervalSizeBytes), vec.BytesOf([]arrow.MonthDayNanoInterval{out}))
	return nil
}

func (c *column) addDecimal(v *vec.Vec, i int, null bool) error {
	var out decimal128.Num
	if !null {
		c.text = types.Context{}.Append(c.text[:0], v.Value(i))
		var err error
		if out, err = parseDecimal(c.text, int(c.typ.Scale)); err != nil {
			return err
		}
	}
	copy(c.room(arrow.Decimal128SizeBytes), vec.BytesOf([]decimal128.Num{out}))
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
	if c.isBytes() {
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
