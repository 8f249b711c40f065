package part

import (
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Record returns group g as an Arrow record over the mapping (or, of what is compressed or packed, over
// memory of its own), in stored types: an Offset column is unsigned integers whose field
// has the base as metadata "driftdb.base". The caller releases it, and keeps the Source as long.
func (p *Part) Record(g int) (arrow.Record, error) {
	fields := make([]arrow.Field, len(p.specs))
	cols := make([]arrow.Array, len(p.specs))
	defer func() {
		for _, c := range cols {
			if c != nil {
				c.Release()
			}
		}
	}()
	for i := range p.specs {
		data, err := p.arrowData(g, i)
		if err != nil {
			return nil, err
		}
		cols[i] = array.MakeFromData(data)
		data.Release()
		fields[i] = p.arrowField(i)
	}
	return array.NewRecord(arrow.NewSchema(fields, nil), cols, int64(p.GroupRows(g))), nil
}

func (p *Part) arrowField(pos int) arrow.Field {
	c := &p.footer.columns[pos]
	meta := map[string]string{
		"driftdb.column":       strconv.FormatUint(uint64(c.spec.ID), 10),
		"driftdb.type_version": strconv.FormatUint(uint64(c.spec.TypeVersion), 10),
		"driftdb.type":         c.spec.Type.String(),
	}
	if c.form.enc == Offset || c.form.enc == Packed && c.form.width < c.spec.Type.Class().Size() {
		meta["driftdb.base"] = strconv.FormatInt(c.form.base, 10)
	}
	return arrow.Field{Name: c.spec.Name, Type: c.arrowType(), Nullable: true, Metadata: arrow.MetadataFrom(meta)}
}

// arrowType returns the Arrow type a column is stored as, as fieldType writes it.
func (c *columnMeta) arrowType() arrow.DataType {
	unsigned := map[int]arrow.DataType{
		1: arrow.PrimitiveTypes.Uint8, 2: arrow.PrimitiveTypes.Uint16, 4: arrow.PrimitiveTypes.Uint32,
	}
	switch c.form.enc {
	case AllNull:
		return arrow.Null
	case Offset, Packed:
		if c.form.width < c.spec.Type.Class().Size() {
			return unsigned[c.form.width]
		}
	case Coded, PackedCodes:
		return &arrow.DictionaryType{IndexType: unsigned[c.form.width], ValueType: plainArrow(c.spec.Type), Ordered: true}
	}
	return plainArrow(c.spec.Type)
}

func plainArrow(t types.Type) arrow.DataType {
	switch t.ID {
	case types.Bool:
		return arrow.FixedWidthTypes.Boolean
	case types.Date:
		return arrow.FixedWidthTypes.Date32
	case types.Timestamp:
		return &arrow.TimestampType{Unit: arrow.Microsecond}
	case types.TimestampTZ:
		return arrow.FixedWidthTypes.Timestamp_us
	case types.Text, types.Varchar, types.Bpchar, types.JSON, types.JSONB, types.JSONPath, types.Unknown:
		return arrow.BinaryTypes.String
	}
	switch t.Class() {
	case types.I16:
		return arrow.PrimitiveTypes.Int16
	case types.I32:
		return arrow.PrimitiveTypes.Int32
	case types.I64:
		return arrow.PrimitiveTypes.Int64
	case types.F32:
		return arrow.PrimitiveTypes.Float32
	case types.F64:
		return arrow.PrimitiveTypes.Float64
	case types.Span:
		return &arrow.FixedSizeBinaryType{ByteWidth: types.Span.Size()}
	}
	return arrow.BinaryTypes.Binary
}

// arrowData returns a chunk as Arrow data.
func (p *Part) arrowData(g, pos int) (*array.Data, error) {
	c, m := &p.footer.columns[pos], &p.footer.chunks[g*len(p.specs)+pos]
	n := p.GroupRows(g)
	if c.form.enc == AllNull {
		return array.NewData(arrow.Null, n, []*memory.Buffer{nil}, nil, n, 0), nil
	}
	bufs, _, err := p.chunkBuffers(g, pos, m)
	if err != nil {
		return nil, err
	}
	v, _, err := p.loadChunk(g, pos, m) // checks offsets and codes
	if err != nil {
		return nil, err
	}
	if v.Form == vec.Packed {
		v.Unpack(make([]byte, v.UnpackedSize()))
		if bufs[1] = v.Data; c.form.enc == PackedText {
			bufs[1] = vec.BytesOf(v.Offs)
		}
	}
	out := []*memory.Buffer{arrowBytes(bufs[0]), arrowBytes(bufs[1])}
	if v.Form == vec.Flat && c.spec.Type.Class() == types.Bytes {
		out = append(out, memory.NewBufferBytes(bufs[2]))
	}
	if !c.form.enc.coded() {
		return array.NewData(c.arrowType(), n, out, nil, m.stats.Nulls, 0), nil
	}
	values := &v.Dict.Values
	dict := array.NewData(plainArrow(c.spec.Type), values.N,
		[]*memory.Buffer{nil, arrowBytes(vec.BytesOf(values.Offs)), memory.NewBufferBytes(values.Heap)}, nil, 0, 0)
	defer dict.Release()
	return array.NewDataWithDictionary(c.arrowType(), n, out, m.stats.Nulls, 0, dict), nil
}

// arrowBytes wraps bytes; an absent buffer is nil.
func arrowBytes(b []byte) *memory.Buffer {
	if b == nil {
		return nil
	}
	return memory.NewBufferBytes(b)
}
