package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"driftdb/sqlvec"
)

// statementBar shows on a terminal how far a statement is that takes over a second: a bar, the rows read, bytes a
// second and the time left. Nothing is shown once its result is being written.
type statementBar struct {
	counts *sqlvec.Progress
	w      io.Writer
	stop   chan struct{}
	ended  sync.WaitGroup
	once   sync.Once
}

// barAfter is how long a statement runs before its bar is shown.
const barAfter = time.Second

func newStatementBar(w io.Writer) *statementBar {
	b := &statementBar{counts: new(sqlvec.Progress), w: w, stop: make(chan struct{})}
	if isTerminal(w) {
		b.ended.Go(b.run)
	}
	return b
}

// run shows the bar until it is stopped, and removes it.
func (b *statementBar) run() {
	begin := time.Now()
	select {
	case <-b.stop:
		return
	case <-time.After(barAfter):
	}
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		fmt.Fprintf(b.w, "\r\x1b[K%s", barLine(b.counts.Rows.Load(), b.counts.Total.Load(), b.counts.Bytes.Load(), time.Since(begin)))
		select {
		case <-b.stop:
			fmt.Fprint(b.w, "\r\x1b[K")
			return
		case <-tick.C:
		}
	}
}

// hide removes the bar for good. It may be called more than once.
func (b *statementBar) hide() {
	b.once.Do(func() { close(b.stop) })
	b.ended.Wait()
}

func (b *statementBar) done() { b.hide() }

// barWidth is the width of the bar itself in columns.
const barWidth = 20

// barLine is what is shown after the given time.
func barLine(rows, total, bytes int64, spent time.Duration) string {
	seconds := max(spent.Seconds(), 0.001)
	if total == 0 {
		return fmt.Sprintf("%ds, Ctrl-C ends it", int(seconds))
	}
	share := min(1, float64(rows)/float64(total))
	full := int(share * barWidth)
	line := fmt.Sprintf("[%s%s] %d%%, %s rows, %.0f MB/s", strings.Repeat("█", full), strings.Repeat("░", barWidth-full),
		int(share*100), grouped(rows), float64(bytes)/seconds/1e6)
	switch {
	case share == 1: // all rows are read, and what came of them is computed or written
		line += ", finishing"
	case share > 0:
		left := time.Duration(seconds * (1 - share) / share * float64(time.Second))
		line += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	return line + ", Ctrl-C ends it"
}
