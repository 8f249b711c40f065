package eventlog

import (
	"testing"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// TestRunsByReference moves the runs of a transaction to a file and reads them from there, whole
// and damaged.
func TestRunsByReference(t *testing.T) {
	l := mustOpen(t, vfs.NewMem(), "log", Options{IdleMark: -1})
	defer func() { _ = l.Close() }()
	rids := tableRIDs{}
	b := insertOf(1, "one", "two")
	b.AddDDL([]byte("edit"))
	var rows RowBuf
	rows.Append([]byte("three"))
	b.AddUpdate(1, 2, ListRIDs([]uint64{Relative | 1}), &rows)
	b.AddDelete(2, ListRIDs([]uint64{9, 4}))
	data, n := b.TakeRuns()
	if n != 3 {
		t.Fatalf("%d runs were taken, want 3", n)
	}
	b.AddRunsRef(Ref{FileID: 7, Length: uint64(len(data)), Rows: uint32(n), Hash: [32]byte{1}})
	c, err := l.Submit(t.Context(), b, rids.order, Sync)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := l.TxnAt(c.Offset)
	if err != nil {
		t.Fatal(err)
	}
	if c.Events != 5 || len(tx.Runs) != 2 || string(tx.Runs[0].DDL) != "edit" || tx.Runs[1].Ref.FileID != 7 {
		t.Fatalf("%d events, runs %+v", c.Events, tx.Runs)
	}
	ref := tx.Runs[1].Ref
	kinds := []RunKind{RunInsert, RunUpdate, RunDelete}
	for range 2 { // a file can be read again
		var got []Run
		if err := tx.EachRun(ref, data, "file", 0, func(r *Run) error { got = append(got, *r); return nil }); err != nil {
			t.Fatal(err)
		}
		seq := c.FirstSeq
		for i, r := range got {
			if r.Kind != kinds[i] || r.FirstSeq != seq {
				t.Errorf("run %d is %s from %d, want %s from %d", i, r.Kind, r.FirstSeq, kinds[i], seq)
			}
			seq += uint64(r.Events)
		}
		if rid := got[1].Ended.AppendTo(nil)[0]; rid != got[1].Base+1 {
			t.Errorf("the update ends row %d, want %d", rid, got[1].Base+1)
		}
	}
	for i := range data {
		bad := append([]byte(nil), data...)
		bad[i] ^= 0x41
		err := tx.EachRun(ref, bad, "file", 0, func(r *Run) error { r.Ended.AppendTo(nil); return nil })
		if err != nil && !dberr.IsCorruption(err) {
			t.Fatalf("byte %d: %v", i, err)
		}
		if tx.EachRun(ref, data[:i], "file", 0, func(*Run) error { return nil }) == nil {
			t.Fatalf("%d bytes of %d are accepted", i, len(data))
		}
	}
}
