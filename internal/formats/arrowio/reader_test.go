package arrowio

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// readAll returns the rows of a file or stream, its columns separated by |.
func readAll(data []byte) (cols []Column, rows []string, err error) {
	r, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, nil, err
	}
	var which []int
	for i := range r.Columns() {
		if r.NestedError(i) == nil {
			which = append(which, i)
		}
	}
	for {
		b, err := r.Next(which)
		if err == io.EOF {
			return r.Columns(), rows, nil
		}
		if err != nil {
			return r.Columns(), rows, err
		}
		for i := 0; i < b.N && len(b.Cols) > 0; i++ {
			rows = append(rows, rowText(b, i))
		}
	}
}

func rowText(b *vec.Batch, i int) string {
	var parts []string
	for c := range b.Cols {
		s := "NULL"
		if !b.Cols[c].IsNull(i) {
			s = types.Format(b.Cols[c].Value(i))
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, "|")
}

// written is batches as a file and as a stream.
func written(t testing.TB, cols []Column, batches ...*vec.Batch) (file, stream []byte) {
	var f, s bytes.Buffer
	w, err := NewFile(&f, cols)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []*Writer{w, NewStream(&s, cols)} {
		for _, b := range batches {
			if err := w.Write(b); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return f.Bytes(), s.Bytes()
}

func TestEveryTypeComesBack(t *testing.T) {
	cols, b := everyType(t)
	file, stream := written(t, cols, b)
	for _, data := range [][]byte{file, stream} {
		got, rows, err := readAll(data)
		if err != nil || len(rows) != b.N {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for i, c := range cols {
			if got[i] != c {
				t.Errorf("column %v came back as %v", c, got[i])
			}
		}
		for i := range rows {
			if want := rowText(b, i); rows[i] != want {
				t.Errorf("row %d\n got %s\nwant %s", i, rows[i], want)
			}
		}
	}
}

// TestDamage flips and cuts every byte of a file: an answer or an error, and errors have a code.
func TestDamage(t *testing.T) {
	cols, b := everyType(t)
	_, data := written(t, cols, b)
	for at := range data {
		for _, mask := range []byte{0, 1, 0xff} {
			bad := bytes.Clone(data)
			if mask == 0 {
				bad = bad[:at]
			} else {
				bad[at] ^= mask
			}
			if _, _, err := readAll(bad); err != nil && dberr.CodeOf(err) == dberr.InternalError {
				t.Fatalf("byte %d: %v", at, err)
			}
		}
	}
}

// TestBudget: a buffer that a file of its size cannot hold is an error, which does not end the process.
func TestBudget(t *testing.T) {
	err := guard(func() error {
		newBudget(1000).Allocate(1 << 45)
		return nil
	})
	if dberr.CodeOf(err) != dberr.BadCopyFileFormat {
		t.Errorf("a buffer of 32 TB: %v", err)
	}
	if b := newBudget(1<<62).Reallocate(20, newBudget(1000).Allocate(10)); len(b) != 20 {
		t.Errorf("%d bytes, want 20", len(b))
	}
}

// TestMostlyZeros reads a column of one value, which zstd makes 30,000 times smaller.
func TestMostlyZeros(t *testing.T) {
	const rows = 1 << 22
	var file bytes.Buffer
	schema := arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int64}}, nil)
	w := ipc.NewWriter(&file, ipc.WithSchema(schema), ipc.WithZstd())
	zeros := array.NewData(arrow.PrimitiveTypes.Int64, rows, []*memory.Buffer{nil, memory.NewBufferBytes(make([]byte, 8*rows))}, nil, 0, 0)
	if err := w.Write(array.NewRecord(schema, []arrow.Array{array.NewInt64Data(zeros)}, rows)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := Open(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := r.Next([]int{0}); err != nil || b.N != rows {
		t.Errorf("%d bytes of file: %v", file.Len(), err)
	}
}

// FuzzRead reads any bytes as a file or stream.
func FuzzRead(f *testing.F) {
	cols, b := everyType(f)
	file, stream := written(f, cols, b)
	f.Add(file)
	f.Add(stream)
	names, _ := os.ReadDir("../../../testdata/interop")
	for _, n := range names {
		if data, err := os.ReadFile("../../../testdata/interop/" + n.Name()); err == nil && strings.Contains(n.Name(), ".arrow") {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, _, err := readAll(data); err != nil && dberr.CodeOf(err) == dberr.InternalError {
			t.Errorf("an error without a code: %v", err)
		}
	})
}

// TestTypesThatCannotBeRead: a column of such a type is an error, also within another.
func TestTypesThatCannotBeRead(t *testing.T) {
	union := arrow.SparseUnionOf([]arrow.Field{{Name: "i", Type: arrow.PrimitiveTypes.Int64}, {Name: "s", Type: arrow.BinaryTypes.String}}, []arrow.UnionTypeCode{0, 1})
	for _, typ := range []arrow.DataType{union, arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, arrow.BinaryTypes.String), arrow.ListViewOf(arrow.PrimitiveTypes.Int64)} {
		for _, typ := range []arrow.DataType{typ, arrow.ListOf(typ), arrow.StructOf(arrow.Field{Name: "s", Type: typ}), arrow.MapOf(arrow.BinaryTypes.String, typ)} {
			schema := arrow.NewSchema([]arrow.Field{{Name: "c", Type: typ, Nullable: true}}, nil)
			rb := array.NewRecordBuilder(memory.DefaultAllocator, schema)
			var data bytes.Buffer
			w := ipc.NewWriter(&data, ipc.WithSchema(schema))
			if err := errors.Join(w.Write(rb.NewRecord()), w.Close()); err != nil {
				t.Fatal(err)
			}
			r, err := Open(bytes.NewReader(data.Bytes()), int64(data.Len()))
			if err != nil {
				t.Fatal(err)
			}
			if err := r.NestedError(0); dberr.CodeOf(err) != dberr.FeatureNotSupported {
				t.Errorf("%s: %v", typ, err)
			}
		}
	}
}
