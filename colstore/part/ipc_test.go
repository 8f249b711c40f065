package part

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"

	"driftdb/internal/types"
)

// arrowValue reads row i of an array that holds values of type t, stored with the given base.
func arrowValue(t tb, typ types.Type, base int64, a arrow.Array, i int) types.Value {
	if a.IsNull(i) {
		return types.NullOf(typ)
	}
	switch a := a.(type) {
	case *array.Null:
		return types.NullOf(typ)
	case *array.Dictionary:
		return arrowValue(t, typ, base, a.Dictionary(), a.GetValueIndex(i))
	case *array.Boolean:
		return types.BoolValue(a.Value(i))
	case *array.Uint8:
		return types.IntValue(typ, base+int64(a.Value(i)))
	case *array.Uint16:
		return types.IntValue(typ, base+int64(a.Value(i)))
	case *array.Uint32:
		return types.IntValue(typ, base+int64(a.Value(i)))
	case *array.Int16:
		return types.IntValue(typ, int64(a.Value(i)))
	case *array.Int32:
		return types.IntValue(typ, int64(a.Value(i)))
	case *array.Int64:
		return types.IntValue(typ, a.Value(i))
	case *array.Date32:
		return types.IntValue(typ, int64(a.Value(i)))
	case *array.Timestamp:
		return types.IntValue(typ, int64(a.Value(i)))
	case *array.Float32:
		return types.FloatValue(typ, float64(a.Value(i)))
	case *array.Float64:
		return types.FloatValue(typ, a.Value(i))
	case *array.String:
		return types.BytesValue(typ, a.Value(i))
	case *array.Binary:
		return types.BytesValue(typ, string(a.Value(i)))
	case *array.FixedSizeBinary:
		b := a.Value(i)
		return types.SpanValue(types.IntervalValue{
			Months: int32(binary.LittleEndian.Uint32(b)), Days: int32(binary.LittleEndian.Uint32(b[4:])),
			Micros: int64(binary.LittleEndian.Uint64(b[8:]))})
	}
	t.Fatalf("unexpected Arrow array %T", a)
	return types.Value{}
}

// checkRecord compares an Arrow record with rows of the columns from row on.
func checkRecord(t tb, rec arrow.Record, cols []column, row int) {
	t.Helper()
	for c, col := range cols {
		field := rec.Schema().Field(c)
		base := int64(0)
		if s, ok := field.Metadata.GetValue("driftdb.base"); ok {
			base, _ = strconv.ParseInt(s, 10, 64)
		}
		if id, _ := field.Metadata.GetValue("driftdb.column"); id != strconv.Itoa(int(col.spec.ID)) || field.Name != col.spec.Name {
			t.Fatalf("field %d is %s", c, field)
		}
		for i := range int(rec.NumRows()) {
			got, want := arrowValue(t, col.spec.Type, base, rec.Column(c), i), col.values[row+i]
			if !sameValue(got, want) {
				t.Fatalf("column %d (%s) row %d: Arrow reads %+v, want %+v", c, field.Type, row+i, got, want)
			}
		}
	}
}

func TestImageIsAnArrowFile(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{0, 1, 700, 3000} {
		for _, nulls := range []float64{0, 0.2, 1} {
			for _, compress := range []bool{false, true} {
				cols := randomColumns(r, n, nulls, 150)
				opt := WriteOptions{Columns: specsOf(cols), Compress: compress, GroupRows: 512,
					Indexes: []IndexSpec{{Columns: []uint32{4, 10}}}}
				img, _ := writePart(t, opt, cols, nil)
				checkArrowFile(t, img, cols)
				checkArrowStream(t, img, cols)
				checkRecords(t, openPart(t, img), cols)
			}
		}
	}
}

// notPacked returns the columns that an Arrow schema describes. It names the others.
func notPacked(t *testing.T, schema *arrow.Schema, cols []column) (known []column) {
	t.Helper()
	list, _ := schema.Metadata().GetValue("driftdb.packed")
	packed := strings.Split(list, ",")
	for _, c := range cols {
		if !slices.Contains(packed, strconv.Itoa(int(c.spec.ID))) {
			known = append(known, c)
		}
	}
	if len(known) != schema.NumFields() {
		t.Fatalf("Arrow has %d fields, and columns %s are packed; want %d in all", schema.NumFields(), list, len(cols))
	}
	return known
}

// TestArrowOfPackedColumns reads an image of packed columns alone, and beside one that is not.
func TestArrowOfPackedColumns(t *testing.T) {
	const n = 3000
	ints := column{spec: ColumnSpec{ID: 7, Name: "i", Type: types.T(types.Int64)}}
	texts := column{spec: ColumnSpec{ID: 8, Name: "t", Type: types.T(types.Text)}}
	floats := column{spec: ColumnSpec{ID: 9, Name: "f", Type: types.T(types.Float64)}}
	for i := range n {
		ints.values = append(ints.values, types.IntValue(ints.spec.Type, int64(i%60)*1000-7))
		texts.values = append(texts.values, types.BytesValue(texts.spec.Type, strconv.Itoa(i%90)))
		floats.values = append(floats.values, types.FloatValue(floats.spec.Type, float64(i)))
	}
	for _, cols := range [][]column{{ints}, {texts, ints}, {texts, floats, ints}} {
		img, _ := writePart(t, WriteOptions{Columns: specsOf(cols), GroupRows: 512}, cols, nil)
		checkArrowFile(t, img, cols)
		checkArrowStream(t, img, cols)
		checkRecords(t, openPart(t, img), cols)
	}
}

func checkArrowFile(t *testing.T, img []byte, cols []column) {
	t.Helper()
	f, err := ipc.NewFileReader(bytes.NewReader(img))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	row := 0
	for i := range f.NumRecords() {
		rec, err := f.Record(i)
		if err != nil {
			t.Fatal(err)
		}
		checkRecord(t, rec, notPacked(t, f.Schema(), cols), row)
		row += int(rec.NumRows())
	}
	if row != len(cols[0].values) {
		t.Fatalf("Arrow reads %d rows, want %d", row, len(cols[0].values))
	}
}

// checkArrowStream reads the same bytes as an Arrow stream: from the schema to the end mark.
func checkArrowStream(t *testing.T, img []byte, cols []column) {
	t.Helper()
	s, err := ipc.NewReader(bytes.NewReader(img[len(arrowMagic):]))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Release()
	row := 0
	for s.Next() {
		checkRecord(t, s.Record(), notPacked(t, s.Schema(), cols), row)
		row += int(s.Record().NumRows())
	}
	if s.Err() != nil || row != len(cols[0].values) {
		t.Fatalf("Arrow streams %d rows, error %v", row, s.Err())
	}
}

func checkRecords(t *testing.T, p *Part, cols []column) {
	t.Helper()
	row := 0
	for g := range p.Groups() {
		rec, err := p.Record(g)
		if err != nil {
			t.Fatal(err)
		}
		checkRecord(t, rec, cols, row)
		row += int(rec.NumRows())
		rec.Release()
	}
}

func TestBodiesAreAligned(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	cols := randomColumns(r, 2000, 0.1, 1000)
	img, _ := writePart(t, WriteOptions{Columns: specsOf(cols), GroupRows: 256}, cols, nil)
	p := openPart(t, img)
	for i, m := range p.footer.chunks {
		if m.off%alignment != 0 {
			t.Fatalf("chunk %d lies at offset %d", i, m.off)
		}
	}
}
