package colstore

import (
	"context"
	"testing"

	"driftdb/internal/dberr"
)

// TestUpkeepIsCanceled: maintenance that waits for another, or works, ends when it is to, and leaves everything as it
// was.
func TestUpkeepIsCanceled(t *testing.T) {
	k := newKit(t, Options{PartRows: 4096, GroupRows: 2048})
	k.pairs("t")
	var rows []row
	for i := range int64(3000) {
		rows = append(rows, row{i, "value"})
	}
	k.tx(func(tx *Tx) error { return insert(tx, "t", rows...) })
	jobs := map[string]func(context.Context) error{
		"checkpoint": func(ctx context.Context) error { _, err := k.db.Checkpoint(ctx, Name{}); return err },
		"vacuum":     func(ctx context.Context) error { _, err := k.db.Vacuum(ctx, Name{}); return err },
	}
	k.must(k.db.upkeep.one.take(bg))
	for name, job := range jobs {
		ctx, cancel := context.WithCancel(bg)
		done := make(chan error, 1)
		go func() { done <- job(ctx) }()
		cancel()
		if err := <-done; dberr.CodeOf(err) != dberr.QueryCanceled {
			t.Errorf("%s that waits: %v", name, err)
		}
	}
	k.db.upkeep.one.give()
	ended, cancel := context.WithCancel(bg)
	cancel()
	w := &packWriter{db: k.db, ctx: ended}
	st := mustStore(t, k.db, "t")
	state := st.pinned()
	s := newRewrite(st, ^uint64(0)>>1, w, state.sets)
	if err := s.run(ended); dberr.CodeOf(err) != dberr.QueryCanceled {
		t.Errorf("rows are written on: %v", err)
	}
	state.unpin()
	w.abandon()
	for _, job := range []string{"checkpoint", "vacuum"} {
		k.must(jobs[job](bg))
	}
	k.reopen()
}

func mustStore(t *testing.T, db *DB, name string) *store {
	t.Helper()
	table, err := db.View().Table(InPublic(name))
	if err != nil {
		t.Fatal(err)
	}
	st, err := db.store(table.ID)
	if err != nil {
		t.Fatal(err)
	}
	return st
}
