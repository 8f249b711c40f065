package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
)

// progress shows on a terminal how far a long operation is: rows, bytes a second and, where the
// whole is known, the time left. On anything but a terminal it shows nothing.
type progress struct {
	w     io.Writer // nil: nothing is shown
	name  string
	total int64 // bytes in all, 0 when not known
	begin time.Time

	mu struct {
		sync.Mutex
		rows, bytes int64
		shown       time.Time
		width       int
	}
}

// progressEvery is how often the line is written again.
const progressEvery = 150 * time.Millisecond

func newProgress(w io.Writer, name string, total int64) *progress {
	p := &progress{name: name, total: total, begin: time.Now()}
	if isTerminal(w) {
		p.w = w
	}
	return p
}

// add counts what has been done since the last call.
func (p *progress) add(rows, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.rows += rows
	p.mu.bytes += bytes
	now := time.Now()
	if p.w == nil || now.Sub(p.mu.shown) < progressEvery {
		return
	}
	p.mu.shown = now
	p.writeLocked(progressLine(p.name, p.mu.rows, p.mu.bytes, p.total, now.Sub(p.begin)))
}

// step shows a named step of which done of total are behind.
func (p *progress) step(name string, done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); p.w != nil && now.Sub(p.mu.shown) >= progressEvery {
		p.mu.shown = now
		p.writeLocked(fmt.Sprintf("%s: %s, %s of %s", p.name, name, grouped(done), grouped(total)))
	}
}

// done removes the line.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.w != nil && p.mu.width > 0 {
		p.writeLocked("")
		io.WriteString(p.w, "\r")
	}
}

func (p *progress) writeLocked(line string) {
	fmt.Fprintf(p.w, "\r%s%s", line, strings.Repeat(" ", max(0, p.mu.width-len(line))))
	p.mu.width = len(line)
}

// progressLine is what is shown after the given time.
func progressLine(name string, rows, bytes, total int64, spent time.Duration) string {
	seconds := max(spent.Seconds(), 0.001)
	line := fmt.Sprintf("%s: %s rows", name, grouped(rows))
	if bytes == 0 {
		return line
	}
	line += fmt.Sprintf(", %.1f MB/s", float64(bytes)/seconds/1e6)
	if total > 0 && bytes <= total {
		left := time.Duration(seconds * float64(total-bytes) / float64(bytes) * float64(time.Second))
		line += fmt.Sprintf(", %d%%, %s left", bytes*100/total, left.Round(time.Second))
	}
	return line
}

// grouped writes a number with commas between thousands.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
