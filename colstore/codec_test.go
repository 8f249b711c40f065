package colstore

import (
	"bytes"
	"testing"

	"driftdb/internal/types"
)

// everyType is a table with a column of every type.
func everyType() *Table {
	t := &Table{ID: 3, Name: "t", Version: 2, NextColumn: 99, NextIndex: 4, CreatedCSN: 5, PrimaryIdx: "t_pkey", PrimaryKey: []uint32{1}}
	for id := types.Bool; id <= types.JSON; id++ {
		typ := types.T(id)
		t.Columns = append(t.Columns, Column{ID: uint32(id), Name: typ.String(), Type: typ, TypeVersion: 1, NotNull: id == types.Bool,
			Default: "now()", Missing: types.NullOf(typ), Undeclared: id == types.JSON})
	}
	t.Columns = append(t.Columns, Column{ID: 50, Name: "d", Type: types.Dec(12, 2), TypeVersion: 4, Missing: types.IntValue(types.Dec(12, 2), 150)})
	t.Columns = append(t.Columns, Column{ID: 51, Name: "s", Type: types.Type{ID: types.Varchar, Len: 9}, TypeVersion: 1,
		Missing: types.BytesValue(types.Type{ID: types.Varchar, Len: 9}, "x")})
	t.Indexes = []Index{{ID: 2, Name: "i", Columns: []uint32{3, 51}, Unique: true}}
	return t
}

func TestEditKeepsDefinitions(t *testing.T) {
	for _, e := range []*edit{{id: 3, base: 1, table: everyType()}, {id: 9, base: 2}} {
		data := e.encode()
		back, err := decodeEdit(data, "f", 0)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(back.encode(), data) {
			t.Fatal("an edit changes on its way")
		}
		for n := range data {
			if _, err := decodeEdit(data[:n], "f", 0); err == nil {
				t.Fatalf("an edit cut to %d of %d bytes is taken", n, len(data))
			}
		}
	}
}

// FuzzEdit: any bytes give an edit that says the same again, or an error.
func FuzzEdit(f *testing.F) {
	f.Add((&edit{id: 3, base: 1, table: everyType()}).encode())
	f.Add((&edit{id: 3, base: 1}).encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := decodeEdit(data, "f", 0)
		if err != nil {
			return
		}
		again, err := decodeEdit(e.encode(), "f", 0)
		if err != nil || !bytes.Equal(again.encode(), e.encode()) {
			t.Fatal(err)
		}
	})
}

// FuzzManifest: any bytes give a manifest or an error.
func FuzzManifest(f *testing.F) {
	w := &editWriter{}
	w.catalogEdit(4, (&edit{id: 3, table: everyType()}).encode())
	w.snapshot(3, &snapshot{point: Point{CSN: 1, Seq: 2}, offset: 9, nextRID: 4,
		parts: []manifestPart{{partPlace: partPlace{id: 1, file: fileRef{packFile, 1}, length: 64}}}})
	w.floor(&floor{nextFile: 2})
	w.logFile(7)
	f.Add(w.w.B)
	f.Fuzz(func(t *testing.T, data []byte) {
		m := &manifest{tables: map[uint32]snapshot{}, logFiles: map[uint64]bool{}, catalog: func(uint64, *edit, []byte) {}}
		_ = m.applyEdit(data, 0) // must not panic
	})
}

// FuzzRow: any bytes are a row that comes out as it went in, or are refused.
func FuzzRow(f *testing.F) {
	tab := everyType().seal()
	seed := newChunk(tab, 1, 16)
	for i, c := range seed.cols {
		if i%3 != 0 {
			c.setNull(0, 16)
		}
	}
	seed.finishRow(0, 1, 0)
	encode := func(c *chunk) []byte {
		return c.layout.encode(nil, (&txOp{chunk: c, n: 1}).vectors(), 0)
	}
	f.Add(encode(seed))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := newChunk(tab, 1, 16)
		if c.appendEncoded(data, 7) != nil {
			return
		}
		again := newChunk(tab, 1, 16)
		if err := again.appendEncoded(encode(c), 7); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(encode(c), encode(again)) {
			t.Fatal("a row changes on its way")
		}
	})
}
