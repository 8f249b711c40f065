package parquetio

import (
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"

	"driftdb/internal/types"
)

// Bounds are the least and the greatest value of a column in a row group, as the footer says;
// ok is false when it says nothing that can be relied on. They may be wider than the values.
// NaN is never among them, though it may be among the values.
func (f *File) Bounds(g, col int) (least, greatest types.Value, ok bool) {
	c := &f.cols[col]
	if c.read == nil || !c.ordered() {
		return least, greatest, false
	}
	s := &f.file.Metadata().RowGroups[g].Columns[c.leaf].MetaData.Statistics
	least, ok1 := c.bound(s.MinValue)
	greatest, ok2 := c.bound(s.MaxValue)
	return least, greatest, ok1 && ok2
}

// ordered reports whether the order of the stored values is that of the column's type.
func (c *column) ordered() bool {
	switch c.Type.ID {
	case types.Text:
		return c.typ.String() == "STRING"
	case types.Int16, types.Int32, types.Int64, types.Float32, types.Float64, types.Date, types.Timestamp, types.TimestampTZ:
		return c.typ.Kind() != parquet.Int96 && c.typ.Kind() != parquet.FixedLenByteArray
	case types.Numeric:
		return c.Type.IsScaled() && (c.typ.Kind() == parquet.Int32 || c.typ.Kind() == parquet.Int64)
	}
	return false
}

// bound reads a value of the statistics.
func (c *column) bound(raw []byte) (v types.Value, ok bool) {
	var in encoding.Values
	switch kind := c.typ.Kind(); {
	case raw == nil:
		return v, false
	case kind == parquet.ByteArray:
		in = encoding.ByteArrayValues(raw, []uint32{0, uint32(len(raw))})
	case kind == parquet.Int32 && len(raw) == 4:
		in = encoding.Int32ValuesFromBytes(raw)
	case kind == parquet.Int64 && len(raw) == 8:
		in = encoding.Int64ValuesFromBytes(raw)
	case kind == parquet.Float && len(raw) == 4:
		in = encoding.FloatValuesFromBytes(raw)
	case kind == parquet.Double && len(raw) == 8:
		in = encoding.DoubleValuesFromBytes(raw)
	default:
		return v, false
	}
	err := guard(func() error {
		p, err := c.read(in, c.Type)
		if err != nil || p.n != 1 {
			return damaged("its statistics cannot be read")
		}
		b := newBuilder(c.Type, 1, nil)
		if _, err := b.add(&p, nil, 0, 1, nil); err != nil {
			return err
		}
		one := b.vector()
		v = one.Value(0)
		return nil
	})
	return v, err == nil
}
