package arrowio

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// manyForms returns batches of more than two record batches with vectors in all forms, and their
// selected rows.
func manyForms() (cols []Column, batches []*vec.Batch, rows []string) {
	text := types.T(types.Text)
	cols = []Column{{"narrow", types.T(types.Int64)}, {"decimal", types.Dec(12, 2)}, {"coded", text}, {"text", text}, {"same", types.T(types.Int32)},
		{"never", types.T(types.Float64)}, {"flag", types.T(types.Bool)}, {"small", types.T(types.Int16)}, {"day", types.T(types.Date)}}
	r := rand.New(rand.NewPCG(3, 4))
	dict := &vec.Dictionary{Values: textVec(text, nil, "red", "green", "", "blue")}
	for at := range 90 {
		n := vec.BatchRows - at%2
		valid, sel := make([]uint64, vec.Words(n)), make([]uint64, vec.Words(n))
		bytes, words, shorts, names := make([]byte, n), make([]uint32, n), make([]int16, n), make([]string, n)
		for i := range n {
			bytes[i], words[i], shorts[i], names[i] = byte(r.IntN(4)), r.Uint32(), int16(r.Uint32()), fmt.Sprint("é", r.IntN(1000))
			valid[i>>6] |= uint64(min(r.IntN(9), 1)) << (i & 63)
			sel[i>>6] |= uint64(min(r.IntN(5), 1)) << (i & 63)
		}
		if at < 20 {
			valid = nil
		}
		if at%3 == 1 {
			sel = nil
		}
		b := &vec.Batch{N: n, Sel: sel, Cols: []vec.Vec{
			{Type: cols[0].Type, Form: vec.Narrow, Width: 4, N: n, Base: -9, Data: vec.BytesOf(words), Valid: valid},
			{Type: cols[1].Type, Form: vec.Narrow, Width: 1, N: n, Base: -2, Data: bytes, Valid: valid},
			{Type: text, Form: vec.Dict, Width: 1, N: n, Data: bytes, Dict: dict, Valid: valid},
			textVec(text, valid, names...),
			vec.Repeat(types.IntValue(cols[4].Type, 7), n),
			vec.Repeat(types.NullOf(cols[5].Type), n),
			vec.FromBits(n, make([]uint64, vec.Words(n)), valid),
			vec.FromFixed(cols[7].Type, shorts, valid),
			{Type: cols[8].Type, Form: vec.Narrow, Width: 4, N: n, Base: 5, Data: vec.BytesOf(slices.Repeat([]uint32{uint32(at)}, n)), Valid: valid},
		}}
		for i := range n {
			if sel == nil || sel[i>>6]>>(uint(i)&63)&1 == 1 {
				rows = append(rows, rowText(b, i))
			}
		}
		batches = append(batches, b)
	}
	return cols, batches, rows
}

// TestEveryFormComesBack reads what is written as a whole, and a file's record batches apart.
func TestEveryFormComesBack(t *testing.T) {
	cols, batches, want := manyForms()
	file, stream := written(t, cols, batches...)
	for _, data := range [][]byte{file, stream} {
		_, rows, err := readAll(data)
		if err != nil {
			t.Fatal(err)
		}
		checkRows(t, rows, want)
	}
	r, err := Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for k := r.Records() - 1; k >= 0; k-- {
		rows = append(recordRowsOf(t, r, k), rows...)
	}
	if r.Records() < 2 {
		t.Errorf("%d record batches", r.Records())
	}
	checkRows(t, rows, want)
	if r, err := Open(bytes.NewReader(stream), int64(len(stream))); err != nil || r.Records() != 0 {
		t.Errorf("a stream has %d record batches to be read apart, %v", r.Records(), err)
	}
}

func recordRowsOf(t *testing.T, r *Reader, k int) (rows []string) {
	t.Helper()
	one, err := r.Record(k)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]int, len(r.Columns()))
	for i := range all {
		all[i] = i
	}
	b, err := one.Next(all)
	if err != nil {
		t.Fatal(err)
	}
	for i := range b.N {
		rows = append(rows, rowText(b, i))
	}
	if _, err := one.Next(all); err != io.EOF {
		t.Errorf("record batch %d: another one after it, %v", k, err)
	}
	return rows
}

func checkRows(t *testing.T, rows, want []string) {
	t.Helper()
	if len(rows) != len(want) {
		t.Fatalf("%d rows of %d", len(rows), len(want))
	}
	for i := range want {
		if rows[i] != want[i] {
			t.Fatalf("row %d\n got %s\nwant %s", i, rows[i], want[i])
		}
	}
}

// TestTextBehindNull reads a column of which one value is no text, which matters unless it is NULL.
func TestTextBehindNull(t *testing.T) {
	for _, c := range []struct {
		bytes string
		valid []bool
		code  string
		rows  string
	}{
		{"ok\xffno", []bool{true, false, true}, "", "[ok NULL no]"},
		{"ok\xffno", nil, dberr.CharacterNotInRepertoire, ""},
		{"ok\x00no", nil, dberr.CharacterNotInRepertoire, ""},
		{"ok\x00no", []bool{true, false, true}, "", "[ok NULL no]"},
	} {
		b := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.String)
		b.AppendValues([][]byte{[]byte(c.bytes[:2]), []byte(c.bytes[2:3]), []byte(c.bytes[3:])}, c.valid)
		arr := b.NewArray()
		schema := arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)
		var out bytes.Buffer
		w := ipc.NewWriter(&out, ipc.WithSchema(schema))
		if err := w.Write(array.NewRecord(schema, []arrow.Array{arr}, 3)); err != nil {
			t.Fatal(err)
		}
		w.Close()
		_, rows, err := readAll(out.Bytes())
		if got := fmt.Sprint(rows); err == nil && (c.code != "" || got != c.rows) || err != nil && dberr.CodeOf(err) != c.code {
			t.Errorf("%q, %v: %v, %v", c.bytes, c.valid, rows, err)
		}
	}
}
