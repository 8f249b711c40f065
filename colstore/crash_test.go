package colstore

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"driftdb/internal/vfs"
)

// image is what a crash left, and what had been promised before it.
type image struct {
	fs     *vfs.Mem
	acked  int // commits that had been acknowledged
	begun  int // commits that had been begun
	what   string
	policy vfs.CrashPolicy
}

// crashLab takes an image of the disk before every change to it.
type crashLab struct {
	mu     sync.Mutex
	mem    *vfs.Mem
	rng    *rand.Rand
	acked  int
	begun  int
	images []image
	armed  bool
}

func (l *crashLab) step(op vfs.Op, name string, n, _ int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.armed || !op.Changes() {
		return nil
	}
	policy := vfs.CrashPolicies[n%len(vfs.CrashPolicies)]
	for _, p := range []vfs.CrashPolicy{policy, vfs.CrashPolicies[l.rng.IntN(len(vfs.CrashPolicies))]} {
		l.images = append(l.images, image{l.mem.Crash(p, l.rng), l.acked, l.begun, fmt.Sprintf("%v %s", op, name), p})
	}
	return nil
}

// arm begins the taking of images, when so many commits are acknowledged.
func (l *crashLab) arm(commits int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acked, l.begun, l.armed = commits, commits, true
}

// disarm ends it and returns the images. The log may still be at work on files.
func (l *crashLab) disarm() []image {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed = false
	return l.images
}

// commit runs one transaction and keeps what the table is after it.
func (l *crashLab) commit(k *kit, states *[]string, fn func(tx *Tx) error) {
	l.mu.Lock()
	l.begun++
	l.mu.Unlock()
	k.tx(fn)
	l.mu.Lock()
	l.acked++
	l.mu.Unlock()
	got, err := dump(k.db.View(), "t", ScanSpec{})
	k.must(err)
	*states = append(*states, got)
}

func manyRows(from, n int64, v string) (rows []row) {
	for i := range n {
		rows = append(rows, row{from + i, v})
	}
	return rows
}

// TestCrashAtEveryWrite runs every kind of work, crashes before each change of the disk, and
// asks what is left for every commit.
func TestCrashAtEveryWrite(t *testing.T) {
	lab := &crashLab{mem: vfs.NewMem(), rng: rand.New(rand.NewPCG(1, 2))}
	k := newKit(t, Options{FS: vfs.NewFault(lab.mem, lab.step), InlineRows: 20, PartRows: 128, GroupRows: 64, SegmentMin: 8 << 10, SegmentMax: 16 << 10})
	k.pairs("t")
	states := []string{"", ""} // by csn; commit 1 makes the table
	lab.arm(1)
	checkpoint := func() {
		_, err := k.db.Checkpoint(bg, Name{})
		k.must(err)
	}
	vacuum := func() {
		_, err := k.db.Vacuum(bg, Name{})
		k.must(err)
	}
	lab.commit(k, &states, func(tx *Tx) error { return insert(tx, "t", row{1, "a"}, row{2, "b"}) })
	lab.commit(k, &states, func(tx *Tx) error { return update(tx, "t", row{1, "x"}) })
	checkpoint()
	lab.commit(k, &states, func(tx *Tx) error { return insert(tx, "t", manyRows(100, 60, "bulk")...) })
	lab.commit(k, &states, func(tx *Tx) error { return remove(tx, "t", 2, 101, 150) })
	checkpoint()
	lab.commit(k, &states, func(tx *Tx) error { return update(tx, "t", manyRows(102, 30, "new")...) })
	vacuum()
	lab.commit(k, &states, func(tx *Tx) error {
		tab, err := tx.View().Table(InPublic("t"))
		if err != nil {
			return err
		}
		_, err = tx.AddColumns(tab, []Column{{Name: "n", Type: typInt, Missing: intVal(3)}})
		return err
	})
	checkpoint()
	vacuum()
	k.reopen()
	lab.commit(k, &states, func(tx *Tx) error { return insert(tx, "t", row{3, "late"}) })
	images := lab.disarm()
	if len(images) < 100 {
		t.Fatalf("only %d images", len(images))
	}
	for i, im := range images {
		if testing.Short() && i%7 != 0 {
			continue
		}
		if fault := survives(k, im, states); fault != "" {
			t.Fatalf("image %d before %s, policy %v, %d of %d commits acknowledged: %s", i, im.what, im.policy, im.acked, im.begun, fault)
		}
	}
}

// survives opens an image and returns what is wrong with it, or "".
func survives(k *kit, im image, states []string) string {
	opts := k.opts
	opts.FS = im.fs
	report, err := Doctor("db", opts, false)
	if err != nil {
		return "doctor: " + err.Error()
	}
	if len(report.Problems) > 0 {
		return fmt.Sprintf("doctor: %+v", report.Problems)
	}
	db, err := Open("db", opts)
	if err != nil {
		return "open: " + err.Error()
	}
	defer func() { _ = db.Close() }()
	last := int(db.View().Point().CSN)
	if last < im.acked || last > im.begun {
		return fmt.Sprintf("%d commits are there", last)
	}
	for csn := 1; csn <= last; csn++ {
		v, err := db.ViewAtTX(uint64(csn))
		if err != nil {
			return err.Error()
		}
		got, err := dump(v, "t", ScanSpec{})
		if err != nil {
			return fmt.Sprintf("@TX:%d: %v", csn, err)
		}
		if got != states[csn] {
			return fmt.Sprintf("@TX:%d: got %s, want %s", csn, got, states[csn])
		}
	}
	return goesOn(k, db, states[last])
}

// goesOn writes to a database and maintains it.
func goesOn(k *kit, db *DB, before string) string {
	after := &kit{t: k.t, db: db}
	if err := after.do(func(tx *Tx) error { return insert(tx, "t", row{9999, "more"}) }); err != nil {
		return "insert: " + err.Error()
	}
	if _, err := db.Checkpoint(bg, Name{}); err != nil {
		return "checkpoint: " + err.Error()
	}
	got, err := dump(db.View(), "t", ScanSpec{})
	if err != nil {
		return err.Error()
	}
	if !strings.HasPrefix(got, before) || !strings.Contains(got, "9999|more") {
		return fmt.Sprintf("after one more row: got %s, was %s", got, before)
	}
	return ""
}
