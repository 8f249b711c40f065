package eventlog

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// crashOptions makes segments small, so that a short run rolls and seals.
func crashOptions() Options {
	var clock atomic.Int64
	clock.Store(1_000_000)
	return Options{SegmentMin: 4 << 10, SegmentMax: 8 << 10, IdleMark: -1, Clock: func() int64 { return clock.Add(7) }}
}

// workload submits transactions until one fails, and returns those acknowledged and the
// number of those begun.
func workload(l *Log, rids tableRIDs, n int) (acked []Commit, begun int) {
	for i := range n {
		begun++
		b := insertOf(uint32(i%3), fmt.Sprintf("row %d of the workload %0*d", i, i%5*40, i))
		if i%7 == 3 {
			b.AddDelete(uint32(i%3), ListRIDs([]uint64{0}))
		}
		c, err := l.Submit(context.Background(), b, rids.order, Sync)
		if err != nil {
			return acked, begun
		}
		acked = append(acked, c)
		if i%20 == 19 {
			if err := l.SealFull(context.Background()); err != nil {
				return acked, begun
			}
		}
	}
	return acked, begun
}

// checkRecovered opens what a crash left: the acknowledged commits are there, whole and in
// order, at most one more per begun one, and the log takes new ones.
func checkRecovered(t *testing.T, fs vfs.FS, acked []Commit, begun int, what string) {
	t.Helper()
	opt := crashOptions()
	opt.DatabaseID = testID
	l, err := Open(fs, "log", opt)
	if err != nil {
		t.Fatalf("%s: open: %v", what, err)
	}
	if d := l.Damage(); d != nil {
		t.Fatalf("%s: damage %+v", what, d)
	}
	n := 0
	rids := tableRIDs{}
	err = l.Replay(0, func(tx *Txn) error {
		if n < len(acked) && tx.Commit != acked[n] {
			return fmt.Errorf("commit %d is %+v, acknowledged was %+v", n, tx.Commit, acked[n])
		}
		tx.Tables(func(id uint32, base, rows uint64) { rids[id] = base + rows })
		n++
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if n < len(acked) || n > begun {
		t.Fatalf("%s: %d commits, %d were acknowledged, %d begun", what, n, len(acked), begun)
	}
	if problems, err := l.Verify(); err != nil || len(problems) > 0 {
		t.Fatalf("%s: verify: %v %v", what, problems, err)
	}
	more, _ := workload(l, rids, 5)
	if len(more) != 5 || more[0].CSN != uint64(n+1) {
		t.Fatalf("%s: %d of 5 commits after recovery", what, len(more))
	}
	if err := l.Close(); err != nil {
		t.Fatalf("%s: close: %v", what, err)
	}
	l, err = Open(fs, "log", opt)
	if err != nil || l.Damage() != nil || l.Durable() != more[4] {
		t.Fatalf("%s: second open: %v", what, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestCrashAtEveryWrite kills the process at its k-th change of the disk, for every k, and
// recovers what each crash policy leaves.
func TestCrashAtEveryWrite(t *testing.T) {
	step := 1
	if testing.Short() {
		step = 7
	}
	for k, finished := 1, false; !finished; k += step {
		mem := vfs.NewMem()
		fault := vfs.NewFault(mem, vfs.FailAt(k))
		fault.Short = k%2 == 0
		opt := crashOptions()
		opt.DatabaseID = testID
		var acked []Commit
		var begun int
		if l, err := Open(fault, "log", opt); err == nil {
			acked, begun = workload(l, tableRIDs{}, 60)
			finished = l.Close() == nil
		}
		for _, policy := range vfs.CrashPolicies {
			rng := rand.New(rand.NewPCG(uint64(k), uint64(policy)))
			checkRecovered(t, mem.Crash(policy, rng), acked, begun, fmt.Sprintf("call %d, policy %d", k, policy))
		}
	}
}

// TestEachCallFailsOnce lets every single call of the file system fail once, reads too, and
// goes on: what was acknowledged is there afterwards, in the page cache and after a crash.
func TestEachCallFailsOnce(t *testing.T) {
	step := 1
	if testing.Short() {
		step = 9
	}
	for k, calls := 1, 1; k <= calls; k += step {
		mem := vfs.NewMem()
		var seen atomic.Int64
		fault := vfs.NewFault(mem, func(_ vfs.Op, _ string, n, _ int) error {
			if seen.Store(int64(n)); n == k {
				return vfs.ErrInjected
			}
			return nil
		})
		opt := crashOptions()
		opt.DatabaseID = testID
		var acked []Commit
		var begun int
		if l, err := Open(fault, "log", opt); err == nil {
			acked, begun = workload(l, tableRIDs{}, 30)
			_ = l.Close() // may fail: the call that fails may be in it
		}
		calls = max(calls, int(seen.Load()))
		what := fmt.Sprintf("call %d failed", k)
		checkRecovered(t, mem.Crash(vfs.Reorder, rand.New(rand.NewPCG(uint64(k), 1))), acked, begun, what+", then a crash")
		checkRecovered(t, mem, acked, begun, what)
	}
}

// TestFailedSyncEndsWriting: nothing is acknowledged after a failed sync, reads go on, and a
// new open recovers.
func TestFailedSyncEndsWriting(t *testing.T) {
	mem := vfs.NewMem()
	broken := false
	fault := vfs.NewFault(mem, func(op vfs.Op, _ string, _, _ int) error {
		if broken && op == vfs.OpSync {
			return vfs.ErrInjected
		}
		return nil
	})
	l := mustOpen(t, fault, "log", crashOptions())
	rids := tableRIDs{}
	acked, _ := workload(l, rids, 3)
	broken = true
	if _, err := l.Submit(context.Background(), insertOf(1, "x"), rids.order, Sync); err == nil {
		t.Fatal("commit acknowledged although the sync failed")
	}
	broken = false
	if _, err := l.Submit(context.Background(), insertOf(1, "x"), rids.order, Sync); err == nil {
		t.Fatal("commit accepted after a failed sync")
	}
	if l.Durable() != acked[2] {
		t.Fatalf("durable is %+v", l.Durable())
	}
	if err := l.Close(); err == nil {
		t.Fatal("close says all is well")
	}
	checkRecovered(t, mem.Crash(vfs.LoseUnsynced, rand.New(rand.NewPCG(1, 1))), acked, 4, "lost")
	checkRecovered(t, mem.Crash(vfs.KeepUnsynced, rand.New(rand.NewPCG(1, 1))), acked, 4, "kept")
}

// TestDiskFull: a full disk refuses transactions with 53100 before they get a number, and the
// log goes on once there is room.
func TestDiskFull(t *testing.T) {
	mem := vfs.NewMem()
	fault := vfs.NewFault(mem, nil)
	l := mustOpen(t, fault, "log", crashOptions())
	rids := tableRIDs{}
	acked, _ := workload(l, rids, 3)
	fault.Limit(0)
	var err error
	for i := 0; i < 500 && err == nil; i++ {
		var c Commit
		if c, err = l.Submit(context.Background(), insertOf(1, "some row of a certain length"), rids.order, Sync); err == nil {
			acked = append(acked, c)
		}
	}
	if err == nil || dberr.CodeOf(err) != "53100" {
		t.Fatalf("on a full disk: %v", err)
	}
	fault.Unlimit()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		c, err := l.Submit(context.Background(), insertOf(1, "after"), rids.order, Sync)
		if err == nil {
			acked = append(acked, c)
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("still refused: %v", err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	checkRecovered(t, mem, acked, len(acked), "after a full disk")
}
