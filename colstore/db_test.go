package colstore

import (
	"strings"
	"testing"

	"driftdb/internal/dberr"
)

func TestRowsComeBack(t *testing.T) {
	k := newKit(t, Options{})
	k.pairs("t")
	k.tx(func(tx *Tx) error { return insert(tx, "t", row{1, "a"}, row{2, ""}) })
	k.want(k.db.View(), "t", "1|a 2|-")
	k.tx(func(tx *Tx) error { return update(tx, "t", row{2, "b"}) })
	k.tx(func(tx *Tx) error { return remove(tx, "t", 1) })
	check := func() {
		t.Helper()
		k.want(k.db.View(), "t", "2|b")
		k.want(k.atSeq(0), "t", "")
		k.want(k.atSeq(1), "t", "1|a")
		k.want(k.atSeq(2), "t", "1|a 2|-")
		k.want(k.atSeq(3), "t", "1|a 2|b")
		k.want(k.atSeq(4), "t", "2|b")
		_, err := k.db.ViewAtSeq(5)
		k.wantCode(err, dberr.TemporalOutOfRange)
		_, err = k.db.ViewAtTX(9)
		k.wantCode(err, dberr.TemporalOutOfRange)
	}
	check()
	k.reopen()
	check()
}

func TestKeysAreUnique(t *testing.T) {
	k := newKit(t, Options{})
	k.pairs("t")
	k.tx(func(tx *Tx) error { return insert(tx, "t", row{1, "a"}, row{2, "b"}) })
	err := k.do(func(tx *Tx) error { return insert(tx, "t", row{3, "c"}, row{2, "x"}) })
	k.wantCode(err, dberr.UniqueViolation)
	if e := err.(*dberr.Error); e.Detail != "Key (id)=(2) already exists." || e.Message != `duplicate key value violates unique constraint "t_pkey"` {
		t.Fatal(e.Message, e.Detail)
	}
	k.wantCode(k.do(func(tx *Tx) error { return insert(tx, "t", row{5, "c"}, row{5, "x"}) }), dberr.UniqueViolation)
	k.want(k.db.View(), "t", "1|a 2|b")
	// A statement that shifts all keys is checked at its end.
	k.tx(func(tx *Tx) error {
		v := tx.View()
		tab, _ := v.Table(InPublic("t"))
		_, r1, _, err := upsertRID(tx, "t", 1)
		k.must(err)
		_, r2, _, err := upsertRID(tx, "t", 2)
		k.must(err)
		k.must(tx.Update(bg, tab, []uint64{r1, r2}, batchOfRows([]row{{2, "a"}, {3, "b"}})))
		return tx.EndStatement(bg)
	})
	k.want(k.db.View(), "t", "2|a 3|b")
	k.wantCode(k.do(func(tx *Tx) error {
		tab, r2, _, _ := upsertRID(tx, "t", 2)
		k.must(tx.Update(bg, tab, []uint64{r2}, batchOfRows([]row{{3, "a"}})))
		return tx.EndStatement(bg)
	}), dberr.UniqueViolation)
}

func TestTransactionSeesItsWrites(t *testing.T) {
	k := newKit(t, Options{})
	k.pairs("t")
	k.tx(func(tx *Tx) error { return insert(tx, "t", row{1, "a"}, row{2, "b"}) })
	tx, err := k.db.Begin(TxOptions{})
	k.must(err)
	k.must(insert(tx, "t", row{3, "c"}))
	before := tx.View()
	k.must(update(tx, "t", row{1, "x"}, row{3, "z"}))
	k.must(remove(tx, "t", 2))
	k.want(before, "t", "1|a 2|b 3|c")
	k.want(tx.View(), "t", "1|x 3|z")
	k.want(k.db.View(), "t", "1|a 2|b")
	sp := tx.Savepoint()
	k.must(insert(tx, "t", row{2, "again"}))
	k.must(update(tx, "t", row{1, "y"}))
	k.want(tx.View(), "t", "1|y 2|again 3|z")
	k.must(tx.RollbackTo(sp))
	k.want(tx.View(), "t", "1|x 3|z")
	k.must(insert(tx, "t", row{4, "d"}))
	c, err := tx.Commit(bg)
	k.must(err)
	if c.Events != 5 || c.FirstSeq != 3 {
		t.Fatalf("commit %+v", c)
	}
	k.want(k.db.View(), "t", "1|x 3|z 4|d")
	k.reopen()
	k.want(k.db.View(), "t", "1|x 3|z 4|d")
	k.want(k.atSeq(5), "t", "1|x 2|b 3|z")
}

func TestConflicts(t *testing.T) {
	k := newKit(t, Options{})
	k.pairs("t")
	k.tx(func(tx *Tx) error { return insert(tx, "t", row{1, "a"}, row{2, "b"}) })
	begin := func() *Tx {
		tx, err := k.db.Begin(TxOptions{})
		k.must(err)
		return tx
	}
	a, b := begin(), begin()
	k.must(update(a, "t", row{1, "x"}))
	k.must(update(b, "t", row{1, "y"}))
	_, err := a.Commit(bg)
	k.must(err)
	_, err = b.Commit(bg)
	k.wantCode(err, dberr.SerializationFailure)

	a, b = begin(), begin()
	k.must(insert(a, "t", row{7, "x"}))
	k.must(insert(b, "t", row{7, "y"}))
	_, err = a.Commit(bg)
	k.must(err)
	_, err = b.Commit(bg)
	k.wantCode(err, dberr.UniqueViolation)
	k.want(k.db.View(), "t", "1|x 2|b 7|x")

	a, b = begin(), begin()
	k.must(insert(a, "t", row{8, "x"}))
	tab, _ := b.View().Table(InPublic("t"))
	_, err = b.AddColumns(tab, []Column{{Name: "n", Type: typInt}})
	k.must(err)
	_, err = b.Commit(bg)
	k.must(err)
	_, err = a.Commit(bg)
	k.wantCode(err, dberr.SerializationFailure)
}

func TestSchemaOfThen(t *testing.T) {
	k := newKit(t, Options{})
	k.pairs("t")
	k.tx(func(tx *Tx) error { return insert(tx, "t", row{1, "a"}) })
	alter := func(fn func(tx *Tx, tab *Table) error) {
		t.Helper()
		k.tx(func(tx *Tx) error {
			tab, err := tx.View().Table(InPublic("t"))
			k.must(err)
			return fn(tx, tab)
		})
	}
	alter(func(tx *Tx, tab *Table) error {
		_, err := tx.AddColumns(tab, []Column{{Name: "n", Type: typInt, Missing: intVal(7)}})
		return err
	})
	k.tx(func(tx *Tx) error { return insert(tx, "t", row{2, "b"}) })
	alter(func(tx *Tx, tab *Table) error { _, err := tx.DropColumn(tab, "v"); return err })
	alter(func(tx *Tx, tab *Table) error { _, err := tx.WidenColumn(tab, "n", typText); return err })
	alter(func(tx *Tx, tab *Table) error { _, err := tx.RenameTable(tab, "u"); return err })
	check := func() {
		t.Helper()
		k.want(k.db.View(), "u", "1|7 2|-")
		_, err := k.db.View().Table(InPublic("t"))
		k.wantCode(err, dberr.UndefinedTable)
		k.want(k.atSeq(1), "t", "1|a")
		k.want(k.atSeq(2), "t", "1|a|7 2|b|-")
		v, err := k.db.ViewAtTX(3)
		k.must(err)
		k.want(v, "t", "1|a|7")
		v, err = k.db.ViewAtTX(0)
		k.must(err)
		_, err = v.Table(InPublic("u"))
		k.wantCode(err, dberr.BeforeHistory)
	}
	check()
	k.reopen()
	check()
	k.tx(func(tx *Tx) error {
		tab, err := tx.View().Table(InPublic("u"))
		k.must(err)
		return tx.DropTable(tab)
	})
	_, err := k.db.View().Table(InPublic("u"))
	k.wantCode(err, dberr.UndefinedTable)
	k.want(k.atSeq(2), "t", "1|a|7 2|b|-")
	k.pairs("u")
	k.want(k.db.View(), "u", "")
}

func TestBulkGoesByReference(t *testing.T) {
	k := newKit(t, Options{InlineRows: 50, PartRows: 256, GroupRows: 64})
	k.pairs("t")
	var rows []row
	for i := range int64(1000) {
		rows = append(rows, row{i, "v"})
	}
	k.tx(func(tx *Tx) error { return insert(tx, "t", rows...) })
	check := func(n int) {
		t.Helper()
		tab, _ := k.db.View().Table(InPublic("t"))
		s, err := k.db.View().Scan(bg, tab, ScanSpec{})
		k.must(err)
		defer s.Close()
		total := 0
		var g Group
		for i := range s.Groups() {
			k.must(s.Load(i, &g))
			total += g.Count()
		}
		if total != n {
			t.Fatalf("%d rows, want %d", total, n)
		}
	}
	check(1000)
	k.wantCode(k.do(func(tx *Tx) error { return insert(tx, "t", row{500, "again"}) }), dberr.UniqueViolation)
	k.wantCode(k.do(func(tx *Tx) error { return insert(tx, "t", append(rows[:0:0], rows[900:]...)...) }), dberr.UniqueViolation)
	k.tx(func(tx *Tx) error { return remove(tx, "t", 3, 700) })
	k.tx(func(tx *Tx) error { return update(tx, "t", rows[10:200]...) })
	check(998)
	k.reopen()
	check(998)
	_, rid, ok, err := upsertRID(mustTx(k), "t", 700)
	k.must(err)
	if ok {
		t.Fatalf("row 700 is found at %d after its deletion", rid)
	}
	k.tx(func(tx *Tx) error {
		tab, _ := tx.View().Table(InPublic("t"))
		n, err := tx.Truncate(bg, tab)
		if n != 998 {
			t.Errorf("truncated %d", n)
		}
		return err
	})
	check(0)
	if v := k.atSeq(1000); v != nil {
		got, err := dump(v, "t", ScanSpec{Filters: []Filter{{Column: 1, Op: Eq, Values: vals(700)}}, Columns: []uint32{1, ColSeqStart}})
		k.must(err)
		if got != "700|701" {
			t.Fatal(got)
		}
	}
}

func mustTx(k *kit) *Tx {
	tx, err := k.db.Begin(TxOptions{})
	k.must(err)
	return tx
}

// TestCompressedBulk writes the same rows plain and compressed, and vacuums the compressed ones.
func TestCompressedBulk(t *testing.T) {
	k := newKit(t, Options{InlineRows: 50, PartRows: 1024, GroupRows: 256})
	k.pairs("plain")
	k.pairs("cold")
	var rows []row
	for i := range int64(1500) {
		rows = append(rows, row{i, strings.Repeat("value ", int(i%9)) + itoa(uint64(i))})
	}
	k.tx(func(tx *Tx) error { return insert(tx, "plain", rows...) })
	write := func(from, to int) {
		k.tx(func(tx *Tx) error {
			tx.Compress = true
			return insert(tx, "cold", rows[from:to]...)
		})
	}
	write(0, 400)
	write(400, 800)
	write(800, 1500)
	// check returns the bytes of the parts of the table.
	check := func(table string, compressed bool) (size int64) {
		t.Helper()
		tab, err := k.db.View().Table(InPublic(table))
		k.must(err)
		st, err := k.db.store(tab.ID)
		k.must(err)
		s := st.pinned()
		defer s.unpin()
		for _, rs := range s.sets {
			p := rs.(*storedPart)
			if size += p.Bytes(); p.Compressed() != compressed {
				t.Errorf("a part of %s has %d rows, compressed %v", table, p.Rows(), p.Compressed())
			}
		}
		want, err := dump(k.db.View(), "plain", ScanSpec{})
		k.must(err)
		got, err := dump(k.db.View(), table, ScanSpec{})
		k.must(err)
		if got != want {
			t.Errorf("%s has other rows", table)
		}
		return size
	}
	if plain, cold := check("plain", false), check("cold", true); cold > plain*3/4 {
		t.Errorf("%d bytes are %d compressed", plain, cold)
	}
	_, err := k.db.Checkpoint(bg, Name{})
	k.must(err)
	stats, err := k.db.Vacuum(bg, InPublic("cold"))
	k.must(err)
	if stats.PartsBefore < 2 {
		t.Errorf("the vacuum took %d parts", stats.PartsBefore)
	}
	k.reopen()
	check("cold", true)
}

// TestPartsWrittenMeanwhile ends transactions while one part is written and the next is filled.
func TestPartsWrittenMeanwhile(t *testing.T) {
	k := newKit(t, Options{InlineRows: 50, PartRows: 256, GroupRows: 64})
	k.pairs("t")
	var rows []row
	for i := range int64(700) {
		rows = append(rows, row{i, "v"})
	}
	k.wantCode(k.do(func(tx *Tx) error { return insert(tx, "t", append(rows[:len(rows):len(rows)], row{5, "again"})...) }), dberr.UniqueViolation)
	files, err := k.fs.ReadDir("db/parts")
	k.must(err)
	if len(files) != 0 {
		t.Errorf("a failed transaction left the files %v", files)
	}
	k.tx(func(tx *Tx) error {
		if err := insert(tx, "t", row{-1, "before"}); err != nil {
			return err
		}
		sp := tx.Savepoint()
		if err := insert(tx, "t", rows...); err != nil {
			return err
		}
		if err := tx.RollbackTo(sp); err != nil {
			return err
		}
		return insert(tx, "t", rows[600:]...)
	})
	k.reopen()
	text, err := dump(k.db.View(), "t", ScanSpec{})
	k.must(err)
	if n := len(strings.Fields(text)); n != 101 || !strings.HasPrefix(text, "-1|before 600|v ") {
		t.Errorf("%d rows, want 101: %.40s", n, text)
	}
}
