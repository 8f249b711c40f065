package eventlog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// TestManyWritersAndReaders: writers of both durabilities, lookups, replays, a follower and
// the sealer at the same time; then everything is there once, in order.
func TestManyWritersAndReaders(t *testing.T) {
	const writers, each = 8, 150
	var newest atomic.Uint64
	opt := Options{DatabaseID: testID, SegmentMin: 8 << 10, SegmentMax: 32 << 10, IdleMark: 2 * time.Millisecond,
		OnDurable: func(c Commit) { newest.Store(c.CSN) }}
	mem := vfs.NewMem()
	l := mustOpen(t, mem, "log", opt)
	rids := tableRIDs{}
	ctx, stop := context.WithCancel(t.Context())
	followed := make(chan error, 1)
	go func() { followed <- followAll(ctx, l, writers*each) }()

	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				c, err := l.Submit(ctx, insertOf(uint32(w), fmt.Sprint(w, " ", i)), rids.order, Durability(i%2))
				if err != nil {
					t.Error(err)
					return
				}
				if i%2 == 0 && (l.Durable().CSN < c.CSN || newest.Load() < c.CSN) {
					t.Errorf("commit %d acknowledged before it was published", c.CSN)
				}
			}
		})
	}
	wg.Go(func() {
		for range 50 {
			if err := readAround(ctx, l); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	if err := l.WaitDurable(ctx, writers*each); err != nil {
		t.Fatal(err)
	}
	if err := <-followed; err != nil {
		t.Error(err)
	}
	stop()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = mustOpen(t, mem, "log", opt)
	if problems, err := l.Verify(); err != nil || len(problems) > 0 || l.Durable().CSN != writers*each {
		t.Fatalf("after reopening: %v %v %+v", problems, err, l.Durable())
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func followAll(ctx context.Context, l *Log, n uint64) error {
	next := uint64(1)
	for tx, err := range l.Follow(ctx, 1) {
		if err != nil {
			return err
		}
		if tx.CSN != next {
			return fmt.Errorf("followed commit %d, want %d", tx.CSN, next)
		}
		if next++; next > n {
			return nil
		}
	}
	return errors.New("the follower ended early")
}

// readAround looks up a commit in every way, closes the present, and replays a table.
func readAround(ctx context.Context, l *Log) error {
	now := l.Now()
	if err := l.CloseTime(ctx, now); err != nil {
		return err
	}
	first, err := l.CommitAtTime(now)
	if err != nil {
		return err
	}
	if first.CSN == 0 {
		return nil
	}
	if c, err := l.CommitAt(first.CSN); err != nil || c != first {
		return fmt.Errorf("by csn %+v, by time %+v: %w", c, first, err)
	}
	if c, err := l.CommitOfSeq(first.FirstSeq); err != nil || c != first {
		return fmt.Errorf("by seq %+v, by time %+v: %w", c, first, err)
	}
	rows := uint64(0)
	err = l.ReplayTable(3, 0, first.CSN, func(tx *Txn) error {
		tx.Tables(func(id uint32, base, n uint64) {
			if id == 3 && base != rows {
				err = fmt.Errorf("table 3 goes on at rid %d, want %d", base, rows)
			}
			rows = base + n
		})
		return err
	})
	if err != nil {
		return err
	}
	if again, err := l.CommitAtTime(now); err != nil || again != first {
		return fmt.Errorf("time %d was %+v, is now %+v: %w", now, first, again, err)
	}
	return nil
}

// TestReaderBesideWriter: a read-only log on the same directory sees what is durable, follows
// through rolls and seals, and can close the present. A second writer is refused.
func TestReaderBesideWriter(t *testing.T) {
	files := map[string]vfs.FS{"mem": vfs.NewMem(), "os": vfs.OS}
	if raceDetector {
		// A reader looks at frames while another process writes them, and believes only what their
		// checksums confirm. In one memory the detector sees that as a race; through the kernel not.
		delete(files, "mem")
	}
	for name, fs := range files {
		t.Run(name, func(t *testing.T) {
			dir := "log"
			if name == "os" {
				dir = t.TempDir()
			}
			opt := Options{DatabaseID: testID, SegmentMin: 4 << 10, SegmentMax: 8 << 10, IdleMark: 5 * time.Millisecond}
			w := mustOpen(t, fs, dir, opt)
			if _, err := Open(fs, dir, opt); dberr.CodeOf(err) != dberr.ObjectInUse {
				t.Fatalf("second writer: %v", err)
			}
			rids := tableRIDs{}
			first, _ := workload(w, rids, 30)
			opt.ReadOnly = true
			r := mustOpen(t, fs, dir, opt)
			if r.Durable() != first[29] {
				t.Fatalf("reader sees %+v", r.Durable())
			}
			followed := make(chan error, 1)
			go func() { followed <- followAll(t.Context(), r, 330) }()
			for range 10 {
				workload(w, rids, 30)
			}
			if err := <-followed; err != nil {
				t.Fatal(err)
			}
			now := r.Now()
			if err := r.CloseTime(t.Context(), now); err != nil {
				t.Fatal(err)
			}
			if c, err := w.Submit(t.Context(), insertOf(1, "later"), rids.order, Sync); err != nil || c.TimeMicros <= now {
				t.Fatalf("commit at %d after %d was closed: %v", c.TimeMicros, now, err)
			}
			if _, err := r.Submit(t.Context(), insertOf(1, "x"), rids.order, Sync); dberr.CodeOf(err) != dberr.ReadOnlyTransaction {
				t.Fatalf("write by a reader: %v", err)
			}
			if err := errors.Join(w.Close(), r.Close()); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestClockStepsBack: commit times go on rising, and a closed time stays closed over a restart.
func TestClockStepsBack(t *testing.T) {
	mem := vfs.NewMem()
	now := int64(1000)
	opt := Options{DatabaseID: testID, IdleMark: -1, Clock: func() int64 { return now }}
	l := mustOpen(t, mem, "log", opt)
	rids := tableRIDs{}
	a, _ := l.Submit(t.Context(), insertOf(1, "a"), rids.order, Sync)
	now = 5000
	if err := l.CloseTime(t.Context(), 4000); err != nil {
		t.Fatal(err)
	}
	if err := l.CloseTime(t.Context(), 5001); dberr.CodeOf(err) != dberr.UnclosedTime {
		t.Fatalf("a future time: %v", err)
	}
	now = 10
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = mustOpen(t, mem, "log", opt)
	b, err := l.Submit(t.Context(), insertOf(1, "b"), rids.order, Sync)
	if err != nil || a.TimeMicros != 1000 || b.TimeMicros != 4001 {
		t.Fatalf("times %d and %d, want 1000 and 4001: %v", a.TimeMicros, b.TimeMicros, err)
	}
	if c, err := l.CommitAtTime(4000); err != nil || c != a {
		t.Fatalf("at 4000: %+v, %v", c, err)
	}
	refused := errors.New("refused")
	if _, err := l.Submit(t.Context(), insertOf(1, "c"), func(Commit, Bases) error { return refused }, Sync); !errors.Is(err, refused) {
		t.Fatal(err)
	}
	if c, err := l.Submit(t.Context(), insertOf(1, "d"), rids.order, Sync); err != nil || c.CSN != 3 || c.FirstSeq != 3 {
		t.Fatalf("a refused transaction used a number: %+v, %v", c, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}
