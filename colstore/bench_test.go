package colstore

import (
	"fmt"
	"sync/atomic"
	"testing"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// benchDB makes a database with a table of pairs on the real disk.
func benchDB(b *testing.B, opts Options) *DB {
	b.Helper()
	dir := b.TempDir()
	opts.AutoCheckpoint = true
	if err := Init(dir, opts); err != nil {
		b.Fatal(err)
	}
	db, err := Open(dir, opts)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	})
	k := &kit{t: b, db: db}
	k.pairs("t")
	return db
}

func BenchmarkCommit(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprint(writers), func(b *testing.B) {
			db := benchDB(b, Options{})
			var next atomic.Int64
			b.SetParallelism((writers + 1) / 2) // two cores
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				k := &kit{t: b, db: db}
				for pb.Next() {
					k.tx(func(tx *Tx) error { return insert(tx, "t", row{next.Add(1), "two hundred bytes or a little less"}) })
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
		})
	}
}

// bulkInts inserts n rows with ids from from on.
func bulkInts(tx *Tx, from, n int64) error {
	t, err := tx.View().Table(InPublic("t"))
	if err != nil {
		return err
	}
	ids := make([]int64, vec.BatchRows)
	offs := make([]int32, vec.BatchRows+1)
	heap := make([]byte, 8*vec.BatchRows)
	for i := range ids {
		offs[i+1] = int32(8 * (i + 1))
		copy(heap[8*i:], fmt.Sprintf("%08d", i%1000))
	}
	for done := int64(0); done < n; {
		m := min(n-done, vec.BatchRows)
		for i := range m {
			ids[i] = from + done + i
		}
		batch := &vec.Batch{N: int(m), Cols: []vec.Vec{vec.FromFixed(typInt, ids[:m], nil), vec.FromBytes(typText, offs[:m+1], heap, nil)}}
		if _, err := tx.Insert(bg, t, t.ColumnIDs(), batch); err != nil {
			return err
		}
		done += m
	}
	return tx.EndStatement(bg)
}

func BenchmarkBulkInsert(b *testing.B) {
	db := benchDB(b, Options{})
	k := &kit{t: b, db: db}
	const rows = 1 << 20
	b.ResetTimer()
	for i := range b.N {
		k.tx(func(tx *Tx) error { return bulkInts(tx, int64(i)*rows, rows) })
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}

func BenchmarkLookup(b *testing.B) {
	db := benchDB(b, Options{})
	k := &kit{t: b, db: db}
	const rows = 4 << 20
	k.tx(func(tx *Tx) error { return bulkInts(tx, 0, rows) })
	v := db.View()
	t, err := v.Table(InPublic("t"))
	k.must(err)
	b.ResetTimer()
	for i := range b.N {
		id := int64(i) * 7919 % rows
		if _, ok, err := v.LookupKey(t, []types.Value{intVal(id)}); err != nil || !ok {
			b.Fatal(id, ok, err)
		}
	}
}

func BenchmarkScanAsOf(b *testing.B) {
	db := benchDB(b, Options{})
	k := &kit{t: b, db: db}
	const rows = 4 << 20
	k.tx(func(tx *Tx) error { return bulkInts(tx, 0, rows) })
	k.tx(func(tx *Tx) error {
		t, _ := tx.View().Table(InPublic("t"))
		var rids []uint64
		for i := uint64(1); i < rows; i += 100 {
			rids = append(rids, i)
		}
		return tx.Delete(bg, t, rids)
	})
	last := db.View().Point().Seq
	for _, at := range []struct {
		name string
		seq  uint64
	}{{"now", last}, {"before deletes", rows}, {"half", rows / 2}} {
		b.Run(at.name, func(b *testing.B) {
			for range b.N {
				v, err := db.ViewAtSeq(at.seq)
				k.must(err)
				t, err := v.Table(InPublic("t"))
				k.must(err)
				s, err := v.Scan(bg, t, ScanSpec{Columns: []uint32{1}})
				k.must(err)
				var g Group
				for i := range s.Groups() {
					k.must(s.Load(i, &g))
				}
				s.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	if err := Init(dir, Options{}); err != nil {
		b.Fatal(err)
	}
	k := &kit{t: b}
	open := func() {
		var err error
		k.db, err = Open(dir, Options{})
		k.must(err)
	}
	open()
	k.pairs("t")
	const rows = 8 << 20
	k.tx(func(tx *Tx) error { return bulkInts(tx, 0, rows) })
	_, err := k.db.Checkpoint(bg, Name{})
	k.must(err)
	k.must(k.db.Close())
	b.ResetTimer()
	for i := range b.N {
		open()
		t, err := k.db.View().Table(InPublic("t"))
		k.must(err)
		if _, ok, err := k.db.View().LookupKey(t, []types.Value{intVal(int64(i) % rows)}); err != nil || !ok {
			b.Fatal(ok, err)
		}
		k.must(k.db.Close())
	}
}
