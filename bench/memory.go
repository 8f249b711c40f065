package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// peakMemory watches a process and keeps the most anonymous resident memory it saw, in
// bytes: heap and arenas, without the pages of mapped files.
type peakMemory struct {
	stop chan struct{}
	done sync.WaitGroup
	peak int64
}

// watchMemory starts to watch process pid.
func watchMemory(pid int) *peakMemory {
	p := &peakMemory{stop: make(chan struct{})}
	p.done.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			p.peak = max(p.peak, anonymous(pid))
			select {
			case <-p.stop:
				return
			case <-tick.C:
			}
		}
	})
	return p
}

// end stops watching and returns the peak in megabytes.
func (p *peakMemory) end() float64 {
	close(p.stop)
	p.done.Wait()
	return float64(p.peak) / 1e6
}

// queryMemory reports the peak memory of a new process of each system that runs the queries of a
// workload, one after another, over databases that nothing has open. What comparing answers takes in
// the processes that are timed is not in it; the interpreter of Python is.
func (r *run) queryMemory(ctx context.Context, title, db, peerFile string, queries []string) error {
	if r.Binary == "" {
		return nil
	}
	row := Row{Workload: title, Name: "peak anonymous memory of all of them", Unit: "MB", PeerName: "DuckDB", Note: "new processes: driftdb sql, and Python with DuckDB; heap and arenas; mapped files not counted"}
	dir := filepath.Dir(db)
	script := filepath.Join(dir, "queries.sql")
	if err := os.WriteFile(script, []byte(strings.Join(queries, ";\n")+";\n"), 0o644); err != nil {
		return err
	}
	var took, peer Row
	if err := watched(ctx, &took, &row, false, r.Binary, "sql", "--data", db, "--threads", fmt.Sprint(r.Threads), "-q", "--format", "csv", "-o", os.DevNull, "-f", script); err != nil {
		return err
	}
	if r.Python != "" {
		err := r.inPython(dir, peerFile, &peer, &row, func(d *duckDB) (all time.Duration, err error) {
			for _, q := range queries {
				one, _, err := d.sql(q)
				if err != nil {
					return 0, err
				}
				all += one
			}
			return all, nil
		})
		if err != nil {
			return err
		}
	}
	r.row(row)
	return nil
}

// anonymous returns the anonymous resident memory of a process, 0 where it cannot be read.
func anonymous(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(b) {
		if rest, ok := bytes.CutPrefix(line, []byte("RssAnon:")); ok {
			kb, _ := strconv.ParseInt(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte("kB")))), 10, 64)
			return kb * 1024
		}
	}
	return 0
}
