package parquetio

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

func textVec(t types.Type, valid []uint64, texts ...string) vec.Vec {
	offs, heap := []int32{0}, []byte{}
	for _, s := range texts {
		heap = append(heap, s...)
		offs = append(offs, int32(len(heap)))
	}
	return vec.FromBytes(t, offs, heap, valid)
}

func numeric(t testing.TB, typ types.Type, s string) string {
	t.Helper()
	v, err := types.Parse(s, typ)
	if err != nil {
		t.Fatal(err)
	}
	return v.S
}

// everyType is a batch of three rows, the second all NULL, with a column of each type and form.
func everyType(t testing.TB) ([]Column, *vec.Batch) {
	valid := []uint64{0b101}
	wide, free := types.Dec(30, 2), types.T(types.Numeric)
	dict := &vec.Dictionary{Values: textVec(types.T(types.Text), nil, "red", "green")}
	vecs := []vec.Vec{
		vec.FromBits(3, []uint64{0b001}, valid),
		vec.FromFixed(types.T(types.Int16), []int16{-1, 0, 2}, valid),
		{Type: types.T(types.Int32), Form: vec.Narrow, Width: 1, N: 3, Base: 1000, Data: []byte{1, 0, 3}, Valid: valid},
		vec.FromFixed(types.T(types.Int64), []int64{math.MinInt64, 0, math.MaxInt64}, valid),
		vec.FromFixed(types.T(types.Float32), []float32{1.5, 0, -2}, valid),
		vec.FromFixed(types.T(types.Float64), []float64{1.25, 0, math.Inf(1)}, valid),
		vec.FromFixed(types.Dec(5, 2), []int64{125, 0, -7}, valid),
		vec.FromFixed(types.Dec(15, 0), []int64{125, 0, -7}, valid),
		textVec(wide, valid, numeric(t, wide, "1234567890123456789012345678.99"), "", numeric(t, wide, "-0.50")),
		textVec(free, valid, numeric(t, free, "1.10"), "", numeric(t, free, "NaN")),
		{Type: types.T(types.Text), Form: vec.Dict, Width: 1, N: 3, Data: []byte{1, 0, 0}, Dict: dict, Valid: valid},
		textVec(types.T(types.Bytea), valid, "\x00\xff", "", ""),
		vec.FromFixed(types.T(types.Date), []int32{types.PosInfDate, 0, 19782}, valid),
		vec.FromFixed(types.T(types.Timestamp), []int64{0, 0, types.NegInfTime}, valid),
		vec.FromFixed(types.T(types.TimestampTZ), []int64{0, 0, 1}, valid),
		vec.FromFixed(types.T(types.Interval), []vec.Span{{Months: 1, Days: -2, Micros: 3}, {}, {}}, valid),
		textVec(types.T(types.JSON), valid, `{"a":1}`, "", "[]"),
		{Type: types.T(types.Int64), Form: vec.Const, N: 3, Data: vec.BytesOf([]int64{7})},
	}
	cols := make([]Column, len(vecs))
	for i := range vecs {
		cols[i] = Column{fmt.Sprint("c", i), vecs[i].Type}
	}
	return cols, &vec.Batch{N: 3, Cols: vecs}
}

func write(t testing.TB, cols []Column, compression string, batches ...*vec.Batch) []byte {
	t.Helper()
	return writeWith(t, cols, Options{Compression: compression}, batches)
}

func writeWith(t testing.TB, cols []Column, opts Options, batches []*vec.Batch) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, cols, opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// readAll returns the rows of a file, its columns separated by |.
func readAll(data []byte, step int) (cols []Column, rows []string, err error) {
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, nil, err
	}
	cols = f.Columns()
	var which []int
	for i := range cols {
		if f.Nested(i) == nil {
			which = append(which, i)
		}
	}
	for g := range f.Groups() {
		r, err := f.Read(g, which)
		if err != nil {
			return cols, rows, err
		}
		for {
			b, err := r.Next(step)
			if err == io.EOF {
				break
			}
			if err != nil {
				r.Close()
				return cols, rows, err
			}
			rows = append(rows, texts(b)...)
		}
		r.Close()
	}
	return cols, rows, nil
}

func texts(b *vec.Batch) []string {
	rows := make([]string, b.N)
	for i := range rows {
		var parts []string
		for c := range b.Cols {
			s := "NULL"
			if !b.Cols[c].IsNull(i) {
				s = types.Format(b.Cols[c].Value(i))
			}
			parts = append(parts, s)
		}
		rows[i] = strings.Join(parts, "|")
	}
	return rows
}

func TestEveryTypeComesBack(t *testing.T) {
	cols, b := everyType(t)
	for name := range codecs {
		got, rows, err := readAll(write(t, cols, name, b), 64)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, c := range cols {
			if got[i] != c {
				t.Errorf("%s: column %v came back as %v", name, c, got[i])
			}
		}
		want := texts(b)
		for i := range want {
			if rows[i] != want[i] {
				t.Errorf("%s: row %d\n got %s\nwant %s", name, i, rows[i], want[i])
			}
		}
	}
}

// TestManyRows passes the ends of row groups and pages, with selections and NULLs.
func TestManyRows(t *testing.T) {
	cols := []Column{{"n", types.T(types.Int64)}, {"s", types.T(types.Text)}, {"b", types.T(types.Bool)}}
	var batches []*vec.Batch
	var want []string
	for at := range 150 {
		n := 2048
		if at == 40 {
			n = 100
		}
		ints, names, bits, valid := make([]int64, n), make([]string, n), make([]uint64, vec.Words(n)), make([]uint64, vec.Words(n))
		b := &vec.Batch{N: n}
		if at%3 == 1 {
			b.Sel = make([]uint64, vec.Words(n))
		}
		for i := range n {
			ints[i] = int64(at*10000 + i)
			names[i] = fmt.Sprint("s", ints[i]%1000)
			bits[i>>6] |= uint64(i/3%2) << (i & 63)
			if i%7 != 0 {
				valid[i>>6] |= 1 << (i & 63)
			}
			if b.Sel != nil && i%5 == 0 {
				b.Sel[i>>6] |= 1 << (i & 63)
			}
		}
		b.Cols = []vec.Vec{vec.FromFixed(cols[0].Type, ints, nil), textVec(cols[1].Type, valid, names...), vec.FromBits(n, bits, valid)}
		for i, row := range texts(b) {
			if b.Sel == nil || i%5 == 0 {
				want = append(want, row)
			}
		}
		batches = append(batches, b)
	}
	_, rows, err := readAll(write(t, cols, "", batches...), 4096)
	if err != nil || len(rows) != len(want) {
		t.Fatalf("%d rows of %d, %v", len(rows), len(want), err)
	}
	for i := range want {
		if rows[i] != want[i] {
			t.Fatalf("row %d: got %s, want %s", i, rows[i], want[i])
		}
	}
}

// TestBounds checks that the statistics of row groups are found, and only of types whose order holds.
func TestBounds(t *testing.T) {
	cols, b := everyType(t)
	data := write(t, cols, "", b)
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int]string{
		1: "-1 2", 2: "1001 1003", 3: "-9223372036854775808 9223372036854775807", 5: "1.25 Infinity", 6: "-0.07 1.25",
		8: "", 9: "", 10: "green red", 15: "", 16: "",
	} {
		least, greatest, ok := f.Bounds(0, i)
		got := ""
		if ok {
			got = types.Format(least) + " " + types.Format(greatest)
		}
		if got != want {
			t.Errorf("%s: bounds %q, want %q", cols[i].Type, got, want)
		}
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	typ := types.Dec(30, 2)
	w, err := NewWriter(io.Discard, []Column{{"a", typ}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	nan := vec.Batch{N: 1, Cols: []vec.Vec{textVec(typ, nil, numeric(t, typ, "NaN"))}}
	if err := w.Write(&nan); dberr.CodeOf(err) != dberr.NumericValueOutOfRange {
		t.Errorf("NaN as a decimal: %v", err)
	}
	if _, err := NewWriter(io.Discard, []Column{{"a", typ}, {"a", typ}}, Options{}); dberr.CodeOf(err) != dberr.DuplicateColumn {
		t.Errorf("the same name twice: %v", err)
	}
	if _, err := NewWriter(io.Discard, []Column{{"a", typ}}, Options{Compression: "rar"}); dberr.CodeOf(err) != dberr.InvalidParameterValue {
		t.Errorf("an unknown compression: %v", err)
	}
}

// TestDamage flips and cuts every byte of a file: an answer or an error, and errors have a code.
func TestDamage(t *testing.T) {
	cols, b := everyType(t)
	data := write(t, cols, "zstd", b)
	for at := range data {
		for _, bad := range [][]byte{append(bytes.Clone(data[:at]), data[at+1:]...), flipped(data, at, 0xff), flipped(data, at, 1)} {
			if _, _, err := readAll(bad, 64); err != nil && dberr.CodeOf(err) == "" {
				t.Fatalf("byte %d: an error without a code: %v", at, err)
			}
		}
	}
	if _, _, err := readAll(data[:len(data)-1], 64); dberr.CodeOf(err) != dberr.BadCopyFileFormat {
		t.Errorf("a cut file: %v", err)
	}
}

func flipped(data []byte, at int, mask byte) []byte {
	bad := bytes.Clone(data)
	bad[at] ^= mask
	return bad
}

// FuzzRead reads any bytes as a file.
func FuzzRead(f *testing.F) {
	cols, b := everyType(f)
	f.Add(write(f, cols, "", b))
	f.Add(write(f, cols[:4], "gzip", b))
	names, _ := os.ReadDir("../../../testdata/interop")
	for _, n := range names {
		if data, err := os.ReadFile("../../../testdata/interop/" + n.Name()); err == nil && strings.HasSuffix(n.Name(), ".parquet") {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, _, err := readAll(data, 64); err != nil && dberr.CodeOf(err) == "" {
			t.Errorf("an error without a code: %v", err)
		}
	})
}

// TestPagesOfCodesAndTexts reads a column whose pages are codes of a dictionary until that was full.
func TestPagesOfCodesAndTexts(t *testing.T) {
	data, err := os.ReadFile("../../../testdata/interop/pyarrow-fallback.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []int{64, 128, 1024} {
		_, rows, err := readAll(data, step)
		if err != nil || len(rows) != 600 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for i, got := range rows {
			want := fmt.Sprint("a text of its own, ", i)
			switch {
			case i%7 == 0:
				want = "NULL"
			case i < 300:
				want = fmt.Sprint("k", i%5)
			}
			if got != want {
				t.Fatalf("row %d in batches of %d is %q, want %q", i, step, got, want)
			}
		}
	}
}
