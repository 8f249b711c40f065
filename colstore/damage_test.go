package colstore

import (
	"fmt"
	"strings"
	"testing"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// damagedKit is a small database with everything in it, closed, and what it answers.
func damagedKit(t *testing.T) (k *kit, answers map[string]string) {
	k = newKit(t, Options{FS: vfs.NewMem(), InlineRows: 20, PartRows: 128, GroupRows: 64, SegmentMin: 4 << 10, SegmentMax: 4 << 10})
	k.pairs("t")
	k.pairs("u")
	k.tx(func(tx *Tx) error { return insert(tx, "t", row{1, "a"}, row{2, "b"}) })
	k.tx(func(tx *Tx) error { return insert(tx, "t", manyRows(10, 30, "bulk")...) })
	k.tx(func(tx *Tx) error { return insert(tx, "u", row{7, "other"}) })
	_, err := k.db.Checkpoint(bg, Name{})
	k.must(err)
	k.tx(func(tx *Tx) error { return remove(tx, "t", 1, 12) })
	_, err = k.db.Checkpoint(bg, Name{})
	k.must(err)
	k.tx(func(tx *Tx) error { return update(tx, "t", row{2, "tail"}) })
	answers = map[string]string{}
	for _, table := range []string{"t", "u"} {
		for csn := uint64(2); csn <= k.db.View().Point().CSN; csn++ {
			v, err := k.db.ViewAtTX(csn)
			k.must(err)
			answers[fmt.Sprintf("%s@%d", table, csn)], err = dump(v, table, ScanSpec{})
			k.must(err)
		}
	}
	k.must(k.db.Close())
	k.db = nil
	return k, answers
}

// ask opens the database on a file system and compares all answers. Errors must be of damage,
// or of points that are not there any more.
func ask(opts Options, answers map[string]string) (told bool, fault string) {
	opts.ReadOnly = true
	db, err := Open("db", opts)
	if err != nil {
		return true, notDamage(err)
	}
	defer func() { _ = db.Close() }()
	for what, want := range answers {
		table, csn, _ := strings.Cut(what, "@")
		var n uint64
		_, _ = fmt.Sscan(csn, &n)
		v, err := db.ViewAtTX(n)
		got := ""
		if err == nil {
			got, err = dump(v, table, ScanSpec{})
		}
		switch {
		case err != nil:
			told = true
			if fault := notDamage(err); fault != "" {
				return true, what + ": " + fault
			}
		case got != want:
			return told, fmt.Sprintf("%s: got %s, want %s", what, got, want)
		}
	}
	return told, ""
}

func notDamage(err error) string {
	switch dberr.CodeOf(err) {
	case dberr.DataCorrupted, dberr.IndexCorrupted, dberr.TemporalOutOfRange, dberr.UndefinedFile, dberr.UndefinedTable, dberr.BeforeHistory:
		return ""
	}
	return "an error that is not of damage: " + err.Error()
}

// files lists the files of a database, below a folder.
func files(fs vfs.FS, dir string) (all []string) {
	names, _ := fs.ReadDir(dir)
	for _, n := range names {
		p := dir + "/" + n
		if info, err := fs.Stat(p); err == nil && info.IsDir {
			all = append(all, files(fs, p)...)
		} else {
			all = append(all, p)
		}
	}
	return all
}

// TestFlippedBytes flips bytes of every file in turn: the answer is right or an error.
func TestFlippedBytes(t *testing.T) {
	k, answers := damagedKit(t)
	flips, told := 0, 0
	for _, name := range files(k.fs, "db") {
		f, err := k.fs.OpenFile(name)
		k.must(err)
		size, err := f.Size()
		k.must(err)
		step := max(size/150, 1)
		for off := int64(0); off < size; off += step {
			var b [1]byte
			_, err := f.ReadAt(b[:], off)
			k.must(err)
			bad := [1]byte{b[0] ^ 0x41}
			_, err = f.WriteAt(bad[:], off)
			k.must(err)
			said, fault := ask(k.opts, answers)
			if fault != "" {
				t.Fatalf("%s, byte %d flipped: %s", name, off, fault)
			}
			flips++
			if said {
				told++
			}
			_, err = f.WriteAt(b[:], off)
			k.must(err)
		}
		k.must(f.Close())
	}
	if flips < 500 || told < flips/20 {
		t.Fatalf("%d bytes flipped, %d noticed", flips, told)
	}
	if _, fault := ask(k.opts, answers); fault != "" {
		t.Fatal("restored: " + fault)
	}
}

// TestDamagedPartFailsItsTableAlone cuts a pack file's part of t and asks for both tables.
func TestDamagedPartFailsItsTableAlone(t *testing.T) {
	k, answers := damagedKit(t)
	k.open()
	var place partPlace
	tab, err := k.db.View().Table(InPublic("t"))
	k.must(err)
	for _, p := range k.db.snapshotOf(tab.ID).parts {
		if p.file.kind == packFile {
			place = p.partPlace
		}
	}
	k.must(k.db.Close())
	k.db = nil
	f, err := k.fs.OpenFile(place.file.path("db"))
	k.must(err)
	_, err = f.WriteAt(make([]byte, 64), place.offset+place.length-64)
	k.must(err)
	k.open()
	_, err = dump(k.db.View(), "t", ScanSpec{})
	k.wantCode(err, dberr.DataCorrupted)
	k.want(k.db.View(), "u", "7|other")
	k.must(k.db.Close())
	k.db = nil
	report, err := Doctor("db", k.opts, false)
	k.must(err)
	if len(report.Problems) == 0 || report.Problems[0].Table != "t" || report.Problems[0].File != place.file.path("db") {
		t.Fatalf("%+v", report.Problems)
	}
	report, err = Doctor("db", k.opts, true)
	k.must(err)
	if len(report.Problems) > 0 || len(report.Repaired) == 0 {
		t.Fatalf("%+v", report)
	}
	if told, fault := ask(k.opts, answers); fault != "" || told {
		t.Fatal(told, fault)
	}
}
