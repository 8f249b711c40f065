package arrowio

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

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
