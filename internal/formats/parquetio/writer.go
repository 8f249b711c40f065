package parquetio

import (
	"io"

	"github.com/parquet-go/parquet-go"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

const (
	// groupRows is the number of rows of a row group; the last one is shorter.
	groupRows = 128 << 10
	// groupText is the bytes of text that end a row group early.
	groupText = 128 << 20
)

// Writer writes one result as a Parquet file.
type Writer struct {
	out  *parquet.GenericWriter[any]
	cols []columnWriter
	rows int // in the open row group
	text int // bytes of text in the open row group
}

// columnWriter writes the values of one column.
type columnWriter struct {
	typ    types.Type
	form   form
	index  int
	out    *parquet.ColumnWriter
	values []parquet.Value
	text   []byte // values formatted for this batch
}

// NewWriter returns a writer of a file to w; compression is a name that CheckCompression
// knows, "" for the default. Nothing else may be written to w before Close.
func NewWriter(w io.Writer, cols []Column, compression string) (*Writer, error) {
	if err := CheckCompression(compression); err != nil {
		return nil, err
	}
	if compression == "" {
		compression = DefaultCompression
	}
	schema, names, err := schemaOf(cols)
	if err != nil {
		return nil, err
	}
	config := parquet.DefaultWriterConfig()
	config.Apply(schema, parquet.Compression(codecs[compression]), parquet.DictionaryMaxBytes(1<<20),
		parquet.KeyValueMetadata(typesKey, names), parquet.CreatedBy("DriftDB", "1.0", "go"), parquet.PageBufferSize(1<<20))
	out := &Writer{out: parquet.NewGenericWriter[any](w, config), cols: make([]columnWriter, len(cols))}
	writers := out.out.ColumnWriters()
	for i, c := range cols {
		out.cols[i] = columnWriter{typ: c.Type, form: formOf(c.Type), index: i, out: writers[i]}
	}
	return out, nil
}

// Write adds the selected rows of a batch. It copies them: the batch may be reused.
func (w *Writer) Write(b *vec.Batch) error {
	n := b.Count()
	if n == 0 {
		return nil
	}
	for i := range w.cols {
		size, err := w.cols[i].write(&b.Cols[i], b.Sel)
		if err != nil {
			return err
		}
		w.text += size
	}
	if w.rows += n; w.rows < groupRows && w.text < groupText {
		return nil
	}
	return w.flush()
}

// flush ends the row group.
func (w *Writer) flush() error {
	w.rows, w.text = 0, 0
	if err := w.out.Flush(); err != nil {
		return dberr.IO("write a Parquet row group", err)
	}
	return nil
}

// Close writes what is left and the footer. It does not close the writer below.
func (w *Writer) Close() error {
	if err := w.out.Close(); err != nil {
		return dberr.IO("finish the Parquet file", err)
	}
	return nil
}

// write adds the rows of v that sel selects, all of them when sel is nil, and returns the bytes
// of their text.
func (c *columnWriter) write(v *vec.Vec, sel []uint64) (size int, err error) {
	c.values, c.text = c.values[:0], c.text[:0]
	for i := range v.N {
		if sel != nil && sel[i>>6]>>(uint(i)&63)&1 == 0 {
			continue
		}
		if v.IsNull(i) {
			c.values = append(c.values, parquet.NullValue().Level(0, 0, c.index))
			continue
		}
		if c.typ.IsArray() {
			n, err := c.writeList(v, i)
			if err != nil {
				return 0, err
			}
			size += n
			continue
		}
		value, err := c.form.value(c, v, i)
		if err != nil {
			return 0, err
		}
		if value.Kind() == parquet.ByteArray {
			size += len(value.ByteArray())
		}
		c.values = append(c.values, value.Level(0, 1, c.index))
	}
	if _, err := c.out.WriteRowValues(c.values); err != nil {
		return 0, dberr.IO("write a Parquet column", err)
	}
	return size, nil
}

// The levels of a list: of one without elements, of a NULL in it, and of a value.
const (
	emptyList = 1
	nullElem  = 2
	someElem  = 3
)

// writeList adds the array of row i and returns the bytes of its text.
func (c *columnWriter) writeList(v *vec.Vec, i int) (size int, err error) {
	a, err := v.Value(i).Array()
	if err != nil {
		return 0, err
	}
	if len(a.Dims) > 1 {
		return 0, dberr.Newf(dberr.FeatureNotSupported, "an array of %d dimensions has no form in a Parquet file", len(a.Dims)).
			WithHint("Write the column as text: column::text.")
	}
	if len(a.Elems) == 0 {
		c.values = append(c.values, parquet.NullValue().Level(0, emptyList, c.index))
	}
	form, rep := listForm(c.typ.Elem()), 0
	for _, e := range a.Elems {
		if !e.Valid {
			c.values = append(c.values, parquet.NullValue().Level(rep, nullElem, c.index))
		} else {
			one := vec.Repeat(e, 1)
			value, err := form.value(c, &one, 0)
			if err != nil {
				return 0, err
			}
			if value.Kind() == parquet.ByteArray {
				size += len(value.ByteArray())
			}
			c.values = append(c.values, value.Level(rep, someElem, c.index))
		}
		rep = 1
	}
	return size, nil
}
