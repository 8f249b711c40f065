package eventlog

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"driftdb/internal/vfs"
)

// benchDir is a directory on the disk that the benchmarks are about.
func benchDir(b *testing.B) string {
	dir, err := os.MkdirTemp(os.Getenv("DRIFTDB_BENCH_DIR"), "eventlog")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// BenchmarkDurableCommits is single-row transactions of 200 bytes, acknowledged when durable.
func BenchmarkDurableCommits(b *testing.B) {
	for _, writers := range []int{1, 8, 64, 512} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			l := mustOpen(b, vfs.OS, benchDir(b), Options{SegmentMin: 64 << 20})
			var next atomic.Uint64
			order := func(c Commit, s Bases) error { s.Set(0, next.Add(1)); return nil }
			row := make([]byte, 200)
			if _, err := l.Submit(context.Background(), insertOf(1, "makes the first segment"), order, Sync); err != nil {
				b.Fatal(err)
			}
			var wg sync.WaitGroup
			var left atomic.Int64
			left.Store(int64(b.N))
			b.ResetTimer()
			for range writers {
				wg.Go(func() {
					tx := NewBuilder()
					var rows RowBuf
					for left.Add(-1) >= 0 {
						tx.Reset()
						rows.Reset()
						rows.Append(row)
						tx.AddInsert(1, 1, &rows)
						if _, err := l.Submit(context.Background(), tx, order, Sync); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			st := l.Stats()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
			b.ReportMetric(float64(st.Commits)/float64(st.Syncs), "commits/sync")
			if err := l.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkDiskSync is the disk's own rate: a 300-byte overwrite and an fdatasync.
func BenchmarkDiskSync(b *testing.B) {
	f, err := vfs.OS.Create(benchDir(b) + "/f")
	if err != nil {
		b.Fatal(err)
	}
	if err := f.Preallocate(64 << 20); err != nil {
		b.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 300)
	b.ResetTimer()
	for i := range b.N {
		if _, err := f.WriteAt(buf, int64(i*300)%(60<<20)); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "syncs/s")
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}
