package arrowio

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"

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
		vec.FromFixed(types.Dec(10, 2), []int64{125, 0, -7}, valid),
		textVec(wide, valid, numeric(t, wide, "1234567890123456789012345678.99"), "", numeric(t, wide, "-0.50")),
		textVec(free, valid, numeric(t, free, "1.10"), "", numeric(t, free, "NaN")),
		{Type: types.T(types.Text), Form: vec.Dict, Width: 1, N: 3, Data: []byte{1, 0, 0}, Dict: dict, Valid: valid},
		textVec(types.T(types.Bytea), valid, "\x00\xff", "", ""),
		vec.FromFixed(types.T(types.Date), []int32{0, 0, 19782}, valid),
		vec.FromFixed(types.T(types.Timestamp), []int64{0, 0, 1}, valid),
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

var everyWant = []string{
	"[true (null) false]", "[-1 (null) 2]", "[1001 (null) 1003]", "[-9223372036854775808 (null) 9223372036854775807]",
	"[1.5 (null) -2]", "[1.25 (null) +Inf]", "[1.25 (null) -0.07]", "[1234567890123456789012345678.99 (null) -0.50]",
	"[1.10 (null) NaN]", "[green (null) red]", "[AP8= (null) ]", "[1970-01-01 (null) 2024-02-29]",
	"[1970-01-01 00:00:00Z (null) 1970-01-01 00:00:00.000001Z]", "[1970-01-01 00:00:00Z (null) 1970-01-01 00:00:00.000001Z]",
	`[{"months":1,"days":-2,"nanoseconds":3000} (null) {"months":0,"days":0,"nanoseconds":0}]`, `[{"a":1} (null) []]`, "[7 7 7]",
}

func texts(a arrow.Array) string {
	var all []string
	for i := range a.Len() {
		if d, ok := a.(*array.Decimal128); ok && d.IsValid(i) {
			all = append(all, d.Value(i).ToString(d.DataType().(*arrow.Decimal128Type).Scale))
			continue
		}
		all = append(all, a.ValueStr(i))
	}
	return "[" + strings.Join(all, " ") + "]"
}

func TestEveryType(t *testing.T) {
	cols, b := everyType(t)
	var file, stream bytes.Buffer
	f, err := NewFile(&file, cols)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []*Writer{f, NewStream(&stream, cols)} {
		if err := w.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	fr, err := ipc.NewFileReader(bytes.NewReader(file.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	rec, err := fr.Record(0)
	if err != nil {
		t.Fatal(err)
	}
	checkEvery(t, "file", cols, rec)
	sr, err := ipc.NewReader(&stream)
	if err != nil || !sr.Next() {
		t.Fatal(err)
	}
	checkEvery(t, "stream", cols, sr.Record())
}

func checkEvery(t *testing.T, where string, cols []Column, rec arrow.Record) {
	t.Helper()
	for i, want := range everyWant {
		if got := texts(rec.Column(i)); got != want {
			t.Errorf("%s, %s: got %s, want %s", where, cols[i].Type, got, want)
		}
		if name, _ := rec.Schema().Field(i).Metadata.GetValue(TypeKey); name != cols[i].Type.String() {
			t.Errorf("%s, %s: the type is recorded as %q", where, cols[i].Type, name)
		}
	}
}

// TestManyRows passes record borders with selections and checks every value.
func TestManyRows(t *testing.T) {
	cols := []Column{{"n", types.T(types.Int64)}, {"s", types.T(types.Text)}}
	var out bytes.Buffer
	w := NewStream(&out, cols)
	var want []int64
	for batch := range 120 {
		n := 2048
		if batch == 50 {
			n = 100
		}
		numbers, names := make([]int64, n), make([]string, n)
		for i := range n {
			numbers[i] = int64(batch*10000 + i)
			names[i] = fmt.Sprint("s", numbers[i])
		}
		b := &vec.Batch{N: n, Cols: []vec.Vec{vec.FromFixed(cols[0].Type, numbers, nil), textVec(cols[1].Type, nil, names...)}}
		if batch%3 == 1 {
			b.Sel = make([]uint64, vec.Words(n))
			for i := 0; i < n; i += 3 {
				b.Sel[i>>6] |= 1 << (i & 63)
			}
		}
		for i := range n {
			if b.Sel == nil || i%3 == 0 {
				want = append(want, numbers[i])
			}
		}
		if err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := ipc.NewReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for r.Next() {
		rec := r.Record()
		if rec.NumRows() > recordRows {
			t.Errorf("a record batch of %d rows", rec.NumRows())
		}
		for i := range int(rec.NumRows()) {
			n, s := rec.Column(0).(*array.Int64).Value(i), rec.Column(1).(*array.String).Value(i)
			if n != want[at] || s != fmt.Sprint("s", n) {
				t.Fatalf("row %d: got %d %s, want %d", at, n, s, want[at])
			}
			at++
		}
	}
	if at != len(want) || r.Err() != nil {
		t.Errorf("%d rows of %d, %v", at, len(want), r.Err())
	}
}

func TestEmptyFile(t *testing.T) {
	var out bytes.Buffer
	w, err := NewFile(&out, []Column{{"a", types.T(types.Int32)}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := ipc.NewFileReader(bytes.NewReader(out.Bytes()))
	if err != nil || r.NumRecords() != 0 || r.Schema().Field(0).Name != "a" {
		t.Errorf("got %v, %v", r, err)
	}
}

func TestWhatArrowCannotHold(t *testing.T) {
	typ := types.Dec(30, 2)
	nan := vec.Batch{N: 1, Cols: []vec.Vec{textVec(typ, nil, numeric(t, typ, "NaN"))}}
	if err := NewStream(&bytes.Buffer{}, []Column{{"a", typ}}).Write(&nan); err == nil {
		t.Error("NaN was written as a decimal")
	}
	long := vec.Batch{N: 1, Cols: []vec.Vec{vec.FromFixed(types.T(types.Interval), []vec.Span{{Micros: math.MaxInt64}}, nil)}}
	if err := NewStream(&bytes.Buffer{}, []Column{{"a", types.T(types.Interval)}}).Write(&long); err == nil {
		t.Error("an interval overflowed")
	}
}
