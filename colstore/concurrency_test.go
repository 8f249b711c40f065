package colstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"driftdb/internal/dberr"
)

// TestWritersReadersAndMaintenance moves amounts between rows from many goroutines, while
// others read the present and the past and maintenance runs: the sum never changes.
func TestWritersReadersAndMaintenance(t *testing.T) {
	k := newKit(t, Options{InlineRows: 30, PartRows: 128, GroupRows: 64, TailLimit: 4 << 10, AutoCheckpoint: true})
	const accounts, start = 40, 1000
	k.tx(func(tx *Tx) error {
		_, err := tx.CreateTable(TableDef{Name: "t", PrimaryKey: []string{"id"},
			Columns: []Column{{Name: "id", Type: typInt}, {Name: "v", Type: typInt}}})
		return err
	})
	k.tx(func(tx *Tx) error {
		tab, _ := tx.View().Table(InPublic("t"))
		ids, v := newColumn(typInt, accounts), newColumn(typInt, accounts)
		for i := range accounts {
			ids.set(i, intVal(int64(i)))
			v.set(i, intVal(start))
		}
		_, err := tx.Insert(bg, tab, tab.ColumnIDs(), batchFrom(accounts, ids, v))
		return err
	})
	ctx, stop := context.WithTimeout(bg, 1500*time.Millisecond)
	defer stop()
	var wg sync.WaitGroup
	var commits, conflicts atomic.Int64
	run := func(n int, fn func(rng *rand.Rand) error) {
		for i := range n {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(7, uint64(i)))
				for ctx.Err() == nil {
					if err := fn(rng); err != nil && ctx.Err() == nil {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	run(4, func(rng *rand.Rand) error {
		err := move(k.db, Isolation(rng.IntN(2)), rng.Int64N(accounts), rng.Int64N(accounts))
		switch {
		case err == nil:
			commits.Add(1)
		case dberr.CodeOf(err) == dberr.SerializationFailure:
			conflicts.Add(1)
			return nil
		}
		return err
	})
	run(2, func(rng *rand.Rand) error {
		v := k.db.View()
		if err := sumIs(v, accounts, start); err != nil {
			return err
		}
		past, err := k.db.ViewAtTX(2 + rng.Uint64N(v.Point().CSN-1))
		if err != nil {
			return err
		}
		return sumIs(past, accounts, start)
	})
	run(1, func(*rand.Rand) error {
		if _, err := k.db.Checkpoint(bg, Name{}); err != nil {
			return err
		}
		_, err := k.db.Vacuum(bg, Name{})
		return err
	})
	wg.Wait()
	if commits.Load() < 20 {
		t.Fatalf("only %d commits, %d conflicts", commits.Load(), conflicts.Load())
	}
	k.reopen()
	last := k.db.View().Point().CSN
	for csn := uint64(2); csn <= last; csn += 1 + last/50 {
		v, err := k.db.ViewAtTX(csn)
		k.must(err)
		k.must(sumIs(v, accounts, start))
	}
}

func sumIs(v *View, accounts int, start int64) error {
	tab, err := v.Table(InPublic("t"))
	if err != nil {
		return err
	}
	s, err := v.Scan(bg, tab, ScanSpec{Columns: tab.ColumnIDs()})
	if err != nil {
		return err
	}
	defer s.Close()
	sum, n := int64(0), 0
	var g Group
	for i := range s.Groups() {
		if err := s.Load(i, &g); err != nil {
			return err
		}
		for r := range g.N {
			if g.IsLive(r) {
				sum, n = sum+g.Cols[1].Int(r), n+1
			}
		}
	}
	if n != accounts || sum != int64(accounts)*start {
		return fmt.Errorf("at %+v: %d rows with sum %d", v.Point(), n, sum)
	}
	return nil
}

// move takes one from an account and gives it to another, in two statements.
func move(db *DB, level Isolation, from, to int64) error {
	if from == to {
		return nil
	}
	tx, err := db.Begin(TxOptions{Isolation: level})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for id, delta := range map[int64]int64{from: -1, to: 1} {
		if err := tx.NewStatement(bg); err != nil {
			return err
		}
		tab, rid, ok, err := upsertRID(tx, "t", id)
		if err != nil || !ok {
			return fmt.Errorf("row %d: %v, %v", id, ok, err)
		}
		old, err := tx.View().Fetch(tab, []uint64{rid}, tab.ColumnIDs(), nil)
		if err != nil {
			return err
		}
		ids, v := newColumn(typInt, 1), newColumn(typInt, 1)
		ids.set(0, intVal(id))
		v.set(0, intVal(old[1].Int(0)+delta))
		if err := tx.Update(bg, tab, []uint64{rid}, batchFrom(1, ids, v)); err != nil {
			return err
		}
		if err := tx.EndStatement(bg); err != nil {
			return err
		}
	}
	_, err = tx.Commit(bg)
	return err
}
