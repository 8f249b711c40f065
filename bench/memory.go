package bench

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
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
