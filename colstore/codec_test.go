package colstore

import (
	"bytes"
	"reflect"
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

// constrained is a table with all that format 1 cannot say.
func constrained() *Table {
	t := everyType()
	t.Columns[2].Identity, t.Columns[3].Generated = IdentityAlways, "a + 1"
	t.Indexes[0].Constraint = true
	t.Checks = []Check{{Name: "c", SQL: "int8 > 0", Columns: []uint32{4}}}
	t.ForeignKeys = []ForeignKey{{Name: "f", Columns: []uint32{4, 5}, Table: 9, RefColumns: []uint32{1, 2}, OnDelete: Cascade, OnUpdate: SetNull}}
	t.ReferencedBy = []uint32{3, 8}
	t.Comments = []Comment{{Text: "a table"}, {Column: 4, Text: "a column"}, {Constraint: "c", Text: "a check"}}
	return t
}

func aView() *Table {
	return &Table{Name: "v", Version: 1, NextColumn: 2, NextIndex: 1, Kind: KindView, Query: "SELECT a FROM t",
		Columns: []Column{{ID: 1, Name: "a", Type: types.T(types.Text), TypeVersion: 1, Missing: types.NullOf(types.T(types.Text))}},
		Depends: []Dependency{{Table: 3, Columns: []uint32{1, 4}}, {Table: 5}}}
}

func aSequence() *Table {
	return &Table{Name: "s", Version: 3, NextColumn: 1, NextIndex: 1, Kind: KindSequence,
		Sequence: &SequenceDef{Type: types.T(types.Int32), Increment: -2, Min: -100, Max: 1<<31 - 1, Start: 5, Cache: 1, Cycle: true, OwnerTable: 3, OwnerColumn: 4}}
}

func TestEditKeepsDefinitions(t *testing.T) {
	edits := []*edit{{id: 3, base: 1, table: everyType()}, {id: 9, base: 2}, {id: 3, base: 1, table: constrained()},
		{id: 4, table: aView()}, {id: 5, table: aSequence()}, {id: 5, position: &SequencePosition{Last: -7, Called: true, Step: 9}}}
	for _, e := range edits {
		data := e.encode()
		back, err := decodeEdit(data, "f", 0)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(back.encode(), data) {
			t.Fatal("an edit changes on its way")
		}
		if e.table != nil {
			e.table.ID, e.table.keys = e.id, nil
			if back.table.keys = nil; !reflect.DeepEqual(back.table, e.table) {
				t.Fatalf("%+v became %+v", e.table, back.table)
			}
		}
		whole := map[int]bool{} // a definition without its last records is one too
		for n := range data {
			if format2 := data[0] == editFormatMore; format2 {
				whole[n] = true
			}
			if _, err := decodeEdit(data[:n], "f", 0); err == nil && !whole[n] {
				t.Fatalf("an edit cut to %d of %d bytes is taken", n, len(data))
			}
		}
	}
}

// FuzzEdit: any bytes give an edit that says the same again, or an error.
func FuzzEdit(f *testing.F) {
	f.Add((&edit{id: 3, base: 1, table: everyType()}).encode())
	f.Add((&edit{id: 3, base: 1}).encode())
	f.Add((&edit{id: 3, base: 1, table: constrained()}).encode())
	f.Add((&edit{id: 4, table: aView()}).encode())
	f.Add((&edit{id: 5, table: aSequence()}).encode())
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
