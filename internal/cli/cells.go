package cli

import (
	"driftdb/internal/formats/rowtext"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// cells is a small result that the command makes itself: rows of values, NULL where a value is
// not valid. Every value of a column has the column's type.
type cells struct {
	cols []rowtext.Column
	rows [][]types.Value
}

// textColumns returns TEXT columns with the given names.
func textColumns(names ...string) []rowtext.Column {
	cols := make([]rowtext.Column, len(names))
	for i, n := range names {
		cols[i] = rowtext.Column{Name: n, Type: types.T(types.Text)}
	}
	return cols
}

func textValue(s string) types.Value { return types.BytesValue(types.T(types.Text), s) }

func bigintValue(n int64) types.Value { return types.IntValue(types.T(types.Int64), n) }

func bigintColumn(name string) rowtext.Column {
	return rowtext.Column{Name: name, Type: types.T(types.Int64)}
}

// each yields the rows as batches, with the type of Result.Each.
func (c *cells) each(fn func(*vec.Batch) error) error {
	for lo := 0; lo < len(c.rows); lo += vec.BatchRows {
		rows := c.rows[lo:min(lo+vec.BatchRows, len(c.rows))]
		b := vec.Batch{N: len(rows), Cols: make([]vec.Vec, len(c.cols))}
		for i, col := range c.cols {
			b.Cols[i] = vectorOf(col.Type, rows, i)
		}
		if err := fn(&b); err != nil {
			return err
		}
	}
	return nil
}

// vectorOf makes a flat vector of column col of rows.
func vectorOf(t types.Type, rows [][]types.Value, col int) vec.Vec {
	n := len(rows)
	words, valid := make([]uint64, 2*n+1), make([]uint64, vec.Words(n))
	v := vec.Vec{Type: t, N: n, Valid: valid, Data: vec.BytesOf(words), Offs: make([]int32, 1, n+1)}
	for r, row := range rows {
		value := row[col]
		if value.Valid {
			valid[r>>6] |= 1 << (uint(r) & 63)
			setValue(&v, r, value)
		}
		v.Offs = append(v.Offs, int32(len(v.Heap)))
	}
	if t.Class() == types.Bytes {
		v.Data = nil
	} else {
		v.Offs = nil
	}
	return v
}

func setValue(v *vec.Vec, r int, value types.Value) {
	switch v.Type.Class() {
	case types.Bits:
		v.Data[r>>3] |= byte(value.I) << (r & 7)
	case types.I16:
		vec.Of[int16](v)[r] = int16(value.I)
	case types.I32:
		vec.Of[int32](v)[r] = int32(value.I)
	case types.I64:
		vec.Of[int64](v)[r] = value.I
	case types.F32:
		vec.Of[float32](v)[r] = float32(value.F)
	case types.F64:
		vec.Of[float64](v)[r] = value.F
	case types.Span:
		vec.Of[vec.Span](v)[r] = value.Iv
	case types.Bytes:
		v.Heap = append(v.Heap, value.S...)
	}
}
