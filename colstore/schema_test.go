package colstore

import (
	"testing"

	"driftdb/internal/dberr"
)

// begin opens a transaction that the test ends.
func (k *kit) begin() *Tx {
	k.t.Helper()
	tx, err := k.db.Begin(TxOptions{})
	k.must(err)
	return tx
}

// commits commits a transaction, which is to answer with an error of a code, "" for none.
func (k *kit) commits(tx *Tx, want string) {
	k.t.Helper()
	if _, err := tx.Commit(bg); (err != nil) != (want != "") || err != nil && dberr.CodeOf(err) != want {
		k.t.Fatalf("the commit answers %v, want %q", err, want)
	}
}

// TestSchemaConflicts lets transactions make, fill and drop one schema beside each other.
func TestSchemaConflicts(t *testing.T) {
	k := newKit(t, Options{})
	a, b := k.begin(), k.begin()
	_, err := a.CreateSchema("s")
	k.must(err)
	_, err = b.CreateSchema("s")
	k.must(err)
	k.commits(a, "")
	k.commits(b, dberr.DuplicateSchema)

	def := func(schema *Table) TableDef {
		return TableDef{Schema: schema.ID, Name: "t", Columns: []Column{{Name: "a", Type: typInt}}}
	}
	s, _ := k.db.View().Catalog().Schema("s")
	a, b = k.begin(), k.begin()
	_, err = a.CreateTable(def(s))
	k.must(err)
	k.must(b.DropTable(s))
	k.commits(a, "")
	k.commits(b, dberr.SerializationFailure) // something came into what it dropped

	a, b = k.begin(), k.begin()
	tab, found := a.Catalog().Relation(Name{Schema: "s", Name: "t"})
	if !found {
		t.Fatal("s.t is not there")
	}
	k.must(a.DropTable(tab))
	k.must(a.DropTable(s))
	k.commits(a, "")
	other := def(s)
	other.Name = "u"
	_, err = b.CreateTable(other)
	k.must(err)
	k.commits(b, dberr.SerializationFailure) // what it made has no schema any more
}

// TestSchemaRecords: only definitions in other schemas than public have a record of it, so those of
// databases from before there were schemas are the same bytes.
func TestSchemaRecords(t *testing.T) {
	plain := (&edit{id: 3, table: everyType()}).encode()
	if plain[0] != editFormat {
		t.Errorf("a table of public is written in format %d", plain[0])
	}
	moved := everyType()
	moved.Schema = 7
	for _, e := range []*edit{{id: 3, table: moved}, {id: 7, table: &Table{ID: 7, Name: "s", Kind: KindSchema, Version: 1, NextColumn: 1, NextIndex: 1}}} {
		back, err := decodeEdit(e.encode(), "f", 0)
		if err != nil {
			t.Fatal(err)
		}
		if back.table.Schema != e.table.Schema || back.table.Kind != e.table.Kind {
			t.Errorf("%v became %v", e.table, back.table)
		}
	}
	for _, bad := range []*edit{{id: 0, table: everyType()}, {id: 0, position: &SequencePosition{}}} {
		if _, err := decodeEdit(bad.encode(), "f", 0); err == nil {
			t.Errorf("edit %v of schema 0 is read", bad)
		}
	}
}

// TestPublicSchemaSurvives drops and makes the schema public, and opens the database again.
func TestPublicSchemaSurvives(t *testing.T) {
	k := newKit(t, Options{})
	public, _ := k.db.View().Catalog().Schema(PublicName)
	tx := k.begin()
	_, err := tx.RenameSchema(public, "old")
	k.must(err)
	_, err = tx.CreateSchema(PublicName)
	k.must(err)
	k.commits(tx, "")
	for range 2 {
		c := k.db.View().Catalog()
		now, is := c.Schema(PublicName)
		old, was := c.Schema("old")
		if !is || !was || now.ID == PublicSchema || old.ID != PublicSchema {
			t.Fatalf("schemas %v and %v", now, old)
		}
		_, err := k.db.Checkpoint(bg, Name{})
		k.must(err)
		k.must(k.db.Close())
		k.open()
	}
}
