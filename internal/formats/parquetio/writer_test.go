package parquetio

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go/format"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// manyForms returns batches of more than a row group with columns that are encoded in all ways. The
// names of the columns say which have a dictionary.
func manyForms(t testing.TB) ([]Column, []*vec.Batch) {
	text := types.T(types.Text)
	cols := []Column{
		{"near dict", types.T(types.Int64)}, {"far dict", types.T(types.Int64)}, {"rising", types.T(types.Int32)}, {"narrow dict", types.T(types.Int32)},
		{"double dict", types.T(types.Float64)}, {"float", types.T(types.Float32)}, {"flag", types.T(types.Bool)},
		{"few dict", text}, {"unique", text}, {"long", text}, {"coded dict", text}, {"coded, unique", text}, {"mixed dict", text}, {"constant dict", text},
		{"ints dict", types.T(types.Int32).Array()}, {"never", text}, {"wide", types.Dec(30, 2)},
	}
	r := rand.New(rand.NewPCG(1, 2))
	var batches []*vec.Batch
	for at := range 90 {
		n := vec.BatchRows
		if at == 3 {
			n = 77
		}
		valid, sel := make([]uint64, vec.Words(n)), make([]uint64, vec.Words(n))
		for i := range n {
			valid[i>>6] |= uint64(min(r.IntN(9), 1)) << (i & 63)
			sel[i>>6] |= uint64(min(r.IntN(5), 1)) << (i & 63)
		}
		if at%7 == 2 {
			valid = nil
		}
		if at%5 == 1 {
			sel = nil
		}
		b := &vec.Batch{N: n, Sel: sel, Cols: make([]vec.Vec, len(cols))}
		b.Cols[0] = vec.FromFixed(cols[0].Type, fill(n, func(int) int64 { return -r.Int64N(1000) }), nil)
		b.Cols[1] = vec.FromFixed(cols[1].Type, fill(n, func(int) int64 { return math.MinInt64 * r.Int64N(2) / (1 + r.Int64N(9)) }), valid)
		b.Cols[2] = vec.FromFixed(cols[2].Type, fill(n, func(i int) int32 { return int32(at*vec.BatchRows + i) }), valid)
		b.Cols[3] = vec.Vec{Type: cols[3].Type, Form: vec.Narrow, Width: 2, N: n, Base: -70, Data: vec.BytesOf(fill(n, func(int) uint16 { return uint16(r.IntN(300)) })), Valid: valid}
		b.Cols[4] = vec.FromFixed(cols[4].Type, fill(n, func(int) float64 { return []float64{math.NaN(), math.Inf(-1), 0, math.Copysign(0, -1), 2.5}[r.IntN(5)] }), valid)
		b.Cols[5] = vec.FromFixed(cols[5].Type, fill(n, func(int) float32 { return r.Float32() }), valid)
		b.Cols[6] = vec.FromBits(n, fill(vec.Words(n), func(int) uint64 { return r.Uint64() }), valid)
		b.Cols[7] = textVec(text, valid, fill(n, func(int) string { return fmt.Sprint("name ", r.IntN(90)) })...)
		b.Cols[8] = textVec(text, valid, fill(n, func(int) string { return fmt.Sprint(r.Uint64()) })...)
		b.Cols[9] = textVec(text, valid, fill(n, func(int) string { return strings.Repeat("x", r.IntN(40)) + fmt.Sprint(r.Uint64()) })...)
		b.Cols[10] = coded(r, n, valid, fill(200, func(i int) string { return fmt.Sprint("city ", (i+at)%230) }))
		b.Cols[11] = coded(r, n, valid, fill(4*n, func(i int) string { return fmt.Sprint("a longer text ", at, " and ", i) }))
		b.Cols[12] = b.Cols[7]
		if at%3 == 0 {
			b.Cols[12] = b.Cols[10]
		}
		b.Cols[13] = vec.Repeat(types.BytesValue(text, "the same of all"), n)
		b.Cols[14] = textVec(cols[14].Type, valid, fill(n, func(int) string { return ints(t, r.IntN(4)) })...)
		b.Cols[15] = vec.Repeat(types.NullOf(text), n)
		b.Cols[16] = textVec(cols[16].Type, valid, fill(n, func(int) string { return numeric(t, cols[16].Type, fmt.Sprint(r.Int64()-r.Int64())) })...)
		batches = append(batches, b)
	}
	return cols, batches
}

func fill[T any](n int, one func(i int) T) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = one(i)
	}
	return s
}

// coded is a vector of random codes in the dictionary of names.
func coded(r *rand.Rand, n int, valid []uint64, names []string) vec.Vec {
	dict := &vec.Dictionary{Values: textVec(types.T(types.Text), nil, names...)}
	return vec.Vec{Type: types.T(types.Text), Form: vec.Dict, Width: 4, N: n, Data: vec.BytesOf(fill(n, func(int) uint32 { return uint32(r.IntN(len(names))) })), Dict: dict, Valid: valid}
}

// ints is the stored form of an array of n integers and a NULL.
func ints(t testing.TB, n int) string {
	elems := []types.Value{}
	for i := range n {
		elems = append(elems, types.IntValue(types.T(types.Int32), int64(i*i)))
	}
	if n == 3 {
		elems[1] = types.NullOf(types.T(types.Int32))
	}
	v, err := types.List(elems).Value(types.T(types.Int32).Array())
	if err != nil {
		t.Fatal(err)
	}
	return v.S
}

// TestEveryEncodingComesBack writes columns in every form of vector and encoding, over the ends of
// row groups and pages, with one and with several goroutines.
func TestEveryEncodingComesBack(t *testing.T) {
	cols, batches := manyForms(t)
	var want []string
	for _, b := range batches {
		for i, row := range texts(b) {
			if b.Sel == nil || b.Sel[i>>6]>>(uint(i)&63)&1 == 1 {
				want = append(want, row)
			}
		}
	}
	data := writeBy(t, cols, 1, batches)
	_, rows, err := readAll(data, 4096)
	if err != nil || len(rows) != len(want) {
		t.Fatalf("%d rows of %d, %v", len(rows), len(want), err)
	}
	for i := range want {
		if rows[i] != want[i] {
			t.Fatalf("row %d\n got %s\nwant %s", i, rows[i], want[i])
		}
	}
	if !bytes.Equal(data, writeBy(t, cols, 3, batches)) {
		t.Error("three goroutines write another file than one")
	}
	checkDictionaries(t, data)
}

func writeBy(t testing.TB, cols []Column, threads int, batches []*vec.Batch) []byte {
	t.Helper()
	return writeWith(t, cols, Options{Threads: threads}, batches)
}

// checkDictionaries checks that the columns whose names say so have dictionaries, and no others.
func checkDictionaries(t *testing.T, data []byte) {
	t.Helper()
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	chunks := f.file.Metadata().RowGroups[0].Columns
	for i, c := range f.Columns() {
		m := &chunks[i].MetaData
		got := slices.Contains(m.Encoding, format.RLEDictionary)
		if want := strings.HasSuffix(c.Name, "dict"); got != want || got != (m.DictionaryPageOffset > 0) || got != (m.Statistics.DistinctCount > 0) {
			t.Errorf("column %s: dictionary %v, want %v; %d distinct values", c.Name, got, want, m.Statistics.DistinctCount)
		}
	}
	if n := f.file.Metadata().RowGroups[0].Columns[13].MetaData.Statistics.DistinctCount; n != 1 {
		t.Errorf("a constant has %d distinct values", n)
	}
}

// TestFloatBounds checks that NaN is no bound and that zeros have the sign that makes them one.
func TestFloatBounds(t *testing.T) {
	typ := types.T(types.Float64)
	for _, c := range []struct {
		in   []float64
		want string
	}{
		{[]float64{math.NaN(), 0, math.Copysign(0, -1)}, "-0 0"},
		{[]float64{math.Copysign(0, -1)}, "-0 0"},
		{[]float64{3, math.NaN(), -1}, "-1 3"},
		{[]float64{math.NaN()}, ""},
	} {
		b := &vec.Batch{N: len(c.in), Cols: []vec.Vec{vec.FromFixed(typ, c.in, nil)}}
		data := write(t, []Column{{"a", typ}}, "", b)
		f, err := Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if least, greatest, ok := f.Bounds(0, 0); ok {
			got = fmt.Sprint(least.F, " ", greatest.F)
		}
		if got != c.want {
			t.Errorf("%v: bounds %q, want %q", c.in, got, c.want)
		}
	}
}
