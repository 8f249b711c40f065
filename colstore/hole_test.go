package colstore

import (
	"errors"
	"strings"
	"testing"

	"driftdb/internal/dberr"
)

// holeKit is a closed database with commits before and behind a checkpoint, all in one
// segment, and what its table is at each event.
func holeKit(t *testing.T) (k *kit, states []string, floor Point) {
	k = newKit(t, Options{InlineRows: 20, PartRows: 128, GroupRows: 64})
	k.pairs("t")
	k.tx(func(tx *Tx) error { return insert(tx, "t", row{1, "a"}, row{2, "b"}) })
	k.tx(func(tx *Tx) error { return update(tx, "t", row{1, "x"}) })
	k.tx(func(tx *Tx) error { return insert(tx, "t", manyRows(100, 40, "bulk")...) })
	k.tx(func(tx *Tx) error { return remove(tx, "t", 2, 101) })
	_, err := k.db.Checkpoint(bg, Name{})
	k.must(err)
	floor = k.db.View().Point()
	k.tx(func(tx *Tx) error { return insert(tx, "t", row{3, "behind"}) })
	k.tx(func(tx *Tx) error { return update(tx, "t", row{3, "the"}, row{1, "checkpoint"}) })
	for seq := range k.db.View().Point().Seq + 1 {
		text, err := dump(k.atSeq(seq), "t", ScanSpec{})
		k.must(err)
		states = append(states, text)
	}
	k.must(k.db.Close())
	k.db = nil
	return k, states, floor
}

// spoil inverts a byte of a file, and returns a function that mends it.
func (k *kit) spoil(name string, off int64) (mend func()) {
	k.t.Helper()
	f, err := k.fs.OpenFile(name)
	k.must(err)
	var b [1]byte
	_, err = f.ReadAt(b[:], off)
	k.must(err)
	_, err = f.WriteAt([]byte{^b[0]}, off)
	k.must(err)
	k.must(f.Close())
	return func() {
		f, err := k.fs.OpenFile(name)
		k.must(err)
		_, err = f.WriteAt(b[:], off)
		k.must(err)
		k.must(f.Close())
	}
}

// TestDamageBeforeCheckpoint damages, one after the other, bytes of the log whose commits a
// checkpoint covers. The present and the points behind must be there, writing must go on, and the
// points before are right or an error that names the place.
func TestDamageBeforeCheckpoint(t *testing.T) {
	k, states, floor := holeKit(t)
	k.open()
	c, err := k.db.log.CommitAt(floor.CSN + 1)
	k.must(err)
	k.must(k.db.Close())
	k.db = nil
	const name = "db/log/00000001.seg"
	told, opened := 0, 0
	for off := int64(512); off < 512+int64(c.Offset); off += 13 {
		mend := k.spoil(name, off)
		opts := k.opts
		opts.ReadOnly = true
		db, err := Open("db", opts)
		k.must(err)
		if db.log.Damage() == nil {
			opened++
		}
		for seq, want := range states {
			v, err := db.ViewAtSeq(uint64(seq))
			if err == nil {
				var got string
				if got, err = dump(v, "t", ScanSpec{}); err == nil && got != want {
					t.Fatalf("byte %d: event %d has %q, want %q", off, seq, got, want)
				}
			}
			if err == nil {
				continue
			}
			told++
			if place, ok := errors.AsType[*dberr.Error](err); !ok || !dberr.IsCorruption(err) || place.File != name || uint64(seq) > floor.Seq {
				t.Fatalf("byte %d: event %d: %v", off, seq, err)
			}
		}
		k.want(db.View(), "t", states[len(states)-1])
		k.must(db.Close())
		mend()
	}
	if opened < 20 || told < opened {
		t.Errorf("%d logs went on behind the damage, %d questions were refused", opened, told)
	}
}

// TestWritingBehindDamage goes on with a log that has a hole, through checkpoints, a vacuum and
// a restart, and lets the doctor look at it.
func TestWritingBehindDamage(t *testing.T) {
	k, states, floor := holeKit(t)
	const name = "db/log/00000001.seg"
	mend := k.spoil(name, 512+100)
	k.open()
	k.tx(func(tx *Tx) error { return insert(tx, "t", row{4, "after"}) })
	_, err := k.db.Checkpoint(bg, Name{})
	k.must(err)
	k.tx(func(tx *Tx) error { return remove(tx, "t", 3) })
	_, err = k.db.Vacuum(bg, Name{})
	k.must(err)
	k.reopen()
	last, err := dump(k.db.View(), "t", ScanSpec{})
	k.must(err)
	if !strings.Contains(last, "4|after") || strings.Contains(last, " 3|") {
		t.Fatal(last)
	}
	k.want(k.atSeq(floor.Seq+1), "t", states[floor.Seq+1])
	k.must(k.db.Close())
	k.db = nil
	for _, repair := range []bool{false, true} {
		report, err := Doctor("db", k.opts, repair)
		k.must(err)
		if len(report.Problems) != 1 || report.Problems[0].File != name || report.Problems[0].Remedy != remedyRestore || len(report.Repaired) > 0 {
			t.Fatalf("repair %v: %+v", repair, report)
		}
	}
	mend()
	report, err := Doctor("db", k.opts, false)
	k.must(err)
	if len(report.Problems) > 0 {
		t.Fatalf("%+v", report.Problems)
	}
	k.open()
	k.want(k.atSeq(1), "t", states[1])
}

// TestRepairDestroysNothing cuts a log whose end is damaged: what only the end had named stays,
// and a log that would contradict the parts is left alone.
func TestRepairDestroysNothing(t *testing.T) {
	k := newKit(t, Options{InlineRows: 20, PartRows: 128, GroupRows: 64})
	k.pairs("t")
	k.tx(func(tx *Tx) error { return insert(tx, "t", row{1, "a"}) })
	_, err := k.db.Checkpoint(bg, Name{})
	k.must(err)
	place, err := k.db.log.CommitAt(2)
	k.must(err)
	k.tx(func(tx *Tx) error { return insert(tx, "t", manyRows(100, 60, "bulk")...) })
	bulk, err := k.db.log.CommitAt(3)
	k.must(err)
	k.tx(func(tx *Tx) error { return insert(tx, "t", row{2, "b"}) })
	k.must(k.db.Close())
	k.db = nil
	const name = "db/log/00000001.seg"
	k.spoil(name, 512+int64(bulk.Offset)+90)
	report, err := Doctor("db", k.opts, true)
	k.must(err)
	if len(report.Repaired) < 3 {
		t.Fatalf("%+v", report)
	}
	k.open()
	k.want(k.db.View(), "t", "1|a")
	k.tx(func(tx *Tx) error { return insert(tx, "t", row{9, "goes on"}) })
	k.must(k.db.Close())
	k.db = nil
	kept := 0
	for _, f := range files(k.fs, "db") {
		if strings.HasSuffix(f, ".damaged") {
			kept++
		}
	}
	if kept != 3 { // the segment, the head page, the part of the lost commit
		t.Errorf("%d files were kept: %v", kept, files(k.fs, "db"))
	}

	f, err := k.fs.OpenFile(name)
	k.must(err)
	size, err := f.Size()
	k.must(err)
	_, err = f.WriteAt(make([]byte, size-512-int64(place.Offset)), 512+int64(place.Offset))
	k.must(err)
	k.must(f.Close())
	before := files(k.fs, "db")
	report, err = Doctor("db", k.opts, true)
	k.must(err)
	if len(report.Repaired) > 0 || len(report.Problems) == 0 || len(files(k.fs, "db")) != len(before) {
		t.Fatalf("%+v", report)
	}
}
