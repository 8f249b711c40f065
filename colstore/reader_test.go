package colstore

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"time"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// reader opens the kit's database a second time, read-only.
func (k *kit) reader() *DB {
	k.t.Helper()
	opts := k.opts
	opts.ReadOnly = true
	db, err := Open("db", opts)
	k.must(err)
	return db
}

// sealedFS is a file system that may not be written.
type sealedFS struct{ vfs.FS }

func (sealedFS) Lock(name string) (io.Closer, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.EROFS}
}

// TestOpenWhatMayNotBeWritten opens a database for writing where nothing can be written: the
// error says that it can be read.
func TestOpenWhatMayNotBeWritten(t *testing.T) {
	k := newKit(t, Options{})
	opts := k.opts
	opts.FS = sealedFS{opts.FS}
	_, err := Open("db", opts)
	k.wantCode(err, dberr.IOError)
	if e, ok := errors.AsType[*dberr.Error](err); !ok || !strings.Contains(e.Hint, "read-only") {
		t.Fatalf("%v has no hint", err)
	}
}

// until waits until a reader sees what the writer has made durable.
func (k *kit) until(db *DB, want Point) {
	k.t.Helper()
	for deadline := time.Now().Add(5 * time.Second); db.View().Point() != want; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			k.t.Fatalf("reader is at %+v, writer at %+v", db.View().Point(), want)
		}
	}
}

func TestReaderBesideWriter(t *testing.T) {
	k := newKit(t, Options{InlineRows: 20, PartRows: 128, GroupRows: 64, TailLimit: 1 << 10})
	empty := k.reader()
	k.pairs("t")
	k.tx(func(tx *Tx) error { return insert(tx, "t", row{1, "a"}, row{2, "b"}) })
	r := k.reader()
	defer func() { k.must(r.Close()) }()
	check := func(db *DB) {
		t.Helper()
		k.until(db, k.db.View().Point())
		for seq := range k.db.View().Point().Seq + 1 {
			want, err := dump(k.atSeq(seq), "t", ScanSpec{})
			k.must(err)
			v, err := db.ViewAtSeq(seq)
			k.must(err)
			k.want(v, "t", want)
		}
	}
	check(r)
	check(empty)
	k.must(empty.Close())
	tx, err := r.Begin(TxOptions{})
	k.must(err)
	k.wantCode(insert(tx, "t", row{5, "e"}), dberr.ReadOnlyTransaction)
	_, err = Open("db", k.opts)
	k.wantCode(err, dberr.ObjectInUse)
	for i := range int64(6) {
		k.tx(func(tx *Tx) error { return insert(tx, "t", manyRows(10+i*40, 30, "some longer text for the tail")...) })
		k.tx(func(tx *Tx) error { return remove(tx, "t", 10+i*40, 15+i*40) })
		_, err := k.db.Checkpoint(bg, Name{})
		k.must(err)
		_, err = k.db.Vacuum(bg, Name{})
		k.must(err)
		k.tx(func(tx *Tx) error { return update(tx, "t", row{1, string(rune('a' + i))}) })
		check(r)
	}
	packs, err := k.db.listFiles(packFile)
	k.must(err)
	if len(packs) <= len(k.db.usedPacks()) {
		t.Fatal("superseded files were removed though a reader has a lease")
	}
	if r.tail.Load() > 20<<10 {
		t.Fatalf("the reader's tail has grown to %d bytes", r.tail.Load())
	}
	k.must(r.Close())
	r = k.reader()
	check(r)
	k.must(r.Close())
	_, err = k.db.Vacuum(bg, Name{})
	k.must(err)
	packs, err = k.db.listFiles(packFile)
	k.must(err)
	if len(packs) != len(k.db.usedPacks()) {
		t.Fatalf("%d pack files, %d are used", len(packs), len(k.db.usedPacks()))
	}
	// Without a writer a reader opens the directory alone.
	k.must(k.db.Close())
	alone := k.reader()
	if got := alone.View().Point().CSN; got != 20 {
		t.Fatalf("at commit %d", got)
	}
	k.must(alone.Close())
	k.open()
	r = k.reader()
}

func TestCheckpointOfOneTable(t *testing.T) {
	k := newKit(t, Options{InlineRows: 20})
	k.pairs("a")
	k.pairs("b")
	k.tx(func(tx *Tx) error {
		k.must(insert(tx, "a", row{1, "x"}))
		return insert(tx, "b", manyRows(1, 40, "y")...)
	})
	st, err := k.db.Checkpoint(bg, InPublic("a"))
	k.must(err)
	if st.Tables != 1 || st.Rows != 1 || st.Parts != 1 {
		t.Fatalf("%+v", st)
	}
	k.tx(func(tx *Tx) error { k.must(update(tx, "a", row{1, "z"})); return remove(tx, "b", 3) })
	k.reopen()
	k.want(k.db.View(), "a", "1|z")
	tab, _ := k.db.View().Table(InPublic("b"))
	if n := k.db.View().Stats(tab).Rows; n != 39 {
		t.Fatalf("%d rows", n)
	}
	_, err = k.db.Checkpoint(bg, InPublic("none"))
	k.wantCode(err, dberr.UndefinedTable)
	_, err = k.db.Checkpoint(bg, Name{})
	k.must(err)
	k.reopen()
	k.want(k.db.View(), "a", "1|z")
	k.want(k.atSeq(41), "a", "1|x")
}

func TestVacuumKeepsHotPartsSmall(t *testing.T) {
	k := newKit(t, Options{InlineRows: 20, PartRows: 512, GroupRows: 64})
	k.pairs("t")
	for i := range int64(12) {
		k.tx(func(tx *Tx) error { return insert(tx, "t", manyRows(i*30, 30, "v")...) })
		_, err := k.db.Checkpoint(bg, Name{})
		k.must(err)
	}
	st, err := k.db.Vacuum(bg, InPublic("t"))
	k.must(err)
	if st.PartsBefore != 12 || st.PartsAfter != 1 {
		t.Fatalf("%+v", st)
	}
	if st, err = k.db.Vacuum(bg, InPublic("t")); err != nil || st.Tables != 0 {
		t.Fatalf("a second vacuum did %+v, %v", st, err)
	}
	// An index that is younger than the parts gets into them.
	k.tx(func(tx *Tx) error {
		tab, _ := tx.View().Table(InPublic("t"))
		_, err := tx.CreateIndex(bg, tab, IndexDef{Columns: []string{"v"}})
		return err
	})
	st, err = k.db.Vacuum(bg, InPublic("t"))
	k.must(err)
	if st.Tables != 1 {
		t.Fatalf("%+v", st)
	}
	tab, _ := k.db.View().Table(InPublic("t"))
	s, err := k.db.View().Scan(bg, tab, ScanSpec{Filters: []Filter{{Column: 1, Op: Eq, Values: vals(77)}}, Columns: tab.ColumnIDs()})
	k.must(err)
	defer s.Close()
	if got, err := dumpScan(s); err != nil || got != "77|v" || s.Explain().Index != "t_pkey" {
		t.Fatal(got, err, s.Explain())
	}
	if _, _, ok := k.db.View().Catalog().Index(InPublic("t_v_idx")); !ok {
		t.Fatal("no index t_v_idx")
	}
}

// TestDeadAreMovedAsideByThemselves ends a third of the rows of one large part: the automatic
// maintenance moves them out of the way of the present, and no answer changes.
func TestDeadAreMovedAsideByThemselves(t *testing.T) {
	const rows = 210_000
	k := newKit(t, Options{AutoCheckpoint: true, TailLimit: 256 << 10})
	k.pairs("t")
	k.tx(func(tx *Tx) error { return insert(tx, "t", manyRows(0, rows, "v")...) })
	_, err := k.db.Checkpoint(bg, Name{})
	k.must(err)
	before := k.db.View().Point().Seq
	tab, err := k.db.View().Table(InPublic("t"))
	k.must(err)
	k.tx(func(tx *Tx) error {
		var rids []uint64
		for rid := uint64(1); rid <= rows; rid += 3 {
			rids = append(rids, rid)
		}
		return tx.Delete(bg, tab, rids)
	})
	hot := func() (dead int) {
		st, err := k.db.store(tab.ID)
		k.must(err)
		s := st.pinned()
		defer s.unpin()
		for _, rs := range s.sets {
			if n := rs.deaths().Len(); n < rs.bornBy(^uint64(0)) {
				dead += n
			}
		}
		return dead
	}
	for deadline := time.Now().Add(time.Minute); hot() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d dead rows are still among the living", hot())
		}
	}
	if n := k.db.View().Stats(tab).Rows; n != rows-rows/3 {
		t.Errorf("%d rows live", n)
	}
	if n := k.atSeq(before).Stats(tab).Rows; n != rows {
		t.Errorf("%d rows lived at event %d", n, before)
	}
	k.reopen()
	if n := k.atSeq(before + 10).Stats(tab).Rows; n != rows-10 {
		t.Errorf("%d rows lived at event %d", n, before+10)
	}
}
