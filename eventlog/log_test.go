package eventlog

import (
	"context"
	"fmt"
	"testing"

	"driftdb/internal/vfs"
)

var testID = [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}

// tables gives out rids per table, as a column store would.
type tableRIDs map[uint32]uint64

func (r tableRIDs) order(c Commit, b Bases) error {
	for i := range b.Len() {
		id, n := b.Table(i)
		b.Set(i, r[id])
		r[id] += n
	}
	return nil
}

func insertOf(table uint32, rows ...string) *Builder {
	b := NewBuilder()
	var buf RowBuf
	for _, r := range rows {
		buf.Append([]byte(r))
	}
	b.AddInsert(table, 1, &buf)
	return b
}

func mustOpen(t testing.TB, fs vfs.FS, dir string, opt Options) *Log {
	t.Helper()
	opt.DatabaseID = testID
	l, err := Open(fs, dir, opt)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return l
}

func TestSubmitReopenReplay(t *testing.T) {
	dir := t.TempDir()
	rids := tableRIDs{}
	var want []Commit
	for round := range 4 {
		l := mustOpen(t, vfs.OS, dir, Options{SegmentMin: 4 << 10, SegmentMax: 16 << 10})
		if d := l.Damage(); d != nil {
			t.Fatalf("damage: %+v", d)
		}
		for i := range 100 {
			c, err := l.Submit(context.Background(), insertOf(uint32(i%3), fmt.Sprint("row ", round, " ", i), "b"), rids.order, Sync)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, c)
		}
		if round%2 == 0 {
			if err := l.SealFull(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		checkLog(t, l, want)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func checkLog(t *testing.T, l *Log, want []Commit) {
	t.Helper()
	var got []Commit
	if err := l.Replay(0, func(tx *Txn) error { got = append(got, tx.Commit); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("%d commits, want %d", len(got), len(want))
	}
	for i, c := range want {
		if got[i] != c {
			t.Fatalf("commit %d is %+v, want %+v", i, got[i], c)
		}
		for what, f := range map[string]func() (Commit, error){
			"csn":  func() (Commit, error) { return l.CommitAt(c.CSN) },
			"seq":  func() (Commit, error) { return l.CommitOfSeq(c.FirstSeq + 1) },
			"time": func() (Commit, error) { return l.CommitAtTime(c.TimeMicros) },
		} {
			if g, err := f(); err != nil || g != c {
				t.Fatalf("by %s: %+v, %v, want %+v", what, g, err, c)
			}
		}
		if tx, err := l.TxnAt(c.Offset); err != nil || tx.Commit != c {
			t.Fatalf("TxnAt: %v", err)
		}
	}
	for table := uint32(0); table < 3; table++ {
		n := 0
		if err := l.ReplayTable(table, 0, 0, func(tx *Txn) error { n++; return nil }); err != nil {
			t.Fatal(err)
		}
		w := 0
		for i := range want {
			if i%100%3 == int(table) {
				w++
			}
		}
		if n != w {
			t.Fatalf("table %d: %d transactions, want %d", table, n, w)
		}
	}
}
