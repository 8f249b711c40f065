package colstore

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"syscall"
	"testing"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// faulty is one run of work on a disk whose n-th call fails, and what is known of it.
type faulty struct {
	k     *kit
	acked uint64          // newest commit that was acknowledged
	tried map[string]bool // states of the table that may be the present: since the last acknowledged one
	past  map[uint64]string
	errs  []error
}

// step runs one transaction. After an error it may have happened or not.
func (f *faulty) step(state string, fn func(tx *Tx) error) {
	tx, err := f.k.db.Begin(TxOptions{})
	if err != nil {
		f.errs = append(f.errs, err)
		return
	}
	defer tx.Rollback()
	if err = fn(tx); err == nil {
		f.tried[state] = true
		c, failed := tx.Commit(bg)
		if err = failed; err == nil {
			f.acked, f.tried = c.CSN, map[string]bool{state: true}
			f.past[c.CSN] = state
		}
	}
	if err != nil {
		f.errs = append(f.errs, err)
	}
}

// maintain runs a maintenance job, which may fail.
func (f *faulty) maintain(vacuum bool) {
	var err error
	if vacuum {
		_, err = f.k.db.Vacuum(bg, Name{})
	} else {
		_, err = f.k.db.Checkpoint(bg, Name{})
	}
	if err != nil {
		f.errs = append(f.errs, err)
	}
}

// work writes, checkpoints and vacuums. Every transaction replaces all rows, so that a state
// follows from its last transaction alone.
func (f *faulty) work() {
	for i := range 6 {
		v := fmt.Sprintf("v%d", i)
		n := int64(3)
		if i%3 == 2 {
			n = 40 // a part of its own
		}
		state := ""
		for id := range n {
			if id > 0 {
				state += " "
			}
			state += fmt.Sprintf("%d|%s", id, v)
		}
		f.step(state, func(tx *Tx) error {
			t, err := tx.View().Table(InPublic("t"))
			if err != nil {
				return err
			}
			if _, err := tx.Truncate(bg, t); err != nil {
				return err
			}
			return insert(tx, "t", manyRows(0, n, v)...)
		})
		if i%2 == 1 {
			f.maintain(false)
		}
		if i == 4 {
			f.maintain(true)
		}
	}
}

// verify opens what is on the disk and looks for everything that was acknowledged.
func (f *faulty) verify(fs vfs.FS) string {
	opts := f.k.opts
	opts.FS = fs
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
	if last := db.View().Point().CSN; last < f.acked {
		return fmt.Sprintf("commit %d was acknowledged, the last one is %d", f.acked, last)
	}
	for csn, want := range f.past {
		v, err := db.ViewAtTX(csn)
		if err != nil {
			return err.Error()
		}
		if got, err := dump(v, "t", ScanSpec{}); err != nil || got != want {
			return fmt.Sprintf("@TX:%d: %q %v, want %q", csn, got, err, want)
		}
	}
	now, err := dump(db.View(), "t", ScanSpec{})
	if err != nil || !f.tried[now] {
		return fmt.Sprintf("the present is %q %v", now, err)
	}
	return goesOn(f.k, db, "")
}

// TestEachCallFails lets every call of the file system fail, alone and with those that follow, and
// goes on: answers are right or errors, and what was acknowledged is there afterwards, opened
// again and after a crash.
func TestEachCallFails(t *testing.T) {
	for _, burst := range []int{1, 2, 5, 12} {
		t.Run(fmt.Sprintf("%d calls", burst), func(t *testing.T) { eachCallFails(t, burst) })
	}
}

func eachCallFails(t *testing.T, burst int) {
	step := 1
	if testing.Short() {
		step = 11
	}
	failed := 0
	for n, calls := 1, 1; n <= calls; n += step {
		mem := vfs.NewMem()
		var seen atomic.Int64
		armed := atomic.Bool{}
		fault := vfs.NewFault(mem, func(op vfs.Op, _ string, _, _ int) error {
			if !armed.Load() {
				return nil
			}
			if at := int(seen.Add(1)); at < n || at >= n+burst {
				return nil
			}
			if op == vfs.OpWrite || op == vfs.OpCreate || op == vfs.OpPreallocate {
				return syscall.ENOSPC
			}
			return vfs.ErrInjected
		})
		fault.Short = n%2 == 0
		k := &kit{t: t, fs: fault, opts: Options{FS: fault, InlineRows: 20, PartRows: 128, GroupRows: 64, SegmentMin: 8 << 10, SegmentMax: 16 << 10}}
		k.opts.Clock = k.clock
		k.must(Init("db", k.opts))
		k.open()
		k.pairs("t")
		f := &faulty{k: k, acked: 1, tried: map[string]bool{"": true}, past: map[uint64]string{}}
		armed.Store(true)
		f.work()
		armed.Store(false)
		calls = max(calls, int(seen.Load()))
		for _, err := range f.errs {
			if !told(err) {
				t.Fatalf("call %d failed: error without its cause: %v (%s)", n, err, dberr.CodeOf(err))
			}
			failed++
		}
		crashed := mem.Crash(vfs.Reorder, rand.New(rand.NewPCG(uint64(n), 1)))
		_ = k.db.Close() // a log that failed says so again
		if fault := f.verify(crashed); fault != "" {
			t.Fatalf("call %d failed, then a crash, errors %v: %s", n, f.errs, fault)
		}
		if fault := f.verify(mem); fault != "" {
			t.Fatalf("call %d failed, errors %v: %s", n, f.errs, fault)
		}
	}
	if failed == 0 {
		t.Error("no call failed anything")
	}
}

// told reports whether an error names the failed call, or says that the database must be opened again.
func told(err error) bool {
	switch dberr.CodeOf(err) {
	case dberr.IOError, dberr.DiskFull:
		return true
	}
	return errors.Is(err, vfs.ErrInjected) || errors.Is(err, syscall.ENOSPC) || dberr.CodeOf(err) == dberr.InternalError
}
